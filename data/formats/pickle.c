#include "data/formats/pickle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/interrupt.h"
#include "data/formats/pickle_machine.h"

typedef ll_pickle_machine machine;

ll_status ll_pickle_fail(machine *m, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127) *p = '?';
    return ll_fail(m->e, LL_BAD_DATA, "byte %zu: %s", m->started, text);
}

/* Whether the budget has n x size bytes more. */
static bool afford(machine *m, size_t n, size_t size)
{
    ll_error inner = {0};
    if (!ll_budget_take(m->budget, n, size, &inner)) return true;
    ll_pickle_fail(m, "%.400s", inner.message);
    return false;
}

void *ll_pickle_alloc(machine *m, size_t bytes)
{
    return afford(m, bytes, 1) ? ll_arena_alloc(m->arena, bytes) : NULL;
}

/* Room for more than n elements of an array of the machine, at least `need`; the new ones are zero. */
static ll_status grow(machine *m, void **v, size_t *cap, size_t need, size_t size)
{
    size_t more = 2 * *cap > need ? 2 * *cap : need;
    if (!afford(m, more - *cap, size)) return m->e->status;
    *v = ll_realloc(*v, more, size);
    memset((char *)*v + *cap * size, 0, (more - *cap) * size);
    *cap = more;
    return LL_OK;
}

ll_pickled *ll_pickle_new(machine *m, ll_pickled_kind kind)
{
    ll_pickled *v = ll_pickle_alloc(m, sizeof *v);
    if (v) v->kind = kind;
    return v;
}

/* --- bytes and stack ------------------------------------------------------------------------------------ */

static ll_status take(machine *m, size_t n, const uint8_t **p)
{
    *p = m->bytes + m->at;
    if (n > m->n - m->at) return ll_pickle_fail(m, "the pickle ends too early: it is truncated");
    m->at += n;
    return LL_OK;
}

/* Unsigned little-endian number of `width` bytes. */
static ll_status take_uint(machine *m, int width, uint64_t *x)
{
    const uint8_t *p;
    ll_status s = take(m, (size_t)width, &p);
    *x = 0;
    for (int i = width - 1; !s && i >= 0; i--) *x = *x << 8 | p[i];
    return s;
}

ll_status ll_pickle_push(machine *m, ll_pickled *v)
{
    if (!v) return m->e->status;
    ll_status s = LL_OK;
    if (m->depth == m->stack_cap)
        s = grow(m, (void **)&m->stack, &m->stack_cap, m->depth + 256, sizeof *m->stack);
    if (!s) m->stack[m->depth++] = v;
    return s;
}

/* Makes sure that n values lie above the last mark, and gives the first of them. */
static ll_status top(machine *m, size_t n, ll_pickled ***v)
{
    size_t floor = m->n_marks ? m->marks[m->n_marks - 1] : 0;
    *v = m->stack;
    if (m->depth - floor < n) return ll_pickle_fail(m, "the stack is empty: not a sound pickle");
    *v += m->depth - n;
    return LL_OK;
}

static ll_status pop_mark(machine *m, ll_pickled ***v, size_t *n)
{
    *v = m->stack;
    *n = 0;
    if (!m->n_marks) return ll_pickle_fail(m, "a mark is missing: not a sound pickle");
    size_t from = m->marks[--m->n_marks];
    *v = m->stack + from;
    *n = m->depth - from;
    m->depth = from;
    return LL_OK;
}

/* --- opcodes: arg is the second column of the table --- */

static ll_status op_skip(machine *m, int arg)
{
    uint64_t x;
    return take_uint(m, arg, &x);
}

static ll_status op_proto(machine *m, int arg)
{
    uint64_t x;
    ll_status s = take_uint(m, arg, &x);
    if (!s && (x < 2 || x > 5)) s = ll_pickle_fail(m, "protocol %d, 2 to 5 was expected", (int)x);
    return s;
}

static ll_status op_mark(machine *m, int arg)
{
    (void)arg;
    ll_status s = LL_OK;
    if (m->n_marks == m->marks_cap)
        s = grow(m, (void **)&m->marks, &m->marks_cap, m->n_marks + 64, sizeof *m->marks);
    if (!s) m->marks[m->n_marks++] = m->depth;
    return s;
}

