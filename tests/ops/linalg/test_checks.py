"""What linear algebra refuses, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minitorch_lazy as torch

L = torch.linalg
SQUARE = [
    ("linalg.inv", L.inv), ("linalg.cholesky", L.cholesky), ("linalg.det", L.det),
    ("linalg.matrix_exp", L.matrix_exp), ("linalg.eigh", L.eigh), ("linalg.eigvals", L.eigvals),
    ("linalg.slogdet", L.slogdet), ("linalg.matrix_power", lambda A: L.matrix_power(A, 2)),
]  # fmt: skip
OBLONG = [
    ("linalg.qr", L.qr), ("linalg.svd", L.svd), ("linalg.svd", L.svdvals), ("linalg.pinv", L.pinv),
    ("torch.linalg.matrix_rank", L.matrix_rank),
]  # fmt: skip


@pytest.mark.parametrize(("name", "function"), SQUARE)
def test_matrices_must_be_square(name: str, function: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match=f"{name}: A must be batches of square matrices"):
        function(torch.ones(3, 2))


@pytest.mark.parametrize(("name", "function"), SQUARE[:-1] + OBLONG)
def test_vectors_and_integers_are_refused(name: str, function: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match=f"{name}: The input tensor A must have at least 2"):
        function(torch.ones(2))
    with pytest.raises(RuntimeError, match="Expected a floating point or complex tensor.*Int"):
        function(torch.ones(2, 2).int())
    with pytest.raises(TypeError, match="argument '(A|input)' .position 1. must be Tensor, not"):
        function([[1.0]])


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
@pytest.mark.parametrize(("name", "function"), [s for s in SQUARE[:-1] + OBLONG
                                                if s[0] != "linalg.matrix_exp"])  # fmt: skip
def test_numbers_of_16_bits_are_refused(name: str, function: Any, kind: str) -> None:
    with pytest.raises(RuntimeError, match="Low precision dtypes not supported|not implemented"):
        function(torch.eye(2, dtype=getattr(torch, kind)))


FAILURES = [
    (lambda: L.inv(torch.zeros(2, 2)),
     r"linalg.inv: The diagonal element 1 is zero, .* because the input matrix is singular."),
    (lambda: L.inv(torch.stack([torch.eye(3), torch.ones(3, 3)])),
     r"linalg.inv: \(Batch element 1\): The diagonal element 2 is zero"),
    (lambda: L.matrix_power(torch.ones(2, 2), -1), "linalg.inv: The diagonal element 2 is zero"),
    (lambda: L.solve(torch.ones(2, 2), torch.ones(2)),
     "torch.linalg.solve: The solver failed because the input matrix is singular."),
    (lambda: L.solve(torch.stack([torch.eye(2), torch.ones(2, 2)]), torch.ones(2, 1)),
     r"\(Batch element 1\)"),
    (lambda: L.cholesky(-torch.eye(3)), r"linalg.cholesky: The factorization could not be "
     r"completed because the input is not positive-definite \(the leading minor of order 1"),
    (lambda: L.cholesky(torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])),
     r"\(Batch element 1\).*the leading minor of order 2 is not positive-definite"),
    (lambda: L.svd(torch.full((2, 2), float("nan"))), "linalg.svd: .*non-finite values"),
    (lambda: L.svdvals(torch.full((2, 2), float("nan"))), "linalg.svd: .*non-finite values"),
    (lambda: L.eigh(torch.full((2, 2), float("nan"))), "linalg.eigh.*failed to converge"),
    (lambda: L.eigvalsh(torch.full((2, 2), float("inf"))), "failed to converge"),
    (lambda: L.eigvals(torch.full((2, 2), float("nan"))), "failed to converge"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "phrase"), FAILURES)
def test_failures_are_linalg_errors_in_torchs_words_with_a_mend(call: Any, phrase: str) -> None:
    with pytest.raises(L.LinAlgError, match=phrase) as caught:
        call()
    assert "mend" in str(caught.value)
    assert isinstance(caught.value, RuntimeError)


def test_sides_of_an_equation_must_fit() -> None:
    A = torch.eye(2)
    with pytest.raises(RuntimeError, match=r"Incompatible shapes .* AX = B \(2x2 and 3x1\)"):
        L.solve(A, torch.ones(3, 1))
    with pytest.raises(RuntimeError, match=r"Incompatible shapes .* XA = B \(2x2 and 2x1\)"):
        L.solve_triangular(A, torch.ones(2, 1), upper=True, left=False)
    with pytest.raises(RuntimeError, match="found A of type Float and B of type Double"):
        L.solve(A, torch.ones(2, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="cannot be broadcast"):
        L.solve(torch.stack([A, A]), torch.ones(3, 2, 1))


def test_words_that_choose_are_checked() -> None:
    with pytest.raises(RuntimeError, match="unrecognized mode 'x' but expected one of 'reduced'"):
        L.qr(torch.eye(2), "x")
    with pytest.raises(RuntimeError, match="Expected UPLO argument to be 'L' or 'U', but got x"):
        L.eigh(torch.eye(2), "x")
    with pytest.raises(RuntimeError, match="`driver=` is only supported on CUDA"):
        L.svd(torch.eye(2), driver="gesvd")
    with pytest.raises(RuntimeError, match=r"should be one of \(gels, gelsy, gelsd, gelss\)"):
        L.lstsq(torch.eye(2), torch.eye(2), driver="x")
    with pytest.raises(RuntimeError, match="invalid norm type: x"):
        L.cond(torch.eye(2), "x")
    with pytest.raises(RuntimeError, match="Order 3 not supported"):
        L.matrix_norm(torch.eye(2), 3)
