"""Powers and chains of products."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.ops.linalg.powers import cuts
from tests.ops.linalg.oracle import compare, matrices

L = torch.linalg


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 5, 8])
def test_powers_are_numpys(n: int) -> None:
    A = matrices(2, 3, 3)
    np.testing.assert_allclose(L.matrix_power(torch.tensor(A), n).numpy(),
                               np.linalg.matrix_power(A, n))  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("n", [-2, 0, 1, 3])
def test_powers_have_torchs_derivatives(n: int) -> None:
    compare(lambda T, a: T.matrix_power(a, n) + 0 * a * a, matrices(3, 3))


def test_powers_of_integers_stay_integers_and_are_never_the_matrix_itself() -> None:
    A = torch.tensor([[1, 1], [0, 1]])
    assert A.matrix_power(4).tolist() == [[1, 4], [0, 1]]
    A.matrix_power(1).fill_(7)
    assert A.tolist() == [[1, 1], [0, 1]]
    with pytest.raises(RuntimeError, match="linalg.inv: Expected a floating point"):
        A.matrix_power(-1)
    with pytest.raises(TypeError, match="argument 'n' .* must be int, not float"):
        A.matrix_power(2.0)


@pytest.mark.parametrize("shapes", [
    [(2, 3), (3, 4)], [(5, 1), (1, 5), (5, 2), (2, 7)], [(3,), (3, 4), (4, 2)],
    [(2, 3), (3, 4), (4,)], [(3,), (3, 4), (4,)], [(3,), (3,)],
])  # fmt: skip
def test_a_chain_is_the_product_of_its_parts(shapes: list) -> None:
    parts = [matrices(*s, seed=i) for i, s in enumerate(shapes)]
    found = L.multi_dot([torch.tensor(p) for p in parts])
    right = reduce(np.matmul, parts)
    assert found.shape == right.shape
    np.testing.assert_allclose(found.numpy(), right)


def test_a_chain_takes_the_cheapest_order() -> None:
    best = cuts([30, 35, 15, 5, 10, 20, 25])  # the example of the textbook: ((A(BC))((DE)F))
    assert (best[0, 5], best[0, 2], best[3, 5]) == (2, 0, 4)


def test_what_makes_no_chain_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"multi_dot\(\): expected at least 2 tensors but got 1"):
        L.multi_dot([torch.ones(2, 2)])
    with pytest.raises(RuntimeError, match=r"tensors 0 and 1 with shapes \[2, 2\] and \[3, 2\]"):
        L.multi_dot([torch.ones(2, 2), torch.ones(3, 2)])
    with pytest.raises(RuntimeError, match="tensor 1 must be 2D but got 3D"):
        L.multi_dot([torch.ones(2), torch.ones(2, 2, 2), torch.ones(2)])
    with pytest.raises(RuntimeError, match="must have be the same dtype but tensor 0 is Float"):
        L.multi_dot([torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64)])
