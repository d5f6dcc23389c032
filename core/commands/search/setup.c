#include "core/commands/search/setup.h"
#include "core/proxies/proxies.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/quote.h"
#include "core/commands/candidates.h"

/* --- max:DEVICE= --------------------------------------------------------------------------------------------- */

/* Tables that were asked for, kept to the end: a parsed command points into its own. */
typedef struct limits {
    struct limits *next;
    char *names; /* joined by newlines */
    ll_option *table;
} limits;

static bool is_limit(const char *word)
{
    return !strncmp(word, "max:", 4) && ll_find_unmarked(word, '=');
}

static limits *make_limits(const char *names)
{
    limits *l = LL_NEW(limits);
    ll_strs list = {0};
    ll_strs_split(&list, names, '\n');
    l->names = ll_strdup(names);
    l->table = LL_NEW_ARRAY(ll_option, list.n + 1);
    for (int i = 0; i < list.n; i++)
        l->table[i] =
            (ll_option){.name = ll_strdup(list.v[i]), .type = LL_WORD, .help = "the limit of one device"};
    ll_strs_free(&list);
    return l;
}

const ll_option *ll_search_limits(char *const *words, int n)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the worker parses while a face completes */
    static limits *known;
    ll_str names = {0};
    for (int i = 0; i < n; i++)
        if (is_limit(words[i]))
            ll_str_addf(&names, "%.*s\n", (int)(ll_find_unmarked(words[i], '=') - words[i]), words[i]);
    if (!names.len) return NULL;
    pthread_mutex_lock(&lock);
    limits *l = known;
    while (l && strcmp(l->names, names.s)) l = l->next;
    if (!l) {
        l = make_limits(names.s);
        l->next = known;
        known = l;
    }
    pthread_mutex_unlock(&lock);
    ll_str_free(&names);
    return l->table;
}

/* --- limits -------------------------------------------------------------------------------------------------- */

/* What is kept in unit `kept`; a number alone is in it. */
ll_status ll_search_read_limit(const char *what, const char *text, const char *kept, double *limit,
                               ll_error *e)
{
    size_t n = strspn(text, "+-.0123456789eE"), m = n + strspn(text + n, " ");
    const ll_unit *unit = ll_unit_find(text[m] ? text + m : kept), *own = ll_unit_find(kept);
    char *number = ll_strndup(text, n);
    bool good = unit && !unit->per_second && ll_decimal_parse(number, limit);
    free(number);
    if (good && own && unit->of != own->of)
        return ll_fail(e, LL_USAGE, "%s=%.40s: %s was expected, in %s", what, text,
                       ll_measurand_name(own->of), kept);
    if (good) *limit = ll_unit_convert(unit, *limit, 1);
    return good && *limit > 0 && isfinite(*limit) ? LL_OK
           : own && own->of
               ? ll_fail(e, LL_USAGE, "%s=%.40s: %s was expected, as in 5 or 5%s", what, text,
                         ll_measurand_name(own->of), kept)
               : ll_fail(e, LL_USAGE, "%s=%.40s: a latency was expected, as in 5, 5ms or 5000us", what, text);
}

static ll_quantity *find_device(ll_search_setup *s, const char *name)
{
    for (int k = 1; k < s->problem.n; k++)
        if (!s->problem.q[k].cost && !strcmp(s->problem.q[k].name, name)) return &s->problem.q[k];
    return NULL;
}

/* As it was typed: the option's name is still marked. */
static ll_status read_own_limit(ll_request *rq, ll_search_setup *s, const ll_option *o)
{
    char *asked = ll_unmarked(o->name);
    const char *name = asked + strlen("max:");
    int device;
    if (!find_device(s, name) && rq->state.data &&
        !ll_dataset_find_device(rq->state.data, name, &device, &rq->error))
        name = rq->state.data->devices[device].name;
    ll_quantity *q = find_device(s, name);
    ll_status status =
        q ? ll_search_read_limit(asked, ll_word(&rq->more, o->name), q->unit, &q->max, &rq->error)
          : LL_FAIL(rq, LL_USAGE, "%.80s limits a device that is not searched for", asked);
    free(asked);
    return status;
}

static ll_status read_limits(ll_request *rq, ll_search_setup *s)
{
    const char *max = ll_word(&rq->args, "max");
    ll_status status = LL_OK;
    for (int k = 1; k < s->problem.n && max && !status; k++)
        if (!s->problem.q[k].cost)
            status = ll_search_read_limit("max", max, s->problem.q[k].unit, &s->problem.q[k].max, &rq->error);
    for (const ll_option *o = rq->more.table; o && o->name && !status; o++)
        if (ll_given(&rq->more, o->name)) status = read_own_limit(rq, s, o);
    return status;
}

