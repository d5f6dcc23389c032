/* What learns from the samples of one device alone, on any encoding: ridge, and HAT's network. And the encoding that is
 * natural where architectures are numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/encode/encoding.h"
#include "core/num/stats.h"
#include "core/predict/mlp/net.h"
#include "core/predict/simple/simple.h"
#include "core/space/own/numbers.h"
#include "core/transfer/pretrain.h"
#include "core/transfer/transfer.h"
#include "tests/check.h"

static const double widths[] = {128, 256, 384, 512}, layers[] = {1, 2, 3, 4, 5, 6}, acts[] = {1, 4, 9};
static const ll_numbers columns[] = {{"width", LL_COLUMN_WIDTH, widths, 4},
                                     {"layers", LL_COLUMN_COUNT, layers, 6},
                                     {"act", LL_COLUMN_CATEGORY, acts, 3}};
enum { ARCHS = 4 * 6 * 3, K = 24 };

static double linear_ms(double width, double layer, double act)
{
    return 2 + .01 * width + 3 * layer + (act == 4 ? 5 : 0);
}

static double curved_ms(double width, double layer, double act)
{
    return 2 + 1e-4 * width * width * sqrt(layer) + (act == 4 ? 5 : 0);
}

/* Every combination, with a device that costs what `ms` says. */
static ll_dataset *made_up(double (*ms)(double, double, double))
{
    ll_error e = {0};
    const ll_space *s = ll_numbers_define("mlp-numbers", columns, 3, &e);
    ll_dataset *d = ll_dataset_new("made", s, ARCHS, 1);
    ll_device_set(&d->devices[0], "it", LL_SIMULATED, "test", "ms", NULL, NULL);
    for (int i = 0; i < ARCHS; i++) {
        uint8_t *g = d->archs->genes + 3 * i;
        g[0] = (uint8_t)(i % 4), g[1] = (uint8_t)(i / 4 % 6), g[2] = (uint8_t)(i / 24);
        ll_latencies(d, 0)[i] = ms(widths[g[0]], layers[g[1]], acts[g[2]]);
    }
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

typedef struct setting {
    const char *option, *value;
} setting;

static void set_all(ll_values *v, const ll_option *options, const setting *all)
{
    ll_error e = {0};
    ll_values_init(v, options);
    for (; all && all->option; all++) {
        const ll_option *o = options;
        while (o->name && strcmp(o->name, all->option)) o++;
        if (o->name) CHECK_INT(ll_values_set(v, all->option, all->value, &e), LL_OK);
    }
}

/* By one predictor from every third architecture; NULL and e: refused. */
static ll_transfer *transferred(const ll_dataset *d, const char *name, const setting *settings, ll_error *e)
{
    const ll_predictor *p = ll_predictor_find(name);
    int samples[K];
    ll_ints none = {0};
    ll_values pretrain_options, options;
    ll_model *m = NULL;
    ll_transfer *t = NULL;
    set_all(&pretrain_options, p->pretrain_options, settings);
    set_all(&options, p->transfer_options, settings);
    for (int i = 0; i < K; i++) samples[i] = 3 * i;
    ll_pretrain_plan pretrain = {
        .data = d, .predictor = p, .source = &none, .seed = 1, .options = &pretrain_options};
    ll_transfer_plan plan = {.data = d, .samples = samples, .k = K, .seed = 1, .options = &options};
    ll_status s = ll_pretrain_run(&pretrain, &m, e);
    plan.model = m;
    if (!s) s = ll_transfer_run(&plan, &t, e);
    ll_values_free(&pretrain_options);
    ll_values_free(&options);
    ll_model_unref(m);
    return s ? NULL : t;
}

static double error_of(const ll_dataset *d, const ll_transfer *t)
{
    return ll_transfer_metrics(t, d, LL_PROTOCOL_FULL, .9, NULL).mape;
}

/* --- the encoding --- */

static void numbers_are_an_encoding(void)
{
    ll_dataset *d = made_up(linear_ms);
    ll_encoder *c = NULL, *scaled = NULL;
    ll_matrix_f m = {0};
    ll_error e = {0};
    CHECK_INT(ll_encoder_fit("numbers", &(ll_encode_job){.archs = d->archs}, &c, &e), LL_OK);
    CHECK_INT(c->dim, 1 + 1 + 3);
    CHECK_INT(ll_encoder_apply(c, d->archs, &m, &e), LL_OK);
    for (int j = 0; j < m.cols; j++) {
        double sum = 0, square = 0;
        for (int i = 0; i < ARCHS; i++) {
            double x = (double)m.v[i * m.cols + j];
            sum += x / ARCHS;
            square += x * x / ARCHS;
        }
        CHECK_NEAR(sum, 0, 1e-6);
        CHECK_NEAR(square, 1, 1e-5);
    }
    ll_matrix_f_free(&m);
    CHECK_INT(ll_encoder_scaled(c, d->archs, &scaled, &e), LL_OK);
    CHECK_INT(ll_encoder_apply(scaled, d->archs, &m, &e), LL_OK);
    const float *row = m.v + 29 * m.cols; /* 256, 2, 4 */
    CHECK_NEAR((double)row[0], .5, 1e-7);
    CHECK_NEAR((double)row[1], 2. / 6, 1e-7);
    for (int j = 0; j < 3; j++) CHECK_NEAR((double)row[2 + j], j == 1, 0);
    ll_matrix_f_free(&m);
    ll_encoder_unref(scaled);
    ll_encoder_unref(c);
    ll_dataset_unref(d);
}

static void choices_are_no_numbers(void)
{
    ll_archs *none = ll_archs_new(ll_space_find("fbnet"), 0);
    ll_encoder *c = NULL;
    ll_error e = {0};
    CHECK_INT(ll_encoder_fit("numbers", &(ll_encode_job){.archs = none}, &c, &e), LL_USAGE);
    CHECK_STR(e.message, "the architectures of fbnet are choices, not numbers: onehot has them");
    ll_archs_unref(none);
}

/* --- ridge --- */

static void ridge_finds_a_line(void)
{
    ll_dataset *d = made_up(linear_ms);
    ll_error e = {0};
    ll_transfer *t = transferred(d, "ridge", (setting[]){{"penalty", "1e-9"}, {0}}, &e);
    if (!CHECK(t != NULL)) return;
    for (int i = 0; i < ARCHS; i++) CHECK_NEAR(t->lat_ms[i], ll_latencies(d, 0)[i], 1e-4);
    ll_transfer_unref(t);
    ll_dataset_unref(d);
}

/* The same by the normal equations, intercept and all. */
static void check_against_normal_equations(const ll_dataset *d, const ll_transfer *t, const char *encoding,
                                           double penalty)
{
    ll_encoder *raw = NULL, *c = NULL;
    ll_matrix_f m = {0};
    ll_error e = {0};
    CHECK_INT(ll_encoder_fit(encoding, &(ll_encode_job){.archs = d->archs}, &raw, &e), LL_OK);
    CHECK_INT(ll_encoder_standardised(raw, d->archs, &c, &e), LL_OK);
    CHECK_INT(ll_encoder_apply(c, d->archs, &m, &e), LL_OK);
    int p = c->dim + 1;
    double *x = LL_NEW_ARRAY(double, K *p), *y = LL_NEW_ARRAY(double, K), *w = LL_NEW_ARRAY(double, p),
           *penalties = LL_NEW_ARRAY(double, p), *centre = LL_NEW_ARRAY(double, p), size = 0;
    for (int i = 0; i < K; i++) {
        y[i] = ll_latencies(d, 0)[3 * i];
        x[i * p] = 1;
        for (int j = 1; j < p; j++) x[i * p + j] = (double)m.v[3 * i * m.cols + j - 1];
        for (int j = 1; j < p; j++) centre[j] += x[i * p + j] / K;
    }
    for (int i = 0; i < K; i++)
        for (int j = 1; j < p; j++) size += (x[i * p + j] - centre[j]) * (x[i * p + j] - centre[j]) / K;
    for (int j = 1; j < p; j++) penalties[j] = penalty * size * K;
    CHECK(ll_ridge(x, K, p, y, penalties, w));
    for (int a = 0; a < ARCHS; a++) {
        double want = w[0];
        for (int j = 1; j < p; j++) want += w[j] * (double)m.v[a * m.cols + j - 1];
        CHECK_NEAR(t->lat_ms[a], want, 1e-6 * fabs(want));
    }
    free(x);
    free(y);
    free(w);
    free(penalties);
    free(centre);
    ll_matrix_f_free(&m);
    ll_encoder_unref(raw);
    ll_encoder_unref(c);
}

/* Fewer columns than samples, and more. */
static void ridge_is_the_normal_equations(void)
{
    static const char *const encodings[] = {"numbers", "onehot", "graf"};
    ll_dataset *d = made_up(curved_ms);
    for (int i = 0; i < 3; i++) {
        ll_error e = {0};
        ll_transfer *t =
            transferred(d, "ridge", (setting[]){{"encoding", encodings[i]}, {"penalty", "0.3"}, {0}}, &e);
        CHECK_STR(e.message, "");
        if (t) check_against_normal_equations(d, t, encodings[i], .3);
        ll_transfer_unref(t);
    }
    ll_dataset_unref(d);
}

/* Of samples that have no pattern at all the others say nothing: the penalty is the largest that is tried. */
static double noise_ms(double width, double layer, double act)
{
    double x = sin(12.9898 * width + 78.233 * layer + 37.719 * act) * 43758.5453;
    return 10 + (x - floor(x));
}

static double chosen_penalty(double (*ms)(double, double, double))
{
    ll_dataset *d = made_up(ms);
    ll_error e = {0};
    ll_transfer *t = transferred(d, "ridge", NULL, &e);
    double penalty = t ? cJSON_GetObjectItem(t->info, "penalty")->valuedouble : NAN;
    ll_transfer_unref(t);
    ll_dataset_unref(d);
    return penalty;
}

static void ridge_chooses_its_penalty(void)
{
    CHECK(chosen_penalty(linear_ms) < 1e-3);
    CHECK(chosen_penalty(noise_ms) > .3);
}

/* --- mlp --- */

static const setting quick[] = {{"steps", "1500"}, {"lr", "1e-3"}, {"hidden", "32"}, {0}};

static void mlp_learns(void)
{
    ll_dataset *d = made_up(curved_ms);
    ll_error e = {0};
    ll_transfer *net = transferred(d, "mlp", quick, &e), *line = transferred(d, "ridge", NULL, &e),
                *again = transferred(d, "mlp", quick, &e);
    CHECK_STR(e.message, "");
    if (CHECK(net && line && again)) {
        CHECK(error_of(d, net) < .5 * error_of(d, line)); /* what is curved no line follows */
        CHECK(error_of(d, net) < 10);
        for (int i = 0; i < ARCHS; i++) CHECK_NEAR(net->lat_ms[i], again->lat_ms[i], 0);
    }
    ll_transfer_unref(net);
    ll_transfer_unref(line);
    ll_transfer_unref(again);
    ll_dataset_unref(d);
}

/* Ten columns to 400, three more layers of 400, one output (latency_predictor.py). */
static void the_shape_is_the_published_one(void)
{
    const ll_predictor *p = ll_predictor_find("mlp");
    ll_values v;
    ll_values_init(&v, p->transfer_options);
    ll_mlp_shape shape = {10, ll_int(&v, "hidden"), ll_int(&v, "layers")};
    CHECK_INT((int)ll_mlp_params(&shape), 10 * 400 + 400 + 3 * (400 * 400 + 400) + 400 + 1);
    CHECK_INT(ll_int(&v, "steps"), 5000);
    CHECK_INT(ll_int(&v, "batch"), 128);
    CHECK_NEAR(ll_real(&v, "lr"), 1e-5, 0);
    ll_values_free(&v);
}

static void mlp_says_what_it_has_not_learnt(void)
{
    ll_dataset *d = made_up(curved_ms);
    ll_error e = {0};
    ll_transfer *t = transferred(d, "mlp", (setting[]){{"steps", "3"}, {"hidden", "16"}, {0}}, &e);
    const cJSON *says = t ? cJSON_GetArrayItem(cJSON_GetObjectItem(t->info, "says"), 0) : NULL;
    CHECK_HAS(cJSON_IsString(says) ? says->valuestring : "", "off on its own samples");
    ll_transfer_unref(t);
    t = transferred(d, "mlp", (setting[]){{"steps", "200"}, {"lr", "1"}, {"layers", "8"}, {0}}, &e);
    for (int i = 0; t && i < ARCHS; i++) CHECK(isfinite(t->lat_ms[i]) && t->lat_ms[i] >= 0);
    if (!t) CHECK_HAS(e.message, "a smaller lr= is needed");
    ll_transfer_unref(t);
    ll_dataset_unref(d);
}

/* --- files that somebody else made --- */

static void shapes_of_files_are_checked(void)
{
    static const int32_t bad[][2] = {{0, 4}, {400, 0}, {400, 9}, {1 << 30, 4}, {-1, 4}, {400, 4}};
    const ll_predictor *p = ll_predictor_find("mlp");
    ll_dataset *d = made_up(linear_ms);
    ll_values options;
    void *model = NULL;
    ll_error e = {0};
    ll_values_init(&options, p->pretrain_options);
    CHECK_INT(p->pretrain(&(ll_pretrain_job){.archs = d->archs, .options = &options}, &model, &e), LL_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_tensors file = {0};
        void *adapted = NULL;
        ll_tensors_add(&file, "mlp.shape", LL_I32, 1, (long[]){2}, bad[i]);
        ll_tensors_add(&file, "mlp.mean", LL_F64, 1, (long[]){1}, &(double){1});
        ll_tensors_add(&file, "mlp.weights", LL_F32, 1, (long[]){2}, (float[]){1, 2});
        CHECK_INT(p->load_adapted(model, &file, &adapted, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, "tensor mlp.");
        ll_tensors_free(&file);
    }
    p->release(model);
    ll_values_free(&options);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"numbers are an encoding", numbers_are_an_encoding},
    {"choices are no numbers", choices_are_no_numbers},
    {"ridge finds a line", ridge_finds_a_line},
    {"ridge is the normal equations", ridge_is_the_normal_equations},
    {"ridge chooses its penalty", ridge_chooses_its_penalty},
    {"mlp learns", mlp_learns},
    {"the shape is the published one", the_shape_is_the_published_one},
    {"mlp says what it has not learnt", mlp_says_what_it_has_not_learnt},
    {"shapes of files are checked", shapes_of_files_are_checked},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_mlp", cases, argc, argv);
}
