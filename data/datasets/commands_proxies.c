/* proxies: what untrained networks say, as a table and as scores of the dataset. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/app/output.h"
#include "core/base/clock.h"
#include "core/base/csv.h"
#include "core/base/fs.h"
#include "core/base/interrupt.h"
#include "core/base/json.h"
#include "core/base/mem.h"
#include "core/base/progress.h"
#include "core/commands/candidates.h"
#include "core/device/scores.h"
#include "core/proxies/proxies.h"
#include "data/datasets/chosen.h"
#include "data/datasets/commands.h"
#include "data/datasets/folder_change.h"
#include "data/datasets/proxy_images.h"

enum { VALUES_MOST = 20000, BLOCKS_A_THREAD = 2 }; /* architectures of which a result holds the values */
static const double write_every_s = 20;            /* between two writes of out= */

/* --- the table -----------------------------------------------------------------------------------------------
 * Rows: those of the file that goes on, and those asked for. Columns: all proxies that there are. A value may be there
 * and not defined (NaN). */

typedef struct table {
    ll_archs *archs; /* indexed */
    double *value;   /* (archs->n, ll_proxies) */
    bool *there;
    int room;
} table;

static int proxies_count(void)
{
    int n = 0;
    while (ll_proxies[n]) n++;
    return n;
}

static int table_row(table *t, const uint8_t *gene)
{
    bool fresh;
    int row = ll_archs_add(t->archs, gene, &fresh);
    size_t wide = (size_t)proxies_count();
    if (row >= t->room) {
        t->room = 2 * t->room + 64;
        t->value = ll_realloc(t->value, (size_t)t->room * wide, sizeof *t->value);
        t->there = ll_realloc(t->there, (size_t)t->room * wide, sizeof *t->there);
    }
    for (size_t k = 0; k < wide && fresh; k++) {
        t->value[(size_t)row * wide + k] = NAN;
        t->there[(size_t)row * wide + k] = false;
    }
    return row;
}

static size_t cell(int row, int proxy)
{
    return (size_t)row * (size_t)proxies_count() + (size_t)proxy;
}

/* One run of the command. */
typedef struct job {
    ll_request *rq;
    const ll_space *space;
    ll_ints which; /* places in ll_proxies */
    ll_ints asked; /* rows of the table */
    table table;
    char *settings; /* what decides about the values, as text */
    char *path;     /* of out=; NULL: none */
    char *to;       /* folder of the dataset that is extended; NULL: none */
    ll_proxy_images images;
    ll_net_weights weights;
    ll_proxy_desk **desks; /* (threads) */
    double *seconds;       /* (threads, proxies) */
    int *computed;         /* (proxies) */
    ll_ints like;      /* (rows of the table) whose passes stand for this one's: its own, unless alike=on */
    ll_ints todo;      /* rows of the table with something to compute */
    int from;          /* the first of the block in todo */
    ll_status *status; /* (block) */
    ll_error *errors;  /* (block) */
} job;

/* --- settings --- */

static ll_status read_names(job *j)
{
    ll_strs names = {0};
    ll_status s = LL_OK;
    ll_list(&j->rq->args, "names", &names);
    for (int i = 0; i < names.n && !s; i++) {
        int found = -1;
        for (int k = 0; ll_proxies[k]; k++)
            if (!strcmp(ll_proxies[k]->name, names.v[i])) found = k;
        if (!strcmp(names.v[i], "all"))
            for (int k = 0; ll_proxies[k]; k++) {
                if (ll_ints_find(&j->which, k) < 0) ll_ints_add(&j->which, k);
            }
        else if (found < 0)
            s = LL_FAIL(j->rq, LL_USAGE, "\"%.60s\" is no proxy: `proxies list` names them", names.v[i]);
        else if (ll_ints_find(&j->which, found) < 0)
            ll_ints_add(&j->which, found);
    }
    ll_strs_free(&names);
    return s;
}

static const char *proxy_name(int i)
{
    return ll_proxies[i]->name;
}

