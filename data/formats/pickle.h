/* Pickles, protocols 0 to 5, read as data. The parser knows the opcodes that latency benchmarks use (lists,
 * dicts, tuples, numbers, texts, bytes, numpy scalars and arrays, tensors of a torch file), builds a tree of
 * values in an arena and executes nothing: any other opcode or GLOBAL is an error that names it. Source: the
 * opcode descriptions in CPython's Lib/pickletools.py. */
#ifndef LL_DATA_FORMATS_PICKLE_H
#define LL_DATA_FORMATS_PICKLE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/mem.h"
#include "core/base/size.h"
#include "core/base/status.h"
#include "core/num/tensors.h"

typedef enum ll_pickled_kind {
    LL_PICKLED_NONE,
    LL_PICKLED_BOOL,
    LL_PICKLED_INT,
    LL_PICKLED_REAL,
    LL_PICKLED_TEXT,
    LL_PICKLED_BYTES,
    LL_PICKLED_LIST,
    LL_PICKLED_TUPLE,
    LL_PICKLED_DICT,
    LL_PICKLED_ARRAY, /* numpy array or torch tensor */
    /* below: parts that only the parser meets */
    LL_PICKLED_GLOBAL,
    LL_PICKLED_DTYPE,
    LL_PICKLED_STORAGE,
} ll_pickled_kind;

enum { LL_PICKLED_DIMS = 8 }; /* at most LL_STRIDED_DIMS */

/* Numbers in row-major order and the machine's byte order. Small integer types are widened to LL_I32. */
typedef struct ll_pickled_array {
    ll_dtype dtype;
    int n_dims;
    long shape[LL_PICKLED_DIMS];
    size_t count;
    void *data;
} ll_pickled_array;

typedef struct ll_pickled ll_pickled;
struct ll_pickled {
    ll_pickled_kind kind;
    union {
        long long i; /* BOOL, INT */
        double x;    /* REAL */
        struct {
            const char *s; /* TEXT, BYTES: NUL behind the last byte */
            size_t n;
        } text;
        struct {
            ll_pickled **v; /* LIST, TUPLE; DICT: key, value, key, value, ... */
            size_t n, cap;
        } items;
        ll_pickled_array *array;
        void *part;
    };
};

typedef struct ll_pickle {
    ll_arena arena;
    const ll_pickled *root;
    ll_budget budget; /* what is left for whoever turns the tree into something else */
} ll_pickle;

/* Where the numbers of torch tensors are: `find` (NULL: there are none) gives the bytes of storage `key`, at least `bytes` of them, valid
 * until the parser returns. What it unpacks is taken from the budget, which is that of the whole file. It may give NULL:
 * the tensor has no numbers then, and the tree is good for nothing but its storages. Each that the pickle names, `meet`
 * is told of, with the bytes of a number and how many there are (NULL: nobody is); the key lives as long as the tree. */
typedef struct ll_pickle_storages {
    ll_status (*find)(void *ctx, const char *key, size_t bytes, const void **data, ll_error *e);
    ll_status (*meet)(void *ctx, const char *key, size_t size, size_t count, ll_error *e);
    void *ctx;
    ll_budget *budget; /* NULL: that of a pickle of these bytes */
} ll_pickle_storages;

/* Parses n bytes; `what` names them in messages, `storages` may be NULL. LL_BAD_DATA: truncated, malformed,
 * foreign GLOBAL, or more memory needed than the budget has (core/base/size.h); LL_CANCELLED. Values may be shared, even
 * form cycles: walk to a known depth only, and take from the budget what each step makes, because a tree of shared
 * containers has more paths than any file has bytes. Free with ll_pickle_free. */
ll_status ll_pickle_parse(const char *what, const void *bytes, size_t n, const ll_pickle_storages *storages,
                          ll_pickle *out, ll_error *e);
/* The same for one of several pickles in a row: that which begins at *at, which is behind it then. */
ll_status ll_pickle_parse_at(const char *what, const void *bytes, size_t n, size_t *at,
                             const ll_pickle_storages *storages, ll_pickle *out, ll_error *e);
/* A file: a plain pickle, or what torch.save writes (data/formats/torchzip.h, torch_legacy.h). */
ll_status ll_pickle_read(const char *path, ll_pickle *out, ll_error *e);
void ll_pickle_free(ll_pickle *p);

/* INT, BOOL or REAL, or an array of one number; false otherwise. */
bool ll_pickled_number(const ll_pickled *v, double *x);
/* An INT within lo .. hi; false otherwise. */
bool ll_pickled_int(const ll_pickled *v, long long lo, long long hi, int *x);
/* Value of a text key in a DICT, NULL when v is no DICT or lacks it. */
const ll_pickled *ll_pickled_get(const ll_pickled *v, const char *key);
/* LIST or TUPLE of numbers or an array of one dimension; the caller frees *out. LL_BAD_DATA says which
 * element is no number. None becomes NaN. */
ll_status ll_pickled_numbers(const ll_pickled *v, double **out, size_t *n, ll_error *e);
double ll_pickled_at(const ll_pickled_array *a, size_t i); /* element i in row-major order */
const char *ll_pickled_word(const ll_pickled *v);          /* "list", "dict", ...: for messages */

#endif