static ll_status op_pop(machine *m, int arg)
{
    (void)arg;
    ll_pickled **v;
    ll_status s = top(m, 1, &v);
    if (!s) m->depth--;
    return s;
}

static ll_status op_empty(machine *m, int kind)
{
    return ll_pickle_push(m, ll_pickle_new(m, (ll_pickled_kind)kind));
}

static ll_status op_bool(machine *m, int value)
{
    ll_pickled *v = ll_pickle_new(m, LL_PICKLED_BOOL);
    if (v) v->i = value;
    return ll_pickle_push(m, v);
}

/* BININT1, BININT2 are unsigned, BININT is signed. */
static ll_status op_int(machine *m, int width)
{
    uint64_t x;
    ll_status s = take_uint(m, width, &x);
    if (s) return s;
    ll_pickled *v = ll_pickle_new(m, LL_PICKLED_INT);
    if (v) v->i = width == 4 ? (int32_t)(uint32_t)x : (long long)x;
    return ll_pickle_push(m, v);
}

/* Two's complement of up to 8 bytes; longer ones (the magic number of old torch files) do not fit. */
static ll_status op_long(machine *m, int arg)
{
    uint64_t n, x;
    ll_status s = take_uint(m, arg, &n);
    if (s) return s;
    if (n > 8) return ll_pickle_fail(m, "an integer of %d bytes, at most 8 were expected", (int)n);
    s = take_uint(m, (int)n, &x);
    if (s) return s;
    if (n && n < 8 && x >> (8 * n - 1)) x |= ~(uint64_t)0 << (8 * n);
    ll_pickled *v = ll_pickle_new(m, LL_PICKLED_INT);
    if (v) v->i = (int64_t)x;
    return ll_pickle_push(m, v);
}

static ll_status op_float(machine *m, int arg)
{
    (void)arg;
    const uint8_t *p;
    ll_status s = take(m, 8, &p);
    if (s) return s;
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++) bits = bits << 8 | p[i];
    ll_pickled *v = ll_pickle_new(m, LL_PICKLED_REAL);
    if (v) memcpy(&v->x, &bits, 8);
    return ll_pickle_push(m, v);
}

static ll_status push_text(machine *m, ll_pickled_kind kind, int width)
{
    uint64_t n;
    const uint8_t *p = NULL;
    ll_status s = take_uint(m, width, &n);
    if (!s) s = take(m, n, &p);
    if (s) return s;
    ll_pickled *v = ll_pickle_new(m, kind);
    char *copy = v ? ll_pickle_alloc(m, n + 1) : NULL;
    if (!copy) return m->e->status;
    memcpy(copy, p, n);
    v->text.s = copy;
    v->text.n = n;
    return ll_pickle_push(m, v);
}

static ll_status op_text(machine *m, int width)
{
    return push_text(m, LL_PICKLED_TEXT, width);
}

static ll_status op_bytes(machine *m, int width)
{
    return push_text(m, LL_PICKLED_BYTES, width);
}

/* Append n values; the array doubles, so that a list read in batches stays linear. */
static ll_status append(machine *m, ll_pickled *list, ll_pickled **v, size_t n)
{
    size_t need = list->items.n + n;
    if (need > list->items.cap) {
        size_t cap = need < 2 * list->items.cap ? 2 * list->items.cap : need;
        ll_pickled **more = ll_pickle_alloc(m, cap * sizeof *more);
        if (!more) return m->e->status;
        if (list->items.n) memcpy(more, list->items.v, list->items.n * sizeof *more);
        list->items.v = more;
        list->items.cap = cap;
    }
    if (n) memcpy(list->items.v + list->items.n, v, n * sizeof *v);
    list->items.n = need;
    return LL_OK;
}

/* Append to the container now on top. v lies above it on the stack and stays there until after the copy. */
static ll_status extend_top(machine *m, ll_pickled_kind kind, ll_pickled **v, size_t n)
{
    ll_pickled **list;
    ll_status s = top(m, 1, &list);
    if (s) return s;
    if ((*list)->kind != kind)
        return ll_pickle_fail(m, "items for a %s, not a container", ll_pickled_word(*list));
    if (kind == LL_PICKLED_DICT && n % 2) return ll_pickle_fail(m, "a key without a value");
    return append(m, *list, v, n);
}

