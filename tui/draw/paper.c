#include "tui/draw/paper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/decimal.h"
#include "core/base/text/json.h"
#include "tui/draw/chart.h"

void ll_paper_flush(ll_paper *p, int keep)
{
    if (!p->out || p->c.height <= keep) return;
    ll_canvas_text(&p->c, 0, p->c.height, p->out);
    p->c.height = 0;
}

/* --- values --------------------------------------------------------------------------------------------- */

static void add_array(const cJSON *v, int digits, const ll_look *look, ll_str *out)
{
    const cJSON *item;
    if (cJSON_IsNumber(v->child) && cJSON_GetArraySize(v) > 4) {
        ll_chart_sparkline(v, look, out);
        return;
    }
    cJSON_ArrayForEach(item, v)
    {
        if (item != v->child) ll_str_add(out, ", ");
        ll_render_value(item, digits, look, out);
    }
}

void ll_render_value(const cJSON *v, int digits, const ll_look *look, ll_str *out)
{
    if (!v) return;
    if (cJSON_IsNull(v))
        ll_str_add(out, "-");
    else if (cJSON_IsBool(v))
        ll_str_add(out, cJSON_IsTrue(v) ? "yes" : "no");
    else if (cJSON_IsNumber(v))
        ll_add_number(out, v->valuedouble, digits);
    else if (cJSON_IsString(v))
        ll_str_add(out, v->valuestring);
    else if (cJSON_IsArray(v))
        add_array(v, digits, look, out);
}

/* --- blocks --------------------------------------------------------------------------------------------- */

static void put_line(ll_paper *p, ll_style style, int indent, const char *text, size_t n)
{
    ll_str line = {0};
    ll_str_addn(&line, text, n);
    ll_put(&p->c, p->c.height, indent, style, ll_str_text(&line));
    ll_str_free(&line);
}

/* What a long word without blanks may be broken behind: an architecture, a path, a list. */
static bool is_joint(uint32_t ch)
{
    return ch == '|' || ch == '/' || ch == ',' || ch == ';';
}

size_t ll_line_end(const char *text, int room)
{
    size_t end = 0, blank = 0, joint = 0;
    int used = 0;
    uint32_t ch;
    for (int n; (n = ll_utf8_next(text + end, &ch)) > 0 && ch != '\n'; end += (size_t)n) {
        if (ch == ' ') blank = end;
        if (used + ll_char_width(ch) > room) break;
        used += ll_char_width(ch);
        if (is_joint(ch) && 3 * used > room) joint = end + (size_t)n;
    }
    if (!text[end] || text[end] == '\n') return end;
    return blank ? blank : joint ? joint : end ? end : 1;
}

/* What goes on from a line that begins with blanks, as an example does, stands two further in than that line. */
void ll_render_wrapped(ll_paper *p, ll_style style, int indent, const char *text)
{
    int hang = 0;
    for (bool first = true; *text;) {
        if (first) hang = (int)strspn(text, " ");
        int in = first || !hang ? 0 : hang + 2, room = p->c.width - indent - in;
        size_t end = ll_line_end(text, room > 10 ? room : 10);
        put_line(p, style, indent + in, text, end);
        text += end;
        first = *text == '\n' || !*text;
        if (*text == ' ' || *text == '\n') text++;
    }
}
