"""Trading channels for places and back, element by element, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.nn.functional.mending import check_mend


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


@pytest.mark.parametrize("batch", [(), (2,), (2, 1, 3)])
@pytest.mark.parametrize("r", [1, 2, 3])
def test_pixel_shuffle_spreads_channels_over_squares(batch, r):
    x = numbers(*batch, 2 * r * r, 3, 4)
    y = torch.pixel_shuffle(torch.tensor(x), r).numpy()
    assert y.shape == (*batch, 2, 3 * r, 4 * r)
    for c, h, w in np.ndindex(2, 3 * r, 4 * r):
        source = c * r * r + h % r * r + w % r
        np.testing.assert_array_equal(y[..., c, h, w], x[..., source, h // r, w // r])
    np.testing.assert_array_equal(torch.pixel_unshuffle(torch.tensor(y), r).numpy(), x)


@pytest.mark.parametrize("shape", [(2, 6, 4), (1, 6, 2, 3), (0, 6, 2)])
@pytest.mark.parametrize("groups", [1, 2, 3])
def test_channel_shuffle_deals_groups_out_in_turn(shape, groups):
    x = numbers(*shape)
    y = torch.channel_shuffle(torch.tensor(x), groups).numpy()
    order = [g * (6 // groups) + k for k in range(6 // groups) for g in range(groups)]
    np.testing.assert_array_equal(y, x[:, order])


def test_the_result_never_shares_memory_with_the_input():
    x = torch.zeros(1, 4, 2, 2)
    for made in (torch.pixel_shuffle(x, 1), torch.pixel_unshuffle(x, 1), torch.pixel_shuffle(x, 2),
                 torch.channel_shuffle(x, 1), torch.channel_shuffle(x, 4)):  # fmt: skip
        made.add_(1)
    assert not x.any()


def test_gradients_go_back_where_the_elements_came_from():
    x = torch.tensor(numbers(1, 4, 2, 2), requires_grad=True)
    for move in (lambda t: torch.pixel_shuffle(t, 2), lambda t: torch.pixel_unshuffle(t, 2),
                 lambda t: torch.channel_shuffle(t, 2)):  # fmt: skip
        assert torch.autograd.gradcheck(move, x)
        assert torch.autograd.gradgradcheck(lambda t, move=move: move(t) ** 2, x)


def test_any_type_and_shape_only_tensors_pass():
    for dtype in (torch.bool, torch.int64, torch.complex64):
        assert torch.pixel_shuffle(torch.ones(4, 1, 1, dtype=dtype), 2).dtype is dtype
    assert torch.pixel_shuffle(torch.empty(8, 3, 3, device="meta"), 2).shape == (2, 6, 6)


def test_what_does_not_fit_is_refused():
    check_mend(RuntimeError, "expects input to have at least 3 dimensions, but got input with 2",
               "channels", lambda: torch.pixel_shuffle(torch.ones(2, 3), 2))  # fmt: skip
    check_mend(RuntimeError, "expects a positive upscale_factor, but got 0", "1 or more",
               lambda: torch.pixel_shuffle(torch.ones(4, 3, 3), 0))  # fmt: skip
    check_mend(RuntimeError, "input.size(-3)=3 is not divisible by 4", "multiple of 4",
               lambda: torch.pixel_shuffle(torch.ones(3, 3, 4), 2),
               lambda: torch.pixel_shuffle(torch.ones(4, 3, 4), 2))  # fmt: skip
    check_mend(RuntimeError, "expects width to be divisible by downscale_factor, but "
               "input.size(-1)=3", "crop or pad",
               lambda: torch.pixel_unshuffle(torch.ones(3, 4, 3), 2))  # fmt: skip
    check_mend(RuntimeError, "expects input with > 2 dims", "places",
               lambda: torch.channel_shuffle(torch.ones(2, 3), 2))  # fmt: skip
    check_mend(RuntimeError, "Number of groups to divide channels in must be positive", "1 or",
               lambda: torch.channel_shuffle(torch.ones(2, 3, 4), 0))  # fmt: skip
    check_mend(RuntimeError, "Got 3 channels and 2 groups", "divisor",
               lambda: torch.channel_shuffle(torch.ones(2, 3, 4), 2))  # fmt: skip
    with pytest.raises(TypeError, match="'upscale_factor' must be int, not float"):
        torch.pixel_shuffle(torch.ones(4, 3, 4), 1.5)
