"""Linear algebra, one file a family."""

from minitorch_lazy.ops.linalg import (
    checks,
    cholesky,
    exponential,
    qr,
    reflections,
    systems,
)

__all__ = ["checks", "cholesky", "exponential", "qr", "reflections", "systems"]
