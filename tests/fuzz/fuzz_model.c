/* Weights files of predictors, for the toy dataset. A model that was accepted predicts (where that takes no training)
 * and is saved and loaded again. */
#include <stdlib.h>

#include "core/transfer/transfer.h"
#include "data/formats/model_file.h"
#include "tests/fuzz/fuzz.h"

static void predict(const ll_model *m)
{
    enum { TARGET = 2, K = 5 };
    ll_ints known = ll_dataset_common(ll_fuzz_toy(), (int[]){TARGET}, 1);
    ll_transfer_plan plan = {.data = ll_fuzz_toy(),
                             .model = m,
                             .target = TARGET,
                             .samples = known.v,
                             .k = K,
                             .sampler = "manual",
                             .want_variance = true};
    ll_transfer *t = NULL;
    ll_error e = {0};
    bool good = ll_fuzz_good(ll_transfer_run(&plan, &t, &e), &e);
    for (int i = 0; good && i < t->n; i++)
        LAW(isfinite(t->score[i]) && isfinite(t->lat_ms[i]), "prediction %d of %s is no number", i,
            m->predictor->name);
    if (good) ll_transfer_unref(t);
    ll_ints_free(&known);
}

static void save(const ll_model *m)
{
    char *path = ll_fuzz_path("again.safetensors");
    ll_model *again = NULL;
    ll_strs warnings = {0};
    ll_error e = {0};
    LAW(!ll_model_save(m, ll_fuzz_toy(), path, &e), "%s", e.message);
    LAW(!ll_model_load(path, NULL, ll_fuzz_toy(), &again, &warnings, &e), "%s", e.message);
    LAW(again->predictor == m->predictor, "a model became one of another predictor");
    ll_model_unref(again);
    ll_strs_free(&warnings);
    free(path);
}

static void run(const uint8_t *bytes, size_t n)
{
    char *path = ll_fuzz_path("fuzz.safetensors");
    ll_model *m = NULL;
    ll_strs warnings = {0};
    ll_error e = {0};
    ll_fuzz_file(path, bytes, n);
    if (ll_fuzz_good(ll_model_load(path, NULL, ll_fuzz_toy(), &m, &warnings, &e), &e)) {
        save(m);
        if (m->predictor->refits_live) predict(m);
        ll_model_unref(m);
    }
    ll_strs_free(&warnings);
    free(path);
}

const ll_fuzz_target ll_fuzz_model = {"model", run};
