/* Integer expressions of space files (data/SPACES.md): read once, evaluated for every architecture. No loops, no calls, no
 * memory: what is read is bounded, and so is the work of a value.
 *
 *   expression  or ['?' expression ':' expression]
 *   or          and {'||' and}              and   equal {'&&' equal}
 *   equal       order [('==' | '!=') (order | 'choice')]
 *   order       sum [('<' | '<=' | '>' | '>=') sum]
 *   sum         product {('+' | '-') product}       product   unary {('*' | '/' | '%') unary}
 *   unary       ['-' | '!'] unary | number | name | '(' expression ')'
 *               | ('min' | 'max' | 'divisible') '(' expression ',' expression ')'
 *
 * A name is letters, digits, '_' and '.', a letter first. '/' and '%' cut towards zero. divisible(x, d) is the multiple of d
 * that MobileNets take for a width of x: the nearest one, at least d, and no less than nine tenths of x. */
#ifndef LL_SPACE_TEMPLATE_EXPR_H
#define LL_SPACE_TEMPLATE_EXPR_H

#include <stdbool.h>

#include "core/base/status.h"

enum {
    LL_EXPR_TEXT = 400,     /* characters of one expression */
    LL_EXPR_STEPS = 200,    /* instructions of one */
    LL_EXPR_DEPTH = 24,     /* brackets, signs and conditions within each other */
    LL_EXPR_MOST = 1 << 30, /* no value on the way is larger, nor smaller than its negative */
};

typedef struct ll_expr_step {
    unsigned char op;
    int arg; /* a constant, a variable, or where to go on */
} ll_expr_step;
typedef struct ll_expr {
    int n; /* 0: none was given */
    ll_expr_step *steps;
} ll_expr;

/* What names mean. A variable is a number of the caller's. */
typedef struct ll_expr_scope {
    void *ctx;
    int (*variable)(void *ctx, const char *name); /* -1: no such name */
    /* For "variable == 'choice'": the variable that holds the index of that position's choice, and the index of the one
     * called so in *value. -1: the variable is no position; *value -1: it has no such choice. */
    int (*choice)(void *ctx, int variable, const char *choice, int *value);
} ll_expr_scope;

/* LL_BAD_DATA names the place. *out is written on success; ll_expr_free. */
ll_status ll_expr_read(const char *text, const ll_expr_scope *scope, ll_expr *out, ll_error *e);
void ll_expr_constant(int value, ll_expr *out);
void ll_expr_free(ll_expr *x);

/* `load` gives a variable's value. False: there is no value, *why says it ("a division by zero"). */
typedef long (*ll_expr_load)(const void *ctx, int variable);
bool ll_expr_value(const ll_expr *x, ll_expr_load load, const void *ctx, long *out, const char **why);

#endif
