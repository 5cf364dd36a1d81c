"""Rules beside their formulas in plain NumPy: options, rates in tensors, groups, saved states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy.optim.plan import SMALL
from tests.optim.formulas import RULES, Reference

COMMON = [{}, {"maximize": True}]
DECAYED = [*COMMON, {"weight_decay": 0.1}, {"weight_decay": 0.1, "maximize": True}]
BETAS = [*DECAYED, {"betas": (0.5, 0.7), "eps": 0.1}]
OPTIONS = {
    "RMSprop": [*DECAYED, {"alpha": 0.5, "eps": 0.1, "centered": True}, {"momentum": 0.9}],
    "Adadelta": [*DECAYED, {"rho": 0.5, "eps": 0.1}],
    "Adagrad": [*DECAYED, {"lr_decay": 0.3, "eps": 0.1}, {"initial_accumulator_value": 2.0}],
    "Adamax": BETAS,
    "NAdam": [*BETAS, {"momentum_decay": 1.0},
              {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    "RAdam": [*BETAS, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    "ASGD": [*DECAYED, {"lambd": 0.5, "alpha": 0.5}, {"t0": 3.0, "lambd": 0.0}],
    "Rprop": [*COMMON, {"etas": (0.3, 2.0)}, {"step_sizes": (0.05, 0.3)}],
}  # fmt: skip
CASES = [(name, options) for name, all_of_them in OPTIONS.items() for options in all_of_them]


def leaf(values: Any, dtype: Any = mt.float64) -> mt.Tensor:
    return mt.tensor(values, dtype=dtype, requires_grad=True)


def close(parameter: Any, reference: Reference, rtol: float = 1e-6) -> None:
    # counters that are numbers, such as `mu_product`, are kept in float32
    np.testing.assert_allclose(parameter.detach().numpy(), reference.value, rtol, 1e-7)


@pytest.mark.parametrize("size", [7, SMALL + 7])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_many_steps_follow_the_formula(name, options, size):
    random = np.random.default_rng(0)
    start = random.normal(size=size)
    reference, parameter = Reference(name, start, lr=0.1, **options), leaf(start)
    optimizer = getattr(mt.optim, name)([parameter], lr=0.1, **options)
    for _ in range(50 if size < SMALL else 8):
        gradient = random.normal(size=size)
        parameter.grad = mt.tensor(gradient)
        optimizer.step()
        reference.step(gradient)
    close(parameter, reference)


@pytest.mark.parametrize("name", RULES)
def test_float32_parameters_stay_near_the_formula(name):
    random = np.random.default_rng(0)
    start = random.normal(size=5).astype(np.float32)
    reference, parameter = Reference(name, start, lr=0.01), leaf(start, mt.float32)
    optimizer = getattr(mt.optim, name)([parameter], lr=0.01)
    for _ in range(30):
        gradient = random.normal(size=5).astype(np.float32)
        parameter.grad = mt.tensor(gradient)
        optimizer.step()
        reference.step(gradient)
    close(parameter, reference, 1e-4)
    assert parameter.dtype is mt.float32


@pytest.mark.parametrize("name", RULES)
def test_foreach_and_a_rate_in_a_tensor_change_nothing(name):
    runs = []
    for options in ({"lr": 0.1}, {"lr": mt.tensor(np.array(0.1))}, {"lr": 0.1, "foreach": True}):
        random, parameter = np.random.default_rng(0), leaf([1.0, -2.0])
        optimizer = getattr(mt.optim, name)([parameter], **options)
        for _ in range(5):
            parameter.grad = mt.tensor(random.normal(size=2))
            optimizer.step()
        runs.append(parameter.tolist())
    assert runs[0] == runs[1] == runs[2]


@pytest.mark.parametrize("name", RULES)
def test_groups_late_groups_and_missing_gradients(name):
    random = np.random.default_rng(0)
    rates, starts = [0.1, 0.1, 0.02, 0.3], random.normal(size=(4, 3))
    parameters = [leaf(start) for start in starts]
    references = [Reference(name, s, lr=lr) for s, lr in zip(starts, rates, strict=True)]
    optimizer = getattr(mt.optim, name)(
        [{"params": parameters[:2]}, {"params": parameters[2:3], "lr": 0.02}], lr=0.1
    )
    for step in range(12):
        if step == 5:
            optimizer.add_param_group({"params": parameters[3], "lr": 0.3})
        for place, (parameter, reference) in enumerate(zip(parameters, references, strict=True)):
            parameter.grad = None
            if (place == 1 and step % 3) or (place == 3 and step < 5):
                continue
            gradient = random.normal(size=3)
            parameter.grad = mt.tensor(gradient)
            reference.step(gradient)
        optimizer.step()
    for parameter, reference in zip(parameters, references, strict=True):
        close(parameter, reference)
        assert optimizer.state[parameter]["step"].item() == reference.t


@pytest.mark.parametrize("name", RULES)
def test_parameters_that_began_under_other_options_share_no_numbers(name):
    random = np.random.default_rng(0)
    early, late = leaf([1.0]), leaf([1.0])
    optimizer = getattr(mt.optim, name)([early, late], lr=0.5)
    twin = leaf([1.0])
    alone = getattr(mt.optim, name)([twin], lr=0.1)
    early.grad = mt.tensor([1.0], dtype=mt.float64)
    optimizer.step()
    early.grad = None
    optimizer.param_groups[0]["lr"] = 0.1
    for _ in range(6):
        late.grad = mt.tensor(random.normal(size=1))
        twin.grad = late.grad.clone()
        early.grad = late.grad.clone() if optimizer.state[late] else None
        optimizer.step()
        alone.step()
    assert late.tolist() == twin.tolist()


@pytest.mark.parametrize("name", RULES)
def test_a_loaded_state_goes_on_as_the_unbroken_run(name):
    random = np.random.default_rng(0)
    start = random.normal(size=3)
    reference, parameter = Reference(name, start, lr=0.1), leaf(start)
    optimizer = getattr(mt.optim, name)([parameter], lr=0.1)
    for step in range(12):
        if step % 4 == 3:
            saved, optimizer = optimizer.state_dict(), getattr(mt.optim, name)([parameter])
            optimizer.load_state_dict(saved)
        gradient = random.normal(size=3)
        parameter.grad = mt.tensor(gradient)
        optimizer.step()
        reference.step(gradient)
    close(parameter, reference)
    assert optimizer.param_groups[0]["lr"] == 0.1


@pytest.mark.parametrize("name", [name for name in RULES if name != "Adagrad"])
def test_lazy_parameters_wait_for_their_gradient(name):
    net = mt.nn.LazyLinear(2)
    optimizer = getattr(mt.optim, name)(net.parameters())
    optimizer.step()
    assert not optimizer.state
    net(mt.ones(3, 4)).sum().backward()
    before = net.weight.detach().clone()
    optimizer.step()
    assert (net.weight != before).all()


def test_adagrad_makes_its_sums_at_once_and_refuses_lazy_parameters():
    parameter = mt.ones(2, dtype=mt.complex64).requires_grad_()
    optimizer = mt.optim.Adagrad([parameter], initial_accumulator_value=0.5)
    entry = optimizer.state_dict()["state"][0]
    assert list(entry) == ["step", "sum"]
    assert entry["step"].item() == 0.0
    assert entry["sum"].tolist() == [0.5 + 0.5j] * 2
    with pytest.raises(RuntimeError, match="the memory of this tensor belongs to one process"):
        optimizer.share_memory()
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in"):
        mt.optim.Adagrad(mt.nn.LazyLinear(2).parameters())


@pytest.mark.parametrize(
    ("name", "parts"),
    [("NAdam", "params, mu_products and state_steps"),
     ("ASGD", "params, mus, etas, and state_steps"), ("Rprop", "params and state_steps")],
)  # fmt: skip
def test_capturable_is_refused_on_the_cpu(name, parts):
    parameter = leaf([1.0])
    optimizer = getattr(mt.optim, name)([parameter], capturable=True)
    parameter.grad = mt.ones(1, dtype=mt.float64)
    with pytest.raises(AssertionError, match=f"If capturable=True, {parts} must be on supported"):
        optimizer.step()
    assert parameter.item() == 1.0


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        *((name, {"lr": -1.0}, "Invalid learning rate: -1.0") for name in RULES),
        *((name, {"lr": mt.ones(2)}, "Tensor lr must be 1-element") for name in RULES),
        *((name, {"weight_decay": -1}, "Invalid weight_decay value: -1")
          for name in RULES if name != "Rprop"),
        *((name, {"eps": -1.0}, "Invalid epsilon value: -1.0")
          for name in RULES if name not in ("Rprop", "ASGD")),
        *((name, {"betas": (0.5, 1.0)}, "Invalid beta parameter at index 1: 1.0")
          for name in ("Adamax", "NAdam", "RAdam")),
        ("RMSprop", {"alpha": -1.0}, "Invalid alpha value: -1.0"),
        ("RMSprop", {"momentum": -1.0}, "Invalid momentum value: -1.0"),
        ("Adadelta", {"rho": 1.5}, "Invalid rho value: 1.5"),
        ("NAdam", {"momentum_decay": -1}, "Invalid momentum_decay value: -1"),
        ("Adagrad", {"lr_decay": -1}, "Invalid lr_decay value: -1"),
        ("Adagrad", {"initial_accumulator_value": -1},
         "Invalid initial_accumulator_value value: -1"),
        ("Rprop", {"etas": (1.5, 2.0)}, "Invalid eta values: 1.5, 2.0"),
    ],
)  # fmt: skip
def test_options_out_of_range_are_refused(name, options, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        getattr(mt.optim, name)([mt.ones(1, requires_grad=True)], **options)
