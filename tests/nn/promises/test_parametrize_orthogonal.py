"""orthogonal: orthonormal rows or columns, by three maps."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrizations
from tests.nn.promises.parametrized import array, portrait
from tests.nn.promises.rows import promise

MAPS = ["matrix_exp", "cayley", "householder"]
SHAPES = {"square": "Linear(4, 4)", "tall": "Linear(3, 5)", "wide": "Linear(5, 3)",
          "batch": "Bilinear(3, 3, 2)"}  # fmt: skip


def made(line, **options):
    torch.manual_seed(0)
    return parametrizations.orthogonal(eval(f"nn.{line}", {"nn": nn, "torch": torch}), **options)


def check_orthonormal(weight, tolerance=1e-5):
    Q = weight if weight.shape[-2] >= weight.shape[-1] else np.swapaxes(weight, -1, -2)
    product = np.swapaxes(Q, -1, -2).conj() @ Q
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(Q.shape[-1]), product.shape),
                               atol=tolerance)  # fmt: skip


@promise("3.7.8")
@pytest.mark.parametrize("line", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", [None, *MAPS])
@pytest.mark.parametrize("trivial", [True, False])
def test_the_weight_is_orthonormal_and_stays_so_in_training(line, name, trivial):
    layer = made(line, orthogonal_map=name, use_trivialization=trivial)
    check_orthonormal(array(layer.weight))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    before = array(layer.weight)
    target = torch.linspace(-1, 1, before.size).reshape(before.shape)
    for _ in range(20):
        optimizer.zero_grad()
        ((layer.weight - target) ** 2).sum().backward()
        optimizer.step()
        check_orthonormal(array(layer.weight), 1e-4)
    assert np.abs(array(layer.weight) - before).max() > 1e-3


@promise("3.7.8")
@pytest.mark.parametrize("name", MAPS)
def test_its_gradient_is_right(name):
    layer = made("Linear(3, 3, dtype=torch.float64)", orthogonal_map=name)
    found = layer.parametrizations.weight
    original = found.original.detach()
    below = torch.linspace(-1, 1, 9, dtype=torch.float64).reshape(3, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda X: found[0](original + X.tril(-1)), (below,))


@promise("3.7.9")
def test_the_map_follows_from_the_shape():
    due = {"Linear(4, 4)": "matrix_exp", "Linear(3, 5)": "householder",
           "Linear(3, 5, dtype=torch.complex64)": "matrix_exp"}  # fmt: skip
    for line, name in due.items():
        plain, named = made(line), made(line, orthogonal_map=name)
        for layer in (plain, named):
            original = layer.parametrizations.weight.original
            with torch.no_grad():
                original.add_(torch.full_like(original, 0.3).tril(-1))
        np.testing.assert_array_equal(array(plain.weight), array(named.weight))
        other = made(line, orthogonal_map="cayley")
        assert type(other.parametrizations.weight[0]) is type(plain.parametrizations.weight[0])


@promise("3.7.9", "3.1.4")
def test_it_holds_a_base_with_trivialization_alone():
    layer = made("Linear(4, 4)")
    assert list(layer.state_dict()) == [
        "bias", "parametrizations.weight.original", "parametrizations.weight.0.base"]  # fmt: skip
    assert "base" not in str(list(made("Linear(4, 4)", use_trivialization=False).state_dict()))
    assert "(0): _Orthogonal()" in repr(layer)


@promise("3.7.10")
@pytest.mark.parametrize(
    ("line", "options", "text"),
    [
        ("Linear(4, 4)", {"name": "bias"}, "Expected a matrix or batch of matrices. Got a "
         "tensor of 1 dimensions."),
        ("Linear(4, 4)", {"orthogonal_map": "x"}, 'orthogonal_map has to be one of "matrix_exp", '
         '"cayley", "householder". Got: x'),
        ("Linear(4, 4, dtype=torch.complex64)", {"orthogonal_map": "householder"}, "complex"),
        ("Linear(4, 4)", {"name": "foo"}, "has no parameter or buffer with name 'foo'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(line, options, text):
    layer = eval(f"nn.{line}", {"nn": nn, "torch": torch})
    orthogonal = parametrizations.orthogonal
    before = portrait(layer)
    with pytest.raises(ValueError, match=text):
        orthogonal(layer, **options)
    assert portrait(layer) == before


@promise("3.7.11")
@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("line", ["Linear(4, 4)", "Linear(3, 5)"])
def test_an_orthogonal_value_can_be_assigned(name, line):
    layer = made(line, orthogonal_map=name)
    random = np.random.default_rng(0).standard_normal(tuple(layer.weight.shape))
    value = torch.tensor(np.linalg.qr(random)[0].astype(np.float32))
    layer.weight = value
    np.testing.assert_allclose(array(layer.weight), value.numpy(), atol=1e-5)


@promise("3.7.11")
@pytest.mark.parametrize("name", ["matrix_exp", "cayley"])
def test_without_trivialization_assigning_is_refused(name):
    layer = made("Linear(4, 4)", orthogonal_map=name, use_trivialization=False)
    with pytest.raises(NotImplementedError, match="It is not possible to assign to the "):
        layer.weight = torch.eye(4)


@promise("3.7.11")
def test_a_value_of_a_wrong_shape_is_refused():
    layer = made("Linear(4, 4)")
    before = portrait(layer)
    with pytest.raises(ValueError, match="shape"):
        layer.weight = torch.eye(3)
    assert portrait(layer) == before


@promise("3.7.8", "3.7.9")
@pytest.mark.torch
@pytest.mark.parametrize("line", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("name", MAPS)
def test_the_numbers_are_those_of_torch(line, name):
    other = pytest.importorskip("torch")
    other.manual_seed(0)
    due = other.nn.utils.parametrizations.orthogonal(
        eval(f"nn.{line}", {"nn": other.nn}), orthogonal_map=name
    )
    layer = made(line, orthogonal_map=name)
    assert list(layer.state_dict()) == list(due.state_dict())
    assert repr(layer) == repr(due)
    for key, value in due.state_dict().items():
        np.testing.assert_allclose(layer.state_dict()[key].numpy(), value.numpy(), atol=2e-5)
    np.testing.assert_allclose(array(layer.weight), array(due.weight), atol=2e-5)
