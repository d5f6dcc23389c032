/* A task: a named split of a dataset's devices into source and target. Immutable, reference-counted. */
#ifndef LL_DEVICE_TASK_H
#define LL_DEVICE_TASK_H

#include "core/device/dataset.h"

typedef struct ll_task {
    int refs;
    char *name;             /* "ND", "kl seed=1", "by hand" */
    ll_ints source, target; /* device indices of the dataset it was made for */
    ll_strs missing;        /* names a published task asks for and the dataset lacks */
    double mean_corr,
        max_corr; /* Spearman source x target; NaN when a side is empty, or no two across are comparable */
} ll_task;

ll_task *ll_task_ref(const ll_task *t);
void ll_task_unref(ll_task *t);
/* Computes mean_corr and max_corr. The lists are copied. */
ll_task *ll_task_new(const char *name, const ll_dataset *d, const ll_ints *source, const ll_ints *target);

/* "Spearman across: mean 0.512, highest 0.803"; or that there is none to be had. A target is there. */
void ll_task_across(const ll_task *t, ll_str *out);

/* Devices that are absent are listed in ->missing; LL_BAD_DATA when a side has none left. */
ll_status ll_task_of_names(const char *name, const ll_dataset *d, const ll_strs *source,
                           const ll_strs *target, ll_task **out, ll_error *e);

/* The paper's twelve tasks (NASFLAT, arXiv 2403.02446, tables of device sets) as data. */
typedef struct ll_published_task {
    const char *name, *space, *source, *target; /* device names joined by blanks */
} ll_published_task;
const ll_published_task *ll_published_task_at(int i); /* NULL behind the last */
const ll_published_task *ll_published_task_find(const char *name);
/* Likewise; LL_USAGE names the published ones, LL_BAD_DATA also when the task is for another space. */
ll_status ll_task_published(const char *name, const ll_dataset *d, ll_task **out, ll_error *e);

#endif
