#include "data/formats/model_file.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "core/base/text/json.h"
#include "core/space/files/space_json.h"
#include "data/formats/safetensors.h"
#include "data/formats/torchzip.h"

static const char format[] = "latlab model 1";

#define ADAPTED "adapted."

/* --- saving --- */

static void describe(const ll_model *m, ll_tensors *t)
{
    const char *data = ll_json_get_str(m->info, "dataset", NULL);
    cJSON *sources = cJSON_CreateArray();
    for (int i = 0; i < m->source.n; i++) ll_json_str(sources, NULL, m->source.v[i]);
    cJSON *columns = ll_basis_json(&m->basis);
    ll_tensors_set_text(t, "format", format);
    ll_tensors_set_text(t, "predictor", m->predictor->name);
    ll_tensors_set_text(t, "space", m->space->name);
    cJSON *space = ll_space_json(m->space);
    ll_tensors_set_json(t, "space_definition", space);
    cJSON_Delete(space);
    if (data) ll_tensors_set_text(t, "data", data);
    if (m->data_hash) ll_tensors_set_text(t, "data_hash", m->data_hash);
    ll_tensors_set_text(t, "unit", "ms");
    ll_tensors_set_json(t, "sources", sources);
    ll_tensors_set_json(t, "info", m->info);
    ll_tensors_set_json(t, "basis", columns);
    cJSON_Delete(columns);
    cJSON_Delete(sources);
}

/* Each under a number of its own. */
static ll_status add_adapted(ll_adapted *const *adapted, int n, ll_tensors *to, ll_error *e)
{
    ll_status s = LL_OK;
    for (int i = 0; i < n && !s; i++) {
        ll_tensors own = {0};
        ll_str prefix = {0};
        ll_str_addf(&prefix, ADAPTED "%d.", i);
        s = ll_adapted_save(adapted[i], &own, e);
        if (!s) ll_tensors_add_all(to, prefix.s, &own);
        ll_str_free(&prefix);
        ll_tensors_free(&own);
    }
    return s;
}

ll_status ll_model_save(const ll_model *m, ll_adapted *const *adapted, int n, const char *path, ll_error *e)
{
    ll_tensors t = {0};
    if (!m->predictor->save)
        return ll_fail(e, LL_FAILED, "%s has nothing to save: it is made anew in no time",
                       m->predictor->name);
    ll_status s = m->predictor->save(m->impl, &t, e);
    if (!s) s = add_adapted(adapted, n, &t, e);
    if (!s) {
        describe(m, &t);
        s = ll_safetensors_write(path, &t, e);
    }
    ll_tensors_free(&t);
    return s;
}

/* --- loading --- */

