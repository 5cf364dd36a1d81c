"""Weight normalisation: the length of a weight and its direction are trained separately."""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.utils.parametrize import register_parametrization
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import ones_like
from minitorch_lazy.ops.norms import vector_norm

M = TypeVar("M", bound=Module)


def norm_except(v: Tensor, dim: int | None) -> Tensor:
    """Return the lengths of the slices along a dimension, or of the whole where it is None.

    >>> norm_except(torch.ones(2, 4), 0)
    tensor([[2.],
            [2.]])
    """
    if dim is None:
        return vector_norm(v)
    others = tuple(axis for axis in range(v.ndim) if axis != v.axis(dim))
    return vector_norm(v, 2, others, True) if others else v.abs()  # type: ignore[attr-defined,no-any-return]


def scaled(v: Tensor, g: Tensor, dim: int | None) -> Tensor:
    """Give the slices of v the lengths g: w = g v / |v|; slices of length 0 stay 0."""
    norm: Any = norm_except(v, dim)
    return v * (g / where(norm == 0, ones_like(norm), norm))  # type: ignore[no-any-return,operator]


class _WeightNorm(Module):
    """Split a weight into lengths g and directions v, and put them together again.

    Args:
        dim: the dimension along which lengths are taken; None for one length of the whole.
    """

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """Return g v / |v|."""
        return scaled(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Return the lengths of a weight, and the weight."""
        return norm_except(weight, self.dim), weight


class OldKeys:
    """Renames, in a state that is loaded, `weight_g` and `weight_v` of the older weight_norm."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, state_dict: Any, prefix: str, *_: Any) -> None:
        old = [f"{prefix}{self.name}_{letter}" for letter in "gv"]
        if all(key in state_dict for key in old):
            for place, key in enumerate(old):
                new = f"{prefix}parametrizations.{self.name}.original{place}"
                state_dict[new] = state_dict.pop(key)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Train the lengths of a weight's slices and their directions separately.

        w = g v / |v|

    where g is `parametrizations.weight.original0` and v is `parametrizations.weight.original1`.
    States of the older `nn.utils.weight_norm` can be loaded.

    Args:
        module: any module; a lazy one is parametrized when its shapes are known.
        name: of the weight.
        dim: the dimension whose slices have a length each; None for one length of the whole.
    Returns:
        The module.
    Raises:
        ValueError: there is no such tensor, or it is parametrized already.

    Source: torch.nn.utils.parametrizations.weight_norm; Salimans and Kingma (2016).

    >>> from minitorch_lazy.nn.utils.parametrizations import weight_norm
    >>> layer = weight_norm(nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    torch.Size([40, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(OldKeys(name))
    return module
