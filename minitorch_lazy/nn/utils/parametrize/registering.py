"""Registering parametrizations on a tensor of a module, and taking them off again."""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import mended
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.container import ModuleDict
from minitorch_lazy.nn.parameter import Parameter
from minitorch_lazy.nn.registry import BUFFER, PARAMETER, PARAMETRIZED, TRANSIENT
from minitorch_lazy.nn.replacing import announce
from minitorch_lazy.nn.utils.parametrize.chain import ParametrizationList, overwrite
from minitorch_lazy.nn.utils.parametrize.checks import (
    check_name,
    check_next,
    check_takes_one,
    undone_on_failure,
)

M = TypeVar("M", bound=Module)


def register_parametrization(
    module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> M:
    """Let a tensor of a module be a function of the tensor that it was.

    From then on `module.weight` is `parametrization(original)`, where `original` is the old
    parameter, which an optimizer may hold already. A parametrization that has
    `right_inverse(tensor)` says from which original, or originals, a tensor comes: the value is
    kept at registration, and `module.weight = value` works. A second one is applied to the result
    of the first. On a lazy layer the checks are made when its shape is known.

    Args:
        module: any module.
        tensor_name: of a parameter, a buffer or a parametrized tensor.
        parametrization: a module whose `forward` takes the tensor and returns its like.
        unsafe: whether shape and type may change; nothing is checked then.
    Returns:
        The module, of the same class; its repr begins with "Parametrized".
    Raises:
        ValueError: there is no such tensor, or the parametrization does not fit it. The module
            and the parametrization are then as they were.

    Source: torch.nn.utils.parametrize.register_parametrization.

    >>> from minitorch_lazy.nn.utils import parametrize
    >>> class Symmetric(nn.Module):
    ...     def forward(self, X):
    ...         return X.triu() + X.triu(1).T
    ...     def right_inverse(self, A):
    ...         return A.triu()
    >>> layer = parametrize.register_parametrization(nn.Linear(5, 5), "weight", Symmetric())
    >>> torch.equal(layer.weight, layer.weight.T)
    True
    """
    with undone_on_failure(parametrization):
        parametrization.train(module.training)
        if is_parametrized(module, tensor_name):
            extend(module, tensor_name, parametrization, unsafe)
        elif kind_of(module, tensor_name) is not None:
            begin(module, tensor_name, parametrization, unsafe)
        else:
            raise mended(ValueError(
                f"Module '{module}' does not have a parameter, a buffer, or a parametrized "
                f"element with name '{tensor_name}'"
            ), f"choose from {', '.join(tensor_names(module)) or 'another module'}")  # fmt: skip
    return module


def tensor_names(module: Module) -> list[str]:
    """Return the names of the tensors that can be parametrized."""
    return [name for name in module.__dict__["__registry__"]
            if kind_of(module, name) is not None or is_parametrized(module, name)]  # fmt: skip


def kind_of(module: Module, name: str) -> str | None:
    """Return whether a name is that of a parameter or buffer that is there; None if not."""
    kind = module.__dict__["__registry__"].get(name)
    present = kind in (PARAMETER, BUFFER, TRANSIENT) and module.__dict__.get(name) is not None
    return kind if present else None


def begin(module: Module, name: str, parametrization: Module, unsafe: bool) -> None:
    """Register the first parametrization of a tensor."""
    check_name(module, name)
    original = module.__dict__[name]
    chain = ParametrizationList([parametrization], original, unsafe=unsafe)
    chain.train(module.training)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    # its place among the names stays: lazy layers draw in their order
    module.__dict__["__registry__"][name] = PARAMETRIZED
    del module.__dict__[name]
    module.parametrizations[name] = chain
    if not chain.is_tensor:
        announce(original, chain.originals)


def extend(module: Any, name: str, parametrization: Module, unsafe: bool) -> None:
    """Put a parametrization on top of those that a tensor has."""
    chain = module.parametrizations[name]
    check_takes_one(parametrization, name)
    if not unsafe and not chain.waiting:
        check_next(parametrization, getattr(module, name), name)
    chain.append(parametrization)
    chain.unsafe = chain.unsafe or unsafe


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Tell whether a tensor of a module, or any of them, is parametrized.

    Source: torch.nn.utils.parametrize.is_parametrized.
    """
    registry = getattr(module, "__dict__", {}).get("__registry__", {})
    if tensor_name is None:
        return PARAMETRIZED in registry.values()
    return registry.get(tensor_name) == PARAMETRIZED


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a parametrized tensor an ordinary parameter or buffer again.

    Args:
        leave_parametrized: keep the value that it has now; otherwise take the original's.
    Returns:
        The module. A single original stays the same object, which an optimizer may hold.
    Raises:
        ValueError: the tensor is not parametrized, or it has several originals and
            `leave_parametrized` is False.
        RuntimeError: the layer is lazy, and `leave_parametrized` is True.

    Source: torch.nn.utils.parametrize.remove_parametrizations.
    """
    if not is_parametrized(module, tensor_name):
        raise mended(
            ValueError(f"Module {module} does not have a parametrization on {tensor_name}"),
            f"ask is_parametrized(module, {tensor_name!r}) first",
        )
    chain: Any = module.parametrizations[tensor_name]
    tensor = plain_tensor(chain, leave_parametrized)
    old = chain.originals
    del module.__dict__["__registry__"][tensor_name]
    del module.parametrizations[tensor_name]
    if not is_parametrized(module):
        del module.parametrizations
    if isinstance(tensor, Parameter):
        module.register_parameter(tensor_name, tensor)
    else:
        module.register_buffer(tensor_name, tensor)
    if len(old) > 1:
        for place, original in enumerate(old):
            announce(original, [tensor] if not place else [])
    return module


def plain_tensor(chain: ParametrizationList, leave_parametrized: bool) -> Tensor:
    """Return the tensor that takes the place of a parametrized one."""
    if leave_parametrized and chain.waiting:
        raise RuntimeError(
            "remove_parametrizations: the value to leave is not known, the layer is still lazy\n"
            "  mend    call the layer once first, or give leave_parametrized=False"
        )
    if chain.is_tensor:
        if leave_parametrized:
            with no_grad():
                overwrite(chain.original, chain())
        return chain.original
    if not leave_parametrized:
        raise mended(ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        ), "leave_parametrized=True keeps the value that it has now")  # fmt: skip
    value = chain()
    wants = any(original.requires_grad for original in chain.originals)
    detached: Tensor = value.detach().clone()  # type: ignore[attr-defined]
    return Parameter(detached) if wants else detached


def type_before_parametrizations(module: Module) -> type:
    """Return the class of a module, which parametrizations do not change.

    Source: torch.nn.utils.parametrize.type_before_parametrizations.
    """
    return type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: M, tensor_name: str | None = None
) -> M:
    """Give a module the parametrizations and originals of another one; both then share them.

    Args:
        tensor_name: which tensor; all that are parametrized where not given.
    Returns:
        `to_module`; it is unchanged where `from_module` is not parametrized.

    Source: torch.nn.utils.parametrize.transfer_parametrizations_and_params.
    """
    if not is_parametrized(from_module):
        return to_module
    chains: Any = from_module.parametrizations
    for name in list(chains) if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach().clone()))
        for parametrization in chains[name]:
            register_parametrization(to_module, name, parametrization)
        share_originals(chains[name], to_module.parametrizations[name])  # type: ignore[index]
    return to_module


def share_originals(source: Any, target: Any) -> None:
    """Let two lists of parametrizations hold the same originals."""
    names = ["original"] if source.is_tensor else [f"original{i}" for i in range(source.ntensors)]
    for name in names:
        setattr(target, name, getattr(source, name))
