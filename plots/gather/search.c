/* Figures of searches: front, search, regret. Their results are kept in the state (core/commands/search_report.h). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/quantities.h"
#include "core/app/stale.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/commands/look/look.h"
#include "core/num/stats.h"
#include "core/search/search.h"
#include "plots/build/build.h"
#include "plots/build/thin.h"
#include "plots/figure/layout.h"
#include "plots/gather/gather.h"

enum { NAME = 24 }; /* characters of a name in a title or a label */

typedef struct searches { /* the latest first */
    const cJSON *v[LL_MAX_SEARCHES];
    int n;
} searches;

/* --- which ---------------------------------------------------------------------------------------------------- */

static bool is_on(const cJSON *o, const ll_strs *wanted)
{
    const cJSON *device;
    cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(o, "devices")) for (int i = 0; i < wanted->n;
                                                                                    i++)
    {
        const char *name = cJSON_GetStringValue(device);
        if (name && ll_glob(wanted->v[i], name)) return true;
    }
    return !wanted->n;
}

static void read_wanted(const ll_request *rq, ll_strs *wanted)
{
    if (ll_has(&rq->args, "device")) ll_list_names(&rq->args, "device", wanted);
}

static ll_status look(ll_plot_request *p, searches *s)
{
    const ll_state *state = &p->rq->state;
    ll_strs wanted = {0};
    ll_status status = LL_OK;
    *s = (searches){0};
    read_wanted(p->rq, &wanted);
    for (int i = 0; i < state->n_searches; i++)
        if (is_on(state->searches[i]->result, &wanted)) s->v[s->n++] = state->searches[i]->result;
    if (!state->n_searches)
        status = LL_FAIL(p->rq, LL_FAILED, "nothing was searched yet; `search DEVICE max=5` does that");
    else if (!s->n)
        status = LL_FAIL(p->rq, LL_FAILED, "no search of %.80s is kept; `search %.80s max=5` does that",
                         wanted.v[0], wanted.v[0]);
    ll_strs_free(&wanted);
    return status;
}

/* The devices of what is drawn, once each: they say whether it is simulated. */
static void add_devices(ll_plot_request *p, const searches *s)
{
    cJSON *all = ll_json_arr(p->result, "devices");
    ll_strs seen = {0};
    for (int i = 0; i < s->n; i++) {
        const cJSON *device;
        cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(s->v[i], "devices"))
        {
            const char *name = cJSON_GetStringValue(device);
            if (!name || ll_strs_has(&seen, name)) continue;
            ll_strs_add(&seen, name);
            ll_json_str(all, NULL, name);
        }
    }
    ll_strs_free(&seen);
}

/* --- saying what a search was -------------------------------------------------------------------------------- */

static void say_name(ll_str *out, const char *name)
{
    char *brief = ll_text_cut(name, NAME);
    ll_str_add(out, brief);
    free(brief);
}

static void say_names(const cJSON *o, const char *key, ll_str *out)
{
    const cJSON *name;
    int n = 0;
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(o, key))
    {
        if (n++) ll_str_add(out, ", ");
        say_name(out, cJSON_IsString(name) ? name->valuestring : "?");
    }
}

static void say_method(const cJSON *o, ll_str *out)
{
    ll_str_add(out, ll_json_get_str(o, "method", "?"));
}

/* Only where chance has a part in it. */
static void say_seed(const cJSON *o, ll_str *out)
{
    const ll_search_method *method = ll_search_method_find(ll_json_get_str(o, "method", ""));
    const char *score = ll_json_get_str(o, "score_name", "");
    if ((method && method->any_space) || !strncmp(score, "gp:", 3))
        ll_str_addf(out, "seed %.0f", ll_json_get_num(o, "seed", NAN));
}

static void say_verified(const cJSON *o, ll_str *out)
{
    int n = ll_json_get_int(o, "verified", 0);
    if (n) ll_str_addf(out, "%d verified", n);
}

static void say_score(const cJSON *o, ll_str *out)
{
    say_name(out, ll_json_get_str(o, "score_name", "score"));
}

static void say_devices(const cJSON *o, ll_str *out)
{
    say_names(o, "devices", out);
}

static const char NO_LIMIT[] = "without a limit";

