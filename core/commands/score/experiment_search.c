#include "core/commands/score/experiment_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/device/scores.h"
#include "core/num/stats.h"

/* --- options ------------------------------------------------------------------------------------------------- */

/* Numbers of a list option between lo and hi, each once; the caller frees. */
static ll_status read_numbers(ll_request *rq, const char *option, double lo, double hi, bool whole,
                              double **out, int *n)
{
    ll_strs words = {0};
    ll_status s = LL_OK;
    ll_list(&rq->more, option, &words);
    *out = LL_NEW_ARRAY(double, words.n + 1);
    *n = 0;
    for (int i = 0; i < words.n && !s; i++) {
        double x;
        bool twice = false;
        if (!ll_decimal_parse(words.v[i], &x) || !(x >= lo && x <= hi) || (whole && x != floor(x))) {
            s = LL_FAIL(rq, LL_USAGE, "%s=%.40s: %s between %g and %g were expected", option, words.v[i],
                        whole ? "whole numbers" : "numbers", lo, hi);
            break;
        }
        for (int j = 0; j < *n; j++) twice |= (*out)[j] == x;
        if (!twice) (*out)[(*n)++] = x;
    }
    if (!s && !*n) s = LL_FAIL(rq, LL_USAGE, "%s= names nothing", option);
    ll_strs_free(&words);
    return s;
}

static ll_status read_verify(ll_request *rq, ll_search_modes *m)
{
    double *counts;
    ll_status s = read_numbers(rq, "verify", 0, 1e5, true, &counts, &m->n_verify);
    int *verify = LL_NEW_ARRAY(int, m->n_verify + 1);
    for (int i = 0; i < m->n_verify; i++) verify[i] = (int)counts[i];
    free(counts);
    m->verify = verify;
    return s;
}

static ll_status read_modes(ll_request *rq, ll_search_modes *m)
{
    double *percent, *p = NULL;
    ll_status s = read_numbers(rq, "limits", 0, 100, false, &percent, &m->n_percent);
    if (!s) s = read_numbers(rq, "p", .01, .999, false, &p, &m->n_p);
    if (!s) s = read_verify(rq, m);
    m->percent = percent;
    m->p = p;
    return s;
}

static ll_status find_score(ll_request *rq, const ll_dataset *d, const ll_score **out)
{
    const char *name = ll_word(&rq->more, "score");
    if (name) return ll_dataset_find_score(d, name, out, &rq->error);
    if (!d->n_scores)
        return LL_FAIL(rq, LL_FAILED,
                       "%s has no score to search for: `import accuracy FILE into %s metric=...` brings one",
                       d->name, d->name);
    *out = &d->scores[0];
    return LL_OK;
}

static ll_status read_scores(ll_request *rq, ll_plan_search *s)
{
    const ll_experiment *x = &s->plan->x;
    ll_status status = LL_OK;
    s->scores = LL_NEW_ARRAY(const ll_score *, x->n_tasks + 1);
    s->scorers = LL_NEW_ARRAY(ll_scorer *, x->n_tasks + 1);
    for (int i = 0; i < x->n_tasks && !status; i++) {
        ll_scorer_job job = {.space = x->data[i]->space, .data = x->data[i]};
        status = find_score(rq, x->data[i], &s->scores[i]);
        if (!status) status = ll_scorer_new(s->scores[i]->name, &job, &s->scorers[i], &rq->error);
    }
    return status;
}

ll_status ll_plan_search_read(ll_request *rq, const ll_plan *plan, ll_plan_search *s)
{
    static const char *const own[] = {"score", "limits", "p", "verify"};
    *s = (ll_plan_search){.on = ll_bool(&rq->more, "search"), .plan = plan};
    for (size_t i = 0; i < sizeof own / sizeof *own && !s->on; i++)
        if (ll_given(&rq->more, own[i])) return LL_FAIL(rq, LL_USAGE, "%s= goes with search=on", own[i]);
    if (!s->on) return LL_OK;
    ll_status status = read_modes(rq, &s->modes);
    return status ? status : read_scores(rq, s);
}

void ll_plan_search_free(ll_plan_search *s)
{
    for (int i = 0; s->scorers && i < s->plan->x.n_tasks; i++) ll_scorer_free(s->scorers[i]);
    free(s->scorers);
    free(s->scores);
    free((double *)s->modes.percent);
    free((double *)s->modes.p);
    free((int *)s->modes.verify);
}

/* --- one trial ----------------------------------------------------------------------------------------------- */

static int task_of(const ll_plan_search *s, const ll_trial *t)
{
    int i = 0;
    while (s->plan->x.tasks[i] != t->task) i++;
    return i;
}

