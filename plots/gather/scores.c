/* Figures of a table of scores: compare, shots. The table is what `score` and `compare` emit: an event log
 * (latlab --json ... > FILE), one JSON object per line; or what they kept, as `results format=json` exports it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "core/num/stats.h"
#include "plots/build/build.h"
#include "plots/gather/gather.h"

typedef struct cell {               /* one (device, predictor, k) and its trials */
    const char *device, *predictor; /* owned by the table */
    const char *task;               /* "" unless one device of two tasks is two */
    int k;
    double *v, sd; /* sd: as stated by a row that is a mean already, else NaN */
    double *trial; /* (n) what tells the trials apart: their seeds, or their numbers */
    int n;
} cell;

typedef struct scores {
    cell *v;
    int n;
    const char *metric;
    bool by_device; /* a mean over the devices of a task will not do */
    bool of_tasks;  /* some rows name no device but a task they are the mean of */
    bool by_task;   /* the same device in another task is another one: it is learnt from others */
    ll_strs wanted; /* patterns of device names; empty: all */
    double ceiling; /* what `diagnose` expects at best on ceiling_device */
    char *ceiling_device;
} scores;

static bool is_cell(const cell *c, const cell *as)
{
    return c->k == as->k && !strcmp(c->device, as->device) && !strcmp(c->predictor, as->predictor) &&
           !strcmp(c->task, as->task);
}

static cell *find_cell(scores *s, const cell *as)
{
    for (int i = 0; i < s->n; i++)
        if (is_cell(&s->v[i], as)) return &s->v[i];
    s->v = ll_realloc(s->v, (size_t)s->n + 1, sizeof *s->v);
    s->v[s->n] = (cell){.device = ll_strdup(as->device),
                        .predictor = ll_strdup(as->predictor),
                        .task = ll_strdup(as->task),
                        .k = as->k,
                        .sd = NAN};
    return &s->v[s->n++];
}

static void add_trial(cell *c, double v, double trial)
{
    c->v = ll_realloc(c->v, (size_t)c->n + 1, sizeof *c->v);
    c->trial = ll_realloc(c->trial, (size_t)c->n + 1, sizeof *c->trial);
    c->v[c->n] = v;
    c->trial[c->n] = isfinite(trial) ? trial : c->n;
    c->n++;
}

static bool is_wanted(const scores *s, const char *device)
{
    for (int i = 0; i < s->wanted.n; i++)
        if (ll_glob(s->wanted.v[i], device)) return true;
    return !s->wanted.n;
}

/* A row names its device, or the task it is a mean over. The sampler belongs to the method's name when it is
 * not the plain one. */
static void add_row(scores *s, const cJSON *row)
{
    const char *task = ll_json_get_str(row, "task", NULL), *device = ll_json_get_str(row, "device", task);
    const char *predictor = ll_json_get_str(row, "predictor", NULL);
    const char *sampler = ll_json_get_str(row, "sampler", "random");
    double x = ll_json_get_num(row, s->metric, NAN);
    if (!device || !predictor || !isfinite(x) || !is_wanted(s, device)) return;
    s->of_tasks |= device == task;
    ll_str name = {0};
    ll_str_addf(&name, "%s", predictor);
    if (strcmp(sampler, "random")) ll_str_addf(&name, ", %s", sampler);
    cell *c = find_cell(s, &(cell){.device = device,
                                   .predictor = name.s,
                                   .task = s->by_task && task ? task : "",
                                   .k = ll_json_get_int(row, "k", 0)});
    add_trial(c, x, ll_json_get_num(row, "seed", NAN));
    if (!strcmp(s->metric, "spearman")) c->sd = ll_json_get_num(row, "std", c->sd);
    ll_str_free(&name);
}

static void add_object(scores *s, const cJSON *o)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(o, "by_device"), *row;
    if (!s->by_device || !cJSON_GetArraySize(rows)) rows = cJSON_GetObjectItemCaseSensitive(o, "rows");
    cJSON_ArrayForEach(row, rows) add_row(s, row);
    add_row(s, o); /* eval, transfer: one score by itself */
    double ceiling = ll_json_get_num(o, "ceiling", NAN);
    if (!isfinite(ceiling)) return;
    s->ceiling = ceiling;
    free(s->ceiling_device);
    s->ceiling_device = ll_strdup(ll_json_get_str(o, "device", ""));
}

