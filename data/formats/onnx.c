#include "data/formats/onnx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "data/formats/protobuf.h"

/* Field numbers of the messages in onnx.proto3, by message. */
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_GRAPH = 7, MODEL_OPSET = 8, MODEL_METADATA = 14 };
enum { OPSET_VERSION = 2, ENTRY_KEY = 1, ENTRY_VALUE = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_F = 2, ATTRIBUTE_I = 3, ATTRIBUTE_INTS = 8, ATTRIBUTE_TYPE = 20 };
enum { TENSOR_DIMS = 1, TENSOR_DATA_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW_DATA = 9 };
enum { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_TYPE_ELEMENT = 1, TENSOR_TYPE_SHAPE = 2 };
enum { SHAPE_DIM = 1, DIM_VALUE = 1 };
/* and values of its enumerations */
enum { TYPE_OF_FLOAT = 1, TYPE_OF_INT = 2, TYPE_OF_INTS = 7, FLOAT = 1, INT64 = 7 };

enum { MOST_DIMS = 5, NAME = 24 };
typedef struct attribute {
    const char *name;
    int n; /* 0: one number, REAL: the bits of one float, else a list of n */
    int64_t v[MOST_DIMS];
} attribute;
enum { REAL = -1 };

static const char RESULT[] = "logits";
typedef struct builder {
    ll_str graph;
    const ll_network *net;
    const ll_onnx_options *options;
    char (*tensor)[NAME]; /* name of tensor i of the network */
    ll_strs zeros;        /* names of the tensors of zeros so far */
    bool has_six;         /* the ends of relu6 */
} builder;

/* --- messages --- */

static void put_attribute(ll_str *node, const attribute *a)
{
    ll_str m = {0};
    ll_pb_text(&m, ATTRIBUTE_NAME, a->name);
    ll_pb_int(&m, ATTRIBUTE_TYPE, a->n == REAL ? TYPE_OF_FLOAT : a->n ? TYPE_OF_INTS : TYPE_OF_INT);
    if (a->n == REAL) ll_pb_fixed32(&m, ATTRIBUTE_F, (uint32_t)a->v[0]);
    if (!a->n) ll_pb_int(&m, ATTRIBUTE_I, a->v[0]);
    for (int i = 0; i < a->n; i++) ll_pb_int(&m, ATTRIBUTE_INTS, a->v[i]);
    ll_pb_message(node, NODE_ATTRIBUTE, &m);
}

/* `inputs` ends with NULL, `attributes` (may be NULL) with a record without a name. */
static void put_node(builder *b, const char *op, const char *const *inputs, const char *output,
                     const attribute *attributes)
{
    ll_str m = {0};
    for (int i = 0; inputs[i]; i++) ll_pb_text(&m, NODE_INPUT, inputs[i]);
    ll_pb_text(&m, NODE_OUTPUT, output);
    ll_pb_text(&m, NODE_NAME, output);
    ll_pb_text(&m, NODE_OP_TYPE, op);
    for (int i = 0; attributes && attributes[i].name; i++) put_attribute(&m, &attributes[i]);
    ll_pb_message(&b->graph, GRAPH_NODE, &m);
}

/* Numbers are kept as raw little-endian bytes, as the processors this runs on hold them. */
static void put_tensor(builder *b, const char *name, int type, const int64_t *dims, int n_dims,
                       const void *data, size_t bytes)
{
    ll_str m = {0};
    for (int i = 0; i < n_dims; i++) ll_pb_int(&m, TENSOR_DIMS, dims[i]);
    ll_pb_int(&m, TENSOR_DATA_TYPE, type);
    ll_pb_text(&m, TENSOR_NAME, name);
    ll_pb_bytes(&m, TENSOR_RAW_DATA, data, bytes);
    ll_pb_message(&b->graph, GRAPH_INITIALIZER, &m);
}

static void put_floats(builder *b, const char *name, const int64_t *dims, int n_dims, const float *v)
{
    size_t n = 1;
    for (int i = 0; i < n_dims; i++) n *= (size_t)dims[i];
    put_tensor(b, name, FLOAT, dims, n_dims, v, n * sizeof *v);
}

