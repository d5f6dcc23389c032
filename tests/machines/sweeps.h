/* For tests of sweep: files in the folder of the test, plans and tasks. Include it once per program. */
#ifndef LL_TESTS_SWEEPS_H
#define LL_TESTS_SWEEPS_H

#include "data/sweep/plan.h"
#include "tests/say.h"

static char *at(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

static ll_status tell(ll_app *a, const char *fmt, ...)
{
    ll_str line = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&line, fmt, ap);
    va_end(ap);
    ll_status s = say(a, line.s);
    ll_str_free(&line);
    return s;
}

static ll_status run_task(ll_app *a, const char *plan, int task)
{
    return tell(a, "sweep run %s/%s task=%d scratch=%s/scratch", check_tmpdir(), plan, task, check_tmpdir());
}

static ll_sweep_plan read_plan(const char *name)
{
    char *path = at(name);
    ll_sweep_plan p;
    ll_error e = {0};
    CHECK_INT(ll_sweep_plan_read(path, &p, &e), LL_OK);
    free(path);
    return p;
}

static int said_int(const char *kind, const char *key)
{
    cJSON *o = said_result(kind);
    int n = ll_json_get_int(o, key, -1);
    cJSON_Delete(o);
    return n;
}

static char *contents(const char *name)
{
    char *path = at(name), *text = NULL;
    size_t n;
    ll_error e = {0};
    CHECK_INT(ll_read_file(path, 0, &text, &n, &e), LL_OK);
    free(path);
    return text;
}

static void write_as(const char *name, const char *text, size_t n)
{
    char *path = at(name);
    ll_error e = {0};
    CHECK_INT(ll_write_file(path, text, n, &e), LL_OK);
    free(path);
}

#endif
