"""Transposed convolution layers: which sizes they give, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.autograd import gradcheck, gradgradcheck
from tests.nn.functional.mending import check_mend

KINDS = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
OPTIONS = [
    {},
    {"stride": 2, "padding": 1},
    {"stride": 3, "dilation": 2, "groups": 2},
    {"stride": 2, "output_padding": 1, "bias": False},
]


def spread(x, w, stride, padding, dilation, groups, sizes):
    """Add what each input sends to its window, one tap at a time."""
    rows = w.shape[0] // groups
    frame = np.zeros((x.shape[0], w.shape[1] * groups, *(n + 2 * padding for n in sizes)))
    for place in np.ndindex(*x.shape[2:]):
        for tap in np.ndindex(*w.shape[2:]):
            target = tuple(i * stride + t * dilation for i, t in zip(place, tap, strict=True))
            for group in range(groups):
                own = slice(group * rows, (group + 1) * rows)
                out = slice(group * w.shape[1], (group + 1) * w.shape[1])
                sent = x[(slice(None), own, *place)] @ w[(own, slice(None), *tap)]
                frame[(slice(None), out, *target)] += sent
    inside = tuple(slice(padding, padding + n) for n in sizes)
    return frame[(slice(None), slice(None), *inside)]


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("options", OPTIONS)
def test_the_layer_spreads_every_input_over_a_window(rank, options):
    layer = KINDS[rank](2, 4, 3, dtype=torch.float64, **options)
    x = np.random.default_rng(0).standard_normal((2, 2, 3, 4, 2)[: rank + 2])
    stride, padding, dilation = (options.get(n, d) for n, d in
                                 (("stride", 1), ("padding", 0), ("dilation", 1)))  # fmt: skip
    sizes = tuple((n - 1) * stride - 2 * padding + dilation * 2 + options.get("output_padding", 0)
                  + 1 for n in x.shape[2:])  # fmt: skip
    expected = spread(x, layer.weight.detach().numpy(), stride, padding, dilation,
                      options.get("groups", 1), sizes)  # fmt: skip
    if layer.bias is not None:
        expected = expected + layer.bias.detach().numpy().reshape(-1, *(1,) * rank)
    y = layer(torch.tensor(x))
    assert y.shape == (2, 4, *sizes)
    np.testing.assert_allclose(y.detach().numpy(), expected, atol=1e-12)
    alone = layer(torch.tensor(x[0]))
    np.testing.assert_array_equal(alone.detach().numpy(), y[0].detach().numpy())


def test_gradients_are_slopes_twice():
    layer = nn.ConvTranspose2d(2, 4, (3, 2), 2, 1, 1, 2, dtype=torch.float64)
    x = torch.tensor(np.random.default_rng(0).standard_normal((2, 2, 2, 3)), requires_grad=True)

    def run(x, weight, bias):
        return torch.conv_transpose2d(x, weight, bias, 2, 1, 1, 2)

    assert gradcheck(run, (x, layer.weight, layer.bias))
    assert gradgradcheck(run, (x, layer.weight, layer.bias))


# -- output_size ---------------------------------------------------------------------------------


def test_output_size_undoes_a_convolution_of_any_size():
    down, up = nn.Conv2d(3, 4, 3, 2, 1), nn.ConvTranspose2d(4, 3, 3, 2, 1)
    for sizes in ((11, 12), (12, 11)):
        x = torch.rand(2, 3, *sizes)
        h = down(x)
        assert up(h).shape == (2, 3, 11, 11)
        assert up(h, output_size=x.shape).shape == x.shape
        assert up(h, list(sizes)).shape == x.shape
        assert up(h[0], output_size=x[0].shape).shape == x[0].shape
        assert up(h[0], sizes).shape == x[0].shape


def test_output_size_is_the_output_padding_that_gives_it():
    layer, x = nn.ConvTranspose1d(2, 3, 3, stride=3), torch.rand(1, 2, 4)
    expected = torch.conv_transpose1d(x, layer.weight, layer.bias, 3, 0, 2)
    np.testing.assert_array_equal(layer(x, (14,)).detach().numpy(), expected.detach().numpy())


def test_a_lazy_layer_takes_output_size_in_its_first_call():
    layer = nn.LazyConvTranspose2d(3, 3, 2)
    assert layer(torch.rand(1, 5, 4, 4), output_size=(10, 9)).shape == (1, 3, 10, 9)
    assert (type(layer), layer.in_channels) == (nn.ConvTranspose2d, 5)


def test_output_size_that_no_input_gives_is_refused():
    layer, x = nn.ConvTranspose2d(2, 3, 3, 2, 1), torch.rand(2, 4, 5)
    for size in ((9, 10), (6, 10), (7, 11)):
        check_mend(ValueError, f"requested an output size of {size}, but valid sizes range from "
                   "[7, 9] to [8, 10]", "one of them", lambda s=size: layer(x, s),
                   lambda: layer(x, (8, 9)))  # fmt: skip
    check_mend(ValueError, "ConvTranspose2D: for 3D input, output_size must have 2 or 3 elements "
               "(got 4)", "each axis", lambda: layer(x, (1, 3, 8, 10)),
               lambda: layer(x, (3, 8, 10)))  # fmt: skip


# -- refusals ------------------------------------------------------------------------------------


def test_only_zeros_are_padded_with():
    for mode in ("reflect", "circular", "anything"):
        with pytest.raises(ValueError, match='Only "zeros" padding mode is supported for ConvTran'):
            nn.ConvTranspose2d(2, 3, 3, padding_mode=mode)
    assert nn.ConvTranspose2d(2, 3, 3, padding_mode="zeros").padding_mode == "zeros"


def test_sizes_that_mean_nothing_are_refused():
    with pytest.raises(ValueError, match="groups must be a positive integer"):
        nn.ConvTranspose1d(2, 4, 3, groups=0)
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        nn.ConvTranspose1d(3, 4, 3, groups=2)
    with pytest.raises(ValueError, match="out_channels must be divisible by groups"):
        nn.LazyConvTranspose1d(3, 3, groups=2)
    with pytest.raises(TypeError, match="argument 'padding' must be tuple of ints, not str"):
        nn.ConvTranspose1d(2, 4, 3, padding="same")
    with pytest.raises(RuntimeError, match="output padding must be smaller than either stride"):
        nn.ConvTranspose1d(2, 4, 3, output_padding=1)(torch.rand(1, 2, 5))


def test_inputs_that_do_not_fit_are_refused_and_a_lazy_layer_stays_lazy():
    x = torch.rand(4, 5)
    check_mend(RuntimeError, "expected input[1, 4, 5] to have 2 channels, but got 4 channels",
               "nn.ConvTranspose1d(4, 3, ...)", lambda: nn.ConvTranspose1d(2, 3, 3)(x),
               lambda: nn.ConvTranspose1d(4, 3, 3)(x))  # fmt: skip
    lazy = nn.LazyConvTranspose2d(4, 3, groups=2)
    check_mend(RuntimeError, "Expected 3D (unbatched) or 4D (batched) input to LazyConvTranspose2d",
               "channels", lambda: lazy(torch.rand(4, 5)))  # fmt: skip
    check_mend(ValueError, "in_channels must be divisible by groups", "divisor",
               lambda: lazy(torch.rand(1, 3, 5, 5)))  # fmt: skip
    assert repr(lazy) == "LazyConvTranspose2d(0, 4, kernel_size=(3, 3), stride=(1, 1), groups=2)"
    assert lazy.weight.spec == (None, 2, 3, 3)
