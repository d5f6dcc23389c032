/* Changing a dataset on the disk, the one way to do it: under the lock of the folder that it lies in, what the disk
 * holds by then is read, the change is made to that, and the result takes its place whole. So what another process
 * imported meanwhile stays, and of a failure or a kill nothing is seen but the hidden folder that the next change
 * removes. */
#ifndef LL_DATA_DATASETS_FOLDER_CHANGE_H
#define LL_DATA_DATASETS_FOLDER_CHANGE_H

#include "data/datasets/folder.h"

typedef enum ll_change_how {
    LL_CHANGE_JOIN, /* what is there becomes part of it */
    LL_CHANGE_NEW,  /* nothing may be there */
    LL_CHANGE_ANEW  /* what is there is replaced, and kept as the former one if its content is another */
} ll_change_how;

typedef struct ll_change {
    ll_change_how how;
    bool keep;        /* JOIN: what is there is kept as the former one, as ANEW keeps it */
    const char *to;   /* the folder that is written */
    const char *from; /* JOIN: where the dataset is read while `to` is not there; NULL: nowhere */
    /* A sealed dataset, one reference to it: what the folder is to hold. `there` is what it holds, NULL for NEW and
     * ANEW and where there is nothing to join. Its failure leaves the disk as it is. */
    ll_status (*make)(void *ctx, const ll_dataset *there, ll_dataset **out, ll_error *e);
    void *ctx;
    ll_observer *observer; /* may cancel the wait for another process; may be NULL */
} ll_change;

/* *out: what `make` gave, at the path of the folder that now holds it. `said` (may be NULL) gets a sentence on what
 * was replaced, or nothing. LL_FAILED also where something is in the way (core/base/system/owned.h). */
ll_status ll_folder_change(const ll_change *c, ll_dataset **out, ll_str *said, ll_error *e);

/* Where the former one of the dataset at `path` is kept, if there is any; free *former. false: `path` is NULL. */
bool ll_folder_former(const char *path, char **former);

/* Takes the dataset at `path` away, under the lock of its folder: it becomes the former one, in the place of what was kept of
 * that name before; `kept` gets where. LL_FAILED: something that is no dataset is in the way. */
ll_status ll_folder_set_aside(const char *path, ll_observer *observer, ll_str *kept, ll_error *e);

/* Where a change of the dataset at `path` is written (*to is the caller's to free): there. One that came with the
 * program (in the folder `bundled`), or lies where this user cannot write, is copied to the folder of datasets
 * `data_dir` first, under the name of its folder. LL_USAGE: that name is reserved; LL_FAILED: something is in the way. */
ll_status ll_folder_home(const char *data_dir, const char *bundled, const char *path, char **to, ll_error *e);

/* Whether the rows and devices of `old`, in their places and with its latencies, come first in `d`, so that what refers to `old` may
 * refer to `d`. `d` may be of a space of numbers that has grown since: its architectures are the same, models are not. */
bool ll_dataset_continues(const ll_dataset *d, const ll_dataset *old);

/* May `there`, what the folder `to` holds by now (NULL: nothing), stand for the dataset that is loaded when that one is to
 * be extended? It is the loaded one's own folder, or continues it. */
bool ll_change_extends(const char *to, const ll_dataset *there, const ll_dataset *loaded);

#endif
