/* corr and audit. */
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/commands/look/groups.h"
#include "core/commands/look/look.h"
#include "core/device/audit.h"
#include "core/device/hardware.h"
#include "core/device/ordering.h"

/* --- corr: the matrix --- */

static const char *metric_title(ll_corr_metric m)
{
    static const char *const titles[] = {"Spearman", "Kendall tau-b", "Pearson"};
    return titles[m];
}

static void add_matrix(cJSON *result, const ll_corr *c, const int *order)
{
    int D = c->devices.n;
    int *counts = LL_NEW_ARRAY(int, D + 1);
    cJSON *matrix = ll_json_arr(result, "matrix"), *n = ll_json_arr(result, "n");
    for (int i = 0; i < D; i++) {
        cJSON *line = cJSON_CreateArray();
        for (int j = 0; j < D; j++) {
            double r = ll_corr_at(c, order[i], order[j]);
            cJSON_AddItemToArray(line, isnan(r) ? cJSON_CreateNull() : cJSON_CreateNumber(r));
            counts[j] = c->n[order[i] * D + order[j]];
        }
        cJSON_AddItemToArray(matrix, line);
        cJSON_AddItemToArray(n, cJSON_CreateIntArray(counts, D));
    }
    free(counts);
}

/* The tree, its leaves numbered by the shown order: [a, b, height, leaves] per merge as scipy writes it. */
static void add_linkage(cJSON *result, const ll_linkage *l, const int *order)
{
    int *place = LL_NEW_ARRAY(int, l->n + 1);
    for (int i = 0; i < l->n; i++) place[order[i]] = i;
    cJSON *list = ll_json_arr(result, "linkage");
    for (int m = 0; m + 1 < l->n; m++) {
        const ll_merge *g = &l->merges[m];
        double row[] = {g->a < l->n ? place[g->a] : g->a, g->b < l->n ? place[g->b] : g->b, g->height,
                        g->size};
        cJSON_AddItemToArray(list, cJSON_CreateDoubleArray(row, 4));
    }
    free(place);
}

/* Fewest and most architectures that two share, and how many pairs have no correlation. */
static int count_gaps(const ll_corr *c, int *fewest, int *most)
{
    int D = c->devices.n, gaps = 0;
    *fewest = *most = D > 1 ? c->n[D] : c->n[0];
    for (int i = 0; i < D; i++)
        for (int j = 0; j < i; j++) {
            gaps += isnan(ll_corr_at(c, i, j));
            if (c->n[i * D + j] < *fewest) *fewest = c->n[i * D + j];
            if (c->n[i * D + j] > *most) *most = c->n[i * D + j];
        }
    return gaps;
}

static void add_title(cJSON *result, const ll_corr *c, const ll_dataset *d, ll_order how)
{
    int fewest, most, gaps = count_gaps(c, &fewest, &most);
    ll_str text = {0};
    ll_str_addf(&text, "%s correlation of %d %s of %s, ", metric_title(c->metric), c->devices.n,
                ll_noun(c->devices.n, "device", "devices"), d->name);
    if (fewest < most) {
        ll_add_thousands(&text, fewest);
        ll_str_add(&text, " to ");
    }
    ll_add_thousands(&text, most);
    ll_str_addf(&text, " architectures in a pair, order: %s", ll_order_name(how));
    ll_json_str(result, "title", ll_str_text(&text));
    ll_str_free(&text);
    if (gaps)
        ll_result_note(result, "n/a: %d pairs have a constant side or fewer than 2 common architectures",
                       gaps);
}

/* The matrix in this order, with the number of each device's group where there are any. */
static void emit_matrix(ll_request *rq, const ll_corr *c, ll_order how, const ll_linkage *tree,
                        const int *order, const ll_groups *groups)
{
    const ll_dataset *d = rq->state.data;
    int D = c->devices.n;
    ll_ints shown = {0};
    for (int i = 0; i < D; i++) ll_ints_add(&shown, c->devices.v[order[i]]);
    cJSON *result = ll_result_new("corr");
    add_title(result, c, d, how);
    ll_json_str(result, "metric", ll_corr_metric_name(c->metric));
    ll_json_str(result, "order", ll_order_name(how));
    ll_json_devices(result, "devices", d, &shown);
    ll_json_ints(result, "leaf_order", order, D);
    cJSON *roles = ll_json_arr(result, "roles");
    for (int i = 0; i < D; i++)
        cJSON_AddItemToArray(roles, ll_json_string(ll_device_role(&rq->state, shown.v[i])));
    cJSON *group = groups->n ? ll_json_arr(result, "groups") : NULL;
    for (int i = 0; group && i < D; i++)
        cJSON_AddItemToArray(group, cJSON_CreateNumber(groups->of[order[i]] + 1));
    add_matrix(result, c, order);
    add_linkage(result, tree, order);
    ll_emit(rq, result);
    ll_ints_free(&shown);
}

