/* Proxies as scores of the dataset. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/go_on.h"
#include "core/app/need.h"
#include "core/base/text/json.h"
#include "core/device/scores.h"
#include "data/commands/commands.h"
#include "data/commands/proxy_job.h"
#include "data/datasets/bundled_proxies.h"
#include "data/datasets/folder_change.h"

static char *score_name(const ll_proxies_job *j, int proxy)
{
    const char *prefix = ll_word(&j->rq->args, "prefix");
    ll_str name = {0};
    ll_str_addf(&name, "%s%s", prefix ? prefix : "", ll_proxies[proxy]->name);
    return ll_str_take(&name);
}

/* What decides about the values of this one. */
static char *source_text(const ll_proxies_job *j, int proxy)
{
    const ll_values *v = &j->rq->args;
    const ll_proxy *p = ll_proxies[proxy];
    ll_str text = {0};
    ll_str_add(&text, "latlab proxies");
    if (p->by_images)
        ll_str_addf(&text, ": %s", j->settings);
    else if (p->wants != LL_WANTS_NOTHING)
        ll_str_addf(&text, ": seed=%d weights=%s", ll_int(v, "seed"), ll_word(v, "weights"));
    return ll_str_take(&text);
}

/* A score of that name must be of these settings. */
static ll_status check_scores(const ll_proxies_job *j, const ll_dataset *d, ll_error *e)
{
    ll_status s = LL_OK;
    int fresh = 0;
    for (int i = 0; i < j->which.n && !s; i++) {
        char *name = score_name(j, j->which.v[i]), *source = source_text(j, j->which.v[i]);
        const ll_score *there = ll_dataset_score(d, name);
        fresh += !there;
        s = ll_score_check_name(name, e) ? LL_USAGE : LL_OK;
        if (!s && there && strcmp(there->source, source))
            s = ll_fail(e, LL_USAGE,
                        "score %s is in %s already, from %.200s: prefix=own_ keeps both beside one another",
                        name, d->name, there->source);
        free(name);
        free(source);
    }
    if (!s && d->n_scores + fresh > LL_SCORES_MOST)
        s = ll_fail(e, LL_USAGE, "%s has %d scores; with these there would be more than %d", d->name,
                    d->n_scores, (int)LL_SCORES_MOST);
    return s;
}

static void take_scores(ll_proxies_job *j, const ll_dataset *d)
{
    for (int i = 0; i < j->which.n; i++) {
        int k = j->which.v[i];
        char *name = score_name(j, k);
        const ll_score *there = ll_dataset_score(d, name);
        for (int a = 0; a < j->asked.n && there; a++) {
            int row = ll_dataset_row(d, ll_arch(j->table.archs, j->asked.v[a]));
            if (row < 0 || isnan(there->v[row])) continue;
            j->table.there[ll_proxy_cell(j->asked.v[a], k)] = true;
            j->table.value[ll_proxy_cell(j->asked.v[a], k)] = there->v[row];
        }
        free(name);
    }
}

ll_status ll_proxies_open_scores(ll_proxies_job *j)
{
    ll_request *rq = j->rq;
    if (!ll_bool(&rq->args, "save")) return LL_OK;
    ll_status s = ll_need_data(rq);
    if (!s && rq->state.data->space != j->space)
        s = LL_FAIL(rq, LL_USAGE, "%s is of space %s, not of %s", rq->state.data->name,
                    rq->state.data->space->name, j->space->name);
    if (!s) s = check_scores(j, rq->state.data, &rq->error);
    if (!s && rq->state.data->path) s = ll_data_home(rq->app, rq->state.data->path, &j->to, &rq->error);
    if (!s) take_scores(j, rq->state.data);
    return s;
}

static void record(const ll_proxies_job *j, ll_dataset *d)
{
    if (!d->provenance) d->provenance = cJSON_CreateObject();
    cJSON *o = ll_json_obj(ll_json_list(d->provenance, "proxies"), NULL), *names = ll_json_arr(o, "names");
    ll_json_str(o, "settings", j->settings);
    ll_json_str(o, "command", j->rq->line);
    for (int i = 0; i < j->which.n; i++)
        cJSON_AddItemToArray(names, ll_json_string(ll_proxies[j->which.v[i]]->name));
}

/* The dataset with what has been computed; architectures that are no rows are left out. */
static ll_status add_scores(const ll_proxies_job *j, const ll_dataset *d, ll_dataset **out, ll_error *e)
{
    ll_status s = check_scores(j, d, e);
    if (s) return s;
    ll_dataset *both = ll_dataset_extend(d, 0, 0);
    for (int i = 0; i < j->which.n; i++) {
        int k = j->which.v[i];
        char *name = score_name(j, k), *source = source_text(j, k);
        ll_score *score = ll_dataset_make_score(both, name);
        ll_score_describe(score, NULL, NULL, source);
        for (int a = 0; a < j->asked.n; a++) {
            int row = ll_dataset_row(d, ll_arch(j->table.archs, j->asked.v[a]));
            if (row >= 0 && j->table.there[ll_proxy_cell(j->asked.v[a], k)])
                score->v[row] = j->table.value[ll_proxy_cell(j->asked.v[a], k)];
        }
        free(name);
        free(source);
    }
    record(j, both);
    ll_attach_proxies(both);
    s = ll_dataset_seal(both, e);
    if (s)
        ll_dataset_unref(both);
    else
        *out = both;
    return s;
}

static ll_status extend(void *ctx, const ll_dataset *there, ll_dataset **out, ll_error *e)
{
    ll_proxies_job *j = ctx;
    const ll_dataset *loaded = j->rq->state.data;
    if (!ll_change_extends(j->to, there, loaded))
        return ll_fail(e, LL_FAILED,
                       "%s is another dataset than the one loaded, which cannot be changed where it is",
                       j->to);
    return add_scores(j, there ? there : loaded, out, e);
}

ll_status ll_proxies_save_scores(ll_proxies_job *j)
{
    ll_request *rq = j->rq;
    ll_dataset *d = NULL;
    ll_status s;
    if (!ll_bool(&rq->args, "save")) {
        rq->unchanged = true;
        return LL_OK;
    }
    if (j->to) {
        ll_change change = {.how = LL_CHANGE_JOIN,
                            .to = j->to,
                            .from = ll_is_folder_dataset(rq->state.data->path) ? rq->state.data->path : NULL,
                            .make = extend,
                            .ctx = j};
        s = ll_folder_change(&change, &d, NULL, &rq->error);
    } else {
        s = add_scores(j, rq->state.data, &d, &rq->error);
    }
    if (s) return s;
    if (j->to)
        ll_note(rq, "wrote %s", j->to);
    else
        ll_note(rq, "%s is not on the disk, so the scores belong to the session", rq->state.data->name);
    ll_go_on_with(rq, d, ll_dataset_continues(d, rq->state.data));
    return LL_OK;
}
