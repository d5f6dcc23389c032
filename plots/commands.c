#include "plots/commands.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/output.h"
#include "core/app/simulated.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/commands/look/groups.h"
#include "core/commands/look/look.h"
#include "plots/figure/layout.h"
#include "plots/gather/gather.h"
#include "plots/terminal/terminal.h"

/* --- what the room keeps in the app --- */

typedef struct plots {
    pthread_mutex_t lock; /* of caps: set by the face, read by the running command */
    ll_plot_caps caps;
    ll_gnuplot gnuplot; /* used by one command at a time */
    /* Of the command that asks another one for a figure: where it shall go, and how large. NULL: nobody asks. */
    ll_str *svg;
    const ll_plot_size *svg_size;
} plots;

static void release(void *p)
{
    plots *v = p;
    ll_gnuplot_free(&v->gnuplot);
    pthread_mutex_destroy(&v->lock);
    free(v);
}

static plots *plots_of(ll_app *a)
{
    plots *v = ll_app_slot(a, LL_SLOT_PLOTS);
    if (v) return v;
    v = LL_NEW(plots);
    pthread_mutex_init(&v->lock, NULL);
    v->caps = ll_plot_caps_none;
    ll_app_set_slot(a, LL_SLOT_PLOTS, v, release);
    return v;
}

void ll_plots_set_caps(ll_app *a, const ll_plot_caps *caps)
{
    plots *v = plots_of(a);
    pthread_mutex_lock(&v->lock);
    v->caps = *caps;
    pthread_mutex_unlock(&v->lock);
}

static ll_plot_caps caps_of(plots *v)
{
    pthread_mutex_lock(&v->lock);
    ll_plot_caps caps = v->caps;
    pthread_mutex_unlock(&v->lock);
    return caps;
}

/* --- plot --- */

static const struct {
    const char *name;
    ll_status (*gather)(ll_plot_request *p, ll_figure **out);
} kinds[] = {
    {"heatmap", ll_gather_heatmap},   {"scatter", ll_gather_scatter},   {"curve", ll_gather_curve},
    {"residual", ll_gather_residual}, {"hist", ll_gather_hist},         {"bars", ll_gather_bars},
    {"compare", ll_gather_compare},   {"shots", ll_gather_shots},       {"front", ll_gather_front},
    {"search", ll_gather_search},     {"regret", ll_gather_regret},     {"map", ll_gather_map},
    {"alpha", ll_gather_alpha},       {"codesign", ll_gather_codesign},
};

static const char *kind_name(int i)
{
    return i < (int)(sizeof kinds / sizeof *kinds) ? kinds[i].name : NULL;
}

/* Units of length in the pixels of a figure, of which an inch has 96. */
static const struct {
    const char *name;
    double pixels;
} units[] = {{"", 1}, {"px", 1}, {"cm", 96 / 2.54}, {"mm", 96 / 25.4}, {"in", 96}};
enum { N_UNITS = sizeof units / sizeof *units };

enum { DOTS_AN_INCH = 300 }; /* of a picture whose size is a length: what journals ask for */

/* size=WxH, with a unit of length or none: pixels of a file, characters of a text terminal. */
static ll_status read_size(ll_request *rq, ll_plot_size *size)
{
    const char *text = ll_word(&rq->args, "size");
    bool file = ll_has(&rq->args, "out");
    double w, h;
    int end = 0, unit = 0;
    if (!text) return LL_OK;
    if (sscanf(text, "%lf%*[xX]%lf%n", &w, &h, &end) == 2 && end)
        while (unit < N_UNITS && strcasecmp(units[unit].name, text + end)) unit++;
    if (!end || !isfinite(w) || !isfinite(h) || unit == N_UNITS || (unit && !file))
        return LL_FAIL(rq, LL_USAGE, "size=%s: WIDTHxHEIGHT was expected, as in %s", text,
                       file ? "900x700, 8x6cm or 3.3x2.5in" : "79x24, characters without out=");
    bool length = units[unit].pixels > 1;
    double least = (file ? 200 : 20) / units[unit].pixels, most = 8000 / units[unit].pixels;
    if (!(w >= least && w <= most && h >= least / 2 && h <= most))
        return LL_FAIL(rq, LL_USAGE, "size=%s: from %.3gx%.3g%s to %.3gx%.3g%s", text, least, least / 2,
                       units[unit].name, most, most, units[unit].name);
    size->width = (int)lround(w * units[unit].pixels);
    size->height = (int)lround(h * units[unit].pixels);
    if (length) size->dots = DOTS_AN_INCH / 96.;
    if (length && !size->font) size->font = 8;
    return LL_OK;
}

