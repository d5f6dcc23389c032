/* Reading a manifest, in two files: its dataset, which may have moved or changed since (manifest_dataset.c), and what was
 * made of it (manifest_read.c). */
#ifndef LL_SESSIONS_MANIFEST_PARTS_H
#define LL_SESSIONS_MANIFEST_PARTS_H

#include "sessions/manifest.h"

typedef struct ll_manifest_reader {
    const cJSON *manifest;
    const char *blobs;
    ll_state *out;
    ll_strs *said;
    bool whole; /* nothing was left out */
    bool same;  /* the dataset is what it was */
    int n_then; /* architectures it had; -1: not known */
    int *now;   /* the row of each of these now, -1: gone; NULL: each is where it was */
    const char *model_blob[LL_MAX_MODELS]; /* where each model of the state comes from; borrowed */
    ll_model *former; /* a model of which only what was adapted is left, and its blob: several may be of it */
    const char *former_blob;
    ll_error *e; /* of a cancelled reading */
} ll_manifest_reader;

/* One more sentence about what became of the session. */
void ll_manifest_say(ll_manifest_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The dataset that `o` of the manifest speaks of: into r->out->data, NULL when it is gone (said). LL_CANCELLED is the only
 * failure; then r->e says so. */
ll_status ll_manifest_find_dataset(ll_manifest_reader *r, const cJSON *o, const ll_dataset *have,
                                   const ll_app *app);

/* Fills r->same, r->n_then and r->now for the dataset found, and says what has changed. */
void ll_manifest_find_rows(ll_manifest_reader *r, const cJSON *o);

#endif
