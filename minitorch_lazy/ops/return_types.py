"""Named results: tuples whose parts also have names, as `torch.max(x, 0).values`."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor


class Named(tuple[Any, ...]):
    """A tuple whose parts have the names in `fields`.

    Called with its parts, one by one or as one sequence.

    Source: torch.return_types.
    """

    __slots__ = ()
    fields: tuple[str, ...] = ()

    def __new__(cls, *parts: Any) -> Named:
        return tuple.__new__(cls, parts[0] if len(parts) == 1 else parts)

    def __getattr__(self, name: str) -> Tensor:
        if name in self.fields:
            return self[self.fields.index(name)]  # type: ignore[no-any-return]
        raise AttributeError(f"{type(self).__name__!r} has no part {name!r}, only "
                             f"{', '.join(self.fields)}")  # fmt: skip

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.fields]

    def __repr__(self) -> str:
        parts = ",\n".join(f"{n}={part!r}" for n, part in zip(self.fields, self, strict=True))
        return f"torch.return_types.{type(self).__name__}(\n{parts})"

    def __reduce__(self) -> Any:
        return type(self), (tuple(self),)


def named(name: str, fields: str) -> type[Named]:
    """Make the type of one function's results."""
    places = {"__slots__": (), "__doc__": f"What `torch.{name}` returns.", "__module__": __name__,
              "fields": tuple(fields.split())}  # fmt: skip
    return type(name, (Named,), places)


max = named("max", "values indices")
min = named("min", "values indices")
aminmax = named("aminmax", "min max")
median = named("median", "values indices")
nanmedian = named("nanmedian", "values indices")
mode = named("mode", "values indices")
sort = named("sort", "values indices")
topk = named("topk", "values indices")
kthvalue = named("kthvalue", "values indices")
cummax = named("cummax", "values indices")
cummin = named("cummin", "values indices")
linalg_qr = named("linalg_qr", "Q R")
qr = named("qr", "Q R")
geqrf = named("geqrf", "a tau")
linalg_svd = named("linalg_svd", "U S Vh")
svd = named("svd", "U S V")
linalg_eigh = named("linalg_eigh", "eigenvalues eigenvectors")
linalg_eig = named("linalg_eig", "eigenvalues eigenvectors")
linalg_slogdet = named("linalg_slogdet", "sign logabsdet")
slogdet = named("slogdet", "sign logabsdet")
linalg_lstsq = named("linalg_lstsq", "solution residuals rank singular_values")
