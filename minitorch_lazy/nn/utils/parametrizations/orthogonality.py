"""Orthogonal and unitary weights: columns, or rows, are orthonormal."""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import mended
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import UninitializedBuffer, is_lazy
from minitorch_lazy.nn.utils.parametrize import register_parametrization
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import zeros_like
from minitorch_lazy.ops.join import cat
from minitorch_lazy.ops.linalg.exponential import matrix_exp
from minitorch_lazy.ops.linalg.qr import geqrf
from minitorch_lazy.ops.linalg.reflections import householder_product
from minitorch_lazy.ops.linalg.systems import solve
from minitorch_lazy.ops.ranges import eye
from minitorch_lazy.ops.sample import randn

M = TypeVar("M", bound=Module)
MAPS = ("matrix_exp", "cayley", "householder")
EPSILON = {"float64": 2.0**-52, "complex128": 2.0**-52}
"""Distance of 1 from the next number, of the wide types; all others compute in float32."""


class _Orthogonal(Module):
    """Map a matrix to an orthogonal one, by one of three maps.

    Args:
        weight: what will be parametrized; a lazy one is met when its shape is known.
        orthogonal_map: one of MAPS; None for the usual one.
        use_trivialization: whether the map starts from the present weight, which is kept in `base`,
            and the original from zero.
    """

    base: Any

    def __init__(self, weight: Tensor, orthogonal_map: str | None, *,
                 use_trivialization: bool = True) -> None:  # fmt: skip
        super().__init__()
        self.shape: Any = None
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        waits = is_lazy(weight)
        if use_trivialization:
            later = UninitializedBuffer(dtype=weight.dtype, device=weight.device)
            self.register_buffer("base", later if waits else None)
        if not waits:
            self.meet(weight)

    def meet(self, weight: Any) -> None:
        """Learn the shape of the weight, and choose the map where none was asked for.

        Raises:
            ValueError: it is no matrix, or complex and to be made of reflections.
        """
        if weight.ndim < 2:
            raise mended(ValueError("Expected a matrix or batch of matrices. "
                                    f"Got a tensor of {weight.ndim} dimensions."),
                         "choose a tensor of two or more, such as a weight")  # fmt: skip
        square = weight.shape[-2] == weight.shape[-1]
        if self.orthogonal_map is None:
            free = square or weight.is_complex()
            self.orthogonal_map = "matrix_exp" if free else "householder"
        if weight.is_complex() and self.orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape

    def forward(self, X: Any) -> Any:
        """Return the orthogonal matrix; of a flat one the transpose is mapped."""
        if self.shape is None:
            self.meet(X)
        flat = X.shape[-2] < X.shape[-1]
        tall = X.mT if flat else X
        Q = reflected(tall) if self.orthogonal_map == "householder" else self.exponential(tall)
        if self.use_trivialization:
            Q = self.base @ Q
        return Q.mT if flat else Q

    def exponential(self, X: Any) -> Any:
        """Map the skew part of the lower triangle by exp, or by (I - A/2)^-1 (I + A/2)."""
        n, k = X.shape[-2:]
        lower = X.tril()
        if n != k:
            lower = cat([lower, X.new_zeros(*X.shape[:-2], n, n - k)], dim=-1)
        A = lower - lower.mH
        if self.orthogonal_map == "matrix_exp":
            Q: Any = matrix_exp(A)
        else:
            one: Any = eye(n, dtype=A.dtype, device=A.device)
            Q = solve(one - 0.5 * A, one + 0.5 * A)
        return Q[..., :k] if n != k else Q

    def right_inverse(self, Q: Any) -> Any:
        """Return the original of a matrix, which is made orthogonal where it is not.

        Raises:
            ValueError: it has another shape than the weight.
            NotImplementedError: the map cannot be inverted without a base.
        """
        if self.shape is None:
            self.meet(Q)
        if Q.shape != self.shape:
            raise mended(
                ValueError(f"Expected a matrix or batch of matrices of shape {self.shape}. "
                           f"Got a tensor of shape {Q.shape}."),
                f"assign a tensor of shape {tuple(self.shape)}",
            )  # fmt: skip
        with no_grad():
            return self.start_at(Q) if self.use_trivialization else self.reflections_of(Q)

    def start_at(self, Q: Any) -> Any:
        """Keep a matrix, filled up to a square one, as the base; its original is -I."""
        tall = Q.mT if Q.shape[-2] < Q.shape[-1] else Q
        n, k = tall.shape[-2:]
        if n != k:
            more = randn(*tall.shape[:-2], n, n - k, dtype=Q.dtype, device=Q.device)
            self.base = made_orthogonal(cat([tall, more], dim=-1))
        else:
            self.base = tall.clone() if is_orthogonal(tall) else made_orthogonal(tall)
        original: Any = zeros_like(Q)
        original.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return original

    def reflections_of(self, Q: Any) -> Any:
        """Return the reflections whose product is a matrix."""
        if self.orthogonal_map != "householder":
            raise mended(NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley "
                "parametrizations when use_trivialization=False."
            ), "use_trivialization=True, or orthogonal_map='householder'")  # fmt: skip
        flat = Q.shape[-2] < Q.shape[-1]
        A, tau = geqrf(Q.mT if flat else Q)
        diagonal = A.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()
        diagonal[tau == 0.0] *= -1
        return A.mT if flat else A


