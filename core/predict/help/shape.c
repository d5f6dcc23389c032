#include "core/predict/help/shape.h"

enum { W = LL_HELP_WIDTH };

int ll_help_rows(const ll_help_shape *s)
{
    return s->graph ? LL_HELP_NODES : 1;
}

static int add_slot(ll_help_slot *out, int n, const char *weight, const char *bias, int rows, int cols,
                    int n_out)
{
    int offset = n ? out[n - 1].offset + out[n - 1].rows * out[n - 1].cols : 0;
    out[n] = (ll_help_slot){weight, offset, rows, cols};
    out[n + 1] = (ll_help_slot){bias, offset + rows * cols, n_out, 1};
    return n + 2;
}

int ll_help_slots(const ll_help_shape *s, ll_help_slot out[LL_HELP_SLOTS])
{
    int n = 0, wide = s->device ? 2 * W : W;
    if (s->graph) {
        n = add_slot(out, n, "gc1.weight", "gc1.bias", s->n_in, W, W);
        n = add_slot(out, n, "gc2.weight", "gc2.bias", W, W, W);
        n = add_slot(out, n, "gc3.weight", "gc3.bias", W, W, W);
        n = add_slot(out, n, "gc4.weight", "gc4.bias", W, W, W);
    } else {
        n = add_slot(out, n, "fc1.weight", "fc1.bias", W, s->n_in, W);
        n = add_slot(out, n, "fc2.weight", "fc2.bias", W, W, W);
    }
    if (s->device) {
        n = add_slot(out, n, "fc_hw1.weight", "fc_hw1.bias", W, LL_HELP_REFERENCES, W);
        n = add_slot(out, n, "fc_hw2.weight", "fc_hw2.bias", W, W, W);
    }
    n = add_slot(out, n, "fc3.weight", "fc3.bias", wide, wide, wide);
    n = add_slot(out, n, "fc4.weight", "fc4.bias", wide, wide, wide);
    return add_slot(out, n, "fc5.weight", "fc5.bias", 1, wide, 1);
}

int ll_help_params(const ll_help_shape *s)
{
    ll_help_slot slots[LL_HELP_SLOTS];
    int n = ll_help_slots(s, slots);
    return slots[n - 1].offset + slots[n - 1].rows * slots[n - 1].cols;
}