/* What a figure in a file is made for. */
static ll_status read_style(ll_request *rq, ll_plot_size *size)
{
    if (!ll_has(&rq->args, "out") && (ll_given(&rq->args, "font") || ll_given(&rq->args, "style")))
        return LL_FAIL(rq, LL_USAGE, "font= and style= are of files: out=FIGURE.pdf");
    if (ll_has(&rq->args, "font")) size->font = ll_real(&rq->args, "font");
    size->paper = ll_is(&rq->args, "style", "paper");
    if (size->paper) size->dots = DOTS_AN_INCH / 96.;
    return LL_OK;
}

/* A suffix that cannot be drawn is said before anything is computed. */
static ll_status check_out(ll_request *rq)
{
    const char *out = ll_word(&rq->args, "out");
    ll_gp_terminal t;
    size_t n = out ? strlen(out) : 0;
    if (!out || ll_gp_terminal_of(out, &t) || (n > 3 && !strcasecmp(out + n - 3, ".gp"))) return LL_OK;
    return LL_FAIL(rq, LL_USAGE, "out=%s: a figure is written as .png, .svg, .pdf or .gp", out);
}

static ll_status to_file(ll_plot_request *p, ll_figure *f)
{
    char *path;
    ll_plot_theme theme = ll_is(&p->rq->args, "theme", "dark") ? LL_THEME_DARK : LL_THEME_LIGHT;
    plots *v = plots_of(p->rq->app);
    ll_status s = ll_output_new(p->rq, ll_word(&p->rq->args, "out"), &path);
    if (s) return s;
    s = ll_figure_write(&v->gnuplot, f, path, theme, p->rq->observer, &p->rq->error);
    ll_json_str(p->result, "out", path);
    ll_json_int(p->result, "width", f->width);
    ll_json_int(p->result, "height", f->height);
    if (f->untitled) ll_figure_note(f, "for the caption: %s", f->title);
    free(path);
    return s;
}

static ll_status to_svg(ll_plot_request *p, const ll_figure *f)
{
    plots *v = plots_of(p->rq->app);
    ll_gp_target target = {.terminal = LL_GP_SVG, .theme = LL_THEME_MARKED};
    return ll_gnuplot_draw(&v->gnuplot, f, &target, p->rq->observer, v->svg, &p->rq->error);
}

ll_status ll_plot_svg(ll_request *outer, const char *line, const ll_plot_size *size, ll_str *svg,
                      cJSON **result)
{
    plots *v = plots_of(outer->app);
    cJSON *all = NULL;
    v->svg = svg;
    v->svg_size = size;
    ll_status s = ll_app_ask_line(outer, line, &all);
    v->svg = NULL;
    *result = cJSON_DetachItemFromArray(all, cJSON_GetArraySize(all) - 1);
    cJSON_Delete(all);
    return s;
}

