"""Workers: threads that make batches ahead of time.

Threads share memory, so no batch is pickled or copied, and they work in notebooks and on every
system; NumPy lets go of the interpreter while it computes. Each worker has a shallow copy of the
data set, and its errors are raised where the batch is asked for, as with PyTorch's processes.

Unlike processes, threads share the default generator: what a data set draws from it depends on
their timing. For numbers that do not, let the data set draw from a generator of its own, seeded
with `get_worker_info().seed`.
"""

from __future__ import annotations

import copy
import traceback
from contextvars import ContextVar
from queue import SimpleQueue
from typing import Any, NamedTuple

from minitorch_lazy.utils.data.dataset import Dataset
from minitorch_lazy.utils.data.fetch import make_fetcher


class WorkerInfo(NamedTuple):
    """What a worker may know of itself.

    Attributes:
        id: its number, from 0.
        num_workers: how many there are.
        seed: of its random numbers: the loader's base seed plus `id`.
        dataset: its copy of the data set.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


WORKER: ContextVar[WorkerInfo | None] = ContextVar("worker", default=None)


def get_worker_info() -> WorkerInfo | None:
    """Return what the current worker may know of itself; None outside of workers.

    Source: torch.utils.data.get_worker_info.
    """
    return WORKER.get()


class Ended(NamedTuple):
    """The stream of a worker has ended."""

    worker: int


class Restart(NamedTuple):
    """Ask a worker to begin a new walk."""


class Failure:
    """An error of a worker, to be raised where its batch is asked for."""

    def __init__(self, error: Exception, worker: int) -> None:
        self.error = error
        text = "".join(traceback.format_exception(error))
        self.message = (
            f"Caught {type(error).__name__} in DataLoader worker process {worker}.\n"
            f"Original {text}"
        )

    def make(self) -> Exception:
        """Make an error of the same type whose message holds the worker's traceback."""
        try:
            message = Verbatim(self.message) if isinstance(self.error, KeyError) else self.message
            made = type(self.error)(message)
        except Exception:  # noqa: BLE001 - a type that wants other arguments
            made = RuntimeError(self.message)
        made.__cause__ = self.error
        return made


class Verbatim(str):
    """A string that is its own repr: KeyError shows the repr of its argument."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Task(NamedTuple):
    """What a worker needs to know; it holds no reference to the loader's iterator."""

    dataset: Any
    batched: bool
    collate_fn: Any
    drop_last: bool
    base_seed: int
    worker_init_fn: Any
    num_workers: int


def work(task: Task, worker: int, keys: SimpleQueue[Any], results: SimpleQueue[Any]) -> None:
    """Answer every `(order, keys)` by `(order, batch)` until None comes."""
    dataset = copy.copy(task.dataset) if isinstance(task.dataset, Dataset) else task.dataset
    seed = task.base_seed + worker
    WORKER.set(WorkerInfo(worker, task.num_workers, seed, dataset))
    fetcher: Any = None
    failure: Failure | None = None
    try:
        if task.worker_init_fn is not None:
            task.worker_init_fn(worker)
        fetcher = make_fetcher(dataset, task.batched, task.collate_fn, task.drop_last)
    except Exception as error:  # noqa: BLE001 - raised again where the batch is asked for
        failure = Failure(error, worker)
    while (asked := keys.get()) is not None:
        if isinstance(asked, Restart):
            fetcher = make_fetcher(dataset, task.batched, task.collate_fn, task.drop_last)
            continue
        order, wanted = asked
        results.put((order, answer(fetcher, wanted, worker) if failure is None else failure))


def answer(fetcher: Any, wanted: Any, worker: int) -> Any:
    """Make one batch, or say why there is none."""
    try:
        return fetcher.fetch(wanted)
    except StopIteration:
        return Ended(worker)
    except Exception as error:  # noqa: BLE001 - raised again where the batch is asked for
        return Failure(error, worker)