static ll_status op_extend_one(machine *m, int kind)
{
    size_t n = kind == LL_PICKLED_DICT ? 2 : 1;
    ll_pickled **v;
    ll_status s = top(m, n, &v);
    if (s) return s;
    m->depth -= n;
    return extend_top(m, (ll_pickled_kind)kind, v, n);
}

static ll_status op_extend(machine *m, int kind)
{
    ll_pickled **v;
    size_t n;
    ll_status s = pop_mark(m, &v, &n);
    return s ? s : extend_top(m, (ll_pickled_kind)kind, v, n);
}

static ll_status push_items(machine *m, ll_pickled_kind kind, ll_pickled **v, size_t n)
{
    ll_pickled *t = ll_pickle_new(m, kind);
    if (!t || append(m, t, v, n)) return m->e->status;
    return ll_pickle_push(m, t);
}

static ll_status op_tuple(machine *m, int n)
{
    ll_pickled **v;
    ll_status s = top(m, (size_t)n, &v);
    if (s) return s;
    m->depth -= (size_t)n;
    return push_items(m, LL_PICKLED_TUPLE, v, (size_t)n);
}

static ll_status op_mark_items(machine *m, int kind)
{
    ll_pickled **v;
    size_t n;
    ll_status s = pop_mark(m, &v, &n);
    if (!s && kind == LL_PICKLED_DICT && n % 2) s = ll_pickle_fail(m, "a key without a value");
    return s ? s : push_items(m, (ll_pickled_kind)kind, v, n);
}

/* --- memo --- */

/* A pickle of n bytes makes fewer than n puts, so a larger index is not sound. */
ll_status ll_pickle_memo_put(machine *m, uint64_t i)
{
    ll_pickled **v;
    ll_status s = top(m, 1, &v);
    if (s) return s;
    if (i > m->n) return ll_pickle_fail(m, "memo index %llu is out of range", (unsigned long long)i);
    if (i >= m->memo_cap && (s = grow(m, (void **)&m->memo, &m->memo_cap, i + 64, sizeof *m->memo))) return s;
    m->memo[i] = *v;
    m->n_memo++;
    return LL_OK;
}

static ll_status op_put(machine *m, int width)
{
    uint64_t i;
    ll_status s = take_uint(m, width, &i);
    return s ? s : ll_pickle_memo_put(m, i);
}

static ll_status op_memoize(machine *m, int arg)
{
    (void)arg;
    return ll_pickle_memo_put(m, m->n_memo);
}

ll_status ll_pickle_memo_get(machine *m, uint64_t i)
{
    if (i >= m->memo_cap || !m->memo[i])
        return ll_pickle_fail(m, "memo %llu was never put", (unsigned long long)i);
    return ll_pickle_push(m, m->memo[i]);
}

static ll_status op_get(machine *m, int width)
{
    uint64_t i;
    ll_status s = take_uint(m, width, &i);
    return s ? s : ll_pickle_memo_get(m, i);
}

/* --- constructors --- */

static ll_status push_global(machine *m, const char *module, size_t module_len, const char *name,
                             size_t name_len)
{
    const ll_pickle_global *g = ll_pickle_global_find(module, module_len, name, name_len);
    if (!g)
        return ll_pickle_fail(
            m, "GLOBAL \"%.*s %.*s\" is not one of those that latency data need; nothing was executed",
            (int)(module_len < 100 ? module_len : 100), module, (int)(name_len < 100 ? name_len : 100), name);
    ll_pickled *v = ll_pickle_new(m, LL_PICKLED_GLOBAL);
    if (v) v->part = (void *)g;
    return ll_pickle_push(m, v);
}

ll_status ll_pickle_take_line(machine *m, const char **s, size_t *n)
{
    const uint8_t *from = m->bytes + m->at, *end = memchr(from, '\n', m->n - m->at);
    *s = (const char *)from;
    *n = 0;
    if (!end) return ll_pickle_fail(m, "the pickle ends too early: it is truncated");
    *n = (size_t)(end - from);
    m->at += *n + 1;
    return LL_OK;
}

