/* Devices that are sums: what a table of layer costs says of each architecture. */
#ifndef LL_DATA_IMPORTERS_SUMS_H
#define LL_DATA_IMPORTERS_SUMS_H

#include "data/importers/import.h"

/* What a table could not say. */
typedef struct ll_sums {
    int summed;       /* architectures with a sum */
    ll_str left_out;  /* fixed parts that the table has at no size: left out of all sums */
    ll_str missing;   /* the part that most of the other architectures lack */
    int missing_most; /* how many */
} ll_sums;

/* Fills column j, whose device has its costs, of a dataset that has its genes. An architecture has a sum when the table has
 * all of its parts, but for the fixed ones (stem, classifier) that it has in no architecture, whatever the size of the
 * image. *out is to be freed. */
void ll_fill_sums(ll_dataset *d, int j, ll_sums *out);
void ll_sums_free(ll_sums *s);

/* A fresh dataset for sums: the architectures of job->into, else all or job->n drawn ones of the space. What `costs`
 * (NULL: any) has no sum for is not drawn, such as resolutions that were never timed; a note says how many were passed
 * over. */
ll_status ll_sums_dataset(ll_import *job, const ll_space *space, int devices, const ll_costs *costs,
                          ll_dataset **out, ll_error *e);
/* The notes of one device; LL_BAD_DATA: no architecture has a sum. */
ll_status ll_sums_report(ll_import *job, const ll_device *v, const ll_sums *s, int n_archs, ll_error *e);

#endif
