/* A state as one JSON object: small things in full (task, samples, tags), the dataset by name, path and
 * content hash, models, transfers and adapted predictors by the names of their blobs, and in words. */
#ifndef LL_SESSIONS_MANIFEST_H
#define LL_SESSIONS_MANIFEST_H

#include <cjson/cJSON.h>

#include "core/app/app.h"
#include "sessions/store.h"

/* Writes the blobs that are missing. *out is the caller's to delete; NULL on failure. */
ll_status ll_manifest_write(ll_store *st, const ll_state *s, cJSON **out, ll_error *e);

/* The state again, whatever has become of its parts. Its dataset is `have` (may be NULL) when the hash is the same,
 * else it is read from where it was, else from a dataset of the same name that `app` (may be NULL) finds. When that has
 * changed since, what the state says of devices goes by their names and what it says of rows by their architectures;
 * what cannot be shown any more is left out. Each such thing is a sentence in `said`.
 *
 * *whole: nothing was left out. LL_CANCELLED is the only failure; `out` is filled on success, free it with
 * ll_state_free. What is in it and of other data than now is for ll_stale_sentences() (core/app/stale.h) to say. */
ll_status ll_manifest_read(const cJSON *manifest, const char *blobs, const ll_dataset *have,
                           const ll_app *app, ll_state *out, ll_strs *said, bool *whole, ll_error *e);

/* Does the dataset of a manifest still lie where it was, unchanged? */
bool ll_manifest_unchanged(const cJSON *dataset);

/* For lists: name of the dataset, "" when there was none. */
const char *ll_manifest_dataset(const cJSON *manifest);

#endif
