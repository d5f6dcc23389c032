#!/usr/bin/env python3
"""The seeds of the fuzz targets, corpus/TARGET: what the program itself writes for the toy dataset, what pickle and
zipfile write, and a few texts by hand. The same files every time, but for the times in a session."""
import collections, io, json, os, pathlib, pickle, shutil, struct, subprocess, sys, tempfile, types, zipfile

HERE = pathlib.Path(__file__).parent
LATLAB = os.path.abspath(os.environ.get("LATLAB", "./latlab"))


def put(target, name, content):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def parts(files):
    """Several files as one input: see fuzz.h."""
    return b"\n".join(b"@@%s\n%s" % (name.encode(), content) for name, content in files)


# --- pickles, as numpy and torch have them written ---

def named(module, name, kind=None):
    """Something that is pickled as a reference to module.name, the same one each time."""
    if hasattr(sys.modules.get(module), name): return getattr(sys.modules[module], name)
    thing = type(name, (), {}) if kind == "class" else lambda *a: None
    thing.__module__, thing.__qualname__, thing.__name__ = module, name, name
    for i in range(module.count(".") + 1):
        sys.modules.setdefault(module.rsplit(".", i)[0], types.ModuleType(module.rsplit(".", i)[0]))
    setattr(sys.modules[module], name, thing)
    return thing


class Reduced:
    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


NDARRAY, DTYPE = named("numpy", "ndarray", "class"), named("numpy", "dtype", "class")
RECONSTRUCT = named("numpy.core.multiarray", "_reconstruct")
SCALAR = named("numpy.core.multiarray", "scalar")
REBUILD = named("torch._utils", "_rebuild_tensor_v2")


def dtype(code, order="<"):
    return Reduced(DTYPE, (code, False, True), (3, order, None, None, None, -1, -1, 0))


def array(code, shape, numbers, form, order="<", fortran=False):
    raw = struct.pack(("<" if order != ">" else ">") + str(len(numbers)) + form, *numbers)
    return Reduced(RECONSTRUCT, (NDARRAY, (0,), b"b"), (1, shape, dtype(code, order), fortran, raw))


class Storage:
    def __init__(self, kind, key, count, *view):
        self.id = ("storage", named("torch", kind, "class"), key, "cpu", count, *view)


class Pickler(pickle.Pickler):
    def persistent_id(self, x):
        return x.id if isinstance(x, Storage) else None


def dump(x, protocol):
    out = io.BytesIO()
    Pickler(out, protocol).dump(x)
    return out.getvalue()


def tensor(storage, offset, shape, stride):
    return Reduced(REBUILD, (storage, offset, shape, stride, False, collections.OrderedDict()))


def pickles():
    cell = (0, 1, 2, 3, 4, 0)
    values = {
        "list": [1.5, 2, None, -1, 1e300],
        "cells": {cell: 0.0015, (4, 4, 4, 4, 4, 4): 0.25},
        "nested": {"a": [(1, True), "text", b"bytes"], "b": collections.OrderedDict(k=2 ** 40)},
        "array": array("f8", (2, 3), [1, 2, 3, 4, 5, 6], "d"),
        "fortran": {"x": array("i4", (3, 2), [1, 2, 3, 4, 5, 6], "i", ">", True)},
        "scalar": [Reduced(SCALAR, (dtype("f4"), struct.pack("<f", 2.5)))] * 2,
        "tensor": {"w": tensor(Storage("FloatStorage", "0", 6), 0, (2, 3), (3, 1))},
    }
    for name, value in values.items():
        for protocol in (2, 4) if name in ("list", "cells") else (2,):
            put("pickle", "%s-%d.pkl" % (name, protocol), dump(value, protocol))


