/* A network as an ONNX model (onnx.ai, "Open Neural Network Exchange IR"), for runtimes that latlab does not
 * reach: phones, boards, accelerators. Opset 13 and IR version 7 (ONNX 1.8, 2020), which every runtime in use
 * reads; float32, fixed shapes, no control flow, no custom operators.
 *
 * Input "image" (batch, 3, 32, 32), output "logits" (batch, classes). Nodes are the layers of the network in its
 * order: branches that reach nothing are there too, and a tensor of zeros is another one times 0, as the
 * published network makes it. Identity skips are no nodes. The weights are ll_layer_weights() of the seed, batch
 * normalisation folded, so that the model computes what the engines of this program compute. */
#ifndef LL_DATA_FORMATS_ONNX_H
#define LL_DATA_FORMATS_ONNX_H

#include "core/space/network.h"

enum { LL_ONNX_OPSET = 13, LL_ONNX_IR = 7 };

typedef struct ll_onnx_options {
    const char *arch; /* its string, kept in the metadata */
    int batch;        /* images per run, from 1 */
    uint64_t seed;    /* of the weights */
} ll_onnx_options;

/* The bytes of the model file, appended to `out`; free with ll_str_free. */
void ll_onnx_model(const ll_network *n, const ll_onnx_options *o, ll_str *out);

#endif
