/* Predictor kernels on devices whose kernels are known: what forests say of kernels that no row has, what whole networks
 * correct, and what fuses. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/rng.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/costs/costs_file.h"
#include "core/costs/costs_tensors.h"
#include "core/device/engine.h"
#include "core/diagnose/diagnose.h"
#include "core/num/stats.h"
#include "core/predict/kernels/correct.h"
#include "core/space/moves.h"
#include "core/transfer/pretrain.h"
#include "core/transfer/transfer.h"
#include "tests/check.h"

enum { NETWORKS = 300, K = 20 };

/* A device: 1 us a kernel, .02 us a thousand multiply-adds (depthwise: .1), .05 us a thousand numbers moved. */
static double law_ms(const ll_part *p)
{
    double macs = ll_kernel_of(p) == LL_KERNEL_DWCONV ? 1e-7 : 2e-8;
    return 1e-3 + macs * ll_part_macs(p) + 5e-8 * ll_part_moved(p);
}

/* A table that has no row: single layers, none of them priced. */
static ll_costs *nothing(void)
{
    ll_costs *c = ll_costs_new(NULL);
    ll_costs_seal(c, NULL);
    return c;
}

/* Whether a kernel is among those that a table has: the same every time it is met. */
static bool is_kept(const ll_part *p, double share)
{
    unsigned mix = (unsigned)p->kind;
    for (int f = 0; f < LL_PART_FIELDS; f++) mix = mix * 31 + (unsigned)p->v[f];
    return mix % 97 < 97 * share;
}

/* Adds the kernels of an architecture that the table lacks. */
static void add_missing(ll_costs *c, const ll_bill *bill, ll_rng *r, double share)
{
    for (int k = 0; k < bill->n; k++) {
        const ll_part *p = &bill->lines[k].part;
        bool there = false;
        for (int i = 0; i < c->n && !there; i++) there = !ll_part_compare(&c->rows[i].part, p);
        ll_cost_row row = {*p, law_ms(p) * (1 + .01 * ll_rng_normal(r)), .001, 5};
        if (!there && p->kind != LL_PART_COPY && is_kept(p, share)) CHECK_OK(ll_costs_add(c, &row, NULL));
    }
}

/* Of a share of the kernels of a space. */
static ll_costs *table_of(const ll_space *s, double share)
{
    ll_costs *none = nothing();
    ll_costs *c = ll_costs_new(NULL);
    ll_rng r = ll_rng_new(5, LL_STREAM_DATA);
    for (int i = 0; i < 40; i++) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_bill bill;
        ll_space_random(s, &r, gene);
        ll_costs_bill(none, s, gene, &bill);
        add_missing(c, &bill, &r, share);
    }
    ll_costs_seal(c, NULL);
    ll_costs_unref(none);
    return c;
}

/* What the law says of a network, kernels of `group` times as much; what fuses is not taken off. */
static double network_ms(const ll_space *s, const uint8_t *gene, int group, double times)
{
    ll_costs *none = nothing();
    ll_bill bill;
    double ms = 0;
    ll_costs_bill(none, s, gene, &bill);
    for (int k = 0; k < bill.n; k++)
        ms += law_ms(&bill.lines[k].part) * (ll_group_of(&bill.lines[k].part) == group ? times : 1);
    ll_costs_unref(none);
    return ms;
}

/* --- kernels that no row has --- */

static void forests_price_what_the_table_lacks(void)
{
    const ll_space *s = ll_space_find("fbnet");
    ll_costs *some = table_of(s, .5), *all = table_of(s, 1);
    ll_kernel_prices p;
    ll_error e = {0};
    double *errors = LL_NEW_ARRAY(double, some->n);
    int near = 0, lacking = 0, known = 0, grown = 0;
    CHECK_OK(ll_kernel_prices_fit(some, 1, NULL, NULL, &p, errors, &e));
    for (int i = 0; i < some->n; i++) known += fabs(errors[i]) < .1;
    for (int i = 0; i < all->n; i++) {
        if (ll_costs_find(some, &all->rows[i].part)) continue;
        double true_ms = law_ms(&all->rows[i].part);
        lacking++;
        near += fabs(ll_kernel_prices_of(&p, &all->rows[i].part) / true_ms - 1) < .1;
    }
    for (int k = 0; k < LL_KERNELS; k++) grown += p.kind[k].forest.n_trees > 0;
    CHECK(lacking > 20 && grown >= 2);
    check_report(near >= .9 * lacking && known >= .9 * some->n, __FILE__, __LINE__,
                 "%d of %d within 10 %%; left out %d of %d", near, lacking, known, some->n);
    CHECK(p.kind[LL_KERNEL_DWCONV].within > .8);
    ll_kernel_prices_free(&p);
    free(errors);
    ll_costs_unref(some);
    ll_costs_unref(all);
}

