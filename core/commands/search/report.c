#include "core/commands/search/report.h"
#include "core/app/quantities.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/search/alpha.h"
#include "core/num/stats.h"

enum { CLOUD = 2000, STEPS = 1000 };
static const double LEVEL = .9; /* of the intervals shown */

static char *text_of(const ll_space *space, const uint8_t *gene)
{
    ll_str text = {0};
    space->format(space, gene, &text);
    return ll_str_take(&text);
}

static double or_null(double x)
{
    return isfinite(x) ? x : NAN;
}

/* --- one architecture ---------------------------------------------------------------------------------------- */

/* A latency with its interval and truth; "ms" alone is that of the first device. */
static void add_latency(cJSON *o, const ll_search *s, int at, int k, double truth)
{
    double ms = ll_search_values(s, at)[k], sd = ll_search_sd(s, at)[k];
    double half = sd > 0 ? ll_student_quantile(.5 + LEVEL / 2, s->dof[k]) * sd : 0;
    bool known = sd > 0 || s->problem->intervals || s->problem->p != .5;
    ll_json_num(o, "ms", ms);
    ll_json_num(o, "lo_ms", known && !isnan(ms) ? fmax(0, ms - half) : NAN);
    ll_json_num(o, "hi_ms", known ? ms + half : NAN);
    double z[LL_QUANTITIES];
    ll_problem_quantiles(s->problem, s->dof, z);
    ll_json_num(o, "bound_ms", known ? ms + z[k] * sd : NAN);
    ll_json_num(o, "true_ms", truth);
}

static int first_latency(const ll_problem *p)
{
    for (int k = 1; k < p->n; k++)
        if (!p->q[k].cost) return k;
    return 0;
}

static int n_latencies(const ll_problem *p)
{
    int n = 0;
    for (int k = 1; k < p->n; k++) n += !p->q[k].cost;
    return n;
}

static int index_of(const ll_problem *p, const uint8_t *gene)
{
    return p->space->n_archs ? p->space->index_of(p->space, gene) : -1;
}

/* NaN: it has none. */
static double row_of(const ll_problem *p, const uint8_t *gene)
{
    int row = p->data->space == p->space ? ll_dataset_row(p->data, gene) : -1;
    return row < 0 ? NAN : row;
}

static void add_arch(cJSON *o, const ll_search *s, int at, const double *truth)
{
    const ll_problem *p = s->problem;
    const uint8_t *gene = ll_arch(s->archs, at);
    char *text = text_of(p->space, gene);
    int k = first_latency(p), index = index_of(p, gene);
    ll_json_str(o, "arch", text);
    ll_json_num(o, "index", index < 0 ? NAN : index);
    if (p->data) ll_json_num(o, "row", row_of(p, gene));
    if (k) add_latency(o, s, at, k, truth[k]);
    ll_json_num(o, "score", ll_search_values(s, at)[0]);
    ll_json_num(o, "true_score", truth[0]);
    for (int c = 1; c < p->n; c++)
        if (p->q[c].cost) ll_json_num(o, p->q[c].name, ll_search_values(s, at)[c]);
    free(text);
}

/* Of several devices each one's latency of an architecture, in the order of `devices`. */
static void add_devices(cJSON *o, const ll_search *s, int at, const double *truth)
{
    const ll_problem *p = s->problem;
    if (n_latencies(p) < 2) return;
    cJSON *each = ll_json_arr(o, "each");
    for (int k = 1; k < p->n; k++)
        if (!p->q[k].cost) add_latency(ll_json_obj(each, NULL), s, at, k, truth[k]);
}

/* --- limits -------------------------------------------------------------------------------------------------- */

static void add_limits(cJSON *result, const ll_search_report *r)
{
    const ll_search *s = r->search;
    const ll_problem *p = s->problem;
    cJSON *limits = ll_json_arr(result, "limits"), *devices = ll_json_arr(result, "devices");
    int at = r->outcome->chosen;
    for (int k = 1; k < p->n; k++) {
        cJSON *o = ll_json_obj(limits, NULL);
        if (!p->q[k].cost) ll_json_str(devices, NULL, p->q[k].name);
        ll_json_str(o, p->q[k].cost ? "cost" : "device", p->q[k].name);
        ll_json_num(o, p->q[k].cost ? "max" : "max_ms", or_null(p->q[k].max));
        if (at < 0) continue;
        if (p->q[k].cost)
            ll_json_num(o, "value", ll_search_values(s, at)[k]);
        else
            add_latency(o, s, at, k, r->outcome->truth[k]);
    }
}

