/* A state as one JSON object: small things in full (task, samples, tags), the dataset by name, path and
 * content hash, models and transfers by the names of their blobs. */
#ifndef LL_SESSIONS_MANIFEST_H
#define LL_SESSIONS_MANIFEST_H

#include <cjson/cJSON.h>

#include "core/app/app.h"
#include "sessions/store.h"

/* Writes the blobs that are missing. *out is the caller's to delete; NULL on failure. */
ll_status ll_manifest_write(ll_store *st, const ll_state *s, cJSON **out, ll_error *e);

/* The state again. Its dataset is `have` (may be NULL) when the hash is the same, else it is read from where
 * it was, else from a dataset of the same name that `app` (may be NULL) finds. LL_BAD_DATA: the dataset has
 * changed or is gone, a blob is damaged. `out` is filled on success only; free it with ll_state_free. */
ll_status ll_manifest_read(const cJSON *manifest, const char *blobs, const ll_dataset *have,
                           const ll_app *app, ll_state *out, ll_error *e);

/* For lists: name of the dataset, "" when there was none. */
const char *ll_manifest_dataset(const cJSON *manifest);

#endif
