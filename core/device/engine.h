/* What ran networks or layers, as far as a note says it ("engine=onednn dtype=f32 ..."). */
#ifndef LL_DEVICE_ENGINE_H
#define LL_DEVICE_ENGINE_H

#include "core/base/str.h"

#include <stdbool.h>

/* Do both notes (NULL: none) name an engine or a type of numbers, and not the same ("fp32" is "f32")? "table is of engine onednn,
 * phone of blas" is added to `why` (NULL: nobody asks). */
bool ll_other_settings(const char *a, const char *note_a, const char *b, const char *note_b, ll_str *why);

#endif
