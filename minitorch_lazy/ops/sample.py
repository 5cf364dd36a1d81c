"""Random tensors. On the CPU the numbers are PyTorch's own for the same seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.device import device as Device
from minitorch_lazy.core.draws.stream import fill as fill_in_memory_order
from minitorch_lazy.core.formats import check_format
from minitorch_lazy.core.generator import Generator, chosen, chosen_for, default
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import integer
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.core.views import recording, write
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.cast import copy, overwrite
from minitorch_lazy.ops.create import finished, full, scalar_tensor, sequence, shape_of

Draw = Callable[[Generator, tuple[int, ...], np.dtype[Any]], np.ndarray[Any, Any]]


def stream(generator: Generator | None, target: Tensor | None = None) -> Generator:
    """Return the generator to draw from: the one that is given, or else the one in force."""
    if generator is not None:
        return generator
    return chosen() if target is None else chosen_for(target)


def drawn(
    draw: Draw, shape: tuple[int, ...], dtype: types.dtype | None, device: Any,
    requires_grad: bool, generator: Generator | None,
) -> Tensor:  # fmt: skip
    """Make a tensor of draws; a shape-only one draws nothing."""
    kind = dtype or types.get_default_dtype()
    if device is not None and Device(device).type == "meta":
        return full(shape, 0, dtype=kind, device=device, requires_grad=requires_grad)
    return finished(draw(stream(generator), shape, kind.numpy), device, requires_grad)


@public(method=False)
def rand(*sizes: Any, size: Any = None, generator: Generator | None = None,
         dtype: types.dtype | None = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Draw uniformly from [0, 1).

    Source: torch.rand.
    """
    return drawn(lambda g, shape, kind: g.uniform(shape, kind), shape_of("rand", sizes, size),
                 dtype, device, requires_grad, generator)  # fmt: skip