static ll_status op_global(machine *m, int arg)
{
    (void)arg;
    const char *module, *name = NULL;
    size_t module_len, name_len = 0;
    ll_status s = ll_pickle_take_line(m, &module, &module_len);
    if (!s) s = ll_pickle_take_line(m, &name, &name_len);
    return s ? s : push_global(m, module, module_len, name, name_len);
}

static ll_status op_stack_global(machine *m, int arg)
{
    (void)arg;
    ll_pickled **v;
    ll_status s = top(m, 2, &v);
    if (s) return s;
    if (v[0]->kind != LL_PICKLED_TEXT || v[1]->kind != LL_PICKLED_TEXT)
        return ll_pickle_fail(m, "a GLOBAL whose name is no text");
    m->depth -= 2;
    return push_global(m, v[0]->text.s, v[0]->text.n, v[1]->text.s, v[1]->text.n);
}

static ll_status op_reduce(machine *m, int arg)
{
    (void)arg;
    ll_pickled **v, *out = NULL;
    ll_status s = top(m, 2, &v);
    if (s) return s;
    m->depth -= 2;
    if (v[0]->kind != LL_PICKLED_GLOBAL || v[1]->kind != LL_PICKLED_TUPLE)
        return ll_pickle_fail(m, "a call of a %s", ll_pickled_word(v[0]));
    const ll_pickle_global *g = v[0]->part;
    if (!g->call) return ll_pickle_fail(m, "a call of %s %s", g->module, g->name);
    s = g->call(m, g, v[1], &out);
    return s ? s : ll_pickle_push(m, out);
}

static ll_status op_build(machine *m, int arg)
{
    (void)arg;
    ll_pickled **v;
    ll_status s = top(m, 2, &v);
    if (s) return s;
    m->depth--;
    return ll_pickle_build(m, v[0], v[1]);
}

static ll_status op_persistent(machine *m, int arg)
{
    (void)arg;
    ll_pickled **v, *out = NULL;
    ll_status s = top(m, 1, &v);
    if (s) return s;
    m->depth--;
    s = ll_pickle_persistent(m, *v, &out);
    return s ? s : ll_pickle_push(m, out);
}

/* --- the table --- */

typedef struct opcode {
    ll_status (*run)(machine *m, int arg);
    int arg;
} opcode;
static const opcode opcodes[256] = {
    [0x80] = {op_proto, 1},
    [0x95] = {op_skip, 8}, /* FRAME */
    ['('] = {op_mark, 0},
    ['0'] = {op_pop, 0},
    ['N'] = {op_empty, LL_PICKLED_NONE},
    [0x88] = {op_bool, 1},
    [0x89] = {op_bool, 0},
    ['J'] = {op_int, 4},
    ['K'] = {op_int, 1},
    ['M'] = {op_int, 2},
    [0x8a] = {op_long, 1},
    ['G'] = {op_float, 0},
    ['X'] = {op_text, 4},
    [0x8c] = {op_text, 1},
    [0x8d] = {op_text, 8},
    ['B'] = {op_bytes, 4},
    ['C'] = {op_bytes, 1},
    [0x8e] = {op_bytes, 8},
    [0x96] = {op_bytes, 8}, /* BYTEARRAY8 */
    ['T'] = {op_bytes, 4},  /* BINSTRING of Python 2 */
    ['U'] = {op_bytes, 1},
    [']'] = {op_empty, LL_PICKLED_LIST},
    ['}'] = {op_empty, LL_PICKLED_DICT},
    [')'] = {op_empty, LL_PICKLED_TUPLE},
    ['a'] = {op_extend_one, LL_PICKLED_LIST},
    ['s'] = {op_extend_one, LL_PICKLED_DICT},
    ['e'] = {op_extend, LL_PICKLED_LIST},
    ['u'] = {op_extend, LL_PICKLED_DICT},
    ['t'] = {op_mark_items, LL_PICKLED_TUPLE},
    ['l'] = {op_mark_items, LL_PICKLED_LIST},
    ['d'] = {op_mark_items, LL_PICKLED_DICT},
    [0x85] = {op_tuple, 1},
    [0x86] = {op_tuple, 2},
    [0x87] = {op_tuple, 3},
    ['q'] = {op_put, 1},
    ['r'] = {op_put, 4},
    [0x94] = {op_memoize, 0},
    ['h'] = {op_get, 1},
    ['j'] = {op_get, 4},
    ['c'] = {op_global, 0},
    [0x93] = {op_stack_global, 0},
    ['R'] = {op_reduce, 0},
    ['b'] = {op_build, 0},
    ['Q'] = {op_persistent, 0},
    /* protocols 0 and 1 */
    ['I'] = {ll_pickle_text_int, false},
    ['L'] = {ll_pickle_text_int, true},
    ['F'] = {ll_pickle_text_float, 0},
    ['S'] = {ll_pickle_text_string, false},
    ['V'] = {ll_pickle_text_string, true},
    ['p'] = {ll_pickle_text_put, 0},
    ['g'] = {ll_pickle_text_get, 0},
};
enum { STOP = '.', PROTO = 0x80 };

