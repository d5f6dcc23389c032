#include "core/space/template/expr.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

/* A stack machine: every operator takes its operands from the stack and leaves its value there. */
enum {
    CONSTANT,
    LOAD,
    NEGATE,
    NOT,
    TRUTH, /* 0 or 1 */
    JUMP,
    JUMP_IF_ZERO, /* takes what it looks at */
    KEEP_IF_ZERO, /* jumps with the zero left, else takes it: && */
    KEEP_IF_TRUE, /* the same for || */
    BINARY        /* and the operators of the table */
};

typedef bool operator_fn(long a, long b, long *out, const char **why);

typedef struct reader {
    const char *text, *p;
    const ll_expr_scope *scope;
    ll_expr_step steps[LL_EXPR_STEPS];
    int n, depth;
    int position; /* the variable that was all of what was read last, -1: more or less than one */
    ll_error *e;
    bool failed;
} reader;

/* --- operators --- */

static bool add(long a, long b, long *out, const char **why)
{
    (void)why;
    *out = a + b;
    return true;
}

static bool subtract(long a, long b, long *out, const char **why)
{
    (void)why;
    *out = a - b;
    return true;
}

static bool multiply(long a, long b, long *out, const char **why)
{
    (void)why;
    *out = a * b; /* both are at most LL_EXPR_MOST */
    return true;
}

static bool divide(long a, long b, long *out, const char **why)
{
    if (!b) *why = "a division by zero";
    if (b) *out = a / b;
    return b != 0;
}

static bool remainder_of(long a, long b, long *out, const char **why)
{
    if (!b) *why = "a remainder of a division by zero";
    if (b) *out = a % b;
    return b != 0;
}

static bool least(long a, long b, long *out, const char **why)
{
    (void)why;
    *out = a < b ? a : b;
    return true;
}

static bool most(long a, long b, long *out, const char **why)
{
    (void)why;
    *out = a > b ? a : b;
    return true;
}

/* make_divisible of the MobileNets: Sandler et al., arXiv 1801.04381, released code. */
static bool divisible(long x, long d, long *out, const char **why)
{
    if (d < 1) *why = "divisible by less than 1";
    if (d < 1) return false;
    long near = (x + d / 2) / d * d;
    if (near < d) near = d;
    *out = 10 * near < 9 * x ? near + d : near;
    return true;
}

#define COMPARISON(NAME, SIGN)                                                                               \
    static bool NAME(long a, long b, long *out, const char **why)                                            \
    {                                                                                                        \
        (void)why;                                                                                           \
        *out = a SIGN b;                                                                                     \
        return true;                                                                                         \
    }
COMPARISON(equal, ==)
COMPARISON(unequal, !=)
COMPARISON(less, <)
COMPARISON(not_more, <=)
COMPARISON(more, >)
COMPARISON(not_less, >=)

/* Those of one level stand beside each other, the longer sign first. Functions have level 0. */
enum { FUNCTION, EQUAL, ORDER, SUM, PRODUCT, LEVELS };
static const struct {
    const char *sign;
    int level;
    operator_fn *apply;
} binary[] = {
    {"min", FUNCTION, least}, {"max", FUNCTION, most},      {"divisible", FUNCTION, divisible},
    {"==", EQUAL, equal},     {"!=", EQUAL, unequal},       {"<=", ORDER, not_more},
    {">=", ORDER, not_less},  {"<", ORDER, less},           {">", ORDER, more},
    {"+", SUM, add},          {"-", SUM, subtract},         {"*", PRODUCT, multiply},
    {"/", PRODUCT, divide},   {"%", PRODUCT, remainder_of},
};
enum { OPERATORS = sizeof binary / sizeof *binary };

/* --- reading --- */

static bool wrong(reader *r, const char *what)
{
    if (!r->failed)
        ll_fail(r->e, LL_BAD_DATA, "\"%.120s\" is no expression: %s at \"%.24s\"", r->text, what, r->p);
    r->failed = true;
    return false;
}

static void skip_blanks(reader *r)
{
    while (*r->p == ' ' || *r->p == '\t') r->p++;
}

static bool take(reader *r, const char *sign)
{
    skip_blanks(r);
    size_t n = strlen(sign);
    if (strncmp(r->p, sign, n)) return false;
    r->p += n;
    return true;
}

static bool expect(reader *r, const char *sign)
{
    if (take(r, sign)) return true;
    char what[32] = "expected ' '";
    what[10] = *sign;
    return wrong(r, what);
}

