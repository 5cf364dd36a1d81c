"""Fetchers: how keys become a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch_lazy.ops.create import as_tensor
from minitorch_lazy.utils.data.collate import default_collate
from minitorch_lazy.utils.data.dataset import IterableDataset, TensorDataset, fetch_all


class MapFetcher:
    """Looks samples up by their keys."""

    def __init__(
        self, dataset: Any, batched: bool, collate_fn: Callable[..., Any], drop_last: bool
    ) -> None:
        self.dataset, self.batched, self.collate_fn = dataset, batched, collate_fn
        self.at_once = (
            batched
            and type(dataset) is TensorDataset
            and collate_fn is default_collate
            and all(tensor.node is None for tensor in dataset.tensors)
        )

    def fetch(self, keys: Any) -> Any:
        """Make the batch of some keys.

        The rows of a TensorDataset are taken at once: the same numbers as row by row.
        """
        if self.at_once and all(type(key) is int for key in keys):
            index = as_tensor(np.asarray(keys, np.int64))
            return [tensor[index] for tensor in self.dataset.tensors]
        samples = fetch_all(self.dataset, keys) if self.batched else self.dataset[keys]
        return self.collate_fn(samples)


class StreamFetcher:
    """Takes the next samples of a stream; keys only say how many."""

    def __init__(
        self, dataset: Any, batched: bool, collate_fn: Callable[..., Any], drop_last: bool
    ) -> None:
        self.stream = iter(dataset)
        self.batched, self.collate_fn, self.drop_last = batched, collate_fn, drop_last
        self.ended = False

    def fetch(self, keys: Any) -> Any:
        """Make the next batch.

        Raises:
            StopIteration: the stream has ended.
        """
        if self.ended:
            raise StopIteration
        if not self.batched:
            return self.collate_fn(next(self.stream))
        samples = []
        for _ in keys:
            try:
                samples.append(next(self.stream))
            except StopIteration:
                self.ended = True
                break
        if not samples or (self.drop_last and len(samples) < len(keys)):
            raise StopIteration
        return self.collate_fn(samples)


def make_fetcher(
    dataset: Any, batched: bool, collate_fn: Callable[..., Any], drop_last: bool
) -> MapFetcher | StreamFetcher:
    """Make the fetcher for a kind of data set."""
    kind = StreamFetcher if isinstance(dataset, IterableDataset) else MapFetcher
    return kind(dataset, batched, collate_fn, drop_last)
