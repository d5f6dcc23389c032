/* What every answer and every file says of an architecture, in one layout and under these names:
 *
 *   arch      its canonical string
 *   row       its row in the loaded table, where it has one
 *   mmacs     millions of multiply-adds, where the search space's networks are known
 *   NAME      every accuracy of the table (scores in percent), where it is known
 *
 * What a command adds of its own stands behind. `import csv` reads arch and checks row against it. */
#ifndef LL_COMMANDS_ARCH_FIELDS_H
#define LL_COMMANDS_ARCH_FIELDS_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "core/base/str.h"
#include "core/device/scores.h"

typedef struct ll_arch_fields {
    const ll_space *space;
    const ll_dataset *data; /* NULL: no table, no row and no accuracy is known */
    bool costs;
    const ll_score *accuracy[LL_SCORES_MOST];
    int n;
    ll_str text; /* scratch */
} ll_arch_fields;

/* Of architectures of `space`; `data` counts where it is of that space. Borrows both; ll_arch_fields_free frees. */
ll_arch_fields ll_arch_fields_of(const ll_space *space, const ll_dataset *data);
void ll_arch_fields_free(ll_arch_fields *f);

/* As members of an object. */
void ll_arch_fields_json(ll_arch_fields *f, const uint8_t *gene, cJSON *to);
/* Their names, `arch` left out, for a header row (core/archs/archs_csv.h). */
void ll_arch_fields_names(const ll_arch_fields *f, ll_strs *names);
/* The cells of one line, none behind the last; what is not known is empty. */
void ll_arch_fields_csv(ll_arch_fields *f, const uint8_t *gene, FILE *to);

#endif
