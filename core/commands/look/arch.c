/* arch: one architecture, drawn, counted and placed among the others on each device. */
#include <string.h>

#include "core/app/need.h"
#include "core/base/text/json.h"
#include "core/commands/look/look.h"
#include "core/device/scores.h"

static void add_cost(cJSON *result, ll_str *text, const ll_space *space, const uint8_t *gene)
{
    ll_cost cost;
    if (!ll_space_cost(space, gene, &cost)) return;
    ll_json_num(result, "macs", cost.macs);
    ll_json_num(result, "params", cost.params);
    ll_json_num(result, "conv_macs", cost.conv_macs);
    ll_json_num(result, "conv_params", cost.conv_params);
    ll_json_num(result, "activations", cost.activations);
    ll_json_num(result, "kernels", cost.kernels);
    ll_str_addf(text, "%.2f M multiply-adds (FLOPs), %.4f M parameters, %.0f kernel launches\n",
                cost.macs / 1e6, cost.params / 1e6, cost.kernels);
}

/* "cifar10 94.37% (1 of 15625)"; a few have a line each, many share lines of this width. */
enum { FEW = 4, WIDTH = 72 };

static void say_score(const ll_score *score, double value, int place, int of, int width, ll_str *text)
{
    ll_str one = {0};
    ll_str_addf(&one, "%s %.6g%s (%d of %d)", score->name, value, score->unit ? score->unit : "", place, of);
    size_t line = text->len;
    while (line && text->s[line - 1] != '\n') line--;
    bool first = line == text->len;
    if (!first) ll_str_add(text, text->len - line + one.len + 2 > (size_t)width ? "\n" : ", ");
    ll_str_add(text, one.s);
    ll_str_free(&one);
}

static void add_scores(cJSON *result, ll_str *text, const ll_dataset *d, int row)
{
    cJSON *list = ll_json_arr(result, "scores");
    ll_str said = {0};
    for (int i = 0; i < d->n_scores; i++) {
        const ll_score *score = &d->scores[i];
        double v = score->v[row];
        int known = ll_score_count(d, score), place = isnan(v) ? 0 : ll_score_place(d, score, v);
        cJSON *o = ll_json_obj(list, NULL);
        ll_json_str(o, "name", score->name);
        ll_json_num(o, "value", v);
        ll_json_num(o, "place", place ? place : NAN);
        ll_json_int(o, "of", known);
        if (place) say_score(score, v, place, known, d->n_scores > FEW ? WIDTH : 0, &said);
    }
    if (said.len) ll_str_addf(text, "%s\n", said.s);
    ll_str_free(&said);
}

/* Mid-rank of the architecture among those the device knows; 1 is the fastest. */
static double rank_of(const ll_dataset *d, int device, int row, int *known)
{
    const double *lat = ll_latencies(d, device);
    int faster = 0, equal = 0;
    *known = 0;
    for (int i = 0; i < d->n_archs; i++) {
        if (isnan(lat[i])) continue;
        ++*known;
        faster += lat[i] < lat[row];
        equal += lat[i] == lat[row];
    }
    return faster + (equal + 1) / 2.;
}

static const ll_transfer *prediction_of(const ll_state *s, int device)
{
    return ll_state_transfer(s, s->data->devices[device].name, NULL);
}

static void device_row(cJSON *o, const ll_state *s, int device, int row)
{
    const ll_dataset *d = s->data;
    const ll_transfer *t = prediction_of(s, device);
    double lat_ms = ll_latencies(d, device)[row];
    ll_json_str(o, "device", d->devices[device].name);
    ll_json_num(o, "lat_ms", lat_ms);
    if (d->std_ms) ll_json_num(o, "std_ms", d->std_ms[(size_t)device * (size_t)d->n_archs + (size_t)row]);
    if (t && row < t->n) ll_json_num(o, "predicted_ms", t->lat_ms[row]);
    int known;
    double rank = rank_of(d, device, row, &known);
    ll_json_num(o, "rank", isnan(lat_ms) ? NAN : rank);
    ll_json_int(o, "of", known);
    ll_json_num(o, "percentile", isnan(lat_ms) ? NAN : 100 * (rank - .5) / known);
    if (d->devices[device].kind == LL_SIMULATED) ll_json_str(o, "kind", "simulated");
}

/* Columns that no device has anything in are left out. */
static void add_columns(cJSON *result, const ll_state *s)
{
    static const ll_column all[] = {{"device", "device", NULL, -1},
                                    {"kind", "", NULL, -1},
                                    {"lat_ms", "latency", "ms", 3},
                                    {"std_ms", "std", "ms", 3},
                                    {"predicted_ms", "predicted", "ms", 3},
                                    {"rank", "rank", NULL, 1},
                                    {"of", "of", NULL, 0},
                                    {"percentile", "percentile", NULL, 1}};
    ll_column shown[9] = {{0}};
    bool predicted = false, simulated = false;
    int n = 0;
    for (int i = 0; i < s->data->n_devices; i++) {
        predicted |= prediction_of(s, i) != NULL;
        simulated |= s->data->devices[i].kind == LL_SIMULATED;
    }
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool drop = (!strcmp(all[i].key, "std_ms") && !s->data->std_ms) ||
                    (!strcmp(all[i].key, "predicted_ms") && !predicted) ||
                    (!strcmp(all[i].key, "kind") && !simulated);
        if (!drop) shown[n++] = all[i];
    }
    ll_result_columns(result, shown);
}

ll_status ll_run_arch(ll_request *rq)
{
    int row;
    ll_status status = ll_need_data(rq);
    if (!status) status = ll_dataset_find_arch(rq->state.data, ll_word(&rq->args, "arch"), &row, &rq->error);
    if (status) return status;
    const ll_dataset *d = rq->state.data;
    const uint8_t *gene = ll_gene(d, row);
    cJSON *result = ll_result_new("arch");
    ll_str text = {0}, string = {0}, title = {0};
    d->space->format(d->space, gene, &string);
    ll_str_addf(&title, "Architecture %d of %s", row, d->name);
    ll_json_str(result, "title", ll_str_text(&title));
    ll_json_int(result, "row", row);
    ll_json_str(result, "arch", ll_str_text(&string));
    ll_json_str(result, "space", d->space->name);
    ll_str_addf(&text, "%s\n\n", ll_str_text(&string));
    if (d->space->draw) d->space->draw(d->space, gene, &text);
    if (text.len && text.s[text.len - 1] != '\n') ll_str_addc(&text, '\n');
    ll_str_addc(&text, '\n');
    add_cost(result, &text, d->space, gene);
    add_scores(result, &text, d, row);
    ll_json_str(result, "text", ll_str_text(&text));
    add_columns(result, &rq->state);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < d->n_devices; i++) device_row(ll_json_obj(rows, NULL), &rq->state, i, row);
    ll_emit(rq, result);
    ll_str_free(&text);
    ll_str_free(&string);
    ll_str_free(&title);
    return LL_OK;
}
