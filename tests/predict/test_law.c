/* The law of predictions and encodings: what is said of an architecture is a function of the architecture. Alone, in a
 * batch of any size, in any order and company, from a table or with none, before and after a file, with one thread or
 * two: the same numbers. Every record of the registries is tried, so a new one cannot forget it. */
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/encode/encoding.h"
#include "core/space/moves.h"
#include "core/space/own/numbers.h"
#include "core/transfer/adapted.h"
#include "core/transfer/pretrain.h"
#include "tests/check.h"
#include "tests/spaces.h"

enum { DEVICES = 5, TARGET = 4, ROWS = 420, K = 9, PROBES = 24 };

/* HELP's network multiplies before or behind a sum, whichever is less work for the graphs at hand: the last bits of its
 * scores may differ. All others agree to the bit. */
static const double bits = 1e-6;

static const struct {
    const char *predictor, *option, *value;
} quick[] = {{"multipredict", "epochs", "2"}, {"nasflat", "epochs", "2"},   {"help", "episodes", "4"},
             {"maml", "episodes", "4"},       {"metasgd", "episodes", "4"}, {"blend", "epochs", "2"},
             {"blend", "choose_epochs", "0"}};
/* And when it is adapted. */
static const char quick_steps[] = "50";

/* A user's space, whose positions have choices of their own; of its networks nothing is known. */
static const ll_space *own_choices(void)
{
    static char *const kernels[] = {(char *)"3", (char *)"5", (char *)"7"};
    static char *const depths[] = {(char *)"2", (char *)"3"};
    static char *const blocks[] = {(char *)"skip", (char *)"mb", (char *)"conv", (char *)"fused"};
    const ll_position positions[] = {{"depth", depths, 2}, {"k1", kernels, 3}, {"b1", blocks, 4},
                                     {"k2", kernels, 3},   {"b2", blocks, 4},  {"k3", kernels, 3}};
    ll_error e = {0};
    const ll_space *s = ll_space_define_positions("law-own", positions, 6, &e);
    check_report(s != NULL, __FILE__, __LINE__, "%s", e.message);
    return s;
}

/* Architectures that are numbers, one of them only a name. */
static const ll_space *numbers(void)
{
    static const double width[] = {64, 96, 128, 256, 640}, depth[] = {1, 2, 3, 4, 5, 6},
                        heads[] = {2, 2.5, 3, 4}, act[] = {0, 3, 7};
    const ll_numbers columns[] = {{"width", LL_COLUMN_WIDTH, width, 5},
                                  {"depth", LL_COLUMN_COUNT, depth, 6},
                                  {"heads", LL_COLUMN_RATIO, heads, 4},
                                  {"act", LL_COLUMN_CATEGORY, act, 3},
                                  {"out", LL_COLUMN_WIDTH, width, 5}};
    ll_error e = {0};
    const ll_space *s = ll_numbers_define("law-numbers", columns, 5, &e);
    check_report(s != NULL, __FILE__, __LINE__, "%s", e.message);
    return s;
}

typedef struct world {
    ll_dataset *d;
    ll_pool *two;
} world;

static void price(ll_dataset *d, int device)
{
    ll_rng rng = ll_rng_new((uint64_t)device + 3, LL_STREAM_DATA);
    double cost[LL_MAX_POSITIONS][LL_MAX_OPS], *lat = ll_latencies(d, device);
    for (int p = 0; p < d->space->n_positions; p++)
        for (int o = 0; o < ll_space_choices(d->space, p); o++)
            cost[p][o] = .2 + ll_rng_uniform(&rng) * (1 + o);
    for (int i = 0; i < d->n_archs; i++) {
        lat[i] = 3;
        for (int p = 0; p < d->space->n_positions; p++) lat[i] += cost[p][ll_gene(d, i)[p]];
        lat[i] *= 1 + .02 * ll_rng_normal(&rng);
    }
    ll_device_set(&d->devices[device], (char[]){(char)('a' + device), 0}, LL_SIMULATED, "law", "ms", NULL,
                  NULL);
}

