/* A dataset on disk is a folder:
 *   dataset.json   format version, space (a built-in name or a definition), devices with kind, unit, source,
 *                  hardware and note, provenance, content hash, hashes of the other files
 *   latency.csv    a row per architecture: its string, then milliseconds per device; empty = missing
 *   std.csv        the same shape: standard deviations, ms (optional); architectures as digits where ten suffice
 *   accuracy.csv   architecture, a column per score (optional)
 *   NAME.npy       a feature, (n_archs, dim) float32 (optional)
 *   NAME.safetensors  what predicts a score of any architecture (optional)
 *   layers-N.csv   the table of layer costs that device N (counted from 0) is made of (optional; core/costs/costs_file.h)
 * Numbers have as many digits as reading them back exactly needs, so the hash survives the text. */
#ifndef LL_DATA_DATASETS_FOLDER_H
#define LL_DATA_DATASETS_FOLDER_H

#include "core/base/observer.h"
#include "core/base/system/owned.h"
#include "core/device/dataset.h"

/* Such a folder, and nothing else in it: what latlab may replace or remove. */
extern const ll_owned_kind ll_folder_kind;

/* Writes a sealed dataset, which takes the place of the one at `path` when it is complete. When `keep` is given, that
 * one is kept there, in the place of what was kept before. Whatever else is at `path` or `keep` (core/base/system/owned.h) is
 * refused: LL_FAILED says what. Commands change datasets with ll_folder_change() (data/datasets/folder_change.h). */
ll_status ll_folder_save(const ll_dataset *d, const char *path, const char *keep, ll_error *e);
/* Reads, seals and checks the hash: LL_BAD_DATA says which file is wrong. */
ll_status ll_folder_load(const char *path, ll_dataset **out, ll_error *e);

/* Reading a dataset, changing it and writing it back is for one process at a time: takes the lock of a folder of
 * datasets (made when it is missing), waiting up to 20 s for another process. LL_FAILED: it did not come free. */
ll_status ll_folder_lock(const char *dir, ll_observer *observer, int *lock, ll_error *e);
void ll_folder_unlock(int lock); /* -1 is fine */

bool ll_is_folder_dataset(const char *path); /* holds a dataset.json */
/* NAME in one of the data folders, or the path of a dataset folder; the caller frees *path. LL_BAD_DATA lists
 * where it was looked for. */
ll_status ll_folder_find(const ll_strs *dirs, const char *name, char **path, ll_error *e);

/* --- names --- */

/* Letters, digits, '.', '_' and '-', not beginning with '.' or '-'; what latlab itself keeps in its folders (sessions,
 * results, ...) names no dataset. LL_USAGE says why. */
ll_status ll_folder_check_name(const char *name, ll_error *e);
/* The same letters, and nothing reserved. */
bool ll_is_plain_name(const char *name);
/* What a dataset.json may say its name is: plain names, joined by '+' where datasets were joined. */
bool ll_is_dataset_title(const char *name);

#endif
