"""DataLoader: batches, their order for a seed, and options that exclude each other."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset


class Count(IterableDataset):
    def __init__(self, stop):
        self.stop = stop

    def __iter__(self):
        return iter(range(self.stop))


def rows(n=7):
    return TensorDataset(mt.arange(n))


def walk(loader):
    return [batch[0].tolist() for batch in loader]


def test_batches_come_in_order():
    loader = DataLoader(rows(), batch_size=3)
    assert walk(loader) == [[0, 1, 2], [3, 4, 5], [6]]
    assert len(loader) == 3
    assert walk(DataLoader(rows(), batch_size=3, drop_last=True)) == [[0, 1, 2], [3, 4, 5]]


# Recorded from PyTorch 2.13.
def test_shuffled_walks_and_other_draws_are_pytorchs():
    mt.manual_seed(3)
    loader = DataLoader(rows(), 3, shuffle=True)
    assert walk(loader) == [[3, 2, 5], [4, 1, 0], [6]]
    assert walk(loader) == [[3, 1, 6], [0, 2, 4], [5]]
    assert mt.rand(2).tolist() == [0.5944212079048157, 0.887856662273407]


def test_a_walk_in_order_draws_its_base_seed_too():
    mt.manual_seed(3)
    walk(DataLoader(rows(), 3))
    assert mt.rand(2).tolist() == [0.2858424782752991, 0.026954829692840576]


def test_a_generator_shuffles_itself():
    generator = mt.Generator().manual_seed(5)
    loader = DataLoader(rows(), 3, shuffle=True, generator=generator)
    assert walk(loader) == [[2, 4, 3], [5, 0, 6], [1]]
    assert walk(loader) == [[4, 1, 0], [2, 3, 6], [5]]
    assert mt.rand(1, generator=generator).tolist() == [0.2638806700706482]


@pytest.mark.torch
@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 4, "shuffle": True},
        {"batch_size": 5, "shuffle": True, "drop_last": True},
        {"batch_size": None, "shuffle": True},
        {"batch_size": 4},
    ],
)
def test_orders_over_epochs_mixed_with_draws_follow_pytorch(options):
    torch = pytest.importorskip("torch")
    seen = []
    for package in (mt, torch):
        package.manual_seed(11)
        data = package.utils.data.TensorDataset(package.arange(23), package.ones(23, 2))
        loader = package.utils.data.DataLoader(data, **options)
        for _ in range(3):
            seen.append([batch[0].tolist() for batch in loader])
            seen.append(package.rand(3).tolist())
            seen.append(package.randperm(5).tolist())
    assert seen[:9] == seen[9:]


def test_a_list_is_a_dataset_and_samples_are_collated():
    first, second = next(iter(DataLoader([(1, 0.5), (2, 1.5)], batch_size=2)))
    assert (first.tolist(), second.dtype) == ([1, 2], mt.float64)


def test_collate_fn_gets_the_list_of_samples():
    assert list(DataLoader([1, 2, 3], 2, collate_fn=tuple)) == [(1, 2), (3,)]


def test_no_batch_size_gives_single_converted_samples():
    found = list(DataLoader([np.array([1, 2]), "text"], batch_size=None))
    assert found[0].tolist() == [1, 2]
    assert found[1] == "text"


def test_a_sampler_and_a_batch_sampler_give_the_keys():
    assert walk(DataLoader(rows(), 2, sampler=[5, 3, 1])) == [[5, 3], [1]]
    loader = DataLoader(rows(), batch_sampler=[[6], [0, 1]])
    assert walk(loader) == [[6], [0, 1]]
    assert (len(loader), loader.batch_size) == (2, None)


def test_getitems_is_asked_for_a_whole_batch():
    class Squares(Dataset):
        def __len__(self):
            return 4

        def __getitems__(self, indices):
            return [i * i for i in indices]

    assert [b.tolist() for b in DataLoader(Squares(), 3)] == [[0, 1, 4], [9]]


def test_rows_that_need_gradients_carry_them():
    x = mt.ones(4, requires_grad=True)
    for (batch,) in DataLoader(TensorDataset(x), 3):
        batch.sum().backward()
    assert x.grad.tolist() == [1.0] * 4


def test_a_subclass_of_tensor_dataset_is_asked_row_by_row():
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            return tuple(2 * part for part in super().__getitem__(index))

    assert walk(DataLoader(Doubled(mt.arange(3)), 2)) == [[0, 2], [4]]


def test_streams_are_batched_until_they_end():
    assert [b.tolist() for b in DataLoader(Count(5), 2)] == [[0, 1], [2, 3], [4]]
    assert [b.tolist() for b in DataLoader(Count(5), 2, drop_last=True)] == [[0, 1], [2, 3]]
    assert list(DataLoader(Count(3), batch_size=None)) == [0, 1, 2]


def test_the_length_of_a_stream_is_that_of_its_dataset():
    class Told(Count):
        def __len__(self):
            return 4

    assert len(DataLoader(Told(5), 3)) == 2
    assert len(DataLoader(Told(5), 3, drop_last=True)) == 1
    with pytest.raises(TypeError):
        len(DataLoader(Count(5)))
    loader = DataLoader(Told(5), batch_size=None)
    len(loader)
    with pytest.warns(UserWarning, match="reported to be 4"):
        list(loader)


def test_two_walks_at_once_do_not_disturb_each_other():
    loader = DataLoader(rows(4), 2)
    pairs = [(a[0].tolist(), b[0].tolist()) for a, b in zip(loader, loader, strict=True)]
    assert pairs == [([0, 1], [0, 1]), ([2, 3], [2, 3])]


def test_settled_options_cannot_be_changed():
    loader = DataLoader(rows(), 2)
    for name in ("batch_size", "sampler", "dataset", "drop_last", "batch_sampler"):
        with pytest.raises(ValueError, match=f"{name} attribute should not be set"):
            setattr(loader, name, None)
    loader.collate_fn = tuple


def test_a_loader_can_be_pickled_but_not_its_walk():
    loader = DataLoader([1, 2, 3], 2)
    twin = pickle.loads(pickle.dumps(loader))
    assert [b.tolist() for b in twin] == [[1, 2], [3]]
    with pytest.raises(NotImplementedError, match="cannot be pickled"):
        pickle.dumps(iter(loader))


def test_pinning_without_a_gpu_warns(monkeypatch):
    monkeypatch.setattr("minitorch_lazy.utils.data.loader.is_available", lambda: False)
    with pytest.warns(UserWarning, match="no accelerator is found"):
        iter(DataLoader(rows(), pin_memory=True))


@pytest.mark.parametrize(
    ("options", "kind", "phrase"),
    [
        ({"num_workers": -1}, ValueError, "num_workers option should be non-negative"),
        ({"timeout": -1}, ValueError, "timeout option should be non-negative"),
        ({"prefetch_factor": 2}, ValueError, "only be specified in multiprocessing"),
        ({"num_workers": 1, "prefetch_factor": -1}, ValueError, "prefetch_factor option"),
        ({"persistent_workers": True}, ValueError, "needs num_workers > 0"),
        ({"multiprocessing_context": "spawn"}, ValueError, "can only be used with multi-process"),
        ({"multiprocessing_context": "x", "num_workers": 1}, ValueError, "valid start method"),
        ({"multiprocessing_context": 1, "num_workers": 1}, TypeError, "valid context object"),
        ({"sampler": [0], "shuffle": True}, ValueError, "mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, ValueError, "batch_sampler option is mutually"),
        ({"batch_sampler": [[0]], "shuffle": True}, ValueError, "batch_sampler option is mutually"),
        ({"batch_sampler": [[0]], "drop_last": True}, ValueError, "batch_sampler option is"),
        ({"batch_size": None, "drop_last": True}, ValueError, "disables auto-batching"),
        ({"batch_size": 0}, ValueError, "batch_size=0"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, kind, phrase):
    with pytest.raises(kind, match=phrase):
        DataLoader(rows(), **options)


@pytest.mark.parametrize(
    ("options", "name"),
    [({"shuffle": True}, "shuffle"), ({"sampler": [1]}, "sampler"),
     ({"batch_sampler": [[1]]}, "batch_sampler")],
)  # fmt: skip
def test_a_stream_has_no_order_to_choose(options, name):
    with pytest.raises(ValueError, match=f"expected unspecified {name} option"):
        DataLoader(Count(3), **options)


def test_an_empty_dataset_cannot_be_shuffled():
    with pytest.raises(ValueError, match="num_samples=0"):
        DataLoader([], shuffle=True)
    assert list(DataLoader([])) == []
