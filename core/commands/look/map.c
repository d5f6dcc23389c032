/* map: the architectures of the dataset on the first two principal components of an encoding. */
#include <math.h>
#include <stdlib.h>

#include "core/app/need.h"
#include "core/app/request.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/commands/look/map.h"
#include "core/encode/pca.h"

/* Four decimals place a dot on any screen and keep the stream short. */
static void add_component(cJSON *result, const char *key, const double *xy, int n, int component)
{
    double *v = LL_NEW_ARRAY(double, n);
    for (int i = 0; i < n; i++) v[i] = round(xy[2 * i + component] * 1e4) / 1e4;
    ll_json_nums(result, key, v, n);
    free(v);
}

static void emit_map(ll_request *rq, const ll_map_places *m)
{
    const ll_samples *samples = rq->state.samples;
    cJSON *result = ll_result_new("map");
    ll_str title = {0};
    ll_str_addf(&title, "%d %s of %s by %s; two components hold %.0f %% of the variance", m->n,
                ll_noun(m->n, "architecture", "architectures"), rq->state.data->name, m->encoding,
                100 * (m->share[0] + m->share[1]));
    ll_json_str(result, "title", ll_str_text(&title));
    ll_json_str(result, "encoding", m->encoding);
    ll_json_nums(result, "share", m->share, 2);
    ll_json_ints(result, "samples", samples ? samples->rows.v : NULL, samples ? samples->rows.n : 0);
    add_component(result, "x", m->xy, m->n, 0);
    add_component(result, "y", m->xy, m->n, 1);
    ll_str_free(&title);
    ll_emit(rq, result);
}

/* Multiply-adds and sizes, where networks are known, and numbers, where architectures are some, make the better picture. */
static const char *usual_encoding(const ll_dataset *d)
{
    return d->space->layers ? "cost" : d->space->facts->columns ? "numbers" : "onehot";
}

/* A look is quick: it learns nothing. */
static ll_status need_fitted(ll_request *rq, const char *encoding)
{
    const ll_archs *archs = rq->state.data->archs;
    if (!ll_encoding_is_learnt(encoding, archs) ||
        ll_encoders_find(&rq->state.encoders, encoding, archs->space))
        return LL_OK;
    return LL_FAIL(rq, LL_FAILED, "%s is not fitted yet: `encode %s` does that", encoding, encoding);
}

ll_status ll_map_compute(ll_request *rq, const char *encoding, ll_map_places *out)
{
    ll_matrix_f m = {0};
    *out = (ll_map_places){0};
    ll_status s = ll_need_data(rq);
    if (s) return s;
    out->encoding = encoding = encoding ? encoding : usual_encoding(rq->state.data);
    s = need_fitted(rq, encoding);
    if (!s)
        s = ll_encoders_vectors(&rq->state.encoders, encoding,
                                &(ll_encode_job){.archs = rq->state.data->archs}, &m, &rq->error);
    if (s) return s;
    out->n = m.rows;
    out->xy = LL_NEW_ARRAY(double, 2 * (size_t)m.rows + 1);
    if (m.cols < 2)
        s = LL_FAIL(rq, LL_FAILED, "%s has one number for an architecture: that is no map", encoding);
    else
        s = ll_pca(&m, 2, out->xy, out->share, &rq->error);
    ll_matrix_f_free(&m);
    return s;
}

static ll_status run_map(ll_request *rq)
{
    ll_map_places map;
    ll_status s = ll_map_compute(rq, ll_word(&rq->args, "encoding"), &map);
    if (!s) emit_map(rq, &map);
    free(map.xy);
    return s;
}

static const ll_option map_options[] = {LL_OPT_WORD("encoding", NULL,
                                                    "an encoding (`encodings` lists them) or a feature of "
                                                    "the dataset; else cost, without costs numbers or onehot",
                                                    LL_POSITIONAL, LL_OF(ENCODING)),
                                        {0}};

const ll_command ll_map_commands[] = {
    {.name = "map",
     .group = "look",
     .summary = "Show the architectures as a map: principal components of an encoding",
     .options = map_options,
     .flags = LL_CMD_LOOK,
     .run = run_map,
     .help =
         "Over a complete space one-hot vectors spread evenly in every direction and make no picture; cost\n"
         "vectors do.",
     .examples = "  map\n  map path\n  map graf"},
    {0},
};
