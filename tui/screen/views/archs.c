/* Architectures and samples: the space as a map, the architecture under the cursor, the samples picked. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/render.h"
#include "tui/screen/views/views.h"

typedef struct archs_view {
    ll_view base;
    double *x, *y; /* (n) places on the map */
    int n;
    double share[2];
    const char *encoding;  /* NULL: the first of them */
    char *data_hash;       /* the map belongs to this data */
    double at_x, at_y;     /* crosshair */
    int arch, asked;       /* nearest to the crosshair; the one asked for last */
    double step_x, step_y; /* one cell of the map as drawn last */
    cJSON *card;
    int laid_width;
    ll_pager pager;
    bool reading; /* the card has the focus, and the whole width where it needs it */
    char *wanted; /* searched for; NULL: nothing */
    ll_rect map;  /* where the map was drawn last, and of what */
    double range_x[2], range_y[2];
} archs_view;

/* Those that a map is drawn of at once, the first ones first; then what has been fitted. NULL behind the last. */
static const char *encoding_at(const archs_view *v, int i)
{
    const ll_state *s = &v->base.state;
    const ll_space *space = s->data ? s->data->space : NULL;
    const char *quick[4];
    int n = 0;
    if (!space || space->layers) quick[n++] = "cost";
    if (space && space->facts->columns) quick[n++] = "numbers";
    quick[n++] = "graf";
    quick[n++] = "onehot";
    if (space && space->facts->cell) quick[n++] = "path";
    if (i < n) return quick[i];
    for (int k = 0, at = n; s->data && k < s->encoders.n; k++) {
        const ll_encoder *c = s->encoders.v[k];
        if (c->space == s->data->space && c->encoding->learnt && at++ == i) return c->encoding->name;
    }
    return NULL;
}

static const char *encoding_of(const archs_view *v)
{
    return v->encoding ? v->encoding : encoding_at(v, 0);
}

static void refresh(ll_view *base)
{
    archs_view *v = (archs_view *)base;
    v->asked = -1; /* latencies and predictions may have changed */
    if (v->data_hash && !strcmp(v->data_hash, base->state.data->hash.hex)) return;
    ll_screen_ask(base, "map", "map %s", encoding_of(v));
}

/* Ties (equal places) go to the lowest index. */
static void find_nearest(archs_view *v)
{
    double best = INFINITY, sx = v->step_x > 0 ? v->step_x : 1, sy = v->step_y > 0 ? v->step_y : 1;
    for (int i = 0; i < v->n; i++) {
        double dx = (v->x[i] - v->at_x) / sx, dy = (v->y[i] - v->at_y) / sy, d = dx * dx + dy * dy;
        if (d < best) best = d, v->arch = i;
    }
}

static void go_to(archs_view *v, int arch)
{
    if (arch < 0 || arch >= v->n) return;
    v->arch = arch;
    v->at_x = v->x[arch];
    v->at_y = v->y[arch];
}

static void take_map(archs_view *v, const cJSON *event)
{
    free(v->x);
    free(v->y);
    double *share;
    int n = ll_json_get_nums(event, "x", &v->x), m = ll_json_get_nums(event, "y", &v->y);
    v->n = n == m ? n : 0;
    if (ll_json_get_nums(event, "share", &share) >= 2) v->share[0] = share[0], v->share[1] = share[1];
    free(share);
    free(v->data_hash);
    v->data_hash = ll_strdup(v->base.state.data ? v->base.state.data->hash.hex : "");
    go_to(v, v->arch < v->n ? v->arch : 0);
}

static void result(ll_view *base, const char *tag, const cJSON *event)
{
    archs_view *v = (archs_view *)base;
    if (!strcmp(tag, "map")) {
        take_map(v, event);
        return;
    }
    cJSON_Delete(v->card);
    v->card = cJSON_Duplicate(event, true);
    cJSON_DeleteItemFromObject(v->card, "title"); /* the view has one */
    v->laid_width = 0;
}

/* --- drawing --- */

static void draw_map(archs_view *v, ll_canvas *c, ll_rect r)
{
    const ll_samples *samples = v->base.state.samples;
    int most = samples ? samples->rows.n : 0, k = 0;
    double *sx = LL_NEW_ARRAY(double, most + 1), *sy = LL_NEW_ARRAY(double, most + 1);
    for (int i = 0; i < most; i++) {
        if (samples->rows.v[i] >= v->n) continue; /* the map is of other data: a new one is on its way */
        sx[k] = v->x[samples->rows.v[i]];
        sy[k++] = v->y[samples->rows.v[i]];
    }
    ll_str x_title = {0}, y_title = {0};
    ll_str_addf(&x_title, "%s, component 1 (%.0f %%)", encoding_of(v), 100 * v->share[0]);
    ll_str_addf(&y_title, "component 2 (%.0f %%)", 100 * v->share[1]);
    ll_chart_series series[] = {
        {.name = "all", .x = v->x, .y = v->y, .n = v->n, .style = LL_S_FAINT},
        {.name = "samples", .x = sx, .y = sy, .n = k, .style = LL_S_CURVE1, .mark = 'o'},
        {.x = &v->at_x, .y = &v->at_y, .n = 1, .style = LL_S_CURSOR, .mark = 'X'}};
    ll_chart plot = {
        .x_title = ll_str_text(&x_title), .y_title = ll_str_text(&y_title), .series = series, .n_series = 3};
    ll_chart_range(&plot, v->range_x, v->range_y);
    v->step_x = (v->range_x[1] - v->range_x[0]) / (r.w > 12 ? r.w - 8 : 4);
    v->step_y = (v->range_y[1] - v->range_y[0]) / (r.h > 8 ? r.h - 4 : 4);
    ll_chart_draw(c, r, &plot);
    ll_str_free(&x_title);
    ll_str_free(&y_title);
    free(sx);
    free(sy);
}