/* Where there is no table, work and traffic; and a kind that has no row is priced as all together. */
static void a_kind_without_rows_is_priced_as_all(void)
{
    ll_kernel_prices p;
    ll_part conv = ll_part_new(LL_PART_CONV);
    conv.v[LL_PART_H_IN] = conv.v[LL_PART_H_OUT] = 10;
    conv.v[LL_PART_C_IN] = conv.v[LL_PART_C_OUT] = 8;
    conv.v[LL_PART_KERNEL] = conv.v[LL_PART_STRIDE] = conv.v[LL_PART_GROUPS] = 1;
    CHECK_OK(ll_kernel_prices_fit(NULL, 1, NULL, NULL, &p, NULL, NULL));
    CHECK_NEAR(ll_kernel_prices_of(&p, &conv), 1e-8 * 6400 + 1e-7 * (1600 + 72), 1e-12);
    ll_kernel_prices_free(&p);
    ll_costs *c = ll_costs_new(NULL);
    for (int i = 1; i <= 5; i++) { /* means that cost 2e-7 ms a number */
        ll_cost_row row = {ll_part_new(LL_PART_ADD), 0, NAN, 0};
        row.part.v[LL_PART_H_IN] = 8 * i;
        row.part.v[LL_PART_C_IN] = 16;
        row.ms = 2e-7 * ll_part_moved(&row.part);
        CHECK_OK(ll_costs_add(c, &row, NULL));
    }
    ll_costs_seal(c, NULL);
    CHECK_OK(ll_kernel_prices_fit(c, 1, NULL, NULL, &p, NULL, NULL));
    CHECK_INT(p.kind[LL_PART_ADD].forest.n_trees, 0); /* five rows are few */
    CHECK(fabs(ll_kernel_prices_of(&p, &c->rows[2].part) / c->rows[2].ms - 1) < .02);
    CHECK(ll_kernel_prices_of(&p, &conv) > 0);
    ll_kernel_prices_free(&p);
    ll_costs_unref(c);
}

/* What the law says of the layers that an operation makes at a position. */
static double choice_ms(const ll_space *s, int position, int operation)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_network n;
    ll_error e = {0};
    double ms = 0;
    memset(gene, operation, sizeof gene);
    CHECK_OK(ll_network_build(s, gene, &n, &e));
    for (int i = 0; i < n.n_layers; i++) {
        ll_part p = ll_part_of_layer(&n.layers[i]);
        if (n.layers[i].position == position && p.kind != LL_PART_COPY) ms += law_ms(&p);
    }
    return ms;
}

/* A table of operations has no row for stem, reductions and classifier: they cost what their multiply-adds and numbers moved
 * do in the operations' layers, not what an operation costs, which is of fifteen cells. */
static void operations_price_the_parts_between(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    ll_costs *c = ll_costs_new(s), *none = nothing();
    ll_kernel_prices p;
    ll_bill bill;
    for (int position = 0; position < s->n_positions; position++)
        for (int op = 0; op < s->n_ops; op++) {
            ll_cost_row row = {ll_part_new(LL_PART_CHOICE), choice_ms(s, position, op), NAN, 0};
            row.part.v[LL_PART_POSITION] = position;
            row.part.v[LL_PART_OPERATION] = op;
            CHECK_OK(ll_costs_add(c, &row, NULL));
        }
    ll_costs_seal(c, NULL);
    CHECK_OK(ll_kernel_prices_fit(c, 1, NULL, NULL, &p, NULL, NULL));
    CHECK_INT(p.kind[LL_PART_CONV].by, LL_PRICED_BY_CHOICES);
    CHECK_INT(p.kind[LL_PART_LINEAR].by, LL_PRICED_BY_ALL);
    ll_costs_bill(none, s, (const uint8_t[6]){0}, &bill); /* an empty cell */
    for (int k = 0; k < bill.n; k++) {
        double says = ll_kernel_prices_of(&p, &bill.lines[k].part), truth = law_ms(&bill.lines[k].part);
        check_report(fabs(says / truth - 1) < .05, __FILE__, __LINE__, "%s: %g for %g ms",
                     ll_kernel_name(ll_kernel_of(&bill.lines[k].part)), says, truth);
    }
    const uint8_t gene[6] = {3, 2, 1, 4, 2, 3}; /* without their rows, too, choices cost what they say */
    double on[LL_GROUPS], off[LL_GROUPS];
    double rows = ll_sum_groups(&(ll_summing){c, &p, true}, s, gene, on);
    CHECK_NEAR(ll_sum_groups(&(ll_summing){c, &p, false}, s, gene, off), rows, 1e-12);
    ll_kernel_prices_free(&p);
    ll_costs_unref(none);
    ll_costs_unref(c);
}

