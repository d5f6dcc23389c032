#include "core/costs/kernel.h"

#include <math.h>
#include <string.h>

int ll_kernel_of(const ll_part *p)
{
    int g = p->v[LL_PART_GROUPS];
    bool depthwise = p->kind == LL_PART_CONV && g > 1 && g == p->v[LL_PART_C_IN];
    return depthwise ? LL_KERNEL_DWCONV : (int)p->kind;
}

const char *ll_kernel_name(int kernel)
{
    return kernel == LL_KERNEL_DWCONV ? "dwconv" : ll_part_kind_name(kernel);
}

int ll_kernel_find(const char *name)
{
    return strcmp(name, "dwconv") ? ll_part_kind_find(name) : LL_KERNEL_DWCONV;
}

ll_part_kind ll_kernel_part(int kernel)
{
    return kernel == LL_KERNEL_DWCONV ? LL_PART_CONV : (ll_part_kind)kernel;
}

bool ll_fusion_fuses(const ll_fusion *f)
{
    return f->gain > LL_FUSES;
}

void ll_fusion_text(const ll_fusion *f, ll_str *out)
{
    ll_str_addf(out, "%s+%s", ll_kernel_name(f->before), ll_kernel_name(f->after));
}

ll_status ll_fusion_read(const char *name, double gain, int count, ll_fusion *out, ll_error *e)
{
    char before[40];
    const char *plus = strchr(name, '+');
    size_t n = plus ? (size_t)(plus - name) : 0;
    *out = (ll_fusion){-1, -1, gain, count};
    if (n && n < sizeof before) {
        memcpy(before, name, n);
        before[n] = 0;
        out->before = ll_kernel_find(before);
        out->after = ll_kernel_find(plus + 1);
    }
    if (out->before < 0 || out->after < 0)
        return ll_fail(e, LL_BAD_DATA,
                       "\"%.60s\" names no two kinds of kernels: such as conv+add was expected", name);
    if (!(fabs(gain) <= 100))
        return ll_fail(e, LL_BAD_DATA, "gain %g of %.60s: a number from -100 to 100 was expected", gain,
                       name);
    return LL_OK;
}

double ll_fusion_gain(double before_ms, double after_ms, double both_ms)
{
    double less = fmin(before_ms, after_ms);
    return less > 0 ? (before_ms + after_ms - both_ms) / less : NAN;
}
