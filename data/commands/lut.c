/* lut: look-up tables of layer costs, row by row and network by network. `export lut` is here, too. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/need.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/costs/costs_file.h"
#include "core/device/engine.h"
#include "data/commands/commands.h"

static const ll_option options[] = {
    LL_OPT_CHOICE("what", NULL, "show", "show: an architecture's bill, or the rows of the table",
                  LL_REQUIRED),
    LL_OPT_WORD("arch", NULL, "index or string; without it the rows of the table", LL_POSITIONAL),
    LL_OPT_WORD(
        "table", NULL,
        "a device that is made of a table, or files as `import lut` reads them (default: the device that "
        "is)",
        LL_OF(DEVICE)),
    LL_OPT_WORD("device", NULL, "that measured whole networks: what the sum is held against", LL_OF(DEVICE)),
    {0},
};

/* --- which table --- */

static int device_with_costs(const ll_dataset *d)
{
    for (int j = 0; j < d->n_devices; j++)
        if (d->devices[j].costs) return j;
    return -1;
}

static ll_status open_files(ll_request *rq, const char *paths, const ll_space *space, ll_costs **out)
{
    ll_strs notes = {0};
    ll_status s = ll_costs_open(paths, space, out, &notes, &rq->error);
    for (int i = 0; i < notes.n && !s; i++) ll_note(rq, "%s", notes.v[i]);
    ll_strs_free(&notes);
    return s;
}

/* The table that table= names. */
static ll_status find_costs(ll_request *rq, ll_costs **out)
{
    const ll_dataset *d = rq->state.data;
    const char *name = ll_word(&rq->args, "table");
    int j = name ? ll_dataset_device(d, name) : device_with_costs(d);
    if (j >= 0 && d->devices[j].costs) {
        *out = ll_costs_ref(d->devices[j].costs);
        return LL_OK;
    }
    if (j >= 0) return LL_FAIL(rq, LL_FAILED, "%s is no sum of layer costs: no table belongs to it", name);
    if (name) return open_files(rq, name, d->space, out);
    return LL_FAIL(
        rq, LL_FAILED,
        "no device of %s is made of a table of layer costs: `import lut FILE into %s`, `measure layers`, or "
        "table=FILE",
        d->name, d->name);
}

/* --- show --- */

static void part_fields(cJSON *o, const ll_part *part, const ll_space *space)
{
    ll_str text = {0};
    ll_part_text(part, space, &text);
    ll_json_str(o, "part", ll_str_text(&text));
    ll_json_num(o, "macs", part->kind == LL_PART_CHOICE ? NAN : ll_part_macs(part) / 1e6);
    ll_str_free(&text);
}

static const ll_column row_columns[] = {{"part", "part", NULL, -1}, {"macs", "MACs", "M", 3},
                                        {"ms", "cost", "ms", 4},    {"std_ms", "std", "ms", 4},
                                        {"count", "runs", NULL, 0}, {0}};

static void show_fusions(cJSON *result, const ll_costs *c)
{
    cJSON *list = c->n_fusions ? ll_json_arr(result, "fusions") : NULL;
    for (int i = 0; i < c->n_fusions; i++) {
        ll_str name = {0};
        const ll_fusion *f = &c->fusions[i];
        cJSON *o = ll_json_obj(list, NULL);
        ll_fusion_text(f, &name);
        ll_json_str(o, "pair", ll_str_text(&name));
        ll_json_num(o, "gain", f->gain);
        ll_json_bool(o, "fuses", ll_fusion_fuses(f));
        ll_result_note(result, "%s %s: %.2f of the cheaper is saved (%d timed)", ll_str_text(&name),
                       ll_fusion_fuses(f) ? "is done as one" : "is not", f->gain, f->count);
        ll_str_free(&name);
    }
}

static ll_status show_rows(ll_request *rq, const ll_costs *c)
{
    cJSON *result = ll_result_new("lut");
    ll_json_str(result, "title", "Table of layer costs");
    ll_json_int(result, "n_rows", c->n);
    ll_result_columns(result, row_columns);
    show_fusions(result, c);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < c->n; i++) {
        const ll_cost_row *r = &c->rows[i];
        cJSON *o = ll_json_obj(rows, NULL);
        part_fields(o, &r->part, rq->state.data->space);
        ll_json_num(o, "ms", r->ms);
        ll_json_num(o, "std_ms", r->std_ms);
        if (r->count) ll_json_int(o, "count", r->count);
    }
    ll_emit(rq, result);
    return LL_OK;
}

