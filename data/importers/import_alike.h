/* Which known device a freshly read one behaves like, so that a device under a second name, or a wrong unit, shows at once. */
#ifndef LL_DATA_IMPORTERS_IMPORT_ALIKE_H
#define LL_DATA_IMPORTERS_IMPORT_ALIKE_H

#include "data/importers/import.h"

/* Adds to job->notes, of every device of `fresh` (the first few of many), the one among `known` (n datasets of the same
 * space, NULL is passed over; devices called alike are) that orders the architectures most alike: its Spearman correlation
 * on how many they share, and by which factor its latencies differ where that is one between units. Takes time in
 * proportion to the tables, and stops when the command is interrupted. */
void ll_import_note_alike(ll_import *job, const ll_dataset *fresh, const ll_dataset *const *known, int n);

#endif
