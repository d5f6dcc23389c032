#include "data/machines/host/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/space/simplify.h"

static const ll_host_engine *const engines[] = {&ll_engine_onednn, &ll_engine_blas, &ll_engine_reference};
enum { N_ENGINES = sizeof engines / sizeof *engines };

const ll_host_engine *ll_host_engine_at(int i)
{
    return i >= 0 && i < N_ENGINES ? engines[i] : NULL;
}

const ll_host_engine *ll_host_engine_find(const char *name)
{
    for (int i = 0; i < N_ENGINES; i++)
        if (!strcmp(engines[i]->name, name)) return engines[i];
    return NULL;
}

const char *ll_host_dtype_name(int t)
{
    static const char *const names[] = {"f32", "bf16", "int8"};
    return t >= 0 && t < (int)(sizeof names / sizeof *names) ? names[t] : NULL;
}

const char *ll_host_isa_name(int i)
{
    static const char *const names[] = {"native", "sse41", "avx2", "avx512"};
    return i >= 0 && i < (int)(sizeof names / sizeof *names) ? names[i] : NULL;
}

bool ll_host_has(ll_host_isa isa)
{
#if defined __x86_64__ || defined __i386__
    switch (isa) {
    case LL_ISA_SSE41:
        return __builtin_cpu_supports("sse4.1");
    case LL_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case LL_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    case LL_ISA_NATIVE:
        break;
    }
#endif
    return isa == LL_ISA_NATIVE;
}

int ll_network_classes(const ll_network *n)
{
    return n->layers[n->n_layers - 1].c_out;
}

ll_status ll_host_network(const ll_host_settings *s, const ll_space *space, const uint8_t *gene,
                          ll_network *out, ll_error *e)
{
    if (!s->simplified) return ll_network_build(space, gene, out, e);
    ll_network *written = LL_NEW(ll_network);
    ll_status status = ll_network_build(space, gene, written, e);
    if (!status) ll_network_simplify(written, out);
    free(written);
    return status;
}

ll_status ll_host_run_once(const ll_host_settings *s, const ll_network *n, float *out, ll_error *e)
{
    void *runner = NULL;
    ll_status status = s->engine->check(s, e);
    if (!status) status = s->engine->open(s, &runner, e);
    if (!status) status = s->engine->load(runner, n, e);
    if (!status) {
        s->engine->run(runner);
        s->engine->result(runner, out);
    }
    s->engine->close(runner);
    return status;
}

double ll_host_distance(const float *a, const float *b, int n)
{
    double most = 0, scale = 0;
    for (int i = 0; i < n; i++) {
        double d = fabs((double)a[i] - b[i]);
        if (isnan(d)) return INFINITY;
        most = fmax(most, d);
        scale = fmax(scale, fabs((double)b[i]));
    }
    return most > 0 ? most / scale : 0;
}

double ll_host_tolerance(ll_host_dtype t)
{
    static const double tolerance[] = {[LL_HOST_F32] = 1e-4, [LL_HOST_BF16] = .03, [LL_HOST_INT8] = .1};
    return tolerance[t];
}
