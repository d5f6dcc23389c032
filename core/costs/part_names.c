#include "core/costs/part_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MOST = 7 };

/* A number of at most seven digits; its end into *p. */
static bool read_number(const char **p, int *out)
{
    size_t n = strspn(*p, "0123456789");
    if (!n || n > DIGITS_MOST) return false;
    *out = atoi(*p);
    *p += n;
    return true;
}

static ll_status wrong(const char *name, const char *what, ll_error *e)
{
    return ll_fail(e, LL_BAD_DATA, "\"%.100s\" is no part of a network: %s", name, what);
}

/* --- WORD-input:HxWxC-output:HxWxC-key:number... --- */

enum { EXPAND, KERNEL, STRIDE, SKIP, SE, SWISH, KEYS };
static const char *const keys[KEYS] = {"expand", "kernel", "stride", "idskip", "se", "hs"};

typedef struct shape {
    int side, channels;
} shape;

typedef struct said {
    shape in, out;
    int key[KEYS]; /* LL_ANY: not there */
} said;

/* "224x224x3", or of what has no image "1000". */
static bool read_shape(const char **p, shape *out)
{
    int v[3], n = 0;
    do {
        if (n) ++*p;
        if (n == 3 || !read_number(p, &v[n++])) return false;
    } while (**p == 'x');
    if (n == 2 || (n == 3 && v[0] != v[1])) return false;
    *out = n == 1 ? (shape){1, v[0]} : (shape){v[0], v[2]};
    return true;
}

static bool skip_word(const char **p, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*p, word, n)) return false;
    *p += n;
    return true;
}

static bool read_key(const char **p, said *s)
{
    for (int k = 0; k < KEYS; k++) {
        const char *at = *p;
        if (!skip_word(&at, keys[k]) || *at++ != ':') continue;
        *p = at;
        return s->key[k] == LL_ANY && read_number(p, &s->key[k]);
    }
    return false;
}

static ll_status read_said(const char *name, const char *p, said *s, ll_error *e)
{
    for (int k = 0; k < KEYS; k++) s->key[k] = LL_ANY;
    if (!skip_word(&p, "-input:") || !read_shape(&p, &s->in))
        return wrong(name, "-input:HxWxC of a square image was expected", e);
    if (!skip_word(&p, "-output:") || !read_shape(&p, &s->out))
        return wrong(name, "-output:HxWxC of a square image was expected", e);
    while (*p == '-') {
        p++;
        if (!read_key(&p, s)) return wrong(name, "expand, kernel, stride, idskip, se or hs was expected", e);
    }
    return *p ? wrong(name, "something follows it", e) : LL_OK;
}

static void set_shapes(const said *s, ll_part *p)
{
    p->v[LL_PART_H_IN] = s->in.side;
    p->v[LL_PART_C_IN] = s->in.channels;
    p->v[LL_PART_H_OUT] = s->out.side;
    p->v[LL_PART_C_OUT] = s->out.channels;
}

static ll_status block_of(const char *name, const said *s, ll_part *p, ll_error *e)
{
    static const int needed[] = {EXPAND, KERNEL, STRIDE, SKIP};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (s->key[needed[i]] == LL_ANY)
            return wrong(name, "expand, kernel, stride and idskip belong to it", e);
    bool channels = s->key[SE] != LL_ANY;
    if (!channels && s->key[EXPAND] > 64) return wrong(name, "expand is a ratio here", e);
    *p = ll_part_new(LL_PART_BLOCK);
    set_shapes(s, p);
    p->v[LL_PART_MIDDLE] = channels ? s->key[EXPAND] : s->key[EXPAND] * s->in.channels;
    p->v[LL_PART_KERNEL] = s->key[KERNEL];
    p->v[LL_PART_STRIDE] = s->key[STRIDE];
    p->v[LL_PART_GROUPS] = 1;
    p->v[LL_PART_RESIDUAL] = s->key[SKIP];
    p->v[LL_PART_WITH_SE] = s->key[SE];
    if (s->key[SWISH] != LL_ANY) p->v[LL_PART_ACT] = s->key[SWISH] ? LL_HSWISH : LL_RELU;
    return LL_OK;
}

static ll_status conv_of(const said *s, int kernel, ll_part *p)
{
    *p = ll_part_new(LL_PART_CONV);
    set_shapes(s, p);
    p->v[LL_PART_KERNEL] = kernel;
    p->v[LL_PART_GROUPS] = 1;
    return LL_OK;
}

/* The classifier, or with an image before it the mean, too. */
static ll_status logits_of(const said *s, ll_part *p)
{
    bool image = s->in.side > 1;
    *p = ll_part_new(image ? LL_PART_TAIL : LL_PART_LINEAR);
    if (image) p->v[LL_PART_H_IN] = s->in.side;
    p->v[LL_PART_C_IN] = s->in.channels;
    p->v[LL_PART_C_OUT] = s->out.channels;
    return LL_OK;
}