static bool by_images(const job *j)
{
    bool any = false;
    for (int i = 0; i < j->which.n; i++) any = any || ll_proxies[j->which.v[i]]->by_images;
    return any;
}

static void read_settings(job *j)
{
    const ll_values *v = &j->rq->args;
    ll_str text = {0};
    j->weights = ll_is(v, "weights", "fan-out") ? LL_NET_FAN_OUT : LL_NET_USUAL;
    ll_str_addf(&text, "images=%s batch=%d seed=%d weights=%s", ll_word(v, "images"), ll_int(v, "batch"),
                ll_int(v, "seed"), ll_word(v, "weights"));
    if (ll_bool(v, "alike")) ll_str_add(&text, " alike=on");
    if (ll_given(v, "repeats")) ll_str_addf(&text, " repeats=%d", ll_int(v, "repeats"));
    j->settings = ll_str_take(&text);
}

static ll_status read_images(job *j)
{
    const ll_values *v = &j->rq->args;
    const char *source = ll_word(v, "images");
    if (!by_images(j) || !strcmp(source, "noise"))
        return LL_OK; /* noise is made for the network that reads it */
    return ll_proxy_images_read(source, (uint64_t)ll_int(v, "seed"), ll_int(v, "batch"), &j->images,
                                &j->rq->error);
}

/* --- architectures --- */

static ll_status choose_space(job *j)
{
    const ll_dataset *d = j->rq->state.data;
    const char *name = ll_word(&j->rq->args, "space");
    j->space = name ? ll_space_find(name) : d ? d->space : NULL;
    if (name && !j->space)
        return LL_FAIL(j->rq, LL_USAGE, "space=%s: no such space; `spaces` lists them", name);
    if (!j->space) return LL_FAIL(j->rq, LL_USAGE, "no data is loaded: `load` some, or say space=");
    const ll_proxy *first = ll_proxies[j->which.n ? j->which.v[0] : 0];
    return ll_proxies_check(j->space, &first, 1, &j->rq->error);
}

static void ask_for(job *j, const uint8_t *gene)
{
    int row = table_row(&j->table, gene);
    ll_ints_add(&j->asked, row);
}

static ll_status ask_for_rows(job *j, const char *archs)
{
    ll_ints rows = {0};
    ll_status s = ll_need_data(j->rq);
    if (!s) s = ll_chosen_archs(j->rq, archs, (uint64_t)ll_int(&j->rq->args, "seed"), &rows);
    for (int i = 0; i < rows.n; i++) ask_for(j, ll_gene(j->rq->state.data, rows.v[i]));
    ll_ints_free(&rows);
    return s;
}

static ll_status ask_for_all(job *j)
{
    const ll_dataset *d = j->rq->state.data;
    uint8_t gene[LL_MAX_POSITIONS];
    if (d && d->space == j->space)
        for (int i = 0; i < d->n_archs; i++) ask_for(j, ll_gene(d, i));
    else if (!j->space->n_archs)
        return LL_FAIL(j->rq, LL_USAGE,
                       "space %s cannot be listed: name the architectures, archs=FILE or a,b",
                       j->space->name);
    else
        for (int i = 0; j->space->at(j->space, i, gene); i++) ask_for(j, gene);
    return LL_OK;
}

static ll_status ask_for_candidates(job *j, const char *archs)
{
    ll_candidates c;
    ll_archs *set = ll_archs_new(j->space, 0);
    ll_status s = ll_candidates_open(&c, j->rq, j->space, archs);
    for (int before = -1; !s && before < set->n;) {
        before = set->n;
        s = ll_candidates_next(&c, set, 4096, &j->rq->error);
    }
    for (int i = 0; i < set->n && !s; i++) ask_for(j, ll_arch(set, i));
    ll_candidates_close(&c);
    ll_archs_unref(set);
    return s;
}

static ll_status choose_archs(job *j)
{
    const char *archs = ll_word(&j->rq->args, "archs");
    if (!strcmp(archs, "all")) return ask_for_all(j);
    if (!strcmp(archs, "samples") || !strcmp(archs, "suggest") || !strncmp(archs, "random:", 7))
        return ask_for_rows(j, archs);
    return ask_for_candidates(j, archs);
}