/* --- the front and the cloud --------------------------------------------------------------------------------- */

static int by_latency; /* not used by threads: the worker alone reports */
static const ll_search *in_hand;

static int faster_first(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    double dx = ll_search_values(in_hand, x)[by_latency], dy = ll_search_values(in_hand, y)[by_latency];
    return dx < dy ? -1 : dx > dy ? 1 : x - y;
}

static void add_front(cJSON *result, const ll_search *s)
{
    cJSON *front = ll_json_arr(result, "front");
    ll_ints order = ll_ints_copy(s->front.v, s->front.n);
    double truth[LL_QUANTITIES];
    by_latency = first_latency(s->problem);
    in_hand = s;
    if (order.n) qsort(order.v, (size_t)order.n, sizeof *order.v, faster_first);
    for (int i = 0; i < order.n; i++) {
        ll_problem_truth(s->problem, ll_arch(s->archs, order.v[i]), truth);
        cJSON *o = ll_json_obj(front, NULL);
        add_arch(o, s, order.v[i], truth);
        add_devices(o, s, order.v[i], truth);
    }
    ll_ints_free(&order);
}

static bool straddles(const ll_search *s, int i)
{
    double chance = ll_problem_chance(s->problem, ll_search_values(s, i), ll_search_sd(s, i), s->dof);
    return chance > .05 && chance < .95;
}

/* One list a device, so that any of them can be the axis. */
static void add_each(cJSON *each, const ll_search *s, const double *v)
{
    const ll_problem *p = s->problem;
    cJSON *list = each->child;
    for (int k = 1; k < p->n; k++) {
        if (p->q[k].cost) continue;
        if (!list) cJSON_AddItemToArray(each, list = cJSON_CreateArray());
        ll_json_num(list, NULL, v[k]);
        list = list->next;
    }
}

/* Evenly among what was met, so that it is the same every time. */
static void add_cloud(cJSON *result, const ll_search *s)
{
    cJSON *cloud = ll_json_obj(result, "cloud");
    cJSON *ms = ll_json_arr(cloud, "ms"), *score = ll_json_arr(cloud, "score"),
          *state = ll_json_arr(cloud, "state");
    cJSON *each = n_latencies(s->problem) > 1 ? ll_json_arr(cloud, "each") : NULL;
    int k = first_latency(s->problem), n = s->archs->n, step = n > CLOUD ? n / CLOUD + 1 : 1;
    for (int i = 0; i < n; i += step) {
        const double *v = ll_search_values(s, i);
        if (isnan(v[0]) || !k || isnan(v[k])) continue;
        ll_json_num(ms, NULL, v[k]);
        ll_json_num(score, NULL, v[0]);
        ll_json_str(state, NULL, straddles(s, i) ? "open" : s->excess[i] > 0 ? "out" : "in");
        if (each) add_each(each, s, v);
    }
}

static void add_steps(cJSON *result, const ll_search *s)
{
    cJSON *steps = ll_json_obj(result, "steps");
    cJSON *n = ll_json_arr(steps, "evaluations"), *hv = ll_json_arr(steps, "hypervolume"),
          *best = ll_json_arr(steps, "best");
    int every = s->n_steps > STEPS ? s->n_steps / STEPS + 1 : 1;
    for (int i = 0; i < s->n_steps; i++) {
        if (i % every && i + 1 < s->n_steps) continue;
        ll_json_num(n, NULL, (double)s->steps[i].evaluations);
        ll_json_num(hv, NULL, s->steps[i].hypervolume);
        ll_json_num(best, NULL, s->steps[i].best);
    }
}

/* --- what it took -------------------------------------------------------------------------------------------- */

/* Latencies of the devices that were looked at, for adapting and for verifying. */
static int measurements(const ll_search_report *r)
{
    int n = 0;
    for (int k = 1; k < r->search->problem->n; k++)
        n += r->setup->adapted[k] ? r->setup->adapted[k]->cost : 0;
    return n + r->looked_up + (r->verified ? r->verified->cost : 0);
}

