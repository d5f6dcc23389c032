/* The architectures of the data on the two first principal components of an encoding. */
#ifndef LL_COMMANDS_LOOK_MAP_H
#define LL_COMMANDS_LOOK_MAP_H

#include "core/app/request.h"

typedef struct ll_map_places {
    int n;
    const char *encoding; /* borrowed, or a literal */
    double *xy;           /* (n, 2); the caller frees, also after a failure */
    double share[2];      /* of the variance */
} ll_map_places;

/* encoding NULL: cost where networks are known, else onehot. LL_FAILED: an encoding that is learnt and not fitted yet, or of one number. */
ll_status ll_map_compute(ll_request *rq, const char *encoding, ll_map_places *out);

#endif
