/* Limits of searches and conditions on architectures: what is within, and what is refused. */
#include <math.h>
#include <string.h>

#include "core/num/stats.h"
#include "core/space/moves.h"
#include "core/transfer/pretrain.h"
#include "data/datasets/folder.h"
#include "tests/search/search_world.h"

static void limits_hold_on_all_devices_and_costs(void)
{
    ll_dataset *d = NULL;
    ll_error e = {0};
    ll_scorer *scorer = NULL;
    ll_search s;
    CHECK_OK(ll_folder_load("data/bundled/nb201_sim", &d, &e));
    CHECK_OK(ll_scorer_new("cifar100", &(ll_scorer_job){.space = d->space, .data = d}, &scorer, &e));
    ll_problem p = {.space = d->space, .data = d, .n = 5, .p = .9};
    p.q[0] = (ll_quantity){.name = "cifar100", .scorer = scorer, .max = INFINITY, .objective = true};
    p.q[1] = (ll_quantity){.name = "sim_eyeriss", .known = true, .max = 14, .objective = true};
    p.q[2] = (ll_quantity){.name = "sim_raspi4", .known = true, .max = 6};
    p.q[3] = (ll_quantity){.name = "params", .cost = ll_cost_find("params"), .max = 6e5};
    p.q[4] = (ll_quantity){.name = "peak_kb", .cost = ll_cost_find("peak_kb"), .max = 300};
    CHECK_OK(ll_search_run(&ll_search_exhaustive, &p, &(ll_search_options){0}, &s, &e));
    int eyeriss = ll_dataset_device(d, "sim_eyeriss"), raspi = ll_dataset_device(d, "sim_raspi4"), within = 0;
    double best = -1;
    for (int i = 0; i < d->n_archs; i++) {
        ll_cost c;
        ll_space_cost(d->space, ll_gene(d, i), &c);
        bool in = ll_latencies(d, eyeriss)[i] <= 14 && ll_latencies(d, raspi)[i] <= 6 && c.params <= 6e5 &&
                  c.peak_kb <= 300;
        CHECK(in == !s.excess[ll_archs_find(s.archs, ll_gene(d, i))]);
        within += in;
        if (in) best = fmax(best, ll_dataset_score(d, "cifar100")->v[i]);
    }
    CHECK(within > 100 && within < 10000);
    CHECK(s.best >= 0 && ll_search_values(&s, s.best)[0] == best);
    ll_search_free(&s);
    p.q[3].max = 10; /* no network is that small */
    CHECK_OK(ll_search_run(&ll_search_exhaustive, &p, &(ll_search_options){0}, &s, &e));
    CHECK(s.best < 0 && !s.front.n);
    ll_search_free(&s);
    ll_scorer_free(scorer);
    ll_dataset_unref(d);
}

static void limits_hold_at_the_quantile_asked_for(void)
{
    static const double ps[] = {.1, .5, .9, .99}, dofs[] = {0, 3};
    world w;
    world_open(&w, 0);
    w.p.q[1].max = 9.1;
    w.one.sd = 1.7;
    for (size_t i = 0; i < sizeof ps / sizeof *ps; i++)
        for (size_t d = 0; d < sizeof dofs / sizeof *dofs; d++) {
            w.p.p = ps[i];
            w.one.dof = dofs[d];
            double z = ps[i] == .5 ? 0 : ll_student_quantile(ps[i], dofs[d]);
            ll_search s = world_search(&w, "exhaustive");
            for (int a = 0; a + 1 < CUBE; a++)
                CHECK((cube_ms(ll_arch(s.archs, a)) + 1.7 * z <= 9.1) == !s.excess[a]);
            CHECK_INT(chosen(&s), best_by_hand(9.1 - 1.7 * z, 1e9));
            ll_search_free(&s);
        }
    world_close(&w);
}

/* P(L <= c) >= p and chance() are one thing said twice. */
static void chances_agree_with_quantiles(void)
{
    world w;
    world_open(&w, 0);
    w.p.q[1].max = 9;
    w.p.intervals = true;
    const double dof[] = {0, 4, 0};
    double values[] = {50, 7.5, 3}, sd[] = {0, 1, 0}, z[3];
    CHECK_NEAR(ll_problem_chance(&w.p, values, sd, dof), .89600, 1e-4); /* t of 4 degrees: 1.5 */
    w.p.p = ll_problem_chance(&w.p, values, sd, dof);
    ll_problem_quantiles(&w.p, dof, z);
    CHECK_NEAR(values[1] + z[1] * sd[1], 9, 1e-7);
    w.p.q[2].max = 2; /* known, and beyond */
    CHECK_NEAR(ll_problem_chance(&w.p, values, sd, dof), 0, 0);
    values[2] = 2;
    CHECK(ll_problem_chance(&w.p, values, sd, dof) > .8);
    values[2] = NAN;
    CHECK_NEAR(ll_problem_chance(&w.p, values, sd, dof), 0, 0);
    CHECK(ll_problem_excess(&w.p, values, sd, z) == INFINITY); /* of what is limited nothing is known */
    w.p.q[2].max = INFINITY;
    CHECK(ll_problem_excess(&w.p, values, sd, z) < 1e-6);
    values[0] = NAN;
    CHECK(ll_problem_excess(&w.p, values, sd, z) == INFINITY);
    world_close(&w);
}