/* "4" or "5-7"; those of a choice may lie apart: "15 layers". */
static void add_layers(ll_str *out, const ll_bill_line *line)
{
    if (line->part.kind == LL_PART_CHOICE)
        ll_str_addf(out, "%d layer%s", line->n, line->n == 1 ? "" : "s");
    else
        ll_str_addf(out, line->n > 1 ? "%d-%d" : "%d", line->first + 1, line->first + line->n);
}

/* "into 12": the layers that it is done with. */
static void add_fused(cJSON *o, const ll_bill *bill, const ll_bill_line *line)
{
    ll_str text = {0};
    ll_str_add(&text, "into ");
    add_layers(&text, &bill->lines[line->with]);
    ll_json_str(o, "fused", ll_str_text(&text));
    ll_json_num(o, "saved_ms", line->saved_ms);
    ll_str_free(&text);
}

static void bill_rows(cJSON *rows, const ll_bill *bill, const ll_space *space)
{
    for (int i = 0; i < bill->n; i++) {
        const ll_bill_line *line = &bill->lines[i];
        cJSON *o = ll_json_obj(rows, NULL);
        ll_str layers = {0};
        add_layers(&layers, line);
        ll_json_str(o, "layers", ll_str_text(&layers));
        ll_json_str(o, "position", line->position < 0 ? "" : space->positions[line->position]);
        part_fields(o, &line->part, space);
        if (line->row) {
            ll_json_num(o, "ms", line->row->ms - line->saved_ms);
            ll_json_num(o, "std_ms", line->row->std_ms);
            ll_json_num(o, "share", bill->ms > 0 ? 100 * (line->row->ms - line->saved_ms) / bill->ms : NAN);
        } else {
            ll_json_str(o, "missing", "no row");
        }
        if (line->with >= 0) add_fused(o, bill, line);
        ll_str_free(&layers);
    }
}

/* The whole network on device=; NaN: not asked for, or not known. */
static ll_status measured_whole(ll_request *rq, const uint8_t *gene, double *ms)
{
    const ll_dataset *d = rq->state.data;
    int j;
    *ms = NAN;
    if (!ll_has(&rq->args, "device")) return LL_OK;
    ll_status s = ll_dataset_find_device(d, ll_word(&rq->args, "device"), &j, &rq->error);
    int row = ll_dataset_row(d, gene);
    if (s) return s;
    if (row >= 0) *ms = ll_latencies(d, j)[row];
    if (isnan(*ms)) ll_note(rq, "%s has no measurement of this architecture", d->devices[j].name);
    return LL_OK;
}

static void say_sum(cJSON *result, const ll_bill *bill, double whole_ms, const char *device)
{
    double saved = 0;
    int fused = 0;
    for (int i = 0; i < bill->n; i++) saved += bill->lines[i].saved_ms, fused += bill->lines[i].with >= 0;
    ll_json_num(result, "sum_ms", bill->ms);
    ll_json_int(result, "missing", bill->missing);
    ll_json_num(result, "measured_ms", whole_ms);
    ll_result_note(result, "sum of %d of %d parts: %.4g ms%s", bill->n - bill->missing, bill->n, bill->ms,
                   bill->missing ? "; the table has no row for the others" : "");
    if (fused)
        ll_result_note(result, "%d %s done with the one before, which saves %.4g ms of that", fused,
                       ll_noun(fused, "part is", "parts are"), saved);
    if (!isnan(whole_ms))
        ll_result_note(result, "measured as a whole on %s: %.4g ms, the sum is %.3g times that", device,
                       whole_ms, bill->ms / whole_ms);
}

/* Of the table, and of the device that measured whole networks. */
static void warn_of_settings(ll_request *rq, const ll_costs *table)
{
    const ll_dataset *d = rq->state.data;
    ll_str why = {0};
    int whole = ll_has(&rq->args, "device") ? ll_dataset_device(d, ll_word(&rq->args, "device")) : -1;
    if (whole >= 0 && ll_other_settings("the table of layer costs", table->settings, d->devices[whole].name,
                                        d->devices[whole].note, &why))
        ll_warn(rq, "%s: kernels cost and fuse otherwise there", ll_str_text(&why));
    ll_str_free(&why);
}

