/* Where is measured: on this machine, or with via= on one elsewhere (remote/link.h). */
#ifndef LL_DATA_MACHINES_PLACE_H
#define LL_DATA_MACHINES_PLACE_H

#include <cjson/cJSON.h>

#include "core/app/request.h"
#include "data/machines/host/engine.h"
#include "data/machines/remote/link.h"

typedef struct ll_place {
    ll_remote *remote; /* NULL: this machine */
    char *hardware;    /* its processor, or the board */
    cJSON *told;       /* {"engine","machine"} of one that is not asked any more; NULL: it is asked */
} ll_place;

/* By the option via; connects, so everything else is checked before. LL_USAGE: there is no such engine, or it cannot do
 * that (said elsewhere only when it starts); settings NULL: any will do. ll_place_close also on failure. */
ll_status ll_place_open(ll_request *rq, const ll_host_settings *s, ll_place *out);
void ll_place_close(ll_place *p);
/* An engine's version there; false: it has none of that name. */
bool ll_place_engine(const ll_place *p, const ll_host_engine *engine, ll_str *version);
/* Of the engine that these settings name, which is there. */
void ll_place_version(const ll_place *p, const ll_host_settings *s, ll_str *out);
/* What machine it is, and with `state` what its clock and temperature are now. */
cJSON *ll_place_describe(const ll_place *p);
cJSON *ll_place_state(const ll_place *p, int core);

#endif
