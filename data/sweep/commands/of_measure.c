/* Sweeps of measure: cells of architectures of a device, their times in journals. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/app/app.h"
#include "core/base/clock.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/base/text/quote.h"
#include "data/commands/commands.h"
#include "data/machines/measure.h"
#include "data/machines/measure_parts.h"
#include "data/sweep/chunks.h"
#include "data/sweep/commands/kind.h"
#include "data/sweep/commands/of_measure.h"

/* Of `measure`, with several devices at once; each has its own via, or all the same one. */
static const char *const planned[] = {"engine", "dtype", "isa",  "execution", "threads",
                                      "batch",  "archs", "seed", "repeats",   "dataset",
                                      "space",  "n",     "core", NULL};

static const ll_option *plan_options(void)
{
    enum { MOST = 30 };
    static ll_option all[MOST] = {
        LL_OPT_LIST("device", NULL, "names of the devices that are added, or extended"),
        LL_OPT_LIST("via", NULL, "where each of them is, in the same order: as in `measure`"),
        LL_OPT_REAL("each", NULL, 1e-6, 1e6, "what an architecture takes; default: three are measured now",
                    .unit = "s")};
    int n = 3;
    for (int i = 0; planned[i]; i++) all[n++] = *ll_option_find(ll_measure_options, planned[i]);
    return all;
}

static const ll_option merge_options[] = {{0}};

/* --- devices --- */

void ll_sweep_devices_free(ll_sweep_devices *d)
{
    ll_strs_free(&d->names);
    ll_strs_free(&d->via);
}

static ll_status check_devices(const ll_sweep_devices *d, ll_error *e)
{
    if (!d->names.n) return ll_fail(e, LL_USAGE, "device=NAME is missing: what is measured is to be called");
    for (int i = 0; i < d->names.n; i++)
        for (int k = 0; k < i; k++)
            if (!strcmp(d->names.v[i], d->names.v[k]))
                return ll_fail(e, LL_USAGE, "device=%s is there twice", d->names.v[i]);
    if (d->via.n && d->via.n != d->names.n)
        return ll_fail(e, LL_USAGE, "%d devices and %d places: via= has one for each, in the same order",
                       d->names.n, d->via.n);
    if (!d->via.n && d->names.n > 1)
        return ll_fail(e, LL_USAGE, "%d devices: via= says where each of them is", d->names.n);
    return LL_OK;
}

ll_status ll_sweep_devices_read(const ll_sweep_plan *p, ll_sweep_devices *d, ll_error *e)
{
    for (int i = 0; i < p->options.n; i++) {
        if (!strncmp(p->options.v[i], "device=", 7)) ll_list_read(p->options.v[i] + 7, &d->names);
        if (!strncmp(p->options.v[i], "via=", 4)) ll_list_read(p->options.v[i] + 4, &d->via);
    }
    return check_devices(d, e);
}

ll_status ll_sweep_device_set(ll_request *inner, const ll_sweep_devices *d, int i, ll_error *e)
{
    ll_status s = ll_values_set(&inner->args, "device", d->names.v[i], e);
    if (!s && d->via.n) s = ll_values_set(&inner->args, "via", d->via.v[i], e);
    return s;
}

ll_status ll_sweep_measure_set(ll_request *inner, const ll_sweep_plan *p, ll_error *e)
{
    ll_status s = LL_OK;
    for (int i = 0; i < p->options.n && !s; i++)
        if (strncmp(p->options.v[i], "device=", 7) && strncmp(p->options.v[i], "via=", 4))
            s = ll_sweep_set(inner, p->options.v[i], e);
    return s;
}

/* What times depend on besides the architecture, of the machine all that is known before it answers. */
static char *settings_of(const ll_request *inner, const ll_space *space, const char *device)
{
    ll_str b = {0};
    ll_str_addf(&b, "%s: ", device);
    ll_measure_identity(inner, space, &b);
    ll_str_addf(&b, "repeats=%s", ll_word(&inner->args, "repeats"));
    return ll_str_take(&b);
}

