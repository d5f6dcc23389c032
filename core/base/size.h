/* Sizes that a file claims, before anything is allocated by them: products that cannot wrap, and how much memory a
 * reader may take for a file.
 *
 * The promise: memory follows the file, not its claims. A reader takes at most `times` the bytes of the file and
 * `plus`, and never more than `most`, whatever the numbers inside say; what would exceed that is LL_BAD_DATA with both
 * numbers. The limits stand in one table (size.c). Thread: pure, but for the budget a caller owns. */
#ifndef LL_BASE_SIZE_H
#define LL_BASE_SIZE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/status.h"

/* Elements of an array of n_dims dimensions (0: one element) into *count. LL_BAD_DATA: a negative dimension, or more
 * bytes (`element` each) than a pointer can span, also when another dimension is 0. *count is 0 then. */
ll_status ll_shape_count(const long *shape, int n_dims, size_t element, size_t *count, ll_error *e);

/* What is read: one row of the table of limits each. (What has none takes its own size: an NPY file's numbers, a
 * table's text, the tensors of a safetensors file.) */
typedef enum ll_reader {
    LL_READER_TABLE, /* the latencies of a dataset: of the tables they come from, or the datasets that are joined */
    LL_READER_JSON,   /* its tree */
    LL_READER_PICKLE, /* the tree of values; of a torch file also the unpacked members and the tensors */
    LL_READERS
} ll_reader;

typedef struct ll_limit {
    const char *what;  /* "a pickle" */
    size_t file_most;  /* bytes of the file itself */
    size_t times;      /* memory: times the bytes of the file ... */
    size_t plus, most; /* ... and this, and never more than that */
} ll_limit;
const ll_limit *ll_limit_of(ll_reader r);

/* What is left of the limit while one file is read. */
typedef struct ll_budget {
    const ll_limit *limit;
    size_t file, most, used; /* bytes */
} ll_budget;
ll_budget ll_budget_for(ll_reader r, size_t file_bytes);
/* Takes n x size bytes. LL_BAD_DATA: they would exceed the limit; nothing is taken then. */
ll_status ll_budget_take(ll_budget *b, size_t n, size_t size, ll_error *e);
void ll_budget_give(ll_budget *b, size_t bytes); /* bytes that were taken and are free again */

#endif