/* Gives the number of the instruction, whose argument may be filled in later. */
static int put(reader *r, int op, int arg)
{
    r->position = -1;
    if (r->n == LL_EXPR_STEPS) wrong(r, "it is too long");
    if (r->failed) return 0;
    r->steps[r->n] = (ll_expr_step){(unsigned char)op, arg};
    return r->n++;
}

static void land(reader *r, int jump)
{
    r->steps[jump].arg = r->n;
    r->position = -1;
}

static bool read_expression(reader *r);

static bool read_number(reader *r)
{
    long value = 0;
    const char *first = r->p;
    for (; isdigit((unsigned char)*r->p); r->p++) {
        value = 10 * value + *r->p - '0';
        if (value > LL_EXPR_MOST) {
            r->p = first;
            return wrong(r, "the number is too large");
        }
    }
    put(r, CONSTANT, (int)value);
    return true;
}

enum { NAME = 130 };
static bool read_word(reader *r, char word[NAME])
{
    size_t n = 0;
    while (isalnum((unsigned char)r->p[n]) || r->p[n] == '_' || r->p[n] == '.') n++;
    if (n >= NAME) return wrong(r, "the name is too long");
    memcpy(word, r->p, n);
    word[n] = 0;
    return true;
}

static int function_called(const char *word)
{
    for (int i = 0; i < OPERATORS && binary[i].level == FUNCTION; i++)
        if (!strcmp(binary[i].sign, word)) return i;
    return -1;
}

static bool read_name(reader *r)
{
    char word[NAME];
    const char *first = r->p;
    if (!read_word(r, word)) return false;
    r->p += strlen(word);
    int function = function_called(word);
    if (function >= 0 && take(r, "(")) {
        if (!read_expression(r) || !expect(r, ",") || !read_expression(r) || !expect(r, ")")) return false;
        put(r, BINARY + function, 0);
        return true;
    }
    int variable = r->scope->variable(r->scope->ctx, word);
    if (variable < 0) {
        r->p = first;
        return wrong(r, "there is no such name");
    }
    put(r, LOAD, variable);
    r->position = variable;
    return true;
}

static bool read_unary(reader *r)
{
    skip_blanks(r);
    if (isdigit((unsigned char)*r->p)) return read_number(r);
    if (isalpha((unsigned char)*r->p)) return read_name(r);
    if (r->depth == LL_EXPR_DEPTH) return wrong(r, "it is nested too deep");
    r->depth++;
    bool good;
    if (take(r, "(")) {
        good = read_expression(r) && expect(r, ")");
    } else {
        int op = take(r, "-") ? NEGATE : take(r, "!") ? NOT : -1;
        good = op < 0 ? wrong(r, "expected a number, a name or '('") : read_unary(r);
        if (good) put(r, op, 0);
    }
    r->depth--;
    return good && !r->failed;
}

static int operator_here(reader *r, int level)
{
    for (int i = 0; i < OPERATORS; i++)
        if (binary[i].level == level && take(r, binary[i].sign)) return i;
    return -1;
}

/* 'choice' behind a position: its index is compared, whatever the position counts as elsewhere. */
static bool read_choice(reader *r, int variable)
{
    char word[NAME];
    size_t n = strcspn(r->p, "'");
    if (n >= NAME || r->p[n] != '\'') return wrong(r, "expected the name of a choice and a closing '");
    memcpy(word, r->p, n);
    word[n] = 0;
    int value = -1, index = variable < 0 ? -1 : r->scope->choice(r->scope->ctx, variable, word, &value);
    if (index < 0) return wrong(r, "only a position is compared with a choice,");
    if (value < 0) return wrong(r, "the position has no such choice,");
    r->steps[r->n - 1].arg = index;
    put(r, CONSTANT, value);
    r->p += n + 1;
    return true;
}

/* Levels from EQUAL on bind ever more; comparisons come once, the others in any number, from left to right. */
static bool read_level(reader *r, int level)
{
    if (level == LEVELS) return read_unary(r);
    if (!read_level(r, level + 1)) return false;
    for (int op; (op = operator_here(r, level)) >= 0;) {
        int left = r->position;
        bool choice = level == EQUAL && take(r, "'");
        if (!(choice ? read_choice(r, left) : read_level(r, level + 1))) return false;
        put(r, BINARY + op, 0);
        if (level == EQUAL || level == ORDER) break;
    }
    return !r->failed;
}