static void say_limits(const cJSON *o, ll_str *out)
{
    const cJSON *limit;
    int n = 0;
    cJSON_ArrayForEach(limit, cJSON_GetObjectItemCaseSensitive(o, "limits"))
    {
        const char *cost = ll_json_get_str(limit, "cost", NULL);
        double max = ll_json_get_num(limit, cost ? "max" : "max_ms", NAN);
        if (!isfinite(max)) continue;
        if (n++) ll_str_add(out, ", ");
        if (cost) say_name(out, cost);
        ll_str_addf(out, cost ? " %.4g" : "%.4g", max);
        if (!cost) ll_str_addf(out, " %s", ll_result_unit(o));
    }
    if (!n) ll_str_add(out, NO_LIMIT);
}

static void say_p(const cJSON *o, ll_str *out)
{
    ll_str_addf(out, "p = %.4g", ll_json_get_num(o, "p", NAN));
}

static void say_predictor(const cJSON *o, ll_str *out)
{
    ll_str_add(out, ll_json_get_str(o, "predictor", "?"));
}

static void say_objectives(const cJSON *o, ll_str *out)
{
    ll_str_add(out, "front of ");
    say_names(o, "objectives", out);
}

static void say_where(const cJSON *o, ll_str *out)
{
    const char *where = ll_json_get_str(o, "where", NULL);
    if (!where) return;
    ll_str_add(out, "where ");
    say_name(out, where);
}

static void say_stopped(const cJSON *o, ll_str *out)
{
    if (ll_json_get_bool(o, "stopped", false)) ll_str_add(out, "stopped");
}

typedef void (*say)(const cJSON *o, ll_str *out);

static char *said(say what, const cJSON *o)
{
    ll_str text = {0};
    what(o, &text);
    return ll_str_take(&text);
}

/* Do all say the same here? */
static bool agree(const searches *s, say what)
{
    char *first = said(what, s->v[0]);
    bool same = true;
    for (int i = 1; i < s->n && same; i++) {
        char *other = said(what, s->v[i]);
        same = !strcmp(first, other);
        free(other);
    }
    free(first);
    return same;
}

/* What a label names: some always, the others when the searches that are drawn differ in them. */
static const struct {
    say what;
    bool always;
} parts[] = {{say_method, true},     {say_seed, true},    {say_verified, true}, {say_score, false},
             {say_devices, false},   {say_limits, false}, {say_p, false},       {say_where, false},
             {say_predictor, false}, {say_stopped, true}};

static char *label_of(const searches *s, int i)
{
    ll_str label = {0};
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
        if (!parts[k].always && agree(s, parts[k].what)) continue;
        char *text = said(parts[k].what, s->v[i]);
        if (*text) ll_str_addf(&label, "%s%s", label.len ? ", " : "", text);
        free(text);
    }
    return ll_str_take(&label);
}

/* The same search twice is told apart by a number. */
static void label_all(const searches *s, ll_strs *names)
{
    for (int i = 0; i < s->n; i++) {
        char *plain = label_of(s, i);
        ll_str name = {0};
        ll_str_add(&name, plain);
        for (int again = 2; ll_strs_has(names, name.s); again++) {
            ll_str_clear(&name);
            ll_str_addf(&name, "%s (%d)", plain, again);
        }
        ll_strs_take(names, ll_str_take(&name));
        free(plain);
    }
}

/* "epyc_blas and 2 more": all of several would be wider than a title. */
static void say_first(const cJSON *o, const char *key, const char *first, ll_str *out)
{
    int n = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(o, key));
    ll_str_add(out, first);
    if (n > 1) ll_str_addf(out, " and %d more", n - 1);
}

/* The limit of the first device, which the axis has too, and p when all agree in it. */
static void say_limit(const cJSON *o, bool with_p, ll_str *out)
{
    char *all = said(say_limits, o), ms[32];
    double max = ll_json_get_num(o, "max_ms", NAN);
    snprintf(ms, sizeof ms, "%.4g %s", max, ll_result_unit(o));
    if (strcmp(all, NO_LIMIT)) ll_str_add(out, "within ");
    if (isfinite(max))
        say_first(o, "limits", ms, out);
    else
        ll_str_add(out, all);
    if (isfinite(max) && with_p) {
        ll_str_add(out, " (");
        say_p(o, out);
        ll_str_addc(out, ')');
    }
    free(all);
}

