/* Datasets of architectures that nobody has listed: all of a space, or a draw. */
#ifndef LL_DATA_IMPORTERS_DRAW_H
#define LL_DATA_IMPORTERS_DRAW_H

#include "core/device/dataset.h"

/* Which architectures of a space too large to list are worth drawing; NULL: all. */
typedef struct ll_draw_filter {
    bool (*takes)(const void *ctx, const uint8_t *gene);
    const void *ctx;
} ll_draw_filter;

/* An unsealed dataset with room for `devices`: all architectures of the space, or n distinct ones drawn with the seed
 * (n = 0: all of up to 16,384, 2,000 of a larger space, or as many as it seems to have). A filter that takes next to
 * none of what is drawn is left aside. LL_USAGE: there are not n. */
ll_status ll_draw_dataset(const char *name, const ll_space *space, int n, int devices, uint64_t seed,
                          const ll_draw_filter *filter, ll_dataset **out, ll_error *e);

#endif
