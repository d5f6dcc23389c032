#include "tests/check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/fs.h"
#include "core/num/blas.h"

static int passed, failed, skipped, case_failed;
static char skip_why[200]; /* empty: it ran */
static char tmpdir[64];

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
    snprintf(tmpdir, sizeof tmpdir, "/tmp/latlab-test-XXXXXX");
    if (!mkdtemp(tmpdir)) abort();
    atexit(remove_tmpdir);
    return tmpdir;
}

static void run_case(const check_case *c)
{
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
        printf("ok   %s\n", c->name);
    }
    fflush(stdout);
}

int check_main(const char *program, const check_case *cases, int argc, char **argv)
{
    ll_blas_restart(argv);
    ll_blas_init();
    for (const check_case *c = cases; c->name; c++)
        if (argc < 2 || strstr(c->name, argv[1])) run_case(c);
    printf("%s: %d passed, %d failed, %d skipped\n", program, passed, failed, skipped);
    return failed ? 1 : 0;
}
