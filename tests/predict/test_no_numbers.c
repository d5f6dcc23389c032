/* Numbers that are no numbers are an error where they appear: in weights, predictions, latencies and features; and what
 * sorts or interpolates stays inside its arrays when one gets through. */
#include <stdint.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/nn/real.h"
#include "core/num/sort.h"
#include "core/num/stats.h"
#include "core/transfer/map.h"
#include "core/transfer/pretrain.h"
#include "core/transfer/transfer.h"
#include "data/formats/model_file.h"
#include "data/formats/safetensors.h"
#include "data/importers/import.h"
#include "tests/check.h"

enum { ARCHS = 40, DEVICES = 4 };

static ll_dataset *make_data(void)
{
    ll_rng r = ll_rng_new(1, LL_STREAM_DATA);
    ll_dataset *d = ll_dataset_new("toy", ll_space_find("nasbench201"), ARCHS, DEVICES);
    ll_error e = {0};
    for (int i = 0; i < ARCHS; i++)
        d->space->at(d->space, 300 * i, d->archs->genes + (size_t)i * (size_t)d->space->n_positions);
    for (int j = 0; j < DEVICES; j++) {
        char name[] = {(char)('a' + j), 0};
        ll_device_set(&d->devices[j], name, LL_MEASURED, "test", "ms", NULL, NULL);
        for (int i = 0; i < ARCHS; i++) ll_latencies(d, j)[i] = 1 + i + ll_rng_uniform(&r);
    }
    CHECK_INT(ll_dataset_seal(d, &e), LL_OK);
    return d;
}

static const char *file_named(const char *name)
{
    static char path[4200];
    snprintf(path, sizeof path, "%s/%s", check_tmpdir(), name);
    return path;
}

/* A model of multipredict as a file. */
static void save_model(const ll_dataset *d, const char *path)
{
    const ll_predictor *p = ll_predictor_find("multipredict");
    ll_ints source = ll_ints_range(DEVICES - 1);
    ll_values options;
    ll_error e = {0};
    ll_model *m = NULL;
    ll_values_init(&options, p->pretrain_options);
    ll_values_set(&options, "epochs", "1", NULL);
    ll_pretrain_plan plan = {.data = d, .predictor = p, .source = &source, .seed = 1, .options = &options};
    CHECK_INT(ll_pretrain_run(&plan, &m, &e), LL_OK);
    CHECK_INT(ll_model_save(m, NULL, 0, path, &e), LL_OK);
    ll_model_unref(m);
    ll_values_free(&options);
    ll_ints_free(&source);
}

/* Sets n weights from `from` on in the file, at most those there are. */
static void set_weights(const char *path, size_t from, size_t n, float value)
{
    ll_tensors t = {0};
    ll_error e = {0};
    CHECK_INT(ll_safetensors_read(path, &t, &e), LL_OK);
    const ll_tensor *w = ll_tensors_find(&t, "multipredict.weights");
    CHECK(w);
    for (size_t i = from; w && i < ll_tensor_count(w) && i - from < n; i++) ((float *)w->data)[i] = value;
    CHECK_INT(ll_safetensors_write(path, &t, &e), LL_OK);
    ll_tensors_free(&t);
}

static void weights_are_numbers(void)
{
    ll_dataset *d = make_data();
    const char *path = file_named("nan.safetensors");
    save_model(d, path);
    for (int k = 0; k < 2; k++) {
        ll_model_file f;
        ll_error e = {0};
        set_weights(path, 17, 1, k ? INFINITY : NAN);
        CHECK_INT(ll_model_load(path, NULL, d, &f, &e), LL_BAD_DATA);
        CHECK_HAS(e.message, "number 17 of ");
        CHECK_HAS(e.message, "multipredict.weights is ");
    }
    ll_dataset_unref(d);
}

/* Weights that are numbers, but so large that no prediction is one. */
static void predictions_are_numbers(void)
{
    ll_dataset *d = make_data();
    const char *path = file_named("huge.safetensors");
    ll_model_file f;
    ll_transfer *t = NULL;
    ll_error e = {0};
    save_model(d, path);
    set_weights(path, 0, SIZE_MAX, 3.39e38f);
    CHECK_INT(ll_model_load(path, NULL, d, &f, &e), LL_OK);
    ll_transfer_plan plan = {
        .data = d, .model = f.model, .target = DEVICES - 1, .samples = (int[]){1, 12, 30}, .k = 3, .seed = 1};
    CHECK_INT(ll_transfer_run(&plan, &t, &e), LL_FAILED);
    CHECK_HAS(e.message, "multipredict predicts the score ");
    CHECK_HAS(e.message, "its weights are damaged or its training diverged");
    ll_model_file_free(&f);
    ll_dataset_unref(d);
}

/* The published form of the fault: rc 0 and a read behind the knots of the map. */
static void what_did_harm_is_refused(void)
{
    const char *path = check_shared("cases/hostile/nan_model.safetensors");
    if (!path) return;
    ll_dataset *d = make_data();
    ll_model_file f;
    ll_transfer *t = NULL;
    ll_error e = {0};
    ll_status s = ll_model_load(path, NULL, d, &f, &e);
    ll_transfer_plan plan = {.data = d,
                             .model = f.model,
                             .target = DEVICES - 1,
                             .samples = (int[]){1, 12, 30, 31, 32, 33},
                             .k = 6,
                             .seed = 1};
    if (!s) s = ll_transfer_run(&plan, &t, &e);
    CHECK(s != LL_OK);
    CHECK_HAS(e.message, "weights");
    ll_transfer_unref(t);
    ll_model_file_free(&f);
    ll_dataset_unref(d);
}

