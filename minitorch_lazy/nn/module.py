"""Module: the base of all layers and networks."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from textwrap import indent
from typing import Any, Self

from minitorch_lazy.nn.conversion import Conversion
from minitorch_lazy.nn.hooks import Hooked, call_with_hooks
from minitorch_lazy.nn.keyed import claim, give_key
from minitorch_lazy.nn.loading import Loadable
from minitorch_lazy.nn.registry import MODULE, PARAMETRIZED, members
from minitorch_lazy.nn.settling import JOURNAL, commit, unwind

__all__ = ["Module"]


class Module(Hooked, Conversion, Loadable):
    """A layer or a network: parameters, buffers and child modules, and a `forward` that uses them.

    A subclass calls `super().__init__()` first, assigns its parts to attributes, and defines
    `forward`. Calling the module calls its hooks and `forward`.

    Attributes:
        training: True after `train()`, False after `eval()`.

    Source: torch.nn.Module.

    >>> import minitorch_lazy as torch
    >>> class Scale(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = torch.nn.Parameter(torch.tensor(2.0))
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> [name for name, _ in Scale().named_parameters()]
    ['factor']
    """

    training: bool
    call_super_init = False
    dump_patches = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            raise TypeError(unexpected_arguments(type(self).__name__, args, kwargs))
        self.__dict__.update(training=True, __registry__={})
        give_key(self)
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self.__hooks__:
                result = call_with_hooks(self, args, kwargs)
            elif kwargs:
                result = self.forward(*args, **kwargs)
            else:  # a call without keywords takes half the time
                result = self.forward(*args)
        except BaseException as error:
            unwind(error, self)
            raise
        if JOURNAL:
            commit(self)
        return result

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every subclass defines it.

        Raises:
            NotImplementedError: this one does not.

        Source: torch.nn.Module.forward.
        """
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # -- modes -------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Set training mode, or with False evaluation mode, here and in all children.

        Raises:
            ValueError: `mode` is not a bool.

        Source: torch.nn.Module.train.
        """
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Set evaluation mode, here and in all children.

        Source: torch.nn.Module.eval.
        """
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Train the parameters, or with False freeze them.

        Source: torch.nn.Module.requires_grad_.
        """
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero.

        Source: torch.nn.Module.zero_grad.
        """
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach()  # type: ignore[attr-defined]
                parameter.grad.zero_()  # type: ignore[attr-defined,union-attr]

    def apply(self, fn: Callable[[Any], Any]) -> Self:
        """Call a function on every module, children first; often to initialise parameters.

        Source: torch.nn.Module.apply.
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    # -- how it shows ------------------------------------------------------------------------

    def _get_name(self) -> str:
        parametrized = PARAMETRIZED in self.__dict__.get("__registry__", {}).values()
        return ("Parametrized" if parametrized else "") + type(self).__name__

    def extra_repr(self) -> str:
        """Return what stands between the parentheses of the repr, one or more lines.

        Source: torch.nn.Module.extra_repr.
        """
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        children = [f"({name}): {shifted(repr(child))}" for name, child in members(self, MODULE)]
        lines = (extra.split("\n") if extra else []) + children
        if not children and len(lines) == 1:
            return f"{self._get_name()}({extra})"
        body = "\n  " + "\n  ".join(lines) + "\n" if lines else ""
        return f"{self._get_name()}({body})"

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self.__dict__.get("__registry__", ())}
        return sorted(name for name in names if name and not name[0].isdigit())

    # -- copies ------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__.copy()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        claim(self)

    def __copy__(self) -> Self:
        twin = type(self).__new__(type(self))
        twin.__setstate__({**self.__getstate__(), **own_tables(self, twin)})
        return twin


def unexpected_arguments(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Say what Python says of arguments that `__init__` does not take."""
    if kwargs:
        return f"{name}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
    return f"{name}.__init__() takes 1 positional argument but {len(args) + 1} were given"


def shifted(text: str) -> str:
    """Indent all lines but the first."""
    first, newline, rest = text.partition("\n")
    return first + newline + indent(rest, "  ")


def own_tables(module: Any, twin: Any) -> dict[str, Any]:
    """Copy what a shallow copy must not share: registry and hooks; methods are bound anew."""
    names = ("__registry__", "__hooks__", "__state_hooks__", "_initialize_hook", "_load_hook")
    tables = {name: module.__dict__[name] for name in names if name in module.__dict__}
    memo: dict[int, Any] = {id(module): twin}
    for table in (module.__hooks__, module.__state_hooks__):
        for hooks in table.values():
            memo.update((id(h), h) for h in hooks.values() if not is_bound_to(h, module))
    return deepcopy(tables, memo)


def is_bound_to(hook: Any, module: Any) -> bool:
    """Tell whether a hook is a method of a module."""
    return getattr(hook, "__self__", None) is module
