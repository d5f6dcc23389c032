/* measure list: what runs networks on this machine. */
#include "core/app/request.h"
#include "core/base/json.h"
#include "data/machines/host/describe.h"
#include "data/machines/host/engine.h"
#include "data/machines/host/machine.h"
#include "data/machines/measure.h"

ll_status ll_measure_list_engines(ll_request *rq)
{
    static const ll_column columns[] = {
        {"engine", "engine", NULL, -1}, {"version", "version", NULL, -1},      {"dtype", "dtype", NULL, -1},
        {"isa", "isa", NULL, -1},       {"here", "on this machine", NULL, -1}, {0}};
    cJSON *result = ll_result_new("engines"), *machine = ll_machine_describe();
    ll_str title = {0};
    ll_str_addf(&title, "%s, %d cores", ll_json_get_str(machine, "cpu", ""),
                ll_json_get_int(machine, "cores", 0));
    ll_json_str(result, "title", ll_str_text(&title));
    cJSON_AddItemToObject(result, "machine", machine);
    ll_result_columns(result, columns);
    cJSON *rows = ll_json_arr(result, "rows");
    const ll_host_engine *engine;
    for (int i = 0; (engine = ll_host_engine_at(i)); i++)
        for (int t = 0; ll_host_dtype_name(t); t++)
            for (int isa = 0; ll_host_isa_name(isa); isa++) {
                ll_host_settings s = {engine, (ll_host_dtype)t, (ll_host_isa)isa, 1, 1, LL_NETWORK_SEED,
                                      false};
                ll_error e = {0};
                ll_status status = engine->check(&s, &e);
                if (status == LL_USAGE) continue; /* never does that */
                ll_str version = {0};
                cJSON *o = ll_json_obj(rows, NULL);
                engine->version(&version);
                ll_json_str(o, "engine", engine->name);
                ll_json_str(o, "version", ll_str_text(&version));
                ll_json_str(o, "dtype", ll_host_dtype_name(s.dtype));
                ll_json_str(o, "isa", ll_host_isa_name(s.isa));
                ll_json_str(o, "here", status ? e.message : "yes");
                ll_str_free(&version);
            }
    ll_emit(rq, result);
    ll_str_free(&title);
    return LL_OK;
}
