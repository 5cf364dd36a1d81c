"""spectral_norm: what it holds, computes and refuses."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils.parametrizations import spectral_norm
from tests.nn.promises.parametrized import Doubled, array, linear, portrait
from tests.nn.promises.rows import promise


def layer_of(line):
    torch.manual_seed(0)
    return eval(f"nn.{line}", {"nn": nn, "torch": torch})


SPECTRAL = [
    "Linear(4, 6)", "Conv1d(2, 3, 2)", "Conv2d(2, 5, 3)", "Conv3d(1, 3, 2)",
    "ConvTranspose1d(2, 3, 2)", "ConvTranspose2d(2, 5, 3)", "ConvTranspose3d(2, 3, 1)",
]  # fmt: skip


def matrix(weight, line):
    """Return a weight with the dimension of its outputs in front."""
    return np.moveaxis(weight, 1 if "Transpose" in line else 0, 0).reshape(
        weight.shape[1 if "Transpose" in line else 0], -1)  # fmt: skip


@promise("3.7.4", "3.7.6")
@pytest.mark.parametrize("line", SPECTRAL)
def test_spectral_norm_divides_by_the_largest_singular_value(line):
    layer = layer_of(line)
    before = array(layer.weight)
    assert spectral_norm(layer, n_power_iterations=20) is layer
    state = layer.state_dict()
    vectors = ["parametrizations.weight.0._u", "parametrizations.weight.0._v"]
    assert list(state) == ["bias", "parametrizations.weight.original", *vectors]
    height, width = matrix(before, line).shape
    assert state["parametrizations.weight.0._u"].shape == (height,)
    assert state["parametrizations.weight.0._v"].shape == (width,)
    for _ in range(20):
        found = array(layer.weight)
    sigma = np.linalg.svd(matrix(before, line).astype(np.float64), compute_uv=False)[0]
    np.testing.assert_allclose(found, before / sigma, rtol=1e-4)
    np.testing.assert_array_equal(array(layer.parametrizations.weight.original), before)


@promise("3.7.4")
def test_fifteen_iterations_bring_the_vectors_near_at_once():
    torch.manual_seed(0)
    layer = nn.Linear(5, 5)
    with torch.no_grad():
        layer.weight.copy_(torch.diag(torch.tensor([3.0, 1.0, 0.5, 0.2, 0.1])))
    spectral_norm(layer).eval()
    vectors = layer.parametrizations.weight[0]
    assert abs(vectors._u[0].item()) == pytest.approx(1.0, abs=1e-6)
    assert np.linalg.norm(array(vectors._v)) == pytest.approx(1.0, abs=1e-6)
    assert layer.weight[0, 0].item() == pytest.approx(1.0, abs=1e-5)


@promise("3.7.5")
def test_each_access_iterates_in_training_and_none_in_evaluation():
    layer = spectral_norm(layer_of("Linear(4, 6)"))
    vectors = layer.parametrizations.weight[0]
    weight = array(layer.parametrizations.weight.original).astype(np.float64)
    for _ in range(3):
        v = array(vectors._v)
        value = array(layer.weight)
        u = weight @ v
        u /= np.linalg.norm(u)
        after = weight.T @ u
        after /= np.linalg.norm(after)
        np.testing.assert_allclose(array(vectors._u), u, atol=1e-6)
        np.testing.assert_allclose(array(vectors._v), after, atol=1e-6)
        np.testing.assert_allclose(value, weight / (u @ weight @ after), rtol=1e-5)
    assert array(layer.weight).tolist() != value.tolist()
    layer.eval()
    still = vectors._u.tolist(), vectors._v.tolist(), layer.weight.tolist()
    assert (vectors._u.tolist(), vectors._v.tolist(), layer.weight.tolist()) == still


@promise("3.7.5")
def test_two_forward_passes_can_both_be_differentiated():
    layer = spectral_norm(layer_of("Linear(4, 6)"))
    real, fake = layer(torch.ones(2, 4)), layer(torch.zeros(2, 4))
    (real - fake).sum().backward()
    assert np.isfinite(array(layer.parametrizations.weight.original.grad)).all()


@promise("3.7.4")
def test_spectral_norm_has_the_right_gradient():
    layer = spectral_norm(nn.Linear(3, 4).double()).eval()
    found = layer.parametrizations.weight
    assert torch.autograd.gradcheck(found[0], (found.original,))
    assert torch.autograd.gradgradcheck(found[0], (found.original,))


@promise("3.7.6")
def test_spectral_norm_is_exact_on_vectors_and_has_no_buffers():
    layer = nn.Linear(2, 3)
    before = array(layer.bias)
    spectral_norm(layer, "bias")
    assert list(layer.state_dict()) == ["weight", "parametrizations.bias.original"]
    np.testing.assert_allclose(array(layer.bias), before / np.linalg.norm(before), rtol=1e-6)


@promise("3.7.7")
@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"dim": 5}, IndexError, r"Dimension out of range \(expected to be in range of \[-2, 1\] "
         r"but got 5\)"),
        ({"dim": -3}, IndexError, r"Dimension out of range .*\[-2, 1\] but got -3\)"),
        ({"n_power_iterations": 0}, ValueError, "Expected n_power_iterations to be positive, but "
         "got n_power_iterations=0"),
        ({"n_power_iterations": -1}, ValueError, "got n_power_iterations=-1"),
        ({"name": "foo"}, ValueError, "has no parameter or buffer with name 'foo'"),
        ({"name": "in_features"}, ValueError, "has no parameter or buffer with name 'in_features'"),
    ],
)  # fmt: skip
def test_spectral_norm_refuses_by_name(given, error, text):
    layer = nn.Linear(2, 3)
    before = portrait(layer)
    with pytest.raises(error, match=text):
        spectral_norm(layer, **given)
    assert portrait(layer) == before


@promise("3.1.9", "3.7.4")
def test_spectral_norm_may_follow_another_one():
    layer = spectral_norm(linear(Doubled), n_power_iterations=30)
    for _ in range(5):
        value = array(layer.weight)
    assert np.linalg.svd(value, compute_uv=False)[0] == pytest.approx(1.0, abs=1e-4)