static double training_s(const ll_search_report *r)
{
    double sum = 0;
    for (int k = 1; k < LL_QUANTITIES; k++) {
        const ll_adapted *a = r->setup->adapted[k];
        bool seen = false;
        if (!a) continue;
        sum += a->seconds;
        for (int j = 1; j < k; j++) seen |= r->setup->adapted[j] && r->setup->adapted[j]->model == a->model;
        double pretraining = ll_json_get_num(a->model->info, "seconds", 0);
        if (!seen && !isnan(pretraining)) sum += pretraining;
    }
    return sum;
}

/* What two searches have to agree in to be compared, beside devices, score and limits. */
static void add_how(cJSON *result, const ll_request *rq, const ll_search_report *r)
{
    const ll_problem *p = r->search->problem;
    int k = first_latency(p);
    cJSON *objectives = ll_json_arr(result, "objectives");
    for (int i = 0; i < p->n; i++)
        if (p->q[i].objective) ll_json_str(objectives, NULL, i ? p->q[i].name : "score");
    ll_json_str(result, "predictor",
                k && p->q[k].adapted ? p->q[k].adapted->model->predictor->name : "table");
    ll_json_num(result, "seed", (double)r->setup->options.seed);
    ll_json_int(result, "verify", ll_int(&rq->args, "verify"));
    ll_json_str(result, "where", ll_word(&rq->args, "where"));
    ll_json_bool(result, "stopped", r->stopped);
    ll_json_num(result, "level", LEVEL);
}

static void add_account(cJSON *result, const ll_request *rq, const ll_search_report *r)
{
    int n = measurements(r);
    double each = ll_real(&rq->args, "seconds_per_measurement");
    ll_json_num(result, "evaluations", (double)r->search->evaluations);
    ll_json_int(result, "measurements", n);
    ll_json_num(result, "search_s", r->seconds);
    ll_json_num(result, "training_s", training_s(r));
    ll_json_num(result, "seconds_per_measurement",
                ll_given(&rq->args, "seconds_per_measurement") ? each : NAN);
    ll_json_num(result, "seconds",
                r->seconds + (ll_given(&rq->args, "seconds_per_measurement") ? training_s(r) + n * each : 0));
}

/* --- sentences ----------------------------------------------------------------------------------------------- */

/* How far the nearest one is beyond each limit. */
static void note_nearest(cJSON *result, const ll_search_report *r)
{
    const ll_search *s = r->search;
    const ll_problem *p = s->problem;
    int at = r->outcome->fastest;
    ll_str text = {0};
    if (at < 0) {
        ll_result_note(result, "no architecture was met of which the score and what is limited are known");
        return;
    }
    char *arch = text_of(p->space, ll_arch(s->archs, at));
    double z[LL_QUANTITIES];
    ll_problem_quantiles(p, s->dof, z);
    ll_str_addf(&text, "nothing is within the limits (p=%g). The nearest is %s:", p->p, arch);
    for (int k = 1, n = 0; k < p->n; k++) {
        if (p->q[k].max == INFINITY) continue;
        const char *blank = p->q[k].unit ? " " : "", *unit = p->q[k].unit ? p->q[k].unit : "";
        double v = ll_search_values(s, at)[k], bound = v + z[k] * ll_search_sd(s, at)[k];
        ll_str_addf(&text, "%s %.4g%s%s on %s", n++ ? "," : "", v, blank, unit, p->q[k].name);
        if (bound > v) ll_str_addf(&text, ", at most %.4g", bound);
        if (bound > p->q[k].max)
            ll_str_addf(&text, ", which is %.4g%s%s beyond the limit", bound - p->q[k].max, blank, unit);
    }
    ll_result_note(result, "%s", ll_str_text(&text));
    ll_str_free(&text);
    free(arch);
}

static void note_unit(cJSON *result, const ll_search *s)
{
    const ll_problem *p = s->problem;
    for (int k = 1; k < p->n; k++) {
        double low = INFINITY, high = 0;
        for (int i = 0; i < s->archs->n; i++) {
            double v = ll_search_values(s, i)[k];
            if (isnan(v)) continue;
            low = fmin(low, v);
            high = fmax(high, v);
        }
        double max = p->q[k].max;
        if (p->q[k].cost || max == INFINITY || high <= 0 || (max < 20 * high && max > low / 20)) continue;
        ll_result_note(
            result,
            "max=%.6g %s is far from all of %s, which takes %.3g to %.3g %s: is the limit in another unit? "
            "max=5000us and max=.005s are understood",
            max, p->q[k].unit, p->q[k].name, low, high, p->q[k].unit);
    }
}

