"""ParametrizationList: the parametrizations of a tensor, and the originals they start from."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any, Self

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import mended
from minitorch_lazy.nn.computed import note
from minitorch_lazy.nn.keyed import settling
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.container import ModuleList
from minitorch_lazy.nn.parameter import Parameter, is_lazy
from minitorch_lazy.nn.registry import BUFFER, PARAMETER, put, remove
from minitorch_lazy.nn.rehearsal import rehearse
from minitorch_lazy.nn.settling import lazy_hook
from minitorch_lazy.nn.utils.parametrize.caching import value_of
from minitorch_lazy.nn.utils.parametrize.checks import (
    check_inverse,
    check_next,
    check_value,
    inverse_of,
)


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor in the order in which they are applied.

    It is what `module.parametrizations.weight` is. The tensor that is trained is its `original`;
    where the first `right_inverse` returns several tensors they are `original0`, `original1` and
    so on. Over a lazy tensor the list waits, and does its work when the shape is known.

    Args:
        modules: the parametrizations.
        original: the parameter or buffer; it is changed only when everything was found right.
        unsafe: whether shape and type may change.

    Attributes:
        is_tensor: whether there is one original.
        ntensors: how many there are.
        modes: whether each parametrization was in training when it was registered.
        key_of_tensor: the tensor's key under `nn.init.keyed`, for draws into its value.

    Raises:
        ValueError: there are no parametrizations, or they do not fit the tensor.

    Source: torch.nn.utils.parametrize.ParametrizationList.
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not len(modules):
            raise mended(
                ValueError("ParametrizationList requires one or more modules."),
                "give it [nn.Identity()]",
            )
        super().__init__()
        self.modes: list[bool] = []
        self.extend(modules)
        self.unsafe = unsafe
        self.is_tensor, self.ntensors = True, 1
        self.key_of_tensor = original.__dict__.get("key")
        if is_lazy(original):
            self.register("original", original)
            self._register_load_state_dict_pre_hook(self.expect_several)
        else:
            self.start_from(original, list(self))

    def __iter__(self) -> Iterator[Any]:
        registry = self.__dict__["__registry__"]
        return iter([self.__dict__[name] for name in registry if name.isdigit()])

    def __len__(self) -> int:
        return sum(name.isdigit() for name in self.__dict__["__registry__"])

    def append(self, module: Module) -> Self:
        """Add a parametrization that is applied to the result of the others."""
        self.modes.append(module.training)
        return super().append(module)

    def blank(self, value: Tensor) -> Tensor:
        """Return a tensor like the value for an initialiser to write into."""
        out: Tensor = value.detach().clone()  # type: ignore[attr-defined]
        if self.key_of_tensor is not None:
            out.__dict__["key"] = self.key_of_tensor
        return out

    def register(self, name: str, tensor: Tensor) -> None:
        """Hold an original as what it is, a parameter or a buffer."""
        put(self, name, PARAMETER if isinstance(tensor, Parameter) else BUFFER, tensor)

    @property
    def originals(self) -> list[Tensor]:
        """The tensors that are trained."""
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{place}") for place in range(self.ntensors)]

    @property
    def waiting(self) -> bool:
        """Whether an original is still lazy."""
        return any(map(is_lazy, self.originals))

    def start_from(self, original: Tensor, modules: list[Module]) -> None:
        """Find the originals from which the chain gives a tensor, check them, and store them."""
        with no_grad():
            new: Any = original.detach().clone()  # type: ignore[attr-defined]
            for module in reversed(modules):
                new = inverse_of(module, new)
        check_inverse(new, original)
        parts = [new] if new.__class__ in TENSORS else list(new)
        if not self.unsafe:
            trial = [part.detach().clone() for part in parts]
            check_value(self.applied(like(original, trial), modules), original)
        self.is_tensor, self.ntensors = new.__class__ in TENSORS, len(parts)
        if self.is_tensor:
            overwrite(original, new)
            self.register("original", original)
            return
        for place, part in enumerate(like(original, [p.detach().clone() for p in parts])):
            self.register(f"original{place}", part)

    def applied(self, tensors: list[Tensor], modules: list[Module]) -> Any:
        """Apply parametrizations, the first of which takes all tensors."""
        value = modules[0](*tensors)
        for module in modules[1:]:
            value = module(value)
        return value

    def forward(self) -> Tensor:
        """Compute the parametrized tensor."""
        return self.applied(self.originals, list(self))  # type: ignore[no-any-return]

    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the parametrized tensor becomes a given one: all or none.

        Raises:
            RuntimeError: a parametrization has no `right_inverse`.
            ValueError: what it returned does not fit the originals.

        Source: torch.nn.utils.parametrize.ParametrizationList.right_inverse.
        """
        if value.__class__ not in TENSORS:
            raise TypeError(f"a parametrized tensor can only be assigned a tensor, not "
                            f"{type(value).__name__}")  # fmt: skip
        found: Any = value
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not "
                                       "implement right_inverse.\n  mend    write right_inverse("
                                       "self, value), or assign to the original")  # fmt: skip
                found = module.right_inverse(found)
        parts = self.parts_of(found)
        for original, part in zip(self.originals, parts, strict=True):
            overwrite(original, part)

    def parts_of(self, found: Any) -> list[Tensor]:
        """Check what `right_inverse` returned against the originals, and return copies."""
        if self.is_tensor:
            if found.__class__ not in TENSORS:
                raise ValueError("`right_inverse` should return a tensor. "
                                 f"Got {type(found).__name__}")  # fmt: skip
            self.check_part("The tensor", found, "original")
            return [found.detach().clone()]
        if not isinstance(found, Sequence):
            raise ValueError("'right_inverse' must return a sequence of tensors. "
                             f"Got {type(found).__name__}.")  # fmt: skip
        if len(found) != self.ntensors:
            raise ValueError(
                "'right_inverse' must return a sequence of tensors of length "
                f"{self.ntensors}. Got a sequence of length {len(found)}."
            )
        for place, part in enumerate(found):
            if part.__class__ not in TENSORS:
                raise ValueError("'right_inverse' must return a sequence of tensors. Got element "
                                 f"{place} of type {type(part).__name__}.")  # fmt: skip
            self.check_part(f"Tensor {place}", part, f"original{place}")
        return [part.detach().clone() for part in found]

    def check_part(self, what: str, part: Tensor, name: str) -> None:
        """Refuse a part of another type or shape than the original that it is for."""
        original = getattr(self, name)
        if part.dtype != original.dtype:
            raise ValueError(f"{what} returned by `right_inverse` has dtype {part.dtype} while "
                             f"`{name}` has dtype {original.dtype}")  # fmt: skip
        if part.shape != original.shape and not self.unsafe:
            raise ValueError(f"{what} returned by `right_inverse` has shape {tuple(part.shape)} "
                             f"while `{name}` has shape {tuple(original.shape)}")  # fmt: skip

    def value(self) -> Tensor:
        """Return the tensor: one that `cached` kept, a new one, or the lazy original."""
        if self.waiting:
            return self.original
        value = value_of(self)
        if not any(value is original for original in self.originals):
            note(value, self)
        return value

    # -- over a lazy tensor ------------------------------------------------------------------

    def settle(self, name: str) -> None:
        """Do what registering over an initialized tensor does, now that the shape is known."""
        original = self.original
        remove(self, "original")
        modules = list(self)
        with modes_of(modules, self.modes), settling(self):
            self.settle_steps(original, modules, name)

    def settle_steps(self, original: Tensor, modules: list[Module], name: str) -> None:
        """Register one parametrization after the other, as an eager layer did."""
        prepare(modules[0], original)
        self.start_from(original, modules[:1])
        for place, module in enumerate(modules[1:], 1):
            if module.has_uninitialized_params():
                prepare(module, self.applied(self.originals, modules[:place]))
            if not self.unsafe:
                check_next(module, self.applied(self.originals, modules[:place]), name)

    def shape_only(self) -> Tensor:
        """Return the shape and type that the tensor has, once the originals have theirs."""
        return rehearse(self, (), {}, lambda run: run.outputs[-1][1])[0]  # type: ignore[no-any-return]

    def expect_several(self, state: Any, prefix: str, *_: Any) -> None:
        """Make room for several originals where a state that is loaded has them."""
        found = [key for key in state if key.startswith(f"{prefix}original") and key[-1].isdigit()]
        loaded = any(is_settled(state[key]) for key in found)
        if not (loaded and self.waiting and self.is_tensor):
            return
        count = max(len(found), arity(self[0]))
        original = self.original
        remove(self, "original")
        for place in range(count):
            part = copy(original)
            part.__dict__.pop("spec", None)
            self.register(f"original{place}", part)
        self.is_tensor, self.ntensors = False, count