static void unknown_latencies_are_not_within(void)
{
    ll_error e = {0};
    ll_search s;
    world w;
    world_open(&w, 0);
    ll_dataset *d = ll_dataset_extend(w.d, 0, 0);
    for (int i = 0; i < CUBE; i += 2) ll_latencies(d, 0)[i] = NAN;
    CHECK_OK(ll_dataset_seal(d, &e));
    ll_problem p = {.space = &cube, .data = d, .n = 2, .p = .5};
    p.q[0] = w.p.q[0];
    p.q[1] = (ll_quantity){.name = "one", .known = true, .max = 9, .objective = true};
    for (int m = 0; methods[m]; m++) {
        CHECK_OK(ll_search_run(ll_search_method_find(methods[m]), &p, &w.o, &s, &e));
        check_report(chosen(&s) % 2 == 1, __FILE__, __LINE__, "%s chose %d", methods[m], chosen(&s));
        for (int i = 0; i < s.front.n; i++) CHECK(!isnan(ll_search_values(&s, s.front.v[i])[1]));
        ll_search_free(&s);
    }
    ll_dataset_unref(d);
    world_close(&w);
}

static void what_was_measured_is_known(void)
{
    static const uint8_t corner[] = {9, 9, 9};
    world w;
    world_open(&w, .3);
    w.one.sd = 1;
    w.p.p = .9;
    w.p.q[1].max = 30;
    double truth = ll_latencies(w.d, 0)[CUBE - 1];
    CHECK(fabs(truth - cube_ms(corner)) > .01);
    ll_search s = world_search(&w, "exhaustive");
    CHECK_NEAR(ll_search_values(&s, CUBE - 1)[1], truth, 0);
    CHECK_NEAR(ll_search_sd(&s, CUBE - 1)[1], 0, 0);
    CHECK_NEAR(ll_search_sd(&s, 5)[1], 1, 0);
    ll_search_free(&s);
    w.p.q[1].measured = (ll_measured){listed((const int[]){5, 777}, 2), (const double[]){1.25, NAN}};
    s = world_search(&w, "exhaustive");
    CHECK_NEAR(ll_search_values(&s, 5)[1], 1.25, 0);
    CHECK_NEAR(ll_search_sd(&s, 5)[1], 0, 0);
    CHECK_NEAR(ll_search_values(&s, 777)[1], cube_ms(ll_arch(s.archs, 777)), 0);
    CHECK_NEAR(ll_search_values(&s, CUBE - 1)[1], truth, 0);
    ll_search_free(&s);
    s = world_search(&w, "local"); /* a part at a time */
    int at = ll_archs_find(s.archs, corner);
    if (CHECK(at >= 0)) CHECK_NEAR(ll_search_values(&s, at)[1], truth, 0);
    ll_search_free(&s);
    w.p.predicted_only = true;
    s = world_search(&w, "exhaustive");
    CHECK_NEAR(ll_search_values(&s, CUBE - 1)[1], cube_ms(corner), 0);
    CHECK_NEAR(ll_search_sd(&s, CUBE - 1)[1], 1, 0);
    CHECK_NEAR(ll_search_sd(&s, 5)[1], 1, 0);
    ll_search_free(&s);
    ll_archs_unref((ll_archs *)w.p.q[1].measured.archs);
    world_close(&w);
}

/* By the string: "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|". */
static bool flows(const char *text)
{
    bool edge[4][4] = {{false}}, reached[4] = {true};
    int to = 0;
    char part[40] = "";
    for (const char *c = text; *c; c++) {
        if (*c == '+' || c == text) to++;
        if (*c == '|' || *c == '+') {
            *part = 0;
        } else if (*c == '~') {
            edge[c[1] - '0'][to] = strcmp(part, "none") != 0;
        } else {
            size_t n = strlen(part);
            part[n] = *c, part[n + 1] = 0;
        }
    }
    for (int again = 0; again < 3; again++)
        for (int a = 0; a < 4; a++)
            for (int b = 0; b < 4; b++) reached[b] = reached[b] || (reached[a] && edge[a][b]);
    return reached[3];
}

static void connected_is_what_a_path_leads_through(void)
{
    const ll_space *space = ll_space_find("nasbench201");
    ll_error e = {0};
    ll_where *w = NULL;
    ll_archs *all = ll_archs_new(space, space->n_archs);
    bool *keep = LL_NEW_ARRAY(bool, space->n_archs);
    int n = 0;
    for (int i = 0; i < all->n; i++) space->at(space, i, ll_arch_at(all, i));
    CHECK_OK(ll_where_new("connected", &(ll_scorer_job){.space = space}, &w, &e));
    CHECK_OK(ll_where_apply(w, all, NULL, NULL, keep, &e));
    for (int i = 0; i < all->n; i++) {
        ll_str text = {0};
        space->format(space, ll_arch(all, i), &text);
        CHECK(flows(text.s) == keep[i]);
        n += keep[i];
        ll_str_free(&text);
    }
    CHECK(flows("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|") &&
          !flows("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"));
    CHECK(n > 10000 && n < 15625);
    free(keep);
    ll_archs_unref(all);
    ll_where_free(w);
}

