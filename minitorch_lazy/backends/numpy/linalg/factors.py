"""Factors of matrices: triangular, orthogonal, diagonal."""

from __future__ import annotations

from typing import Any


class FactorKernels:
    """Kernels on stacks of matrices; the last two axes are rows and columns."""

    xp: Any
    in_rows: Any

    def cholesky(self, a: Any) -> Any:
        """Return the lower factor of a positive-definite matrix, of which the lower half counts."""
        return self.xp.linalg.cholesky(self.in_rows(a))

    def qr(self, a: Any, *, mode: str) -> Any:
        """Return an orthogonal and an upper triangular factor; mode "r" leaves the first empty."""
        if mode == "r":
            return self.xp.empty((0,), a.dtype), self.xp.linalg.qr(self.in_rows(a), "r")
        return tuple(self.xp.linalg.qr(self.in_rows(a), mode))

    def geqrf(self, a: Any) -> Any:
        """Return reflections below the diagonal, the triangular factor above, and the scales."""
        packed, scales = self.xp.linalg.qr(self.in_rows(a), "raw")
        return self.xp.ascontiguousarray(self.xp.swapaxes(packed, -2, -1)), scales

    def svd(self, a: Any, *, full: bool) -> Any:
        """Return u, s, vh with a = u diag(s) vh; with `full`, square u and vh."""
        return tuple(self.singular(a, full))

    def singular(self, a: Any, full: bool, vectors: bool = True) -> Any:
        """Call LAPACK; it may search for ever where a number is not finite, so refuse that."""
        self.check_finite(a)
        return self.xp.linalg.svd(self.in_rows(a), full, vectors)

    def svdvals(self, a: Any) -> Any:
        """Return the singular values, the largest first."""
        return self.singular(a, False, False)

    def eigh(self, a: Any) -> Any:
        """Return eigenvalues in ascending order, and eigenvectors; the lower half counts."""
        values, vectors = self.xp.linalg.eigh(self.in_rows(a), "L")
        self.check_finite(values)
        return values, vectors

    def eigvalsh(self, a: Any) -> Any:
        """Return eigenvalues in ascending order; the lower half counts."""
        values = self.xp.linalg.eigvalsh(self.in_rows(a), "L")
        self.check_finite(values)
        return values

    def eig(self, a: Any, *, checked: bool) -> Any:
        """Return complex eigenvalues in no order, and eigenvectors of length 1.

        `checked` is for the rule: whether it refuses a loss that depends on the vectors' phase.
        """
        values, vectors = self.xp.linalg.eig(self.in_rows(a))
        kind = self.complex_type(a)
        return values.astype(kind), vectors.astype(kind)

    def eigvals(self, a: Any) -> Any:
        """Return complex eigenvalues in no order."""
        return self.xp.linalg.eigvals(self.in_rows(a)).astype(self.complex_type(a))

    def complex_type(self, x: Any) -> str:
        """Name the complex type that holds an array's numbers."""
        return x.dtype.name if x.dtype.kind == "c" else f"complex{16 * x.dtype.itemsize}"

    def check_finite(self, values: Any) -> None:
        """Refuse what is no number: in a matrix, or in eigenvalues, which follow from one."""
        if not self.xp.isfinite(values).all():
            raise self.xp.linalg.LinAlgError("there are values that are not finite")

    def gauge_free(self, x: Any) -> Any:
        """Copy x, whose imaginary part must be 0 where a loss ignores the vectors' phase.

        Raises:
            RuntimeError: it is not.
        """
        if x.dtype.kind == "c" and (abs(x.imag) > 1e-2).any():
            raise RuntimeError(
                "svd_backward, linalg_eigh_backward: The singular vectors and eigenvectors in the "
                "complex case are specified up to multiplication by e^{i phi}. The specified loss "
                "function depends on this quantity, so it is ill-defined.\n"
                "  mend    use what a phase does not change, such as abs(v) or v v^H"
            )
        return x.copy()

    def pinv(self, a: Any, atol: Any, rtol: Any, *, hermitian: bool) -> Any:
        """Invert the part of a matrix whose singular values are above a bound."""
        if hermitian:
            s, u = self.xp.linalg.eigh(self.in_rows(a), "L")
            vh = self.xp.swapaxes(u, -2, -1).conj()
        else:
            u, s, vh = self.singular(a, False)
        kept = self.above(abs(s), atol, rtol)
        safe = self.xp.where(kept, s, self.xp.ones_like(s))
        inverse = self.xp.where(kept, 1 / safe, self.xp.zeros_like(s))
        scaled = self.xp.swapaxes(vh, -2, -1).conj() * inverse[..., None, :]
        return self.xp.matmul(scaled, self.xp.swapaxes(u, -2, -1).conj())

    def rank(self, a: Any, atol: Any, rtol: Any, *, hermitian: bool) -> Any:
        """Count the singular values above a bound."""
        if hermitian:
            s = abs(self.xp.linalg.eigvalsh(self.in_rows(a), "L"))
        else:
            s = self.singular(a, False, False)
        return self.xp.sum(self.above(s, atol, rtol), -1)

    def above(self, s: Any, atol: Any, rtol: Any) -> Any:
        """Tell which values are above max(atol, rtol times the largest)."""
        if not s.shape[-1]:
            return s > 0
        relative = s.max(-1) * rtol
        return s > self.xp.maximum(relative, atol)[..., None]
