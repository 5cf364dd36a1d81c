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
from minitorch_lazy.ops.linalg.checks import check_matrix, check_square, mH, spoken
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
    A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Return the pseudoinverse: the inverse of what a matrix does on its rows' space.

    Singular values up to max(atol, rtol * the largest) count as 0.

    Args:
        A: (*, M, N).
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
    check_half("linalg.pinv", A, hermitian)
    atol, rtol = bounds(A, atol, rcond if rtol is None else rtol)
    return pseudoinverse(A, atol, rtol, hermitian=bool(hermitian))


@public
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """Do what `linalg.pinv` does, with another default.

    Source: torch.pinverse.
    """
    return pinv(input, rcond)


def matrix_rank(
    A: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None
) -> Tensor:
    """Count the singular values above max(atol, rtol * the largest).

    Args:
        A: (*, M, N).
        tol: another name of atol.
        hermitian: take A to be Hermitian, and read its lower half.
        atol, rtol: see `pinv`.

    Returns:
        int64 (*).

    Source: torch.linalg.matrix_rank.
    """
    check_half("torch.linalg.matrix_rank", A, hermitian)
    atol, rtol = bounds(A, tol if atol is None else atol, rtol)
    return counted(A, atol, rtol, hermitian=bool(hermitian))


DRIVERS = ("gels", "gelsy", "gelsd", "gelss")


def lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """Return the X of least norm among those for which the norm of A X - B is least.

    It is A^+ B, whatever the driver; drivers tell what is returned with it.

    Args:
        A: (*, M, N).
        B: (*, M, K), or (*, M) with one dimension less than A.
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
    check_least_squares(A, B, driver)
    vector = B.ndim == A.ndim - 1
    right = reshape(B, *B.shape, 1) if vector else B
    stack = tuple(broadcast_shapes(A.shape[:-2], right.shape[:-2]))
    A = expand(A, (*stack, *A.shape[-2:]))
    atol, rtol = bounds(A, None, rcond)
    solution = product(pseudoinverse(A, atol, rtol, hermitian=False), right)
    rank = counted(A, atol, rtol, hermitian=False)
    nothing = absolute(reshape(solution, -1)[:0])
    rows, columns = A.array.shape[-2:]
    full = driver == "gels" or (driver != "gelsy" and bool((rank == columns).all()))
    residuals = squared_length(product(A, solution) - right) if rows > columns and full else nothing
    return return_types.linalg_lstsq(
        reshape(solution, solution.array.shape[:-1]) if vector else solution,
        reshape(residuals, residuals.array.shape[:-1]) if vector and residuals.ndim > 1
        else residuals,
        rank.new_empty((0,)) if driver == "gels" else rank,
        svdvals(A.detach()) if driver in ("gelsd", "gelss") else nothing.detach(),
    )  # fmt: skip


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
