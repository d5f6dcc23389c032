#include <math.h>
#include <string.h>

#include "core/base/text/json.h"
#include "tui/draw/chart.h"
#include "tui/draw/render.h"

void ll_render_duration(double s, ll_str *out)
{
    if (s < 9.95)
        ll_str_addf(out, "%.1f s", s);
    else if (s < 60)
        ll_str_addf(out, "%.0f s", s);
    else if (s < 3600)
        ll_str_addf(out, "%d min %02d s", (int)s / 60, (int)s % 60);
    else
        ll_str_addf(out, "%d h %02d min", (int)s / 3600, (int)s % 3600 / 60);
}

/* Everything numeric beside the counts: "loss 0.123  spearman 0.97". */
static void add_numbers(const cJSON *progress, ll_str *out)
{
    static const char *const known[] = {"id", "done", "total", "left_s"};
    const cJSON *item;
    cJSON_ArrayForEach(item, progress)
    {
        bool skip = !cJSON_IsNumber(item);
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (!strcmp(item->string, known[i])) skip = true;
        if (!skip) ll_str_addf(out, "  %s %.4g", item->string, item->valuedouble);
    }
}

void ll_render_progress(const cJSON *progress, const ll_look *look, int width, ll_str *out)
{
    ll_canvas c;
    ll_str numbers = {0};
    double done = ll_json_get_num(progress, "done", 0), total = ll_json_get_num(progress, "total", 0);
    double left = ll_json_get_num(progress, "left_s", NAN);
    if (width < 20) width = 20;
    ll_canvas_init(&c, look, 1, width);
    int x = ll_put_cut(&c, 0, 0, width / 3, LL_S_ACCENT, ll_json_get_str(progress, "phase", "working")) + 1;
    if (total > 0) {
        int bar = width >= 60 ? 16 : 8;
        ll_chart_bar(&c, 0, x, bar, done / total, LL_S_ACCENT);
        x += bar + 1;
        x += ll_putf(&c, 0, x, LL_S_TEXT, "%.0f/%.0f", done, total);
    }
    if (isfinite(left) && !(total > 0 && done >= total)) { /* nothing is left of a full bar */
        ll_str_add(&numbers, "  ");
        ll_render_duration(left, &numbers);
        ll_str_add(&numbers, " left");
    }
    add_numbers(progress, &numbers);
    ll_put_cut(&c, 0, x, width - x, LL_S_TEXT, ll_str_text(&numbers));
    ll_canvas_text(&c, 0, 1, out);
    out->s[--out->len] = 0; /* the newline */
    ll_str_free(&numbers);
    ll_canvas_free(&c);
}
