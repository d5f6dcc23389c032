#include "core/predict/gp/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static const double mean_log_weight = 0, deviation_log_weight = -1;
static const double least_slope_sd = .01, least_variance = 1e-18;

/* --- where the columns lie --- */

/* The devices whose draws look at a part. */
static unsigned kinds_of(int execution)
{
    return 1U << execution | (execution == LL_GP_LIVE ? 0 : 1U << LL_GP_MIXED);
}

bool ll_gp_part_has(int execution, const ll_gp_block *b)
{
    return execution == LL_GP_AS_WRITTEN || (b->of == LL_GP_AS_WRITTEN && b->kinds & kinds_of(execution));
}

static int own_columns(const ll_gp_features *f, int execution)
{
    int dim = 0;
    if (execution == LL_GP_AS_WRITTEN) return f->dim;
    for (int b = 0; b < f->n_blocks; b++)
        dim += ll_gp_part_has(execution, &f->blocks[b]) ? f->blocks[b].dim : 0;
    return dim;
}

void ll_gp_frame_init(ll_gp_frame *frame, const ll_gp_features *f, int n_sources)
{
    *frame = (ll_gp_frame){.n_parts = ll_gp_executions(f->space)};
    for (int e = 0; e < frame->n_parts; e++) {
        int own = own_columns(f, e);
        frame->part[e] = (ll_gp_part){.execution = e,
                                      .first = frame->dim,
                                      .own = own,
                                      .n_sources = n_sources,
                                      .centre = LL_NEW_ARRAY(double, n_sources),
                                      .dev_shift = LL_NEW_ARRAY(double, n_sources)};
        frame->dim += own + 1 + n_sources;
    }
}

void ll_gp_frame_free(ll_gp_frame *frame)
{
    for (int e = 0; e < frame->n_parts; e++) {
        free(frame->part[e].centre);
        free(frame->part[e].dev_shift);
    }
    *frame = (ll_gp_frame){0};
}

/* A feature block in a part: its first column of phi, -1: the part leaves it out. */
static int block_at(const ll_gp_part *p, const ll_gp_features *f, int block)
{
    int at = p->first;
    if (p->execution == LL_GP_AS_WRITTEN) return p->first + f->blocks[block].first;
    if (!ll_gp_part_has(p->execution, &f->blocks[block])) return -1;
    for (int b = 0; b < block; b++) at += ll_gp_part_has(p->execution, &f->blocks[b]) ? f->blocks[b].dim : 0;
    return at;
}

/* --- rows of one part --- */

typedef struct rows {
    double *phi; /* (n, stride) */
    int n, stride;
} rows;

static double *cell(const rows *r, int row, int column)
{
    return r->phi + (size_t)row * (size_t)r->stride + column;
}

static void moments(const rows *r, int column, double *mean, double *variance)
{
    *mean = *variance = 0;
    for (int i = 0; i < r->n; i++) *mean += *cell(r, i, column);
    *mean /= r->n;
    for (int i = 0; i < r->n; i++) {
        double off = *cell(r, i, column) - *mean;
        *variance += off * off;
    }
    *variance /= r->n;
}

/* The columns that say "more work", -1: there are fewer; their weights are 1 for the sources' mean, else equal parts. */
static int work_column(const ll_gp_part *p, const ll_gp_features *f, int w, double *weight)
{
    *weight = 1;
    if (!w) return p->first + p->own;
    for (int b = 0; b < f->n_blocks; b++) {
        if (strcmp(f->blocks[b].name, "cost") || w > f->blocks[b].dim) continue;
        *weight = 1. / f->blocks[b].dim;
        return block_at(p, f, b) + w - 1;
    }
    return -1;
}

/* --- measuring --- */

static void measure_strength(ll_gp_part *p, const rows *r)
{
    int varying = 0;
    double logs = 0, mean, variance;
    for (int s = 0; s < p->n_sources; s++) {
        moments(r, p->first + p->own + 1 + s, &mean, &variance);
        p->centre[s] = mean;
        if (variance < least_slope_sd * least_slope_sd) continue;
        logs += .5 * log(variance);
        varying++;
    }
    p->strength = varying ? exp(logs / varying) : least_slope_sd;
}

static double sd_or_zero(double variance)
{
    return variance > least_variance ? sqrt(variance) : 0;
}

static void measure_work(ll_gp_part *p, const ll_gp_features *f, const rows *r)
{
    double variance, weight;
    for (int w = 0; w < LL_GP_WORK; w++) {
        int column = work_column(p, f, w, &weight);
        if (column < 0) continue;
        moments(r, column, &p->work_shift[w], &variance);
        p->work_sd[w] = sd_or_zero(variance);
    }
    p->mean_shift = p->work_shift[0];
    p->mean_sd = p->work_sd[0];
}

static void measure_deviations(ll_gp_part *p, const rows *r)
{
    double total = 0, variance;
    for (int s = 0; s < p->n_sources && p->n_sources > 1; s++) {
        moments(r, p->first + p->own + 1 + s, &p->dev_shift[s], &variance);
        total += variance;
    }
    p->dev_scale = total > least_variance ? 1 / sqrt(total) : 0;
}

/* --- applying, step by step --- */

/* Column `mean` := mean of the source functions, each centred; those become deviations from it. */
static void split_sources(const ll_gp_part *p, const rows *r)
{
    for (int i = 0; i < r->n; i++) {
        double *mean = cell(r, i, p->first + p->own), *source = mean + 1, sum = 0;
        for (int s = 0; s < p->n_sources; s++) sum += source[s] -= p->centre[s];
        *mean = sum / p->n_sources;
        for (int s = 0; s < p->n_sources; s++) source[s] -= *mean;
    }
}

