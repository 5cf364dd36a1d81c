"""LBFGS: PyTorch's iterates, its state, and the limits at which a step ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt

CASES = [
    {},
    {"lr": 0.1},
    {"lr": 0.1, "max_iter": 3, "history_size": 2},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 3},
    {"line_search_fn": "strong_wolfe", "max_iter": 7, "max_eval": 4, "lr": 3.0},
    {"line_search_fn": "strong_wolfe", "max_iter": 1},
    {"tolerance_grad": 0.5, "lr": 0.1},
    {"tolerance_change": 0.1, "lr": 0.1},
]


def rosenbrock(p: Any, q: Any) -> Any:
    return ((1 - p) ** 2).sum() + 3 * ((q - p**2) ** 2).sum()


def valley(p: Any, q: Any) -> Any:
    return ((p * p.conj()).real ** 2).sum() + ((q - 1j) * (q - 1j).conj()).real.sum()


def walked(torch: Any, options: Any, steps: int = 5, loss: Any = rosenbrock, kind: Any = 1.0):
    """Return the parameters after every step, and the optimizer."""
    start = np.array([-1.2, 0.5, 2.0]) * kind, np.array([1.0, -0.3, 0.2]) * kind
    parameters = [torch.tensor(value, requires_grad=True) for value in start]
    optimizer = torch.optim.LBFGS(parameters, **options)
    trace = []
    for _ in range(steps):
        optimizer.step(closure(optimizer, parameters, loss))
        trace.append(np.concatenate([p.detach().numpy() for p in parameters]))
    return np.array(trace), optimizer, parameters


def closure(optimizer: Any, parameters: Any, loss: Any) -> Any:
    def evaluate() -> Any:
        optimizer.zero_grad()
        value = loss(*parameters)
        value.backward()
        return value

    return evaluate


def check_same(mine: Any, other: Any, name: str) -> None:
    """Compare two entries of a state: numbers, tensors, lists of them."""
    if isinstance(other, list):
        assert len(mine) == len(other), name
        for a, b in zip(mine, other, strict=True):
            check_same(a, b, name)
    elif other is None or isinstance(other, int):
        assert mine == other, name
    else:
        assert hasattr(mine, "numpy") == hasattr(other, "numpy"), name
        np.testing.assert_allclose(np.asarray(mine), np.asarray(other), 1e-5, 1e-7, err_msg=name)


@pytest.mark.torch
@pytest.mark.parametrize("options", CASES)
def test_iterates_and_state_are_pytorchs(options):
    torch = pytest.importorskip("torch")
    ours, optimizer, _ = walked(mt, options)
    theirs, reference, _ = walked(torch, options)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)
    mine, other = optimizer.state_dict(), reference.state_dict()
    assert mine["param_groups"] == other["param_groups"]
    assert list(mine["state"]) == list(other["state"])
    assert list(mine["state"][0]) == list(other["state"][0])
    for name, value in other["state"][0].items():
        check_same(mine["state"][0][name], value, name)


@pytest.mark.torch
@pytest.mark.parametrize(
    "options", [{"lr": 0.1}, {"line_search_fn": "strong_wolfe", "max_iter": 4}]
)
def test_complex_parameters_move_as_in_pytorch(options):
    torch = pytest.importorskip("torch")
    ours, *_ = walked(mt, options, 3, valley, 1 + 0.5j)
    theirs, *_ = walked(torch, options, 3, valley, 1 + 0.5j)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


@pytest.mark.torch
@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_a_walk_goes_on_from_pytorchs_state(search):
    torch = pytest.importorskip("torch")
    options = {"lr": 0.1, "max_iter": 3, "line_search_fn": search}
    _, reference, others = walked(torch, options, 2)
    _, optimizer, parameters = walked(mt, options, 0)
    for mine, other in zip(parameters, others, strict=True):
        mine.data.copy_(mt.tensor(other.detach().numpy()))
    optimizer.load_state_dict(converted(reference.state_dict()))
    for _ in range(3):
        reference.step(closure(reference, others, rosenbrock))
        optimizer.step(closure(optimizer, parameters, rosenbrock))
        for mine, other in zip(parameters, others, strict=True):
            np.testing.assert_allclose(
                mine.detach().numpy(), other.detach().numpy(), rtol=1e-6, atol=1e-9
            )


def converted(state: Any) -> Any:
    if hasattr(state, "numpy"):
        return mt.tensor(state.numpy())
    if isinstance(state, dict):
        return {key: converted(value) for key, value in state.items()}
    return [converted(value) for value in state] if isinstance(state, list) else state


def test_a_quadratic_is_minimized_in_one_step():
    random = np.random.default_rng(0)
    root = random.normal(size=(6, 6))
    matrix, goal = root @ root.T + np.eye(6), random.normal(size=6)
    a, b = mt.tensor(matrix), mt.tensor(goal)
    x = mt.zeros(6, dtype=mt.float64, requires_grad=True)
    optimizer = mt.optim.LBFGS(
        [x], max_iter=100, tolerance_change=1e-15, line_search_fn="strong_wolfe"
    )
    first = optimizer.step(closure(optimizer, [x], lambda x: x @ a @ x / 2 - b @ x))
    assert first.item() == 0.0
    np.testing.assert_allclose(x.detach().numpy(), np.linalg.solve(matrix, goal), atol=1e-6)


def test_the_first_direction_is_the_gradient_scaled_by_its_sum():
    x = mt.tensor([3.0, -1.0], dtype=mt.float64, requires_grad=True)
    optimizer = mt.optim.LBFGS([x], lr=0.5, max_iter=1)
    optimizer.step(closure(optimizer, [x], lambda x: (x * x).sum()))
    gradient = np.array([6.0, -2.0])
    np.testing.assert_allclose(x.detach().numpy(), [3.0, -1.0] - 0.5 / 8.0 * gradient)
    assert optimizer.state[x]["func_evals"] == 1


def test_lazy_parameters_settle_in_the_closure():
    mt.manual_seed(0)
    net = mt.nn.Sequential(mt.nn.LazyLinear(4), mt.nn.Tanh(), mt.nn.LazyLinear(1))
    optimizer = mt.optim.LBFGS(net.parameters(), line_search_fn="strong_wolfe")
    x = mt.linspace(-1, 1, 12).reshape(6, 2)
    evaluate = closure(optimizer, [x], lambda x: ((net(x) - x.sum(1, keepdim=True)) ** 2).mean())
    first = optimizer.step(evaluate)
    assert evaluate().item() < 0.01 * first.item()


def test_a_parameter_without_gradient_stays():
    x = mt.tensor([3.0], requires_grad=True)
    idle = mt.tensor([1.0], requires_grad=True)
    optimizer = mt.optim.LBFGS([idle, x])
    optimizer.step(closure(optimizer, [x], lambda x: (x * x).sum()))
    assert idle.item() == 1.0
    assert abs(x.item()) < 1e-6


def test_groups_and_other_line_searches_are_refused():
    x = mt.tensor([3.0], requires_grad=True)
    y = mt.tensor([3.0], requires_grad=True)
    with pytest.raises(ValueError, match="^LBFGS doesn't support per-parameter options"):
        mt.optim.LBFGS([{"params": [x]}, {"params": [y]}])
    with pytest.raises(ValueError, match="^Invalid learning rate: -1"):
        mt.optim.LBFGS([x], lr=-1)
    with pytest.raises(ValueError, match="^Tensor lr must be 1-element"):
        mt.optim.LBFGS([x], lr=mt.ones(2))
    optimizer = mt.optim.LBFGS([x], line_search_fn="newton")
    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported"):
        optimizer.step(lambda: x.sum())
    optimizer = mt.optim.LBFGS([x])
    optimizer.add_param_group({"params": [y]})
    with pytest.raises(AssertionError, match="^Expected exactly one param_group, but got 2"):
        optimizer.step(lambda: x.sum())
