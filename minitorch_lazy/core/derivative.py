"""The rules of a primitive: what each takes, and where that comes from."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from operator import itemgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any

from minitorch_lazy.backends.registry import KERNELS

if TYPE_CHECKING:
    from minitorch_lazy.core.primitive import Operation

Rule = Callable[..., Any]


class Derivative:
    """A rule, and where its parameters come from.

    Attributes:
        kernel: the name of the kernel that is the rule; None where the rule is another function.
        saved: which values it takes.
        static: which keywords; None where it takes all.
    """

    __slots__ = ("kernel", "rule", "saved", "static", "get")

    def __init__(self, rule: Rule, skip: int, op: Operation, argument: str = "all") -> None:
        self.kernel: str | None = rule.__name__ if KERNELS.get(rule.__name__) is rule else None
        asking = rule if self.kernel is None else asking_for(self.kernel)
        self.rule = shown_as(asking, f"{op.name}.vjp({argument})")
        self.saved: list[str] = []
        self.static: list[str] | None = []
        code = rule.__code__
        if code.co_flags & inspect.CO_VARKEYWORDS:
            self.static = None
        for name in code.co_varnames[skip : code.co_argcount + code.co_kwonlyargcount]:
            if op.can_save(name):
                self.saved.append(name)
            elif name in op.static:
                if self.static is not None:
                    self.static.append(name)
            else:
                raise TypeError(
                    f"primitive {op.name}: a rule asks for {name!r}, which is neither an argument "
                    f"({', '.join(op.names(1))}), 'y', a shape or dtype of one, nor a static "
                    f"keyword ({', '.join(op.static)})"
                )
        if self.static is not None and op.static and {*self.static} >= {*op.static}:
            self.static = None

    def bind(self, saved: tuple[str, ...]) -> None:
        """Find this rule's values among all that the operation saves."""
        places = [saved.index(name) for name in self.saved]
        if len(places) > 1:
            self.get: Callable[[Any], Any] = itemgetter(*places)
        elif places:
            place = places[0]
            self.get = lambda values: (values[place],)
        else:
            self.get = lambda values: ()

    def keywords(self, static: dict[str, Any]) -> dict[str, Any]:
        """Return the static keywords that this rule wants."""
        if self.static is None:
            return static
        return {name: static[name] for name in self.static if name in static}


def asking_for(kernel: str) -> Rule:
    """Return a rule that asks its namespace for a kernel, which a backend may have replaced."""
    return lambda xp, *values, **static: getattr(xp, kernel)(*values, **static)


def shown_as(rule: Rule, name: str) -> Rule:
    """Return a rule that tracebacks show under another name, such as `matmul.vjp(a)`."""
    code = rule.__code__.replace(co_name=name, co_qualname=name)
    named = FunctionType(code, rule.__globals__, name, rule.__defaults__, rule.__closure__)
    named.__kwdefaults__ = rule.__kwdefaults__
    return named
