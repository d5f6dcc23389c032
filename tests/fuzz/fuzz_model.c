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

/* What a file says of a device predicts numbers or says why not. */
static void predict_adapted(const ll_adapted *a)
{
    ll_prediction p;
    ll_error e = {0};
    ll_predict_job job = {.archs = ll_fuzz_toy()->archs, .want_variance = true};
    if (!ll_fuzz_good(ll_adapted_predict(a, &job, &p, &e), &e)) return;
    for (int i = 0; i < p.n; i++)
        LAW(isfinite(p.score[i]) && isfinite(p.lat_ms[i]), "prediction %d of %s is no number", i,
            a->model->predictor->name);
    ll_prediction_free(&p);
}

static void save(const ll_model_file *f)
{
    char *path = ll_fuzz_path("again.safetensors");
    ll_model_file again;
    ll_error e = {0};
    LAW(!ll_model_save(f->model, f->adapted, f->n_adapted, path, &e), "%s", e.message);
    LAW(!ll_model_load(path, NULL, ll_fuzz_toy(), &again, &e), "%s", e.message);
    LAW(again.model->predictor == f->model->predictor, "a model became one of another predictor");
    LAW(again.n_adapted == f->n_adapted, "%d devices became %d", f->n_adapted, again.n_adapted);
    ll_model_file_free(&again);
    free(path);
}

static void run(const uint8_t *bytes, size_t n)
{
    char *path = ll_fuzz_path("fuzz.safetensors");
    ll_model_file f;
    ll_error e = {0};
    ll_fuzz_file(path, bytes, n);
    if (ll_fuzz_good(ll_model_load(path, NULL, ll_fuzz_toy(), &f, &e), &e)) {
        save(&f);
        if (f.model->predictor->refits_live) predict(f.model);
        for (int i = 0; i < f.n_adapted; i++) predict_adapted(f.adapted[i]);
        ll_model_file_free(&f);
    }
    free(path);
}

const ll_fuzz_target ll_fuzz_model = {"model", run};
