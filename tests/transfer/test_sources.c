/* Sources chosen by the target's samples: the right ones, by nothing else, and what they are is said. */
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/device/likeness.h"
#include "core/device/source_choice.h"
#include "core/num/stats.h"
#include "tests/say.h"

enum { ROWS = 300, K = 12 };
/* Two kinds of devices: the first price convolutions, the others pooling; `1080ti_*` share hardware. */
static const struct {
    const char *name;
    double conv, pool;
} made[] = {{"1080ti_1", 10, 1}, {"1080ti_32", 10, 1.1}, {"titanx_1", 9, 1.2}, {"gold_6226", 9, 2},
            {"pixel2", 1, 10},   {"pixel3", 1.2, 10},    {"raspi4", 2, 9},     {"copy", 10, 1}};
enum { TI_1, TI_32, TITANX, GOLD, PIXEL2, PIXEL3, RASPI, COPY, N };

static ll_dataset *make_data(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_dataset *d = ll_dataset_new("made", space, ROWS, N);
    ll_rng r = ll_rng_new(3, LL_STREAM_DATA);
    for (int a = 0; a < ROWS; a++) space->at(space, a * 52, ll_arch_at(d->archs, a));
    for (int v = 0; v < N; v++) {
        ll_device_set(&d->devices[v], made[v].name, LL_SIMULATED, "test", "ms", NULL, NULL);
        for (int a = 0; a < ROWS; a++) {
            double y = 20;
            for (int p = 0; p < 6; p++)
                y += ll_gene(d, a)[p] == 3 ? made[v].conv : ll_gene(d, a)[p] == 4 ? made[v].pool : 0;
            ll_latencies(d, v)[a] = v == COPY ? 2 * ll_latencies(d, TI_1)[a] : y + .3 * ll_rng_normal(&r);
        }
    }
    ll_dataset_seal(d, NULL);
    return d;
}

static ll_corr among_all(const ll_dataset *d)
{
    ll_corr c = {0};
    ll_ints all = ll_ints_range(d->n_devices);
    CHECK_INT(ll_correlate(d, all.v, all.n, LL_SPEARMAN, NULL, NULL, &c, NULL), LL_OK);
    ll_ints_free(&all);
    return c;
}

static void first_rows(int rows[K])
{
    for (int i = 0; i < K; i++) rows[i] = 23 * i + 5;
}

static int choose(const ll_dataset *d, int target, int k, ll_source_rule rule, ll_chosen_source *out)
{
    ll_corr c = among_all(d);
    int rows[K];
    first_rows(rows);
    int n = ll_choose_sources(d, &c, target, rows, k, &rule, out);
    ll_corr_free(&c);
    return n;
}

static bool has(const ll_chosen_source *v, int n, int device)
{
    for (int i = 0; i < n; i++)
        if (v[i].device == device) return true;
    return false;
}

static void the_most_alike_are_chosen(void)
{
    ll_dataset *d = make_data();
    ll_chosen_source v[N];
    CHECK_INT(choose(d, PIXEL2, K, (ll_source_rule){2, true}, v), 2);
    CHECK(has(v, 2, PIXEL3) && has(v, 2, RASPI) && v[0].likeness >= v[1].likeness);
    CHECK_INT(choose(d, GOLD, K, (ll_source_rule){N, true}, v), N - 1); /* never itself */
    CHECK(!has(v, N - 1, GOLD));
    for (int i = 0; i + 1 < N - 1; i++) CHECK(v[i].likeness >= v[i + 1].likeness);
    CHECK(has(v, 3, TI_1) || has(v, 3, TI_32) || has(v, 3, TITANX));
    ll_dataset_unref(d);
}

