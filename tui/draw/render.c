#include "tui/draw/render.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "tui/draw/table.h"

void ll_render_title(ll_paper *p, const cJSON *result)
{
    const char *title = ll_json_get_str(result, "title", NULL);
    if (title && *title) ll_render_wrapped(p, LL_S_TITLE, 0, title);
}

/* Only what a program of our own choice has drawn carries its colours; in any other text an escape is data. */
static void draw_text(ll_paper *p, const char *text, bool coloured)
{
    ll_ink ink = {LL_PLAIN, LL_PLAIN, 0};
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        char *one = ll_memdup(line, n + 1, 1);
        one[n] = 0;
        if (coloured)
            ll_put_coloured(&p->c, p->c.height, 0, &ink, one);
        else
            ll_put(&p->c, p->c.height, 0, LL_S_TEXT, one);
        free(one);
        line += n + (line[n] == '\n');
        ll_paper_flush(p, 400);
    }
}

/* Pixels in a graphics protocol go out as they are; a canvas has no place for them. */
static void draw_picture(ll_paper *p, const char *raw)
{
    if (!p->out) {
        ll_put(&p->c, p->c.height, 0, LL_S_FAINT, "(a picture, shown at the prompt)");
        return;
    }
    ll_paper_flush(p, 0);
    ll_str_add(p->out, raw);
    ll_str_addc(p->out, '\n');
}

static void say_hidden(ll_paper *p, const ll_table *t)
{
    ll_str text = {0};
    ll_str_add(&text, "(left out for want of room: ");
    ll_table_add_hidden(t, &text);
    ll_str_add(&text, "; > on a page, a wider terminal or --json shows all)");
    ll_render_wrapped(p, LL_S_FAINT, 0, ll_str_text(&text));
    ll_str_free(&text);
}

static void draw_table(ll_paper *p, const cJSON *rows, const cJSON *columns)
{
    ll_table t;
    const cJSON *row;
    ll_table_wrap(&t, rows, columns, p->c.look->width, p->c.look);
    if (t.headed) ll_table_draw_head(&t, &p->c, p->c.height, 0);
    cJSON_ArrayForEach(row, rows)
    {
        ll_table_draw_row(&t, row, &p->c, p->c.height, 0);
        ll_paper_flush(p, 400);
    }
    if (t.n_hidden) say_hidden(p, &t);
    ll_table_free(&t);
}

static int widest_title(const cJSON *columns)
{
    int w = 0;
    const cJSON *col;
    cJSON_ArrayForEach(col, columns)
    {
        int n = ll_text_width(ll_json_get_str(col, "title", ll_json_get_str(col, "key", "")));
        if (n > w) w = n;
    }
    return w;
}

static void draw_field(ll_paper *p, const char *title, const cJSON *value, int digits, const char *unit,
                       int at)
{
    int y = p->c.height;
    ll_str text = {0};
    ll_put(&p->c, y, 2, LL_S_HEAD, title);
    ll_render_value(value, digits, p->c.look, &text);
    if (!text.len) ll_str_addc(&text, '-'); /* an empty list or text */
    int x = at + 4, room = p->c.width - x, w = ll_text_width(ll_str_text(&text));
    if (w > room && cJSON_IsString(value) && room >= 20) {
        ll_paper wrapped = {.out = NULL};
        ll_canvas_init(&wrapped.c, p->c.look, 0, room);
        ll_render_wrapped(&wrapped, LL_S_TEXT, 0, ll_str_text(&text));
        ll_put(&p->c, y + wrapped.c.height - 1, 0, LL_S_TEXT, "");
        ll_blit(&p->c, (ll_rect){y, x, wrapped.c.height, room}, &wrapped.c, 0, 0);
        ll_canvas_free(&wrapped.c);
    } else {
        int used =
            ll_put_cut(&p->c, y, x, room, cJSON_IsNull(value) ? LL_S_FAINT : LL_S_TEXT, ll_str_text(&text));
        if (unit && *unit && !cJSON_IsNull(value)) ll_put(&p->c, y, x + used + 1, LL_S_FAINT, unit);
    }
    ll_str_free(&text);
}

static void draw_fields(ll_paper *p, const cJSON *result, const cJSON *columns)
{
    int at = widest_title(columns);
    const cJSON *col;
    cJSON_ArrayForEach(col, columns)
    {
        const char *key = ll_json_get_str(col, "key", NULL);
        const cJSON *value = key ? cJSON_GetObjectItemCaseSensitive(result, key) : NULL;
        if (value && !cJSON_IsNull(value))
            draw_field(p, ll_json_get_str(col, "title", key), value, ll_json_get_int(col, "digits", -1),
                       ll_json_get_str(col, "unit", NULL), at);
    }
}

