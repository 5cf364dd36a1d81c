"""The lazy form of any layer: its class is left as it is, and built for the first input."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

from minitorch_lazy.core.modes import enable_grad, no_grad
from minitorch_lazy.nn.keyed import aside, rebuilding, reserve
from minitorch_lazy.nn.laziness import LazyModuleMixin, arm
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import UninitializedBuffer, UninitializedParameter
from minitorch_lazy.nn.recording import OnPart, replay
from minitorch_lazy.nn.registry import BUFFER, BUFFERS, MODULE, PARAMETER, members, put
from minitorch_lazy.nn.settling import preserving
from minitorch_lazy.nn.uninitialized import is_lazy
from minitorch_lazy.nn.walk import named_members

KEPT = ("__hooks__", "__state_hooks__", "_initialize_hook", "_load_hook", "training")
"""What a layer keeps of its own when it becomes what was built."""

TRIALS = (24, 48)
"""Sizes that stand for unknown ones in trial constructions; what differs depends on them."""

Rules = dict[str, Callable[..., Any]]

FORMS: WeakValueDictionary[Any, type[Module]] = WeakValueDictionary()
"""(class, rules) -> its lazy form, as long as anybody uses it."""


def lazy(cls: type[Module], **rules: Callable[..., Any]) -> type[Module]:
    """Make the lazy form of a layer class: arguments that have a rule follow from the first input.

    An instance has uninitialized parameters and buffers under the names that the class gives them,
    and becomes an instance of `cls`, built with the sizes that the rules give, when it is called.

    Args:
        cls: a module class that knows nothing of laziness.
        rules: for each such argument of its constructor a function of what `forward` is given.
    Returns:
        A class that is called as `cls` is, without those arguments.
    Raises:
        TypeError: `cls` is not a module class, or has no such argument.

    >>> class MyLinear(nn.Module):
    ...     def __init__(self, in_units, units):
    ...         super().__init__()
    ...         self.weight = nn.Parameter(torch.randn(in_units, units))
    ...     def forward(self, x):
    ...         return x @ self.weight
    >>> MyLazyLinear = nn.lazy(MyLinear, in_units=lambda x: x.shape[-1])
    >>> layer = MyLazyLinear(units=3)
    >>> layer.weight, layer.weight.spec
    (<UninitializedParameter>, (None, 3))
    >>> layer(torch.ones(2, 5)).shape, type(layer) is MyLinear
    (torch.Size([2, 3]), True)
    """
    check_class(cls, rules)
    return form(cls, rules)


def form(cls: type[Module], rules: Rules) -> type[Module]:
    """Return the lazy form of a class: the same one for the same rules."""
    key = (cls, tuple(sorted(rules.items())))
    found = FORMS.get(key)
    if found is None:
        body = {"__module__": cls.__module__, "__doc__": cls.__doc__, "cls_to_become": cls,
                "rules": rules}  # fmt: skip
        found = FORMS[key] = type(f"Lazy{cls.__name__}", (Deferred, cls), body)
    return found


def revive(cls: type[Module], rules: Rules) -> Any:
    """Make an empty lazy layer for `pickle` and `copy` to fill."""
    made = form(cls, rules)
    return made.__new__(made)


def check_class(cls: Any, rules: Rules) -> None:
    """Refuse what is no module class, and rules for arguments that it does not have."""
    if not (isinstance(cls, type) and issubclass(cls, Module)):
        raise TypeError(f"nn.lazy: expected a subclass of nn.Module, got {cls!r}")
    known = inspect.signature(cls.__init__).parameters
    free = any(p.kind is p.VAR_KEYWORD for p in known.values())
    for name, rule in rules.items():
        if name not in known and not free:
            raise TypeError(f"nn.lazy: {cls.__name__} has no argument {name!r}; it has "
                            f"{', '.join(list(known)[1:])}")  # fmt: skip
        if not callable(rule):
            raise TypeError(f"nn.lazy: the rule of {name!r} must be a function of the input, got "
                            f"{rule!r}\n  mend    {name}=lambda x: x.shape[-1]")  # fmt: skip


class Deferred(LazyModuleMixin, Module):
    """What the classes that `lazy` makes have in common.

    Attributes:
        rules: argument -> how it follows from the input.
        given: the arguments that the user gave, until the layer is built.
        sources: argument -> path and place of a parameter's size that equals it.
        placeholders: the tensors that wait, those of child modules among them.
    """

    rules: Rules = {}
    given: tuple[tuple[Any, ...], dict[str, Any]]
    sources: dict[str, tuple[str, int]]
    placeholders: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        Module.__init__(self)
        check_arguments(self, args, kwargs)
        self.__dict__["given"] = (args, kwargs)
        with aside():
            first, second = (self.build(dict.fromkeys(self.rules, size)) for size in TRIALS)
        reserve(sum(1 for _ in first.modules()) - 1)
        self.__dict__["sources"] = size_sources(first, second, self.rules)
        self.__dict__["placeholders"] = []
        take_form(self, first, second, self.placeholders)
        for tensor in self.placeholders if "__key__" in self.__dict__ else ():
            tensor.__dict__["key"] = self.__dict__["__key__"]
        arm(self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        if type(self) is not form(self.cls_to_become, self.rules):
            return super().__reduce_ex__(protocol)
        return revive, (self.cls_to_become, self.rules), self.__getstate__()

    def build(self, sizes: dict[str, Any]) -> Module:
        """Make an ordinary layer of given sizes."""
        args, kwargs = self.given
        made: Module = self.cls_to_become(*args, **kwargs, **sizes)
        return made

    def has_uninitialized_params(self) -> bool:
        """Tell whether the layer is still to be built; buffers that no state holds do not count."""
        if "given" not in self.__dict__:
            return False
        saved = [t for t in self.placeholders if getattr(t, "persistent", True)]
        return not saved or any(map(is_lazy, saved)) or len(self.sources) < len(self.rules)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Build the layer for an input, and take over what was built."""
        self.become({name: rule(*args, **kwargs) for name, rule in self.rules.items()})

    def sizes_from_parameters(self) -> dict[str, Any]:
        """Let the arguments follow from parameters that were loaded."""
        sizes = {}
        for name, (path, place) in self.sources.items():
            module, _, leaf = path.rpartition(".")
            sizes[name] = getattr(self.get_submodule(module), leaf).shape[place]
        return sizes

    def become(self, sizes: dict[str, Any]) -> None:
        """Build the layer, and put what is waiting in the places of its tensors."""
        with rebuilding(self.__dict__.get("__key__")), enable_grad():
            built = self.build(sizes)
        ready = [(t, None) for t in self.placeholders if not is_lazy(t)]
        waiting = [(t, call) for t in self.placeholders for call in t.__dict__.pop("recorded", ())]
        of_parts = calls_of_parts(self)
        for name in ("given", "sources", "placeholders"):
            del self.__dict__[name]
        take_place(self, built)
        waiting += [(self.get_submodule(path), call) for path, call in of_parts]
        with preserving(ready):
            replay(waiting)


