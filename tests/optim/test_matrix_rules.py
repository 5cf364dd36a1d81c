"""Adafactor and Muon: their formulas, PyTorch's numbers and state, lazy parameters, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt

ADAFACTOR = [
    {},
    {"lr": 0.5, "beta2_decay": -0.5, "d": 2.0, "weight_decay": 0.1},
    {"lr": 0.1, "eps": (1e-3, 0.2), "maximize": True, "foreach": True},
]
MUON = [
    {},
    {"lr": 0.1, "momentum": 0.5, "nesterov": False, "ns_steps": 3},
    {"lr": 0.1, "adjust_lr_fn": "match_rms_adamw", "weight_decay": 0.5},
    {"lr": 0.1, "adjust_lr_fn": "original", "ns_coefficients": (2.0, -1.5, 0.5), "eps": 1e-3},
]
SHAPES = [(4, 3), (3, 5), (2, 3, 4), (6,), ()]


def trained(torch: Any, name: str, options: Any, shapes: Any, steps: int = 10) -> Any:
    random = np.random.default_rng(0)
    parameters = [torch.tensor(random.normal(size=s), requires_grad=True) for s in shapes]
    optimizer = getattr(torch.optim, name)(parameters, **options)
    more(torch, optimizer, parameters, random, steps)
    return [p.detach().numpy() for p in parameters], optimizer, parameters


def more(torch: Any, optimizer: Any, parameters: Any, random: Any, steps: int) -> None:
    """Take some steps; the second parameter has a gradient in every other one."""
    for step in range(steps):
        for place, parameter in enumerate(parameters):
            gradient = torch.tensor(random.normal(size=tuple(parameter.shape)))
            parameter.grad = None if place == 1 and step % 2 else gradient
        optimizer.step()


def check_state(mine: Any, other: Any, rtol: float, atol: float) -> None:
    assert mine["param_groups"] == other["param_groups"]
    for number, entry in other["state"].items():
        assert list(mine["state"][number]) == list(entry)
        for key, value in entry.items():
            found = mine["state"][number][key]
            assert tuple(found.shape) == tuple(value.shape)
            np.testing.assert_allclose(found.numpy(), value.numpy(), rtol, atol, err_msg=key)


class Formula:
    """Adafactor for one matrix or vector, as its formulas stand in the docstring."""

    def __init__(self, value: Any, lr=0.01, beta2_decay=-0.8, eps=(None, 1e-3), d=1.0, decay=0.0):
        self.value, self.t = value.copy(), 0
        self.lr, self.beta2_decay, self.d, self.decay = lr, beta2_decay, d, decay
        self.eps = (np.finfo(float).eps if eps[0] is None else eps[0], eps[1])
        self.rows = self.columns = self.square = 0.0

    def step(self, g: Any) -> None:
        self.t += 1
        b, (least, smallest) = self.t**self.beta2_decay, self.eps
        size = max(smallest, np.sqrt((self.value**2).mean())) * min(self.lr, self.t**-0.5)
        if g.ndim == 2:
            self.rows = self.rows + b * ((g * g).mean(1) - self.rows)
            self.columns = self.columns + b * ((g * g).mean(0) - self.columns)
            v = np.outer(self.rows, self.columns) / max(self.rows.mean(), least)
        else:
            v = self.square = self.square + b * (g * g - self.square)
        u = g / np.sqrt(np.maximum(v, least**2))
        u = u / max(1.0, np.sqrt((u * u).mean()) / self.d)
        self.value = self.value - self.lr * self.decay * self.value - size * u


@pytest.mark.parametrize("shape", [(4, 3), (5,)])
@pytest.mark.parametrize(
    "options", [{}, {"lr": 0.5, "d": 2.0, "beta2_decay": -0.5}, {"eps": (0.1, 0.5), "decay": 0.1}]
)
def test_adafactor_follows_its_formula(options, shape):
    random = np.random.default_rng(0)
    start = random.normal(size=shape)
    reference = Formula(start, **options)
    names = {"weight_decay" if key == "decay" else key: value for key, value in options.items()}
    parameter = mt.tensor(start, requires_grad=True)
    optimizer = mt.optim.Adafactor([parameter], **names)
    for _ in range(20):
        gradient = random.normal(size=shape)
        parameter.grad = mt.tensor(gradient)
        optimizer.step()
        reference.step(gradient)
    np.testing.assert_allclose(parameter.detach().numpy(), reference.value, rtol=1e-6)


@pytest.mark.torch
@pytest.mark.parametrize("options", ADAFACTOR)
def test_adafactor_takes_pytorchs_steps(options):
    torch = pytest.importorskip("torch")
    ours, optimizer, _ = trained(mt, "Adafactor", options, SHAPES)
    theirs, reference, _ = trained(torch, "Adafactor", options, SHAPES)
    for mine, due in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, due, rtol=1e-9, atol=1e-12)
    check_state(optimizer.state_dict(), reference.state_dict(), 1e-9, 1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("options", MUON)
def test_muon_takes_pytorchs_steps(options):
    torch = pytest.importorskip("torch")
    shapes = [(4, 3), (3, 5), (8, 8)]
    ours, optimizer, _ = trained(mt, "Muon", options, shapes, 4)
    theirs, reference, _ = trained(torch, "Muon", options, shapes, 4)
    for mine, due in zip(ours, theirs, strict=True):
        # both compute the orthogonal matrix in bfloat16, and round at other places
        np.testing.assert_allclose(mine, due, atol=0.02 * options.get("lr", 1e-3) * 4)
    check_state(optimizer.state_dict(), reference.state_dict(), 1e-12, 1e-14)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6)])
def test_muon_steps_along_the_nearest_orthogonal_matrix(shape):
    gradient = np.random.default_rng(0).normal(size=shape)
    weight = mt.zeros(*shape, dtype=mt.float64, requires_grad=True)
    options = {"lr": 1.0, "weight_decay": 0.0, "ns_steps": 30, "ns_coefficients": (1.5, -0.5, 0.0)}
    optimizer = mt.optim.Muon([weight], **options)
    weight.grad = mt.tensor(gradient)
    optimizer.step()
    left, _, right = np.linalg.svd(gradient, full_matrices=False)
    due = -np.sqrt(max(1, shape[0] / shape[1])) * (left @ right)
    np.testing.assert_allclose(weight.detach().numpy(), due, atol=0.03)


@pytest.mark.parametrize(("name", "shapes"), [("Adafactor", SHAPES), ("Muon", SHAPES[:2])])
def test_a_loaded_state_goes_on_as_the_unbroken_run(name, shapes):
    whole, *_ = trained(mt, name, {"lr": mt.tensor(0.1)}, shapes, 6)
    random = np.random.default_rng(0)
    parameters = [mt.tensor(random.normal(size=s), requires_grad=True) for s in shapes]
    first = getattr(mt.optim, name)(parameters, lr=0.1)
    more(mt, first, parameters, random, 4)
    second = getattr(mt.optim, name)(parameters)
    second.load_state_dict(first.state_dict())
    more(mt, second, parameters, random, 2)
    for mine, due in zip(parameters, whole, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), due, rtol=1e-6)


def test_groups_have_rates_of_their_own():
    one, two = (mt.ones(2, 2, requires_grad=True) for _ in range(2))
    optimizer = mt.optim.Muon([{"params": [one]}, {"params": [two], "lr": 0.0}], lr=0.1)
    one.grad = two.grad = mt.eye(2)
    optimizer.step()
    assert (one != 1).any()
    assert (two == 1).all()


def test_adafactor_takes_lazy_parameters_and_muon_does_not():
    net = mt.nn.LazyLinear(2)
    optimizer = mt.optim.Adafactor(net.parameters())
    optimizer.step()
    assert not optimizer.state
    with pytest.raises(ValueError, match=r"we found a parameter with size: torch.Size\(\[0\]\)\n"):
        mt.optim.Muon(net.parameters())
    net(mt.ones(3, 4)).sum().backward()
    before = net.weight.detach().clone()
    optimizer.step()
    assert (net.weight != before).all()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("Adafactor", {"lr": -1.0}, "Learning rate should be >= 0 but is: -1.0"),
        ("Adafactor", {"lr": mt.ones(2)}, "Tensor lr must be 1-element"),
        ("Adafactor", {"beta2_decay": 0.8}, "beta2_decay should be <= 0 but is: 0.8"),
        ("Adafactor", {"eps": (-1.0, 1e-3)}, "epsilon1 should be >= 0 but is: -1.0"),
        ("Adafactor", {"eps": (None, -1.0)}, "epsilon2 should be >= 0 but is: -1.0"),
        ("Adafactor", {"d": 0.5}, "Clipping threshold d should be >= 1 but is: 0.5"),
        ("Adafactor", {"weight_decay": -1}, "weight_decay should be >= 0 but is: -1"),
        ("Muon", {"lr": -1.0}, "Learning rate should be >= 0 but is: -1.0"),
        ("Muon", {"lr": mt.ones(2)}, "Tensor lr must be 1-element"),
        ("Muon", {"momentum": -1}, "momentum should be >= 0 but is: -1"),
        ("Muon", {"weight_decay": -1}, "weight decay should be >= 0 but is: -1"),
        ("Muon", {"adjust_lr_fn": "no"}, "Adjust learning rate function no is not supported"),
    ],
)
def test_options_out_of_range_are_refused(name, options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        getattr(mt.optim, name)([mt.ones(1, 1, requires_grad=True)], **options)


def test_muon_refuses_what_is_no_matrix_in_later_groups_too():
    with pytest.raises(ValueError, match=r"found a parameter with size: torch.Size\(\[3\]\)"):
        mt.optim.Muon([mt.ones(3, requires_grad=True)])
    optimizer = mt.optim.Muon([mt.ones(2, 2, requires_grad=True)])
    with pytest.raises(ValueError, match="Muon only supports 2D parameters"):
        optimizer.add_param_group({"params": [mt.ones(2, 2, 2, requires_grad=True)]})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("name", ["Adafactor", "Muon"])
def test_complex_parameters_are_refused_before_any_moves(name):
    real = mt.ones(2, 2, requires_grad=True)
    other = mt.ones(2, 2, dtype=mt.complex64).requires_grad_()
    optimizer = getattr(mt.optim, name)([real, other])
    real.grad, other.grad = mt.ones(2, 2), mt.ones(2, 2, dtype=mt.complex64)
    with pytest.raises(RuntimeError, match=f"{name} does not support complex parameters"):
        optimizer.step()
    assert (real == 1).all()


def test_muon_refuses_rounds_that_it_cannot_do():
    for options, message in (
        ({"ns_steps": 100}, "Number of steps must be less than 100"),
        ({"ns_coefficients": (1.0, 2.0)}, "Coefficients must be a tuple of exactly 3 values"),
    ):
        weight = mt.ones(2, 2, requires_grad=True)
        optimizer = mt.optim.Muon([weight], **options)
        weight.grad = mt.ones(2, 2)
        with pytest.raises(ValueError, match=message):
            optimizer.step()
