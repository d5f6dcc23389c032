#include "tui/screen/sides.h"

#include <string.h>

char ll_device_side(const ll_state *s, const char *device)
{
    if (!s->data || !s->task) return ' ';
    int i = ll_dataset_device(s->data, device);
    return ll_ints_find(&s->task->source, i) >= 0 ? 'S' : ll_ints_find(&s->task->target, i) >= 0 ? 'T' : ' ';
}

static void add_name(ll_str *out, int nth, const char *name)
{
    if (nth) ll_str_addc(out, ',');
    ll_quote_word(out, name);
}

/* One side as it will be: the others that are there, and the devices when they go there. */
static int add_side(const ll_state *s, const ll_ints *side, const ll_strs *devices, bool here, ll_str *out)
{
    int n = 0;
    for (int i = 0; side && i < side->n; i++) {
        const char *name = s->data->devices[side->v[i]].name;
        if (!ll_strs_has(devices, name)) add_name(out, n++, name);
    }
    for (int i = 0; here && i < devices->n; i++) add_name(out, n++, devices->v[i]);
    return n;
}

void ll_assign_line(const ll_state *s, const ll_strs *devices, char side, ll_str *out)
{
    ll_str source = {0}, target = {0};
    int n = add_side(s, s->task ? &s->task->source : NULL, devices, side == 'S', &source);
    int m = add_side(s, s->task ? &s->task->target : NULL, devices, side == 'T', &target);
    if (n) ll_str_addf(out, "partition source=%s", ll_str_text(&source));
    if (n && m) ll_str_addf(out, " target=%s", ll_str_text(&target));
    ll_str_free(&source);
    ll_str_free(&target);
}

bool ll_assign_expand(const ll_state *s, const ll_strs *devices, const char *name, ll_str *out)
{
    static const struct {
        const char *name;
        char side;
    } sides[] = {{"as-source", 'S'}, {"as-target", 'T'}, {"as-neither", '-'}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
        if (!strcmp(sides[i].name, name)) ll_assign_line(s, devices, sides[i].side, out);
    return out->len > 0;
}