/* Several limits: how many keep each alone says which one costs most. */
static void note_alone(cJSON *result, const ll_search *s)
{
    const ll_problem *p = s->problem;
    ll_str text = {0};
    int limited = 0;
    for (int k = 1; k < p->n; k++) {
        int within = 0;
        if (p->q[k].max == INFINITY) continue;
        for (int i = 0; i < s->archs->n; i++) within += ll_search_values(s, i)[k] <= p->q[k].max;
        ll_str_addf(&text, "%s%d of %d keep %s <= %.4g", limited++ ? ", " : "", within, s->archs->n,
                    p->q[k].name, p->q[k].max);
    }
    if (limited > 1) ll_result_note(result, "each limit alone, by the mean: %s", text.s);
    ll_str_free(&text);
}

/* The fields show the first device; here are the others, with what is true of them. */
static void note_others(cJSON *result, const ll_search_report *r)
{
    const ll_search *s = r->search;
    const ll_problem *p = s->problem;
    int at = r->outcome->chosen;
    double z[LL_QUANTITIES];
    ll_problem_quantiles(p, s->dof, z);
    for (int k = first_latency(p) + 1; k < p->n && at >= 0; k++) {
        ll_str text = {0};
        double v = ll_search_values(s, at)[k], sd = ll_search_sd(s, at)[k], truth = r->outcome->truth[k];
        const char *unit = p->q[k].unit ? p->q[k].unit : "";
        ll_str_addf(&text, "%s: %.5g %s", p->q[k].name, v, unit);
        if (sd > 0 && z[k] != 0) ll_str_addf(&text, ", at most %.5g", v + z[k] * sd);
        if (p->q[k].max < INFINITY) ll_str_addf(&text, "; limit %.5g", p->q[k].max);
        if (!p->q[k].cost && !isnan(truth))
            ll_str_addf(&text, "; measured %.5g%s", truth, truth > p->q[k].max ? ", beyond it" : "");
        ll_result_note(result, "%s", text.s);
        ll_str_free(&text);
    }
}

/* What was expected of the choice before it was measured. */
static void note_expected(cJSON *result, const ll_search_report *r)
{
    const ll_search *s = r->search;
    int at = r->outcome->chosen, k = first_latency(s->problem);
    ll_prediction before;
    ll_error ignored;
    if (!r->verified || at < 0 || !k || !r->setup->adapted[k] || ll_ints_find(&r->verified->measured, at) < 0)
        return;
    ll_archs *one = ll_archs_pick(s->archs, &at, 1);
    ll_predict_job job = {.archs = one, .want_variance = true};
    if (!ll_adapted_predict(r->setup->adapted[k], &job, &before, &ignored)) {
        double lo, hi;
        ll_str range = {0};
        if (before.sd_ms) {
            ll_prediction_interval(&before, LEVEL, &lo, &hi);
            ll_str_addf(&range, " (90 %%: %.5g to %.5g)", lo, hi);
        }
        ll_json_num(result, "expected_ms", before.lat_ms[0]);
        ll_result_note(result, "before it was measured, %.5g %s were expected%s; it took %.5g",
                       before.lat_ms[0], s->problem->q[k].unit, ll_str_text(&range),
                       ll_search_values(s, at)[k]);
        ll_str_free(&range);
        ll_prediction_free(&before);
    }
    ll_archs_unref(one);
}

static void add_notes(cJSON *result, const ll_search_report *r)
{
    ll_strs says = {0};
    const ll_problem *p = r->search->problem;
    bool limited = false, predicted = false, uncertain = false;
    for (int k = 1; k < p->n; k++) {
        limited |= p->q[k].max < INFINITY;
        predicted |= p->q[k].adapted != NULL;
        for (int i = 0; i < r->search->archs->n && !uncertain; i++)
            uncertain = ll_search_sd(r->search, i)[k] > 0;
    }
    ll_scorer_says(r->setup->scorer, &says);
    for (int i = 0; i < says.n; i++) ll_result_note(result, "%s", says.v[i]);
    ll_strs_free(&says);
    note_others(result, r);
    note_expected(result, r);
    if (r->outcome->chosen < 0) note_nearest(result, r);
    note_unit(result, r->search);
    if (r->outcome->chosen < 0) note_alone(result, r->search);
    if (!limited && r->outcome->chosen == r->search->best)
        ll_result_note(result,
                       "no limit is set (max=): the choice is the best score there is, see the front");
    if (limited && predicted && p->p != .5 && !uncertain && r->search->archs->n)
        ll_result_note(result, "this predictor gives no intervals: within means that the mean is (p=.5)");
    if (r->stopped) ll_result_note(result, "stopped: this is what was found until then");
}

