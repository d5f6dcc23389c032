/* A pretrained predictor goes to a file and comes back in another process: the same predictions. */
#include "core/app/app.h"
#include "core/base/decimal.h"
#include "core/base/text/csv.h"
#include "data/formats/safetensors.h"
#include "tests/say.h"

static char *file(const char *name)
{
    return ll_path_join(check_tmpdir(), name);
}

static void sayf(ll_app *a, const char *fmt, const char *path)
{
    ll_str line = {0};
    ll_str_addf(&line, fmt, path);
    SAY(a, line.s);
    ll_str_free(&line);
}

static void do_all_but_pretrain(ll_app *a)
{
    for (int i = 0; work[i]; i++)
        if (!strstr(work[i], "pretrain") && !strstr(work[i], "transfer")) SAY(a, work[i]);
}

/* Predictions of the only transfer, copied. */
static double *predictions(ll_app *a, int *n)
{
    ll_state s;
    ll_app_snapshot(a, &s);
    *n = s.n_transfers ? s.transfers[0]->n : 0;
    double *v = *n ? ll_memdup(s.transfers[0]->lat_ms, (size_t)*n, sizeof *v) : NULL;
    ll_state_free(&s);
    return v;
}

static void models_come_back(void)
{
    char *weights = file("gp.safetensors");
    int n, m;
    make_toy();
    ll_app *a = app_new();
    do_work(a);
    sayf(a, "model save %s force=on", weights);
    double *before = predictions(a, &n);
    ll_app_free(a);

    ll_tensors t = {0};
    ll_error e = {0};
    CHECK_OK(ll_safetensors_read(weights, &t, &e));
    CHECK_STR(ll_tensors_text(&t, "predictor"), "gp");
    CHECK_STR(ll_tensors_text(&t, "space"), "fbnet");
    CHECK_STR(ll_tensors_text(&t, "unit"), "ms");
    CHECK_HAS(ll_tensors_text(&t, "sources"), "sim_v100_b32");
    CHECK_HAS(ll_tensors_text(&t, "info"), "\"seed\":1");
    ll_tensors_free(&t);

    a = app_new();
    do_all_but_pretrain(a);
    sayf(a, "model load %s", weights);
    SAY(a, "transfer sim_eyeriss k=6 seed=3");
    double *after = predictions(a, &m);
    CHECK_INT(m, n);
    CHECK(n == 150 && m == n && !memcmp(before, after, (size_t)n * sizeof *before));
    ll_app_free(a);
    free(before);
    free(after);
    free(weights);
}

/* Through a file, into another process, where it is the same: a network with its prior, the ensemble. */
static void check_comes_back(const char *predictor, const char *pretrain)
{
    char *weights = file("w.safetensors");
    int n, m;
    ll_app *a = app_new();
    do_all_but_pretrain(a);
    SAY(a, pretrain);
    SAY(a, "transfer sim_eyeriss k=6 seed=3");
    sayf(a, "model save %s force=on", weights);
    double *before = predictions(a, &n);
    ll_app_free(a);
    a = app_new();
    do_all_but_pretrain(a);
    sayf(a, "model load %s", weights);
    SAY(a, "transfer sim_eyeriss k=6 seed=3");
    double *after = predictions(a, &m);
    bool same = n == 150 && m == n && !memcmp(before, after, (size_t)n * sizeof *before);
    check_report(same, __FILE__, __LINE__, "%s predicts otherwise behind a file", predictor);
    ll_app_free(a);
    free(before);
    free(after);
    free(weights);
}

static void networks_come_back(void)
{
    check_comes_back("nasflat", "pretrain nasflat n=60 seed=1 epochs=1");
    check_comes_back("blend", "pretrain blend n=60 seed=1 epochs=1 choose_epochs=0");
}

static void other_data_warn(void)
{
    char *weights = file("gp.safetensors");
    ll_app *a = app_new();
    SAY(a, "simulate dataset=other space=fbnet n=80 seed=9 machines=sim_v100_b*");
    SAY(a, "load other");
    sayf(a, "model load %s as gp", weights);
    CHECK_HAS(said, "pretrained on other data");
    ll_app_free(a);
    free(weights);
}

static void predictions_are_exported(void)
{
    char *path = file("p.csv");
    ll_csv c;
    ll_error e = {0};
    bool more;
    int n, rows = 0, samples = 0;
    ll_app *a = app_new();
    do_work(a);
    sayf(a, "export predictions %s", path);
    double *v = predictions(a, &n), x;
    CHECK_OK(ll_csv_open(&c, path, &e));
    CHECK_OK(ll_csv_next(&c, &more, &e));
    CHECK_INT(c.n, 10);
    CHECK_STR(c.cells[6], "predicted_ms");
    while (!ll_csv_next(&c, &more, &e) && more) {
        CHECK_INT(atoi(c.cells[1]), rows);
        CHECK_STR(c.cells[3], "sim_eyeriss");
        CHECK(ll_decimal_parse(c.cells[6], &x) && x == v[rows]);
        samples += !strcmp(c.cells[9], "1");
        rows++;
    }
    CHECK_INT(rows, n);
    CHECK_INT(samples, 6);
    ll_csv_close(&c);
    ll_app_free(a);
    free(v);
    free(path);
}

static const check_case cases[] = {
    {"models come back", models_come_back},
    {"networks come back", networks_come_back},
    {"other data warn", other_data_warn},
    {"predictions are exported", predictions_are_exported},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_model_file", cases, argc, argv);
}
