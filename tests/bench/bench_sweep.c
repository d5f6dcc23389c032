/* Merging what the tasks of a sweep bring: a million trials in one file, in a thousand files, and once more. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/system/fs.h"
#include "data/results/results.h"
#include "tests/bench/bench.h"
#include "tests/transfer/made_trials.h"

enum { TRIALS = 1000000, FILES = 1000 };

static char *place(const char *dir, const char *name, int i)
{
    char file[64];
    snprintf(file, sizeof file, "%s-%04d.sqlite", name, i);
    return ll_path_join(dir, file);
}

/* Seconds to merge all of them; NaN: one was refused. */
static double merge(ll_results *into, const char *dir, const char *name, int files)
{
    ll_strs paths = {0};
    ll_merged merged;
    int done;
    for (int i = 0; i < files; i++) ll_strs_take(&paths, place(dir, name, i));
    double start = ll_now_s();
    ll_status s = ll_results_merge_all(into, &paths, NULL, &merged, &done, NULL);
    double seconds = ll_now_s() - start;
    ll_strs_free(&paths);
    return s ? NAN : seconds;
}

static void measure(const char *dir, const char *name, int files, const char *what)
{
    char *path = place(dir, "all", files), note[80], row[80];
    ll_results *all = NULL;
    struct stat st;
    bool good = !ll_results_open(path, &all, NULL);
    for (int i = 0; i < files && good; i++) {
        char *file = place(dir, name, i);
        good = made_trials(file, TRIALS / files);
        if (good && !i && !stat(file, &st))
            snprintf(note, sizeof note, "%.1f MB in each of them", (double)st.st_size * 1e-6);
        free(file);
    }
    if (good) {
        snprintf(row, sizeof row, "merge 1e6 trials, %s", what);
        bench_row(row, merge(all, dir, name, files), "s", 30, "lower", note);
        snprintf(row, sizeof row, "the same again, %s", what);
        bench_row(row, merge(all, dir, name, files), "s", 30, "lower", "nothing is new");
    }
    ll_results_close(all);
    free(path);
}

void bench_sweep(void)
{
    char dir[] = "/tmp/latlab-bench-XXXXXX";
    bench_title("sweep: merging");
    if (!mkdtemp(dir)) return;
    measure(dir, "one", 1, "1 file");
    measure(dir, "many", FILES, "1,000 files");
    ll_remove_tree(dir, NULL);
}
