"""Einstein's convention."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

SIZES = {"a": 2, "b": 3, "c": 4, "d": 2, "i": 3, "j": 3, "k": 2, "Z": 2, "A": 3}
EQUATIONS = [
    "ij,jk->ik", "bac,bcd->bad", "i,i", "i,j->ij", "ij->ji", "ij->", "ii->i", "ii", "ij,ij->i",
    "ab,bc,cd->ad", "abc,bd,ac->cd", "ik,kj", "Ai,iZ", "ab,b", "iij,j->i", "ab,cd->bd",
]  # fmt: skip


def operands(equation: str) -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    terms = equation.split("->")[0].split(",")
    return [draw.normal(size=[SIZES[letter] for letter in term]) for term in terms]


@pytest.mark.parametrize("equation", EQUATIONS)
def test_values_are_numpys_and_gradients_those_of_differences(equation: str) -> None:
    arrays = operands(equation)
    y = torch.einsum(equation, *(torch.tensor(a) for a in arrays))
    np.testing.assert_allclose(y.numpy(), np.einsum(equation, *arrays), atol=1e-12)
    check_gradient(lambda *xs: torch.einsum(equation, *xs), *arrays)


def test_an_ellipsis_broadcasts_leading_dimensions() -> None:
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=(5, 1, 2, 3)), draw.normal(size=(4, 3, 2))
    for equation in ("...ij,...jk->...ik", "...ij,...jk", "i...j,jk...->...ik"):
        if equation.startswith("i"):
            a, b = np.moveaxis(a, -2, 0), np.moveaxis(b, 0, -1)
        y = torch.einsum(equation, [torch.tensor(a), torch.tensor(b)])
        np.testing.assert_allclose(y.numpy(), np.einsum(equation, a, b))


def test_lists_of_numbers_name_dimensions_too() -> None:
    a, b = operands("ij,jk->ik")
    x, w = torch.tensor(a), torch.tensor(b)
    np.testing.assert_allclose(torch.einsum(x, [0, 1], w, [1, 2], [0, 2]).numpy(), a @ b)
    np.testing.assert_allclose(torch.einsum(x, [Ellipsis, 1], w, [1, 2]).numpy(), a @ b)


def test_a_size_of_one_is_broadcast() -> None:
    y = torch.einsum("ij,jk->ik", torch.ones(2, 1), torch.ones(3, 4))
    assert y.tolist() == [[3.0] * 4] * 2


def test_integers_are_exact() -> None:
    large = 2**53 + 1
    assert torch.einsum("i,i->", torch.tensor([large]), torch.tensor([1])).item() == large


@pytest.mark.parametrize(
    ("equation", "shapes", "words"),
    [
        ("ij,jk", [(2, 3)], "operands were provided"),
        ("ij->k", [(2, 3)], "does not appear in the equation for any input operand"),
        ("ij->ii", [(2, 3)], "appears more than once in the output"),
        ("ijk", [(2, 3)], "does not match the number of dimensions"),
        ("ij,jk", [(2, 3), (4, 2)], "does not broadcast with previously seen size"),
        ("i1", [(2, 3)], "invalid subscript"),
        ("ii", [(2, 3)], "sizes don't match"),
    ],
)  # fmt: skip
def test_equations_that_make_no_sense_are_refused(
    equation: str, shapes: list[tuple[int, ...]], words: str
) -> None:
    with pytest.raises(RuntimeError, match=words):
        torch.einsum(equation, *(torch.ones(shape) for shape in shapes))
