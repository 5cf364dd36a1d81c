"""States of lazy and settled nets, loaded into lazy and settled nets."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import BUILT, bits, build, flat, inputs, label, lazy_names
from tests.nn.promises.rows import promise
from tests.nn.promises.test_placeholders import SHAPE

MATCHED = "<All keys matched successfully>"
RANKED = {"LazyBatchNorm"}
"""Classes that become the class of the input's rank, of which a state says nothing."""

CLASSES = pytest.mark.parametrize("case", BUILT, ids=label)


def settled(case, seed=0):
    """Make a lazy layer, call it once, and give all that it holds numbers of its own."""
    layer = build(case.lazy, seed=seed)
    layer(*inputs(case))
    with torch.no_grad():
        for tensor in layer.state_dict().values():
            if tensor.is_floating_point():
                tensor.uniform_(0.5, 2.0)
    return layer


@promise("2.5.1", "1.17")
@CLASSES
def test_a_lazy_state_leaves_a_lazy_net_lazy(case):
    source, net = build(case.lazy), build(case.lazy, seed=1)
    before = [id(p) for p in net.parameters()]
    assert str(net.load_state_dict(source.state_dict())) == MATCHED
    assert lazy_names(net) == lazy_names(source) != []
    assert [id(p) for p in net.parameters()] == before
    net(*inputs(case))
    assert lazy_names(net) == []


@promise("2.5.2", "2.5.8", "N9", "R6", "1.6", "1.17")
@CLASSES
def test_an_initialized_state_finishes_the_job(case):
    source, net = settled(case), build(case.lazy, seed=1)
    before = [id(p) for p in net.parameters()]
    assert str(net.load_state_dict(source.state_dict())) == MATCHED
    if case.name in RANKED:
        assert lazy_names(net) == []
    elif bits(source):
        assert type(net) is type(source)
        assert repr(net) == repr(source)
        assert len(net._forward_pre_hooks) == len(net._load_state_dict_pre_hooks) == 0
    assert [id(p) for p in net.parameters()] == before
    assert bits(net) == bits(source)
    for one, other in zip(flat(net.eval()(*inputs(case))), flat(source.eval()(*inputs(case))),
                          strict=True):  # fmt: skip
        assert (one == other).all()
    assert type(net) is type(source)
    assert bits(net) == bits(source)


@promise("2.5.3", "N9", "1.17")
@CLASSES
def test_a_lazy_state_into_a_settled_net_changes_nothing(case):
    net = nn.Sequential(nn.Linear(2, 2), settled(case))
    state = nn.Sequential(nn.Linear(2, 2), build(case.lazy)).state_dict()
    before = bits(net)
    with pytest.raises(RuntimeError) as error:
        net.load_state_dict(state)
    assert str(error.value).startswith(SHAPE)
    assert "Error(s) in loading state_dict" not in str(error.value)
    assert bits(net) == before


@promise("1.17")
@CLASSES
def test_an_initialized_state_loads_from_lazy_and_eager_classes_alike(case):
    eager, lazy = build(case.eager), settled(case)
    assert str(eager.load_state_dict(lazy.state_dict())) == MATCHED
    assert bits(eager) == bits(lazy)
    net = build(case.lazy)
    assert str(net.load_state_dict(eager.state_dict())) == MATCHED
    assert bits(net) == bits(eager)


@promise("2.5.4")
def test_a_missing_key_is_named_and_settles_nothing():
    net = nn.LazyLinear(3)
    with pytest.raises(RuntimeError) as error:
        net.load_state_dict({"weight": torch.ones(3, 2)})
    due = 'Error(s) in loading state_dict for LazyLinear:\n\tMissing key(s) in state_dict: "bias". '
    assert due.rstrip() in str(error.value)
    assert lazy_names(net) == ["weight", "bias"]


@promise("2.5.5")
@pytest.mark.parametrize("source", ["float32", "float16"])
def test_a_lazy_layer_keeps_its_dtype(source):
    net = nn.LazyLinear(3, dtype=torch.float64)
    state = nn.Linear(2, 3).to(getattr(torch, source)).state_dict()
    net.load_state_dict(state)
    assert net.weight.dtype is net.bias.dtype is torch.float64
    assert net.weight.tolist() == state["weight"].double().tolist()


@promise("2.5.6", "N9")
def test_a_loaded_layer_is_ordinary_and_refuses_another_width():
    net = nn.LazyLinear(2)
    net.load_state_dict(nn.Linear(3, 2).state_dict())
    assert repr(net) == "Linear(in_features=3, out_features=2, bias=True)"
    with pytest.raises(RuntimeError, match=r"cannot be multiplied \(1x5 and 3x2\)"):
        net(torch.ones(1, 5))


@promise("2.5.6", "2.5.10")
def test_a_half_loaded_layer_refuses_another_width_by_name():
    net = nn.LazyLinear(2)
    net.load_state_dict({"weight": torch.ones(2, 3)}, strict=False)
    with pytest.raises(AssertionError) as error:
        net(torch.ones(1, 5))
    due = "The in_features inferred from input: 5 is not equal to in_features from self.weight: 3"
    assert due in str(error.value)
    assert lazy_names(net) == ["bias"]


@promise("2.5.7")
@CLASSES
def test_assign_works_into_a_lazy_net(case):
    source, net = settled(case), build(case.lazy, seed=1)
    state = source.state_dict()
    assert str(net.load_state_dict(state, assign=True)) == MATCHED
    assert lazy_names(net) == []
    net.eval()(*inputs(case))
    assert type(net) is type(source)
    assert bits(net) == bits(source)


