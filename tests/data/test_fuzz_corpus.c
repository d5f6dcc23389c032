/* The fuzz targets without libFuzzer: every input that is stored in tests/fuzz, seeds and what was once found. Each
 * target has a process of its own, so that the one that crashes or hangs takes no other along. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "tests/check.h"
#include "tests/fuzz/fuzz.h"

enum { FEWEST = 3, INPUT = 300, LONGEST_S = 120 };

/* What the parent knows of a child that died: written by it before each input. */
typedef struct progress {
    int done;
    char input[INPUT];
} progress;
static progress *shared_progress;

static void run_file(const ll_fuzz_target *t, const char *path)
{
    size_t n;
    snprintf(shared_progress->input, INPUT, "%s", path);
    char *text = ll_fuzz_read(path, &n);
    uint8_t *exact = ll_alloc(n ? n : 1, 1); /* not one byte more, so that reading it is seen */
    memcpy(exact, text, n);
    free(text);
    t->run(exact, n);
    free(exact);
    shared_progress->done++;
}

static void run_folder(const ll_fuzz_target *t, const char *kind)
{
    ll_str dir = {0};
    ll_strs names = {0};
    ll_str_addf(&dir, "tests/fuzz/%s/%s", kind, t->name);
    if (ll_is_dir(dir.s)) ll_list_dir(dir.s, NULL, &names, NULL);
    for (int i = 0; i < names.n; i++) {
        char *path = ll_path_join(dir.s, names.v[i]);
        run_file(t, path);
        free(path);
    }
    ll_strs_free(&names);
    ll_str_free(&dir);
}

/* In a child; its wait status. Leaks are found when it exits. */
static int run_apart(const ll_fuzz_target *t, unsigned seconds, void (*inputs)(const ll_fuzz_target *))
{
    int status = -1;
    *shared_progress = (progress){0};
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        char *dir = ll_path_join(getenv("LATLAB_FUZZ_DIR"), t->name);
        if (ll_make_dirs(dir, NULL)) _exit(1);
        setenv("LATLAB_FUZZ_DIR", dir, 1);
        free(dir);
        alarm(seconds);
        inputs(t);
        exit(0);
    }
    CHECK_INT(waitpid(child, &status, 0), child);
    return status;
}

static void stored_inputs(const ll_fuzz_target *t)
{
    run_folder(t, "corpus");
    run_folder(t, "regressions");
}

static void every_stored_input(void)
{
    for (int i = 0; ll_fuzz_targets[i]; i++) {
        const ll_fuzz_target *t = ll_fuzz_targets[i];
        int status = run_apart(t, LONGEST_S, stored_inputs);
        check_report(status == 0, __FILE__, __LINE__, "%s: %s: %s %d", t->name, shared_progress->input,
                     WIFSIGNALED(status) ? "killed by signal" : "exit status",
                     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        check_report(shared_progress->done >= FEWEST, __FILE__, __LINE__, "%s: only %d inputs are stored",
                     t->name, shared_progress->done);
    }
}

/* --- what this program would see --- */

static void break_a_law(const uint8_t *bytes, size_t n)
{
    if (!freopen("/dev/null", "w", stderr)) return;
    LAW(n > 1, "one byte");
}

static void hang(const uint8_t *bytes, size_t n)
{
    for (;;) pause();
}

static void one_byte(const ll_fuzz_target *t)
{
    t->run((const uint8_t *)"x", 1);
}

static void a_finding_is_seen(void)
{
    int status = run_apart(&(ll_fuzz_target){"broken", break_a_law}, 10, one_byte);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    status = run_apart(&(ll_fuzz_target){"hanging", hang}, 1, one_byte);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
}

static void inputs_of_several_files(void)
{
    ll_fuzz_part p[LL_FUZZ_PARTS];
    const char text[] = "lost\n@@a\none\ntwo\n\n@@b\n@@c d\n@@e";
    CHECK_INT(ll_fuzz_split((const uint8_t *)text, sizeof text - 1, p), 4);
    CHECK(!strcmp(p[0].name, "a") && p[0].n == 8 && !memcmp(p[0].bytes, "one\ntwo\n", 8));
    CHECK(!strcmp(p[1].name, "b") && p[1].n == 0);
    CHECK(!strcmp(p[2].name, "c d") && p[2].n == 0);
    CHECK(!strcmp(p[3].name, "e") && p[3].n == 0);
    CHECK_INT(ll_fuzz_split((const uint8_t *)"@", 1, p), 0);
}

static const check_case cases[] = {
    {"inputs of several files", inputs_of_several_files},
    {"a finding is seen", a_finding_is_seen},
    {"every stored input", every_stored_input},
    {0},
};

int main(int argc, char **argv)
{
    char root[] = "/tmp/latlab-fuzz-XXXXXX";
    shared_progress =
        mmap(NULL, sizeof *shared_progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared_progress == MAP_FAILED || !mkdtemp(root) || setenv("LATLAB_FUZZ_DIR", root, 1)) abort();
    int status = check_main("test_fuzz_corpus", cases, argc, argv);
    ll_remove_tree(root, NULL);
    return status;
}
