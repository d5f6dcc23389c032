#include "data/machines/host/describe.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/text/json.h"
#include "data/machines/host/machine.h"

void ll_describe_fact(void *ctx, const char *key, const char *value)
{
    static const char *const numbers[] = {"cores", "mhz", "celsius"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!strcmp(key, numbers[i])) {
            ll_json_num(ctx, key, strtod(value, NULL));
            return;
        }
    ll_json_str(ctx, key, value);
}

cJSON *ll_machine_describe(void)
{
    cJSON *o = cJSON_CreateObject();
    ll_machine_facts(ll_describe_fact, o);
    return o;
}