/* A result that says nothing about its presentation: its scalars, one per line. */
static void draw_bare(ll_paper *p, const cJSON *result)
{
    static const char *const known[] = {"event", "id", "kind", "title", "summary", "notes"};
    int at = 0;
    for (int pass = 0; pass < 2; pass++) {
        const cJSON *item;
        cJSON_ArrayForEach(item, result)
        {
            bool skip = cJSON_IsObject(item) || !item->string;
            for (size_t i = 0; i < sizeof known / sizeof *known; i++)
                if (item->string && !strcmp(item->string, known[i])) skip = true;
            if (skip) continue;
            int w = ll_text_width(item->string);
            if (pass == 0 && w > at) at = w;
            if (pass == 1) draw_field(p, item->string, item, -1, NULL, at);
        }
    }
}

void ll_render_body(ll_paper *p, const cJSON *result)
{
    const char *text = ll_json_get_str(result, "text", NULL), *raw = ll_json_get_str(result, "raw", NULL);
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(result, "columns");
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(result, "rows");
    const char *summary = ll_json_get_str(result, "summary", NULL);
    if (summary) ll_render_wrapped(p, LL_S_TEXT, 0, summary);
    if (text) draw_text(p, text, ll_json_get_bool(result, "coloured", false));
    if (raw) draw_picture(p, raw);
    if (cJSON_IsArray(rows) && rows->child)
        draw_table(p, rows, columns);
    else if (cJSON_IsArray(rows))
        ll_put(&p->c, p->c.height, 2, LL_S_FAINT, "(none)");
    else if (columns)
        draw_fields(p, result, columns);
    else if (!text && !raw && !summary)
        draw_bare(p, result);
}

void ll_render_notes(ll_paper *p, const cJSON *result)
{
    const cJSON *note;
    cJSON_ArrayForEach(note, cJSON_GetObjectItemCaseSensitive(result, "notes"))
    {
        if (cJSON_IsString(note)) ll_render_wrapped(p, LL_S_FAINT, 0, note->valuestring);
    }
}

/* --- whole results -------------------------------------------------------------------------------------- */

static int line_width(const char *text)
{
    int w = 0;
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        char *line = ll_memdup(text, n + 1, 1);
        line[n] = 0;
        int here = ll_text_width(line);
        if (here > w) w = here;
        free(line);
        text += n + (text[n] == '\n');
    }
    return w;
}

static int at_least(int a, int b)
{
    return a > b ? a : b;
}

static int fields_width(const cJSON *from, const ll_look *look)
{
    const cJSON *item;
    int w = 0;
    ll_str text = {0};
    cJSON_ArrayForEach(item, from)
    {
        ll_str_clear(&text);
        ll_render_value(item, 6, look, &text);
        w = at_least(w, ll_text_width(ll_str_text(&text)) + (item->string ? ll_text_width(item->string) : 0));
    }
    ll_str_free(&text);
    return w;
}

/* Of what stands around a drawing or a table. */
static int texts_width(const cJSON *result)
{
    const cJSON *note;
    int w = at_least(80, line_width(ll_json_get_str(result, "title", NULL)));
    w = at_least(w, line_width(ll_json_get_str(result, "text", NULL)));
    cJSON_ArrayForEach(note, cJSON_GetObjectItemCaseSensitive(result, "notes")) w =
        at_least(w, line_width(note->valuestring));
    return w;
}

int ll_render_natural_width(const cJSON *result, const ll_look *look)
{
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(result, "rows");
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(result, "columns");
    int w = texts_width(result);
    if (cJSON_IsArray(rows)) {
        ll_table t;
        ll_table_layout(&t, rows, columns, 0, look);
        w = at_least(w, ll_table_width(&t));
        ll_table_free(&t);
    } else {
        w = at_least(w, fields_width(result, look) + widest_title(columns) + 24);
    }
    return w;
}

static const ll_render_kind *find_kind(const cJSON *result)
{
    const char *kind = ll_json_get_str(result, "kind", "");
    const ll_render_kind *k = ll_render_kinds;
    while (k->kind && strcmp(k->kind, kind)) k++;
    return k->kind ? k : NULL;
}

static void draw_result(ll_paper *p, const cJSON *result, const ll_look *look)
{
    const ll_render_kind *k = find_kind(result);
    int width = look->width;
    if (width <= 0) {
        bool own = k && k->width; /* what it draws is not the list of its fields */
        width = own ? at_least(texts_width(result), k->width(result, look))
                    : ll_render_natural_width(result, look);
    }
    ll_canvas_init(&p->c, look, 0, width);
    if (k) {
        k->draw(p, result);
        return;
    }
    ll_render_title(p, result);
    ll_render_body(p, result);
    ll_render_notes(p, result);
}

void ll_render_result(const cJSON *result, const ll_look *look, ll_str *out)
{
    ll_paper p = {.out = out};
    draw_result(&p, result, look);
    ll_paper_flush(&p, 0);
    ll_canvas_free(&p.c);
}

void ll_render_canvas(const cJSON *result, const ll_look *look, ll_canvas *c)
{
    ll_paper p = {.out = NULL};
    draw_result(&p, result, look);
    *c = p.c;
}
