#include "core/device/task.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/decimal.h"
#include "core/base/mem.h"
#include "core/device/correlation.h"

/* NASFLAT (arXiv 2403.02446), tables of device sets; device names of HELP, EAGLE's where HELP has none. */
static const ll_published_task published[] = {
    {"ND", "nasbench201",
     "1080ti_1 1080ti_32 1080ti_256 silver_4114 silver_4210r samsung_a50 pixel3 essential_ph_1 samsung_s7",
     "titan_rtx_256 gold_6226 fpga pixel2 raspi4 eyeriss"},
    {"N1", "nasbench201",
     "embedded_tpu_edge_tpu_int8 eyeriss mobile_gpu_snapdragon_675_adreno_612_int8 "
     "mobile_gpu_snapdragon_855_adreno_640_int8 pixel3",
     "1080ti_1 titan_rtx_32 titanxp_1 2080ti_32 titan_rtx_1"},
    {"N2", "nasbench201", "1080ti_1 1080ti_32 titanx_32 titanxp_1 titanxp_32",
     "embedded_gpu_jetson_nano_fp16 embedded_tpu_edge_tpu_int8 mobile_dsp_snapdragon_675_hexagon_685_int8 "
     "mobile_dsp_snapdragon_855_hexagon_690_int8 pixel3"},
    {"N3", "nasbench201",
     "desktop_gpu_gtx_1080ti_fp32 embedded_gpu_jetson_nano_fp16 eyeriss "
     "mobile_dsp_snapdragon_675_hexagon_685_int8 mobile_gpu_snapdragon_855_adreno_640_int8",
     "1080ti_1 2080ti_1 titanxp_1 2080ti_32 titanxp_32"},
    {"N4", "nasbench201",
     "desktop_cpu_core_i7_7820x_fp32 embedded_gpu_jetson_nano_fp32 embedded_tpu_edge_tpu_int8 eyeriss "
     "mobile_cpu_snapdragon_855_kryo_485_int8 mobile_dsp_snapdragon_675_hexagon_685_int8 "
     "mobile_dsp_snapdragon_855_hexagon_690_int8 mobile_gpu_snapdragon_675_adreno_612_int8 "
     "mobile_gpu_snapdragon_855_adreno_640_int8 pixel2",
     "1080ti_1 2080ti_1 titan_rtx_1"},
    {"NA", "nasbench201",
     "titan_rtx_1 titan_rtx_32 titanxp_1 2080ti_1 titanx_1 1080ti_1 titanx_32 titanxp_32 2080ti_32 1080ti_32 "
     "gold_6226 samsung_s7 silver_4114 gold_6240 silver_4210r samsung_a50 pixel2",
     "eyeriss desktop_gpu_gtx_1080ti_fp32 embedded_tpu_edge_tpu_int8"},
    {"FD", "fbnet",
     "1080ti_1 1080ti_32 1080ti_64 silver_4114 silver_4210r samsung_a50 pixel3 essential_ph_1 samsung_s7",
     "fpga raspi4 eyeriss"},
    {"F1", "fbnet", "2080ti_1 essential_ph_1 silver_4114 titan_rtx_1 titan_rtx_32",
     "eyeriss fpga raspi4 samsung_a50 samsung_s7"},
    {"F2", "fbnet", "essential_ph_1 gold_6226 gold_6240 pixel3 raspi4",
     "1080ti_1 1080ti_32 2080ti_32 titan_rtx_1 titanxp_1"},
    {"F3", "fbnet", "essential_ph_1 pixel2 pixel3 raspi4 samsung_s7",
     "1080ti_1 1080ti_32 2080ti_1 titan_rtx_1 titan_rtx_32"},
    {"F4", "fbnet",
     "1080ti_64 2080ti_1 eyeriss gold_6226 gold_6240 raspi4 samsung_s7 silver_4210r titan_rtx_1 titan_rtx_32",
     "1080ti_1 pixel2 essential_ph_1"},
    {"FA", "fbnet",
     "1080ti_1 1080ti_32 1080ti_64 2080ti_1 2080ti_32 2080ti_64 titan_rtx_1 titan_rtx_32 titan_rtx_64 "
     "titanx_1 titanx_32 titanx_64 titanxp_1 titanxp_32 titanxp_64",
     "gold_6226 essential_ph_1 samsung_s7 pixel2"},
};
enum { N_PUBLISHED = sizeof published / sizeof *published };

const ll_published_task *ll_published_task_at(int i)
{
    return i >= 0 && i < N_PUBLISHED ? &published[i] : NULL;
}

const ll_published_task *ll_published_task_find(const char *name)
{
    for (int i = 0; i < N_PUBLISHED; i++)
        if (!strcasecmp(published[i].name, name)) return &published[i];
    return NULL;
}

/* --- the task itself --- */

ll_task *ll_task_ref(const ll_task *t)
{
    ll_task *own = (ll_task *)t; /* the count is the only part that ever changes */
    if (own) __atomic_add_fetch(&own->refs, 1, __ATOMIC_RELAXED);
    return own;
}

