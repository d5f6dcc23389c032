/* A template as it is held: what template_read.c makes and template.c walks. */
#ifndef LL_SPACE_TEMPLATE_TEMPLATE_PARTS_H
#define LL_SPACE_TEMPLATE_TEMPLATE_PARTS_H

#include "core/space/template/expr.h"
#include "core/space/template/template.h"

typedef enum ll_variable_kind {
    LL_VAR_CONSTANT, /* index: its value */
    LL_VAR_CHOICE,   /* index: a position; table: what its choices count as, NULL: their indices */
    LL_VAR_ACTIVE,   /* index: a position */
    LL_VAR_VALUE,    /* index: one of the values that are computed first */
    LL_VAR_CHANNELS, /* of the current tensor, or of the one named (index >= 0) */
    LL_VAR_SIDE
} ll_variable_kind;
typedef struct ll_variable {
    ll_variable_kind kind;
    int index;
    int *table; /* (n_choices), owned */
} ll_variable;

/* What a step does. Those from LL_DO_CONV on write a layer. */
typedef enum ll_template_step_kind {
    LL_DO_NOTHING, /* "from" and "to" alone */
    LL_DO_GROUP,   /* the next `inside` steps belong to it */
    LL_DO_ZERO,
    LL_DO_CONV,
    LL_DO_POOL,
    LL_DO_ADD,
    LL_DO_SHUFFLE,
    LL_DO_MEAN,
    LL_DO_LINEAR,
    LL_DO_COPY,
    LL_DO_GATE,
} ll_template_step_kind;

/* Settings of a step; which of them a kind takes, and what holds without them, is in the reader's tables. */
enum {
    LL_SET_MAIN, /* the kind's own number: channels of a convolution, window of a pool, groups of a shuffle */
    LL_SET_KERNEL,
    LL_SET_STRIDE,
    LL_SET_GROUPS,
    LL_SET_BN,
    LL_SET_ACT,
    LL_SET_RELU_BEFORE,
    LL_SETTINGS
};

typedef struct ll_template_step {
    ll_template_step_kind kind;
    ll_expr when;             /* none: always */
    ll_expr set[LL_SETTINGS]; /* none: the default */
    int inside;               /* steps that follow and belong to a group, groups in it included */
    int position;             /* of the gene, -1: fixed */
    int from, to, second;     /* named tensors, -1: none */
    char *place;              /* in the file */
} ll_template_step;

struct ll_template {
    int n_positions, n_steps, n_values, n_variables;
    ll_template_step *steps;
    ll_variable *variables;
    ll_expr *values;               /* (n_values), each may speak of those before it */
    ll_expr input;                 /* pixels of a side */
    bool places[LL_MAX_POSITIONS]; /* of ll_template_places */
};

#endif