def torch_files():
    w, b = Storage("FloatStorage", "0", 6), Storage("LongStorage", "1", 4)
    values = {
        "tensors": {"model": {"w": tensor(w, 0, (2, 3), (3, 1)), "t": tensor(w, 1, (2, 2), (1, 3))}, "b": tensor(b, 0, (4,), (1,))},
        "scalar": collections.OrderedDict(x=tensor(b, 3, (), ()), epoch=3, name="help"),
        "column": [1.5, 2.5, None],
        "broadcast": {"w": tensor(w, 2, (3, 2), (0, 1))},
    }
    storages = {"data/0": struct.pack("<6f", *range(6)), "data/1": struct.pack("<4q", *range(4))}
    for name, value in values.items():
        members = {"data.pkl": dump(value, 2), **(storages if name != "column" else {}), "version": b"3\n"}
        put("torch", name, parts(members.items()))
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", method) as z:
                for member, content in members.items():
                    z.writestr(zipfile.ZipInfo("f/" + member), content, compress_type=method)
            put("zip", "%s-%d.pt" % (name, method), out.getvalue())


def legacy_torch_files():
    w, b = Storage("FloatStorage", "94", 6, None), Storage("FloatStorage", "17", 2, None)
    state = collections.OrderedDict([("0.weight", tensor(w, 0, (2, 3), (3, 1))), ("0.bias", tensor(b, 0, (2,), (1,))),
                                     ("turned", tensor(w, 1, (2, 2), (1, 3)))])
    numbers = [("94", struct.pack("<6f", *range(6))), ("17", struct.pack("<2f", 0.5, -1))]
    keys = ("keys", dump(["94", "17"], 2))
    put("torch_legacy", "state", parts([("pickle", dump(state, 2)), keys] + numbers))
    put("torch_legacy", "nothing", parts([("pickle", dump({"epoch": 3, "name": "ofa"}, 2)), ("keys", dump([], 2))]))
    front = [0x1950a86a20f9469cfc6c, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}]
    whole = b"".join(dump(x, 2) for x in front) + dump({"b": tensor(b, 0, (2,), (1,))}, 2) + dump(["17"], 2)
    put("torch_legacy", "file.pth", whole + struct.pack("<q2f", 2, 0.5, -1))


# --- what the program writes ---

class Home:
    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp())
        self.env = {**os.environ, "HOME": str(self.dir), "TZ": "UTC", "LC_ALL": "C"}
        for kind in ("DATA", "STATE", "CONFIG", "CACHE"):
            self.env["XDG_%s_HOME" % kind] = str(self.dir / kind.lower())

    def run(self, *lines):
        script = "\n".join(lines) + "\n"
        subprocess.run([LATLAB, "--data", str(self.dir / "data"), "-"], input=script.encode(), env=self.env, check=True,
                       cwd=self.dir, stdout=subprocess.DEVNULL)


def folder(path):
    order = {"dataset.json": 0, "latency.csv": 1}
    names = sorted((p.name for p in path.iterdir()), key=lambda n: (order.get(n, 2), n))
    return parts((n, (path / n).read_bytes()) for n in names if not n.startswith("."))


def session(path, home, journal=True):
    """Its blobs as "blob-K" or "gene-K", and the dataset where nothing is: it is found by its name."""
    names = ("session.json", "journal.jsonl") if journal else ("session.json",)
    files = [(n, (path / n).read_bytes().replace(str(home.dir).encode(), b"/nowhere")) for n in names]
    kinds, blobs = {".safetensors": "blob-%d", ".genes": "gene-%d"}, []
    for i, blob in enumerate(sorted((path / "blobs").glob("*"))):
        name = kinds[blob.suffix] % i
        files = [(n, c.replace(blob.name.encode(), name.encode())) for n, c in files]
        blobs.append((name, blob.read_bytes()))
    return parts(files + blobs)


# Predictors whose files are small.
MODELS = {"lowrank": "n=16", "flops": "", "opcount": "", "lut": "", "adaproxy": "n=16", "brpnas": ""}
LOAD, SPLIT = "load toy", "partition source=phone,board target=laptop"


def models(home):
    for name, options in MODELS.items():
        home.run(LOAD, SPLIT, "pretrain %s %s" % (name, options), "model save m.safetensors")
        put("model", name + ".safetensors", (home.dir / "m.safetensors").read_bytes())
    for name in "lowrank", "lut":
        home.run(LOAD, SPLIT, "pretrain " + name, "transfer laptop k=5", "model save m.safetensors adapted=all")
        put("model", name + "-adapted.safetensors", (home.dir / "m.safetensors").read_bytes())