static void what_is_the_target_itself_is_said(void)
{
    ll_dataset *d = make_data();
    ll_chosen_source v[N];
    CHECK_INT(choose(d, TI_1, K, (ll_source_rule){3, true}, v), 3);
    CHECK(has(v, 3, TI_32) && has(v, 3, COPY));
    for (int i = 0; i < 3; i++) {
        CHECK_INT(v[i].same_hardware, v[i].device == TI_32);
        if (v[i].device == COPY) CHECK(v[i].twin); /* no name tells that */
    }
    int n = choose(d, TI_1, K, (ll_source_rule){N, false}, v);
    CHECK_INT(n, N - 2);
    CHECK(!has(v, n, TI_32) && !has(v, n, TI_1));
    ll_dataset_unref(d);
}

/* Everything else of the target may be anything: the same choice with the same numbers. */
static void nothing_but_the_samples_is_looked_at(void)
{
    ll_dataset *d = make_data(), *blind = ll_dataset_extend(d, 0, 0);
    int rows[K];
    ll_chosen_source v[N], w[N];
    first_rows(rows);
    for (int a = 0; a < ROWS; a++) {
        bool sample = false;
        for (int i = 0; i < K; i++) sample |= rows[i] == a;
        if (!sample) ll_latencies(blind, PIXEL2)[a] = a % 3 ? 1000 - a : NAN;
    }
    ll_dataset_seal(blind, NULL);
    int n = choose(d, PIXEL2, K, (ll_source_rule){5, true}, v);
    CHECK_INT(choose(blind, PIXEL2, K, (ll_source_rule){5, true}, w), n);
    for (int i = 0; i < n; i++) {
        CHECK_INT(v[i].device, w[i].device);
        CHECK_NEAR(v[i].likeness, w[i].likeness, 0);
        CHECK_NEAR(v[i].on_samples, w[i].on_samples, 0);
    }
    ll_dataset_unref(blind);
    ll_dataset_unref(d);
}

/* Three samples prove nothing, and what is like most devices is the better guess. */
static void few_samples_count_for_little(void)
{
    ll_dataset *d = make_data();
    ll_chosen_source v[N];
    int n = choose(d, PIXEL2, 3, (ll_source_rule){N, true}, v);
    CHECK_INT(n, N - 1);
    CHECK(v[0].device == GOLD || v[0].device == TITANX || v[0].device == TI_1 || v[0].device == TI_32 ||
          v[0].device == COPY);
    CHECK_NEAR(v[0].lo, -1, 0);
    CHECK_NEAR(ll_fisher_z(1, 5), atanh(1 - 6. / 120), 1e-12);
    CHECK_NEAR(ll_fisher_z(-1, 5), -atanh(1 - 6. / 120), 1e-12);
    CHECK_NEAR(ll_fisher_z(.5, 5), atanh(.5), 1e-12);
    CHECK(isinf(ll_fisher_error(.5, 3)));
    for (double r = -1; r <= 1; r += 1) { /* no interval lies beside its value */
        double lo, hi;
        ll_spearman_interval(r, 5, .9, &lo, &hi);
        CHECK(lo <= r && r <= hi);
    }
    ll_dataset_unref(d);
}

static void likeness_has_its_uncertainty(void)
{
    ll_dataset *d = make_data();
    int rows[K], k;
    first_rows(rows);
    double surely = ll_more_alike(d, PIXEL2, PIXEL3, TI_1, rows, K);
    CHECK(surely > .975);
    CHECK_NEAR(ll_more_alike(d, PIXEL2, TI_1, PIXEL3, rows, K), 1 - surely, 1e-12);
    CHECK_NEAR(ll_more_alike(d, PIXEL2, COPY, TI_1, rows, K), .5, 1e-12); /* the same ranks */
    CHECK(isnan(ll_more_alike(d, PIXEL2, PIXEL3, TI_1, rows, 3)));
    CHECK_NEAR(ll_spearman_on(d, COPY, TI_1, rows, K, &k), 1, 1e-12);
    CHECK_INT(k, K);
    ll_dataset_unref(d);
}

