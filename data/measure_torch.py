#!/usr/bin/env python3
"""Measure networks of a search space with PyTorch: a CUDA GPU, the processor, or any other backend of it.

    measure_torch.py --archs todo.csv --out gpu.csv --name h100 --dtype fp32,tf32,bf16 --batch 1,32,256 --graphs off,on

`todo.csv` is what latlab's `suggest ... out=todo.csv` or `export onnx` writes: any CSV with a column of architecture
strings. Instead of a file: `all` (every NAS-Bench-201 cell) or `random:N:SEED` with --space. One device per
combination of dtype, batch and graphs; `gpu.csv` has a row per measurement and goes back with

    import csv gpu.csv into nb201 unit=ms

The networks are those that latlab's own engines build: batch normalisation folded into the convolution in front
of it, random weights from a seed (latency does not depend on them). A latency is that of one synchronised run of the
whole batch. Networks are warmed up until their time is stable, then timed in rounds, each round in a new random
order, so that drift hits all alike; the latency is the median over the rounds, the spread their standard deviation.
A network whose spread stays large is kept and marked settled=0. Ctrl-C keeps what is finished; the same command
goes on from there, and refuses a file that another machine, version or protocol began.

Needs PyTorch 1.12 or newer and nothing else.
"""
import argparse
import csv
import io
import os
import platform
import random
import re
import statistics
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit("measure_torch.py: PyTorch is not installed; nothing was measured")

# --- architectures ----------------------------------------------------------------------------------------------

CELL_OPS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
CELL_EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]  # in the order of the string
BLOCKS = [(3, 1, 1), (3, 1, 2), (3, 3, 1), (3, 6, 1), (5, 1, 1), (5, 1, 2), (5, 3, 1), (5, 6, 1), None]  # k, e, groups
BLOCK_OPS = ["k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6", "skip"]
STAGES = [(1, 16, 1), (4, 24, 1), (4, 32, 2), (4, 64, 2), (4, 112, 1), (4, 184, 2), (1, 352, 1)]  # n, channels, stride


def parse_arch(text):
    """(space, gene) of an architecture string; a gene is one operation index per position."""
    text = text.strip()
    if text.startswith("|"):
        names = re.findall(r"\|?([a-z0-9_]+)~\d", text)
        if len(names) == 6 and all(n in CELL_OPS for n in names):
            return "nasbench201", [CELL_OPS.index(n) for n in names]
    words = re.split(r"[,|\s]+", text.strip("[]()"))
    if len(words) == 1:
        words = text.split("_")
    gene = [BLOCK_OPS.index(w) if w in BLOCK_OPS else int(w) if w.isdigit() else -1 for w in words]
    if len(gene) == 22 and all(0 <= g < 9 for g in gene):
        return "fbnet", gene
    raise ValueError(f'"{text[:80]}" is no architecture of nasbench201 or fbnet')


def format_arch(space, gene):
    if space == "fbnet":
        return "_".join(str(g) for g in gene)
    parts = [f"{CELL_OPS[g]}~{i}" for g, (i, _) in zip(gene, CELL_EDGES)]
    return f"|{parts[0]}|+|{parts[1]}|{parts[2]}|+|{parts[3]}|{parts[4]}|{parts[5]}|"


# --- networks: every convolution is followed by its batch normalisation, or has it folded in ---------------------

def conv(c_in, c_out, kernel, stride=1, groups=1, bn=True, fold=False):
    layer = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=bn and fold)
    return [layer, nn.BatchNorm2d(c_out)] if bn and not fold else [layer]


class Cell(nn.Module):
    """Edges that reach nothing run too; a node that nothing reaches is zero."""

    def __init__(self, gene, c, fold):
        super().__init__()
        make = {0: nn.Identity, 1: nn.Identity,
                2: lambda: nn.Sequential(nn.ReLU(), *conv(c, c, 1, fold=fold)),
                3: lambda: nn.Sequential(nn.ReLU(), *conv(c, c, 3, fold=fold)),
                4: lambda: nn.AvgPool2d(3, 1, 1, count_include_pad=False)}
        self.into = [[(k, i) for k, (i, to) in enumerate(CELL_EDGES) if to == node and gene[k]] for node in (1, 2, 3)]
        self.ops = nn.ModuleList(make[g]() for g in gene)

    def forward(self, x):
        nodes = [x]
        for edges in self.into:
            terms = [self.ops[k](nodes[i]) for k, i in edges]
            total = terms[0] if terms else torch.zeros_like(x)
            for term in terms[1:]:
                total = total + term
            nodes.append(total)
        return nodes[3]


