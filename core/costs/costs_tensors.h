/* A table of layer costs within a saved model. */
#ifndef LL_COSTS_COSTS_TENSORS_H
#define LL_COSTS_COSTS_TENSORS_H

#include "core/costs/costs.h"
#include "core/num/tensors.h"

/* "costs.part" (rows, 1 + LL_PART_FIELDS) I32, "costs.ms" (rows) F64, text "costs.settings". What predictions do not need (deviations, counts) is not
 * kept. */
void ll_costs_save(const ll_costs *c, ll_tensors *out);
/* *out is NULL where no such tensors are; else sealed. LL_BAD_DATA: they are not such a table of this space. */
ll_status ll_costs_load(const ll_tensors *in, const ll_space *space, ll_costs **out, ll_error *e);

#endif
