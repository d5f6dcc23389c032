#include <math.h>

#include "core/codesign/codesign.h"

enum { L1_STEP = 16 };

static double within(double x)
{
    return x >= 0 ? fmin(x, 1) : 0; /* NaN too */
}

/* The loops by falling importance, of equal ones the first. */
static void order_loops(const double *importance, uint8_t *order)
{
    for (int d = 0; d < LL_LOOPS; d++) {
        int at = d;
        for (; at && importance[d] > importance[order[at - 1]]; at--) order[at] = order[at - 1];
        order[at] = (uint8_t)d;
    }
}

ll_accelerator ll_accelerator_decode(const double *x, const ll_budget_chip *b, double bytes)
{
    ll_accelerator a = {.bw = b->bw, .bytes = bytes};
    a.rows = (int)fmin(b->pe, exp(within(x[0]) * log(b->pe + 1.)));
    a.cols = (int)fmax(1, floor(b->pe / a.rows * (.25 + .75 * within(x[1]))));
    double pes = (double)a.rows * a.cols, share = .02 + .96 * within(x[2]);
    a.l1_bytes = fmax(L1_STEP, floor(share * b->sram_bytes / pes / L1_STEP) * L1_STEP);
    a.l2_bytes = b->sram_bytes - pes * a.l1_bytes;
    order_loops(x + 3, a.order);
    return a;
}

double ll_accelerator_sram(const ll_accelerator *a)
{
    return a->l2_bytes + (double)a->rows * a->cols * a->l1_bytes;
}

void ll_accelerator_loops(const ll_accelerator *a, ll_str *out)
{
    const char *letters = LL_LOOP_LETTERS;
    ll_str_addf(out, "%c%c|%c%c", letters[a->order[0]], letters[a->order[2]], letters[a->order[1]],
                letters[a->order[3]]);
}

void ll_accelerator_text(const ll_accelerator *a, ll_str *out)
{
    ll_str_addf(out, "%dx%d ", a->rows, a->cols);
    ll_accelerator_loops(a, out);
    ll_str_addf(out, ", L1 %.4g B, L2 %.4g KiB", a->l1_bytes, a->l2_bytes / 1024);
}
