#include "tui/draw/ramp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- the maps ------------------------------------------------------------------------------------------- */

/* Evenly spaced anchors. Ten of matplotlib's cividis (Nunez, Anderton, Renslow 2018) and viridis (van der Walt,
 * Smith 2015); both rise evenly in lightness, cividis is the same for every form of colour blindness. */
static const int cividis[] = {0x00224e, 0x123570, 0x3b496c, 0x575d6d, 0x707173,
                              0x8a8678, 0xa59c74, 0xc3b369, 0xe1cc55, 0xfee838};
static const int viridis[] = {0x440154, 0x482878, 0x3e4989, 0x31688e, 0x26828e,
                              0x1f9e89, 0x35b779, 0x6ece58, 0xb5de2b, 0xfde725};
static const int diverging[] = {0x0b3c8c, 0x4a86c5, 0xa9cbe6, 0xf5f5f5, 0xf9c58c, 0xe88a2c, 0xa85400};

/* The halves of the diverging map are two paths, each from its dark end to the middle. */
enum { CIVIDIS, VIRIDIS, BELOW, ABOVE, N_MAPS };

static int between(const int *anchor, int n, double t)
{
    if (isnan(t)) return LL_RGB(96, 96, 96);
    t = fmin(fmax(t, 0), 1) * (n - 1);
    int i = t >= n - 1 ? n - 2 : (int)t;
    double f = t - i;
    int out = LL_RGB_BIT;
    for (int shift = 16; shift >= 0; shift -= 8) {
        int a = anchor[i] >> shift & 255, b = anchor[i + 1] >> shift & 255;
        out |= (int)lround(a + f * (b - a)) << shift;
    }
    return out;
}

static int named(const char *name)
{
    return name && !strcmp(name, "viridis") ? VIRIDIS : CIVIDIS;
}

int ll_ramp(const char *name, double t)
{
    return between(named(name) == VIRIDIS ? viridis : cividis, 10, t);
}

int ll_ramp_diverging(double t)
{
    return between(diverging, sizeof diverging / sizeof *diverging, (t + 1) / 2);
}

/* Map `map` at t from its dark end (0) to its light one (1). */
static int map_at(int map, double t)
{
    return map == BELOW   ? ll_ramp_diverging(t - 1)
           : map == ABOVE ? ll_ramp_diverging(1 - t)
                          : ll_ramp(map == VIRIDIS ? "viridis" : "cividis", t);
}

/* --- CIELAB --------------------------------------------------------------------------------------------- */

static double linear(int c)
{
    double v = c / 255.;
    return v <= .04045 ? v / 12.92 : pow((v + .055) / 1.055, 2.4);
}

static double lab_root(double v)
{
    return v > 216. / 24389 ? cbrt(v) : (24389. / 27 * v + 16) / 116;
}

void ll_colour_lab(int colour, double lab[3])
{
    int c[3];
    ll_colour_rgb(colour, c);
    double r = linear(c[0]), g = linear(c[1]), b = linear(c[2]);
    double x = lab_root((.4124564 * r + .3575761 * g + .1804375 * b) / .95047);
    double y = lab_root(.2126729 * r + .7151522 * g + .0721750 * b);
    double z = lab_root((.0193339 * r + .1191920 * g + .9503041 * b) / 1.08883);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

/* Square of CIE94's difference (graphic arts) from a colour: as a colour grows more vivid the eye tells less of its chroma
 * and hue apart, of its lightness as much as ever. */
static double square_difference(const double from[3], const double to[3])
{
    double light = to[0] - from[0], a = to[1] - from[1], b = to[2] - from[2];
    double vivid = hypot(from[1], from[2]), chroma = hypot(to[1], to[2]) - vivid;
    double hue = fmax(a * a + b * b - chroma * chroma, 0); /* squared */
    double s_c = 1 + .045 * vivid, s_h = 1 + .015 * vivid;
    return light * light + chroma * chroma / (s_c * s_c) + hue / (s_h * s_h);
}

/* --- paths in 256 colours ------------------------------------------------------------------------------- */

enum { FIRST = 16, N_FIXED = 240, STEPS = 64 };

typedef struct fixed {
    int colour;
    double lab[3];
} fixed;

static int by_lightness(const void *a, const void *b)
{
    const fixed *x = a, *y = b;
    return x->lab[0] != y->lab[0] ? (x->lab[0] < y->lab[0] ? -1 : 1) : x->colour - y->colour;
}

static void list_fixed(fixed v[N_FIXED])
{
    for (int i = 0; i < N_FIXED; i++) {
        v[i].colour = FIRST + i;
        ll_colour_lab(v[i].colour, v[i].lab);
    }
    qsort(v, N_FIXED, sizeof *v, by_lightness);
}

/* The path of least square differences: cost[k] is that of the best one up to this step which is now at colour k or at a
 * darker one, and from[step][k] that colour. */
static void find_path(int map, int path[STEPS])
{
    fixed v[N_FIXED];
    double cost[N_FIXED] = {0}, lab[3];
    static unsigned char from[STEPS][N_FIXED];
    list_fixed(v);
    for (int step = 0; step < STEPS; step++) {
        ll_colour_lab(map_at(map, (step + .5) / STEPS), lab);
        for (int k = 0; k < N_FIXED; k++) {
            double here = cost[k] + square_difference(lab, v[k].lab);
            bool darker = k && cost[k - 1] <= here;
            cost[k] = darker ? cost[k - 1] : here;
            from[step][k] = darker ? from[step][k - 1] : (unsigned char)k;
        }
    }
    for (int step = STEPS - 1, k = N_FIXED - 1; step >= 0; step--) {
        k = from[step][k];
        path[step] = v[k].colour;
    }
}

static int path_at(int map, double t)
{
    static int paths[N_MAPS][STEPS]; /* 0: not found yet; the thread that draws is one */
    if (!paths[map][0]) find_path(map, paths[map]);
    int step = (int)(fmin(fmax(t, 0), 1) * STEPS);
    return paths[map][step < STEPS ? step : STEPS - 1];
}

int ll_ramp_at(const char *name, double t, ll_depth depth)
{
    if (depth != LL_DEPTH_256 || isnan(t)) return ll_colour_at(ll_ramp(name, t), depth);
    return path_at(named(name), t);
}

int ll_ramp_diverging_at(double t, ll_depth depth)
{
    if (depth != LL_DEPTH_256 || isnan(t)) return ll_colour_at(ll_ramp_diverging(t), depth);
    return path_at(t < 0 ? BELOW : ABOVE, 1 - fabs(t));
}
