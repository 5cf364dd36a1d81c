"""Lazy layers: sizes that the first batch decides.

A layer that can wait for sizes says three things, and is lazy whenever one of its sizes is None:

    class Linear(Module):
        def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
            super().__init__()
            self.in_features, self.out_features = in_features, out_features
            declare(self, {"weight": True, "bias": bias}, device=device, dtype=dtype)
            begin(self)

        def parameter_shapes(self):             # what my parameters are, given my sizes
            return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}

        def initialize_parameters(self, input):  # how my sizes follow from the input
            infer(self, in_features=input.shape[-1])

        def sizes_from_parameters(self):         # and from parameters that were loaded
            return {"in_features": self.weight.shape[1]}

`LazyLinear` is then a LazyModuleMixin that passes None.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.hooks import hooks_of
from minitorch_lazy.nn.keyed import aside, settling
from minitorch_lazy.nn.parameter import (
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
    is_lazy,
)
from minitorch_lazy.nn.recording import Method, OnPart, remember, replay
from minitorch_lazy.nn.registry import BUFFERS, PARAMETER, chains_of, members
from minitorch_lazy.nn.settling import (
    WHOLE,
    guard,
    postponed_calls,
    preserving,
    ready_tensors,
    settle,
    waiting_dtype,
)
from minitorch_lazy.nn.sharing import own_draws, postpone, shared_tensors
from minitorch_lazy.nn.uninitialized import fits
from minitorch_lazy.ops.create import empty

__all__ = ["LazyModuleMixin"]


def declare(
    module: Any, parameters: Mapping[str, bool], buffers: Mapping[str, bool] | None = None, *,
    device: Any = None, dtype: Any = None,
) -> None:  # fmt: skip
    """Register parameters and buffers with the shapes that `module.parameter_shapes()` gives.

    All of them are lazy if one of the shapes has a size of None.

    Args:
        parameters, buffers: name -> whether the module has it; absent ones are registered as None.
        device, dtype: of their elements.
    """
    shapes = module.parameter_shapes()
    wanted = {**parameters, **(buffers or {})}
    lazy = any(None in shapes[name] for name, present in wanted.items() if present)
    options = {"device": device, "dtype": dtype}
    for name, present in parameters.items():
        make = new_lazy_parameter if lazy else new_parameter
        module.register_parameter(name, make(shapes[name], options) if present else None)
    for name, present in (buffers or {}).items():
        make = new_lazy_buffer if lazy else new_buffer
        module.register_buffer(name, make(shapes[name], options) if present else None)


def new_parameter(shape: Any, options: dict[str, Any]) -> Any:
    """Make a parameter whose elements are not set yet."""
    return Parameter(empty(shape, **options))


def new_lazy_parameter(shape: Any, options: dict[str, Any]) -> Any:
    """Make a parameter that waits for some of its sizes."""
    return UninitializedParameter(shape=shape, **options)


def new_buffer(shape: Any, options: dict[str, Any]) -> Any:
    """Make a buffer whose elements are not set yet."""
    return empty(shape, **options)


def new_lazy_buffer(shape: Any, options: dict[str, Any]) -> Any:
    """Make a buffer that waits for some of its sizes."""
    return UninitializedBuffer(shape=shape, **options)


def begin(module: Any) -> None:
    """Initialize a layer now, or have its first call do it if a size is not known."""
    if any(None in shape for shape in module.parameter_shapes().values()):
        arm(module)
    else:
        module.reset_parameters()


def arm(module: Any) -> None:
    """Register the hooks that initialize a module when it is called, or loaded."""
    if "_initialize_hook" in module.__dict__:
        return
    if hasattr(module, "_lazy_load_hook"):
        module._load_hook = module.register_load_state_dict_pre_hook(load_lazily)
    module._initialize_hook = module.register_forward_pre_hook(infer_lazily, with_kwargs=True)
    hooks_of(module, "__hooks__", "last")[0] = guard


def load_lazily(module: Any, *args: Any) -> None:
    """Prepare a lazy module for a state; a bound method would keep the module alive."""
    module._lazy_load_hook(*args)


def infer_lazily(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Settle a lazy module in the way that its class says, or else as all are settled."""
    getattr(module, "_infer_parameters", settle)(module, args, kwargs)


