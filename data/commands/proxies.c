/* proxies: what untrained networks say, as a table and as scores of the dataset. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/app/output.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/interrupt.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/near.h"
#include "core/commands/candidates.h"
#include "core/proxies/many.h"
#include "core/space/files/space_json.h"
#include "data/commands/chosen.h"
#include "data/commands/commands.h"
#include "data/commands/proxy_job.h"
#include "data/datasets/proxy_images.h"

enum { VALUES_MOST = 20000 };           /* architectures of which a result holds the values */
static const double write_every_s = 20; /* between two writes of out= */

/* --- settings --- */

static ll_status no_such_proxy(ll_request *rq, const char *name)
{
    ll_near near = ll_near_to(name);
    for (int k = 0; ll_proxies[k]; k++) ll_near_offer(&near, ll_proxies[k]->name);
    return ll_near_fail(&near, &rq->error, LL_USAGE, "`proxies list` names them", "\"%.60s\" is no proxy",
                        name);
}

static ll_status read_names(ll_proxies_job *j)
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
            s = no_such_proxy(j->rq, names.v[i]);
        else if (ll_ints_find(&j->which, found) < 0)
            ll_ints_add(&j->which, found);
    }
    ll_strs_free(&names);
    return s;
}

static bool by_images(const ll_proxies_job *j)
{
    bool any = false;
    for (int i = 0; i < j->which.n; i++) any = any || ll_proxies[j->which.v[i]]->by_images;
    return any;
}

/* A space of the user's own may change under its name. */
static void add_definition(const ll_space *space, ll_str *out)
{
    cJSON *json = ll_space_json(space);
    char *text = ll_json_line(json);
    ll_hash h = ll_hash_bytes(text, strlen(text));
    ll_str_addf(out, " space=%s-%.8s", space->name, h.hex);
    free(text);
    cJSON_Delete(json);
}

static void read_settings(ll_proxies_job *j)
{
    const ll_values *v = &j->rq->args;
    ll_str text = {0};
    j->weights = ll_is(v, "weights", "fan-out") ? LL_NET_FAN_OUT : LL_NET_USUAL;
    ll_str_addf(&text, "images=%s batch=%d seed=%d weights=%s", ll_word(v, "images"), ll_int(v, "batch"),
                ll_int(v, "seed"), ll_word(v, "weights"));
    if (ll_bool(v, "alike")) ll_str_add(&text, " alike=on");
    if (j->space->own) add_definition(j->space, &text);
    if (ll_given(v, "repeats")) ll_str_addf(&text, " repeats=%d", ll_int(v, "repeats"));
    j->settings = ll_str_take(&text);
}

static ll_status read_images(ll_proxies_job *j)
{
    const ll_values *v = &j->rq->args;
    const char *source = ll_word(v, "images");
    if (!by_images(j) || !strcmp(source, "noise"))
        return LL_OK; /* noise is made for the network that reads it */
    return ll_proxy_images_read(source, (uint64_t)ll_int(v, "seed"), ll_int(v, "batch"), &j->images,
                                &j->rq->error);
}

/* --- architectures --- */

static ll_status choose_space(ll_proxies_job *j)
{
    const ll_dataset *d = j->rq->state.data;
    const char *name = ll_word(&j->rq->args, "space");
    j->space = d ? d->space : NULL;
    ll_status s = name ? ll_space_open(name, &j->space, &j->rq->error) : LL_OK;
    if (s) return s;
    if (!j->space) return LL_FAIL(j->rq, LL_USAGE, "no data is loaded: `load` some, or say space=");
    const ll_proxy *first = ll_proxies[j->which.n ? j->which.v[0] : 0];
    return ll_proxies_check(j->space, &first, 1, &j->rq->error);
}

static void ask_for(ll_proxies_job *j, const uint8_t *gene)
{
    int row = ll_proxy_row(&j->table, gene);
    ll_ints_add(&j->asked, row);
}

static ll_status ask_for_rows(ll_proxies_job *j, const char *archs)
{
    ll_ints rows = {0};
    ll_status s = ll_need_data(j->rq);
    if (!s) s = ll_chosen_archs(j->rq, archs, (uint64_t)ll_int(&j->rq->args, "seed"), &rows);
    for (int i = 0; i < rows.n; i++) ask_for(j, ll_gene(j->rq->state.data, rows.v[i]));
    ll_ints_free(&rows);
    return s;
}

static ll_status ask_for_all(ll_proxies_job *j)
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

static ll_status ask_for_candidates(ll_proxies_job *j, const char *archs)
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