/* --- quantities ---------------------------------------------------------------------------------------------- */

static ll_quantity *add_quantity(ll_search_setup *s, const char *name, const char *unit)
{
    ll_quantity *q = &s->problem.q[s->problem.n++];
    *q = (ll_quantity){.name = name, .unit = unit, .max = INFINITY};
    return q;
}

static ll_status too_many(ll_request *rq)
{
    return LL_FAIL(rq, LL_USAGE, "a search knows at most %d devices and costs", LL_QUANTITIES - 1);
}

/* predictor=table: the dataset's own latencies, to see what a predictor that is always right would find. */
static ll_status add_known_device(ll_request *rq, ll_search_setup *s, const char *name)
{
    int device;
    ll_status status = ll_need_data(rq);
    if (!status) status = ll_dataset_find_device(rq->state.data, name, &device, &rq->error);
    if (status) return status;
    ll_strs_add(&s->devices, rq->state.data->devices[device].name);
    add_quantity(s, rq->state.data->devices[device].name, ll_device_unit(rq->state.data, device))->known =
        true;
    return LL_OK;
}

static ll_status add_device(ll_request *rq, ll_search_setup *s, const char *name)
{
    ll_adapted *a;
    if (s->problem.n == LL_QUANTITIES) return too_many(rq);
    if (ll_is(&rq->args, "predictor", "table") || ll_has(&rq->args, "proxy"))
        return add_known_device(rq, s, name);
    ll_status status = ll_find_adapted(rq, name, ll_word(&rq->args, "predictor"), &a);
    if (status) return status;
    if (s->problem.space && a->model->space != s->problem.space)
        return LL_FAIL(rq, LL_USAGE, "the predictor of %s is of %s, the others of %s", name,
                       a->model->space->name, s->problem.space->name);
    s->problem.space = a->model->space;
    s->adapted[s->problem.n] = ll_adapted_ref(a);
    ll_strs_add(&s->devices, a->device);
    add_quantity(s, a->device, ll_measurand_unit(a->of))->adapted = a;
    return LL_OK;
}

static ll_status add_devices(ll_request *rq, ll_search_setup *s)
{
    ll_strs names = {0};
    ll_status status = LL_OK;
    ll_list_names(&rq->args, "device", &names);
    if (!names.n && rq->state.n_adapted) ll_strs_add(&names, rq->state.adapted[0]->device);
    if (!names.n)
        status =
            LL_FAIL(rq, LL_FAILED, "no predictor is adapted to a device; `transfer DEVICE k=20` does that");
    for (int i = 0; i < names.n && !status; i++) status = add_device(rq, s, names.v[i]);
    for (int k = 1; k < s->problem.n && !status; k++)
        for (int j = 1; j < k && !status; j++)
            if (!strcmp(s->problem.q[k].name, s->problem.q[j].name))
                status = LL_FAIL(rq, LL_USAGE, "%s is named twice", s->problem.q[k].name);
    ll_strs_free(&names);
    if (!status && !s->problem.space) s->problem.space = rq->state.data->space;
    return status;
}

/* A cost that is limited or an objective, once. */
static ll_status need_cost(ll_request *rq, ll_search_setup *s, const char *name, ll_quantity **out)
{
    const ll_cost_kind *kind = ll_cost_find(name);
    for (int k = 1; k < s->problem.n; k++)
        if (s->problem.q[k].cost && s->problem.q[k].cost == kind) {
            *out = &s->problem.q[k];
            return LL_OK;
        }
    if (s->problem.n == LL_QUANTITIES) return too_many(rq);
    if (!s->problem.space->layers)
        return LL_FAIL(rq, LL_USAGE, "the layers of space %s are not known, so its %s are not",
                       s->problem.space->name, name);
    *out = add_quantity(s, kind->name, kind->unit);
    (*out)->cost = kind;
    return LL_OK;
}

static ll_status limit_costs(ll_request *rq, ll_search_setup *s)
{
    static const char *const options[] = {"max_macs", "max_params", "max_peak_kb", "max_sram_kb",
                                          "max_flash_kb"};
    ll_status status = LL_OK;
    for (size_t i = 0; i < sizeof options / sizeof *options && !status; i++) {
        ll_quantity *q;
        if (!ll_given(&rq->args, options[i])) continue;
        status = need_cost(rq, s, options[i] + strlen("max_"), &q);
        if (!status) q->max = ll_real(&rq->args, options[i]);
    }
    return status;
}

