/* Training, live: curves of what the progress events carry, rate and time left, the scatter of the transfer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/clock.h"
#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/curve.h"
#include "tui/draw/render.h"
#include "tui/screen/views/training_alpha.h"
#include "tui/screen/views/views.h"

enum { MOST_RUNS = 8 };
#define LONG_S 0.5 /* any command that takes longer has a page here */

/* One long command: what its progress told. */
typedef struct run {
    int id;
    char *command, *status;  /* status NULL: it has not ended */
    char *error;             /* what it failed of, or NULL */
    ll_curve loss, spearman; /* over what is done */
    ll_curve pace;           /* what is done, over seconds */
    double done, total, began_s;
    cJSON *latest;      /* the latest progress event; NULL: none yet */
    ll_alpha_run alpha; /* of a search by the gradient */
    cJSON *cloud;       /* the latest one with predictions ("rows" and "scores"); NULL: none */
    cJSON *answer;      /* the first result; NULL: none yet */
} run;

typedef struct training_view {
    ll_view base;
    run runs[MOST_RUNS]; /* the latest last */
    int n_runs, shown;   /* shown: how many back from the latest */
    bool compare;
    char *command;       /* under way */
    double command_at_s; /* when it began */
} training_view;

/* --- collecting --- */

static void free_run(run *r)
{
    free(r->command);
    free(r->status);
    free(r->error);
    ll_curve_free(&r->loss);
    ll_curve_free(&r->spearman);
    ll_curve_free(&r->pace);
    ll_alpha_run_free(&r->alpha);
    cJSON_Delete(r->latest);
    cJSON_Delete(r->cloud);
    cJSON_Delete(r->answer);
}

/* The latest of a request, which in a lesson is all of its step. */
static run *find_run(training_view *v, int id)
{
    for (int i = v->n_runs - 1; i >= 0; i--)
        if (v->runs[i].id == id) return &v->runs[i];
    return NULL;
}

static run *new_run(training_view *v, int id)
{
    if (v->n_runs == MOST_RUNS) {
        free_run(&v->runs[0]);
        memmove(v->runs, v->runs + 1, sizeof *v->runs * (MOST_RUNS - 1));
        v->n_runs--;
    }
    v->shown = 0;
    v->runs[v->n_runs] =
        (run){.id = id, .command = ll_strdup(v->command ? v->command : ""), .began_s = v->command_at_s};
    return &v->runs[v->n_runs++];
}

static void take_progress(training_view *v, const cJSON *event)
{
    int id = ll_json_get_int(event, "id", 0);
    run *r = find_run(v, id);
    if (!r && ll_now_s() - v->command_at_s < LONG_S) return; /* over before one could look */
    if (!r) r = new_run(v, id);
    r->done = ll_json_get_num(event, "done", 0);
    r->total = ll_json_get_num(event, "total", 0);
    ll_curve_add(&r->pace, ll_now_s() - r->began_s, r->done);
    ll_curve_add(&r->loss, r->done, ll_json_get_num(event, "loss", NAN));
    ll_curve_add(&r->spearman, r->done, ll_json_get_num(event, "spearman", NAN));
    ll_alpha_run_take(&r->alpha, event);
    cJSON_Delete(r->latest);
    r->latest = cJSON_Duplicate(event, true);
    if (!cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(event, "scores"))) return;
    cJSON_Delete(r->cloud);
    r->cloud = cJSON_Duplicate(event, true);
}

/* Commands worth a page even when they are too quick for progress. */
static bool trains(const char *command)
{
    return !strncmp(command, "pretrain ", 9) || !strncmp(command, "transfer ", 9);
}

/* A search by the gradient is worth one however quick it was: all of it, and what it came to. */
static void take_search(training_view *v, const cJSON *event)
{
    static const char *const kept[] = {"score", "ms", "max_ms", "regret", "evaluations", "seconds"};
    int id = ll_json_get_int(event, "id", 0);
    if (!cJSON_GetObjectItemCaseSensitive(event, "alpha")) return;
    run *r = find_run(v, id) ? find_run(v, id) : new_run(v, id);
    ll_alpha_run_take(&r->alpha, event);
    cJSON_Delete(r->latest);
    r->latest = cJSON_CreateObject();
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        ll_json_num(r->latest, kept[i], ll_json_get_num(event, kept[i], NAN));
}

static void take_end(run *r, const cJSON *e)
{
    ll_str text = {0};
    ll_str_addf(&text, "%s after ", ll_json_get_str(e, "status", ""));
    ll_render_duration(ll_json_get_num(e, "seconds", 0), &text);
    free(r->status);
    r->status = ll_str_take(&text);
}

