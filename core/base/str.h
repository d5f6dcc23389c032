/* A growing string. Zero-initialise; s is always NUL-terminated once anything was added. */
#ifndef LL_BASE_STR_H
#define LL_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct ll_str {
    char *s; /* NULL while nothing was added; use ll_str_text() to read */
    size_t len, cap;
} ll_str;

void ll_str_add(ll_str *b, const char *text);
void ll_str_addn(ll_str *b, const char *text, size_t n);
void ll_str_addc(ll_str *b, char c);
void ll_str_repeat(ll_str *b, const char *text, int times);
void ll_str_addf(ll_str *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void ll_str_addv(ll_str *b, const char *fmt, va_list ap);
void ll_str_clear(ll_str *b); /* keeps the memory */
void ll_str_free(ll_str *b);
char *ll_str_take(ll_str *b);             /* the caller frees; the builder is empty again; never NULL */
const char *ll_str_text(const ll_str *b); /* "" when empty */

/* A list of owned strings. Zero-initialise. */
/* "s" behind a count that is not one: printf("%d device%s", n, ll_plural(n)). */
static inline const char *ll_plural(long n)
{
    return n == 1 ? "" : "s";
}

/* The noun behind a count: printf("%d %s", n, ll_noun(n, "latency", "latencies")). */
static inline const char *ll_noun(long n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}

typedef struct ll_strs {
    char **v;
    int n, cap;
} ll_strs;
void ll_strs_add(ll_strs *l, const char *text);
void ll_strs_take(ll_strs *l, char *text);                        /* takes ownership */
void ll_strs_split(ll_strs *l, const char *text, char separator); /* trims blanks, drops empty parts */
void ll_strs_sort(ll_strs *l);
bool ll_strs_has(const ll_strs *l, const char *text);
int ll_strs_index(ll_strs *l,
                  const char *text); /* its place; what is not there yet is added behind the last */
void ll_strs_free(ll_strs *l);

/* A list of ints. Zero-initialise; free with ll_ints_free. */
typedef struct ll_ints {
    int *v;
    int n, cap;
} ll_ints;
void ll_ints_add(ll_ints *l, int x);
int ll_ints_find(const ll_ints *l, int x); /* position or -1 */
void ll_ints_remove(ll_ints *l, int position);
ll_ints ll_ints_copy(const int *v, int n);
ll_ints ll_ints_range(int n); /* 0 .. n-1 */
void ll_ints_free(ll_ints *l);

/* Shell-like match with * and ?, case-insensitive. */
bool ll_glob(const char *pattern, const char *text);
/* Errors of typing between two words, whatever their case: a letter left out, added or changed, two neighbours swapped. */
int ll_edit_distance(const char *a, const char *b);

#endif
