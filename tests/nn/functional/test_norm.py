"""Normalisation: formulas, running statistics, types, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

SHAPES = [(5, 3), (4, 3, 2), (2, 3, 4, 2), (2, 3, 2, 2, 2)]


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape) * 2 + 1


def positive(*shape):
    return abs(numbers(*shape)) + 0.1


def tensors(*arrays):
    return [None if a is None else torch.tensor(a) for a in arrays]


def standard(x, axes, eps):
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps)


def wide(part, x):
    return part.reshape(1, -1, *(1,) * (x.ndim - 2))


# -- batch_norm ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", [False, True])
def test_batch_norm_standardises_each_channel_in_training(shape, affine):
    x, w, b = numbers(*shape), numbers(3), numbers(3)
    axes = (0, *range(2, x.ndim))
    expected = standard(x, axes, 0.1)
    expected = expected * wide(w, x) + wide(b, x) if affine else expected
    parts = tensors(w, b) if affine else (None, None)
    y = F.batch_norm(torch.tensor(x), None, None, *parts, training=True, eps=0.1)
    np.testing.assert_allclose(y.numpy(), expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_running_statistics_move_toward_the_batch_s(shape):
    x, mean, variance = numbers(*shape), numbers(3), positive(3)
    axes = (0, *range(2, x.ndim))
    running = tensors(mean, variance)
    F.batch_norm(torch.tensor(x), *running, training=True, momentum=0.3)
    np.testing.assert_allclose(running[0].numpy(), 0.7 * mean + 0.3 * x.mean(axes))
    np.testing.assert_allclose(running[1].numpy(), 0.7 * variance + 0.3 * x.var(axes, ddof=1))


@pytest.mark.parametrize("shape", SHAPES)
def test_evaluation_uses_the_running_statistics_and_leaves_them(shape):
    x, mean, variance, w, b = numbers(*shape), numbers(3), positive(3), numbers(3), numbers(3)
    running = tensors(mean, variance)
    y = F.batch_norm(torch.tensor(x), *running, *tensors(w, b))
    expected = (x - wide(mean, x)) / np.sqrt(wide(variance, x) + 1e-5) * wide(w, x) + wide(b, x)
    np.testing.assert_allclose(y.numpy(), expected)
    assert running[0].tolist() == mean.tolist()
    np.testing.assert_allclose(
        F.batch_norm(torch.tensor(x), *running, eps=0.0).numpy(),
        (x - wide(mean, x)) / np.sqrt(wide(variance, x)),
    )


def test_halves_may_come_with_float32_parameters():
    x, parts = numbers(4, 3), [numbers(3), positive(3), numbers(3), numbers(3)]
    wanted = F.batch_norm(torch.tensor(x), *tensors(*parts)).numpy()
    floats = [part.float() for part in tensors(*parts)]
    y = F.batch_norm(torch.tensor(x).half(), *floats)
    assert y.dtype is torch.float16
    np.testing.assert_allclose(y.float().numpy(), wanted, atol=2e-2)
    assert F.layer_norm(torch.rand(2, 3).half(), (3,), torch.ones(3)).dtype is torch.float16


def test_an_empty_batch_is_normalised_by_what_ran_before():
    assert F.batch_norm(torch.rand(0, 3), torch.zeros(3), torch.ones(3)).shape == (0, 3)


def test_batch_norm_refuses_what_does_not_fit():
    x, three, four = torch.rand(5, 3), torch.ones(3), torch.ones(4)
    for place, name in enumerate(("running_mean", "running_var", "weight", "bias")):
        parts = [three] * place + [four] + [three] * (3 - place)
        for training in (False, True):
            check_mend(RuntimeError, f"{name} should contain 3 elements not 4", "3 channels",
                       lambda p=parts, t=training: F.batch_norm(x, *p, training=t))  # fmt: skip
    check_mend(ValueError, "Expected more than 1 value per channel when training, got input size "
               "torch.Size([1, 3])", "eval()",
               lambda: F.batch_norm(x[:1], three, three, training=True),
               lambda: F.batch_norm(x[:1], three, three))  # fmt: skip
    check_mend(RuntimeError, "running_mean", "training=True", lambda: F.batch_norm(x, None, None),
               lambda: F.batch_norm(x, None, None, training=True))  # fmt: skip
    check_mend(ValueError, "running_mean and running_var must either both be None or neither be "
               "None", "give both", lambda: F.batch_norm(x, three, None, training=True))
    check_mend(RuntimeError, "mixed dtype", "", lambda: F.batch_norm(x.double(), three, three),
               lambda: F.batch_norm(x.double().to(torch.float32), three, three))  # fmt: skip


def test_batch_norm_refuses_a_divisor_that_may_be_zero_or_less():
    x, three = torch.rand(5, 3), torch.ones(3)
    check_mend(ValueError, "eps must be non-negative, but got -1.0", "1e-5",
               lambda: F.batch_norm(x, three, three, eps=-1.0))  # fmt: skip
    check_mend(ValueError, "eps must be positive during training, but got 0.0", "1e-5",
               lambda: F.batch_norm(x, None, None, training=True, eps=0.0))  # fmt: skip


# -- layer_norm, rms_norm, group_norm ------------------------------------------------------------


@pytest.mark.parametrize(("shape", "own"), [((5,), (5,)), ((2, 5), (5,)), ((2, 3, 4), (3, 4))])
def test_layer_norm_standardises_the_last_dimensions(shape, own):
    x, w, b = numbers(*shape), numbers(*own), numbers(*own)
    expected = standard(x, tuple(range(-len(own), 0)), 1e-5)
    np.testing.assert_allclose(F.layer_norm(torch.tensor(x), own).numpy(), expected)
    y = F.layer_norm(torch.tensor(x), list(own), *tensors(w, b))
    np.testing.assert_allclose(y.numpy(), expected * w + b)


@pytest.mark.parametrize("own", [(4,), (3, 4)])
def test_rms_norm_divides_by_the_root_of_the_mean_square(own):
    x, w = numbers(2, 3, 4), numbers(*own)
    mean = (x * x).mean(tuple(range(-len(own), 0)), keepdims=True)
    y = F.rms_norm(torch.tensor(x), own, torch.tensor(w), 0.1)
    np.testing.assert_allclose(y.numpy(), x / np.sqrt(mean + 0.1) * w)


@pytest.mark.parametrize(("dtype", "eps"), [("bfloat16", 2**-23), ("float16", 2**-23),
                                            ("float32", 2**-23), ("float64", 2**-52)])  # fmt: skip
def test_rms_norm_s_default_eps_is_that_of_the_type_it_computes_in(dtype, eps):
    small = eps**0.5
    y = F.rms_norm(torch.full((1, 4), small, dtype=getattr(torch, dtype)), (4,))
    assert y.dtype is getattr(torch, dtype)
    np.testing.assert_allclose(y.double().numpy(), 0.5**0.5, rtol=1e-2)


@pytest.mark.parametrize("shape", [(2, 6), (2, 6, 3), (1, 6, 2, 2)])
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_group_norm_standardises_groups_of_channels(shape, groups):
    x, w, b = numbers(*shape), numbers(6), numbers(6)
    grouped = standard(x.reshape(shape[0], groups, -1), (2,), 1e-5).reshape(shape)
    np.testing.assert_allclose(F.group_norm(torch.tensor(x), groups).numpy(), grouped, atol=1e-12)
    y = F.group_norm(torch.tensor(x), groups, *tensors(w, b))
    np.testing.assert_allclose(y.numpy(), grouped * wide(w, x) + wide(b, x), atol=1e-12)


def test_a_constant_is_normalised_to_zero():
    x = torch.full((2, 3), 5.0)
    assert not F.layer_norm(x, (3,)).any()
    assert not F.batch_norm(x, None, None, training=True).any()
    assert not F.group_norm(x, 1).any()


def test_layer_norm_and_rms_norm_refuse_shapes_that_do_not_fit():
    x = torch.rand(2, 4)
    check_mend(RuntimeError, "Given normalized_shape=[3], expected input with shape [*, 3]",
               "nn.LayerNorm", lambda: F.layer_norm(x, (3,)))  # fmt: skip
    for name in ("weight", "bias"):
        check_mend(RuntimeError, f"Expected {name} to be of same shape as normalized_shape, but "
                   f"got {name} of shape [3]", "that shape",
                   lambda n=name: F.layer_norm(x, (4,), **{n: torch.ones(3)}))  # fmt: skip
    check_mend(RuntimeError, "Expected weight to be of same shape as normalized_shape", "that",
               lambda: F.rms_norm(x, (4,), torch.ones(3)))  # fmt: skip
    with pytest.raises(RuntimeError, match="Given normalized_shape=.3., expected input"):
        F.rms_norm(x, (3,))
    check_mend(RuntimeError, "mixed dtype", ".to(torch.float64)",
               lambda: F.layer_norm(x, (4,), torch.ones(4).double()),
               lambda: F.layer_norm(x.to(torch.float64), (4,), torch.ones(4).double()))


def test_group_norm_refuses_groups_and_parameters_that_do_not_fit():
    x = torch.rand(2, 4)
    check_mend(RuntimeError, "Expected number of channels in input to be divisible by num_groups",
               "divisor", lambda: F.group_norm(x, 3), lambda: F.group_norm(x, 2))  # fmt: skip
    for groups in (0, -2):
        check_mend(RuntimeError, f"Expected num groups to be greater than 0, got {groups}",
                   "1 or more", lambda g=groups: F.group_norm(x, g),
                   lambda: F.group_norm(x, 1))  # fmt: skip
    check_mend(ValueError, "Expected more than 1 value per channel when training, got input size "
               "[1, 4]", "fewer groups", lambda: F.group_norm(x[:1], 4),
               lambda: F.group_norm(x[:1], 2))  # fmt: skip
    for name in ("weight", "bias"):
        check_mend(RuntimeError, f"Expected {name} to be a vector of size equal to the number of "
                   "channels in input", "each channel",
                   lambda n=name: F.group_norm(x, 2, **{n: torch.ones(2)}))  # fmt: skip
    check_mend(RuntimeError, "Expected at least 2 dimensions", "(N, C, *)",
               lambda: F.group_norm(x[0], 2))  # fmt: skip


def test_integers_and_arrays_are_refused():
    calls = {
        "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
        "layer_norm": lambda x: F.layer_norm(x, (3,)),
        "rms_norm": lambda x: F.rms_norm(x, (3,)),
        "group_norm": lambda x: F.group_norm(x, 1),
    }
    whole = torch.tensor([[1, 2, 3], [4, 5, 6]])
    for name, function in calls.items():
        check_mend(NotImplementedError, f'"{name}" not implemented for \'Long\'', ".float()",
                   lambda f=function: f(whole), lambda f=function: f(whole.float()))  # fmt: skip
        check_mend(TypeError, f"{name}(): argument 'input' (position 1) must be Tensor, not "
                   "numpy.ndarray", "from_numpy",
                   lambda f=function: f(np.ones((2, 3))))  # fmt: skip
