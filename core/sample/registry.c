#include <string.h>

#include "core/sample/sampler.h"

extern const ll_sampler ll_dopt, ll_ivr;

const ll_sampler *const ll_samplers[] = {
    &ll_dopt,
    &ll_ivr,
    NULL,
};

const ll_sampler *ll_sampler_find(const char *name)
{
    for (int i = 0; ll_samplers[i]; i++)
        if (!strcmp(ll_samplers[i]->name, name)) return ll_samplers[i];
    return NULL;
}