class Sum(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return self.branches[0](x) + self.branches[1](x)


class Shuffle(nn.Module):
    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        n, c, h, w = x.shape
        return x.view(n, self.groups, c // self.groups, h, w).transpose(1, 2).reshape(n, c, h, w)


def nasbench201(gene, fold):
    layers, c = conv(3, 16, 3, fold=fold), 16
    for stage in range(3):
        if stage:
            main = nn.Sequential(nn.ReLU(), *conv(c, 2 * c, 3, 2, fold=fold), nn.ReLU(), *conv(2 * c, 2 * c, 3, fold=fold))
            short = nn.Sequential(nn.AvgPool2d(2, 2), *conv(c, 2 * c, 1, bn=False))
            layers.append(Sum(main, short))
            c *= 2
        layers += [Cell(gene, c, fold) for _ in range(5)]
    return nn.Sequential(*layers, nn.BatchNorm2d(c), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, 10))


def fbnet_block(block, c, co, stride, fold):
    if block is None:
        same = c == co and stride == 1
        return nn.Identity() if same else nn.Sequential(*conv(c, co, 1, stride, fold=fold), nn.ReLU())
    kernel, expansion, groups = block
    m = c * expansion
    body = nn.Sequential(*conv(c, m, 1, 1, groups, fold=fold), nn.ReLU(), *([Shuffle(groups)] if groups > 1 else []),
                         *conv(m, m, kernel, stride, m, fold=fold), nn.ReLU(), *conv(m, co, 1, 1, groups, fold=fold))
    return Sum(body, nn.Identity()) if c == co and stride == 1 else body


def fbnet(gene, fold):
    layers, c, position = [*conv(3, 16, 3, fold=fold), nn.ReLU()], 16, 0
    for blocks, channels, first in STAGES:
        for j in range(blocks):
            layers.append(fbnet_block(BLOCKS[gene[position]], c, channels, 1 if j else first, fold))
            c, position = channels, position + 1
    head = [*conv(c, 1504, 1, fold=fold), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1504, 100)]
    return nn.Sequential(*layers, *head)


def build(space, gene, fold=True):
    """The network, ready for inference; images are (batch, 3, 32, 32)."""
    return {"nasbench201": nasbench201, "fbnet": fbnet}[space](gene, fold).eval()


def count_cost(space, gene):
    """(multiply-adds, trained parameters) as latlab counts them: batch normalisation has two numbers a channel, a pool
    counts its window, an addition one per element."""
    net, macs = build(space, gene, fold=False), [0]

    def count(module, inputs, output):
        if isinstance(module, nn.Conv2d):
            macs[0] += output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            macs[0] += module.weight.numel()
        elif isinstance(module, nn.AvgPool2d):
            macs[0] += output.numel() * module.kernel_size ** 2
        elif isinstance(module, nn.AdaptiveAvgPool2d):
            macs[0] += inputs[0].numel()
        elif isinstance(module, Sum):
            macs[0] += output.numel()
        elif isinstance(module, Cell):
            macs[0] += output.numel() * sum(max(0, len(edges) - 1) for edges in module.into)

    for module in net.modules():
        module.register_forward_hook(count)
    with torch.no_grad():
        net(torch.zeros(1, 3, 32, 32))
    return macs[0], sum(p.numel() for p in net.parameters())


# --- one configuration: device, dtype, batch, graphs --------------------------------------------------------------

DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class Config:
    def __init__(self, args, dtype, batch, graphs):
        self.device, self.dtype, self.batch, self.graphs = torch.device(args.device), dtype, batch, graphs
        self.name = f"{args.name}_{dtype}_b{batch}" + ("_graphs" if graphs else "")
        self.channels_last, self.seed = args.channels_last, args.seed

    def prepare(self):
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = self.dtype == "tf32"
        torch.backends.cudnn.benchmark = True
        torch.set_flush_denormal(True)

    def synchronize(self):
        if self.device.type != "cpu":
            getattr(torch, self.device.type).synchronize()

    def place(self, tensor_or_net):
        placed = tensor_or_net.to(self.device, DTYPES[self.dtype])
        return placed.to(memory_format=torch.channels_last) if self.channels_last else placed

    def runner(self, space, gene):
        """A function that starts one run of the network."""
        torch.manual_seed(self.seed)
        net, x = self.place(build(space, gene)), self.place(torch.randn(self.batch, 3, 32, 32))
        if not self.graphs:
            return lambda: net(x)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                net(x)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            kept = net(x)
        return lambda: (graph.replay(), kept, net, x)[1]  # a replay reads and writes the memory of all of them


def check_config(config):
    if config.device.type != "cuda" and (config.graphs or config.dtype == "tf32"):
        sys.exit(f"measure_torch.py: {config.name}: tf32 and CUDA graphs need --device cuda")


