#include "data/datasets/bundled_proxies.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/device/scores.h"
#include "core/encode/encoding.h"
#include "data/formats/safetensors.h"

/* A file that was read, for the time of the program. */
typedef struct bundle {
    struct bundle *next;
    char *path;
    const ll_space *space;
    struct stat was; /* when it was read */
    ll_archs *known; /* indexed; NULL: it could not be read */
    float *value;    /* (known->n, 13) */
} bundle;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards the list and what is in it */
static bundle *bundles;

char *ll_bundled_proxies_dir(void)
{
    char *dir = ll_app_bundled_dir(), *proxies = ll_path_join(dir, "proxies");
    free(dir);
    return proxies;
}

static char *path_of(const ll_space *space)
{
    char *dir = ll_bundled_proxies_dir();
    ll_str path = {0};
    ll_str_addf(&path, "%s/%s.safetensors", dir, space->name);
    free(dir);
    return ll_str_take(&path);
}

static ll_status take_tensors(const ll_tensors *t, const ll_space *space, ll_archs **known, float **out,
                              ll_error *e)
{
    const ll_tensor *value;
    ll_status s = ll_archs_load(t, "archs", space, known, e);
    if (!s) s = ll_archs_index(*known, e);
    if (!s) s = ll_tensors_need(t, "value", LL_F32, 2, (long[]){(*known)->n, LL_ZCP_PROXIES}, &value, e);
    if (!s) *out = ll_memdup(value->data, (size_t)(*known)->n * LL_ZCP_PROXIES, sizeof **out);
    if (!s) return LL_OK;
    ll_archs_unref(*known);
    *known = NULL;
    return s;
}

static ll_status read_bundle(const char *path, const ll_space *space, ll_archs **known, float **value,
                             ll_error *e)
{
    ll_tensors t = {0};
    *known = NULL;
    *value = NULL;
    ll_status s = ll_safetensors_read(path, &t, e);
    if (!s && (s = take_tensors(&t, space, known, value, e))) ll_fail_in(e, "%s: ", path);
    ll_tensors_free(&t);
    return s;
}

ll_status ll_bundled_proxies_check(const char *path, ll_error *e)
{
    char *name = ll_path_stem(path);
    const ll_space *space = ll_space_find(name);
    ll_archs *known;
    float *value;
    ll_status s = space ? LL_OK : ll_fail(e, LL_BAD_DATA, "%s: no search space is called %s", path, name);
    if (!s) s = read_bundle(path, space, &known, &value, e);
    if (!s) {
        ll_archs_unref(known);
        free(value);
    }
    free(name);
    return s;
}

static bool is_as_read(const bundle *b, const struct stat *now)
{
    return b->was.st_ino == now->st_ino && b->was.st_size == now->st_size &&
           b->was.st_mtim.tv_sec == now->st_mtim.tv_sec && b->was.st_mtim.tv_nsec == now->st_mtim.tv_nsec;
}

/* NULL: there is none that can be read. Under the lock. */
static const bundle *bundle_of(const char *path, const ll_space *space)
{
    struct stat now;
    ll_error e = {0};
    bundle *b = bundles;
    if (!ll_is_file(path) || stat(path, &now)) return NULL;
    while (b && (b->space != space || strcmp(b->path, path))) b = b->next;
    if (b && is_as_read(b, &now)) return b->known ? b : NULL;
    if (!b) {
        b = LL_NEW(bundle);
        *b = (bundle){.next = bundles, .path = ll_strdup(path), .space = space};
        bundles = b;
    }
    ll_archs_unref(b->known);
    free(b->value);
    b->was = now;
    return read_bundle(path, space, &b->known, &b->value, &e) ? NULL : b;
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

static void attach(const bundle *b, ll_archs *a)
{
    float *v = LL_NEW_ARRAY(float, (size_t)a->n *LL_ZCP_PROXIES + 1);
    if (look_up(b->known, b->value, a, v) == a->n) ll_archs_attach_feature(a, "zcp", LL_ZCP_PROXIES, v);
    free(v);
}

/* A file that came with the program and cannot be read leaves the data as if there were none: it is no part of it. `doctor`
 * says so. */
static void attach_bundled(ll_archs *a)
{
    if (ll_archs_feature(a, "zcp")) return;
    char *path = path_of(a->space);
    pthread_mutex_lock(&lock);
    const bundle *b = bundle_of(path, a->space);
    if (b) attach(b, a);
    pthread_mutex_unlock(&lock);
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
