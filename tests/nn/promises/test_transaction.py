"""A first call settles the whole net, or nothing of it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import BUILT, bits, build, inputs, label, lazy_names
from tests.nn.promises.rows import promise


class Broken(nn.Module):
    """The last layer of a net whose forward fails as long as it is told to."""

    broken = True

    def forward(self, x):
        if self.broken:
            raise ArithmeticError("the last layer is broken")
        return x


def portrait(net):
    """Describe all that a failed call must leave as it was."""
    return (
        repr(net), bits(net), [id(p) for p in net.parameters()],
        [(type(m), sorted(vars(m)), m.training, len(m._forward_pre_hooks)) for m in net.modules()],
        torch.get_rng_state().tolist(),
    )  # fmt: skip


@promise("N4.3", "2.4.16", "R11")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_a_call_that_fails_later_leaves_a_layer_as_it_was(case):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.end = build(case.lazy), Broken()

        def forward(self, *args):
            self.end(self.body(*args))

    net = Net()
    before = portrait(net)
    with pytest.raises(ArithmeticError, match="the last layer is broken"):
        net(*inputs(case))
    assert portrait(net) == before
    net.end.broken = False
    net(*inputs(case))
    assert bits(net.body) == bits_after_call(case.eager, case)


def bits_after_call(line, case):
    layer = build(line)
    layer(*inputs(case))
    return bits(layer)


@promise("2.4.16", "N4.3")
@pytest.mark.parametrize(
    ("line", "bad", "good"),
    [
        ("LazyBatchNorm2d()", torch.ones(4, 3), torch.ones(4, 3, 2, 2)),
        ("LazyBatchNorm1d()", torch.ones(4, 3, 2, 2), torch.ones(4, 3)),
        ("LazyLinear(3)", torch.ones(2, 5, dtype=torch.int64), torch.ones(2, 5)),
        ("LazyConv2d(4, 3)", torch.ones(1, 3, 2, 2), torch.ones(1, 3, 4, 4)),
        ("LazyConv1d(4, 3)", torch.ones(1, 3, 9, dtype=torch.float64), torch.ones(1, 3, 9)),
    ],
)
def test_a_bad_first_input_leaves_a_layer_as_it_was(line, bad, good):
    layer = build(line)
    before = portrait(layer)
    with pytest.raises((ValueError, RuntimeError)):
        layer(bad)
    assert portrait(layer) == before
    layer(good)
    assert lazy_names(layer) == []


@promise("R11", "1.14")
def test_a_net_called_with_a_wrong_dtype_settles_nothing():
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(2), nn.Linear(2, 2).double())
    before = portrait(net)
    with pytest.raises(RuntimeError, match="must have the same dtype"):
        net(torch.ones(1, 4))
    assert portrait(net) == before


@promise("R1")
@pytest.mark.parametrize("fails_at", ["weight", "bias"])
def test_an_initialiser_that_raises_settles_nothing(fails_at):
    class Failing(nn.LazyLinear):
        fail = True

        def reset_parameters(self):
            if self.has_uninitialized_params():
                return
            nn.init.normal_(self.weight)
            if self.fail and fails_at == "weight":
                raise ArithmeticError("no weight")
            nn.init.normal_(self.bias)
            if self.fail:
                raise ArithmeticError("no bias")

    torch.manual_seed(0)
    net = Failing(3)
    before = portrait(net)
    for _ in range(2):
        with pytest.raises(ArithmeticError, match=f"no {fails_at}"):
            net(torch.ones(2, 5))
        assert portrait(net) == before
    net.fail = False
    out = net(torch.ones(2, 5))
    assert type(net) is nn.Linear
    torch.manual_seed(0)
    weight, bias = torch.randn(3, 5), torch.randn(3)
    np.testing.assert_array_equal(net.weight.detach().numpy(), weight.numpy())
    expected = np.ones((2, 5)) @ weight.numpy().T + bias.numpy()
    np.testing.assert_allclose(out.detach().numpy(), expected, rtol=1e-5)


@promise("R1", "N8")
def test_a_recorded_initialiser_that_raises_settles_nothing():
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyConv1d(2, 1))
    net[0].weight.add_(torch.ones(2, 2, 2))
    before = portrait(net)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="add: The size of tensor"):
            net(torch.ones(2, 5, 4))
        assert portrait(net) == before


@promise("R2")
@pytest.mark.parametrize("repeat", range(25))
def test_threads_in_one_first_call_see_the_same_weights(repeat):
    net = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(4), nn.LazyLinear(2))
    start, found = threading.Barrier(8), {}

    def call(number):
        start.wait()
        try:
            found[number] = net(torch.ones(3, 5)).tolist()
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    due = net(torch.ones(3, 5)).tolist()
    assert [found[number] for number in range(8)] == [due] * 8


@promise("R2")
def test_eight_threads_share_the_first_calls_of_a_thousand_nets():
    nets = [nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(2)) for _ in range(1000)]
    found = [[None] * 8 for _ in nets]
    start = threading.Barrier(8)

    def call(number):
        start.wait()
        for row, net in zip(found, nets, strict=True):
            row[number] = net(torch.ones(1, 2)).tolist()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row for row in found if row.count(row[0]) != 8 or row[0] is None] == []