/* "cifar10 on epyc_blas within 4 ms (p = 0.9): ", as far as all agree. */
static void say_task(const searches *s, ll_str *out)
{
    const cJSON *o = s->v[0];
    if (agree(s, say_score)) say_score(o, out);
    if (agree(s, say_devices)) {
        const cJSON *devices = cJSON_GetObjectItemCaseSensitive(o, "devices");
        const char *first = cJSON_GetStringValue(cJSON_GetArrayItem(devices, 0));
        char *brief = ll_text_cut(first ? first : "?", NAME);
        if (out->len) ll_str_add(out, " on ");
        say_first(o, "devices", brief, out);
        free(brief);
    }
    if (agree(s, say_limits)) {
        if (out->len) ll_str_addc(out, ' ');
        say_limit(o, agree(s, say_p), out);
    }
    if (out->len) ll_str_add(out, ": ");
}

/* --- front --------------------------------------------------------------------------------------------------- */

/* Arrays of a result, as a builder takes them. */
typedef struct cloud {
    double *ms, *score;
    ll_met *state;
    int n;
    ll_front_point *front;
    int n_front;
} cloud;

static void read_cloud(const cJSON *result, cloud *c)
{
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(result, "cloud"), *word;
    int scores = ll_json_get_nums(o, "score", &c->score), i = 0;
    c->n = ll_json_get_nums(o, "ms", &c->ms);
    if (scores < c->n) c->n = scores;
    c->state = LL_NEW_ARRAY(ll_met, c->n + 1);
    cJSON_ArrayForEach(word, cJSON_GetObjectItemCaseSensitive(o, "state"))
    {
        const char *text = cJSON_GetStringValue(word);
        if (i == c->n) break;
        c->state[i++] = !text                   ? LL_MET_IN
                        : !strcmp(text, "open") ? LL_MET_OPEN
                        : !strcmp(text, "out")  ? LL_MET_OUT
                                                : LL_MET_IN;
    }
}

static ll_front_point point_of(const cJSON *o)
{
    return (ll_front_point){ll_json_get_num(o, "ms", NAN), ll_json_get_num(o, "lo_ms", NAN),
                            ll_json_get_num(o, "hi_ms", NAN), ll_json_get_num(o, "score", NAN)};
}

static void read_front(const cJSON *result, cloud *c)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(result, "front"), *o;
    c->front = LL_NEW_ARRAY(ll_front_point, cJSON_GetArraySize(list) + 1);
    cJSON_ArrayForEach(o, list) c->front[c->n_front++] = point_of(o);
}

static void free_cloud(cloud *c)
{
    free(c->ms);
    free(c->score);
    free(c->state);
    free(c->front);
}

static char *front_title(const searches *s, int n)
{
    const cJSON *o = s->v[0];
    ll_str title = {0};
    say_task(s, &title);
    ll_str_add(&title, n ? "front by " : "nothing found by ");
    say_method(o, &title);
    char *verified = said(say_verified, o), *stopped = said(say_stopped, o);
    if (*verified) ll_str_addf(&title, ", %s", verified);
    if (*stopped) ll_str_addf(&title, ", %s", stopped);
    ll_str_add(&title, ", n = ");
    ll_add_thousands(&title, (long)ll_json_get_num(o, "evaluations", 0));
    free(stopped);
    free(verified);
    return ll_str_take(&title);
}

/* Predictions near 0 are no reason for a logarithmic axis: the middle 90 % decide. */
static bool wants_log(const ll_request *rq, const cloud *c)
{
    if (!ll_is(&rq->args, "log", "auto")) return ll_is(&rq->args, "log", "on");
    double lo = c->n ? ll_quantile(c->ms, c->n, .05) : 0, hi = c->n ? ll_quantile(c->ms, c->n, .95) : 0;
    return lo > 0 && hi / lo > 20;
}

static ll_status build_front(ll_plot_request *p, const searches *s, const cloud *c, ll_figure **out)
{
    const cJSON *o = s->v[0];
    char *title = front_title(s, c->n_front), *score = said(say_score, o);
    bool known = !strcmp(ll_json_get_str(o, "predictor", ""), "table");
    char label[64];
    ll_plot_quantity quantity = {ll_json_get_str(o, "quantity", "latency"), ll_result_unit(o)};
    snprintf(label, sizeof label, "%s %s (%s)", known ? "measured" : "predicted", quantity.name,
             quantity.unit);
    ll_front_data d = {.title = title,
                       .x_label = label,
                       .quantity = quantity,
                       .score_label = score,
                       .n = c->n,
                       .n_met = ll_json_get_int(o, "evaluations", c->n),
                       .ms = c->ms,
                       .score = c->score,
                       .state = c->state,
                       .n_front = c->n_front,
                       .front = c->front,
                       .level = ll_json_get_num(o, "level", .9),
                       .max_ms = ll_json_get_num(o, "max_ms", NAN),
                       .chosen = point_of(o),
                       .true_ms = ll_json_get_num(o, "true_ms", NAN),
                       .true_score = ll_json_get_num(o, "true_score", NAN),
                       .whole = ll_is(&p->rq->args, "score_range", "all"),
                       .log = wants_log(p->rq, c),
                       .size = p->size};
    ll_status status = ll_build_front(&d, out, &p->rq->error);
    free(score);
    free(title);
    return status;
}

