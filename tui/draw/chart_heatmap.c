#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tui/draw/chart.h"
#include "tui/draw/ramp.h"

/* mark and a blank before the label; "12 " in a label; rows a name downwards needs to be worth reading */
enum { MARGIN = 2, NUMBER = 3, READABLE = 6, NAME_LEAST = 14 };

static int clip(int v, int lo, int hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

static int longest(const ll_heatmap *m)
{
    int w = 4;
    for (int i = 0; i < m->n; i++) {
        int n = ll_text_width(m->names[i]);
        if (n > w) w = n;
    }
    return w;
}

/* Letters that all names begin with, up to and with the last '_': no column's head needs to repeat them. */
static int common_beginning(const ll_heatmap *m)
{
    int n = m->n > 1 ? (int)strlen(m->names[0]) : 0;
    for (int i = 1; i < m->n; i++)
        for (int j = 0; j < n; j++)
            if (m->names[i][j] != m->names[0][j]) n = j;
    while (n > 0 && m->names[0][n - 1] != '_') n--;
    return n;
}

static void set_scale(ll_heatmap *m)
{
    double lo = INFINITY;
    for (long i = 0; i < (long)m->n * m->n; i++)
        if (!isnan(m->v[i])) lo = fmin(lo, m->v[i]);
    m->hi = 1;
    m->diverging = lo < 0;
    m->lo = isinf(lo) ? 0 : m->diverging ? -1 : floor(fmin(lo, 0.9) * 10) / 10;
}

void ll_heatmap_plan(ll_heatmap *m, const ll_look *look, int h, int w)
{
    set_scale(m);
    int name = longest(m), head;
    m->common = common_beginning(m);
    head = name - m->common;
    m->head_h = clip(head, 1, h ? clip(h / 4, 1, 12) : 12);
    m->numbered = m->head_h < READABLE && m->head_h < head;
    if (m->numbered) m->head_h = m->n >= 10 ? 2 : 1;
    m->label_w = clip(name, 4, clip(w / 3, 6, 24)) + (m->numbered ? NUMBER : 0);
    int room = w - m->label_w - MARGIN - 1;
    if (!m->cell_w) {
        m->cell_w = clip(m->n ? room / m->n : 4, 1, 4);
        /* names give way before columns do, and before numbers run into each other */
        int four = w - MARGIN - 1 - 4 * m->n;
        if (m->cell_w == 3 && four >= NAME_LEAST + (m->numbered ? NUMBER : 0))
            m->label_w = four, m->cell_w = 4;
        if (m->n > room) m->label_w = clip(w - MARGIN - 1 - m->n, 8, m->label_w);
    }
    room = w - m->label_w - MARGIN - 1;
    m->cols = clip(room / m->cell_w, 0, m->n);
    m->rows = h ? clip(h - m->head_h, 0, m->n) : m->n;
    m->row0 = clip(m->row0, 0, m->n - m->rows);
    m->col0 = clip(m->col0, 0, m->n - m->cols);
}

int ll_heatmap_width(const ll_heatmap *m)
{
    return m->label_w + MARGIN + 1 + m->cols * m->cell_w;
}

static double share(const ll_heatmap *m, double v)
{
    return (v - m->lo) / (m->hi - m->lo);
}

ll_ink ll_heatmap_ink(const ll_heatmap *m, const ll_look *look, double v)
{
    if (look->depth < LL_DEPTH_256) return ll_style_ink(look, isnan(v) ? LL_S_FAINT : LL_S_TEXT);
    if (isnan(v)) return ll_style_ink(look, LL_S_FAINT);
    int bg = m->diverging ? ll_ramp_diverging_at(v, look->depth)
                          : ll_ramp_at(m->ramp ? m->ramp : look->ramp, share(m, v), look->depth);
    return (ll_ink){ll_readable_on(bg), bg, 0};
}

/* One is written for the same order alone: what only rounds to it is cut down. */
void ll_heatmap_number(double v, char text[8])
{
    const double same = 1 - 1e-9;
    char full[16];
    snprintf(full, sizeof full, "%.2f", fmin(v, .99));
    if (isnan(v))
        strcpy(text, "n/a");
    else if (v >= same)
        strcpy(text, "1.0");
    else if (v <= -same)
        strcpy(text, "-1.");
    else if (v < 0)
        snprintf(text, 8, "-.%d", clip((int)lround(-v * 10), 0, 9));
    else
        snprintf(text, 8, "%.3s", full + 1);
}

static char ramp_char(const ll_heatmap *m, double v)
{
    static const char ramp[] = " .:-=+*#%@";
    if (isnan(v)) return '?';
    return ramp[clip((int)(share(m, v) * 9.999), 0, 9)];
}

static bool in_block(const ll_heatmap *m, int row, int col)
{
    return row >= m->block_r && row < m->block_r + m->block_h && col >= m->block_c &&
           col < m->block_c + m->block_w && m->block_h > 0;
}

/* Does another group begin behind this row or column? */
static bool ends_group(const ll_heatmap *m, int i)
{
    return m->group && i + 1 < m->n && m->group[i] != m->group[i + 1];
}

/* A line of its own would move the cells: below a group its cells are underlined, right of it stands a bar, where a cell
 * has room beside its number. */
static void add_borders(const ll_heatmap *m, ll_canvas *c, int y, int x, int row, int col, ll_ink ink)
{
    static const uint32_t BAR = 0x2502;
    if (m->cell_w == 4 && col > 0 && ends_group(m, col - 1)) ll_put_cell(c, y, x, BAR, ink);
}

/* A chosen cell has its colours exchanged, so that the value can still be seen. */
static void draw_cell(const ll_heatmap *m, ll_canvas *c, int y, int x, int row, int col)
{
    double v = m->v[(long)row * m->n + col];
    ll_ink ink = ll_heatmap_ink(m, c->look, v);
    bool cursor = row == m->cursor_r && col == m->cursor_c, block = in_block(m, row, col);
    bool colour = c->look->depth >= LL_DEPTH_256 && !block;
    if (block) ink.attr ^= LL_REVERSE;
    if (cursor) ink = ll_style_ink(c->look, LL_S_CURSOR);
    if (ends_group(m, row)) ink.attr |= LL_UNDERLINE;
    char text[8];
    ll_heatmap_number(v, text);
    for (int i = 0; i < m->cell_w; i++) {
        char ch = colour || m->cell_w >= 3 ? ' ' : ramp_char(m, v);
        if (m->cell_w >= 3 && i >= m->cell_w - 3) ch = text[i - (m->cell_w - 3)];
        if (cursor && m->cell_w < 3 && colour) ch = i ? ']' : '[';
        ll_put_cell(c, y, x + i, (uint32_t)ch, ink);
    }
    add_borders(m, c, y, x, row, col, ink);
}

static ll_style mark_style(char mark)
{
    return mark == 'S' ? LL_S_SOURCE : mark == 'T' ? LL_S_TARGET : LL_S_TEXT;
}

static void draw_number_head(const ll_heatmap *m, ll_canvas *c, int y, int x, int col)
{
    ll_style style = m->cursor_c == col ? LL_S_CURSOR : LL_S_HEAD;
    int at = x + (m->cell_w - 1) / 2 + (m->cell_w == 4), number = col + 1;
    if (m->head_h == 2 && number >= 10) ll_putf(c, y, at, style, "%d", number / 10 % 10);
    ll_putf(c, y + m->head_h - 1, at, style, "%d", number % 10);
}

static void draw_label(const ll_heatmap *m, ll_canvas *c, int y, int x, int row)
{
    char mark = m->marks ? m->marks[row] : ' ';
    int skip = m->numbered ? ll_putf(c, y, x, LL_S_HEAD, "%2d ", row + 1) : 0;
    ll_put_middle_cut(c, y, x + skip, m->label_w - skip, row == m->cursor_r ? LL_S_CURSOR : mark_style(mark),
                      m->names[row]);
}

/* The name of a column downwards, its end at the matrix; long names lose their middle. */
static void draw_head(const ll_heatmap *m, ll_canvas *c, int y, int x, int col)
{
    const char *name = m->names[col] + m->common;
    int len = (int)strlen(name), h = m->head_h;
    ll_ink ink = ll_style_ink(c->look, m->cursor_c == col ? LL_S_CURSOR : LL_S_HEAD);
    int shown = len < h ? len : h, first = (h - 1) / 2, tail = shown - first - 1;
    for (int i = 0; i < shown; i++) {
        unsigned char ch = (unsigned char)name[i];
        if (len > h)
            ch = i < first    ? (unsigned char)name[i]
                 : i == first ? '~'
                              : (unsigned char)name[len - tail + i - first - 1];
        ll_put_cell(c, y + h - shown + i, x + (m->cell_w - 1) / 2 + (m->cell_w == 4), ch < 0x80 ? ch : '?',
                    ink);
    }
}

void ll_heatmap_draw(const ll_heatmap *m, ll_canvas *c, int y, int x)
{
    int left = x + MARGIN + m->label_w + 1;
    for (int j = 0; j < m->cols; j++)
        (m->numbered ? draw_number_head : draw_head)(m, c, y, left + j * m->cell_w, m->col0 + j);
    for (int i = 0; i < m->rows; i++) {
        int row = m->row0 + i, at = y + m->head_h + i;
        char mark = m->marks ? m->marks[row] : ' ';
        ll_putf(c, at, x, mark_style(mark), "%c", mark);
        draw_label(m, c, at, x + MARGIN, row);
        for (int j = 0; j < m->cols; j++) {
            int col = m->col0 + j;
            draw_cell(m, c, at, left + j * m->cell_w, row, col);
        }
    }
}

void ll_heatmap_legend(const ll_heatmap *m, ll_canvas *c, int y, int x)
{
    enum { W = 20 };
    x += ll_putf(c, y, x, LL_S_FAINT, "%.1f ", m->lo);
    for (int i = 0; i < W; i++) {
        double v = m->lo + (m->hi - m->lo) * (i + 0.5) / W;
        bool colour = c->look->depth >= LL_DEPTH_256;
        ll_put_cell(c, y, x + i, colour ? ' ' : (uint32_t)ramp_char(m, v), ll_heatmap_ink(m, c->look, v));
    }
    ll_putf(c, y, x + W, LL_S_FAINT, " %.1f", m->hi);
}
