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
} ll_place;

/* By the option via; connects. ll_place_close also on failure. */
ll_status ll_place_open(ll_request *rq, ll_place *out);
void ll_place_close(ll_place *p);
/* Is there such an engine, and can it do that? Elsewhere the second is said when it starts. */
ll_status ll_place_check(const ll_place *p, const ll_host_settings *s, ll_error *e);
/* The engine's version there. */
void ll_place_version(const ll_place *p, const ll_host_settings *s, ll_str *out);
/* What machine it is, and with `state` what its clock and temperature are now. */
cJSON *ll_place_describe(const ll_place *p);
cJSON *ll_place_state(const ll_place *p, int core);

#endif