static ll_status mean_of(const char *name, const said *s, ll_part *p, ll_error *e)
{
    if (s->out.side != 1 || s->out.channels != s->in.channels)
        return wrong(name, "a mean over the image was expected", e);
    *p = ll_part_new(LL_PART_MEAN);
    p->v[LL_PART_H_IN] = s->in.side;
    p->v[LL_PART_C_IN] = s->in.channels;
    return LL_OK;
}

static ll_status read_shaped(const char *name, size_t word, ll_part *out, ll_error *e)
{
    said s;
    ll_status status = read_said(name, name + word, &s, e);
    if (status) return status;
    if (word == 13 && !strncmp(name, "expanded_conv", word)) return block_of(name, &s, out, e);
    if (word == 4 && !strncmp(name, "Conv", word)) return conv_of(&s, 3, out);
    if (word == 6 && !strncmp(name, "Conv_", 5)) return conv_of(&s, 1, out);
    if (word == 9 && !strncmp(name, "AvgPool2D", word)) return mean_of(name, &s, out, e);
    if (word == 6 && !strncmp(name, "Logits", word)) return logits_of(&s, out);
    return wrong(name, "Conv, Conv_1, Conv_2, expanded_conv, AvgPool2D or Logits was expected", e);
}

/* --- WORD_H32_W32_Cin16_... --- */

static const struct {
    const char *letter;
    ll_part_field field;
} letters[] = {{"H", LL_PART_H_IN},        {"W", LL_PART_H_OUT},     {"Cin", LL_PART_C_IN},
               {"Cout", LL_PART_C_OUT},    {"exp", LL_PART_MIDDLE},  {"kernel", LL_PART_KERNEL},
               {"stride", LL_PART_STRIDE}, {"group", LL_PART_GROUPS}};
enum { LETTERS = sizeof letters / sizeof *letters };

/* "_Cin16" into v; the width for now into h_out. */
static bool read_letter(const char **p, int *v)
{
    if (*(*p)++ != '_') return false;
    size_t n = strcspn(*p, "0123456789_");
    for (int i = 0; i < LETTERS; i++) {
        if (strlen(letters[i].letter) != n || strncmp(*p, letters[i].letter, n)) continue;
        *p += n;
        return v[letters[i].field] == LL_ANY && read_number(p, &v[letters[i].field]);
    }
    return false;
}

static const struct {
    const char *word;
    ll_part_kind kind;
} lettered[] = {{"ConvNorm", LL_PART_CONV},
                {"ConvBlock", LL_PART_BLOCK},
                {"Skip", LL_PART_COPY},
                {"AvgP", LL_PART_MEAN},
                {"FC", LL_PART_LINEAR}};

static ll_status read_lettered(const char *name, ll_part_kind kind, const char *p, ll_part *out, ll_error *e)
{
    ll_part part = ll_part_new(kind);
    int *v = part.v;
    while (*p)
        if (!read_letter(&p, v)) return wrong(name, "_H32_W32_Cin16_Cout24_... was expected", e);
    if (v[LL_PART_H_IN] != v[LL_PART_H_OUT]) return wrong(name, "a square image was expected", e);
    v[LL_PART_H_OUT] = LL_ANY;
    if (kind == LL_PART_BLOCK && v[LL_PART_MIDDLE] != LL_ANY)
        v[LL_PART_MIDDLE] = v[LL_PART_MIDDLE] > 64 ? LL_ANY : v[LL_PART_MIDDLE] * v[LL_PART_C_IN];
    bool changes = v[LL_PART_C_IN] != v[LL_PART_C_OUT] || v[LL_PART_STRIDE] != 1;
    if (kind == LL_PART_COPY && changes) { /* a 1x1 convolution makes the shapes fit */
        part.kind = LL_PART_CONV;
        v[LL_PART_KERNEL] = v[LL_PART_GROUPS] = 1;
    }
    for (int f = 0; f < LL_PART_FIELDS; f++)
        if (!ll_part_has(part.kind, f)) v[f] = LL_ANY;
    *out = part;
    return LL_OK;
}

ll_status ll_part_read_name(const char *name, ll_part *out, ll_error *e)
{
    size_t word = strcspn(name, "-");
    if (name[word]) return read_shaped(name, word, out, e);
    word = strcspn(name, "_");
    for (size_t i = 0; i < sizeof lettered / sizeof *lettered; i++)
        if (strlen(lettered[i].word) == word && !strncmp(name, lettered[i].word, word))
            return read_lettered(name, lettered[i].kind, name + word, out, e);
    return wrong(name, "such a name as Conv-input:224x224x3-output:112x112x32 was expected", e);
}

/* --- writing --- */

static int side_out(const ll_part *p)
{
    int h = p->v[LL_PART_H_OUT], stride = p->v[LL_PART_STRIDE];
    if (h != LL_ANY) return h;
    return stride > 0 ? (p->v[LL_PART_H_IN] + stride - 1) / stride : LL_ANY;
}

static bool write_shapes(const char *word, const ll_part *p, ll_str *out)
{
    int h = p->v[LL_PART_H_IN], ho = side_out(p);
    if (ho == LL_ANY) return false;
    ll_str_addf(out, "%s-input:%dx%dx%d-output:%dx%dx%d", word, h, h, p->v[LL_PART_C_IN], ho, ho,
                p->v[LL_PART_C_OUT]);
    return true;
}