/* With several devices the axis is that of the first. */
static void note_devices(const cJSON *o, ll_figure *f)
{
    const cJSON *devices = cJSON_GetObjectItemCaseSensitive(o, "devices");
    const char *first = cJSON_GetStringValue(cJSON_GetArrayItem(devices, 0));
    if (first && cJSON_GetArraySize(devices) > 1)
        ll_figure_note(f, "latency is that of %s; within and beyond are of all limits", first);
}

/* How many of these no longer say what searching now would; `why`: the first one's reason. */
static int count_outdated(const ll_state *state, const searches *s, ll_str *why)
{
    int n = 0;
    ll_str reasons = {0};
    for (int i = 0; i < state->n_searches; i++)
        for (int j = 0; j < s->n; j++)
            if (state->searches[i]->result == s->v[j] &&
                ll_stale_search(state, state->searches[i], &reasons) && !n++)
                ll_str_add(why, reasons.s);
    ll_str_free(&reasons);
    return n;
}

/* What was learnt since makes another search of it: said on the figure, too, which is sent on. */
static void say_outdated(ll_plot_request *p, const searches *s, ll_figure *f)
{
    ll_str why = {0};
    int n = count_outdated(&p->rq->state, s, &why);
    if (n && s->n > 1)
        ll_panel_note(&f->panels[0], "%d of %d searches %s", n, s->n, why.s);
    else if (n)
        ll_panel_note(&f->panels[0], "%s", why.s);
    if (n) {
        ll_figure_note(f, "a search is %s: the same `search` again goes by what is known now", why.s);
        ll_json_str(p->result, "outdated", why.s);
    }
    ll_str_free(&why);
}

ll_status ll_gather_front(ll_plot_request *p, ll_figure **out)
{
    searches s;
    cloud c = {0};
    ll_status status = look(p, &s);
    if (status) return status;
    s.n = 1;
    read_cloud(s.v[0], &c);
    read_front(s.v[0], &c);
    status = build_front(p, &s, &c, out);
    if (!status) note_devices(s.v[0], *out);
    if (!status) say_outdated(p, &s, *out);
    add_devices(p, &s);
    ll_json_str(p->result, "score", ll_json_get_str(s.v[0], "score_name", NULL));
    ll_json_str(p->result, "method", ll_json_get_str(s.v[0], "method", NULL));
    ll_json_num(p->result, "max_ms", ll_json_get_num(s.v[0], "max_ms", NAN));
    ll_json_int(p->result, "front", c.n_front);
    free_cloud(&c);
    return status;
}

/* --- search -------------------------------------------------------------------------------------------------- */

/* Those that went after the same thing as the latest: hypervolumes of other objectives are other volumes. */
static void keep_alike(const searches *all, searches *alike)
{
    static const say same[] = {say_score, say_devices, say_objectives};
    for (int i = 0; i < all->n; i++) {
        searches two = {{all->v[0], all->v[i]}, 2};
        bool agrees = true;
        for (size_t k = 0; k < sizeof same / sizeof *same; k++) agrees &= agree(&two, same[k]);
        if (agrees) alike->v[alike->n++] = all->v[i];
    }
}

static ll_course read_course(const cJSON *result, const char *name)
{
    const cJSON *o = cJSON_GetObjectItemCaseSensitive(result, "steps");
    double *n, *hypervolume, *best;
    int count = ll_json_get_nums(o, "evaluations", &n),
        volumes = ll_json_get_nums(o, "hypervolume", &hypervolume),
        bests = ll_json_get_nums(o, "best", &best);
    if (volumes < count) count = volumes;
    if (bests < count) count = bests;
    return (ll_course){name, count, n, hypervolume, best};
}

static void free_course(ll_course *c)
{
    free((double *)c->evaluations);
    free((double *)c->hypervolume);
    free((double *)c->best);
}

