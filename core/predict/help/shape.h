/* What HELP's network consists of, and where its parts stand in the flat vector of parameters. */
#ifndef LL_PREDICT_HELP_SHAPE_H
#define LL_PREDICT_HELP_SHAPE_H

#include <stdbool.h>

enum {
    LL_HELP_NODES = 9,
    LL_HELP_LABELS = 8,
    LL_HELP_WIDTH = 100,
    LL_HELP_REFERENCES = 10,
    LL_HELP_SLOTS = 18
};

typedef struct ll_help_shape {
    bool graph;  /* trunk by graph convolution: n_in is LL_HELP_LABELS */
    int n_in;    /* width of one input row */
    bool device; /* has the hardware embedding branch */
} ll_help_shape;

typedef struct ll_help_slot {
    const char *name;       /* "gc1.weight" */
    int offset, rows, cols; /* as stored: gc weights (in, out), fc weights (out, in), biases (rows, 1) */
} ll_help_slot;

/* Fills the table; returns the number of slots. */
int ll_help_slots(const ll_help_shape *s, ll_help_slot out[LL_HELP_SLOTS]);
int ll_help_params(const ll_help_shape *s);
int ll_help_rows(const ll_help_shape *s); /* input rows per architecture: 9 or 1 */

#endif
