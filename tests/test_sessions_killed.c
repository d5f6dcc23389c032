/* Sessions after a kill at an unlucky moment, and a copy that cannot be whole. */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sessions/folder.h"
#include "tests/say.h"

static void plant(const char *dir, const char *name)
{
    char *path = ll_path_join(dir, name);
    ll_error e = {0};
    CHECK_OK(ll_make_dirs(dir, &e));
    CHECK_OK(ll_write_file(path, "half", 4, &e));
    free(path);
}

static bool is_there(const char *dir, const char *name)
{
    char *path = ll_path_join(dir, name);
    bool there = ll_is_file(path);
    free(path);
    return there;
}

static void save_first(void)
{
    ll_app *a = app_new();
    do_work(a);
    SAY(a, "save first");
    ll_app_free(a);
}

/* Opening has the lock: what is half written there is nobody's any more. What has another name stays. */
static void what_was_half_written_goes(void)
{
    char *dir = saved_path("first", ""), *blobs = saved_path("first", "blobs");
    dir[strlen(dir) - 1] = 0;
    plant(dir, "session.json.tmp-999999");
    plant(dir, ".latlab-tmp-0123456789abcdef");
    plant(dir, "letter.txt");
    plant(blobs, "new-999999");
    plant(blobs, ".latlab-tmp-0123456789abcdef");
    plant(blobs, "new.txt");
    ll_app *a = app_new();
    SAY(a, "open first");
    CHECK(!is_there(dir, "session.json.tmp-999999"));
    CHECK(!is_there(dir, ".latlab-tmp-0123456789abcdef"));
    CHECK(is_there(dir, "letter.txt"));
    CHECK(!is_there(blobs, "new-999999"));
    CHECK(!is_there(blobs, ".latlab-tmp-0123456789abcdef"));
    CHECK(is_there(blobs, "new.txt"));
    ll_app_free(a);
    free(dir);
    free(blobs);
}

/* The folder of an unnamed session is made before its first line: without one there is nothing to open. */
static void a_session_not_begun_is_not_listed(void)
{
    static const char header[] = "{\"format\":\"latlab session\",\"version\":1,\"name\":null}\n";
    char *live = ll_sessions_live_dir(), *dir = ll_path_join(live, "29991231-235959-1"),
         *path = ll_path_join(dir, "session.json");
    ll_error e = {0};
    CHECK_OK(ll_make_dirs(dir, &e));
    CHECK_OK(ll_write_file(path, header, sizeof header - 1, &e));
    ll_app *a = app_new();
    SAY(a, "sessions");
    CHECK(!strstr(said, "29991231"));
    CHECK_HAS(said, "\"session\":\"first\"");
    SAY(a, "load toy"); /* a session of its own: the sweep before it finds the empty one */
    CHECK(!ll_is_dir(dir));
    ll_app_free(a);
    free(path);
    free(dir);
    free(live);
}

static int save_unreadable(const char *part)
{
    int bad = !check_obey_modes();
    ll_app *a = app_new();
    for (int i = 0; work[i]; i++) bad |= say(a, work[i]) != LL_OK;
    char *path = ll_path_join(ll_session_of(a)->dir, part);
    bad |= chmod(path, 0);
    bad |= (say(a, "save whole") != LL_FAILED) << 1;
    bad |= !strstr(said, part) << 2;
    bad |= chmod(path, 0700);
    bad |= (say(a, "save whole") != LL_OK) << 3;
    free(path);
    ll_app_free(a);
    return bad;
}

/* A journal or blobs that cannot be read just now are no reason to save a session without them. */
static void nothing_is_left_out_of_a_copy(void)
{
    static const char *const parts[] = {"journal.jsonl", "blobs"};
    for (int i = 0; i < 2; i++) {
        int status = -1;
        fflush(stdout);
        pid_t child = fork();
        if (!child) _exit(save_unreadable(parts[i]));
        waitpid(child, &status, 0);
        CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
    }
}

static const check_case cases[] = {
    {"make the toy dataset", make_toy},
    {"save a first session", save_first},
    {"what was half written goes", what_was_half_written_goes},
    {"a session not begun is not listed", a_session_not_begun_is_not_listed},
    {"nothing is left out of a copy", nothing_is_left_out_of_a_copy},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_sessions_killed", cases, argc, argv);
}