/* --- verifying ----------------------------------------------------------------------------------------------- */

static void add_strings(cJSON *result, const char *key, const ll_search *s, const ll_ints *places)
{
    cJSON *list = ll_json_arr(result, key);
    for (int i = 0; i < places->n; i++) {
        char *text = text_of(s->problem->space, ll_arch(s->archs, places->v[i]));
        ll_json_str(list, NULL, text);
        free(text);
    }
}

/* Verifying is stricter than p: what it gives up until that is measured is no matter to pass over. */
static void note_given_up(cJSON *result, const ll_search_report *r)
{
    const ll_search *s = r->search;
    const ll_verified *v = r->verified;
    int k = first_latency(s->problem), at = r->outcome->chosen;
    bool measured = false;
    for (int i = 0; i < v->measured.n; i++) measured |= v->measured.v[i] == v->plain;
    if (v->plain < 0 || v->plain == at || measured) return;
    double plain = ll_search_values(s, v->plain)[0], now = at < 0 ? NAN : ll_search_values(s, at)[0];
    if (now >= plain) return;
    char *arch = text_of(s->problem->space, ll_arch(s->archs, v->plain));
    ll_result_note(result,
                   "without verify= the choice is %s (%s %.3f, predicted %.4g %s, within with p=%g): verify= "
                   "counts on nothing that is neither measured nor as good as certain, so its choice is a "
                   "lower one as long as that is not measured",
                   arch, s->problem->q[0].name, plain, k ? ll_search_values(s, v->plain)[k] : NAN,
                   k && s->problem->q[k].unit ? s->problem->q[k].unit : "ms", s->problem->p);
    free(arch);
}

static void add_verified(cJSON *result, const ll_search_report *r)
{
    const ll_verified *v = r->verified;
    if (!v) return;
    add_strings(result, "measured", r->search, &v->measured);
    add_strings(result, "open", r->search, &v->open);
    bool closed = !v->open.n && !v->in_vain;
    if (!closed || r->outcome->chosen >= 0)
        ll_json_bool(result, "closed", closed); /* nothing was decided else */
    ll_json_int(result, "verified", v->measured.n);
    if (v->in_vain)
        ll_result_note(result, "%d architecture%s on which the choice depends could not be measured",
                       v->in_vain, ll_plural(v->in_vain));
    if (v->open.n)
        ll_result_note(result, "%d more architecture%s could still change the choice: verify= measures %s",
                       v->open.n, ll_plural(v->open.n), v->open.n == 1 ? "it" : "them");
    note_given_up(result, r);
}

/* --- all ----------------------------------------------------------------------------------------------------- */

static void add_choice(cJSON *result, const ll_search_report *r)
{
    const ll_search *s = r->search;
    const ll_outcome *o = r->outcome;
    static const char *const keys[] = {"ms", "lo_ms", "hi_ms", "true_ms", "score", "true_score"};
    int k = first_latency(s->problem);
    ll_json_num(result, "max_ms", k ? or_null(s->problem->q[k].max) : NAN);
    ll_json_num(result, "p", s->problem->p);
    ll_json_str(result, "score_name", r->setup->score);
    if (o->chosen >= 0) {
        add_arch(result, s, o->chosen, o->truth);
    } else {
        cJSON_AddNullToObject(result, "arch");
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) ll_json_num(result, keys[i], NAN);
    }
    if (o->violation < 0)
        cJSON_AddNullToObject(result, "violation");
    else
        ll_json_bool(result, "violation", o->violation);
    ll_json_num(result, "best_score", o->best);
    if (!isnan(o->best)) {
        char *text = text_of(s->problem->space, o->best_gene);
        ll_json_str(result, "best_arch", text);
        free(text);
    }
    ll_json_num(result, "regret", o->violation > 0 ? NAN : o->regret); /* of what is not allowed: none */
    ll_json_num(result, "hypervolume", o->hypervolume);
    ll_json_num(result, "igd_plus", o->igd_plus);
    ll_json_bool(result, "front_is_true", o->front_is_true);
    ll_json_int(result, "front_size", s->front.n);
}

