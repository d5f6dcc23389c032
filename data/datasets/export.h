/* Tables that leave: latencies, predictions. */
#ifndef LL_DATA_DATASETS_EXPORT_H
#define LL_DATA_DATASETS_EXPORT_H

#include <stdio.h>

#include "core/transfer/transfer.h"

/* An architecture as one CSV cell: the digits of its operations where the caller knows that the space reads them, else its
 * string; `text` is scratch. */
void ll_write_brief_arch(FILE *f, const ll_dataset *d, int row, bool digits, ll_str *text);
/* The header row of a table of scores. */
void ll_write_scores_head(FILE *f, const ll_dataset *d);
/* Architecture strings and milliseconds of these devices; standard deviations as DEVICE_std where there are any.
 * `import csv` reads it back with unit=ms. Atomic, as all of these. */
ll_status ll_export_csv(const ll_dataset *d, const ll_ints *devices, const char *path, ll_error *e);
/* (n_archs, n_devices) float64, NaN where missing. */
ll_status ll_export_npy(const ll_dataset *d, const ll_ints *devices, const char *path, ll_error *e);
/* Strings and a column per score: `import accuracy` reads it back, one metric= at a time. */
ll_status ll_export_scores(const ll_dataset *d, const char *path, ll_error *e);
/* A row per architecture and transfer: what core/commands/arch_fields.h says of it, then measured_ms, predicted_ms, the bounds of the interval at `level` (empty
 * without one) and whether it was a sample. */
ll_status ll_export_predictions(const ll_dataset *d, ll_transfer *const *t, int n, double level,
                                const char *path, ll_error *e);

#endif