static void warn(ll_strs *warnings, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void warn(ll_strs *warnings, const char *fmt, ...)
{
    ll_str text = {0};
    va_list ap;
    va_start(ap, fmt);
    ll_str_addv(&text, fmt, ap);
    va_end(ap);
    ll_strs_take(warnings, ll_str_take(&text));
}

static ll_status find_predictor(const ll_tensors *t, const char *as, const ll_predictor **p, ll_error *e)
{
    const char *stated = ll_tensors_text(t, "predictor"), *name = as ? as : stated;
    if (!name)
        return ll_fail(e, LL_BAD_DATA, "the file does not say of which predictor it is; give `as PREDICTOR`");
    if (as && stated && strcmp(as, stated))
        return ll_fail(e, LL_BAD_DATA, "it is a model of %.60s, not of %.60s", stated, as);
    *p = ll_predictor_find(name);
    if (!*p) return ll_fail(e, LL_BAD_DATA, "unknown predictor %.60s; `predictors` lists them", name);
    if (!(*p)->load) return ll_fail(e, LL_BAD_DATA, "%s has no weights to load", name);
    return LL_OK;
}

static ll_status other_space(const ll_dataset *d, const char *name, ll_error *e)
{
    return d ? ll_fail(e, LL_BAD_DATA, "it was pretrained on %.60s, the loaded dataset is of %s", name,
                       d->space->name)
             : ll_fail(e, LL_BAD_DATA, "the space it defines is not called %.60s", name ? name : "anything");
}

/* A user's space comes along with the model: it must be the one that is here by that name. */
static ll_status defined_space(const ll_tensors *t, const char *name, const ll_dataset *d,
                               const ll_space **out, ll_error *e)
{
    cJSON *item;
    const ll_space *defined = NULL;
    ll_status s = ll_tensors_json(t, "space_definition", &item, e);
    const char *own = cJSON_IsString(item) ? item->valuestring : ll_json_get_str(item, "name", "");
    if (!s && (!name || strcmp(own, name) || (d && strcmp(name, d->space->name))))
        s = other_space(d, name, e);
    if (!s) s = ll_space_from_json(item, &defined, e);
    if (!s && d && defined != d->space)
        s = ll_fail(
            e, LL_BAD_DATA,
            "it was pretrained on %.60s as it was then: its columns have other values now; pretrain anew",
            d->space->name);
    if (!s) *out = defined;
    cJSON_Delete(item);
    return s;
}

/* The search space: that of the data at hand, else the one the file names. */
static ll_status find_space(const ll_tensors *t, const ll_dataset *d, const ll_space **out, ll_error *e)
{
    const char *name = ll_tensors_text(t, "space");
    *out = d ? d->space : name ? ll_space_find(name) : NULL;
    if (ll_tensors_text(t, "space_definition")) return defined_space(t, name, d, out, e);
    if (d && name && strcmp(name, d->space->name))
        return ll_fail(e, LL_BAD_DATA, "it was pretrained on %.60s, the loaded dataset is of %s", name,
                       d->space->name);
    if (*out) return LL_OK;
    return name ? ll_fail(e, LL_BAD_DATA, "it is of the search space %.60s: load a dataset of that one first",
                          name)
                : ll_fail(
                      e, LL_BAD_DATA,
                      "the file does not say for which search space it is: load a dataset of that one first");
}

static ll_status check_data(const ll_tensors *t, const ll_dataset *d, ll_strs *warnings, ll_error *e)
{
    const char *hash = ll_tensors_text(t, "data_hash"), *unit = ll_tensors_text(t, "unit");
    if (unit && strcmp(unit, "ms"))
        return ll_fail(e, LL_BAD_DATA, "its unit is %.20s, ms was expected", unit);
    if (!d) return LL_OK;
    if (!ll_tensors_text(t, "space"))
        warn(warnings, "the file does not say for which search space it is; %s is assumed", d->space->name);
    if (hash && strcmp(hash, d->hash.hex))
        warn(warnings, "it was pretrained on other data than %s (hash %.12s..., here %.12s...)", d->name,
             hash, d->hash.hex);
    return LL_OK;
}

static void read_sources(const ll_tensors *t, const ll_dataset *d, ll_model *m, ll_strs *warnings)
{
    cJSON *list, *item;
    ll_tensors_json(t, "sources", &list, NULL);
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item)) continue;
        ll_strs_add(&m->source, item->valuestring);
        if (d && ll_dataset_device(d, item->valuestring) < 0)
            warn(warnings, "its source device %.80s is not in %s", item->valuestring, d->name);
    }
    cJSON_Delete(list);
}

static void read_info(const ll_tensors *t, const ll_dataset *d, ll_model *m)
{
    const char *hash = ll_tensors_text(t, "data_hash");
    cJSON *info;
    ll_tensors_json(t, "info", &info, NULL);
    m->data_hash = ll_strdup(hash ? hash : d ? d->hash.hex : NULL);
    if (cJSON_IsObject(info)) {
        cJSON_Delete(m->info);
        m->info = info;
    } else {
        cJSON_Delete(info);
    }
}