@public(method=False)
def randn(*sizes: Any, size: Any = None, generator: Generator | None = None,
          dtype: types.dtype | None = None, device: Any = None,
          requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Draw from the standard normal distribution.

    Source: torch.randn.

    >>> import minitorch_lazy as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return drawn(lambda g, shape, kind: g.normal(shape, kind), shape_of("randn", sizes, size),
                 dtype, device, requires_grad, generator)  # fmt: skip


@public(method=False)
def randint(*args: Any, generator: Generator | None = None, dtype: types.dtype | None = None,
            device: Any = None, requires_grad: bool = False, low: int = 0,
            high: int | None = None, size: Any = None) -> Tensor:  # fmt: skip
    """Draw integers from [low, high): `randint(high, size)` or `randint(low, high, size)`.

    Source: torch.randint.
    """
    given = list(args)
    if size is None and given:
        size = given.pop()
    if high is None and given:
        high = given.pop()
    if given:
        low = given.pop()
    if given or size is None or high is None:
        raise TypeError("randint() takes high and size, or low, high and size\n"
                        "  mend    for example randint(0, 10, (3,))")  # fmt: skip
    first, last = integer("low", low, "randint"), integer("high", high, "randint")
    return drawn(lambda g, shape, kind: g.integers(first, last, shape, kind),
                 sequence("randint", size), dtype or types.int64, device, requires_grad,
                 generator)  # fmt: skip


@public(method=False)
def randperm(n: int, *, generator: Generator | None = None, dtype: types.dtype | None = None,
             device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Draw a permutation of 0 ... n - 1.

    Source: torch.randperm.
    """
    n = integer("n", n, "randperm")
    return drawn(lambda g, shape, kind: g.permutation(n, kind), shape_of("randperm", (n,)),
                 dtype or types.int64, device, requires_grad, generator)  # fmt: skip


def same(input: Tensor, dtype: Any, device: Any) -> dict[str, Any]:
    """Take type and device of a tensor where none is given."""
    return {"dtype": dtype or input.dtype, "device": device if device is not None else input.device}


@public(method=False)
def rand_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None,
              device: Any = None, requires_grad: bool = False,
              memory_format: Any = None) -> Tensor:  # fmt: skip
    """Draw uniformly from [0, 1), in the shape and type of a tensor."""
    check_format(memory_format)
    return rand(tuple(input.shape), generator=generator, requires_grad=requires_grad,
                **same(input, dtype, device))  # fmt: skip


@public(method=False)
def randn_like(input: Tensor, *, generator: Generator | None = None, dtype: Any = None,
               device: Any = None, requires_grad: bool = False,
               memory_format: Any = None) -> Tensor:  # fmt: skip
    """Draw from the standard normal distribution, in the shape and type of a tensor."""
    check_format(memory_format)
    return randn(tuple(input.shape), generator=generator, requires_grad=requires_grad,
                 **same(input, dtype, device))  # fmt: skip


@public(method=False)
def randint_like(input: Tensor, *args: Any, generator: Generator | None = None, dtype: Any = None,
                 device: Any = None, requires_grad: bool = False, low: int = 0,
                 high: int | None = None, memory_format: Any = None) -> Tensor:  # fmt: skip
    """Draw integers from [low, high), in the shape and type of a tensor."""
    check_format(memory_format)
    return randint(*args, tuple(input.shape), generator=generator, low=low, high=high,
                   requires_grad=requires_grad, **same(input, dtype, device))  # fmt: skip


def refill(input: Tensor, draw: Callable[[tuple[int, ...]], Any], name: str) -> Tensor:
    """Overwrite all elements by draws, in the order in which they lie in memory."""
    backend = BACKEND[input.array.__class__]
    if backend.device_type == "meta":
        input.bump()
        return input
    array = np.zeros_like(backend.to_numpy(input.array))
    fill_in_memory_order(array, draw)
    fresh = wrap(array if backend.device_type == "cpu" else backend.asarray(array))
    if recording(input):
        fresh = overwrite(copy(input), fresh)
    return write(input, fresh, name)


@public(exported=False)
def uniform_(input: Tensor, from_: float = 0.0, to: float = 1.0, *,
             generator: Generator | None = None, **bounds: float) -> Tensor:  # fmt: skip
    """Fill with draws from the uniform distribution on [from, to).

    Source: torch.Tensor.uniform_.
    """
    low = bounds.pop("from", from_)
    if bounds:
        raise TypeError(f"uniform_() got an unexpected keyword argument '{next(iter(bounds))}'")
    kind, source = input.array.dtype, stream(generator, input)
    return refill(input, lambda shape: source.uniform(shape, kind, low, to), "uniform_")


@public(exported=False)
def normal_(input: Tensor, mean: float = 0.0, std: float = 1.0, *,
            generator: Generator | None = None) -> Tensor:  # fmt: skip
    """Fill with draws from the normal distribution.

    Source: torch.Tensor.normal_.
    """
    kind, source = input.array.dtype, stream(generator, input)
    dense = input.is_contiguous()
    return refill(
        input, lambda shape: source.normal(shape, kind, mean, std, contiguous=dense), "normal_"
    )


@public(exported=False)
def random_(input: Tensor, from_: int | None = None, to: int | None = None, *,
            generator: Generator | None = None) -> Tensor:  # fmt: skip
    """Fill with whole numbers from [from, to), or from all that the type holds.

    Source: torch.Tensor.random_.
    """
    low, high = (None, from_) if to is None else (from_, to)
    kind, source = input.array.dtype, stream(generator, input)
    return refill(input, lambda shape: source.random(shape, kind, low, high), "random_")


def filler(name: str, draw: Callable[..., Any], doc: str, defaults: dict[str, float]) -> None:
    """Declare an in-place draw from a distribution with parameters."""

    def method(self: Tensor, *args: float, generator: Generator | None = None,
               **kwargs: float) -> Tensor:  # fmt: skip
        values = {**defaults, **dict(zip(defaults, args, strict=False)), **kwargs}
        kind, source = self.array.dtype, stream(generator, self)
        return refill(self, lambda shape: draw(source, shape, kind, **values), name)

    public(method, name=name, exported=False, doc=doc)


filler("exponential_", lambda g, shape, kind, lambd: g.exponential(shape, kind, lambd),
       "Fill with draws from the exponential distribution.", {"lambd": 1.0})  # fmt: skip
filler("geometric_", lambda g, shape, kind, p: g.geometric(shape, kind, p=p),
       "Fill with draws from the geometric distribution.", {"p": math.nan})  # fmt: skip
filler("cauchy_", lambda g, shape, kind, median, sigma: g.cauchy(shape, kind, median, sigma),
       "Fill with draws from the Cauchy distribution.", {"median": 0.0, "sigma": 1.0})  # fmt: skip
filler("log_normal_", lambda g, shape, kind, mean, std: g.log_normal(shape, kind, mean, std),
       "Fill with exponentials of normal draws.", {"mean": 1.0, "std": 2.0})  # fmt: skip


@public(method=False)
def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None,
           dtype: types.dtype | None = None, device: Any = None,
           requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Draw from normal distributions whose means and standard deviations broadcast.

    Args:
        size: for a mean and a standard deviation that are numbers.
        dtype, device, requires_grad: of the result, where `size` is given.

    Source: torch.normal.
    """
    if size is not None:
        return drawn(lambda g, shape, kind: g.normal(shape, kind, float(mean), float(std)),
                     shape_of("normal", (size,)), dtype, device, requires_grad,
                     generator)  # fmt: skip
    tensors = [v for v in (mean, std) if v.__class__ in TENSORS]
    if not tensors:
        raise TypeError("normal() needs `size` where mean and std are numbers")
    if dtype is not None or device is not None or requires_grad:
        raise TypeError("normal() takes dtype, device and requires_grad with `size` alone\n"
                        "  mend    the draws are like mean and std; convert them after")
    if std.__class__ in TENSORS and std.numel() and not bool((std >= 0).all()):
        raise refuse(RuntimeError, "normal", "normal expects all elements of std >= 0.0",
                     "use std.abs()", std=std)  # fmt: skip
    shape = np.broadcast_shapes(*(tuple(t.shape) for t in tensors))
    noise = randn(shape, generator=generator, dtype=tensors[0].dtype, device=tensors[0].device)
    with_mean = mean if mean.__class__ in TENSORS else scalar_tensor(mean)
    return (noise * std + with_mean).detach()  # type: ignore[no-any-return]


@public(method=True)
def bernoulli(input: Tensor, p: float | None = None, *,
              generator: Generator | None = None) -> Tensor:  # fmt: skip
    """Draw 1 with the probability that each element says, else 0.

    Source: torch.bernoulli.
    """
    out = input.detach().clone()
    return bernoulli_(out, input if p is None else p, generator=generator)


@public(exported=False)
def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with draws that are 1 with probability p, else 0.

    Source: torch.Tensor.bernoulli_.
    """
    kind, source = input.array.dtype, stream(generator, input)
    if p.__class__ in TENSORS:
        chances = np.broadcast_to(p.detach().cpu().numpy(), tuple(input.shape))
        return refill(input, lambda shape: source.bernoulli_array(chances.reshape(shape), kind),
                      "bernoulli_")  # fmt: skip
    return refill(input, lambda shape: source.bernoulli(p, shape, kind), "bernoulli_")


@public
def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *,
                generator: Generator | None = None) -> Tensor:  # fmt: skip
    """Draw categories by their weights, for each row.

    Source: torch.multinomial.
    """
    found = stream(generator).multinomial(input.detach().cpu().numpy(), num_samples, replacement)
    return finished(found, input.device, False)


@public(method=False)
def manual_seed(seed: int) -> Generator:
    """Start the streams of all devices with a seed; return the CPU's.

    Source: torch.manual_seed.
    """
    from minitorch_lazy.core.generator import manual_seed as start_all

    return start_all(seed)


@public(method=False)
def seed() -> int:
    """Start the streams with a seed that nobody can foretell, and return it."""
    return default().seed()


@public(method=False)
def initial_seed() -> int:
    """Return the seed that the CPU's stream was started with."""
    return default().initial_seed()


@public(method=False)
def get_rng_state() -> Tensor:
    """Return the state of the CPU's stream, as the bytes that PyTorch gives.

    Source: torch.get_rng_state.
    """
    return wrap(default().get_state())


@public(method=False)
def set_rng_state(new_state: Tensor) -> None:
    """Set the state of the CPU's stream.

    Source: torch.set_rng_state.
    """
    default().set_state(new_state.detach().cpu().numpy())
