/* Results as a table for a paper: booktabs, a row for each task, a column for each predictor. */
#ifndef LL_DATA_RESULTS_RESULTS_LATEX_H
#define LL_DATA_RESULTS_RESULTS_LATEX_H

#include <cjson/cJSON.h>

#include "core/base/str.h"

/* rows: results as `results` lists them (task, device, predictor, options, sampler, k, seed, pretrain_seed, protocol,
 * dataset, budget, n_source, finished_s, spearman), a trial on a device each. A cell is mean +- standard deviation over trials of the mean over
 * devices; the best of a row is bold only where it beats every other one at p < .05 (Wilcoxon signed-rank over the pairs
 * of device and trial that both have). Sampler, k, dataset and protocol are columns where they differ. Names are text,
 * whatever they hold. */
void ll_results_latex(const cJSON *rows, ll_str *out);
/* Appends a text so that LaTeX prints it. */
void ll_latex_text(ll_str *out, const char *text);

#endif