static void event(ll_view *base, const cJSON *e)
{
    training_view *v = (training_view *)base;
    const char *kind = ll_json_get_str(e, "event", "");
    int id = ll_json_get_int(e, "id", 0);
    if (!strcmp(kind, "begin")) {
        free(v->command);
        v->command = ll_strdup(ll_json_get_str(e, "command", ""));
        v->command_at_s = ll_now_s();
        if (trains(v->command)) new_run(v, id);
    } else if (!strcmp(kind, "progress")) {
        take_progress(v, e);
    } else if (!strcmp(kind, "result")) {
        take_search(v, e);
    } else if (!strcmp(kind, "error") && find_run(v, id)) {
        free(find_run(v, id)->error);
        find_run(v, id)->error = ll_strdup(ll_json_get_str(e, "message", ""));
    } else if (!strcmp(kind, "result") && find_run(v, id) && !find_run(v, id)->answer) {
        find_run(v, id)->answer = cJSON_Duplicate(e, true);
    } else if (!strcmp(kind, "end") && find_run(v, id)) {
        take_end(find_run(v, id), e);
    }
}

/* --- curves --- */

/* The run before that has curves to compare with; NULL: none, or none is wanted. */
static const run *other_run(const training_view *v, const run *r)
{
    for (const run *o = r - 1; v->compare && o >= v->runs; o--)
        if (o->loss.n > 1 || o->spearman.n > 1) return o;
    return NULL;
}

static void draw_curve(const run *r, const char *title, const ll_curve *mine, const ll_curve *other,
                       ll_style style, ll_canvas *c, ll_rect at)
{
    ll_chart_series series[] = {
        {.name = other ? "before" : NULL, .style = LL_S_FAINT, .joined = true},
        {.name = title, .x = mine->x, .y = mine->y, .n = mine->n, .style = style, .joined = true}};
    if (other) series[0].x = other->x, series[0].y = other->y, series[0].n = other->n;
    /* a run that has just begun gets the room its first steps need */
    double last = r->total <= 0 ? 1 : r->status ? fmax(r->done, 1) : fmin(r->total, fmax(1.5 * r->done, 10));
    if (other && other->n && r->status) last = fmax(last, other->x[other->n - 1]);
    ll_chart plot = {.y_title = title, .series = series, .n_series = 2, .x_lo = 0, .x_hi = last};
    ll_chart_draw(c, at, &plot);
}

/* Of a command that trains nothing (measure, compare): how much of it is done, over time, up to where all is. */
static void draw_pace(const run *r, ll_canvas *c, ll_rect at)
{
    double last = r->pace.x[r->pace.n - 1];
    if (!r->status && r->done > 0 && r->total > r->done) last *= r->total / r->done;
    ll_chart_series series = {
        .x = r->pace.x, .y = r->pace.y, .n = r->pace.n, .style = LL_S_CURVE1, .joined = true};
    ll_str title = {0};
    ll_str_addf(&title, "%s: done", ll_json_get_str(r->latest, "phase", "work"));
    if (r->total > 0) ll_str_addf(&title, " of %.0f", r->total);
    ll_chart plot = {.x_title = "time (s)",
                     .y_title = ll_str_text(&title),
                     .series = &series,
                     .n_series = 1,
                     .x_lo = 0,
                     .x_hi = fmax(last, 1),
                     .y_lo = 0,
                     .y_hi = fmax(r->total, fmax(r->done, 1))};
    ll_chart_draw(c, at, &plot);
    ll_str_free(&title);
}

/* --- the scatter of a transfer --- */

/* What the transfer under way predicts now for some architectures: scores, which have no unit. */
static bool draw_cloud(const training_view *v, const run *r, ll_canvas *c, ll_rect at)
{
    const ll_dataset *d = v->base.state.data;
    int device = d ? ll_dataset_device(d, ll_json_get_str(r->cloud, "device", "")) : -1;
    int *rows;
    double *scores;
    int n = ll_json_get_ints(r->cloud, "rows", &rows), m = ll_json_get_nums(r->cloud, "scores", &scores);
    double *x = LL_NEW_ARRAY(double, n + 1);
    for (int i = 0; i < n; i++)
        x[i] = device >= 0 && rows[i] >= 0 && rows[i] < d->n_archs ? ll_latencies(d, device)[rows[i]] : NAN;
    ll_chart_series series = {
        .name = "some of them", .x = x, .y = scores, .n = n, .style = LL_S_CURVE2, .mark = 'o'};
    char x_title[32];
    snprintf(x_title, sizeof x_title, "measured (%s)", device >= 0 ? ll_device_unit(d, device) : "ms");
    ll_chart plot = {.x_title = x_title, .y_title = "score now", .series = &series, .n_series = 1};
    bool good = n == m && n > 0 && device >= 0;
    if (good) ll_chart_draw(c, at, &plot);
    free(x);
    free(rows);
    free(scores);
    return good;
}

