#include "data/machines/remote/wire.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A layer's numbers, in the order in which they are said. */
enum {
    KIND,
    C_IN,
    C_OUT,
    H_IN,
    H_OUT,
    KERNEL,
    STRIDE,
    GROUPS,
    POSITION,
    IN_0,
    IN_1,
    SITE,
    RELU,
    BN,
    ACT,
    NUMBERS
};
enum { MOST = 1 << 20 }; /* of a shape */

static void numbers_of(const ll_layer *l, int *v)
{
    v[KIND] = (int)l->kind, v[C_IN] = l->c_in, v[C_OUT] = l->c_out, v[H_IN] = l->h_in, v[H_OUT] = l->h_out;
    v[KERNEL] = l->kernel, v[STRIDE] = l->stride, v[GROUPS] = l->groups, v[POSITION] = l->position;
    v[IN_0] = l->in[0], v[IN_1] = l->in[1], v[SITE] = l->site;
    v[RELU] = l->relu_before, v[BN] = l->bn, v[ACT] = (int)l->act;
}

static ll_layer layer_of(const int *v)
{
    return (ll_layer){.kind = (ll_layer_kind)v[KIND],
                      .c_in = v[C_IN],
                      .c_out = v[C_OUT],
                      .h_in = v[H_IN],
                      .h_out = v[H_OUT],
                      .kernel = v[KERNEL],
                      .stride = v[STRIDE],
                      .groups = v[GROUPS],
                      .position = v[POSITION],
                      .in = {v[IN_0], v[IN_1]},
                      .site = v[SITE],
                      .relu_before = v[RELU] != 0,
                      .bn = v[BN] != 0,
                      .act = (ll_activation)v[ACT]};
}

void ll_wire_put_network(ll_str *out, const ll_network *n)
{
    int v[NUMBERS];
    ll_str_addf(out, "%d/%d", n->n_layers, n->n_constant);
    for (int i = 0; i < n->n_layers; i++) {
        numbers_of(&n->layers[i], v);
        for (int k = 0; k < NUMBERS; k++) ll_str_addf(out, "%c%d", k ? ',' : i ? ';' : ' ', v[k]);
    }
}

/* A whole number between the two, and the character behind it, which is passed. */
static bool take(const char **text, long least, long most, char behind, int *out)
{
    char *end;
    errno = 0;
    long v = strtol(*text, &end, 10);
    if (end == *text || errno || v < least || v > most || (behind && *end != behind)) return false;
    *text = behind ? end + 1 : end;
    *out = (int)v;
    return true;
}

static bool is_sound(const ll_layer *l, int i)
{
    bool sized = l->c_in > 0 && l->c_out > 0 && l->h_in > 0 && l->h_out > 0 && l->kernel >= 0 &&
                 l->stride >= 0 && l->groups >= 0;
    bool known = (int)l->kind >= 0 && l->kind <= LL_GATE && (int)l->act >= 0 && l->act < LL_ACTIVATIONS;
    bool windowed = l->kind == LL_CONV || l->kind == LL_POOL_AVG;
    if (!sized || !known || (windowed && (!l->kernel || !l->stride))) return false;
    if (l->kind == LL_CONV && (!l->groups || l->c_in % l->groups || l->c_out % l->groups)) return false;
    for (int k = 0; k < ll_layer_reads(l); k++)
        if (l->in[k] < LL_TENSOR_ZERO || l->in[k] > i) return false;
    return true;
}

ll_status ll_wire_get_network(const char **text, ll_network *out, ll_error *e)
{
    int v[NUMBERS];
    bool good = take(text, 1, LL_MAX_LAYERS, '/', &out->n_layers) &&
                take(text, 0, out->n_layers - 1, ' ', &out->n_constant);
    out->space = NULL;
    for (int i = 0; good && i < out->n_layers; i++) {
        for (int k = 0; good && k < NUMBERS; k++) {
            char behind = k + 1 < NUMBERS ? ',' : i + 1 < out->n_layers ? ';' : 0;
            good = take(text, -1, k == SITE ? 1L << 30 : MOST, behind, &v[k]);
        }
        if (good) out->layers[i] = layer_of(v);
        good = good && is_sound(&out->layers[i], i);
    }
    return good ? LL_OK : ll_fail(e, LL_BAD_DATA, "no network: it is wrong at \"%.40s\"", *text);
}

const char *ll_wire_behind(const char *line, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(line, word, n) || (line[n] && line[n] != ' ')) return NULL;
    return line + n + (line[n] == ' ');
}

/* --- settings --- */

