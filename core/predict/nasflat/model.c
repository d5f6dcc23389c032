#include "core/predict/nasflat/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/encode/encoding.h"
#include "core/predict/nasflat/prior.h"

/* --- inputs --- */

static bool graph_of(const ll_space *s, const uint8_t *gene, const char *graph, ll_graph *out)
{
    if (!s->graph) return false;
    if (!strcmp(graph, "pruned")) return s->graph(s, gene, LL_GRAPH_PRUNED, out);
    if (!strcmp(graph, "released")) return s->graph(s, gene, LL_GRAPH_RELEASED, out);
    if (!strcmp(graph, "auto") && s->graph(s, gene, LL_GRAPH_PRUNED, out)) return true;
    return s->graph(s, gene, LL_GRAPH_FULL, out);
}

static ll_status make_graphs(ll_nasflat_inputs *in, const ll_dataset *d, const char *graph,
                             const ll_observer *observer, ll_error *e)
{
    enum { GRAPHS_PER_LOOK = 512 };
    ll_graph g;
    for (int i = 0; i < d->n_archs; i++) {
        if (i % GRAPHS_PER_LOOK == 0 && ll_cancelled(observer)) return ll_fail(e, LL_CANCELLED, "cancelled");
        if (!graph_of(d->space, ll_gene(d, i), graph, &g))
            return ll_fail(e, LL_USAGE, "graph=%s: %s has no such graph", graph, d->space->name);
        if (!i) ll_nasflat_graphs_init(&in->graphs, g.n_nodes);
        ll_nasflat_graphs_add(&in->graphs, &g);
    }
    return LL_OK;
}

/* Columns to mean 0 and standard deviation 1 over the dataset. */
static void standardise(ll_matrix_f *m)
{
    for (int j = 0; j < m->cols; j++) {
        double sum = 0, square = 0;
        for (int i = 0; i < m->rows; i++) sum += m->v[(size_t)i * (size_t)m->cols + (size_t)j];
        double mean = sum / m->rows;
        for (int i = 0; i < m->rows; i++)
            square += pow(m->v[(size_t)i * (size_t)m->cols + (size_t)j] - mean, 2);
        double sd = sqrt(square / m->rows);
        for (int i = 0; i < m->rows; i++) {
            float *x = &m->v[(size_t)i * (size_t)m->cols + (size_t)j];
            *x = sd > 0 ? (float)((*x - mean) / sd) : 0;
        }
    }
}

ll_status ll_nasflat_inputs_open(ll_nasflat_inputs *in, const ll_dataset *d, const char *graph,
                                 const char *encoding, const ll_observer *observer, ll_error *e)
{
    *in = (ll_nasflat_inputs){0};
    ll_status s = make_graphs(in, d, graph, observer, e);
    if (!s && encoding && strcmp(encoding, "none")) {
        ll_matrix_f m = {0};
        s = ll_encode(d, encoding, &m, e);
        if (!s) {
            standardise(&m);
            in->z = m.v;
            in->n_z = m.cols;
        }
    }
    if (s) ll_nasflat_inputs_close(in);
    return s;
}

void ll_nasflat_inputs_close(ll_nasflat_inputs *in)
{
    ll_nasflat_graphs_free(&in->graphs);
    free(in->z);
    *in = (ll_nasflat_inputs){0};
}

/* --- model --- */

static ll_nasflat_shape shape_of(const ll_nasflat_model *m, const ll_dataset *d)
{
    ll_nasflat_shape s = ll_nasflat_paper_shape();
    const ll_values *o = &m->options;
    s.gnn = ll_is(o, "gnn", "dgf")   ? LL_NASFLAT_DGF
            : ll_is(o, "gnn", "gat") ? LL_NASFLAT_GAT
                                     : LL_NASFLAT_ENSEMBLE;
    s.op_update = ll_bool(o, "op_update");
    s.hw_head = ll_is(o, "hwemb", "mlp");
    s.n_nodes = m->inputs.graphs.n_nodes;
    s.n_ops = d->space->n_ops;
    s.n_devices = m->source.n + 1;
    s.n_z = m->inputs.n_z;
    s.hidden = ll_int(o, "hidden");
    s.head = ll_int(o, "head");
    s.op_dim = ll_int(o, "op_dim");
    s.hw_dim = ll_int(o, "hw_dim");
    return s;
}

ll_status ll_nasflat_model_new(const ll_values *options, const ll_dataset *d, const int *source, int n_source,
                               const ll_observer *observer, ll_nasflat_model **out, ll_error *e)
{
    ll_nasflat_model *m = LL_NEW(ll_nasflat_model);
    ll_values_copy(&m->options, options);
    m->data_hash = ll_strdup(d->hash.hex);
    for (int i = 0; i < n_source; i++) ll_strs_add(&m->source, d->devices[source[i]].name);
    ll_status s = ll_nasflat_inputs_open(&m->inputs, d, ll_word(options, "graph"),
                                         ll_word(options, "encoding"), observer, e);
    if (s) {
        ll_nasflat_model_free(m);
        return s;
    }
    ll_nasflat_shape shape = shape_of(m, d);
    ll_nasflat_layout_init(&m->layout, &shape);
    *out = m;
    return LL_OK;
}

void ll_nasflat_model_free(void *model)
{
    ll_nasflat_model *m = model;
    if (!m) return;
    ll_values_free(&m->options);
    ll_nasflat_inputs_close(&m->inputs);
    free(m->data_hash);
    ll_strs_free(&m->source);
    ll_ints_free(&m->rows);
    ll_nasflat_prior_free(m);
    for (int i = 0; i < m->n_members; i++) free(m->w[i]);
    free(m);
}

