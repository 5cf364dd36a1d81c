"""Pseudoinverses, ranks and least squares."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.dtype import finfo
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.broadcast import broadcast_shapes, expand
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.elementwise import abs as absolute
from minitorch_lazy.ops.linalg.checks import LinAlgError, check_matrix, check_square, mH, spoken
from minitorch_lazy.ops.linalg.svd import svdvals
from minitorch_lazy.ops.product import product
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape


def pull_pinv(xp: Any, g: Any, A: Any, y: Any) -> Any:
    """Pull back through Y = A^+, for matrices whose rank does not change.

    g_A = -(Y K)^H + K Y^H - A Y K Y^H + Y^H Y (g^H - K A) with K = g^H Y; gradients are conjugated
    on the way in and out.

    Source: G. Golub, V. Pereyra, The differentiation of pseudo-inverses and nonlinear least squares
    problems whose variables separate, 1973.
    """
    gh = mH(xp, xp.conj(g))
    K = xp.matmul(gh, y)
    outer = xp.matmul(K, mH(xp, y))
    gA = outer - mH(xp, xp.matmul(y, K)) - xp.matmul(A, xp.matmul(y, outer))
    gA = gA + xp.matmul(mH(xp, y), xp.matmul(y, gh - xp.matmul(K, A)))
    return xp.conj(gA)


pseudoinverse = primitive(
    "pinv", arguments="A atol rtol", static="hermitian", exempt="atol rtol", A=pull_pinv,
    node_name="LinalgPinv",
)  # fmt: skip
counted = primitive("rank", arguments="A atol rtol", static="hermitian", exempt="atol rtol")


def bounds(A: Tensor, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """Fill in the bounds that were not given: max(M, N) roundings relative to the largest."""
    if rtol is None:
        size = max(A.array.shape[-2:])
        rtol = finfo(A.dtype).eps * size if atol is None else 0.0
    return (0.0 if atol is None else atol), rtol


def check_half(name: str, A: Tensor, hermitian: bool) -> None:
    """Refuse what is no stack of matrices, or of square ones where they should be Hermitian."""
    (check_square if hermitian else check_matrix)(name, A)


def pinv(
    input: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Return the pseudoinverse: the inverse of what a matrix does on its rows' space.

    Singular values up to max(atol, rtol * the largest) count as 0.

    Args:
        input: (*, M, N).
        rcond: another name of rtol.
        hermitian: take A to be Hermitian, and read its lower half.
        atol: a number, or a tensor that broadcasts to (*); 0 where it is None.
        rtol: the same; max(M, N) times the type's eps where atol is None too, else 0.

    Returns:
        (*, N, M); its gradient is right where the rank does not change.

    Source: torch.linalg.pinv.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.pinv(torch.tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    check_half("linalg.pinv", input, hermitian)
    atol, rtol = bounds(input, atol, rcond if rtol is None else rtol)
    return pseudoinverse(input, atol, rtol, hermitian=bool(hermitian))


@public
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Do what `linalg.pinv` does, with another default.

    Source: torch.pinverse.
    """
    return pinv(input, rcond)