/* --- plan --- */

uint8_t *ll_sweep_genes(const ll_space *space, const ll_sweep_plan *p, const int *archs, int n, ll_error *e)
{
    uint8_t *genes = LL_NEW_ARRAY(uint8_t, (size_t)n * (size_t)space->n_positions + 1);
    for (int i = 0; i < n; i++) {
        if (!ll_space_read(space, p->archs.v[archs[i]], genes + (size_t)i * (size_t)space->n_positions, e))
            continue;
        free(genes);
        return NULL;
    }
    return genes;
}

/* Three, far apart, into a journal that is thrown away. */
static ll_status try_some(ll_request *inner, const ll_space *space, const ll_sweep_plan *p,
                          const ll_ints *archs, double *each_s)
{
    int n = archs->n, some[3] = {archs->v[n / 6], archs->v[n / 2], archs->v[5 * n / 6]},
        tried = n < 3 ? 1 : 3, fresh;
    ll_str name = {0};
    ll_str_addf(&name, "%s/latlab-trial-XXXXXX", ll_path_temporary());
    char *journal = ll_str_take(&name);
    ll_measure_task *t = NULL;
    int fd = mkstemp(journal);
    if (fd < 0) {
        free(journal);
        return LL_FAIL(inner, LL_FAILED, "%s: no file can be made there; each= says what one takes",
                       ll_path_temporary());
    }
    close(fd);
    unlink(journal);
    uint8_t *genes = ll_sweep_genes(space, p, some, tried, &inner->error);
    ll_status s = genes ? ll_measure_task_open(inner, space, journal, &t) : LL_FAILED;
    double begun = ll_now_s();
    if (!s) s = ll_measure_task_run(t, genes, tried, &fresh, &inner->error);
    *each_s = fmax(1e-6, (ll_now_s() - begun) / tried);
    ll_measure_task_close(t);
    unlink(journal);
    free(journal);
    free(genes);
    return s;
}

/* Places in the plan of rows of the dataset, which are added where they are new. */
static ll_ints add_archs(const ll_dataset *d, const ll_ints *rows, int *place_of, ll_sweep_plan *p)
{
    ll_ints archs = {0};
    for (int i = 0; i < rows->n; i++) {
        int row = rows->v[i];
        if (place_of[row] < 0) {
            ll_str text = {0};
            d->space->format(d->space, ll_gene(d, row), &text);
            ll_strs_take(&p->archs, ll_str_take(&text));
            place_of[row] = p->archs.n - 1;
        }
        ll_ints_add(&archs, place_of[row]);
    }
    return archs;
}

static ll_status plan_device(ll_request *rq, ll_request *inner, const ll_sweep_devices *d, int i,
                             int **place_of, ll_sweep_plan *p)
{
    ll_ints rows = {0};
    ll_status s = ll_sweep_device_set(inner, d, i, &inner->error);
    double each_s = ll_real(&rq->more, "each");
    if (!s) s = ll_measure_choose(inner, &rows);
    const ll_dataset *data = inner->state.data;
    if (!s && !*place_of) {
        *place_of = LL_NEW_ARRAY(int, data->n_archs + 1);
        for (int k = 0; k < data->n_archs; k++) (*place_of)[k] = -1;
    }
    if (!s && !rows.n) ll_note(rq, "device %s has all of these architectures already", d->names.v[i]);
    if (!s && rows.n) {
        ll_ints archs = add_archs(data, &rows, *place_of, p);
        char *settings = settings_of(inner, data->space, d->names.v[i]);
        if (!ll_has(&rq->more, "each")) s = try_some(inner, data->space, p, &archs, &each_s);
        if (!s)
            ll_sweep_add_chunks(p, &(ll_sweep_chunks){.label = d->names.v[i],
                                                      .settings = settings,
                                                      .archs = archs.v,
                                                      .n = archs.n,
                                                      .each_s = each_s});
        free(settings);
        ll_ints_free(&archs);
    }
    ll_ints_free(&rows);
    return s;
}