static ll_status to_terminal(ll_plot_request *p, const ll_figure *f, int width, int height)
{
    plots *v = plots_of(p->rq->app);
    ll_plot_caps caps = caps_of(v);
    ll_str drawn = {0};
    bool raw = false;
    if (ll_given(&p->rq->args, "theme")) caps.dark = ll_is(&p->rq->args, "theme", "dark");
    ll_status s =
        ll_plot_terminal(&v->gnuplot, f, &caps, width, height, p->rq->observer, &drawn, &raw, &p->rq->error);
    if (!s) ll_json_str(p->result, raw ? "raw" : "text", ll_str_text(&drawn));
    if (!s && !raw && caps.colours) ll_json_bool(p->result, "coloured", true);
    ll_str_free(&drawn);
    return s;
}

/* A figure leaves the program without its table: its title says what was not measured. */
static void mark_simulated(const ll_plot_request *p, ll_figure *f)
{
    ll_str title = {0};
    ll_str_add(&title, f->title);
    bool all = ll_title_simulated(p->rq->state.data, p->result, &title);
    for (int i = 0; all && i < f->n_panels; i++)
        if (f->panels[i].x.label && !strcmp(f->panels[i].x.label, "measured latency (ms)"))
            ll_axis_label(&f->panels[i].x, "simulated latency (ms)"); /* no other quantity is simulated */
    free(f->title);
    f->title = ll_str_take(&title);
}

static void emit(ll_plot_request *p, const ll_figure *f)
{
    static const ll_column columns[] = {{"out", "written to", NULL, -1},
                                        {"spearman", "Spearman", NULL, 4},
                                        {"k", "samples", NULL, 0},
                                        {"cost", "measurement cost", NULL, 0},
                                        {0}};
    ll_json_str(p->result, "title", f->title);
    ll_json_int(p->result, "points", ll_figure_points(f));
    for (int i = 0; i < f->notes.n; i++) ll_result_note(p->result, "%s", f->notes.v[i]);
    if (ll_has(&p->rq->args, "out")) ll_result_columns(p->result, columns);
    ll_emit(p->rq, p->result);
    p->result = NULL;
}

static ll_status run_plot(ll_request *rq)
{
    ll_plot_size size = {0};
    ll_status s = read_style(rq, &size);
    if (!s) s = read_size(rq, &size);
    if (!s) s = check_out(rq);
    if (s) return s;
    plots *v = plots_of(rq->app);
    bool file = ll_has(&rq->args, "out");
    ll_plot_request p = {rq, file ? size : (ll_plot_size){0}, ll_result_new("plot")};
    if (v->svg) p.size = *v->svg_size;
    ll_json_str(p.result, "plot", ll_word(&rq->args, "kind"));
    ll_figure *f = NULL;
    s = kinds[ll_chosen(&rq->args, "kind")].gather(&p, &f);
    if (!s) mark_simulated(&p, f);
    if (!s) ll_figure_make_room(f);
    if (!s) s = v->svg ? to_svg(&p, f) : file ? to_file(&p, f) : to_terminal(&p, f, size.width, size.height);
    if (!s) emit(&p, f);
    cJSON_Delete(p.result);
    ll_figure_free(f);
    return s;
}