static ll_dataset *made_up(const ll_space *space)
{
    ll_dataset *d = ll_dataset_new("law", space, ROWS, DEVICES);
    ll_rng rng = ll_rng_new(17, LL_STREAM_DATA);
    ll_archs *seen = ll_archs_new(space, 0);
    ll_error e = {0};
    while (seen->n < ROWS) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_space_random(space, &rng, gene);
        ll_archs_add(seen, gene, NULL);
    }
    memcpy(d->archs->genes, seen->genes, (size_t)ROWS * (size_t)space->n_positions);
    for (int i = 0; i < DEVICES; i++) price(d, i);
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    ll_archs_unref(seen);
    return d;
}

static ll_model *pretrained(const world *w, const ll_predictor *p)
{
    ll_ints source = ll_ints_range(TARGET);
    ll_values options;
    ll_model *m = NULL;
    ll_error e = {0};
    ll_values_init(&options, p->pretrain_options);
    for (size_t i = 0; i < sizeof quick / sizeof *quick; i++)
        if (!strcmp(quick[i].predictor, p->name))
            CHECK_INT(ll_values_set(&options, quick[i].option, quick[i].value, &e), LL_OK);
    ll_pretrain_plan plan = {.data = w->d,
                             .predictor = p,
                             .source = &source,
                             .n = 300,
                             .seed = 1,
                             .options = &options,
                             .pool = w->two};
    ll_status s = ll_pretrain_run(&plan, &m, &e);
    bool needs_layers =
        s == LL_FAILED && !w->d->space->layers && strstr(e.message, "networks"); /* it says so */
    if (s && !needs_layers) check_report(false, __FILE__, __LINE__, "%s: %s", p->name, e.message);
    ll_values_free(&options);
    ll_ints_free(&source);
    return m;
}

static double look_up(void *ctx, const uint8_t *gene)
{
    const ll_dataset *d = ctx;
    int row = ll_dataset_row(d, gene);
    return row < 0 ? NAN : ll_latencies(d, TARGET)[row];
}

static ll_adapted *adapted(const world *w, const ll_model *m)
{
    int rows[K];
    double lat_ms[K];
    for (int i = 0; i < K; i++) rows[i] = 7 + 40 * i;
    for (int i = 0; i < K; i++) lat_ms[i] = ll_latencies(w->d, TARGET)[rows[i]];
    ll_archs *samples = ll_archs_pick(w->d->archs, rows, K);
    ll_values options;
    ll_values_init(&options, m->predictor->transfer_options);
    if (!strcmp(m->predictor->name, "mlp"))
        CHECK_INT(ll_values_set(&options, "steps", quick_steps, NULL), LL_OK);
    ll_adapt_plan plan = {.model = m,
                          .options = &options,
                          .device = "e",
                          .samples = {samples, lat_ms},
                          .table = w->d->archs,
                          .lookup = look_up,
                          .lookup_ctx = w->d,
                          .want_variance = true,
                          .seed = 2};
    ll_adapted *a = NULL;
    ll_error e = {0};
    if (ll_adapt(&plan, &a, &e))
        check_report(false, __FILE__, __LINE__, "%s: %s", m->predictor->name, e.message);
    ll_values_free(&options);
    ll_archs_unref(samples);
    return a;
}

/* --- the law --- */

static ll_prediction predicted(const ll_adapted *a, const ll_archs *archs, ll_pool *pool)
{
    ll_predict_job job = {archs, true, NULL, pool};
    ll_prediction p = {0};
    ll_error e = {0};
    if (ll_adapted_predict(a, &job, &p, &e))
        check_report(false, __FILE__, __LINE__, "%s: %s", a->model->predictor->name, e.message);
    return p;
}

static bool near(double a, double b, double size)
{
    return fabs(a - b) <= size;
}

/* Scores have no zero of their own: they are near by the size of the largest. */
static double largest(const double *v, int n)
{
    double most = 1e-9;
    for (int i = 0; i < n; i++) most = fmax(most, fabs(v[i]));
    return most;
}