static ll_status run(machine *m, const ll_pickled **root)
{
    ll_status s = LL_OK;
    m->started = m->at;
    /* protocols 0 and 1 have no mark of their own: the first value begins */
    static const char firsts[] = "(])}NILFGSVKMJTUXc";
    if (m->at >= m->n || (m->bytes[m->at] != PROTO && !memchr(firsts, m->bytes[m->at], sizeof firsts - 1)))
        return ll_pickle_fail(m, "not a pickle");
    while (!s) {
        const uint8_t *op;
        m->started = m->at;
        if (ll_interrupted()) return ll_interrupt_fail(m->e);
        s = take(m, 1, &op);
        if (s || *op == STOP) break;
        const opcode *o = &opcodes[*op];
        s = o->run ? o->run(m, o->arg)
                   : ll_pickle_fail(m, "opcode 0x%02x is not one of those that latency data need", *op);
    }
    if (s) return s;
    if (m->depth != 1 || m->n_marks)
        return ll_pickle_fail(m, "%zu values are left at the end, not one", m->depth);
    *root = m->stack[0];
    return LL_OK;
}

static ll_status nothing_behind(machine *m)
{
    if (m->at == m->n) return LL_OK;
    return ll_pickle_fail(m, "%zu bytes behind the end of the pickle", m->n - m->at);
}

/* at: where it begins and ends, NULL: it is all of the bytes. */
static ll_status parse(const char *what, const void *bytes, size_t n, size_t *at,
                       const ll_pickle_storages *storages, ll_pickle *out, ll_error *e)
{
    ll_error mine = {0};
    ll_pickle p = {0};
    ll_budget own = ll_budget_for(LL_READER_PICKLE, n);
    machine m = {.bytes = bytes,
                 .n = n,
                 .at = at ? *at : 0,
                 .arena = &p.arena,
                 .storages = storages,
                 .e = e ? e : &mine};
    m.budget = storages && storages->budget ? storages->budget : &own;
    ll_status s = run(&m, &p.root);
    if (!s && !at) s = nothing_behind(&m);
    p.budget = *m.budget;
    ll_budget_give(&p.budget, m.stack_cap * sizeof *m.stack + m.marks_cap * sizeof *m.marks +
                                  m.memo_cap * sizeof *m.memo);
    free(m.stack);
    free(m.marks);
    free(m.memo);
    if (s) {
        ll_pickle_free(&p);
        return ll_fail_in(m.e, "%s: ", what);
    }
    if (at) *at = m.at;
    *out = p;
    return LL_OK;
}

ll_status ll_pickle_parse(const char *what, const void *bytes, size_t n, const ll_pickle_storages *storages,
                          ll_pickle *out, ll_error *e)
{
    return parse(what, bytes, n, NULL, storages, out, e);
}

ll_status ll_pickle_parse_at(const char *what, const void *bytes, size_t n, size_t *at,
                             const ll_pickle_storages *storages, ll_pickle *out, ll_error *e)
{
    return parse(what, bytes, n, at, storages, out, e);
}

void ll_pickle_free(ll_pickle *p)
{
    ll_arena_free(&p->arena);
    p->root = NULL;
}
