/* Parts of brpnas that tests look at. */
#ifndef LL_PREDICT_BRPNAS_H
#define LL_PREDICT_BRPNAS_H

#include "core/device/dataset.h"
#include "core/predict/gcn.h"

/* Graphs of all architectures as BRP-NAS reads them: node 0 global, then input, the inner nodes, output. Labels: the
 * space's operations, input, output, global. A node that lies on no path has no label. label and reads are the caller's
 * to free. */
void ll_brpnas_graphs(const ll_dataset *d, bool pruned, ll_gcn_graphs *out);

#endif