/* In a narrow card the kind of each device leaves its room to the latencies. */
static void lay_out(archs_view *v, const ll_look *look, int width)
{
    cJSON *card = cJSON_Duplicate(v->card, true);
    const cJSON *parts[] = {card};
    ll_look narrow = *look;
    narrow.width = width;
    cJSON *row;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(card, "rows"))
    {
        if (width < 64) cJSON_DeleteItemFromObject(row, "kind");
    }
    ll_pager_set(&v->pager, parts, 1, &narrow);
    v->laid_width = width;
    cJSON_Delete(card);
}

static void draw_card(archs_view *v, ll_canvas *c, ll_rect r)
{
    bool picked = v->base.state.samples && ll_ints_find(&v->base.state.samples->rows, v->arch) >= 0;
    int x = r.x + 1 + ll_putf(c, r.y, r.x + 1, LL_S_TITLE, "architecture %d", v->arch);
    if (picked) x += 2 + ll_put(c, r.y, x + 2, LL_S_TAG, "picked");
    if (v->reading) ll_put_cut(c, r.y, x + 2, r.x + r.w - x - 3, LL_S_FAINT, "Tab: back to the map");
    if (!v->card) return;
    if (v->laid_width != r.w) lay_out(v, c->look, r.w);
    ll_pager_draw(&v->pager, c, (ll_rect){r.y + 1, r.x, r.h - 1, r.w});
}

static void draw(ll_view *base, ll_canvas *c, ll_rect r)
{
    enum { CARD = 76 }; /* drawings of architectures are up to 72 wide */
    archs_view *v = (archs_view *)base;
    if (v->n < 1) return;
    int side = r.w * 11 / 20 < CARD ? r.w * 11 / 20 : CARD;
    if (v->reading && side < CARD) side = r.w < CARD + 30 ? r.w : CARD;
    v->map = (ll_rect){r.y, r.x, r.h, r.w - side};
    if (side < r.w) draw_map(v, c, v->map);
    draw_card(v, c, (ll_rect){r.y, r.x + r.w - side, r.h, side});
    if (v->asked != v->arch) {
        v->asked = v->arch;
        ll_screen_ask(base, "arch", "arch %d", v->arch);
    }
}

/* --- keys --- */

static void move_by(archs_view *v, int dx, int dy)
{
    int before = v->arch;
    /* from where the architecture is, far enough to reach another one */
    v->at_x = v->x[v->arch];
    v->at_y = v->y[v->arch];
    for (int i = 0; i < 100 && v->arch == before; i++) {
        v->at_x += dx * v->step_x;
        v->at_y += dy * v->step_y;
        find_nearest(v);
    }
    go_to(v, v->arch);
}

static void move(ll_view *base, ll_move where)
{
    archs_view *v = (archs_view *)base;
    static const int dx[] = {[LL_LEFT] = -1, [LL_RIGHT] = 1, [LL_LAST] = 0};
    static const int dy[] = {
        [LL_UP] = 1, [LL_DOWN] = -1, [LL_PAGE_UP] = 6, [LL_PAGE_DOWN] = -6, [LL_LAST] = 0};
    if (v->n < 1) return;
    if (v->reading)
        ll_pager_move(&v->pager, where);
    else if (where == LL_FIRST || where == LL_LAST)
        go_to(v, where == LL_FIRST ? 0 : v->n - 1);
    else
        move_by(v, dx[where], dy[where]);
}

/* The first architecture from that one on (step 1) or back (-1), and round the end, whose string has what is searched for. */
static void search(archs_view *v, int from, int step)
{
    const ll_dataset *d = v->base.state.data;
    ll_str string = {0};
    bool found = !d || !v->wanted || v->n != d->n_archs;
    for (int i = 0; i < v->n && !found; i++) {
        int arch = ((from + step * i) % v->n + v->n) % v->n;
        ll_str_clear(&string);
        d->space->format(d->space, ll_gene(d, arch), &string);
        found = strcasestr(ll_str_text(&string), v->wanted) != NULL;
        if (found) go_to(v, arch);
    }
    ll_str_free(&string);
}

