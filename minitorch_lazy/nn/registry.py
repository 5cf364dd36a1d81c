"""What a module knows of its parts: an ordered registry of names, and views of it.

The registry says what each name is; the values are plain attributes of the module, so that reading
`self.weight` costs what any attribute costs. `_parameters`, `_buffers` and `_modules` are mappings
that are built when somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, MutableSet
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.parameter import is_lazy

PARAMETER = "parameter"
BUFFER = "buffer"
TRANSIENT = "buffer that is not saved"
MODULE = "module"
PARAMETRIZED = "parametrized"

BUFFERS = (BUFFER, TRANSIENT)


def typename(value: Any) -> str:
    """Name the type of a value as torch does: `'torch.FloatTensor'`, `'int'`.

    Source: torch.typename.
    """
    if isinstance(value, Tensor):
        return str(value.type())  # type: ignore[attr-defined]
    cls = type(value)
    return cls.__name__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def registry_of(module: Any, what: str) -> dict[str, str]:
    """Return a module's registry.

    Raises:
        AttributeError: `Module.__init__` was not called.
    """
    found: dict[str, str] | None = module.__dict__.get("__registry__")
    if found is None:
        raise AttributeError(
            f"cannot assign {what} before Module.__init__() call\n"
            f"  mend    call super().__init__() first in {type(module).__name__}.__init__"
        )
    return found


def put(module: Any, name: str, kind: str, value: Any) -> None:
    """Register a name and set its value, without asking."""
    module.__dict__["__registry__"][name] = kind
    module.__dict__[name] = value
    if isinstance(value, Tensor):
        introduce(module, name, value)


def introduce(module: Any, name: str, tensor: Tensor) -> None:
    """Tell a tensor of the module that holds it: for messages, and for `nn.init.keyed`."""
    if is_lazy(tensor) and not tensor.owner:  # type: ignore[attr-defined]
        tensor.__dict__["owner"] = f"{type(module).__name__}.{name}"
    key = module.__dict__.get("__key__")
    if key is not None:
        tensor.__dict__.setdefault("key", key)


def remove(module: Any, name: str) -> None:
    """Forget a name and its value."""
    del module.__dict__["__registry__"][name]
    module.__dict__.pop(name, None)


def members(module: Any, *kinds: str) -> Iterator[tuple[str, Any]]:
    """Walk over names and values of some kinds, in the order of registration."""
    values = module.__dict__
    for name, kind in list(values.get("__registry__", {}).items()):
        if kind in kinds:
            yield name, values[name]


def children_of(module: Any) -> list[Any]:
    """Return what is registered as children, absent ones as None."""
    values = module.__dict__
    return [values[name] for name, kind in values["__registry__"].items() if kind == MODULE]


def chains_of(module: Any) -> list[tuple[str, Any]]:
    """Return the names of a module's parametrized tensors, and their parametrizations."""
    values = module.__dict__
    registry = values.get("__registry__", {})
    return [
        (name, values["parametrizations"].__dict__[name])
        for name, kind in registry.items()
        if kind == PARAMETRIZED
    ]


class Registered(MutableMapping[str, Any]):
    """A module's parts of one kind as a mapping from name to value.

    Setting keeps the registration whatever the value; deleting removes both.
    """

    __slots__ = ("module", "kinds")

    def __init__(self, module: Any, *kinds: str) -> None:
        self.module, self.kinds = module, kinds

    def __contains__(self, name: Any) -> bool:
        return self.module.__dict__["__registry__"].get(name) in self.kinds

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        return self.module.__dict__[name]

    def __setitem__(self, name: str, value: Any) -> None:
        kind = self.module.__dict__["__registry__"].get(name)
        put(self.module, name, kind if kind in self.kinds else self.kinds[0], value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        remove(self.module, name)

    def __iter__(self) -> Iterator[str]:
        registry = self.module.__dict__["__registry__"]
        return iter([name for name, kind in registry.items() if kind in self.kinds])

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self))

    def __len__(self) -> int:
        return sum(kind in self.kinds for kind in self.module.__dict__["__registry__"].values())

    def copy(self) -> dict[str, Any]:
        """Return the parts as a plain dict."""
        return dict(self)

    def __repr__(self) -> str:
        return repr(dict(self))

    def replace(self, parts: Any) -> None:
        """Hold exactly these parts from now on."""
        parts = dict(parts)
        for name in list(self):
            remove(self.module, name)
        for name, value in parts.items():
            self[name] = value


class Transient(MutableSet[str]):
    """The names of a module's buffers that `state_dict` leaves out."""

    __slots__ = ("registry",)

    def __init__(self, module: Any) -> None:
        self.registry = module.__dict__["__registry__"]

    def __contains__(self, name: Any) -> bool:
        return self.registry.get(name) == TRANSIENT

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, kind in self.registry.items() if kind == TRANSIENT])

    def __len__(self) -> int:
        return sum(kind == TRANSIENT for kind in self.registry.values())

    def add(self, name: str) -> None:
        """Leave a buffer out of the state dict."""
        if self.registry.get(name) not in BUFFERS:
            raise KeyError(f"{name!r} is not a buffer")
        self.registry[name] = TRANSIENT

    def discard(self, name: str) -> None:
        """Put a buffer into the state dict."""
        if name in self:
            self.registry[name] = BUFFER


def registered(*kinds: str) -> property:
    """Make the attribute that shows a module's parts of some kinds as a mapping."""

    def show(self: Any) -> Registered:
        registry_of(self, kinds[0])
        return Registered(self, *kinds)

    def replace(self: Any, parts: Any) -> None:
        Registered(self, *kinds).replace(parts)

    return property(show, replace, doc=f"The parts of kind {kinds[0]}, by name.")
