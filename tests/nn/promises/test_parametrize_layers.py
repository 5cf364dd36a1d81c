"""Recurrent and attention layers with a parametrized weight, and every kind of layer."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrizations, parametrize
from tests.nn.promises.classes import CASES, flat, inputs, label
from tests.nn.promises.parametrized import Doubled, Sum, array
from tests.nn.promises.rows import promise
from tests.nn.promises.test_parametrize_lazy import WEIGHTED, weight_of

register = parametrize.register_parametrization
RECURRENT = [
    ("RNN(3, 4)", "weight_ih_l0"), ("RNN(3, 4)", "weight_hh_l0"), ("RNN(3, 4)", "bias_ih_l0"),
    ("LSTM(3, 4, num_layers=2)", "weight_hh_l1"), ("GRU(3, 4)", "weight_ih_l0"),
    ("LSTM(3, 4, bidirectional=True)", "weight_ih_l0_reverse"),
    ("RNNCell(3, 4)", "weight_ih"), ("LSTMCell(3, 4)", "weight_ih"), ("GRUCell(3, 4)", "weight_ih"),
    ("MultiheadAttention(4, 2)", "in_proj_weight"), ("MultiheadAttention(4, 2)", "in_proj_bias"),
    ("MultiheadAttention(4, 2, kdim=3, vdim=5)", "q_proj_weight"),
    ("MultiheadAttention(4, 2, add_bias_kv=True)", "bias_k"),
]  # fmt: skip


def given(line, package=torch):
    """Return the arguments of a call."""
    draw = np.random.default_rng(0).standard_normal
    if line.startswith("Multihead"):
        wide = [4, 3, 5] if "kdim" in line else [4, 4, 4]
        return [package.tensor(draw((5, 2, size)).astype(np.float32)) for size in wide]
    shape = (2, 3) if "Cell" in line else (5, 2, 3)
    return [package.tensor(draw(shape).astype(np.float32))]


def build(line, package=torch):
    package.manual_seed(0)
    return eval(f"nn.{line}", {"nn": package.nn})


@promise("3.7.13")
@pytest.mark.parametrize(("line", "name"), RECURRENT)
@pytest.mark.parametrize("kind", [Doubled, Sum])
def test_forward_and_gradient_reach_the_original(line, name, kind):
    plain, layer = build(line), build(line)
    register(layer, name, kind())
    for each in (plain, layer):
        sum(part.sum() for part in parts(each(*given(line)))).backward()
    for one, other in zip(flat(plain(*given(line))), flat(layer(*given(line))), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    due = array(dict(plain.named_parameters())[name].grad)
    for original in layer.parametrizations[name].parameters():
        factor = 2 if kind is Doubled else 1
        np.testing.assert_allclose(array(original.grad), factor * due, rtol=1e-5, atol=1e-6)


def parts(output):
    """List the tensors of an output."""
    if isinstance(output, tuple | list):
        return [tensor for part in output for tensor in parts(part)]
    return [] if output is None else [output]


@promise("3.7.13")
@pytest.mark.parametrize(("line", "name"), RECURRENT)
def test_an_optimizer_step_is_seen_by_the_next_call(line, name):
    layer = register(build(line), name, Doubled())
    optimizer = torch.optim.SGD([layer.parametrizations[name].original], lr=0.5)
    before = flat(layer(*given(line)))[0]
    sum((part**2).sum() for part in parts(layer(*given(line)))).backward()
    optimizer.step()
    assert np.abs(flat(layer(*given(line)))[0] - before).max() > 1e-4
    assert list(layer.state_dict())[-1] == f"parametrizations.{name}.original"


@promise("3.7.13", "3.4.5")
@pytest.mark.parametrize(("line", "name"), RECURRENT)
def test_after_removal_it_is_the_plain_layer(line, name):
    plain, layer = build(line), register(build(line), name, Doubled())
    parametrize.remove_parametrizations(layer, name)
    assert repr(layer) == repr(plain)
    assert sorted(layer.state_dict()) == sorted(plain.state_dict())
    for one, other in zip(flat(plain(*given(line))), flat(layer(*given(line))), strict=True):
        np.testing.assert_array_equal(one, other)


@promise("3.7.13")
@pytest.mark.torch
@pytest.mark.parametrize(("line", "name"), RECURRENT)
def test_the_numbers_are_those_of_torch(line, name):
    other = pytest.importorskip("torch")
    found = []
    for package in (torch, other):
        layer = build(line, package)
        with package.no_grad():  # a length of 0 makes PyTorch's weight_norm nan
            getattr(layer, name).add_(0.5)
        package.nn.utils.parametrizations.weight_norm(layer, name)
        out = layer(*given(line, package))
        sum((part**2).sum() for part in parts(out)).backward()
        grads = [array(p.grad) for p in layer.parametrizations[name].parameters()]
        found.append((repr(layer), list(layer.state_dict()), flat(out), grads))
    assert found[0][:2] == found[1][:2]
    for one, two in zip(found[0][2] + found[0][3], found[1][2] + found[1][3], strict=True):
        np.testing.assert_allclose(one, two, rtol=2e-4, atol=1e-5)


@promise("3.1.5", "3.1.12")
@pytest.mark.parametrize("case", WEIGHTED, ids=label)
def test_every_layer_runs_and_learns_with_a_parametrized_weight(case):
    plain, layer = build(case.eager), build(case.eager)
    name = weight_of(case)
    register(layer, name, Doubled())
    for each in (plain, layer):
        sum((part**2).sum() for part in parts(each(*inputs(case)))).backward()
    due = array(dict(plain.named_parameters())[name].grad)
    found = array(layer.parametrizations[name].original.grad)
    np.testing.assert_allclose(found, 2 * due, rtol=1e-4, atol=1e-5)
    for one, other in zip(flat(plain(*inputs(case))), flat(layer(*inputs(case))), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


@promise("3.1.8", "N1.1", "N10.1")
@pytest.mark.parametrize("case", [c for c in CASES if "BatchNorm" in c.lazy], ids=label)
def test_a_lazy_buffer_is_parametrized_too(case):
    if "track_running_stats=False" in case.lazy:
        layer = build(case.lazy)
        with pytest.raises(ValueError, match="running_var"):
            register(layer, "running_var", Doubled())
        return
    layer, due = build(case.lazy), build(case.eager)
    for each in (layer, due):
        register(each, "running_var", Doubled())
        each.eval()
    np.testing.assert_array_equal(flat(layer(*inputs(case)))[0], flat(due(*inputs(case)))[0])
    assert list(layer.state_dict()) == list(due.state_dict())
    assert repr(layer) == repr(due)


@promise("3.7.1", "3.1.12")
def test_embeddings_and_shared_layers_take_a_norm():
    layer = parametrizations.weight_norm(nn.Embedding(4, 3))
    layer(torch.tensor([0, 2, 2])).sum().backward()
    grad = array(layer.parametrizations.weight.original0.grad)
    assert not grad[[1, 3]].any()
    assert grad[[0, 2]].all()
    shared = parametrizations.weight_norm(nn.Linear(3, 3))
    net = nn.Sequential(shared, nn.Tanh(), shared)
    assert len(list(net.parameters())) == 3
    net(torch.ones(1, 3)).sum().backward()
    assert all(np.isfinite(array(p.grad)).all() for p in net.parameters())
