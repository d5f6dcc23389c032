#include "data/datasets/bundled_proxies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/app/app.h"
#include "core/base/fs.h"
#include "core/base/mem.h"
#include "core/device/scores.h"
#include "core/encode/encoding.h"
#include "data/formats/safetensors.h"

static char *path_of(const ll_space *space)
{
    char *dir = ll_app_bundled_dir();
    ll_str path = {0};
    ll_str_addf(&path, "%s/proxies/%s.safetensors", dir, space->name);
    free(dir);
    return ll_str_take(&path);
}

/* Returns how many of the architectures are in the file; v (a->n, 13) is NaN elsewhere. */
static int look_up(const ll_archs *known, const float *value, const ll_archs *a, float *v)
{
    int found = 0;
    for (int i = 0; i < a->n; i++) {
        int at = ll_archs_find(known, ll_arch(a, i));
        float *row = v + (size_t)i * LL_ZCP_PROXIES;
        found += at >= 0;
        for (int k = 0; k < LL_ZCP_PROXIES; k++)
            row[k] = at < 0 ? NAN : value[(size_t)at * LL_ZCP_PROXIES + (size_t)k];
    }
    return found;
}

static ll_status attach(const ll_tensors *t, ll_archs *a, ll_error *e)
{
    ll_archs *known = NULL;
    const ll_tensor *value;
    ll_status s = ll_archs_load(t, "archs", a->space, &known, e);
    if (!s) s = ll_archs_index(known, e);
    if (!s) s = ll_tensors_need(t, "value", LL_F32, 2, (long[]){known->n, LL_ZCP_PROXIES}, &value, e);
    if (!s) {
        float *v = LL_NEW_ARRAY(float, (size_t)a->n *LL_ZCP_PROXIES + 1);
        if (look_up(known, value->data, a, v) == a->n) ll_archs_attach_feature(a, "zcp", LL_ZCP_PROXIES, v);
        free(v);
    }
    ll_archs_unref(known);
    return s;
}

/* A file that came with the program and cannot be read leaves the data as if there were none: it is no part of it. */
static void attach_bundled(ll_archs *a)
{
    ll_tensors t = {0};
    ll_error e = {0};
    if (ll_archs_feature(a, "zcp")) return;
    char *path = path_of(a->space);
    if (ll_is_file(path) && !ll_safetensors_read(path, &t, &e)) attach(&t, a, &e);
    ll_tensors_free(&t);
    free(path);
}

/* false: not all 13 are scores. */
static bool attach_scores(ll_dataset *d)
{
    const ll_score *score[LL_ZCP_PROXIES];
    for (int k = 0; k < LL_ZCP_PROXIES; k++)
        if (!(score[k] = ll_dataset_score(d, ll_zcp_proxy(k)))) return false;
    float *v = LL_NEW_ARRAY(float, (size_t)d->n_archs *LL_ZCP_PROXIES + 1);
    for (int i = 0; i < d->n_archs; i++)
        for (int k = 0; k < LL_ZCP_PROXIES; k++) v[i * LL_ZCP_PROXIES + k] = (float)score[k]->v[i];
    ll_archs_attach_feature(d->archs, "zcp", LL_ZCP_PROXIES, v);
    free(v);
    return true;
}

void ll_attach_proxies(ll_dataset *d)
{
    if (!attach_scores(d)) attach_bundled(d->archs);
}
