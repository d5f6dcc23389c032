/* Which columns of a table say the architecture: one with a text, one a position (op1 .. op6, ks_1 .. ks_20), or one a
 * choice (one-hots: op_0 .. op_29, or op1_none, op1_skip_connect, ... as data frames write them). Several columns become
 * the text that one column would have, so that there is one way to read it. */
#ifndef LL_DATA_IMPORTERS_ARCH_COLUMNS_H
#define LL_DATA_IMPORTERS_ARCH_COLUMNS_H

#include "core/base/index.h"
#include "core/base/text/csv.h"
#include "core/space/space.h"

typedef struct ll_arch_columns {
    int n;       /* columns; 0: not found */
    int *column; /* (n) in the order of the text; -1: no such column, 0 is meant */
    bool dict;   /* the text is a dict with the space's keys */
} ll_arch_columns;

/* Those that the user names: "op1,op2,op3", or "op*". LL_BAD_DATA: there is no such column. by_name has the columns of
 * the header. */
ll_status ll_arch_columns_named(const ll_csv *header, const char *names, const ll_names *by_name,
                                const ll_space *space, ll_arch_columns *out, ll_error *e);
void ll_arch_columns_one(int column, ll_arch_columns *out);
/* Those that look like it, when several do. */
void ll_arch_columns_guess(const ll_names *by_name, const ll_space *space, ll_arch_columns *out);
/* The text of the current record, behind what `out` holds. */
void ll_arch_columns_text(const ll_arch_columns *c, const ll_csv *record, const ll_space *space, ll_str *out);
void ll_arch_columns_free(ll_arch_columns *c);

#endif