/* --- deviations --- */

static ll_deviation deviation_of(double constant, double share, int n)
{
    ll_rng r = ll_rng_new(3, LL_STREAM_DATA);
    double *predicted = LL_NEW_ARRAY(double, n), *y = LL_NEW_ARRAY(double, n);
    ll_deviation s;
    for (int i = 0; i < n; i++) {
        predicted[i] = 1 + 19. * i / (n - 1);
        y[i] = predicted[i] + hypot(constant, share * predicted[i]) * ll_rng_normal(&r);
    }
    ll_deviation_fit(predicted, y, n, &s);
    free(predicted);
    free(y);
    return s;
}

static void deviations_are_right_at_both_ends(void)
{
    static const double made[][2] = {{1, .002}, {.02, .2}, {1, .2}};
    for (int i = 0; i < 3; i++) {
        ll_deviation s = deviation_of(made[i][0], made[i][1], 400);
        for (int at = 1; at <= 20; at += 19) {
            double truth = hypot(made[i][0], made[i][1] * at), says = ll_deviation_at(&s, at);
            check_report(says > .75 * truth && says < 1.5 * truth, __FILE__, __LINE__,
                         "%g and %g at %d: %g for %g", made[i][0], made[i][1], at, says, truth);
        }
    }
    ll_deviation few = deviation_of(1, .002, 8), one;
    CHECK(ll_deviation_at(&few, 1) > .4 && ll_deviation_at(&few, 20) < 4);
    CHECK_NEAR(few.dof, 6, 0);
    ll_deviation_fit(NULL, (const double[]){10}, 1, &one);
    CHECK_NEAR(one.constant_ms, 1, 1e-12);
    CHECK_NEAR(one.share, .3, 0);
}

/* --- whole networks --- */

/* Drawn networks on device "table", which is made of one, and on `n` others to be filled in. */
static ll_dataset *networks(const ll_space *s, double share, int n)
{
    ll_dataset *d = ll_dataset_new("kernels", s, NETWORKS, 1 + n);
    ll_rng r = ll_rng_new(9, LL_STREAM_DATA);
    ll_archs *seen = ll_archs_new(s, 0);
    while (seen->n < NETWORKS) {
        uint8_t gene[LL_MAX_POSITIONS];
        ll_space_random(s, &r, gene);
        ll_archs_add(seen, gene, NULL);
    }
    memcpy(d->archs->genes, seen->genes, (size_t)NETWORKS * (size_t)s->n_positions);
    ll_archs_unref(seen);
    ll_device_set(&d->devices[0], "table", LL_SIMULATED, "test", "ms", NULL, NULL);
    ll_device_set_costs(&d->devices[0], table_of(s, share));
    for (int i = 0; i < NETWORKS; i++) d->lat_ms[i] = network_ms(s, ll_gene(d, i), -1, 1);
    return d;
}

static ll_transfer *transferred(const ll_dataset *d, int target, int k, const char *rows, ll_error *e)
{
    const ll_predictor *p = ll_predictor_find("kernels");
    ll_ints source = ll_ints_range(1), samples = ll_ints_range(k);
    ll_values options;
    ll_model *m = NULL;
    ll_transfer *t = NULL;
    ll_values_init(&options, p->pretrain_options);
    CHECK_OK(ll_values_set(&options, "rows", rows, e));
    ll_pretrain_plan pretrain = {
        .data = d, .predictor = p, .source = &source, .seed = 1, .options = &options};
    check_report(!ll_pretrain_run(&pretrain, &m, e), __FILE__, __LINE__, "%s", e->message);
    ll_transfer_plan plan = {.data = d,
                             .model = m,
                             .target = target,
                             .samples = samples.v,
                             .k = k,
                             .seed = 1,
                             .want_variance = true};
    if (m) ll_transfer_run(&plan, &t, e);
    ll_values_free(&options);
    ll_ints_free(&source);
    ll_ints_free(&samples);
    ll_model_unref(m);
    return t;
}

