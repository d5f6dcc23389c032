/* Spaces of numbers: architectures that a table describes by columns of numbers (embedding width, layers, mean heads: HAT,
 * Wang et al., ACL 2020, arXiv 2005.14187) and not by choices between operations.
 *
 * How they fit in. A column is a position, its distinct values in ascending order are the choices of that position, and a
 * gene holds which of them: so sets of architectures, samplers, one-hots, mutation and search need no special case.
 * What the choices are worth stands in facts->columns, and who can do more with a number than tell it from others (the
 * structured GP) reads it there. An architecture is a combination of values that are in the table.
 *
 * Growth. Another device's table has other values, and no device need share an architecture. A space never changes; the
 * table with more values gets another space under the same name that holds the former one's (ll_numbers_union), and a
 * dataset moves into it gene by gene (ll_numbers_translate). Such spaces have no layers, hence no costs, and their graph
 * is the chain of their columns. */
#ifndef LL_SPACE_OWN_NUMBERS_H
#define LL_SPACE_OWN_NUMBERS_H

#include <cjson/cJSON.h>

#include "core/space/space.h"

/* Are they one value of a column? JSON keeps 15 digits, and sums of tenths differ in the 16th. Values beyond 1e300 are
 * refused. */
bool ll_numbers_alike(double a, double b);

enum { LL_NUMBERS_MOST = LL_MAX_CHOICES }; /* distinct values of a column: a gene holds a byte of each */

/* A column as it is handed in; the values ascend, none twice. */
typedef struct ll_numbers {
    const char *name; /* letters, digits, '_', '-', '.' */
    ll_column_kind kind;
    const double *v; /* (n) */
    int n;
} ll_numbers;

const char *ll_column_kind_name(int kind); /* "width", "count", "ratio", "category"; NULL behind the last */
int ll_column_kind_find(const char *name); /* -1: none */

/* The space; the same columns and values give the same one. LL_BAD_DATA: a name that is none or is taken by a space of
 * another sort, no column or more than LL_MAX_POSITIONS, a column with more than LL_NUMBERS_MOST values. Lives until the
 * program ends. Thread-safe. */
const ll_space *ll_numbers_define(const char *name, const ll_numbers *columns, int n, ll_error *e);
const ll_space *ll_numbers_at(int i); /* the newest of each name; NULL behind the last */
const ll_space *ll_numbers_find(const char *name);

/* A gene of `from` in `to`; out may be gene. false: other columns, or a value that `to` lacks, and out is not written. */
bool ll_numbers_translate(const ll_space *from, const ll_space *to, const uint8_t *gene, uint8_t *out);

/* The one that holds both, under the name of a. LL_BAD_DATA: other columns, or too many values. */
const ll_space *ll_numbers_union(const ll_space *a, const ll_space *b, ll_error *e);

/* {"name": "hat", "columns": [{"name": "layers", "kind": "count", "values": [1, 2, 6]}, ...]} */
cJSON *ll_numbers_json(const ll_space *s);
const ll_space *ll_numbers_from_json(const cJSON *item, ll_error *e);

#endif
