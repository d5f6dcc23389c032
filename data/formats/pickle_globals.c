/* The constructors that the pickle parser knows: numpy's numbers and arrays, torch's tensors. Each only turns
 * bytes into values; none is the Python object of that name. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/formats/pickle_machine.h"
#include "data/formats/strided.h"

typedef ll_pickle_machine machine;

/* numpy.dtype('f8') and its byte order. */
typedef struct number_type {
    char kind; /* f i u b */
    int size;
    bool swap;
} number_type;

typedef struct storage {
    ll_dtype dtype;
    int narrow;  /* LL_HALF, LL_BFLOAT: of 2 bytes, widened to floats */
    size_t size; /* bytes of a number */
    const char *key;
    long long count;
} storage;

static ll_status left(const machine *m)
{
    return m->e->status;
}

/* --- arguments --- */

static const ll_pickled *argument(const ll_pickled *args, size_t i, ll_pickled_kind kind)
{
    return i < args->items.n && args->items.v[i]->kind == kind ? args->items.v[i] : NULL;
}

static bool is_text(const ll_pickled *v, const char *text)
{
    return v && v->kind == LL_PICKLED_TEXT && !strcmp(v->text.s, text);
}

/* A tuple of sizes >= 0 into shape, and their product. */
static ll_status read_shape(machine *m, const ll_pickled *t, ll_pickled_array *a)
{
    ll_error inner = {0};
    if (!t || t->kind != LL_PICKLED_TUPLE || t->items.n > LL_PICKLED_DIMS)
        return ll_pickle_fail(m, "an array without a shape of at most %d dimensions", LL_PICKLED_DIMS);
    a->n_dims = (int)t->items.n;
    for (int i = 0; i < a->n_dims; i++) {
        int n;
        if (!ll_pickled_int(t->items.v[i], 0, INT32_MAX, &n))
            return ll_pickle_fail(m, "an array with an impossible shape: dimension %d is no size", i + 1);
        a->shape[i] = n;
    }
    if (ll_shape_count(a->shape, a->n_dims, sizeof(double), &a->count, &inner))
        return ll_pickle_fail(m, "an array with %.400s", inner.message);
    return LL_OK;
}

/* --- numpy --- */

