/* Reading results: the few shapes that drawings and views need out of an event. */
#ifndef LL_TUI_DRAW_READ_H
#define LL_TUI_DRAW_READ_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "core/base/str.h"

/* A square matrix with names; null entries are NaN. */
typedef struct ll_matrix {
    int n;
    double *v; /* (n, n) */
    ll_strs names;
} ll_matrix;
/* From arrays `names` and `rows` of the result; false (and nothing to free) when they do not fit together. */
bool ll_read_matrix(const cJSON *result, const char *names, const char *rows, ll_matrix *out);
void ll_matrix_free(ll_matrix *m);

/* Strings of an array member; absent: empty. */
void ll_read_strs(const cJSON *o, const char *key, ll_strs *out);

#endif
