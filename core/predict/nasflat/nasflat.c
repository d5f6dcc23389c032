#include "core/predict/nasflat/nasflat.h"

#include "core/predict/gp/gp.h"
#include "core/predict/nasflat/model.h"

static const ll_predictor *const parts[] = {&ll_gp, NULL}; /* the prior is one */

const ll_predictor ll_nasflat = {
    .name = "nasflat",
    .summary = "graph network with device embeddings, pretrained on pairs; a prior the samples condition",
    .paper = "NASFLAT, arXiv 2403.02446",
    .pretrain_options = ll_nasflat_pretrain_options,
    .transfer_options = ll_nasflat_transfer_options,
    .parts = parts,
    .needs_sources = true,
    .default_n = 512,
    .n_by_space = true,
    .pretrain = ll_nasflat_pretrain,
    .adapt = ll_nasflat_adapt,
    .predict = ll_nasflat_predict,
    .release_adapted = ll_nasflat_release_adapted,
    .save_adapted = ll_nasflat_save_adapted,
    .load_adapted = ll_nasflat_load_adapted,
    .release = ll_nasflat_model_free,
    .save = ll_nasflat_model_save,
    .load = ll_nasflat_model_load,
};
