/* Sweeps of proxies: cells of architectures, results in a table as `proxies out=` writes it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/system/shared_file.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "data/commands/commands.h"
#include "data/commands/proxy_job.h"
#include "data/sweep/chunks.h"
#include "data/sweep/commands/kind.h"

static const char label[] = "archs", out_option[] = "out=";

static const ll_option *plan_options(void)
{
    enum { MOST = 30 };
    static ll_option all[MOST] = {LL_OPT_REAL(
        "each", NULL, 1e-6, 1e6, "what an architecture takes; default: three are tried now", .unit = "s")};
    int n = 1;
    for (const ll_option *o = ll_proxies_commands[0].options; o->name && n < MOST - 1; o++) {
        if (!strcmp(o->name, "save") || !strcmp(o->name, "prefix")) continue;
        all[n] = *o;
        all[n++].positional = false; /* the words of `sweep plan` are its own */
    }
    return all;
}

static const ll_option merge_options[] = {
    LL_OPT_WORD("out", NULL, "proxies: the table to write; default: that of the plan", LL_OF_OUTPUT),
    {0},
};

/* --- plan --- */

static void add_arch(ll_sweep_plan *p, const ll_space *space, const uint8_t *gene)
{
    ll_str text = {0};
    space->format(space, gene, &text);
    ll_strs_take(&p->archs, ll_str_take(&text));
}

/* Those that were asked for, each once, in the order of the table. */
static void add_archs(const ll_proxies_job *j, ll_sweep_plan *p)
{
    for (int i = 0; i < j->table.archs->n; i++) add_arch(p, j->space, ll_arch(j->table.archs, i));
}

typedef struct member {
    int first, row; /* the row that stands for it, and itself */
} member;

static int by_first(const void *a, const void *b)
{
    const member *x = a, *y = b;
    return x->first != y->first ? x->first - y->first : x->row - y->row;
}

/* Networks that compute the same stay together, their first one first: what is computed of it is every one's. */
static void add_cells(const ll_proxies_job *j, double each_s, ll_sweep_plan *p)
{
    int n = j->table.archs->n;
    member *m = LL_NEW_ARRAY(member, n + 1);
    int *order = LL_NEW_ARRAY(int, n + 1);
    bool *joined = LL_NEW_ARRAY(bool, n + 1);
    for (int i = 0; i < n; i++) m[i] = (member){j->like.v[i], i};
    qsort(m, (size_t)n, sizeof *m, by_first);
    for (int i = 0; i < n; i++) {
        order[i] = m[i].row;
        joined[i] = i && m[i].first == m[i - 1].first;
    }
    ll_sweep_add_chunks(p, &(ll_sweep_chunks){.label = label,
                                              .settings = j->settings,
                                              .archs = order,
                                              .joined = joined,
                                              .n = n,
                                              .each_s = each_s});
    free(m);
    free(order);
    free(joined);
}

static ll_status set_archs(ll_request *inner, const ll_sweep_plan *p, const int *archs, int n)
{
    ll_str list = {0};
    for (int i = 0; i < n; i++) ll_list_add(&list, p->archs.v[archs[i]]);
    ll_status s = ll_values_set_marked(&inner->args, "archs", ll_str_text(&list), &inner->error);
    ll_str_free(&list);
    return s;
}

/* The request of `proxies` for some of them. Its args to be freed. */
static ll_request request_for(ll_request *inner, const ll_sweep_plan *p, const int *archs, int n,
                              ll_status *s)
{
    ll_request some = ll_sweep_inner(inner, inner->args.table);
    ll_values_free(&some.args);
    ll_values_copy(&some.args, &inner->args);
    some.quiet = true;
    *s = set_archs(&some, p, archs, n);
    return some;
}