/* p says of its i-th what q says of its which[i]-th (which NULL: the i-th). */
static void check_same(const char *what, const ll_adapted *a, const ll_prediction *p, const ll_prediction *q,
                       const int *which)
{
    double score = q->n ? largest(q->score, q->n) : 0;
    for (int i = 0; i < p->n && p->score && q->score; i++) {
        int j = which ? which[i] : i;
        bool same = near(p->score[i], q->score[j], bits * score) &&
                    near(p->lat_ms[i], q->lat_ms[j], bits * q->lat_ms[j]) && !p->sd_ms == !q->sd_ms &&
                    (!p->sd_ms || near(p->sd_ms[i], q->sd_ms[j], bits * q->sd_ms[j]));
        if (!check_report(same, __FILE__, __LINE__, "%s, %s: %.9g (%.9g ms) is %.9g (%.9g ms) in the table",
                          a->model->predictor->name, what, p->score[i], p->lat_ms[i], q->score[j],
                          q->lat_ms[j]))
            return;
    }
}

static void check_some(const char *what, const ll_adapted *a, const ll_prediction *table,
                       const ll_archs *archs, const int *which, int n, ll_pool *pool)
{
    ll_archs *some = ll_archs_pick(archs, which, n);
    ll_prediction p = predicted(a, some, pool);
    check_same(what, a, &p, table, which);
    ll_prediction_free(&p);
    ll_archs_unref(some);
}

/* Through a file and back, into a process that has no data: the model, then what was adapted. */
static ll_adapted *through_a_file(const ll_adapted *a, ll_model **again)
{
    const ll_predictor *p = a->model->predictor;
    ll_tensors file = {0};
    ll_adapted *back = NULL;
    void *impl = NULL;
    ll_error e = {0};
    ll_status s = p->save(a->model->impl, &file, &e);
    if (!s) s = ll_adapted_save(a, &file, &e);
    if (!s) s = p->load(&(ll_load_job){.tensors = &file, .space = a->model->space}, &impl, &e);
    *again = ll_model_new(p, a->model->space, impl);
    if (!s) s = ll_adapted_load(&file, *again, &back, &e);
    if (s) check_report(false, __FILE__, __LINE__, "%s: %s", p->name, e.message);
    ll_tensors_free(&file);
    return back;
}

static void check_law(const world *w, const ll_adapted *a)
{
    const ll_archs *archs = w->d->archs;
    int alone[PROBES], reversed[ROWS];
    ll_model *again;
    ll_prediction table = predicted(a, archs, NULL), p;
    for (int i = 0; i < PROBES; i++) alone[i] = (i * 131 + 5) % ROWS;
    for (int i = 0; i < ROWS; i++) reversed[i] = ROWS - 1 - i;
    for (int i = 0; i < PROBES; i++) check_some("alone", a, &table, archs, &alone[i], 1, NULL);
    check_some("in a small batch", a, &table, archs, alone, PROBES, NULL);
    check_some("in reverse", a, &table, archs, reversed, ROWS, NULL);
    check_some("with two threads", a, &table, archs, reversed, ROWS - 1, w->two);
    p = predicted(a, archs, w->two);
    check_same("the table with two threads", a, &p, &table, NULL);
    ll_prediction_free(&p);
    ll_adapted *back = through_a_file(a, &again);
    p = back ? predicted(back, archs, NULL) : (ll_prediction){0};
    check_same("from a file", a, &p, &table, NULL);
    ll_prediction_free(&p);
    if (back) check_some("alone, from a file", back, &table, archs, &alone[3], 1, NULL);
    ll_adapted_unref(back);
    ll_model_unref(again);
    ll_prediction_free(&table);
}

static void every_predictor_keeps_it(const ll_space *space)
{
    world w = {made_up(space), ll_pool_new(2)};
    int tried = 0;
    for (int i = 0; ll_predictors[i]; i++) {
        ll_model *m = pretrained(&w, ll_predictors[i]);
        ll_adapted *a = m ? adapted(&w, m) : NULL;
        if (a) check_law(&w, a);
        tried += a != NULL;
        ll_adapted_unref(a);
        ll_model_unref(m);
    }
    CHECK(tried >= 10);
    ll_dataset_unref(w.d);
    ll_pool_free(w.two);
}

static void predictors_of_cells_keep_it(void)
{
    every_predictor_keeps_it(ll_space_find("nasbench201"));
}