/* --- the file --- */

static const char *const settings_title = "settings", *const arch_title = "arch";

static ll_status read_row(job *j, const ll_csv *csv, int arch, int settings, const int *column)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_error own = {0};
    if (arch >= csv->n || settings >= csv->n) return ll_csv_fail(csv, &j->rq->error, "cells are missing");
    if (strcmp(csv->cells[settings], j->settings))
        return ll_csv_fail(csv, &j->rq->error, "was computed with %.200s, this is %s: write to another file",
                           csv->cells[settings], j->settings);
    if (ll_space_read(j->space, csv->cells[arch], gene, &own))
        return ll_csv_fail(csv, &j->rq->error, "%s", own.message);
    int row = table_row(&j->table, gene);
    for (int k = 0; ll_proxies[k]; k++) {
        const char *text = column[k] < 0 || column[k] >= csv->n ? "" : csv->cells[column[k]];
        if (!*text) continue;
        char *end;
        double x = strtod(text, &end);
        if (*end || isinf(x))
            return ll_csv_fail(csv, &j->rq->error, "%s is \"%.40s\", a number or nan was expected",
                               proxy_name(k), text);
        j->table.there[cell(row, k)] = true;
        j->table.value[cell(row, k)] = x;
    }
    return LL_OK;
}

/* What an earlier run has written is not computed again. */
static ll_status read_file(job *j)
{
    ll_csv csv;
    bool more = true;
    int column[LL_MOST_PROXIES];
    ll_status s = ll_csv_open(&csv, j->path, &j->rq->error);
    if (s) return s;
    s = ll_csv_next(&csv, &more, &j->rq->error);
    int arch = ll_csv_column(&csv, arch_title), settings = ll_csv_column(&csv, settings_title);
    if (!s && more && (arch < 0 || settings < 0))
        s = LL_FAIL(j->rq, LL_USAGE, "%s is there and is no table of proxies: write to another file",
                    j->path);
    for (int k = 0; ll_proxies[k]; k++) column[k] = ll_csv_column(&csv, proxy_name(k));
    while (!s && more) {
        s = ll_csv_next(&csv, &more, &j->rq->error);
        if (!s && more) s = read_row(j, &csv, arch, settings, column);
    }
    ll_csv_close(&csv);
    return s;
}

static bool column_is_there(const table *t, int proxy)
{
    for (int i = 0; i < t->archs->n; i++)
        if (t->there[cell(i, proxy)]) return true;
    return false;
}

static bool row_is_there(const table *t, int row)
{
    for (int k = 0; ll_proxies[k]; k++)
        if (t->there[cell(row, k)]) return true;
    return false;
}

static void write_value(FILE *f, const table *t, int row, int proxy)
{
    double x = t->value[cell(row, proxy)];
    fputc(',', f);
    if (!t->there[cell(row, proxy)]) return;
    if (isnan(x))
        fputs("nan", f);
    else
        ll_csv_write_number(f, x);
}

static ll_status write_file(const job *j)
{
    const table *t = &j->table;
    bool wanted[LL_MOST_PROXIES];
    ll_writer w;
    ll_str text = {0};
    if (!j->path) return LL_OK;
    ll_status s = ll_writer_open(&w, j->path, &j->rq->error);
    if (s) return s;
    fprintf(w.f, "%s,%s", arch_title, settings_title);
    for (int k = 0; ll_proxies[k]; k++)
        if ((wanted[k] = column_is_there(t, k))) fprintf(w.f, ",%s", proxy_name(k));
    fputc('\n', w.f);
    for (int i = 0; i < t->archs->n; i++) {
        if (!row_is_there(t, i)) continue;
        text.len = 0;
        j->space->format(j->space, ll_arch(t->archs, i), &text);
        ll_csv_write(w.f, ll_str_text(&text));
        fputc(',', w.f);
        ll_csv_write(w.f, j->settings);
        for (int k = 0; ll_proxies[k]; k++)
            if (wanted[k]) write_value(w.f, t, i, k);
        fputc('\n', w.f);
    }
    ll_str_free(&text);
    return ll_writer_commit(&w, &j->rq->error);
}

