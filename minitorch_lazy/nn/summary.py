"""A table of what a network holds, with `?` for each size that the first batch will settle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import Parameter
from minitorch_lazy.nn.uninitialized import UninitializedTensorMixin, is_lazy, shown

__all__ = ["Count", "Summary", "SummaryRow", "aligned", "count_parameters", "summary"]

HEADINGS = ("module", "type", "parameters", "count")
KILOBYTE = 1024


class SummaryRow(NamedTuple):
    """One module that has parameters of its own.

    Args:
        module: its path in the network, empty for the network itself.
        kind: the name of its class.
        parameters: names and shapes, as in `weight(10, ?) bias(10)`.
        total: how many numbers they hold, as in `10·? + 10`.
    """

    module: str
    kind: str
    parameters: str
    total: str


class Summary:
    """What `summary` returns: rows to read, totals, and the table as its text.

    Args:
        rows: one for each module that has parameters of its own.
        parameters: all parameters, each once.
    """

    def __init__(self, rows: list[SummaryRow], parameters: list[Parameter]) -> None:
        self.rows = rows
        self.parameters = parameters

    @property
    def known(self) -> int:
        """Count the numbers in parameters whose shape is complete, settled or not."""
        return known_count(self.parameters)

    @property
    def lazy(self) -> int:
        """Count the parameters that still wait for the first batch."""
        return sum(map(is_lazy, self.parameters))

    def totals(self) -> str:
        """Say in one line how many parameters there are, and how many are still lazy."""
        if self.lazy:
            tensors = f"{self.lazy} of {len(self.parameters)} tensors still lazy"
            return f"{self.known:,} known parameters, {tensors}"
        size = sum(p.numel() * p.dtype.itemsize for p in self.parameters) / KILOBYTE
        dtypes = sorted({str(p.dtype).removeprefix("torch.") for p in self.parameters})
        return f"{self.known:,} parameters, {size:,.1f} KB {' and '.join(dtypes)}".rstrip()

    def __str__(self) -> str:
        return "\n".join([*aligned([HEADINGS, *self.rows], right=[3]), self.totals()])

    __repr__ = __str__


def summary(module: Module) -> Summary:
    """List the parameters of a network, module by module, with `?` for sizes not yet known.

    The network is only looked at: nothing is run and nothing is settled. A parameter that two
    modules share is counted once, where it stands first.

    Args:
        module: any network, lazy, settled or in between.
    Returns:
        A `Summary`; printing it shows the table.

    >>> net = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.Linear(3, 2))
    >>> nn.summary(net)
    module   type         parameters               count
    0        LazyLinear   weight(3, ?) bias(3)   3·? + 3
    2        Linear       weight(2, 3) bias(2)         8
    11 known parameters, 2 of 4 tensors still lazy
    """
    first_names: dict[Parameter, str] = {}
    rows = [
        summary_row(path, child, first_names)
        for path, child in module.named_modules()
        if any(True for _ in child.named_parameters(recurse=False))
    ]
    return Summary(rows, list(first_names))


class Count(int):
    """A number of elements, and how many tensors could not be counted yet.

    Attributes:
        lazy: how many parameters still wait for their shape.
    """

    lazy: int

    def __str__(self) -> str:
        return f"{int(self):,}" + (f" + {self.lazy} lazy" if self.lazy else "")

    __repr__ = __str__


def count_parameters(module: Module) -> Count:
    """Count the elements of a network's parameters; those still lazy are told beside the number.

    >>> nn.count_parameters(nn.Sequential(nn.Linear(3, 2), nn.LazyLinear(5)))
    8 + 2 lazy
    """
    parameters = list(module.parameters())
    ready = [parameter for parameter in parameters if not is_lazy(parameter)]
    found = Count(sum(parameter.numel() for parameter in ready))  # type: ignore[attr-defined]
    found.lazy = len(parameters) - len(ready)
    return found


def summary_row(path: str, module: Module, first_names: dict[Parameter, str]) -> SummaryRow:
    """Describe one module and note the full name of each parameter seen for the first time."""
    texts, new = [], []
    for name, parameter in module.named_parameters(recurse=False):
        full_name = f"{path}.{name}" if path else name
        first_name = first_names.setdefault(parameter, full_name)
        if first_name == full_name:
            new.append(parameter)
            texts.append(name + shown(partial_shape(parameter)))
        else:
            texts.append(f"{name} = {first_name}")
    return SummaryRow(path, type(module).__name__, " ".join(texts), count_text(new))


def partial_shape(parameter: Parameter) -> tuple[int | None, ...]:
    """Return a parameter's shape with None for each unknown size."""
    if not isinstance(parameter, UninitializedTensorMixin):
        return tuple(parameter.shape)
    return (None,) if parameter.spec is None else parameter.spec


def known_factor(shape: tuple[int | None, ...]) -> int:
    """Multiply those sizes that are known."""
    return math.prod(size for size in shape if size is not None)


def known_count(parameters: list[Parameter]) -> int:
    """Count the numbers in those parameters whose shape is complete."""
    shapes = map(partial_shape, parameters)
    return sum(known_factor(shape) for shape in shapes if None not in shape)


def count_text(parameters: list[Parameter]) -> str:
    """Write how many numbers some parameters hold, as 144·? + 16."""
    terms = list(unknown_terms(parameters))
    known = known_count(parameters)
    if known or not terms:
        terms.append(f"{known:,}")
    return " + ".join(terms)


def unknown_terms(parameters: list[Parameter]) -> Iterator[str]:
    """Write each count that hangs on unknown sizes as 144·?, one mark for each such size."""
    for shape in map(partial_shape, parameters):
        if None in shape:
            factor = known_factor(shape)
            marks = ["?"] * shape.count(None)
            yield "·".join(marks if factor == 1 else [f"{factor:,}", *marks])


def aligned(rows: Sequence[Sequence[object]], right: Sequence[int] = ()) -> Iterator[str]:
    """Lay out rows as columns, three blanks apart; the columns in `right` end flush.

    >>> list(aligned([("conv", 160), ("linear", 8)], right=[1]))
    ['conv     160', 'linear     8']
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "   ".join(padded).rstrip()