def reflected(X: Any) -> Any:
    """Multiply the reflections below the diagonal; the diagonal holds signs."""
    A = X.tril(-1)
    tau = 2.0 / (1.0 + (A * A).sum(-2))
    Q: Any = householder_product(A, tau)
    return Q * X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)


def made_orthogonal(A: Any) -> Any:
    """Return the orthogonal factor of a matrix, with the signs that make it unique.

    A matrix of less than full rank has zeros in place of signs; their columns keep their own.
    """
    X, tau = geqrf(A)
    Q: Any = householder_product(X, tau)
    signs = X.diagonal(dim1=-2, dim2=-1).sgn()
    return Q * where(signs == 0, 1, signs).unsqueeze(-2)


def is_orthogonal(Q: Any) -> bool:
    """Tell whether the columns of a matrix are orthonormal, up to rounding."""
    n, k = Q.shape[-2:]
    if Q.is_meta or n < k:
        return bool(Q.is_meta)
    one: Any = eye(k, dtype=Q.dtype, device=Q.device)
    epsilon = EPSILON.get(Q.dtype.name, 2.0**-23)
    return bool((Q.mH @ Q).allclose(one, atol=10 * n * epsilon))


def orthogonal(
    module: M, name: str = "weight", orthogonal_map: str | None = None, *,
    use_trivialization: bool = True,
) -> M:  # fmt: skip
    """Keep a weight orthogonal: Q^H Q = I, or Q Q^H = I where it is wider than high.

    Args:
        module: any module; a lazy one is parametrized when its shapes are known.
        name: of the weight, a matrix or a batch of matrices.
        orthogonal_map: "matrix_exp", exp(A), or "cayley", (I - A/2)^-1 (I + A/2), of a skew matrix
            A; or "householder", a product of reflections. The first for square and complex weights
            and the last for others, where none is given.
        use_trivialization: start the map at the present weight, kept in `base`.
    Returns:
        The module. Its weight keeps its value if that is orthogonal already.
    Raises:
        ValueError: there is no such tensor, it is no matrix, or there is no such map.

    Source: torch.nn.utils.parametrizations.orthogonal; Lezcano-Casado (2019).

    >>> from minitorch_lazy.nn.utils.parametrizations import orthogonal
    >>> Q = orthogonal(nn.Linear(20, 40)).weight
    >>> torch.allclose(Q.T @ Q, torch.eye(20), atol=1e-5)
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if orthogonal_map not in (None, *MAPS):
        raise mended(
            ValueError('orthogonal_map has to be one of "matrix_exp", "cayley", "householder". '
                       f"Got: {orthogonal_map}"),
            "orthogonal_map=None takes the one that fits the weight",
        )  # fmt: skip
    made = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)
