#include "core/space/own/layers_draw.h"

#include <string.h>

enum { COLUMNS = 72, LINES = 40, HEAD = 28 };

/* "5x5 dw /2": the window, what is peculiar, the stride. */
static void add_conv(const ll_layer *l, ll_str *out)
{
    ll_str_addf(out, "%dx%d", l->kernel, l->kernel);
    if (l->groups > 1 && l->groups == l->c_in) ll_str_add(out, " dw");
    if (l->groups > 1 && l->groups != l->c_in) ll_str_addf(out, " in %d groups", l->groups);
    if (l->stride > 1) ll_str_addf(out, " /%d", l->stride);
    ll_str_addf(out, " %d", l->c_out);
}

static void add_layer(const ll_layer *l, ll_str *out)
{
    static const char *const names[] = {[LL_ADD] = "+",
                                        [LL_GLOBAL_POOL] = "mean",
                                        [LL_COPY] = "skip",
                                        [LL_GATE] = "gate",
                                        [LL_SHUFFLE] = "shuffle"};
    if (l->kind == LL_CONV)
        add_conv(l, out);
    else if (l->kind == LL_LINEAR)
        ll_str_addf(out, "linear %d", l->c_out);
    else if (l->kind == LL_POOL_AVG)
        ll_str_addf(out, "%dx%d mean", l->kernel, l->kernel);
    else
        ll_str_add(out, names[l->kind]);
}

/* Squeeze-and-excitation is written as one: a mean, what becomes of it, and the gate. How many layers it takes, 0: none
 * begins here. */
static int excitation_at(const ll_layer *layers, int n)
{
    int end = 1;
    if (layers[0].kind != LL_GLOBAL_POOL) return 0;
    while (end < n && layers[end].kind == LL_LINEAR) end++;
    return end > 1 && end < n && layers[end].kind == LL_GATE ? end + 1 : 0;
}

/* Whole words as far as there is room. */
static int fitting(const char *text, int room)
{
    int n = (int)strlen(text);
    if (n <= room) return n;
    for (n = room - 3; n > 0 && strncmp(text + n, ", ", 2);) n--;
    return n;
}

static void draw_run(const ll_space *s, const ll_layer *layers, int n, ll_str *out)
{
    const ll_layer *last = &layers[n - 1];
    ll_str text = {0};
    for (int i = 0, taken; i < n; i += taken) {
        taken = excitation_at(layers + i, n - i);
        if (i) ll_str_add(&text, ", ");
        if (taken)
            ll_str_addf(&text, "se %d", layers[i + 1].c_out);
        else
            add_layer(&layers[i], &text);
        if (!taken) taken = 1;
    }
    int shown = fitting(text.s, COLUMNS - HEAD);
    ll_str_addf(out, "%-10.10s %3dx%-3d x%4d   %.*s%s\n",
                last->position < 0 ? "" : s->positions[last->position], last->h_out, last->h_out, last->c_out,
                shown, text.s, text.s[shown] ? ", .." : "");
    ll_str_free(&text);
}

void ll_layers_draw(const ll_space *s, const ll_layer *layers, int n, ll_str *out)
{
    int line = 0;
    for (int begin = 0, end; begin < n; begin = end) {
        end = begin + 1;
        while (end < n && layers[end].position == layers[begin].position) end++;
        if (++line == LINES) {
            ll_str_addf(out, "and %d %s more\n", n - begin, ll_noun(n - begin, "layer", "layers"));
            return;
        }
        draw_run(s, &layers[begin], end - begin, out);
    }
}
