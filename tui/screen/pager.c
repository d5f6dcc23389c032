#include "tui/screen/pager.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "tui/draw/render.h"

void ll_pager_free(ll_pager *p)
{
    ll_canvas_free(&p->page);
    free(p->wanted);
}

/* Row of the page that has the wanted text, from `from` on, downwards or upwards (step -1) and round the end; -1: none. */
static int find_row(const ll_pager *p, int from, int step)
{
    int h = p->page.height;
    for (int i = 0; p->wanted && i < h; i++) {
        int y = ((from + step * i) % h + h) % h;
        ll_str row = {0};
        ll_canvas_text(&p->page, y, y + 1, &row);
        bool here = strcasestr(ll_str_text(&row), p->wanted) != NULL;
        ll_str_free(&row);
        if (here) return y;
    }
    return -1;
}

void ll_pager_set(ll_pager *p, const cJSON *const *results, int n, const ll_look *look)
{
    ll_canvas_free(&p->page);
    ll_canvas_init(&p->page, look, 0, look->width > 4 ? look->width - 2 : 2);
    ll_look inner = *look;
    inner.width = p->page.width;
    for (int i = 0; i < n; i++) {
        ll_canvas part;
        ll_render_canvas(results[i], &inner, &part);
        int y = p->page.height + (i > 0);
        p->last = y;
        ll_put(&p->page, y + part.height - 1, 0, LL_S_TEXT, ""); /* makes room */
        ll_blit(&p->page, (ll_rect){y, 0, part.height, part.width}, &part, 0, 0);
        ll_canvas_free(&part);
    }
    p->page.look = look;
    p->found = find_row(p, p->top, 1);
}

static void keep_inside(ll_pager *p)
{
    int most = p->page.height - p->r.h;
    if (p->top > most) p->top = most;
    if (p->top < 0) p->top = 0;
    int aside = p->page.width - (p->r.w - 2);
    if (p->left > aside) p->left = aside;
    if (p->left < 0) p->left = 0;
}

void ll_pager_draw(ll_pager *p, ll_canvas *c, ll_rect r)
{
    bool longer = p->page.height > r.h;
    r.h -= longer; /* the last row says how much there is below */
    p->r = r;
    keep_inside(p);
    p->page.look = c->look;
    ll_blit(c, (ll_rect){r.y, r.x + 1, r.h, r.w - 2}, &p->page, p->top, p->left);
    int more = p->page.height - r.h - p->top;
    if (p->wanted && p->found >= p->top && p->found < p->top + r.h)
        ll_restyle(c, (ll_rect){r.y + p->found - p->top, r.x, 1, r.w}, ll_style_ink(c->look, LL_S_CURSOR));
    if (longer) ll_put_more(c, r.y + r.h, r.x + 1, p->top, more, "line", "lines");
}

void ll_pager_move(ll_pager *p, ll_move where)
{
    int page = p->r.h > 1 ? p->r.h - 1 : 1;
    const int lines[] = {[LL_UP] = -1,          [LL_DOWN] = 1,        [LL_PAGE_UP] = -page,
                         [LL_PAGE_DOWN] = page, [LL_FIRST] = -p->top, [LL_LAST] = p->page.height};
    if (where == LL_LEFT || where == LL_RIGHT) return;
    p->top += lines[where];
    keep_inside(p);
}

static void go_to(ll_pager *p, int row)
{
    p->found = row;
    if (row >= 0 && (row < p->top || row >= p->top + p->r.h)) p->top = row;
    keep_inside(p);
}

bool ll_pager_action(ll_pager *p, const char *name, const char *arg)
{
    if (!strcmp(name, "find") && p->wanted) {
        int step = *arg == '-' ? -1 : 1;
        go_to(p, find_row(p, p->found >= 0 ? p->found + step : p->top, step));
        return true;
    }
    if (strcmp(name, "filter-by")) return false;
    free(p->wanted);
    p->wanted = *arg ? ll_strdup(arg) : NULL;
    go_to(p, find_row(p, p->top, 1));
    return true;
}

void ll_pager_copy(const ll_pager *p, ll_str *out)
{
    int y = p->wanted && p->found >= 0 ? p->found : p->top;
    ll_look plain = ll_look_plain(0);
    ll_canvas page = p->page;
    ll_str row = {0};
    plain.utf8 = true;
    page.look = &plain;
    if (y < page.height) ll_canvas_text(&page, y, y + 1, &row);
    const char *text = ll_str_text(&row);
    text += strspn(text, " ");
    ll_str_addf(out, "%.*s", (int)strcspn(text, "\n"), text);
    ll_str_free(&row);
}

bool ll_pager_mouse(ll_pager *p, const ll_mouse *m)
{
    if (!ll_rect_has(p->r, m->y, m->x)) return false;
    p->top += 3 * ll_mouse_wheel(m);
    keep_inside(p);
    return true;
}
