/* Parts of a network that are timed as one: a layer with what is fused into it, or several layers that tables of layer
 * costs know under one name. A part says its kind and numbers; what a table does not say is LL_ANY there and matches any
 * number, so that "Conv-input:224x224x3-output:112x112x32" (Once-for-All), "conv-bn-relu, HW=112" (nn-Meter) and a layer that
 * was timed on this machine are rows of one table. */
#ifndef LL_COSTS_PART_H
#define LL_COSTS_PART_H

#include "core/space/network.h"

enum { LL_ANY = -1 };

typedef enum ll_part_kind {
    LL_PART_CONV, /* bn and act included; depthwise where groups == c_in */
    LL_PART_POOL,
    LL_PART_ADD,
    LL_PART_LINEAR,
    LL_PART_MEAN, /* over the image */
    LL_PART_SHUFFLE,
    LL_PART_GATE,
    LL_PART_COPY, /* the identity as a choice: free unless a table says otherwise */
    LL_PART_SE,   /* mean, two linear layers, gate */
    LL_PART_BLOCK, /* inverted bottleneck: [1x1 convolution], [shuffle], depthwise convolution, [se], 1x1 convolution, [sum] */
    LL_PART_TAIL,   /* mean and classifier */
    LL_PART_CHOICE, /* whatever an operation does at a position */
    LL_PART_KINDS
} ll_part_kind;

/* middle: channels of the depthwise convolution of a block, of the first linear layer of an se. groups of a block: those of
 * its 1x1 convolutions. */
typedef enum ll_part_field {
    LL_PART_H_IN,
    LL_PART_C_IN,
    LL_PART_H_OUT,
    LL_PART_C_OUT,
    LL_PART_KERNEL,
    LL_PART_STRIDE,
    LL_PART_GROUPS,
    LL_PART_MIDDLE,
    LL_PART_ACT, /* an ll_activation; of a block behind its depthwise convolution */
    LL_PART_WITH_SE,
    LL_PART_RESIDUAL, /* is its input added at the end? */
    LL_PART_POSITION, /* of a choice, as the space numbers them */
    LL_PART_OPERATION,
    LL_PART_FIELDS
} ll_part_field;

typedef struct ll_part {
    ll_part_kind kind;
    int v[LL_PART_FIELDS]; /* LL_ANY: not said, or not a number of this kind */
} ll_part;

const char *ll_part_kind_name(int kind);          /* "conv"; NULL behind the last */
int ll_part_kind_find(const char *name);          /* -1: none */
const char *ll_part_field_name(int field);        /* "h_in" */
bool ll_part_has(ll_part_kind kind, int field);   /* is it a number of such parts? */
bool ll_part_needs(ll_part_kind kind, int field); /* must a table say it? */
ll_part ll_part_new(ll_part_kind kind);           /* nothing said */

/* Order of tables: by what every row says, then by the rest. */
/* Only what every row of a kind says. */
int ll_part_compare_needed(const ll_part *a, const ll_part *b);
int ll_part_compare(const ll_part *a, const ll_part *b);
/* Are `row` and `part` the same as far as the row says? */
bool ll_part_matches(const ll_part *row, const ll_part *part);
int ll_part_said(const ll_part *part); /* how many of its numbers are said */
/* Multiply-adds as far as the numbers tell (copies and choices: 0; one an element where there are none to multiply). */
double ll_part_macs(const ll_part *part);
/* "conv 3x3 16>24 32x32 /2 relu"; a choice by the names of the space. */
void ll_part_text(const ll_part *part, const ll_space *space, ll_str *out);

/* One layer. */
ll_part ll_part_of_layer(const ll_layer *l);
/* The part of several layers that begins with layer i of a network: how many layers, 0 if there is none of that kind
 * (LL_PART_SE, LL_PART_BLOCK, LL_PART_TAIL). */
int ll_part_at(const ll_network *n, int i, ll_part_kind kind, ll_part *out);

#endif