static ll_status add_objective(ll_request *rq, ll_search_setup *s, const char *name)
{
    ll_quantity *q = !strcmp(name, "score") ? &s->problem.q[0] : find_device(s, name);
    ll_status status = LL_OK;
    if (!q && ll_cost_find(name)) status = need_cost(rq, s, name, &q);
    if (!status && !q)
        status = LL_FAIL(
            rq, LL_USAGE,
            "objectives=%.60s: score, a device that is searched for, macs, params, activations, peak_kb, "
            "sram_kb or flash_kb",
            name);
    if (!status) q->objective = true;
    return status;
}

/* Score against every latency, unless the user names others. */
static ll_status choose_objectives(ll_request *rq, ll_search_setup *s)
{
    ll_strs names = {0};
    ll_status status = LL_OK;
    ll_list_names(&rq->args, "objectives", &names);
    for (int i = 0; i < names.n && !status; i++) status = add_objective(rq, s, names.v[i]);
    int n = 0;
    for (int k = 0; k < s->problem.n; k++) {
        if (!names.n) s->problem.q[k].objective = !s->problem.q[k].cost;
        n += s->problem.q[k].objective;
    }
    ll_strs_free(&names);
    if (!status && n < 2) status = LL_FAIL(rq, LL_USAGE, "objectives= names at least two things to weigh");
    return status;
}

/* --- the score ----------------------------------------------------------------------------------------------- */

static ll_scorer_job scorer_job(const ll_request *rq, const ll_search_setup *s)
{
    return (ll_scorer_job){.space = s->problem.space,
                           .data = s->data,
                           .k = ll_int(&rq->args, "k"),
                           .seed = s->options.seed,
                           .observer = rq->observer,
                           .pool = rq->pool};
}

/* The one that most rows have, of equals the first. */
static const char *usual_score(const ll_dataset *d)
{
    const ll_score *best = NULL;
    for (int i = 0; i < d->n_scores; i++)
        if (!best || ll_score_count(d, &d->scores[i]) > ll_score_count(d, best)) best = &d->scores[i];
    return best ? best->name : NULL;
}

/* A score that is missing here and there narrows the search. */
static void note_coverage(ll_request *rq, const ll_search_setup *s)
{
    const ll_score *column = ll_dataset_score(s->data, s->score);
    int known = column ? ll_score_count(s->data, column) : s->data->n_archs;
    if (known < s->data->n_archs && !ll_scorer_is_total(s->scorer))
        ll_note(rq, "score %s is known of %d of %d rows: the others are passed over", s->score, known,
                s->data->n_archs);
}

static ll_status choose_score(ll_request *rq, ll_search_setup *s)
{
    const char *name = ll_word(&rq->args, "score");
    ll_scorer_job job = scorer_job(rq, s);
    if (!name && s->data && s->data->n_scores) name = usual_score(s->data);
    if (!name)
        return LL_FAIL(
            rq, LL_FAILED,
            "nothing is known that could be maximised: `import accuracy FILE into NAME metric=...` brings "
            "accuracies, score=params or score=macs takes what is counted");
    if (!ll_has(&rq->args, "score") && s->data->n_scores > 1)
        ll_note(rq, "score=%s (`scores` lists the others)", name);
    s->score = ll_strdup(name);
    ll_status status = ll_scorer_new(name, &job, &s->scorer, &rq->error);
    bool computable =
        s->problem.space->layers != NULL; /* where layers are not known, the scorer has said why */
    if (status && computable && ll_proxy_find(name))
        status = LL_FAIL(rq, LL_USAGE,
                         "no score %s yet: `proxies %s save=on` computes this proxy and makes a score of it",
                         name, name);
    s->problem.q[0].name = s->score;
    s->problem.q[0].scorer = s->scorer;
    if (!status && s->data) note_coverage(rq, s);
    if (!status && ll_has(&rq->args, "where")) {
        ll_scorer_job plain = job;
        status = ll_where_new(ll_word(&rq->args, "where"), &plain, &s->where, &rq->error);
        s->problem.where = s->where;
    }
    return status;
}

/* --- candidates ---------------------------------------------------------------------------------------------- */

static ll_status read_candidates(ll_request *rq, ll_search_setup *s)
{
    enum { PART = 1 << 16 };
    ll_candidates from;
    ll_status status = ll_candidates_open(&from, rq, s->problem.space, ll_word(&rq->args, "archs"));
    if (status) return status;
    s->candidates = ll_archs_new(s->problem.space, 0);
    for (int before = -1; !status && s->candidates->n != before;) {
        before = s->candidates->n;
        status = ll_candidates_next(&from, s->candidates, PART, &rq->error);
    }
    ll_candidates_close(&from);
    return status || s->candidates->n ? status : LL_FAIL(rq, LL_BAD_DATA, "no architecture was given");
}

