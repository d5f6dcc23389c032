/* monotonicity: how far devices rank architectures alike, and which of them can share a proxy. */
#include "core/app/need.h"
#include "core/base/text/json.h"
#include "core/commands/commands.h"
#include "core/commands/look/look.h"
#include "core/device/cover.h"
#include "core/device/hardware.h"

typedef struct served { /* by one proxy, itself left out */
    int n, weakest;     /* position of the device that follows it least; -1: serves none */
    ll_str names;
} served;

static served served_by(const ll_corr *c, const ll_cover *cover, const ll_dataset *d, int proxy)
{
    served s = {.weakest = -1};
    for (int j = 0; j < c->devices.n; j++) {
        if (j == proxy || cover->of.v[j] != proxy) continue;
        ll_str_addf(&s.names, "%s%s", s.n++ ? ", " : "", d->devices[c->devices.v[j]].name);
        if (s.weakest < 0 || ll_corr_at(c, proxy, j) < ll_corr_at(c, proxy, s.weakest)) s.weakest = j;
    }
    return s;
}

static void proxy_row(cJSON *row, const ll_request *rq, const ll_corr *c, const ll_cover *cover, int proxy)
{
    const ll_dataset *d = rq->state.data;
    int device = c->devices.v[proxy];
    served s = served_by(c, cover, d, proxy);
    ll_json_str(row, "proxy", d->devices[device].name);
    ll_json_int(row, "serves", s.n);
    ll_json_num(row, "weakest", s.weakest < 0 ? NAN : ll_corr_at(c, proxy, s.weakest));
    ll_json_str(row, "weakest_device", s.weakest < 0 ? NULL : d->devices[c->devices.v[s.weakest]].name);
    ll_json_str(row, "role", ll_device_role(&rq->state, device));
    ll_json_str(row, "hardware", ll_hardware(d, device));
    ll_json_str(row, "devices", ll_str_text(&s.names));
    ll_str_free(&s.names);
}

/* Every device with its proxy. */
static void add_assigned(cJSON *result, const ll_corr *c, const ll_cover *cover, const ll_dataset *d)
{
    cJSON *list = ll_json_arr(result, "assigned");
    for (int j = 0; j < c->devices.n; j++) {
        cJSON *o = ll_json_obj(list, NULL);
        int proxy = cover->of.v[j];
        ll_json_str(o, "device", d->devices[c->devices.v[j]].name);
        ll_json_str(o, "proxy", d->devices[c->devices.v[proxy]].name);
        ll_json_num(o, "r", proxy == j ? 1 : ll_corr_at(c, proxy, j));
        ll_json_int(o, "n", c->n[proxy * c->devices.n + j]);
    }
}

static void count_pairs(const ll_corr *c, double threshold, int *pairs, int *alike)
{
    *pairs = *alike = 0;
    for (int i = 0; i < c->devices.n; i++)
        for (int j = 0; j < i; j++) {
            *pairs += !isnan(ll_corr_at(c, i, j));
            *alike += ll_corr_at(c, i, j) >= threshold;
        }
}

static void emit_proxies(ll_request *rq, const ll_corr *c, double threshold)
{
    static const ll_column columns[] = {{"proxy", "proxy", NULL, -1},      {"serves", "serves", NULL, 0},
                                        {"weakest", "weakest r", NULL, 4}, {"role", "role", NULL, -1},
                                        {"devices", "devices", NULL, -1},  {0}};
    ll_cover cover;
    ll_str title = {0};
    int pairs, alike;
    ll_cover_devices(c, threshold, &cover);
    count_pairs(c, threshold, &pairs, &alike);
    cJSON *result = ll_result_new("monotonicity");
    ll_str_addf(&title, "%d of %d devices are proxies for all at Spearman %.2f", cover.proxies.n,
                c->devices.n, threshold);
    ll_json_str(result, "title", ll_str_text(&title));
    ll_str_free(&title);
    ll_json_num(result, "threshold", threshold);
    ll_json_int(result, "pairs", pairs);
    ll_json_int(result, "alike", alike);
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < cover.proxies.n; i++)
        proxy_row(ll_json_obj(rows, NULL), rq, c, &cover, cover.proxies.v[i]);
    add_assigned(result, c, &cover, rq->state.data);
    ll_result_note(result, "%d of %d pairs rank architectures alike; the set of proxies is chosen greedily",
                   alike, pairs);
    ll_emit(rq, result);
    ll_cover_free(&cover);
}

static ll_status run_monotonicity(ll_request *rq)
{
    ll_ints devices;
    ll_corr c;
    ll_status s = ll_need_data(rq);
    if (!s) s = ll_look_devices(rq, "device", &devices);
    if (s) return s;
    if (devices.n < 2)
        s = LL_FAIL(rq, LL_USAGE, "one device alone shares nothing: name at least two, or none for all");
    if (!s)
        s = ll_correlate(rq->state.data, devices.v, devices.n, LL_SPEARMAN, rq->pool, rq->observer, &c,
                         &rq->error);
    ll_ints_free(&devices);
    if (s) return s;
    s = ll_emit_corr(rq, &c, LL_ORDER_CLUSTER);
    if (!s) emit_proxies(rq, &c, ll_real(&rq->args, "threshold"));
    ll_corr_free(&c);
    return s;
}

static const ll_option options[] = {
    LL_OPT_LIST("device", NULL, "names, patterns or tagged; none means all", LL_REST, LL_OF(DEVICE)),
    LL_OPT_REAL("threshold", "0.9", -1, 1, "Spearman from which one device can stand for another"),
    {0},
};

const ll_command ll_monotonicity_commands[] = {
    {.name = "monotonicity",
     .group = "look",
     .summary = "Show which devices can share a proxy",
     .options = options,
     .flags = LL_CMD_LOOK,
     .run = run_monotonicity,
     .help =
         "Two devices that rank architectures alike need one search between them (OneProxy). The matrix is\n"
         "corr's, over the architectures both know; below it a small set of devices such that every other\n"
         "has a correlation of at least the threshold to one of them.",
     .examples = "  monotonicity\n  monotonicity pixel* raspi4 fpga eyeriss threshold=0.8"},
    {0},
};