/* Three of them, far apart, on one thread as tasks are. */
static ll_status try_some(ll_request *inner, const ll_sweep_plan *p, double *each_s)
{
    int n = p->archs.n, some[3] = {n / 6, n / 2, 5 * n / 6}, tried = n < 3 ? 1 : 3;
    ll_status s;
    ll_request trial = request_for(inner, p, some, tried, &s);
    trial.pool = NULL;
    double begun = ll_now_s();
    if (!s) s = ll_proxies_commands[0].run(&trial);
    *each_s = fmax(1e-6, (ll_now_s() - begun) / tried);
    inner->error = trial.error;
    ll_values_free(&trial.args);
    return s;
}

/* The table that is merged into, unless merge says another one; tasks write to their own. */
static ll_status keep_out(ll_request *rq, ll_sweep_plan *p)
{
    char *path = NULL;
    ll_str b = {0};
    if (!ll_has(&rq->more, "out")) return LL_OK;
    ll_status s = ll_output_path(rq, ll_word(&rq->more, "out"), &path);
    if (s) return s;
    char *absolute = ll_path_absolute(path), *marked = ll_marked(absolute);
    ll_str_addf(&b, "%s%s", out_option, marked);
    if (strchr(b.s, '\n')) s = LL_FAIL(rq, LL_USAGE, "out=: a plan has no room for a line break");
    ll_strs_take(&p->options, ll_str_take(&b));
    free(marked);
    free(absolute);
    free(path);
    return s;
}

/* Words behind `proxies` are its names, as in the command itself. */
static ll_status take_names(ll_request *rq, ll_request *inner, ll_sweep_plan *p)
{
    ll_strs words = {0};
    ll_str list = {0};
    ll_status s = LL_OK;
    ll_list_names(&rq->args, "words", &words);
    for (int i = 1; i < words.n; i++) ll_list_add(&list, words.v[i]);
    if (list.len && ll_given(&rq->more, "names"))
        s = LL_FAIL(rq, LL_USAGE, "the proxies are named twice: %.100s and names=", words.v[1]);
    if (list.len && !s) s = ll_sweep_keep(rq, "names", list.s, inner, p);
    ll_str_free(&list);
    ll_strs_free(&words);
    return s;
}

static ll_status take_options(ll_request *rq, ll_request *inner, ll_sweep_plan *p)
{
    static const char *const but[] = {"archs", "space", "out", "save", "prefix", NULL};
    ll_status s = take_names(rq, inner, p);
    if (!s) s = ll_sweep_keep_all(rq, ll_proxies_commands[0].options, but, inner, p);
    if (!s) s = ll_sweep_set_archs(rq, inner);
    return s;
}

static ll_status plan_cells(ll_request *rq, ll_sweep_plan *p)
{
    ll_request inner = ll_sweep_inner(rq, ll_proxies_commands[0].options);
    ll_proxies_job j = {.rq = &inner};
    double each_s = ll_real(&rq->more, "each");
    ll_status s = take_options(rq, &inner, p);
    if (!s && (s = ll_proxies_open(&j))) rq->error = inner.error;
    if (!s) s = ll_sweep_keep_space(rq, j.space, &inner, p);
    if (!s) s = keep_out(rq, p);
    if (!s) add_archs(&j, p);
    if (!s && !p->archs.n) s = LL_FAIL(rq, LL_FAILED, "there are no architectures to plan for");
    if (!s && !ll_has(&rq->more, "each") && (s = try_some(&inner, p, &each_s))) rq->error = inner.error;
    if (!s) {
        p->estimated = true;
        add_cells(&j, each_s, p);
    }
    ll_proxies_close(&j);
    ll_values_free(&inner.args);
    return s;
}

/* --- run --- */

typedef struct spread {
    ll_request inner;
    const char *path; /* of the plan */
    const ll_sweep_plan *p;
    char *settings;
    const ll_space *space;
    ll_sweep_by_cells by;
} spread;

static bool is_out(const char *option)
{
    return !strncmp(option, out_option, sizeof out_option - 1);
}