static void a_map_stays_inside_its_knots(void)
{
    /* all in one block: one knot */
    double score[] = {1, 2, 3, 4, 5, 6}, lat[] = {6, 5, 4, 3, 2, 1};
    ll_map m = ll_map_fit(score, lat, 6);
    ll_map_free(&m);
    m = (ll_map){.isotonic = true, .n_knots = 1, .score = (double[]){1}, .lat_ms = (double[]){2}};
    CHECK(isnan(ll_map_apply(&m, NAN)));
    CHECK(ll_map_apply(&m, 5) == 2);
    for (int i = 0; i < 6; i++) {
        double wrong[] = {1, 2, 3, 4, 5, 6};
        wrong[i] = i % 2 ? NAN : 1e308 * 10;
        m = ll_map_fit(wrong, lat, 6); /* looks up what it leaves out */
        CHECK(isnan(ll_map_apply(&m, NAN)));
        ll_map_free(&m);
    }
    CHECK(isnan(ll_sigmoid(NAN)));
}

static void order_is_total(void)
{
    static const double v[] = {-INFINITY, -1, -0.0, 0, 1, INFINITY, NAN};
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < 7; j++) {
            int expected = v[i] == v[j] ? 0 : (i > j) - (i < j);
            CHECK_INT(ll_by_number(v[i], v[j]), expected);
        }
    double x[1000];
    int order[1000];
    for (int n = 10; n <= 1000; n += 990) { /* both ways of sorting */
        for (int i = 0; i < n; i++) x[i] = i % 3 ? 1000 - i : i % 2 ? NAN : copysign(NAN, -1);
        ll_sort_order(x, n, order);
        for (int i = 0; i < n; i++) CHECK(isnan(x[order[i]]) == (i >= n - (n + 2) / 3));
    }
    CHECK(isnan(ll_median((double[]){NAN, NAN, 1}, 3)));
}

static ll_status import(const char *text, const char *unit, ll_error *e)
{
    const char *path = file_named("table.csv");
    ll_import job = {.path = path, .name = "x", .space = ll_space_find("nasbench201"), .unit = unit};
    ll_dataset *d = NULL;
    CHECK_INT(ll_write_file(path, text, strlen(text), e), LL_OK);
    ll_status s = ll_import_csv(&job, &d, e);
    if (!s) ll_dataset_unref(d);
    ll_strs_free(&job.notes);
    return s;
}

/* A number in seconds whose milliseconds are none. */
static void latencies_are_numbers_in_milliseconds(void)
{
    ll_error e = {0};
    CHECK_INT(import("arch,a\n5,1e5\n", "s", &e), LL_OK);
    CHECK_INT(import("arch,a\n5,1e300\n", "s", &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "no device takes 1e+303 ms");
    CHECK_INT(import("arch,a\n5,1e307\n", "s", &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "line 2: \"1e307\"");
    CHECK_INT(import("arch,device,latency,std\n5,a,1,1e307\n", "s", &e), LL_BAD_DATA);
    CHECK_INT(import("arch,a\n5,inf\n", "ms", &e), LL_BAD_DATA);
}

/* A worklist that comes back as it went out. */
static void what_is_not_filled_in_is_noticed(void)
{
    ll_error e = {0};
    const char *path = file_named("todo.csv"), text[] = "arch,a,b\n5,1,\n6,2,\n";
    ll_import job = {.path = path, .name = "x", .space = ll_space_find("nasbench201"), .unit = "ms"};
    ll_dataset *d = NULL;
    CHECK_INT(ll_write_file(path, text, sizeof text - 1, &e), LL_OK);
    CHECK_INT(ll_import_csv(&job, &d, &e), LL_OK);
    CHECK(job.notes.n && strstr(job.notes.v[0], "b has no latency in this table"));
    ll_dataset_unref(d);
    ll_strs_free(&job.notes);
}

static void proxies_are_numbers(void)
{
    ll_dataset *into = make_data(), *d = NULL;
    ll_error e = {0};
    const char *path = file_named("zcp.json"), text[] = "{\"300\": {\"flops\": 1e300}}";
    ll_import job = {.path = path, .name = "toy", .into = into, .space = into->space};
    CHECK_INT(ll_write_file(path, text, sizeof text - 1, &e), LL_OK);
    CHECK_INT(ll_import_zcp(&job, &d, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "a finite number was expected");
    ll_strs_free(&job.notes);
    ll_dataset_unref(into);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"weights are numbers", weights_are_numbers},
        {"predictions are numbers", predictions_are_numbers},
        {"what did harm is refused", what_did_harm_is_refused},
        {"a map stays inside its knots", a_map_stays_inside_its_knots},
        {"order is total", order_is_total},
        {"latencies are numbers in milliseconds", latencies_are_numbers_in_milliseconds},
        {"what is not filled in is noticed", what_is_not_filled_in_is_noticed},
        {"proxies are numbers", proxies_are_numbers},
        {0},
    };
    return check_main("test_no_numbers", cases, argc, argv);
}
