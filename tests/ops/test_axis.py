"""NumPy's names of arguments are taken beside PyTorch's: `axis` for `dim`, `keepdims`."""

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch

X = np.random.default_rng(0).normal(size=(2, 3))
CALLS = [
    "m.sum(x, axis=0)", "x.sum(axis=0)", "x.sum(axis=1, keepdims=True)", "x.sum(axis=[0, 1])",
    "x.mean(axis=0)", "m.mean(x, axis=1, keepdims=True)", "x.cumsum(axis=0)", "x.argmax(axis=1)",
    "x.max(axis=1).values", "m.max(x, axis=1)[0]", "x.std(axis=0)", "x.var(axis=1, keepdims=True)",
    "x.softmax(axis=1)", "m.softmax(x, axis=1)", "m.cat([x, x], axis=1)", "m.stack([x, x], axis=2)",
    "x.prod(axis=0)", "x.unsqueeze(axis=0)", "(x > 0).all(axis=1)", "x.norm(dim=1, keepdim=True)",
    "m.sort(x, axis=0)[0]", "x.min(dim=0, keepdims=True)[0]", "x.flatten().sum(axis=-1)",
]  # fmt: skip


def outcome(text: str, m: Any) -> Any:
    """Return the numbers of a result."""
    return eval(text, {"m": m, "x": m.tensor(X)}).numpy()


@pytest.mark.torch
@pytest.mark.parametrize("text", CALLS)
def test_numpys_names_are_taken(text: str) -> None:
    real = pytest.importorskip("torch")
    np.testing.assert_allclose(outcome(text, torch), outcome(text, real), rtol=1e-12)


def test_unknown_names_and_both_at_once_are_refused() -> None:
    x = torch.ones(2, 3)
    for call in (lambda: x.sum(axes=0), lambda: torch.sum(x, axes=0), lambda: x.exp(axis=0),
                 lambda: x.sum(0, axis=1), lambda: torch.sum(x, 0, axis=1)):  # fmt: skip
        with pytest.raises(TypeError):
            call()


def test_normal_numbers_can_be_leaves() -> None:
    w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
    assert w.requires_grad
    assert w.is_leaf
    with pytest.raises(TypeError, match="with `size` alone"):
        torch.normal(torch.zeros(2), torch.ones(2), requires_grad=True)
