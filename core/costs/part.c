#include "core/costs/part.h"

#include <string.h>

#define BIT(F) (1u << LL_PART_##F)
#define SHAPE  (BIT(H_IN) | BIT(C_IN) | BIT(H_OUT) | BIT(C_OUT))
#define WINDOW (BIT(KERNEL) | BIT(STRIDE))
#define IMAGE  (BIT(H_IN) | BIT(C_IN))

/* Which numbers a kind has, and which of them every row of a table says. */
static const struct {
    const char *name;
    unsigned has, needs;
} kinds[LL_PART_KINDS] = {
    [LL_PART_CONV] = {"conv", SHAPE | WINDOW | BIT(GROUPS) | BIT(ACT), IMAGE | BIT(C_OUT)},
    [LL_PART_POOL] = {"pool", IMAGE | BIT(H_OUT) | WINDOW, IMAGE},
    [LL_PART_ADD] = {"add", IMAGE | BIT(ACT), IMAGE},
    [LL_PART_LINEAR] = {"linear", BIT(C_IN) | BIT(C_OUT) | BIT(ACT), BIT(C_IN) | BIT(C_OUT)},
    [LL_PART_MEAN] = {"mean", IMAGE, IMAGE},
    [LL_PART_SHUFFLE] = {"shuffle", IMAGE | BIT(GROUPS), IMAGE},
    [LL_PART_GATE] = {"gate", IMAGE, IMAGE},
    [LL_PART_COPY] = {"copy", IMAGE, IMAGE},
    [LL_PART_SE] = {"se", IMAGE | BIT(MIDDLE), IMAGE},
    [LL_PART_BLOCK] = {"block",
                       SHAPE | WINDOW | BIT(GROUPS) | BIT(MIDDLE) | BIT(ACT) | BIT(WITH_SE) | BIT(RESIDUAL),
                       IMAGE | BIT(C_OUT) | BIT(MIDDLE)},
    [LL_PART_TAIL] = {"tail", IMAGE | BIT(C_OUT), IMAGE | BIT(C_OUT)},
    [LL_PART_CHOICE] = {"choice", BIT(POSITION) | BIT(OPERATION), BIT(POSITION) | BIT(OPERATION)},
};
static const char *const fields[LL_PART_FIELDS] = {"h_in",     "c_in",     "h_out",    "c_out", "kernel",
                                                   "stride",   "groups",   "middle",   "act",   "se",
                                                   "residual", "position", "operation"};

const char *ll_part_kind_name(int kind)
{
    return kind >= 0 && kind < LL_PART_KINDS ? kinds[kind].name : NULL;
}

int ll_part_kind_find(const char *name)
{
    for (int i = 0; i < LL_PART_KINDS; i++)
        if (!strcmp(kinds[i].name, name)) return i;
    return -1;
}

const char *ll_part_field_name(int field)
{
    return field >= 0 && field < LL_PART_FIELDS ? fields[field] : NULL;
}

bool ll_part_has(ll_part_kind kind, int field)
{
    return kinds[kind].has >> field & 1;
}

bool ll_part_needs(ll_part_kind kind, int field)
{
    return kinds[kind].needs >> field & 1;
}

ll_part ll_part_new(ll_part_kind kind)
{
    ll_part p = {.kind = kind};
    for (int f = 0; f < LL_PART_FIELDS; f++) p.v[f] = LL_ANY;
    return p;
}

int ll_part_compare_needed(const ll_part *a, const ll_part *b)
{
    static const ll_part_field first[] = {LL_PART_C_IN, LL_PART_C_OUT, LL_PART_H_IN};
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (a->v[first[i]] != b->v[first[i]]) return a->v[first[i]] < b->v[first[i]] ? -1 : 1;
    return 0;
}

int ll_part_compare(const ll_part *a, const ll_part *b)
{
    int order = ll_part_compare_needed(a, b);
    for (int f = 0; f < LL_PART_FIELDS && !order; f++)
        if (a->v[f] != b->v[f]) order = a->v[f] < b->v[f] ? -1 : 1;
    return order;
}

bool ll_part_matches(const ll_part *row, const ll_part *part)
{
    if (row->kind != part->kind) return false;
    for (int f = 0; f < LL_PART_FIELDS; f++)
        if (row->v[f] != LL_ANY && row->v[f] != part->v[f]) return false;
    return true;
}

