#!/usr/bin/python3
"""What latlab's arch2vec and proxies take, in PyTorch: the yardstick beside `make bench` (python3-torch; optional).

    torch_encode.py arch2vec [EPOCHS]      seconds of ten epochs over the 15,625 cells, from EPOCHS (1) of them
    torch_encode.py proxies [SPACE]        architectures a second on one thread, 64 images of noise, four random ones

The networks of the proxies are those of data/measure_torch.py; the autoencoder is written from the formulas in
core/ALGORITHMS.md section 3. Numbers are processor time of one thread, as those of `make bench`.
"""
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data"))
import measure_torch
import torch
from torch import nn

torch.set_num_threads(1)
NODES, LABELS, WIDTH, DIM, BATCH = 8, 7, 128, 32, 32


# --- arch2vec -----------------------------------------------------------------------------------------------------


class Round(nn.Module):
    def __init__(self, width_in):
        super().__init__()
        self.epsilon = nn.Parameter(torch.zeros(1))
        self.first, self.second = nn.Linear(width_in, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.inner, self.outer = nn.BatchNorm1d(WIDTH), nn.BatchNorm1d(WIDTH)

    def forward(self, h, a):
        h = ((1 + self.epsilon) * h + a @ h).reshape(-1, h.shape[2])
        h = self.second(torch.relu(self.inner(self.first(h))))
        return torch.relu(self.outer(h)).reshape(-1, NODES, WIDTH)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rounds = nn.ModuleList(Round(WIDTH if i else LABELS) for i in range(4))
        self.mean, self.spread = nn.Linear(WIDTH, DIM), nn.Linear(WIDTH, DIM)
        self.drop, self.label = nn.Dropout(.3), nn.Linear(DIM, LABELS)

    def forward(self, x, a):
        h = x
        for one in self.rounds:
            h = one(h, a)
        mu, s = self.mean(h), self.spread(h)
        z = self.drop(mu + torch.randn_like(s) * torch.exp(s))
        return torch.sigmoid(self.label(z)), torch.sigmoid(z @ z.transpose(1, 2)), mu, s


def random_graphs(n):
    """Any graphs of this size: what an epoch takes does not depend on which."""
    x = nn.functional.one_hot(torch.randint(LABELS, (n, NODES)), LABELS).float()
    return x, torch.triu((torch.rand(n, NODES, NODES) < .4).float(), 1)


def arch2vec(epochs):
    n = 15625 * 9 // 10
    x, arcs = random_graphs(n)
    net = Autoencoder().train()
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    start = time.process_time()
    for _ in range(epochs):
        for rows in torch.randperm(n).split(BATCH):
            both = arcs[rows] + arcs[rows].transpose(1, 2)
            labels, found, mu, s = net(x[rows], both)
            kl = -.5 / (len(rows) * NODES) * torch.mean(torch.sum(1 + 2 * s - mu ** 2 - torch.exp(s) ** 2, 2))
            loss = (nn.functional.binary_cross_entropy(labels, x[rows])
                    + nn.functional.binary_cross_entropy(torch.triu(found, 1), arcs[rows]) + kl)
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5)
            adam.step()
    print(f"arch2vec, ten epochs: {(time.process_time() - start) * 10 / epochs:.1f} s")


# --- proxies ------------------------------------------------------------------------------------------------------


def weights_of(net):
    return [m.weight for m in net.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]


def loss_of(net, images, labels):
    return nn.functional.cross_entropy(net(images).flatten(1), labels)


def gradient(net, images, labels, graph=False):
    return torch.autograd.grad(loss_of(net, images, labels), weights_of(net), create_graph=graph, allow_unused=True)


def grad_norm(net, images, labels):
    return sum(g.norm() for g in gradient(net, images, labels) if g is not None)


def nwot(net, images, labels):
    k = torch.zeros(len(images), len(images))

    def add(module, inputs, output):
        codes = (inputs[0].flatten(1) > 0).float()
        k.add_(codes @ codes.t() + (1 - codes) @ (1 - codes).t())
    hooks = [m.register_forward_hook(add) for m in net.modules() if isinstance(m, nn.ReLU)]
    with torch.no_grad():
        net(images)
    for hook in hooks:
        hook.remove()
    return torch.linalg.slogdet(k)[1]


def jacov(net, images, labels):
    images = images.clone().requires_grad_(True)
    net(images).sum().backward()
    return torch.linalg.eigvalsh(torch.corrcoef(images.grad.flatten(1)))


def grasp(net, images, labels):
    first = gradient(net, images, labels, graph=True)
    pairs = [(g, w) for g, w in zip(first, weights_of(net)) if g is not None]
    along = sum((g * g.detach()).sum() for g, _ in pairs)
    second = torch.autograd.grad(along, [w for _, w in pairs], allow_unused=True)
    return -sum((w * h).sum() for (_, w), h in zip(pairs, second) if h is not None)


def synflow(net, images, labels):
    net = net.double()
    for w in net.parameters():
        w.data.abs_()
    ws = weights_of(net)
    r = net(torch.ones(1, *images.shape[1:], dtype=torch.float64)).sum()
    value = sum((w * g).sum() for w, g in zip(ws, torch.autograd.grad(r, ws, allow_unused=True)) if g is not None)
    net.float()
    return value


def proxies(space, archs=4):
    rng = random.Random(2)
    images, labels = torch.randn(64, 3, 32, 32), torch.arange(64) % 10
    sizes = {"nasbench201": (6, 5), "fbnet": (22, 9)}
    nets = []
    for _ in range(archs):
        positions, ops = sizes[space]
        nets.append(measure_torch.build(space, [rng.randrange(ops) for _ in range(positions)], fold=False).train())
    for proxy in (synflow, nwot, grad_norm, jacov, grasp):
        done, start = 0, time.process_time()
        for net in nets:
            net.eval() if proxy is synflow else net.train()
            try:
                proxy(net, images, labels)
            except RuntimeError as problem:  # a cell that lets nothing through has no gradient
                print(f"{proxy.__name__}: {problem}", file=sys.stderr)
            done += 1
        print(f"{proxy.__name__:10} {done / (time.process_time() - start):6.2f} architectures a second")


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "arch2vec":
        arch2vec(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    elif what == "proxies":
        proxies(sys.argv[2] if len(sys.argv) > 2 else "nasbench201")
    else:
        sys.exit(__doc__)