const ll_score *ll_plan_search_score(const ll_plan_search *s, const ll_trial *t)
{
    return s->scores[task_of(s, t)];
}

/* Intervals have a coverage, here and in the database. */
static bool has_intervals(const ll_trial *t)
{
    return !isnan(t->metrics.coverage);
}

void ll_plan_search_expect(const ll_plan_search *s, ll_trial *t)
{
    ll_plan_found *f = LL_NEW(ll_plan_found);
    f->n = ll_search_rows(&s->modes, has_intervals(t), ll_search_refits(t->predictor), &f->rows);
    t->found = f;
}

void ll_plan_search_forget(ll_trial *t)
{
    ll_plan_found *f = t->found;
    if (f) free(f->rows);
    free(f);
    t->found = NULL;
}

ll_status ll_plan_search_run(const ll_plan_search *s, ll_trial *t, const ll_transfer *transfer, ll_error *e)
{
    if (!s->on) return LL_OK;
    if (!t->found) ll_plan_search_expect(s, t);
    int task = task_of(s, t);
    ll_plan_found *f = t->found;
    ll_search_trial job = {.adapted = transfer->adapted,
                           .data = t->data,
                           .device = t->device,
                           .name = s->scores[task]->name,
                           .scorer = s->scorers[task],
                           .observer = s->plan->x.observer};
    return ll_search_trial_run(&job, f->rows, f->n, e);
}

void ll_plan_search_count(ll_plan_search *s, const ll_trial *t)
{
    const ll_plan_found *f = t->found;
    for (int i = 0; f && i < f->n; i++) s->recalled += f->rows[i].known;
    if (f) s->searches += f->n;
}

/* --- many trials --------------------------------------------------------------------------------------------- */

/* Which searches go into one line. */
typedef struct line {
    const ll_trial *first;
    int device;     /* -1: all of the task */
    double percent; /* -1: all limits */
    double p;
    int verify;
} line;

typedef struct mean {
    double sum;
    int n;
} mean;

static void add(mean *m, double x)
{
    if (isnan(x)) return;
    m->sum += x;
    m->n++;
}

static double value(const mean *m)
{
    return m->n ? m->sum / m->n : NAN;
}

typedef struct summary {
    int n, nothing, violations, seeds;
    mean regret, kept, hypervolume, igd_plus, measured, closed;
    mean *by_seed; /* (trials) regrets */
} summary;

static bool same_line(const line *l, const ll_trial *t, const ll_searched *row)
{
    const ll_trial *f = l->first;
    return t->task == f->task && t->sampler == f->sampler && t->predictor == f->predictor && t->k == f->k &&
           (l->device < 0 || t->device == l->device) && (l->percent < 0 || row->percent == l->percent) &&
           row->p == l->p && row->verify == l->verify;
}

static void add_row(summary *u, int seed, const ll_searched *row)
{
    u->n++;
    u->nothing += row->violation < 0;
    u->violations += row->violation == 1;
    add(&u->regret, row->regret);
    add(&u->by_seed[seed], row->regret);
    if (!row->violation) add(&u->kept, row->regret);
    add(&u->hypervolume, row->hypervolume);
    add(&u->igd_plus, row->igd_plus);
    add(&u->measured, row->measured);
    if (row->closed >= 0) add(&u->closed, row->closed);
}

static summary summarise(const ll_plan_search *s, const line *l, const ll_trial *trials, int n)
{
    summary u = {.by_seed = LL_NEW_ARRAY(mean, s->plan->x.trials + 1)};
    for (int i = 0; i < n; i++) {
        const ll_plan_found *f = trials[i].found;
        for (int j = 0; f && j < f->n; j++)
            if (same_line(l, &trials[i], &f->rows[j]))
                add_row(&u, (int)(trials[i].seed - s->plan->x.first_seed), &f->rows[j]);
    }
    return u;
}

/* Wilson's interval of a share. */
static void wilson(int hits, int n, double *low, double *high)
{
    double z = ll_normal_quantile(.975), share = n ? (double)hits / n : NAN, z2 = z * z;
    double middle = (share + z2 / (2. * n)) / (1 + z2 / n);
    double half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4. * n * n));
    *low = hits ? middle - half : n ? 0 : NAN;
    *high = hits < n ? middle + half : n ? 1 : NAN;
}

