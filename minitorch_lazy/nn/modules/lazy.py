"""Where PyTorch keeps LazyModuleMixin."""

from __future__ import annotations

from minitorch_lazy.nn.laziness import LazyModuleMixin

__all__ = ["LazyModuleMixin"]
