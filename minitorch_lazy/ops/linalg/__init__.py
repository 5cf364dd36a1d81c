"""Linear algebra, one file a family."""

from minitorch_lazy.ops.linalg import (
    checks,
    cholesky,
    determinant,
    eigen,
    exponential,
    qr,
    reflections,
    svd,
    systems,
)

__all__ = ["checks", "cholesky", "determinant", "eigen", "exponential", "qr", "reflections", "svd",
           "systems"]  # fmt: skip