ll_status ll_emit_corr(ll_request *rq, const ll_corr *c, ll_order how)
{
    int *order = LL_NEW_ARRAY(int, c->devices.n + 1);
    ll_linkage tree;
    ll_groups groups;
    ll_corr_order(c, rq->state.data, how, order, &tree);
    ll_status s = ll_groups_read(rq, &tree, order, &groups);
    if (!s) emit_matrix(rq, c, how, &tree, order, &groups);
    if (!s && groups.n) ll_emit_groups(rq, c, &groups, order);
    ll_groups_free(&groups);
    ll_linkage_free(&tree);
    free(order);
    return s;
}

/* --- corr DEVICE: one against all others, nearest first --- */

typedef struct neighbour {
    int device, n;
    double r;
} neighbour;

static int by_r(const void *a, const void *b)
{
    const neighbour *x = a, *y = b;
    if (isnan(x->r) || isnan(y->r)) return isnan(x->r) - isnan(y->r);
    if (x->r != y->r) return x->r > y->r ? -1 : 1;
    return x->device - y->device;
}

static void emit_neighbours(ll_request *rq, const ll_corr *c, int device)
{
    static const ll_column columns[] = {{"device", "device", NULL, -1},     {"r", "correlation", NULL, 4},
                                        {"n", "architectures", NULL, 0},    {"role", "role", NULL, -1},
                                        {"hardware", "hardware", NULL, -1}, {0}};
    const ll_dataset *d = rq->state.data;
    int D = c->devices.n, m = 0;
    neighbour *near = LL_NEW_ARRAY(neighbour, D);
    for (int i = 0; i < D; i++)
        if (i != device) near[m++] = (neighbour){i, c->n[device * D + i], ll_corr_at(c, device, i)};
    qsort(near, (size_t)m, sizeof *near, by_r);
    cJSON *result = ll_result_new("neighbours");
    ll_str title = {0};
    ll_str_addf(&title, "%s correlation of %s to the other devices", metric_title(c->metric),
                d->devices[device].name);
    ll_json_str(result, "title", ll_str_text(&title));
    ll_str_free(&title);
    ll_json_str(result, "device", d->devices[device].name);
    ll_json_str(result, "metric", ll_corr_metric_name(c->metric));
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < m; i++) {
        cJSON *row = ll_json_obj(rows, NULL);
        ll_json_str(row, "device", d->devices[near[i].device].name);
        ll_json_num(row, "r", near[i].r);
        ll_json_int(row, "n", near[i].n);
        ll_json_str(row, "role", ll_device_role(&rq->state, near[i].device));
        ll_json_str(row, "hardware", ll_hardware(d, near[i].device));
    }
    free(near);
    ll_emit(rq, result);
}

/* Beside a long command there is no pool and the face waits: what takes seconds has to queue instead. */
enum { QUICK_KENDALL = 12 };

ll_status ll_run_corr(ll_request *rq)
{
    ll_ints devices;
    ll_corr c;
    ll_corr_metric metric = ll_corr_metric_find(ll_word(&rq->args, "metric"));
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_look_devices(rq, "device", &devices);
    if (s) return s;
    if (devices.n == 1 && ll_has(&rq->args, "cut"))
        s = LL_FAIL(rq, LL_USAGE, "cut= groups several devices: name none for all of them");
    int alone = devices.n == 1 ? devices.v[0] : -1;
    if (alone >= 0) {
        ll_ints_free(&devices);
        devices = ll_ints_range(rq->state.data->n_devices);
    }
    if (!s && metric == LL_KENDALL && !rq->pool && devices.n > QUICK_KENDALL)
        s = LL_FAIL(rq, LL_FAILED,
                    "Kendall's tau of %d %s takes seconds; ask again when the running command has ended, or "
                    "name at most %d devices",
                    devices.n, ll_noun(devices.n, "device", "devices"), QUICK_KENDALL);
    if (!s)
        s = ll_correlate(rq->state.data, devices.v, devices.n, metric, rq->pool, rq->observer, &c,
                         &rq->error);
    ll_ints_free(&devices);
    if (s) return s;
    if (alone >= 0)
        emit_neighbours(rq, &c, alone);
    else
        s = ll_emit_corr(rq, &c, ll_order_find(ll_word(&rq->args, "order")));
    ll_corr_free(&c);
    return s;
}

/* --- audit --- */

static const ll_column audit_columns[] = {{"device", "device", NULL, -1},
                                          {"missing", "missing", NULL, 0},
                                          {"zeros", "zero", NULL, 0},
                                          {"negatives", "< 0", NULL, 0},
                                          {"near_zero", "near 0", NULL, 0},
                                          {"distinct", "distinct", NULL, 0},
                                          {"tie_share", "tied", NULL, 2},
                                          {"step_ms", "clock", "ms", -1},
                                          {"spread", "spread", NULL, 3},
                                          {"unit_ratio", "x median", NULL, 2},
                                          {"twin", "nearly the same as", NULL, -1},
                                          {"twin_corr", "Spearman", NULL, 4},
                                          {0}};