static double mean_error(const ll_transfer *t, const double *true_ms)
{
    double sum = 0;
    for (int i = K; i < t->n; i++) sum += fabs(t->lat_ms[i] / true_ms[i] - 1) / (t->n - K);
    return 100 * sum;
}

static void set_device(ll_dataset *d, int j, const char *name)
{
    ll_device_set(&d->devices[j], name, LL_MEASURED, "test", "ms", NULL, NULL);
}

/* Half of the kernels stand in the table. One device is 1.7 times as fast, another has .5 ms of its own for each network,
 * and on a third depthwise 5x5 takes twice what the table says. */
static void whole_networks_correct_the_table(void)
{
    const ll_space *s = ll_space_find("fbnet");
    ll_part dw = ll_part_new(LL_PART_CONV);
    dw.v[LL_PART_C_IN] = dw.v[LL_PART_GROUPS] = 8;
    dw.v[LL_PART_KERNEL] = 5;
    int deep = ll_group_of(&dw);
    static const char *const names[] = {"faster", "offset", "deep"}, *const how[] = {"factor", "offset",
                                                                                     "groups"};
    ll_dataset *d = networks(s, .5, 3);
    ll_error e = {0};
    for (int j = 0; j < 3; j++) set_device(d, 1 + j, names[j]);
    for (int i = 0; i < NETWORKS; i++) {
        ll_latencies(d, 1)[i] = d->lat_ms[i] / 1.7;
        ll_latencies(d, 2)[i] = d->lat_ms[i] + .5;
        ll_latencies(d, 3)[i] = network_ms(s, ll_gene(d, i), deep, 2);
    }
    CHECK_OK(ll_dataset_seal(d, &e));
    for (int j = 0; j < 3; j++) {
        ll_transfer *t = transferred(d, 1 + j, K, "on", &e), *forests = transferred(d, 1 + j, K, "off", &e);
        check_report(t && forests, __FILE__, __LINE__, "%s", e.message);
        if (!t || !forests) continue;
        double error = mean_error(t, ll_latencies(d, 1 + j)),
               other = mean_error(forests, ll_latencies(d, 1 + j));
        check_report(error < 2 && other < 4, __FILE__, __LINE__, "%s: %.2f %%, by forests %.2f %%", names[j],
                     error, other);
        CHECK_STR(ll_json_get_str(t->info, "correct", ""), how[j]);
        CHECK(t->sd_ms && t->sd_ms[40] > 0 && t->sd_ms[40] < .2 * t->lat_ms[40]);
        char *info = ll_json_line(t->info);
        check_report(!strstr(info, "dwconv 5x5 costs ") == (j != 2), __FILE__, __LINE__, "%s: %s", names[j],
                     info);
        free(info);
        ll_transfer_unref(t);
        ll_transfer_unref(forests);
    }
    ll_dataset_unref(d);
}

/* The diagnosis asks the same of a transfer of another predictor, where a source is made of a table. */
static void a_diagnosis_names_the_kernel(void)
{
    const ll_space *s = ll_space_find("fbnet");
    ll_part dw = ll_part_new(LL_PART_CONV);
    dw.v[LL_PART_C_IN] = dw.v[LL_PART_GROUPS] = 8;
    dw.v[LL_PART_KERNEL] = 5;
    ll_dataset *d = networks(s, 1, 1);
    ll_error e = {0};
    set_device(d, 1, "deep");
    for (int i = 0; i < NETWORKS; i++)
        ll_latencies(d, 1)[i] = network_ms(s, ll_gene(d, i), ll_group_of(&dw), 2);
    CHECK_OK(ll_dataset_seal(d, &e));
    ll_ints table = ll_ints_range(1), target = ll_ints_copy((int[]){1}, 1), samples = ll_ints_range(K);
    ll_task *task = ll_task_new("test", d, &table, &target);
    ll_model *m = NULL;
    ll_transfer *flops = NULL, *kernels = NULL;
    ll_pretrain_plan pretrain = {
        .data = d, .predictor = ll_predictor_find("flops"), .source = &table, .seed = 1};
    CHECK_OK(ll_pretrain_run(&pretrain, &m, &e));
    ll_transfer_plan plan = {.data = d, .model = m, .target = 1, .samples = samples.v, .k = K, .seed = 1};
    CHECK_OK(ll_transfer_run(&plan, &flops, &e));
    ll_diagnosis q = {.data = d, .task = task, .device = 1, .transfer = flops, .seed = 1};
    CHECK_OK(ll_diagnose_kernels(&q, &kernels, &e));
    CHECK(kernels && kernels != flops);
    char *info = kernels ? ll_json_line(kernels->info) : ll_strdup("");
    check_report(strstr(info, "dwconv 5x5 costs ") != NULL, __FILE__, __LINE__, "%s", info);
    free(info);
    q.transfer = kernels; /* one of kernels is asked itself */
    ll_transfer *same = NULL;
    if (kernels) CHECK_OK(ll_diagnose_kernels(&q, &same, &e));
    CHECK(same == kernels);
    ll_transfer_unref(same);
    ll_transfer_unref(kernels);
    ll_transfer_unref(flops);
    ll_model_unref(m);
    ll_task_unref(task);
    ll_ints_free(&table);
    ll_ints_free(&target);
    ll_ints_free(&samples);
    ll_dataset_unref(d);
}

