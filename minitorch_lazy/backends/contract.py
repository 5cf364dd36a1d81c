"""The contract: how a namespace answers when a rule asks it for a function by name.

A rule is written once, against `xp`. Three kinds of `xp` exist: a backend (raw arrays in, raw
arrays out), the Tensor namespace of `core.namespace` (numbers and a graph), and the meta backend
(shapes and dtypes only). All three speak the array standard's words: `axis`, `keepdims`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from minitorch_lazy.backends.registry import KERNELS

ELEMENTWISE = """
    abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and bitwise_or
    bitwise_xor ceil conj copysign cos cosh divide equal exp exp2 expm1 floor floor_divide fmax fmin
    fmod gcd greater greater_equal hypot invert isfinite isinf isnan lcm left_shift less less_equal
    log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor maximum
    minimum multiply negative not_equal power reciprocal remainder right_shift rint sign signbit sin
    sinh sqrt square subtract tan tanh trunc where
""".split()
"""Names that every backend takes from its array module as they are."""

MANIPULATION = """
    broadcast_to concatenate expand_dims flip moveaxis reshape roll squeeze stack swapaxes
    transpose tril triu zeros_like ones_like empty_like full_like
""".split()
"""Names that move or make elements, also the array module's own."""

ROW = 128
"""Elements of the longest row of ones that is kept."""


class Constants(dict[Any, Any]):
    """One array of each type or length, made on first use and never written."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, dtype: Any) -> Any:
        self[dtype] = self.make(dtype)
        return self[dtype]


class Backend:
    """Arrays of one library on one kind of device.

    Attributes:
        zero, one: 0-d numbers of each type, which NumPy reads faster than numbers of Python's.
        single: the same one, as an operator would return it: NumPy has a type for that.
        ones: rows of ones, by type and length.
        filled: small arrays of one number, by shape, type, number and sign (0.0 equals -0.0).

    It answers to the methods of its class, to the names above with the functions of its array
    module, and to the names of generic kernels with their bodies bound to it. All that is there
    from the start: a `__getattr__`, even one that is never called, makes every look-up slower.
    """

    device_type = "cpu"

    def __init__(self, xp: Any) -> None:
        self.xp = xp
        self.zero = Constants(lambda dtype: xp.zeros((), dtype))
        self.one = Constants(lambda dtype: xp.ones((), dtype))
        self.single = Constants(lambda dtype: xp.ones((), dtype)[()])
        self.ones = Constants(lambda dtype: Constants(lambda length: xp.ones(length, dtype)))
        self.filled = lru_cache(64)(lambda shape, dtype, value, sign: xp.full(shape, value, dtype))

        for name in ("asarray", *ELEMENTWISE, *MANIPULATION):
            self.offer(name, getattr(xp, name))
        for name, body in KERNELS.items():
            self.offer(name, partial(body, self))

    def offer(self, name: str, function: Callable[..., Any]) -> None:
        """Answer to a name with a function, unless the class has a method of that name."""
        if not hasattr(type(self), name):
            self.__dict__[name] = function

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
