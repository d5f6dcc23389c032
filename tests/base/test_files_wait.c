/* Files that do not end: waiting for a pipe, a lock or a stream can be cancelled. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/interrupt.h"
#include "core/base/system/fs.h"
#include "tests/base/in_folder.h"

static double asked_at_s;

static bool wants_to_stop(void *ctx)
{
    return ll_now_s() > *(double *)ctx;
}

/* The seconds between the wish to stop and the answer. */
static double answer_s(ll_status (*work)(void))
{
    const ll_observer o = {.cancelled = wants_to_stop, .ctx = &asked_at_s};
    asked_at_s = ll_now_s() + .02;
    ll_interrupt_watch(&o);
    ll_status s = work();
    ll_interrupt_watch(NULL);
    CHECK_INT(s, LL_CANCELLED);
    return ll_now_s() - asked_at_s;
}

static ll_status read_a_pipe(void)
{
    char *text;
    return ll_read_file(in("pipe"), 0, &text, NULL, &e);
}

static const char *endless;
static ll_status read_for_ever(void)
{
    char *text;
    return ll_read_file(endless, (size_t)1 << 40, &text, NULL, &e);
}

static ll_status write_a_pipe(void)
{
    return put(in("pipe"), "x");
}

static void a_pipe_that_nobody_serves_is_left(void)
{
    CHECK(!mkfifo(in("pipe"), 0600));
    CHECK(answer_s(read_a_pipe) < 2);
    CHECK(answer_s(write_a_pipe) < 2);
    int writer = open(in("pipe"), O_RDWR); /* somebody is there, and says nothing */
    CHECK(answer_s(read_a_pipe) < 2);
    close(writer);
}

static void a_file_without_end_is_left(void)
{
    int zero = open("/dev/zero", O_RDONLY);
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", zero);
    endless = path; /* what the shell opened may be anything */
    CHECK(answer_s(read_for_ever) < 2);
    close(zero);
}

static void what_has_no_end_is_refused(void)
{
    static const char *const devices[] = {"/dev/zero", "/dev/random", "/dev/tty", "/dev/full"};
    char *text;
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        if (access(devices[i], R_OK)) continue;
        e = (ll_error){0};
        CHECK(ll_read_file(devices[i], 0, &text, NULL, &e) != LL_OK);
        if (strcmp(devices[i], "/dev/tty")) CHECK_HAS(e.message, "is a device, a file was expected");
    }
    CHECK_OK(ll_read_file("/dev/null", 0, &text, NULL, &e));
    CHECK_STR(text, "");
    free(text);
    CHECK(!mkfifo(in("unwritten"), 0600));
    CHECK_INT(ll_read_file(in("unwritten"), 0, &text, NULL, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "is a named pipe that nobody writes");
    CHECK_INT(put(in("unwritten"), "x"), LL_FAILED);
    CHECK_HAS(e.message, "is a named pipe that nobody reads");
}

static void a_pipe_is_read_to_its_end(void)
{
    const char *path = in("slow");
    CHECK(!mkfifo(path, 0600));
    pid_t child = fork();
    if (!child) {
        usleep(50000); /* the reader comes first */
        int fd = open(path, O_WRONLY);
        for (int i = 0; i < 3; i++) {
            if (write(fd, "abc", 3) != 3) _exit(1);
            usleep(30000);
        }
        _exit(0);
    }
    holds(path, "abcabcabc");
    waitpid(child, NULL, 0);
}

static const check_case cases[] = {
    {"a pipe that nobody serves is left", a_pipe_that_nobody_serves_is_left},
    {"what has no end is refused", what_has_no_end_is_refused},
    {"a file without end is left", a_file_without_end_is_left},
    {"a pipe is read to its end", a_pipe_is_read_to_its_end},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_files_wait", cases, argc, argv);
}
