/* The dataset that measure dataset=NAME is about. */
#include <stdlib.h>

#include "core/app/app.h"
#include "core/base/mem.h"
#include "core/base/system/fs.h"
#include "data/datasets/folder.h"
#include "data/importers/draw.h"
#include "data/machines/measure.h"

/* A dataset that is there is taken as it is: what was asked of a new one must not be silently something else. */
static ll_status check_known_dataset(ll_request *rq, const ll_dataset *d, const ll_space *space)
{
    if (ll_given(&rq->args, "space") && d->space != space)
        return LL_FAIL(rq, LL_USAGE, "%s is of space %s, not of %s", d->name, d->space->name, space->name);
    if (ll_given(&rq->args, "n") && ll_int(&rq->args, "n") != d->n_archs)
        ll_warn(rq,
                "%s is there already, with %d %s: n=%d is not looked at; `measure dataset=` under "
                "another "
                "name draws anew",
                d->name, d->n_archs, ll_noun(d->n_archs, "architecture", "architectures"),
                ll_int(&rq->args, "n"));
    return LL_OK;
}

ll_status ll_measure_open_dataset(ll_request *rq)
{
    const char *name = ll_word(&rq->args, "dataset"), *space_name = ll_word(&rq->args, "space");
    const ll_space *space;
    ll_status s = ll_space_open(space_name, &space, &rq->error);
    if (!s) s = ll_folder_check_name(name, &rq->error);
    if (s) return s;
    char *path = ll_path_join(ll_app_data_dir(rq->app), name);
    ll_dataset *d = NULL;
    s = ll_owned_check(path, &ll_folder_kind, &rq->error);
    if (!s && ll_is_folder_dataset(path)) {
        s = ll_folder_load(path, &d, &rq->error);
        if (!s) s = check_known_dataset(rq, d, space);
    } else if (!s) {
        s = ll_draw_dataset(name, space, ll_int(&rq->args, "n"), 0, (uint64_t)ll_int(&rq->args, "seed"), NULL,
                            &d, &rq->error);
        if (!s) d->path = ll_strdup(path);
        if (!s) s = ll_dataset_seal(d, &rq->error);
    }
    if (!s)
        ll_state_set_data(&rq->state, d, false);
    else
        ll_dataset_unref(d);
    free(path);
    return s;
}
