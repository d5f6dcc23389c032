#include "core/app/state.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

ll_samples *ll_samples_new(const int *rows, int n, const char *sampler, const char *device, uint64_t seed)
{
    ll_samples *s = LL_NEW(ll_samples);
    *s = (ll_samples){1, ll_ints_copy(rows, n), ll_strdup(sampler), ll_strdup(device), seed};
    return s;
}

ll_samples *ll_samples_ref(const ll_samples *s)
{
    ll_samples *own = (ll_samples *)s;
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_samples_unref(ll_samples *s)
{
    if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL)) return;
    ll_ints_free(&s->rows);
    free(s->sampler);
    free(s->device);
    free(s);
}

ll_found *ll_found_new(const cJSON *result)
{
    ll_found *f = LL_NEW(ll_found);
    *f = (ll_found){.refs = 1, .result = cJSON_Duplicate(result, true)};
    return f;
}

void ll_found_went_by(ll_found *f, const ll_state *s, const char *device, const char *predictor)
{
    ll_adapted *a = ll_state_adapted(s, device, predictor);
    if (!a) return;
    if (predictor && !f->predictor) f->predictor = ll_strdup(predictor);
    f->by = ll_realloc(f->by, (size_t)f->n_by + 1, sizeof(ll_adapted *));
    f->by[f->n_by++] = ll_adapted_ref(a);
}

ll_found *ll_found_ref(const ll_found *f)
{
    ll_found *own = (ll_found *)f;
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_found_unref(ll_found *f)
{
    if (!f || __atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL)) return;
    for (int i = 0; i < f->n_by; i++) ll_adapted_unref(f->by[i]);
    free(f->by);
    free(f->predictor);
    free(f->outdated);
    cJSON_Delete(f->result);
    free(f);
}

void ll_state_copy(ll_state *to, const ll_state *from)
{
    *to = (ll_state){.n_models = from->n_models,
                     .n_transfers = from->n_transfers,
                     .n_adapted = from->n_adapted,
                     .n_searches = from->n_searches};
    to->data = from->data ? ll_dataset_ref(from->data) : NULL;
    to->task = from->task ? ll_task_ref(from->task) : NULL;
    to->samples = ll_samples_ref(from->samples);
    for (int i = 0; i < from->tags.n; i++) ll_strs_add(&to->tags, from->tags.v[i]);
    for (int i = 0; i < from->n_models; i++) to->models[i] = ll_model_ref(from->models[i]);
    for (int i = 0; i < from->n_transfers; i++) to->transfers[i] = ll_transfer_ref(from->transfers[i]);
    for (int i = 0; i < from->n_adapted; i++) to->adapted[i] = ll_adapted_ref(from->adapted[i]);
    for (int i = 0; i < from->n_searches; i++) to->searches[i] = ll_found_ref(from->searches[i]);
    to->codesign = ll_found_ref(from->codesign);
    ll_encoders_copy(&to->encoders, &from->encoders);
}

/* Models and what was made with them, but for those of a space that is kept (NULL: none). */
static void drop_models(ll_state *s, const ll_space *kept)
{
    int n = 0;
    for (int i = 0; i < s->n_transfers; i++) ll_transfer_unref(s->transfers[i]);
    s->n_transfers = 0;
    for (int i = 0; i < s->n_models; i++) {
        if (s->models[i]->space == kept)
            s->models[n++] = s->models[i];
        else
            ll_model_unref(s->models[i]);
    }
    s->n_models = n;
    n = 0;
    for (int i = 0; i < s->n_adapted; i++) {
        if (s->adapted[i]->model->space == kept)
            s->adapted[n++] = s->adapted[i];
        else
            ll_adapted_unref(s->adapted[i]);
    }
    s->n_adapted = n;
}

static void drop_searches(ll_state *s)
{
    for (int i = 0; i < s->n_searches; i++) ll_found_unref(s->searches[i]);
    s->n_searches = 0;
}

void ll_state_free(ll_state *s)
{
    drop_models(s, NULL);
    drop_searches(s);
    ll_found_unref(s->codesign);
    ll_encoders_free(&s->encoders);
    ll_dataset_unref(s->data);
    ll_task_unref(s->task);
    ll_samples_unref(s->samples);
    ll_strs_free(&s->tags);
    *s = (ll_state){0};
}