static ll_status open_file(job *j)
{
    const char *out = ll_word(&j->rq->args, "out");
    if (!out) return LL_OK;
    ll_status s = ll_output_path(j->rq, out, &j->path);
    return s || !ll_is_file(j->path) ? s : read_file(j);
}

/* --- the dataset --- */

static char *score_name(const job *j, int proxy)
{
    const char *prefix = ll_word(&j->rq->args, "prefix");
    ll_str name = {0};
    ll_str_addf(&name, "%s%s", prefix ? prefix : "", proxy_name(proxy));
    return ll_str_take(&name);
}

/* What decides about the values of this one. */
static char *source_text(const job *j, int proxy)
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
static ll_status check_scores(const job *j, const ll_dataset *d, ll_error *e)
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

static void take_scores(job *j, const ll_dataset *d)
{
    for (int i = 0; i < j->which.n; i++) {
        int k = j->which.v[i];
        char *name = score_name(j, k);
        const ll_score *there = ll_dataset_score(d, name);
        for (int a = 0; a < j->asked.n && there; a++) {
            int row = ll_dataset_row(d, ll_arch(j->table.archs, j->asked.v[a]));
            if (row < 0 || isnan(there->v[row])) continue;
            j->table.there[cell(j->asked.v[a], k)] = true;
            j->table.value[cell(j->asked.v[a], k)] = there->v[row];
        }
        free(name);
    }
}

static ll_status open_scores(job *j)
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

static void record(const job *j, ll_dataset *d)
{
    if (!d->provenance) d->provenance = cJSON_CreateObject();
    cJSON *o = ll_json_obj(ll_json_list(d->provenance, "proxies"), NULL), *names = ll_json_arr(o, "names");
    ll_json_str(o, "settings", j->settings);
    ll_json_str(o, "command", j->rq->line);
    for (int i = 0; i < j->which.n; i++)
        cJSON_AddItemToArray(names, ll_json_string(proxy_name(j->which.v[i])));
}

/* The dataset with what has been computed; architectures that are no rows are left out. */
static ll_status add_scores(const job *j, const ll_dataset *d, ll_dataset **out, ll_error *e)
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
            if (row >= 0 && j->table.there[cell(j->asked.v[a], k)])
                score->v[row] = j->table.value[cell(j->asked.v[a], k)];
        }
        free(name);
        free(source);
    }
    record(j, both);
    s = ll_dataset_seal(both, e);
    if (s)
        ll_dataset_unref(both);
    else
        *out = both;
    return s;
}

static ll_status extend(void *ctx, const ll_dataset *there, ll_dataset **out, ll_error *e)
{
    job *j = ctx;
    const ll_dataset *loaded = j->rq->state.data;
    if (there && strcmp(j->to, loaded->path) && !ll_dataset_continues(there, loaded))
        return ll_fail(e, LL_FAILED,
                       "%s is another dataset than the one loaded, which cannot be changed where it is",
                       j->to);
    return add_scores(j, there ? there : loaded, out, e);
}

static ll_status save(job *j)
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
    ll_state_set_data(&rq->state, d, ll_dataset_continues(d, rq->state.data));
    return LL_OK;
}

/* --- networks that compute the same --- */

typedef struct function {
    uint64_t key;
    int row;
} function;

static int compare_functions(const void *a, const void *b)
{
    const function *x = a, *y = b;
    return x->key != y->key ? (x->key > y->key) - (x->key < y->key) : (x->row > y->row) - (x->row < y->row);
}

