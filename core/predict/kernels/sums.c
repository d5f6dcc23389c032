#include "core/predict/kernels/sums.h"

#include <math.h>
#include <string.h>

int ll_group_of(const ll_part *p)
{
    int kernel = ll_kernel_of(p), k = p->v[LL_PART_KERNEL];
    bool windows = p->kind == LL_PART_CONV || p->kind == LL_PART_BLOCK;
    if (!windows || k == LL_ANY) k = 0;
    return kernel * LL_GROUP_WINDOWS + (k < LL_GROUP_WINDOWS ? k : LL_GROUP_WINDOWS - 1);
}

void ll_group_text(int group, ll_str *out)
{
    int window = group % LL_GROUP_WINDOWS;
    ll_str_add(out, ll_kernel_name(group / LL_GROUP_WINDOWS));
    if (window) ll_str_addf(out, " %dx%d", window, window);
}

/* A choice is of no kind that anything is learnt of. Equal parts are met again and again in one network. */
static double price(const ll_summing *s, const ll_bill *bill, const double *ms, int k)
{
    const ll_bill_line *line = &bill->lines[k];
    if (line->row && (s->rows || line->part.kind == LL_PART_CHOICE)) return line->row->ms;
    for (int i = 0; i < k; i++)
        if (!ll_part_compare(&bill->lines[i].part, &line->part)) return ms[i];
    return ll_kernel_prices_of(s->prices, &line->part);
}

double ll_sum_groups(const ll_summing *s, const ll_space *space, const uint8_t *gene, double *groups)
{
    ll_bill bill;
    double ms[LL_MAX_LAYERS + LL_MAX_POSITIONS], sum = 0;
    int group[LL_MAX_LAYERS + LL_MAX_POSITIONS];
    memset(groups, 0, LL_GROUPS * sizeof *groups);
    ll_costs_bill(s->costs, space, gene, &bill);
    for (int k = 0; k < bill.n; k++) {
        ms[k] = price(s, &bill, ms, k);
        group[k] = ll_group_of(&bill.lines[k].part);
        groups[group[k]] += ms[k];
        sum += ms[k];
    }
    ll_bill_fuse(&bill, ms);
    for (int k = 0; k < bill.n; k++) {
        int lost = ll_bill_absorbed(&bill, ms, k);
        if (lost < 0) continue;
        groups[group[lost]] -= bill.lines[k].saved_ms;
        sum -= bill.lines[k].saved_ms;
    }
    return sum;
}
