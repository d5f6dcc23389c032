#include "tui/draw/theme.h"

#include <string.h>

#define P LL_PLAIN
static const ll_theme themes[] = {
    {"default",
     "the terminal's own colours",
     {
         [LL_S_TEXT] = {P, P, 0},
         [LL_S_TITLE] = {P, P, LL_BOLD},
         [LL_S_HEAD] = {6, P, 0},
         [LL_S_FAINT] = {8, P, 0},
         [LL_S_ACCENT] = {4, P, LL_BOLD},
         [LL_S_GOOD] = {2, P, 0},
         [LL_S_WARN] = {3, P, 0},
         [LL_S_ERROR] = {1, P, LL_BOLD},
         [LL_S_CURSOR] = {P, P, LL_REVERSE},
         [LL_S_TAG] = {3, P, LL_BOLD},
         [LL_S_SOURCE] = {4, P, 0},
         [LL_S_TARGET] = {3, P, 0},
         [LL_S_BAR] = {P, P, LL_REVERSE},
         [LL_S_CURVE1] = {3, P, 0},
         [LL_S_CURVE2] = {6, P, 0},
     }},
    {"dark",
     "for dark backgrounds, 256 colours",
     {
         [LL_S_TEXT] = {252, P, 0},
         [LL_S_TITLE] = {231, P, LL_BOLD},
         [LL_S_HEAD] = {110, P, 0},
         [LL_S_FAINT] = {243, P, 0},
         [LL_S_ACCENT] = {75, P, LL_BOLD},
         [LL_S_GOOD] = {115, P, 0},
         [LL_S_WARN] = {221, P, 0},
         [LL_S_ERROR] = {209, P, LL_BOLD},
         [LL_S_CURSOR] = {16, 110, LL_BOLD},
         [LL_S_TAG] = {221, P, LL_BOLD},
         [LL_S_SOURCE] = {75, P, 0},
         [LL_S_TARGET] = {215, P, 0},
         [LL_S_BAR] = {252, 238, 0},
         [LL_S_CURVE1] = {215, P, 0},
         [LL_S_CURVE2] = {81, P, 0},
     }},
    {"light",
     "for light backgrounds, 256 colours",
     {
         [LL_S_TEXT] = {235, P, 0},
         [LL_S_TITLE] = {16, P, LL_BOLD},
         [LL_S_HEAD] = {24, P, 0},
         [LL_S_FAINT] = {245, P, 0},
         [LL_S_ACCENT] = {25, P, LL_BOLD},
         [LL_S_GOOD] = {29, P, 0},
         [LL_S_WARN] = {130, P, 0},
         [LL_S_ERROR] = {124, P, LL_BOLD},
         [LL_S_CURSOR] = {231, 24, LL_BOLD},
         [LL_S_TAG] = {130, P, LL_BOLD},
         [LL_S_SOURCE] = {25, P, 0},
         [LL_S_TARGET] = {130, P, 0},
         [LL_S_BAR] = {235, 252, 0},
         [LL_S_CURVE1] = {130, P, 0},
         [LL_S_CURVE2] = {25, P, 0},
     }},
    {"mono",
     "no colour: bold, dim and reverse only",
     {
         [LL_S_TEXT] = {P, P, 0},
         [LL_S_TITLE] = {P, P, LL_BOLD},
         [LL_S_HEAD] = {P, P, LL_UNDERLINE},
         [LL_S_FAINT] = {P, P, LL_DIM},
         [LL_S_ACCENT] = {P, P, LL_BOLD},
         [LL_S_GOOD] = {P, P, 0},
         [LL_S_WARN] = {P, P, LL_BOLD},
         [LL_S_ERROR] = {P, P, LL_BOLD},
         [LL_S_CURSOR] = {P, P, LL_REVERSE},
         [LL_S_TAG] = {P, P, LL_BOLD},
         [LL_S_SOURCE] = {P, P, 0},
         [LL_S_TARGET] = {P, P, LL_BOLD},
         [LL_S_BAR] = {P, P, LL_REVERSE},
         [LL_S_CURVE1] = {P, P, 0},
         [LL_S_CURVE2] = {P, P, 0},
     }},
};
#undef P
enum { N_THEMES = sizeof themes / sizeof *themes };

