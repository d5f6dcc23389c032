/* `roofline ARCH device=D`: the layers of a network under the roof of a simulated device. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/app/need.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "core/base/utf8.h"
#include "core/num/sort.h"
#include "data/machines/simulate.h"

enum { WIDTH = 60, HEIGHT = 15 };

/* Layers of one shape are one point. */
typedef struct point {
    ll_layer layer;
    int count;
    ll_sim_time time; /* of one of them */
    double intensity, gflops;
} point;

static bool same_shape(const ll_layer *a, const ll_layer *b)
{
    return a->kind == b->kind && a->c_in == b->c_in && a->c_out == b->c_out && a->h_in == b->h_in &&
           a->h_out == b->h_out && a->kernel == b->kernel && a->groups == b->groups &&
           a->relu_before == b->relu_before && a->bn == b->bn;
}

/* An activation may be a kernel of its own, or cost nothing. */
static bool same_point(const point *p, const ll_layer *l, const ll_sim_time *time)
{
    return same_shape(&p->layer, l) && p->time.total_ms == time->total_ms;
}

static int by_time(const void *a, const void *b)
{
    const point *x = a, *y = b;
    return ll_by_number(y->count * y->time.total_ms, x->count * x->time.total_ms);
}

static int gather(const ll_sim_machine *m, const ll_layer *layers, int n, point *points)
{
    int found = 0;
    for (int i = 0; i < n; i++) {
        int at = 0;
        if (layers[i].kind == LL_COPY) continue; /* no work at all */
        ll_sim_time time = ll_sim_layer(m, &layers[i]);
        while (at < found && !same_point(&points[at], &layers[i], &time)) at++;
        if (at == found) {
            point p = {.layer = layers[i], .time = time};
            p.intensity = ll_sim_flops(m, &layers[i]) / ll_sim_bytes(m, &layers[i]);
            p.gflops = ll_sim_flops(m, &layers[i]) / p.time.total_ms * 1e-6;
            points[found++] = p;
        }
        points[at].count++;
    }
    qsort(points, (size_t)found, sizeof *points, by_time);
    return found;
}

/* A layer whose arithmetic takes longest is compute-bound only where the arithmetic is busy: one that does not fill the
 * array takes as long with most of it idle, and then another shape would help, a faster clock of all units not. Left of the
 * ridge it is never busy. */
static const char *bound_of(const point *p, double peak, double ridge)
{
    const ll_sim_time *t = &p->time;
    double busy_ms = p->gflops * t->total_ms / peak; /* at the peak */
    if (t->overhead_ms > fmax(t->compute_ms, t->memory_ms)) return "overhead";
    if (t->compute_ms <= t->memory_ms) return "memory";
    return p->intensity >= ridge && 2 * busy_ms >= t->compute_ms ? "compute" : "utilisation";
}

static void shape_text(const ll_layer *l, ll_str *out)
{
    static const char *const kinds[] = {
        [LL_CONV] = "conv",
        [LL_POOL_AVG] = "avg pool",
        [LL_ADD] = "add",
        [LL_LINEAR] = "linear",
        [LL_GLOBAL_POOL] = "global pool",
        [LL_COPY] = "copy",
        [LL_SHUFFLE] = "shuffle",
        [LL_GATE] = "gate",
    };
    ll_str_addf(out, "%s ", kinds[l->kind]);
    if (l->kind == LL_CONV || l->kind == LL_POOL_AVG) ll_str_addf(out, "%dx%d ", l->kernel, l->kernel);
    ll_str_addf(out, "%d>%d @%d", l->c_in, l->c_out, l->h_out);
    if (l->kind == LL_CONV && l->groups > 1) ll_str_addf(out, " /%d", l->groups);
}

/* The layers that take longest come first: a .. z, A .. Z, then all the same. */
static char mark_of(int i)
{
    return (char)(i < 26 ? 'a' + i : i < 52 ? 'A' + i - 26 : '*');
}

/* --- drawing: log-log, a letter per point --------------------------------------------------------------- */

typedef struct chart {
    double x0, x1, y0, y1; /* log10 */
    uint32_t cell[HEIGHT][WIDTH];
} chart;

static int column(const chart *c, double intensity)
{
    return (int)lround((log10(intensity) - c->x0) / (c->x1 - c->x0) * (WIDTH - 1));
}

static int line(const chart *c, double gflops)
{
    return HEIGHT - 1 - (int)lround((log10(gflops) - c->y0) / (c->y1 - c->y0) * (HEIGHT - 1));
}

static void scale(chart *c, const point *points, int n, double peak, double bandwidth)
{
    *c = (chart){.x0 = log10(peak / bandwidth), .y0 = log10(peak), .y1 = log10(peak) + .3};
    c->x1 = c->x0 + .5;
    c->x0 -= .5;
    for (int i = 0; i < n; i++) {
        if (points[i].gflops <= 0) continue;
        c->x0 = fmin(c->x0, log10(points[i].intensity));
        c->x1 = fmax(c->x1, log10(points[i].intensity));
        c->y0 = fmin(c->y0, log10(points[i].gflops));
    }
    c->y0 -= .2;
    for (int row = 0; row < HEIGHT; row++)
        for (int x = 0; x < WIDTH; x++) c->cell[row][x] = ' ';
}