/* Of the rows that compute the same, the first of the table stands for all. */
static ll_status find_alike(job *j)
{
    int n = j->table.archs->n;
    ll_status s = LL_OK;
    j->like = ll_ints_range(n);
    if (!ll_bool(&j->rq->args, "alike")) return LL_OK;
    function *f = LL_NEW_ARRAY(function, n + 1);
    ll_network *network = LL_NEW(ll_network);
    for (int i = 0; i < n && !s; i++) {
        s = ll_network_build(j->space, ll_arch(j->table.archs, i), network, &j->rq->error);
        f[i] = (function){ll_proxy_function(network), i};
    }
    qsort(f, (size_t)n, sizeof *f, compare_functions);
    for (int i = 1, first = 0; i < n; i++) {
        if (f[i].key != f[first].key) first = i;
        j->like.v[f[i].row] = f[first].row;
    }
    free(network);
    free(f);
    return s;
}

static bool is_of_another(const job *j, int row, int proxy)
{
    return j->like.v[row] != row && ll_proxies[proxy]->wants > LL_WANTS_WEIGHTS;
}

/* What was computed for the first of them is every one's. */
static void share_alike(job *j)
{
    for (int i = 0; i < j->asked.n; i++)
        for (int k = 0; ll_proxies[k]; k++) {
            int row = j->asked.v[i];
            if (!is_of_another(j, row, k) || !j->table.there[cell(j->like.v[row], k)]) continue;
            j->table.value[cell(row, k)] = j->table.value[cell(j->like.v[row], k)];
            j->table.there[cell(row, k)] = true;
        }
}

/* --- computing --- */

static bool stop(void *ctx)
{
    return ll_cancelled(((const job *)ctx)->rq->observer);
}

/* What is to be computed for this row itself. */
static int missing(const job *j, int row, int *which)
{
    int n = 0;
    for (int i = 0; i < j->which.n; i++) {
        int k = j->which.v[i];
        if (!j->table.there[cell(row, k)] && !is_of_another(j, row, k)) which[n++] = k;
    }
    return n;
}

static bool complete(const job *j, int row)
{
    bool all = true;
    for (int i = 0; i < j->which.n; i++) all = all && j->table.there[cell(row, j->which.v[i])];
    return all;
}

/* Noise in the size that this network reads. */
static ll_status noise_for(const job *j, const uint8_t *gene, ll_proxy_images *out, ll_error *e)
{
    ll_network *network = LL_NEW(ll_network);
    ll_status s = ll_network_build(j->space, gene, network, e);
    if (!s)
        ll_proxy_noise((uint64_t)ll_int(&j->rq->args, "seed"), ll_int(&j->rq->args, "batch"),
                       ll_proxy_side(network), ll_proxy_classes(network), out);
    free(network);
    return s;
}

static void compute(void *ctx, int i, int thread)
{
    job *j = ctx;
    int row = j->todo.v[j->from + i], which[LL_MOST_PROXIES], n = missing(j, row, which);
    const ll_proxy *proxies[LL_MOST_PROXIES];
    const uint8_t *gene = ll_arch(j->table.archs, row);
    double out[LL_MOST_PROXIES], seconds[LL_MOST_PROXIES] = {0};
    ll_proxy_images own = {0};
    ll_status s = LL_OK;
    j->errors[i] = (ll_error){0};
    for (int k = 0; k < n; k++) proxies[k] = ll_proxies[which[k]];
    if (by_images(j) && !j->images.n) s = noise_for(j, gene, &own, &j->errors[i]);
    ll_proxy_job one = {.space = j->space,
                        .gene = gene,
                        .which = proxies,
                        .n = n,
                        .images = own.n         ? &own
                                  : j->images.n ? &j->images
                                                : NULL,
                        .weights = j->weights,
                        .seed = (uint64_t)ll_int(&j->rq->args, "seed"),
                        .repeats = ll_int(&j->rq->args, "repeats"),
                        .stop = stop,
                        .ctx = j,
                        .seconds = seconds};
    if (!s) s = ll_proxies_of(j->desks[thread], &one, out, &j->errors[i]);
    ll_proxy_images_free(&own);
    j->status[i] = s;
    for (int k = 0; k < n && !s; k++) {
        j->table.value[cell(row, which[k])] = out[k];
        j->table.there[cell(row, which[k])] = true;
        j->seconds[cell(thread, which[k])] += seconds[k];
    }
}

