"""Spectral normalisation: a weight is divided by its largest singular value."""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import mended
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn import modules
from minitorch_lazy.nn.laziness import arm
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import UninitializedBuffer, is_lazy
from minitorch_lazy.nn.utils.parametrize import register_parametrization
from minitorch_lazy.ops.create import empty

M = TypeVar("M", bound=Module)
TRANSPOSED = (modules.ConvTranspose1d, modules.ConvTranspose2d, modules.ConvTranspose3d)


class _SpectralNorm(Module):
    """Divide a weight by an estimate of its largest singular value; a vector by its length.

    In training every computation improves the estimate by some steps of the power method.

    Args:
        weight: what the estimate starts from; 15 steps are made at once, or, for a lazy weight,
            when its shape is known.
        n_power_iterations: steps for each computation.
        dim: the dimension of the rows when the weight is seen as a matrix.
        eps: least length that is divided by.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0,
                 eps: float = 1e-12) -> None:  # fmt: skip
        super().__init__()
        lazy = is_lazy(weight)
        ndim = len(weight.spec or (None, None)) if lazy else weight.ndim  # type: ignore[attr-defined]
        if not -ndim <= dim < ndim:
            raise mended(IndexError("Dimension out of range (expected to be in range of "
                                    f"[{-ndim}, {ndim - 1}] but got {dim})"),
                         "dim=0, the dimension of outputs")  # fmt: skip
        if n_power_iterations <= 0:
            raise mended(ValueError("Expected n_power_iterations to be positive, but got "
                                    f"n_power_iterations={n_power_iterations}"),
                         "n_power_iterations=1")  # fmt: skip
        self.dim, self.eps = dim % ndim, eps
        if ndim < 2:
            return
        self.n_power_iterations = n_power_iterations
        for name in ("_u", "_v"):
            self.register_buffer(
                name, UninitializedBuffer(dtype=weight.dtype, device=weight.device)
            )
        if lazy:
            arm(self)
        else:
            self.initialize_parameters(weight)

    def initialize_parameters(self, weight: Tensor) -> None:
        """Draw both singular vectors, and improve them by 15 steps."""
        if not self.has_uninitialized_params():
            return
        matrix = self.as_matrix(weight.detach())  # type: ignore[attr-defined]
        with no_grad():
            for buffer, size in zip((self._u, self._v), matrix.shape, strict=True):
                buffer.materialize((size,))  # type: ignore[attr-defined]
                drawn: Any = empty(size, dtype=matrix.dtype, device=matrix.device)
                buffer.copy_(F.normalize(drawn.normal_(0, 1), dim=0, eps=self.eps))  # type: ignore[attr-defined]
            self.improve(matrix, 15)

    def as_matrix(self, weight: Any) -> Any:
        """See the weight as a matrix whose rows are the slices along `dim`."""
        others = [axis for axis in range(weight.ndim) if axis != self.dim]
        return weight.permute(self.dim, *others).flatten(1)

    def improve(self, matrix: Any, steps: int) -> None:
        """Make steps of the power method."""
        with no_grad():
            for _ in range(steps):
                self._u.copy_(F.normalize(matrix @ self._v, dim=0, eps=self.eps))  # type: ignore[attr-defined]
                self._v.copy_(F.normalize(matrix.mH @ self._u, dim=0, eps=self.eps))  # type: ignore[attr-defined]

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight divided by its largest singular value."""
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self.as_matrix(weight)
        if self.training:
            self.improve(matrix.detach(), self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # type: ignore[attr-defined]
        return weight / (u.conj() * (matrix @ v)).sum()  # type: ignore[no-any-return,operator]

    def right_inverse(self, value: Tensor) -> Tensor:
        """Return the value as it is; its norm is divided out when the weight is read."""
        return value


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> M:  # fmt: skip
    """Divide a weight by its largest singular value, so that the layer stretches nothing.

        w = W / sigma(W),  sigma(W) = max over h of |W h| / |h|

    Args:
        module: any module; a lazy one is parametrized when its shapes are known.
        name: of the weight.
        n_power_iterations: steps of the power method for each computation in training.
        eps: least length that is divided by.
        dim: the dimension of the outputs: 0, or 1 for transposed convolutions.
    Returns:
        The module.
    Raises:
        ValueError: there is no such tensor, or the number of steps is not positive.
        IndexError: the weight has no such dimension.

    Source: torch.nn.utils.parametrizations.spectral_norm; Miyato et al. (2018).

    >>> from minitorch_lazy.nn.utils.parametrizations import spectral_norm
    >>> spectral_norm(nn.Linear(20, 40)).parametrizations.weight[0]._u.shape
    torch.Size([40])
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if dim is None:
        dim = 1 if isinstance(module, TRANSPOSED) else 0
    made = _SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, made)
