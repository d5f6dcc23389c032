#include "core/device/cover.h"

#include <stdlib.h>

#include "core/base/mem.h"

static bool serves(const ll_corr *c, double threshold, int proxy, int device)
{
    return proxy == device || ll_corr_at(c, proxy, device) >= threshold; /* false for NaN */
}

/* How many of those left this device serves; *closeness is its mean correlation to them. */
static int count_served(const ll_corr *c, double threshold, int proxy, const bool *served, double *closeness)
{
    int n = 0;
    double sum = 0;
    for (int j = 0; j < c->devices.n; j++)
        if (!served[j] && serves(c, threshold, proxy, j)) {
            n++;
            sum += proxy == j ? 1 : ll_corr_at(c, proxy, j);
        }
    *closeness = n ? sum / n : 0;
    return n;
}

/* -1: all are served. */
static int next_proxy(const ll_corr *c, double threshold, const bool *served)
{
    int best = -1, most = 0;
    double closest = 0;
    for (int i = 0; i < c->devices.n; i++) {
        double closeness;
        int n = count_served(c, threshold, i, served, &closeness);
        if (n < most || (n == most && closeness <= closest)) continue;
        best = i;
        most = n;
        closest = closeness;
    }
    return best;
}

static int best_proxy(const ll_corr *c, const ll_ints *proxies, int device)
{
    int best = -1;
    if (ll_ints_find(proxies, device) >= 0) return device;
    for (int i = 0; i < proxies->n; i++) {
        double r = ll_corr_at(c, proxies->v[i], device);
        if (!isnan(r) && (best < 0 || r > ll_corr_at(c, best, device))) best = proxies->v[i];
    }
    return best;
}

void ll_cover_devices(const ll_corr *c, double threshold, ll_cover *out)
{
    int D = c->devices.n;
    bool *served = LL_NEW_ARRAY(bool, D + 1);
    *out = (ll_cover){0};
    for (int p; (p = next_proxy(c, threshold, served)) >= 0;) {
        ll_ints_add(&out->proxies, p);
        for (int j = 0; j < D; j++) served[j] |= serves(c, threshold, p, j);
    }
    for (int j = 0; j < D; j++) ll_ints_add(&out->of, best_proxy(c, &out->proxies, j));
    free(served);
}

void ll_cover_free(ll_cover *c)
{
    ll_ints_free(&c->proxies);
    ll_ints_free(&c->of);
}
