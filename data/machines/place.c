#include "data/machines/place.h"

#include <stdlib.h>

#include "core/base/json.h"
#include "core/base/mem.h"
#include "data/machines/host/describe.h"
#include "data/machines/host/machine.h"

ll_status ll_place_open(ll_request *rq, ll_place *out)
{
    const char *via = ll_word(&rq->args, "via");
    *out = (ll_place){0};
    if (via) {
        ll_status s = ll_remote_open(via, rq->observer, &out->remote, &rq->error);
        if (!s) out->hardware = ll_strdup(ll_remote_cpu(out->remote));
        return s;
    }
    ll_str cpu = {0};
    ll_machine_cpu(&cpu);
    out->hardware = ll_str_take(&cpu);
    return LL_OK;
}

void ll_place_close(ll_place *p)
{
    ll_remote_close(p->remote);
    free(p->hardware);
    *p = (ll_place){0};
}

ll_status ll_place_check(const ll_place *p, const ll_host_settings *s, ll_error *e)
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

void ll_place_version(const ll_place *p, const ll_host_settings *s, ll_str *out)
{
    if (p->remote)
        ll_str_add(out, ll_remote_engine(p->remote, s->engine->name));
    else
        s->engine->version(out);
}

cJSON *ll_place_describe(const ll_place *p)
{
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
