#include "core/space/parts.h"

#include <ctype.h>
#include <string.h>

static const char *skip_blanks(const char *p)
{
    while (*p == ' ' || *p == '\t') p++;
    return p;
}

/* Does a word end here? */
static bool at_boundary(char c)
{
    return !c || strchr(" \t_|,])", c);
}

bool ll_is_number(const char *name)
{
    return *name && !name[strspn(name, "0123456789")];
}

/* Numbers are names at this position. Spaces whose positions share one list have no such names. */
static bool numbers_are_names(const ll_space *s, int position)
{
    for (int i = 0; s->choices && i < ll_space_choices(s, position); i++)
        if (ll_is_number(ll_space_choice(s, position, i))) return true;
    return false;
}

bool ll_space_reads_digits(const ll_space *s)
{
    for (int p = 0; p < s->n_positions; p++)
        if (numbers_are_names(s, p)) return false;
    return s->n_ops <= 10;
}

int ll_space_match_op(const ll_space *s, int position, const char *text, int *len)
{
    int best = -1;
    *len = 0;
    for (int i = 0; i < ll_space_choices(s, position); i++) {
        const char *name = ll_space_choice(s, position, i);
        int n = (int)strlen(name);
        if (n > *len && !strncmp(text, name, (size_t)n)) {
            best = i;
            *len = n;
        }
    }
    return best;
}

/* One operation at *p, by its longest name or its index; -1: neither. */
static int read_op(const ll_space *s, int position, const char **p)
{
    int len, op = ll_space_match_op(s, position, *p, &len);
    if (op >= 0 && at_boundary((*p)[len])) {
        *p += len;
        return op;
    }
    if (!isdigit((unsigned char)**p) || numbers_are_names(s, position)) return -1;
    op = **p - '0';
    len = 1;
    if (op && isdigit((unsigned char)(*p)[1])) op = 10 * op + (*p)[len++] - '0';
    if (op >= ll_space_choices(s, position) || !at_boundary((*p)[len])) return -1;
    *p += len;
    return op;
}

/* The separator at *p, which must be the same each time (*sep 0: not yet known). */
static bool read_separator(const char **p, char *sep)
{
    const char *q = skip_blanks(*p);
    char found = q > *p ? ' ' : 0;
    if (*q && strchr("_|,", *q)) {
        found = *q;
        q = skip_blanks(q + 1);
    }
    if (!found || (*sep && *sep != found)) return false;
    *sep = found;
    *p = q;
    return true;
}

static bool read_digits(const ll_space *s, const char *text, uint8_t *gene)
{
    if ((int)strspn(text, "0123456789") != s->n_positions || text[s->n_positions] ||
        !ll_space_reads_digits(s))
        return false;
    for (int i = 0; i < s->n_positions; i++)
        if (text[i] - '0' >= ll_space_choices(s, i)) return false;
    for (int i = 0; i < s->n_positions; i++) gene[i] = (uint8_t)(text[i] - '0');
    return true;
}

static ll_status wrong_list(const ll_space *s, const char *text, int position, const char *at, ll_error *e)
{
    ll_str names = {0};
    int n = ll_space_choices(s, position);
    for (int i = 0; i < n; i++) ll_str_addf(&names, "%s%s", i ? ", " : "", ll_space_choice(s, position, i));
    ll_str index = {0};
    if (!numbers_are_names(s, position)) ll_str_addf(&index, "0..%d or ", n - 1);
    ll_fail(e, LL_BAD_DATA,
            "\"%.80s\" is no %s architecture: position %d of %d is wrong at \"%.20s\"; expected %d "
            "operations, each %sone of %s",
            text, s->name, position + 1, s->n_positions, at, s->n_positions, ll_str_text(&index),
            ll_str_text(&names));
    ll_str_free(&names);
    ll_str_free(&index);
    return LL_BAD_DATA;
}

ll_status ll_space_parse_list(const ll_space *s, const char *text, uint8_t *gene, ll_error *e)
{
    uint8_t read[LL_MAX_POSITIONS];
    const char *p = skip_blanks(text);
    char sep = 0, closing = *p == '[' ? ']' : *p == '(' ? ')' : 0;
    if (read_digits(s, p, gene)) return LL_OK;
    if (closing) p = skip_blanks(p + 1);
    for (int i = 0; i < s->n_positions; i++) {
        const char *at = p;
        if (i && !read_separator(&p, &sep)) return wrong_list(s, text, i, at, e);
        int op = read_op(s, i, &p);
        if (op < 0) return wrong_list(s, text, i, at, e);
        read[i] = (uint8_t)op;
    }
    p = skip_blanks(p);
    if (closing && *p == closing) p = skip_blanks(p + 1), closing = 0;
    if (*p || closing)
        return ll_fail(e, LL_BAD_DATA, "\"%.80s\" is no %s architecture: %s behind %d operations", text,
                       s->name, closing ? "no closing bracket" : "more text", s->n_positions);
    memcpy(gene, read, (size_t)s->n_positions);
    return LL_OK;
}

void ll_space_format_names(const ll_space *s, const uint8_t *gene, const char *separator, ll_str *out)
{
    for (int i = 0; i < s->n_positions; i++)
        ll_str_addf(out, "%s%s", i ? separator : "", ll_space_choice(s, i, gene[i]));
}

int ll_space_no_index(const ll_space *s, const uint8_t *gene)
{
    (void)s, (void)gene;
    return -1;
}

bool ll_space_none_at(const ll_space *s, int index, uint8_t *gene)
{
    (void)s, (void)index, (void)gene;
    return false;
}

void ll_graph_chain(const ll_space *s, const uint8_t *gene, ll_graph *out)
{
    memset(out, 0, sizeof *out);
    out->n_nodes = s->n_positions + 2;
    out->op[0] = out->op[out->n_nodes - 1] = -1;
    for (int i = 0; i < s->n_positions; i++) out->op[i + 1] = gene[i];
    for (int i = 0; i + 1 < out->n_nodes; i++) out->adj[i][i + 1] = 1;
}

int ll_layer_put(ll_layer_sink *sink, ll_layer l)
{
    l.site = sink->site;
    if (!l.groups) l.groups = 1;
    if (!l.stride) l.stride = 1;
    if (!l.kernel) l.kernel = 1;
    if (!l.h_out) l.h_out = l.h_in / l.stride;
    if (!l.c_out) l.c_out = l.c_in;
    if (sink->n < sink->most) sink->out[sink->n] = l;
    return ++sink->n;
}
