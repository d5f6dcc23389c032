#include "core/predict/predictor.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

void ll_prediction_free(ll_prediction *p)
{
    free(p->score);
    free(p->lat_ms);
    free(p->sd_ms);
    *p = (ll_prediction){0};
}

void ll_prediction_new(ll_prediction *p, int n, bool lat_ms, bool sd_ms)
{
    *p = (ll_prediction){.n = n, .score = LL_NEW_ARRAY(double, n + 1)};
    if (lat_ms) p->lat_ms = LL_NEW_ARRAY(double, n + 1);
    if (sd_ms) p->sd_ms = LL_NEW_ARRAY(double, n + 1);
}

/* --- in chunks --- */

enum { CHUNK = 128, CHUNKS_PER_LOOK = 16 };

typedef struct chunks {
    void (*chunk)(void *ctx, int from, int to);
    void *ctx;
    int n, first; /* architectures; chunk of piece 0 */
} chunks;

static void run_chunk(void *ctx, int piece)
{
    const chunks *c = ctx;
    int from = (c->first + piece) * CHUNK, to = from + CHUNK;
    c->chunk(c->ctx, from, to < c->n ? to : c->n);
}

ll_status ll_predict_chunks(const ll_predict_job *job, void (*chunk)(void *ctx, int from, int to), void *ctx,
                            ll_error *e)
{
    chunks c = {chunk, ctx, job->archs->n, 0};
    int all = (c.n + CHUNK - 1) / CHUNK;
    for (; c.first < all; c.first += CHUNKS_PER_LOOK) {
        int left = all - c.first;
        if (ll_cancelled(job->observer)) return ll_fail(e, LL_CANCELLED, "cancelled while predicting");
        ll_pool_run(job->pool, left < CHUNKS_PER_LOOK ? left : CHUNKS_PER_LOOK, run_chunk, &c);
    }
    return LL_OK;
}

ll_model *ll_model_new(const ll_predictor *p, const ll_space *space, void *impl)
{
    ll_model *m = LL_NEW(ll_model);
    *m = (ll_model){.refs = 1, .predictor = p, .space = space, .impl = impl, .info = cJSON_CreateObject()};
    return m;
}

ll_model *ll_model_ref(const ll_model *m)
{
    ll_model *own = (ll_model *)m;
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_model_unref(ll_model *m)
{
    if (!m || __atomic_sub_fetch(&m->refs, 1, __ATOMIC_ACQ_REL)) return;
    if (m->impl && m->predictor->release) m->predictor->release(m->impl);
    ll_strs_free(&m->source);
    ll_basis_free(&m->basis);
    cJSON_Delete(m->info);
    free(m->data_hash);
    free(m);
}

bool ll_model_stale(const ll_model *m, const ll_dataset *d, ll_str *why)
{
    return ll_basis_changed(&m->basis, d, why);
}
