"""Training leaves nothing behind: memory is freed by reference counts alone."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from contextlib import suppress

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn

ALLOWED = 4_000_000


@pytest.fixture(autouse=True, scope="module")
def collector_off():
    """Switch the garbage collector off: what only it could free counts as lost."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def perceptron():
    return nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(4)), (8, 6)


def convolutional():
    return nn.Sequential(
        nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.2), nn.LazyLinear(4),
    ), (8, 1, 6, 6)  # fmt: skip


def step(net, optimizer, shape):
    """Train on fresh numbers, so that nothing can be kept for another time."""
    x, y = torch.randn(*shape), torch.randint(0, 4, shape[:1])
    loss = nn.functional.cross_entropy(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def growth(work, steps):
    """Return by how many bytes memory has grown after `steps` calls, the first few aside."""
    for _ in range(5):
        work()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(steps):
        work()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


@pytest.mark.parametrize(
    ("make", "kind", "steps"),
    [(perceptron, torch.optim.SGD, 1000), (perceptron, torch.optim.Adam, 200),
     (convolutional, torch.optim.SGD, 100),
     pytest.param(convolutional, torch.optim.Adam, 1000, marks=pytest.mark.slow)],
)  # fmt: skip
def test_training_steps_leave_little_memory_behind(make, kind, steps):
    net, shape = make()
    optimizer = kind(net.parameters(), lr=0.01)
    assert growth(lambda: step(net, optimizer, shape), steps) < ALLOWED


def test_nets_that_settle_and_calls_that_fail_leave_little_memory_behind():
    def work():
        net, shape = perceptron()
        net(torch.rand(*shape))
        with suppress(RuntimeError):
            net(torch.rand(8, 7))

    assert growth(work, 100) < ALLOWED // 20


def test_a_graph_dies_with_its_loss():
    net, shape = convolutional()
    x = torch.rand(*shape, requires_grad=True)
    loss = net(x).sum()
    layers, numbers = weakref.ref(net), weakref.ref(x.array)
    del x
    assert numbers() is not None
    del loss
    assert numbers() is None
    del net
    assert layers() is None


def test_backward_frees_what_was_saved_although_the_loss_lives():
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.Sigmoid())
    x = torch.tensor(np.ones((10_000, 4)))
    net.double()
    tracemalloc.start()
    loss = net(x).sum()
    kept = tracemalloc.get_traced_memory()[0]
    loss.backward()
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept > 2 * x.numpy().nbytes
    assert left < kept / 10
    assert loss.requires_grad