/* --- save and load --- */

/* The first member has the authors' tensor names; the others "member2." and so on before them. */
static void member_prefix(int member, char *prefix, size_t size)
{
    snprintf(prefix, size, "member%d.", member + 1);
    if (!member) prefix[0] = 0;
}

static void save_text(ll_tensors *out, const char *key, cJSON *o)
{
    char *text = ll_json_line(o);
    ll_tensors_set_text(out, key, text);
    free(text);
    cJSON_Delete(o);
}

ll_status ll_nasflat_model_save(const void *model, ll_tensors *out, ll_error *e)
{
    const ll_nasflat_model *m = model;
    for (int i = 0; i < m->n_members; i++) {
        ll_tensors one = {0};
        char prefix[32];
        member_prefix(i, prefix, sizeof prefix);
        ll_nasflat_export(&m->layout, m->w[i], &one);
        for (int t = 0; t < one.n; t++) {
            char *name = ll_alloc(strlen(prefix) + strlen(one.v[t].name) + 1, 1);
            strcat(strcpy(name, prefix), one.v[t].name);
            ll_tensors_add(out, name, LL_F32, one.v[t].n_dims, one.v[t].shape, one.v[t].data);
            free(name);
        }
        ll_tensors_free(&one);
    }
    cJSON *source = cJSON_CreateObject();
    ll_json_strs(source, "source", m->source.v, m->source.n);
    ll_json_int(source, "members", m->n_members);
    ll_json_str(source, "data_hash", m->data_hash);
    save_text(out, "nasflat_devices", source);
    save_text(out, "nasflat_options", ll_values_json(&m->options));
    ll_nasflat_prior_save(m, out, e);
    return LL_OK;
}

static ll_status read_options(const cJSON *o, ll_values *out, ll_error *e)
{
    ll_values_init(out, ll_nasflat_pretrain_options);
    for (const cJSON *x = o ? o->child : NULL; x; x = x->next) {
        char number[40];
        snprintf(number, sizeof number, "%.17g", x->valuedouble);
        const char *text = cJSON_IsString(x) ? x->valuestring
                           : cJSON_IsBool(x) ? (cJSON_IsTrue(x) ? "on" : "off")
                                             : number;
        ll_status s = ll_values_set(out, x->string, text, e);
        if (s) return ll_fail_in(e, "nasflat_options: ");
    }
    return LL_OK;
}

static ll_status load_member(const ll_tensors *in, ll_nasflat_model *m, ll_error *e)
{
    char prefix[32];
    member_prefix(m->n_members, prefix, sizeof prefix);
    size_t skip = strlen(prefix);
    ll_tensors one = {0};
    for (int t = 0; t < in->n; t++)
        if (!strncmp(in->v[t].name, prefix, skip))
            ll_tensors_add(&one, in->v[t].name + skip, in->v[t].dtype, in->v[t].n_dims, in->v[t].shape,
                           in->v[t].data);
    float *w = ll_alloc_aligned(m->layout.n, sizeof *w);
    ll_status s = ll_nasflat_import(&m->layout, &one, w, e);
    ll_tensors_free(&one);
    if (s) {
        free(w);
        return s;
    }
    m->w[m->n_members++] = w;
    return LL_OK;
}

static ll_status find_sources(const cJSON *names, const ll_dataset *d, ll_ints *out, ll_error *e)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, names)
    {
        int device = cJSON_IsString(name) ? ll_dataset_device(d, name->valuestring) : -1;
        if (device < 0)
            return ll_fail(e, LL_BAD_DATA, "the model's source device %s is not in %s",
                           cJSON_IsString(name) ? name->valuestring : "?", d->name);
        ll_ints_add(out, device);
    }
    return out->n ? LL_OK : ll_fail(e, LL_BAD_DATA, "nasflat_devices names no source device");
}

ll_status ll_nasflat_model_load(const ll_tensors *in, const ll_dataset *d, void **model, ll_error *e)
{
    const char *text = ll_tensors_text(in, "nasflat_options"),
               *devices = ll_tensors_text(in, "nasflat_devices");
    if (!text || !devices)
        return ll_fail(e, LL_BAD_DATA,
                       "not a nasflat model: nasflat_options and nasflat_devices were expected");
    cJSON *o, *names;
    ll_json_parse(text, strlen(text), &o, NULL);
    ll_json_parse(devices, strlen(devices), &names, NULL);
    ll_values options = {0};
    ll_ints source = {0};
    ll_nasflat_model *m = NULL;
    int members = ll_json_get_int(names, "members", 1);
    ll_status s =
        o && names ? read_options(o, &options, e) : ll_fail(e, LL_BAD_DATA, "nasflat_options is not JSON");
    if (!s) s = find_sources(cJSON_GetObjectItem(names, "source"), d, &source, e);
    if (!s && (members < 1 || members > LL_NASFLAT_MOST_MEMBERS))
        s = ll_fail(e, LL_BAD_DATA, "nasflat_devices: %d members, 1 to %d were expected", members,
                    LL_NASFLAT_MOST_MEMBERS);
    if (!s) s = ll_nasflat_model_new(&options, d, source.v, source.n, NULL, &m, e);
    while (!s && m->n_members < members) s = load_member(in, m, e);
    bool same_data = !strcmp(ll_json_get_str(names, "data_hash", ""), d->hash.hex);
    if (!s) s = ll_nasflat_prior_load(in, d, same_data, m, e);
    if (s)
        ll_nasflat_model_free(m);
    else
        *model = m;
    cJSON_Delete(o);
    cJSON_Delete(names);
    if (options.table) ll_values_free(&options);
    ll_ints_free(&source);
    return s;
}
