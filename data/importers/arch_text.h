/* How the files of others write an architecture, beyond the strings of its space: a Python or JSON literal (list, tuple,
 * nested lists, quoted names), a dict of positions, one-hots, lists in another published order. */
#ifndef LL_DATA_IMPORTERS_ARCH_TEXT_H
#define LL_DATA_IMPORTERS_ARCH_TEXT_H

#include "core/space/space.h"
#include "data/importers/import.h"

typedef struct ll_arch_text {
    const ll_space *space;
    const ll_space_order *order; /* of lists and of numbers; NULL: the space's own */
    int n_numbers, n_names,
        n_one_hots; /* out: how many were lists of operation numbers, of names, and one-hots */
} ll_arch_text;

/* The order of that name. NULL stays the space's own; LL_USAGE names those there are. */
ll_status ll_arch_order_find(const ll_space *space, const char *name, const ll_space_order **out,
                             ll_error *e);
/* The gene, in canonical form. Also what ll_space_read reads: a bare number is an index. LL_BAD_DATA: what is wrong. */
ll_status ll_arch_text_read(ll_arch_text *t, const char *text, uint8_t *gene, ll_error *e);
/* Says in which order, and with which code, bare lists were read. */
void ll_arch_text_note(ll_import *job, const ll_arch_text *t);
/* Inputs of a one-hot of this space. */
int ll_arch_one_hot_size(const ll_space *space);

#endif