static const ll_option options[] = {
    LL_OPT_NAMES("kind", NULL, kind_name, "what to draw", LL_REQUIRED),
    LL_OPT_LIST("device", NULL,
                "devices (names, globs, tagged); one for scatter (or two, one against the other), residual, "
                "curve, bars; "
                "front, search, regret: searches of these; map: whose latencies colour it",
                LL_REST, LL_OF(DEVICE)),
    LL_OPT_WORD(
        "out", NULL,
        "file to write: .png, .svg, .pdf, or .gp for the script with its data; else into the terminal",
        LL_OF_OUTPUT),
    LL_OPT_FORCE,
    LL_OPT_WORD(
        "size", NULL,
        "WIDTHxHEIGHT: pixels of a file, or a length as 8x6cm, 3.3x2.5in; characters of a text terminal"),
    LL_OPT_REAL("font", NULL, 4, 48, "size of the texts in a file (default: grows with the figure)",
                .unit = "points"),
    LL_OPT_CHOICE("style", "screen", "screen|paper",
                  "paper: a column of 3.33 in, texts of 8 points, the title left to the caption"),
    LL_OPT_WORD("predictor", NULL, "whose transfer or training (default: the latest)", LL_OF(PREDICTOR)),
    LL_OPT_NAMES("metric", "spearman", ll_plot_metric_name,
                 "correlation of heatmap and bars, score of compare and shots"),
    LL_OPT_NAMES("order", "cluster", ll_order_name, "order of the devices of a heatmap"),
    LL_OPT_CUT,
    LL_OPT_NAMES("palette", NULL, ll_palette_name,
                 "colours of a heatmap (default: cividis, diverging when a value is negative)"),
    LL_OPT_CHOICE("log", "auto", "auto|on|off", "logarithmic axes of latency"),
    LL_OPT_REAL("level", "0.9", .01, .999, "of prediction intervals"),
    LL_OPT_WORD("encoding", NULL, "map: which encoding (`encodings` lists them)", LL_OF(ENCODING)),
    LL_OPT_CHOICE("by", "latency", "latency|operation",
                  "residual: against measured latency, or by how often each operation occurs"),
    LL_OPT_INT("worst", "0", 0, 50,
               "scatter, residual: name this many architectures with the largest relative error"),
    LL_OPT_WORD("from", NULL,
                "compare, shots: else what `compare` kept of the task; results out=FILE format=json, or the "
                "log of latlab --json",
                LL_OF(FILE)),
    LL_OPT_INT("k", NULL, 0, 1e6, "compare: number of samples (default: the largest)"),
    LL_OPT_CHOICE("score_range", "auto", "auto|all",
                  "front: scores from the lowest tenth on where lower ones would flatten the others, or all"),
    LL_OPT_CHOICE("theme", "light", "light|dark", "ground of the figure"),
    {0},
};

const ll_command ll_plot_commands[] = {
    {.name = "plot",
     .group = "plot",
     .summary = "Draw a figure, into a file or the terminal",
     .options = options,
     .flags = LL_CMD_LONG,
     .run = run_plot,
     .help =
         "heatmap: correlation of devices, with the dendrogram of its order and the sides of the task.\n"
         "scatter: predicted against measured latency, few-shot samples marked, intervals when there are "
         "any.\n"
         "residual: relative error against measured latency, or by operation.\n"
         "curve: training history of a predictor, or of its transfer to a device.\n"
         "hist: distribution of latency on some devices.\n"
         "bars: correlation of one device to all others.\n"
         "compare, shots: scores of predictors from a log of results, per device or over k: the mean over "
         "devices,\n"
         "or each device that is named.\n"
         "front: score against latency of what the latest search met, its front, the limit and the choice.\n"
         "search: hypervolume and best score over evaluations, of all searches that compare with the "
         "latest.\n"
         "regret: what the choice of each search lacks to the best there is, over measurements.\n"
         "alpha: how probable each choice was over the steps of the latest search by method=gradient.\n"
         "codesign: the best of the latest co-design over evaluations, beside published designs.\n\n"
         "gnuplot draws (5.4 or newer; LATLAB_GNUPLOT names another program than the one on PATH).",
     .examples = "plot heatmap out=corr.pdf\n"
                 "plot heatmap cut=4 out=groups.png\n"
                 "plot scatter fpga worst=5 out=fpga.png\n"
                 "plot residual fpga by=operation\n"
                 "plot heatmap pixel* titan* order=name out=phones.gp\n"
                 "plot scatter fpga style=paper out=fpga.pdf\n"
                 "plot hist fpga size=8x6cm font=9 out=fpga.svg\n"
                 "plot front out=front.png\n"
                 "plot shots from=scores.jsonl out=shots.svg\n"
                 "plot shots * from=scores.jsonl"},
    {0},
};
