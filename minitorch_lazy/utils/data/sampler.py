"""Samplers: in which order a data set is walked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

import numpy as np

from minitorch_lazy.core.dtype import float64
from minitorch_lazy.core.generator import Generator, default
from minitorch_lazy.ops.create import as_tensor

Key = TypeVar("Key", covariant=True)


class Sampler(Generic[Key]):
    """Gives the keys of samples, or lists of them, one after the other.

    A subclass gives `__iter__`, and `__len__` where it knows it.

    Source: torch.utils.data.Sampler.
    """

    def __iter__(self) -> Iterator[Key]:
        raise NotImplementedError


def check_count(name: str, value: Any) -> None:
    """Refuse what is no positive whole number."""
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"{name} should be a positive integer value, but got {name}={value}")


def draw_seed(generator: Generator | None) -> int:
    """Draw a seed as PyTorch's loader does: 63 bits of the generator, or of the default one."""
    return int((generator or default()).random((), np.int64))


class SequentialSampler(Sampler[int]):
    """The indices in order.

    Source: torch.utils.data.SequentialSampler.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The indices in random order, as PyTorch shuffles them for the same seed.

    Args:
        data_source: has a length.
        replacement: draw each index for itself, so that some come twice.
        num_samples: how many to give; the length of the data set where it is None.
        generator: draws the order; else a fresh one is seeded from the default one every time.

    Raises:
        TypeError: `replacement` is no bool.
        ValueError: `num_samples` is not positive, or the data set is empty.

    Source: torch.utils.data.RandomSampler.

    >>> _ = torch.manual_seed(0)
    >>> sorted(torch.utils.data.RandomSampler(range(4)))
    [0, 1, 2, 3]
    """

    def __init__(
        self, data_source: Sized, replacement: bool = False, num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        self.data_source, self.replacement = data_source, replacement
        self._num_samples, self.generator = num_samples, generator
        if not isinstance(replacement, bool):
            raise TypeError(
                f"replacement should be a boolean value, but got replacement={replacement}"
            )
        check_count("num_samples", self.num_samples)

    @property
    def num_samples(self) -> int:
        """How many indices one walk gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        size, count = len(self.data_source), self.num_samples
        generator = self.generator or Generator().manual_seed(draw_seed(None))
        if self.replacement:
            for start in range(0, count - count % 32 + 1, 32):
                few = min(32, count - start)
                yield from generator.integers(0, size, (few,)).tolist()
            return
        for _ in range(count // size):
            yield from generator.permutation(size).tolist()
        yield from generator.permutation(size)[: count % size].tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given indices in random order.

    Source: torch.utils.data.SubsetRandomSampler.
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        generator = self.generator or default()
        for place in generator.permutation(len(self.indices)).tolist():
            yield self.indices[place]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn in proportion to weights.

    Args:
        weights: N numbers that are not negative; they need not add up to 1.
        num_samples: how many to draw.
        replacement: whether an index may come twice.
        generator: draws them; the default one where it is None.

    Raises:
        ValueError: an option or the shape of the weights is wrong.

    Source: torch.utils.data.WeightedRandomSampler.
    """

    def __init__(
        self, weights: Any, num_samples: int, replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        check_count("num_samples", num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(
                f"replacement should be a boolean value, but got replacement={replacement}"
            )
        self.weights = as_tensor(weights, dtype=float64)
        if self.weights.ndim != 1:
            raise ValueError(
                "weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples, self.replacement = num_samples, replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        generator = self.generator or default()
        drawn = generator.multinomial(self.weights.host(), self.num_samples, self.replacement)
        yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of `batch_size` keys of another sampler.

    Args:
        sampler: any iterable of keys.
        batch_size: a positive whole number.
        drop_last: leave out a last list that is shorter.

    Raises:
        ValueError: an option is wrong.

    Source: torch.utils.data.BatchSampler.

    >>> list(torch.utils.data.BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        check_count("batch_size", batch_size)
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        keys = iter(self.sampler)
        while batch := list(islice(keys, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        keys = len(self.sampler)  # type: ignore[arg-type]
        return keys // self.batch_size if self.drop_last else -(-keys // self.batch_size)
