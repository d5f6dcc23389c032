/* The ensemble of gp and nasflat. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/num/stats.h"
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
    for (int a = 0; a < ARCHS; a++) CHECK_NEAR(t->score[a], .75 * rank[0][a] + .25 * rank[1][a], 1e-9);
    ll_transfer_unref(t);
    t = transferred(d, blend, NULL); /* nothing was tried: half */
    for (int a = 0; a < ARCHS; a++) CHECK_NEAR(t->score[a], .5 * rank[0][a] + .5 * rank[1][a], 1e-9);
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

static void it_survives_a_file(void)
{
    ll_dataset *d = cells();
    ll_model *m = pretrained(d, "blend", "0");
    ll_tensors file;
    ll_error e = {0};
    void *impl = NULL;
    saved(m, &file);
    CHECK_INT(m->predictor->load(&file, d, &impl, &e), LL_OK);
    CHECK_STR(e.message, "");
    ll_model *back = ll_model_new(m->predictor, impl);
    ll_transfer *a = transferred(d, m, NULL), *b = transferred(d, back, NULL);
    CHECK(!memcmp(a->score, b->score, ARCHS * sizeof *a->score));
    ll_transfer_unref(a);
    ll_transfer_unref(b);
    ll_model_unref(back);
    ((double *)ll_tensors_find(&file, "blend.weight")->data)[1] = 1.5;
    CHECK_INT(m->predictor->load(&file, d, &impl, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "at 10 samples");
    ((double *)ll_tensors_find(&file, "blend.weight")->data)[1] = .5;
    for (int i = 0; i < file.n; i++) /* a member is lost */
        if (!strncmp(file.v[i].name, "nasflat/", 8)) file.v[i].name[0] = 'x';
    CHECK_INT(m->predictor->load(&file, d, &impl, &e), LL_BAD_DATA);
    ll_tensors_free(&file);
    ll_model_unref(m);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"it is the mean of the ranks", it_is_the_mean_of_the_ranks},
    {"the weight is chosen on the sources", the_weight_is_chosen_on_the_sources},
    {"it survives a file", it_survives_a_file},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_blend", cases, argc, argv);
}
