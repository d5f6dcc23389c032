/* measure list: what runs networks on this machine, or on another one. */
#include "core/app/request.h"
#include "core/base/text/json.h"
#include "data/machines/host/engine.h"
#include "data/machines/measure.h"
#include "data/machines/place.h"

static void add_row(cJSON *rows, const ll_host_settings *s, const char *version, const char *here)
{
    cJSON *o = ll_json_obj(rows, NULL);
    ll_json_str(o, "engine", s->engine->name);
    ll_json_str(o, "version", version);
    ll_json_str(o, "dtype", ll_host_dtype_name(s->dtype));
    ll_json_str(o, "isa", ll_host_isa_name(s->isa));
    ll_json_str(o, "here", here);
}

/* A row for each kind of number and set of instructions that an engine may be asked for. */
static void add_kinds(cJSON *rows, const ll_host_engine *engine, const char *version)
{
    for (int t = 0; ll_host_dtype_name(t); t++)
        for (int isa = 0; ll_host_isa_name(isa); isa++) {
            ll_host_settings s = {engine, (ll_host_dtype)t, (ll_host_isa)isa, 1, 1, LL_NETWORK_SEED, false,
                                  false};
            ll_error e = {0};
            ll_status status = engine->check(&s, &e);
            if (status == LL_USAGE) continue; /* never does that */
            add_row(rows, &s, version, status ? e.message : "yes");
        }
}

/* Elsewhere an engine says only that it is there, in f32 with what the processor has; the rest is said when it starts. */
static void add_engines(cJSON *rows, const ll_place *place)
{
    const ll_host_engine *engine;
    for (int i = 0; (engine = ll_host_engine_at(i)); i++) {
        const ll_host_settings plain = {engine, LL_HOST_F32,     LL_ISA_NATIVE, 1,
                                        1,      LL_NETWORK_SEED, false,         false};
        ll_str version = {0};
        bool there = ll_place_engine(place, engine, &version);
        if (!place->remote)
            add_kinds(rows, engine, ll_str_text(&version));
        else if (there)
            add_row(rows, &plain, ll_str_text(&version), "yes");
        ll_str_free(&version);
    }
}

static void show(ll_request *rq, const ll_place *place)
{
    static const ll_column here[] = {{"engine", "engine", NULL, -1},        {"version", "version", NULL, -1},
                                     {"dtype", "dtype", NULL, -1},          {"isa", "isa", NULL, -1},
                                     {"here", "on this machine", NULL, -1}, {0}};
    static const ll_column there[] = {{"engine", "engine", NULL, -1}, {"version", "version", NULL, -1},
                                      {"dtype", "dtype", NULL, -1},   {"isa", "isa", NULL, -1},
                                      {"here", "there", NULL, -1},    {0}};
    cJSON *result = ll_result_new("engines"), *machine = ll_place_describe(place);
    ll_str title = {0};
    ll_str_addf(&title, "%s, %d cores", place->hardware, ll_json_get_int(machine, "cores", 0));
    ll_json_str(result, "title", ll_str_text(&title));
    cJSON_AddItemToObject(result, "machine", machine);
    ll_result_columns(result, place->remote ? there : here);
    add_engines(ll_json_arr(result, "rows"), place);
    ll_emit(rq, result);
    ll_str_free(&title);
}

ll_status ll_measure_list_engines(ll_request *rq)
{
    ll_place place = {0};
    ll_status s = ll_place_open(rq, NULL, &place);
    if (!s) show(rq, &place);
    ll_place_close(&place);
    return s;
}
