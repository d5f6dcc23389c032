/* Accelerators and energies as they were published: what designs found by `codesign` are held against. */
#ifndef LL_DATA_MACHINES_ACCELERATORS_H
#define LL_DATA_MACHINES_ACCELERATORS_H

#include "core/codesign/nest.h"

typedef struct ll_published_chip {
    const char *name;
    ll_accelerator a;
    const char *source;
} ll_published_chip;
extern const ll_published_chip ll_published_chips[]; /* ends with name NULL */
const ll_published_chip *ll_published_chip_find(const char *name);
const char *ll_published_chip_name(int i); /* NULL behind the last */

/* In energies of a 16-bit multiply-add. */
extern const ll_access_energy ll_eyeriss_energy;

#endif
