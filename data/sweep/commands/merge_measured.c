/* Journals of the tasks of a plan, together, as devices of its dataset. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "data/commands/commands.h"
#include "data/machines/measure.h"
#include "data/machines/measure_parts.h"
#include "data/sweep/chunks.h"
#include "data/sweep/commands/kind.h"
#include "data/sweep/commands/of_measure.h"

/* One device while its tasks are put together. */
typedef struct gathering {
    ll_request *inner; /* of `measure`, for this device */
    const ll_sweep_plan *p;
    const char *path, *label;
    ll_strs lines;       /* of all journals that are not their first */
    char *identity;      /* the first line that all of them have; NULL: none was read */
    char *from;          /* the file that it is of */
    int files, missing;  /* tasks that have left one, and that have not */
    ll_ints archs;       /* of the plan, of this device, in its order */
    cJSON *tasks, *told; /* records; the latest machine */
} gathering;

/* --- a journal --- */

/* All tasks measured the same on the same kind of machine. */
static ll_status check_identity(gathering *g, const char *line, const char *file, ll_error *e)
{
    ll_str expected = {0};
    ll_measure_identity(g->inner, g->inner->state.data->space, &expected);
    ll_status s = LL_OK;
    if (strncmp(line, expected.s, expected.len))
        s = ll_fail(e, LL_BAD_DATA, "%s: holds times of something else (%.200s); expected %.200s...", file,
                    line, expected.s);
    else if (g->identity && strcmp(line, g->identity))
        s = ll_fail(e, LL_BAD_DATA, "%s: measured on %.150s, and %s on %.150s: a device is of one kind", file,
                    line + expected.len, g->from, g->identity + expected.len);
    else if (!g->identity)
        g->identity = ll_strdup(line), g->from = ll_strdup(file);
    ll_str_free(&expected);
    return s;
}

/* "# {...}": begins a run of the task on some machine, or ends it. Unreadable ones were cut short. */
static void take_record(gathering *g, const char *line, int task, cJSON **run)
{
    cJSON *o = cJSON_Parse(line + 1);
    if (!cJSON_IsObject(o)) {
        cJSON_Delete(o);
        return;
    }
    if (!cJSON_HasObjectItem(o, "begun") && *run) {
        while (o->child) {
            cJSON *item = cJSON_DetachItemViaPointer(o, o->child);
            cJSON_AddItemToObject(*run, item->string, item);
        }
        cJSON_Delete(o);
        return;
    }
    ll_json_int(o, "task", task);
    cJSON_AddItemToArray(g->tasks, o);
    *run = o;
    cJSON_Delete(g->told);
    g->told = cJSON_Duplicate(o, true);
}

/* Each line of times is counted to the run that it stands behind. */
static void take_line(gathering *g, const char *line, int task, cJSON **run)
{
    if (*line == '#') {
        take_record(g, line, task, run);
    } else if (*line) {
        ll_strs_add(&g->lines, line);
        if (*run) {
            cJSON *visits = cJSON_GetObjectItemCaseSensitive(*run, "visits");
            ll_json_int(*run, "visits", 1 + (visits ? visits->valueint : 0));
        }
    }
}

static ll_status take_file(gathering *g, const char *file, int task, ll_error *e)
{
    char *text, *rest, *line;
    size_t n;
    cJSON *run = NULL;
    ll_status s = ll_read_own_file(file, 0, &text, &n, e);
    if (s) return s;
    rest = text;
    s = check_identity(g, strsep(&rest, "\n"), file, e);
    while (!s && rest && (line = strsep(&rest, "\n")))
        if (rest) take_line(g, line, task, &run); /* the last line is whole only when something ends it */
    g->files += !s;
    free(text);
    return s;
}

/* --- a device --- */

static bool is_of(const gathering *g, const ll_sweep_cell *c)
{
    size_t n = strlen(g->label);
    return !strncmp(c->name, g->label, n) && c->name[n] == ' ';
}

