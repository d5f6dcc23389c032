/* The network of a space as data: a list of steps over an image, each a layer or a group of steps, with expressions
 * (core/space/template/expr.h) over the choices. data/SPACES.md is the manual.
 *
 * Read once and from then on immutable: loops are unrolled, names are numbers. Building the layers of an architecture walks
 * the steps once and takes no memory. */
#ifndef LL_SPACE_TEMPLATE_TEMPLATE_H
#define LL_SPACE_TEMPLATE_TEMPLATE_H

#include <cjson/cJSON.h>

#include "core/space/space.h"

enum {
    LL_TEMPLATE_STEPS = 2048, /* steps when all loops are written out */
    LL_TEMPLATE_NESTED = 8,   /* groups and loops within each other */
    LL_TEMPLATE_TENSORS = 12, /* tensors that have names */
    LL_TEMPLATE_VALUES = 512, /* names under "let", and expressions in lists of "each" */
    LL_MAX_CHANNELS = 8192,
    LL_MAX_SIDE = 512, /* pixels of an image's side */
    LL_MAX_KERNEL = 31,
    LL_MAX_ELEMENTS = 1 << 24, /* numbers of one tensor, and of a layer's weights */
    LL_MAX_FIELDS = 8,         /* numbers that a choice stands for */
};

/* A position as expressions see it: alone it counts as `number` of its choice, or as the choice's index; its fields are more
 * numbers that a choice stands for. */
typedef struct ll_choice_field {
    char *name;
    int values[LL_MAX_OPS]; /* (n_choices) */
} ll_choice_field;
typedef struct ll_template_position {
    const char *name;
    char *const *choices; /* (n_choices) */
    int n_choices, n_fields;
    bool counts; /* number is known */
    int number[LL_MAX_OPS];
    ll_choice_field fields[LL_MAX_FIELDS];
} ll_template_position;

typedef struct ll_template ll_template;

/* Members "let", "input" and "network" of a space. positions (n) is read here alone. LL_BAD_DATA: a sentence that begins with
 * the place in the file ("network[3].do[1].conv: ..."). */
ll_status ll_template_read(const cJSON *space, const ll_template_position *positions, int n,
                           ll_template **out, ll_error *e);
void ll_template_free(ll_template *t); /* NULL is fine */

/* The layers of an architecture, as ll_space.layers gives them; active (positions). 0: the template makes no network of it,
 * and *e (may be NULL) says where and why. Any thread. */
int ll_template_layers(const ll_template *t, const uint8_t *gene, const bool *active, ll_layer *out, int most,
                       ll_error *e);
/* (positions) Does some step belong to it, executed or not? */
const bool *ll_template_places(const ll_template *t);

#endif
