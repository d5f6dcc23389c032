#include "core/app/go_on.h"

/* "a, b, c" */
static void list(ll_str *out, const char *fmt, const char *name)
{
    if (out->len) ll_str_add(out, ", ");
    ll_str_addf(out, fmt, name);
}

/* What is of the search space: models, what they predict, searches, encodings that were learnt. */
static void list_of_space(const ll_state *s, ll_str *out)
{
    for (int i = 0; i < s->n_models; i++) list(out, "the model of %s", s->models[i]->predictor->name);
    for (int i = 0; i < s->n_transfers; i++) list(out, "the predictions for %s", s->transfers[i]->device);
    if (s->n_searches) list(out, "%s", s->n_searches == 1 ? "the search" : "the searches");
    for (int i = 0; i < s->encoders.n; i++)
        if (s->encoders.v[i]->space == s->data->space && s->encoders.v[i]->encoding->learnt)
            list(out, "the encoding %s", s->encoders.v[i]->name);
}

static void list_of_places(const ll_state *s, ll_str *out)
{
    if (s->task) list(out, "the task %s", s->task->name);
    if (s->samples && s->samples->rows.n) list(out, "%s", "the samples");
    if (s->tags.n) list(out, "%s", "the tags");
}

void ll_go_on_with(ll_request *rq, ll_dataset *d, bool in_place)
{
    ll_str gone = {0};
    bool same_space = d->space == rq->state.data->space;
    if (!in_place) list_of_places(&rq->state, &gone);
    if (!in_place || !same_space) list_of_space(&rq->state, &gone);
    ll_state_set_data(&rq->state, d, in_place);
    if (gone.len)
        ll_warn(rq, "%s: gone are %s; `undo` goes back to them",
                in_place ? "the numbers of its architectures have other values now"
                         : "its architectures or latencies are not those of before",
                gone.s);
    ll_str_free(&gone);
}
