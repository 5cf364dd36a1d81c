"""weight_norm: what it holds, computes and refuses; and what both norms share."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from minitorch_lazy.nn.utils.parametrizations import spectral_norm, weight_norm
from tests.nn.promises.parametrized import array, portrait
from tests.nn.promises.rows import promise


def layer_of(line):
    torch.manual_seed(0)
    return eval(f"nn.{line}", {"nn": nn, "torch": torch})


def lengths(v, dim):
    """Return the norms of the slices of an array."""
    axes = None if dim is None else tuple(a for a in range(v.ndim) if a != dim % v.ndim)
    return np.sqrt((v.astype(np.float64) ** 2).sum(axis=axes, keepdims=dim is not None))


WEIGHT_NORMS = [
    ("Linear(20, 40)", 0, (40, 1)), ("Linear(20, 40)", 1, (1, 20)), ("Linear(20, 40)", None, ()),
    ("Linear(20, 40)", -1, (1, 20)), ("Linear(20, 40)", -2, (40, 1)),
    ("Conv2d(3, 5, 2)", 0, (5, 1, 1, 1)), ("Conv2d(3, 5, 2)", 1, (1, 3, 1, 1)),
    ("Conv2d(3, 5, 2)", -1, (1, 1, 1, 2)), ("Conv2d(3, 5, 2)", None, ()),
    ("ConvTranspose1d(3, 5, 2)", 1, (1, 5, 1)), ("Bilinear(2, 3, 4)", 0, (4, 1, 1)),
]  # fmt: skip


@promise("3.7.1", "N13.4")
@pytest.mark.parametrize(("line", "dim", "shape"), WEIGHT_NORMS)
def test_weight_norm_holds_lengths_and_directions(line, dim, shape):
    layer = layer_of(line)
    before = array(layer.weight)
    assert weight_norm(layer, "weight", dim) is layer
    found = layer.parametrizations.weight
    assert tuple(found.original0.shape) == shape
    assert tuple(found.original1.shape) == before.shape
    np.testing.assert_array_equal(array(found.original1), before)
    np.testing.assert_allclose(array(found.original0), lengths(before, dim), rtol=1e-6)
    np.testing.assert_allclose(array(layer.weight), before, rtol=2e-6)
    with torch.no_grad():
        found.original0.copy_(torch.linspace(1, 2, found.original0.numel()).reshape(shape))
        found.original1.mul_(7)
    due = before * array(found.original0) / lengths(before, dim)
    np.testing.assert_allclose(array(layer.weight), due, rtol=1e-5)
    np.testing.assert_allclose(lengths(array(layer.weight), dim), array(found.original0), rtol=1e-5)


@promise("3.7.1")
@pytest.mark.parametrize("dim", [0, 1, None, -1])
def test_weight_norm_has_the_right_gradient(dim):
    layer = weight_norm(nn.Linear(3, 4).double(), dim=dim)
    found = layer.parametrizations.weight

    def weight(g, v):
        return found[0](g, v)

    parts = (found.original0, found.original1)
    assert torch.autograd.gradcheck(weight, parts)
    assert torch.autograd.gradgradcheck(weight, parts)


@promise("3.7.1", "3.1.1")
def test_the_repr_and_keys_of_weight_norm():
    layer = weight_norm(nn.Linear(2, 3))
    assert repr(layer) == (
        "ParametrizedLinear(\n  in_features=2, out_features=3, bias=True\n"
        "  (parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n"
        "      (0): _WeightNorm()\n    )\n  )\n)"
    )
    assert list(layer.state_dict()) == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]


@promise("3.7.2")
@pytest.mark.parametrize("prefix", ["", "0."])
def test_weight_norm_loads_the_old_keys(prefix):
    layer = weight_norm(nn.Linear(2, 3))
    net = nn.Sequential(layer) if prefix else layer
    old = {prefix + "bias": torch.zeros(3), prefix + "weight_g": torch.full((3, 1), 5.0),
           prefix + "weight_v": torch.ones(3, 2)}  # fmt: skip
    given = dict(old)
    assert str(net.load_state_dict(old)) == "<All keys matched successfully>"
    assert layer.parametrizations.weight.original0.tolist() == [[5.0]] * 3
    np.testing.assert_allclose(array(layer.weight), 5 / np.sqrt(2), rtol=1e-6)
    assert old == given


@promise("3.7.2", "3.7.12")
@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
def test_new_keys_do_not_load_into_the_old_form():
    old, new = nn.utils.weight_norm(nn.Linear(2, 3)), weight_norm(nn.Linear(2, 3))
    assert sorted(old.state_dict()) == ["bias", "weight_g", "weight_v"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "weight_g", "weigh'):
        old.load_state_dict(new.state_dict())
    new.load_state_dict(old.state_dict())
    np.testing.assert_allclose(array(new.weight), array(old(torch.eye(2)) - old.bias).T, atol=1e-6)


@promise("3.7.2", "N1.4")
def test_old_keys_load_into_a_lazy_layer():
    layer = weight_norm(nn.LazyLinear(3))
    layer.load_state_dict({"bias": torch.zeros(3), "weight_g": torch.full((3, 1), 5.0),
                           "weight_v": torch.ones(3, 2)})  # fmt: skip
    np.testing.assert_allclose(array(layer.weight), 5 / np.sqrt(2), rtol=1e-6)


@promise("3.7.3")
@pytest.mark.parametrize("norm", [weight_norm, spectral_norm])
def test_a_frozen_weight_gives_frozen_originals(norm):
    for layer in (nn.Linear(2, 3), nn.LazyLinear(3)):
        layer.weight.requires_grad_(False)
        norm(layer)(torch.ones(1, 2))
        originals = list(layer.parametrizations.weight.parameters())
        assert originals
        assert [p.requires_grad for p in originals] == [False] * len(originals)
        assert not layer.weight.requires_grad
        assert layer.bias.requires_grad


@promise("3.7.1", "3.2.1")
def test_weight_norm_refuses_an_unknown_name():
    layer = nn.Linear(2, 3)
    before = portrait(layer)
    with pytest.raises(ValueError, match="does not have a parameter, a buffer, or a parametrized"):
        weight_norm(layer, "foo")
    assert portrait(layer) == before


@promise("3.7.1", "N13.4")
@pytest.mark.parametrize("dim", [2, -3, 7])
def test_weight_norm_refuses_a_dimension_that_there_is_not(dim):
    layer = nn.Linear(2, 3)
    before = portrait(layer)
    with pytest.raises((IndexError, ValueError), match="[Dd]imension"):
        weight_norm(layer, dim=dim)
    assert portrait(layer) == before


@promise("N13.3")
@pytest.mark.parametrize("dim", [0, 1, None])
def test_rows_of_zeros_stay_zeros_with_finite_gradients(dim):
    layer = nn.Linear(2, 3)
    with torch.no_grad():
        layer.weight[1].zero_()
        if dim is None:
            layer.weight.zero_()
    weight_norm(layer, dim=dim)
    assert layer.weight[1].tolist() == [0.0, 0.0]
    layer(torch.ones(4, 2)).sum().backward()
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    for p in layer.parameters():
        assert np.isfinite(array(p.grad)).all()
    optimizer.step()
    assert np.isfinite(array(layer.weight)).all()


@promise("3.7.5", "3.4.1")
def test_norms_are_removed_with_the_value_that_they_had():
    for norm in (weight_norm, spectral_norm):
        layer = norm(layer_of("Linear(4, 6)")).eval()
        value = array(layer.weight)
        parametrize.remove_parametrizations(layer, "weight")
        np.testing.assert_array_equal(array(layer.weight), value)
        assert len(layer._load_state_dict_pre_hooks) in (0, 1)
        assert list(layer.state_dict()) == ["bias", "weight"]


@promise("3.3.1", "3.7.1")
def test_norms_take_values():
    value = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    layer = weight_norm(nn.Linear(2, 2))
    layer.weight = value
    assert layer.parametrizations.weight.original0.tolist() == [[5.0], [2.0]]
    np.testing.assert_allclose(array(layer.weight), value.numpy(), rtol=1e-6)
    layer = spectral_norm(nn.Linear(2, 2)).eval()
    layer.weight = value
    assert layer.parametrizations.weight.original.tolist() == value.tolist()


@promise("3.7.12")
@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
def test_the_old_forms_still_work_and_do_not_know_the_new(name):
    old = getattr(nn.utils, name)(nn.Linear(3, 2))
    assert type(old) is nn.Linear
    x = torch.ones(1, 3)
    old(x).sum().backward()
    getattr(nn.utils, f"remove_{name}")(old)
    assert sorted(old.state_dict()) == ["bias", "weight"]
    new = getattr(nn.utils.parametrizations, name)(nn.Linear(3, 2))
    with pytest.raises(ValueError, match=f"{name} of 'weight' not found in ParametrizedLinear"):
        getattr(nn.utils, f"remove_{name}")(new)
