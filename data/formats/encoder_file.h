/* A fitted encoding as a safetensors file: constants, weights and the search space that it is of. What it was fitted on it
 * does not need any more. */
#ifndef LL_DATA_FORMATS_ENCODER_FILE_H
#define LL_DATA_FORMATS_ENCODER_FILE_H

#include "core/encode/encoding.h"

ll_status ll_encoder_write(const ll_encoder *c, const char *path, ll_error *e);
/* LL_BAD_DATA: no such file, another `format`, incomplete. A user's space comes along. One reference held. */
ll_status ll_encoder_read(const char *path, ll_encoder **out, ll_error *e);

#endif
