"""The older weight_norm: a hook computes the weight before every call."""

from __future__ import annotations

import warnings
from typing import Any, TypeVar

from minitorch_lazy.errors import mended
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import Parameter, is_lazy
from minitorch_lazy.nn.utils.parametrizations.weight import norm_except, scaled

M = TypeVar("M", bound=Module)


class WeightNorm:
    """The hook: computes `weight` of `weight_g` and `weight_v`.

    Source: torch.nn.utils.weight_norm.WeightNorm.
    """

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, dim

    def compute_weight(self, module: Any) -> Any:
        """Return g v / |v|."""
        g, v = (getattr(module, f"{self.name}_{letter}") for letter in "gv")
        return scaled(v, g, self.dim)

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def check_lazy(weight: Any, name: str, what: str) -> None:
    """Refuse a lazy weight: the older norms need its shape."""
    if is_lazy(weight):
        raise ValueError(
            f"The module passed to `{name}` can't have uninitialized parameters. Make sure to run "
            f"the dummy forward before applying {what} normalization\n"
            f"  mend    nn.utils.parametrizations.{what}_norm works on lazy layers"
        )


def check_single(module: Any, kind: type, name: str, what: str) -> None:
    """Refuse a second hook of one kind on a parameter."""
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, kind) and hook.name == name:  # type: ignore[attr-defined]
            raise RuntimeError(
                f"Cannot register two {what}_norm hooks on the same parameter {name}"
            )


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Train length and direction of a weight separately, by a hook; see parametrizations.

    Args:
        module: one that is not lazy.
        name: of the weight, which `name_g` and `name_v` take the place of.
        dim: the dimension whose slices have a length each; None for one length of the whole.
    Returns:
        The module.
    Raises:
        ValueError: the weight is lazy.
        RuntimeError: it has such a hook already.

    Source: torch.nn.utils.weight_norm, which is deprecated too.
    """
    warnings.warn(
        "`nn.utils.weight_norm` is deprecated in favor of "
        "`nn.utils.parametrizations.weight_norm`.", FutureWarning, stacklevel=2,
    )  # fmt: skip
    check_single(module, WeightNorm, name, "weight")
    weight: Any = getattr(module, name)
    check_lazy(weight, "WeightNorm", "weight")
    hook = WeightNorm(name, dim)
    delattr(module, name)
    module.register_parameter(name + "_g", Parameter(norm_except(weight, dim).detach()))  # type: ignore[attr-defined]
    module.register_parameter(name + "_v", Parameter(weight.data))
    hook(module, ())
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make a weight an ordinary parameter again, with the value that it has.

    Raises:
        ValueError: there is no such hook.

    Source: torch.nn.utils.remove_weight_norm.
    """
    for number, hook in module._forward_pre_hooks.items():
        if isinstance(hook, WeightNorm) and hook.name == name:
            weight = hook.compute_weight(module)
            for part in (name, name + "_g", name + "_v"):
                delattr(module, part)
            setattr(module, name, Parameter(weight.detach()))
            del module._forward_pre_hooks[number]
            return module
    raise mended(
        ValueError(f"weight_norm of '{name}' not found in {module}"),
        f"what nn.utils.parametrizations.weight_norm made is taken off by "
        f"parametrize.remove_parametrizations(module, {name!r})",
    )