void ll_wire_put_open(ll_str *out, const ll_host_settings *s, int core, const ll_network *control)
{
    ll_str_addf(out, "open %s %s %s %d %d %llu %d %d ", s->engine->name, ll_host_dtype_name((int)s->dtype),
                ll_host_isa_name((int)s->isa), s->threads, s->batch, (unsigned long long)s->seed, core,
                s->warm_input);
    ll_wire_put_network(out, control);
}

/* The index of the next word among the names; -1: none of them. */
static int take_name(const char **text, const char *(*name)(int i))
{
    size_t n = strcspn(*text, " ");
    for (int i = 0; name(i); i++)
        if (strlen(name(i)) == n && !strncmp(*text, name(i), n) && (*text)[n] == ' ') {
            *text += n + 1;
            return i;
        }
    return -1;
}

static const char *engine_name(int i)
{
    const ll_host_engine *engine = ll_host_engine_at(i);
    return engine ? engine->name : NULL;
}

ll_status ll_wire_get_open(const char *text, ll_host_settings *s, int *core, ll_network *control, ll_error *e)
{
    int engine = take_name(&text, engine_name), dtype, isa, seed, warm;
    if (engine < 0) return ll_fail(e, LL_USAGE, "no engine is called so there: \"%.40s\"", text);
    dtype = take_name(&text, ll_host_dtype_name);
    isa = dtype < 0 ? -1 : take_name(&text, ll_host_isa_name);
    *s = (ll_host_settings){
        .engine = ll_host_engine_at(engine), .dtype = (ll_host_dtype)dtype, .isa = (ll_host_isa)isa};
    bool good = isa >= 0 && take(&text, 1, 256, ' ', &s->threads) && take(&text, 1, 256, ' ', &s->batch) &&
                take(&text, 0, 1L << 30, ' ', &seed) && take(&text, -1, 1023, ' ', core) &&
                take(&text, 0, 1, ' ', &warm);
    if (!good) return ll_fail(e, LL_BAD_DATA, "no settings: they are wrong at \"%.40s\"", text);
    s->seed = (uint64_t)seed;
    s->warm_input = warm;
    return ll_wire_get_network(&text, control, e);
}

/* --- visits --- */

void ll_wire_put_visit(ll_str *out, int row, int runs, const ll_network *n)
{
    ll_str_addf(out, "visit %d %d ", row, runs);
    ll_wire_put_network(out, n);
}

ll_status ll_wire_get_visit(const char *text, int *row, int *runs, ll_network *n, ll_error *e)
{
    if (take(&text, 0, 1L << 30, ' ', row) && take(&text, 1, LL_MAX_RUNS, ' ', runs))
        return ll_wire_get_network(&text, n, e);
    *row = -1;
    return ll_fail(e, LL_BAD_DATA, "no visit: it is wrong at \"%.40s\"", text);
}

void ll_wire_put_visited(ll_str *out, int row, const ll_visit *v)
{
    ll_str_addf(out, "visited %d %d %d %d %.9g", row, v->warm, v->disturbed, v->busy, v->paused_s);
    for (int i = 0; i < v->n; i++) ll_str_addf(out, " %.9g/%.9g", (double)v->ms[i], (double)v->control[i]);
}

static bool take_time(const char **text, float *out)
{
    char *end;
    *out = strtof(*text, &end);
    if (end == *text || !(*out > 0) || !isfinite(*out)) return false;
    *text = end;
    return true;
}

ll_status ll_wire_get_visited(const char *text, int *row, ll_visit *v, ll_error *e)
{
    int busy = 0;
    char *end;
    *v = (ll_visit){0};
    bool good = take(&text, 0, 1L << 30, ' ', row) && take(&text, 0, MOST, ' ', &v->warm) &&
                take(&text, 0, MOST, ' ', &v->disturbed) && take(&text, 0, 1, ' ', &busy);
    v->busy = busy != 0;
    if (good) v->paused_s = strtod(text, &end), text = end;
    while (good && *text) {
        good = *text++ == ' ' && v->n < LL_MAX_RUNS && take_time(&text, &v->ms[v->n]) && *text++ == '/' &&
               take_time(&text, &v->control[v->n]);
        v->n++;
    }
    return good && v->n ? LL_OK : ll_fail(e, LL_BAD_DATA, "no times came back: \"%.60s\"", text);
}

void ll_wire_put_failed(ll_str *out, int row, const ll_error *why)
{
    ll_str_addf(out, "failed %d %d %s", row, (int)why->status, why->message);
}

ll_status ll_wire_get_failed(const char *text, int *row, ll_error *why, ll_error *e)
{
    int status;
    if (!take(&text, -1, 1L << 30, ' ', row) || !take(&text, 1, LL_NO_MEMORY, ' ', &status))
        return ll_fail(e, LL_BAD_DATA, "no failure: \"%.60s\"", text);
    ll_fail(why, (ll_status)status, "%.900s", text);
    return LL_OK;
}