def prepare(parametrization: Module, tensor: Tensor) -> None:
    """Settle a parametrization that was itself waiting for the tensor."""
    settle = lazy_hook(parametrization)
    if settle is not None:
        settle(parametrization, (tensor,), {})


@contextmanager
def modes_of(modules: list[Module], modes: list[bool]) -> Iterator[None]:
    """Put parametrizations into the modes that they were registered in, for the block."""
    every = [part for module in modules for part in module.modules()]
    now = [part.training for part in every]
    for module, mode in zip(modules, modes, strict=True):
        module.train(mode)
    try:
        yield
    finally:
        for part, mode in zip(every, now, strict=True):
            part.training = mode


def arity(parametrization: Module) -> int:
    """Return how many tensors a parametrization must be given."""
    parameters = inspect.signature(parametrization.forward).parameters.values()
    return sum(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)


def is_settled(value: Any) -> bool:
    """Tell whether an entry of a state is a tensor with elements."""
    return value.__class__ in TENSORS and not is_lazy(value)


def like(original: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    """Make tensors parameters if the original is one, with its flag."""
    if isinstance(original, Parameter):
        return [Parameter(tensor, original.requires_grad) for tensor in tensors]
    return [tensor.requires_grad_(original.requires_grad) for tensor in tensors]


def overwrite(original: Tensor, new: Tensor) -> None:
    """Write new elements into an original; one of another shape takes their memory."""
    if new.shape == original.shape:
        BACKEND[original.array.__class__].copy_into(original.array, new.array)
    else:
        original.array = BACKEND[new.array.__class__].copy(new.array)
    original.bump()