static ll_status choose_archs(ll_proxies_job *j)
{
    const char *archs = ll_word(&j->rq->args, "archs");
    if (!strcmp(archs, "all")) return ask_for_all(j);
    if (!strcmp(archs, "samples") || !strcmp(archs, "suggest") || !strncmp(archs, "random:", 7))
        return ask_for_rows(j, archs);
    return ask_for_candidates(j, archs);
}

static ll_status write_file(const ll_proxies_job *j, ll_error *e)
{
    return j->path ? ll_proxy_table_write(&j->table, j->path, j->settings, e) : LL_OK;
}

/* Known before anything is computed: there is a folder, and it may be written to. */
static ll_status try_place(const char *path, ll_error *e)
{
    ll_writer w;
    ll_status s = ll_writer_open(&w, path, e);
    if (!s) ll_writer_abandon(&w);
    return s;
}

static ll_status open_file(ll_proxies_job *j)
{
    const char *out = ll_word(&j->rq->args, "out");
    if (!out) return LL_OK;
    ll_status s = ll_output_path(j->rq, out, &j->path);
    if (!s) s = try_place(j->path, &j->rq->error);
    return s || !ll_is_file(j->path) ? s
                                     : ll_proxy_table_read(&j->table, j->path, j->settings, &j->rq->error);
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
static ll_status find_alike(ll_proxies_job *j)
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

static bool is_of_another(const ll_proxies_job *j, int row, int proxy)
{
    return j->like.v[row] != row && ll_proxies[proxy]->wants > LL_WANTS_WEIGHTS;
}

/* What was computed for the first of them is every one's. */
static void share_alike(ll_proxies_job *j)
{
    for (int i = 0; i < j->asked.n; i++)
        for (int k = 0; ll_proxies[k]; k++) {
            int row = j->asked.v[i];
            if (!is_of_another(j, row, k) || !j->table.there[ll_proxy_cell(j->like.v[row], k)]) continue;
            j->table.value[ll_proxy_cell(row, k)] = j->table.value[ll_proxy_cell(j->like.v[row], k)];
            j->table.there[ll_proxy_cell(row, k)] = true;
        }
}

/* --- computing --- */

static bool stop(void *ctx)
{
    return ll_cancelled(((const ll_proxies_job *)ctx)->rq->observer);
}

/* What is to be computed for this row itself. */
static int missing(const ll_proxies_job *j, int row, int *which)
{
    int n = 0;
    for (int i = 0; i < j->which.n; i++) {
        int k = j->which.v[i];
        if (!j->table.there[ll_proxy_cell(row, k)] && !is_of_another(j, row, k)) which[n++] = k;
    }
    return n;
}

static bool complete(const ll_proxies_job *j, int row)
{
    bool all = true;
    for (int i = 0; i < j->which.n; i++) all = all && j->table.there[ll_proxy_cell(row, j->which.v[i])];
    return all;
}

static ll_status compute(void *ctx, int i, int thread, ll_proxy_desk *desk, ll_error *e)
{
    ll_proxies_job *j = ctx;
    int row = j->todo.v[i], which[LL_MOST_PROXIES], n = missing(j, row, which);
    const ll_proxy *proxies[LL_MOST_PROXIES];
    double out[LL_MOST_PROXIES], seconds[LL_MOST_PROXIES] = {0};
    for (int k = 0; k < n; k++) proxies[k] = ll_proxies[which[k]];
    ll_proxy_job one = {.space = j->space,
                        .gene = ll_arch(j->table.archs, row),
                        .which = proxies,
                        .n = n,
                        .images = j->images.n ? &j->images : NULL,
                        .batch = ll_int(&j->rq->args, "batch"),
                        .weights = j->weights,
                        .seed = (uint64_t)ll_int(&j->rq->args, "seed"),
                        .repeats = ll_int(&j->rq->args, "repeats"),
                        .stop = stop,
                        .ctx = j,
                        .seconds = seconds};
    ll_status s = ll_proxies_of(desk, &one, out, e);
    for (int k = 0; k < n && !s; k++) {
        j->table.value[ll_proxy_cell(row, which[k])] = out[k];
        j->table.there[ll_proxy_cell(row, which[k])] = true;
        j->seconds[ll_proxy_cell(thread, which[k])] += seconds[k];
    }
    return s;
}

/* No room now is no reason to stop: there may be some when all is computed. */
static ll_status write_now_and_then(void *ctx, ll_error *e)
{
    ll_proxies_job *j = ctx;
    ll_error why = {0};
    if (ll_now_s() - j->written_s < write_every_s) return LL_OK;
    j->written_s = ll_now_s();
    ll_status s = write_file(j, &why);
    if (s == LL_CANCELLED) return ll_fail(e, s, "%s", why.message);
    if (s && !j->warned) ll_warn(j->rq, "%s; going on", why.message);
    j->warned = s != LL_OK;
    return LL_OK;
}

/* Hours may be in what out= cannot take: a folder of temporary files, or that of the datasets, may have room. */
static ll_status keep_elsewhere(ll_proxies_job *j)
{
    const char *const dirs[] = {ll_path_temporary(), ll_app_data_dir(j->rq->app)};
    ll_error why = j->rq->error;
    ll_str name = {0};
    bool kept = false;
    ll_str_addf(&name, "latlab-%ld-%s", (long)getpid(), ll_path_base(j->path));
    for (int i = 0; i < 2 && !kept; i++) {
        char *path = ll_path_join(dirs[i], name.s);
        kept = !ll_proxy_table_write(&j->table, path, j->settings, NULL);
        if (kept)
            ll_fail(&j->rq->error, why.status,
                    "%.500s; what was computed is kept in %.300s: out= goes on from it", why.message, path);
        free(path);
    }
    ll_str_free(&name);
    return kept ? why.status
                : ll_fail(&j->rq->error, why.status,
                          "%.500s; nor is there room for what was computed elsewhere", why.message);
}

static ll_status write_or_keep(ll_proxies_job *j)
{
    ll_status s = write_file(j, &j->rq->error);
    return s && s != LL_CANCELLED ? keep_elsewhere(j) : s;
}

static ll_status compute_all(ll_proxies_job *j)
{
    j->seconds = LL_NEW_ARRAY(double, ll_pool_threads(j->rq->pool) * ll_proxies_count());
    j->written_s = ll_now_s();
    ll_proxies_many many = {.n = j->todo.n,
                            .phase = "proxies",
                            .one = compute,
                            .between = write_now_and_then,
                            .ctx = j,
                            .observer = j->rq->observer,
                            .pool = j->rq->pool};
    return ll_proxies_run(&many, &j->rq->error);
}

static void add_todo(ll_proxies_job *j, int row, bool *seen)
{
    int which[LL_MOST_PROXIES], n = seen[row] ? 0 : missing(j, row, which);
    if (n) ll_ints_add(&j->todo, row);
    seen[row] = true;
    for (int k = 0; k < n; k++) j->computed[which[k]]++;
}

static void choose_todo(ll_proxies_job *j)
{
    bool *seen = LL_NEW_ARRAY(bool, j->table.archs->n + 1);
    for (int i = 0; i < j->asked.n; i++) {
        add_todo(j, j->like.v[j->asked.v[i]], seen);
        add_todo(j, j->asked.v[i], seen);
    }
    free(seen);
}

/* --- the result --- */

static void add_values(const ll_proxies_job *j, cJSON *result)
{
    cJSON *archs = ll_json_arr(result, "archs"), *values = ll_json_arr(result, "values");
    ll_str text = {0};
    for (int i = 0; i < j->asked.n && j->asked.n <= VALUES_MOST; i++) {
        double row[LL_MOST_PROXIES];
        text.len = 0;
        j->space->format(j->space, ll_arch(j->table.archs, j->asked.v[i]), &text);
        cJSON_AddItemToArray(archs, ll_json_string(ll_str_text(&text)));
        for (int k = 0; k < j->which.n; k++)
            row[k] = j->table.value[ll_proxy_cell(j->asked.v[i], j->which.v[k])];
        cJSON *line = cJSON_CreateArray();
        for (int k = 0; k < j->which.n; k++)
            cJSON_AddItemToArray(line, isfinite(row[k]) ? cJSON_CreateNumber(row[k]) : cJSON_CreateNull());
        cJSON_AddItemToArray(values, line);
    }
    ll_str_free(&text);
}

/* A line a proxy: what of it is known, and how fast it was. */
static int add_rows(const ll_proxies_job *j, cJSON *result)
{
    cJSON *names = ll_json_arr(result, "names"), *rows = ll_json_arr(result, "rows");
    int all_undefined = 0;
    for (int i = 0; i < j->which.n; i++) {
        int k = j->which.v[i], undefined = 0, threads = ll_pool_threads(j->rq->pool);
        double seconds = 0, least = INFINITY, most = -INFINITY;
        for (int a = 0; a < j->asked.n; a++) {
            double x = j->table.value[ll_proxy_cell(j->asked.v[a], k)];
            undefined += isnan(x);
            least = fmin(least, x), most = fmax(most, x);
        }
        for (int t = 0; t < threads; t++) seconds += j->seconds[ll_proxy_cell(t, k)];
        cJSON_AddItemToArray(names, ll_json_string(ll_proxies[k]->name));
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "proxy", ll_proxies[k]->name);
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

static void show(const ll_proxies_job *j, double seconds)
{
    static const ll_column columns[] = {{"proxy", "proxy", NULL, -1},
                                        {"architectures", "architectures", NULL, 0},
                                        {"undefined", "undefined", NULL, 0},
                                        {"least", "least", NULL, -1},
                                        {"most", "largest", NULL, -1},
                                        {"computed", "computed now", NULL, 0},
                                        {"archs_per_s", "architectures a second, one core", NULL, 2},
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
        ll_json_str(row, "proxy", ll_proxies[k]->name);
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
static ll_status keep_cancelled(ll_proxies_job *j)
{
    int done = 0;
    const ll_observer *watched = ll_interrupt_watch(NULL);
    ll_error why = j->rq->error;
    for (int i = 0; i < j->asked.n; i++) done += complete(j, j->asked.v[i]);
    ll_status s = write_or_keep(j);
    if (!s) s = ll_proxies_save_scores(j);
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

ll_status ll_proxies_open(ll_proxies_job *j)
{
    ll_status s = read_names(j);
    if (!s) s = choose_space(j);
    if (s) return s;
    s = ll_proxy_table_init(&j->table, j->space, &j->rq->error);
    read_settings(j);
    if (!s) s = open_file(j);
    if (!s) s = choose_archs(j);
    if (!s) s = ll_proxies_open_scores(j);
    if (!s) s = read_images(j);
    return s ? s : find_alike(j);
}

void ll_proxies_close(ll_proxies_job *j)
{
    ll_proxy_table_free(&j->table);
    ll_proxy_images_free(&j->images);
    ll_ints_free(&j->which);
    ll_ints_free(&j->asked);
    ll_ints_free(&j->like);
    ll_ints_free(&j->todo);
    free(j->settings);
    free(j->path);
    free(j->to);
    free(j->seconds);
    free(j->computed);
}

static ll_status run_job(ll_proxies_job *j)
{
    double begun = ll_now_s();
    ll_status s = ll_proxies_open(j);
    if (s) return s;
    j->computed = LL_NEW_ARRAY(int, ll_proxies_count());
    choose_todo(j);
    s = compute_all(j);
    share_alike(j);
    if (s == LL_CANCELLED) return keep_cancelled(j);
    if (s) return s;
    s = write_or_keep(j);
    if (!s) s = ll_proxies_save_scores(j);
    if (s != LL_CANCELLED) show(j, ll_now_s() - begun); /* whatever becomes of files */
    return s;
}

static ll_status run_proxies(ll_request *rq)
{
    if (ll_is(&rq->args, "names", "list")) return list_proxies(rq);
    ll_proxies_job j = {.rq = rq};
    ll_status s = run_job(&j);
    ll_proxies_close(&j);
    return s;
}

static const ll_option options[] = {
    LL_OPT_LIST("names", "all", "proxies, or all of them; list: what there is", LL_POSITIONAL, LL_OF(PROXY)),
    LL_OPT_WORD("archs", "all",
                "all (rows of the data, or the whole space), random:N or samples of the data, a file, or "
                "architectures joined by commas",
                LL_OF(FILE)),
    LL_OPT_INT("batch", "64", 2, 1024, "images that a network sees", .unit = "images"),
    LL_OPT_WORD("images", "noise", "noise, fashion-mnist, or the folder of CIFAR-10's binary version",
                LL_OF(FILE), LL_ONE_OF("noise|fashion-mnist")),
    LL_OPT_INT("seed", "1", 0, 2147483646, "of weights, noise and of the images that are drawn"),
    LL_OPT_CHOICE("weights", "pytorch", "pytorch|fan-out",
                  "what networks begin with: PyTorch's own, or kaiming normal by fan-out as FBNet's authors"),
    LL_OPT_BOOL("alike", "off",
                "networks that compute the same but for the draw of their weights are computed once: "
                "NAS-Bench-201 has 4,930"),
    LL_OPT_INT("repeats", "32", 1, 1024, "draws of weights that zen takes the mean of"),
    LL_OPT_WORD("space", NULL, "search space, where it is not that of the data: a name, or a file *.json",
                LL_OF(SPACE)),
    LL_OPT_WORD("out", NULL, "CSV file; what an earlier run has written there is not computed again",
                LL_OF_OUTPUT),
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
         "Ctrl-C keeps what is computed, with out= or save=on: the same command goes on from there. Where "
         "out= has no "
         "room for it,\n"
         "it is kept in the folder of temporary files, or in that of the datasets.",
     .examples =
         "  proxies list\n"
         "  proxies nwot,synflow archs=|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|\n"
         "  proxies synflow save=on\n"
         "  proxies all archs=random:300 images=fashion-mnist out=proxies.csv\n"
         "  proxies params,flops,synflow space=nasbench201 out=all.csv"},
    {0}};