def sessions(home):
    transferred = ["pretrain %s n=16", "transfer laptop k=5 seed=1"]
    steps = {
        "loaded": [LOAD],
        "sampled": [LOAD, SPLIT, "sample k=5 seed=1", "tag phone", "sample k=6 seed=2", "undo"],
        "lowrank": [LOAD, SPLIT, "sample k=5 seed=1"] + [line.replace("%s", "lowrank") for line in transferred],
        "flops": [LOAD, SPLIT, "pretrain flops", "transfer laptop k=5 seed=1", "undo", "undo", "redo"],
    }
    for name, lines in steps.items():
        home.run(*lines, "save " + name)
        put("session", name, session(home.dir / "data/latlab/sessions" / name, home))
    put("session", "empty", parts([("session.json", b'{"format":"latlab session","version":1}'), ("journal.jsonl", b"")]))
    put("session", "no-journal", session(home.dir / "data/latlab/sessions/lowrank", home, journal=False))


TABLES = {
    "wide": "\ufeffarch,pixel,pixel_std,jetson\n12,1.5,.1,2e1\n333333,2,,3\n464,\"3.25\",0.2,\n",
    "long": "# nasbench201\narch;device;latency;std;unit\n12;a;1,5;;us\n".replace("1,5", "1.5") + "13;a;2;0.5;ms\n12;b;0;;s\n",
    "into": "# into replace\narch,phone,new\n464,1.0,3\n1033,99,\n5,6,7\n",
    "fbnet": "# fbnet ms\r\narch\tgpu\r\n0_1_2_3_4_5_6_7_8_0_1_2_3_4_5_6_7_8_0_1_2_3\t0.004\r\n",
    "names": "# us\narch_str,hardware,time,seed\n0,\"a, b\",1,0\n1,a b,2,0\n",
    "cells": "# s\ncell,x_std\n|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|"
             "skip_connect~2|,1e-3\n15624,1e-300\n",
    "columns": "# ms\nop1,op2,op3,op4,op5,op6,a_latency,b_fps,c_mean,c_std\n4,0,3,1,4,3,1,90,2,.5\n2,2,2,2,2,2,2,100,-1,\n",
    "onehot": "# ms mJ\narch,a,b (mJ),valid_acc\n\"[[1,0,0,0,0],[0,1,0,0,0],[1,0,0,0,0],[1,0,0,0,0],[0,0,0,1,0],[0,0,0,0,1]]\",1,2,90\n",
    "naslib": "# ms naslib into\narch,a\n\"(4, 0, 3, 1, 4, 3)\",1\n\"{'0>1': 'none', '0>2': 1, '1>2': 2, '0>3': 3, '1>3': 4, '2>3': 0}\",2\n",
    "ofa": "# ofa ms\narch,a\n\"{'ks': [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3], 'e': [6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6], 'd': [2, 2, 2, 2, 2], 'r': 176}\",1\n",
    "numbers": "# features ms\nwidth,layers,latency_mean_encoder,latency_mean_decoder,latency_std_encoder,latency_std_decoder\n512,6,1,2,.1,.2\n640,1.5,3,4,.3,.4\n",
}


