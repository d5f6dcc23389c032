/* For tests of sessions whose dataset another process changes: a saved session named "work", the dataset it is of, and
 * ways to change that. Include it once per program. */
#ifndef LL_TESTS_MOVING_H
#define LL_TESTS_MOVING_H

#include "data/datasets/folder.h"
#include "tests/say.h"

static ll_dataset *toy; /* as it was when the sessions were saved */

static inline char *toy_path(void)
{
    return ll_path_join(check_tmpdir(), "data/toy");
}

static inline void write_toy(ll_dataset *d)
{
    ll_error e = {0};
    char *path = toy_path();
    if (!CHECK_OK(ll_dataset_seal(d, &e)) || !CHECK_OK(ll_folder_save(d, path, NULL, &e)))
        printf("    %s\n", e.message);
    free(path);
}

static inline void restore_toy(void)
{
    write_toy(toy);
}

/* The toy dataset, changed by another process. */
static inline void change_toy(int more_archs, int more_devices, void (*how)(ll_dataset *d))
{
    ll_dataset *d = ll_dataset_extend(toy, more_archs, more_devices);
    if (how) how(d);
    write_toy(d);
    ll_dataset_unref(d);
}

static inline void make_sessions(void)
{
    char *path = toy_path();
    make_toy();
    CHECK_OK(ll_folder_load(path, &toy, NULL));
    free(path);
    ll_app *a = app_new();
    do_work(a);
    SAY(a, "save work");
    ll_app_free(a);
}

/* What `eval` says of the target, warnings left out; the caller frees. */
static inline char *eval_of(ll_app *a)
{
    SAY(a, "eval sim_eyeriss");
    cJSON *result = said_result("eval");
    char *text = ll_json_line(result);
    cJSON_Delete(result);
    return text;
}

static inline void check_eval(ll_app *a, const char *then)
{
    char *now = eval_of(a);
    CHECK_STR(now, then);
    free(now);
}

static inline char *eval_then(void)
{
    ll_app *a = app_new();
    SAY(a, "open work copy=on");
    CHECK(!strstr(said, "warning"));
    char *then = eval_of(a);
    ll_app_free(a);
    return then;
}

/* An app in which a copy of the session is open, on the changed dataset. */
static inline ll_app *opened(void)
{
    ll_app *a = app_new();
    SAY(a, "open work copy=on");
    CHECK_HAS(said, "has changed since");
    return a;
}

static inline void name_devices(ll_dataset *d)
{
    for (int j = toy->n_devices; j < d->n_devices; j++) {
        char name[32];
        snprintf(name, sizeof name, "new%d", j);
        ll_device_set(&d->devices[j], name, LL_MEASURED, "test", "ms", NULL, NULL);
        for (int i = 0; i < d->n_archs; i++) ll_latencies(d, j)[i] = 1 + i % 7;
    }
}

/* The toy dataset with other rows: row i is row rows[i] of then. */
static inline void write_rows(const int *rows, int n)
{
    ll_dataset *d = ll_dataset_new("toy", toy->space, n, toy->n_devices);
    size_t positions = (size_t)toy->space->n_positions;
    for (int j = 0; j < toy->n_devices; j++) ll_device_copy(&d->devices[j], &toy->devices[j]);
    for (int i = 0; i < n; i++) {
        memcpy(d->archs->genes + (size_t)i * positions, ll_gene(toy, rows[i]), positions);
        for (int j = 0; j < toy->n_devices; j++) ll_latencies(d, j)[i] = ll_latencies(toy, j)[rows[i]];
    }
    write_toy(d);
    ll_dataset_unref(d);
}

#endif