static void audit_row(cJSON *row, const ll_dataset *d, const ll_audit *a)
{
    ll_strs found = {0};
    ll_json_str(row, "device", d->devices[a->device].name);
    ll_json_int(row, "known", a->known);
    ll_json_int(row, "missing", a->missing);
    ll_json_int(row, "zeros", a->zeros);
    ll_json_int(row, "negatives", a->negatives);
    ll_json_int(row, "near_zero", a->near_zero);
    ll_json_num(row, "min_ms", a->min_ms);
    ll_json_num(row, "median_ms", a->median_ms);
    ll_json_num(row, "max_ms", a->max_ms);
    ll_json_int(row, "distinct", a->distinct);
    ll_json_num(row, "tie_share", a->tie_share);
    ll_json_num(row, "step_ms", a->step_ms > 0 ? a->step_ms : NAN);
    ll_json_num(row, "spread", a->spread);
    ll_json_num(row, "unit_ratio", a->unit_ratio);
    ll_json_bool(row, "unit_suspicious", a->unit_off != 0);
    ll_json_str(row, "twin", a->twin >= 0 ? d->devices[a->twin].name : NULL);
    ll_json_num(row, "twin_corr", a->twin_corr);
    ll_json_bool(row, "twin_equal", a->twin_equal);
    ll_audit_findings(d, a, LL_FOUND_ALL, &found);
    ll_json_strs(row, "findings", found.v, found.n);
    ll_strs_free(&found);
}

/* Of two that are each other's twin, the later one says so; a twin that is not shown cannot. */
static bool said_before(const ll_audit *audits, int n, const ll_audit *a)
{
    for (int i = 0; i < n; i++)
        if (audits[i].device == a->twin) return audits[i].twin == a->device && audits[i].device < a->device;
    return false;
}

/* All findings, worst kind first; who lacks architectures is counted, the table has the numbers. */
static void audit_notes(const ll_dataset *d, const ll_audit *audits, int n, ll_strs *out)
{
    int partial = 0;
    for (int kind = LL_FOUND_VALUES; kind <= LL_FOUND_TWIN; kind *= 2)
        for (int i = 0; i < n; i++)
            if (kind != LL_FOUND_TWIN || !said_before(audits, n, &audits[i]))
                ll_audit_findings(d, &audits[i], kind, out);
    for (int i = 0; i < n; i++) partial += audits[i].missing > 0;
    if (partial == 1 || n == 1)
        for (int i = 0; i < n; i++) ll_audit_findings(d, &audits[i], LL_FOUND_MISSING, out);
    else if (partial) {
        ll_str text = {0};
        ll_str_addf(&text, "%d %s lack some architectures, see \"missing\"", partial,
                    ll_noun(partial, "device", "devices"));
        ll_strs_take(out, ll_str_take(&text));
    }
}

static void emit_audit(ll_request *rq, const ll_audit *audits, int n)
{
    const ll_dataset *d = rq->state.data;
    cJSON *result = ll_result_new("audit"), *rows;
    ll_strs notes = {0};
    ll_str title = {0};
    ll_str_addf(&title, "Audit of %d device%s of %s, ", n, n == 1 ? "" : "s", d->name);
    ll_add_thousands(&title, d->n_archs);
    ll_str_add(&title, " architectures");
    ll_json_str(result, "title", ll_str_text(&title));
    ll_str_free(&title);
    ll_result_columns(result, audit_columns);
    rows = ll_json_arr(result, "rows");
    for (int i = 0; i < n; i++) audit_row(ll_json_obj(rows, NULL), d, &audits[i]);
    audit_notes(d, audits, n, &notes);
    ll_json_int(result, "findings", notes.n);
    if (!notes.n) ll_strs_add(&notes, "nothing suspicious");
    ll_json_strs(result, "notes", notes.v, notes.n);
    ll_strs_free(&notes);
    ll_emit(rq, result);
}

/* All columns are audited, because a unit and a twin are judged against the others; those asked for are
 * shown. */
ll_status ll_run_audit(ll_request *rq)
{
    ll_ints asked, all;
    ll_corr c;
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_look_devices(rq, "device", &asked);
    if (s) return s;
    all = ll_ints_range(rq->state.data->n_devices);
    s = ll_correlate(rq->state.data, all.v, all.n, LL_SPEARMAN, rq->pool, rq->observer, &c, &rq->error);
    if (!s) {
        ll_audit *audits = LL_NEW_ARRAY(ll_audit, all.n + 1), *shown = LL_NEW_ARRAY(ll_audit, asked.n + 1);
        ll_audit_devices(rq->state.data, all.v, all.n, &c, audits);
        for (int i = 0; i < asked.n; i++) shown[i] = audits[asked.v[i]];
        emit_audit(rq, shown, asked.n);
        free(audits);
        free(shown);
        ll_corr_free(&c);
    }
    ll_ints_free(&asked);
    ll_ints_free(&all);
    return s;
}
