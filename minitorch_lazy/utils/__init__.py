"""Utilities with PyTorch's names: `utils.data`."""

from minitorch_lazy.utils import data

__all__ = ["data"]
