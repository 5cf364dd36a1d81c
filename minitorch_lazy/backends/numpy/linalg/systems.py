"""Systems of linear equations, inverses and determinants."""

from __future__ import annotations

from typing import Any


class SystemKernels:
    """Kernels on stacks of square matrices; the last two axes are rows and columns."""

    xp: Any
    zero: Any
    singular: Any

    def in_rows(self, a: Any) -> Any:
        """Lay a stack out in row-major order, which NumPy's results would share otherwise."""
        return a if a.ndim < 3 else self.xp.ascontiguousarray(a)

    def solve(self, a: Any, b: Any, *, transposed: bool = False) -> Any:
        """Solve a x = b, or a^T x = b.

        Rounding may leave a zero pivot in a^T, singular to working precision, and none in a, which
        the forward pass solved. Then the inverse of a answers, from the same pivots as there.
        """
        if not transposed:
            return self.eliminated(a, b)
        try:
            return self.eliminated(self.xp.swapaxes(a, -2, -1), b)
        except self.xp.linalg.LinAlgError:
            return self.xp.matmul(self.xp.swapaxes(self.inv(a), -2, -1), b)

    def eliminated(self, a: Any, b: Any) -> Any:
        """Solve a x = b; stacks are broadcast, which CuPy leaves to the caller."""
        stack = self.xp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        if a.shape[:-2] != stack or b.shape[:-2] != stack:
            a = self.xp.broadcast_to(a, (*stack, *a.shape[-2:]))
            b = self.xp.broadcast_to(b, (*stack, *b.shape[-2:]))
        return self.xp.linalg.solve(self.in_rows(a), self.in_rows(b))

    def solve_triangular(self, a: Any, b: Any, *, upper: bool, unit: bool) -> Any:
        """Solve a x = b, reading one triangle of a, whose diagonal counts as ones if `unit`.

        Row operations leave an upper triangle as it is, so that the general solver does nothing
        but substitute; a lower one is read from the last row and column to the first.
        """
        if not upper:
            a, b = self.backwards(a, (-2, -1)), self.backwards(b, (-2,))
        a = self.xp.triu(a, 1 if unit else 0)
        if unit:
            a = a + self.xp.eye(a.shape[-1], dtype=a.dtype)
        try:
            x = self.solve(a, b)
        except self.xp.linalg.LinAlgError:
            x = self.substituted(a, b)
        return x if upper else self.backwards(x, (-2,)).copy()

    def backwards(self, x: Any, axes: tuple[int, ...]) -> Any:
        """Look at axes from their end to their start."""
        return self.xp.flip(x, axes)

    def substituted(self, a: Any, b: Any) -> Any:
        """Solve from the last row up; zeros on the diagonal give infinities and nan."""
        stack = self.xp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        x = self.xp.zeros((*stack, *b.shape[-2:]), b.dtype)
        for i in range(a.shape[-1] - 1, -1, -1):
            row = slice(i, i + 1)
            known = self.xp.matmul(a[..., row, i + 1 :], x[..., i + 1 :, :])
            x[..., row, :] = (b[..., row, :] - known) / a[..., row, row]
        return x

    def inv(self, a: Any) -> Any:
        """Invert."""
        return self.xp.linalg.inv(self.in_rows(a))

    def det(self, a: Any) -> Any:
        """Return determinants; NumPy warns where they are inf or nan."""
        with self.xp.errstate(all="ignore"):
            return self.marked(a, self.xp.linalg.det(self.in_rows(a)))

    def slogdet(self, a: Any) -> Any:
        """Return the determinants' signs and the logarithms of their magnitudes; 0 and nan of nan.

        NumPy warns where they are nan.
        """
        with self.xp.errstate(all="ignore"):
            sign, logarithm = self.xp.linalg.slogdet(self.in_rows(a))
            logarithm = self.marked(a, logarithm)
            return self.xp.where(self.xp.isnan(logarithm), self.zero[sign.dtype], sign), logarithm

    def marked(self, a: Any, found: Any) -> Any:
        """Return nan for a matrix that holds nan, for which LAPACK stops and leaves 0."""
        holes = self.xp.isnan(a).any((-2, -1))
        return self.xp.where(holes, self.xp.full_like(found, float("nan")), found)

    def cofactors(self, a: Any) -> Any:
        """Return the derivative of the determinant in each element, of singular matrices too.

        It is nan where a number of the matrix is not finite.
        """
        known = self.xp.isfinite(a).all((-2, -1), keepdims=True)
        u, s, vh = self.singular(self.xp.where(known, a, self.xp.zeros_like(a)), False)
        size = s.shape[-1]
        one = self.xp.eye(size, dtype=s.dtype)
        others = self.xp.prod(s[..., None, :] * (1 - one) + one, -1)
        turn = self.det(u) * self.det(vh)
        turn = self.xp.where(known[..., 0, 0], turn, self.xp.full_like(turn, float("nan")))
        scaled = (u.conj() * others[..., None, :]) * turn[..., None, None]
        return self.xp.matmul(scaled, vh.conj())
