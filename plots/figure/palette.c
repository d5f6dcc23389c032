#include "plots/figure/palette.h"

#include <math.h>
#include <string.h>

static const uint32_t pens[2][LL_PENS] = {
    {0x222222, 0x7a7a7a, 0xdedede, 0xffffff, 0x000000, 0xffffff, 0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7,
     0xe69f00, 0x56b4e9},
    {0xe4e4e4, 0x9a9a9a, 0x3c3c3c, 0x16181c, 0x000000, 0xffffff, 0x5ab4f0, 0xf58a4b, 0x2fc79a, 0xe39cc4,
     0xf0b83c, 0x9fd4f5},
};

uint32_t ll_pen_rgb(ll_pen pen, ll_plot_theme theme)
{
    return theme == LL_THEME_MARKED ? (uint32_t)LL_PEN_MARK + pen : pens[theme][pen];
}

ll_pen ll_pen_of_series(int i)
{
    return (ll_pen)(LL_PEN_BLUE + i % LL_SERIES_INKS);
}

static const uint32_t cividis[] = {0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173,
                                   0x8a8678, 0xa59c74, 0xc3b369, 0xe1cc55, 0xfee838};
static const uint32_t viridis[] = {0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e,
                                   0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725};
static const uint32_t diverging[] = {0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7,
                                     0xfee0b6, 0xfdb863, 0xe08214, 0xb35806};

#define STOPS(table) sizeof(table) / sizeof *(table), table
static const ll_palette palettes[] = {
    {"cividis", STOPS(cividis)},
    {"viridis", STOPS(viridis)},
    {"diverging", STOPS(diverging)},
};

const char *ll_palette_name(int i)
{
    return i < (int)(sizeof palettes / sizeof *palettes) ? palettes[i].name : NULL;
}

const ll_palette *ll_palette_find(const char *name)
{
    for (size_t i = 0; i < sizeof palettes / sizeof *palettes; i++)
        if (!strcmp(palettes[i].name, name)) return &palettes[i];
    return NULL;
}

static uint32_t mix(uint32_t a, uint32_t b, double t, int shift)
{
    double x = (a >> shift) & 255, y = (b >> shift) & 255;
    return (uint32_t)lround(x + t * (y - x)) << shift;
}

uint32_t ll_palette_at(const ll_palette *p, double t)
{
    t = t > 0 ? fmin(t, 1) : 0; /* NaN goes to 0 */
    double at = t * (p->n - 1);
    int i = (int)fmin(floor(at), p->n - 2);
    uint32_t a = p->stop[i], b = p->stop[i + 1];
    return mix(a, b, at - i, 16) | mix(a, b, at - i, 8) | mix(a, b, at - i, 0);
}

static double linear(uint32_t rgb, int shift)
{
    double c = ((rgb >> shift) & 255) / 255.;
    return c <= .04045 ? c / 12.92 : pow((c + .055) / 1.055, 2.4);
}

double ll_luminance(uint32_t rgb)
{
    return .2126 * linear(rgb, 16) + .7152 * linear(rgb, 8) + .0722 * linear(rgb, 0);
}
