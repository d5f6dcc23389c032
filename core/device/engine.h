/* What ran the networks of a device, as far as its note says it ("engine=onednn dtype=f32 ..."). */
#ifndef LL_DEVICE_ENGINE_H
#define LL_DEVICE_ENGINE_H

#include "core/device/dataset.h"

/* Do the notes of both name an engine, and not the same? "table is of engine onednn, phone of blas" is added to `why` (NULL: nobody asks). */
bool ll_other_engine(const ll_device *a, const ll_device *b, ll_str *why);

#endif
