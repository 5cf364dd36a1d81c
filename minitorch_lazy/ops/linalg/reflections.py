"""Products of reflections."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import adjoint
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.diagonals import diag_embed, tril, triu
from minitorch_lazy.ops.linalg.checks import check_matrix, identity, spoken
from minitorch_lazy.ops.linalg.systems import substitute
from minitorch_lazy.ops.product import product


@public(name="orgqr")
def householder_product(input: Tensor, tau: Tensor) -> Tensor:
    """Return the first columns of H_1 H_2 ... H_k with H_i = I - tau_i v_i v_i^H.

    v_i is 0 above place i, 1 there, and below it what column i of the input holds. The product is
    taken at once, as I - V T V^H with T = (I + D triu(V^H V, 1))^-1 D and D = diag(tau).

    Args:
        input: (*, M, N) with M >= N; only what is below the diagonal counts.
        tau: (*, K) with K <= N.

    Returns:
        (*, M, N).

    Source: torch.linalg.householder_product, torch.orgqr; R. Schreiber, C. Van Loan, A
    storage-efficient WY representation for products of Householder transformations, 1989.

    >>> import minitorch_lazy as torch
    >>> A = torch.randn(4, 3)
    >>> a, tau = torch.geqrf(A)
    >>> Q = torch.linalg.householder_product(a, tau)
    >>> torch.allclose(Q @ a[:3].triu(), A, atol=1e-5)
    True
    """
    check_reflections(input, tau)
    (rows, columns), count = input.array.shape[-2:], tau.array.shape[-1]
    one = identity(input, rows, columns)
    v = tril(input[..., :count], -1) + one[:, :count]
    scales = diag_embed(tau)
    adjoint_v = adjoint(v)
    cross = product(scales, triu(product(adjoint_v, v), 1))
    middle = substitute(cross, scales, upper=True, unit=True)
    return one - product(product(v, middle), adjoint_v[..., :columns])


def check_reflections(input: Any, tau: Any) -> None:
    """Refuse vectors and scales that do not fit."""
    name = "torch.linalg.householder_product"
    check_matrix(name, input, "input")
    check_tensor(name, "tau", tau)
    (rows, columns), count = input.array.shape[-2:], tau.array.shape[-1] if tau.ndim else 0
    if rows < columns:
        what = "input.shape[-2] must be greater than or equal to input.shape[-1]"
    elif tau.ndim != input.ndim - 1:
        what = ("Expected tau to have one dimension less than input, but got tau.ndim equal to "
                f"{tau.ndim} and input.ndim is equal to {input.ndim}")  # fmt: skip
    elif columns < count:
        what = "input.shape[-1] must be greater than or equal to tau.shape[-1]"
    elif tau.array.shape[:-1] != input.array.shape[:-2]:
        what = ("Expected batch dimensions of tau to be equal to input.shape[:-2], but got "
                f"{list(tau.shape[:-1])}")  # fmt: skip
    elif tau.array.dtype != input.array.dtype:
        what = f"tau dtype {spoken(tau)} does not match input dtype {spoken(input)}"
    else:
        return
    raise refuse(RuntimeError, name, what, "use the two results of torch.geqrf",
                 input=input, tau=tau)  # fmt: skip
