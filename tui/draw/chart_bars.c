#include <math.h>

#include "tui/draw/chart.h"

enum { SPARK = 24 };

void ll_chart_sparkline(const cJSON *numbers, const ll_look *look, ll_str *out)
{
    static const char *const blocks[] = {"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
                                         "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
    static const char ascii[] = "_.-=+*%#";
    double sum[SPARK] = {0}, lo = INFINITY, hi = -INFINITY;
    int count[SPARK] = {0}, n = cJSON_GetArraySize(numbers), w = n < SPARK ? n : SPARK, i = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, numbers)
    {
        int at = (int)((long)i++ * w / n);
        if (cJSON_IsNumber(item)) sum[at] += item->valuedouble, count[at]++;
    }
    for (i = 0; i < w; i++) {
        if (!count[i]) continue;
        sum[i] /= count[i];
        lo = fmin(lo, sum[i]);
        hi = fmax(hi, sum[i]);
    }
    lo = fmin(lo, 0); /* counts start at zero */
    for (i = 0; i < w; i++) {
        int level = hi > lo ? (int)((sum[i] - lo) / (hi - lo) * 7.999) : 0;
        if (!count[i])
            ll_str_addc(out, ' ');
        else if (look->utf8)
            ll_str_add(out, blocks[level]);
        else
            ll_str_addc(out, ascii[level]);
    }
}

void ll_chart_bar(ll_canvas *c, int y, int x, int w, double share, ll_style style)
{
    ll_ink ink = ll_style_ink(c->look, style);
    if (isnan(share) || share < 0) share = 0;
    int eighths = (int)lround(fmin(share, 1) * w * 8);
    for (int i = 0; i < w; i++) {
        int here = eighths - 8 * i;
        if (here >= 8)
            ll_put_cell(c, y, x + i, 0x2588, ink);
        else if (here > 0 && c->look->utf8)
            ll_put_cell(c, y, x + i, (uint32_t)(0x2590 - here), ink);
        else
            ll_put_cell(c, y, x + i, c->look->utf8 ? 0xb7 : '.', ll_style_ink(c->look, LL_S_FAINT));
    }
}
