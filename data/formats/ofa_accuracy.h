/* Once-for-All's accuracy predictor (Cai et al., ICLR 2020, arXiv 1908.09791): the ImageNet accuracy of an architecture of
 * the space "ofa" without training or testing it, by a network that was trained on 16,000 measured ones. HELP (arXiv
 * 2106.08630) searches with it.
 *
 *   x (128) -> relu 400 -> relu 400 -> relu 400 -> 1
 *   x: 20 kernels one-hot, 20 expansions one-hot, the resolution one-hot in steps of 16 from 112 on; blocks that are
 *   not there are zero, and depths need no input of their own.
 *
 * The weights are Once-for-All's acc_predictor.pth (Apache 2.0), in a file of the user's. It learnt accuracies on images
 * held out of ImageNet's training set; on the seven architectures that HELP published it says 4.3 to 4.8 points more than
 * their accuracies, in nearly the same order. So rank with it. */
#ifndef LL_DATA_FORMATS_OFA_ACCURACY_H
#define LL_DATA_FORMATS_OFA_ACCURACY_H

#include "core/device/score_model.h"

/* The space whose architectures it takes. */
const ll_space *ll_ofa_accuracy_space(void);
/* A torch file, old or new, with 0.weight (400, 128), 0.bias (400), 2, 4 likewise (400, 400), 6.weight (1, 400), 6.bias
 * (1) as floats: as a model that gives percent. A resolution that is no multiple of 16 goes with the next smaller one, as in
 * the authors' code (spec2feats: (r - 112) // 16): 128 .. 140 are one input. LL_BAD_DATA names the file and what in it is
 * missing, of another shape, or no number. */
ll_status ll_ofa_accuracy_load(const char *path, ll_score_model **out, ll_error *e);

#endif
