#include "tests/check.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/num/blas.h"
#include "core/num/blas_choice.h"

static int passed, failed, skipped, case_failed;
static char skip_why[200]; /* empty: it ran */
static char tmpdir[PATH_MAX];

bool check_report(bool good, const char *file, int line, const char *fmt, ...)
{
    if (good) return true;
    case_failed++;
    va_list ap;
    va_start(ap, fmt);
    printf("  %s:%d: ", file, line);
    vprintf(fmt, ap);
    putchar('\n');
    va_end(ap);
    return false;
}

int check_failed(void)
{
    return case_failed;
}

void check_skip(const char *why)
{
    snprintf(skip_why, sizeof skip_why, "%s", why);
}

const char *check_shared(const char *path)
{
    static char full[512];
    const char *root = getenv("LATLAB_SHARED");
    snprintf(full, sizeof full, "%s/%s", root ? root : "../shared", path);
    if (ll_is_file(full) || ll_is_dir(full)) return full;
    check_skip("../shared is not here");
    return NULL;
}

static void remove_tmpdir(void)
{
    ll_remove_tree(tmpdir, NULL);
}

const char *check_tmpdir(void)
{
    if (tmpdir[0]) return tmpdir;
    const char *where = getenv("TMPDIR");
    snprintf(tmpdir, sizeof tmpdir, "%s/latlab-test-XXXXXX", where && *where == '/' ? where : "/tmp");
    if (!mkdtemp(tmpdir)) {
        printf("%s: no folder for the tests can be made there: %s\n", tmpdir, strerror(errno));
        exit(1);
    }
    atexit(remove_tmpdir);
    return tmpdir;
}

const char *check_missing(void)
{
    static char path[sizeof tmpdir + 20];
    snprintf(path, sizeof path, "%s/missing/file", check_tmpdir());
    return path;
}

/* A home of the tests' own, and nothing of the user's settings: neither a shell's variables nor a mask of modes may
 * decide whether a test passes. A test that wants one of these sets it. */
static void leave_the_machine(void)
{
    static const char *const ours[] = {
        "HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};
    static const char *const users[] = {
        "LATLAB_DATA", "LATLAB_KEYS", "LATLAB_GNUPLOT", "NO_COLOR",   "FORCE_COLOR", "COLORTERM",
        "COLUMNS",     "LINES",       "INPUTRC",        "LANG",       "LANGUAGE",    "LC_ALL",
        "LC_CTYPE",    "LC_NUMERIC",  "LC_TIME",        "LC_COLLATE", "LC_MESSAGES", "GNUTERM",
        "GNUPLOT_LIB", "PAGER",       "POSIXLY_CORRECT"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) setenv(ours[i], check_tmpdir(), 1);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) unsetenv(users[i]);
    setenv("TERM", "dumb", 1);
    setenv("TZ", "UTC", 1);
    umask(022);
}

bool check_obey_modes(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0}};
    return geteuid() || !syscall(SYS_capset, &header, none);
}

bool check_under(const char *sanitizer)
{
    const char *is = getenv("LATLAB_SANITIZER");
    return is && (!sanitizer || !strcmp(is, sanitizer));
}

static double used_s(int who)
{
    struct rusage u;
    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Seconds of processors, those of programs that it started and awaited too. */
static double processor_s(void)
{
    return used_s(RUSAGE_SELF) + used_s(RUSAGE_CHILDREN);
}

/* Where the time of the whole suite goes; what is quick says nothing. */
static void say_time(double processor, double wall)
{
    if (wall >= 1) printf(" (%.1f s, %.1f s of processors)", wall, processor);
    putchar('\n');
}

static void run_case(const check_case *c)
{
    double start = ll_now_s(), processor = processor_s();
    case_failed = 0;
    skip_why[0] = 0;
    c->run();
    if (case_failed) {
        failed++;
        printf("FAIL %s\n", c->name);
    } else if (skip_why[0]) {
        skipped++;
        printf("SKIP %s: %s\n", c->name, skip_why);
    } else {
        passed++;
        printf("ok   %s", c->name);
        say_time(processor_s() - processor, ll_now_s() - start);
    }
    fflush(stdout);
}

int check_main(const char *program, const check_case *cases, int argc, char **argv)
{
    int asked = ll_blas_restart(argv);
    if (asked) return asked;
    leave_the_machine();
    ll_blas_init();
    for (const check_case *c = cases; c->name; c++)
        if (argc < 2 || strstr(c->name, argv[1])) run_case(c);
    printf("%s: %d passed, %d failed, %d skipped\n", program, passed, failed, skipped);
    return failed ? 1 : 0;
}