/* What this latlab makes of the plan: its settings, which cells are hashed with. */
static ll_status read_settings(spread *w, ll_error *e)
{
    const int first = 0;
    ll_status s = LL_OK;
    ll_proxies_job j = {.rq = &w->inner};
    for (int i = 0; i < w->p->options.n && !s; i++)
        if (!is_out(w->p->options.v[i])) s = ll_sweep_set(&w->inner, w->p->options.v[i], e);
    if (!s && !w->p->archs.n) s = ll_fail(e, LL_BAD_DATA, "%s: a plan without architectures", w->path);
    if (!s && ((s = set_archs(&w->inner, w->p, &first, 1)) || (s = ll_proxies_open(&j)))) *e = w->inner.error;
    if (!s) {
        w->settings = ll_strdup(j.settings);
        w->space = j.space;
    }
    for (int i = 0; i < w->p->n && !s; i++)
        s = ll_sweep_chunk_same(w->p, &w->p->cells[i], w->path, w->settings, e);
    ll_proxies_close(&j);
    return s;
}

/* Of the results of `proxies`: architectures of which something was computed. */
static int computed_by(const cJSON *results)
{
    int most = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(results, 0), "rows"))
    {
        int n = ll_json_get_int(row, "computed", 0);
        if (n > most) most = n;
    }
    return most;
}

static ll_status compute_cell(void *ctx, ll_sweep_task *t, const ll_sweep_cell *c, int *computed, ll_error *e)
{
    spread *w = ctx;
    char *of;
    ll_ints archs = {0};
    ll_status s = ll_sweep_chunk_read(w->p, c, w->path, &of, &archs, e);
    if (!s) {
        ll_request one = request_for(&w->inner, w->p, archs.v, archs.n, &s);
        one.results = cJSON_CreateArray();
        if (!s) s = ll_values_set(&one.args, "out", t->local, &one.error);
        if (!s) s = ll_proxies_commands[0].run(&one);
        if (s) *e = one.error;
        if (s == LL_USAGE) s = e->status = LL_BAD_DATA; /* what was asked is right: the file is another one */
        *computed = computed_by(one.results);
        cJSON_Delete(one.results);
        ll_values_free(&one.args);
    }
    ll_ints_free(&archs);
    free(of);
    return s;
}

static void close_work(void *self)
{
    spread *w = self;
    if (!w) return;
    ll_values_free(&w->inner.args);
    free(w->settings);
    free(w);
}

static ll_status open_work(ll_request *rq, const char *path, const ll_sweep_plan *p, void **self,
                           ll_sweep_work *out)
{
    spread *w = LL_NEW(spread);
    *self = w;
    w->inner = ll_sweep_inner(rq, ll_proxies_commands[0].options);
    w->inner.state.data = NULL; /* what is loaded here is no part of the plan */
    w->path = path;
    w->p = p;
    w->by = (ll_sweep_by_cells){.ctx = w, .suffix = ll_sweep_of_proxies.suffix, .cell = compute_cell};
    *out = ll_sweep_cells(&w->by);
    ll_status s = ll_sweep_same_code(p, path, &rq->error);
    return s ? s : read_settings(w, &rq->error);
}

/* --- merge --- */

/* All of the plan's first and in its order, so that the file is as one run writes it, whichever task came first. */
static ll_status begin_table(const spread *w, ll_proxy_table *t, ll_error *e)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_status s = ll_proxy_table_init(t, w->space, e);
    for (int i = 0; i < w->p->archs.n && !s; i++) {
        s = ll_space_read(w->space, w->p->archs.v[i], gene, e);
        if (!s) ll_proxy_row(t, gene);
    }
    return s;
}

static int known(const ll_proxy_table *t)
{
    int n = 0;
    for (int i = 0; i < t->archs->n; i++) {
        bool any = false;
        for (int k = 0; k < ll_proxies_count(); k++) any = any || t->there[ll_proxy_cell(i, k)];
        n += any;
    }
    return n;
}

