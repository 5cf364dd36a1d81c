"""What can be known, and settled, from the shape of an input alone."""

from __future__ import annotations

import sys
import tracemalloc

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import BUILT, bits, build, inputs, label, lazy_names
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


@promise("N2.3")
@CLASSES
def test_a_dry_run_gives_the_values_of_a_real_call(case):
    dry, wet = build(case.lazy).eval(), build(case.lazy).eval()
    torch.manual_seed(4)
    assert nn.dry_run(dry, *stand_ins(case)) is dry
    torch.manual_seed(4)
    wet(*inputs(case))
    assert type(dry) is type(wet)
    assert bits(dry) == bits(wet)
    assert repr(dry) == repr(wet)
    assert {p.device.type for p in dry.parameters()} <= {"cpu"}
    dry(*inputs(case))


@promise("N2.4")
@pytest.mark.parametrize("batch", [None, -1])
def test_the_batch_size_may_be_left_open(batch):
    net = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2))
    due = plain(nn.shapes(net, torch.spec((2, 3, 6, 6))))
    assert plain(nn.shapes(net, torch.spec((batch, 3, 6, 6)))) == due
    assert nn.dry_run(net, torch.spec((batch, 3, 6, 6)))[3].in_features == 64
    for size in (2, 5):
        assert net(torch.rand(size, 3, 6, 6)).shape == (size, 2)


@promise("N4.1")
@pytest.mark.parametrize("training", [True, False])
def test_a_dry_run_leaves_statistics_flags_gradients_and_draws_alone(training):
    torch.manual_seed(0)
    net = Mixed().train(training)
    assert nn.dry_run(net, torch.spec(IMAGE), torch.spec(EXTRA), scale=3.0) is net
    after = draws()
    assert lazy_names(net) == []
    assert net.norm.running_mean.tolist() == [0.0] * 4
    assert net.norm.running_var.tolist() == [1.0] * 4
    assert net.norm.num_batches_tracked.item() == 0
    assert {module.training for module in net.modules()} == {training}
    assert all(p.grad is None and p.is_leaf and p.requires_grad for p in net.parameters())
    torch.manual_seed(0)
    eager = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4 * 9 + 7, 2)]
    assert after == draws()
    assert bits(net.conv) == bits(eager[0])
    assert bits(net.head) == bits(eager[2])


@promise("N4.1")
def test_a_dry_run_calls_no_hook_of_the_user():
    net, calls = Mixed(), []
    for module in net.modules():
        module.register_forward_pre_hook(lambda m, a: calls.append("before"))
        module.register_forward_pre_hook(lambda m, a: calls.append("first"), prepend=True)
        module.register_forward_hook(lambda m, a, out: calls.append("after"))
        module.register_full_backward_hook(lambda m, gi, go: calls.append("back"))
    nn.dry_run(net, torch.spec(IMAGE), torch.spec(EXTRA))
    assert calls == []
    net(*images())
    assert calls.count("before") == calls.count("first") == calls.count("after") == 5


@promise("N4.1")
def test_a_dry_run_on_tensors_leaves_them_alone():
    net, x = nn.LazyBatchNorm1d(), torch.rand(4, 3, requires_grad=True)
    nn.dry_run(net, x)
    assert (x.grad, net.num_batches_tracked.item()) == (None, 0)


@promise("N4.2", "R11")
@pytest.mark.parametrize("bad", ["widths", "forward", "data", "initialiser"])
def test_a_dry_run_is_all_or_nothing(bad):
    class End(nn.Module):
        def forward(self, x):
            if bad == "forward":
                raise RuntimeError("the forward is broken")
            if bad == "data" and x.sum() > 0:
                return -x
            return x

    torch.manual_seed(0)
    net = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d(), End(),
                        nn.Linear(5 if bad == "widths" else 4, 2), nn.LazyLinear(1))  # fmt: skip
    if bad == "initialiser":
        nn.init.dirac_(net[4].weight)
    before = (repr(net), bits(net), draws(), [sorted(vars(m)) for m in net.modules()])
    run, x = nn.dry_run, torch.spec((3, 7))
    with pytest.raises((RuntimeError, ValueError)) as error:
        run(net, x)
    assert str(error.value)
    after = (repr(net), bits(net), draws(), [sorted(vars(m)) for m in net.modules()])
    assert after == before