/* The transfer this run has made, when it is over and still there. */
static const ll_transfer *made(const training_view *v, const run *r)
{
    if (!r->status || strncmp(r->command, "transfer ", 9)) return NULL;
    const char *device = ll_json_get_str(r->cloud ? r->cloud : r->latest, "device", NULL);
    return ll_state_transfer(&v->base.state, device, ll_json_get_str(r->latest, "predictor", NULL));
}

static bool has_scatter(const training_view *v, const run *r)
{
    return r->cloud || made(v, r);
}

static void draw_scatter(const training_view *v, const run *r, ll_canvas *c, ll_rect at)
{
    const ll_transfer *t = made(v, r);
    if (t)
        ll_draw_transfer_scatter(c, at, &v->base.state, t, -1);
    else
        draw_cloud(v, r, c, at);
}

/* --- numbers --- */

static int draw_number(ll_canvas *c, int y, int x, const char *name, const char *unit, double value)
{
    if (isnan(value)) return y;
    ll_put(c, y, x, LL_S_HEAD, name);
    ll_putf(c, y, x + 18, LL_S_TEXT, "%.4g%s", value, unit);
    return y + 1;
}

static int draw_bar(const run *r, ll_canvas *c, int y, int x, int w)
{
    int bar = w - 16 > 8 ? w - 16 : 8;
    if (r->total <= 0) return y;
    ll_chart_bar(c, y, x, bar, r->done / r->total, LL_S_ACCENT);
    ll_putf(c, y, x + bar + 1, LL_S_TEXT, "%.0f/%.0f", r->done, r->total);
    return y + 1;
}

static int draw_left(const run *r, ll_canvas *c, int y, int x)
{
    double left = ll_json_get_num(r->latest, "left_s", NAN), spent = ll_now_s() - r->began_s;
    if (isnan(left) && r->done > 0 && r->total > 0) left = spent * (r->total - r->done) / r->done;
    if (isnan(left) || r->status || (r->total > 0 && r->done >= r->total)) return y;
    ll_str text = {0};
    ll_render_duration(left, &text);
    ll_put(c, y, x, LL_S_HEAD, "time left");
    ll_put(c, y, x + 18, LL_S_TEXT, ll_str_text(&text));
    ll_str_free(&text);
    return y + 1;
}

/* Whatever else the command tells: any number or word whose name is not known here. */
static int draw_others(const run *r, ll_canvas *c, int y, int x, int w, int bottom)
{
    static const char *const known[] = {"event",     "id",     "done",        "total",  "loss",
                                        "spearman",  "lr",     "items_per_s", "left_s", "phase",
                                        "predictor", "device", "epoch",       "epochs", "loss_is"};
    const cJSON *item;
    cJSON_ArrayForEach(item, r->latest)
    {
        bool mine = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) mine |= !strcmp(known[i], item->string);
        if (mine || y >= bottom || (!cJSON_IsNumber(item) && !cJSON_IsString(item))) continue;
        ll_str text = {0};
        ll_look plain = *c->look;
        ll_render_value(item, -1, &plain, &text);
        ll_put_cut(c, y, x, 17, LL_S_HEAD, item->string);
        ll_put_cut(c, y++, x + 18, w - 18, LL_S_TEXT, ll_str_text(&text));
        ll_str_free(&text);
    }
    return y;
}

static double last_of(const ll_curve *c)
{
    return c->n ? c->y[c->n - 1] : NAN;
}

static int draw_numbers(const run *r, ll_canvas *c, int y, int x, int w, int bottom)
{
    y = draw_bar(r, c, y, x, w);
    y = draw_number(c, y, x, ll_json_get_str(r->latest, "loss_is", "loss"), "", last_of(&r->loss));
    y = draw_number(c, y, x, "Spearman", "", last_of(&r->spearman));
    y = draw_number(c, y, x, "learning rate", "", ll_json_get_num(r->latest, "lr", NAN));
    y = draw_number(c, y, x, "architectures", " a second", ll_json_get_num(r->latest, "items_per_s", NAN));
    y = draw_left(r, c, y, x);
    y = draw_others(r, c, y, x, w, bottom);
    return y + 1;
}

