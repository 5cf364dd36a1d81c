"""Covariance and correlation, by NumPy's formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

STREAM = np.random.default_rng(0)
X = STREAM.normal(size=(3, 6))
TIMES = np.array([1, 2, 0, 3, 1, 1])
CREDIT = STREAM.uniform(0.1, 1, 6)


@pytest.mark.parametrize("correction", [0, 1, 2])
@pytest.mark.parametrize("weights", ["none", "fweights", "aweights", "both"])
def test_cov_is_numpys(correction: int, weights: str) -> None:
    given: dict[str, Any] = {"fweights": TIMES, "aweights": CREDIT}
    given = {k: v for k, v in given.items() if weights in (k, "both")}
    y = torch.tensor(X).cov(correction=correction, **{k: torch.tensor(v) for k, v in given.items()})
    np.testing.assert_allclose(y.numpy(), np.cov(X, ddof=correction, **given))


def test_one_variable_gives_a_number() -> None:
    y = torch.cov(torch.tensor(X[0]))
    assert y.shape == ()
    np.testing.assert_allclose(y.item(), X[0].var(ddof=1))
    assert torch.corrcoef(torch.tensor(X[0])).item() == 1


def test_corrcoef_is_numpys_and_stays_within_one() -> None:
    z = X[:2] + 1j * X[1:]
    np.testing.assert_allclose(torch.corrcoef(torch.tensor(X)).numpy(), np.corrcoef(X))
    np.testing.assert_allclose(torch.tensor(z).corrcoef().numpy(), np.corrcoef(z))
    assert torch.corrcoef(torch.tensor([[0.1, 0.2, 0.3], [0.3, 0.6, 0.9]])).max().item() <= 1


def test_weights_have_gradients() -> None:
    def weighted(x: Any, credit: Any) -> Any:
        return torch.cov(x, aweights=credit, fweights=torch.tensor(TIMES))

    check_gradient(weighted, X, CREDIT)


def test_integers_are_averaged_as_fractions() -> None:
    y = torch.cov(torch.tensor([[0, 1, 3]]))
    assert y.dtype is torch.float32
    np.testing.assert_allclose(y.item(), np.var([0, 1, 3], ddof=1), rtol=1e-6)


@pytest.mark.parametrize("weights", [{}, {"fweights": [1]}, {"aweights": [1.0]}])
def test_too_few_observations_give_nan_and_a_warning(weights: dict[str, Any]) -> None:
    given = {name: torch.tensor(value) for name, value in weights.items()}
    with pytest.warns(UserWarning, match="degrees of freedom is <= 0"):
        assert torch.cov(torch.ones(2, 1), **given).isnan().all()


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"fweights": [1.0, 2.0]}, "expected fweights to have integral dtype"),
        ({"fweights": [1, -2]}, "fweights cannot be negative"),
        ({"fweights": [1, 2, 3]}, "same numel as there are observations .* got 3 != 2"),
        ({"fweights": [[1, 2]]}, "one or fewer dimensions but got fweights with 2"),
        ({"fweights": [0, 0]}, "weights sum to zero"),
        ({"aweights": [1, 2]}, "expected aweights to have floating point dtype .* Long"),
        ({"aweights": [1.0, -2.0]}, "aweights cannot be negative"),
    ],
    ids=["fractions", "negative", "too many", "matrix", "zero", "integers", "negative credit"],
)
def test_weights_that_do_not_fit_are_refused(weights: dict[str, Any], said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        torch.cov(torch.ones(3, 2), **{k: torch.tensor(v) for k, v in weights.items()})


@pytest.mark.parametrize("name", ["cov", "corrcoef"])
def test_what_is_no_table_is_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match="two or fewer dimensions but got an input with 3"):
        getattr(torch, name)(torch.ones(2, 2, 2))
    with pytest.raises(RuntimeError, match="bool dtype is not supported"):
        getattr(torch, name)(torch.tensor([True, False]))