void ll_state_set_data(ll_state *s, ll_dataset *d, bool keep_rest)
{
    if (!keep_rest) {
        drop_models(s, s->data || !d ? NULL : d->space);
        ll_state_set_task(s, NULL);
        ll_state_set_samples(s, NULL);
        ll_strs_free(&s->tags);
        drop_searches(s);
    } else if (s->data && d && s->data->space != d->space) { /* its numbers have other values now */
        drop_models(s, NULL);
        drop_searches(s);
    }
    ll_dataset_unref(s->data);
    s->data = d;
}

void ll_state_set_task(ll_state *s, ll_task *t)
{
    ll_task_unref(s->task);
    s->task = t;
}

void ll_state_set_samples(ll_state *s, ll_samples *samples)
{
    ll_samples_unref(s->samples);
    s->samples = samples;
}

/* Puts a new part in front of a list of pointers, in the place of entry `at` (n: of none; a full list loses its last).
 * Returns what is to be released, or NULL. */
static void *put_in_front(void **list, int *n, int most, int at, void *part)
{
    if (at == most) at--;
    void *replaced = at < *n ? list[at] : NULL;
    if (!replaced) ++*n;
    memmove(list + 1, list, (size_t)at * sizeof *list);
    list[0] = part;
    return replaced;
}

void ll_state_add_model(ll_state *s, ll_model *m)
{
    int at = 0;
    while (at < s->n_models && s->models[at]->predictor != m->predictor) at++;
    ll_model_unref(put_in_front((void **)s->models, &s->n_models, LL_MAX_MODELS, at, m));
}

static int find_transfer(const ll_state *s, const ll_predictor *p, const char *device)
{
    int at = 0;
    while (at < s->n_transfers &&
           !(s->transfers[at]->predictor == p && !strcmp(s->transfers[at]->device, device)))
        at++;
    return at;
}

static void put_adapted(ll_state *s, ll_adapted *a)
{
    int at = 0;
    while (at < s->n_adapted && !(s->adapted[at]->model->predictor == a->model->predictor &&
                                  !strcmp(s->adapted[at]->device, a->device)))
        at++;
    ll_adapted_unref(put_in_front((void **)s->adapted, &s->n_adapted, LL_MAX_TRANSFERS, at, a));
}

void ll_state_add_transfer(ll_state *s, ll_transfer *t)
{
    int at = find_transfer(s, t->predictor, t->device);
    ll_transfer_unref(put_in_front((void **)s->transfers, &s->n_transfers, LL_MAX_TRANSFERS, at, t));
    if (t->adapted) put_adapted(s, ll_adapted_ref(t->adapted));
}

void ll_state_add_adapted(ll_state *s, ll_adapted *a)
{
    int at = find_transfer(s, a->model->predictor, a->device);
    if (at < s->n_transfers && s->transfers[at]->adapted != a) {
        ll_transfer_unref(s->transfers[at]);
        memmove(s->transfers + at, s->transfers + at + 1,
                (size_t)(--s->n_transfers - at) * sizeof *s->transfers);
    }
    put_adapted(s, a);
}

void ll_state_add_search(ll_state *s, ll_found *f)
{
    ll_found_unref(put_in_front((void **)s->searches, &s->n_searches, LL_MAX_SEARCHES, s->n_searches, f));
}

ll_model *ll_state_model(const ll_state *s, const char *predictor)
{
    for (int i = 0; i < s->n_models; i++)
        if (!predictor || !strcmp(s->models[i]->predictor->name, predictor)) return s->models[i];
    return NULL;
}

ll_transfer *ll_state_transfer(const ll_state *s, const char *device, const char *predictor)
{
    for (int i = 0; i < s->n_transfers; i++) {
        ll_transfer *t = s->transfers[i];
        if ((!device || !strcmp(t->device, device)) && (!predictor || !strcmp(t->predictor->name, predictor)))
            return t;
    }
    return NULL;
}

ll_adapted *ll_state_adapted(const ll_state *s, const char *device, const char *predictor)
{
    for (int i = 0; i < s->n_adapted; i++) {
        ll_adapted *a = s->adapted[i];
        if ((!device || !strcmp(a->device, device)) &&
            (!predictor || !strcmp(a->model->predictor->name, predictor)))
            return a;
    }
    return NULL;
}

void ll_state_set_codesign(ll_state *s, ll_found *f)
{
    ll_found_unref(s->codesign);
    s->codesign = f;
}