void ll_task_unref(ll_task *t)
{
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL)) return;
    free(t->name);
    ll_ints_free(&t->source);
    ll_ints_free(&t->target);
    ll_strs_free(&t->missing);
    free(t);
}

/* Source x target block of the correlation matrix over both lists (source first). */
static void summarise(ll_task *t, const ll_corr *c)
{
    double sum = 0, most = -INFINITY;
    int n = 0;
    for (int i = 0; i < t->source.n; i++)
        for (int j = 0; j < t->target.n; j++) {
            double r = ll_corr_at(c, i, t->source.n + j);
            if (isnan(r)) continue;
            sum += r;
            most = fmax(most, r);
            n++;
        }
    t->mean_corr = n ? sum / n : NAN;
    t->max_corr = n ? most : NAN;
}

ll_task *ll_task_new(const char *name, const ll_dataset *d, const ll_ints *source, const ll_ints *target)
{
    ll_task *t = LL_NEW(ll_task);
    t->refs = 1;
    t->name = ll_strdup(name);
    t->source = ll_ints_copy(source->v, source->n);
    t->target = ll_ints_copy(target->v, target->n);
    ll_ints both = ll_ints_copy(source->v, source->n);
    for (int i = 0; i < target->n; i++) ll_ints_add(&both, target->v[i]);
    ll_corr c = {0};
    ll_correlate(d, both.v, both.n, LL_SPEARMAN, NULL, NULL, &c, NULL); /* fails only when cancelled */
    summarise(t, &c);
    ll_corr_free(&c);
    ll_ints_free(&both);
    return t;
}

void ll_task_across(const ll_task *t, ll_str *out)
{
    if (isnan(t->mean_corr))
        ll_str_add(out, "Spearman across: n/a, source and target share too few architectures");
    else
        ll_str_addf(out, "Spearman across: mean %.3f, highest %.3f", ll_below_one(t->mean_corr, 3),
                    ll_below_one(t->max_corr, 3));
}

/* --- by names --- */

static void resolve(const ll_dataset *d, const ll_strs *names, ll_ints *found, ll_strs *missing)
{
    for (int i = 0; i < names->n; i++) {
        int device = ll_dataset_device(d, names->v[i]);
        if (device < 0)
            ll_strs_add(missing, names->v[i]);
        else if (ll_ints_find(found, device) < 0)
            ll_ints_add(found, device);
    }
}

static ll_status side_empty(const char *task, const ll_dataset *d, const char *side, const ll_strs *names,
                            ll_error *e)
{
    ll_str list = {0};
    for (int i = 0; i < names->n; i++) ll_str_addf(&list, "%s%s", i ? ", " : "", names->v[i]);
    ll_fail(e, LL_BAD_DATA, "%s has none of the %s devices of task %s (%s); `partition` splits those it has",
            d->name, side, task, ll_str_text(&list));
    ll_str_free(&list);
    return LL_BAD_DATA;
}

ll_status ll_task_of_names(const char *name, const ll_dataset *d, const ll_strs *source,
                           const ll_strs *target, ll_task **out, ll_error *e)
{
    ll_ints sources = {0}, targets = {0};
    ll_strs missing = {0};
    ll_status status = LL_OK;
    resolve(d, source, &sources, &missing);
    resolve(d, target, &targets, &missing);
    if (!sources.n)
        status = side_empty(name, d, "source", source, e);
    else if (!targets.n && target->n)
        status = side_empty(name, d, "target", target, e);
    if (!status) {
        *out = ll_task_new(name, d, &sources, &targets);
        (*out)->missing = missing;
    } else {
        ll_strs_free(&missing);
    }
    ll_ints_free(&sources);
    ll_ints_free(&targets);
    return status;
}

static ll_status unknown_task(const char *name, ll_error *e)
{
    ll_str all = {0};
    for (int i = 0; i < N_PUBLISHED; i++) ll_str_addf(&all, "%s%s", i ? ", " : "", published[i].name);
    ll_fail(e, LL_USAGE, "there is no task \"%s\"; the published ones are %s", name, ll_str_text(&all));
    ll_str_free(&all);
    return LL_USAGE;
}

ll_status ll_task_published(const char *name, const ll_dataset *d, ll_task **out, ll_error *e)
{
    const ll_published_task *p = ll_published_task_find(name);
    if (!p) return unknown_task(name, e);
    if (strcmp(p->space, d->space->name))
        return ll_fail(e, LL_BAD_DATA, "task %s is for %s, but %s is %s", p->name, p->space, d->name,
                       d->space->name);
    ll_strs source = {0}, target = {0};
    ll_strs_split(&source, p->source, ' ');
    ll_strs_split(&target, p->target, ' ');
    ll_status status = ll_task_of_names(p->name, d, &source, &target, out, e);
    ll_strs_free(&source);
    ll_strs_free(&target);
    return status;
}
