#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/predict/gp/source.h"
#include "core/predict/nasflat/model.h"
#include "core/predict/nasflat/nasflat.h"
#include "data/formats/safetensors.h"
#include "tests/check.h"

/* --- predictor --- */

enum { DEVICES = 4, ARCHS = 300, TRAIN = 96 };

/* Cells whose latency is a weighted count of operations, other weights per device. */
static ll_dataset *cells(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("cells", space, ARCHS, DEVICES);
    ll_rng r = ll_rng_new(9, LL_STREAM_DATA);
    for (int i = 0; i < ARCHS; i++) space->at(space, i * 52, ll_arch_at(d->archs, i));
    for (int s = 0; s < DEVICES; s++) {
        char name[8];
        double cost[5];
        snprintf(name, sizeof name, "d%d", s);
        ll_device_set(&d->devices[s], name, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int o = 0; o < 5; o++) cost[o] = o + ll_rng_uniform(&r);
        for (int i = 0; i < ARCHS; i++) {
            double sum = 1;
            for (int p = 0; p < 6; p++) sum += cost[ll_gene(d, i)[p]];
            ll_latencies(d, s)[i] = sum;
        }
    }
    return d;
}

static ll_dataset *sealed_cells(void)
{
    ll_dataset *d = cells();
    ll_error e = {0};
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

typedef struct setup {
    ll_dataset *d;
    ll_values pretrain, transfer;
    ll_ints source, archs;
    ll_pool *pool;
    ll_observer *observer;
    bool variance;
    ll_error e;
} setup;

static void set(ll_values *v, const char *name, const char *value)
{
    ll_error e = {0};
    check_report(!ll_values_set(v, name, value, &e), __FILE__, __LINE__, "%s", e.message);
}

static void tune(setup *s, const char *epochs)
{
    set(&s->transfer, "adapt", "tune");
    set(&s->transfer, "epochs", epochs);
}

static setup open_setup(ll_dataset *d, int threads)
{
    setup s = {.d = d,
               .source = ll_ints_range(DEVICES - 1),
               .archs = ll_ints_range(TRAIN),
               .pool = ll_pool_new(threads)};
    ll_values_init(&s.pretrain, ll_nasflat_pretrain_options);
    ll_values_init(&s.transfer, ll_nasflat_transfer_options);
    set(&s.pretrain, "epochs", "12");
    set(&s.pretrain, "hidden", "32");
    set(&s.pretrain, "head", "24");
    set(&s.pretrain, "batch", "48");
    set(&s.pretrain, "lr", "0.003");
    return s;
}

static void close_setup(setup *s)
{
    ll_values_free(&s->pretrain);
    ll_values_free(&s->transfer);
    ll_ints_free(&s->source);
    ll_ints_free(&s->archs);
    ll_pool_free(s->pool);
}

static ll_status pretrain(setup *s, void **model)
{
    ll_pretrain_job job = {.data = s->d,
                           .source = s->source.v,
                           .n_source = s->source.n,
                           .archs = s->archs.v,
                           .n_archs = s->archs.n,
                           .seed = 3,
                           .options = &s->pretrain,
                           .observer = s->observer,
                           .pool = s->pool};
    return ll_nasflat.pretrain(&job, model, &s->e);
}

static double column(void *ctx, int arch)
{
    return ((const double *)ctx)[arch];
}

static const int samples[] = {3, 40, 77, 111, 150, 161, 200, 222, 255, 280};

static ll_status transfer(setup *s, const void *model, const double *lat, int k, ll_prediction *p)
{
    ll_transfer_job job = {.data = s->d,
                           .target = DEVICES - 1,
                           .samples = samples,
                           .k = k,
                           .seed = 5,
                           .options = &s->transfer,
                           .observer = s->observer,
                           .pool = s->pool,
                           .want_variance = s->variance,
                           .measure = column,
                           .measure_ctx = (void *)lat};
    return ll_nasflat.transfer(model, &job, p, &s->e);
}

static double quality(const setup *s, const ll_prediction *p)
{
    return ll_spearman(p->score, ll_latencies(s->d, DEVICES - 1), ARCHS);
}

/* Pretrain, transfer with ten samples, and give the scores. */
static ll_prediction whole(setup *s, double *spearman)
{
    void *model = NULL;
    ll_prediction p = {0};
    CHECK_INT(pretrain(s, &model), LL_OK);
    CHECK_INT(transfer(s, model, ll_latencies(s->d, DEVICES - 1), 10, &p), LL_OK);
    if (spearman) *spearman = quality(s, &p);
    ll_nasflat.release(model);
    return p;
}

static void learns_and_transfers(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    double spearman;
    ll_prediction p = whole(&s, &spearman);
    CHECK_INT(p.n, ARCHS);
    check_report(spearman > .9, __FILE__, __LINE__, "Spearman %.3f", spearman);
    CHECK_STR(ll_json_get_str(p.info, "adapt", ""), "prior");
    ll_prediction_free(&p);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void all_variants_learn(void)
{
    static const char *const variants[][2] = {{"gnn", "dgf"},         {"gnn", "gat"},   {"hwemb", "mlp"},
                                              {"op_update", "off"},   {"pairs", "all"}, {"graph", "full"},
                                              {"encoding", "onehot"}, {"members", "2"}, {"scaling", "rank"}};
    ll_dataset *d = sealed_cells();
    for (int i = 0; i < 9; i++) {
        setup s = open_setup(d, 2);
        double spearman;
        set(&s.pretrain, variants[i][0], variants[i][1]);
        tune(&s, "15");
        if (i % 2) set(&s.transfer, "tune", "head");
        set(&s.transfer, "init",
            i % 4 == 0   ? "mean"
            : i % 4 == 1 ? "random"
            : i % 4 == 2 ? "fitted"
                         : "correlated");
        ll_prediction p = whole(&s, &spearman);
        check_report(spearman > .7, __FILE__, __LINE__, "%s=%s: Spearman %.3f", variants[i][0],
                     variants[i][1], spearman);
        ll_prediction_free(&p);
        close_setup(&s);
    }
    ll_dataset_unref(d);
}

static void any_number_of_threads_gives_the_same_bits(void)
{
    ll_dataset *d = sealed_cells();
    ll_prediction p[6];
    for (int t = 0; t < 6; t++) {
        setup s = open_setup(d, t % 3 + 1);
        set(&s.pretrain, "epochs", "3");
        if (t >= 3) tune(&s, "5");
        p[t] = whole(&s, NULL);
        close_setup(&s);
        CHECK(!memcmp(p[t / 3 * 3].score, p[t].score, ARCHS * sizeof(double)));
    }
    for (int t = 0; t < 6; t++) ll_prediction_free(&p[t]);
    ll_dataset_unref(d);
}

static void saved_models_predict_the_same(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    set(&s.pretrain, "epochs", "2");
    set(&s.pretrain, "members", "2");
    set(&s.pretrain, "encoding", "onehot");
    void *model = NULL, *again = NULL;
    ll_tensors t = {0}, back = {0};
    ll_prediction a = {0}, b = {0};
    char path[300];
    snprintf(path, sizeof path, "%s/model.safetensors", check_tmpdir());
    CHECK_INT(pretrain(&s, &model), LL_OK);
    CHECK_INT(ll_nasflat.save(model, &t, &s.e), LL_OK);
    CHECK(ll_tensors_find(&t, "gcns.2.dense_graph_flow.weight") && ll_tensors_find(&t, "member2.mlp.3.bias"));
    CHECK_INT(ll_safetensors_write(path, &t, &s.e), LL_OK);
    CHECK_INT(ll_safetensors_read(path, &back, &s.e), LL_OK);
    CHECK_INT(ll_nasflat.load(&back, d, &again, &s.e), LL_OK);
    const double *lat = ll_latencies(d, DEVICES - 1);
    CHECK_INT(transfer(&s, model, lat, 10, &a), LL_OK);
    CHECK_INT(transfer(&s, again, lat, 10, &b), LL_OK);
    CHECK(!memcmp(a.score, b.score, ARCHS * sizeof(double)));
    ll_prediction_free(&a);
    ll_prediction_free(&b);
    tune(&s, "5");
    CHECK_INT(transfer(&s, model, lat, 10, &a), LL_OK);
    CHECK_INT(transfer(&s, again, lat, 10, &b), LL_OK);
    CHECK(!memcmp(a.score, b.score, ARCHS * sizeof(double)));
    ll_prediction_free(&b);
    CHECK_INT(transfer(&s, model, lat, 10, &b), LL_OK); /* the first transfer left the weights alone */
    CHECK(!memcmp(a.score, b.score, ARCHS * sizeof(double)));
    ll_prediction_free(&a);
    ll_prediction_free(&b);
    ll_nasflat.release(model);
    ll_nasflat.release(again);
    ll_tensors_set_text(&back, "nasflat_options", "{\"gnn\":\"cnn\"}");
    CHECK_INT(ll_nasflat.load(&back, d, &again, &s.e), LL_USAGE);
    ll_tensors_set_text(&back, "nasflat_devices", "{\"source\":[\"nobody\"]}");
    CHECK(ll_nasflat.load(&back, d, &again, &s.e) != LL_OK);
    ll_tensors_free(&t);
    ll_tensors_free(&back);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void thin_evidence_is_no_error(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_prediction p;
    double constant[ARCHS], unknown[ARCHS];
    for (int i = 0; i < ARCHS; i++) constant[i] = 7, unknown[i] = NAN;
    CHECK_INT(pretrain(&s, &model), LL_OK);
    CHECK_INT(transfer(&s, model, ll_latencies(d, DEVICES - 1), 1, &p), LL_OK);
    CHECK(quality(&s, &p) > .5);
    ll_prediction_free(&p);
    CHECK_INT(transfer(&s, model, constant, 10, &p), LL_OK);
    for (int i = 0; i < ARCHS; i++) CHECK(isfinite(p.score[i]));
    ll_prediction_free(&p);
    unknown[samples[2]] = 3;
    CHECK_INT(transfer(&s, model, unknown, 10, &p), LL_OK);
    ll_prediction_free(&p);
    unknown[samples[2]] = NAN;
    CHECK_INT(transfer(&s, model, unknown, 10, &p), LL_FAILED);
    CHECK_HAS(s.e.message, "none of the 10 samples");
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void missing_source_latencies_are_skipped(void)
{
    ll_dataset *d = cells();
    ll_error e = {0};
    for (int i = 0; i < ARCHS; i++) {
        if (i % 3) ll_latencies(d, 0)[i] = NAN;
        ll_latencies(d, 1)[i] = i < TRAIN ? NAN : 1 + i; /* this one has none of the chosen architectures */
    }
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    setup s = open_setup(d, 1);
    double spearman;
    ll_prediction p = whole(&s, &spearman);
    CHECK(spearman > .7);
    ll_prediction_free(&p);
    s.source.n = 2;
    s.source.v[0] = 1;
    s.source.n = 1;
    void *model = NULL;
    CHECK_INT(pretrain(&s, &model), LL_FAILED);
    CHECK(!model);
    close_setup(&s);
    ll_dataset_unref(d);
}

/* A device that costs what only another predictor knows: its estimate carries the fit, on rows nobody learnt from. */
static void estimates_carry_what_features_cannot(void)
{
    ll_dataset *d = sealed_cells();
    ll_gp_features f;
    ll_gp_source plain, with;
    float estimate[ARCHS];
    double lat[ARCHS], out[2][ARCHS], *phi;
    int rows[TRAIN];
    ll_rng r = ll_rng_new(11, LL_STREAM_DATA);
    for (int i = 0; i < ARCHS; i++) {
        estimate[i] = (float)ll_rng_normal(&r);
        lat[i] = 5 + estimate[i] + .2 * ll_gene(d, i)[0];
    }
    for (int i = 0; i < TRAIN; i++) rows[i] = i;
    ll_gp_features_init(&f, d, NULL);
    phi = LL_NEW_ARRAY(double, ARCHS *f.dim);
    ll_gp_features_fill(&f, d, NULL, phi, f.dim);
    ll_gp_source_fit(&f, phi, f.dim, lat, NULL, rows, TRAIN, NULL, &plain);
    ll_gp_source_fit(&f, phi, f.dim, lat, estimate, rows, TRAIN, NULL, &with);
    ll_gp_source_predict(&plain, &f, phi, f.dim, NULL, ARCHS, out[0], 1);
    ll_gp_source_predict(&with, &f, phi, f.dim, estimate, ARCHS, out[1], 1);
    double without = ll_spearman(out[0] + TRAIN, lat + TRAIN, ARCHS - TRAIN),
           carried = ll_spearman(out[1] + TRAIN, lat + TRAIN, ARCHS - TRAIN);
    check_report(without < .6 && carried > .99, __FILE__, __LINE__, "Spearman %.3f without, %.3f with",
                 without, carried);
    /* latencies are divided by their mean: so is the estimate's weight, which is 1 */
    CHECK_NEAR(with.estimate * with.mean_ms, 1, .02);
    CHECK_NEAR(plain.estimate, 0, 0);
    ll_gp_source_free(&plain);
    ll_gp_source_free(&with);
    ll_gp_features_free(&f);
    free(phi);
    ll_dataset_unref(d);
}

/* The prior puts the samples to better use than tuning does, gives latencies with intervals that hold, and says so. */
static void prior_gives_latencies_with_intervals(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_prediction p = {0}, tuned = {0};
    const double *truth = ll_latencies(d, DEVICES - 1);
    int inside = 0;
    CHECK_INT(pretrain(&s, &model), LL_OK);
    s.variance = true;
    CHECK_INT(transfer(&s, model, truth, 10, &p), LL_OK);
    CHECK(p.lat_ms && p.sd_ms);
    for (int i = 0; i < ARCHS; i++) inside += fabs(p.lat_ms[i] - truth[i]) < 3 * p.sd_ms[i];
    check_report(inside > .9 * ARCHS, __FILE__, __LINE__, "%d of %d within 3 deviations", inside, ARCHS);
    CHECK_STR(ll_json_get_str(p.info, "adapt", ""), "prior");
    tune(&s, "15");
    CHECK_INT(transfer(&s, model, truth, 10, &tuned), LL_OK);
    CHECK(!tuned.lat_ms);
    check_report(quality(&s, &p) > quality(&s, &tuned), __FILE__, __LINE__, "Spearman %.3f, tuned %.3f",
                 quality(&s, &p), quality(&s, &tuned));
    ll_prediction_free(&p);
    ll_prediction_free(&tuned);
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

/* Other architectures of the space are predicted as they would be inside the dataset of the model: the same estimates on
 * the same scale. */
static void prior_predicts_other_architectures(void)
{
    enum { FEW = 40 };
    ll_dataset *d = sealed_cells(), *few = ll_dataset_new("few", d->space, FEW, DEVICES);
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_prediction p = {0}, q = {0};
    double at[FEW];
    memcpy(few->archs->genes, ll_gene(d, 0), FEW * (size_t)d->space->n_positions);
    for (int i = 0; i < DEVICES; i++) {
        ll_device_set(&few->devices[i], d->devices[i].name, LL_MEASURED, "test", "ms", NULL, NULL);
        memcpy(ll_latencies(few, i), ll_latencies(d, i), FEW * sizeof(double));
    }
    CHECK_INT(ll_dataset_seal(few, &s.e), LL_OK);
    CHECK_INT(pretrain(&s, &model), LL_OK);
    ll_transfer_job job = {.data = few,
                           .target = DEVICES - 1,
                           .samples = (int[]){3, 9, 14, 20, 31},
                           .k = 5,
                           .options = &s.transfer,
                           .measure = column,
                           .measure_ctx = ll_latencies(few, DEVICES - 1)};
    CHECK_INT(ll_nasflat.transfer(model, &job, &p, &s.e), LL_OK);
    job.data = d;
    CHECK_INT(ll_nasflat.transfer(model, &job, &q, &s.e), LL_OK);
    CHECK_INT(p.n, FEW);
    for (int i = 0; i < FEW; i++) at[i] = q.score[i];
    CHECK(ll_spearman(at, p.score, FEW) > .95);
    ll_prediction_free(&p);
    ll_prediction_free(&q);
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(few);
    ll_dataset_unref(d);
}

/* What only tuning reads is refused by a transfer that does not tune, and a prior that was not fitted is missed. */
static void ways_to_transfer_are_checked(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_prediction p = {0};
    const double *truth = ll_latencies(d, DEVICES - 1);
    set(&s.pretrain, "epochs", "2");
    CHECK_INT(pretrain(&s, &model), LL_OK);
    set(&s.transfer, "epochs", "3");
    CHECK_INT(transfer(&s, model, truth, 10, &p), LL_USAGE);
    CHECK_HAS(s.e.message, "epochs=");
    set(&s.transfer, "adapt", "tune");
    CHECK_INT(transfer(&s, model, truth, 10, &p), LL_OK);
    const cJSON *history = cJSON_GetObjectItem(p.info, "history");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(history, "epoch")), 3);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(history, "loss")), 3);
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(history, "spearman")), 3);
    CHECK(cJSON_IsNumber(cJSON_GetArrayItem(cJSON_GetObjectItem(history, "spearman"), 2)));
    ll_prediction_free(&p);
    ll_nasflat.release(model);
    model = NULL;
    set(&s.pretrain, "prior", "off");
    CHECK_INT(pretrain(&s, &model), LL_OK);
    ll_values_free(&s.transfer);
    ll_values_init(&s.transfer, ll_nasflat_transfer_options);
    CHECK_INT(transfer(&s, model, truth, 10, &p), LL_OK); /* nobody asked for a prior */
    CHECK_STR(ll_json_get_str(p.info, "adapt", ""), "tune");
    ll_prediction_free(&p);
    set(&s.transfer, "adapt", "prior");
    CHECK_INT(transfer(&s, model, truth, 10, &p), LL_USAGE);
    CHECK_HAS(s.e.message, "prior=off");
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