static ll_status add_log(ll_request *rq, const char *path, char *text, scores *s)
{
    ll_status status = LL_OK;
    int line = 0;
    for (char *at = text, *next; *at && !status; at = next) {
        next = at + strcspn(at, "\n");
        if (*next) *next++ = 0;
        line++;
        if (!at[strspn(at, " \t\r")]) continue;
        cJSON *o;
        if (ll_json_parse(at, strlen(at), &o, NULL))
            status = LL_FAIL(rq, LL_BAD_DATA,
                             "%s: line %d: not a JSON object; a log written by latlab --json was "
                             "expected",
                             path, line);
        else if (!strcmp(ll_json_get_str(o, "event", "result"), "result"))
            add_object(s, o);
        cJSON_Delete(o);
    }
    return status;
}

static ll_status add_array(ll_request *rq, const char *path, const char *text, scores *s)
{
    cJSON *rows, *row;
    ll_json_parse(text, strlen(text), &rows, NULL);
    if (!cJSON_IsArray(rows))
        return LL_FAIL(rq, LL_BAD_DATA, "%s: not a JSON array to its end, as results format=json writes it",
                       path);
    cJSON_ArrayForEach(row, rows) add_row(s, row);
    cJSON_Delete(rows);
    return LL_OK;
}

static ll_status read_scores(ll_request *rq, const char *path, scores *s)
{
    char *text;
    size_t len;
    ll_status status = ll_read_file(path, (size_t)1 << 30, &text, &len, &rq->error);
    if (status) return status;
    bool array = text[strspn(text, " \t\r\n")] == '[';
    status = array ? add_array(rq, path, text, s) : add_log(rq, path, text, s);
    free(text);
    return status;
}

static void free_cells(scores *s)
{
    for (int i = 0; i < s->n; i++) {
        free((char *)s->v[i].device);
        free((char *)s->v[i].predictor);
        free((char *)s->v[i].task);
        free(s->v[i].v);
        free(s->v[i].trial);
    }
    free(s->v);
}

static void free_scores(scores *s)
{
    free_cells(s);
    free(s->ceiling_device);
    ll_strs_free(&s->wanted);
}

/* --- means over devices --- */

static bool same_place(const cell *a, const cell *b)
{
    return !strcmp(a->device, b->device) && !strcmp(a->task, b->task);
}

/* Predictors and k that occur anywhere. */
static int count_methods(const scores *s)
{
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        bool first = true;
        for (int j = 0; j < i && first; j++)
            first = s->v[i].k != s->v[j].k || strcmp(s->v[i].predictor, s->v[j].predictor);
        n += first;
    }
    return n;
}

/* Rows of s that are in the mean: those of the places where everything has been tried, for a mean over others would be
 * another quantity; all rows when there is no such place. Counts the places. */
static void choose_places(const scores *s, bool *in, int *places, int *all)
{
    int methods = count_methods(s);
    *places = *all = 0;
    for (int i = 0; i < s->n; i++) {
        int tried = 0;
        bool first = true;
        for (int j = 0; j < s->n; j++) {
            if (!same_place(&s->v[i], &s->v[j])) continue;
            tried++;
            first &= j >= i;
        }
        in[i] = tried == methods;
        *all += first;
        *places += first && in[i];
    }
    for (int i = 0; i < s->n && !*places; i++) in[i] = true;
}

/* The score of this trial; NaN: it was not made. */
static double score_of(const cell *c, double trial)
{
    for (int i = 0; i < c->n; i++)
        if (c->trial[i] == trial) return c->v[i];
    return NAN;
}

/* The mean over all cells of a's predictor and k in this trial; NaN when one of them lacks it. */
static double mean_of_trial(const scores *s, const bool *in, const cell *a, double trial)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        const cell *c = &s->v[i];
        if (!in[i] || c->k != a->k || strcmp(c->predictor, a->predictor)) continue;
        sum += score_of(c, trial);
        n++;
    }
    return sum / n;
}

