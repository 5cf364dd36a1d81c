"""Workers: the same batches in the same order, and errors where they are asked for."""

from __future__ import annotations

import gc
import threading
import time

import pytest

import minitorch_lazy as mt
from minitorch_lazy.utils.data import (
    DataLoader,
    Dataset,
    IterableDataset,
    TensorDataset,
    get_worker_info,
)


class Shared(IterableDataset):
    """Numbers below a bound; with workers, each gives its share."""

    def __init__(self, stop):
        self.stop = stop

    def __iter__(self):
        info = get_worker_info()
        start, step = (0, 1) if info is None else (info.id, info.num_workers)
        return iter(range(start, self.stop, step))


class Uneven(Dataset):
    """Some samples take longer than others."""

    def __len__(self):
        return 12

    def __getitem__(self, index):
        time.sleep(0.002 * (index % 3))
        return index


class Broken(Dataset):
    def __init__(self, error):
        self.error = error

    def __len__(self):
        return 4

    def __getitem__(self, index):
        if index == 2:
            raise self.error
        return index


def numbers(loader):
    return [batch.tolist() for batch in loader]


@pytest.mark.parametrize("workers", [1, 2, 3, 20])
@pytest.mark.parametrize("prefetch", [1, 4])
def test_batches_come_in_the_order_of_their_keys(workers, prefetch):
    loader = DataLoader(Uneven(), 2, num_workers=workers, prefetch_factor=prefetch)
    for _ in range(2):
        assert numbers(loader) == [[i, i + 1] for i in range(0, 12, 2)]


def test_out_of_order_all_batches_come():
    loader = DataLoader(Uneven(), 2, num_workers=3, in_order=False)
    assert sorted(numbers(loader)) == [[i, i + 1] for i in range(0, 12, 2)]


# Recorded from PyTorch 2.13: the sampler draws when the walk is made, because of the prefetching.
@pytest.mark.parametrize("persistent", [False, True])
def test_shuffled_order_and_other_draws_are_pytorchs(persistent):
    mt.manual_seed(3)
    data = TensorDataset(mt.arange(7))
    loader = DataLoader(
        data, 3, shuffle=True, num_workers=2, persistent_workers=persistent
    )
    walk = iter(loader)
    assert mt.rand(1).item() == 0.47161436080932617
    assert [batch[0].tolist() for batch in walk] == [[3, 2, 5], [4, 1, 0], [6]]


def test_streams_are_shared_among_workers():
    loader = DataLoader(Shared(10), 2, num_workers=3)
    assert sorted(i for batch in numbers(loader) for i in batch) == list(range(10))
    assert numbers(loader) == [[0, 3], [1, 4], [2, 5], [6, 9], [7], [8]]


def test_workers_know_themselves_and_their_seeds():
    seen = {}
    mt.manual_seed(0)

    class Asking(Dataset):
        def __len__(self):
            return 8

        def __getitem__(self, index):
            info = get_worker_info()
            seen[info.id] = (info.num_workers, info.seed - info.id, info.dataset is self)
            return index

    numbers(DataLoader(Asking(), num_workers=2))
    assert get_worker_info() is None
    assert set(seen) == {0, 1}
    assert {count for count, _, _ in seen.values()} == {2}
    assert len({base for _, base, _ in seen.values()}) == 1
    assert all(own for _, _, own in seen.values())


def test_worker_init_fn_may_change_the_workers_own_dataset():
    def split(worker):
        info = get_worker_info()
        info.dataset.stop = 10 * (worker + 1)

    class Plain(Shared):
        def __iter__(self):
            return iter(range(self.stop - 2, self.stop))

    data = Plain(0)
    loader = DataLoader(data, 2, num_workers=2, worker_init_fn=split)
    assert numbers(loader) == [[8, 9], [18, 19]]
    assert data.stop == 0


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("bad sample"), ValueError),
        (KeyError("bad sample"), KeyError),
        (UnicodeDecodeError("utf-8", b"", 0, 1, "bad sample"), RuntimeError),
    ],
)
def test_an_error_is_raised_where_its_batch_is_asked_for(error, kind):
    walk = iter(DataLoader(Broken(error), num_workers=2))
    assert [next(walk).item(), next(walk).item()] == [0, 1]
    with pytest.raises(
        kind,
        match=rf"(?s)Caught {type(error).__name__} in DataLoader worker process 0\.\n"
        r"Original Traceback.*in __getitem__.*bad sample",
    ) as caught:
        next(walk)
    assert caught.value.__cause__ is error
    assert next(walk).item() == 3
    assert list(walk) == []


def test_an_error_of_worker_init_fn_is_raised():
    def fail(worker):
        raise OSError("no such disk")

    with pytest.raises(OSError, match="no such disk"):
        next(iter(DataLoader(Uneven(), num_workers=1, worker_init_fn=fail)))


def test_a_worker_that_takes_too_long_is_reported():
    class Slow(Dataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            time.sleep(0.3)
            return index

    with pytest.raises(RuntimeError, match=r"timed out after 0.05 seconds"):
        next(iter(DataLoader(Slow(), num_workers=1, timeout=0.05)))


def test_without_prefetching_there_is_nothing_to_wait_for():
    with pytest.raises(AssertionError, match="prefetch_factor must be greater than 0"):
        iter(DataLoader(Uneven(), num_workers=1, prefetch_factor=0))


def live_threads(before):
    deadline = time.monotonic() + 5
    while (alive := set(threading.enumerate()) - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    return alive


def test_workers_end_with_their_walk():
    before = set(threading.enumerate())
    numbers(DataLoader(Uneven(), 2, num_workers=2))
    assert not live_threads(before)


def test_workers_of_a_walk_that_is_left_end_too():
    before = set(threading.enumerate())
    walk = iter(DataLoader(Uneven(), num_workers=2))
    next(walk)
    del walk
    gc.collect()
    assert not live_threads(before)


def test_persistent_workers_stay_and_start_anew():
    calls = []
    loader = DataLoader(
        Shared(4), 2, num_workers=2, persistent_workers=True, worker_init_fn=calls.append
    )
    assert numbers(loader) == [[0, 2], [1, 3]]
    assert numbers(loader) == [[0, 2], [1, 3]]
    next(iter(loader))
    assert numbers(loader) == [[0, 2], [1, 3]]
    assert sorted(calls) == [0, 1]