enum { SLOPE = 0x2571, FLAT = 0x2500, SIDE = 0x2502, CORNER = 0x2514 };

static void draw_roof(chart *c, double peak, double bandwidth)
{
    for (int x = 0; x < WIDTH; x++) {
        double intensity = pow(10, c->x0 + (c->x1 - c->x0) * x / (WIDTH - 1)), slope = intensity * bandwidth;
        int y = line(c, fmin(peak, slope));
        if (y >= 0 && y < HEIGHT) c->cell[y][x] = slope < peak ? SLOPE : FLAT;
    }
}

static bool is_taken(const chart *c, int y, int x)
{
    uint32_t ch = c->cell[y][x];
    return ch != ' ' && ch != SLOPE && ch != FLAT;
}

/* At its place, or where that is taken at the nearest that is not: no layer is drawn over another. */
static void put_mark(chart *c, int y, int x, char mark)
{
    int best_y = y, best_x = x, nearest = HEIGHT * HEIGHT + WIDTH * WIDTH;
    for (int row = 0; row < HEIGHT; row++)
        for (int col = 0; col < WIDTH; col++) {
            int far = 4 * (row - y) * (row - y) +
                      (col - x) * (col - x); /* a row is as high as two columns are wide */
            if (is_taken(c, row, col) || far >= nearest) continue;
            nearest = far;
            best_y = row;
            best_x = col;
        }
    c->cell[best_y][best_x] = (uint32_t)mark;
}

static void draw_axis(ll_str *out, const chart *c)
{
    ll_str_addf(out, "%10s ", "");
    ll_utf8_add(out, CORNER);
    for (int x = 0; x < WIDTH; x++) ll_utf8_add(out, FLAT);
    ll_str_addf(out, "\n%12s%-10.3g%*s%*.3g", "", pow(10, c->x0), WIDTH - 20, "flops per byte", 10,
                pow(10, c->x1));
}

static void draw(const point *points, int n, double peak, double bandwidth, ll_str *out)
{
    chart c;
    scale(&c, points, n, peak, bandwidth);
    draw_roof(&c, peak, bandwidth);
    for (int i = 0; i < n; i++) { /* the ones that take longest choose first */
        if (points[i].gflops <= 0) continue;
        int x = column(&c, points[i].intensity), y = line(&c, points[i].gflops);
        put_mark(&c, y < 0 ? 0 : y, x, mark_of(i));
    }
    for (int row = 0; row < HEIGHT; row++) {
        if (row % 7 == 0)
            ll_str_addf(out, "%10.3g ", pow(10, c.y1 - (c.y1 - c.y0) * row / (HEIGHT - 1)));
        else
            ll_str_addf(out, "%10s ", row == 1 ? "GFLOP/s" : "");
        ll_utf8_add(out, SIDE);
        for (int x = 0; x < WIDTH; x++) ll_utf8_add(out, c.cell[row][x]);
        ll_str_add(out, "\n");
    }
    draw_axis(out, &c);
}

/* --- the command ---------------------------------------------------------------------------------------- */

static void add_rows(cJSON *result, const point *points, int n, double total_ms, double peak, double ridge)
{
    cJSON *rows = ll_json_arr(result, "rows");
    for (int i = 0; i < n; i++) {
        const point *p = &points[i];
        cJSON *o = ll_json_obj(rows, NULL);
        ll_str shape = {0};
        shape_text(&p->layer, &shape);
        char mark[2] = {mark_of(i), 0};
        ll_json_str(o, "mark", mark);
        ll_json_str(o, "layer", ll_str_text(&shape));
        ll_json_int(o, "count", p->count);
        ll_json_num(o, "intensity", p->intensity);
        ll_json_num(o, "gflops", p->gflops);
        ll_json_num(o, "of_peak", 100 * p->gflops / peak);
        ll_json_num(o, "layer_ms", p->time.total_ms);
        ll_json_num(o, "share", 100 * p->count * p->time.total_ms / total_ms);
        ll_json_str(o, "bound", bound_of(p, peak, ridge));
        ll_str_free(&shape);
    }
}

static bool any_bound(const point *points, int n, double peak, double ridge, const char *what)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(bound_of(&points[i], peak, ridge), what)) return true;
    return false;
}

/* All layers together: what is computed for each byte that is moved, and what of it is reached. */
static void add_network(cJSON *result, const point *points, int n, double network_ms, double peak)
{
    double flops = 0, bytes = 0;
    for (int i = 0; i < n; i++) {
        double each = points[i].gflops * points[i].time.total_ms * 1e6;
        flops += points[i].count * each;
        if (each > 0) bytes += points[i].count * each / points[i].intensity;
    }
    ll_json_num(result, "network_ms", network_ms);
    ll_json_num(result, "network_intensity", flops / bytes);
    ll_json_num(result, "network_gflops", flops / network_ms * 1e-6);
    ll_result_note(result, "the network: %.3g flops per byte, %.4g GFLOP/s, %.3g %% of the peak, %.4g ms",
                   flops / bytes, flops / network_ms * 1e-6, 100 * flops / network_ms * 1e-6 / peak,
                   network_ms);
}

