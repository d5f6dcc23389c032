#!/usr/bin/python3
"""data/measure_torch.py builds the networks that latlab describes. Exit status 77: PyTorch is not installed.

    torch_check.py counts TABLE            lines "architecture;multiply-adds;parameters": the modules have as many
    torch_check.py agree INPUT MODEL...    the modules, given the weights of an ONNX model, compute what MODEL.f32
                                           (raw float32, beside MODEL.onnx) says
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
try:
    import torch
except ImportError as problem:
    print(problem)
    sys.exit(77)
import measure_torch

torch.set_num_threads(1)


def counts(table):
    with open(table, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            text, macs, params = line.strip().split(";")
            space, gene = measure_torch.parse_arch(text)
            assert measure_torch.format_arch(space, gene) == text, text
            have = measure_torch.count_cost(space, gene)
            assert have == (float(macs), float(params)), f"{text}: {have} in PyTorch, ({macs}, {params}) in latlab"
    print(f"{number} architectures have the same counts")


def weights_by_layer(model):
    """[{part: tensor}] of the layers that have weights, in the order of execution."""
    from onnx import numpy_helper
    layers = {}
    for tensor in model.graph.initializer:
        number, _, part = tensor.name.partition("_")
        if part in ("weights", "bias", "scale", "shift", "mean", "variance"):
            layers.setdefault(int(number[1:]), {})[part] = torch.from_numpy(numpy_helper.to_array(tensor).copy())
    return [layers[number] for number in sorted(layers)]


NAMES = {torch.nn.Conv2d: {"weights": "weight", "bias": "bias"}, torch.nn.Linear: {"weights": "weight", "bias": "bias"},
         torch.nn.BatchNorm2d: {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}}


def give_weights(net, layers):
    modules = [m for m in net.modules() if type(m) in NAMES]
    assert len(modules) == len(layers), f"{len(modules)} layers with weights, the model has {len(layers)}"
    for module, layer in zip(modules, layers):
        names = NAMES[type(module)]
        have = {part for part, name in names.items() if getattr(module, name) is not None}
        assert have == set(layer), f"{module}: {have}, the model has {set(layer)}"
        for part, tensor in layer.items():
            to = getattr(module, names[part])
            assert to.shape == tensor.shape, f"{module}: {tuple(to.shape)}, the model has {tuple(tensor.shape)}"
            to.data.copy_(tensor)


def agree(raw, path):
    import numpy
    import onnx
    model = onnx.load(path)
    text = {entry.key: entry.value for entry in model.metadata_props}["architecture"]
    net = measure_torch.build(*measure_torch.parse_arch(text))
    give_weights(net, weights_by_layer(model))
    image = torch.from_numpy(numpy.fromfile(raw, numpy.float32).reshape(-1, 3, 32, 32))
    want = torch.from_numpy(numpy.fromfile(path[:-5] + ".f32", numpy.float32))
    with torch.no_grad():
        have = net(image).flatten()
    worst = float((have - want).abs().max() / want.abs().max())
    assert have.shape == want.shape and worst < 1e-4, f"{path}: {text}: off by {worst:.2g} of the largest"
    print(f"{text}: {worst:.1e}")


if __name__ == "__main__":
    if sys.argv[1] == "counts":
        counts(sys.argv[2])
    else:
        for each in sys.argv[3:]:
            agree(sys.argv[2], each)