const ll_theme *ll_theme_at(int i)
{
    return i >= 0 && i < N_THEMES ? &themes[i] : NULL;
}

const ll_theme *ll_theme_find(const char *name)
{
    for (int i = 0; i < N_THEMES; i++)
        if (!strcmp(themes[i].name, name)) return &themes[i];
    return NULL;
}

ll_look ll_look_plain(int width)
{
    return (ll_look){
        .width = width, .depth = LL_DEPTH_MONO, .theme = &themes[N_THEMES - 1], .ramp = "cividis"};
}

ll_ink ll_style_ink(const ll_look *look, ll_style style)
{
    const ll_theme *theme = look->depth == LL_DEPTH_MONO ? &themes[N_THEMES - 1] : look->theme;
    ll_ink ink = (theme ? theme : themes)->ink[style];
    ink.fg = ll_colour_at(ink.fg, look->depth);
    ink.bg = ll_colour_at(ink.bg, look->depth);
    return ink;
}

/* --- colours: xterm's palette --------------------------------------------------------------------------- */

static const unsigned char first16[16][3] = {
    {0, 0, 0},     {205, 0, 0},     {0, 205, 0},     {205, 205, 0},   {0, 0, 238}, {205, 0, 205},
    {0, 205, 205}, {229, 229, 229}, {127, 127, 127}, {255, 0, 0},     {0, 255, 0}, {255, 255, 0},
    {92, 92, 255}, {255, 0, 255},   {0, 255, 255},   {255, 255, 255},
};
static const int cube_level[6] = {0, 95, 135, 175, 215, 255};

void ll_colour_rgb(int colour, int rgb[3])
{
    if (colour & LL_RGB_BIT && colour != LL_PLAIN) {
        for (int i = 0; i < 3; i++) rgb[i] = colour >> (16 - 8 * i) & 255;
    } else if (colour < 0) {
        rgb[0] = rgb[1] = rgb[2] = 128;
    } else if (colour < 16) {
        for (int i = 0; i < 3; i++) rgb[i] = first16[colour][i];
    } else if (colour < 232) {
        int c = colour - 16;
        rgb[0] = cube_level[c / 36], rgb[1] = cube_level[c / 6 % 6], rgb[2] = cube_level[c % 6];
    } else {
        rgb[0] = rgb[1] = rgb[2] = 8 + 10 * (colour - 232);
    }
}

/* Squared distance with the eye's weights for red, green and blue. */
static int distance(const int a[3], const int b[3])
{
    int dr = a[0] - b[0], dg = a[1] - b[1], db = a[2] - b[2];
    return 2 * dr * dr + 4 * dg * dg + 3 * db * db;
}

static int nearest(const int rgb[3], int from, int to)
{
    int best = from, best_distance = 1 << 30;
    for (int i = from; i < to; i++) {
        int c[3];
        ll_colour_rgb(i, c);
        int d = distance(rgb, c);
        if (d < best_distance) best = i, best_distance = d;
    }
    return best;
}

int ll_colour_at(int colour, ll_depth depth)
{
    if (colour == LL_PLAIN || depth == LL_DEPTH_MONO) return LL_PLAIN;
    if (depth == LL_DEPTH_TRUE) return colour;
    bool rgb = colour & LL_RGB_BIT;
    if (depth == LL_DEPTH_256 && !rgb) return colour;
    int limit = depth == LL_DEPTH_8 ? 8 : 16, c[3];
    if (!rgb && colour < limit) return colour;
    if (!rgb && colour < 16) return colour == 8 ? 7 : colour - 8;
    ll_colour_rgb(colour, c);
    /* the first 16 are the user's to redefine: a 256-colour terminal gets the fixed ones */
    return depth == LL_DEPTH_256 ? nearest(c, 16, 256) : nearest(c, 0, limit);
}

int ll_readable_on(int bg)
{
    int c[3];
    ll_colour_rgb(bg, c);
    return 299 * c[0] + 587 * c[1] + 114 * c[2] > 128000 ? LL_RGB(0, 0, 0) : LL_RGB(255, 255, 255);
}
