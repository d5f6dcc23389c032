/* What the source devices measured, kept in a model that compares a target's samples with it. */
#ifndef LL_PREDICT_SOURCE_TABLE_H
#define LL_PREDICT_SOURCE_TABLE_H

#include "core/predict/predictor.h"

typedef struct ll_source_table {
    ll_archs *archs; /* indexed */
    ll_strs names;
    double *lat_ms; /* (names.n, archs->n), NaN where missing */
} ll_source_table;

void ll_source_table_init(ll_source_table *t, const ll_pretrain_job *job); /* all its sources */
void ll_source_table_free(ll_source_table *t);
const double *ll_source_column(const ll_source_table *t, int source);
/* In ms; NaN: not measured. */
double ll_source_latency(const ll_source_table *t, int source, const uint8_t *gene);
/* Spearman of a source's latencies with the samples', where both have one; NaN: it says nothing. */
double ll_source_agreement(const ll_source_table *t, int source, const ll_measured *samples);

void ll_source_table_save(const ll_source_table *t, ll_tensors *out);
/* LL_BAD_DATA: there is none in the file (one of an older latlab), or it is of another space. */
ll_status ll_source_table_load(const ll_load_job *job, ll_source_table *t, ll_error *e);

#endif