def check_arguments(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse arguments that follow from the input, and those that the class does not take."""
    given = inspect.signature(layer.cls_to_become).bind_partial(*args, **kwargs).arguments
    taken = [name for name in layer.rules if name in given]
    if taken:
        raise TypeError(
            f"{type(layer).__name__}: {', '.join(taken)} follows from the input\n"
            f"  mend    leave it out and name the arguments after it, or use "
            f"{layer.cls_to_become.__name__}"
        )


def tensors_by_path(module: Any) -> dict[str, Any]:
    """Return all parameters and buffers of a module and its children by their paths."""
    return dict(named_members(module, (PARAMETER, *BUFFERS), "", True, False))


def size_sources(first: Any, second: Any, rules: Rules) -> dict[str, tuple[str, int]]:
    """Find a parameter's size that equals an argument, for each argument that has one alone."""
    found: dict[str, tuple[str, int]] = {}
    others = tensors_by_path(second)
    for path, tensor in tensors_by_path(first).items():
        if is_lazy(tensor):
            continue
        for place, sizes in enumerate(zip(tensor.shape, others[path].shape, strict=True)):
            if sizes == TRIALS and len(rules) == 1:
                found.setdefault(next(iter(rules)), (path, place))
    return found


def calls_of_parts(layer: Any) -> list[tuple[str, Any]]:
    """Take what waits for the shapes of the modules in a layer, with the paths of these.

    What was done to a tensor before it was loaded counts in a keyed layer only, for its draws.
    """
    keyed = "__key__" in layer.__dict__
    return [
        (path, call)
        for path, part in list(layer.named_modules())[1:]
        for call in part.__dict__.pop("__postponed__", ())
        if keyed or not isinstance(call.function, OnPart)
    ]


def take_form(layer: Any, first: Any, second: Any, placeholders: list[Any]) -> None:
    """Register under the names of a trial what waits for its shape; sizes that differ are 0."""
    for name, kind in first.__dict__["__registry__"].items():
        one, other = first.__dict__[name], second.__dict__[name]
        if kind == MODULE and one is not None:
            take_form(one, one, other, placeholders)
        elif one is not None and not is_lazy(one):
            one = placeholder(one, other, kind)
            placeholders.append(one)
        put(layer, name, kind, one)
    for name, value in vars(first).items():
        if name in second.__dict__ and value.__class__ in (int, float, bool, str, tuple):
            layer.__dict__.setdefault(name, value if value == second.__dict__[name] else 0)


def placeholder(one: Any, other: Any, kind: str) -> Any:
    """Make the uninitialized twin of a tensor; sizes that differ between trials are unknown."""
    spec = tuple(n if n == m else None for n, m in zip(one.shape, other.shape, strict=True))
    known = (one.requires_grad, one.device, one.dtype)
    if kind == PARAMETER:
        return UninitializedParameter(*known, shape=spec)
    return UninitializedBuffer(*known, kind == BUFFER, shape=spec)


def take_place(layer: Any, built: Any) -> None:
    """Make a layer what was built, keeping its tensors, hooks and modes, and those inside it."""
    inner = dict(layer.named_modules())
    for path, module in list(built.named_modules()):
        before = inner.get(path)
        if before is None:
            continue
        for name, tensor in list(members(module, PARAMETER, *BUFFERS)):
            old = before.__dict__.get(name)
            if tensor is not None and old is not None:
                module.__dict__[name] = filled(old, tensor, path)
        kept = {name: before.__dict__[name] for name in KEPT if name in before.__dict__}
        module.__dict__.update(kept)
    layer.__dict__.update(built.__dict__)


def filled(old: Any, built: Any, path: str) -> Any:
    """Give a waiting tensor the elements of the one that was built; a loaded one keeps its own.

    Raises:
        RuntimeError: what was loaded has another shape.
    """
    if is_lazy(built):
        return old
    if "key" in built.__dict__:
        old.__dict__["key"] = built.__dict__["key"]
    if is_lazy(old):
        old.materialize(built.shape)
        with no_grad():
            old.copy_(built)
    elif old.shape != built.shape:
        raise RuntimeError(f"size mismatch for {path or 'a parameter'}: it was loaded with shape "
                           f"{tuple(old.shape)}, but the input asks for {tuple(built.shape)}")
    return old
