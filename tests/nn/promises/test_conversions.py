"""Conversions before the first call: nothing is settled, nothing is forgotten."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import BUILT, build, inputs, label, lazy_names
from tests.nn.promises.rows import promise

CONVERSIONS = {
    "double": (lambda net: net.double(), "float64"),
    "half": (lambda net: net.half(), "float16"),
    "float": (lambda net: net.float(), "float32"),
    "to dtype": (lambda net: net.to(torch.float64), "float64"),
    "to cpu": (lambda net: net.to("cpu"), "float32"),
    "cpu": (lambda net: net.cpu(), "float32"),
    "train": (lambda net: net.train(), "float32"),
    "eval": (lambda net: net.eval(), "float32"),
    "zero_grad": (lambda net: (net.zero_grad(), net)[1], "float32"),
    "apply": (lambda net: net.apply(lambda module: None), "float32"),
    "bfloat16": (lambda net: net.bfloat16(), "bfloat16"),
    "type": (lambda net: net.type(torch.float64), "float64"),
    "requires_grad_": (lambda net: net.requires_grad_(True), "float32"),
    "to_empty": (lambda net: net.to_empty(device="cpu"), "float32"),
    "last of two": (lambda net: net.float().double(), "float64"),
    "last of three": (lambda net: net.bfloat16().half().float(), "float32"),
}
MATRIX = pytest.mark.parametrize("case", BUILT, ids=label)


@promise("2.3.1", "2.3.2", "2.3.6", "N15", "1.13")
@MATRIX
@pytest.mark.parametrize("name", CONVERSIONS)
def test_a_conversion_keeps_a_layer_lazy_and_decides_what_it_becomes(case, name):
    convert, dtype = CONVERSIONS[name]
    net = build(case.lazy)
    waiting, before = lazy_names(net), [id(p) for p in net.parameters()]
    assert convert(net) is net
    assert lazy_names(net) == waiting
    assert [id(p) for p in net.parameters()] == before
    net(*inputs(case, dtype=dtype))
    assert lazy_names(net) == []
    assert type(net) is type(build(case.eager))
    floats = [t for t in net.state_dict().values() if t.is_floating_point()]
    assert {t.dtype for t in floats} <= {getattr(torch, dtype)}


@promise("2.3.1", "1.13")
@MATRIX
def test_a_lazy_layer_settles_on_the_device_it_was_moved_to(case, device):
    net = build(case.lazy)
    waiting = lazy_names(net)
    assert net.to(device) is net
    assert lazy_names(net) == waiting
    net(*[x.to(device) for x in inputs(case)])
    assert {t.device.type for t in net.state_dict().values()} <= {device}


@promise("2.3.3")
def test_the_counter_of_a_batch_norm_stays_an_integer():
    net = nn.LazyBatchNorm1d().double()
    assert net.running_mean.dtype is net.running_var.dtype is torch.float64
    assert net.num_batches_tracked.dtype is torch.int64
    net(torch.ones(4, 3, dtype=torch.float64))
    assert (net.running_var.dtype, net.num_batches_tracked.dtype) == (torch.float64, torch.int64)


@promise("2.3.4")
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex64, torch.complex128])
def test_dtype_and_device_of_the_constructor_are_kept(dtype):
    net = nn.LazyLinear(3, device="cpu", dtype=dtype)
    assert net.weight.dtype is net.bias.dtype is dtype
    assert net(torch.ones(2, 5, dtype=dtype)).dtype is dtype
    assert net.weight.shape == (3, 5)


@promise("2.3.4", "2.3.6", "N15")
def test_a_lazy_net_turns_complex():
    net = nn.LazyLinear(3).to(torch.complex64)
    assert net(torch.ones(2, 5, dtype=torch.complex64)).dtype is torch.complex64


@promise("2.3.5")
@pytest.mark.parametrize("how", [lambda: nn.LazyLinear(2, device="meta"),
                                 lambda: nn.LazyLinear(2).to("meta"),
                                 lambda: nn.LazyLinear(2).to_empty(device="meta")])  # fmt: skip
@promise("2.3.6", "N15")
def test_a_lazy_layer_on_meta_settles_on_meta(how):
    net = how()
    assert lazy_names(net) == ["weight", "bias"]
    out = net(torch.ones(4, 3, device="meta"))
    assert (out.shape, out.device.type) == ((4, 2), "meta")
    assert repr(net) == "Linear(in_features=3, out_features=2, bias=True)"
    assert net.weight.device.type == "meta"


@promise("N15", "2.3.6")
def test_freezing_is_remembered_through_conversions():
    net = nn.LazyLinear(3).requires_grad_(False).double()
    net(torch.ones(2, 5, dtype=torch.float64))
    assert not net.weight.requires_grad
    assert not net.bias.requires_grad


@promise("1.13")
def test_initialisers_before_a_conversion_are_done_in_the_type_after_it():
    net = nn.LazyLinear(3)
    nn.init.constant_(net.weight, 0.1)
    net.double()(torch.ones(2, 5, dtype=torch.float64))
    assert net.weight.tolist() == [[0.1] * 5] * 3


@promise("1.13")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_a_converted_lazy_layer_equals_the_converted_eager_one_in_kind(case):
    lazy, eager = build(case.lazy).double().eval(), build(case.eager).double().eval()
    lazy(*inputs(case, dtype="float64"))
    described = [
        [(name, t.dtype, tuple(t.shape), t.requires_grad) for name, t in pairs]
        for net in (lazy, eager)
        for pairs in [[*net.named_parameters(), *net.named_buffers()]]
    ]
    assert described[0] == described[1]
    assert lazy.training == eager.training
