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

void ll_state_copy(ll_state *to, const ll_state *from)
{
    *to = (ll_state){.n_models = from->n_models, .n_transfers = from->n_transfers};
    to->data = from->data ? ll_dataset_ref(from->data) : NULL;
    to->task = from->task ? ll_task_ref(from->task) : NULL;
    to->samples = ll_samples_ref(from->samples);
    for (int i = 0; i < from->tags.n; i++) ll_strs_add(&to->tags, from->tags.v[i]);
    for (int i = 0; i < from->n_models; i++) to->models[i] = ll_model_ref(from->models[i]);
    for (int i = 0; i < from->n_transfers; i++) to->transfers[i] = ll_transfer_ref(from->transfers[i]);
}

static void drop_models(ll_state *s)
{
    for (int i = 0; i < s->n_models; i++) ll_model_unref(s->models[i]);
    for (int i = 0; i < s->n_transfers; i++) ll_transfer_unref(s->transfers[i]);
    s->n_models = s->n_transfers = 0;
}

void ll_state_free(ll_state *s)
{
    drop_models(s);
    ll_dataset_unref(s->data);
    ll_task_unref(s->task);
    ll_samples_unref(s->samples);
    ll_strs_free(&s->tags);
    *s = (ll_state){0};
}

void ll_state_set_data(ll_state *s, ll_dataset *d, bool keep_rest)
{
    if (!keep_rest) {
        drop_models(s);
        ll_state_set_task(s, NULL);
        ll_state_set_samples(s, NULL);
        ll_strs_free(&s->tags);
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

/* Make room at the front of a list of pointers for a new first entry; `at` is the entry it replaces, or n. */
static void move_to_front(void **list, int at)
{
    memmove(list + 1, list, (size_t)at * sizeof *list);
}

void ll_state_add_model(ll_state *s, ll_model *m)
{
    int at = 0;
    while (at < s->n_models && s->models[at]->predictor != m->predictor) at++;
    if (at == LL_MAX_MODELS) at--;
    if (at < s->n_models)
        ll_model_unref(s->models[at]);
    else
        s->n_models++;
    move_to_front((void **)s->models, at);
    s->models[0] = m;
}

void ll_state_add_transfer(ll_state *s, ll_transfer *t)
{
    int at = 0;
    while (at < s->n_transfers &&
           !(s->transfers[at]->predictor == t->predictor && !strcmp(s->transfers[at]->device, t->device)))
        at++;
    if (at == LL_MAX_TRANSFERS) at--;
    if (at < s->n_transfers)
        ll_transfer_unref(s->transfers[at]);
    else
        s->n_transfers++;
    move_to_front((void **)s->transfers, at);
    s->transfers[0] = t;
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