/* Spearman of each device: {"fpga": .97} or [{"device": "fpga", "spearman": .97}]. */
static int draw_bars(const run *r, ll_canvas *c, int y, int x, int w, int bottom)
{
    const cJSON *item;
    int name_w = w >= 48 ? 24 : 17, bar = w - name_w - 9 > 4 ? w - name_w - 9 : 4;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(r->latest, "devices"))
    {
        const char *name = item->string ? item->string : ll_json_get_str(item, "device", "");
        double rho = cJSON_IsNumber(item) ? item->valuedouble : ll_json_get_num(item, "spearman", NAN);
        if (y >= bottom) break;
        ll_put_cut(c, y, x, name_w, LL_S_TEXT, name);
        ll_chart_bar(c, y, x + name_w + 1, bar, rho, LL_S_CURVE2);
        ll_putf(c, y, x + w - 7, LL_S_TEXT, "%.3f", ll_below_one(rho, 3));
        y++;
    }
    return y;
}

/* --- all of it --- */

static void draw_head(const training_view *v, const run *r, ll_canvas *c, int y, int w)
{
    bool paused = !r->status && ll_app_paused(ll_screen_app(v->base.screen));
    ll_str status = {0};
    ll_str_add(&status, r->status ? r->status : paused ? "paused: Z goes on" : "running");
    if (v->n_runs > 1) ll_str_addf(&status, "  run %d of %d", v->n_runs - v->shown, v->n_runs);
    int status_w = ll_text_width(ll_str_text(&status));
    ll_put_cut(c, y, 1, w - status_w - 4, LL_S_TITLE, r->command);
    ll_put(c, y, w - status_w - 1,
           paused                        ? LL_S_WARN
           : !r->status                  ? LL_S_ACCENT
           : strncmp(r->status, "ok", 2) ? LL_S_WARN
                                         : LL_S_GOOD,
           ll_str_text(&status));
    ll_str_free(&status);
}

/* Loss above; below it the Spearman curve, or the scatter when the command has none. */
static void draw_left_half(const training_view *v, const run *r, ll_canvas *c, ll_rect at)
{
    if (r->alpha.n) {
        ll_alpha_run_draw(&r->alpha, c, at);
        return;
    }
    if (!trains(r->command) && !r->loss.n && !r->spearman.n && r->pace.n) {
        draw_pace(r, c, at);
        return;
    }
    const run *other = other_run(v, r);
    bool scatter = has_scatter(v, r), loss = r->loss.n > 1 || !r->status, rho = r->spearman.n > 1;
    int h = loss && (rho || scatter) ? at.h / 2 : loss ? at.h : 0;
    if (h)
        draw_curve(r, ll_json_get_str(r->latest, "loss_is", "loss"), &r->loss, other ? &other->loss : NULL,
                   LL_S_CURVE1, c, (ll_rect){at.y, at.x, h, at.w});
    ll_rect below = {at.y + h, at.x, at.h - h, at.w};
    if (rho)
        draw_curve(r, "held-out Spearman", &r->spearman, other ? &other->spearman : NULL, LL_S_CURVE2, c,
                   below);
    else if (scatter && below.h > 0)
        draw_scatter(v, r, c, below);
}

static void draw_error(const run *r, ll_canvas *c, ll_rect at)
{
    ll_paper p = {.out = NULL};
    ll_canvas_init(&p.c, c->look, 0, at.w - 8);
    ll_render_wrapped(&p, LL_S_ERROR, 0, r->error);
    ll_blit(c, (ll_rect){at.y + 2, at.x + 4, p.c.height < at.h - 2 ? p.c.height : at.h - 2, at.w - 8}, &p.c,
            0, 0);
    ll_canvas_free(&p.c);
}

/* Too quick for curves, and nothing is predicted yet: what the command answered is all there is to see. */
static bool has_answer_alone(const training_view *v, const run *r)
{
    return r->status && r->answer && r->loss.n < 2 && r->spearman.n < 2 && !has_scatter(v, r);
}

