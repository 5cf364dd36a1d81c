"""An array on the stand-in device: NumPy underneath, CuPy's refusals on top."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any, NoReturn

import numpy as np

from tests.standin import ghosts, indexing, rules
from tests.standin.memory import Memory, owner, stats


class array(Memory, np.lib.mixins.NDArrayOperatorsMixin):  # noqa: N801 - named as CuPy's is
    """One array on the stand-in device.

    Built as `cupy.ndarray` is, without numbers; `xp.asarray` uploads some.
    """

    __slots__ = ()
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, shape: Any, dtype: Any = float, order: str = "C") -> None:
        self.base = None
        self.host = np.empty(shape, dtype, order=order)  # type: ignore[call-overload]
        rules.refuse_dtype(self.host.dtype)
        poison(self.host)

    def __array__(self, *args: Any, **keywords: Any) -> NoReturn:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        if len(keywords.get("out", ())) == 1:
            keywords["out"] = keywords["out"][0]
        if method == "__call__":
            return call(ufunc.__name__, ufunc, inputs, keywords)
        return call(f"{ufunc.__name__}.{method}", getattr(ufunc, method), inputs, keywords)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, args: Any, keywords: dict[str, Any]
    ) -> Any:
        module = function.__module__.removeprefix("numpy").removeprefix(".")
        return call(f"{module}.{function.__name__}".lstrip("."), function, args, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or f"ndarray.{name}" not in rules.SURFACE:
            raise AttributeError(f"'cupy.ndarray' object has no attribute {name!r}")
        if not callable(getattr(self.host, name, None)):
            raise AttributeError(f"the stand-in does not offer cupy.ndarray.{name}")
        return partial(method, self, name)

    def __getitem__(self, index: Any) -> array:
        place = indexing.prepare(index)
        ghosts.replay("ndarray.__getitem__", (index,), {}, self)
        seen = indexing.select(self.host, place)
        return over(seen, owner(seen, (self,)))

    def __setitem__(self, index: Any, value: Any) -> None:
        if not isinstance(value, np.ndarray):
            ghosts.replay("ndarray.__setitem__", (index, value), {}, self)
        indexing.assign(self.host, index, value)

    def __imatmul__(self, other: Any) -> NoReturn:
        raise TypeError("CuPy has no in-place matmul: `a @= b` would rebind the name")

    def __contains__(self, value: Any) -> NoReturn:
        raise TypeError("`value in a` reads one element after the other from the device")

    def __len__(self) -> int:
        return len(self.host)

    def __iter__(self) -> Iterator[array]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        stats["sync"] += 1
        return bool(self.host)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __repr__(self) -> str:
        stats["sync"] += 1
        return repr(self.host).replace("array", "strict", 1)

    def __format__(self, spec: str) -> str:
        return format(self.item() if spec else str(self), spec)

    def __copy__(self) -> array:
        return over(self.host.copy())

    def __deepcopy__(self, memo: dict[int, Any]) -> array:
        return over(self.host.copy())

    def __reduce__(self) -> tuple[Any, ...]:
        return upload, (self.get(),)

    def item(self, *index: int) -> Any:
        """Wait for one number."""
        stats["sync"] += 1
        return self.host.item(*index)

    def tolist(self) -> Any:
        """Wait for all numbers."""
        stats["sync"] += 1
        return self.host.tolist()

    def get(
        self, stream: Any = None, order: Any = "C", out: Any = None, blocking: bool = True
    ) -> np.ndarray:
        """Download into a NumPy array."""
        stats["d2h"] += 1
        if out is None:
            return self.host.copy(order)
        out[...] = self.host
        return out  # type: ignore[no-any-return]

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        """Upload into this array; shape and dtype must be equal."""
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if arr.dtype != self.host.dtype or arr.shape != self.host.shape:
            raise ValueError(f"cannot set {arr.dtype} {arr.shape} into {self.dtype} {self.shape}")
        stats["h2d"] += 1
        self.host[...] = arr

    @property
    def data(self) -> SimpleNamespace:
        """The memory pointer: `.ptr` is an address."""
        return SimpleNamespace(ptr=self.host.ctypes.data, device_id=0)

    @property
    def device(self) -> SimpleNamespace:
        """The device: number 0."""
        return SimpleNamespace(id=0)

    @property
    def flags(self) -> SimpleNamespace:
        """CuPy's five flags; there is no `writeable`."""
        names = ("c_contiguous", "f_contiguous", "fnc", "forc")
        known = {name: getattr(self.host.flags, name) for name in names}
        return SimpleNamespace(**known, owndata=self.base is None)


def forward(name: str) -> property:
    """Make a property that reads NumPy's and stays on the device."""
    return property(lambda self: wrap(getattr(self.host, name), (self,)))


