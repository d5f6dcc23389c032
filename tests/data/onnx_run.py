#!/usr/bin/python3
"""Check ONNX models with the official checker and run them in numpy: onnx_run.py INPUT OUT_DIR MODEL...

INPUT holds the raw float32 of the image; each MODEL's result goes to OUT_DIR/NAME.f32. The operators are written from
the ONNX specification (opset 13) and share no code with latlab. Exit status 77: python3-onnx is not installed.
"""
import os
import sys

try:
    import numpy as np
    import onnx
    from onnx import numpy_helper, shape_inference
except ImportError as problem:
    print(problem)
    sys.exit(77)


def windows(x, kernel, strides, pads, fill):
    """(N, C, Ho, Wo, kh, kw) views of the padded image."""
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])), constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, tuple(kernel), axis=(2, 3))
    return view[:, :, ::strides[0], ::strides[1]]


def conv(x, w, b=None, *, kernel_shape, strides, pads, group):
    assert list(w.shape[2:]) == list(kernel_shape)
    view, c = windows(x, kernel_shape, strides, pads, 0), w.shape[1]
    per = w.shape[0] // group
    out = [np.einsum("nchwij,ocij->nohw", view[:, g * c:(g + 1) * c], w[g * per:(g + 1) * per], optimize=True)
           for g in range(group)]
    y = np.concatenate(out, axis=1)
    return y if b is None else y + b[None, :, None, None]


def depthwise(x, w, b=None, *, kernel_shape, strides, pads, group):
    y = np.einsum("nchwij,cij->nchw", windows(x, kernel_shape, strides, pads, 0), w[:, 0])
    return y if b is None else y + b[None, :, None, None]


def any_conv(x, w, *rest, **attributes):
    one_each = attributes["group"] == x.shape[1] == w.shape[0]
    return (depthwise if one_each else conv)(x, w, *rest, **attributes)


def average_pool(x, *, kernel_shape, strides, pads, count_include_pad):
    assert count_include_pad == 0
    return np.nanmean(windows(x, kernel_shape, strides, pads, np.nan), axis=(4, 5))


def batch_normalization(x, scale, shift, mean, variance, epsilon=1e-5):
    each = [v[None, :, None, None] for v in (scale, shift, mean, variance)]
    return (x - each[2]) / np.sqrt(each[3] + epsilon) * each[0] + each[1]


def gemm(a, b, c, *, transB):
    return a @ (b.T if transB else b) + c


OPERATORS = {
    "Conv": any_conv,
    "Relu": lambda x: np.maximum(x, 0),
    "AveragePool": average_pool,
    "Add": lambda a, b: a + b,
    "Reshape": lambda x, shape: x.reshape(shape.astype(int)),
    "Transpose": lambda x, *, perm: x.transpose(perm),
    "BatchNormalization": batch_normalization,
    "GlobalAveragePool": lambda x: x.mean(axis=(2, 3), keepdims=True),
    "Flatten": lambda x: x.reshape(len(x), -1),
    "Gemm": gemm,
    "Mul": lambda a, b: a * b,
    "Clip": lambda x, least, most: np.clip(x, least, most),
    "HardSigmoid": lambda x, *, alpha, beta: np.clip(alpha * x + beta, 0, 1),
}


def widen(a):
    return a.astype(np.float64) if a.dtype == np.float32 else a


def load(path):
    """The model, its shapes as strict inference finds them; raises where the standard is broken."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
              for v in (*inferred.graph.value_info, *inferred.graph.output)}
    missing = [o for node in model.graph.node for o in node.output if 0 in shapes.get(o, [0])]
    assert not missing, f"{path}: no shape is inferred for {missing[:3]}"
    return model, shapes


def execute(model, shapes, image):
    values = {t.name: widen(numpy_helper.to_array(t)) for t in model.graph.initializer}
    values[model.graph.input[0].name] = widen(image)
    for node in model.graph.node:
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        y = OPERATORS[node.op_type](*(values[i] for i in node.input), **attributes)
        assert list(y.shape) == shapes[node.output[0]], f"{node.name}: {y.shape}, inferred {shapes[node.output[0]]}"
        values[node.output[0]] = y
    return values[model.graph.output[0].name]


def main():
    raw, out, paths = np.fromfile(sys.argv[1], np.float32), sys.argv[2], sys.argv[3:]
    for path in paths:
        model, shapes = load(path)
        assert [o.version for o in model.opset_import] == [13] and model.ir_version == 7
        image = raw.reshape([d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim])
        name = os.path.splitext(os.path.basename(path))[0]
        execute(model, shapes, image).astype(np.float32).tofile(os.path.join(out, name + ".f32"))


if __name__ == "__main__":
    main()