static int by_row(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

/* Which rows of the dataset a task was to measure, in the record of each of its runs. */
static void say_rows(gathering *g, int task, const ll_ints *archs)
{
    const ll_dataset *d = g->inner->state.data;
    uint8_t gene[LL_MAX_POSITIONS];
    ll_ints rows = {0};
    ll_str b = {0};
    cJSON *o;
    for (int i = 0; i < archs->n; i++)
        if (!ll_space_read(d->space, g->p->archs.v[archs->v[i]], gene, NULL) && ll_dataset_row(d, gene) >= 0)
            ll_ints_add(&rows, ll_dataset_row(d, gene));
    if (rows.n) qsort(rows.v, (size_t)rows.n, sizeof *rows.v, by_row);
    ll_ranges_add(&b, rows.v, rows.n);
    cJSON_ArrayForEach(o, g->tasks)
    {
        if (ll_json_get_int(o, "task", -1) == task) ll_json_str(o, "rows", ll_str_text(&b));
    }
    ll_str_free(&b);
    ll_ints_free(&rows);
}

static ll_status take_task(gathering *g, int task, ll_error *e)
{
    const ll_sweep_plan *p = g->p;
    ll_ints own = {0};
    char *file = ll_sweep_task_path(g->path, task, ll_sweep_of_measure.suffix);
    bool there = ll_is_file(file);
    ll_status s = there ? take_file(g, file, task, e) : LL_OK;
    g->missing += !there;
    for (int i = ll_sweep_first_cell(p, task); i < p->n && p->cells[i].task == task && !s; i++) {
        char *label;
        s = ll_sweep_chunk_read(p, &p->cells[i], g->path, &label, &own, e);
        free(label);
    }
    for (int i = 0; i < own.n && !s; i++) ll_ints_add(&g->archs, own.v[i]);
    if (!s) say_rows(g, task, &own);
    ll_ints_free(&own);
    free(file);
    return s;
}

/* All journals as one, which is read as that of one `measure`. */
static ll_status recall(gathering *g, const uint8_t *genes, ll_times *out, ll_error *e)
{
    ll_str text = {0};
    char path[] = "/tmp/latlab-merge-XXXXXX";
    int fd = mkstemp(path);
    ll_sweep sweep = {.space = g->inner->state.data->space,
                      .genes = genes,
                      .n = g->archs.n,
                      .repeats = ll_measure_repeats(g->inner),
                      .journal = path,
                      .identity = g->identity};
    if (fd < 0) return ll_fail(e, LL_FAILED, "/tmp: no file can be made there");
    close(fd);
    ll_str_addf(&text, "%s\n", g->identity);
    for (int i = 0; i < g->lines.n; i++) ll_str_addf(&text, "%s\n", g->lines.v[i]);
    ll_status s = ll_write_file(path, text.s, text.len, e);
    if (!s) s = ll_sweep_recall(&sweep, out, e);
    unlink(path);
    ll_str_free(&text);
    return s;
}

/* Architectures as rows of the dataset. */
static ll_status keep_measured(gathering *g, const uint8_t *genes, const ll_times *all, ll_measured_parts *m,
                               ll_error *e)
{
    const ll_dataset *d = g->inner->state.data;
    size_t positions = (size_t)d->space->n_positions;
    int n = all->n;
    m->times = (ll_times){.count = LL_NEW_ARRAY(int, n + 1),
                          .visits = LL_NEW_ARRAY(int, n + 1),
                          .ms = LL_NEW_ARRAY(float, (size_t)n *LL_MAX_TIMES + 1),
                          .control = LL_NEW_ARRAY(float, (size_t)n *LL_MAX_TIMES + 1),
                          .usual = all->usual};
    for (int i = 0; i < n; i++) {
        if (!all->count[i])
            return ll_fail(e, LL_FAILED,
                           "%s: %.100s is not measured to the end: `sweep run` goes on with its task",
                           g->path, g->p->archs.v[g->archs.v[i]]);
        int row = ll_dataset_row(d, genes + (size_t)i * positions), to = m->times.n++;
        if (row < 0)
            return ll_fail(e, LL_FAILED, "%s: %.100s is in %s no more", g->path, g->p->archs.v[g->archs.v[i]],
                           d->name);
        ll_ints_add(&m->rows, row);
        m->times.count[to] = all->count[i];
        m->times.visits[to] = all->visits[i];
        size_t size = LL_MAX_TIMES * sizeof(float);
        memcpy(m->times.ms + (size_t)to * LL_MAX_TIMES, all->ms + (size_t)i * LL_MAX_TIMES, size);
        memcpy(m->times.control + (size_t)to * LL_MAX_TIMES, all->control + (size_t)i * LL_MAX_TIMES, size);
    }
    return LL_OK;
}

static ll_status keep_device(gathering *g, int *fresh, int *measured, ll_error *e)
{
    ll_times all = {0};
    ll_str before = {0};
    ll_measured_parts m = {.told = g->told, .tasks = g->tasks};
    uint8_t *genes = ll_sweep_genes(g->inner->state.data->space, g->p, g->archs.v, g->archs.n, e);
    ll_status s = genes ? recall(g, genes, &all, e) : LL_BAD_DATA;
    if (!s) s = keep_measured(g, genes, &all, &m, e);
    ll_measure_identity(g->inner, g->inner->state.data->space, &before);
    m.hardware = g->identity + before.len;
    *measured = m.rows.n;
    if (!s && (s = ll_measure_merge(g->inner, &m, fresh))) *e = g->inner->error;
    ll_times_free(&all);
    ll_times_free(&m.times);
    ll_ints_free(&m.rows);
    ll_str_free(&before);
    free(genes);
    return s;
}

static void free_gathering(gathering *g)
{
    ll_strs_free(&g->lines);
    ll_ints_free(&g->archs);
    cJSON_Delete(g->tasks);
    cJSON_Delete(g->told);
    free(g->identity);
    free(g->from);
}

typedef struct brought {
    int files, fresh, known;
    int devices, waiting; /* of those, with tasks missing */
} brought;

/* How slow the machine usually is (ll_times.usual) is one number for all architectures of a device: a part of them would have
 * another one, and be beside the rest. So a device comes in when all of its tasks are there. */

static ll_status merge_device(ll_request *inner, const char *path, const ll_sweep_plan *p, const char *label,
                              brought *all, ll_error *e)
{
    gathering g = {.inner = inner, .p = p, .path = path, .label = label, .tasks = cJSON_CreateArray()};
    int fresh = 0, measured = 0;
    ll_status s = LL_OK;
    for (int i = 0; i < p->n && !s; i++)
        if (is_of(&g, &p->cells[i]) && (!i || p->cells[i].task != p->cells[i - 1].task))
            s = take_task(&g, p->cells[i].task, e);
    all->devices++;
    all->waiting += !s && g.missing;
    if (!s && g.missing)
        ll_note(inner, "device %s: %d of its %d tasks have left nothing yet; it is merged when all are there",
                label, g.missing, g.missing + g.files);
    else if (!s)
        s = keep_device(&g, &fresh, &measured, e);
    all->files += g.files;
    all->fresh += fresh;
    all->known += measured - fresh;
    free_gathering(&g);
    return s;
}

/* --- the plan --- */

/* The dataset of the plan as it is by now; one that dataset= names is made where it is not there yet. */
static ll_status find_data(ll_request *inner, const ll_sweep_plan *p)
{
    ll_dataset *d = NULL;
    if (ll_given(&inner->args, "dataset")) return ll_measure_open_dataset(inner);
    if (inner->state.data && !strcmp(inner->state.data->name, p->data.v[0] + 33)) return LL_OK;
    ll_status s = ll_data_find(inner->app, p->data.v[0] + 33, &d, &inner->error);
    if (!s) ll_state_set_data(&inner->state, d, false);
    return s;
}

static void emit_merged(ll_request *rq, const brought *all, int missing)
{
    static const ll_column columns[] = {{"files", "files", NULL, 0},
                                        {"architectures", "new architectures", NULL, 0},
                                        {"known", "known", NULL, 0},
                                        {"missing", "tasks missing", NULL, 0},
                                        {0}};
    cJSON *result = ll_result_new("sweep_merge");
    ll_json_int(result, "files", all->files);
    ll_json_int(result, "architectures", all->fresh);
    ll_json_int(result, "known", all->known);
    ll_json_int(result, "missing", missing);
    ll_result_columns(result, columns);
    ll_emit(rq, result);
}

ll_status ll_sweep_merge_measured(ll_request *rq, const char *path, const ll_sweep_plan *p,
                                  const ll_strs *files, int missing)
{
    ll_request inner = ll_sweep_inner(rq, ll_measure_options);
    ll_sweep_devices d = {0};
    brought all = {0};
    inner.state = (ll_state){0};
    ll_state_copy(&inner.state, &rq->state);
    ll_status s = ll_sweep_same_code(p, path, &rq->error);
    if (!s) s = ll_sweep_devices_read(p, &d, &rq->error);
    if (!s) s = ll_sweep_measure_set(&inner, p, &rq->error);
    if (!s && !p->data.n) s = LL_FAIL(rq, LL_BAD_DATA, "%s: names no dataset", path);
    if (!s && (s = find_data(&inner, p))) rq->error = inner.error;
    for (int i = 0; i < d.names.n && !s; i++) {
        s = ll_sweep_device_set(&inner, &d, i, &rq->error);
        if (!s) s = merge_device(&inner, path, p, d.names.v[i], &all, &rq->error);
    }
    if (!s && all.waiting == all.devices)
        s = LL_FAIL(rq, LL_FAILED, "no device is complete: `sweep status` shows its tasks");
    if (!s) emit_merged(rq, &all, missing);
    ll_state_free(&inner.state);
    ll_values_free(&inner.args);
    ll_sweep_devices_free(&d);
    return s;
}
