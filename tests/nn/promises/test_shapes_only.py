"""What can be known from the shape of an input alone."""

from __future__ import annotations

import sys
import tracemalloc

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import BUILT, bits, build, label, lazy_names
from tests.nn.promises.rows import promise

CLASSES = pytest.mark.parametrize("case", BUILT, ids=label)
DENSE = "minitorch_lazy.backends.numpy."


def stand_ins(case):
    return [torch.spec(shape) for shape in case.shapes]


def described(net):
    """Return name -> (shape, dtype) of all that a state dict holds."""
    return {name: (tuple(t.shape), t.dtype) for name, t in net.state_dict().items()}


def plain(shapes):
    return {name: (tuple(shape), dtype) for name, (shape, dtype) in shapes.items()}


def dense_calls(act):
    """Name the functions of the backends that compute on NumPy arrays while `act` runs."""
    called = []

    def note(frame, event, _):
        place = frame.f_globals.get("__name__", "")
        computing = event == "call" and place.startswith(DENSE) and place != f"{DENSE}arrays"
        if computing and any(type(value) is np.ndarray for value in frame.f_locals.values()):
            called.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return called


def draws():
    return torch.get_rng_state().tolist()


class Mixed(nn.Module):
    """A net with statistics, dropout, two inputs and a keyword."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d()
        self.drop, self.head = nn.Dropout(0.5), nn.LazyLinear(2)

    def forward(self, image, extra, scale=1.0):
        hidden = self.drop(self.norm(self.conv(image)).relu().flatten(1))
        return self.head(torch.cat([hidden, extra], dim=1)) * scale


IMAGE, EXTRA = (2, 3, 5, 5), (2, 7)


def images(**keywords):
    return torch.rand(IMAGE), torch.rand(EXTRA)


@promise("N2.1")
@CLASSES
def test_shapes_are_those_of_the_settled_layer_and_it_stays_lazy(case):
    net = build(case.lazy)
    before, stream = bits(net), draws()
    found = nn.shapes(net, *stand_ins(case))
    assert (bits(net), draws(), type(net).__name__) == (before, stream, case.name)
    assert list(found) == list(net.state_dict())
    assert plain(found) == described(build(case.eager))
    assert net.has_uninitialized_params()


@promise("N2.1")
def test_shapes_take_tensors_keywords_and_settled_nets():
    for net in (Mixed(), nn.Sequential(nn.Linear(3, 2), nn.LazyLinear(1))):
        arguments = images() if isinstance(net, Mixed) else [torch.ones(1, 3)]
        keywords = {"scale": 2.0} if isinstance(net, Mixed) else {}
        stream = draws()
        found = plain(nn.shapes(net, *arguments, **keywords))
        assert lazy_names(net)
        assert draws() == stream
        net(*arguments)
        state = bits(net)
        assert plain(nn.shapes(net, *arguments)) == found == described(net)
        assert bits(net) == state


@promise("N2.1")
def test_shapes_that_do_not_fit_are_refused_and_leave_the_net_lazy():
    net = nn.Sequential(nn.LazyLinear(4), nn.Linear(5, 2))
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        nn.shapes(net, torch.spec((1, 7)))
    assert lazy_names(net) == ["0.weight", "0.bias"]


@promise("N2.2")
@pytest.mark.parametrize("name", ["shapes", "dry_run"])
def test_looking_at_shapes_allocates_next_to_nothing(name):
    look = getattr(nn, name)
    net = nn.Sequential(nn.LazyConv2d(16, 3, padding=1), nn.ReLU(), nn.LazyBatchNorm2d(),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(10))  # fmt: skip
    x = torch.spec((64, 3, 256, 256))
    tracemalloc.start()
    try:
        look(net, x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    least_of_a_real_run = 4 * 64 * 16 * 256 * 256
    assert peak < least_of_a_real_run / 100


@promise("N2.2")
def test_looking_at_shapes_computes_nothing():
    net, specs = Mixed(), (torch.spec(IMAGE), torch.spec(EXTRA))
    assert dense_calls(lambda: nn.shapes(net, *specs)) == []
    assert {"linear", "batch_norm", "relu"} <= set(dense_calls(lambda: net(*images())))


@promise("N2.4")
@pytest.mark.parametrize("batch", [None, -1])
def test_the_batch_size_may_be_left_open(batch):
    net = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2))
    due = plain(nn.shapes(net, torch.spec((2, 3, 6, 6))))
    assert plain(nn.shapes(net, torch.spec((batch, 3, 6, 6)))) == due
    assert nn.dry_run(net, torch.spec((batch, 3, 6, 6)))[3].in_features == 64
    for size in (2, 5):
        assert net(torch.rand(size, 3, 6, 6)).shape == (size, 2)
