/* Batches of images for zero-cost proxies. */
#ifndef LL_DATA_DATASETS_PROXY_IMAGES_H
#define LL_DATA_DATASETS_PROXY_IMAGES_H

#include "core/proxies/proxies.h"

/* n images of 32 x 32, drawn with the seed. `source`: "fashion-mnist", the training images of Debian's package
 * dataset-fashion-mnist (28 x 28, a border of zeros, the same on three channels); else the folder of CIFAR-10's binary
 * version, of which the first of data_batch_1.bin .. data_batch_5.bin, test_batch.bin that is there is read. Mean 0 and
 * deviation 1 over the batch. A folder of the former's files is taken too. LL_BAD_DATA: none of them is there, or one is not of its size. */
ll_status ll_proxy_images_read(const char *source, uint64_t seed, int n, ll_proxy_images *out, ll_error *e);

#endif