static bool read_and(reader *r)
{
    if (!read_level(r, EQUAL)) return false;
    while (take(r, "&&")) {
        int jump = put(r, KEEP_IF_ZERO, 0);
        if (r->failed || !read_level(r, EQUAL)) return false;
        put(r, TRUTH, 0);
        if (!r->failed) land(r, jump);
    }
    return !r->failed;
}

static bool read_or(reader *r)
{
    if (!read_and(r)) return false;
    while (take(r, "||")) {
        int jump = put(r, KEEP_IF_TRUE, 0);
        if (r->failed || !read_and(r)) return false;
        put(r, TRUTH, 0);
        if (!r->failed) land(r, jump);
    }
    return !r->failed;
}

static bool read_condition(reader *r)
{
    if (!read_or(r)) return false;
    if (!take(r, "?")) return true;
    int otherwise = put(r, JUMP_IF_ZERO, 0);
    if (!read_expression(r) || !expect(r, ":")) return false;
    int end = put(r, JUMP, 0);
    if (r->failed) return false;
    land(r, otherwise);
    if (!read_expression(r)) return false;
    land(r, end);
    return true;
}

static bool read_expression(reader *r)
{
    if (r->depth == LL_EXPR_DEPTH) return wrong(r, "it is nested too deep");
    r->depth++;
    bool good = read_condition(r);
    r->depth--;
    return good && !r->failed;
}

ll_status ll_expr_read(const char *text, const ll_expr_scope *scope, ll_expr *out, ll_error *e)
{
    reader r = {.text = text, .p = text, .scope = scope, .position = -1, .e = e};
    if (strlen(text) > LL_EXPR_TEXT)
        return ll_fail(e, LL_BAD_DATA, "\"%.40s...\" is too long: an expression has at most %d characters",
                       text, LL_EXPR_TEXT);
    if (!read_expression(&r)) return LL_BAD_DATA;
    skip_blanks(&r);
    if (*r.p) {
        wrong(&r, "expected its end");
        return LL_BAD_DATA;
    }
    *out = (ll_expr){r.n, ll_memdup(r.steps, (size_t)r.n, sizeof *r.steps)};
    return LL_OK;
}

void ll_expr_constant(int value, ll_expr *out)
{
    *out = (ll_expr){1, LL_NEW(ll_expr_step)};
    out->steps[0] = (ll_expr_step){CONSTANT, value};
}

void ll_expr_free(ll_expr *x)
{
    free(x->steps);
    *x = (ll_expr){0};
}

/* --- values --- */

static bool in_range(long x, const char **why)
{
    if (x >= -LL_EXPR_MOST && x <= LL_EXPR_MOST) return true;
    *why = "a number beyond 1073741824";
    return false;
}

/* What looks at the one value on top; gives the next instruction. */
static int one(const ll_expr_step *s, int next, long *stack, int *top)
{
    long *x = &stack[*top - 1];
    switch (s->op) {
    case NEGATE:
        *x = -*x;
        return next;
    case NOT:
        *x = !*x;
        return next;
    case TRUTH:
        *x = *x != 0;
        return next;
    case JUMP:
        return s->arg;
    case JUMP_IF_ZERO:
        --*top;
        return *x ? next : s->arg;
    case KEEP_IF_ZERO:
        *top -= *x != 0;
        return *x ? next : s->arg;
    default: /* KEEP_IF_TRUE: the truth that is kept is 1 */
        *top -= *x == 0;
        *x = *x != 0;
        return *x ? s->arg : next;
    }
}

/* Jumps go forward alone, so every instruction is met once at most. */
bool ll_expr_value(const ll_expr *x, ll_expr_load load, const void *ctx, long *out, const char **why)
{
    long stack[LL_EXPR_STEPS + 1];
    int top = 0;
    for (int i = 0; i < x->n;) {
        const ll_expr_step *s = &x->steps[i++];
        if (s->op == CONSTANT || s->op == LOAD) {
            stack[top++] = s->op == LOAD ? load(ctx, s->arg) : s->arg;
        } else if (s->op < BINARY) {
            i = one(s, i, stack, &top);
        } else {
            top--;
            if (!binary[s->op - BINARY].apply(stack[top - 1], stack[top], &stack[top - 1], why)) return false;
            if (!in_range(stack[top - 1], why)) return false;
        }
    }
    *out = stack[0];
    return true;
}