# --- timing -------------------------------------------------------------------------------------------------------

def time_runs(config, run, n):
    """Mean milliseconds of n runs, each waited for."""
    config.synchronize()
    start = time.perf_counter()
    for _ in range(n):
        run()
        config.synchronize()
    return (time.perf_counter() - start) * 1e3 / n


def warm_up(config, run, most_s=2.0):
    """Runs until three blocks in a row agree within 3 %; returns how many runs fill about 3 ms."""
    start, times, n = time.perf_counter(), [], 1
    while time.perf_counter() - start < most_s:
        times.append(time_runs(config, run, n))
        n = max(1, min(100, round(3 / times[-1])))
        if len(times) > 3 and max(times[-3:]) < 1.03 * min(times[-3:]):
            break
    return n


def measure_group(config, space, genes, args, order):
    """[(median ms, standard deviation, rounds, settled)] of networks; as many are resident together as memory holds."""
    try:
        return measure_resident(config, space, genes, args, order)
    except RuntimeError as problem:
        if "out of memory" not in str(problem) or len(genes) == 1:
            raise
    if config.device.type == "cuda":
        torch.cuda.empty_cache()
    half = len(genes) // 2
    return [result for part in (genes[:half], genes[half:]) for result in measure_group(config, space, part, args, order)]


def measure_resident(config, space, genes, args, order):
    with torch.no_grad():
        runs = [config.runner(space, gene) for gene in genes]
        inner = [warm_up(config, run) for run in runs]
        times, left = [[] for _ in genes], list(range(len(genes)))
        for attempt in range(3):
            for _ in range(args.repeats):
                order.shuffle(left)
                for i in left:
                    times[i].append(time_runs(config, runs[i], inner[i]))
            left = [i for i in left if statistics.pstdev(times[i]) > args.settle * statistics.median(times[i])]
            if not left:
                break
    return [(statistics.median(t), statistics.stdev(t), len(t), int(i not in left)) for i, t in enumerate(times)]


# --- files --------------------------------------------------------------------------------------------------------

COLUMNS = ["architecture", "device", "latency_ms", "std_ms", "n", "settled"]
ARCH_NAMES = ["arch", "architecture", "arch_str", "arch_string", "cell", "string", "gene", "op_idx_list"]


def read_archs(args):
    """[(string, gene)] of one space, without repetition, and the space."""
    if args.archs == "all" or args.archs.startswith("random:"):
        space, genes = args.space, draw_genes(args)
        return space, [(format_arch(space, g), g) for g in genes]
    with open(args.archs, newline="", encoding="utf-8-sig") as f:
        rows = list(csv.reader(line for line in f if not line.startswith("#")))
    header = [h.strip().lower() for h in rows[0]] if rows else []
    column = next((header.index(n) for n in ARCH_NAMES if n in header), None)
    if column is None:
        sys.exit(f"measure_torch.py: {args.archs}: no column is called architecture")
    found = {}
    for number, row in enumerate(rows[1:], 2):
        try:
            found[row[column]] = parse_arch(row[column])
        except (ValueError, IndexError) as problem:
            sys.exit(f"measure_torch.py: {args.archs}: record {number}: {problem}")
    if len({space for space, _ in found.values()}) != 1:
        sys.exit(f"measure_torch.py: {args.archs}: architectures of one space were expected")
    return next(iter(found.values()))[0], [(text, gene) for text, (_, gene) in found.items()]


def draw_genes(args):
    positions, ops = {"nasbench201": (6, 5), "fbnet": (22, 9)}[args.space]
    if args.archs == "all":
        if args.space != "nasbench201":
            sys.exit("measure_torch.py: --archs all: only nasbench201 can be listed; random:N:SEED draws")
        return [[i // 5 ** (5 - p) % 5 for p in range(6)] for i in range(5 ** 6)]
    _, n, seed = (args.archs + ":1").split(":")[:3]
    if not n.isdigit() or not seed.isdigit() or not 0 < int(n) <= min(ops ** positions, 10 ** 6):
        sys.exit(f"measure_torch.py: --archs {args.archs}: random:N:SEED was expected")
    rng, genes = random.Random(int(seed)), {}
    while len(genes) < int(n):
        genes[tuple(rng.randrange(ops) for _ in range(positions))] = True
    return [list(g) for g in genes]


def hardware(device):
    if torch.device(device).type == "cuda":
        return f"{torch.cuda.get_device_name(torch.device(device))}, CUDA {torch.version.cuda}, " \
               f"cuDNN {torch.backends.cudnn.version()}"
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
            model = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), model)
    return f"{model}, {device}, {torch.get_num_threads()} threads"