static bool write_conv(const ll_part *p, ll_str *out)
{
    int kernel = p->v[LL_PART_KERNEL], side = p->v[LL_PART_H_IN];
    if (p->v[LL_PART_GROUPS] != 1) return false;
    if (kernel == 3 && p->v[LL_PART_C_IN] == 3) return write_shapes("Conv", p, out);
    return kernel == 1 && write_shapes(side == 1 ? "Conv_2" : "Conv_1", p, out);
}

/* Two forms: with se and hs, or with a ratio and without them (then relu6, as in ProxylessNAS, or not said). */
static bool write_block(const ll_part *p, ll_str *out)
{
    const int *v = p->v;
    int act = v[LL_PART_ACT], se = v[LL_PART_WITH_SE], skip = v[LL_PART_RESIDUAL];
    bool ratio = (act == LL_ANY || act == LL_RELU6) && se != 1,
         channels = (act == LL_RELU || act == LL_HSWISH) && se != LL_ANY;
    if (v[LL_PART_KERNEL] == LL_ANY || v[LL_PART_STRIDE] == LL_ANY || v[LL_PART_GROUPS] > 1) return false;
    if (!channels && (!ratio || v[LL_PART_MIDDLE] % v[LL_PART_C_IN])) return false;
    if (skip == LL_ANY) skip = v[LL_PART_STRIDE] == 1 && v[LL_PART_C_IN] == v[LL_PART_C_OUT];
    if (!write_shapes("expanded_conv", p, out)) return false;
    ll_str_addf(out, "-expand:%d-kernel:%d-stride:%d-idskip:%d",
                channels ? v[LL_PART_MIDDLE] : v[LL_PART_MIDDLE] / v[LL_PART_C_IN], v[LL_PART_KERNEL],
                v[LL_PART_STRIDE], skip);
    if (channels) ll_str_addf(out, "-se:%d-hs:%d", se, act == LL_HSWISH);
    return true;
}

bool ll_part_write_name(const ll_part *p, ll_str *out)
{
    int h = p->v[LL_PART_H_IN], c = p->v[LL_PART_C_IN];
    switch (p->kind) {
    case LL_PART_CONV:
        return write_conv(p, out);
    case LL_PART_BLOCK:
        return write_block(p, out);
    case LL_PART_MEAN:
        ll_str_addf(out, "AvgPool2D-input:%dx%dx%d-output:1x1x%d", h, h, c, c);
        return true;
    case LL_PART_LINEAR:
        ll_str_addf(out, "Logits-input:1x1x%d-output:%d", c, p->v[LL_PART_C_OUT]);
        return true;
    case LL_PART_TAIL:
        ll_str_addf(out, "Logits-input:%dx%dx%d-output:%d", h, h, c, p->v[LL_PART_C_OUT]);
        return true;
    default:
        return false;
    }
}

/* --- nn-Meter's kernels --- */

static const struct {
    const char *word;
    int kind; /* -1: networks here have none */
} kernels[] = {{"dwconv", LL_PART_CONV},
               {"conv", LL_PART_CONV},
               {"avgpool", LL_PART_POOL},
               {"fc", LL_PART_LINEAR},
               {"addrelu", LL_PART_ADD},
               {"add", LL_PART_ADD},
               {"global-avgpool", LL_PART_MEAN},
               {"channelshuffle", LL_PART_SHUFFLE},
               {"se", LL_PART_SE},
               {"maxpool", -1},
               {"concat", -1},
               {"split", -1},
               {"bnrelu", -1},
               {"bn", -1},
               {"hswish", -1},
               {"relu", -1}};
enum { KERNELS = sizeof kernels / sizeof *kernels };

/* What the text begins with, unless a longer word goes on there. */
static int find_kernel(const char *text)
{
    for (int i = 0; i < KERNELS; i++) {
        size_t n = strlen(kernels[i].word);
        if (!strncmp(text, kernels[i].word, n) && !isalnum((unsigned char)text[n])) return i;
    }
    return -1;
}

bool ll_part_is_kernel(const char *word)
{
    return find_kernel(word) >= 0;
}

static int act_of(const char *rest)
{
    static const struct {
        const char *word;
        ll_activation act;
    } acts[] = {{"hswish", LL_HSWISH}, {"relu6", LL_RELU6}, {"relu", LL_RELU}};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strstr(rest, acts[i].word)) return (int)acts[i].act;
    return strstr(rest, "block") ? LL_ANY : LL_NO_ACT; /* "conv-block": whatever its model has */
}

bool ll_part_read_kernel(const char *word, ll_kernel_word *out)
{
    int i = find_kernel(word);
    if (i < 0 || kernels[i].kind < 0) return false;
    *out = (ll_kernel_word){(ll_part_kind)kernels[i].kind, i == 0, act_of(word)};
    if (!ll_part_has(out->kind, LL_PART_ACT)) out->act = LL_ANY;
    return true;
}
