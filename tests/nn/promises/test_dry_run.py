"""dry_run: a net settled from shapes alone, with real weights and without side effects."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import bits, build, inputs, lazy_names
from tests.nn.promises.rows import promise
from tests.nn.promises.test_mixin import Scale
from tests.nn.promises.test_shapes_only import (
    CLASSES,
    EXTRA,
    IMAGE,
    Mixed,
    draws,
    images,
    stand_ins,
)


class Counting(nn.Module):
    """A layer that adds up what it has seen."""

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(3))

    def forward(self, x):
        self.seen += x.sum(0)
        return x


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


@promise("N2.3")
def test_a_dry_run_takes_integers_and_an_open_batch():
    net = nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.LazyLinear(2))
    nn.dry_run(net, torch.spec((None, 3), torch.int64))
    assert net[2].weight.shape == (2, 12)
    assert net(torch.tensor([[1, 2, 3]])).shape == (1, 2)


@promise("N2.3", "1.13")
def test_a_dry_run_settles_in_the_net_s_own_type():
    net = nn.LazyLinear(2).double()
    run, wrong = nn.dry_run, torch.spec((1, 3))
    with pytest.raises(RuntimeError, match="must have the same dtype"):
        run(net, wrong)
    assert lazy_names(net) == ["weight", "bias"]
    run(net, torch.spec((1, 3), torch.float64))
    assert net(torch.ones(1, 3, dtype=torch.float64)).dtype is torch.float64


@promise("N2.3", "N8", "N9")
def test_a_dry_run_keeps_wishes_loaded_values_and_ties():
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(3), nn.LazyLinear(3))
    nn.init.constant_(net[0].weight, 2.0)
    net[2].weight = net[1].weight
    net.load_state_dict({"0.bias": torch.ones(3)}, strict=False)
    nn.dry_run(net, torch.spec((4, 5)))
    assert net[0].weight.tolist() == [[2.0] * 5] * 3
    assert net[0].bias.tolist() == [1.0] * 3
    assert net[1].weight is net[2].weight
    assert lazy_names(net) == []


@promise("N2.3")
def test_a_dry_run_settles_lazy_modules_of_the_user():
    net = nn.Sequential(Scale(), nn.LazyLinear(2))
    nn.dry_run(net, torch.spec((4, 3)))
    assert net[0].weight.tolist() == [1.0, 1.0, 1.0]
    assert (net[1].in_features, net[0].total.item()) == (3, 0.0)


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
        net[4].weight.add_(torch.ones(2, 2, 2))
    before = (repr(net), bits(net), draws(), [sorted(vars(m)) for m in net.modules()])
    run, x = nn.dry_run, torch.spec((3, 7))
    with pytest.raises((RuntimeError, ValueError)) as error:
        run(net, x)
    assert str(error.value)
    after = (repr(net), bits(net), draws(), [sorted(vars(m)) for m in net.modules()])
    assert after == before


@promise("N4.1")
def test_a_dry_run_adds_nothing_to_buffers_of_the_user():
    net = nn.Sequential(Counting(), nn.LazyLinear(2))
    nn.dry_run(net, torch.spec((4, 3)))
    assert net[0].seen.tolist() == [0.0, 0.0, 0.0]
    net(torch.ones(4, 3))
    assert net[0].seen.tolist() == [4.0, 4.0, 4.0]


@promise("N4.1")
def test_a_dry_run_of_a_settled_net_changes_nothing():
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d(), nn.Dropout())
    net(torch.rand(4, 2)).sum().backward()
    gradients = [p.grad.tolist() for p in net.parameters()]
    before = (bits(net), draws(), repr(net))
    assert nn.dry_run(net, torch.spec((4, 2))) is net
    assert (bits(net), draws(), repr(net)) == before
    assert [p.grad.tolist() for p in net.parameters()] == gradients
