/* Expressions over facts: read and carried out in one go, since each is wanted once. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "sessions/course/facts.h"

enum { LONGEST = 400, DEEPEST = 24 };

/* `text` is borrowed from the facts; NULL: a number. */
typedef struct value {
    double x;
    const char *text;
} value;

typedef struct reader {
    const char *whole, *p;
    const ll_facts *facts; /* NULL: only whether it can be read */
    int depth;
    ll_status status;
    ll_error *e;
} reader;

static value stop(reader *r, ll_status status, const char *what)
{
    if (!r->status) ll_fail(r->e, status, "\"%.160s\": %s at \"%.24s\"", r->whole, what, r->p);
    if (!r->status) r->status = status;
    return (value){0};
}

static bool take(reader *r, const char *sign)
{
    while (*r->p == ' ' || *r->p == '\t') r->p++;
    size_t n = strlen(sign);
    if (strncmp(r->p, sign, n)) return false;
    r->p += n;
    return true;
}

static void expect(reader *r, const char *sign)
{
    char what[32] = "expected ' '";
    what[10] = *sign;
    if (!r->status && !take(r, sign)) stop(r, LL_BAD_DATA, what);
}

static double number(reader *r, value v)
{
    if (v.text && r->facts) stop(r, LL_FAILED, "a text stands where a number is meant");
    return v.x;
}

static value read_all(reader *r);

static value read_reference(reader *r)
{
    size_t n = strcspn(r->p, "}");
    if (!r->p[n]) return stop(r, LL_BAD_DATA, "a brace is never closed");
    char *name = ll_strndup(r->p, n);
    const ll_fact *fact = r->facts ? ll_facts_find(r->facts, name) : NULL;
    free(name);
    if (r->facts && !fact) return stop(r, LL_FAILED, "no result so far has what is named");
    r->p += n + 1;
    return fact ? (value){fact->x, fact->text} : (value){1, NULL};
}

static value read_call(reader *r)
{
    static const char *const names[] = {"abs(", "min(", "max("};
    for (int i = 0; i < 3; i++) {
        if (!take(r, names[i])) continue;
        double a = number(r, read_all(r)), b = 0;
        if (i) expect(r, ",");
        if (i) b = number(r, read_all(r));
        expect(r, ")");
        return (value){!i ? fabs(a) : i == 1 ? fmin(a, b) : fmax(a, b), NULL};
    }
    return stop(r, LL_BAD_DATA, "expected a number, {NAME} or '('");
}

static value read_unary(reader *r)
{
    char *end;
    if (r->status) return (value){0};
    if (r->depth >= DEEPEST) return stop(r, LL_BAD_DATA, "it is nested too deep");
    if (take(r, "{")) return read_reference(r);
    if (isdigit((unsigned char)*r->p) || *r->p == '.') {
        double x = strtod(r->p, &end);
        if (end == r->p) return stop(r, LL_BAD_DATA, "expected a number");
        r->p = end;
        return (value){x, NULL};
    }
    value v;
    r->depth++;
    if (take(r, "(")) {
        v = read_all(r);
        expect(r, ")");
    } else if (take(r, "-")) {
        v = (value){-number(r, read_unary(r)), NULL};
    } else if (take(r, "!")) {
        v = (value){number(r, read_unary(r)) == 0, NULL};
    } else {
        v = read_call(r);
    }
    r->depth--;
    return v;
}

static double same(const value *a, const value *b)
{
    if (a->text && b->text) return !strcmp(a->text, b->text);
    return !a->text && !b->text && a->x == b->x;
}

enum { OR, AND, EQUAL, ORDER, SUM, PRODUCT, LEVELS };
/* Those of one level stand beside each other, the longer sign first. */
static const struct {
    const char *sign;
    int level;
    char does;
} operators[] = {{"||", OR, '|'},    {"&&", AND, '&'},   {"==", EQUAL, '='},  {"!=", EQUAL, '#'},
                 {"<=", ORDER, 'l'}, {">=", ORDER, 'g'}, {"<", ORDER, '<'},   {">", ORDER, '>'},
                 {"+", SUM, '+'},    {"-", SUM, '-'},    {"*", PRODUCT, '*'}, {"/", PRODUCT, '/'}};
enum { OPERATORS = sizeof operators / sizeof *operators };

static double apply(char does, double a, double b)
{
    switch (does) {
    case '|':
        return a != 0 || b != 0;
    case '&':
        return a != 0 && b != 0;
    case 'l':
        return a <= b;
    case 'g':
        return a >= b;
    case '<':
        return a < b;
    case '>':
        return a > b;
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    default:
        return a / b;
    }
}

static value read_level(reader *r, int level)
{
    if (level == LEVELS) return read_unary(r);
    value left = read_level(r, level + 1);
    for (int i = 0; i < OPERATORS && !r->status; i++) {
        if (operators[i].level != level || !take(r, operators[i].sign)) continue;
        value right = read_level(r, level + 1);
        double x = level == EQUAL ? same(&left, &right) == (operators[i].does == '=')
                                  : apply(operators[i].does, number(r, left), number(r, right));
        left = (value){x, NULL};
        i = -1; /* and what follows, from left to right */
    }
    return left;
}

static value read_all(reader *r)
{
    if (r->depth >= DEEPEST) return stop(r, LL_BAD_DATA, "it is nested too deep");
    r->depth++;
    value v = read_level(r, OR);
    if (!r->status && take(r, "?")) {
        bool holds = number(r, v) != 0;
        value yes = read_all(r);
        expect(r, ":");
        value no = read_all(r);
        v = holds ? yes : no;
    }
    r->depth--;
    return v;
}

static ll_status carry_out(const char *text, const ll_facts *f, double *out, ll_error *e)
{
    reader r = {.whole = text, .p = text, .facts = f, .e = e};
    if (strlen(text) > LONGEST)
        return ll_fail(e, LL_BAD_DATA, "\"%.40s...\" is too long: an expression has at most %d characters",
                       text, LONGEST);
    *out = number(&r, read_all(&r));
    take(&r, "");
    if (!r.status && *r.p) stop(&r, LL_BAD_DATA, "expected its end");
    return r.status;
}

ll_status ll_formula(const char *text, const ll_facts *f, double *out, ll_error *e)
{
    return carry_out(text, f, out, e);
}

ll_status ll_formula_check(const char *text, ll_error *e)
{
    double ignored;
    return carry_out(text, NULL, &ignored, e);
}