for shared in "T dtype imag itemsize mT nbytes ndim real shape size strides".split():
    setattr(array, shared, forward(shared))


# CuPy's own name, too: reprlib, and so pytest, treats any type called `array` as array.array.
array.__name__ = array.__qualname__ = "ndarray"


def over(host: np.ndarray, base: Memory | None = None) -> array:
    """Make a stand-in array over given memory."""
    made = array.__new__(array)
    made.base, made.host = base, host
    return made


def upload(host: np.ndarray) -> array:
    """Copy a NumPy array to the device."""
    stats["h2d"] += 1
    return over(host.copy())


def poison(host: np.ndarray) -> None:
    """Fill memory that nobody has written with numbers that nobody expects."""
    host.fill(np.nan if host.dtype.kind not in "biu" else np.array(-77).astype(host.dtype))


def wrap(value: Any, origins: tuple[Any, ...] = (), keep_order: bool = False) -> Any:
    """Give a result of NumPy the form that CuPy's has.

    An origin whose memory came back is returned itself, as `out=` and `copy=False` promise. A new
    result gets C order whatever its operands had, because CuPy's order differs from NumPy's.
    """
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        for origin in origins:
            if isinstance(origin, Memory) and origin.host is value:
                return origin
        rules.refuse_dtype(value.dtype)
        base = owner(value, origins)
        if base is None and not keep_order and not value.flags.c_contiguous:
            value = np.ascontiguousarray(value)
        return over(value, base)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(wrap(v, origins) for v in value))
    if type(value) in (tuple, list):
        return type(value)(wrap(v, origins) for v in value)
    return value


def raw(value: Any, creating: bool = False) -> Any:
    """Take stand-in arrays off an argument, and refuse NumPy's."""
    if isinstance(value, Memory):
        return value.host
    if isinstance(value, np.ndarray):
        if not creating:
            raise TypeError(f"Unsupported type {np.ndarray}")
        return value.copy(order="K")
    if type(value) in (tuple, list):
        return type(value)(raw(v, creating) for v in value)
    return value


def method(receiver: array, name: str, *args: Any, **keywords: Any) -> Any:
    """Call a method of an array as CuPy would."""
    return call(f"ndarray.{name}", getattr(receiver.host, name), args, keywords, receiver)


def call(
    name: str, function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any],
    receiver: array | None = None,
) -> Any:  # fmt: skip
    """Make one call that CuPy would see: check it, count it, let CuPy judge it, compute it.

    Args:
        name: dotted name below `cupy`; `ndarray.<method>` for a method of `receiver`.
        function: NumPy's function that computes the result.
        args: positional arguments, stand-in arrays among them.
        keywords: keyword arguments.
        receiver: the array whose method is called.
    """
    rules.permit(name, keywords)
    rules.check(name, function, args, keywords)
    rules.count(name, args, keywords)
    creating = name in rules.CREATION
    if not creating:
        ghosts.replay(name, args, keywords, receiver)
    given = [raw(value, creating) for value in args]
    options = {key: raw(value) for key, value in keywords.items() if key != "blocking"}
    adapt(name, receiver, args, given, options)
    with np.errstate(all="ignore"):  # a GPU warns of nothing
        result = function(*given, **options)
    if name in rules.ZERO_DIMENSIONAL:
        result = np.asarray(result)
    if name in ("empty", "empty_like"):
        poison(result)
    ordered = creating or any(isinstance(v, str) and v == "F" for v in (*args, *options.values()))
    return wrap(result, (receiver, *args, *keywords.values()), ordered)


def adapt(
    name: str, receiver: array | None, args: tuple[Any, ...], given: list[Any],
    options: dict[str, Any],
) -> None:  # fmt: skip
    """Bring NumPy's arguments to CuPy's meaning: indices, the stable sort, no place put twice."""
    if name.endswith(".at"):
        given[1] = indexing.prepare(args[1])
    elif name in rules.SORTS and len(args) <= rules.SORTS[name]:
        options["kind"] = "stable"
    elif name in ("put", "put_along_axis", "ndarray.put"):
        refuse_double_put(name, receiver, given, options)


def refuse_double_put(
    name: str, receiver: array | None, args: list[Any], options: dict[str, Any]
) -> None:
    """Refuse `put` and `put_along_axis` that write one place twice."""
    host, index, *rest = args if receiver is None else (receiver.host, *args)
    places = indexing.positions(host)
    if name == "put_along_axis":
        axis = rest[1] if len(rest) > 1 else options["axis"]
        indexing.refuse_duplicates(np.take_along_axis(places, index, axis))
    else:
        indexing.refuse_duplicates(places.ravel()[index])
