#include "core/nn/gcn_graphs.h"

#include <stdlib.h>

void ll_gcn_graphs_free(ll_gcn_graphs *g)
{
    free(g->label);
    free(g->reads);
    *g = (ll_gcn_graphs){0};
}
