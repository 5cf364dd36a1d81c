"""Sizes, counts and dimensions are integers: fractions, bools and texts are refused."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch

SIZES = ["2.5, 3", "(2.5, 3)", "True", "True, 2", "(True, 2)", "'a'", "None", "-1", "2, None",
         "m.tensor(2), 3", "m.tensor(2.5)", "np.int64(3)", "np.float64(3)", "[]", "", "[2, 3]",
         "(2,), (3,)", "m.tensor([2, 3])", "2**40, 2**40", "size=(2, 3)", "size=2",
         "m.Size([2])"]  # fmt: skip
MAKERS = ["m.empty", "m.zeros", "m.ones", "m.rand", "m.randn", "t.new_zeros", "t.new_empty",
          "t.new_ones"]  # fmt: skip
SEQUENCES = ["2.5", "(2.5,)", "True", "(True, 2)", "3", "'a'", "None", "(2, -1)", "np.int64(3)",
             "m.tensor(2)", "[2, 3]", "(2, (3,))", "(np.int64(2), m.tensor(3))"]  # fmt: skip
FILLERS = ["m.full({}, 1.0)", "m.randint(5, {})", "m.randint(0, 5, {})", "t.new_full({}, 1.0)"]
COUNTS = ["2.0", "2.5", "True", "'a'", "-1", "np.int64(3)", "m.tensor(3)", "[3]", "0"]
COUNTED = ["m.randperm({})", "m.eye({})", "m.eye(2, {})", "m.linspace(0, 1, {})",
           "m.logspace(0, 1, {})"]  # fmt: skip
SHAPES = ["2.0, 3", "(2.0, 3)", "2, 3.0", "True, 6", "(True, 6)", "-1, 2", "None", "'a'", "2, 2",
          "-1, -1", "-2, 3", "m.tensor(2), 3", "np.int64(2), 3", "np.float64(2), 3", "[2, 3]",
          "[2, None]", "-1, 0", "6", "1, 6", "2, 6"]  # fmt: skip
SHAPED = ["t.reshape({})", "t.view({})", "t.expand({})", "t.repeat({})", "t.tile({})"]
DIMS = ["1.0", "True", "'a'", "5", "(0,)", "m.tensor(0)", "np.int64(0)"]
ALONG = ["sum", "mean", "max", "softmax", "cumsum", "squeeze", "unsqueeze", "argmax", "sort",
         "prod", "any", "flatten", "unbind", "size", "amax", "logsumexp", "log_softmax", "topk",
         "argsort"]  # fmt: skip
CASES = [
    *[f"{f}({size})" for f in MAKERS for size in SIZES],
    *[f.format(size) for f in FILLERS for size in SEQUENCES],
    *[f.format(count) for f in COUNTED for count in COUNTS],
    *[f.format(shape) for f in SHAPED for shape in SHAPES],
    *[f"t.{f}({dim})" for f in ALONG for dim in DIMS],
    "m.randint(0, 2.5, (2,))", "m.randint(5)", "m.randint(1, 2, 3, (2,))", "t.roll(True)",
    "t.roll(1.0)", "t.chunk(True)", "t.chunk(2.0)", "t.split(True)", "t.split(2.0)",
    "t.split([2.0, 4])", "m.full((2,), 1.0, device='meta')", "t.unflatten(0, (2.0, 3))",
]  # fmt: skip


def outcome(text: str, m: Any) -> Any:
    """Return the shape of a result, or the type of the error."""
    try:
        found = eval(text, {"m": m, "t": m.ones(6), "np": np})
    except Exception as error:
        return type(error).__name__
    found = found[0] if isinstance(found, tuple) and not isinstance(found, m.Size) else found
    return tuple(found.shape) if hasattr(found, "shape") else found


@pytest.mark.torch
@pytest.mark.parametrize("text", CASES)
def test_what_is_no_integer_is_refused_as_in_pytorch(text: str) -> None:
    assert outcome(text, torch) == outcome(text, pytest.importorskip("torch"))


def test_the_message_says_which_argument_and_what_to_give() -> None:
    with pytest.raises(TypeError, match="zeros.*'size' must be tuple of ints.*float at pos 1") as e:
        torch.zeros(2, 2.5)
    assert "a // b in place of a / b" in str(e.value)
    with pytest.raises(TypeError, match=r"give a tuple: \(3,\)"):
        torch.full(3, 1.0)
    with pytest.raises(IndexError, match=r"(?s)input   2-D, \(2, 3\).*dimensions count from 0"):
        torch.ones(2, 3).sum(2)


MANY = 4_000_000
HUGE = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (MANY,), (0,))


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.arange(MANY, device="meta"),
        lambda: torch.arange(0.5, MANY, device="meta"),
        lambda: torch.linspace(0, 1, MANY, device="meta"),
        lambda: torch.logspace(0, 1, MANY, device="meta"),
        lambda: torch.eye(2000, 3000, device="meta"),
        lambda: torch.full((MANY,), 1.0, device="meta"),
        lambda: torch.zeros(MANY, device="meta"),
        lambda: torch.rand(MANY, device="meta"),
        lambda: torch.randperm(MANY, device="meta"),
        lambda: torch.randint(5, (MANY,), device="meta"),
        lambda: torch.tril_indices(2000, 2000, 1, device="meta"),
        lambda: torch.triu_indices(2000, 2000, device="meta"),
        lambda: torch.tensor(HUGE, device="meta"),
        lambda: torch.as_tensor(HUGE, device="meta"),
        lambda: torch.ones_like(torch.empty(MANY, device="meta")),
    ],
)
def test_a_tensor_without_numbers_is_made_without_any(make: Any) -> None:
    make()
    tracemalloc.start()
    found = make()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.is_meta
    assert peak < 100_000


@pytest.mark.parametrize(("row", "col", "offset"), [(3, 4, 0), (4, 2, 1), (2, 5, -1), (0, 3, 0)])
def test_places_of_triangles_without_numbers_have_their_shape(
    row: int, col: int, offset: int
) -> None:
    for make in (torch.tril_indices, torch.triu_indices):
        assert make(row, col, offset, device="meta").shape == make(row, col, offset).shape


def test_a_number_is_a_shape_to_broadcast() -> None:
    assert torch.broadcast_shapes(3, (2, 1)) == (2, 3)
    assert torch.broadcast_shapes(5) == (5,)
    with pytest.raises(RuntimeError, match="Shape mismatch"):
        torch.broadcast_shapes(3, (2,))


@pytest.mark.parametrize("shape", [(3, 1), (1, 4), (4,), (1,), (), (3, 4), (2, 3, 4)], ids=str)
def test_sum_to_size_undoes_broadcasting(shape: tuple[int, ...]) -> None:
    x = torch.ones(2, 3, 4)
    y = x.sum_to_size(shape)
    assert y.shape == shape
    assert y.sum().item() == 24
    assert y.tolist() == (y * 0 + 24 // max(y.numel(), 1)).tolist()


def test_sum_to_size_returns_what_fits_and_counts_bools() -> None:
    x = torch.ones(3, 2)
    assert x.sum_to_size(3, 2) is x
    assert x.bool().sum_to_size(1, 2).tolist() == [[3, 3]]
    assert x.int().sum_to_size([2]).dtype is torch.int64


def test_sum_to_size_refuses_shapes_that_do_not_broadcast() -> None:
    x = torch.ones(3, 2)
    for shape in ((2, 3), (1, 3, 2), (3, -1)):
        with pytest.raises(RuntimeError, match="is not expandable to size"):
            x.sum_to_size(shape)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        x.sum_to_size()
