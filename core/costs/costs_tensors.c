#include "core/costs/costs_tensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"

enum { WIDTH = 1 + LL_PART_FIELDS };

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
    ll_costs_seal(c, NULL);
    *out = c;
    return LL_OK;
}
