/* Hand-made figures and fake gnuplots that the tests of plots share. */
#ifndef LL_TESTS_FIGURES_H
#define LL_TESTS_FIGURES_H

#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/mem.h"
#include "plots/build/build.h"
#include "plots/gnuplot/gnuplot.h"
#include "tests/check.h"

/* Everything gnuplot could take for a command, a macro, an escape, markup or the end of a string. */
#define NASTY "a'b\"c\\`touch pwned`{_^@x}\n<&>%d $x"

static inline ll_figure *three_devices(const char *nasty, bool with_nan)
{
    const char *names[] = {nasty, "fpga", "raspi4"};
    double r[] = {1, .5, -.25, .5, 1, with_nan ? NAN : .75, -.25, with_nan ? NAN : .75, 1};
    ll_heatmap_join joins[] = {{1, 2, .25}, {0, 3, .9}};
    int order[] = {0, 1, 2};
    ll_heatmap_data d = {.title = nasty,
                         .value_label = nasty,
                         .n = 3,
                         .names = names,
                         .r = r,
                         .order = order,
                         .side = "st ",
                         .joins = joins};
    ll_figure *f;
    CHECK_INT(ll_build_heatmap(&d, &f, NULL), LL_OK);
    return f;
}

static inline ll_figure *cloud(int n, const char *title)
{
    double *m = LL_NEW_ARRAY(double, n), *p = LL_NEW_ARRAY(double, n);
    int samples[] = {1, 3};
    for (int i = 0; i < n; i++) {
        m[i] = 1 + .01 * i;
        p[i] = m[i] * (1 + .05 * ((i * 7) % 11 - 5) / 5);
    }
    ll_scatter_data d = {.title = title,
                         .n = n,
                         .measured_ms = m,
                         .predicted_ms = p,
                         .samples = samples,
                         .k = 2,
                         .cost = 2,
                         .spearman = .97,
                         .n_scored = n - 2,
                         .worst = 2};
    ll_figure *f;
    CHECK_INT(ll_build_scatter(&d, &f, NULL), LL_OK);
    free(p);
    free(m);
    return f;
}

static inline const char *in_tmp(const char *name)
{
    static char path[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", check_tmpdir(), name);
    return path[turn];
}

/* Writes an executable shell script and makes it the gnuplot of what follows. */
static inline void fake_gnuplot(const char *name, const char *body)
{
    const char *path = in_tmp(name);
    FILE *f = fopen(path, "w");
    fprintf(f, "#!/bin/sh\n%s\n", body);
    fclose(f);
    chmod(path, 0755);
    setenv("LATLAB_GNUPLOT", path, 1);
}

static inline bool have_gnuplot(ll_gnuplot *g)
{
    ll_error e = {0};
    if (!ll_gnuplot_probe(g, NULL, &e)) return true;
    check_skip(e.message);
    return false;
}

/* The first whose title begins so; NULL: none. */
static inline const ll_series *series_named(const ll_figure *f, const char *start)
{
    for (int p = 0; p < f->n_panels; p++)
        for (int i = 0; i < f->panels[p].n_series; i++) {
            const ll_series *s = &f->panels[p].series[i];
            if (s->title && !strncmp(s->title, start, strlen(start))) return s;
        }
    return NULL;
}

/* The text that stands there in the first panel; NULL: none. */
static inline const char *text_at(const ll_figure *f, double x, double y)
{
    for (int i = 0; i < f->panels[0].n_series; i++) {
        const ll_series *s = &f->panels[0].series[i];
        for (int j = 0; s->mark == LL_MARK_TEXT && j < s->n; j++)
            if (s->v[2 * j] == x && s->v[2 * j + 1] == y) return s->text[j];
    }
    return NULL;
}

#endif
