#include "core/predict/predictor.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"

void ll_prediction_free(ll_prediction *p)
{
    free(p->score);
    free(p->lat_ms);
    free(p->sd_ms);
    cJSON_Delete(p->info);
    *p = (ll_prediction){0};
}

/* First of n numbers that is none; n: all are. */
static int first_wrong(const double *v, int n)
{
    int i = 0;
    while (i < n && isfinite(v[i])) i++;
    return i;
}

static ll_status check_prediction(const ll_predictor *p, const ll_transfer_job *job, const ll_prediction *x,
                                  ll_error *e)
{
    const struct {
        const double *v;
        const char *what;
    } parts[] = {{x->score, "score"}, {x->lat_ms, "latency"}, {x->sd_ms, "deviation"}};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        int i = parts[k].v ? first_wrong(parts[k].v, x->n) : x->n;
        if (i < x->n)
            return ll_fail(
                e, LL_FAILED,
                "%s predicts the %s %g for architecture %d on %s: its weights are damaged or its training "
                "diverged; pretrain it again",
                p->name, parts[k].what, parts[k].v[i], job->rows ? job->rows[i] : i,
                job->data->devices[job->target].name);
    }
    return LL_OK;
}

ll_status ll_predictor_transfer(const ll_predictor *p, const void *model, const ll_transfer_job *job,
                                ll_prediction *out, ll_error *e)
{
    ll_status s = p->transfer(model, job, out, e);
    return s ? s : check_prediction(p, job, out, e);
}

ll_model *ll_model_new(const ll_predictor *p, void *impl)
{
    ll_model *m = LL_NEW(ll_model);
    *m = (ll_model){.refs = 1, .predictor = p, .impl = impl, .info = cJSON_CreateObject()};
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