def datasets(home):
    tables = home.dir / "tables"
    tables.mkdir()
    (tables / "std.csv").write_text("arch,a,a_std,b\n464,1.5,.1,2\n1033,2,,3\n12,4,.5,\n")
    (tables / "own.csv").write_text("arch,a\n0_1_2,1\n2_2_2,3\n")
    (tables / "zcp.json").write_text('{"464": {"jacov": 1.5, "nwot": 2}, "1033": {"jacov": -1, "nwot": 3}}')
    home.run("import csv tables/std.csv as std space=nasbench201 unit=us",
             "simulate dataset=sim space=fbnet n=3 seed=1 machines=sim_v100_b1,sim_raspi4")
    for name in ("toy", "std", "sim"): put("dataset", name, folder(home.dir / "data" / name))
    own = json.loads((home.dir / "data/std/dataset.json").read_text())
    own["space"] = {"name": "mine", "positions": 3, "ops": ["a", "b", "c"]}
    own["archs"], own["reference"], own["accuracy"] = 3, [0, 2], "top1"
    npy = (home.dir / "two.npy").read_bytes() if (home.dir / "two.npy").exists() else array_file("<f4", (3, 2), "6f", range(6))
    files = {"dataset.json": b"", "latency.csv": b"arch,a,b\na|b|c,1.5,2\nc|c|c,2,3\na|a|a,,0\n",
             "std.csv": b"arch,a,b\n012,.1,\n222,,\n000,1,1\n", "accuracy.csv": b"arch,top1\n222,93.5\n000,10\n", "zcp.npy": npy}
    own["files"] = {n: "0" for n in files if n not in ("dataset.json", "latency.csv")}
    files["dataset.json"] = json.dumps(own).encode()
    put("dataset", "everything", parts(files.items()))
    del files["std.csv"]
    put("dataset", "file-gone", parts(files.items()))


def array_file(code, shape, form, numbers, fortran=False, version=1):
    header = "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }" % (code, fortran, shape)
    room = 10 if version == 1 else 12
    header += " " * (63 - (room + len(header)) % 64) + "\n"
    return (b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header.encode() +
            struct.pack((">" if code[0] == ">" else "<") + form, *numbers))


def arrays(home):
    home.run(LOAD, "export npy toy.npy")
    put("npy", "exported.npy", (home.dir / "toy.npy").read_bytes())
    put("npy", "matrix.npy", array_file("<f4", (3, 2), "6f", range(6)))
    put("npy", "fortran.npy", array_file(">f8", (2, 3), "6d", range(6), fortran=True, version=2))
    put("npy", "scalar.npy", array_file("<i8", (), "q", [7], version=3))
    put("npy", "empty.npy", array_file("<i4", (0, 5), "", []))
    put("npy", "deep.npy", array_file(">i4", (1, 2, 1, 2), "4i", range(4)))


def imports():
    cells = {(0, 1, 2, 3, 4, 0): 0.0015, (4, 4, 4, 4, 4, 4): 0.25}
    proxies = {"464": {"jacov": 1.5, "synflow": 1e30, "nwot": 2}, "1033": {"jacov": None, "nwot": 3, "synflow": 0}}
    put("import", "brpnas", parts([("brpnas", dump(cells, 2))]))
    put("import", "brpnas-scalar", parts([("brpnas", dump({(0,) * 6: Reduced(SCALAR, (dtype("f4"), struct.pack("<f", 2.5)))}, 2))]))
    put("import", "zcp", parts([("zcp", json.dumps(proxies).encode())]))
    put("import", "both", parts([("zcp", b'{"464":{"a":1}}'), ("brpnas", dump(cells, 4))]))


def tensor_file(header, data):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensors(home):
    one = {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}
    put("safetensors", "one", tensor_file({"a": one}, struct.pack("<6f", *range(6))))
    put("safetensors", "texts", tensor_file({"__metadata__": {"format": "x", "\u00fc\"": ""}}, b""))
    put("safetensors", "three", tensor_file({"__metadata__": {"k": "v"}, "b": {"dtype": "I64", "shape": [1], "data_offsets": [24, 32]}, "a": one,
                                             "s": {"dtype": "F64", "shape": [], "data_offsets": [32, 40]}}, bytes(40)))
    put("safetensors", "none", tensor_file({"z": {"dtype": "I32", "shape": [0, 9], "data_offsets": [0, 0]}}, b""))
    home.run(LOAD, SPLIT, "pretrain lowrank n=16", "model save m.safetensors")
    put("safetensors", "lowrank", (home.dir / "m.safetensors").read_bytes())