int ll_part_said(const ll_part *part)
{
    int n = 0;
    for (int f = 0; f < LL_PART_FIELDS; f++) n += part->v[f] != LL_ANY;
    return n;
}

static double at_least(int x, double otherwise)
{
    return x == LL_ANY ? otherwise : x;
}

double ll_part_macs(const ll_part *p)
{
    const int *v = p->v;
    double c = v[LL_PART_C_IN], co = at_least(v[LL_PART_C_OUT], c), h = at_least(v[LL_PART_H_IN], 1);
    double stride = at_least(v[LL_PART_STRIDE], 1), ho = at_least(v[LL_PART_H_OUT], h / stride);
    double k = at_least(v[LL_PART_KERNEL], 1), g = at_least(v[LL_PART_GROUPS], 1);
    double m = at_least(v[LL_PART_MIDDLE], c);
    switch (p->kind) {
    case LL_PART_CONV:
        return c / g * co * k * k * ho * ho;
    case LL_PART_LINEAR:
        return c * co;
    case LL_PART_BLOCK:
        return c * m / g * h * h + m * k * k * ho * ho + m * co / g * ho * ho;
    case LL_PART_SE:
        return 2 * c * at_least(v[LL_PART_MIDDLE], c / 4) + 2 * c * h * h;
    case LL_PART_TAIL:
        return c * h * h + c * co;
    case LL_PART_COPY:
    case LL_PART_CHOICE:
        return 0;
    case LL_PART_POOL:
        return c * k * k * ho * ho;
    default:
        return c * h * h;
    }
}

static void add_said(ll_str *out, const ll_part *p, ll_part_field f, const char *fmt)
    __attribute__((format(printf, 4, 0)));
static void add_said(ll_str *out, const ll_part *p, ll_part_field f, const char *fmt)
{
    if (p->v[f] != LL_ANY) ll_str_addf(out, fmt, p->v[f]);
}

static void add_window(ll_str *out, const ll_part *p)
{
    int k = p->v[LL_PART_KERNEL];
    if (k != LL_ANY) ll_str_addf(out, " %dx%d", k, k);
}

static void add_channels(ll_str *out, const ll_part *p)
{
    add_said(out, p, LL_PART_C_IN, " %d");
    add_said(out, p, LL_PART_MIDDLE, ">%d");
    add_said(out, p, LL_PART_C_OUT, ">%d");
}

static void add_rest(ll_str *out, const ll_part *p)
{
    int h = p->v[LL_PART_H_IN], g = p->v[LL_PART_GROUPS], act = p->v[LL_PART_ACT];
    bool depthwise = p->kind == LL_PART_CONV && g == p->v[LL_PART_C_IN];
    if (h != LL_ANY) ll_str_addf(out, " %dx%d", h, h);
    if (p->v[LL_PART_STRIDE] > 1) ll_str_addf(out, " /%d", p->v[LL_PART_STRIDE]);
    if (g > 1 && !depthwise) ll_str_addf(out, " g%d", g);
    if (p->v[LL_PART_WITH_SE] == 1) ll_str_add(out, " se");
    if (act != LL_ANY && act != LL_NO_ACT) ll_str_addf(out, " %s", ll_activation_name((ll_activation)act));
    if (p->v[LL_PART_RESIDUAL] == 1) ll_str_add(out, " +x");
}

void ll_part_text(const ll_part *p, const ll_space *space, ll_str *out)
{
    int position = p->v[LL_PART_POSITION], op = p->v[LL_PART_OPERATION];
    if (p->kind == LL_PART_CHOICE) {
        if (space)
            ll_str_addf(out, "%s at %s", ll_space_choice(space, position, op), space->positions[position]);
        else
            ll_str_addf(out, "operation %d at position %d", op, position);
        return;
    }
    int g = p->v[LL_PART_GROUPS];
    bool depthwise = p->kind == LL_PART_CONV && g > 1 && g == p->v[LL_PART_C_IN];
    ll_str_addf(out, "%s%s", depthwise ? "dw" : "", kinds[p->kind].name);
    add_window(out, p);
    add_channels(out, p);
    add_rest(out, p);
}
