#include "core/search/costs.h"

#include <string.h>

static const ll_cost_kind kinds[] = {
    {"macs", NULL, offsetof(ll_cost, macs)},         {"flops", NULL, offsetof(ll_cost, macs)},
    {"params", NULL, offsetof(ll_cost, params)},     {"activations", NULL, offsetof(ll_cost, activations)},
    {"peak_kb", "KiB", offsetof(ll_cost, peak_kb)},  {"sram_kb", "KiB", offsetof(ll_cost, sram_kb)},
    {"flash_kb", "KiB", offsetof(ll_cost, flash_kb)}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

const char *ll_cost_name(int i)
{
    return i < N_KINDS ? kinds[i].name : NULL;
}

const ll_cost_kind *ll_cost_find(const char *name)
{
    for (int i = 0; i < N_KINDS; i++)
        if (!strcmp(kinds[i].name, name)) return &kinds[i];
    return NULL;
}

double ll_cost_value(const ll_cost *c, const ll_cost_kind *kind)
{
    double x;
    memcpy(&x, (const char *)c + kind->offset, sizeof x);
    return x;
}
