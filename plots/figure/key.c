#include "plots/figure/key.h"

#include <math.h>
#include <stdlib.h>

#include "core/base/mem.h"
#include "plots/figure/layout.h"

static const double SIZE = .9, LEAST_SIZE = .67, LINE = 1.2; /* of texts, and from line to line */
static const double SAMPLE = 2.6, GAP = 1.6;     /* a sample, what is between columns: characters */
static const double SHARE = 1 / 3.;              /* of the height of a figure */
enum { LEAST_CHARS = 10, LEFT = 5, AROUND = 7 }; /* lines left of a square panel, and above and below it */

static double entry_px(const ll_key *key, const ll_figure *f, int i)
{
    return key->sample + ll_text_px(ll_text_chars(key->entry[i].text), key->size, f->scale);
}

/* The width with so many columns; left: their beginnings, or NULL. An entry alone in the last line may be longer than
 * its column. */
static double width_with(const ll_key *key, const ll_figure *f, int columns, double *left)
{
    double x = 0, alone = 0, gap = ll_text_px(1, key->size, f->scale) * GAP;
    bool last_alone = columns > 1 && key->n % columns == 1 && key->n > columns;
    int n = key->n - last_alone;
    if (last_alone) alone = entry_px(key, f, key->n - 1);
    for (int c = 0; c < columns; c++) {
        double most = 0;
        for (int i = c; i < n; i += columns) most = fmax(most, entry_px(key, f, i));
        if (left) left[c] = x;
        x += most + (c + 1 < columns ? gap : 0);
    }
    return fmax(x, alone);
}

/* As many columns as there is room for, or as few as need no more lines. */
static void pack(ll_key *key, const ll_figure *f, double room)
{
    key->sample = ll_text_px(1, key->size, f->scale) * SAMPLE;
    key->columns = key->n;
    while (key->columns > 1 && width_with(key, f, key->columns, NULL) > room) key->columns--;
    key->lines = (key->n + key->columns - 1) / key->columns;
    int even = (key->n + key->lines - 1) / key->lines;
    if (width_with(key, f, even, NULL) <= room) key->columns = even;
}

static int lines_that_fit(const ll_key *key, const ll_figure *f, double high)
{
    return (int)fmax(1, floor(high / ll_line_px(LINE * key->size, f->scale)));
}

/* The last entry says how many have no place. */
static void count_the_rest(ll_key *key, int places)
{
    if (key->n <= places) return;
    ll_str text = {0};
    ll_str_addf(&text, "and %d more", key->n - places + 1);
    for (int i = places - 1; i < key->n; i++) free(key->entry[i].text);
    key->n = places;
    key->entry[places - 1].series = NULL;
    key->entry[places - 1].text = ll_str_take(&text);
}

static void cut_texts(ll_key *key, const ll_figure *f, double room)
{
    int most = (int)(room / ll_text_px(1, key->size, f->scale) - SAMPLE);
    for (int i = 0; i < key->n; i++) {
        char *cut = ll_text_cut(key->entry[i].text, most > LEAST_CHARS ? most : LEAST_CHARS);
        free(key->entry[i].text);
        key->entry[i].text = cut;
    }
}

/* In a place of this size, from the largest text that fits to the smallest. */
static void fit(ll_key *key, const ll_figure *f, double room, double high)
{
    for (key->size = SIZE;; key->size *= .93) {
        pack(key, f, room);
        bool fits =
            key->lines <= lines_that_fit(key, f, high) && width_with(key, f, key->columns, NULL) <= room;
        if (fits || key->size * .93 < LEAST_SIZE) break;
    }
    cut_texts(key, f, room);
    pack(key, f, room);
    int lines = lines_that_fit(key, f, high);
    if (key->lines > lines) count_the_rest(key, lines * key->columns);
    pack(key, f, room);
    key->left = LL_NEW_ARRAY(double, key->columns + 1);
    key->width = width_with(key, f, key->columns, key->left);
    key->height = key->lines * ll_line_px(LINE * key->size, f->scale);
    for (int i = 0; i < key->n; i++) {
        key->entry[i].line = i / key->columns;
        key->entry[i].column = i % key->columns;
    }
}

static void take_entries(const ll_panel *p, ll_key *key)
{
    key->entry = LL_NEW_ARRAY(ll_key_entry, p->n_series + 1);
    for (int i = 0; i < p->n_series; i++)
        if (p->series[i].title && p->series[i].mark != LL_MARK_TEXT && p->series[i].n)
            key->entry[key->n++] = (ll_key_entry){&p->series[i], ll_strdup(p->series[i].title), 0, 0};
}

/* The key of a square panel goes where it leaves the square larger: right of it there is room when the figure is wide. */
static bool better_beside(const ll_figure *f, const ll_panel *p, double below)
{
    double line = ll_line_px(1, f->scale);
    return p->square && f->n_panels == 1 &&
           f->width - LEFT * line - 10 * line > f->height - AROUND * line - below &&
           f->width > 1.15 * f->height;
}

void ll_key_lay(const ll_figure *f, const ll_panel *p, ll_key *key)
{
    *key = (ll_key){0};
    if (p->key != LL_KEY_OUTSIDE) return;
    take_entries(p, key);
    if (!key->n) return;
    double high = SHARE * f->height / f->n_panels, line = ll_line_px(1, f->scale);
    key->size = SIZE;
    pack(key, f, .94 * f->width);
    key->beside = better_beside(f, p, key->lines * ll_line_px(LINE * SIZE, f->scale));
    if (key->beside)
        fit(key, f, fmax(.28 * f->width, f->width - f->height + (AROUND - LEFT - 1) * line), .8 * f->height);
    else
        fit(key, f, .94 * f->width, fmax(high, line));
}

void ll_key_place(const ll_figure *f, const ll_panel *p, const ll_key *key, int entry, double *x, double *y)
{
    double m[4];
    ll_panel_margins(f, p, m);
    double line = ll_line_px(LINE * key->size, f->scale), end = f->width - m[1];
    double middle = (m[0] + end) / 2, top = f->height - m[3] + ll_below_axis(f, p);
    double left = fmax(.02 * f->width, fmin(middle - key->width / 2, .98 * f->width - key->width));
    if (key->beside) left = end + ll_line_px(.8, f->scale);
    if (key->beside) top = (m[2] + f->height - m[3] - key->height) / 2;
    *x = left + key->left[key->entry[entry].column];
    *y = top + (key->entry[entry].line + .5) * line;
}

void ll_key_free(ll_key *key)
{
    for (int i = 0; i < key->n; i++) free(key->entry[i].text);
    free(key->entry);
    free(key->left);
    *key = (ll_key){0};
}
