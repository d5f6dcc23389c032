/* A network as text, from its layers alone. */
#ifndef LL_SPACE_OWN_LAYERS_DRAW_H
#define LL_SPACE_OWN_LAYERS_DRAW_H

#include "core/space/space.h"

/* A line for each run of layers of one position: what it is called, the image and channels behind it, its layers. At most
 * 72 columns and 40 lines. */
void ll_layers_draw(const ll_space *s, const ll_layer *layers, int n, ll_str *out);

#endif
