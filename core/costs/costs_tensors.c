#include "core/costs/costs_tensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { WIDTH = 1 + LL_PART_FIELDS };

static void save_fusions(const ll_costs *c, ll_tensors *out)
{
    if (!c->n_fusions) return;
    int32_t *kinds = ll_tensors_add(out, "costs.fusion", LL_I32, 2, (long[]){c->n_fusions, 2}, NULL)->data;
    double *gain = ll_tensors_add(out, "costs.gain", LL_F64, 1, (long[]){c->n_fusions}, NULL)->data;
    for (int i = 0; i < c->n_fusions; i++) {
        kinds[2 * i] = c->fusions[i].before;
        kinds[2 * i + 1] = c->fusions[i].after;
        gain[i] = c->fusions[i].gain;
    }
}

void ll_costs_save(const ll_costs *c, ll_tensors *out)
{
    int32_t *part = LL_NEW_ARRAY(int32_t, (size_t)c->n * WIDTH + 1);
    double *ms = LL_NEW_ARRAY(double, c->n + 1);
    for (int i = 0; i < c->n; i++) {
        part[i * WIDTH] = (int32_t)c->rows[i].part.kind;
        for (int f = 0; f < LL_PART_FIELDS; f++) part[i * WIDTH + 1 + f] = c->rows[i].part.v[f];
        ms[i] = c->rows[i].ms;
    }
    ll_tensors_add(out, "costs.part", LL_I32, 2, (long[]){c->n, WIDTH}, part);
    ll_tensors_add(out, "costs.ms", LL_F64, 1, (long[]){c->n}, ms);
    save_fusions(c, out);
    if (c->settings) ll_tensors_set_text(out, "costs.settings", c->settings);
    free(part);
    free(ms);
}

static ll_status add_row(ll_costs *c, const int32_t *part, double ms, ll_error *e)
{
    ll_cost_row row = {.ms = ms, .std_ms = NAN};
    if (part[0] < 0 || part[0] >= LL_PART_KINDS)
        return ll_fail(e, LL_BAD_DATA, "%d is no kind of part", part[0]);
    row.part.kind = (ll_part_kind)part[0];
    for (int f = 0; f < LL_PART_FIELDS; f++) row.part.v[f] = part[1 + f];
    return ll_costs_add(c, &row, e);
}

static ll_status load_fusions(const ll_tensors *in, ll_costs *c, ll_error *e)
{
    const ll_tensor *kinds = ll_tensors_find(in, "costs.fusion"), *gain;
    if (!kinds) return LL_OK;
    long n = kinds->n_dims == 2 ? kinds->shape[0] : 0;
    ll_status s = ll_tensors_need(in, "costs.fusion", LL_I32, 2, (long[]){n, 2}, &kinds, e);
    if (!s) s = ll_tensors_need(in, "costs.gain", LL_F64, 1, &n, &gain, e);
    for (long i = 0; i < n && !s; i++) {
        const int32_t *k = (const int32_t *)kinds->data + 2 * i;
        ll_fusion f = {k[0], k[1], ((const double *)gain->data)[i], 0};
        if (k[0] < 0 || k[0] >= LL_KERNELS || k[1] < 0 || k[1] >= LL_KERNELS || !isfinite(f.gain))
            s = ll_fail(e, LL_BAD_DATA, "tensor costs.fusion: row %ld is no rule of fusion", i + 1);
        if (!s) s = ll_costs_add_fusion(c, &f, e);
    }
    return s;
}

ll_status ll_costs_load(const ll_tensors *in, const ll_space *space, ll_costs **out, ll_error *e)
{
    const ll_tensor *part = ll_tensors_find(in, "costs.part"), *ms;
    *out = NULL;
    if (!part) return LL_OK;
    long n = part->n_dims == 2 ? part->shape[0] : 0;
    ll_status s = ll_tensors_need(in, "costs.part", LL_I32, 2, (long[]){n, WIDTH}, &part, e);
    if (!s) s = ll_tensors_need(in, "costs.ms", LL_F64, 1, &n, &ms, e);
    if (s) return s;
    ll_costs *c = ll_costs_new(space);
    for (long i = 0; i < n && !s; i++)
        s = add_row(c, (const int32_t *)part->data + i * WIDTH, ((const double *)ms->data)[i], e);
    if (s) {
        ll_costs_unref(c);
        return ll_fail_in(e, "tensor costs.part: ");
    }
    s = load_fusions(in, c, e);
    if (!s) s = ll_costs_timed_by(c, ll_tensors_text(in, "costs.settings"), e);
    if (s) {
        ll_costs_unref(c);
        return s;
    }
    ll_costs_seal(c, NULL);
    *out = c;
    return LL_OK;
}