def when_settled(method: Callable[..., None]) -> Callable[..., None]:
    """Make a method, such as `reset_parameters`, wait until the shapes are known.

    It then leaves alone what was initialized before, because it was loaded.
    """

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> None:
        if self.has_uninitialized_params():
            waiting = self.__dict__.get("__postponed__", ())
            later = remember(Method(method.__name__), args, kwargs)
            self.__dict__["__postponed__"] = (*waiting, later)
        else:
            method(self, *args, **kwargs)

    return call


def infer(module: Any, **sizes: Any) -> None:
    """Set the sizes of a layer, and give its lazy parameters and buffers shapes and values.

    What is initialized already, because it was loaded or is shared, keeps its values.

    Raises:
        AssertionError: its shape does not fit the sizes.
    """
    for name, size in sizes.items():
        setattr(module, name, size)
    shapes = module.parameter_shapes()
    own = [pair for pair in members(module, PARAMETER, *BUFFERS) if pair[1] is not None]
    waiting = [(name, tensor) for name, tensor in own if is_lazy(tensor)]
    ready = [(name, tensor) for name, tensor in own if not is_lazy(tensor)]
    for name, tensor in ready:
        check_shape(name, tensor, shapes.get(name, tensor.shape), sizes)
    dtype = waiting_dtype(module) or WHOLE.get()[2]
    with no_grad(), preserving(ready_tensors(module, dtype)):
        for name, tensor in waiting:
            tensor.materialize(shapes[name])
        if waiting or "_initialize_hook" in module.__dict__:
            module.reset_parameters()


def check_shape(name: str, tensor: Any, shape: tuple[int, ...], sizes: dict[str, int]) -> None:
    """Refuse an input whose sizes contradict a parameter that is initialized already."""
    if fits(tensor.shape, shape):
        return
    pairs = zip(tensor.shape, shape, strict=False)
    found = next((mine for mine, asked in pairs if mine != asked), tuple(tensor.shape))
    size, value = next(iter(sizes.items()))
    lazy = "nn.UninitializedParameter()" if isinstance(tensor, Parameter) else \
        "nn.UninitializedBuffer()"  # fmt: skip
    raise AssertionError(
        f"The {size} inferred from input: {value} is not equal to {size} from self.{name}: {found}"
        f"\n  {name}  {tensor.dtype.name} {tuple(tensor.shape)}, was loaded, or came with the "
        "first input of a layer that shares it\n"
        f"  mend    give an input that fits it, or the layer one of its own: layer.{name} = {lazy}"
    )


def take_sizes(module: Any) -> list[str]:
    """Set the sizes of a layer whose parameters were all loaded, and name those that do not fit.

    A layer that does not say how its sizes follow from its parameters keeps what it has.
    """
    rule = getattr(module, "sizes_from_parameters", None)
    if rule is None:
        return []
    with standing_in(module, lambda chain: chain.shape_only()):
        sizes = rule()
    if hasattr(module, "become"):
        with settling(module) if "__key__" in module.__dict__ else aside(), own_draws(module):
            module.become(sizes)
        return []
    for name, size in sizes.items():
        setattr(module, name, size)
    shapes = module.parameter_shapes()
    found = [(name, tensor) for name, tensor in members(module, PARAMETER, *BUFFERS)]
    found += [(name, chain.shape_only()) for name, chain in chains_of(module)]
    return [
        f"{name}: its shape {tuple(tensor.shape)} does not fit the others, which need "
        f"{tuple(shapes[name])}."
        for name, tensor in found
        if tensor is not None and name in shapes and not fits(tensor.shape, shapes[name])
    ]


@contextmanager
def standing_in(module: Any, make: Callable[[Any], Any]) -> Iterator[None]:
    """Let a plain tensor stand for each parametrized one in the block: no original is read."""
    chains = chains_of(module)
    for name, chain in chains:
        module.__dict__[name] = make(chain)
    try:
        yield
    finally:
        for name, _ in chains:
            module.__dict__.pop(name, None)


