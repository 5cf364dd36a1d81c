"""Padded and packed sequences, and the way between them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy.nn.utils import rnn

LENGTHS = st.lists(st.integers(1, 5), min_size=1, max_size=5)
KINDS = st.sampled_from(["float64", "int64", "bool"])


def sequences(lengths: list[int], rest: tuple[int, ...] = (2,), kind: str = "float64") -> list[Any]:
    """Make sequences of different numbers."""
    draw = np.random.default_rng(len(lengths))
    return [torch.tensor(draw.integers(-9, 9, (n, *rest)).astype(kind)) for n in lengths]


def packed_by_hand(parts: list[np.ndarray]) -> tuple[np.ndarray, list[int]]:
    """Return rows and batch sizes of sequences, the longest first."""
    longest = max(len(part) for part in parts)
    order = sorted(range(len(parts)), key=lambda i: -len(parts[i]))
    rows = [[parts[i][t] for i in order if t < len(parts[i])] for t in range(longest)]
    return np.array([row for step in rows for row in step]), [len(step) for step in rows]


@given(lengths=LENGTHS, rest=st.sampled_from([(), (2,), (1, 3)]), kind=KINDS)
def test_packing_goes_time_after_time_and_comes_back(lengths, rest, kind):
    parts = sequences(lengths, rest, kind)
    packed = rnn.pack_sequence(parts, enforce_sorted=False)
    rows, sizes = packed_by_hand([part.numpy() for part in parts])
    np.testing.assert_array_equal(packed.data.numpy(), rows.reshape(packed.data.shape))
    assert (packed.data.dtype, packed.batch_sizes.dtype) == (parts[0].dtype, torch.int64)
    assert packed.batch_sizes.tolist() == sizes
    assert [lengths[i] for i in packed.sorted_indices.tolist()] == sorted(lengths, reverse=True)
    assert packed.sorted_indices[packed.unsorted_indices].tolist() == [*range(len(lengths))]
    for part, found in zip(parts, rnn.unpack_sequence(packed), strict=True):
        assert torch.equal(part, found)


@given(lengths=LENGTHS, batch_first=st.booleans(), more=st.integers(0, 2))
def test_a_padded_batch_is_padded_where_sequences_have_ended(lengths, batch_first, more):
    parts = sequences(lengths)
    packed = rnn.pack_sequence(parts, enforce_sorted=False)
    total = max(lengths) + more
    padded, found = rnn.pad_packed_sequence(packed, batch_first, -7.0, total if more else None)
    assert found.tolist() == lengths
    right = np.full((len(lengths), total, 2), -7.0)
    for place, part in enumerate(parts):
        right[place, : len(part)] = part.numpy()
    right = right if batch_first else right.swapaxes(0, 1)
    np.testing.assert_array_equal(padded.numpy(), right)
    again = rnn.pack_padded_sequence(padded, found, batch_first, enforce_sorted=False)
    assert torch.equal(again.data, packed.data)
    if not more:
        assert torch.equal(rnn.pad_sequence(parts, batch_first, -7.0), padded)
    left = rnn.pad_sequence(parts, True, -7.0, "left").numpy()
    for place, part in enumerate(parts):
        np.testing.assert_array_equal(left[place, max(lengths) - len(part) :], part.numpy())
        assert (left[place, : max(lengths) - len(part)] == -7).all()


def test_lengths_may_cut_a_batch_short():
    packed = rnn.pack_padded_sequence(torch.arange(6).reshape(3, 2), [2, 1])
    assert (packed.data.tolist(), packed.batch_sizes.tolist()) == ([0, 1, 2], [2, 1])
    assert packed.sorted_indices is packed.unsorted_indices is None


def test_gradients_come_back_to_where_numbers_came_from():
    x = torch.ones(2, 3, 1, dtype=torch.float64, requires_grad=True)

    def around(x: Any) -> Any:
        packed = rnn.pack_padded_sequence(x, [1, 3], True, enforce_sorted=False)
        return rnn.pad_packed_sequence(packed._replace(data=packed.data**2))[0]

    around(x).sum().backward()
    assert x.grad.squeeze(-1).tolist() == [[2, 0, 0], [2, 2, 2]]
    assert torch.autograd.gradgradcheck(around, x)


def test_unpadding_leaves_the_batch_alone():
    batch = torch.ones(3, 2, 1)
    first, second = rnn.unpad_sequence(batch, torch.tensor([3, 1]))
    first.zero_()
    assert (first.shape, second.shape, batch.shape) == ((3, 1), (1, 1), (3, 2, 1))
    assert batch.sum() == 6


def test_the_first_sequence_decides_the_type():
    whole, part = torch.tensor([1, 2]), torch.tensor([1.5])
    assert rnn.pad_sequence([whole, part]).tolist() == [[1, 1], [2, 0]]
    assert rnn.pad_sequence(iter([part, whole])).tolist() == [[1.5, 1.0], [0.0, 2.0]]
    assert rnn.pad_sequence(torch.ones(2, 3)).shape == (3, 2)


def test_a_permutation_is_inverted():
    assert rnn.invert_permutation(torch.tensor([2, 0, 1])).tolist() == [1, 2, 0]
    assert rnn.invert_permutation(None) is None


def test_a_packed_sequence_converts_its_data_and_moves_its_indices():
    packed = rnn.pack_sequence(sequences([1, 3]), enforce_sorted=False)
    assert packed.to(torch.float64) is packed.cpu() is packed.double() is packed
    assert not packed.is_cuda
    for name, kind in (("float", torch.float32), ("half", torch.float16), ("long", torch.int64),
                       ("int", torch.int32), ("short", torch.int16), ("char", torch.int8),
                       ("byte", torch.uint8)):  # fmt: skip
        other = getattr(packed, name)()
        assert (type(other), other.data.dtype) == (rnn.PackedSequence, kind)
        assert other.batch_sizes is packed.batch_sizes
        assert torch.equal(other.unsorted_indices, packed.unsorted_indices)
    assert packed.cpu(torch.float32).data.dtype is torch.float32
    there = packed.to("meta")
    devices = [part.device.type for part in there]
    assert devices == ["meta", "cpu", "meta", "meta"]


def test_copies_of_a_packed_sequence_hold_the_same():
    packed = rnn.pack_sequence(sequences([1, 3]), enforce_sorted=False)
    for other in (copy.deepcopy(packed), pickle.loads(pickle.dumps(packed))):
        assert type(other) is rnn.PackedSequence
        assert all(torch.equal(a, b) for a, b in zip(other, packed, strict=True))
    pair = rnn.PackedSequence((packed.data, packed.batch_sizes))
    assert pair.data is packed.data
    assert pair.sorted_indices is None


def test_packing_without_numbers_has_the_same_shapes():
    packed = rnn.pack_padded_sequence(torch.ones(3, 2, 4, device="meta"), [3, 1])
    assert (packed.data.shape, packed.data.is_meta) == ((4, 4), True)
    padded, lengths = rnn.pad_packed_sequence(packed)
    assert (padded.shape, padded.is_meta, lengths.tolist()) == ((3, 2, 4), True, [3, 1])


REFUSED = [
    ("rnn.pack_sequence([torch.ones(1), torch.ones(2)])", RuntimeError,
     "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True."),
    ("rnn.pack_padded_sequence(torch.ones(3, 2), [3, 0])", RuntimeError,
     "Length of all samples has to be greater than 0, but found an element in 'lengths' that is"),
    ("rnn.pack_padded_sequence(torch.ones(3, 2), [3])", RuntimeError,
     "Expected `len(lengths)` to be equal to batch_size, but got 1 (batch_size=2)"),
    ("rnn.pack_padded_sequence(torch.ones(3, 0), [])", RuntimeError, "Cannot pack empty tensors."),
    ("rnn.pack_padded_sequence(torch.ones(3), [3])", IndexError, "Dimension out of range"),
    ("rnn.pack_padded_sequence(torch.ones(3, 2), torch.ones(2, 1))", RuntimeError,
     "'lengths' argument should be a 1D CPU int64 tensor, but got 2D cpu"),
    ("rnn.pad_packed_sequence(rnn.pack_sequence([torch.ones(2)]), total_length=1)", ValueError,
     "Expected total_length to be at least the length of the longest sequence in input, but got "
     "total_length=1 and max sequence length being 2"),
    ("rnn.pad_sequence([torch.ones(1)], padding_side='top')", RuntimeError,
     "Expected padding_side to be one of left or right, but got top."),
    ("rnn.pad_sequence([])", RuntimeError, "received an empty list of sequences"),
    ("rnn.pad_sequence(3)", RuntimeError, "Expected iterable for input sequences, but got arg of"),
    ("rnn.pad_sequence([1])", TypeError, "expected Tensor as element 0 in argument 0, but got int"),
    ("rnn.PackedSequence(torch.ones(3))", AssertionError,
     "Expected data to be a list or tuple of length 2"),
]  # fmt: skip
REFUSED_HERE = [
    ("rnn.pack_padded_sequence(torch.ones(3, 2), [4, 1])", RuntimeError, "a length of 4 is more"),
    ("rnn.pad_sequence([torch.ones(1, 2), torch.ones(1, 3)])", RuntimeError, "must match"),
    ("rnn.pad_sequence([torch.ones(())])", RuntimeError, "must match except in dimension 0"),
    ("rnn.unpad_sequence(torch.ones(3, 2), torch.tensor([3]))", ValueError, "1 lengths for 2"),
]


def refusal(line: str, package: Any) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the caller looks at type and text
        eval(line, {"rnn": package.nn.utils.rnn, "torch": package})
    return caught.value


@pytest.mark.parametrize(("line", "kind", "phrase"), REFUSED + REFUSED_HERE)
def test_a_mistake_is_refused(line, kind, phrase):
    error = refusal(line, torch)
    assert type(error) is kind
    assert phrase in str(error)


@pytest.mark.torch
@pytest.mark.parametrize(("line", "kind", "phrase"), REFUSED)
def test_a_mistake_is_refused_in_torch_s_words(line, kind, phrase):
    error = refusal(line, pytest.importorskip("torch"))
    assert type(error) is kind
    assert phrase in str(error)


@pytest.mark.torch
@pytest.mark.parametrize("enforce_sorted", [True, False])
def test_packed_and_padded_sequences_show_as_torch_s(enforce_sorted):
    oracle = pytest.importorskip("torch")
    shown = []
    for package in (torch, oracle):
        there = package.nn.utils.rnn
        parts = [package.arange(n * 2.0).reshape(n, 2) for n in (4, 2, 2, 1)]
        parts = parts if enforce_sorted else [parts[i] for i in (3, 0, 2, 1)]
        packed = there.pack_sequence(parts, enforce_sorted)
        padded = there.pad_packed_sequence(packed, True, 9.0, 5)
        shown.append([repr(x) for x in (packed, packed.long(), padded,
                                        there.pad_sequence(parts, padding_side="left"),
                                        there.unpack_sequence(packed))])  # fmt: skip
    assert shown[0] == shown[1]