def provenance(args):
    return (f"# measure_torch.py: {hardware(args.device)}, PyTorch {torch.__version__}, "
            f"{'channels last, ' if args.channels_last else ''}median of {args.repeats} or more rounds, seed {args.seed}")


def open_results(args):
    """The file, ready to append, and what it holds already: {(architecture, device)}."""
    first, done, whole = provenance(args), set(), ""
    if os.path.isfile(args.out):
        with open(args.out, newline="", encoding="utf-8") as f:
            text = f.read()
        whole = text[:text.rfind("\n") + 1]  # a record that a crash cut short is measured again
        lines = whole.splitlines()
        if lines and (lines[0] != first or lines[2:3] != [",".join(COLUMNS)]):
            sys.exit(f"measure_torch.py: {args.out} was begun with other settings:\n  there {lines[0]}\n  here  {first}")
        done = {(row["architecture"], row["device"]) for row in csv.DictReader(lines[2:])}
    out = open(args.out, "a", newline="", encoding="utf-8")
    out.truncate(len(whole.encode()))
    if not whole:
        out.write(f"{first}\n# begun {time.strftime('%Y-%m-%d')}\n{','.join(COLUMNS)}\n")
    return out, done


def append(out, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    out.write(text.getvalue())
    out.flush()
    os.fsync(out.fileno())


# --- the command --------------------------------------------------------------------------------------------------

def measure(config, space, archs, out, done, args):
    todo = [(text, gene) for text, gene in archs if (text, config.name) not in done]
    order, start = random.Random(args.seed), time.monotonic()
    order.shuffle(todo)
    config.prepare()
    for at in range(0, len(todo), args.group):
        group = todo[at:at + args.group]
        results = measure_group(config, space, [gene for _, gene in group], args, order)
        append(out, [[text, config.name, f"{ms:.6g}", f"{std:.3g}", n, settled]
                     for (text, _), (ms, std, n, settled) in zip(group, results)])
        finished = at + len(group)
        left = (time.monotonic() - start) / finished * (len(todo) - finished)
        print(f"{config.name}: {finished} of {len(todo)}, {left:.0f} s left", file=sys.stderr)


def read_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--archs", required=True, help="CSV with architecture strings, all, or random:N:SEED")
    p.add_argument("--out", required=True, help="CSV that `import csv` reads; continued when it exists")
    p.add_argument("--space", choices=["nasbench201", "fbnet"], default="nasbench201", help="of all and random:N:SEED")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="cuda, cuda:1, cpu, mps, xpu")
    p.add_argument("--name", help="begin of the device names; default: from the hardware")
    p.add_argument("--dtype", default="fp32", help="of fp32, tf32, bf16, fp16")
    p.add_argument("--batch", default="1", help="images per run: 1,32,256")
    p.add_argument("--graphs", default="off", help="CUDA graphs: off, on, or off,on")
    p.add_argument("--repeats", type=int, default=7, help="rounds; three times as many where the spread stays large")
    p.add_argument("--settle", type=float, default=0.03, help="spread that is small enough, relative to the median")
    p.add_argument("--group", type=int, default=64, help="networks in memory at a time")
    p.add_argument("--threads", type=int, help="processor threads")
    p.add_argument("--channels-last", action="store_true", help="NHWC memory format")
    p.add_argument("--seed", type=int, default=1, help="of weights and order")
    args = p.parse_args()
    if args.repeats < 2 or args.group < 1:
        p.error("--repeats of 2 or more and --group of 1 or more were expected")
    return args


def read_configs(args):
    graphs, batches = args.graphs.split(","), args.batch.split(",")
    if any(d not in DTYPES for d in args.dtype.split(",")) or any(g not in ("on", "off") for g in graphs) or \
            any(not b.isdigit() or int(b) < 1 for b in batches):
        sys.exit("measure_torch.py: --dtype of fp32,tf32,bf16,fp16, --batch of numbers, --graphs of on,off were expected")
    configs = [Config(args, d, int(b), g == "on") for d in args.dtype.split(",") for b in batches for g in graphs]
    for config in configs:
        check_config(config)
    return configs


def main():
    args = read_arguments()
    if args.threads:
        torch.set_num_threads(args.threads)
    if not args.name:
        args.name = re.sub(r"[^a-z0-9]+", "_", hardware(args.device).split(",")[0].lower()).strip("_")
    configs = read_configs(args)
    space, archs = read_archs(args)
    out, done = open_results(args)
    for config in configs:
        measure(config, space, archs, out, done, args)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as problem:  # no such file, a full disk: what is finished is on the disk, the command goes on there
        sys.exit(f"measure_torch.py: {problem}")
