#include "core/base/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 u128;

static const uint64_t powers[] = {1,
                                  10,
                                  100,
                                  1000,
                                  10000,
                                  100000,
                                  1000000,
                                  10000000,
                                  100000000,
                                  1000000000,
                                  10000000000,
                                  100000000000,
                                  1000000000000,
                                  10000000000000,
                                  100000000000000,
                                  1000000000000000,
                                  10000000000000000,
                                  100000000000000000,
                                  1000000000000000000,
                                  10000000000000000000u};
enum { POWERS = sizeof powers / sizeof *powers, DIGITS = 19, MANTISSA = 53 };

/* w / 10^k, correctly rounded, for w > 0: one exact 128-bit division gives at least 62 bits of the quotient,
 * and what remains says on which side of a tie the number lies. */
static double quotient(uint64_t w, int k)
{
    int up = __builtin_clzll(w), down = __builtin_clzll(powers[k]);
    uint64_t divisor = powers[k] << down;
    u128 dividend = (u128)(w << up) << 63;
    uint64_t q = (uint64_t)(dividend / divisor);
    bool rest = dividend % divisor != 0;
    int cut = 64 - __builtin_clzll(q) - MANTISSA; /* bits below the mantissa: 10 or 11 */
    uint64_t mantissa = q >> cut, below = q & (((uint64_t)1 << cut) - 1), half = (uint64_t)1 << (cut - 1);
    if (below > half || (below == half && (rest || mantissa & 1))) mantissa++;
    int exponent = cut - 63 - up + down; /* the result is normal: 1 <= w < 2^64 and 10^k < 10^20 */
    uint64_t bits = (uint64_t)(exponent + 1023) << 52;
    double scale;
    memcpy(&scale, &bits, 8);
    return (double)mantissa * scale;
}

typedef struct digits {
    uint64_t w; /* the first 19 significant digits */
    int n;      /* how many of them */
    int after;  /* digits behind the point */
    bool any, lost;
} digits;

static const char *read_digits(const char *p, digits *d, bool behind)
{
    for (; *p >= '0' && *p <= '9'; p++) {
        d->any = true;
        d->after += behind;
        if (!d->n && *p == '0') continue;
        if (d->n++ < DIGITS)
            d->w = 10 * d->w + (uint64_t)(*p - '0');
        else
            d->lost = true;
    }
    return p;
}

static bool read_slowly(const char *s, const char **end, double *x)
{
    char *stop;
    *x = strtod(s, &stop); /* LC_NUMERIC is "C" in every program of latlab */
    *end = stop;
    return stop != s;
}

/* An exponent behind the digits; p is left alone when there is none. */
static const char *read_exponent(const char *p, int *exponent)
{
    if (*p != 'e' && *p != 'E') return p;
    const char *q = p + 1;
    bool minus = *q == '-';
    if (*q == '-' || *q == '+') q++;
    if (*q < '0' || *q > '9') return p;
    int x = 0;
    for (; *q >= '0' && *q <= '9'; q++)
        if (x < 10000) x = 10 * x + *q - '0';
    *exponent = minus ? -x : x;
    return q;
}

bool ll_decimal_read(const char *s, const char **end, double *x)
{
    const char *p = s;
    digits d = {0};
    int exponent = 0;
    bool minus = *p == '-';
    if (*p == '-' || *p == '+') p++;
    if ((*p | 32) == 'n' || (*p | 32) == 'i') return read_slowly(s, end, x);
    if (p[0] == '0' && (p[1] | 32) == 'x') { /* strtod would read a hexadecimal number */
        *end = s;
        return false;
    }
    p = read_digits(p, &d, false);
    if (*p == '.') p = read_digits(p + 1, &d, true);
    if (!d.any) {
        *end = s;
        return false;
    }
    p = read_exponent(p, &exponent);
    exponent -= d.after;
    if (d.lost || exponent > 0 || exponent <= -POWERS) return read_slowly(s, end, x);
    double v = d.w ? quotient(d.w, -exponent) : 0;
    *x = minus ? -v : v;
    *end = p;
    return true;
}

bool ll_decimal_parse(const char *s, double *x)
{
    const char *end;
    while (*s == ' ' || *s == '\t') s++;
    if (!ll_decimal_read(s, &end, x)) return false;
    while (*end == ' ' || *end == '\t') end++;
    return !*end;
}

static char *put_digits(char *out, uint64_t v, int width)
{
    for (int i = width - 1; i >= 0; i--, v /= 10) out[i] = (char)('0' + v % 10);
    return out + width;
}

static int count_digits(uint64_t v)
{
    int n = 1;
    while (n < POWERS && v >= powers[n]) n++;
    return n;
}

/* Few decimals, as most numbers of a table have: x is m / 10^k for a whole m of at most 15 digits. The same text as
 * %.15g gives, at a tenth of its time. */
static bool write_short(double x, char *out)
{
    double size = fabs(x);
    if (!(size >= 1e-4 && size < 1e6)) return false;
    for (int k = 0; k <= 9; k++) {
        double scale = (double)powers[k], m = nearbyint(size * scale);
        if (m / scale != size) continue;
        uint64_t whole = (uint64_t)m, power = powers[k];
        if (x < 0) *out++ = '-';
        out = put_digits(out, whole / power, count_digits(whole / power));
        if (k) *out++ = '.';
        *put_digits(out, whole % power, k) = 0;
        return true;
    }
    return false;
}

void ll_decimal_write(double x, char *out)
{
    if (write_short(x, out)) return;
    for (int n = 15; n <= 17; n++) {
        const char *end;
        double back;
        snprintf(out, 32, "%.*g", n, x);
        if (isnan(x) || (ll_decimal_read(out, &end, &back) && back == x)) return;
    }
}

/* --- rounded --- */

enum { ROUNDED = 9 };
static const double least_rounded = 1e-4, most_rounded = 1e9;

void ll_decimal_write_rounded(double x, char *out)
{
    double a = fabs(x);
    int after = ROUNDED - 1;
    if (!(a >= least_rounded && a < most_rounded)) {
        snprintf(out, 32, "%.*g", ROUNDED, x);
        return;
    }
    if (a >= 1) after -= count_digits((uint64_t)a) - 1;
    for (double first = a; first < 1; first *= 10) after++;
    uint64_t v = (uint64_t)llrint(a * (double)powers[after]);
    for (; after && v % 10 == 0; after--) v /= 10;
    if (x < 0) *out++ = '-';
    out = put_digits(out, v / powers[after], count_digits(v / powers[after]));
    if (after) *out++ = '.';
    *put_digits(out, v % powers[after], after) = 0;
}

/* Beyond so many decimals of doubles, 1 is 1. */
static const double ONE = 1 - 1e-9;

double ll_below_one(double x, int decimals)
{
    double unit = pow(10, decimals);
    bool rounds_up = decimals > 1 && fabs(x) < ONE && fabs(x) > .9 && round(fabs(x) * unit) >= unit;
    return rounds_up ? copysign((unit - 1) / unit, x) : x;
}

void ll_add_number(ll_str *out, double x, int decimals)
{
    static const double readable =
        1e7; /* more digits before the point than anybody reads need none behind it */
    if (decimals > 0 && fabs(x) >= readable)
        ll_str_addf(out, "%.4g", x);
    else if (decimals >= 0)
        ll_str_addf(out, "%.*f", decimals, ll_below_one(x, decimals));
    else if (x == floor(x) && fabs(x) < 1e15)
        ll_str_addf(out, "%.0f", x);
    else
        ll_str_addf(out, "%.6g", ll_below_one(x, 6));
}
