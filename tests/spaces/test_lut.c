/* The lookup table's profile: what it brings, and what is refused. */
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/costs/costs_file.h"
#include "core/num/stats.h"
#include "core/transfer/pretrain.h"
#include "core/transfer/transfer.h"
#include "tests/check.h"
#include "tests/spaces.h"

static const char *const ops[5] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"};
static const double ms_of[5] = {0, .5, 1, 2, 3};

static char *profile_file(const char *text)
{
    ll_error e = {0};
    char *path = ll_path_join(check_tmpdir(), "profile.csv");
    CHECK_INT(ll_write_file(path, text, strlen(text), &e), LL_OK);
    return path;
}

/* (positions, n_ops): what the file says of each choice, 0 of those that there are not; NULL: it is refused. */
static double *read_profile_of(const ll_space *space, const char *text, ll_error *e)
{
    char *path = profile_file(text);
    ll_costs *c = NULL;
    *e = (ll_error){0};
    ll_status s = ll_costs_open(path, space, &c, NULL, e);
    free(path);
    if (s) return NULL;
    double *cost = LL_NEW_ARRAY(double, space->n_positions * space->n_ops);
    for (int i = 0; i < c->n; i++) {
        const int *v = c->rows[i].part.v;
        cost[v[LL_PART_POSITION] * space->n_ops + v[LL_PART_OPERATION]] = c->rows[i].ms;
    }
    ll_costs_unref(c);
    return cost;
}

static double *read_profile(const char *text, ll_error *e)
{
    return read_profile_of(ll_space_find("nasbench201"), text, e);
}

/* A cost at one position wins over the one for everywhere; what does nothing costs nothing unless it is said. */
static void rows_fill_the_table(void)
{
    ll_error e;
    double *cost = read_profile("ms,layer,operation,position\n1,a,skip_connect,\n2,b,nor_conv_1x1,\n"
                                "# a comment\n3,c,nor_conv_3x3,\n4,d,avg_pool_3x3,\n9,e,nor_conv_3x3,1>3\n",
                                &e);
    CHECK_STR(e.message, "");
    for (int p = 0; p < 6; p++)
        for (int o = 0; o < 5; o++) CHECK_NEAR(cost[p * 5 + o], p == 4 && o == 3 ? 9 : o, 0);
    free(cost);
}

