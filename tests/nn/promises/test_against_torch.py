"""Each operation on a lazy tensor, held beside PyTorch: both refuse alike, or both succeed."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import minitorch_lazy as mini
from tests.nn.promises.classes import listed
from tests.nn.promises.rows import promise
from tests.nn.promises.test_placeholders import ALLOWED, REFUSED

KINDS = ["UninitializedParameter", "UninitializedBuffer"]
REMEMBERED = {
    "nn.init.ones_(p)": "remembered until the shape is known",
    "p.zero_()": "remembered until the shape is known",
    "p.fill_(1)": "remembered until the shape is known",
    "p.normal_()": "remembered until the shape is known",
    "p.uniform_()": "remembered until the shape is known",
    "p.requires_grad_(False)": "remembered until the shape is known",
    "p.type(torch.float64)": "a conversion like p.double()",
    "p.bfloat16()": "a conversion like p.half()",
}
STRICTER = {
    "p.T": "a transposed tensor of no elements would be a silent wrong answer",
    "p.real": "a view of no elements would be a silent wrong answer",
    "p.mT": "the missing shape is to blame, not the rank",
    "p.H": "the missing shape is to blame, not the rank",
    "p.copy_(x)": "the missing shape is to blame, not the leaf",
}
ALIKE = [
    *(text for text, _ in ALLOWED),
    *REFUSED,
    *listed("""
p.shape; p.share_memory_(); p.requires_grad; p.is_meta; p.retains_grad; p / 2; p ** 2; p < 1
abs(p); float(p); 1 + p; p.mean(); p.max(); p.exp(); p.unsqueeze(0); p.contiguous(); p.flatten()
p.expand(3); p.cumsum(0); p.nonzero(); p.new_ones(3); p.new_empty(3); p.new_full((3,), 1.0)
p.ndimension(); p[0:1]; p.__setitem__(0, 1); torch.equal(p, p); torch.allclose(p, p)
torch.ones_like(p); torch.matmul(x, p); torch.relu(p); torch.where(x > 0, p, x); F.relu(p)
F.conv1d(x, p); F.softmax(p, 0); F.mse_loss(p, x); torch.sum(p); torch.nn.Parameter(p)
"""),
]


def outcome(package, kind, text):
    """Return "works", or the type and the first words of the error, up to what it names."""
    names = {"torch": package, "nn": package.nn, "F": package.nn.functional, "np": np, "copy": copy}
    try:
        eval(text, {**names, "p": getattr(package.nn, kind)(), "x": package.ones(2, 3)})
    except Exception as error:
        return type(error).__name__, str(error).split(".")[0].split(" in <")[0].split(" in ")[0]
    return "works"


@promise("2.1.1", "2.1.2", "2.1.3", "2.1.4")
@pytest.mark.torch
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ALIKE)
@pytest.mark.filterwarnings("ignore")
def test_an_operation_ends_as_in_torch(kind, text):
    torch = pytest.importorskip("torch")
    assert outcome(mini, kind, text) == outcome(torch, kind, text)


@promise("2.1.5")
@pytest.mark.torch
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", REMEMBERED)
def test_what_torch_refuses_and_we_remember(kind, text):
    torch = pytest.importorskip("torch")
    assert outcome(mini, kind, text) == "works", REMEMBERED[text]
    assert outcome(torch, kind, text)[0] == "ValueError"


@promise("2.1.6")
@pytest.mark.torch
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", STRICTER)
@pytest.mark.filterwarnings("ignore")
def test_what_torch_lets_pass_or_blames_on_something_else(kind, text):
    torch = pytest.importorskip("torch")
    ours = ("ValueError", "Attempted to use an uninitialized parameter")
    assert outcome(mini, kind, text) == ours, STRICTER[text]
    assert outcome(torch, kind, text) != ours
