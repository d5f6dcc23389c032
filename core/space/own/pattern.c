#include "core/space/own/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/space/parts.h"

/* A position and the text behind it; the first piece has no position. */
typedef struct piece {
    int position;
    bool index;
    char *behind;
} piece;
struct ll_pattern {
    int n;
    piece pieces[LL_MAX_POSITIONS + 1];
};
enum { MOST_TEXT = 4096 };
/* What is in no name, and means nothing on the command line. */
#define SEPARATORS "one of | : / + ~"

/* --- reading --- */

static int find(const ll_position *positions, int n, const char *name, size_t len)
{
    for (int p = 0; p < n; p++)
        if (strlen(positions[p].name) == len && !strncmp(positions[p].name, name, len)) return p;
    return -1;
}

/* Could `c` go on with the choice before it? */
static bool goes_on(char c, bool index)
{
    return index ? isdigit((unsigned char)c) : isalnum((unsigned char)c) || (c && strchr("_-.", c));
}

/* Is it clear where the choice of the position that stands in name (len) ends? */
static bool ends(const char *name, size_t len, bool index, ll_error *e)
{
    char behind = name[len + 1];
    if (behind != '{' && !goes_on(behind, index)) return true;
    ll_fail(e, LL_BAD_DATA, "string: '%c' behind {%s%.*s} could belong to its choice: separate them by %s",
            behind, index ? "#" : "", (int)(len < 60 ? len : 60), name,
            index ? "something that is no digit" : SEPARATORS);
    return false;
}

static const char *add_text(ll_pattern *p, const char *text)
{
    size_t n = strcspn(text, "{");
    p->pieces[p->n - 1].behind = ll_strndup(text, n);
    return text + n;
}

/* "{NAME}" or "{#NAME}" at `text`; gives what is behind it. NULL: refused. */
static const char *add_position(ll_pattern *p, const char *text, const ll_position *positions, int n,
                                ll_error *e)
{
    bool index = text[1] == '#';
    const char *name = text + 1 + index;
    size_t len = strcspn(name, "}");
    int position = find(positions, n, name, len);
    bool twice = false;
    for (int i = 0; i < p->n; i++) twice = twice || (i && p->pieces[i].position == position);
    const char *why = !name[len]        ? "has no closing '}'"
                      : position < 0    ? "is no position"
                      : twice           ? "comes twice"
                      : index && n == 1 ? "is all there is: a number alone is an index into data"
                                        : NULL;
    if (why) ll_fail(e, LL_BAD_DATA, "string: {%.*s} %s", (int)(len < 60 ? len : 60), name, why);
    if (why || !ends(name, len, index, e)) return NULL;
    p->pieces[p->n++] = (piece){position, index, NULL};
    return name + len + 1;
}

static ll_status read_pieces(ll_pattern *p, const char *text, const ll_position *positions, int n,
                             ll_error *e)
{
    p->n = 1;
    for (text = add_text(p, text); *text; text = add_text(p, text))
        if (!(text = add_position(p, text, positions, n, e))) return LL_BAD_DATA;
    return p->n == n + 1 ? LL_OK
                         : ll_fail(e, LL_BAD_DATA, "string: it names %d of %d positions", p->n - 1, n);
}

ll_status ll_pattern_read(const char *text, const ll_position *positions, int n, ll_pattern **out,
                          ll_error *e)
{
    if (strlen(text) > MOST_TEXT)
        return ll_fail(e, LL_BAD_DATA, "string: more than %d characters", MOST_TEXT);
    for (const char *c = text; *c; c++)
        if (*c < '!' || *c > '~' || *c == '"' || *c == ',')
            return ll_fail(
                e, LL_BAD_DATA,
                "string: %s cannot stand in it, since strings stand in tables and on the command line: "
                "separate choices by " SEPARATORS,
                *c == ' '   ? "a blank"
                : *c == ',' ? "a comma"
                : *c == '"' ? "a quote"
                            : "a character that is not printable ASCII");
    ll_pattern *p = LL_NEW(ll_pattern);
    ll_status s = read_pieces(p, text, positions, n, e);
    if (s) ll_pattern_free(p);
    if (!s) *out = p;
    return s;
}

void ll_pattern_free(ll_pattern *p)
{
    for (int i = 0; p && i < p->n; i++) free(p->pieces[i].behind);
    free(p);
}

/* --- writing and matching --- */

void ll_pattern_write(const ll_pattern *p, const ll_space *s, const uint8_t *gene, ll_str *out)
{
    for (int i = 0; i < p->n; i++) {
        const piece *at = &p->pieces[i];
        if (i && at->index) ll_str_addf(out, "%d", gene[at->position]);
        if (i && !at->index) ll_str_add(out, ll_space_choice(s, at->position, gene[at->position]));
        ll_str_add(out, at->behind);
    }
}

static int match_index(const ll_space *s, int position, const char *text, int *len)
{
    int value = 0;
    for (*len = 0; isdigit((unsigned char)text[*len]) && *len < 3; ++*len)
        value = 10 * value + text[*len] - '0';
    return *len && value < ll_space_choices(s, position) ? value : -1;
}

bool ll_pattern_match(const ll_pattern *p, const ll_space *s, const char *text, uint8_t *gene,
                      const char **at)
{
    for (int i = 0; i < p->n; i++) {
        const piece *here = &p->pieces[i];
        int len = 0, choice = 0;
        *at = text;
        if (i) choice = (here->index ? match_index : ll_space_match_op)(s, here->position, text, &len);
        size_t behind = strlen(here->behind);
        if (choice < 0 || strncmp(text + len, here->behind, behind)) return false;
        if (i) gene[here->position] = (uint8_t)choice;
        text += (size_t)len + behind;
    }
    *at = text;
    return !*text;
}