/* Student's interval over the means of the seeds; none with one seed. */
static void over_seeds(summary *u, int trials, double *low, double *high)
{
    double *means = LL_NEW_ARRAY(double, trials + 1);
    for (int i = 0; i < trials; i++)
        if (u->by_seed[i].n) means[u->seeds++] = value(&u->by_seed[i]);
    double middle = ll_mean(means, u->seeds), half = NAN;
    if (u->seeds > 1)
        half = ll_student_quantile(.975, u->seeds - 1) * ll_std(means, u->seeds) / sqrt(u->seeds);
    *low = middle - half;
    *high = middle + half;
    free(means);
}

static void summary_fields(cJSON *row, summary *u, int trials)
{
    double low, high;
    int chose = u->n - u->nothing;
    ll_json_int(row, "n", u->n);
    ll_json_int(row, "nothing", u->nothing);
    wilson(u->violations, chose, &low, &high);
    ll_json_num(row, "violations", chose ? 100. * u->violations / chose : NAN);
    ll_json_num(row, "violations_low", 100 * low);
    ll_json_num(row, "violations_high", 100 * high);
    over_seeds(u, trials, &low, &high);
    ll_json_num(row, "regret", value(&u->regret));
    ll_json_num(row, "regret_low", low);
    ll_json_num(row, "regret_high", high);
    ll_json_num(row, "regret_kept", value(&u->kept));
    ll_json_num(row, "hypervolume", value(&u->hypervolume));
    ll_json_num(row, "igd_plus", value(&u->igd_plus));
    ll_json_num(row, "measured", value(&u->measured));
    ll_json_num(row, "closed", 100 * value(&u->closed));
    ll_json_int(row, "seeds", u->seeds);
}

static void key_fields(cJSON *row, const ll_trial *t, double p, int verify)
{
    ll_json_str(row, "task", t->task->name);
    ll_json_str(row, "sampler", t->sampler->name);
    ll_json_str(row, "predictor", t->predictor->name);
    ll_json_int(row, "k", t->k);
    ll_json_num(row, "p", p);
    ll_json_int(row, "verify", verify);
}

static void line_row(cJSON *rows, const ll_plan_search *s, const line *l, const ll_trial *trials, int n)
{
    summary u = summarise(s, l, trials, n);
    cJSON *row = ll_json_obj(rows, NULL);
    key_fields(row, l->first, l->p, l->verify);
    if (l->device >= 0) ll_json_str(row, "device", l->first->data->devices[l->device].name);
    if (l->percent >= 0) ll_json_num(row, "limit", l->percent);
    summary_fields(row, &u, s->plan->x.trials);
    free(u.by_seed);
}

/* --- the tables ---------------------------------------------------------------------------------------------- */

/* The lines of one predictor, sampler and size: each mode of its first trial. */
static void mode_rows(cJSON *rows, const ll_plan_search *s, line l, const ll_trial *trials, int n)
{
    const ll_plan_found *f = l.first->found;
    for (int i = 0; f && i < f->n; i++) {
        if (f->rows[i].percent != f->rows[0].percent) break;
        l.p = f->rows[i].p;
        l.verify = f->rows[i].verify;
        line_row(rows, s, &l, trials, n);
    }
}

static bool same_cell(const ll_trial *a, const ll_trial *b)
{
    return a->task == b->task && a->sampler == b->sampler && a->k == b->k && a->predictor == b->predictor;
}

static bool is_first(const ll_trial *trials, int at)
{
    for (int i = 0; i < at; i++)
        if (same_cell(&trials[i], &trials[at])) return false;
    return true;
}

typedef enum split_by { TOGETHER, BY_DEVICE, BY_LIMIT } split_by;

static cJSON *task_rows(const ll_plan_search *s, const ll_task *task, split_by split, const ll_trial *trials,
                        int n)
{
    cJSON *rows = cJSON_CreateArray();
    int parts = split == BY_DEVICE ? task->target.n : split == BY_LIMIT ? s->modes.n_percent : 1;
    for (int i = 0; i < n; i++) {
        if (trials[i].task != task || !is_first(trials, i)) continue;
        for (int j = 0; j < parts; j++) {
            line l = {.first = &trials[i],
                      .device = split == BY_DEVICE ? task->target.v[j] : -1,
                      .percent = split == BY_LIMIT ? s->modes.percent[j] : -1};
            mode_rows(rows, s, l, trials, n);
        }
    }
    return rows;
}

