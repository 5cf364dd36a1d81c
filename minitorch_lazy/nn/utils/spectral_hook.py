"""The older spectral_norm: a hook computes the weight before every call."""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.errors import mended
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import Parameter
from minitorch_lazy.nn.utils.parametrizations.spectral import TRANSPOSED
from minitorch_lazy.nn.utils.weight_hook import check_lazy, check_single

M = TypeVar("M", bound=Module)


class SpectralNorm:
    """The hook: divides `weight_orig` by an estimate of its largest singular value.

    Source: torch.nn.utils.spectral_norm.SpectralNorm.
    """

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0,
                 eps: float = 1e-12) -> None:  # fmt: skip
        if n_power_iterations <= 0:
            raise ValueError("Expected n_power_iterations to be positive, but got "
                             f"n_power_iterations={n_power_iterations}")  # fmt: skip
        self.name, self.dim = name, dim
        self.n_power_iterations, self.eps = n_power_iterations, eps

    def reshape_weight_to_matrix(self, weight: Any) -> Any:
        """See the weight as a matrix whose rows are the slices along `dim`."""
        others = [axis for axis in range(weight.ndim) if axis != self.dim]
        return weight.permute(self.dim, *others).reshape(weight.shape[self.dim], -1)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Any:
        """Return the weight divided by the estimate, which is improved first where asked for."""
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        matrix = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(matrix.mT @ u, dim=0, eps=self.eps))
                    u.copy_(F.normalize(matrix @ v, dim=0, eps=self.eps))
                u, v = u.clone(), v.clone()
        return weight / (u * (matrix @ v)).sum()

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> M:  # fmt: skip
    """Divide a weight by its largest singular value, by a hook; see parametrizations.

    Args:
        module: one that is not lazy.
        name: of the weight, which `name_orig` takes the place of.
        n_power_iterations: steps of the power method for each call in training.
        eps: least length that is divided by.
        dim: the dimension of the outputs: 0, or 1 for transposed convolutions.
    Returns:
        The module.
    Raises:
        ValueError: the weight is None or lazy.
        RuntimeError: it has such a hook already.

    Source: torch.nn.utils.spectral_norm.
    """
    check_single(module, SpectralNorm, name, "spectral")
    if dim is None:
        dim = 1 if isinstance(module, TRANSPOSED) else 0
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    weight: Any = module._parameters[name]
    if weight is None:
        raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
    check_lazy(weight, "SpectralNorm", "spectral")
    with no_grad():
        sizes = hook.reshape_weight_to_matrix(weight).shape
        u, v = (F.normalize(weight.new_empty(n).normal_(0, 1), dim=0, eps=eps) for n in sizes)
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make a weight an ordinary parameter again, with the value that it has.

    Raises:
        ValueError: there is no such hook.

    Source: torch.nn.utils.remove_spectral_norm.
    """
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, SpectralNorm) and hook.name == name:
            with no_grad():
                weight = hook.compute_weight(module, do_power_iteration=False)
            for part in ("", "_u", "_v", "_orig"):
                delattr(module, name + part)
            module.register_parameter(name, Parameter(weight.detach()))
            del module._forward_pre_hooks[number]
            return module
    raise mended(
        ValueError(f"spectral_norm of '{name}' not found in {module}"),
        f"what nn.utils.parametrizations.spectral_norm made is taken off by "
        f"parametrize.remove_parametrizations(module, {name!r})",
    )
