"""CuPy: arrays on a CUDA device. The only file that imports cupy, and only on first use.

Most of NumPy's backend runs here as it is, because its methods keep to the functions and keywords
that both libraries have. What is overridden differs in meaning, or would read data on the host.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np

from minitorch_lazy.backends.contract import Constants
from minitorch_lazy.backends.numpy import NumpyBackend
from minitorch_lazy.backends.registry import register

SCATTERED = {"int32", "int64", "uint32", "uint64", "float16", "float32", "float64"}
"""Types that CuPy adds at indices; others make the way through a wider one."""


class CupyBackend(NumpyBackend):
    """Arrays in the memory of a GPU.

    Args:
        xp: the array module.
        xpx: its companion with extra functions.
    """

    device_type = "cuda"
    conv_mixing = False  # its check would make the host wait
    conv_workspace = 1 << 28
    small_product = norm_block = loss_block = number_block = 1 << 62  # one launch for all
    choice_block = 1 << 62
    multiplies_each = False
    special_block = rnn_block = 1 << 62
    attention_block = 1 << 26
    sort_limit = 0  # a GPU sorts in parallel, and equal elements keep their order

    def __init__(self, xp: Any, xpx: Any = None) -> None:
        super().__init__(xp)
        self.xpx = xpx
        self.zero = Constants(lambda dtype: dtype.type(0))  # a scalar travels with the launch

    def device_of(self, x: Any) -> tuple[str, int | None]:
        """Return device type and number of an array."""
        return ("cuda", x.device.id)

    def from_numpy(self, x: np.ndarray[Any, Any], index: int | None = None) -> Any:
        """Copy a host array to a device, the current one where none is named."""
        if index is None:
            return self.xp.asarray(x)
        with self.xp.cuda.Device(index):
            return self.xp.asarray(x)

    def to_numpy(self, x: Any) -> np.ndarray[Any, Any]:
        """Copy to the host."""
        return x.get()  # type: ignore[no-any-return]

    def relu_gradient(self, g: Any, y: Any) -> Any:
        """Keep the gradient where the output is not 0: the host waits for no number."""
        return self.kept_where(g, self.xp.not_equal(y, self.zero[y.dtype]))

    def kept_where(self, x: Any, mask: Any) -> Any:
        """Return x where the mask is true, and 0 elsewhere."""
        return self.xp.where(mask, x, self.zero[x.dtype])

    def address(self, x: Any) -> int:
        """Return where the first element lies in the device's memory."""
        return int(x.data.ptr) if x.size else 0

    def seed(self, x: Any) -> Any:
        """Return ones like x, on its device."""
        return self.xp.ones_like(x)

    def check_divisor(self, a: Any, b: Any) -> None:
        """Let a division by 0 pass: looking for it would make the host wait."""

    def det(self, a: Any) -> Any:
        """Return determinants; nothing warns."""
        return self.marked(a, self.xp.linalg.det(self.in_rows(a)))

    def slogdet(self, a: Any) -> Any:
        """Return the determinants' signs and the logarithms of their magnitudes."""
        return tuple(self.xp.linalg.slogdet(self.in_rows(a)))

    def check_finite(self, values: Any) -> None:
        """Let what is no number pass: looking for it would make the host wait."""

    def gauge_free(self, x: Any) -> Any:
        """Copy x unseen: looking at it would make the host wait."""
        return x.copy()

    def sums_outer(self, x: Any, axis: Any) -> bool:
        """Every sum on the device is pairwise already."""
        return False

    def sum_rows(self, g: Any) -> Any:
        """Sum over the first axis."""
        return self.sum(g, axis=0)

    def plain_norm(self, x: Any, order: float, axis: Any, keepdims: bool) -> None:
        """Leave every norm to `scaled_norm`: to look at a sum would make the host wait."""

    def add_at(self, x: Any, where: Any, value: Any) -> None:
        """Add at indices, repeats included; types that CuPy cannot add go through a wider one."""
        if x.dtype.name in SCATTERED:
            self.xp.add.at(x, where, value)
            return
        if x.dtype.kind == "c":
            self.xp.add.at(x.real, where, value.real)
            self.xp.add.at(x.imag, where, value.imag)
            return
        wide = x.astype("float32" if x.dtype.kind in "fV" else "int64")
        self.xp.add.at(wide, where, value.astype(wide.dtype))
        x[...] = wide.astype(x.dtype)

    def scatter_multiply(self, x: Any, index: Any, value: Any, *, axis: int) -> Any:
        """Return a copy with elements along one axis multiplied by others, repeats included."""
        return self.scattered_by(self.xp.multiply, x, index, value, axis)

    def scatter_extreme(self, x: Any, index: Any, value: Any, *, axis: int, largest: bool) -> Any:
        """Return a copy with elements along one axis raised, or lowered, to others."""
        extreme = self.xp.maximum if largest else self.xp.minimum
        return self.scattered_by(extreme, x, index, value, axis)

    def scattered_by(self, combine: Any, x: Any, index: Any, value: Any, axis: int) -> Any:
        """Combine slice by slice: CuPy has no products at indices, nor extremes of all types."""
        out = self.copy(x)
        for place in range(index.shape[axis]):
            piece = (slice(None),) * axis + (slice(place, place + 1),)
            where = self.along(index[piece], axis)
            out[where] = combine(out[where], value[piece] if hasattr(value, "dtype") else value)
        return out

    def prod(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Multiply; keywords in place of NumPy's positions."""
        if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
            return self.prod(self.widened(x), axis=axis, keepdims=keepdims).astype(x.dtype)
        return self.xp.prod(x, axis=axis, keepdims=keepdims)

    def max(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the largest element; nan where there is one."""
        return self.xp.max(x, axis=axis, keepdims=keepdims)

    def min(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the smallest element; nan where there is one."""
        return self.xp.min(x, axis=axis, keepdims=keepdims)

    def all(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Tell whether all elements are true."""
        return self.xp.all(x, axis=axis, keepdims=keepdims)

    def any(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Tell whether any element is true."""
        return self.xp.any(x, axis=axis, keepdims=keepdims)


def installed() -> bool:
    """Tell whether the package cupy is there; nothing is imported."""
    return importlib.util.find_spec("cupy") is not None


def is_available() -> bool:
    """Tell whether there are cupy, a driver and a GPU."""
    if not installed():
        return False
    import cupy

    return bool(cupy.cuda.is_available())


def device_count() -> int:
    """Return the number of GPUs."""
    if not is_available():
        return 0
    import cupy

    return int(cupy.cuda.runtime.getDeviceCount())


def load() -> None:
    """Bring the backend in.

    Raises:
        RuntimeError: cupy is not installed, or there is no GPU; it says what is missing.
    """
    if not installed():
        raise RuntimeError(
            "device 'cuda' needs the package cupy, which is not installed\n"
            "  mend    pip install 'minitorch_lazy[cuda12]' (or [cuda13], as your driver is)"
        )
    if not is_available():
        raise RuntimeError(
            "device 'cuda' needs an NVIDIA GPU with its driver, and none was found\n"
            "  mend    use device='cpu', or install the driver"
        )
    import cupy
    import cupyx

    register(cupy.ndarray, CupyBackend(cupy, cupyx), "cuda")