/* Every search, for --json. */
static cJSON *all_rows(const ll_task *task, const ll_trial *trials, int n)
{
    cJSON *rows = cJSON_CreateArray();
    for (int i = 0; i < n; i++) {
        const ll_plan_found *f = trials[i].found;
        for (int j = 0; f && trials[i].task == task && j < f->n; j++) {
            const ll_searched *x = &f->rows[j];
            cJSON *row = ll_json_obj(rows, NULL);
            key_fields(row, &trials[i], x->p, x->verify);
            ll_json_str(row, "device", trials[i].data->devices[trials[i].device].name);
            ll_json_num(row, "seed", (double)trials[i].seed);
            ll_json_num(row, "limit", x->percent);
            ll_json_num(row, "max_ms", x->max_ms);
            ll_json_num(row, "violation", x->violation < 0 ? NAN : x->violation);
            ll_json_num(row, "score", x->score);
            ll_json_num(row, "best", x->best);
            ll_json_num(row, "regret", x->regret);
            ll_json_num(row, "hypervolume", x->hypervolume);
            ll_json_num(row, "igd_plus", x->igd_plus);
            ll_json_int(row, "measured", x->measured);
            ll_json_num(row, "closed", x->closed < 0 ? NAN : x->closed);
        }
    }
    return rows;
}

static const ll_column columns[] = {{"device", "device", NULL, -1},
                                    {"sampler", "sampler", NULL, -1},
                                    {"predictor", "predictor", NULL, -1},
                                    {"k", "k", NULL, 0},
                                    {"p", "p", NULL, -1},
                                    {"verify", "verify", NULL, 0},
                                    {"n", "n", NULL, 0},
                                    {"nothing", "nothing", NULL, 0},
                                    {"violations", "violations", "%", 1},
                                    {"violations_low", "from", "%", 1},
                                    {"violations_high", "to", "%", 1},
                                    {"regret", "regret", NULL, 3},
                                    {"regret_low", "from", NULL, 3},
                                    {"regret_high", "to", NULL, 3},
                                    {"hypervolume", "hypervolume", NULL, 4},
                                    {"igd_plus", "IGD+", NULL, 4},
                                    {"measured", "measured", NULL, 1},
                                    {"closed", "closed", "%", 0},
                                    {0}};

/* Without what is the same in every line. */
static void shown_columns(const ll_plan_search *s, split_by split, ll_column *out)
{
    for (const ll_column *c = columns; c->key; c++) {
        bool hidden = (!strcmp(c->key, "device") && split != BY_DEVICE) ||
                      (!strcmp(c->key, "sampler") && s->plan->x.n_samplers < 2);
        if (!hidden) *out++ = *c;
    }
    *out = (ll_column){0};
}

static void list_numbers(ll_str *b, const double *v, int n)
{
    for (int i = 0; i < n; i++) ll_str_addf(b, "%s%g", i ? ", " : "", v[i]);
}

/* Predictors of which not all is asked, and why. */
static void note_less(cJSON *result, const ll_task *task, const ll_trial *trials, int n)
{
    ll_str no_intervals = {0}, no_refits = {0};
    for (int i = 0; i < n; i++) {
        const ll_trial *t = &trials[i];
        ll_str *b = !has_intervals(t) ? &no_intervals : !ll_search_refits(t->predictor) ? &no_refits : NULL;
        if (t->task != task || !is_first(trials, i) || !b) continue;
        bool named = b->len && strstr(b->s, t->predictor->name);
        if (!named) ll_str_addf(b, "%s%s", b->len ? ", " : "", t->predictor->name);
    }
    if (no_intervals.len)
        ll_result_note(result, "without intervals, searched at p=.5 only: %s", no_intervals.s);
    if (no_refits.len)
        ll_result_note(result, "does not learn from single measurements, not verified: %s", no_refits.s);
    ll_str_free(&no_intervals);
    ll_str_free(&no_refits);
}

/* Of the trials that landed: a stopped run has not come to the last one. */
static uint64_t last_seed(const ll_plan_search *s, const ll_task *task, const ll_trial *trials, int n)
{
    uint64_t last = s->plan->x.first_seed;
    for (int i = 0; i < n; i++)
        if (trials[i].task == task && trials[i].seed > last) last = trials[i].seed;
    return last;
}

