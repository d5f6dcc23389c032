/* Sessions after a kill at an unlucky moment, in several processes at once, and a copy that cannot be whole. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/rng.h"
#include "core/base/system/owned.h"
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

static int n_hidden(char *dir)
{
    ll_strs names = {0};
    int n = 0;
    CHECK_OK(ll_list_dir(dir, NULL, &names, NULL));
    for (int i = 0; i < names.n; i++) n += !strncmp(names.v[i], ".latlab", 7);
    ll_strs_free(&names);
    free(dir);
    return n;
}

static void save_for_ever(void)
{
    ll_app *a = app_with("sim_raspi4");
    for (;;) say(a, "save ping"), say(a, "save pong");
}

/* Killed anywhere: every session that is listed opens, and nothing else is left once the next one begins. */
static void killed_saves_leave_sessions_alone(void)
{
    ll_rng r = ll_rng_new(5, 1);
    for (int round = 0; round < 12; round++) {
        fflush(stdout);
        pid_t child = fork();
        if (!child) save_for_ever();
        usleep(60000 + (useconds_t)ll_rng_below(&r, 90000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        ll_strs dirs = {0};
        ll_session_list(&dirs);
        CHECK(dirs.n < 64); /* not all that ever were */
        for (int i = 0; i < dirs.n; i++) {
            ll_str line = {0};
            ll_app *a = app_new();
            CHECK(ll_path_base(dirs.v[i])[0] != '.');
            ll_str_addf(&line, "open %s", dirs.v[i]);
            SAY(a, line.s);
            ll_app_free(a);
            ll_str_free(&line);
        }
        ll_strs_free(&dirs);
    }
    ll_app *a = app_with("sim_eyeriss");
    SAY(a, "save last");
    ll_app_free(a);
    CHECK_INT(n_hidden(ll_sessions_saved_dir()), 0);
    CHECK_INT(n_hidden(ll_sessions_live_dir()), 0);
}

/* What a living process makes is not swept. */
static void folders_in_the_making_are_left_alone(void)
{
    ll_owned_work w;
    char *saved = ll_sessions_saved_dir();
    CHECK_OK(ll_owned_begin(&w, saved, &ll_session_kind, NULL));
    ll_app_free(app_with("sim_raspi4"));
    CHECK(ll_is_dir(w.fresh));
    ll_owned_end(&w);
    CHECK_INT(n_hidden(saved), 0);
}

static int save_and_hold(int from, int to)
{
    char go;
    ll_app *a = app_with("sim_raspi4");
    ll_status s = say(a, "save contested");
    bool told = s ? strstr(said, "open in another latlab") != NULL : true;
    if (write(to, s ? "n" : "y", 1) != 1 || read(from, &go, 1) < 0) return 9; /* till all are done */
    char *dir = saved_path("contested", "");
    bool own = s || (ll_session_is(dir) && !say(a, "tag sim_eyeriss") && !strstr(said, "not journalled"));
    free(dir);
    ll_app_free(a);
    return !(told && own);
}

/* Whoever saves first has it open, and keeps it. */
static void one_of_many_saves_gets_the_name(void)
{
    enum { MANY = 6 };
    int hold[2], said_to[2], status, good = 0, bad = 0;
    char answer;
    CHECK(!pipe(hold) && !pipe(said_to));
    fflush(stdout);
    for (int i = 0; i < MANY; i++)
        if (!fork()) {
            close(hold[1]);
            _exit(save_and_hold(hold[0], said_to[1]));
        }
    close(hold[0]);
    close(said_to[1]);
    for (int i = 0; i < MANY && read(said_to[0], &answer, 1) == 1; i++) good += answer == 'y';
    close(hold[1]);
    for (int i = 0; i < MANY; i++) bad += wait(&status) < 0 || status != 0;
    close(said_to[0]);
    CHECK_INT(good, 1);
    CHECK_INT(bad, 0);
    ll_app *a = app_new();
    SAY(a, "open contested");
    ll_app_free(a);
}

static const check_case cases[] = {
    {"make the toy dataset", make_toy},
    {"save a first session", save_first},
    {"what was half written goes", what_was_half_written_goes},
    {"a session not begun is not listed", a_session_not_begun_is_not_listed},
    {"nothing is left out of a copy", nothing_is_left_out_of_a_copy},
    {"killed saves leave sessions alone", killed_saves_leave_sessions_alone},
    {"folders in the making are left alone", folders_in_the_making_are_left_alone},
    {"one of many saves gets the name", one_of_many_saves_gets_the_name},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_sessions_killed", cases, argc, argv);
}