static void show(ll_request *rq, const char *device, const ll_sim_machine *m, const point *points, int n,
                 double network_ms)
{
    static const ll_column columns[] = {{"mark", "", NULL, -1},
                                        {"layer", "layer", NULL, -1},
                                        {"count", "times", NULL, 0},
                                        {"intensity", "intensity", "flop/B", 2},
                                        {"gflops", "reached", "GFLOP/s", 2},
                                        {"of_peak", "of peak", "%", 1},
                                        {"layer_ms", "each", "ms", 5},
                                        {"share", "share", "%", 1},
                                        {"bound", "limited by", NULL, -1},
                                        {0}};
    double peak = m->model->peak_gflops(m), bandwidth = m->p[SIM_BANDWIDTH], layers_ms = 0;
    for (int i = 0; i < n; i++) layers_ms += points[i].count * points[i].time.total_ms;
    cJSON *result = ll_result_new("roofline");
    ll_str title = {0}, text = {0};
    char *machine = ll_sim_machine_text(m);
    ll_str_addf(&title, "%s (simulated): %.4g GFLOP/s, %.4g GB/s, ridge at %.3g flops per byte", device, peak,
                bandwidth, peak / bandwidth);
    draw(points, n, peak, bandwidth, &text);
    ll_json_str(result, "title", ll_str_text(&title));
    ll_json_str(result, "text", ll_str_text(&text));
    ll_json_str(result, "device", device);
    ll_json_str(result, "machine", machine);
    ll_json_bool(result, "simulated", true);
    ll_json_num(result, "peak_gflops", peak);
    ll_json_num(result, "bandwidth_gbs", bandwidth);
    ll_json_num(result, "layers_ms", layers_ms);
    add_network(result, points, n, network_ms, peak);
    ll_result_columns(result, columns);
    add_rows(result, points, n, layers_ms, peak, peak / bandwidth);
    ll_result_note(
        result,
        "flop: two for a multiply-add; GFLOP/s: 10^9 of them a second; intensity: flops for each byte "
        "that is read or written; the ridge is where moving and computing take equally long");
    if (any_bound(points, n, peak, peak / bandwidth, "utilisation"))
        ll_result_note(
            result, "utilisation: the layer does not fill the units of the machine, more than half of whose "
                    "time at the arithmetic is idle; another shape or a larger batch would fill them");
    ll_emit(rq, result);
    free(machine);
    ll_str_free(&title);
    ll_str_free(&text);
}

/* A device of the dataset, or a published machine by name. */
static ll_status find_machine(ll_request *rq, const char *name, ll_sim_machine *m)
{
    int device = ll_dataset_device(rq->state.data, name);
    if (device >= 0) return ll_simulate_machine(&rq->state.data->devices[device], m, &rq->error);
    const ll_sim_preset *p = ll_sim_preset_find(name);
    if (!p) {
        ll_status s = ll_dataset_find_device(rq->state.data, name, &device, &rq->error);
        return s ? s : ll_simulate_machine(&rq->state.data->devices[device], m, &rq->error);
    }
    ll_str text = {0};
    ll_str_addf(&text, "model=%s %s", p->model, p->parameters);
    ll_status s = ll_sim_machine_read(ll_str_text(&text), m, NULL, &rq->error);
    ll_str_free(&text);
    return s;
}

/* An architecture of the dataset by index or string, or any other of its space by string. */
static ll_status read_arch(ll_request *rq, const char *text, uint8_t *gene)
{
    const ll_dataset *d = rq->state.data;
    int row;
    if (!ll_dataset_find_arch(d, text, &row, &rq->error)) {
        memcpy(gene, ll_gene(d, row), (size_t)d->space->n_positions);
        return LL_OK;
    }
    ll_error e = {0}; /* what the dataset said is the better message */
    return ll_space_parse(d->space, text, gene, &e) ? rq->error.status : LL_OK;
}

ll_status ll_roofline_run(ll_request *rq)
{
    ll_status s = ll_need_data(rq);
    if (s) return s;
    const ll_space *space = rq->state.data->space;
    const char *device = ll_word(&rq->args, "device");
    uint8_t gene[LL_MAX_POSITIONS];
    ll_sim_machine m;
    double network_ms;
    s = read_arch(rq, ll_word(&rq->args, "arch"), gene);
    if (!s) s = find_machine(rq, device, &m);
    if (!s) s = ll_sim_network_ms(&m, space, gene, &network_ms, &rq->error);
    if (s) return s;
    ll_layer *layers = LL_NEW_ARRAY(ll_layer, LL_MAX_LAYERS);
    point *points = LL_NEW_ARRAY(point, LL_MAX_LAYERS);
    int n = space->layers(space, gene, layers, LL_MAX_LAYERS);
    show(rq, device, &m, points, gather(&m, layers, n, points), network_ms);
    free(layers);
    free(points);
    return LL_OK;
}
