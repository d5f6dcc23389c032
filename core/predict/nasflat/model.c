#include "core/predict/nasflat/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/predict/nasflat/prior.h"

/* --- made and let go --- */

static ll_nasflat_shape shape_of(const ll_nasflat_model *m, const ll_space *space, int n_nodes)
{
    ll_nasflat_shape s = ll_nasflat_paper_shape();
    const ll_values *o = &m->options;
    s.gnn = ll_is(o, "gnn", "dgf")   ? LL_NASFLAT_DGF
            : ll_is(o, "gnn", "gat") ? LL_NASFLAT_GAT
                                     : LL_NASFLAT_ENSEMBLE;
    s.op_update = ll_bool(o, "op_update");
    s.hw_head = ll_is(o, "hwemb", "mlp");
    s.n_nodes = n_nodes;
    s.n_ops = space->n_ops;
    s.n_devices = m->sources.names.n + 1;
    s.n_z = m->encoder ? m->encoder->dim : 0;
    s.hidden = ll_int(o, "hidden");
    s.head = ll_int(o, "head");
    s.op_dim = ll_int(o, "op_dim");
    s.hw_dim = ll_int(o, "hw_dim");
    return s;
}

/* The layout, when options, sources and encoder are there. */
static ll_status lay_out(ll_nasflat_model *m, const ll_space *space, ll_error *e)
{
    const char *graph = ll_word(&m->options, "graph");
    int n_nodes;
    if (!ll_nasflat_graph_size(space, graph, &n_nodes))
        return ll_fail(e, LL_USAGE, "graph=%s: %s has no such graph", graph, space->name);
    ll_nasflat_shape shape = shape_of(m, space, n_nodes);
    ll_nasflat_layout_init(&m->layout, &shape);
    return LL_OK;
}

static bool is_encoded(const ll_values *options)
{
    return ll_has(options, "encoding") && !ll_is(options, "encoding", "none");
}

/* Columns of mean 0 and deviation 1 over the population. */
static ll_status fit_encoder(const ll_pretrain_job *job, ll_nasflat_model *m, ll_error *e)
{
    if (!is_encoded(&m->options)) return LL_OK;
    ll_encode_job fit = {
        .archs = job->archs, .standardise = true, .observer = job->observer, .pool = job->pool};
    return ll_encoder_fit(ll_word(&m->options, "encoding"), &fit, &m->encoder, e);
}

ll_status ll_nasflat_model_new(const ll_values *options, const ll_pretrain_job *job, ll_nasflat_model **out,
                               ll_error *e)
{
    ll_nasflat_model *m = LL_NEW(ll_nasflat_model);
    *out = NULL;
    ll_values_copy(&m->options, options);
    ll_source_table_init(&m->sources, job);
    for (int i = 0; i < job->n_rows; i++) ll_ints_add(&m->rows, job->rows[i]);
    ll_status s = fit_encoder(job, m, e);
    if (!s) s = lay_out(m, job->archs->space, e);
    if (s)
        ll_nasflat_model_free(m);
    else
        *out = m;
    return s;
}

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

/* --- weights in a file --- */

/* The first member has the authors' tensor names; the others "member2." and so on before them. */
static void member_prefix(int member, char *prefix, size_t size)
{
    snprintf(prefix, size, "member%d.", member + 1);
    if (!member) prefix[0] = 0;
}

void ll_nasflat_weights_save(const ll_nasflat_model *m, int member, const float *w, ll_tensors *out)
{
    ll_tensors one = {0};
    char prefix[32];
    member_prefix(member, prefix, sizeof prefix);
    ll_nasflat_export(&m->layout, w, &one);
    ll_tensors_add_all(out, prefix, &one);
    ll_tensors_free(&one);
}

ll_status ll_nasflat_weights_load(const ll_tensors *in, const ll_nasflat_model *m, int member, float **w,
                                  ll_error *e)
{
    ll_tensors one = {0};
    char prefix[32];
    member_prefix(member, prefix, sizeof prefix);
    if (member) ll_tensors_take(in, prefix, &one);
    *w = ll_alloc_aligned(m->layout.n, sizeof **w);
    ll_status s = ll_nasflat_import(&m->layout, member ? &one : in, *w, e);
    ll_tensors_free(&one);
    if (!s) return LL_OK;
    free(*w);
    *w = NULL;
    return s;
}

/* --- the model in a file --- */

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
    if (!s && is_encoded(&m->options)) s = ll_encoder_load(job->tensors, ENCODER, job->space, &m->encoder, e);
    if (!s) s = lay_out(m, job->space, e);
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
