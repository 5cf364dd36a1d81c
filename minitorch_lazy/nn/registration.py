"""Registering: what assigning, deleting and reading an attribute of a module means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.nn.parameter import Buffer, Parameter
from minitorch_lazy.nn.registry import (
    BUFFER,
    BUFFERS,
    MODULE,
    PARAMETER,
    PARAMETRIZED,
    TRANSIENT,
    Transient,
    put,
    registered,
    registry_of,
    remove,
    typename,
)


class UnknownName(AttributeError):  # noqa: N818 - its text is an AttributeError's
    """An attribute that a module does not have; similar names are looked for when it is shown.

    Looking is slow, and `hasattr` and `getattr` with a default throw most of these errors away.
    """

    def __init__(self, module: Any, name: str) -> None:
        super().__init__(f"'{type(module).__name__}' object has no attribute '{name}'")
        self.module, self.unknown = module, name

    def __str__(self) -> str:
        known = [name for name in dir(self.module) if not name.startswith("_")]
        from difflib import get_close_matches  # slow to import, and only misspellings need it

        close = ", ".join(get_close_matches(self.unknown, known, 3))
        return self.args[0] + (f". Did you mean: {close}?" if close else "")

    def __reduce__(self) -> Any:
        return AttributeError, (str(self),)


def check_name(module: Any, name: Any, what: str, kinds: tuple[str, ...]) -> None:
    """Refuse a name that cannot be registered.

    Raises:
        TypeError: it is not a string.
        KeyError: it is empty, has a dot, or is the name of something else.
    """
    registry = registry_of(module, what)
    if not isinstance(name, str):
        raise TypeError(f"{what} name should be a string. Got {typename(name)}")
    if "." in name:
        got = f", got: {name}" if what == "module" else ""
        raise KeyError(f'{what} name can\'t contain "."{got}')
    if not name:
        raise KeyError(f'{what} name can\'t be empty string ""')
    taken = name in module.__dict__ or name in registry or hasattr(type(module), name)
    if taken and registry.get(name) not in kinds:
        raise KeyError(f"attribute '{name}' already exists")


class Registration:
    """The part of a module that registers parameters, buffers and child modules.

    Source: torch.nn.Module.
    """

    _parameters = registered(PARAMETER)
    _buffers = registered(BUFFER, TRANSIENT)
    _modules = registered(MODULE)

    @property
    def _non_persistent_buffers_set(self) -> Transient:
        return Transient(self)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Register a parameter, or with None the name of one that is absent.

        Raises:
            KeyError: the name is taken, empty, or has a dot.
            TypeError: `param` is not a Parameter.
            ValueError: it is the result of an operation.

        Source: torch.nn.Module.register_parameter.
        """
        check_name(self, name, "parameter", (PARAMETER,))
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{typename(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
                f"created explicitly. To express '{name}' as a function of another Tensor, compute "
                "the value in the forward() method."
            )
        put(self, name, PARAMETER, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Register state that is not trained, such as running statistics.

        Args:
            name: no dots.
            tensor: None keeps the name only.
            persistent: whether `state_dict` holds it.
        Raises:
            KeyError: the name is taken, empty, or has a dot.
            TypeError: `tensor` is not a tensor.

        Source: torch.nn.Module.register_buffer.
        """
        check_name(self, name, "buffer", BUFFERS)
        if tensor is not None and tensor.__class__ not in TENSORS:
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        put(self, name, BUFFER if persistent else TRANSIENT, tensor)

    def add_module(self, name: str, module: Any) -> None:
        """Register a child module, or with None the name of one that is absent.

        Raises:
            KeyError: the name is taken, empty, or has a dot.
            TypeError: `module` is not a Module.

        Source: torch.nn.Module.add_module.
        """
        if module is not None and not isinstance(module, Registration):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        check_name(self, name, "module", (MODULE,))
        put(self, name, MODULE, module)

    def register_module(self, name: str, module: Any) -> None:
        """Register a child module; the same as `add_module`.

        Source: torch.nn.Module.register_module.
        """
        self.add_module(name, module)

    def __setattr__(self, name: str, value: Any) -> None:
        registry = self.__dict__.get("__registry__") or {}
        if (
            name in registry
            or value.__class__ in TENSORS
            or isinstance(value, Registration)
        ):  # fmt: skip
            assign = assignment(registry, name, value)
            assign(self, name, value)
        else:
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        kind = self.__dict__.get("__registry__", {}).get(name)
        if kind in (PARAMETER, BUFFER, TRANSIENT, MODULE):
            remove(self, name)
        elif kind == PARAMETRIZED:
            raise AttributeError(
                f"cannot delete '{name}', which is parametrized\n"
                "  mend    remove_parametrizations(module, name) first"
            )
        else:
            object.__delattr__(self, name)

    def __getattr__(self, name: str) -> Any:
        if self.__dict__.get("__registry__", {}).get(name) == PARAMETRIZED:
            return self.__dict__["parametrizations"][name].value()
        if hasattr(type(self), name):
            return object.__getattribute__(self, name)  # a property failed: let its error show
        raise UnknownName(self, name)


Assign = Callable[[Any, str, Any], None]


def assignment(registry: dict[str, str], name: str, value: Any) -> Assign:
    """Choose what assigning an attribute means.

    The order is torch's: what the value is decides first, then what the name is registered as.
    """
    kind = registry.get(name)
    if kind == PARAMETRIZED:
        return assign_parametrized
    if isinstance(value, Parameter):
        return assign_parameter
    if kind == PARAMETER:
        return refuse_or_clear
    if isinstance(value, Registration):
        return assign_module
    if kind == MODULE:
        return refuse_or_clear
    if kind is not None or isinstance(value, Buffer):
        return assign_buffer
    return object.__setattr__


def assign_parametrized(module: Any, name: str, value: Any) -> None:
    """Set the originals of a parametrized tensor so that its value becomes the given one."""
    module.__dict__["parametrizations"][name].right_inverse(value)


def assign_parameter(module: Any, name: str, value: Parameter) -> None:
    """Register a parameter under a name that may be that of something else so far."""
    registry = registry_of(module, "parameters")
    if registry.get(name) != PARAMETER:
        registry.pop(name, None)
        module.__dict__.pop(name, None)
    module.register_parameter(name, value)


def assign_module(module: Any, name: str, value: Any) -> None:
    """Register a child module under a name that may be that of something else so far."""
    registry = registry_of(module, "module")
    if registry.get(name) != MODULE:
        registry.pop(name, None)
    put(module, name, MODULE, value)


def assign_buffer(module: Any, name: str, value: Any) -> None:
    """Set a buffer; a new one is saved unless it says otherwise."""
    if value is not None and value.__class__ not in TENSORS:
        raise TypeError(
            f"cannot assign '{typename(value)}' as buffer '{name}' "
            "(torch.nn.Buffer, torch.Tensor or None expected)"
        )
    registry = registry_of(module, "buffer")
    kept = registry.get(name) != TRANSIENT
    persistent = value.persistent if isinstance(value, Buffer) else kept  # type: ignore[attr-defined]
    module.register_buffer(name, value, persistent)


def refuse_or_clear(module: Any, name: str, value: Any) -> None:
    """Set a registered parameter or child to None; nothing else fits."""
    kind = module.__dict__["__registry__"][name]
    if value is not None:
        what, expected = (
            ("parameter", "torch.nn.Parameter") if kind == PARAMETER
            else ("child module", "torch.nn.Module")
        )  # fmt: skip
        raise TypeError(
            f"cannot assign '{typename(value)}' as {what} '{name}' ({expected} or None expected)"
        )
    put(module, name, kind, None)