static ll_status merge_into(ll_request *rq, const spread *w, const ll_strs *files, const char *out,
                            int *fresh, int *had)
{
    ll_proxy_table t = {0};
    ll_status s = begin_table(w, &t, &rq->error);
    if (!s && ll_is_file(out)) s = ll_proxy_table_read(&t, out, w->settings, &rq->error);
    *had = s ? 0 : known(&t);
    for (int i = 0; i < files->n && !s; i++)
        s = ll_cancelled(rq->observer) ? LL_FAIL(rq, LL_CANCELLED, "cancelled")
                                       : ll_proxy_table_read(&t, files->v[i], w->settings, &rq->error);
    if (!s) {
        *fresh = known(&t) - *had;
        s = ll_proxy_table_write(&t, out, w->settings, &rq->error);
    }
    ll_proxy_table_free(&t);
    return s;
}

static void emit_merged(ll_request *rq, int files, int fresh, int had, int missing, const char *out)
{
    static const ll_column columns[] = {
        {"files", "files", NULL, 0}, {"architectures", "new architectures", NULL, 0},
        {"known", "known", NULL, 0}, {"missing", "tasks missing", NULL, 0},
        {"path", "table", NULL, -1}, {0}};
    cJSON *result = ll_result_new("sweep_merge");
    ll_json_int(result, "files", files);
    ll_json_int(result, "architectures", fresh);
    ll_json_int(result, "known", had);
    ll_json_int(result, "missing", missing);
    ll_json_str(result, "path", out);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

/* out= of merge, else of the plan; to be freed. */
static ll_status find_out(ll_request *rq, const ll_sweep_plan *p, char **out)
{
    ll_values planned = {0};
    ll_status s = LL_OK;
    *out = NULL;
    ll_values_init(&planned, ll_proxies_commands[0].options);
    for (int i = 0; i < p->options.n && !s; i++)
        if (is_out(p->options.v[i]))
            s = ll_values_set_marked(&planned, "out", p->options.v[i] + sizeof out_option - 1, &rq->error);
    const char *word = ll_word(ll_has(&rq->more, "out") ? &rq->more : &planned, "out");
    if (!s)
        s = word ? ll_output_path(rq, word, out)
                 : LL_FAIL(rq, LL_USAGE, "out=FILE.csv is missing: the plan names no table either");
    ll_values_free(&planned);
    return s;
}

static ll_status merge(ll_request *rq, const char *path, const ll_sweep_plan *p, const ll_strs *files,
                       int missing)
{
    void *self = NULL;
    ll_sweep_work work;
    char *out = NULL;
    int lock = -1, fresh = 0, had = 0;
    ll_status s = open_work(rq, path, p, &self, &work);
    if (!s) s = find_out(rq, p, &out);
    if (!s) s = ll_shared_lock(out, LL_SHARED_WAIT_MS, &lock, &rq->error);
    if (!s) s = merge_into(rq, self, files, out, &fresh, &had);
    if (!s) emit_merged(rq, files->n, fresh, had, missing, out);
    ll_shared_unlock(lock);
    close_work(self);
    free(out);
    return s;
}

/* --- memory --- */

/* What a network keeps of a batch: each activation some times over (values, gradients, their tangents), and weights. */
static double memory_mb(ll_request *rq, const ll_sweep_plan *p)
{
    enum { BYTES_AN_ACTIVATION = 64, BYTES_A_PARAM = 64 };
    double most_mb = 0;
    void *self = NULL;
    ll_sweep_work work;
    if (!open_work(rq, "", p, &self, &work)) {
        const spread *w = self;
        most_mb = ll_sweep_largest_mb(
            w->space, p, (double)BYTES_AN_ACTIVATION * ll_int(&w->inner.args, "batch"), BYTES_A_PARAM);
    }
    close_work(self);
    return most_mb;
}

const ll_sweep_kind ll_sweep_of_proxies = {.command = "proxies",
                                           .suffix = ".csv",
                                           .options = plan_options,
                                           .plan = plan_cells,
                                           .rest = true,
                                           .open = open_work,
                                           .close = close_work,
                                           .merge = merge,
                                           .merge_options = merge_options,
                                           .memory_mb = memory_mb};
