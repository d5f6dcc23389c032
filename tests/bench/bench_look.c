/* What a user waits for first: start-up, loading NAS-Bench-201 with every public device, its correlations. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "core/device/ordering.h"
#include "core/device/partition.h"
#include "core/num/stats.h"
#include "data/datasets/folder.h"
#include "data/importers/import.h"
#include "tests/bench/bench.h"

#define UPSTREAM "../shared/upstream/"

enum { ROUNDS = 9 };

/* Median milliseconds of a few rounds. */
static double median_ms(void (*work)(void *), void *ctx)
{
    double took[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double start = ll_now_s();
        work(ctx);
        took[i] = 1e3 * (ll_now_s() - start);
    }
    return ll_median(took, ROUNDS);
}

/* --- the dataset --- */

static ll_dataset *import(const char *kind, const char *path, const char *device, ll_dataset *into)
{
    const ll_importer *importer = ll_importer_find(kind);
    ll_import job = {.path = path, .name = "nb201", .into = into, .device = device};
    ll_dataset *fresh = NULL, *joint = NULL;
    ll_error e = {0};
    if (!importer || importer->read(&job, &fresh, &e)) {
        if (importer) printf("  (%s)\n", e.message);
        return into;
    }
    ll_strs_free(&job.notes);
    if (!into) return fresh;
    if (ll_import_merge(into, fresh, false, &joint, &job.notes, &e)) printf("  (%s)\n", e.message);
    ll_strs_free(&job.notes);
    ll_dataset_unref(fresh);
    if (!joint) return into;
    ll_dataset_unref(into);
    return joint;
}

static ll_dataset *public_devices(void)
{
    ll_dataset *d = import("help", UPSTREAM "HELP/nasbench201", NULL, NULL);
    if (!d) return NULL;
    d = import("oneproxy", UPSTREAM "OneProxy", NULL, d);
    return import("brpnas", UPSTREAM "BRP-NAS/desktop-cpu-core-i7-7820x-fp32.pkl",
                  "desktop_cpu_core_i7_7820x_fp32", d);
}

static void load_once(void *ctx)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    if (ll_folder_load(ctx, &d, &e)) printf("  (%s)\n", e.message);
    ll_dataset_unref(d);
}

static void bench_load(ll_dataset *d, char *folder)
{
    char note[64];
    ll_error e = {0};
    snprintf(note, sizeof note, "%d devices x %d", d->n_devices, d->n_archs);
    if (ll_folder_save(d, folder, NULL, &e)) {
        printf("  (%s)\n", e.message);
        return;
    }
    bench_row("load_nasbench201", median_ms(load_once, folder), "ms", 100, "lower", note);
}

/* --- correlation --- */

typedef struct corr_job {
    ll_dataset *d;
    ll_pool *pool;
    ll_corr_metric metric;
} corr_job;

static void corr_once(void *ctx)
{
    corr_job *job = ctx;
    ll_ints all = ll_ints_range(job->d->n_devices);
    int *order = malloc((size_t)all.n * sizeof *order);
    ll_corr c;
    ll_correlate(job->d, all.v, all.n, job->metric, job->pool, NULL, &c, NULL);
    ll_corr_order(&c, job->d, LL_ORDER_CLUSTER, order, NULL);
    ll_corr_free(&c);
    ll_ints_free(&all);
    free(order);
}

static void bench_corr(ll_dataset *d)
{
    corr_job job = {d, ll_pool_new((int)sysconf(_SC_NPROCESSORS_ONLN)), LL_SPEARMAN};
    bench_row("corr_nasbench201", median_ms(corr_once, &job), "ms", 300, "lower", "Spearman, clustered");
    job.metric = LL_KENDALL;
    bench_row("corr_kendall", median_ms(corr_once, &job), "ms", NAN, "lower", "tau-b, all pairs");
    ll_pool_free(job.pool);
}

static void exact_once(void *ctx)
{
    const ll_corr *c = ctx;
    ll_partition_job job = {.n_source = 9, .n_target = 6, .method = LL_PARTITION_EXACT};
    int side[256];
    ll_partition_sides(c->r, c->devices.n, &job, side, NULL);
}

static void bench_partition(ll_dataset *d)
{
    ll_ints all = ll_ints_range(d->n_devices);
    ll_corr c;
    ll_correlate(d, all.v, all.n, LL_SPEARMAN, NULL, NULL, &c, NULL);
    bench_row("partition_exact", median_ms(exact_once, &c), "ms", NAN, "lower", "9 source, 6 target devices");
    ll_corr_free(&c);
    ll_ints_free(&all);
}

/* --- the program --- */

/* Runs ./latlab quietly; exit status, wall milliseconds and peak memory in MB. */
static int run_program(const char *data, const char *commands, double *ms, double *peak_mb)
{
    double start = ll_now_s();
    int status = -1;
    struct rusage use = {0};
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(126);
        execl("./latlab", "latlab", "--data", data, "-c", commands, (char *)NULL);
        _exit(127);
    }
    if (child > 0) wait4(child, &status, 0, &use);
    *ms = 1e3 * (ll_now_s() - start);
    *peak_mb = (double)use.ru_maxrss / 1024;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void bench_program(const char *data)
{
    double took[3 * ROUNDS], ms, peak;
    for (int i = 0; i < 3 * ROUNDS; i++) run_program(data, "", &took[i], &peak);
    bench_row("startup", ll_median(took, 3 * ROUNDS), "ms", 30, "lower", "./latlab -c ''");
    int status = run_program(data, "load nb201; corr", &ms, &peak);
    char note[64];
    snprintf(note, sizeof note, "load, corr: %.0f ms in all, exit status %d", ms, status);
    bench_row("peak_rss", peak, "MB", 120, "lower", note);
    status = run_program(data, "load nb201; task ND; diagnose pixel2", &ms, &peak);
    snprintf(note, sizeof note, "load, task ND, diagnose pixel2; exit status %d", status);
    bench_row("diagnose", ms, "ms", NAN, "lower", note);
}

void bench_look(void)
{
    char data[] = "/tmp/latlab-bench-XXXXXX";
    bench_title("Looking at the data");
    ll_dataset *d = public_devices();
    if (!d || !mkdtemp(data)) {
        printf("  skipped: no benchmark data under " UPSTREAM "\n");
        return;
    }
    char *folder = ll_path_join(data, "nb201");
    bench_load(d, folder);
    bench_corr(d);
    bench_partition(d);
    ll_dataset_unref(d);
    bench_program(data);
    ll_remove_tree(data, NULL);
    free(folder);
}
