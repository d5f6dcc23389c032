/* The ensemble of gp and nasflat. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
#include "core/predict/blend/blend.h"
#include "core/transfer/pretrain.h"
#include "core/transfer/transfer.h"
#include "tests/check.h"
#include "tests/toy.h"

enum { ARCHS = 240, SOURCES = 3, TARGET = 3, K = 8 };

/* Cells with one linear cost each device scales in its own way. */
static ll_dataset *cells(void)
{
    static const char *const names[] = {"a", "b", "c", "target"};
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("cells", space, ARCHS, TARGET + 1);
    for (int a = 0; a < ARCHS; a++) space->at(space, a * 65, ll_arch_at(d->archs, a));
    fill_related(d, 5);
    for (int i = 0; i <= TARGET; i++)
        for (int a = 0; a < ARCHS; a++)
            for (int p = 0; p < space->n_positions; p++)
                ll_latencies(d, i)[a] += (i + 3) * (ll_gene(d, a)[p] == 3) + 2 * (ll_gene(d, a)[p] == 2);
    for (int i = 0; i <= TARGET; i++)
        ll_device_set(&d->devices[i], names[i], LL_MEASURED, "test", "ms", NULL, NULL);
    CHECK_INT(ll_dataset_seal(d, NULL), LL_OK);
    return d;
}

static ll_model *pretrained(const ll_dataset *d, const char *predictor, const char *choose)
{
    const ll_predictor *p = ll_predictor_find(predictor);
    ll_ints source = ll_ints_range(SOURCES);
    ll_values options;
    ll_model *m = NULL;
    ll_error e = {0};
    ll_values_init(&options, p->pretrain_options);
    if (ll_option_find(p->pretrain_options, "epochs")) ll_values_set(&options, "epochs", "2", &e);
    if (choose) ll_values_set(&options, "choose_epochs", choose, &e);
    ll_pretrain_plan plan = {
        .data = d, .predictor = p, .source = &source, .n = 200, .seed = 2, .options = &options};
    CHECK_INT(ll_pretrain_run(&plan, &m, &e), LL_OK);
    CHECK_STR(e.message, "");
    ll_values_free(&options);
    ll_ints_free(&source);
    return m;
}

static ll_transfer *transferred(const ll_dataset *d, const ll_model *m, const char *weight)
{
    int samples[K];
    ll_values options;
    ll_transfer *t = NULL;
    ll_error e = {0};
    for (int i = 0; i < K; i++) samples[i] = 5 + 29 * i;
    ll_values_init(&options, m->predictor->transfer_options);
    if (weight) ll_values_set(&options, "weight", weight, &e);
    /* the network of the blend is tuned */
    if (ll_option_find(options.table, "adapt")) ll_values_set(&options, "adapt", "tune", &e);
    ll_transfer_plan plan = {
        .data = d, .model = m, .target = TARGET, .samples = samples, .k = K, .seed = 3, .options = &options};
    CHECK_INT(ll_transfer_run(&plan, &t, &e), LL_OK);
    CHECK_INT(t->measured.n, K);
    ll_values_free(&options);
    return t;
}

/* The mid-rank (1 to ARCHS) as a share of all. */
static double share(double rank)
{
    return (rank - .5) / ARCHS;
}

/* With all the weight on one side it ranks as that member does alone, in between by the mean of both ranks. */
static void it_is_the_mean_of_the_ranks(void)
{
    ll_dataset *d = cells();
    ll_model *blend = pretrained(d, "blend", "0");
    double rank[2][ARCHS], mixed[2][ARCHS];
    for (int i = 0; i < 2; i++) {
        ll_model *m = pretrained(d, i ? "nasflat" : "gp", NULL);
        ll_transfer *alone = transferred(d, m, NULL), *t = transferred(d, blend, i ? "1" : "0");
        ll_ranks(alone->score, ARCHS, rank[i]);
        ll_ranks(t->score, ARCHS, mixed[i]);
        for (int a = 0; a < ARCHS; a++) CHECK_NEAR(mixed[i][a], rank[i][a], 0);
        ll_transfer_unref(alone);
        ll_transfer_unref(t);
        ll_model_unref(m);
    }
    ll_transfer *t = transferred(d, blend, "0.25");
    for (int a = 0; a < ARCHS; a++)
        CHECK_NEAR(t->score[a], .75 * share(rank[0][a]) + .25 * share(rank[1][a]), 1e-9);
    ll_transfer_unref(t);
    t = transferred(d, blend, NULL); /* nothing was tried: half */
    for (int a = 0; a < ARCHS; a++)
        CHECK_NEAR(t->score[a], .5 * share(rank[0][a]) + .5 * share(rank[1][a]), 1e-9);
    ll_transfer_unref(t);
    ll_model_unref(blend);
    ll_dataset_unref(d);
}

static void saved(const ll_model *m, ll_tensors *out)
{
    ll_error e = {0};
    *out = (ll_tensors){0};
    CHECK_INT(m->predictor->save(m->impl, out, &e), LL_OK);
}

/* Networks of one epoch know next to nothing, and the GP fits what is linear: the sources say so, and the target is
 * not asked. */