static void predictors_of_chains_keep_it(void)
{
    every_predictor_keeps_it(ll_space_find("fbnet"));
}

static void predictors_of_own_choices_keep_it(void)
{
    every_predictor_keeps_it(own_choices());
}

static void predictors_of_numbers_keep_it(void)
{
    every_predictor_keeps_it(numbers());
}

/* --- encodings --- */

static void add_features(ll_archs *archs)
{
    static const char *const names[] = {"zcp", "cate", "arch2vec"};
    ll_rng rng = ll_rng_new(5, LL_STREAM_DATA);
    float *v = LL_NEW_ARRAY(float, 3 * archs->n);
    for (int f = 0; f < 3; f++) {
        for (int i = 0; i < 3 * archs->n; i++) v[i] = (float)(f + ll_rng_normal(&rng));
        ll_archs_set_feature(archs, names[f], 3, v);
    }
    free(v);
}

static void check_vectors(const ll_encoder *c, const ll_archs *archs, const ll_matrix_f *table,
                          const int *which, int n)
{
    ll_archs *some = ll_archs_pick(archs, which, n);
    ll_matrix_f m = {0};
    ll_error e = {0};
    CHECK_INT(ll_encoder_apply(c, some, &m, &e), LL_OK);
    for (int i = 0; i < n && m.v; i++)
        check_report(!memcmp(m.v + (size_t)i * (size_t)m.cols, table->v + (size_t)which[i] * (size_t)m.cols,
                             (size_t)m.cols * sizeof *m.v),
                     __FILE__, __LINE__, "%s: architecture %d of %d has another vector than in the table",
                     c->name, i, n);
    ll_matrix_f_free(&m);
    ll_archs_unref(some);
}

static void check_encoding(const ll_archs *archs, const char *name, bool standardise)
{
    const int which[] = {400, 3, 77, 78, 5};
    ll_encoder *c = NULL, *back = NULL;
    ll_tensors file = {0};
    ll_matrix_f table = {0};
    ll_error e = {0};
    ll_encoder *raw;
    ll_status s = ll_encoder_fit(name, &(ll_encode_job){.archs = archs}, &raw, &e);
    c = raw;
    if (!s && standardise) {
        s = ll_encoder_standardised(raw, archs, &c, &e);
        ll_encoder_unref(raw);
    }
    if (s == LL_USAGE) return; /* not known for this space */
    CHECK_INT(s, LL_OK);
    CHECK_INT(ll_encoder_apply(c, archs, &table, &e), LL_OK);
    CHECK_INT(ll_encoder_save(c, "z/", &file, &e), LL_OK);
    CHECK_INT(ll_encoder_load(&file, "z/", archs->space, &back, &e), LL_OK);
    check_vectors(c, archs, &table, which, 5);
    check_vectors(c, archs, &table, which, 1);
    if (back) check_vectors(back, archs, &table, which, 5);
    ll_matrix_f_free(&table);
    ll_tensors_free(&file);
    ll_encoder_unref(c);
    ll_encoder_unref(back);
}

static void every_encoding_keeps_it(void)
{
    const ll_space *const spaces[] = {ll_space_find("nasbench201"), ll_space_find("fbnet"), own_choices(),
                                      numbers()};
    for (int s = 0; s < 4; s++) {
        ll_dataset *d = made_up(spaces[s]);
        ll_archs *archs = ll_archs_copy(d->archs, 0);
        add_features(archs);
        for (int i = 0; ll_encodings[i]; i++)
            for (int standardise = 0; standardise < 2; standardise++)
                check_encoding(archs, ll_encodings[i]->name, standardise);
        check_encoding(archs, "zcp", true);
        ll_archs_unref(archs);
        ll_dataset_unref(d);
    }
}

static const check_case cases[] = {
    {"predictors of cells keep it", predictors_of_cells_keep_it},
    {"predictors of chains keep it", predictors_of_chains_keep_it},
    {"predictors of own choices keep it", predictors_of_own_choices_keep_it},
    {"predictors of numbers keep it", predictors_of_numbers_keep_it},
    {"every encoding keeps it", every_encoding_keeps_it},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_law", cases, argc, argv);
}
