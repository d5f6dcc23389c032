#include "core/base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

static void reserve(ll_str *b, size_t more)
{
    if (b->len + more + 1 <= b->cap) return;
    size_t cap = b->cap ? b->cap * 2 : 64;
    while (cap < b->len + more + 1) cap *= 2;
    b->s = ll_realloc(b->s, cap, 1);
    b->cap = cap;
}

void ll_str_addn(ll_str *b, const char *text, size_t n)
{
    reserve(b, n);
    if (n) memcpy(b->s + b->len, text, n);
    b->len += n;
    b->s[b->len] = 0;
}

void ll_str_add(ll_str *b, const char *text)
{
    ll_str_addn(b, text, strlen(text));
}

void ll_str_addc(ll_str *b, char c)
{
    ll_str_addn(b, &c, 1);
}

void ll_str_repeat(ll_str *b, const char *text, int times)
{
    while (times-- > 0) ll_str_add(b, text);
}

void ll_str_addv(ll_str *b, const char *fmt, va_list ap)
{
    va_list copy;
    va_copy(copy, ap);
    int n = vsnprintf(NULL, 0, fmt, copy);
    va_end(copy);
    if (n < 0 && errno == ENOMEM) ll_no_memory(0);
    if (n < 0) return;
    reserve(b, (size_t)n);
    vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
    b->len += (size_t)n;
}

void ll_str_addf(ll_str *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(b, fmt, ap);
    va_end(ap);
}

void ll_str_clear(ll_str *b)
{
    b->len = 0;
    if (b->s) b->s[0] = 0;
}

void ll_str_free(ll_str *b)
{
    free(b->s);
    *b = (ll_str){0};
}

char *ll_str_take(ll_str *b)
{
    char *s = b->s ? b->s : ll_strdup("");
    *b = (ll_str){0};
    return s;
}

const char *ll_str_text(const ll_str *b)
{
    return b->s ? b->s : "";
}

void ll_strs_take(ll_strs *l, char *text)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 8;
        l->v = ll_realloc(l->v, (size_t)l->cap, sizeof *l->v);
    }
    l->v[l->n++] = text;
}

void ll_strs_add(ll_strs *l, const char *text)
{
    ll_strs_take(l, ll_strdup(text));
}

void ll_strs_split(ll_strs *l, const char *text, char separator)
{
    while (*text) {
        const char *end = strchr(text, separator);
        const char *next = end ? end + 1 : text + strlen(text);
        if (!end) end = next;
        while (text < end && isspace((unsigned char)*text)) text++;
        while (end > text && isspace((unsigned char)end[-1])) end--;
        if (end > text) {
            char *part = ll_memdup(text, (size_t)(end - text) + 1, 1);
            part[end - text] = 0;
            ll_strs_take(l, part);
        }
        text = next;
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void ll_strs_sort(ll_strs *l)
{
    if (l->n) qsort(l->v, (size_t)l->n, sizeof *l->v, by_text);
}

static int place_of(const ll_strs *l, const char *text)
{
    int i = 0;
    while (i < l->n && strcmp(l->v[i], text)) i++;
    return i;
}

bool ll_strs_has(const ll_strs *l, const char *text)
{
    return place_of(l, text) < l->n;
}

int ll_strs_index(ll_strs *l, const char *text)
{
    int i = place_of(l, text);
    if (i == l->n) ll_strs_add(l, text);
    return i;
}

void ll_strs_free(ll_strs *l)
{
    for (int i = 0; i < l->n; i++) free(l->v[i]);
    free(l->v);
    *l = (ll_strs){0};
}

void ll_ints_add(ll_ints *l, int x)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 16;
        l->v = ll_realloc(l->v, (size_t)l->cap, sizeof *l->v);
    }
    l->v[l->n++] = x;
}

int ll_ints_find(const ll_ints *l, int x)
{
    for (int i = 0; i < l->n; i++)
        if (l->v[i] == x) return i;
    return -1;
}

void ll_ints_remove(ll_ints *l, int position)
{
    memmove(l->v + position, l->v + position + 1, (size_t)(l->n - position - 1) * sizeof *l->v);
    l->n--;
}

ll_ints ll_ints_copy(const int *v, int n)
{
    return (ll_ints){ll_memdup(v, (size_t)n, sizeof *v), n, n};
}

ll_ints ll_ints_range(int n)
{
    ll_ints l = {LL_NEW_ARRAY(int, n), n, n};
    for (int i = 0; i < n; i++) l.v[i] = i;
    return l;
}

void ll_ints_free(ll_ints *l)
{
    free(l->v);
    *l = (ll_ints){0};
}

bool ll_glob(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' ||
                   (*pattern && tolower((unsigned char)*pattern) == tolower((unsigned char)*text))) {
            pattern++, text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}

int ll_edit_distance(const char *a, const char *b)
{
    enum { MOST = 63 };
    int na = (int)strlen(a), nb = (int)strlen(b), rows[3][MOST + 1];
    if (na > MOST || nb > MOST) return MOST;
    for (int j = 0; j <= nb; j++) rows[0][j] = j;
    for (int i = 1; i <= na; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= nb; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            int best = above[j - 1] + (x != y);
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                           y == tolower((unsigned char)a[i - 2]);
            if (swapped && second[j - 2] + 1 < best) best = second[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[na % 3][nb];
}
