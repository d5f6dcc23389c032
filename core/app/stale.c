#include "core/app/stale.h"

#include <math.h>
#include <string.h>

#include "core/base/text/json.h"
#include "core/base/text/quote.h"

/* --- the commands that make it anew --- */

static void add_pretrain(ll_str *out, const ll_model *m)
{
    double n = ll_json_get_num(m->info, "n", NAN), seed = ll_json_get_num(m->info, "seed", NAN);
    const char *sampler = ll_json_get_str(m->info, "source_sampler", "random");
    ll_str_addf(out, "pretrain %s", m->predictor->name);
    if (!isnan(n)) ll_str_addf(out, " n=%.0f", n);
    if (!isnan(seed)) ll_str_addf(out, " seed=%.0f", seed);
    if (strcmp(sampler, "random")) ll_str_addf(out, " source_sampler=%s", sampler);
}

/* Samples that were picked by hand are those of the session: they are taken when nothing else is said. */
static void add_transfer(ll_str *out, const ll_transfer *t)
{
    ll_quote_addf(out, "transfer %s predictor=%s", t->device, t->predictor->name);
    if (!ll_sampler_find(t->sampler)) return;
    ll_str_addf(out, " k=%d seed=%llu", t->samples.n, (unsigned long long)t->seed);
    if (strcmp(t->sampler, "random")) ll_str_addf(out, " sampler=%s", t->sampler);
}

/* --- sentences --- */

static bool stale_model(const ll_state *s, const ll_model *m, ll_str *out)
{
    ll_str why = {0};
    bool stale = s->data && ll_model_stale(m, s->data, &why);
    if (stale) {
        ll_str_addf(out, "%s is stale: %s; `", m->predictor->name, why.s);
        add_pretrain(out, m);
        ll_str_add(out, "` makes it anew");
    }
    ll_str_free(&why);
    return stale;
}

/* A predictor that is stale itself would make nothing anew. */
static void add_stale_pretrain(const ll_state *s, const char *predictor, ll_str *out)
{
    ll_str why = {0};
    const ll_model *m = ll_state_model(s, predictor);
    if (m && ll_model_stale(m, s->data, &why)) {
        add_pretrain(out, m);
        ll_str_add(out, "; ");
    }
    ll_str_free(&why);
}

bool ll_stale_transfer(const ll_state *s, const ll_transfer *t, ll_str *out)
{
    ll_str why = {0};
    bool stale = s->data && ll_transfer_stale(t, s->data, &why);
    if (stale) {
        ll_str_addf(out, "what %s predicts for %s is stale: %s; `", t->predictor->name, t->device, why.s);
        add_stale_pretrain(s, t->predictor->name, out);
        add_transfer(out, t);
        ll_str_add(out, "` makes it anew");
    }
    ll_str_free(&why);
    return stale;
}

void ll_stale_unpredicted(const char *device, ll_str *out)
{
    ll_str_addf(out, "outdated: nothing predicts %s now", device);
}

bool ll_stale_search(const ll_state *s, const ll_found *f, ll_str *out)
{
    if (f->outdated) {
        ll_str_add(out, f->outdated);
        return true;
    }
    for (int i = 0; i < f->n_by; i++) {
        const ll_adapted *now = ll_state_adapted(s, f->by[i]->device, f->predictor);
        if (now == f->by[i]) continue;
        if (now)
            ll_str_addf(out, "outdated: transferred to %s since", now->device);
        else
            ll_stale_unpredicted(f->by[i]->device, out);
        return true;
    }
    return false;
}

void ll_stale_sentences(const ll_state *s, ll_strs *out)
{
    for (int i = 0; i < s->n_models; i++) {
        ll_str text = {0};
        if (stale_model(s, s->models[i], &text)) ll_strs_take(out, ll_str_take(&text));
    }
    for (int i = 0; i < s->n_transfers; i++) {
        ll_str text = {0};
        if (ll_stale_transfer(s, s->transfers[i], &text)) ll_strs_take(out, ll_str_take(&text));
    }
}

void ll_warn_stale(ll_request *rq, const ll_transfer *t)
{
    ll_str text = {0};
    if (ll_stale_transfer(&rq->state, t, &text)) ll_warn(rq, "%s", text.s);
    ll_str_free(&text);
}

void ll_json_stale(cJSON *result, const ll_state *s)
{
    ll_strs sentences = {0};
    ll_stale_sentences(s, &sentences);
    if (sentences.n) {
        cJSON *column = ll_json_obj(ll_json_list(result, "columns"), NULL);
        ll_json_str(column, "key", "stale");
        ll_json_str(column, "title", "stale");
        ll_json_int(column, "digits", -1);
        ll_json_strs(result, "stale", sentences.v, sentences.n);
    }
    ll_strs_free(&sentences);
}