TEXTS = {
    "costs": {
        "alias": (
            "yLogits-input:1x1x8-output:4: &a {mean: 1}\n"
            "Conv_1-input:7x7x8-output:7x7x8: *a\n"
        ),
        "kernels": (
            "model_path,HW,CIN,COUT,KERNEL_SIZE,STRIDES,latency\n"
            "dwconv-bn-relu_A,14,96,,3,2,1.2\n"
            "maxpool_B,8,8,,3,2,1\n"
        ),
        "layers": (
            "kind,h_in,c_in,h_out,c_out,kernel,stride,groups,act,ms,std_ms,count\n"
            "conv,32,16,32,16,3,1,1,none,.1,.01,5\n"
            "add,32,16,,,,,,none,.02,,\n"
        ),
        "note10": (
            "yAvgPool2D-input:5x5x1152-output:1x1x1152:\n"
            "  count: 491\n"
            "  mean: 0.008482688391038698\n"
            "  std: 0.0006733248071883371\n"
            "Conv-input:160x160x3-output:80x80x24:\n"
            "  count: 498\n"
            "  mean: 0.495562248995984\n"
            "  std: 0.010239557348882489\n"
            "Conv_1-input:5x5x192-output:5x5x1152:\n"
            "  count: 498\n"
            "  mean: 0.4456807228915663\n"
            "  std: 0.021099412568183217\n"
            "Conv_2-input:1x1x1152-output:1x1x1536:\n"
            "  count: 498\n"
            "  mean: 0.7474116465863454\n"
            "  std: 0.09968561638146704\n"
            "Logits-input:1x1x1536-output:1000:\n"
            "  count: 499\n"
            "  mean: 0.656440881763527\n"
            "  std: 0.07729654276272765\n"
            "expanded_conv-input:10x10x136-output:10x10x136-expand:408-kernel:3-stride:1-idskip:1-se:1-hs:1:\n"
            "  count: 100\n"
            "  mean: 0.86918\n"
            "  std: 0.013281099352086765\n"
        ),
        "operations": (
            "operation,position,ms\n"
            "skip_connect,,0\n"
            "nor_conv_1x1,,1\n"
            "nor_conv_3x3,0>1,2\n"
            "nor_conv_3x3,,2\n"
            "avg_pool_3x3,,1\n"
        ),
        "proxyless": (
            "yConv-input:224x224x3-output:112x112x32:\n"
            "  count: 10\n"
            "  mean: 1.5\n"
            "  var: 0.01\n"
            "expanded_conv-input:7x7x192-output:7x7x320-expand:6-kernel:5-stride:1-idskip:0:\n"
            "  count: 20\n"
            "  mean: 5.2\n"
            "  var: 0.19\n"
        ),
    },
    "line": {
        "script": "load nb201_sim; corr order=cluster\n# a comment; not a command\npretrain nasflat epochs=5 gnn=dgf\n",
        "quotes": "import csv \"my file.csv\" as 'it''s' unit=ms; say \"a;b\" '\"' # end",
        "list": "partition source=a*,b target=\"x y\"; sample k=20 sampler=random seed=18446744073709551615",
        "question": "corr?; ? transfer; help pretrain gp; transfer",
        "complete": "transfer dev sampler=r",
        "numbers": "sample k=1e3 seed=-1; plot scatter width=80 height=0x10; predict 1462 12,13",
    },
    "quote": {"plain": "pixel3", "blank": "Pixel 3", "empty": "", "both": "it's 6\" wide", "controls": "\t\v\f\r\x1b[2J\x7f",
              "line": "a;b#c\nd", "backslash": "C:\\new\\", "wide": "\u00e4\u4e2d\U0001f600", "option": "k=5", "comment": "# no"},
    "keys": {
        "walk": "# a walk\nDown Down Up C-l\n:load nb201_sim\nEnter q\n",
        "edit": "a b c Left Left Delete Backspace Home End C-a C-e C-k C-u C-w C-y C-d\n:say \u00e4\u4e2d\nEscape\n",
        "history": "Up Up Down C-r Tab Tab BackTab Right M-b M-f C-t C-h C-c\n",
        "broken": ":\xff\xfe\xc3 \xe4\xb8\n\t \r\n#\n:",
    },
    "lesson": {
        "tour": "# Load a dataset.\n#\n# It is simulated.\nload nb201_sim\n\n# Look.\ncorr order=cluster; arch 1462\n# The end.\n",
        "script": "load toy\nsample k=5\n",
        "asks": "# A toy.\n#ask a: More?\n#choice yes when {x} > .5 && {seed} != 3\n#right no\n#hint It is.\n#  Really.\nload toy seed={seed}\n#let x = ({gp,20.spearman} + 1) / 2\n#then So {x}, {least lat_ms}.\n#check abs({x}) < max(1, 2) ? 1 : 0: holds\n#ask d: Which?\n#answer device {name}\n#ask n: How many?\n#answer {rows} +- 10%\n#ask p: One\n#answer arch when {p} > 1\ncorr\n",
        "wrong": "#ask a: b\n#answer 1 +- x%\n#hnit\n#then\n",
        "told": "# only\n#\n# told",
        "odd": "#\n#  two\n;;load \"a;b\n'c\n#",
    },
    "config": {
        "all": "set theme light\nset ramp viridis\nset mouse off\nset log-lines 3\nbind all F5 corr order=cluster\nbind devices x @quit\n",
        "bad": "set theme nothing\nset\nbind all\nfrob\n# set\n   set log-lines -1 # c\nset log-lines 99999999999\n",
        "twice": "bind all a one\nbind log a two\nbind all a three \n",
    },
    "space": {
        "cell": "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
        "digits": "333333", "index": "1462", "list": "[3, 1, 2, 0, 4, 4]", "tuple": "(0 1 2 3 4 0)",
        "fbnet": "0_1_2_3_4_5_6_7_8_0_1_2_3_4_5_6_7_8_0_1_2_3",
        "blocks": "k3_e1|k3_e1_g2|" + "|".join(["skip"] * 20),
        "names": "a|a-b|a_b|_", "mixed": "a 1 3x3 b.", "most": "|".join("op%d" % (i % 32) for i in range(64)),
        "most-digits": ",".join(str(i % 32) for i in range(64)),
        "ofa": "r208_k5e3-k3e3_k3e4-k3e4-k3e4_k5e4-k3e4-k3e3-k3e6_k7e4-k5e4-k3e4-k5e4_k3e6-k3e6-k3e6",
        "ofa-json": json.dumps({"wid": None, "ks": [3, 5, 7, 3] * 5, "e": [3, 4, 6, 6] * 5, "d": [2, 3, 4, 2, 3], "r": 224}),
        "ofa-python": str({"ks": [3, 5, 0, 0] * 5, "e": (3, 4, 0, 0) * 5, "d": [2] * 5, "r": [132], "wid": None}),
    },
}


def texts():
    for name, text in TABLES.items(): put("csv", name + ".csv", text)
    for target, inputs in TEXTS.items():
        for name, text in inputs.items(): put(target, name, text.encode("latin1") if name == "broken" else text)


def space_files():
    """Those that come along, those of the tests, and one of each short form."""
    root = HERE.parent.parent
    for path in sorted([*root.glob("data/spaces/*.json"), *root.glob("tests/spaces/*.json")]):
        put("space_file", path.name, path.read_text())
    put("space_file", "uniform.json", json.dumps({"name": "u", "positions": 3, "ops": ["a", "b"]}))
    put("space_file", "lists.json", json.dumps({"name": "l", "positions": ["k", "d"], "choices": [["3", "5"], ["2"]]}))


def main():
    shutil.rmtree(HERE / "corpus", ignore_errors=True)
    home = Home()
    shutil.copy(HERE / "toy.csv", home.dir / "toy.csv")
    home.run("import csv toy.csv as toy space=nasbench201 unit=ms")
    pickles()
    torch_files()
    legacy_torch_files()
    imports()
    texts()
    space_files()
    for make in (arrays, tensors, models, sessions, datasets): make(home)
    shutil.rmtree(home.dir)


main()
