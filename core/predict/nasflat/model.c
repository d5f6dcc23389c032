#include "core/predict/nasflat/model.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/mem.h"

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
    s.n_ops = ll_space_node_ops(space) * (ll_nasflat_marks(space, ll_word(o, "graph")) ? 2 : 1);
    s.n_devices = m->sources.names.n + 1;
    s.n_z = m->encoder ? m->encoder->dim : 0;
    s.hidden = ll_int(o, "hidden");
    s.head = ll_int(o, "head");
    s.op_dim = ll_int(o, "op_dim");
    s.hw_dim = ll_int(o, "hw_dim");
    return s;
}

ll_status ll_nasflat_lay_out(ll_nasflat_model *m, const ll_space *space, ll_error *e)
{
    const char *graph = ll_word(&m->options, "graph");
    int n_nodes;
    if (!ll_nasflat_graph_size(space, graph, &n_nodes))
        return ll_fail(e, LL_USAGE, "graph=%s: %s has no such graph", graph, space->name);
    ll_nasflat_shape shape = shape_of(m, space, n_nodes);
    ll_nasflat_layout_init(&m->layout, &shape);
    return LL_OK;
}

bool ll_nasflat_is_encoded(const ll_values *options)
{
    return ll_has(options, "encoding") && !ll_is(options, "encoding", "none");
}

/* Columns of mean 0 and deviation 1 over the population. */
static ll_status fit_encoder(const ll_pretrain_job *job, ll_nasflat_model *m, ll_error *e)
{
    if (!ll_nasflat_is_encoded(&m->options)) return LL_OK;
    ll_encoder *fitted;
    ll_encode_job fit = {.archs = job->archs, .observer = job->observer, .pool = job->pool};
    ll_status s = ll_encoders_need(job->known, ll_word(&m->options, "encoding"), &fit, &fitted, e);
    if (!s) s = ll_encoder_standardised(fitted, job->archs, &m->encoder, e);
    ll_encoder_unref(fitted);
    return s;
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
    if (!s) s = ll_nasflat_lay_out(m, job->archs->space, e);
    if (s)
        ll_nasflat_model_free(m);
    else
        *out = m;
    return s;
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