static void say_progress(const job *j, double begun)
{
    double spent = ll_now_s() - begun;
    if (!ll_observer_due(j->rq->observer, .25)) return;
    cJSON *p = ll_progress_new("proxies", j->from, j->todo.n);
    ll_json_num(p, "left_s", j->from ? spent / j->from * (j->todo.n - j->from) : NAN);
    ll_progress(j->rq->observer, p);
}

/* Of a block the first failure, in the order of the architectures; what the others gave is kept. */
static ll_status block_status(const job *j, int n)
{
    for (int i = 0; i < n; i++)
        if (j->status[i]) {
            j->rq->error = j->errors[i];
            return j->status[i];
        }
    return LL_OK;
}

static ll_status compute_all(job *j)
{
    ll_pool *pool = j->rq->pool;
    int threads = ll_pool_threads(pool), most = BLOCKS_A_THREAD * threads;
    double begun = ll_now_s(), written = begun;
    ll_status s = LL_OK;
    j->desks = LL_NEW_ARRAY(ll_proxy_desk *, threads);
    j->seconds = LL_NEW_ARRAY(double, threads *proxies_count());
    j->status = LL_NEW_ARRAY(ll_status, most);
    j->errors = LL_NEW_ARRAY(ll_error, most);
    for (int i = 0; i < threads; i++) j->desks[i] = ll_proxy_desk_new();
    for (j->from = 0; j->from < j->todo.n && !s;) {
        int n = j->todo.n - j->from < most ? j->todo.n - j->from : most;
        say_progress(j, begun);
        ll_pool_run_by(pool, n, compute, j);
        s = stop(j) ? LL_FAIL(j->rq, LL_CANCELLED, "cancelled") : block_status(j, n);
        j->from += n;
        if (s || ll_now_s() - written < write_every_s) continue;
        s = write_file(j);
        written = ll_now_s();
    }
    for (int i = 0; i < threads; i++) ll_proxy_desk_free(j->desks[i]);
    free(j->desks);
    free(j->status);
    free(j->errors);
    return s;
}

static void add_todo(job *j, int row, bool *seen)
{
    int which[LL_MOST_PROXIES], n = seen[row] ? 0 : missing(j, row, which);
    if (n) ll_ints_add(&j->todo, row);
    seen[row] = true;
    for (int k = 0; k < n; k++) j->computed[which[k]]++;
}

static void choose_todo(job *j)
{
    bool *seen = LL_NEW_ARRAY(bool, j->table.archs->n + 1);
    for (int i = 0; i < j->asked.n; i++) {
        add_todo(j, j->like.v[j->asked.v[i]], seen);
        add_todo(j, j->asked.v[i], seen);
    }
    free(seen);
}

/* --- the result --- */

static void add_values(const job *j, cJSON *result)
{
    cJSON *archs = ll_json_arr(result, "archs"), *values = ll_json_arr(result, "values");
    ll_str text = {0};
    for (int i = 0; i < j->asked.n && j->asked.n <= VALUES_MOST; i++) {
        double row[LL_MOST_PROXIES];
        text.len = 0;
        j->space->format(j->space, ll_arch(j->table.archs, j->asked.v[i]), &text);
        cJSON_AddItemToArray(archs, ll_json_string(ll_str_text(&text)));
        for (int k = 0; k < j->which.n; k++) row[k] = j->table.value[cell(j->asked.v[i], j->which.v[k])];
        cJSON *line = cJSON_CreateArray();
        for (int k = 0; k < j->which.n; k++)
            cJSON_AddItemToArray(line, isfinite(row[k]) ? cJSON_CreateNumber(row[k]) : cJSON_CreateNull());
        cJSON_AddItemToArray(values, line);
    }
    ll_str_free(&text);
}

