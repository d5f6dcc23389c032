#include <stdlib.h>

#include "core/num/blas.h"
#include "core/predict/gp/flow.h"
#include "tests/predict/gp_world.h"

/* --- source fits --- */

static void sources_are_learnt(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double f[CELLS];
    for (int s = 0; s < SOURCES; s++) {
        ll_gp_source_predict(&m->sources[s], &m->features, m->rows.phi, m->rows.prior.dim, NULL, CELLS, f, 1);
        CHECK(ll_spearman(f, ll_latencies(d, s), CELLS) > .99);
        CHECK_NEAR(m->sources[s].noise_sd, .01, .006);
        CHECK(!m->sources[s].ticks);
    }
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void missing_and_constant_sources_do_no_harm(void)
{
    ll_dataset *d = small_world(7, 39), *more = ll_dataset_extend(d, 0, 0);
    ll_error e = {0};
    for (int i = 0; i < CELLS; i++) {
        if (i % 3) ll_latencies(more, 0)[i] = NAN;
        ll_latencies(more, 1)[i] = 5;
        ll_latencies(more, 2)[i] = NAN;
    }
    CHECK_INT(ll_dataset_seal(more, &e), LL_OK);
    void *m = pretrained_on_all(more);
    CHECK_INT(((ll_gp_model *)m)->sources[1].n, 0);
    CHECK_INT(((ll_gp_model *)m)->sources[2].n, 0);
    ll_prediction p = transferred(m, more, ll_latencies(d, TARGET), ten_rows, 10);
    CHECK(ll_spearman(p.score, ll_latencies(d, TARGET), CELLS) > .95);
    ll_prediction_free(&p);
    ll_gp.release(m);
    ll_dataset_unref(more);
    ll_dataset_unref(d);
}

/* --- whole transfers --- */

static void order_of_architectures_does_not_matter(void)
{
    ll_dataset *d = small_world(7, 39), *back = small_world(7 + 39 * (CELLS - 1), -39);
    ll_ints all = ll_ints_range(200);
    int mirrored[200], rows[10];
    for (int i = 0; i < 200; i++) mirrored[i] = CELLS - 1 - i;
    for (int i = 0; i < 10; i++) rows[i] = CELLS - 1 - ten_rows[i];
    for (int s = 0; s < DEVICES; s++)
        for (int i = 0; i < CELLS; i++) ll_latencies(back, s)[CELLS - 1 - i] = ll_latencies(d, s)[i];
    void *m = pretrained(d, all.v, 200), *n = pretrained(back, mirrored, 200);
    ll_prediction p = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(n, back, ll_latencies(back, TARGET), rows, 10);
    double most = 0;
    for (int i = 0; i < CELLS; i++) {
        most = fmax(most, fabs(p.lat_ms[i] - r.lat_ms[CELLS - 1 - i]));
        most = fmax(most, fabs(p.sd_ms[i] - r.sd_ms[CELLS - 1 - i]));
    }
    CHECK(most < 1e-6);
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(m);
    ll_gp.release(n);
    ll_ints_free(&all);
    ll_dataset_unref(d);
    ll_dataset_unref(back);
}

static void units_do_not_matter(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    double scaled[CELLS], most = 0;
    for (int i = 0; i < CELLS; i++) scaled[i] = 1000 * ll_latencies(d, TARGET)[i];
    ll_prediction p = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(m, d, scaled, ten_rows, 10);
    for (int i = 0; i < CELLS; i++) {
        most = fmax(most, fabs(1000 * p.lat_ms[i] - r.lat_ms[i]) / r.lat_ms[i]);
        most = fmax(most, fabs(1000 * p.sd_ms[i] - r.sd_ms[i]) / r.sd_ms[i]);
    }
    CHECK(most < 1e-9);
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void odd_samples_are_survived(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    double constant[CELLS];
    for (int i = 0; i < CELLS; i++) constant[i] = 5.3;
    const int twice[6] = {3, 3, 91, 91, 260, 260};
    ll_prediction one = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 1);
    ll_prediction same = transferred(m, d, constant, ten_rows, 10);
    ll_prediction doubled = transferred(m, d, ll_latencies(d, TARGET), twice, 6);
    double zero[CELLS] = {0};
    ll_prediction nothing = transferred(m, d, zero, ten_rows, 3);
    /* one sample: its scale, and the order the sources agree on */
    CHECK_NEAR(one.lat_ms[3], ll_latencies(d, TARGET)[3], .1 * ll_latencies(d, TARGET)[3]);
    CHECK(ll_spearman(one.score, ll_latencies(d, TARGET), CELLS) > .8);
    CHECK(ll_spearman(doubled.score, ll_latencies(d, TARGET), CELLS) > .8);
    for (int i = 0; i < CELLS; i++) {
        CHECK(isfinite(one.sd_ms[i]) && isfinite(doubled.sd_ms[i]) && isfinite(nothing.lat_ms[i]));
        CHECK_NEAR(same.lat_ms[i], 5.3, .6);
    }
    ll_prediction_free(&one);
    ll_prediction_free(&same);
    ll_prediction_free(&doubled);
    ll_prediction_free(&nothing);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void device_like_a_source_is_recognised(void)
{
    ll_dataset *d = small_world(7, 39);
    void *m = pretrained_on_all(d);
    ll_prediction p = transferred(m, d, ll_latencies(d, 2), ten_rows, 10);
    CHECK(ll_spearman(p.score, ll_latencies(d, 2), CELLS) > .99);
    ll_prediction_free(&p);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static void cells_are_executed_as_runtimes_do(void)
{
    /* edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3 */
    static const uint8_t genes[3][6] = {{0, 3, 3, 0, 3, 2}, {3, 3, 0, 0, 0, 2}, {0, 0, 3, 0, 3, 2}};
    static const uint8_t expected[3][LL_GP_EXECUTIONS][6] = {
        {{0, 3, 3, 0, 3, 2}, {0, 3, 3, 0, 3, 2}, {0, 3, 0, 0, 0, 2}}, /* node 1 is never reached */
        {{3, 3, 0, 0, 0, 2}, {0, 3, 0, 0, 0, 2}, {0, 3, 0, 0, 0, 2}}, /* node 1 leads nowhere */
        {{0, 0, 3, 0, 3, 2}, {0}, {0}}, /* the input does not reach the output */
    };
    const ll_space *space = ll_space_find("nasbench201");
    uint8_t out[6];
    CHECK_INT(ll_gp_executions(space), LL_GP_EXECUTIONS);
    CHECK_INT(ll_gp_executions(ll_space_find("fbnet")), 1);
    for (int i = 0; i < 3; i++)
        for (int e = 0; e < LL_GP_EXECUTIONS; e++) {
            ll_gp_executed(space, e, genes[i], out);
            CHECK(!memcmp(out, expected[i][e], sizeof out));
        }
}

/* A device that leaves out what has no effect is told by 24 samples, though all sources execute what is written. */
static void executions_are_recognised(void)
{
    enum { K = 24 };
    ll_dataset *d = small_world(7, 39), *left = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double y[K], mean[CELLS];
    int rows[K];
    for (int i = 0; i < K; i++) rows[i] = 16 * i + 3;
    for (int e = 0; e < LL_GP_EXECUTIONS; e++) {
        ll_gp_posterior q;
        for (int i = 0; i < CELLS; i++)
            ll_gp_executed(d->space, e, ll_gene(d, i), ll_arch_at(left->archs, i));
        price(left, TARGET, TARGET, .01);
        for (int i = 0; i < K; i++) y[i] = ll_latencies(left, TARGET)[rows[i]];
        ll_gp_condition(&m->rows.prior, &m->draws, rows, y, K, false, &q);
        ll_gp_posterior_predict(&q, &m->rows.prior, NULL, CELLS, mean, NULL);
        double spearman = ll_spearman(mean, ll_latencies(left, TARGET), CELLS);
        check_report(q.kind[e] > .9 && spearman > .98, __FILE__, __LINE__,
                     "execution %d: probability %.2f, Spearman %.3f", e, q.kind[e], spearman);
        cJSON *info = cJSON_CreateObject();
        ll_prediction p = transferred_saying(m, d, ll_latencies(left, TARGET), rows, K, info);
        CHECK_INT(cJSON_HasObjectItem(info, "says"), e != LL_GP_AS_WRITTEN); /* in words what is unusual */
        ll_prediction_free(&p);
        cJSON_Delete(info);
        ll_gp_posterior_free(&q);
    }
    ll_gp.release(m);
    ll_dataset_unref(left);
    ll_dataset_unref(d);
}

/* Of what a design says a device that does not execute what is written needs wider intervals, whatever its samples' own
 * errors are. */
static double width_beside_errors(const ll_gp_model *m, const int *rows, int k, const double *lat,
                                  double *other)
{
    ll_gp_posterior q;
    double y[20], sum = 0;
    for (int i = 0; i < k; i++) y[i] = lat[rows[i]];
    ll_gp_model_condition(m, &m->rows, rows, y, k, false, &q);
    for (int i = 0; i < k; i++) sum += fmin(q.left_out[i] * q.left_out[i], 4) / k;
    double trust = 1.15 * k * k / (k * k + 64.), width = log(q.spread) - trust * .5 * log(sum + .01);
    *other = 1 - q.kind[LL_GP_AS_WRITTEN];
    ll_gp_posterior_free(&q);
    return width;
}

static void devices_that_simplify_get_wider_intervals(void)
{
    enum { K = 10 };
    ll_dataset *d = small_world(7, 39), *left = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    ll_ints pool = ll_ints_range(CELLS);
    ll_error e = {0};
    int rows[K];
    double written, pruned;
    for (int i = 0; i < CELLS; i++)
        ll_gp_executed(d->space, LL_GP_PRUNED, ll_gene(d, i), ll_arch_at(left->archs, i));
    price(left, TARGET, TARGET, .01);
    ll_sample_job job = {
        .archs = d->archs, .pool = pool.v, .n_pool = CELLS, .k = K, .seed = 1, .prior = &m->design};
    CHECK_INT(ll_sample(ll_sampler_find("dopt"), &job, rows, &e), LL_OK);
    double usual = width_beside_errors(m, rows, K, ll_latencies(d, TARGET), &written);
    double wider = width_beside_errors(m, rows, K, ll_latencies(left, TARGET), &pruned);
    CHECK(written < .1 && pruned > .9);
    CHECK_NEAR(wider - usual, .33 * (pruned - written), 1e-9);
    ll_ints_free(&pool);
    ll_gp.release(m);
    ll_dataset_unref(left);
    ll_dataset_unref(d);
}

/* A device that drops some of what has no effect and pays for the rest is neither the one nor the other. */
static void mixtures_are_recognised(void)
{
    enum { K = 40 };
    ll_dataset *d = small_world(7, 39), *left = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    double y[K], mean[CELLS];
    int rows[K];
    ll_gp_posterior q;
    for (int i = 0; i < CELLS; i++)
        ll_gp_executed(d->space, LL_GP_PRUNED, ll_gene(d, i), ll_arch_at(left->archs, i));
    price(left, TARGET, TARGET, .01);
    double *lat = ll_latencies(left, TARGET);
    for (int i = 0; i < CELLS; i++) lat[i] = .5 * (lat[i] + ll_latencies(d, TARGET)[i]);
    for (int i = 0; i < K; i++) {
        rows[i] = 9 * i + 3;
        y[i] = lat[rows[i]];
    }
    ll_gp_condition(&m->rows.prior, &m->draws, rows, y, K, false, &q);
    ll_gp_posterior_predict(&q, &m->rows.prior, NULL, CELLS, mean, NULL);
    double spearman = ll_spearman(mean, lat, CELLS);
    check_report(q.kind[LL_GP_MIXED] > .9 && spearman > .98, __FILE__, __LINE__,
                 "mixed: probability %.2f, Spearman %.3f", q.kind[LL_GP_MIXED], spearman);
    ll_gp_posterior_free(&q);
    ll_gp.release(m);
    ll_dataset_unref(d);
    ll_dataset_unref(left);
}

static void flow_is_counted(void)
{
    enum {
        NODES,
        ADDITIONS,
        ADDED_CONVS,
        ADDED_COPIES,
        TWICE,
        OF_SUMS,
        BY_CONVS,
        BY_POOLS,
        DEPTH,
        MACS,
        FLOWS = 16
    };
    const ll_space *s = ll_space_find("nasbench201");
    /* edges 0-1, 0-2, 1-2, 0-3, 1-3, 2-3; none, skip, 1x1, 3x3, pool. Node 1 is a copy of the input: a convolution and a pool
     * of it meet in node 2, and the output adds to a convolution of that sum the input twice. */
    static const uint8_t gene[] = {1, 3, 4, 1, 1, 2};
    double flow[FLOWS] = {0}, pairs[50] = {0};
    CHECK_INT(ll_gp_flow_dim(s), FLOWS);
    ll_gp_flow(s, gene, flow);
    CHECK_NEAR(flow[NODES], 3, 0);
    CHECK_NEAR(flow[ADDITIONS], 1 + 2, 0);
    CHECK_NEAR(flow[ADDED_CONVS], 2, 0);
    CHECK_NEAR(flow[ADDED_COPIES], 2, 0);
    CHECK_NEAR(flow[TWICE], 1, 0);
    CHECK_NEAR(flow[OF_SUMS], 1, 0);
    CHECK_NEAR(flow[BY_CONVS], 2, 0); /* the input and the sum */
    CHECK_NEAR(flow[BY_POOLS], 1, 0);
    CHECK_NEAR(flow[DEPTH], 2, 0);
    CHECK_NEAR(flow[MACS], 9 + 1, 0);
    ll_gp_pairs(s, gene, pairs);
    CHECK_NEAR(pairs[1 * 5 + 4], 1, 0);      /* the pool behind the copy */
    CHECK_NEAR(pairs[3 * 5 + 2], 1, 0);      /* 1x1 behind 3x3 */
    CHECK_NEAR(pairs[25 + 4 * 5 + 3], 1, 0); /* 3x3 and the pool meet */
    CHECK_NEAR(pairs[25 + 1 * 5 + 1], 1, 0); /* so do two copies */
    CHECK_INT(ll_gp_flow_dim(ll_space_find("fbnet")), 0);
}

/* Models and transfers in files of before there were mixed devices. */
static void older_files_are_read(void)
{
    const ll_space *s = ll_space_find("nasbench201");
    double constants[78] = {0}, numbers[11] = {10, .1, .2, 13, 1, .3, 0, 0, .7, .2, .1};
    ll_gp_features f;
    ll_gp_frame frame;
    ll_gp_prior prior;
    for (int i = 0; i < 78; i++) constants[i] = 1;
    CHECK(ll_gp_features_restore(&f, s, 78, constants, constants));
    CHECK_INT(f.n_blocks, 6);
    CHECK_INT(f.n_source_blocks, 6);
    ll_gp_frame_init(&frame, &f, 2);
    CHECK_INT(frame.dim, 78 + 3 + 2 * (39 + 3));
    ll_gp_frame_prior(&frame, &f, &prior);
    CHECK_INT(prior.n_kinds, LL_GP_EXECUTIONS);
    ll_gp_model m = {.features = f, .frame = frame};
    ll_tensors t = {0};
    ll_error e = {0};
    void *adapted = NULL;
    double *beta = LL_NEW_ARRAY(double, frame.dim);
    ll_tensors_add(&t, "gp.posterior", LL_F64, 1, (long[]){11}, numbers);
    ll_tensors_add(&t, "gp.beta", LL_F64, 1, (long[]){frame.dim}, beta);
    CHECK_INT(ll_gp_load_adapted(&m, &t, &adapted, &e), LL_OK);
    if (adapted) {
        const ll_gp_posterior *q = adapted;
        CHECK_NEAR(q->kind[LL_GP_PRUNED], .1, 0);
        CHECK_NEAR(q->kind[LL_GP_MIXED], 0, 0);
        ll_gp.release_adapted(adapted);
    }
    free(beta);
    ll_tensors_free(&t);
    ll_gp_frame_free(&frame);
    ll_gp_features_free(&f);
}

/* Sources taken over from another model are what learning them again would give. */
static void derived_models_are_as_if_learnt(void)
{
    static const int source[2] = {1, 3}, from[2] = {1, -1};
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *base = pretrained_on_all(d), *derived;
    ll_ints all = ll_ints_range(d->n_archs), devices = ll_ints_copy(source, 2);
    ll_error e = {0};
    ll_pretrain_job job = {.archs = d->archs, .rows = all.v, .n_rows = 200};
    ll_columns_of(d, &devices, &job.sources);
    CHECK_INT(ll_gp_model_derive(base, from, &job, &derived, &e), LL_OK);
    ll_columns_free(&job.sources);
    ll_ints_free(&devices);
    void *learnt = pretrained_of(d, source, 2, all.v, 200);
    ll_prediction p = transferred(derived, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(learnt, d, ll_latencies(d, TARGET), ten_rows, 10);
    CHECK(!memcmp(p.lat_ms, r.lat_ms, CELLS * sizeof *p.lat_ms));
    CHECK(!memcmp(p.sd_ms, r.sd_ms, CELLS * sizeof *p.sd_ms));
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(base);
    ll_gp.release(derived);
    ll_gp.release(learnt);
    ll_ints_free(&all);
    ll_dataset_unref(d);
}

static void saved_models_predict_the_same(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_error e = {0};
    void *m = pretrained_on_all(d), *loaded = NULL;
    ll_tensors t = {0};
    CHECK_INT(ll_gp.save(m, &t, &e), LL_OK);
    CHECK_INT(ll_gp.load(&(ll_load_job){&t, d->space, d->archs, NULL}, &loaded, &e), LL_OK);
    ll_prediction p = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(loaded, d, ll_latencies(d, TARGET), ten_rows, 10);
    CHECK(!memcmp(p.lat_ms, r.lat_ms, CELLS * sizeof *p.lat_ms));
    CHECK(!memcmp(p.sd_ms, r.sd_ms, CELLS * sizeof *p.sd_ms));
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(m);
    ll_gp.release(loaded);
    ll_tensors_free(&t);
    loaded = NULL;
    CHECK_INT(ll_gp.load(&(ll_load_job){&t, d->space, d->archs, NULL}, &loaded, &e), LL_BAD_DATA);
    CHECK_HAS(e.message, "gp.shift");
    CHECK(!loaded);
    ll_dataset_unref(d);
}

static void new_architectures_are_predicted(void)
{
    ll_dataset *d = small_world(7, 39), *more = ll_dataset_extend(d, 20, 0);
    ll_error e = {0};
    for (int i = 0; i < 20; i++) d->space->at(d->space, 11 + 39 * i, ll_arch_at(more->archs, CELLS + i));
    CHECK_INT(ll_dataset_seal(more, &e), LL_OK);
    void *m = pretrained_on_all(d);
    ll_prediction p = transferred(m, d, ll_latencies(d, TARGET), ten_rows, 10);
    ll_prediction r = transferred(m, more, ll_latencies(d, TARGET), ten_rows, 10);
    CHECK_INT(r.n, CELLS + 20);
    CHECK(!memcmp(r.lat_ms, p.lat_ms, CELLS * sizeof *p.lat_ms)); /* in whatever company */
    for (int i = 0; i < 20; i++) CHECK(r.lat_ms[CELLS + i] > 2 && r.sd_ms[CELLS + i] > 0);
    ll_prediction_free(&p);
    ll_prediction_free(&r);
    ll_gp.release(m);
    ll_dataset_unref(more);
    ll_dataset_unref(d);
}

/* --- the prior of designs --- */

/* Covariance of two rows before any measurement, over all kinds of devices. */
static double prior_covariance(const ll_gp_prior *p, int i, int j)
{
    double sum = 0;
    for (int b = 0; b < p->n_blocks; b++) {
        const double *first = p->phi + p->blocks[b].first;
        sum += ll_gp_block_weight(p, b) * ll_ddot(p->blocks[b].dim, first + (size_t)i * (size_t)p->dim,
                                                  first + (size_t)j * (size_t)p->dim);
    }
    return sum;
}

/* What tells kinds apart, in coordinates of the design: how their directions of "more work" differ, for as much of it as the
 * directions hold. */
static void contrasts_tell_kinds_apart(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d), *loaded = NULL;
    const ll_gp_prior *p = &m->rows.prior;
    const ll_design_prior *design = &m->design;
    ll_tensors t = {0};
    ll_error e = {0};
    double wanted[CELLS], found[CELLS];
    CHECK_INT(design->n_contrasts, p->n_executions - 1);
    for (int k = 0; k < design->n_contrasts; k++) {
        const double *a = design->contrast + k * design->dim;
        for (int i = 0; i < CELLS; i++) {
            wanted[i] = p->slope[k + 1][i] - p->slope[0][i];
            found[i] = ll_ddot(design->dim, design->phi + (size_t)i * (size_t)design->dim, a);
        }
        CHECK(ll_pearson(wanted, found, CELLS) > .99);
    }
    CHECK_INT(ll_gp.save(m, &t, &e), LL_OK);
    CHECK_INT(ll_gp.load(&(ll_load_job){&t, d->space, d->archs, NULL}, (void **)&loaded, &e), LL_OK);
    CHECK_INT(loaded->design.n_contrasts, design->n_contrasts);
    CHECK(!memcmp(loaded->design.contrast, design->contrast,
                  (size_t)(design->n_contrasts * design->dim) * sizeof(double)));
    ll_tensors_free(&t);
    ll_gp.release(loaded);
    ll_gp.release(m);
    ll_dataset_unref(d);
}

/* A design is for whatever the device may execute: its kernel is the mean one, and files of before know what is written. */
static void designs_are_for_all_kinds(void)
{
    ll_dataset *d = small_world(7, 39);
    ll_gp_model *m = pretrained_on_all(d);
    const ll_gp_prior *p = &m->rows.prior;
    const ll_gp_directions all = m->directions;
    ll_design_prior design = m->design, older;
    int last = design.dim - 1, written = m->frame.part[1].first;
    for (int i = 0; i < 20; i++) {
        const double *a = design.phi + (size_t)i * (size_t)design.dim, *b = a + design.dim;
        CHECK_NEAR(ll_ddot(last, a, b), prior_covariance(p, i, i + 1), .01 * prior_covariance(p, i, i));
    }
    double *v = LL_NEW_ARRAY(double, written);
    v[0] = 1;
    m->directions = (ll_gp_directions){.dim = written, .n = 1, .v = v, .variance = all.variance, .total = 1};
    ll_gp_design_on(m, &m->rows, &older);
    CHECK_INT(older.dim, 2);
    CHECK_NEAR(older.phi[0], sqrt(ll_gp_block_weight(p, 0)) * p->phi[0], 1e-12);
    ll_design_prior_free(&older);
    free(v);
    m->directions = all;
    ll_gp.release(m);
    ll_dataset_unref(d);
}

static const check_case cases[] = {
    {"sources are learnt", sources_are_learnt},
    {"missing and constant sources do no harm", missing_and_constant_sources_do_no_harm},
    {"the order of architectures does not matter", order_of_architectures_does_not_matter},
    {"units do not matter", units_do_not_matter},
    {"odd samples are survived", odd_samples_are_survived},
    {"a device like a source is recognised", device_like_a_source_is_recognised},
    {"cells are executed as runtimes do", cells_are_executed_as_runtimes_do},
    {"executions are recognised", executions_are_recognised},
    {"mixtures are recognised", mixtures_are_recognised},
    {"devices that simplify get wider intervals", devices_that_simplify_get_wider_intervals},
    {"flow is counted", flow_is_counted},
    {"older files are read", older_files_are_read},
    {"derived models are as if learnt", derived_models_are_as_if_learnt},
    {"saved models predict the same", saved_models_predict_the_same},
    {"new architectures are predicted", new_architectures_are_predicted},
    {"contrasts tell kinds apart", contrasts_tell_kinds_apart},
    {"designs are for all kinds", designs_are_for_all_kinds},
    {0},
};

int main(int argc, char **argv)
{
    ll_blas_init();
    return check_main("gp", cases, argc, argv);
}
