/* The zero-cost proxies that come with latlab: 13 numbers each for all cells of NAS-Bench-201 and for the 5,000 bundled
 * FBNet architectures, whatever dataset they stand in. One file a space, data/bundled/proxies/SPACE.safetensors, made by
 * `make bundled-proxies` (tests/pack_proxies.c): tensors `archs` (n, positions) and `value` (n, 13), in the order of the
 * encoding zcp, NaN where undefined; the texts say how each was computed. */
#ifndef LL_DATA_DATASETS_BUNDLED_PROXIES_H
#define LL_DATA_DATASETS_BUNDLED_PROXIES_H

#include "core/device/dataset.h"

/* They become the feature `zcp` of these architectures, attached, where they have none of their own and all of them are
 * known; otherwise nothing happens. A file is read once, and again when it has changed. Where all 13 are scores of the data (`proxies all save=on`), those are taken instead,
 * NaN where not known. Precondition: nobody else reads the set yet. */
void ll_attach_proxies(ll_dataset *d);

/* Files of proxies that came with the program, each "SPACE.safetensors": is this one whole? LL_BAD_DATA says what is wrong,
 * which loading passes over. */
char *ll_bundled_proxies_dir(void); /* the caller frees */
ll_status ll_bundled_proxies_check(const char *path, ll_error *e);

#endif
