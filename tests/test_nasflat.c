#include <stdlib.h>

#include "core/base/clock.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/num/blas.h"
#include "core/num/stats.h"
#include "core/predict/gp/source.h"
#include "core/predict/nasflat/adapted.h"
#include "core/predict/nasflat/nasflat.h"
#include "core/transfer/pretrain.h"
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
    ll_pretrain_job job = {.archs = s->d->archs,
                           .rows = s->archs.v,
                           .n_rows = s->archs.n,
                           .seed = 3,
                           .options = &s->pretrain,
                           .observer = s->observer,
                           .pool = s->pool};
    ll_columns_of(s->d, &s->source, &job.sources);
    ll_status status = ll_nasflat.pretrain(&job, model, &s->e);
    ll_columns_free(&job.sources);
    return status;
}

static const int samples[] = {3, 40, 77, 111, 150, 161, 200, 222, 255, 280};

/* To a device of these latencies, by the first k samples; scores move for every fifth architecture. */
static ll_status adapt(setup *s, const void *model, const double *lat, int k, cJSON *info, void **adapted)
{
    enum { WATCHED = ARCHS / 5 };
    int rows[WATCHED];
    double y[10];
    for (int i = 0; i < WATCHED; i++) rows[i] = 5 * i;
    for (int i = 0; i < k; i++) y[i] = lat[samples[i]];
    ll_archs *some = ll_archs_pick(s->d->archs, samples, k),
             *watch = ll_archs_pick(s->d->archs, rows, WATCHED);
    ll_adapt_job job = {.device = "target",
                        .samples = {some, y},
                        .watch = watch,
                        .watch_rows = rows,
                        .seed = 5,
                        .options = &s->transfer,
                        .observer = s->observer,
                        .pool = s->pool,
                        .want_variance = s->variance,
                        .info = info};
    ll_status status = ll_nasflat.adapt(model, &job, adapted, &s->e);
    ll_archs_unref(some);
    ll_archs_unref(watch);
    return status;
}

static ll_status predict(setup *s, const void *model, const void *adapted, const ll_archs *archs,
                         ll_prediction *p)
{
    ll_predict_job job = {
        .archs = archs, .want_variance = s->variance, .observer = s->observer, .pool = s->pool};
    *p = (ll_prediction){0};
    return ll_nasflat.predict(model, adapted, &job, p, &s->e);
}

/* Adapted, and all of the dataset predicted; info: NULL, or where it goes. */
static ll_status transfer_telling(setup *s, const void *model, const double *lat, int k, cJSON *info,
                                  ll_prediction *p)
{
    void *adapted = NULL;
    ll_status status = adapt(s, model, lat, k, info, &adapted);
    if (status) return status;
    status = predict(s, model, adapted, s->d->archs, p);
    ll_nasflat.release_adapted(adapted);
    return status;
}

