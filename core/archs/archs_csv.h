/* Architectures in tables that latlab writes: the header row `arch,NAME,...` and the cell of an architecture. In every
 * such table `arch` is the canonical string; what a row number is called is `row`. */
#ifndef LL_ARCHS_ARCHS_CSV_H
#define LL_ARCHS_ARCHS_CSV_H

#include <stdio.h>

#include "core/base/str.h"
#include "core/space/space.h"

/* The whole header row. */
void ll_arch_write_head(FILE *f, const ll_strs *names);
/* The string of an architecture as one cell; `text` is scratch. */
void ll_arch_write(FILE *f, const ll_space *s, const uint8_t *gene, ll_str *text);

#endif
