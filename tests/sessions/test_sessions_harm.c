/* Sessions that meet harm: killed processes, locks, damaged files, full disks. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/rng.h"
#include "tests/say.h"

static void save_first(void)
{
    ll_app *a = app_new();
    do_work(a);
    SAY(a, "save first");
    ll_app_free(a);
}

/* --- killed -----------------------------------------------------------------------------------------------
 */

/* Child: draws samples for ever, and tells after each END which seed is safe. */
static void sample_for_ever(int out)
{
    ll_app *a = app_new();
    say(a, "load toy");
    for (int seed = 1;; seed++) {
        char line[64];
        snprintf(line, sizeof line, "sample k=4 seed=%d", seed);
        if (say(a, line) || write(out, &seed, sizeof seed) != sizeof seed) _exit(1);
    }
}

static void killed_processes_lose_one_command_at_most(void)
{
    ll_rng r = ll_rng_new(3, 1);
    for (int round = 0; round < 5; round++) {
        int fds[2], seed = 0, last = 0, wanted = 1 + ll_rng_below(&r, 20);
        CHECK(!pipe(fds));
        fflush(stdout);
        pid_t child = fork();
        if (!child) {
            close(fds[0]);
            sample_for_ever(fds[1]);
        }
        close(fds[1]);
        while (last < wanted && read(fds[0], &seed, sizeof seed) == sizeof seed) last = seed;
        usleep((useconds_t)ll_rng_below(&r, 3000));
        kill(child, SIGKILL);
        while (read(fds[0], &seed, sizeof seed) == sizeof seed) last = seed;
        close(fds[0]);
        waitpid(child, NULL, 0);
        ll_app *a = app_new();
        SAY(a, "open"); /* the last one, which is the killed one */
        ll_state s;
        ll_app_snapshot(a, &s);
        if (CHECK(s.data && s.samples))
            CHECK(s.samples->seed == (uint64_t)last || s.samples->seed == (uint64_t)last + 1);
        ll_state_free(&s);
        SAY(a, "undo");
        ll_app_free(a);
    }
}

static void two_processes_do_not_share_a_session(void)
{
    ll_app *a = app_new(), *b = app_new();
    SAY(a, "open first");
    CHECK_INT(say(b, "open first"), LL_FAILED);
    CHECK_HAS(said, "open in another latlab");
    CHECK_HAS(said, "copy=on");
    SAY(b, "sessions");
    CHECK_HAS(said, "\"open\":\"elsewhere\"");
    SAY(b, "open first copy=on");
    SAY(b, "tag sim_v100_b1");
    CHECK_INT(say(b, "save first"), LL_FAILED);
    CHECK_HAS(said, "open in another latlab");
    ll_app_free(a);
    SAY(b, "save second");
    ll_app_free(b);
}

/* --- damaged ----------------------------------------------------------------------------------------------
 */

static void a_cut_line_is_left_out(void)
{
    char *path = saved_path("first", "journal.jsonl");
    ll_app *a = app_new();
    SAY(a, "open first");
    char *state = state_text(a);
    ll_app_free(a);
    FILE *f = fopen(path, "a");
    fputs("{\"n\":99,\"op\":\"do\",\"at\":3,\"line\":\"tag", f);
    fclose(f);
    a = app_new();
    SAY(a, "open first");
    CHECK_HAS(said, "incomplete");
    check_same_state(a, state);
    SAY(a, "tag sim_v100_b1"); /* the next line must not be glued to it */
    SAY(a, "save");
    free(state);
    state = state_text(a);
    ll_app_free(a);
    a = app_new();
    SAY(a, "open first");
    CHECK(!strstr(said, "incomplete"));
    check_same_state(a, state);
    ll_app_free(a);
    free(state);
    free(path);
}

static void damage_is_named(void)
{
    ll_app *a = app_new();
    do_work(a);
    SAY(a, "save broken");
    ll_app_free(a);
    char *journal = saved_path("broken", "journal.jsonl"), *blobs = saved_path("broken", "blobs");
    size_t len;
    char *text = read_text(journal, &len);
    text[0] = '\x01'; /* the first line: what followed tells all that is needed */
    CHECK_OK(ll_write_file(journal, text, len, NULL));
    a = app_new();
    SAY(a, "load toy");
    SAY(a, "open broken");
    CHECK_HAS(said, "journal.jsonl: line 1 is damaged");
    CHECK_HAS(said, "\"steps\":6"); /* a step that is not known keeps the numbers of the others */
    SAY(a, "eval sim_eyeriss");
    SAY(a, "undo 4");
    CHECK_HAS(said, "\"steps\":2");
    ll_app_free(a);
    ll_app *b = app_new(); /* again, with whole lines and a damaged blob */
    do_work(b);
    SAY(b, "save broken");
    ll_app_free(b);
    ll_strs names = {0};
    CHECK_OK(ll_list_dir(blobs, ".safetensors", &names, NULL));
    CHECK_INT(names.n, 3); /* a model, what it was adapted to, the predictions of the table */
    for (int i = 0; i < names.n; i++) {
        char *blob = ll_path_join(blobs, names.v[i]);
        free(text);
        text = read_text(blob, &len);
        text[len - 3] ^= 1;
        CHECK_OK(ll_write_file(blob, text, len, NULL));
        a = app_new();
        SAY(a, "load toy");
        SAY(a, "open broken");
        CHECK_HAS(said, names.v[i]);
        CHECK_HAS(said, "damaged");
        CHECK_HAS(said, "is left out");
        ll_app_free(a);
        unlink(blob);
        a = app_new();
        SAY(a, "open broken");
        CHECK_HAS(said, names.v[i]);
        SAY(a, "devices"); /* what is there is there */
        ll_app_free(a);
        text[len - 3] ^= 1;
        CHECK_OK(ll_write_file(blob, text, len, NULL));
        free(blob);
    }
    ll_strs_free(&names);
    free(text);
    free(journal);
    free(blobs);
}