/* Of the networks that take from .. to without the noise, how many are within their 90 % intervals. */
static double covered(const ll_dataset *d, const ll_transfer *t, double from, double to)
{
    int n = 0, held = 0;
    for (int i = K; i < t->n; i++) {
        if (d->lat_ms[i] < from || d->lat_ms[i] > to) continue;
        n++;
        held += fabs(t->lat_ms[i] - ll_latencies(d, 1)[i]) <= 1.734 * t->sd_ms[i]; /* t, 18 degrees */
    }
    return n ? (double)held / n : NAN;
}

/* A device that adds the same noise to everything; adds to low and high what is covered of the fastest and the slowest fifth. */
static void cover_noisy(uint64_t seed, double *low, double *high)
{
    ll_dataset *d = networks(ll_space_find("nasbench201"), 1, 1);
    ll_error e = {0};
    ll_rng r = ll_rng_new(seed, LL_STREAM_DATA);
    set_device(d, 1, "noisy");
    for (int i = 0; i < NETWORKS; i++)
        ll_latencies(d, 1)[i] = fmax(.02, d->lat_ms[i] + .06 * ll_rng_normal(&r));
    CHECK_OK(ll_dataset_seal(d, &e));
    ll_transfer *t = transferred(d, 1, K, "on", &e);
    CHECK(t != NULL);
    if (t) *low += covered(d, t, 0, ll_quantile(d->lat_ms, NETWORKS, .2));
    if (t) *high += covered(d, t, ll_quantile(d->lat_ms, NETWORKS, .8), INFINITY);
    ll_transfer_unref(t);
    ll_dataset_unref(d);
}

/* There a share of the prediction is too little for the fastest. */
static void the_fastest_are_covered(void)
{
    enum { DRAWS = 6 };
    double low = 0, high = 0;
    for (int i = 0; i < DRAWS; i++) cover_noisy((uint64_t)(8 + i), &low, &high);
    check_report(low > .8 * DRAWS && high > .8 * DRAWS, __FILE__, __LINE__,
                 "%.2f of the fastest, %.2f of the slowest", low / DRAWS, high / DRAWS);
}

/* Where all samples but the fastest lie on a line that crosses zero, the offset is not below zero, and nothing is predicted to
 * take no time. */
static void nothing_takes_no_time(void)
{
    static const char *const hows[] = {"auto", "factor", "offset", "groups"};
    double sums[8 * LL_GROUPS] = {0}, y[8], one[LL_GROUPS] = {0};
    for (int i = 0; i < 8; i++) {
        sums[i * LL_GROUPS + 8] = 1 + i;
        sums[i * LL_GROUPS + 16] = 1; /* what every network has, and does not seem to cost anything */
        y[i] = 1 + i - .9;
    }
    for (int h = 0; h < 4; h++)
        for (int g = 0; g < 24; g += 8) {
            ll_correction c;
            ll_correct(sums, y, 8, hows[h], &c);
            memset(one, 0, sizeof one);
            one[g] = .01;
            check_report(ll_corrected(&c, one) > 0 && c.offset_ms >= 0, __FILE__, __LINE__,
                         "%s: %g ms, offset %g", hows[h], ll_corrected(&c, one), c.offset_ms);
        }
}