/* Older files do not say what the columns were: then they are unknown unless the data is the same. */
static void read_basis(const ll_tensors *t, const ll_dataset *d, ll_model *m)
{
    cJSON *basis;
    ll_tensors_json(t, "basis", &basis, NULL);
    if (basis) {
        ll_basis_read(basis, &m->basis);
    } else if (d && m->predictor->needs_sources) {
        ll_basis_take(&m->basis, d, &m->source);
        for (int i = 0; strcmp(m->data_hash, d->hash.hex) && i < m->basis.hash.n; i++)
            *m->basis.hash.v[i] = 0;
    }
    cJSON_Delete(basis);
}

static ll_status build_model(const ll_tensors *t, const char *as, const ll_dataset *d, ll_model_file *out,
                             ll_error *e)
{
    const ll_predictor *p = NULL;
    const ll_space *space = NULL;
    void *impl = NULL;
    ll_status s = find_predictor(t, as, &p, e);
    if (!s) s = check_data(t, d, &out->warnings, e);
    if (!s) s = find_space(t, d, &space, e); /* which defines it: the last thing that may be refused */
    if (!s) s = p->load(&(ll_load_job){t, space, d ? d->archs : NULL, d ? &d->reference : NULL}, &impl, e);
    if (s) return s;
    out->model = ll_model_new(p, space, impl);
    read_sources(t, d, out->model, &out->warnings);
    read_info(t, d, out->model);
    read_basis(t, d, out->model);
    return LL_OK;
}

static int count_under(const ll_tensors *t, const char *prefix)
{
    int n = 0;
    for (int i = 0; i < t->n; i++) n += !strncmp(t->v[i].name, prefix, strlen(prefix));
    return n;
}

static ll_status read_adapted(const ll_tensors *t, ll_model_file *out, ll_error *e)
{
    ll_status s = LL_OK;
    int left = count_under(t, ADAPTED);
    for (int i = 0; !s && i <= LL_MOST_ADAPTED; i++) {
        ll_tensors own = {0};
        ll_str prefix = {0};
        ll_str_addf(&prefix, ADAPTED "%d.", i);
        ll_tensors_take(t, prefix.s, &own);
        ll_str_free(&prefix);
        if (!own.n) break;
        left -= own.n;
        if (i == LL_MOST_ADAPTED) s = ll_fail(e, LL_BAD_DATA, "it has more than %d devices", LL_MOST_ADAPTED);
        out->adapted = ll_realloc(out->adapted, (size_t)i + 1, sizeof *out->adapted);
        if (!s) s = ll_adapted_load(&own, out->model, &out->adapted[i], e);
        if (!s) out->n_adapted++;
        ll_tensors_free(&own);
    }
    if (!s && left) s = ll_fail(e, LL_BAD_DATA, "one of the devices it was adapted to is missing");
    return s;
}

/* A safetensors file, or weights as torch.save writes them (the published checkpoints). */
static ll_status read_tensors(const char *path, ll_tensors *t, ll_error *e)
{
    char *bytes;
    size_t n;
    ll_status s = ll_read_file(path, (size_t)1 << 30, &bytes, &n, e);
    if (s) return s;
    bool zip = ll_is_zip(bytes, n);
    free(bytes);
    return zip ? ll_torch_load_tensors(path, t, e) : ll_safetensors_read(path, t, e);
}

void ll_model_file_free(ll_model_file *f)
{
    for (int i = 0; i < f->n_adapted; i++) ll_adapted_unref(f->adapted[i]);
    free(f->adapted);
    ll_model_unref(f->model);
    ll_strs_free(&f->warnings);
    *f = (ll_model_file){0};
}

ll_status ll_model_load(const char *path, const char *as, const ll_dataset *d, ll_model_file *out,
                        ll_error *e)
{
    ll_tensors t = {0};
    *out = (ll_model_file){0};
    ll_status s = read_tensors(path, &t, e);
    if (s) return s;
    s = ll_tensors_finite(&t, e);
    if (!s) s = build_model(&t, as, d, out, e);
    if (!s) s = read_adapted(&t, out, e);
    ll_tensors_free(&t);
    if (!s) return LL_OK;
    ll_model_file_free(out);
    return ll_fail_in(e, "%s: ", path);
}
