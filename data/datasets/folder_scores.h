/* The scores in a dataset's folder: accuracy.csv, and what dataset.json says of its columns. */
#ifndef LL_DATA_DATASETS_FOLDER_SCORES_H
#define LL_DATA_DATASETS_FOLDER_SCORES_H

#include "core/device/scores.h"

/* "scores" of dataset.json. */
void ll_folder_describe_scores(const ll_dataset *d, cJSON *info);
/* A row per architecture that has a score, as brief as std.csv. */
ll_status ll_folder_write_scores(const ll_dataset *d, const char *path, ll_error *e);
/* Into a dataset that is indexed: rows are found by architecture. `info` is dataset.json, which before there were
 * several scores named the one. */
ll_status ll_folder_read_scores(const char *dir, const cJSON *info, ll_dataset *d, ll_error *e);

/* The models of the scores, NAME.safetensors each: writes that of one, and reads it (`file` in `dir`). */
ll_status ll_folder_write_score_model(const ll_score *s, const char *path, ll_error *e);
ll_status ll_folder_read_score_model(const char *dir, const char *file, ll_dataset *d, ll_error *e);

#endif
