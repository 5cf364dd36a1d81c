"""Constraints: tensors that stay symmetric, positive, bounded ... whatever the optimizer does.

Each is a module for `parametrize.register_parametrization`; `right_inverse` gives an original for
every tensor that fulfils the constraint, and for another one that of a tensor near it.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module
from minitorch_lazy.ops.linalg.checks import LinAlgError
from minitorch_lazy.ops.linalg.cholesky import lower_factor
from minitorch_lazy.ops.linalg.eigen import eigh
from minitorch_lazy.ops.linalg.svd import svd
from minitorch_lazy.ops.ranges import eye


def square(module: Module, X: Any) -> Any:
    """Refuse what is no square matrix, nor a batch of them.

    Raises:
        ValueError: its last two sizes differ, or it has fewer.
    """
    if X.ndim < 2 or X.shape[-2] != X.shape[-1]:
        raise refuse(ValueError, type(module).__name__, "the tensor must be a square matrix or a "
                     f"batch of them, got {tuple(X.shape)}", "choose a parametrization for any "
                     "shape, or a layer with as many inputs as outputs", X=X)  # fmt: skip
    return X


class Symmetric(Module):
    """Mirror the upper triangle: W = triu(X) + triu(X, 1)^T, so that W^T = W.

    Shapes:
        (*, n, n).

    >>> from minitorch_lazy.nn.utils.parametrizations import Symmetric
    >>> Symmetric()(torch.tensor([[1., 2.], [3., 4.]]))
    tensor([[1., 2.],
            [2., 4.]])
    """

    def forward(self, X: Any) -> Any:  # noqa: D102
        X = square(self, X)
        return X.triu() + X.triu(1).mT

    def right_inverse(self, A: Any) -> Any:
        """Return the upper triangle of the symmetric part."""
        A = square(self, A)
        return ((A + A.mT) / 2).triu()


class Skew(Module):
    """Subtract the mirror image of the part above the diagonal: W = triu(X, 1) - triu(X, 1)^T.

    Shapes:
        (*, n, n); W^T = -W.

    >>> from minitorch_lazy.nn.utils.parametrizations import Skew
    >>> Skew()(torch.tensor([[1., 2.], [3., 4.]]))
    tensor([[ 0.,  2.],
            [-2.,  0.]])
    """

    def forward(self, X: Any) -> Any:  # noqa: D102
        above = square(self, X).triu(1)
        return above - above.mT

    def right_inverse(self, A: Any) -> Any:
        """Return the part above the diagonal of the skew part."""
        A = square(self, A)
        return ((A - A.mT) / 2).triu(1)


class PositiveDefinite(Module):
    """Multiply a triangle with positive diagonal by its transpose: W = L L^T + eps I.

        L = tril(X, -1) + diag(softplus(diag(X)))

    Args:
        eps: a bound from below for the eigenvalues.

    Shapes:
        (*, n, n).
    """

    def __init__(self, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, X: Any) -> Any:  # noqa: D102
        diagonal = F.softplus(square(self, X).diagonal(0, -2, -1))
        L = X.tril(-1) + diagonal.diag_embed()
        return L @ L.mT + self.eps * eye(X.shape[-1], dtype=X.dtype, device=X.device)

    def right_inverse(self, A: Any) -> Any:
        """Return what gives a positive definite matrix.

        Of another one the eigenvalues are raised to 0.001 first.
        """
        A = square(self, A)
        L = factor((A + A.mT) / 2, self.eps)
        diagonal = L.diagonal(0, -2, -1)
        return L.tril(-1) + inverse_softplus(diagonal).diag_embed()


LEAST = 1e-3
"""The least eigenvalue of what takes the place of a matrix that is not positive definite."""


def factor(A: Any, eps: float) -> Any:
    """Return the triangle L with L L^T = A - eps I, A being raised where it has to be."""
    one = eye(A.shape[-1], dtype=A.dtype, device=A.device)
    try:
        return lower_factor(A - eps * one)
    except LinAlgError:
        values, vectors = eigh(A)
        raised = (vectors * values.clamp_min(LEAST)[..., None, :]) @ vectors.mT
        return lower_factor(raised)


class Positive(Module):
    """Make every element positive: W = softplus(X) = log(1 + exp(X)).

    >>> from minitorch_lazy.nn.utils.parametrizations import Positive
    >>> bool((Positive()(torch.tensor([-5., 0., 5.])) > 0).all())
    True
    """

    def forward(self, X: Any) -> Any:  # noqa: D102
        return F.softplus(X)

    def right_inverse(self, A: Any) -> Any:
        """Return log(exp(A) - 1); elements that are not positive become tiny."""
        return inverse_softplus(A)


def inverse_softplus(y: Any) -> Any:
    """Return x with softplus(x) = y, without overflow: y + log(1 - exp(-y))."""
    y = y.clamp_min(1e-7)
    return y + (-(-y).expm1()).log()


class Bounded(Module):
    """Keep every element between two bounds: W = low + (high - low) sigmoid(X).

    Args:
        low, high: the bounds, which are not reached.
    Raises:
        ValueError: low is not below high.
    """

    def __init__(self, low: float = -1.0, high: float = 1.0) -> None:
        super().__init__()
        if not low < high or math.isinf(high - low):
            raise ValueError(f"Bounded: low must be below high, and both finite, got {low} and "
                             f"{high}\n  mend    use Positive for a bound on one side")  # fmt: skip
        self.low, self.high = low, high

    def forward(self, X: Any) -> Any:  # noqa: D102
        return self.low + (self.high - self.low) * X.sigmoid()

    def right_inverse(self, A: Any) -> Any:
        """Return the logit; elements outside are moved just inside."""
        share = ((A - self.low) / (self.high - self.low)).clamp(1e-6, 1 - 1e-6)
        return (share / (1 - share)).log()

    def extra_repr(self) -> str:
        """Show the bounds."""
        return f"low={self.low}, high={self.high}"


class Sparse(Module):
    """Keep chosen elements at 0: W = X * mask.

    Args:
        mask: true, or 1, where an element may differ from 0; of the tensor's shape.
    """

    mask: Tensor

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, X: Any) -> Any:  # noqa: D102
        return X * self.mask.to(X.dtype)  # type: ignore[attr-defined]

    def right_inverse(self, A: Any) -> Any:
        """Return the tensor with those elements set to 0."""
        return self(A)


class LowRank(Module):
    """Multiply a thin matrix by a flat one: W = U V, of rank r at most.

    Args:
        rank: r; where a size of the matrix is smaller, that is its rank.

    Shapes:
        U (*, m, r), V (*, r, n), W (*, m, n).
    """

    def __init__(self, rank: int) -> None:
        super().__init__()
        if rank < 1:
            raise ValueError(f"LowRank: rank must be at least 1, got {rank}")
        self.rank = rank

    def forward(self, U: Any, V: Any) -> Any:  # noqa: D102
        return U @ V

    def right_inverse(self, A: Any) -> tuple[Any, Any]:
        """Return the factors of the nearest matrix of that rank, by singular values."""
        if A.ndim < 2:
            raise refuse(ValueError, "LowRank", "the tensor must be a matrix or a batch of them, "
                         f"got {tuple(A.shape)}", "parametrize a weight instead", A=A)  # fmt: skip
        U, S, Vh = svd(A, full_matrices=False)
        r = min(self.rank, S.shape[-1])
        root = S[..., :r].sqrt()
        return U[..., :r] * root[..., None, :], root[..., :, None] * Vh[..., :r, :]

    def extra_repr(self) -> str:
        """Show the rank."""
        return f"rank={self.rank}"


class Stochastic(Module):
    """Make every row a distribution: W = softmax(X) along the last dimension.

    >>> from minitorch_lazy.nn.utils.parametrizations import Stochastic
    >>> Stochastic()(torch.zeros(1, 4))
    tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """

    def forward(self, X: Any) -> Any:  # noqa: D102
        return X.softmax(-1)

    def right_inverse(self, A: Any) -> Any:
        """Return the logarithm; elements that are not positive become tiny."""
        return A.clamp_min(1e-12).log()