static ll_status call_dtype(machine *m, const ll_pickle_global *g, const ll_pickled *args, ll_pickled **out)
{
    (void)g;
    const ll_pickled *code = argument(args, 0, LL_PICKLED_TEXT);
    if (!code) code = argument(args, 0, LL_PICKLED_BYTES); /* written by Python 2 */
    static const char *const known[] = {"f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "b1"};
    for (size_t i = 0; code && i < sizeof known / sizeof *known; i++)
        if (!strcmp(code->text.s, known[i])) {
            number_type *t = ll_pickle_alloc(m, sizeof *t);
            *out = ll_pickle_new(m, LL_PICKLED_DTYPE);
            if (!t || !*out) return left(m);
            *t = (number_type){code->text.s[0], code->text.s[1] - '0', false};
            (*out)->part = t;
            return LL_OK;
        }
    return ll_pickle_fail(m, "numpy dtype \"%.40s\": only floats of 4 or 8 bytes and integers are read",
                          code ? code->text.s : "?");
}

static ll_dtype widened(const number_type *t)
{
    if (t->kind == 'f') return t->size == 4 ? LL_F32 : LL_F64;
    return t->size == 8 || (t->kind == 'u' && t->size == 4) ? LL_I64 : LL_I32;
}

static int64_t read_integer(const number_type *t, const uint8_t *p)
{
    uint64_t x = 0;
    for (int i = 0; i < t->size; i++) x |= (uint64_t)p[t->swap ? t->size - 1 - i : i] << (8 * i);
    bool negative = t->kind == 'i' && t->size < 8 && x >> (8 * t->size - 1);
    return (int64_t)(negative ? x | ~(uint64_t)0 << (8 * t->size) : x);
}

static void read_number(const number_type *t, const uint8_t *p, void *out)
{
    int64_t x = read_integer(t, p); /* of a float: its bits in the machine's order */
    int32_t half = (int32_t)x;
    if (ll_dtype_size(widened(t)) == 4)
        memcpy(out, &half, 4);
    else
        memcpy(out, &x, 8);
}

/* Bytes of `count` numbers into a->data, row-major. */
static ll_status fill(machine *m, ll_pickled_array *a, const ll_pickled *dtype, bool fortran,
                      const ll_pickled *bytes)
{
    const number_type *t = dtype->part;
    if (bytes->text.n != a->count * (size_t)t->size)
        return ll_pickle_fail(m, "an array of %zu numbers of %d bytes has %zu bytes", a->count, t->size,
                              bytes->text.n);
    a->dtype = widened(t);
    size_t size = ll_dtype_size(a->dtype);
    char *data = ll_pickle_alloc(m, a->count * size + 1);
    a->data = data;
    if (!data) return left(m);
    for (size_t i = 0; i < a->count; i++)
        read_number(t, (const uint8_t *)bytes->text.s + i * (size_t)t->size, data + i * size);
    if (!fortran || a->n_dims < 2) return LL_OK;
    long long stride[LL_PICKLED_DIMS];
    ll_fortran_strides(a->n_dims, a->shape, stride);
    if (!(a->data = ll_pickle_alloc(m, a->count * size + 1))) return left(m);
    ll_strided_copy(a->n_dims, a->shape, stride, size, data, a->data);
    return LL_OK;
}

/* numpy.core.multiarray.scalar(dtype, bytes): a plain number. */
static ll_status call_scalar(machine *m, const ll_pickle_global *g, const ll_pickled *args, ll_pickled **out)
{
    (void)g;
    const ll_pickled *dtype = argument(args, 0, LL_PICKLED_DTYPE),
                     *bytes = argument(args, 1, LL_PICKLED_BYTES);
    const number_type *t = dtype ? dtype->part : NULL;
    if (!bytes || !t || bytes->text.n != (size_t)t->size)
        return ll_pickle_fail(m, "a numpy scalar without its bytes");
    ll_pickled *v = ll_pickle_new(m, t->kind == 'f' ? LL_PICKLED_REAL : LL_PICKLED_INT);
    if (!v) return left(m);
    int64_t bits = read_integer(t, (const uint8_t *)bytes->text.s);
    int32_t half = (int32_t)bits;
    float single;
    memcpy(&single, &half, 4);
    if (t->kind != 'f')
        v->i = bits;
    else if (t->size == 4)
        v->x = (double)single;
    else
        memcpy(&v->x, &bits, 8);
    *out = v;
    return LL_OK;
}

static ll_status new_array(machine *m, ll_pickled **out)
{
    *out = ll_pickle_new(m, LL_PICKLED_ARRAY);
    if (!*out || !((*out)->array = ll_pickle_alloc(m, sizeof *(*out)->array))) return left(m);
    (*out)->array->n_dims = 1;
    return LL_OK;
}

/* numpy.core.multiarray._reconstruct(ndarray, (0,), b'b'): an empty array whose state follows. */
static ll_status call_reconstruct(machine *m, const ll_pickle_global *g, const ll_pickled *args,
                                  ll_pickled **out)
{
    (void)g, (void)args;
    return new_array(m, out);
}

/* numpy.core.numeric._frombuffer(bytes, dtype, shape, order), protocol 5. */
static ll_status call_frombuffer(machine *m, const ll_pickle_global *g, const ll_pickled *args,
                                 ll_pickled **out)
{
    (void)g;
    const ll_pickled *bytes = argument(args, 0, LL_PICKLED_BYTES),
                     *dtype = argument(args, 1, LL_PICKLED_DTYPE);
    const ll_pickled *shape = argument(args, 2, LL_PICKLED_TUPLE),
                     *order = argument(args, 3, LL_PICKLED_TEXT);
    if (!bytes || !dtype || !shape) return ll_pickle_fail(m, "a numpy array without bytes, dtype and shape");
    ll_status s = new_array(m, out);
    if (!s) s = read_shape(m, shape, (*out)->array);
    return s ? s : fill(m, (*out)->array, dtype, is_text(order, "F"), bytes);
}

/* State (version, shape, dtype, is_fortran, bytes). */
static ll_status build_array(machine *m, ll_pickled *object, const ll_pickled *state)
{
    if (state->kind != LL_PICKLED_TUPLE || state->items.n != 5)
        return ll_pickle_fail(m, "a numpy array without its state of five");
    const ll_pickled *dtype = argument(state, 2, LL_PICKLED_DTYPE),
                     *bytes = argument(state, 4, LL_PICKLED_BYTES);
    const ll_pickled *fortran = argument(state, 3, LL_PICKLED_BOOL);
    if (!dtype || !bytes) return ll_pickle_fail(m, "a numpy array of objects, numbers were expected");
    ll_pickled_array fresh = {0};
    ll_status s = read_shape(m, state->items.v[1], &fresh);
    if (!s) s = fill(m, &fresh, dtype, fortran && fortran->i, bytes);
    if (!s) *object->array = fresh;
    return s;
}

/* State (3, '<', None, None, None, -1, -1, 0): only the byte order matters for plain numbers. */
static ll_status build_dtype(machine *m, ll_pickled *object, const ll_pickled *state)
{
    if (state->kind != LL_PICKLED_TUPLE || state->items.n < 2)
        return ll_pickle_fail(m, "a numpy dtype without its state");
    const ll_pickled *order = state->items.v[1];
    bool text = order->kind == LL_PICKLED_TEXT || order->kind == LL_PICKLED_BYTES;
    if (!text || order->text.n != 1 || !strchr("<>|=", order->text.s[0]))
        return ll_pickle_fail(m, "a numpy dtype with an unknown byte order");
    ((number_type *)object->part)->swap = order->text.s[0] == '>';
    return LL_OK;
}

/* _codecs.encode(text, 'latin1'): how protocol 2 carries bytes. */
static ll_status call_encode(machine *m, const ll_pickle_global *g, const ll_pickled *args, ll_pickled **out)
{
    (void)g;
    const ll_pickled *text = argument(args, 0, LL_PICKLED_TEXT);
    if (!text || !is_text(argument(args, 1, LL_PICKLED_TEXT), "latin1"))
        return ll_pickle_fail(m, "bytes in another encoding than latin1");
    ll_pickled *v = ll_pickle_new(m, LL_PICKLED_BYTES);
    char *bytes = v ? ll_pickle_alloc(m, text->text.n + 1) : NULL;
    if (!bytes) return left(m);
    size_t n = 0;
    const uint8_t *p = (const uint8_t *)text->text.s, *end = p + text->text.n;
    while (p < end) {
        if (*p < 0x80)
            bytes[n++] = (char)*p++;
        else if ((*p == 0xc2 || *p == 0xc3) && p + 1 < end && (p[1] & 0xc0) == 0x80) {
            bytes[n++] = (char)((p[0] & 3) << 6 | (p[1] & 0x3f));
            p += 2;
        } else {
            return ll_pickle_fail(m, "bytes that are no latin1 text");
        }
    }
    v->text.s = bytes;
    v->text.n = n;
    *out = v;
    return LL_OK;
}

/* --- torch and collections --- */

static ll_status call_ordered_dict(machine *m, const ll_pickle_global *g, const ll_pickled *args,
                                   ll_pickled **out)
{
    (void)g;
    if (args->items.n) return ll_pickle_fail(m, "an OrderedDict with arguments");
    *out = ll_pickle_new(m, LL_PICKLED_DICT);
    return *out ? LL_OK : left(m);
}

/* defaultdict(list): the factory is passed over, nothing asks for a key that is not there. */
static ll_status call_default_dict(machine *m, const ll_pickle_global *g, const ll_pickled *args,
                                   ll_pickled **out)
{
    (void)g;
    bool good =
        !args->items.n ||
        (args->items.n == 1 && (argument(args, 0, LL_PICKLED_GLOBAL) || argument(args, 0, LL_PICKLED_NONE)));
    if (!good) return ll_pickle_fail(m, "a defaultdict with values as arguments");
    *out = ll_pickle_new(m, LL_PICKLED_DICT);
    return *out ? LL_OK : left(m);
}

/* The sentence of a storage at the byte where it came up; cancelling stays what it is. */
static ll_status storage_fail(machine *m, const ll_error *inner)
{
    if (inner->status == LL_CANCELLED) return ll_fail(m->e, LL_CANCELLED, "%s", inner->message);
    return ll_pickle_fail(m, "%.400s", inner->message);
}

ll_status ll_pickle_persistent(machine *m, const ll_pickled *id, ll_pickled **out)
{
    if (!m->storages || !m->storages->find)
        return ll_pickle_fail(m, "a persistent id: this pickle belongs into a torch file");
    /* old files have a sixth: what part of another storage it is; of none */
    size_t n = id->kind == LL_PICKLED_TUPLE ? id->items.n : 0;
    bool known =
        (n == 5 || (n == 6 && argument(id, 5, LL_PICKLED_NONE))) && is_text(id->items.v[0], "storage");
    const ll_pickled *type = known ? argument(id, 1, LL_PICKLED_GLOBAL) : NULL;
    const ll_pickled *key = known ? argument(id, 2, LL_PICKLED_TEXT) : NULL;
    const ll_pickled *count = known ? argument(id, 4, LL_PICKLED_INT) : NULL;
    const ll_pickle_global *g = type ? type->part : NULL;
    if (!g || !g->storage || !key || !count || count->i < 0 || count->i > (long long)1 << 32)
        return ll_pickle_fail(m, "a persistent id that is no torch storage");
    storage *x = ll_pickle_alloc(m, sizeof *x);
    *out = ll_pickle_new(m, LL_PICKLED_STORAGE);
    if (!x || !*out) return left(m);
    *x = (storage){g->dtype, g->narrow, g->narrow ? 2 : ll_dtype_size(g->dtype), key->text.s, count->i};
    (*out)->part = x;
    const ll_pickle_storages *all = m->storages;
    ll_error inner = {0};
    if (all->meet && all->meet(all->ctx, x->key, x->size, (size_t)x->count, &inner))
        return storage_fail(m, &inner);
    return LL_OK;
}

/* Strides of a tensor, all >= 0, and its last element within the storage. That of a dimension of one element moves
 * nothing and may be anything in the file. */
static ll_status read_strides(machine *m, const ll_pickled *t, const ll_pickled_array *a, long long offset,
                              long long count, long long *stride)
{
    long long last = offset;
    if (!t || (int)t->items.n != a->n_dims) return ll_pickle_fail(m, "a tensor without its strides");
    for (int d = 0; d < a->n_dims; d++) {
        const ll_pickled *v = t->items.v[d];
        long long reach;
        if (v->kind != LL_PICKLED_INT || v->i < 0) return ll_pickle_fail(m, "a tensor with a wrong stride");
        stride[d] = a->shape[d] > 1 ? v->i : 0;
        if (a->count && (__builtin_mul_overflow(v->i, a->shape[d] - 1, &reach) ||
                         __builtin_add_overflow(last, reach, &last)))
            return ll_pickle_fail(m, "a tensor with a wrong stride");
    }
    if (offset < 0 || offset > count || (a->count && last >= count) || a->count > (size_t)count)
        return ll_pickle_fail(m, "a tensor that reaches outside its storage of %lld numbers", count);
    return LL_OK;
}

/* IEEE half precision: a sign, 5 bits of exponent, 10 of fraction. */
static float of_half(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double x = exponent == 31 ? (fraction ? NAN : INFINITY)
               : exponent     ? ldexp(1024 + fraction, exponent - 25)
                              : ldexp(fraction, -24);
    return (float)(bits >> 15 ? -x : x);
}

/* bfloat16: the upper half of a float. */
static float of_bfloat(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float x;
    memcpy(&x, &wide, sizeof x);
    return x;
}

/* Numbers of 2 bytes, packed at the front of v, become floats in their place. */
static void widen(void *v, size_t n, int narrow)
{
    for (size_t i = n; i-- > 0;) {
        uint16_t bits;
        memcpy(&bits, (char *)v + 2 * i, 2);
        float x = narrow == LL_HALF ? of_half(bits) : of_bfloat(bits);
        memcpy((char *)v + 4 * i, &x, 4);
    }
}

/* torch._utils._rebuild_parameter(tensor, requires_grad, hooks): the tensor. */
static ll_status call_parameter(machine *m, const ll_pickle_global *g, const ll_pickled *args,
                                ll_pickled **out)
{
    (void)g;
    if (!argument(args, 0, LL_PICKLED_ARRAY)) return ll_pickle_fail(m, "a parameter without its tensor");
    *out = args->items.v[0];
    return LL_OK;
}

/* torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks) */
static ll_status call_tensor(machine *m, const ll_pickle_global *g, const ll_pickled *args, ll_pickled **out)
{
    (void)g;
    const ll_pickled *from = argument(args, 0, LL_PICKLED_STORAGE),
                     *offset = argument(args, 1, LL_PICKLED_INT);
    if (!from || !offset) return ll_pickle_fail(m, "a tensor without a storage");
    const storage *x = from->part;
    ll_status s = new_array(m, out);
    if (s) return s;
    ll_pickled_array *a = (*out)->array;
    long long stride[LL_PICKLED_DIMS];
    a->dtype = x->dtype;
    s = read_shape(m, argument(args, 2, LL_PICKLED_TUPLE), a);
    if (!s) s = read_strides(m, argument(args, 3, LL_PICKLED_TUPLE), a, offset->i, x->count, stride);
    if (s) return s;
    const void *data = NULL;
    ll_error inner = {0};
    s = m->storages->find(m->storages->ctx, x->key, (size_t)x->count * x->size, &data, &inner);
    if (s) return storage_fail(m, &inner);
    if (!data) return LL_OK;
    if (!(a->data = ll_pickle_alloc(m, a->count * ll_dtype_size(x->dtype) + 1))) return left(m);
    ll_strided_copy(a->n_dims, a->shape, stride, x->size, (const char *)data + (size_t)offset->i * x->size,
                    a->data);
    if (x->narrow) widen(a->data, a->count, x->narrow);
    return LL_OK;
}

/* --- the table --- */

static const ll_pickle_global globals[] = {
    {.module = "numpy", .name = "dtype", .call = call_dtype},
    {.module = "numpy", .name = "ndarray"},
    {.module = "numpy.core.multiarray", .name = "scalar", .call = call_scalar},
    {.module = "numpy._core.multiarray", .name = "scalar", .call = call_scalar},
    {.module = "numpy.core.multiarray", .name = "_reconstruct", .call = call_reconstruct},
    {.module = "numpy._core.multiarray", .name = "_reconstruct", .call = call_reconstruct},
    {.module = "numpy.core.numeric", .name = "_frombuffer", .call = call_frombuffer},
    {.module = "numpy._core.numeric", .name = "_frombuffer", .call = call_frombuffer},
    {.module = "_codecs", .name = "encode", .call = call_encode},
    {.module = "collections", .name = "OrderedDict", .call = call_ordered_dict},
    {.module = "collections", .name = "defaultdict", .call = call_default_dict},
    /* what a defaultdict makes new values by: arguments, never called */
    {.module = "builtins", .name = "list"},
    {.module = "builtins", .name = "dict"},
    {.module = "builtins", .name = "float"},
    {.module = "builtins", .name = "int"},
    {.module = "__builtin__", .name = "list"},
    {.module = "__builtin__", .name = "dict"},
    {.module = "__builtin__", .name = "float"},
    {.module = "__builtin__", .name = "int"},
    {.module = "torch._utils", .name = "_rebuild_tensor_v2", .call = call_tensor},
    {.module = "torch._utils", .name = "_rebuild_parameter", .call = call_parameter},
    {.module = "torch", .name = "HalfStorage", .dtype = LL_F32, .narrow = LL_HALF, .storage = true},
    {.module = "torch", .name = "BFloat16Storage", .dtype = LL_F32, .narrow = LL_BFLOAT, .storage = true},
    {.module = "torch", .name = "FloatStorage", .dtype = LL_F32, .storage = true},
    {.module = "torch", .name = "DoubleStorage", .dtype = LL_F64, .storage = true},
    {.module = "torch", .name = "IntStorage", .dtype = LL_I32, .storage = true},
    {.module = "torch", .name = "LongStorage", .dtype = LL_I64, .storage = true},
};

static bool same(const char *known, const char *s, size_t n)
{
    return strlen(known) == n && !memcmp(known, s, n);
}

const ll_pickle_global *ll_pickle_global_find(const char *module, size_t module_len, const char *name,
                                              size_t name_len)
{
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++)
        if (same(globals[i].module, module, module_len) && same(globals[i].name, name, name_len))
            return &globals[i];
    return NULL;
}

ll_status ll_pickle_build(machine *m, ll_pickled *object, const ll_pickled *state)
{
    switch (object->kind) {
    case LL_PICKLED_ARRAY:
        return build_array(m, object, state);
    case LL_PICKLED_DTYPE:
        return build_dtype(m, object, state);
    case LL_PICKLED_DICT:
        return LL_OK; /* attributes of a state_dict: versions of modules */
    default:
        return ll_pickle_fail(m, "a state for a %s", ll_pickled_word(object));
    }
}
