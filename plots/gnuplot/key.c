/* The key of a panel. gnuplot's own, in pictures, is as wide as the axes are and as high as that makes it: there it is drawn
 * from labels, arrows and rectangles on the screen, where plots/figure/key.h puts them. */
#include <math.h>

#include "plots/figure/key.h"
#include "plots/gnuplot/script.h"

static void text_key(const script *s, const ll_panel *p)
{
    if (p->key == LL_KEY_NONE)
        ll_str_add(s->out, "unset key\n");
    else
        ll_str_add(
            s->out,
            "set key on outside below horizontal center Left reverse samplen 1.5 spacing 1.15 nobox\n");
}

typedef struct sample { /* shares of the screen */
    double x0, x1, y, high;
} sample;

/* Of full size, however small and faint the points of the cloud are. */
static void point_sample(const script *s, const ll_series *v, const sample *at)
{
    ll_str_addf(s->out, "set label '' at screen %.5f,%.5f point pointtype %d pointsize %.3g",
                (at->x0 + at->x1) / 2, at->y, ll_gp_point_types[v->shape],
                .8 * fmax(1, v->size) * s->point * ll_gp_mark_scale(s));
    ll_gp_add_colour(s, v->pen, 1);
    ll_str_addc(s->out, '\n');
}

static void line_sample(const script *s, const ll_series *v, const sample *at)
{
    ll_str_addf(s->out, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f nohead linewidth %.3g%s", at->x0,
                at->y, at->x1, at->y, 1.6 * v->size, v->dashed ? " dashtype 2" : "");
    ll_gp_add_colour(s, v->pen, v->opacity);
    ll_str_addc(s->out, '\n');
}

static void area_sample(const script *s, const ll_series *v, const sample *at)
{
    ll_str_addf(s->out,
                "set object rectangle from screen %.5f,%.5f to screen %.5f,%.5f fillcolor rgb '#%06x' "
                "fillstyle transparent solid %.3g noborder\n",
                at->x0, at->y - at->high / 2, at->x1, at->y + at->high / 2, ll_pen_rgb(v->pen, s->to->theme),
                v->opacity);
}

static void (*const samples[])(const script *s, const ll_series *v, const sample *at) = {
    [LL_MARK_POINTS] = point_sample, [LL_MARK_LINE] = line_sample,     [LL_MARK_BAND] = area_sample,
    [LL_MARK_RECTS] = area_sample,   [LL_MARK_SEGMENTS] = line_sample, [LL_MARK_TEXT] = NULL,
    [LL_MARK_IMAGE] = NULL};

static void add_entry(const script *s, const ll_panel *p, const ll_key *key, int i)
{
    const ll_key_entry *entry = &key->entry[i];
    double x, y;
    ll_key_place(s->f, p, key, i, &x, &y);
    double mark = .72 * key->sample, width = s->f->width, height = s->f->height;
    sample at = {x / width, (x + mark) / width, 1 - y / height, .5 * key->height / key->lines / height};
    if (entry->series && samples[entry->series->mark]) samples[entry->series->mark](s, entry->series, &at);
    ll_str_add(s->out, "set label ");
    ll_gp_quote(s->out, entry->text);
    ll_str_addf(s->out, " at screen %.5f,%.5f left", (x + key->sample) / width, at.y);
    ll_gp_add_font(s, key->size);
    ll_gp_add_pen(s, "textcolor", LL_PEN_TEXT);
    ll_str_addc(s->out, '\n');
}

void ll_gp_add_key(const script *s, const ll_panel *p)
{
    ll_key key;
    if (s->text) {
        text_key(s, p);
        return;
    }
    ll_str_add(s->out, "unset key\n");
    ll_key_lay(s->f, p, &key);
    for (int i = 0; i < key.n; i++) add_entry(s, p, &key, i);
    ll_key_free(&key);
}