/* Trials that not all have are no trials of the mean; without any in common it is the mean of the means. */
static void add_mean(scores *means, const scores *s, const bool *in, const cell *a)
{
    cell *m = find_cell(means, &(cell){.device = "", .predictor = a->predictor, .task = "", .k = a->k});
    double sum = 0;
    int cells = 0;
    if (m->n) return;
    for (int t = 0; t < a->n; t++) {
        double v = mean_of_trial(s, in, a, a->trial[t]);
        if (isfinite(v)) add_trial(m, v, a->trial[t]);
    }
    for (int i = 0; i < s->n; i++) {
        const cell *c = &s->v[i];
        if (!in[i] || c->k != a->k || strcmp(c->predictor, a->predictor)) continue;
        sum += ll_mean(c->v, c->n);
        m->sd = ++cells == 1 ? c->sd : NAN; /* deviations of means of several do not add up */
    }
    if (!m->n) add_trial(m, sum / cells, NAN);
}

/* s becomes the means over its devices. */
static void average(scores *s, int *places, int *all)
{
    scores means = {0};
    bool *in = LL_NEW_ARRAY(bool, s->n + 1);
    choose_places(s, in, places, all);
    for (int i = 0; i < s->n; i++)
        if (in[i]) add_mean(&means, s, in, &s->v[i]);
    free(in);
    free_cells(s);
    s->v = means.v;
    s->n = means.n;
}

static ll_device_score *table_of(const scores *s)
{
    ll_device_score *v = LL_NEW_ARRAY(ll_device_score, s->n + 1);
    for (int i = 0; i < s->n; i++) {
        const cell *c = &s->v[i];
        double sd = c->n > 1 ? ll_std(c->v, c->n) : c->sd;
        v[i] = (ll_device_score){c->device, c->predictor, c->k, ll_mean(c->v, c->n), sd};
    }
    return v;
}

/* One number of samples for all: the one asked for, else the largest there is. */
static int choose_k(const ll_request *rq, const scores *s)
{
    int k = 0;
    for (int i = 0; i < s->n; i++) k = s->v[i].k > k ? s->v[i].k : k;
    return ll_has(&rq->args, "k") ? ll_int(&rq->args, "k") : k;
}

static int keep_k(ll_device_score *table, int n, int k)
{
    int kept = 0;
    for (int i = 0; i < n; i++)
        if (table[i].k == k) table[kept++] = table[i];
    return kept;
}

/* A ceiling holds for its own device. */
static double ceiling_of(const scores *s)
{
    for (int i = 0; i < s->n; i++)
        if (!s->ceiling_device || strcmp(s->v[i].device, s->ceiling_device)) return NAN;
    return s->ceiling;
}

typedef ll_status (*builder)(const ll_compare_data *d, ll_figure **out, ll_error *e);

static bool is_one_device(const scores *s)
{
    for (int i = 1; i < s->n; i++)
        if (strcmp(s->v[i].device, s->v[0].device)) return false;
    return s->n && *s->v[0].device;
}

/* What the lines are means of; *note: what is not in them. */
static void say_means(const scores *s, int places, int all, ll_str *what, ll_str *note)
{
    const char *device = s->of_tasks ? "task" : "device";
    ll_str_addf(what, "mean over %d %s%s", places ? places : all, device,
                (places ? places : all) == 1 ? "" : "s");
    if (!places)
        ll_str_addf(note, "no %s has seen every predictor with every k: the means are over different ones",
                    device);
    else if (places < all)
        ll_str_addf(note, "%d of %d %ss have not seen every predictor with every k and are left out",
                    all - places, all, device);
}

static ll_status build(ll_plot_request *p, scores *s, builder make, ll_figure **out)
{
    ll_str title = {0}, what = {0}, note = {0};
    if (make == ll_build_shots && !s->wanted.n) {
        int places, all;
        average(s, &places, &all);
        say_means(s, places, all, &what, &note);
        ll_json_int(p->result, "places", places);
    }
    ll_device_score *table = table_of(s);
    ll_compare_data d = {.value_label = ll_plot_metric(s->metric),
                         .scores = table,
                         .n = s->n,
                         .note = what.len ? what.s : NULL,
                         .ceiling = strcmp(s->metric, "spearman") ? NAN : ceiling_of(s),
                         .size = p->size};
    if (make == ll_build_compare) {
        int k = choose_k(p->rq, s);
        d.n = keep_k(table, s->n, k);
        ll_str_addf(&title, "predictors compared, k = %d", k);
        ll_json_int(p->result, "k", k);
    } else {
        if (is_one_device(s)) ll_str_addf(&title, "%s: ", s->v[0].device);
        ll_str_add(&title, "score over the number of samples");
    }
    d.title = title.s;
    ll_plot_metric_range(s->metric, &d.least, &d.most);
    ll_status status = make(&d, out, &p->rq->error);
    if (!status && note.len) ll_figure_note(*out, "%s", note.s);
    ll_json_int(p->result, "scores", d.n);
    ll_str_free(&title);
    ll_str_free(&what);
    ll_str_free(&note);
    free(table);
    return status;
}