static void datasets_in_memory_are_kept(void)
{
    ll_app *a = app_new();
    SAY(a, "load toy");
    SAY(a, "simulate device=odd model=systolic rows=8 cols=8");
    char *state = state_text(a);
    SAY(a, "save memory");
    ll_app_free(a);
    a = app_new();
    SAY(a, "open memory");
    check_same_state(a, state);
    SAY(a, "undo");
    SAY(a, "redo");
    check_same_state(a, state);
    ll_app_free(a);
    free(state);
}

/* Any byte may be wrong: open says yes or no, and never loses what is there. */
static void damaged_files_do_no_harm(void)
{
    static const char *const files[] = {"journal.jsonl", "session.json"};
    ll_rng r = ll_rng_new(11, 1);
    ll_app *a = app_new();
    SAY(a, "load toy");
    SAY(a, "sample k=3 seed=1");
    SAY(a, "undo");
    SAY(a, "save fuzzed");
    ll_app_free(a);
    a = app_new();
    SAY(a, "load toy");
    char *state = state_text(a);
    for (int i = 0; i < 200; i++) {
        size_t len;
        char *path = saved_path("fuzzed", files[i % 2]), *good = read_text(path, &len),
             *bad = ll_strdup(good);
        for (int k = 0; k <= ll_rng_below(&r, 4); k++)
            bad[ll_rng_below(&r, (int)len)] = (char)(ll_rng_below(&r, 2) ? ll_rng_below(&r, 256) : '9');
        size_t keep = i % 5 ? len : (size_t)ll_rng_below(&r, (int)len);
        CHECK_OK(ll_write_file(path, bad, keep, NULL));
        if (say(a, "open fuzzed"))
            check_same_state(a, state);
        else
            SAY(a, "load toy");
        ll_session_close(ll_session_of(a)); /* nothing runs: the lock goes, the folder stays */
        CHECK_OK(ll_write_file(path, good, len, NULL));
        ll_app_free(a);
        a = app_new();
        SAY(a, "load toy");
        free(good);
        free(bad);
        free(path);
    }
    ll_app_free(a);
    free(state);
}

/* --- full disk --------------------------------------------------------------------------------------------
 */

static void full_disks_cost_nothing(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (!child) { /* no file of this process may grow beyond 200 bytes: writing fails as on a full disk */
        struct rlimit limit = {200, 200};
        int bad = 0;
        ll_app *a = app_new();
        bad |= say(a, "open first") != LL_OK;
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        bad |= (say(a, "save full") != LL_FAILED) << 1;
        bad |= (say(a, "tag sim_v100_b32") != LL_OK) << 2; /* goes on, with a warning */
        bad |= (!strstr(said, "not journalled")) << 3;
        bad |= (say(a, "undo") != LL_OK) << 4;
        ll_app_free(a);
        _exit(bad);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK_INT(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
    char *full = saved_path("full", "");
    CHECK(!ll_is_dir(full));
    free(full);
    ll_app *a = app_new();
    SAY(a, "open first");
    ll_app_free(a);
}

static const check_case cases[] = {
    {"make the toy dataset", make_toy},
    {"save a first session", save_first},
    {"killed processes lose one command at most", killed_processes_lose_one_command_at_most},
    {"two processes do not share a session", two_processes_do_not_share_a_session},
    {"a cut line is left out", a_cut_line_is_left_out},
    {"damage is named", damage_is_named},
    {"datasets in memory are kept", datasets_in_memory_are_kept},
    {"damaged files do no harm", damaged_files_do_no_harm},
    {"full disks cost nothing", full_disks_cost_nothing},
    {0},
};

int main(int argc, char **argv)
{
    setenv("XDG_DATA_HOME", check_tmpdir(), 1);
    setenv("XDG_STATE_HOME", check_tmpdir(), 1);
    return check_main("test_sessions_harm", cases, argc, argv);
}