static void write_table(const ll_dataset *d, const char *path)
{
    ll_str text = {0};
    ll_error e = {0};
    ll_str_add(&text, "index");
    for (int v = 0; v < N; v++) ll_str_addf(&text, ",%s", made[v].name);
    for (int a = 0; a < ROWS; a++) {
        ll_str_addf(&text, "\n%d", 52 * a);
        for (int v = 0; v < N; v++) ll_str_addf(&text, ",%.6f", ll_latencies(d, v)[a]);
    }
    ll_str_addc(&text, '\n');
    CHECK_INT(ll_write_file(path, text.s, text.len, &e), LL_OK);
    ll_str_free(&text);
}

static void the_command_makes_a_task(void)
{
    ll_app *a = app_new();
    ll_app_register(a, ll_score_commands);
    ll_dataset *d = make_data();
    char *path = ll_path_join(check_tmpdir(), "table.csv");
    ll_str line = {0};
    write_table(d, path);
    ll_str_addf(&line, "import csv %s as made space=nasbench201 unit=ms", path);
    SAY(a, line.s);
    SAY(a, "load made");
    SAY(a, "sources auto 1080ti_1 k=12 most=3");
    CHECK_HAS(said, "1080ti_32 is the same hardware as 1080ti_1");
    CHECK_HAS(said, "copy ranks the 12 samples as 1080ti_1 does");
    cJSON *chosen = said_result("sources");
    CHECK_INT(cJSON_GetArraySize(cJSON_GetObjectItem(chosen, "rows")), 3);
    CHECK_INT(ll_json_get_int(chosen, "candidates", 0), N - 1);
    cJSON_Delete(chosen);
    SAY(a, "sources auto pixel2 most=2 own=off");
    SAY(a, "pretrain lut");
    SAY(a, "transfer pixel2");
    cJSON *t = said_result("transfer");
    CHECK_INT(ll_json_get_int(t, "k", 0), 10); /* the samples that chose */
    cJSON_Delete(t);
    CHECK_INT(say(a, "sources auto nobody"), LL_USAGE);
    CHECK_INT(say(a, "sources"), LL_USAGE);
    CHECK_INT(say(a, "sources auto pixel2 k=100000"), LL_USAGE);
    ll_str_free(&line);
    free(path);
    ll_dataset_unref(d);
    ll_app_free(a);
}

/* In experiments every trial chooses for itself; what it sees of the target is k latencies, whichever sources. */
static void experiments_choose_in_every_trial(void)
{
    ll_app *a = app_new();
    ll_app_register(a, ll_score_commands);
    double spearman[2];
    SAY(a, "load made");
    SAY(a, "partition source=1080ti_1,gold_6226 target=pixel2");
    for (int i = 0; i < 2; i++) {
        SAY(a, i ? "score predictors=lowrank k=6 trials=3 sources=auto most=3"
                 : "score predictors=lowrank k=6 trials=3");
        cJSON *score = said_result("score");
        const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(score, "rows"), 0);
        spearman[i] = ll_json_get_num(row, "spearman", NAN);
        CHECK_NEAR(ll_json_get_num(row, "cost", 0), 6, 0);
        cJSON_Delete(score);
    }
    CHECK(spearman[1] > spearman[0] + .05); /* pixel3 and raspi4 are no sources of the task */
    ll_app_free(a);
}

static const check_case cases[] = {
    {"the most alike are chosen", the_most_alike_are_chosen},
    {"what is the target itself is said", what_is_the_target_itself_is_said},
    {"nothing but the samples is looked at", nothing_but_the_samples_is_looked_at},
    {"few samples count for little", few_samples_count_for_little},
    {"likeness has its uncertainty", likeness_has_its_uncertainty},
    {"the command makes a task", the_command_makes_a_task},
    {"experiments choose in every trial", experiments_choose_in_every_trial},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_sources", cases, argc, argv);
}