/* The names of tasks that were made here, as kl seed=1, come again in other datasets and sizes: what a task is, are its
 * sources. Behind "beside" stand those of a row whose trials chose their own. */
static bool is_of(const ll_state *state, const cJSON *row)
{
    const char *source = ll_json_get_str(row, "source", NULL);
    if (!source || !state->task || !state->data) return true;
    const char *beside = strstr(source, "beside ");
    const ll_ints *sources = &state->task->source;
    ll_str listed = {0}, name = {0};
    ll_str_addf(&listed, ",%s,", beside ? beside + strlen("beside ") : source);
    size_t left = listed.len - 1;
    bool same = true;
    for (int i = 0; same && i < sources->n; i++) { /* in any order, and a name may hold a comma */
        name.len = 0;
        ll_str_addf(&name, ",%s,", state->data->devices[sources->v[i]].name);
        same = strstr(listed.s, name.s) && left >= name.len - 1;
        left -= name.len - 1;
    }
    same = same && !left;
    ll_str_free(&listed);
    ll_str_free(&name);
    return same;
}

static void drop_others(const ll_state *state, cJSON *result)
{
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(result, "rows");
    for (cJSON *row = rows ? rows->child : NULL, *next; row; row = next) {
        next = row->next;
        if (!is_of(state, row)) cJSON_Delete(cJSON_DetachItemViaPointer(rows, row));
    }
}

/* What `compare` has kept of the present task; of all tasks when there is none. */
static ll_status ask_kept(ll_request *rq, scores *s)
{
    ll_str line = {0};
    cJSON *results, *result;
    ll_str_add(&line, "results most=1000000");
    if (rq->state.task) ll_quote_addf(&line, " task=%s", rq->state.task->name);
    ll_status status = ll_app_ask_line(rq, line.s, &results);
    if (!status) cJSON_ArrayForEach(result, results)
        {
            drop_others(&rq->state, result);
            add_object(s, result);
        }
    if (!status && !s->n)
        status = LL_FAIL(
            rq, LL_FAILED, "no result with %s is kept%s%s: `compare` keeps them, from=FILE reads others",
            s->metric, rq->state.task ? " of task " : "", rq->state.task ? rq->state.task->name : "");
    cJSON_Delete(results);
    ll_str_free(&line);
    return status;
}

static ll_status read_file(ll_request *rq, const char *from, scores *s)
{
    char *path = ll_path_expand(from);
    ll_status status = read_scores(rq, path, s);
    if (!status && !s->n)
        status = LL_FAIL(rq, LL_BAD_DATA, "%s: no result in it has a predictor, %s and %s", path,
                         s->wanted.n ? "such a device" : "a device", s->metric);
    free(path);
    return status;
}

static ll_status gather(ll_plot_request *p, builder make, ll_figure **out)
{
    ll_request *rq = p->rq;
    const char *from = ll_word(&rq->args, "from");
    scores s = {
        .metric = ll_word(&rq->args, "metric"), .by_device = make == ll_build_compare, .ceiling = NAN};
    s.by_task = make == ll_build_shots && !ll_has(&rq->args, "device");
    if (ll_has(&rq->args, "device")) {
        s.by_device = true;
        ll_strs wanted = {0};
        ll_patterns(&rq->args, "device", &wanted);
        for (int i = 0; i < wanted.n; i++) ll_strs_take(&s.wanted, ll_unmarked(wanted.v[i]));
        ll_strs_free(&wanted);
    }
    ll_status status = from ? read_file(rq, from, &s) : ask_kept(rq, &s);
    if (!status) status = build(p, &s, make, out);
    ll_json_str(p->result, "from", from);
    ll_json_str(p->result, "metric", s.metric);
    free_scores(&s);
    return status;
}

ll_status ll_gather_compare(ll_plot_request *p, ll_figure **out)
{
    return gather(p, ll_build_compare, out);
}

ll_status ll_gather_shots(ll_plot_request *p, ll_figure **out)
{
    return gather(p, ll_build_shots, out);
}