@promise("2.5.9", "R10", "N7")
@pytest.mark.parametrize(
    ("line", "state", "shapes"),
    [
        ("LazyLinear(4)", {"weight": (7, 3), "bias": (7,)}, ("[7, 3]", "(4, ?)")),
        ("LazyConv1d(4, 3)", {"weight": (4, 2, 5), "bias": (4,)}, ("[4, 2, 5]", "(4, ?, 3)")),
        ("LazyConv2d(4, 1)", {"weight": (5, 2, 1, 1), "bias": (5,)},
         ("[5, 2, 1, 1]", "(4, ?, 1, 1)")),
        ("LazyLinear(4)", {"weight": (4, 3, 1), "bias": (4,)}, ("[4, 3, 1]", "(4, ?)")),
    ],
)  # fmt: skip
def test_declared_sizes_are_checked_and_both_shapes_named(line, state, shapes):
    net = nn.Sequential(nn.Linear(1, 1), build(line))
    before = bits(net)
    entries = {f"1.{name}": torch.ones(shape) for name, shape in state.items()}
    entries |= {"0.weight": torch.ones(1, 1), "0.bias": torch.ones(1)}
    with pytest.raises(RuntimeError, match="size mismatch") as error:
        net.load_state_dict(entries)
    text = str(error.value).replace("None", "?")
    assert all(shape in text for shape in shapes)
    assert bits(net) == before


@promise("2.5.9", "R10")
def test_entries_that_contradict_each_other_are_refused():
    net = nn.LazyBatchNorm1d()
    state = nn.BatchNorm1d(3).state_dict()
    state["bias"] = torch.ones(5)
    with pytest.raises((RuntimeError, AssertionError)) as error:
        net.load_state_dict(state)
    assert "3" in str(error.value)
    assert "5" in str(error.value)
    assert lazy_names(net) == ["weight", "bias", "running_mean", "running_var"]


@promise("2.5.10", "N9")
def test_what_was_missing_is_filled_by_the_next_call():
    net = nn.LazyLinear(3)
    result = net.load_state_dict({"weight": torch.ones(3, 2)}, strict=False)
    assert result.missing_keys == ["bias"]
    assert lazy_names(net) == ["bias"]
    out = net(torch.ones(1, 2))
    assert type(net) is nn.Linear
    assert net.weight.tolist() == [[1.0, 1.0]] * 3
    assert out.tolist() == [(2 + net.bias).tolist()]
    assert net.bias.abs().max().item() <= 2**-0.5


@promise("N9")
def test_a_norm_with_missing_statistics_starts_them_as_a_fresh_one_does():
    net, state = nn.LazyBatchNorm1d().eval(), nn.BatchNorm1d(3).state_dict()
    kept = {name: state[name] for name in ("weight", "bias")}
    net.load_state_dict(kept, strict=False)
    assert lazy_names(net) == ["running_mean", "running_var"]
    net(torch.ones(4, 3))
    assert net.running_mean.tolist() == [0.0] * 3
    assert net.running_var.tolist() == [1.0] * 3


@promise("N5.2", "N8")
@pytest.mark.parametrize("assign", [False, True])
def test_lazy_tensors_that_know_other_sizes_do_not_fit(assign):
    layer = nn.LazyLinear(4)
    with pytest.raises(RuntimeError, match=r"shape \(7, \?\) from.*current model is \(4, \?\)"):
        layer.load_state_dict(nn.LazyLinear(7).state_dict(), assign=assign)
    layer.load_state_dict(nn.LazyLinear(4).state_dict(), assign=assign)
    assert layer.weight.spec == (4, None)


NORMS = {
    nn.BatchNorm1d: (4, 3), nn.BatchNorm2d: (2, 3, 2, 2), nn.BatchNorm3d: (2, 3, 1, 2, 2),
}  # fmt: skip


@promise("N9", "N6", "R6")
@pytest.mark.parametrize("cls", NORMS)
def test_a_norm_of_any_rank_is_whole_after_a_load_but_for_what_no_state_says(cls):
    source, net = cls(3), nn.LazyBatchNorm()
    state = source.state_dict()
    with torch.no_grad():
        for name in ("weight", "bias", "running_mean", "running_var"):
            state[name].uniform_(0.5, 2.0)
    for other in NORMS:
        assert list(other(3).state_dict()) == list(state)
        assert other(3).state_dict()._metadata == state._metadata
    net.load_state_dict(state)
    assert (net.num_features, net.uninitialized()) == (3, [])
    assert len(net._forward_pre_hooks) == len(net._load_state_dict_pre_hooks) == 0
    x = torch.rand(NORMS[cls])
    assert torch.equal(net.eval()(x), source.eval()(x))
    assert type(net) is cls
    assert repr(net) == repr(source)


@promise("N9", "N6", "N4.3")
def test_a_loaded_norm_takes_no_class_from_a_call_that_fails():
    net = nn.Sequential(nn.LazyBatchNorm(), nn.Flatten(), nn.Linear(3, 2))
    net[0].load_state_dict(nn.BatchNorm1d(3).state_dict())
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        net(torch.rand(2, 3, 2, 2))
    assert type(net[0]) is nn.LazyBatchNorm
    net(torch.rand(2, 3))
    assert type(net[0]) is nn.BatchNorm1d
    alone = nn.LazyBatchNorm()
    alone.load_state_dict(nn.BatchNorm1d(3).state_dict())
    alone.forward(torch.rand(2, 3, 4))
    assert type(alone) is nn.BatchNorm1d
