"""Fractional max pooling against windows that are walked one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

PLACES = {2: (7, 9), 3: (7, 9, 8)}


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def pool(rank):
    return getattr(F, f"fractional_max_pool{rank}d")


def starts(sample, size, kernel, output):
    step = (size - kernel) / (output - 1) if output > 1 else 0
    found = [int((i + sample) * step) - int(sample * step) for i in range(output - 1)]
    return [*found, size - kernel]


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("output", [1, 3, 5])
def test_it_takes_the_largest_of_windows_at_random_places(rank, output):
    x = numbers(2, 3, *PLACES[rank])
    samples = np.random.default_rng(0).random((2, 3, rank))
    y, index = pool(rank)(torch.tensor(x), 2, output, return_indices=True,
                          _random_samples=torch.tensor(samples))  # fmt: skip
    assert (y.shape, index.dtype) == ((2, 3, *(output,) * rank), torch.int64)
    for plane in np.ndindex(2, 3):
        draws = samples[plane] if rank == 3 else samples[plane][::-1]
        cuts = [starts(u, n, 2, output) for u, n in zip(draws, PLACES[rank], strict=True)]
        for place in np.ndindex(*(output,) * rank):
            window = tuple(
                slice(cut[i], cut[i] + 2) for cut, i in zip(cuts, place, strict=True)
            )  # fmt: skip
            assert y[plane][place].item() == x[plane][window].max()
    flat = torch.tensor(x).flatten(2)
    assert flat.gather(2, index.flatten(2)).equal(y.flatten(2))


@pytest.mark.parametrize("rank", [2, 3])
def test_sizes_may_be_parts_of_the_input_s_and_the_batch_may_be_left_out(rank):
    x = torch.tensor(numbers(2, 3, *PLACES[rank]))
    expected = (2, 3, *(int(n * 0.5) for n in PLACES[rank]))
    assert pool(rank)(x, 2, output_ratio=(0.5,) * rank).shape == expected
    assert pool(rank)(x, 2, output_ratio=0.5).shape == expected
    assert pool(rank)(x[0], 2, output_size=3).shape == (3, *(3,) * rank)
    y, index = getattr(F, f"fractional_max_pool{rank}d_with_indices")(x[:0], 2, 3)
    assert y.shape == index.shape == (0, 3, *(3,) * rank)


def test_one_seed_gives_the_same_windows():
    x = torch.tensor(numbers(1, 2, 9, 9))
    found = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        found.append(F.fractional_max_pool2d(x, 2, 4))
    assert found[0].equal(found[1])
    assert not found[0].equal(found[2])


def test_the_gradient_goes_to_the_largest_and_of_nan_the_last_is_taken():
    x = torch.tensor(numbers(1, 2, 5, 5), requires_grad=True)
    samples = torch.full((1, 2, 2), 0.3, dtype=torch.float64)
    pooled = lambda t: F.fractional_max_pool2d(t, 2, 3, _random_samples=samples)  # noqa: E731
    assert torch.autograd.gradcheck(pooled, x)
    assert torch.autograd.gradgradcheck(lambda t: pooled(t) ** 2, x)
    y, index = F.fractional_max_pool2d(
        torch.tensor([[[1.0, math.nan], [math.nan, 2.0]]]), 2, 1, return_indices=True
    )
    assert (y.isnan().item(), index.item()) == (True, 2)


def test_what_does_not_fit_is_refused():
    x = torch.rand(1, 2, 4, 8)
    function = F.fractional_max_pool2d
    check_mend(ValueError, "requires specifying either an output_size or an output_ratio",
               "one of them", lambda: function(x, 2), lambda: function(x, 2, 3))  # fmt: skip
    check_mend(RuntimeError, "pool height 2 too large relative to input height 4", "smaller",
               lambda: function(x, 2, 4), lambda: function(x, 2, 3))  # fmt: skip
    check_mend(
        RuntimeError,
        "Expect _random_samples to have the same dtype as input",
        ".to(",
        lambda: function(x, 2, 2, _random_samples=torch.rand(1, 2, 2).double()),
    )
    check_mend(RuntimeError, "Expect _random_samples.size(2) equals to 2", "(N, C, 2)",
               lambda: function(x, 2, 2, _random_samples=torch.rand(1, 2, 3)))  # fmt: skip
    check_mend(NotImplementedError, "not implemented for 'Long'", ".float()",
               lambda: function(x.long(), 2, 2))  # fmt: skip
    with pytest.raises(ValueError, match="output_ratio must be between 0 and 1"):
        torch.nn.FractionalMaxPool2d(2, output_ratio=1.5)
    with pytest.raises(ValueError, match="only one of output_size and output_ratio"):
        torch.nn.FractionalMaxPool3d(2, 3, 0.5)


@pytest.mark.torch
@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_seeds_give_torch_s_windows(rank, dtype):
    oracle = pytest.importorskip("torch")
    x = numbers(2, 3, *PLACES[rank]).astype(dtype)
    for seed in range(3):
        found = []
        for package in (torch, oracle):
            package.manual_seed(seed)
            function = getattr(package.nn.functional, f"fractional_max_pool{rank}d")
            found += [function(package.tensor(x), 2, (5, 3, 4)[:rank], return_indices=True)]
        for mine, other in zip(*found, strict=True):
            np.testing.assert_array_equal(mine.numpy(), other.numpy())