/* A number is an index, and no text to search for. */
static void begin_search(archs_view *v, const char *text)
{
    char *end;
    long index = strtol(text, &end, 10);
    bool number = *text && !*end;
    free(v->wanted);
    v->wanted = *text && !number ? ll_strdup(text) : NULL;
    if (number) go_to(v, (int)(index < v->n ? index : v->n - 1));
    search(v, v->arch, 1);
}

static void next_encoding(archs_view *v)
{
    int i = 0;
    while (encoding_at(v, i) && strcmp(encoding_at(v, i), encoding_of(v))) i++;
    v->encoding = encoding_at(v, i) ? encoding_at(v, i + 1) : NULL;
    free(v->data_hash);
    v->data_hash = NULL;
    v->base.stale = true;
}

static bool action(ll_view *base, const char *name, const char *arg)
{
    archs_view *v = (archs_view *)base;
    bool picked = v->base.state.samples && ll_ints_find(&v->base.state.samples->rows, v->arch) >= 0;
    if (!strcmp(name, "pick") && v->n)
        ll_screen_submitf(base->screen, "sample %s %d", picked ? "remove" : "add", v->arch);
    else if (!strcmp(name, "show"))
        v->arch = atoi(arg), go_to(v, v->arch);
    else if (!strcmp(name, "step") && v->n)
        go_to(v, (v->arch + (*arg == '-' ? v->n - 1 : 1)) % v->n);
    else if (!strcmp(name, "encoding"))
        next_encoding(v);
    else if (!strcmp(name, "read"))
        v->reading = !v->reading;
    else if (!strcmp(name, "filter-by"))
        begin_search(v, arg);
    else if (!strcmp(name, "find") && v->wanted)
        search(v, *arg == '-' ? v->arch - 1 : v->arch + 1, *arg == '-' ? -1 : 1);
    else if (!strcmp(name, "copy") && v->card)
        ll_screen_copy(base->screen, ll_json_get_str(v->card, "arch", ""));
    else
        return false;
    return true;
}

/* A click in the map goes there, one in the card reads it. */
static bool mouse(ll_view *base, const ll_mouse *m)
{
    archs_view *v = (archs_view *)base;
    if (v->n < 1) return false;
    if (ll_mouse_wheel(m)) return ll_pager_mouse(&v->pager, m);
    v->reading = !ll_rect_has(v->map, m->y, m->x);
    if (v->reading) return ll_rect_has(v->pager.r, m->y, m->x);
    ll_chart plot = {.x_title = "",
                     .x_lo = v->range_x[0],
                     .x_hi = v->range_x[1],
                     .y_lo = v->range_y[0],
                     .y_hi = v->range_y[1]};
    ll_chart_at(&plot, v->map, m->y, m->x, &v->at_x, &v->at_y);
    find_nearest(v);
    go_to(v, v->arch);
    return true;
}

static bool expand(ll_view *base, const char *name, ll_str *out)
{
    archs_view *v = (archs_view *)base;
    if (v->n < 1) return false;
    if (!strcmp(name, "arch")) ll_str_addf(out, "%d", v->arch);
    if (!strcmp(name, "encoding")) ll_str_add(out, encoding_of(v));
    return out->len > 0;
}

static void close_view(ll_view *base)
{
    archs_view *v = (archs_view *)base;
    ll_pager_free(&v->pager);
    cJSON_Delete(v->card);
    free(v->x);
    free(v->y);
    free(v->data_hash);
    free(v->wanted);
}

static const ll_key keys[] = {
    {"Space", "@pick", "pick: or unpick this architecture"},
    {"s", "@command sample k=20 sampler=", "sample: let a sampler pick (u takes it back)"},
    {"C", "sample clear", "clear: the samples"},
    {"Tab S-Tab", "@read", "pane: map or card; the card scrolls, and has the whole width where it needs it"},
    {"Enter", "arch {arch}", "all about this architecture"},
    {"E", "@encoding", "encoding: of the map: quick ones, then those fitted"},
    {".", "@step +", "next index"},
    {",", "@step -", "the index before"},
    {"t", "@command transfer ", "transfer: with these samples"},
    {"p", "plot map encoding={encoding} out=map.png", "plot the map to a file"},
    {"e", "write map.csv 'map {encoding}'", "export the map"},
    {0},
};

const ll_view_type ll_view_archs = {
    .name = "archs",
    .title = "Architectures and samples",
    .help = "The space on the two first principal components of its encoding. X is the cursor, o are the "
            "samples to be "
            "measured on the target. Beside it the architecture under the cursor. `/` goes to an index, or "
            "to the next "
            "architecture whose string has the text.",
    .keys = keys,
    .size = sizeof(archs_view),
    .needs_data = true,
    .refresh = refresh,
    .result = result,
    .draw = draw,
    .move = move,
    .action = action,
    .expand = expand,
    .mouse = mouse,
    .close = close_view,
};