static void put_shape(builder *b, const char *name, const int64_t *dims, int n_dims)
{
    put_tensor(b, name, INT64, (int64_t[]){n_dims}, 1, dims, (size_t)n_dims * sizeof *dims);
}

static void put_value(builder *b, int field, const char *name, const int64_t *dims, int n_dims)
{
    ll_str value = {0}, type = {0}, tensor = {0}, shape = {0};
    for (int i = 0; i < n_dims; i++) {
        ll_str dim = {0};
        ll_pb_int(&dim, DIM_VALUE, dims[i]);
        ll_pb_message(&shape, SHAPE_DIM, &dim);
    }
    ll_pb_int(&tensor, TENSOR_TYPE_ELEMENT, FLOAT);
    ll_pb_message(&tensor, TENSOR_TYPE_SHAPE, &shape);
    ll_pb_message(&type, TYPE_TENSOR, &tensor);
    ll_pb_text(&value, VALUE_NAME, name);
    ll_pb_message(&value, VALUE_TYPE, &type);
    ll_pb_message(&b->graph, field, &value);
}

/* --- layers --- */

/* A layer while its nodes are written: `at` names the tensor that was computed last. */
typedef struct step {
    builder *b;
    const ll_layer *l;
    int number; /* of the tensor it writes */
    float *weights, *biases;
    char at[NAME];
} step;

/* Names are the tensor's number and the part; only the network's result has one of its own. */
static void label(const step *s, const char *part, char *out)
{
    bool result = s->number == s->b->net->n_layers && !strcmp(part, RESULT);
    if (result)
        strcpy(out, RESULT);
    else
        snprintf(out, NAME, "t%d_%s", s->number, part);
}

/* One more node, which reads the last tensor and up to two others. */
static void add_node(step *s, const char *op, const char *part, const char *second, const char *third,
                     const attribute *attributes)
{
    char result[NAME];
    label(s, part, result);
    put_node(s->b, op, (const char *[]){s->at, second, second ? third : NULL, NULL}, result, attributes);
    memcpy(s->at, result, NAME);
}

static void add_relu(step *s, const char *part)
{
    add_node(s, "Relu", part, NULL, NULL, NULL);
}

static int64_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* HardSwish is an operator from opset 14 on: x times its HardSigmoid. */
static void add_hsigmoid(step *s)
{
    add_node(s, "HardSigmoid", "hsigmoid", NULL, NULL,
             (attribute[]){{"alpha", REAL, {bits_of(1 / 6.f)}}, {"beta", REAL, {bits_of(.5f)}}, {0}});
}

static void add_hswish(step *s)
{
    char x[NAME];
    memcpy(x, s->at, NAME);
    add_hsigmoid(s);
    add_node(s, "Mul", "hswish", x, NULL, NULL);
}

static void add_relu6(step *s)
{
    if (!s->b->has_six) {
        put_floats(s->b, "relu6_least", NULL, 0, &(float){0});
        put_floats(s->b, "relu6_most", NULL, 0, &(float){6});
        s->b->has_six = true;
    }
    add_node(s, "Clip", "relu6", "relu6_least", "relu6_most", NULL);
}

static void add_act(step *s)
{
    switch (s->l->act) {
    case LL_RELU:
        add_relu(s, s->l->relu_before ? "act" : "relu");
        break;
    case LL_RELU6:
        add_relu6(s);
        break;
    case LL_HSWISH:
        add_hswish(s);
        break;
    case LL_HSIGMOID:
        add_hsigmoid(s);
        break;
    default:
        break;
    }
}

static void convolution(step *s)
{
    const ll_layer *l = s->l;
    int64_t k = l->kernel, pad = ll_layer_padding(l);
    char weights[NAME], bias[NAME];
    label(s, "weights", weights);
    label(s, "bias", bias);
    put_floats(s->b, weights, (int64_t[]){l->c_out, l->c_in / l->groups, k, k}, 4, s->weights);
    if (l->bn) put_floats(s->b, bias, (int64_t[]){l->c_out}, 1, s->biases);
    if (l->relu_before) add_relu(s, "relu");
    add_node(s, "Conv", "conv", weights, l->bn ? bias : NULL,
             (attribute[]){{"kernel_shape", 2, {k, k}},
                           {"strides", 2, {l->stride, l->stride}},
                           {"pads", 4, {pad, pad, pad, pad}},
                           {"group", 0, {l->groups}},
                           {0}});
    add_act(s);
}

