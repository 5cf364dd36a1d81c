"""The data set that comes with the package: real handwriting, with nothing to download."""

from minitorch_lazy.data.digits import load_digits, load_digits_split

__all__ = ["load_digits", "load_digits_split"]
