"""Data sets: things that give samples, by index or one after the other."""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

from minitorch_lazy.core.generator import Generator, default
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import describe

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """A set of samples that are looked up by a key, mostly a number.

    A subclass gives `__getitem__`, mostly `__len__` too; with `__getitems__`, a list of keys gives
    a list of samples at once. `a + b` is one after the other.

    Source: torch.utils.data.Dataset.
    """

    def __getitem__(self, index: Any) -> Sample:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample]):
    """A stream of samples: a subclass gives `__iter__`.

    With several workers each walks over a copy of its own; `get_worker_info` tells them apart, so
    that each can give its share.

    Source: torch.utils.data.IterableDataset.
    """

    def __iter__(self) -> Iterator[Sample]:
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")

    def __add__(self, other: Dataset[Any]) -> Any:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Samples are rows: sample i is the tuple of every tensor's row i.

    Args:
        tensors: each (N, ...).

    Raises:
        AssertionError: they differ in N.

    Source: torch.utils.data.TensorDataset.

    >>> rows = torch.utils.data.TensorDataset(torch.arange(3), torch.ones(3, 2))
    >>> rows[1]
    (tensor(1), tensor([1., 1.]))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensor.shape[0] != tensors[0].shape[0] for tensor in tensors):
            shown = "\n".join(f"  tensor {i}  {describe(t)}" for i, t in enumerate(tensors))
            raise AssertionError(
                f"Size mismatch between tensors\n{shown}\n"
                "  mend      give every tensor one row for each sample"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])


class StackDataset(Dataset[Any]):
    """Samples of several data sets side by side, as tuples or under the names given.

    Raises:
        ValueError: the data sets differ in length, or there are none.

    Source: torch.utils.data.StackDataset.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or ``dict``- (via ``kwargs``) like "
                "input/output, but both types are given."
            )
        self.datasets: Any = args or kwargs
        parts = self.parts()
        if not parts:
            raise ValueError("At least one dataset should be passed")
        if any(len(part) != len(parts[0]) for part in parts):
            raise ValueError("Size mismatch between datasets")

    def parts(self) -> list[Any]:
        """Return the data sets in order."""
        named = isinstance(self.datasets, dict)
        return list(self.datasets.values() if named else self.datasets)

    def join(self, values: Sequence[Any]) -> Any:
        """Make a sample of one value from every data set."""
        if isinstance(self.datasets, dict):
            return dict(zip(self.datasets, values, strict=True))
        return tuple(values)

    def __getitem__(self, index: Any) -> Any:
        return self.join([part[index] for part in self.parts()])

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        columns = [fetch_all(part, indices) for part in self.parts()]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(
                    "Nested dataset's output size mismatch. "
                    f"Expected {len(indices)}, got {len(column)}"
                )
        return [self.join(row) for row in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return len(self.parts()[0])


def fetch_all(dataset: Any, indices: Sequence[Any]) -> list[Any]:
    """Look up several samples, at once where the data set can."""
    at_once = getattr(dataset, "__getitems__", None)
    if callable(at_once):
        found: list[Any] = at_once(indices)
        return found
    return [dataset[index] for index in indices]


class ConcatDataset(Dataset[Any]):
    """Several data sets, one after the other.

    Raises:
        AssertionError: there are none, or one has no positions.

    Source: torch.utils.data.ConcatDataset.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(part, IterableDataset) for part in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        place = bisect_right(self.cumulative_sizes, index)
        start = self.cumulative_sizes[place - 1] if place else 0
        return self.datasets[place][index - start]


class ChainDataset(IterableDataset[Any]):
    """Several streams, one after the other.

    Raises:
        AssertionError: a part is no IterableDataset.

    Source: torch.utils.data.ChainDataset.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def streams(self) -> Iterator[Any]:
        """Go through the parts, refusing those that are no streams."""
        for part in self.datasets:
            if not isinstance(part, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield part

    def __iter__(self) -> Iterator[Any]:
        for stream in self.streams():
            yield from stream

    def __len__(self) -> int:
        return sum(len(stream) for stream in self.streams())


class Subset(Dataset[Any]):
    """The samples at some indices of a data set.

    Raises:
        NotImplementedError: a subclass has a `__getitem__` of its own that `__getitems__` would
            pass by.

    Source: torch.utils.data.Subset.
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices
        kind = type(self)
        if kind.__getitem__ is not Subset.__getitem__ and (
            kind.__getitems__ is Subset.__getitems__
        ):
            raise NotImplementedError(
                f"{kind.__name__} overrides __getitem__ but not __getitems__, which a DataLoader "
                "calls\n  mend  add def __getitems__(self, indices): "
                "return [self[index] for index in indices]"
            )

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        return fetch_all(self.dataset, [self.indices[index] for index in indices])

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset]:
    """Split a data set at random into parts of given lengths.

    Args:
        dataset: has a length.
        lengths: whole numbers that add up to it, or fractions that add up to 1; what rounding
            leaves over is dealt out one by one.
        generator: draws the order; the default one where it is None.

    Raises:
        ValueError: the lengths do not add up, or a fraction is not between 0 and 1.

    Source: torch.utils.data.random_split.

    >>> _ = torch.manual_seed(0)
    >>> [len(part) for part in torch.utils.data.random_split(range(10), [0.7, 0.3])]
    [7, 3]
    """
    total = len(dataset)
    sizes = split_sizes(total, lengths)
    if sum(sizes) != total:
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset! "
            f"({sum(sizes)} and {total})"
        )
    order = (generator or default()).permutation(total).tolist()
    return [
        Subset(dataset, order[end - size : end])
        for end, size in zip(accumulate(sizes), sizes, strict=True)
    ]


def split_sizes(total: int, lengths: Sequence[Any]) -> list[int]:
    """Return the lengths of the parts, given as they are or as fractions of the whole."""
    if not (math.isclose(sum(lengths), 1) and sum(lengths) <= 1):
        return list(lengths)
    for place, part in enumerate(lengths):
        if not 0 <= part <= 1:
            raise ValueError(f"Fraction at index {place} is not between 0 and 1")
    sizes = [math.floor(total * part) for part in lengths]
    for extra in range(total - sum(sizes)):
        sizes[extra % len(sizes)] += 1
    for place, size in enumerate(sizes):
        if size == 0:
            warnings.warn(
                f"Length of split at index {place} is 0. This might result in an empty dataset; "
                "give it a larger fraction.",
                stacklevel=3,
            )
    return sizes