static ll_status transfer(setup *s, const void *model, const double *lat, int k, ll_prediction *p)
{
    return transfer_telling(s, model, lat, k, NULL, p);
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

/* Through a file and back. */
static void *reread(setup *s, const ll_tensors *t, const void *model)
{
    char path[300];
    ll_tensors back = {0};
    void *again = NULL;
    snprintf(path, sizeof path, "%s/model.safetensors", check_tmpdir());
    CHECK_INT(ll_safetensors_write(path, t, &s->e), LL_OK);
    CHECK_INT(ll_safetensors_read(path, &back, &s->e), LL_OK);
    if (model)
        CHECK_INT(ll_nasflat.load_adapted(model, &back, &again, &s->e), LL_OK);
    else
        CHECK_INT(ll_nasflat.load(&(ll_load_job){&back, s->d->space, NULL, NULL}, &again, &s->e), LL_OK);
    ll_tensors_free(&back);
    return again;
}

static void *saved_and_loaded(setup *s, const void *model)
{
    ll_tensors t = {0};
    CHECK_INT(ll_nasflat.save(model, &t, &s->e), LL_OK);
    void *again = reread(s, &t, NULL);
    ll_tensors_free(&t);
    return again;
}

/* The same device by both models, and by the first adapted one saved and loaded beside the second: the same bits. */
static void check_same_predictions(setup *s, const void *model, const void *again)
{
    const double *lat = ll_latencies(s->d, DEVICES - 1);
    ll_tensors t = {0};
    void *first = NULL, *second = NULL;
    ll_prediction p[3];
    CHECK_INT(adapt(s, model, lat, 10, NULL, &first), LL_OK);
    CHECK_INT(adapt(s, again, lat, 10, NULL, &second), LL_OK);
    CHECK_INT(ll_nasflat.save_adapted(first, &t, &s->e), LL_OK);
    void *third = reread(s, &t, again);
    CHECK_INT(predict(s, model, first, s->d->archs, &p[0]), LL_OK);
    CHECK_INT(predict(s, again, second, s->d->archs, &p[1]), LL_OK);
    CHECK_INT(predict(s, again, third, s->d->archs, &p[2]), LL_OK);
    for (int i = 1; i < 3; i++) {
        CHECK(!memcmp(p[0].score, p[i].score, ARCHS * sizeof(double)));
        CHECK((p[0].sd_ms != NULL) == (p[i].sd_ms != NULL));
        if (p[0].sd_ms) CHECK(!memcmp(p[0].sd_ms, p[i].sd_ms, ARCHS * sizeof(double)));
    }
    for (int i = 0; i < 3; i++) ll_prediction_free(&p[i]);
    ll_nasflat.release_adapted(first);
    ll_nasflat.release_adapted(second);
    ll_nasflat.release_adapted(third);
    ll_tensors_free(&t);
}

/* In another process, where nothing of the dataset is. */
static void saved_models_predict_the_same(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    set(&s.pretrain, "epochs", "2");
    set(&s.pretrain, "members", "2");
    set(&s.pretrain, "encoding", "onehot");
    s.variance = true;
    CHECK_INT(pretrain(&s, &model), LL_OK);
    void *again = saved_and_loaded(&s, model);
    check_same_predictions(&s, model, again);
    tune(&s, "5");
    check_same_predictions(&s, model, again);
    check_same_predictions(&s, model, again); /* the first transfer left the weights alone */
    ll_nasflat.release(model);
    ll_nasflat.release(again);
    close_setup(&s);
    ll_dataset_unref(d);
}

/* Loading what is damaged like this. */
static void check_refused(setup *s, ll_tensors *t, ll_status status, const char *says)
{
    void *model = NULL;
    CHECK_INT(ll_nasflat.load(&(ll_load_job){t, s->d->space, s->d->archs, NULL}, &model, &s->e), status);
    CHECK_HAS(s->e.message, says);
    CHECK(!model);
}

static void damaged_models_are_refused(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_tensors t = {0};
    set(&s.pretrain, "epochs", "1");
    set(&s.pretrain, "prior", "off");
    CHECK_INT(pretrain(&s, &model), LL_OK);
    CHECK_INT(ll_nasflat.save(model, &t, &s.e), LL_OK);
    CHECK(ll_tensors_find(&t, "gcns.2.dense_graph_flow.weight") && !ll_tensors_find(&t, "gp.shift"));
    int32_t *rows = ll_tensors_find(&t, "nasflat.rows")->data, first = rows[0];
    rows[0] = ARCHS;
    check_refused(&s, &t, LL_BAD_DATA, "nasflat.rows: 300");
    rows[0] = first;
    int32_t *members = ll_tensors_find(&t, "nasflat.members")->data;
    *members = 2;
    check_refused(&s, &t, LL_BAD_DATA, "");
    *members = 9;
    check_refused(&s, &t, LL_BAD_DATA, "9, 1 to 8");
    *members = 1;
    char *options = ll_strdup(ll_tensors_text(&t, "nasflat_options"));
    ll_tensors_set_text(&t, "nasflat_options", "{\"gnn\":\"cnn\"}");
    check_refused(&s, &t, LL_USAGE, "nasflat_options");
    ll_tensors_set_text(&t, "nasflat_options", "[");
    check_refused(&s, &t, LL_BAD_DATA, "not a nasflat model");
    ll_tensors_set_text(&t, "nasflat_options", options);
    ll_tensors_set_text(&t, "sources.names", "[\"nobody\"]");
    check_refused(&s, &t, LL_BAD_DATA, "");
    for (int i = 0; i < t.keys.n; i++) /* as an older latlab wrote it */
        if (!strcmp(t.keys.v[i], "sources.names")) t.keys.v[i][0] = 'S';
    check_refused(&s, &t, LL_BAD_DATA, "an older latlab wrote it");
    free(options);
    ll_tensors_free(&t);
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

static void thin_evidence_is_no_error(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 1);
    void *model = NULL;
    ll_prediction p;
    double constant[ARCHS];
    for (int i = 0; i < ARCHS; i++) constant[i] = 7;
    CHECK_INT(pretrain(&s, &model), LL_OK);
    CHECK_INT(transfer(&s, model, ll_latencies(d, DEVICES - 1), 1, &p), LL_OK);
    CHECK(quality(&s, &p) > .5);
    ll_prediction_free(&p);
    CHECK_INT(transfer(&s, model, constant, 10, &p), LL_OK);
    for (int i = 0; i < ARCHS; i++) CHECK(isfinite(p.score[i]));
    ll_prediction_free(&p);
    tune(&s, "3");
    CHECK_INT(transfer(&s, model, constant, 10, &p), LL_OK);
    for (int i = 0; i < ARCHS; i++) CHECK(isfinite(p.score[i]));
    ll_prediction_free(&p);
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
    ll_gp_features_init(&f, d->archs, NULL);
    phi = LL_NEW_ARRAY(double, ARCHS *f.dim);
    ll_gp_features_fill(&f, d->archs, NULL, phi, f.dim);
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
    cJSON *info = cJSON_CreateObject();
    CHECK_INT(transfer_telling(&s, model, truth, 10, info, &p), LL_OK);
    CHECK_STR(ll_json_get_str(info, "adapt", ""), "prior");
    cJSON_Delete(info);
    CHECK(p.lat_ms && p.sd_ms);
    for (int i = 0; i < ARCHS; i++) inside += fabs(p.lat_ms[i] - truth[i]) < 3 * p.sd_ms[i];
    check_report(inside > .9 * ARCHS, __FILE__, __LINE__, "%d of %d within 3 deviations", inside, ARCHS);
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

/* --- company --- */

enum { STRANGERS = 90 };

/* A third of the population backwards, then architectures no table has. */
static ll_archs *mixed_company(const ll_dataset *d)
{
    int third = ARCHS / 3;
    ll_archs *a = ll_archs_new(d->space, third + STRANGERS);
    for (int i = 0; i < third; i++) memcpy(ll_arch_at(a, i), ll_arch(d->archs, ARCHS - 1 - 3 * i), 6);
    for (int i = 0; i < STRANGERS; i++) d->space->at(d->space, 17 + 171 * i, ll_arch_at(a, third + i));
    return a;
}

static void check_alike(const ll_prediction *p, int i, const ll_prediction *q, int j)
{
    CHECK(!memcmp(&p->score[i], &q->score[j], sizeof(double)));
    if (p->sd_ms && q->sd_ms) CHECK(!memcmp(&p->sd_ms[i], &q->sd_ms[j], sizeof(double)));
}

/* Alone, in slices, beside the population, with more threads: the same bits. */
static void check_company(setup *s, const void *model)
{
    void *adapted = NULL;
    ll_archs *all = mixed_company(s->d);
    ll_prediction whole, population, part;
    ll_pool *pool = s->pool, *three = ll_pool_new(3);
    CHECK_INT(adapt(s, model, ll_latencies(s->d, DEVICES - 1), 10, NULL, &adapted), LL_OK);
    CHECK_INT(predict(s, model, adapted, all, &whole), LL_OK);
    CHECK_INT(predict(s, model, adapted, s->d->archs, &population), LL_OK);
    for (int i = 0; i < ARCHS / 3; i++) check_alike(&whole, i, &population, ARCHS - 1 - 3 * i);
    for (int from = 0, n = 1; from < all->n; from += n, n = 2 * n + 1) {
        if (n > all->n - from) n = all->n - from;
        ll_archs *some = ll_archs_slice(all, from, n);
        s->pool = n % 2 ? NULL : three;
        CHECK_INT(predict(s, model, adapted, some, &part), LL_OK);
        for (int i = 0; i < n; i++) check_alike(&part, i, &whole, from + i);
        ll_prediction_free(&part);
        ll_archs_unref(some);
    }
    for (int i = 0; i < all->n; i += 11) {
        ll_archs *one = ll_archs_slice(all, i, 1);
        CHECK_INT(predict(s, model, adapted, one, &part), LL_OK);
        check_alike(&part, 0, &whole, i);
        ll_prediction_free(&part);
        ll_archs_unref(one);
    }
    s->pool = pool;
    ll_pool_free(three);
    ll_prediction_free(&whole);
    ll_prediction_free(&population);
    ll_nasflat.release_adapted(adapted);
    ll_archs_unref(all);
}

static void company_changes_nothing(void)
{
    static const char *const variants[][4] = {{"hidden", "128", "head", "200"},
                                              {"members", "2", "encoding", "cost"},
                                              {"hwemb", "mlp", "graph", "full"},
                                              {"op_update", "off", "gnn", "gat"}};
    ll_dataset *d = sealed_cells();
    for (int i = 0; i < 4; i++) {
        setup s = open_setup(d, 2);
        void *model = NULL;
        set(&s.pretrain, "epochs", "2");
        for (int o = 0; o < 4; o += 2) set(&s.pretrain, variants[i][o], variants[i][o + 1]);
        s.variance = true;
        CHECK_INT(pretrain(&s, &model), LL_OK);
        check_company(&s, model);
        tune(&s, "4");
        check_company(&s, model);
        ll_nasflat.release(model);
        close_setup(&s);
    }
    ll_dataset_unref(d);
}

/* An encoding that is a feature of the data: architectures without it are named, and what a runtime makes of one that
 * has it needs none. */
static void features_come_with_the_architectures(void)
{
    ll_dataset *d = cells();
    ll_error e = {0};
    float feature[2 * ARCHS];
    for (int i = 0; i < 2 * ARCHS; i++)
        feature[i] = (float)ll_arch(d->archs, i / 2)[i % 2] + .01f * (float)(i % 7);
    ll_archs_set_feature(d->archs, "known", 2, feature);
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    setup s = open_setup(d, 2);
    void *model = NULL, *adapted = NULL;
    ll_prediction p, few;
    set(&s.pretrain, "epochs", "2");
    set(&s.pretrain, "encoding", "known");
    CHECK_INT(pretrain(&s, &model), LL_OK);
    ll_archs *strangers = mixed_company(d), *own = ll_archs_slice(d->archs, 40, 50);
    for (int way = 0; way < 2; way++) {
        if (way) tune(&s, "4");
        CHECK_INT(adapt(&s, model, ll_latencies(d, DEVICES - 1), 10, NULL, &adapted), LL_OK);
        CHECK_INT(predict(&s, model, adapted, d->archs, &p), LL_OK);
        CHECK_INT(predict(&s, model, adapted, own, &few), LL_OK);
        for (int i = 0; i < own->n; i++) check_alike(&few, i, &p, 40 + i);
        ll_prediction_free(&few);
        ll_prediction_free(&p);
        CHECK_INT(predict(&s, model, adapted, strangers, &p), LL_BAD_DATA);
        CHECK_HAS(s.e.message, "has no known");
        ll_prediction_free(&p);
        ll_nasflat.release_adapted(adapted);
    }
    ll_archs_unref(strangers);
    ll_archs_unref(own);
    ll_nasflat.release(model);
    close_setup(&s);
    ll_dataset_unref(d);
}

/* A model that lost its prior before it was fitted: every device gets the very same again, and it is saved with it. */
static void a_stopped_model_gets_a_prior_for_each_device(void)
{
    ll_dataset *d = sealed_cells();
    setup s = open_setup(d, 2);
    void *model = NULL;
    ll_prediction with = {0}, without = {0};
    const double *truth = ll_latencies(d, DEVICES - 1);
    set(&s.pretrain, "epochs", "2");
    CHECK_INT(pretrain(&s, &model), LL_OK);
    CHECK_INT(transfer(&s, model, truth, 10, &with), LL_OK);
    ll_nasflat_model *m = model;
    ll_nasflat_prior_free(m->prior);
    m->prior = NULL;
    CHECK_INT(transfer(&s, model, truth, 10, &without), LL_OK);
    CHECK(!memcmp(with.score, without.score, ARCHS * sizeof(double)));
    void *again = saved_and_loaded(&s, model);
    check_same_predictions(&s, model, again);
    ll_prediction_free(&with);
    ll_prediction_free(&without);
    ll_nasflat.release(again);
    ll_nasflat.release(model);
    close_setup(&s);
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
    cJSON *info = cJSON_CreateObject(), *other = cJSON_CreateObject();
    CHECK_INT(transfer_telling(&s, model, truth, 10, info, &p), LL_OK);
    const cJSON *history = cJSON_GetObjectItem(info, "history");
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
    CHECK_INT(transfer_telling(&s, model, truth, 10, other, &p), LL_OK); /* nobody asked for a prior */
    CHECK_STR(ll_json_get_str(other, "adapt", ""), "tune");
    cJSON_Delete(info);
    cJSON_Delete(other);
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
    {"damaged models are refused", damaged_models_are_refused},
    {"thin evidence is no error", thin_evidence_is_no_error},
    {"missing source latencies are skipped", missing_source_latencies_are_skipped},
    {"estimates carry what features cannot", estimates_carry_what_features_cannot},
    {"prior gives latencies with intervals", prior_gives_latencies_with_intervals},
    {"company changes nothing", company_changes_nothing},
    {"features come with the architectures", features_come_with_the_architectures},
    {"a stopped model gets a prior for each device", a_stopped_model_gets_a_prior_for_each_device},
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