static void bad_profiles_are_refused(void)
{
    static const char *const bad[][2] = {
        {"", "the file is empty"},
        {"operation,cost\nnone,1\n", "line 1: no column \"ms\""},
        {"op,ms\nnone,1\n", "line 1: no column \"operation\", \"kind\" or \"name\""},
        {"operation,ms\nconv_9x9,1\n", "line 2: nasbench201 has no operation \"conv_9x9\": it has "},
        {"operation,position,ms\nnone,7>9,1\n", "line 2: nasbench201 has no position \"7>9\": it has 0>1, "},
        {"operation,ms\nnone,-1\n", "line 2: cost \"-1\": milliseconds from 0 were expected"},
        {"operation,ms\nnone,nan\n", "line 2: cost \"nan\""},
        {"operation,ms\nnone,inf\n", "line 2: cost \"inf\""},
        {"operation,ms\nnone,1 ms\n", "line 2: cost \"1 ms\""},
        {"operation,ms\nnone\n", "line 2: the cost is missing"},
        {"operation,ms\nnone,1\nskip_connect,2\nnone,1\n", "line 4: none at all positions is given twice"},
        {"operation,ms\nskip_connect,2\n", "no cost for nor_conv_1x1 at position 0>1"},
        {"operation,ms\n\"none,1\n", "line 2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e;
        double *cost = read_profile(bad[i][0], &e);
        check_report(!cost && e.status == LL_BAD_DATA && strstr(e.message, bad[i][1]), __FILE__, __LINE__,
                     "%s: %s", bad[i][1], e.message);
        free(cost);
    }
}

static ll_status transferred(const ll_dataset *d, const char *profile, ll_transfer **out, ll_error *e)
{
    const ll_predictor *p = ll_predictor_find("lut");
    static const int samples[4] = {77, 4321, 9000, 14003};
    ll_model *m = NULL;
    ll_values options;
    ll_ints none = {0};
    ll_values_init(&options, p->transfer_options);
    ll_pretrain_plan pretrain = {.data = d, .predictor = p, .source = &none, .seed = 1};
    CHECK_INT(ll_pretrain_run(&pretrain, &m, e), LL_OK);
    if (profile) CHECK_INT(ll_values_set(&options, "profile", profile, e), LL_OK);
    ll_transfer_plan plan = {
        .data = d, .model = m, .samples = samples, .k = 4, .seed = 1, .options = &options};
    ll_status s = ll_transfer_run(&plan, out, e);
    ll_values_free(&options);
    ll_model_unref(m);
    return s;
}

/* Networks take 3 ms and 1.7 times what their operations take alone: four samples say so, and nothing else. */
static void samples_correct_the_profile(void)
{
    ll_dataset *d = all_cells();
    ll_error e = {0};
    ll_str text = {0};
    ll_str_add(&text, "operation,ms\n");
    for (int o = 0; o < 5; o++) ll_str_addf(&text, "%s,%g\n", ops[o], ms_of[o]);
    char *path = profile_file(ll_str_text(&text));
    for (int i = 0; i < d->n_archs; i++) {
        d->lat_ms[i] = 3;
        for (int p = 0; p < 6; p++) d->lat_ms[i] += 1.7 * ms_of[ll_gene(d, i)[p]];
    }
    ll_transfer *with = NULL, *without = NULL, *failed = NULL;
    CHECK_INT(transferred(d, path, &with, &e), LL_OK);
    CHECK_INT(transferred(d, NULL, &without, &e), LL_OK);
    double good = ll_spearman(d->lat_ms, with->lat_ms, d->n_archs),
           poor = ll_spearman(d->lat_ms, without->lat_ms, d->n_archs);
    CHECK(good > .995 && poor < good - .01);
    CHECK_INT(with->measured.n, 4);
    CHECK(ll_json_get_num(with->info, "profile_factor", 0) > 1.3); /* of 1.7; the rest is in the parts */
    CHECK(!cJSON_HasObjectItem(without->info, "profile_factor"));
    CHECK_INT(transferred(d, check_missing(), &failed, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, check_missing());
    CHECK(!failed);
    ll_transfer_unref(with);
    ll_transfer_unref(without);
    ll_str_free(&text);
    free(path);
    ll_dataset_unref(d);
}

/* Names are those of the position; a row without a position is for all that have such a choice. */
static void positions_name_their_choices(void)
{
    static char *const kernels[] = {(char *)"3", (char *)"5"};
    static char *const depths[] = {(char *)"2", (char *)"3", (char *)"4", (char *)"6"};
    const ll_position positions[] = {{"kernel", kernels, 2}, {"depth", depths, 4}};
    ll_error e = {0};
    const ll_space *s = ll_space_define_positions("lut-own", positions, 2, &e);
    double *cost = read_profile_of(s, "operation,position,ms\n3,,1\n5,,2\n2,depth,4\n4,depth,5\n6,,7\n", &e);
    check_report(cost != NULL, __FILE__, __LINE__, "%s", e.message);
    const double expected[] = {1, 2, 0, 0, 4, 1, 5, 7}; /* no third and fourth kernel */
    for (int i = 0; i < 8 && cost; i++) CHECK_NEAR(cost[i], expected[i], 0);
    free(cost);
    CHECK(!read_profile_of(s, "operation,position,ms\n5,depth,1\n", &e));
    CHECK_HAS(e.message, "\"5\": it has 2, 3, 4, 6");
    CHECK(!read_profile_of(s, "operation,ms\n9,1\n", &e));
    CHECK_HAS(e.message, "\"9\": it has 3, 5, 2, 4, 6");
    CHECK(!read_profile_of(s, "operation,ms\n3,1\n5,1\n2,1\n3,1\n", &e));
    CHECK_HAS(e.message, "given twice");
}

/* Costs of layers, which hang on depths and resolutions, too: half of what the networks take. Saved and loaded, what was
 * learnt predicts the same without the file. */
static void layers_are_a_profile(void)
{
    const ll_space *space = ll_space_find("ofa");
    const ll_predictor *p = ll_predictor_find("lut");
    ll_dataset *d = ll_dataset_new("some", space, 60, 1);
    ll_rng r = ll_rng_new(3, LL_STREAM_DATA);
    ll_costs *c = ll_costs_new(NULL);
    ll_error e = {0};
    ll_device_set(&d->devices[0], "invented", LL_SIMULATED, "test", "ms", NULL, NULL);
    for (int i = 0; i < d->n_archs; i++) {
        ll_network n;
        ll_space_random(space, &r, ll_arch_at(d->archs, i));
        CHECK_OK(ll_network_build(space, ll_gene(d, i), &n, &e));
        d->lat_ms[i] = 1;
        for (int k = 0; k < n.n_layers; k++) {
            ll_cost_row row = {ll_part_of_layer(&n.layers[k]), .01, NAN, 0};
            row.ms += ll_part_macs(&row.part) / 1e9;
            d->lat_ms[i] += 2 * row.ms;
            CHECK_OK(ll_costs_add(c, &row, &e));
        }
    }
    ll_costs_seal(c, NULL);
    char *path = ll_path_join(check_tmpdir(), "layers.csv");
    CHECK_OK(ll_costs_write_csv(c, NULL, path, &e));
    CHECK_OK(ll_dataset_seal(d, &e));
    static const int samples[4] = {1, 20, 33, 50};
    ll_model *m = NULL;
    ll_values options;
    ll_ints none = {0};
    ll_transfer *t = NULL;
    ll_values_init(&options, p->transfer_options);
    CHECK_OK(ll_values_set(&options, "profile", path, &e));
    ll_pretrain_plan pretrain = {.data = d, .predictor = p, .source = &none, .seed = 1};
    CHECK_OK(ll_pretrain_run(&pretrain, &m, &e));
    ll_transfer_plan plan = {
        .data = d, .model = m, .samples = samples, .k = 4, .seed = 1, .options = &options};
    CHECK_OK(ll_transfer_run(&plan, &t, &e));
    CHECK_STR(e.message, "");
    if (t) {
        CHECK(ll_spearman(d->lat_ms, t->lat_ms, d->n_archs) > .98);
        CHECK_NEAR(ll_json_get_num(t->info, "profile_missing", -1), 0, 0);
        ll_tensors saved = {0};
        ll_adapted *again = NULL;
        ll_prediction out = {0};
        CHECK_OK(ll_adapted_save(t->adapted, &saved, &e));
        CHECK_OK(ll_adapted_load(&saved, m, &again, &e));
        CHECK_OK(ll_adapted_predict(again, &(ll_predict_job){.archs = d->archs}, &out, &e));
        for (int i = 0; i < d->n_archs; i++) CHECK_NEAR(out.lat_ms[i], t->lat_ms[i], 1e-12);
        ll_prediction_free(&out);
        ll_adapted_unref(again);
        ll_tensors_free(&saved);
    }
    ll_transfer_unref(t);
    ll_values_free(&options);
    ll_model_unref(m);
    ll_costs_unref(c);
    ll_dataset_unref(d);
    free(path);
}

static const check_case cases[] = {
    {"rows fill the table", rows_fill_the_table},
    {"bad profiles are refused", bad_profiles_are_refused},
    {"samples correct the profile", samples_correct_the_profile},
    {"positions name their choices", positions_name_their_choices},
    {"layers are a profile", layers_are_a_profile},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_lut", cases, argc, argv);
}