static void draw_answer(const run *r, ll_canvas *c, ll_rect at)
{
    ll_look look = *c->look;
    ll_canvas page;
    look.width = at.w - 2;
    ll_render_canvas(r->answer, &look, &page);
    page.look = c->look;
    ll_blit(c, (ll_rect){at.y, at.x + 1, page.height < at.h ? page.height : at.h, at.w - 2}, &page, 0, 0);
    ll_canvas_free(&page);
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    training_view *v = (training_view *)base;
    if (!v->n_runs) {
        ll_put(c, r.y + 2, 4, LL_S_TEXT, "Nothing has been trained yet.");
        ll_put(c, r.y + 4, 4, LL_S_TEXT, "P pretrains a predictor on the source devices,");
        ll_put(c, r.y + 5, 4, LL_S_TEXT, "t transfers it to a target.");
        return;
    }
    if (v->shown >= v->n_runs) v->shown = v->n_runs - 1;
    const run *now = &v->runs[v->n_runs - 1 - v->shown];
    int side = r.w * 2 / 5, x = r.x + r.w - side + 1, bottom = r.y + r.h;
    draw_head(v, now, c, r.y, r.w);
    if (now->error) {
        draw_error(now, c, r);
        return;
    }
    if (has_answer_alone(v, now)) {
        draw_answer(now, c, (ll_rect){r.y + 2, r.x, r.h - 2, r.w});
        return;
    }
    draw_left_half(v, now, c, (ll_rect){r.y + 1, r.x, r.h - 1, r.w - side});
    int y = draw_numbers(now, c, r.y + 1, x, side - 2, bottom);
    y = draw_bars(now, c, y, x, side - 2, bottom);
    if (has_scatter(v, now) && now->spearman.n > 1 && bottom - y >= 8)
        draw_scatter(v, now, c, (ll_rect){y, x, bottom - y, side - 2});
}

/* --- keys --- */

static void pause_or_go_on(training_view *v)
{
    ll_app *app = ll_screen_app(v->base.screen);
    if (!ll_app_busy(app))
        ll_screen_say(v->base.screen, LL_S_FAINT, "nothing runs");
    else
        ll_app_pause(app, !ll_app_paused(app));
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    training_view *v = (training_view *)base;
    if (!strcmp(name, "pause"))
        pause_or_go_on(v);
    else if (!strcmp(name, "compare"))
        v->compare = !v->compare;
    else if (!strcmp(name, "copy") && v->n_runs)
        ll_screen_copy(base->screen, v->runs[v->n_runs - 1 - v->shown].command);
    else
        return false;
    return true;
}

static void move(ll_view *base, ll_move where)
{
    training_view *v = (training_view *)base;
    if (where == LL_LEFT || where == LL_UP) v->shown += v->shown < v->n_runs - 1;
    if (where == LL_RIGHT || where == LL_DOWN) v->shown -= v->shown > 0;
    if (where == LL_FIRST && v->n_runs) v->shown = v->n_runs - 1;
    if (where == LL_LAST) v->shown = 0;
}

/* The wheel walks through the runs. */
static bool mouse(ll_view *base, const ll_mouse *m)
{
    if (ll_mouse_wheel(m)) move(base, ll_mouse_wheel(m) < 0 ? LL_UP : LL_DOWN);
    return true;
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    const ll_model *m = ll_state_model(&base->state, NULL);
    if (!strcmp(name, "model") && m) ll_str_addf(out, "%s.safetensors", m->predictor->name);
    return out->len > 0;
}

static void close_view(ll_view *base)
{
    training_view *v = (training_view *)base;
    for (int i = 0; i < v->n_runs; i++) free_run(&v->runs[i]);
    free(v->command);
}

static const ll_key keys[] = {
    {"P", "@command pretrain ", "pretrain: a predictor on the sources"},
    {"t", "@command transfer ", "transfer: to a device"},
    {"Z", "@pause", "pause: the running command, or let it go on"},
    {"K", "@cancel", "cancel: it, and keep the model of the last complete epoch"},
    {"w", "@command model save {model}", "keep: the model in a file"},
    {"C", "@compare", "compare: with the run before (left and right walk through the runs)"},
    {"p", "plot curve out=curve.png", "plot the curve to a file"},
    {"e", "write predictors.csv predictors", "export what is pretrained"},
    {0},
};

const ll_view_type ll_view_training = {
    .name = "training",
    .title = "Training, live",
    .help =
        "Loss and held-out Spearman as the running command reports them; of a transfer the scatter of some "
        "architectures, and of all when it is done. Cancelling leaves the model of the last complete epoch "
        "in place. Of a search by the gradient: how probable each choice is. Of a command that trains "
        "nothing: how much of it is done, over time.",
    .keys = keys,
    .size = sizeof(training_view),
    .event = event,
    .draw = draw,
    .move = move,
    .action = action,
    .expand = expand,
    .mouse = mouse,
    .close = close_view,
};