static void average_pool(step *s)
{
    int64_t k = s->l->kernel, stride = s->l->stride, pad = ll_layer_padding(s->l);
    add_node(s, "AveragePool", "pool", NULL, NULL,
             (attribute[]){{"kernel_shape", 2, {k, k}},
                           {"strides", 2, {stride, stride}},
                           {"pads", 4, {pad, pad, pad, pad}},
                           {"count_include_pad", 0, {0}},
                           {0}});
}

/* (N, C, H, H) as (N, groups, C / groups, H, H), the two axes of channels exchanged, and back. */
static void shuffle(step *s)
{
    const ll_layer *l = s->l;
    int64_t n = s->b->options->batch, h = l->h_in;
    char split[NAME], joined[NAME];
    label(s, "groups", split);
    label(s, "channels", joined);
    put_shape(s->b, split, (int64_t[]){n, l->groups, l->c_in / l->groups, h, h}, 5);
    put_shape(s->b, joined, (int64_t[]){n, l->c_in, h, h}, 4);
    add_node(s, "Reshape", "split", split, NULL, NULL);
    add_node(s, "Transpose", "exchange", NULL, NULL, (attribute[]){{"perm", 5, {0, 2, 1, 3, 4}}, {0}});
    add_node(s, "Reshape", "join", joined, NULL, NULL);
}

/* Scale and shift as a batch normalisation of mean 0 and variance 1; its epsilon is taken off the variance,
 * because a runtime may insist on the usual one. */
static void normalise(step *s)
{
    size_t c = (size_t)s->l->c_out;
    float *moments = LL_NEW_ARRAY(float, 2 * c);
    char names[4][NAME], result[NAME];
    static const char *const parts[] = {"scale", "shift", "mean", "variance"};
    const float *values[] = {s->weights, s->biases, moments, moments + c};
    for (size_t i = 0; i < c; i++) moments[c + i] = 1 - 1e-5f;
    for (int i = 0; i < 4; i++) {
        label(s, parts[i], names[i]);
        put_floats(s->b, names[i], (int64_t[]){s->l->c_out}, 1, values[i]);
    }
    label(s, "bn", result);
    put_node(s->b, "BatchNormalization",
             (const char *[]){s->at, names[0], names[1], names[2], names[3], NULL}, result, NULL);
    memcpy(s->at, result, NAME);
    free(moments);
}

static void global_pool(step *s)
{
    if (s->l->bn) normalise(s);
    if (s->l->relu_before) add_relu(s, "relu");
    add_node(s, "GlobalAveragePool", "average", NULL, NULL, NULL);
}

static void linear(step *s)
{
    char weights[NAME], bias[NAME];
    label(s, "weights", weights);
    label(s, "bias", bias);
    put_floats(s->b, weights, (int64_t[]){s->l->c_out, s->l->c_in}, 2, s->weights);
    put_floats(s->b, bias, (int64_t[]){s->l->c_out}, 1, s->biases);
    add_node(s, "Flatten", "flat", NULL, NULL, NULL);
    add_node(s, "Gemm", RESULT, weights, bias, (attribute[]){{"transB", 0, {1}}, {0}});
    add_act(s);
}

/* Zeros in the shape that the layer wants: a tensor of that shape times 0, made once. A cell's input has that
 * shape, so there is one. (A constant would do by the standard, but runtimes exist that refuse a ReLU of one.) */
static void add_zeros(step *s)
{
    builder *b = s->b;
    int like = s->number - 1;
    while (like > 0 &&
           (b->net->layers[like - 1].c_out != s->l->c_in || b->net->layers[like - 1].h_out != s->l->h_in))
        like--;
    snprintf(s->at, NAME, "zeros_%dx%d", s->l->c_in, s->l->h_in);
    if (ll_strs_has(&b->zeros, s->at)) return;
    if (!b->zeros.n) put_floats(b, "zero", (int64_t[]){1}, 1, &(float){0});
    put_node(b, "Mul", (const char *[]){b->tensor[like], "zero", NULL}, s->at, NULL);
    ll_strs_add(&b->zeros, s->at);
}