static ll_status show_bill(ll_request *rq, const ll_costs *c, const uint8_t *gene)
{
    static const ll_column columns[] = {{"layers", "layers", NULL, -1}, {"position", "at", NULL, -1},
                                        {"part", "part", NULL, -1},     {"macs", "MACs", "M", 3},
                                        {"ms", "cost", "ms", 4},        {"std_ms", "std", "ms", 4},
                                        {"share", "share", "%", 1},     {"fused", "fused", NULL, -1},
                                        {"missing", "", NULL, -1},      {0}};
    const ll_dataset *d = rq->state.data;
    ll_bill bill;
    double whole_ms;
    ll_str string = {0};
    ll_status s = measured_whole(rq, gene, &whole_ms);
    if (s) return s;
    ll_costs_bill(c, d->space, gene, &bill);
    d->space->format(d->space, gene, &string);
    cJSON *result = ll_result_new("lut");
    ll_json_str(result, "title", ll_str_text(&string));
    ll_json_str(result, "string", ll_str_text(&string));
    ll_result_columns(result, columns);
    bill_rows(ll_json_arr(result, "rows"), &bill, d->space);
    say_sum(result, &bill, whole_ms, ll_word(&rq->args, "device"));
    ll_emit(rq, result);
    ll_str_free(&string);
    return LL_OK;
}

static ll_status find_gene(ll_request *rq, const char *text, uint8_t *gene)
{
    const ll_dataset *d = rq->state.data;
    int row;
    ll_error ignored = {0};
    if (ll_dataset_find_arch(d, text, &row, &ignored)) return ll_space_read(d->space, text, gene, &rq->error);
    memcpy(gene, ll_gene(d, row), (size_t)d->space->n_positions);
    return LL_OK;
}

static ll_status run_lut(ll_request *rq)
{
    uint8_t gene[LL_MAX_POSITIONS];
    ll_costs *c = NULL;
    const char *arch = ll_word(&rq->args, "arch");
    ll_status s = ll_need_data(rq);
    if (!s && arch) s = find_gene(rq, arch, gene);
    if (!s) s = find_costs(rq, &c);
    if (!s) warn_of_settings(rq, c);
    if (!s) s = arch ? show_bill(rq, c, gene) : show_rows(rq, c);
    ll_costs_unref(c);
    return s;
}

/* --- export lut --- */

static bool has_blocks(const ll_costs *c)
{
    return !isnan(c->rate[LL_PART_BLOCK]);
}

/* Tables of layers are written as the blocks that these layers make in the architectures of the dataset. */
static ll_status write_yaml(ll_request *rq, const ll_costs *c, const char *path, int *rows)
{
    const ll_dataset *d = rq->state.data;
    ll_costs *named =
        has_blocks(c) ? ll_costs_ref(c) : ll_costs_regroup(c, d->space, d->archs->genes, d->n_archs);
    int left_out = 0;
    ll_status s = ll_costs_write_yaml(named, path, &left_out, &rq->error);
    *rows = named->n - left_out;
    if (!s && !has_blocks(c) && has_blocks(named))
        ll_note(rq, "blocks are the sums of their layers, in the %d architectures of %s", d->n_archs,
                d->name);
    if (!s && left_out)
        ll_note(rq, "%d %s have no name in Once-for-All's tables, and are left out", left_out,
                ll_noun(left_out, "row", "rows"));
    ll_costs_unref(named);
    return s;
}

ll_status ll_export_lut(ll_request *rq, const char *path, int *rows)
{
    ll_costs *c = NULL;
    ll_status s = find_costs(rq, &c);
    if (s) return s;
    *rows = c->n;
    bool yaml = ll_glob("*.yaml", path) || ll_glob("*.yml", path);
    s = yaml ? write_yaml(rq, c, path, rows) : ll_costs_write_csv(c, NULL, path, &rq->error);
    ll_costs_unref(c);
    return s;
}

const ll_command ll_lut_commands[] = {
    {.name = "lut",
     .group = "data",
     .summary = "Break networks down by a table of layer costs",
     .options = options,
     .flags = LL_CMD_LOOK,
     .run = run_lut,
     .help = "A look-up table says what parts of networks cost on one device: layers with what is fused into "
             "them, "
             "blocks,\n"
             "or operations at positions. `show ARCH` is the bill of an architecture: each layer once, by "
             "the row of the "
             "longest\n"
             "part that the table has; what it has no row for; and with device= the latency that was "
             "measured as a "
             "whole.\n"
             "Parts timed one by one do not add up to a network (they overlap, fuse and share an overhead), "
             "but mostly "
             "by a\n"
             "factor: `transfer DEVICE profile=FILE` of the predictor lut learns it from a few samples.\n"
             "\n"
             "Tables come from `import lut` (Once-for-All's and ProxylessNAS's YAML, nn-Meter's kernels, "
             "CSV), `import\n"
             "hwnasbench` (fbnet) and `measure layers`; `export lut FILE.csv|FILE.yaml` writes them.",
     .examples = "  lut show 1462\n"
                 "  lut show 17 table=note10 device=phone\n"
                 "  lut show table=note10\n"
                 "  export lut mine.yaml table=mine"},
    {0}};