static void the_weight_is_chosen_on_the_sources(void)
{
    ll_dataset *d = cells();
    ll_tensors first, second;
    ll_model *m = pretrained(d, "blend", "1");
    saved(m, &first);
    const double *w = ll_tensors_find(&first, "blend.weight")->data;
    for (int i = 0; i < 3; i++) CHECK(w[i] >= 0 && w[i] <= .5);
    ll_model_unref(m);
    for (int a = 0; a < ARCHS; a++) ll_latencies(d, TARGET)[a] = a % 7 ? a : NAN;
    m = pretrained(d, "blend", "1");
    saved(m, &second);
    CHECK_INT(first.n, second.n);
    for (int i = 0; i < first.n; i++)
        CHECK(!memcmp(first.v[i].data, second.v[i].data,
                      ll_tensor_count(&first.v[i]) * ll_dtype_size(first.v[i].dtype)));
    ll_tensors_free(&first);
    ll_tensors_free(&second);
    ll_model_unref(m);
    ll_dataset_unref(d);
}

/* Loading what is damaged like this. */
static void check_refused(const ll_model *m, const ll_tensors *file, const char *says)
{
    ll_error e = {0};
    void *impl = NULL;
    CHECK_INT(m->predictor->load(&(ll_load_job){.tensors = file, .space = m->space}, &impl, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, says);
    CHECK(!impl);
}

/* Model and adapted one, in a process that has nothing of the dataset. */
static void it_survives_a_file(void)
{
    ll_dataset *d = cells();
    ll_model *m = pretrained(d, "blend", "0");
    ll_tensors file;
    ll_error e = {0};
    void *impl = NULL;
    ll_adapted *again = NULL;
    ll_prediction p;
    saved(m, &file);
    CHECK_INT(m->predictor->load(&(ll_load_job){.tensors = &file, .space = d->space}, &impl, &e), LL_OK);
    CHECK_STR(e.message, "");
    ll_model *back = ll_model_new(m->predictor, d->space, impl);
    ll_transfer *a = transferred(d, m, NULL), *b = transferred(d, back, NULL);
    CHECK(!memcmp(a->score, b->score, ARCHS * sizeof *a->score));
    CHECK_INT(ll_adapted_save(a->adapted, &file, &e), LL_OK);
    CHECK_INT(ll_adapted_load(&file, back, &again, &e), LL_OK);
    CHECK_INT(ll_adapted_predict(again, &(ll_predict_job){.archs = d->archs}, &p, &e), LL_OK);
    CHECK(!memcmp(a->score, p.score, ARCHS * sizeof *a->score));
    ll_prediction_free(&p);
    ll_adapted_unref(again);
    ((double *)ll_tensors_find(&file, "adapted.blend.curve.gp")->data)[1] = NAN;
    CHECK_INT(ll_adapted_load(&file, back, &again, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "blend.curve.gp");
    ll_transfer_unref(a);
    ll_transfer_unref(b);
    ll_model_unref(back);
    double *weight = ll_tensors_find(&file, "blend.weight")->data;
    weight[1] = 1.5;
    check_refused(m, &file, "number 2 is 1.5");
    weight[1] = .5;
    for (int i = 0; i < file.n; i++) /* as an older latlab wrote it */
        if (!strcmp(file.v[i].name, "blend.reference")) file.v[i].name[0] = 'B';
    check_refused(m, &file, "an older latlab wrote it");
    for (int i = 0; i < file.n; i++) {
        if (!strcmp(file.v[i].name, "Blend.reference")) file.v[i].name[0] = 'b';
        if (!strncmp(file.v[i].name, "nasflat/", 8)) file.v[i].name[0] = 'x'; /* a member is lost */
    }
    check_refused(m, &file, "");
    ll_tensors_free(&file);
    ll_model_unref(m);
    ll_dataset_unref(d);
}

/* --- standing among others --- */

static void ranks_are_those_of_the_reference(void)
{
    static const double scores[] = {3, -1, 2, 2, 7};
    ll_blend_curve c, one;
    ll_blend_curve_init(&c, scores, 5);
    CHECK_INT(c.n, 4);
    CHECK_NEAR(ll_blend_rank(&c, -1), .1, 1e-15);
    CHECK_NEAR(ll_blend_rank(&c, 2), .4, 1e-15); /* the second and third */
    CHECK_NEAR(ll_blend_rank(&c, 3), .7, 1e-15);
    CHECK_NEAR(ll_blend_rank(&c, 7), .9, 1e-15);
    CHECK_NEAR(ll_blend_rank(&c, 5), .8, 1e-15);
    CHECK_NEAR(ll_blend_rank(&c, -9), .1 - .8, 1e-15); /* .8 over 8 of score */
    CHECK_NEAR(ll_blend_rank(&c, 8), 1, 1e-15);
    for (double x = -3; x < 9; x += .01) CHECK(ll_blend_rank(&c, x) < ll_blend_rank(&c, x + .01));
    ll_blend_curve_init(&one, (const double[]){4, 4, 4}, 3);
    CHECK_NEAR(ll_blend_rank(&one, 4), .5, 0);
    CHECK_NEAR(ll_blend_rank(&one, 5), .5, 0);
    ll_blend_curve_free(&one);
    ll_blend_curve_free(&c);
}

static const check_case cases[] = {
    {"it is the mean of the ranks", it_is_the_mean_of_the_ranks},
    {"the weight is chosen on the sources", the_weight_is_chosen_on_the_sources},
    {"it survives a file", it_survives_a_file},
    {"ranks are those of the reference", ranks_are_those_of_the_reference},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_blend", cases, argc, argv);
}
