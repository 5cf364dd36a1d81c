"""Copies and pickles of lazy tensors and nets, at each stage of their lives."""

from __future__ import annotations

import copy
import io
import pickle

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.parameter import is_lazy
from tests.nn.promises.classes import BUILT, COPIES, bits, build, inputs, label, lazy_names
from tests.nn.promises.rows import promise

KINDS = [nn.UninitializedParameter, nn.UninitializedBuffer]
DEEP = {name: COPIES[name] for name in ("deepcopy", "pickle")}


@pytest.fixture(params=DEEP.values(), ids=DEEP)
def copied(request):
    return request.param


@promise("2.2.8", "2.2.9", "N10")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("requires_grad", [True, False])
def test_a_copied_lazy_tensor_keeps_what_it_knows(kind, requires_grad, copied):
    tensor = kind(requires_grad=requires_grad, device="meta", dtype=torch.float64)
    twin = copied(tensor)
    assert type(twin) is kind
    assert twin is not tensor
    assert (twin.dtype, twin.device, twin.requires_grad) == (
        torch.float64, torch.device("meta"), requires_grad)  # fmt: skip


@promise("N10")
def test_copies_keep_persistence_known_sizes_and_wishes(copied):
    net = nn.Module()
    net.entry = nn.UninitializedBuffer(persistent=False)
    net.weight = nn.UninitializedParameter(shape=(4, None))
    nn.init.constant_(net.weight, 3.0)
    twin = copied(net)
    assert list(twin.state_dict()) == ["weight"]
    assert twin.weight.spec == (4, None)
    twin.weight.materialize((4, 2))
    assert twin.weight.tolist() == [[3.0, 3.0]] * 4
    assert is_lazy(net.weight)


@promise("2.2.11", "R5")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_a_copy_and_its_original_settle_independently(case, copied):
    original = build(case.lazy)
    twin = copied(original)
    assert lazy_names(twin) == lazy_names(original) != []
    twin(*inputs(case))
    assert lazy_names(twin) == []
    assert original.has_uninitialized_params()
    original(*inputs(case))
    for one, other in zip(original.parameters(), twin.parameters(), strict=True):
        assert one is not other
        with torch.no_grad():
            one.fill_(9.0)
        assert not (other == 9.0).any()


@promise("R5", "2.2.12")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_every_class_is_copied_lazy_loaded_and_settled(case, copied):
    lazy = build(case.lazy)
    assert copied(lazy).has_uninitialized_params()
    assert type(copied(lazy)) is type(lazy)
    lazy(*inputs(case))
    settled = copied(lazy)
    assert type(settled) is type(build(case.eager))
    assert bits(settled) == bits(lazy)
    loaded = copied(build(case.lazy))
    loaded.load_state_dict(lazy.state_dict())
    assert bits(copied(loaded)) == bits(lazy)


@promise("2.2.12")
def test_a_pickled_lazy_layer_still_has_its_hooks():
    layer = pickle.loads(pickle.dumps(nn.LazyLinear(3)))
    assert (type(layer), len(layer._forward_pre_hooks)) == (nn.LazyLinear, 1)
    layer.load_state_dict(nn.Linear(2, 3).state_dict())
    assert layer(torch.ones(1, 2)).shape == (1, 3)
    assert type(pickle.loads(pickle.dumps(layer))) is nn.Linear


@promise("R7", "2.2.9")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_a_pickled_lazy_net_keeps_its_dtype_and_flags(case, copied):
    net = build(case.lazy).double()
    net.requires_grad_(False)
    net.eval()
    twin = copied(net)
    assert not twin.training
    twin(*inputs(case, dtype="float64"))
    assert all(p.dtype is torch.float64 for p in twin.parameters())
    assert not any(p.requires_grad for p in twin.parameters())


@promise("2.2.10", "N10")
def test_a_lazy_state_is_saved_and_loaded():
    net = nn.Sequential(nn.LazyLinear(3, dtype=torch.float64), nn.Linear(3, 2))
    file = io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    state = torch.load(file)
    assert list(state) == list(net.state_dict())
    assert is_lazy(state["0.weight"])
    assert state["0.weight"].dtype is torch.float64
    assert state["1.weight"].tolist() == net[1].weight.tolist()
    fresh = nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2))
    assert str(fresh.load_state_dict(state)) == "<All keys matched successfully>"
    assert is_lazy(fresh[0].weight)


@promise("N10")
def test_tied_lazy_parameters_stay_tied_in_copies_and_settle_once(copied):
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(3))
    net[1].weight = net[0].weight
    twin = copied(net)
    assert twin[0].weight is twin[1].weight
    twin(torch.ones(2, 3))
    assert twin[0].weight is twin[1].weight
    assert is_lazy(net[0].weight)


@promise("N10")
def test_a_shallow_copy_keeps_class_and_flags():
    layer = nn.LazyLinear(3, dtype=torch.float64)
    twin = copy.copy(layer)
    assert type(twin) is nn.LazyLinear
    assert twin.weight.dtype is torch.float64
    assert twin.has_uninitialized_params()


@promise("N10", "N3.2")
def test_copies_keep_the_reserved_draw(copied):
    with nn.init.keyed(5):
        original = nn.LazyLinear(3)
    twin = copied(original)
    torch.manual_seed(11)
    twin(torch.ones(2, 4))
    torch.manual_seed(12)
    original(torch.ones(2, 4))
    assert bits(twin) == bits(original)