def matrix_rank(
    input: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Count the singular values above max(atol, rtol * the largest).

    Args:
        input: (*, M, N).
        tol: another name of atol.
        hermitian: take A to be Hermitian, and read its lower half.
        atol, rtol: see `pinv`.

    Returns:
        int64 (*).

    Source: torch.linalg.matrix_rank.
    """
    check_half("torch.linalg.matrix_rank", input, hermitian)
    atol, rtol = bounds(input, tol if atol is None else atol, rtol)
    return counted(input, atol, rtol, hermitian=bool(hermitian))


DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def lstsq(
    input: Tensor, b: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> Any:
    """Return the X of least norm among those for which the norm of A X - B is least.

    With A = input and B = b it is A^+ B, whatever the driver, which tells what is returned with it.

    Args:
        input: (*, M, N).
        b: (*, M, K), or (*, M) with one dimension less than the input.
        rcond: singular values up to rcond times the largest count as 0; eps * max(M, N).
        driver: "gelsy" (None) also gives the rank, "gels" residuals, "gelsd" and "gelss" all.

    Returns:
        named tuple (solution, residuals, rank, singular_values): (*, N, K) or (*, N), real (*, K),
        int64 (*), real (*, min(M, N)); what is not given is empty. Residuals are the squares of
        the norms, where M > N and all ranks are N.

    Source: torch.linalg.lstsq.

    >>> import minitorch_lazy as torch
    >>> A, B = torch.tensor([[1., 0.], [1., 1.], [1., 2.]]), torch.tensor([[1.], [3.], [5.]])
    >>> torch.linalg.lstsq(A, B).solution.round(decimals=3)
    tensor([[1.],
            [2.]])
    """
    driver = "gelsy" if driver is None else driver
    check_least_squares(input, b, driver)
    vector = b.ndim == input.ndim - 1
    right = reshape(b, *b.shape, 1) if vector else b
    stack = tuple(broadcast_shapes(input.shape[:-2], right.shape[:-2]))
    input = expand(input, (*stack, *input.shape[-2:]))
    atol, rtol = bounds(input, None, rcond)
    solution = product(inverse_of(input, b, atol, rtol), right)
    rank = counted(input, atol, rtol, hermitian=False)
    nothing = absolute(reshape(solution, -1)[:0])
    rows, columns = input.array.shape[-2:]
    full = driver == "gels" or (driver != "gelsy" and bool((rank == columns).all()))
    residuals = nothing
    if rows > columns and full:
        residuals = squared_length(product(input, solution) - right)
    return return_types.linalg_lstsq(
        reshape(solution, solution.array.shape[:-1]) if vector else solution,
        reshape(residuals, residuals.array.shape[:-1]) if vector and residuals.ndim > 1
        else residuals,
        rank.new_empty((0,)) if driver == "gels" else rank,
        svdvals(input.detach()) if driver in ("gelsd", "gelss") else nothing.detach(),
    )  # fmt: skip


def inverse_of(input: Tensor, b: Tensor, atol: Any, rtol: Any) -> Tensor:
    """Return the pseudoinverse that solves for least squares, failing under that name."""
    try:
        return pseudoinverse(input, atol, rtol, hermitian=False)
    except LinAlgError:
        raise refuse(LinAlgError, "torch.linalg.lstsq", "The algorithm failed to converge because "
                     "the input matrix contained non-finite values.", "look for nan and inf in "
                     "input", input=input, b=b) from None  # fmt: skip


def squared_length(x: Tensor) -> Tensor:
    """Sum the squares of magnitudes along columns."""
    size = absolute(x)
    return total(size * size, -2)


def check_least_squares(A: Any, B: Any, driver: str) -> None:
    """Refuse sides that do not fit, and drivers that are none."""
    name = "torch.linalg.lstsq"
    if driver not in DRIVERS:
        raise refuse(RuntimeError, name, "parameter `driver` should be one of "
                     f"({', '.join(DRIVERS)})", "choose one of them", driver=driver)  # fmt: skip
    check_matrix(name, A, "input")
    check_tensor(name, "other", B)
    if A.array.dtype != B.array.dtype:
        raise refuse(RuntimeError, name, "Expected input and other to have the same "
                     f"dtype, but got input's dtype {spoken(A)} and other's dtype {spoken(B)}",
                     f"use other.to({A.dtype})", input=A, other=B)  # fmt: skip
    rows = B.array.shape[-1 if B.ndim == A.ndim - 1 else -2] if B.ndim else 0
    if rows != A.array.shape[-2]:
        raise refuse(RuntimeError, name, "input.size(-2) should match other.size(-2)",
                     "give both as many rows", input=A, other=B)  # fmt: skip