/* One sample is enough for a factor, and no more. */
static void few_samples_give_a_factor(void)
{
    ll_dataset *d = networks(ll_space_find("fbnet"), 1, 1);
    ll_error e = {0};
    set_device(d, 1, "slower");
    for (int i = 0; i < NETWORKS; i++) ll_latencies(d, 1)[i] = 3 * d->lat_ms[i];
    CHECK_OK(ll_dataset_seal(d, &e));
    ll_transfer *t = transferred(d, 1, 1, "on", &e);
    CHECK(t != NULL);
    if (t) CHECK(fabs(ll_json_get_num(t->info, "factor", 0) - 3) < .1);
    ll_transfer_unref(t);
    ll_latencies(d, 1)[0] = 0;
    t = transferred(d, 1, 1, "on", &e);
    CHECK(!t);
    CHECK_HAS(e.message, "all zero");
    ll_dataset_unref(d);
}

/* --- fusion --- */

/* By hand: A 2 ms, B 1 ms, together 2.4: .6 of B is saved; and .4 where they take 2.6. */
static void gains_are_those_by_hand(void)
{
    CHECK_NEAR(ll_fusion_gain(2, 1, 2.4), .6, 1e-12);
    CHECK_NEAR(ll_fusion_gain(1, 2, 2.6), .4, 1e-12);
    CHECK(isnan(ll_fusion_gain(0, 2, 2)));
    ll_fusion f;
    ll_error e = {0};
    CHECK_OK(ll_fusion_read("dwconv+add", .6, 3, &f, &e));
    CHECK(ll_fusion_fuses(&f) && f.before == LL_KERNEL_DWCONV && f.after == LL_PART_ADD);
    CHECK_OK(ll_fusion_read("conv+dwconv", .5, 3, &f, &e));
    CHECK(!ll_fusion_fuses(&f));
    static const char *const bad[] = {"conv", "+", "conv+", "+add", "conv+relu", "conv+add+add"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_report(ll_fusion_read(bad[i], 1, 1, &f, &e) == LL_BAD_DATA, __FILE__, __LINE__, "%s", bad[i]);
    CHECK_INT(ll_fusion_read("conv+add", NAN, 1, &f, &e), LL_BAD_DATA);
}

static ll_costs *read_table(const char *text, ll_error *e)
{
    ll_costs *c = ll_costs_new(NULL);
    *e = (ll_error){0};
    if (!ll_costs_read_text(c, "t.csv", text, strlen(text), NULL, e)) {
        ll_costs_seal(c, NULL);
        return c;
    }
    ll_costs_unref(c);
    return NULL;
}

/* Each convolution costs 2 and each sum 1: of a cell's sums as many as read a convolution alone cost .4. */
static void a_bill_takes_off_what_is_fused(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    const char *rows = "kind,h_in,c_in,c_out,ms,count,gain\n", *const fused =
                                                                   "conv+add,,,,,3,.6\nconv+pool,,,,,3,.2\n";
    ll_str text = {0};
    uint8_t gene[6];
    ll_error e;
    ll_bill with, without;
    ll_str_add(&text, rows);
    for (int h = 8, c = 64; h <= 32; h *= 2, c /= 2)
        ll_str_addf(&text, "conv,%d,%d,%d,2,,\nadd,%d,%d,,1,,\n", h, c, c, h, c);
    ll_costs *plain = read_table(ll_str_text(&text), &e);
    ll_str_add(&text, fused);
    ll_costs *c = read_table(ll_str_text(&text), &e);
    check_report(c != NULL, __FILE__, __LINE__, "%s", e.message);
    if (!c) return;
    CHECK_INT(c->n_fusions, 2);
    /* node 1: a convolution; node 2: a convolution of it; node 3: a convolution of the input plus one of node 2 */
    CHECK_OK(ll_space_read(
        s, "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|nor_conv_3x3~0|none~1|nor_conv_3x3~2|", gene, &e));
    ll_costs_bill(plain, s, gene, &without);
    ll_costs_bill(c, s, gene, &with);
    int fusions = 0, sums = 0;
    for (int k = 0; k < with.n; k++) {
        fusions += with.lines[k].with >= 0;
        sums += with.lines[k].part.kind == LL_PART_ADD;
        if (with.lines[k].with >= 0) {
            CHECK_INT(with.lines[k].part.kind, LL_PART_ADD);
            CHECK_INT(with.lines[with.lines[k].with].part.kind, LL_PART_CONV);
        }
    }
    CHECK_INT(sums, 17); /* one a cell, and one in each of two reduction blocks */
    CHECK_INT(fusions, 17);
    int priced = 0;
    for (int k = 0; k < with.n; k++) priced += with.lines[k].saved_ms > 0;
    CHECK_NEAR(without.ms - with.ms, .6 * priced, 1e-9);
    CHECK(priced >= 15);
    ll_tensors file = {0};
    ll_costs *back = NULL;
    ll_costs_save(c, &file);
    CHECK_OK(ll_costs_load(&file, s, &back, &e));
    CHECK(back && back->n_fusions == 2 && ll_costs_fusion(back, LL_PART_CONV, LL_PART_ADD)->gain == .6);
    ll_costs_unref(back);
    ll_tensors_free(&file);
    char *path = ll_path_join(check_tmpdir(), "fused.csv");
    CHECK_OK(ll_costs_write_csv(c, NULL, path, &e));
    CHECK_OK(ll_costs_open(path, NULL, &back, NULL, &e));
    CHECK(back && back->n == c->n && back->n_fusions == 2);
    if (back) CHECK_INT(ll_costs_fusion(back, LL_PART_CONV, LL_PART_ADD)->count, 3);
    ll_costs_unref(back);
    free(path);
    ll_costs_unref(c);
    ll_costs_unref(plain);
    ll_str_free(&text);
}

/* Every convolution before and behind a depthwise one costs 2, that one 1, sums 1.5: a table of these kinds and rules. */
static ll_costs *table_of_chains(const ll_space *s, const uint8_t *gene, const char *rules)
{
    ll_network n;
    ll_error e = {0};
    ll_costs *c = ll_costs_new(NULL);
    CHECK_OK(ll_network_build(s, gene, &n, &e));
    for (int i = 0; i < n.n_layers; i++) {
        ll_cost_row row = {ll_part_of_layer(&n.layers[i]), 2, NAN, 1};
        if (ll_kernel_of(&row.part) == LL_KERNEL_DWCONV) row.ms = 1;
        if (row.part.kind == LL_PART_ADD) row.ms = 1.5;
        if (row.part.kind != LL_PART_COPY) CHECK_OK(ll_costs_add(c, &row, &e));
    }
    if (*rules) CHECK_OK(ll_costs_read_text(c, "rules.csv", rules, strlen(rules), NULL, &e));
    ll_costs_seal(c, NULL);
    return c;
}

/* In FBNet's blocks, convolution, depthwise convolution, convolution, sum: the second fuses with both its neighbours and is the
 * cheapest, so its cost is taken off once, at the larger share; the last sum is cheaper than what it is done with. */
static void a_chain_saves_a_cost_once(void)
{
    static const char rules[] = "kind,c_in,ms,count,gain\nconv+dwconv,,,3,.8\ndwconv+conv,,,3,.9\n"
                                "conv+add,,,3,1\n";
    const ll_space *s = ll_space_find("fbnet");
    uint8_t gene[LL_MAX_POSITIONS];
    ll_bill bill;
    for (int p = 0; p < s->n_positions; p++) gene[p] = 2; /* expansion 3, kernel 3 */
    ll_costs *plain = table_of_chains(s, gene, ""), *c = table_of_chains(s, gene, rules);
    ll_kernel_prices prices;
    double whole, groups[LL_GROUPS];
    ll_costs_bill(plain, s, gene, &bill);
    whole = bill.ms;
    ll_costs_bill(c, s, gene, &bill);
    int deep = 0, sums = 0, chains = 0;
    for (int k = 0; k < bill.n; k++) {
        deep += ll_kernel_of(&bill.lines[k].part) == LL_KERNEL_DWCONV;
        sums += bill.lines[k].part.kind == LL_PART_ADD && bill.lines[k].with >= 0;
        chains += bill.lines[k].with >= 0 && ll_kernel_of(&bill.lines[k].part) == LL_KERNEL_DWCONV;
    }
    CHECK(deep >= 20 && sums >= 5 && chains == deep);
    CHECK_NEAR(whole - bill.ms, .9 * deep + 1.5 * sums, 1e-9);
    CHECK_OK(ll_kernel_prices_fit(c, 1, NULL, NULL, &prices, NULL, NULL));
    CHECK_NEAR(ll_sum_groups(&(ll_summing){c, &prices, true}, s, gene, groups), bill.ms, 1e-9);
    for (int g = 0; g < LL_GROUPS; g++) CHECK(groups[g] >= 0);
    ll_costs *blocks = ll_costs_regroup(c, s, gene, 1);
    for (int i = 0; i < blocks->n; i++)
        if (blocks->rows[i].part.kind == LL_PART_BLOCK) /* 2 + 1 + 2 - .9, and a sum that is free */
            CHECK_NEAR(blocks->rows[i].ms, 4.1, 1e-9);
    ll_costs_unref(blocks);
    ll_kernel_prices_free(&prices);
    ll_costs_unref(c);
    ll_costs_unref(plain);
}

static void bad_rules_are_refused(void)
{
    static const char *const bad[][2] = {
        {"conv+relu,,,,,3,.6\n", "line 2: \"conv+relu\" names no two kinds of kernels"},
        {"conv+add,,,,,3,\n", "line 2: gain \"\" of conv+add: a number was expected"},
        {"conv+add,,,,,3,nan\n", "line 2: gain"},
        {"conv+add,,,,,3,1e9\n", "line 2: gain 1e+09 of conv+add: a number from -100 to 100"},
        {"conv+add,,,,,3,.6\nconv+add,,,,,3,.7\n", "line 3: conv+add is given twice"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ll_error e;
        ll_str text = {0};
        ll_str_addf(&text, "kind,h_in,c_in,c_out,ms,count,gain\n%s", bad[i][0]);
        ll_costs *c = read_table(ll_str_text(&text), &e);
        check_report(!c && strstr(e.message, bad[i][1]), __FILE__, __LINE__, "%s: %s", bad[i][1], e.message);
        ll_costs_unref(c);
        ll_str_free(&text);
    }
}

/* Engines and types of numbers, by whatever name; what a note does not say is no difference. */
static void other_settings_are_told(void)
{
    static const struct {
        const char *a, *b, *why;
    } cases[] = {
        {"engine=onednn dtype=f32 isa=avx2", "engine=onednn dtype=int8", "t is of dtype f32, d of int8"},
        {"engine=onednn dtype=f32", "engine=blas dtype=bf16 (x)",
         "t is of engine onednn, d of blas; t is of dtype f32, d of bf16"},
        {"engine=onednn dtype=f32", "engine=blas", "t is of engine onednn, d of blas"},
        {"engine=onednn dtype=f32", "engine=onednn, dtype=FP32", ""},
        {"engine=onednn dtype=f32", "a phone", ""},
        {NULL, "dtype=int8", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_str why = {0};
        CHECK(ll_other_settings("t", cases[i].a, "d", cases[i].b, &why) == (*cases[i].why != 0));
        CHECK_STR(ll_str_text(&why), cases[i].why);
        ll_str_free(&why);
    }
}

/* A table in which nothing is of the networks' kinds says so. */
static void a_foreign_table_is_refused(void)
{
    const ll_predictor *p = ll_predictor_find("kernels");
    ll_dataset *d = networks(ll_space_find("nasbench201"), 1, 0);
    char *path = ll_path_join(check_tmpdir(), "foreign.csv");
    static const char text[] = "kind,h_in,c_in,ms\nshuffle,8,16,1\n";
    ll_ints none = {0};
    ll_values options;
    ll_model *m = NULL;
    ll_error e = {0};
    CHECK_OK(ll_dataset_seal(d, &e));
    CHECK_OK(ll_write_file(path, text, strlen(text), &e));
    ll_values_init(&options, p->pretrain_options);
    CHECK_OK(ll_values_set(&options, "table", path, &e));
    ll_pretrain_plan plan = {.data = d, .predictor = p, .source = &none, .seed = 1, .options = &options};
    CHECK_INT(ll_pretrain_run(&plan, &m, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "none of its 1 rows is of a kind of kernel");
    CHECK_OK(ll_values_set(&options, "table", check_missing(), &e));
    CHECK_INT(ll_pretrain_run(&plan, &m, &e), LL_BAD_DATA);
    ll_values_free(&options);
    free(path);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"forests price what the table lacks", forests_price_what_the_table_lacks},
    {"a kind without rows is priced as all", a_kind_without_rows_is_priced_as_all},
    {"operations price the parts between", operations_price_the_parts_between},
    {"deviations are right at both ends", deviations_are_right_at_both_ends},
    {"the fastest are covered", the_fastest_are_covered},
    {"nothing takes no time", nothing_takes_no_time},
    {"whole networks correct the table", whole_networks_correct_the_table},
    {"a diagnosis names the kernel", a_diagnosis_names_the_kernel},
    {"few samples give a factor", few_samples_give_a_factor},
    {"gains are those by hand", gains_are_those_by_hand},
    {"a bill takes off what is fused", a_bill_takes_off_what_is_fused},
    {"a chain saves a cost once", a_chain_saves_a_cost_once},
    {"bad rules are refused", bad_rules_are_refused},
    {"other settings are told", other_settings_are_told},
    {"a foreign table is refused", a_foreign_table_is_refused},
    {0},
};

int main(int argc, char **argv)
{
    return check_main("test_kernels", cases, argc, argv);
}
