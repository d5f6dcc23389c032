/* nasflat learns, transfers, and says what it is sure of. */
#include "core/base/text/json.h"
#include "core/num/blas.h"
#include "core/predict/gp/source.h"
#include "tests/predict/nasflat_world.h"

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
                                              {"encoding", "onehot"}, {"members", "2"}, {"scaling", "rank"},
                                              {"graph", "marked"}};
    int n = check_under("tsan") ? 2 : 10; /* threads share the work of all in one way */
    ll_dataset *d = sealed_cells();
    for (int i = 0; i < n; i++) {
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

/* --- what is executed --- */

enum { NODES = 8, OPS = 5 };

/* The operations of a cell's inner nodes as the network reads them, those that are not executed from OPS on. */
typedef struct cell_ops {
    int op[NODES - 2], arcs;
} cell_ops;

static cell_ops read_cell(const ll_nasflat_model *m, const char *cell)
{
    cell_ops out;
    ll_error e = {0};
    ll_nasflat_inputs in = {0};
    ll_archs *one = ll_archs_new(m->sources.archs->space, 1);
    CHECK_INT(ll_space_parse(one->space, cell, ll_arch_at(one, 0), &e), LL_OK);
    ll_nasflat_inputs_read(&in, m, one, 0, 1);
    for (int i = 1; i < NODES - 1; i++) out.op[i - 1] = in.graphs.code[i] - LL_NASFLAT_FIRST_OP;
    out.arcs = in.graphs.pred_at[NODES];
    ll_nasflat_inputs_free(&in);
    ll_archs_unref(one);
    return out;
}

/* A convolution that feeds nothing, a pooling, a skip that is a wire: the pooling alone is executed. All that is
 * written can be read from the marked graph; without marks dead operations look alive. */
static void what_is_not_executed_is_marked(void)
{
    static const char cell[] = "|nor_conv_3x3~0|+|avg_pool_3x3~0|none~1|+|none~0|none~1|skip_connect~2|";
    static const int written[] = {3, 4, 0, 0, 0, 1};
    ll_dataset *d = sealed_cells();
    for (int marked = 0; marked < 2; marked++) {
        setup s = open_setup(d, 1);
        void *model = NULL;
        set(&s.pretrain, "epochs", "1");
        set(&s.pretrain, "prior", "off");
        if (marked) set(&s.pretrain, "graph", "marked");
        CHECK_INT(pretrain(&s, &model), LL_OK);
        CHECK_INT(((ll_nasflat_model *)model)->layout.shape.n_ops, marked ? 2 * OPS : OPS);
        cell_ops a = read_cell(model, cell);
        for (int i = 0; i < NODES - 2; i++) CHECK_INT(a.op[i], written[i] + (marked && i != 1 ? OPS : 0));
        CHECK_INT(a.arcs, 2); /* from the input, to the output */
        ll_nasflat.release(model);
        close_setup(&s);
    }
    ll_dataset_unref(d);
}

/* Elsewhere nothing is simplified. */
static void only_cells_have_marks(void)
{
    CHECK(ll_nasflat_marks(ll_space_find("nasbench201"), "marked"));
    CHECK(!ll_nasflat_marks(ll_space_find("nasbench201"), "pruned"));
    CHECK(!ll_nasflat_marks(ll_space_find("fbnet"), "marked"));
    CHECK(!ll_nasflat_marks(ll_space_find("ofa"), "marked"));
    int n_nodes;
    CHECK(ll_nasflat_graph_size(ll_space_find("fbnet"), "marked", &n_nodes));
    CHECK_INT(n_nodes, 24);
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
                                              {"op_update", "off", "gnn", "gat"},
                                              {"graph", "marked", "encoding", "onehot"}};
    int n = check_under("tsan") ? 2 : 5;
    ll_dataset *d = sealed_cells();
    for (int i = 0; i < n; i++) {
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

static const check_case cases[] = {
    {"learns and transfers", learns_and_transfers},
    {"all variants learn", all_variants_learn},
    {"any number of threads gives the same bits", any_number_of_threads_gives_the_same_bits},
    {"thin evidence is no error", thin_evidence_is_no_error},
    {"missing source latencies are skipped", missing_source_latencies_are_skipped},
    {"estimates carry what features cannot", estimates_carry_what_features_cannot},
    {"prior gives latencies with intervals", prior_gives_latencies_with_intervals},
    {"what is not executed is marked", what_is_not_executed_is_marked},
    {"only cells have marks", only_cells_have_marks},
    {"company changes nothing", company_changes_nothing},
    {"features come with the architectures", features_come_with_the_architectures},
    {"a stopped model gets a prior for each device", a_stopped_model_gets_a_prior_for_each_device},
    {"ways to transfer are checked", ways_to_transfer_are_checked},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("test_nasflat", cases, argc, argv);
}