/* --- live --- */

typedef struct watch {
    int events, stop_after_epoch;
    bool stop;
    double asked_s, last_s, longest_s;
    bool complete; /* every field a face draws was there */
} watch;

static void on_progress(void *ctx, cJSON *p)
{
    watch *w = ctx;
    double now = ll_now_s();
    static const char *const fields[] = {"epoch",    "loss",   "lr",     "items_per_s",
                                         "spearman", "left_s", "devices"};
    static const char *const moving[] = {"rows", "scores", "device"};
    bool pretraining = !strcmp(ll_json_get_str(p, "phase", ""), "pretrain");
    for (int i = 0; i < (pretraining ? 7 : 3); i++)
        w->complete = w->complete && cJSON_GetObjectItem(p, pretraining ? fields[i] : moving[i]);
    if (w->events++) w->longest_s = fmax(w->longest_s, now - w->last_s);
    w->last_s = now;
    if (ll_json_get_int(p, "epoch", 0) >= w->stop_after_epoch && !w->stop) {
        w->stop = true;
        w->asked_s = now;
    }
    cJSON_Delete(p);
}

static bool is_stopped(void *ctx)
{
    return ((watch *)ctx)->stop;
}

static void cancelling_keeps_the_last_complete_epoch(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    watch w = {.stop_after_epoch = 6, .complete = true};
    ll_observer o = {on_progress, is_stopped, &w, 0};
    s.observer = &o;
    set(&s.pretrain, "epochs", "5000");
    void *model = NULL;
    ll_prediction p;
    CHECK_INT(pretrain(&s, &model), LL_CANCELLED);
    CHECK(model != NULL);
    CHECK(w.events > 0 && w.complete);
    s.observer = NULL;
    CHECK_INT(transfer(&s, model, ll_latencies(d, DEVICES - 1), 10, &p), LL_OK);
    CHECK(quality(&s, &p) > .5);
    ll_prediction_free(&p);
    w = (watch){.stop = true};
    s.observer = &o;
    CHECK_INT(transfer(&s, model, ll_latencies(d, DEVICES - 1), 10, &p), LL_CANCELLED);
    ll_nasflat.release(model);
    model = NULL;
    CHECK_INT(pretrain(&s, &model), LL_CANCELLED); /* before the first epoch there is nothing to keep */
    CHECK(!model);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void transfer_shows_scores_that_move(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_prediction p;
    CHECK_INT(pretrain(&s, &model), LL_OK);
    watch w = {.stop_after_epoch = 1 << 30, .complete = true};
    ll_observer o = {on_progress, is_stopped, &w, 0};
    s.observer = &o;
    tune(&s, "150");
    CHECK_INT(transfer(&s, model, ll_latencies(d, DEVICES - 1), 10, &p), LL_OK);
    CHECK(w.events >= 2 && w.complete);
    ll_prediction_free(&p);
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void paper_preset_fills_what_was_not_said(void)
{
    ll_values given, v;
    ll_values_init(&given, ll_nasflat_pretrain_options);
    set(&given, "preset", "paper");
    ll_nasflat_resolve(&given, &v);
    CHECK_STR(ll_word(&v, "pairs"), "all");
    ll_values_free(&v);
    set(&given, "pairs", "within");
    ll_nasflat_resolve(&given, &v);
    CHECK_STR(ll_word(&v, "pairs"), "within");
    ll_values_free(&v);
    ll_values_free(&given);
}

static const check_case cases[] = {
    {"learns and transfers", learns_and_transfers},
    {"all variants learn", all_variants_learn},
    {"any number of threads gives the same bits", any_number_of_threads_gives_the_same_bits},
    {"saved models predict the same", saved_models_predict_the_same},
    {"thin evidence is no error", thin_evidence_is_no_error},
    {"missing source latencies are skipped", missing_source_latencies_are_skipped},
    {"estimates carry what features cannot", estimates_carry_what_features_cannot},
    {"prior gives latencies with intervals", prior_gives_latencies_with_intervals},
    {"prior predicts other architectures", prior_predicts_other_architectures},
    {"ways to transfer are checked", ways_to_transfer_are_checked},
    {"cancelling keeps the last complete epoch", cancelling_keeps_the_last_complete_epoch},
    {"transfer shows scores that move", transfer_shows_scores_that_move},
    {"paper preset fills what was not said", paper_preset_fills_what_was_not_said},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nasflat", cases, argc, argv);
}
