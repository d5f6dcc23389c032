#include <string.h>

#include "core/sample/sampler.h"

const ll_sampler *const ll_samplers[] = {
    NULL,
};

const ll_sampler *ll_sampler_find(const char *name)
{
    for (int i = 0; ll_samplers[i]; i++)
        if (!strcmp(ll_samplers[i]->name, name)) return ll_samplers[i];
    return NULL;
}