/* Where times go, by its name; the search space, that tasks need no dataset. */
static ll_status keep_data(ll_request *rq, const ll_dataset *d, ll_request *inner, ll_sweep_plan *p)
{
    ll_str b = {0};
    ll_str_addf(&b, "%s %s", d->hash.hex, d->name);
    ll_strs_take(&p->data, ll_str_take(&b));
    return ll_sweep_keep_space(rq, d->space, inner, p);
}

/* The lists of devices and places go into the plan alone: `measure` has one of each. */
static void keep_devices(ll_request *rq, const ll_sweep_devices *d, ll_sweep_plan *p)
{
    const ll_strs *lists[] = {&d->names, &d->via};
    for (int k = 0; k < 2; k++) {
        ll_str b = {0}, list = {0};
        for (int i = 0; i < lists[k]->n; i++) ll_list_add(&list, lists[k]->v[i]);
        ll_str_addf(&b, "%s=%s", k ? "via" : "device", ll_str_text(&list));
        if (lists[k]->n) ll_strs_add(&p->options, ll_str_text(&b));
        ll_str_free(&b);
        ll_str_free(&list);
    }
}

static ll_status plan_cells(ll_request *rq, ll_sweep_plan *p)
{
    static const char *const but[] = {"device", "via", "each", "archs", "space", NULL};
    ll_request inner = ll_sweep_inner(rq, ll_measure_options);
    ll_sweep_devices d = {0};
    int *place_of = NULL;
    ll_status s = ll_sweep_keep_all(rq, plan_options(), but, &inner, p);
    if (!s) s = ll_sweep_set_archs(rq, &inner);
    ll_list_names(&rq->more, "device", &d.names);
    ll_list_names(&rq->more, "via", &d.via);
    if (!s) s = check_devices(&d, &rq->error);
    keep_devices(rq, &d, p);
    ll_state own = {0};
    ll_state_copy(&own, &rq->state); /* a new dataset must not become the session's */
    inner.state = own;
    for (int i = 0; i < d.names.n && !s; i++)
        if ((s = plan_device(rq, &inner, &d, i, &place_of, p))) rq->error = inner.error;
    if (!s && !p->n) s = LL_FAIL(rq, LL_FAILED, "nothing is left to be measured");
    if (!s) s = keep_data(rq, inner.state.data, &inner, p);
    p->estimated = true;
    ll_state_free(&inner.state);
    ll_values_free(&inner.args);
    ll_sweep_devices_free(&d);
    free(place_of);
    return s;
}

/* --- run --- */

typedef struct spread {
    ll_request inner;
    const char *path; /* of the plan */
    const ll_sweep_plan *p;
    const ll_space *space;
    ll_sweep_devices d;
    ll_measure_task *task;
    int device; /* of the task */
    ll_sweep_by_cells by;
} spread;

static int device_of(const spread *w, const char *label)
{
    for (int i = 0; i < w->d.names.n; i++)
        if (!strcmp(w->d.names.v[i], label)) return i;
    return -1;
}

/* The device of the cells of a task, which are all of one. */
static ll_status begin_task(void *ctx, ll_sweep_task *t, ll_error *e)
{
    spread *w = ctx;
    char *label;
    ll_ints archs = {0};
    ll_status s = ll_sweep_chunk_read(w->p, &w->p->cells[ll_sweep_first_cell(w->p, t->number)], w->path,
                                      &label, &archs, e);
    int device = s ? -1 : device_of(w, label);
    if (!s && device < 0) s = ll_fail(e, LL_BAD_DATA, "%s: %s is no device of the plan", w->path, label);
    if (!s) s = ll_sweep_device_set(&w->inner, &w->d, device, e);
    if (!s && (s = ll_measure_task_open(&w->inner, w->space, t->local, &w->task))) *e = w->inner.error;
    ll_ints_free(&archs);
    free(label);
    return s;
}