static void raw_slope(const ll_gp_part *p, const ll_gp_features *f, const rows *r, double *slope)
{
    double weight;
    memset(slope, 0, (size_t)r->n * sizeof *slope);
    for (int w = 0; w < LL_GP_WORK; w++) {
        int column = work_column(p, f, w, &weight);
        if (column < 0 || !p->work_sd[w]) continue;
        for (int i = 0; i < r->n; i++)
            slope[i] += weight * (*cell(r, i, column) - p->work_shift[w]) / p->work_sd[w];
    }
}

static void scale_slope(const ll_gp_part *p, int n, double *slope)
{
    for (int i = 0; i < n && p->slope_sd > 0; i++) slope[i] = (slope[i] - p->slope_shift) / p->slope_sd;
}

static void scale_sources(const ll_gp_part *p, const rows *r)
{
    double mean_scale = p->mean_sd > 0 ? 1 / p->mean_sd : 0;
    for (int i = 0; i < r->n; i++) {
        double *mean = cell(r, i, p->first + p->own), *dev = mean + 1;
        *mean = (*mean - p->mean_shift) * mean_scale;
        for (int s = 0; s < p->n_sources; s++) dev[s] = (dev[s] - p->dev_shift[s]) * p->dev_scale;
    }
}

void ll_gp_frame_measure(ll_gp_frame *frame, int part, const ll_gp_features *f, double *phi, int n,
                         double *slope)
{
    ll_gp_part *p = &frame->part[part];
    rows r = {phi, n, frame->dim}, direction = {slope, n, 1};
    double variance;
    measure_strength(p, &r);
    split_sources(p, &r);
    measure_work(p, f, &r);
    raw_slope(p, f, &r, slope);
    moments(&direction, 0, &p->slope_shift, &variance);
    p->slope_sd = variance > 0 ? sqrt(variance) : 0;
    scale_slope(p, n, slope);
    measure_deviations(p, &r);
    scale_sources(p, &r);
}

void ll_gp_frame_apply(const ll_gp_frame *frame, int part, const ll_gp_features *f, double *phi, int n,
                       double *slope)
{
    const ll_gp_part *p = &frame->part[part];
    rows r = {phi, n, frame->dim};
    split_sources(p, &r);
    raw_slope(p, f, &r, slope);
    scale_slope(p, n, slope);
    scale_sources(p, &r);
}

/* --- the prior it describes --- */

static void add_block(ll_gp_prior *out, const char *name, int first, int dim, double log_weight,
                      unsigned kinds)
{
    ll_gp_prior_block *b = &out->blocks[out->n_blocks++];
    *b = (ll_gp_prior_block){.name = name, .first = first, .dim = dim};
    for (int k = 0; k < LL_GP_KINDS; k++) b->log_weight[k] = kinds >> k & 1 ? log_weight : -INFINITY;
}

/* Files of before there were mixed devices have no blocks for them alone. */
static int kinds_known(const ll_gp_frame *frame, const ll_gp_features *f)
{
    return f->n_blocks > f->n_source_blocks ? LL_GP_KINDS : frame->n_parts;
}

void ll_gp_frame_prior(const ll_gp_frame *frame, const ll_gp_features *f, ll_gp_prior *out)
{
    *out = (ll_gp_prior){.dim = frame->dim, .n_executions = frame->n_parts, .n_kinds = kinds_known(frame, f)};
    for (int e = 0; e < frame->n_parts; e++) {
        const ll_gp_part *p = &frame->part[e];
        int mean = p->first + p->own;
        out->slope_sd[e] = p->strength;
        for (int b = 0; b < f->n_blocks; b++) {
            const ll_gp_block *block = &f->blocks[b];
            int at = block_at(p, f, b);
            if (at >= 0)
                add_block(out, block->name, at, block->dim, block->log_weight, block->kinds & kinds_of(e));
        }
        if (p->mean_sd > 0) add_block(out, "mean", mean, 1, mean_log_weight, kinds_of(e));
        if (p->dev_scale > 0)
            add_block(out, "dev", mean + 1, p->n_sources, deviation_log_weight, kinds_of(e));
    }
}

/* --- in a file --- */

int ll_gp_part_numbers(int n_sources)
{
    return 6 + 2 * LL_GP_WORK + 2 * n_sources;
}

static double *put(double *to, const double *from, int n)
{
    memcpy(to, from, (size_t)n * sizeof *to);
    return to + n;
}

void ll_gp_part_write(const ll_gp_part *p, double *out)
{
    double fixed[] = {p->strength, p->mean_shift, p->mean_sd, p->dev_scale, p->slope_shift, p->slope_sd};
    out = put(out, fixed, 6);
    out = put(out, p->work_shift, LL_GP_WORK);
    out = put(out, p->work_sd, LL_GP_WORK);
    out = put(out, p->centre, p->n_sources);
    put(out, p->dev_shift, p->n_sources);
}

void ll_gp_part_read(ll_gp_part *p, const double *in)
{
    p->strength = in[0];
    p->mean_shift = in[1];
    p->mean_sd = in[2];
    p->dev_scale = in[3];
    p->slope_shift = in[4];
    p->slope_sd = in[5];
    in += 6;
    memcpy(p->work_shift, in, sizeof p->work_shift);
    memcpy(p->work_sd, in + LL_GP_WORK, sizeof p->work_sd);
    in += 2 * LL_GP_WORK;
    memcpy(p->centre, in, (size_t)p->n_sources * sizeof *in);
    memcpy(p->dev_shift, in + p->n_sources, (size_t)p->n_sources * sizeof *in);
}