static void comparisons_are_exact(void)
{
    static const struct {
        const char *text;
        int n;
    } cases[] = {{"value>=50", 1},    {"value>50", 0},
                 {"value<=50", 1000}, {"value=50", 1},
                 {"value<50", 999},   {"value<nan", 0},
                 {"-value<=-50", 1},  {"value>=49,value<50", 2},
                 {"val>=50", 1},      {"value>=-1e9,connected", 1000}};
    world w;
    world_open(&w, 0);
    ll_scorer_job job = {.space = &cube, .data = w.d};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        ll_error e = {0};
        ll_where *where = NULL;
        bool keep[CUBE];
        int n = 0;
        if (!check_report(!ll_where_new(cases[c].text, &job, &where, &e), __FILE__, __LINE__, "%s",
                          e.message))
            continue;
        CHECK_OK(ll_where_apply(where, w.d->archs, NULL, NULL, keep, &e));
        for (int i = 0; i < CUBE; i++) n += keep[i];
        check_report(n == cases[c].n, __FILE__, __LINE__, "%s: %d, expected %d", cases[c].text, n,
                     cases[c].n);
        w.p.where = where;
        ll_search s = world_search(&w, "exhaustive");
        n = 0;
        for (int i = 0; i < CUBE; i++) n += !s.excess[i];
        CHECK_INT(n, cases[c].n);
        ll_search_free(&s);
        ll_where_free(where);
    }
    w.p.where = NULL;
    world_close(&w);
}

static void what_is_no_condition_is_refused(void)
{
    static const char *const bad[] = {
        "",
        ",",
        "value",
        "value>",
        ">5",
        "value>high",
        "value==50",
        "other>5",
        "macs<1e8",
        "connect",
        "gp:other>1",
        "value>1,value>1,value>1,value>1,value>1,value>1,value>1,value>1,value>1,"
        "value>1,value>1,value>1,value>1,value>1,value>1,value>1,value>1"};
    world w;
    world_open(&w, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e = {0};
        ll_where *where = NULL;
        ll_status s =
            ll_where_new(bad[i], &(ll_scorer_job){.space = &cube, .data = w.d, .k = 200}, &where, &e);
        check_report(s == LL_USAGE && *e.message, __FILE__, __LINE__, "%s: %d %s", bad[i], s, e.message);
    }
    world_close(&w);
}

/* A position holds one of the choices named. */
static void positions_are_asked_for_their_choices(void)
{
    static const char *const bad[] = {"0>1=", "0>1=|", "0>1=conv", "0>4=none", "0>1", "0>1=none|conv"};
    const ll_space *space = ll_space_find("nasbench201");
    ll_error e = {0};
    ll_where *w = NULL;
    ll_archs *all = ll_archs_new(space, space->n_archs);
    bool *keep = LL_NEW_ARRAY(bool, space->n_archs);
    for (int i = 0; i < all->n; i++) space->at(space, i, ll_arch_at(all, i));
    CHECK_OK(
        ll_where_new("0>1=none|nor_conv_3x3,2>3=skip_connect", &(ll_scorer_job){.space = space}, &w, &e));
    CHECK_OK(ll_where_apply(w, all, NULL, NULL, keep, &e));
    int first = -1, last = -1;
    for (int p = 0; p < space->n_positions; p++) {
        if (!strcmp(space->positions[p], "0>1")) first = p;
        if (!strcmp(space->positions[p], "2>3")) last = p;
    }
    for (int i = 0; i < all->n && first >= 0 && last >= 0; i++) {
        const char *a = space->ops[ll_arch(all, i)[first]], *b = space->ops[ll_arch(all, i)[last]];
        CHECK(keep[i] == ((!strcmp(a, "none") || !strcmp(a, "nor_conv_3x3")) && !strcmp(b, "skip_connect")));
    }
    CHECK(first >= 0 && last >= 0);
    ll_where_free(w);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_status s = ll_where_new(bad[i], &(ll_scorer_job){.space = space}, &w, &e);
        check_report(s == LL_USAGE, __FILE__, __LINE__, "%s: %d", bad[i], s);
        if (!s) ll_where_free(w);
    }
    free(keep);
    ll_archs_unref(all);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        {"limits hold on all devices and costs", limits_hold_on_all_devices_and_costs},
        {"limits hold at the quantile asked for", limits_hold_at_the_quantile_asked_for},
        {"chances agree with quantiles", chances_agree_with_quantiles},
        {"unknown latencies are not within", unknown_latencies_are_not_within},
        {"what was measured is known", what_was_measured_is_known},
        {"connected is what a path leads through", connected_is_what_a_path_leads_through},
        {"comparisons are exact", comparisons_are_exact},
        {"what is no condition is refused", what_is_no_condition_is_refused},
        {"positions are asked for their choices", positions_are_asked_for_their_choices},
        {0},
    };
    return check_main("test_search_limits", cases, argc, argv);
}