static void end_task(void *ctx, ll_sweep_task *t)
{
    spread *w = ctx;
    ll_measure_task_close(w->task);
    w->task = NULL;
}

static ll_status measure_cell(void *ctx, ll_sweep_task *t, const ll_sweep_cell *c, int *computed, ll_error *e)
{
    spread *w = ctx;
    char *label;
    ll_ints archs = {0};
    ll_status s = ll_sweep_chunk_read(w->p, c, w->path, &label, &archs, e);
    uint8_t *genes = s ? NULL : ll_sweep_genes(w->space, w->p, archs.v, archs.n, e);
    if (!s) s = genes ? ll_measure_task_run(w->task, genes, archs.n, computed, e) : LL_BAD_DATA;
    ll_ints_free(&archs);
    free(label);
    free(genes);
    return s;
}

/* Of every cell: the settings that it was planned with are those that it gets here. */
static ll_status check_cells(spread *w, ll_error *e)
{
    ll_status s = LL_OK;
    for (int i = 0; i < w->p->n && !s; i++) {
        char *label = ll_strndup(w->p->cells[i].name, strcspn(w->p->cells[i].name, " "));
        int device = device_of(w, label);
        if (device < 0) s = ll_fail(e, LL_BAD_DATA, "%s: %s is no device of the plan", w->path, label);
        if (!s) s = ll_sweep_device_set(&w->inner, &w->d, device, e);
        char *settings = s ? NULL : settings_of(&w->inner, w->space, label);
        if (!s) s = ll_sweep_chunk_same(w->p, &w->p->cells[i], w->path, settings, e);
        free(settings);
        free(label);
    }
    return s;
}

static void close_work(void *self)
{
    spread *w = self;
    if (!w) return;
    ll_measure_task_close(w->task);
    ll_sweep_devices_free(&w->d);
    ll_state_free(&w->inner.state);
    ll_values_free(&w->inner.args);
    free(w);
}

static ll_status open_work(ll_request *rq, const char *path, const ll_sweep_plan *p, void **self,
                           ll_sweep_work *out)
{
    spread *w = LL_NEW(spread);
    *self = w;
    w->inner = ll_sweep_inner(rq, ll_measure_options);
    w->inner.state = (ll_state){0};
    ll_state_copy(&w->inner.state, &rq->state);
    w->path = path;
    w->p = p;
    w->by = (ll_sweep_by_cells){.ctx = w,
                                .suffix = ll_sweep_of_measure.suffix,
                                .begin = begin_task,
                                .end = end_task,
                                .cell = measure_cell};
    *out = ll_sweep_cells(&w->by);
    ll_status s = ll_sweep_same_code(p, path, &rq->error);
    if (!s) s = ll_sweep_devices_read(p, &w->d, &rq->error);
    if (!s) s = ll_sweep_measure_set(&w->inner, p, &rq->error);
    if (!s) s = ll_space_open(ll_word(&w->inner.args, "space"), &w->space, &rq->error);
    return s ? s : check_cells(w, &rq->error);
}

/* --- memory --- */

/* The tensors and weights of a network at a time, of the engine and of plain C that it is compared with. */
static double memory_mb(ll_request *rq, const ll_sweep_plan *p)
{
    double most_mb = 0;
    void *self = NULL;
    ll_sweep_work work;
    if (!open_work(rq, "", p, &self, &work)) {
        const spread *w = self;
        most_mb = ll_sweep_largest_mb(w->space, p, 8. * ll_int(&w->inner.args, "batch"), 8);
    }
    close_work(self);
    return most_mb;
}

const ll_sweep_kind ll_sweep_of_measure = {.command = "measure",
                                           .suffix = ".runs",
                                           .options = plan_options,
                                           .plan = plan_cells,
                                           .open = open_work,
                                           .close = close_work,
                                           .merge = ll_sweep_merge_measured,
                                           .merge_options = merge_options,
                                           .memory_mb = memory_mb,
                                           .one_at_a_time = true};