static bool some_verified(const searches *s)
{
    bool any = false;
    for (int i = 0; i < s->n; i++) any |= ll_json_get_int(s->v[i], "verified", 0) > 0;
    return any;
}

static ll_status build_search(ll_plot_request *p, const searches *s, ll_figure **out)
{
    ll_course courses[LL_MAX_SEARCHES];
    ll_strs names = {0};
    ll_str title = {0};
    char *score = said(say_score, s->v[0]);
    label_all(s, &names);
    for (int i = 0; i < s->n; i++) courses[i] = read_course(s->v[i], names.v[i]);
    say_task(s, &title);
    ll_str_addf(&title, "course of %d search%s", s->n, s->n == 1 ? "" : "es");
    ll_courses_data d = {
        .title = title.s, .score_label = score, .courses = courses, .n = s->n, .size = p->size};
    ll_status status = ll_build_search(&d, out, &p->rq->error);
    for (int i = 0; i < s->n; i++) free_course(&courses[i]);
    free(score);
    ll_str_free(&title);
    ll_strs_free(&names);
    return status;
}

static void note_courses(const searches *all, const searches *drawn, ll_figure *f)
{
    ll_figure_note(f, "what is within the limits goes by what is predicted");
    if (all->n > drawn->n)
        ll_figure_note(f, "%d of %d searches are left out: they are of another device, score or objective",
                       all->n - drawn->n, all->n);
    if (!agree(drawn, say_limits) || !agree(drawn, say_p))
        ll_figure_note(f, "limits or p differ: what one may choose another may not");
    if (some_verified(drawn)) ll_figure_note(f, "verifying comes after the last evaluation and is not in it");
}

ll_status ll_gather_search(ll_plot_request *p, ll_figure **out)
{
    searches all, s = {0};
    ll_status status = look(p, &all);
    if (status) return status;
    keep_alike(&all, &s);
    status = build_search(p, &s, out);
    if (!status) note_courses(&all, &s, *out);
    if (!status) say_outdated(p, &s, *out);
    add_devices(p, &s);
    ll_json_int(p->result, "searches", s.n);
    ll_json_int(p->result, "left_out", all.n - s.n);
    return status;
}

/* --- regret -------------------------------------------------------------------------------------------------- */

static ll_regret_point regret_of(const cJSON *o, const char *name)
{
    const cJSON *violation = cJSON_GetObjectItemCaseSensitive(o, "violation");
    return (ll_regret_point){.name = name,
                             .measurements = ll_json_get_num(o, "measurements", NAN),
                             .regret = ll_json_get_num(o, "regret", NAN),
                             .violation = cJSON_IsBool(violation) ? cJSON_IsTrue(violation) : -1};
}

/* Counts have units of their own; all other scores are points. */
static char *regret_label(const searches *s)
{
    ll_str label = {0};
    char *score = said(say_score, s->v[0]);
    ll_str_add(&label, "regret (");
    if (agree(s, say_score))
        ll_str_addf(&label, "%s%s", ll_cost_find(score) ? "" : "points of ", score);
    else
        ll_str_add(&label, "points of its score");
    ll_str_addc(&label, ')');
    free(score);
    return ll_str_take(&label);
}

static ll_status build_regret(ll_plot_request *p, const searches *s, ll_figure **out)
{
    ll_regret_point points[LL_MAX_SEARCHES];
    ll_strs names = {0};
    ll_str title = {0};
    int known = 0;
    char *label = regret_label(s);
    label_all(s, &names);
    for (int i = 0; i < s->n; i++) {
        points[i] = regret_of(s->v[i], names.v[i]);
        known += isfinite(points[i].regret);
    }
    say_task(s, &title);
    ll_str_addf(&title, "regret of %d search%s", known, known == 1 ? "" : "es");
    ll_regret_data d = {.title = title.s, .value_label = label, .points = points, .n = s->n, .size = p->size};
    ll_status status = ll_build_regret(&d, out, &p->rq->error);
    ll_json_int(p->result, "searches", known);
    ll_json_int(p->result, "left_out", s->n - known);
    free(label);
    ll_str_free(&title);
    ll_strs_free(&names);
    return status;
}

ll_status ll_gather_regret(ll_plot_request *p, ll_figure **out)
{
    searches s;
    ll_status status = look(p, &s);
    if (status) return status;
    status = build_regret(p, &s, out);
    if (!status) say_outdated(p, &s, *out);
    add_devices(p, &s);
    return status;
}
