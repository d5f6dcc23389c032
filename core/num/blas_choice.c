#include "core/num/blas_choice.h"

#include <cblas.h>
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "core/base/str.h"
#include "core/base/system/fs.h"
#include "core/num/blas.h"
#include "core/num/blas_check.h"

/* Kernels that run on any x86-64: OpenBLAS's choice for a processor it does not know. */
static bool is_fallback(const char *kernels)
{
    static const char *const old[] = {"Prescott", "Core2",   "Penryn", "Dunnington",
                                      "Nehalem",  "Generic", "Atom"};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (!strcasecmp(kernels, old[i])) return true;
    return false;
}

static const char *widest_kernels(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
    return NULL;
}

/* --- what is known of them here: lines of "right" or "wrong", a tab, and what it was seen of ---------------------- */

typedef enum verdict { UNKNOWN, RIGHT, WRONG } verdict;
static const char *const verdicts[] = {[RIGHT] = "right", [WRONG] = "wrong"};

enum { MOST_BYTES = 1 << 16 }; /* a home may be shared by many machines, not by thousands of kinds */

/* The processor by its signature (family, model, stepping), the library by its version, the kernels by their name. */
static char *subject(const char *kernels)
{
    unsigned signature = 0;
#if defined(__x86_64__)
    unsigned b, c, d;
    __get_cpuid(1, &signature, &b, &c, &d);
#endif
    ll_str text = {0};
    ll_str_addf(&text, "%s by %s on processor %08x", kernels, openblas_get_config(), signature);
    return text.s;
}

static char *memory_path(void)
{
    char *folder = ll_xdg_dir(LL_XDG_CACHE), *path = ll_path_join(folder, "blas_kernels");
    free(folder);
    return path;
}

static char *read_memory(const char *path)
{
    char *text;
    return ll_read_own_file(path, MOST_BYTES, &text, NULL, NULL) ? NULL : text;
}

/* The last line that speaks of it. */
static verdict recall(const char *text, const char *what)
{
    verdict found = UNKNOWN;
    while (text && *text) {
        size_t length = strcspn(text, "\n"), word = strcspn(text, "\t\n");
        if (word < length && length - word - 1 == strlen(what) &&
            !strncmp(text + word + 1, what, strlen(what)))
            for (verdict v = RIGHT; v <= WRONG; v++)
                if (word == strlen(verdicts[v]) && !strncmp(text, verdicts[v], word)) found = v;
        text += length + (text[length] == '\n');
    }
    return found;
}

static verdict remembered(const char *kernels)
{
    char *path = memory_path(), *text = read_memory(path), *what = subject(kernels);
    verdict v = recall(text, what);
    free(path);
    free(text);
    free(what);
    return v;
}

/* Where it cannot be kept it is asked again next time. */
static void keep(verdict v, const char *kernels)
{
    ll_str all = {0};
    char *path = memory_path(), *folder = ll_path_folder(path), *text = read_memory(path),
         *what = subject(kernels);
    if (text && strlen(text) < MOST_BYTES / 2) ll_str_add(&all, text);
    ll_str_addf(&all, "%s\t%s\n", verdicts[v], what);
    if (!ll_make_dirs(folder, NULL)) ll_write_file(path, all.s, all.len, NULL);
    free(path);
    free(folder);
    free(text);
    free(what);
    ll_str_free(&all);
}

/* --- asking once, in a process that may die of it --------------------------------------------------------------- */

static const char CHECK[] = "--check-blas", SELF[] = "/proc/self/exe";
enum { PATIENCE_S = 20, IS_RIGHT = 98, IS_WRONG = 99 };

/* A process that lacked memory or time says nothing of the kernels; one that died of an instruction does. */
static verdict read_status(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == IS_RIGHT ? RIGHT : WEXITSTATUS(status) == IS_WRONG ? WRONG : UNKNOWN;
    static const int faults[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (WIFSIGNALED(status) && WTERMSIG(status) == faults[i]) return WRONG;
    return UNKNOWN;
}

static verdict ask(char *name, const char *kernels)
{
    char *argv[] = {name, (char *)CHECK, NULL};
    int status;
    pid_t child, ended;
    if (setenv("OPENBLAS_CORETYPE", kernels, 1)) return UNKNOWN;
    int failed = posix_spawn(&child, SELF, NULL, NULL, argv, environ);
    unsetenv("OPENBLAS_CORETYPE");
    if (failed) return UNKNOWN;
    do ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    return ended < 0 ? UNKNOWN : read_status(status);
}

static int answer(void)
{
    alarm(PATIENCE_S);
    return ll_blas_is_right() ? IS_RIGHT : IS_WRONG;
}

static bool may_be_forced(char *name, const char *kernels)
{
    verdict v = remembered(kernels);
    if (v == UNKNOWN && (v = ask(name, kernels)) != UNKNOWN) keep(v, kernels);
    return v == RIGHT;
}

int ll_blas_restart(char **argv)
{
    if (argv[0] && argv[1] && !strcmp(argv[1], CHECK)) return answer();
    if (getenv("OPENBLAS_CORETYPE") || !is_fallback(ll_blas_kernels())) return 0;
    const char *better = widest_kernels();
    if (!better || !may_be_forced(argv[0], better) || setenv("OPENBLAS_CORETYPE", better, 1)) return 0;
    execv(SELF, argv); /* when it cannot, the slow kernels still give the right numbers */
    return 0;
}

const char *ll_blas_better_than(const char *kernels)
{
    static const char *const by_avx512[] = {"SkylakeX", "Cooperlake", "SapphireRapids"}, *const by_avx2[] = {
                                                                                             "Haswell", "Zen",
                                                                                             "Excavator"};
    const char *better = widest_kernels();
    bool wide = false, known = is_fallback(kernels);
    for (size_t i = 0; i < sizeof by_avx512 / sizeof *by_avx512; i++)
        wide |= !strcasecmp(kernels, by_avx512[i]);
    for (size_t i = 0; i < sizeof by_avx2 / sizeof *by_avx2; i++)
        if (!strcasecmp(kernels, by_avx2[i])) known = better && !strcmp(better, "SkylakeX");
    return known && !wide ? better : NULL;
}

char *ll_blas_advice(void)
{
    const char *kernels = ll_blas_kernels(), *better = ll_blas_better_than(kernels);
    ll_str text = {0};
    if (!better) return NULL;
    if (remembered(better) == WRONG)
        ll_str_addf(&text,
                    "OpenBLAS's kernels for %s would be faster but compute wrongly on this processor: those "
                    "for %s are used; "
                    "a newer OpenBLAS may help",
                    better, kernels);
    else
        ll_str_addf(
            &text,
            "OpenBLAS uses its kernels for %s, this processor can run those for %s, which are faster: %s",
            kernels, better,
            getenv("OPENBLAS_CORETYPE") ? "OPENBLAS_CORETYPE asks for them, unset it"
                                        : "set OPENBLAS_CORETYPE to that");
    return text.s;
}
