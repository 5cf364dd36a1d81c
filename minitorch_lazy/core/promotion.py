"""What happens to the arguments before a kernel sees them: one device, one dtype, PyTorch's rules.

A policy is chosen by each primitive:
    "promote": arguments take their common type;
    "float": the same, and integers become the default floating-point type;
    "same": arguments must already have one type (products);
    None: arguments are left as they are.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import BACKEND, backend_of
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.mistakes import not_a_tensor
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.errors import refuse

NUMBERS = (float, int, bool, complex)


def prepare(op: Any, args: Sequence[Any]) -> list[Any]:
    """Bring the arguments of a call to one device and to the types that its policy asks for."""
    found = [argument(op, value, place) for place, value in enumerate(args)]
    tensors = [a for a in found if a.__class__ in TENSORS]
    if len({a.array.__class__ for a in tensors}) > 1:
        found = one_device(op, found)
        tensors = [a for a in found if a.__class__ in TENSORS]
    if not tensors:
        raise not_a_tensor(op.public, word_of(op, 0), args[0], 1)
    if op.check is not None:
        op.check(found)
    if op.casts is None:
        return found
    free = [n not in op.exempt for n in op.names(len(args))]
    if op.casts == "same":
        check_same(op, found, free)
        return found
    return cast(op, found, free)


def argument(op: Any, value: Any, place: int) -> Any:
    """Accept a Tensor, a number or None; NumPy scalars count as numbers. Factors are tensors.

    Operators take NumPy arrays beside a Tensor, as in PyTorch.
    """
    if value.__class__ in TENSORS or (value is None and place):
        return value
    factor = op.casts == "same" and place < 2
    if value is None or (factor and isinstance(value, numbers.Number)):
        raise not_a_tensor(op.public, word_of(op, place), value, place + 1)
    if value.__class__ in NUMBERS:
        return value
    if isinstance(value, np.generic):
        return value.item()
    if op.casts and len(op.arguments) == 2 and isinstance(value, np.ndarray):
        types.from_numpy(value.dtype)
        return wrap(value)
    if isinstance(value, numbers.Number):
        return float(value) if isinstance(value, numbers.Real) else complex(value)  # type: ignore[call-overload]
    raise not_a_tensor(op.public, word_of(op, place), value, place + 1)


def word_of(op: Any, place: int) -> str:
    """Return what an argument is called where users see it: what is `x` inside is `input`."""
    name = str(op.names(place + 1)[place])
    return {"x": "input", "a": "input", "b": "other"}.get(name, name)


def one_device(op: Any, args: list[Any]) -> list[Any]:
    """Move 0-d host operands to the others' device; make all shape-only where one operand is."""
    kinds = {a.array.__class__: a for a in args if a.__class__ in TENSORS}
    names = [BACKEND[k].device_type for k in kinds]
    if "meta" in names:
        target = "meta"
    else:
        large = [a for a in kinds.values() if a.array.ndim or a.device.type != "cpu"]
        sized = {a.array.__class__ for a in args if a.__class__ in TENSORS and a.array.ndim}
        if len(sized) > 1 or not large:
            raise refuse(
                RuntimeError, op.name,
                "Expected all tensors to be on the same device, but found at least two devices, "
                + " and ".join(sorted(str(a.device) for a in kinds.values())) + "!",
                "move them to one device with .to(device)",
                **dict(zip(op.names(len(args)), args, strict=True)),
            )  # fmt: skip
        target = large[0].device.type
    backend = backend_of(target)
    return [move(a, backend) if a.__class__ in TENSORS else a for a in args]


def move(tensor: Tensor, backend: Any) -> Tensor:
    """Move a tensor to a backend, under the graph."""
    home = BACKEND[tensor.array.__class__]
    if home is backend:
        return tensor
    return TENSOR.transfer(  # type: ignore[no-any-return]
        tensor, device=(backend.device_type, None), origin=home.device_of(tensor.array)
    )


def check_same(op: Any, args: list[Any], free: list[bool]) -> None:
    """Refuse arguments of different types, naming the first that differs: products do not promote.

    Raises:
        RuntimeError: with the words that PyTorch has for matrices.
    """
    taking = [i for i, a in enumerate(args) if free[i] and a.__class__ in TENSORS]
    kinds = [args[i].array.dtype for i in taking]
    odd = next((n for n, kind in enumerate(kinds) if kind != kinds[0]), 0)
    if not odd:
        return
    words = {word_of(op, i): a for i, a in enumerate(args) if a is not None}
    first, other = (word_of(op, taking[n]) for n in (0, odd))
    mine, its = (types.from_numpy(kinds[n]) for n in (0, odd))
    product = op.name in ("matmul", "linear") and taking[odd] == 1
    both = "mat1 and mat2" if product else f"{first} and {other}"
    trained = args[taking[odd]].is_leaf and args[taking[odd]].requires_grad
    change, to = (first, its) if trained or mine.category < its.category else (other, mine)
    whole = f", or a whole net with net.to({mine})" if trained and mine.category > 1 else ""
    raise refuse(
        RuntimeError, op.public,
        f"{both} must have the same dtype, but got {spoken(mine.name)} and {spoken(its.name)}",
        f"convert {change}, for example with {change}.to({to}){whole}", **words,
    )  # fmt: skip


def spoken(name: str) -> str:
    """Return what torch calls a type in messages: `Double`, `Float`."""
    known = {"float64": "Double", "float32": "Float", "float16": "Half", "int64": "Long",
             "int32": "Int", "int16": "Short", "int8": "Char", "uint8": "Byte",
             "complex64": "ComplexFloat", "complex128": "ComplexDouble"}  # fmt: skip
    return known.get(name, name.capitalize())


def cast(op: Any, args: list[Any], free: list[bool]) -> list[Any]:
    """Give all arguments that take part their common type."""
    taking = [a for a, f in zip(args, free, strict=True) if f and a is not None]
    arrays = [a.array for a in taking if a.__class__ in TENSORS]
    scalars = [a for a in taking if a.__class__ not in TENSORS]
    target = types.common(arrays, scalars)
    if op.casts == "float" and target.category < 2:
        target = types.get_default_dtype()
    stored = target.numpy
    return [
        a if not f or a is None
        else convert(a, stored) if a.__class__ in TENSORS
        else number(a, target)
        for a, f in zip(args, free, strict=True)
    ]  # fmt: skip


def convert(tensor: Tensor, stored: np.dtype[Any]) -> Tensor:
    """Give a tensor another type, under the graph."""
    if tensor.array.dtype == stored:
        return tensor
    return TENSOR.astype(tensor, dtype=stored)  # type: ignore[no-any-return]


def number(value: Any, target: types.dtype) -> Any:
    """Make a Python number one that the array library takes for `target`: integers wrap around."""
    if target.category == 0:
        return bool(value)
    if target is types.bfloat16:
        return target.numpy.type(value)
    if target.category > 1:
        return complex(value) if isinstance(value, complex) else float(value)
    bits = 8 * target.itemsize
    wrapped = int(value) & (1 << bits) - 1
    return wrapped - (1 << bits) if target.is_signed and wrapped >> bits - 1 else wrapped