static const char *read_tensor(step *s, int which)
{
    int tensor = s->l->in[which];
    if (tensor == LL_TENSOR_ZERO) {
        add_zeros(s);
        return s->at;
    }
    return s->b->tensor[tensor];
}

static void add(step *s)
{
    char first[NAME], second[NAME];
    memcpy(first, s->at, NAME);
    memcpy(second, read_tensor(s, 1), NAME);
    memcpy(s->at, first, NAME);
    add_node(s, "Add", "sum", second, NULL, NULL);
    add_act(s);
}

/* The gate comes from a linear layer, as (N, C). */
static void gate(step *s)
{
    char x[NAME], shape[NAME];
    memcpy(x, s->at, NAME);
    memcpy(s->at, read_tensor(s, 1), NAME);
    label(s, "shape", shape);
    put_shape(s->b, shape, (int64_t[]){s->b->options->batch, s->l->c_in, 1, 1}, 4);
    add_node(s, "Reshape", "gate", shape, NULL, NULL);
    add_node(s, "Mul", "gated", x, NULL, NULL);
}

static void nothing(step *s)
{
    (void)s;
}

static void (*const writers[])(step *) = {
    [LL_CONV] = convolution, [LL_POOL_AVG] = average_pool,   [LL_ADD] = add,         [LL_LINEAR] = linear,
    [LL_COPY] = nothing,     [LL_GLOBAL_POOL] = global_pool, [LL_SHUFFLE] = shuffle, [LL_GATE] = gate,
};

static void put_layer(builder *b, int i)
{
    step s = {.b = b, .l = &b->net->layers[i], .number = i + 1};
    size_t n = ll_layer_weight_count(s.l);
    s.weights = LL_NEW_ARRAY(float, n + ll_layer_bias_count(s.l) + 1);
    s.biases = s.weights + n;
    ll_layer_weights(s.l, b->options->seed, s.weights);
    memmove(s.at, read_tensor(&s, 0), NAME);
    writers[s.l->kind](&s);
    memcpy(b->tensor[i + 1], s.at, NAME);
    free(s.weights);
}

/* --- the model --- */

static void put_graph(builder *b)
{
    const ll_layer *first = &b->net->layers[0], *last = &b->net->layers[b->net->n_layers - 1];
    int64_t n = b->options->batch;
    strcpy(b->tensor[LL_TENSOR_INPUT], "image");
    ll_pb_text(&b->graph, GRAPH_NAME, b->net->space->name);
    put_value(b, GRAPH_INPUT, "image", (int64_t[]){n, first->c_in, first->h_in, first->h_in}, 4);
    for (int i = 0; i < b->net->n_layers; i++) put_layer(b, i);
    put_value(b, GRAPH_OUTPUT, b->tensor[b->net->n_layers], (int64_t[]){n, last->c_out}, 2);
}

static void put_entry(ll_str *model, const char *key, const char *value)
{
    ll_str m = {0};
    ll_pb_text(&m, ENTRY_KEY, key);
    ll_pb_text(&m, ENTRY_VALUE, value);
    ll_pb_message(model, MODEL_METADATA, &m);
}

void ll_onnx_model(const ll_network *n, const ll_onnx_options *o, ll_str *out)
{
    builder b = {.net = n, .options = o};
    ll_str opset = {0};
    char seed[24];
    b.tensor = ll_alloc((size_t)n->n_layers + 1, sizeof *b.tensor);
    put_graph(&b);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
    ll_pb_int(&opset, OPSET_VERSION, LL_ONNX_OPSET);
    ll_pb_int(out, MODEL_IR_VERSION, LL_ONNX_IR);
    ll_pb_text(out, MODEL_PRODUCER, "latlab");
    ll_pb_message(out, MODEL_OPSET, &opset);
    put_entry(out, "space", n->space->name);
    put_entry(out, "architecture", o->arch);
    put_entry(out, "weights_seed", seed);
    ll_pb_message(out, MODEL_GRAPH, &b.graph);
    ll_strs_free(&b.zeros);
    free(b.tensor);
}
