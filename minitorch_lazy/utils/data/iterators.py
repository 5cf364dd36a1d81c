"""Iterators: one walk of a loader over its data set."""

from __future__ import annotations

import warnings
import weakref
from itertools import cycle
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from minitorch_lazy.utils.data.dataset import IterableDataset
from minitorch_lazy.utils.data.fetch import make_fetcher
from minitorch_lazy.utils.data.sampler import draw_seed
from minitorch_lazy.utils.data.worker import Ended, Failure, Restart, Task, work


class LoaderIterator:
    """One walk: keys from the sampler, batches from the data set.

    Its base seed is drawn when it is made, before the sampler draws anything, as in PyTorch.
    """

    def __init__(self, loader: Any) -> None:
        self.loader = loader
        self.keys = iter(loader._index_sampler)
        self.base_seed = draw_seed(loader.generator)
        self.yielded = 0

    def __iter__(self) -> LoaderIterator:
        return self

    def __len__(self) -> int:
        return len(self.loader._index_sampler)

    def __next__(self) -> Any:
        batch = self.next_batch()
        self.yielded += 1
        announced = self.loader._IterableDataset_len_called
        if announced is not None and self.yielded > announced:
            warnings.warn(
                f"Length of IterableDataset {self.loader.dataset} was reported to be {announced} "
                f"(when accessing len(dataloader)), but {self.yielded} samples have been fetched. "
                "With several workers each must give its own share: see get_worker_info.",
                stacklevel=2,
            )
        return batch

    def __getstate__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")

    def next_batch(self) -> Any:
        """Return the next batch.

        Raises:
            StopIteration: the walk is over.
        """
        raise NotImplementedError


class SerialIterator(LoaderIterator):
    """A walk in the thread of the caller."""

    def __init__(self, loader: Any) -> None:
        super().__init__(loader)
        self.fetcher = make_fetcher(
            loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last
        )

    def next_batch(self) -> Any:
        return self.fetcher.fetch(next(self.keys))


def dismiss(queues: list[SimpleQueue[Any]]) -> None:
    """Let workers end when they have done what they were asked for."""
    for keys in queues:
        keys.put(None)


class WorkerIterator(LoaderIterator):
    """A walk whose batches are made ahead of time by workers, and given in order.

    Worker i makes batches i, i + num_workers, ...; `prefetch_factor` batches a worker are asked
    for in advance.
    """

    def __init__(self, loader: Any) -> None:
        super().__init__(loader)
        self.count = loader.num_workers
        if not loader.prefetch_factor:
            raise AssertionError(
                "prefetch_factor must be greater than 0 for a DataLoader with workers"
            )
        self.results: SimpleQueue[Any] = SimpleQueue()
        self.queues: list[SimpleQueue[Any]] = [SimpleQueue() for _ in range(self.count)]
        task = Task(
            loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last,
            self.base_seed, loader.worker_init_fn, self.count,
        )  # fmt: skip
        self.threads = [
            Thread(target=work, args=(task, worker, keys, self.results), daemon=True)
            for worker, keys in enumerate(self.queues)
        ]
        for thread in self.threads:
            thread.start()
        self.dismissal = weakref.finalize(self, dismiss, self.queues)
        self.start()

    def start(self) -> None:
        """Ask for the first batches of a walk."""
        self.sent = self.received = self.outstanding = 0
        self.owners: dict[int, int] = {}
        self.arrived: dict[int, Any] = {}
        self.active = [True] * self.count
        self.turn = cycle(range(self.count))
        for _ in range(self.loader.prefetch_factor * self.count):
            self.ask()

    def restart(self) -> None:
        """Begin a new walk with the same workers."""
        while self.outstanding:
            self.results.get()
            self.outstanding -= 1
        self.keys = iter(self.loader._index_sampler)
        self.yielded = 0
        for keys in self.queues:
            keys.put(Restart())
        self.start()

    def ask(self) -> None:
        """Ask the next worker that has not ended for the batch of the next keys."""
        if not any(self.active):
            return
        try:
            wanted = next(self.keys)
        except StopIteration:
            return
        worker = next(w for w in self.turn if self.active[w])
        self.queues[worker].put((self.sent, wanted))
        self.owners[self.sent] = worker
        self.sent += 1
        self.outstanding += 1

    def next_batch(self) -> Any:
        while self.owners:
            first = min(self.owners)
            order = first if first in self.arrived else self.wait()
            if order is None:
                continue
            self.owners.pop(order)
            batch = self.arrived.pop(order)
            self.ask()
            if isinstance(batch, Failure):
                raise batch.make()
            return batch
        if not self.loader.persistent_workers:
            self.dismissal()
        raise StopIteration

    def wait(self) -> int | None:
        """Take one result; return its number if it may be given now."""
        timeout = self.loader.timeout or None
        try:
            order, batch = self.results.get(timeout=timeout)
        except Empty:
            raise RuntimeError(
                f"DataLoader timed out after {timeout} seconds\n"
                "  mend  give a longer timeout, or 0 to wait for ever"
            ) from None
        self.outstanding -= 1
        if isinstance(batch, Ended) and isinstance(self.loader.dataset, IterableDataset):
            self.owners.pop(order)
            if self.active[batch.worker]:
                self.active[batch.worker] = False
            self.ask()
            return None
        if isinstance(batch, Ended):
            batch = Failure(StopIteration(), batch.worker)
        self.arrived[order] = batch
        return order if order == min(self.owners) or not self.loader.in_order else None
