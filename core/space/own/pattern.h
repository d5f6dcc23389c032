/* The string of an architecture as a space file states it: text with {POSITION} where the name of its choice stands, and
 * {#POSITION} for the choice's index. "|{a}~0|+|{b}~0|{c}~1|", "{#k1}_{#k2}". */
#ifndef LL_SPACE_OWN_PATTERN_H
#define LL_SPACE_OWN_PATTERN_H

#include "core/space/space.h"

typedef struct ll_pattern ll_pattern;

/* Names of positions (n). LL_BAD_DATA: a position that is not there, comes twice or not at all, or text behind one that could
 * belong to its choice. ll_pattern_free. */
ll_status ll_pattern_read(const char *text, const ll_position *positions, int n, ll_pattern **out,
                          ll_error *e);
void ll_pattern_free(ll_pattern *p); /* NULL is fine */
void ll_pattern_write(const ll_pattern *p, const ll_space *s, const uint8_t *gene, ll_str *out);
/* False: the text is none of the pattern; *at is where it stops being. */
bool ll_pattern_match(const ll_pattern *p, const ll_space *s, const char *text, uint8_t *gene,
                      const char **at);

#endif