/* A line a proxy: what of it is known, and how fast it was. */
static int add_rows(const job *j, cJSON *result)
{
    cJSON *names = ll_json_arr(result, "names"), *rows = ll_json_arr(result, "rows");
    int all_undefined = 0;
    for (int i = 0; i < j->which.n; i++) {
        int k = j->which.v[i], undefined = 0, threads = ll_pool_threads(j->rq->pool);
        double seconds = 0, least = INFINITY, most = -INFINITY;
        for (int a = 0; a < j->asked.n; a++) {
            double x = j->table.value[cell(j->asked.v[a], k)];
            undefined += isnan(x);
            least = fmin(least, x), most = fmax(most, x);
        }
        for (int t = 0; t < threads; t++) seconds += j->seconds[cell(t, k)];
        cJSON_AddItemToArray(names, ll_json_string(proxy_name(k)));
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "proxy", proxy_name(k));
        ll_json_int(row, "architectures", j->asked.n);
        ll_json_int(row, "undefined", undefined);
        ll_json_num(row, "least", least);
        ll_json_num(row, "most", most);
        ll_json_int(row, "computed", j->computed[k]);
        ll_json_num(row, "archs_per_s", seconds > 0 ? j->computed[k] / seconds : NAN);
        all_undefined += undefined;
    }
    return all_undefined;
}

static void show(const job *j, double seconds)
{
    static const ll_column columns[] = {{"proxy", "proxy", NULL, -1},
                                        {"architectures", "architectures", NULL, 0},
                                        {"undefined", "undefined", NULL, 0},
                                        {"least", "least", NULL, -1},
                                        {"most", "largest", NULL, -1},
                                        {"computed", "computed now", NULL, 0},
                                        {"archs_per_s", "a second and core", NULL, 2},
                                        {0}};
    cJSON *result = ll_result_new("proxies");
    ll_json_str(result, "space", j->space->name);
    ll_json_str(result, "settings", j->settings);
    ll_json_str(result, "images", by_images(j) ? ll_word(&j->rq->args, "images") : NULL);
    ll_json_int(result, "batch", ll_int(&j->rq->args, "batch"));
    ll_json_int(result, "seed", ll_int(&j->rq->args, "seed"));
    int undefined = add_rows(j, result);
    add_values(j, result);
    ll_json_bool(result, "undefined", undefined > 0);
    ll_json_num(result, "seconds", seconds);
    ll_result_columns(result, columns);
    if (undefined)
        ll_result_note(result,
                       "undefined: the result of a network does not depend on its image, or a number is "
                       "too large; null in `values`, never 0");
    if (j->asked.n > VALUES_MOST)
        ll_result_note(result, "values of more than %d architectures are not shown: out= has them",
                       (int)VALUES_MOST);
    ll_emit(j->rq, result);
}

static ll_status list_proxies(ll_request *rq)
{
    static const ll_column columns[] = {{"proxy", "proxy", NULL, -1},
                                        {"looks_at", "looks at", NULL, -1},
                                        {"summary", "what it is", NULL, -1},
                                        {0}};
    cJSON *result = ll_result_new("proxies_list"), *rows = ll_json_arr(result, "rows");
    for (int k = 0; ll_proxies[k]; k++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "proxy", proxy_name(k));
        ll_json_str(row, "looks_at", ll_proxies[k]->by_images ? "images" : "the network alone");
        ll_json_str(row, "summary", ll_proxies[k]->summary);
    }
    ll_result_columns(result, columns);
    ll_emit(rq, result);
    rq->unchanged = true;
    return LL_OK;
}

/* --- the command --- */

/* What is there when the work is cancelled is kept where the user wanted it. */
static ll_status keep_cancelled(job *j)
{
    int done = 0;
    const ll_observer *watched = ll_interrupt_watch(NULL);
    ll_error why = j->rq->error;
    for (int i = 0; i < j->asked.n; i++) done += complete(j, j->asked.v[i]);
    ll_status s = write_file(j);
    if (!s) s = save(j);
    ll_interrupt_watch(watched);
    if (s) return s;
    j->rq->error = why;
    j->rq->commit_on_cancel = true;
    if (j->path || ll_bool(&j->rq->args, "save"))
        ll_note(j->rq,
                "stopped: %d of %d architectures are complete and kept; the same command goes on from there",
                done, j->asked.n);
    return LL_CANCELLED;
}

