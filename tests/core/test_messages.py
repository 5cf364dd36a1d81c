"""Messages name the function that was called and its own arguments, once, and a mend that works."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

import minitorch_lazy as torch
from minitorch_lazy.errors import message
from minitorch_lazy.nn import functional as F


def said(call: Callable[[], Any], kind: type[Exception] = RuntimeError) -> str:
    """Return what a call is refused with."""
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_transposed_convolution_of_mixed_types_names_its_own_arguments(rank: int) -> None:
    spread = getattr(F, f"conv_transpose{rank}d")
    x, w = torch.ones(1, 1, *[4] * rank), torch.ones(1, 1, *[3] * rank)
    text = said(lambda: spread(x, w.double()))
    assert text.startswith(f"conv_transpose{rank}d: input and weight must have the same dtype, but "
                           "got Float and Double\n  input ")  # fmt: skip
    assert "input with .to(torch.float64)" in text
    assert spread(x.to(torch.float64), w.double()).dtype is torch.float64


def test_a_transposed_convolution_says_which_channels_it_expects() -> None:
    text = said(lambda: F.conv_transpose2d(torch.ones(1, 2, 4, 4), torch.ones(1, 3, 3, 3)))
    assert text.startswith(
        "conv_transpose2d: Given transposed=1, weight of size [1, 3, 3, 3], expected "
        "input[1, 2, 4, 4] to have 1 channels, but got 2 channels instead\n  input "
    )
    assert torch.nn.ConvTranspose2d(2, 3, 3)(torch.ones(1, 2, 4, 4)).shape == (1, 3, 6, 6)
    assert "nn.ConvTranspose2d(2, 3, ...)" in text


@pytest.mark.parametrize(("padding", "kernel"), [(3, 1), (4, 2), (2, 1)])
def test_the_padding_that_is_too_much_is_counted(padding: int, kernel: int) -> None:
    x, w = torch.ones(1, 1, 1, 1), torch.ones(1, 1, kernel, kernel)
    text = said(lambda: F.conv_transpose2d(x, w, padding=padding))
    assert "Given input size per channel: (1 x 1)" in text
    less = int(re.findall(r"padding by (\d+)", text)[0])
    assert F.conv_transpose2d(x, w, padding=padding - less).numel()
    said(lambda: F.conv_transpose2d(x, w, padding=padding - less + 1))


def test_a_kernel_that_is_too_large_is_told_how_much_padding_it_needs() -> None:
    x, w = torch.ones(1, 1, 4, 4), torch.ones(1, 1, 7, 7)
    text = said(lambda: F.conv2d(x, w))
    assert "Kernel size can't be greater than actual input size" in text
    more = int(re.findall(r"or (\d+) more padding", text)[0])
    assert F.conv2d(x, w, padding=more).numel()


def test_a_misfit_of_linear_builds_the_layer_that_fits() -> None:
    x = torch.ones(2, 4)
    text = said(lambda: F.linear(x, torch.ones(6, 5)))
    assert "mat1 and mat2 shapes cannot be multiplied (2x4 and 5x6)" in text
    assert "nn.Linear(4, 6)" in text
    assert torch.nn.Linear(4, 6)(x).shape == (2, 6)
    text = said(lambda: F.linear(x, torch.ones(6, 4), torch.ones(5)))
    assert "(6) must match the existing size (5)" in text
    assert "shape (6,)" in text


@pytest.mark.parametrize("call", [
    lambda x, dim: x.sum(dim), lambda x, dim: x.softmax(dim), lambda x, dim: x.unsqueeze(dim),
    lambda x, dim: torch.stack([x, x], dim), lambda x, dim: torch.diag_embed(x, 0, dim, 0),
    lambda x, dim: torch.cat([x, x], dim), lambda x, dim: x.squeeze(dim),
], ids=["sum", "softmax", "unsqueeze", "stack", "diag_embed", "cat", "squeeze"])  # fmt: skip
def test_a_dimension_out_of_range_is_answered_with_those_in_range(call: Any) -> None:
    x = torch.ones(2, 3)
    text = said(lambda: call(x, 7), IndexError)
    low, high = re.findall(r"use one from (-\d+) to (\d+)", text)[0]
    assert f"expected to be in range of [{low}, {high}], but got 7" in text
    call(x, int(high))
    said(lambda: call(x, int(high) + 1), IndexError)


@pytest.mark.parametrize(("call", "start"), [
    (lambda: torch.linalg.inv(torch.zeros(2, 2)), "linalg.inv: The diagonal element 1 is zero"),
    (lambda: torch.inverse(torch.zeros(2, 2)), "linalg.inv: The diagonal element 1 is zero"),
    (lambda: torch.linalg.solve(torch.zeros(2, 2), torch.ones(2)), "torch.linalg.solve: The "),
    (lambda: torch.linalg.cholesky(-torch.eye(2)), "linalg.cholesky: The factorization"),
    (lambda: torch.ones(3).kthvalue(4), "kthvalue(): selected number k out of range"),
], ids=["inv", "inverse", "solve", "cholesky", "kthvalue"])  # fmt: skip
def test_an_operation_is_named_once(call: Callable[[], Any], start: str) -> None:
    assert said(call).startswith(start)


def test_other_names_stay_in_front() -> None:
    assert message("pinv", "linalg.svd: no", {}) == "pinv: linalg.svd: no"
    assert message("view", "a view: no", {}) == "view: a view: no"