/* The rows that have a score, the best first. */
static ll_status order_candidates(ll_request *rq, ll_search_setup *s)
{
    const ll_score *score;
    ll_ints rows = {0};
    ll_status status = ll_need_data(rq);
    if (!status) status = ll_dataset_find_score(s->data, ll_word(&rq->args, "walk"), &score, &rq->error);
    if (status) return status;
    ll_score_best_rows(s->data, score, &rows);
    s->candidates = ll_archs_pick(s->data->archs, rows.v, rows.n);
    ll_ints_free(&rows);
    return LL_OK;
}

static ll_status choose_candidates(ll_request *rq, ll_search_setup *s)
{
    bool named = ll_has(&rq->args, "archs"), ordered = ll_has(&rq->args, "walk");
    if (named && ordered)
        return LL_FAIL(rq, LL_USAGE, "archs= and walk= each give a list: which one is meant?");
    return named ? read_candidates(rq, s) : ordered ? order_candidates(rq, s) : LL_OK;
}

/* --- the method ---------------------------------------------------------------------------------------------- */

/* The whole of what can be listed in a moment; else evolution for one best architecture. */
static const ll_search_method *usual_method(const ll_search_setup *s)
{
    bool listed = s->candidates || s->problem.space->n_archs || !ll_scorer_is_total(s->scorer);
    return listed ? &ll_search_exhaustive : &ll_search_evolution;
}

static ll_status choose_method(ll_request *rq, ll_search_setup *s)
{
    const char *name = ll_word(&rq->args, "method");
    s->method = name ? ll_search_method_find(name) : usual_method(s);
    if (s->method->any_space && s->candidates)
        return LL_FAIL(
            rq, LL_USAGE,
            "method=%s goes about in the whole space; archs= and walk= go with exhaustive and list",
            s->method->name);
    s->options.budget =
        ll_given(&rq->args, "budget") ? (long)ll_real(&rq->args, "budget") : s->method->budget;
    if (s->method->any_space && !ll_scorer_is_total(s->scorer) &&
        !(s->data && s->data->n_archs == s->problem.space->n_archs))
        ll_note(rq,
                "score %s is known of rows of %s only: others are passed over; score=gp:%s is known of all",
                s->score, s->data ? s->data->name : "the dataset", s->score);
    return LL_OK;
}

/* --- all ----------------------------------------------------------------------------------------------------- */

ll_status ll_search_setup_read(ll_request *rq, ll_search_setup *s)
{
    s->options =
        (ll_search_options){.population = ll_int(&rq->args, "population"),
                            .tournament = ll_int(&rq->args, "tournament"),
                            .rate = ll_given(&rq->args, "rate") ? ll_real(&rq->args, "rate") : 0,
                            .batch = ll_int(&rq->args, "batch"),
                            .steps = ll_int(&rq->args, "steps"),
                            .lr = ll_real(&rq->args, "lr"),
                            .lambda = ll_given(&rq->args, "lambda") ? ll_real(&rq->args, "lambda") : -1,
                            .first = ll_int(&rq->args, "first"),
                            .seed = (uint64_t)(int64_t)ll_real(&rq->args, "seed"),
                            .observer = rq->observer,
                            .pool = rq->pool};
    s->problem.p = ll_real(&rq->args, "p");
    s->problem.predicted_only = ll_bool(&rq->args, "predicted");
    add_quantity(s, "score", NULL);
    ll_status status = add_devices(rq, s);
    if (status) return status;
    if (rq->state.data && rq->state.data->space == s->problem.space) s->data = ll_dataset_ref(rq->state.data);
    s->problem.data = s->data;
    status = choose_score(rq, s);
    if (!status) status = limit_costs(rq, s);
    if (!status) status = choose_objectives(rq, s);
    if (!status) status = read_limits(rq, s);
    if (!status) status = choose_candidates(rq, s);
    s->options.candidates = s->candidates;
    return status ? status : choose_method(rq, s);
}

void ll_search_setup_free(ll_search_setup *s)
{
    for (int k = 0; k < LL_QUANTITIES; k++) ll_adapted_unref(s->adapted[k]);
    ll_scorer_free(s->scorer);
    ll_where_free(s->where);
    ll_archs_unref(s->candidates);
    ll_strs_free(&s->devices);
    ll_dataset_unref(s->data);
    free(s->score);
}