def as_empty(chain: Any) -> Any:
    """Return a tensor of the shape and type that a parametrized one has, its elements not set."""
    like = chain.shape_only()
    return empty(tuple(like.shape), dtype=like.dtype)


def set_aside(module: Any, name: str) -> None:
    """Forget what waits for the shape of a tensor that is loaded.

    A keyed module still has to make its draws, so that later ones are those of its eager twin; for
    a part of a layer that will be built anew, that layer knows whether it is keyed. What is shared
    is drawn by its home.
    """
    tensor = module.__dict__[name]
    shared = next((each for each in shared_tensors(module) if each.tensor is tensor), None)
    calls = tensor.__dict__.pop("recorded", ())
    if calls and shared is not None:
        postpone(shared, calls)
    elif calls and ("__key__" in module.__dict__ or "_initialize_hook" not in module.__dict__):
        waiting = module.__dict__.get("__postponed__", ())
        moved = [call._replace(function=OnPart(name, call.function)) for call in calls]
        module.__dict__["__postponed__"] = (*waiting, *moved)


def catch_up(module: Any) -> None:
    """Make, and forget, the draws of a keyed module whose parameters were all loaded."""
    if "__key__" in module.__dict__:
        with settling(module), no_grad(), preserving(ready_tensors(module, None)):
            waiting = postponed_calls(module)
            if hasattr(module, "reset_parameters") and not hasattr(module, "become"):
                with standing_in(module, as_empty), own_draws(module):
                    module.reset_parameters()
            replay(waiting)


class LazyModuleMixin:
    """Add to a module class: its parameters take their shapes from the first input.

    A subclass makes UninitializedParameters in `__init__` and materializes them in
    `initialize_parameters`, which is given the first input. After that the module becomes an
    instance of `cls_to_become`, if that is set, and its hooks are gone. If the first call fails,
    the module is as lazy as before.

    Source: torch.nn.modules.lazy.LazyModuleMixin.

    >>> import minitorch_lazy as torch
    >>> net = torch.nn.Sequential(torch.nn.LazyLinear(256), torch.nn.ReLU())
    >>> net[0].weight
    <UninitializedParameter>
    >>> _ = net(torch.rand(2, 20))
    >>> net[0]
    Linear(in_features=20, out_features=256, bias=True)
    """

    cls_to_become: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        arm(self)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Materialize the lazy parameters; it is given what the module was called with.

        Raises:
            NotImplementedError: neither the lazy class nor the one that it extends says how.

        Source: torch.nn.modules.lazy.LazyModuleMixin.initialize_parameters.
        """
        rule = getattr(super(), "initialize_parameters", None)
        if rule is None:
            raise NotImplementedError(
                f"initialize_parameters is not implemented for {self.__class__.__name__}"
            )
        try:
            rule(*args, **kwargs)
        except TypeError as error:
            inside = error.__traceback__ and error.__traceback__.tb_next
            if inside is None:  # the call itself failed: it was this class that was called
                text = str(error).partition(".")[2]
                raise TypeError(f"{type(self).__name__}.{text}") from None
            raise

    def _infer_parameters(self, module: Any, args: Any, kwargs: Any = None) -> None:
        settle(module, args, kwargs)

    def _lazy_load_hook(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool,
        missing_keys: list[str], unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        for name, tensor in members(self, PARAMETER, *BUFFERS):
            loaded = state_dict.get(prefix + name)
            if not is_lazy(tensor) or not isinstance(loaded, Tensor) or is_lazy(loaded):
                continue
            if fits(loaded.shape, tensor.spec):
                set_aside(self, name)
                with no_grad():
                    tensor.materialize(loaded.shape)

    def _replicate_for_data_parallel(self) -> Any:
        raise RuntimeError(
            "Modules with uninitialized parameters can't be used with `DataParallel`. Run a dummy "
            "forward pass to correctly initialize the modules"
        )
