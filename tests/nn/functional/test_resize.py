"""Resampling against NumPy's own interpolation, its adjoint, and what is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

PLACES = {1: (7,), 2: (5, 6), 3: (4, 3, 5)}
LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def centers(size, output, aligned):
    """Return where outputs lie among the middles of inputs."""
    if aligned:
        return np.linspace(0, size - 1, output) if output > 1 else np.zeros(1)
    return (np.arange(output) + 0.5) * size / output - 0.5


def along(x, axis, output, aligned):
    """Interpolate along one axis, flat beyond the ends."""
    size = x.shape[axis]
    read = lambda row: np.interp(centers(size, output, aligned), np.arange(size), row)  # noqa: E731
    return np.apply_along_axis(read, axis, x)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("output", [1, 3, 5, 11])
@pytest.mark.parametrize("aligned", [False, True])
def test_linear_modes_interpolate_along_each_axis(rank, output, aligned):
    x = numbers(2, 3, *PLACES[rank])
    y = F.interpolate(torch.tensor(x), output, mode=LINEAR[rank], align_corners=aligned)
    expected = x
    for axis in range(2, rank + 2):
        expected = along(expected, axis, output, aligned)
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("output", [1, 2, 4, 9])
def test_nearest_takes_the_start_of_each_range_and_exact_its_middle(rank, output):
    x = numbers(1, 2, *PLACES[rank])
    for mode, shift in (("nearest", 0), ("nearest-exact", 1)):
        found = [[(2 * i + shift) * n // (2 * output) for i in range(output)] for n in PLACES[rank]]
        y = F.interpolate(torch.tensor(x), output, mode=mode)
        np.testing.assert_array_equal(y.numpy(), x[(..., *np.ix_(*found))])


def test_area_averages_over_the_windows_of_adaptive_pooling():
    x = torch.tensor(numbers(2, 3, 5, 6))
    y = F.interpolate(x, (2, 4), mode="area")
    np.testing.assert_array_equal(y.numpy(), F.adaptive_avg_pool2d(x, (2, 4)).numpy())


@pytest.mark.parametrize(("mode", "antialias"), [
    ("bilinear", False), ("bilinear", True), ("bicubic", False), ("bicubic", True),
    ("lanczos", True),
])  # fmt: skip
def test_a_constant_stays_and_a_ramp_stays_straight_inside(mode, antialias):
    ramp = np.arange(20.0)
    x = torch.tensor(np.stack([np.ones((20, 20)), np.broadcast_to(ramp, (20, 20))])[None])
    y = F.interpolate(x, 10, mode=mode, antialias=antialias).numpy()
    np.testing.assert_allclose(y[0, 0], 1)
    steps = np.diff(y[0, 1], axis=1)[:, 3:6]
    np.testing.assert_allclose(steps, 2, atol=0.05 if mode == "lanczos" else 1e-12)


def test_the_scale_that_was_given_is_kept_unless_it_is_recomputed():
    x = torch.tensor([[[0.0, 10.0, 20.0, 30.0]]])
    kept = F.interpolate(x, scale_factor=1.3, mode="linear", align_corners=False)
    assert kept.shape == (1, 1, 5)
    np.testing.assert_allclose(
        kept.numpy()[0, 0], np.interp((np.arange(5) + 0.5) / 1.3 - 0.5, range(4), range(0, 40, 10)),
        rtol=1e-6,
    )  # fmt: skip
    again = F.interpolate(x, scale_factor=1.3, mode="linear", recompute_scale_factor=True)
    np.testing.assert_array_equal(again.numpy(), F.interpolate(x, 5, mode="linear").numpy())


def test_nearest_takes_bytes_and_types_are_kept():
    x = torch.tensor([[[1, 2, 3]]], dtype=torch.uint8)
    assert F.interpolate(x, 6).tolist() == [[[1, 1, 2, 2, 3, 3]]]
    for dtype in (torch.float16, torch.float32, torch.float64):
        y = F.interpolate(torch.ones(1, 2, 3, 3, dtype=dtype), 5, mode="bicubic")
        assert y.dtype is dtype


@pytest.mark.parametrize(("mode", "antialias"), [
    ("nearest", False), ("nearest-exact", False), ("bilinear", False), ("bilinear", True),
    ("bicubic", False), ("bicubic", True), ("lanczos", True), ("area", False),
])  # fmt: skip
@pytest.mark.parametrize("size", [(2, 7), (6, 3)])
def test_gradients_are_the_adjoint_and_second_gradients_hold(mode, antialias, size):
    x = torch.tensor(numbers(1, 2, 4, 5), requires_grad=True)
    y = F.interpolate(x, size, mode=mode, antialias=antialias)
    g, other = numbers(*y.shape), numbers(*x.shape)
    y.backward(torch.tensor(g))
    seen = F.interpolate(torch.tensor(other), size, mode=mode, antialias=antialias).numpy()
    np.testing.assert_allclose((seen * g).sum(), (other * x.grad.numpy()).sum())
    assert torch.autograd.gradgradcheck(
        lambda t: F.interpolate(t, size, mode=mode, antialias=antialias) ** 2, x
    )


def test_infinite_gradients_stay_with_their_elements():
    x = torch.zeros(1, 1, 2, requires_grad=True)
    F.interpolate(x, 3, mode="linear").backward(torch.tensor([[[np.inf, 1.0, 1.0]]]))
    assert x.grad.tolist() == [[[np.inf, 1.5]]]


def test_shapes_are_known_without_numbers():
    x = torch.empty(2, 3, 4, 5, device="meta")
    for mode in ("nearest", "bilinear", "bicubic", "area"):
        assert F.interpolate(x, scale_factor=2, mode=mode).shape == (2, 3, 8, 10)


def test_old_names_warn_and_do_the_same():
    x = torch.tensor(numbers(1, 2, 3, 4))
    with pytest.warns(UserWarning, match="`nn.functional.upsample` is deprecated"):
        assert F.upsample(x, 5).equal(F.interpolate(x, 5))
    with pytest.warns(UserWarning, match="upsample_nearest"):
        assert F.upsample_nearest(x, scale_factor=2).equal(F.interpolate(x, scale_factor=2))
    with pytest.warns(UserWarning, match="upsample_bilinear"):
        y = F.upsample_bilinear(x, 5)
    assert y.equal(F.interpolate(x, 5, mode="bilinear", align_corners=True))


# -- refusals ------------------------------------------------------------------------------------

REFUSED = [
    (ValueError, {}, "either size or scale_factor should be defined", "give one"),
    (ValueError, {"size": 2, "scale_factor": 2}, "only one of size or scale_factor", "leave one"),
    (ValueError, {"size": (2, 2, 2)}, "must have the same number of spatial dimensions", "or 2"),
    (ValueError, {"scale_factor": (2,)}, "scale_factor of shape (2,)", "or 2"),
    (ValueError, {"size": 2, "align_corners": True}, "align_corners option can only", "leave"),
    (ValueError, {"size": 2, "recompute_scale_factor": True}, "not meaningful", "leave"),
    (ValueError, {"size": 2, "antialias": True}, "Anti-alias option is restricted", "leave"),
    (ValueError, {"size": 2, "mode": "lanczos"}, "Lanczos mode requires antialias=True", "alone"),
    (TypeError, {"size": 2.5}, "expected size to be one of int", "integers"),
    (TypeError, {"scale_factor": "2"}, "expected scale_factor to be numbers", "one number"),
    (RuntimeError, {"size": 0}, "Input and output sizes should be greater than 0", "one place"),
    (NotImplementedError, {"size": 2, "mode": "linear"}, "linear mode needs 3D", "bilinear"),
    (NotImplementedError, {"size": 2, "mode": "wild"}, "Only 3D, 4D and 5D", "batch"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options", "phrase", "mend"), REFUSED)
def test_options_that_do_not_fit_are_refused(kind, options, phrase, mend):
    check_mend(kind, phrase, mend, lambda: F.interpolate(torch.rand(1, 2, 3, 4), **options))


def test_integers_and_inputs_without_a_batch_are_refused():
    check_mend(NotImplementedError, "not implemented for 'Long'", ".float()",
               lambda: F.interpolate(torch.ones(1, 1, 2, 2).long(), 3),
               lambda: F.interpolate(torch.ones(1, 1, 2, 2), 3))  # fmt: skip
    check_mend(NotImplementedError, "Only 3D, 4D and 5D", "batch",
               lambda: F.interpolate(torch.ones(2, 2), 3))  # fmt: skip
    check_mend(RuntimeError, "Non-empty 4D data tensor expected", "channel",
               lambda: F.interpolate(torch.ones(1, 0, 2, 2), 3))  # fmt: skip


# -- beside PyTorch ------------------------------------------------------------------------------


@pytest.mark.torch
@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic", "lanczos",
                                  "area"])  # fmt: skip
def test_values_and_gradients_are_torch_s(mode):
    oracle = pytest.importorskip("torch")
    x = numbers(2, 3, 5, 6)
    for size, aligned, smooth in itertools.product(
        ((1, 1), (3, 8), (12, 2), (5, 6)), (None, True), (False, True)
    ):
        if (aligned and mode in ("nearest", "nearest-exact", "area", "lanczos")) or (
            smooth != (mode == "lanczos") and mode not in ("bilinear", "bicubic")
        ):
            continue
        found = []
        for package in (torch, oracle):
            t = package.tensor(x, requires_grad=True)
            y = package.nn.functional.interpolate(
                t, size, mode=mode, align_corners=aligned, antialias=smooth
            )
            (y * y).sum().backward()
            found.append([y.detach().numpy(), t.grad.numpy()])
        for mine, other in zip(*found, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-10)