static void add_notes(const ll_plan_search *s, cJSON *result, int task, const ll_trial *trials, int n)
{
    const ll_experiment *x = &s->plan->x;
    ll_str limits = {0};
    list_numbers(&limits, s->modes.percent, s->modes.n_percent);
    int shared = x->pretrain_seeds && x->pretrain_seeds < x->trials ? x->pretrain_seeds : x->trials;
    ll_result_note(
        result,
        "exhaustive over the rows with %s and a latency, limits at %s %% of the way from the 1st to "
        "the 99th percentile of the device's latencies; protocol %s, seeds %g to %g, %d pretraining "
        "seed%s",
        s->scores[task]->name, ll_str_text(&limits), ll_protocol_name(x->protocol), (double)x->first_seed,
        (double)last_seed(s, x->tasks[task], trials, n), shared, shared == 1 ? "" : "s");
    ll_result_note(
        result, "n: devices x limits x seeds. nothing: no row was within the limit as predicted; such a "
                "search counts in neither "
                "violations nor regret. violations: of the choices, with Wilson's 95 %% interval (searches "
                "of one trial are not independent of each other)");
    ll_result_note(
        result,
        "regret: points of %s below the best row within the limit, below 0 where a choice beyond it "
        "scores higher; 95 %% interval by Student's t over the means of the seeds. measured: "
        "samples and "
        "verification",
        s->scores[task]->name);
    note_less(result, x->tasks[task], trials, n);
    ll_str_free(&limits);
}

static cJSON *make_result(const ll_plan_search *s, bool devices, int task, const ll_trial *trials, int n)
{
    const ll_experiment *x = &s->plan->x;
    split_by split = devices ? BY_DEVICE : TOGETHER;
    ll_column shown[sizeof columns / sizeof *columns];
    ll_str title = {0};
    cJSON *result = ll_result_new("searches");
    ll_str_addf(&title, "Search under latency limits: %s, %s", x->tasks[task]->name, s->scores[task]->name);
    ll_json_str(result, "title", title.s);
    ll_json_str(result, "task", x->tasks[task]->name);
    ll_json_str(result, "score", s->scores[task]->name);
    ll_json_str(result, "protocol", ll_protocol_name(x->protocol));
    ll_json_nums(result, "limits", s->modes.percent, s->modes.n_percent);
    ll_json_int(result, "trials", x->trials);
    ll_json_int(result, "pretrain_seeds", x->pretrain_seeds);
    ll_json_num(result, "first_seed", (double)x->first_seed);
    ll_json_int(result, "searches", s->searches);
    ll_json_int(result, "recalled", s->recalled);
    shown_columns(s, split, shown);
    ll_result_columns(result, shown);
    cJSON_AddItemToObject(result, "rows", task_rows(s, x->tasks[task], split, trials, n));
    cJSON_AddItemToObject(result, "by_limit", task_rows(s, x->tasks[task], BY_LIMIT, trials, n));
    if (devices) cJSON_AddItemToObject(result, "by_device", all_rows(x->tasks[task], trials, n));
    add_notes(s, result, task, trials, n);
    ll_str_free(&title);
    return result;
}

void ll_plan_search_emit(const ll_plan_search *s, ll_request *rq, const ll_trial *trials, int n)
{
    for (int i = 0; s->on && i < s->plan->x.n_tasks; i++)
        ll_emit(rq, make_result(s, ll_bool(&rq->args, "devices"), i, trials, n));
}

/* --- Markdown ------------------------------------------------------------------------------------------------ */

static void write_cell(FILE *f, const cJSON *item, int digits)
{
    if (cJSON_IsString(item))
        fprintf(f, " %s |", item->valuestring);
    else if (!cJSON_IsNumber(item))
        fputs(" |", f);
    else if (digits < 0)
        fprintf(f, " %g |", item->valuedouble);
    else
        fprintf(f, " %.*f |", digits, item->valuedouble);
}

static void write_result(FILE *f, const cJSON *result, const ll_column *shown)
{
    const cJSON *row, *note;
    fprintf(f, "\n%s\n\n|", ll_json_get_str(result, "title", ""));
    for (const ll_column *c = shown; c->key; c++)
        fprintf(f, c->unit ? " %s, %s |" : " %s |", c->title, c->unit);
    fputs("\n|", f);
    for (const ll_column *c = shown; c->key; c++) fputs("---|", f);
    fputc('\n', f);
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(result, "rows"))
    {
        fputc('|', f);
        for (const ll_column *c = shown; c->key; c++)
            write_cell(f, cJSON_GetObjectItemCaseSensitive(row, c->key), c->digits);
        fputc('\n', f);
    }
    fputc('\n', f);
    cJSON_ArrayForEach(note, cJSON_GetObjectItem(result, "notes")) fprintf(f, "- %s\n", note->valuestring);
}

void ll_plan_search_write(const ll_plan_search *s, bool devices, FILE *f, const ll_trial *trials, int n)
{
    ll_column shown[sizeof columns / sizeof *columns];
    shown_columns(s, devices ? BY_DEVICE : TOGETHER, shown);
    for (int i = 0; s->on && i < s->plan->x.n_tasks; i++) {
        cJSON *result = make_result(s, devices, i, trials, n);
        write_result(f, result, shown);
        cJSON_Delete(result);
    }
}
