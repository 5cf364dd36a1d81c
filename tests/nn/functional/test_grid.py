"""Reading through grids against plain interpolation, affine maps, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

SIZES = {2: (4, 5), 3: (3, 4, 5)}
MODES = ["bilinear", "nearest", "bicubic"]
PADDINGS = ["zeros", "border", "reflection"]


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def grid(*shape):
    return np.random.default_rng(len(shape)).uniform(-1.5, 1.5, shape)


def center(x, size, aligned):
    return (x + 1) / 2 * (size - 1) if aligned else ((x + 1) * size - 1) / 2


def fold_back(x, size, aligned):
    """Mirror a place until it lies within the borders."""
    low, high = (0, size - 1) if aligned else (-0.5, size - 0.5)
    while not low <= x <= high:
        x = 2 * low - x if x < low else 2 * high - x
    return min(max(x, 0), size - 1)


def read(image, place, padding, aligned):
    """Interpolate one image (C, *sizes) at one place, last axis first."""
    total, axes = 0, []
    for x, size in zip(place[::-1], image.shape[1:], strict=True):
        at = center(x, size, aligned)
        if padding == "border":
            at = min(max(at, 0), size - 1)
        if padding == "reflection":
            at = fold_back(at, size, aligned)
        axes.append([(i, 1 - abs(at - i)) for i in (math.floor(at), math.floor(at) + 1)])
    for corner in itertools.product(*axes):
        if all(0 <= i < n for (i, _), n in zip(corner, image.shape[1:], strict=True)):
            total = total + image[(slice(None), *(i for i, _ in corner))] * math.prod(
                w for _, w in corner
            )
    return total


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("aligned", [False, True])
def test_bilinear_weighs_the_neighbours_of_each_place(rank, padding, aligned):
    x, places = numbers(2, 3, *SIZES[rank]), grid(2, *(2,) * rank, rank)
    y = F.grid_sample(torch.tensor(x), torch.tensor(places), "bilinear", padding, aligned)
    for n in range(2):
        for at in np.ndindex(*(2,) * rank):
            expected = read(x[n], places[n][at], padding, aligned)
            np.testing.assert_allclose(y.numpy()[(n, slice(None), *at)], expected, atol=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("aligned", [False, True])
def test_the_identity_gives_the_image_back(mode, aligned):
    x = torch.tensor(numbers(2, 3, 4, 5))
    theta = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]] * 2, dtype=torch.float64)
    places = F.affine_grid(theta, x.shape, aligned)
    np.testing.assert_allclose(
        F.grid_sample(x, places, mode, align_corners=aligned).numpy(), x.numpy(), atol=1e-12
    )


@pytest.mark.parametrize("aligned", [False, True])
def test_an_affine_grid_maps_every_place(aligned):
    for rank in (2, 3):
        theta, sizes = numbers(2, rank, rank + 1), SIZES[rank]
        y = F.affine_grid(torch.tensor(theta), (2, 1, *sizes), aligned)
        assert y.shape == (2, *sizes, rank)
        for at in np.ndindex(*sizes):
            spans = [
                (2 * i / (n - 1) - 1 if aligned else (2 * i + 1) / n - 1)
                for i, n in zip(at, sizes, strict=True)
            ]
            expected = theta @ np.array([*spans[::-1], 1])
            np.testing.assert_allclose(y.numpy()[(slice(None), *at)], expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", PADDINGS)
def test_gradients_and_second_gradients_of_image_and_grid(mode, padding):
    x = torch.tensor(numbers(1, 2, 4, 5), requires_grad=True)
    places = torch.tensor(grid(1, 2, 3, 2), requires_grad=True)
    look = lambda x, g: F.grid_sample(x, g, mode, padding, False)  # noqa: E731
    assert torch.autograd.gradcheck(look, (x, places))
    assert torch.autograd.gradgradcheck(lambda x, g: look(x, g) ** 2, (x, places))


def test_the_nearest_has_a_slope_of_zero_and_places_far_out_are_outside():
    x = torch.tensor(numbers(1, 1, 3, 3))
    places = torch.tensor([[[[0.1, 0.2], [1e30, 0.0], [math.nan, 0.0]]]], dtype=torch.float64)
    places.requires_grad_()
    y = F.grid_sample(x, places, "nearest", align_corners=False)
    y.sum().backward()
    assert y[0, 0, 0, 1:].tolist() == [0, 0]
    assert places.grad.tolist() == [[[[0, 0]] * 3]]
    edge = F.grid_sample(x, places.detach()[:, :, 1:2], "bicubic", "border", False)
    np.testing.assert_allclose(edge.item(), x[0, 0, 1, 2].item())


def test_types_are_kept_and_an_empty_batch_passes():
    for dtype in (torch.float16, torch.float32):
        y = F.grid_sample(torch.ones(1, 1, 2, 2, dtype=dtype), torch.zeros(1, 1, 1, 2, dtype=dtype),
                          align_corners=False)  # fmt: skip
        assert (y.dtype, y.item()) == (dtype, 1)
    empty = F.grid_sample(torch.ones(0, 2, 3, 3), torch.ones(0, 4, 5, 2), align_corners=False)
    assert empty.shape == (0, 2, 4, 5)


def test_what_does_not_fit_is_refused():
    x, places = torch.rand(1, 2, 3, 4), torch.rand(1, 5, 6, 2)
    sample = F.grid_sample
    for args, phrase in (
        ((x, places[0]), "same number of dimensions"),
        ((x, torch.rand(2, 5, 6, 2)), "same batch size"),
        ((x, places[..., :1]), "expected grid to have size 2 in last dimension"),
        ((x[:, :, :0], places), "non-empty spatial dimensions"),
        ((x, places.double()), "expected scalar type Float but found Double"),
        ((torch.rand(1, 2, 3, 4, 5), torch.rand(1, 1, 1, 1, 3), "bicubic"), "only supports 4D"),
    ):
        check_mend(RuntimeError, phrase, "(N, C, H, W)",
                   lambda args=args: sample(*args, align_corners=False))  # fmt: skip
    check_mend(ValueError, "expected mode to be one of 'bilinear'", "one of them",
               lambda: sample(x, places, "wild"))  # fmt: skip
    check_mend(ValueError, "expected padding_mode to be one of 'zeros'", "one of them",
               lambda: sample(x, places, padding_mode="wild"))  # fmt: skip
    check_mend(NotImplementedError, "not implemented for 'Long'", ".float()",
               lambda: sample(x.long(), places.long(), align_corners=False))  # fmt: skip
    with pytest.warns(UserWarning, match="Please specify align_corners=True"):
        sample(x, places)


def test_affine_maps_that_do_not_fit_are_refused():
    theta = torch.rand(2, 2, 3)
    for kind, args, phrase in (
        (NotImplementedError, (theta, (2, 3, 4)), "only supports 4D and 5D sizes"),
        (ValueError, (theta, (2, 1, 0, 4)), "Expected non-zero, positive output size"),
        (ValueError, (theta, (2, 1, 3, 4, 5)), "Expected a batch of 3D affine matrices"),
        (ValueError, (theta.long(), (2, 1, 3, 4)), "floating point type"),
        (RuntimeError, (theta, (3, 1, 3, 4)), "Expected size for first two dimensions"),
    ):
        check_mend(kind, phrase, "", lambda args=args: F.affine_grid(*args, align_corners=False))


@pytest.mark.torch
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("rank", [2, 3])
def test_values_and_gradients_are_torch_s(mode, padding, rank):
    oracle = pytest.importorskip("torch")
    if (mode, rank) == ("bicubic", 3):
        rank = 2
    for aligned in (False, True):
        found = []
        for package in (torch, oracle):
            x = package.tensor(numbers(2, 3, *SIZES[rank]), requires_grad=True)
            theta = package.tensor(numbers(2, rank, rank + 1), requires_grad=True)
            places = package.nn.functional.affine_grid(theta, (2, 1, *SIZES[rank]), aligned)
            y = package.nn.functional.grid_sample(x, places, mode, padding, aligned)
            (y * y).sum().backward()
            found.append([y.detach().numpy(), x.grad.numpy(), theta.grad.numpy()])
        for mine, other in zip(*found, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-8)