/* The chosen architecture as a drawing above the numbers. */
static void add_text(cJSON *result, const ll_search_report *r)
{
    const ll_search *s = r->search;
    const ll_space *space = s->problem->space;
    ll_str text = {0};
    if (r->outcome->chosen < 0) return;
    const uint8_t *gene = ll_arch(s->archs, r->outcome->chosen);
    space->format(space, gene, &text);
    ll_str_add(&text, "\n\n");
    if (space->draw) space->draw(space, gene, &text);
    if (text.s[text.len - 1] != '\n') ll_str_addc(&text, '\n');
    ll_json_str(result, "text", text.s);
    ll_str_free(&text);
}

cJSON *ll_search_result(ll_request *rq, const ll_search_report *r)
{
    static const ll_column columns[] = {{"method", "method", NULL, -1},
                                        {"devices", "devices", NULL, -1},
                                        {"max_ms", "limit", "ms", 4},
                                        {"p", "with probability", NULL, -1},
                                        {"ms", "predicted", "ms", 4},
                                        {"bound_ms", "at most, with it", "ms", 4},
                                        {"lo_ms", "90 % interval from", "ms", 4},
                                        {"hi_ms", "to", "ms", 4},
                                        {"true_ms", "measured", "ms", 4},
                                        {"score_name", "score", NULL, -1},
                                        {"score", "its value", NULL, 3},
                                        {"true_score", "truly", NULL, 3},
                                        {"violation", "beyond a limit", NULL, -1},
                                        {"best_score", "best there is within", NULL, 3},
                                        {"regret", "regret", NULL, 3},
                                        {"front_size", "front", "architectures", 0},
                                        {"hypervolume", "hypervolume", NULL, 4},
                                        {"igd_plus", "IGD+", NULL, 4},
                                        {"evaluations", "architectures met", NULL, 0},
                                        {"measurements", "measurements", NULL, 0},
                                        {"verified", "of them to verify", NULL, 0},
                                        {"closed", "decision closed", NULL, -1},
                                        {"seconds", "seconds", "s", 3},
                                        {0}};
    cJSON *result = ll_result_new("search");
    ll_str title = {0};
    for (int i = 0; i < r->setup->devices.n; i++)
        ll_str_addf(&title, "%s%s", i ? ", " : "", r->setup->devices.v[i]);
    char *names = ll_str_take(&title);
    ll_str_addf(&title, "%s on %s", r->setup->score, names);
    ll_json_str(result, "title", title.s);
    ll_json_str(result, "line", rq->line);
    ll_json_str(result, "method", r->setup->method->name);
    ll_json_str(result, "space", r->setup->problem.space->name);
    add_how(result, rq, r);
    add_limits(result, r);
    add_choice(result, r);
    add_account(result, rq, r);
    add_front(result, r->search);
    add_cloud(result, r->search);
    add_steps(result, r->search);
    add_text(result, r);
    ll_result_columns(result, columns);
    add_verified(result, r);
    ll_search_add_alpha(result, r->search);
    add_notes(result, r);
    ll_mark_quantities(&rq->state, result);
    ll_str_free(&title);
    free(names);
    return result;
}

cJSON *ll_search_front_result(const cJSON *result, int n)
{
    static const ll_column columns[] = {{"ms", "predicted", "ms", 4},       {"lo_ms", "lo", "ms", 4},
                                        {"hi_ms", "hi", "ms", 4},           {"true_ms", "measured", "ms", 4},
                                        {"score", "score", NULL, 3},        {"true_score", "truly", NULL, 3},
                                        {"arch", "architecture", NULL, -1}, {0}};
    cJSON *front = ll_result_new("front"), *rows = ll_json_arr(front, "rows");
    const cJSON *member, *devices = cJSON_GetObjectItemCaseSensitive(result, "devices");
    if (cJSON_GetObjectItemCaseSensitive(result, "unit"))
        cJSON_AddItemToObject(front, "devices", cJSON_Duplicate(devices, true)); /* whose quantity it is in */
    ll_result_columns(front, columns);
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(result, "front"))
    {
        if (cJSON_GetArraySize(rows) == n) break;
        cJSON_AddItemToArray(rows, cJSON_Duplicate(member, true));
    }
    return front;
}