static ll_status run_job(job *j)
{
    double begun = ll_now_s();
    ll_status s = read_names(j);
    if (!s) s = choose_space(j);
    if (s) return s;
    j->table.archs = ll_archs_new(j->space, 0);
    s = ll_archs_index(j->table.archs, &j->rq->error);
    read_settings(j);
    if (!s) s = open_file(j);
    if (!s) s = choose_archs(j);
    if (!s) s = open_scores(j);
    if (!s) s = read_images(j);
    if (!s) s = find_alike(j);
    if (s) return s;
    j->computed = LL_NEW_ARRAY(int, proxies_count());
    choose_todo(j);
    s = compute_all(j);
    share_alike(j);
    if (s == LL_CANCELLED) return keep_cancelled(j);
    if (!s) s = write_file(j);
    if (!s) s = save(j);
    if (!s) show(j, ll_now_s() - begun);
    return s;
}

static ll_status run_proxies(ll_request *rq)
{
    if (ll_is(&rq->args, "names", "list")) return list_proxies(rq);
    job j = {.rq = rq};
    ll_status s = run_job(&j);
    ll_archs_unref(j.table.archs);
    ll_proxy_images_free(&j.images);
    ll_ints_free(&j.which);
    ll_ints_free(&j.asked);
    ll_ints_free(&j.like);
    ll_ints_free(&j.todo);
    free(j.table.value);
    free(j.table.there);
    free(j.settings);
    free(j.path);
    free(j.to);
    free(j.seconds);
    free(j.computed);
    return s;
}

static const ll_option options[] = {
    LL_OPT_LIST("names", "all", "proxies, or all of them; list: what there is", LL_POSITIONAL),
    LL_OPT_WORD("archs", "all",
                "all (rows of the data, or the whole space), random:N or samples of the data, a file, or "
                "architectures joined by commas",
                LL_OF(FILE)),
    LL_OPT_INT("batch", "64", 2, 1024, "images that a network sees", .unit = "images"),
    LL_OPT_WORD("images", "noise", "noise, fashion-mnist, or the folder of CIFAR-10's binary version",
                LL_OF(FILE)),
    LL_OPT_INT("seed", "1", 0, 2147483646, "of weights, noise and of the images that are drawn"),
    LL_OPT_CHOICE("weights", "pytorch", "pytorch|fan-out",
                  "what networks begin with: PyTorch's own, or kaiming normal by fan-out as FBNet's authors"),
    LL_OPT_BOOL("alike", "off",
                "networks that compute the same but for the draw of their weights are computed once: "
                "NAS-Bench-201 has 4,930"),
    LL_OPT_INT("repeats", "32", 1, 1024, "draws of weights that zen takes the mean of"),
    LL_OPT_WORD("space", NULL, "search space, where it is not that of the data", LL_OF(SPACE)),
    LL_OPT_WORD("out", NULL, "CSV file; what an earlier run has written there is not computed again",
                LL_OF(FILE)),
    LL_OPT_BOOL("save", "off",
                "add them to the dataset as scores, so that `search score=nwot` can maximise them"),
    LL_OPT_WORD("prefix", NULL, "before the names of these scores"),
    {0}};

const ll_command ll_proxies_commands[] = {
    {.name = "proxies",
     .group = "data",
     .summary = "Compute zero-cost proxies of architectures: scores without training",
     .options = options,
     .flags = LL_CMD_CHANGES | LL_CMD_LONG,
     .run = run_proxies,
     .help =
         "Builds each network with seeded random weights and shows it one batch of images at most. `proxies "
         "list` says what\n"
         "there is. A value that is not defined (a cell that lets nothing through) stays unknown.\n"
         "\n"
         "Ctrl-C keeps what is computed, with out= or save=on: the same command goes on from there.",
     .examples =
         "  proxies list\n"
         "  proxies nwot,synflow archs=|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|\n"
         "  proxies synflow save=on\n"
         "  proxies all archs=random:300 images=fashion-mnist out=proxies.csv\n"
         "  proxies params,flops,synflow space=nasbench201 out=all.csv"},
    {0}};
