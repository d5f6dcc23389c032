#include "core/base/progress.h"

#include "core/base/json.h"

cJSON *ll_progress_new(const char *phase, long done, long total)
{
    cJSON *p = cJSON_CreateObject();
    ll_json_str(p, "phase", phase);
    ll_json_int(p, "done", done);
    ll_json_int(p, "total", total);
    return p;
}
