/* Figures of a table of scores: compare, shots. The table is what `score` and `compare` emit: an event log
 * (latlab --json ... > FILE), one JSON object per line. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/fs.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/num/stats.h"
#include "plots/build.h"
#include "plots/gather.h"

typedef struct cell { /* one (device, predictor, k) and its trials */
    char *device, *predictor;
    int k;
    double *v, sd; /* sd: as stated by a row that is a mean already, else NaN */
    int n, trials;
} cell;

typedef struct scores {
    cell *v;
    int n;
    const char *metric;
    double ceiling;
} scores;

static cell *find_cell(scores *s, const char *device, const char *predictor, int k)
{
    for (int i = 0; i < s->n; i++)
        if (s->v[i].k == k && !strcmp(s->v[i].device, device) && !strcmp(s->v[i].predictor, predictor))
            return &s->v[i];
    s->v = ll_realloc(s->v, (size_t)s->n + 1, sizeof *s->v);
    s->v[s->n] = (cell){.device = ll_strdup(device), .predictor = ll_strdup(predictor), .k = k, .sd = NAN};
    return &s->v[s->n++];
}

/* A row names its device, or the task it is a mean over. The sampler belongs to the method's name when it is
 * not the plain one. */
static void add_row(scores *s, const cJSON *row)
{
    const char *device = ll_json_get_str(row, "device", ll_json_get_str(row, "task", NULL));
    const char *predictor = ll_json_get_str(row, "predictor", NULL);
    const char *sampler = ll_json_get_str(row, "sampler", "random");
    double x = ll_json_get_num(row, s->metric, NAN);
    if (!device || !predictor || !isfinite(x)) return;
    ll_str name = {0};
    ll_str_addf(&name, strcmp(sampler, "random") ? "%s, %s" : "%s", predictor, sampler);
    cell *c = find_cell(s, device, name.s, ll_json_get_int(row, "k", 0));
    c->v = ll_realloc(c->v, (size_t)c->n + 1, sizeof *c->v);
    c->v[c->n++] = x;
    c->trials += ll_json_get_int(row, "trials", 1);
    if (!strcmp(s->metric, "spearman")) c->sd = ll_json_get_num(row, "std", c->sd);
    ll_str_free(&name);
}

static void add_object(scores *s, const cJSON *o)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(o, "by_device"), *row;
    if (!cJSON_GetArraySize(rows)) rows = cJSON_GetObjectItemCaseSensitive(o, "rows");
    cJSON_ArrayForEach(row, rows) add_row(s, row);
    s->ceiling = ll_json_get_num(o, "ceiling", s->ceiling);
    if (ll_json_get_str(o, "predictor", NULL)) add_row(s, o); /* eval, transfer: one score by itself */
}

static ll_status read_log(ll_request *rq, const char *path, scores *s)
{
    char *text;
    size_t len;
    ll_status status = ll_read_file(path, (size_t)1 << 30, &text, &len, &rq->error);
    if (status) return status;
    int line = 0;
    for (char *at = text, *next; *at && !status; at = next) {
        next = at + strcspn(at, "\n");
        if (*next) *next++ = 0;
        line++;
        if (!at[strspn(at, " \t\r")]) continue;
        cJSON *o = cJSON_Parse(at);
        if (!o)
            status = LL_FAIL(rq, LL_BAD_DATA,
                             "%s: line %d: not a JSON object; a log written by latlab --json was "
                             "expected",
                             path, line);
        else if (!strcmp(ll_json_get_str(o, "event", "result"), "result"))
            add_object(s, o);
        cJSON_Delete(o);
    }
    free(text);
    return status;
}

static void free_scores(scores *s)
{
    for (int i = 0; i < s->n; i++) {
        free(s->v[i].device);
        free(s->v[i].predictor);
        free(s->v[i].v);
    }
    free(s->v);
}

static ll_score *table_of(const scores *s)
{
    ll_score *v = LL_NEW_ARRAY(ll_score, s->n + 1);
    for (int i = 0; i < s->n; i++) {
        const cell *c = &s->v[i];
        double sd = c->n > 1 ? ll_std(c->v, c->n) : c->sd;
        v[i] = (ll_score){c->device, c->predictor, c->k, ll_mean(c->v, c->n), sd, c->trials};
    }
    return v;
}

typedef ll_status (*builder)(const ll_compare_data *d, ll_figure **out, ll_error *e);

static ll_status gather(ll_plot_request *p, const char *title, builder build, ll_figure **out)
{
    ll_request *rq = p->rq;
    const char *from = ll_word(&rq->args, "from");
    if (!from)
        return LL_FAIL(rq, LL_USAGE,
                       "which scores? from=FILE names a log: latlab --json -c 'score ...' > FILE");
    scores s = {.metric = ll_word(&rq->args, "metric"), .ceiling = NAN};
    char *path = ll_path_expand(from);
    ll_status status = read_log(rq, path, &s);
    if (!status && !s.n)
        status =
            LL_FAIL(rq, LL_BAD_DATA, "%s: no result in it has a predictor, a device and %s", path, s.metric);
    if (!status) {
        ll_score *table = table_of(&s);
        ll_compare_data d = {.title = title,
                             .value_label = s.metric,
                             .scores = table,
                             .n = s.n,
                             .ceiling = s.ceiling,
                             .width = p->width,
                             .height = p->height};
        status = build(&d, out, &rq->error);
        free(table);
    }
    ll_json_str(p->result, "from", from);
    ll_json_str(p->result, "metric", s.metric);
    ll_json_int(p->result, "scores", s.n);
    free_scores(&s);
    free(path);
    return status;
}

ll_status ll_gather_compare(ll_plot_request *p, ll_figure **out)
{
    return gather(p, "predictors compared", ll_build_compare, out);
}

ll_status ll_gather_shots(ll_plot_request *p, ll_figure **out)
{
    return gather(p, "score over the number of samples", ll_build_shots, out);
}
