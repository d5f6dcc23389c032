/* The model with its prior, in a file and to its end. */
#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/predict/nasflat/nasflat.h"
#include "core/predict/nasflat/prior.h"

void ll_nasflat_model_free(void *model)
{
    ll_nasflat_model *m = model;
    if (!m) return;
    ll_nasflat_prior_free(m->prior);
    for (int i = 0; i < m->n_members; i++) free(m->w[i]);
    if (m->options.table) ll_values_free(&m->options);
    ll_encoder_unref(m->encoder);
    ll_source_table_free(&m->sources);
    ll_ints_free(&m->rows);
    free(m);
}

#define OPTIONS "nasflat_options"
#define ENCODER "nasflat.encoder."

ll_status ll_nasflat_model_save(const void *model, ll_tensors *out, ll_error *e)
{
    const ll_nasflat_model *m = model;
    for (int i = 0; i < m->n_members; i++) ll_nasflat_weights_save(m, i, m->w[i], out);
    cJSON *options = ll_values_json(&m->options);
    ll_tensors_set_json(out, OPTIONS, options);
    cJSON_Delete(options);
    ll_tensors_add(out, "nasflat.rows", LL_I32, 1, (long[]){m->rows.n}, m->rows.v);
    ll_tensors_add(out, "nasflat.members", LL_I32, 1, (long[]){1}, &(int32_t){m->n_members});
    ll_source_table_save(&m->sources, out);
    ll_status s = m->encoder ? ll_encoder_save(m->encoder, ENCODER, out, e) : LL_OK;
    if (!s && m->prior) s = ll_nasflat_prior_save(m->prior, out, e);
    return s;
}

static ll_status read_option(const cJSON *x, ll_values *out, ll_error *e)
{
    char number[40];
    snprintf(number, sizeof number, "%.17g", x->valuedouble);
    const char *text = cJSON_IsString(x) ? x->valuestring
                       : cJSON_IsBool(x) ? (cJSON_IsTrue(x) ? "on" : "off")
                                         : number;
    return ll_values_set(out, x->string, text, e) ? ll_fail_in(e, OPTIONS ": ") : LL_OK;
}

static ll_status read_options(const ll_tensors *in, ll_values *out, ll_error *e)
{
    cJSON *o;
    ll_status s = ll_tensors_json(in, OPTIONS, &o, e);
    ll_values_init(out, ll_nasflat_pretrain_options);
    if (!s && !cJSON_IsObject(o))
        s = ll_fail(e, LL_BAD_DATA, "not a nasflat model: the text " OPTIONS " is missing or broken");
    for (const cJSON *x = s ? NULL : o->child; x && !s; x = x->next) s = read_option(x, out, e);
    cJSON_Delete(o);
    return s;
}

static ll_status read_rows(const ll_tensors *in, ll_nasflat_model *m, ll_error *e)
{
    const ll_tensor *rows = ll_tensors_find(in, "nasflat.rows");
    long n = rows && rows->n_dims == 1 ? rows->shape[0] : 0;
    ll_status s = ll_tensors_need(in, "nasflat.rows", LL_I32, 1, &n, &rows, e);
    for (long i = 0; i < n && !s; i++) {
        int row = ((const int32_t *)rows->data)[i];
        if (row < 0 || row >= m->sources.archs->n)
            s = ll_fail(e, LL_BAD_DATA, "nasflat.rows: %d, 0 to %d were expected", row,
                        m->sources.archs->n - 1);
        ll_ints_add(&m->rows, row);
    }
    return s;
}

static ll_status read_members(const ll_tensors *in, ll_nasflat_model *m, ll_error *e)
{
    const ll_tensor *t;
    ll_status s = ll_tensors_need(in, "nasflat.members", LL_I32, 1, (long[]){1}, &t, e);
    if (s) return s;
    int members = *(const int32_t *)t->data;
    if (members < 1 || members > LL_NASFLAT_MOST_MEMBERS)
        return ll_fail(e, LL_BAD_DATA, "nasflat.members: %d, 1 to %d were expected", members,
                       LL_NASFLAT_MOST_MEMBERS);
    for (; m->n_members < members && !s; m->n_members += !s)
        s = ll_nasflat_weights_load(in, m, m->n_members, &m->w[m->n_members], e);
    return s;
}

static ll_status load(const ll_load_job *job, ll_nasflat_model *m, ll_error *e)
{
    ll_status s = read_options(job->tensors, &m->options, e);
    if (!s) s = ll_source_table_load(job, &m->sources, e);
    if (!s) s = read_rows(job->tensors, m, e);
    if (!s && ll_nasflat_is_encoded(&m->options))
        s = ll_encoder_load(job->tensors, ENCODER, job->space, &m->encoder, e);
    if (!s) s = ll_nasflat_lay_out(m, job->space, e);
    if (!s) s = read_members(job->tensors, m, e);
    return s ? s : ll_nasflat_prior_load(job->tensors, m, &m->prior, e);
}

ll_status ll_nasflat_model_load(const ll_load_job *job, void **model, ll_error *e)
{
    ll_nasflat_model *m = LL_NEW(ll_nasflat_model);
    ll_status s = load(job, m, e);
    if (s)
        ll_nasflat_model_free(m);
    else
        *model = m;
    return s;
}
