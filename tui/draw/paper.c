#include "tui/draw/paper.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/json.h"
#include "tui/draw/chart.h"

void ll_paper_flush(ll_paper *p, int keep)
{
    if (!p->out || p->c.height <= keep) return;
    ll_canvas_text(&p->c, 0, p->c.height, p->out);
    p->c.height = 0;
}

/* --- values --------------------------------------------------------------------------------------------- */

/* What has more digits before the point than anybody reads has none behind it. */
static void add_number(double x, int digits, ll_str *out)
{
    static const double readable = 1e7;
    if (digits > 0 && fabs(x) >= readable)
        ll_str_addf(out, "%.4g", x);
    else if (digits >= 0)
        ll_str_addf(out, "%.*f", digits, x);
    else if (x == floor(x) && fabs(x) < 1e15)
        ll_str_addf(out, "%.0f", x);
    else
        ll_str_addf(out, "%.6g", x);
}

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
        add_number(v->valuedouble, digits, out);
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

void ll_render_wrapped(ll_paper *p, ll_style style, int indent, const char *text)
{
    int room = p->c.width - indent;
    if (room < 10) room = 10;
    while (*text) {
        size_t end = 0, cut = 0;
        int used = 0;
        uint32_t ch;
        for (int n;
             (n = ll_utf8_next(text + end, &ch)) > 0 && used + ll_char_width(ch) <= room && ch != '\n';) {
            if (ch == ' ') cut = end;
            used += ll_char_width(ch);
            end += (size_t)n;
        }
        if (text[end] && text[end] != '\n' && text[end] != ' ' && cut) end = cut;
        put_line(p, style, indent, text, end);
        text += end;
        if (*text == ' ' || *text == '\n') text++;
    }
}
