"""Functions made of several primitives, on the stand-in for a GPU and on shapes alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.backends.registry import DEVICES
from minitorch_lazy.core.tensor import wrap
from tests.ops.linalg.oracle import hermitian, matrices
from tests.standin import stats
from tests.standin.backend import install

install()
L = torch.linalg
A, B = hermitian(2, 3, 3), matrices(2, 3, 2)

CALLS = {
    "householder_product": lambda a, b: L.householder_product(a, a[..., 0]),
    "solve, from the right": lambda a, b: L.solve(a, b.mT, left=False),
    "solve_triangular": lambda a, b: L.solve_triangular(a, b, upper=False, unitriangular=True),
    "cholesky_solve": lambda a, b: torch.cholesky_solve(b, L.cholesky(a)),
    "cholesky_inverse": lambda a, b: torch.cholesky_inverse(a, upper=True),
    "qr": lambda a, b: L.qr(b).R,
    "svd": lambda a, b: L.svd(b).S,
    "matrix_power 0": lambda a, b: L.matrix_power(a, 0),
    "matrix_power": lambda a, b: L.matrix_power(a, -3),
    "multi_dot": lambda a, b: L.multi_dot([a[0], a[1], b[0]]),
    "pinv": lambda a, b: L.pinv(b),
    "pinv of halves": lambda a, b: L.pinv(a, hermitian=True),
    "matrix_rank": lambda a, b: L.matrix_rank(b),
    "lstsq": lambda a, b: L.lstsq(b, a)[0],
    "cond": lambda a, b: L.cond(a, "nuc"),
    "cond of singular values": lambda a, b: L.cond(b),
    "matrix_norm": lambda a, b: L.matrix_norm(b, 2),
    "logdet": lambda a, b: torch.logdet(a),
    "tensorinv": lambda a, b: L.tensorinv(a[0], 1),
}


@pytest.mark.parametrize("name", CALLS)
def test_numbers_are_the_cpus_and_stay_on_the_device(name: str) -> None:
    function: Any = CALLS[name]
    right = function(torch.tensor(A), torch.tensor(B)).numpy()
    a, b = (wrap(DEVICES["strict"].from_numpy(x)) for x in (A, B))
    stats.clear()
    found = function(a, b)
    traffic = {what: stats[what] for what in ("h2d", "d2h", "sync") if stats[what]}
    stats.clear()
    assert traffic == {}
    np.testing.assert_allclose(DEVICES["strict"].to_numpy(found.array), right, atol=1e-9)


@pytest.mark.parametrize("name", CALLS)
def test_shapes_alone_are_enough(name: str) -> None:
    function: Any = CALLS[name]
    right = function(torch.tensor(A), torch.tensor(B))
    found = function(torch.tensor(A, device="meta"), torch.tensor(B, device="meta"))
    assert found.is_meta
    assert (found.shape, found.dtype) == (right.shape, right.dtype)
