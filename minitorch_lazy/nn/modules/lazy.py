"""Where PyTorch keeps LazyModuleMixin."""

from __future__ import annotations

from minitorch_lazy.nn.lazy import LazyModuleMixin

__all__ = ["LazyModuleMixin"]
