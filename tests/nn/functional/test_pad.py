"""Padding against NumPy's, cropping, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def pairs(pad, ndim):
    """Turn torch's list, last dimension first, into NumPy's pairs."""
    found = [tuple(pad[i : i + 2]) for i in range(0, len(pad), 2)][::-1]
    return [(0, 0)] * (ndim - len(found)) + found


@pytest.mark.parametrize(
    ("shape", "pad"), [((3,), (1, 2)), ((2, 3), (0, 1)), ((2, 3), (1, 2, 3, 0)), ((0, 3), (1, 1)),
                       ((1, 2, 3, 2), (1, 0, 2, 1, 0, 3, 1, 1)), ((2,), ()), ((), ())],
)  # fmt: skip
@pytest.mark.parametrize("value", [None, 0, -2.5])
def test_constant_padding_lists_the_last_dimension_first(shape, pad, value):
    x = numbers(*shape)
    y = F.pad(torch.tensor(x), pad, value=value)
    expected = np.pad(x, pairs(pad, x.ndim), constant_values=value or 0) if x.ndim else x
    np.testing.assert_array_equal(y.numpy(), expected)


@pytest.mark.parametrize("mode", NUMPY_MODES)
@pytest.mark.parametrize(
    ("shape", "pad"), [((2, 5), (1, 2)), ((2, 3, 5), (4, 3)), ((1, 2, 4, 5), (1, 2, 3, 0)),
                       ((2, 4, 5), (0, 2, 1, 1)), ((1, 2, 3, 4, 5), (1, 2, 3, 0, 1, 1)),
                       ((2, 3, 4, 5), (1, 2, 3, 0, 1, 1))],
)  # fmt: skip
def test_other_modes_repeat_what_is_there(mode, shape, pad):
    x = numbers(*shape)
    y = F.pad(torch.tensor(x), pad, mode=mode)
    np.testing.assert_array_equal(y.numpy(), np.pad(x, pairs(pad, x.ndim), NUMPY_MODES[mode]))


def test_replicate_may_pad_more_than_there_is():
    x = numbers(1, 2)
    y = F.pad(torch.tensor(x), (5, 7), mode="replicate")
    np.testing.assert_array_equal(y.numpy(), np.pad(x, [(0, 0), (5, 7)], "edge"))


def test_negative_numbers_crop():
    x = torch.arange(5.0)
    assert F.pad(x, (-1, 2), value=9).tolist() == [1, 2, 3, 4, 9, 9]
    assert F.pad(x, (-2, -3)).tolist() == []
    rows = torch.arange(6.0).reshape(2, 3)
    assert F.pad(rows, (-1, 0, 1, -1), value=7).tolist() == [[7, 7], [1, 2]]
    line = torch.arange(5.0).reshape(1, 5)
    assert F.pad(line, (-1, 2), mode="reflect").tolist() == [[1, 2, 3, 4, 3, 2]]
    assert F.pad(line, (-1, 2), mode="replicate").tolist() == [[1, 2, 3, 4, 4, 4]]
    assert F.pad(line, (-1, 2), mode="circular").tolist() == [[1, 2, 3, 4, 1, 2]]


@pytest.mark.parametrize("pad", [(0, 0), (-1, 0), (0, -1, -1, 0), (1, 1)])
def test_the_result_never_shares_memory_with_the_input(pad):
    x = torch.zeros(3, 4)
    F.pad(x, pad).add_(1)
    for mode in NUMPY_MODES:
        F.pad(x.unsqueeze(0), pad, mode=mode).add_(1)
    assert not x.any()


@pytest.mark.parametrize("mode", ["constant", *NUMPY_MODES])
@pytest.mark.parametrize("pad", [(1, 2), (-1, 2)])
def test_each_element_receives_the_gradient_of_its_copies(mode, pad):
    x = torch.tensor(numbers(2, 5), requires_grad=True)
    y = F.pad(x, pad, mode=mode)
    weights = numbers(*y.shape)
    (y * torch.tensor(weights)).sum().backward()
    counted = np.zeros((2, 5))
    for column in range(5):
        unit = np.zeros((2, 5))
        unit[:, column] = 1
        copies = F.pad(torch.tensor(unit), pad, mode=mode).numpy()
        counted[:, column] = (copies * weights).sum(1)
    np.testing.assert_allclose(x.grad.numpy(), counted)


@pytest.mark.parametrize("mode", NUMPY_MODES)
def test_second_gradients_hold(mode):
    x = torch.tensor(numbers(1, 2, 3, 4), requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda t: F.pad(t, (2, 1, 1, 0), mode=mode) ** 2, x)


def test_type_is_kept():
    assert F.pad(torch.tensor([1, 2]), (1, 0), value=7).tolist() == [7, 1, 2]
    y = F.pad(torch.tensor([True]), (1, 1), value=1)
    assert (y.dtype, y.tolist()) == (torch.bool, [True] * 3)
    for dtype in (torch.float16, torch.float64, torch.int32):
        x = torch.ones(1, 3, dtype=dtype)
        assert F.pad(x, (1, 1)).dtype is F.pad(x, (1, 1), mode="reflect").dtype is dtype


# -- refusals ------------------------------------------------------------------------------------


def test_amounts_that_mean_nothing_are_refused():
    x = torch.rand(2, 3)
    check_mend(RuntimeError, "Padding length must be divisible by 2", "two numbers",
               lambda: F.pad(x, (1,)), lambda: F.pad(x, (1, 0)))  # fmt: skip
    check_mend(RuntimeError, "Padding length should be less than or equal to two times the input "
               "dimension but got padding length 6 and input of dimension 2", "two numbers",
               lambda: F.pad(x, (1,) * 6), lambda: F.pad(x, (1,) * 4))  # fmt: skip
    check_mend(RuntimeError, "negative", "crop less", lambda: F.pad(x, (-2, -2)),
               lambda: F.pad(x, (-2, -1)))  # fmt: skip
    for wrong in ((1.5, 1), 2, None, "ab"):
        check_mend(TypeError, "argument 'pad' must be tuple of ints", "(before, after)",
                   lambda wrong=wrong: F.pad(x, wrong))  # fmt: skip
    check_mend(TypeError, "pad(): argument 'input' must be Tensor, not numpy.ndarray", "from_numpy",
               lambda: F.pad(np.ones(3), (1, 1)))  # fmt: skip


def test_modes_that_cannot_be_are_refused():
    x = torch.rand(2, 3, 5)
    check_mend(NotImplementedError, "Unrecognised padding mode mirror", "'reflect'",
               lambda: F.pad(x, (1, 1), mode="mirror"))  # fmt: skip
    check_mend(RuntimeError, 'Padding mode "reflect" doesn\'t take in value argument', "constant",
               lambda: F.pad(x, (1, 1), mode="reflect", value=1.0),
               lambda: F.pad(x, (1, 1), mode="reflect", value=0.0))  # fmt: skip
    check_mend(RuntimeError, "Padding size should be less than the corresponding input dimension",
               "replicate", lambda: F.pad(x, (5, 4), mode="reflect"),
               lambda: F.pad(x, (5, 4), mode="replicate"))  # fmt: skip
    check_mend(RuntimeError, "Padding value causes wrapping around more than once", "pad less",
               lambda: F.pad(x, (6, 5), mode="circular"),
               lambda: F.pad(x, (5, 5), mode="circular"))  # fmt: skip
    check_mend(NotImplementedError, "non-constant padding", "channels",
               lambda: F.pad(torch.rand(5), (1, 2), mode="reflect"),
               lambda: F.pad(torch.rand(1, 5), (1, 2), mode="reflect"))  # fmt: skip
    for mode in ("reflect", "replicate"):
        check_mend(RuntimeError, "is too small", "crop less",
                   lambda mode=mode: F.pad(x, (-3, -3), mode=mode))  # fmt: skip
    for mode in ("reflect", "replicate"):
        check_mend(RuntimeError, "possibly 0 batch size and other non-zero dimensions for a "
                   "non-empty input", "constant",
                   lambda mode=mode: F.pad(torch.rand(2, 3, 0), (1, 2), mode=mode),
                   lambda mode=mode: F.pad(torch.rand(0, 3, 3), (1, 2), mode=mode))  # fmt: skip
        check_mend(NotImplementedError, "_pad1d\" not implemented for 'Bool'", ".byte()",
                   lambda mode=mode: F.pad(x > 0, (1, 2), mode=mode),
                   lambda mode=mode: F.pad((x > 0).byte(), (1, 2), mode=mode))  # fmt: skip
    check_mend(RuntimeError, "length must be non-negative", "crop less",
               lambda: F.pad(torch.rand(2, 0), (-1, 1)))  # fmt: skip


def test_circular_padding_may_crop_all():
    assert F.pad(torch.rand(2, 3), (-3, 0), mode="circular").shape == (2, 0)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_layers_pad_the_last_dimensions(rank):
    x = torch.rand(2, 3, *(4,) * rank)
    for name, mode in (("Reflection", "reflect"), ("Replication", "replicate"),
                       ("Circular", "circular")):  # fmt: skip
        layer = getattr(torch.nn, f"{name}Pad{rank}d")(1)
        assert layer(x).equal(F.pad(x, (1,) * 2 * rank, mode))
    for layer, value in ((getattr(torch.nn, f"ConstantPad{rank}d")(2, 7.0), 7.0),
                         (getattr(torch.nn, f"ZeroPad{rank}d")(2), 0.0)):  # fmt: skip
        assert layer(x).equal(F.pad(x, (2,) * 2 * rank, value=value))
    with pytest.raises(ValueError, match=rf"expected {rank + 1}D or {rank + 2}D input"):
        getattr(torch.nn, f"CircularPad{rank}d")(1)(torch.rand(4))
