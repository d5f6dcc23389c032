#include "data/machines/place.h"

#include <stdlib.h>

#include "core/base/mem.h"
#include "core/base/text/json.h"
#include "data/machines/host/describe.h"
#include "data/machines/host/machine.h"

static ll_status check_engine(const ll_place *p, const ll_host_settings *s, ll_error *e)
{
    ll_str has = {0};
    const ll_host_engine *engine;
    if (!p->remote) return s->engine->check(s, e);
    if (ll_remote_engine(p->remote, s->engine->name)) return LL_OK;
    for (int i = 0; (engine = ll_host_engine_at(i)); i++)
        if (ll_remote_engine(p->remote, engine->name))
            ll_str_addf(&has, "%sengine=%s", has.len ? " or " : "", engine->name);
    ll_status status = ll_fail(e, LL_USAGE, "engine=%s: what is sent elsewhere has %s", s->engine->name,
                               has.len ? has.s : "no engine");
    ll_str_free(&has);
    return status;
}

ll_status ll_place_open(ll_request *rq, const ll_host_settings *settings, ll_place *out)
{
    const char *via = ll_word(&rq->args, "via");
    ll_status s = LL_OK;
    *out = (ll_place){0};
    if (via) {
        s = ll_remote_open(via, rq->observer, &out->remote, &rq->error);
        if (!s) out->hardware = ll_strdup(ll_remote_cpu(out->remote));
    } else {
        ll_str cpu = {0};
        ll_machine_cpu(&cpu);
        out->hardware = ll_str_take(&cpu);
    }
    return s || !settings ? s : check_engine(out, settings, &rq->error);
}

void ll_place_close(ll_place *p)
{
    ll_remote_close(p->remote);
    free(p->hardware);
    cJSON_Delete(p->told);
    *p = (ll_place){0};
}

bool ll_place_engine(const ll_place *p, const ll_host_engine *engine, ll_str *version)
{
    const char *there = p->remote ? ll_remote_engine(p->remote, engine->name) : NULL;
    if (there) ll_str_add(version, there);
    if (!p->remote) engine->version(version);
    return there || !p->remote;
}

void ll_place_version(const ll_place *p, const ll_host_settings *s, ll_str *out)
{
    if (p->told)
        ll_str_add(out, ll_json_get_str(p->told, "engine", "unknown"));
    else
        ll_place_engine(p, s->engine, out);
}

cJSON *ll_place_describe(const ll_place *p)
{
    if (p->told) return cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(p->told, "machine"), true);
    return p->remote ? cJSON_Duplicate(ll_remote_machine(p->remote), true) : ll_machine_describe();
}

cJSON *ll_place_state(const ll_place *p, int core)
{
    cJSON *o = cJSON_CreateObject();
    if (p->remote)
        ll_remote_state(p->remote, o, NULL); /* a connection that has ended says nothing of it */
    else
        ll_machine_state(core, ll_describe_fact, o);
    return o;
}
