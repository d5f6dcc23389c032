/* Decimal numbers as text, exact both ways and the same in every locale. */
#ifndef LL_BASE_DECIMAL_H
#define LL_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/str.h"

/* Reads a decimal number at s (NUL-terminated text), correctly rounded; *end is behind it. Also nan, inf (any
 * case). Returns false (and *end = s) when there is no number. */
bool ll_decimal_read(const char *s, const char **end, double *x);
/* The whole text is one number, blanks around it allowed. */
bool ll_decimal_parse(const char *s, double *x);
/* Shortest of %.15g, %.16g and %.17g that reads back as the same number; out holds at least 32 bytes. */
void ll_decimal_write(double x, char *out);
/* Rounded to nine significant digits, ten times as fast: for what was computed, not for what was measured. */
void ll_decimal_write_rounded(double x, char *out);

/* x as it may be printed with so many decimals: what is not 1 does not become 1 by rounding (nor -1). */
double ll_below_one(double x, int decimals);
/* Appends x for people: with this many decimals, or the shortest way (six significant digits) for -1. A correlation of .9996
 * is written 0.999 with three decimals. */
void ll_add_number(ll_str *out, double x, int decimals);

#endif
