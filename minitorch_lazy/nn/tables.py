"""A table of what a network holds, with `?` for each size that the first batch will settle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from minitorch_lazy.core.tensor import TENSORS
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import Parameter
from minitorch_lazy.nn.rehearsal import Rehearsal, known_in_all, rehearse, shape_of
from minitorch_lazy.nn.uninitialized import UninitializedTensorMixin, is_lazy

__all__ = ["Count", "Summary", "SummaryRow", "aligned", "count_parameters", "summary"]

HEADINGS = ("module", "type", "parameters", "count", "output")
KILOBYTE = 1024
NO_OUTPUTS: Mapping[str, Any] = MappingProxyType({})


class SummaryRow(NamedTuple):
    """One module that has parameters of its own, or that computes something by itself.

    Args:
        module: its path in the network, empty for the network itself.
        kind: the name of its class.
        parameters: names and shapes, as in `weight(10, ?) bias(10)`.
        total: how many numbers they hold, as in `10·? + 10`.
        output: the shape of what it returned, as in `(?, 10)`; empty where no input was given.
    """

    module: str
    kind: str
    parameters: str
    total: str
    output: str = ""


class Summary:
    """What `summary` returns: rows to read, totals, and the table as its text.

    Args:
        rows: one for each line of the table.
        parameters: all parameters, each once, as they are now.

    Attributes:
        known: how many numbers are in parameters whose shape is complete, settled or not.
        lazy: how many parameters still wait for the first batch.
    """

    def __init__(self, rows: list[SummaryRow], parameters: list[Parameter]) -> None:
        self.rows, self.tensors = rows, len(parameters)
        self.known = known_count(parameters)
        self.lazy = sum(map(is_lazy, parameters))
        ready = [p for p in parameters if not is_lazy(p)]
        self.bytes = sum(p.numel() * p.dtype.itemsize for p in ready)  # type: ignore[attr-defined]
        self.dtypes = sorted({str(p.dtype).removeprefix("torch.") for p in parameters})

    def totals(self) -> str:
        """Say in one line how many parameters there are, and how many are still lazy."""
        if self.lazy:
            tensors = f"{self.lazy} of {self.tensors} tensors still lazy"
            return f"{self.known:,} known parameters, {tensors}"
        size = f"{self.bytes / KILOBYTE:,.1f} KB {' and '.join(self.dtypes)}"
        return f"{self.known:,} parameters, {size}".rstrip()

    def __str__(self) -> str:
        columns = 5 if any(row.output for row in self.rows) else 4
        rows = [row[:columns] for row in (HEADINGS, *self.rows)]
        return "\n".join([*aligned(rows, right=[3]), self.totals()])

    __repr__ = __str__


def summary(module: Module, *args: Any, **kwargs: Any) -> Summary:
    """List the parameters of a network, module by module, with `?` for sizes not yet known.

    The network is only looked at: nothing is computed and nothing is settled. A parameter that two
    modules share is counted once, where it stands first.

    Args:
        module: any network, lazy, settled or in between.
        args, kwargs: what `forward` takes, tensors or specs; given these, the table also shows the
            shapes that lazy parameters would take and the shape of every module's output.
    Returns:
        A `Summary`; printing it shows the table.

    >>> net = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.Linear(3, 2))
    >>> nn.summary(net)
    module   type         parameters               count
    0        LazyLinear   weight(3, ?) bias(3)   3·? + 3
    2        Linear       weight(2, 3) bias(2)         8
    11 known parameters, 2 of 4 tensors still lazy
    >>> nn.summary(net, torch.spec((None, 4)))
    module   type     parameters             count   output
    0        Linear   weight(3, 4) bias(3)      15   (?, 3)
    1        ReLU                                0   (?, 3)
    2        Linear   weight(2, 3) bias(2)       8   (?, 2)
    23 parameters, 0.1 KB float32
    """
    if not args and not kwargs:
        return table(module)
    runs = rehearse(module, args, kwargs, looked_at)
    found = runs[0][0]
    for place, row in enumerate(found.rows):
        results = [outputs.get(row.module) for _, outputs in runs]
        found.rows[place] = row._replace(output=shown_output(results))
    return found


def table(module: Module, outputs: Mapping[str, Any] = NO_OUTPUTS) -> Summary:
    """Describe a network as it is now; modules without parts are told if their output is known."""
    first_names: dict[Parameter, str] = {}
    rows = [
        summary_row(path, child, first_names)
        for path, child in module.named_modules()
        if any(True for _ in child.named_parameters(recurse=False))
        or (path in outputs and not any(True for _ in child.children()))
    ]
    return Summary(rows, list(first_names))


def looked_at(rehearsal: Rehearsal) -> tuple[Summary, dict[str, Any]]:
    """Return the table of a network in a rehearsal, and what every module returned first."""
    paths = rehearsal.paths()
    outputs: dict[str, Any] = {}
    for module, result in rehearsal.outputs:
        if id(module) in paths:
            outputs.setdefault(paths[id(module)], result)
    return table(rehearsal.net, outputs), outputs


def sizes_text(sizes: tuple[int | None, ...] | None) -> str:
    """Show sizes with `?` where one is not known, as `weight(10, ?) bias(10)`."""
    return f"({', '.join('?' if size is None else str(size) for size in sizes or ())})"


def shown_output(results: list[Any]) -> str:
    """Write the shape of a result, or of each tensor in it, with `?` for what is not known."""
    if results[0].__class__ in TENSORS:
        return sizes_text(known_in_all([shape_of(result) for result in results]))
    if isinstance(results[0], tuple | list):
        parts = zip(*results, strict=False)
        return ", ".join(filter(None, (shown_output(list(part)) for part in parts)))
    return ""


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
            texts.append(name + sizes_text(partial_shape(parameter)))
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
