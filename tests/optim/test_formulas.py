"""Rules beside their formulas in plain NumPy: options, rates in tensors, groups, saved states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy.optim.plan import SMALL


def descending(g: Any, p: Any, o: Any) -> Any:
    """Turn the gradient to descend, and add the decay that is coupled."""
    g = -g if o.get("maximize") else g
    return g if o.get("decoupled_weight_decay") else g + o.get("weight_decay", 0) * p


def rmsprop(p, g, s, t, o):
    a = o.get("alpha", 0.99)
    s["v"] = a * s.get("v", 0) + (1 - a) * g * g
    s["a"] = (a * s.get("a", 0) + (1 - a) * g) * o.get("centered", False)
    s["b"] = o.get("momentum", 0) * s.get("b", 0) + g / (
        np.sqrt(s["v"] - s["a"] ** 2) + o.get("eps", 1e-8)
    )
    return p - o["lr"] * s["b"]


def adadelta(p, g, s, t, o):
    rho, eps = o.get("rho", 0.9), o.get("eps", 1e-6)
    s["v"] = rho * s.get("v", 0) + (1 - rho) * g * g
    d = np.sqrt(s.get("u", 0) + eps) / np.sqrt(s["v"] + eps) * g
    s["u"] = rho * s.get("u", 0) + (1 - rho) * d * d
    return p - o["lr"] * d


def adagrad(p, g, s, t, o):
    s["s"] = s.get("s", o.get("initial_accumulator_value", 0)) + g * g
    rate = o["lr"] / (1 + (t - 1) * o.get("lr_decay", 0))
    return p - rate * g / (np.sqrt(s["s"]) + o.get("eps", 1e-10))


def adamax(p, g, s, t, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["u"] = np.maximum(b2 * s.get("u", 0), abs(g) + o.get("eps", 1e-8))
    return p - o["lr"] / (1 - b1**t) * s["m"] / s["u"]


def moments(g, s, o):
    b1, b2 = o.get("betas", (0.9, 0.999))
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
    return b1, b2


def nadam(p, g, s, t, o):
    b1, b2 = moments(g, s, o)
    decay = o.get("momentum_decay", 4e-3)
    mu, ahead = (b1 * (1 - 0.96 ** (k * decay) / 2) for k in (t, t + 1))
    s["M"] = s.get("M", 1) * mu
    n = ahead * s["m"] / (1 - s["M"] * ahead) + (1 - mu) * g / (1 - s["M"])
    shrink = o.get("weight_decay", 0) * bool(o.get("decoupled_weight_decay"))
    return p - o["lr"] * (n / (np.sqrt(s["v"] / (1 - b2**t)) + o.get("eps", 1e-8)) + shrink * p)


def radam(p, g, s, t, o):
    b1, b2 = moments(g, s, o)
    longest = 2 / (1 - b2) - 1
    n = longest - 2 * t * b2**t / (1 - b2**t)
    change = s["m"] / (1 - b1**t)
    if n > 5:
        r = (n - 4) * (n - 2) * longest / ((longest - 4) * (longest - 2) * n)
        change *= np.sqrt(r * (1 - b2**t)) / (np.sqrt(s["v"]) + o.get("eps", 1e-8))
    shrink = o.get("weight_decay", 0) * bool(o.get("decoupled_weight_decay"))
    return p - o["lr"] * (change + shrink * p)


def asgd(p, g, s, t, o):
    lr, lambd = o["lr"], o.get("lambd", 1e-4)
    p = p - s.get("eta", lr) * (g + lambd * p)
    s["ax"] = s.get("ax", 0) + s.get("mu", 1) * (p - s.get("ax", 0))
    s["eta"] = lr / (1 + lambd * lr * t) ** o.get("alpha", 0.75)
    s["mu"] = 1 / max(1, t - o.get("t0", 1e6))
    return p


def rprop(p, g, s, t, o):
    (shrink, grow), (least, most) = o.get("etas", (0.5, 1.2)), o.get("step_sizes", (1e-6, 50))
    turn = np.sign(g * s.get("g", 0))
    factor = np.select([turn > 0, turn < 0], [grow, shrink], 1.0)
    s["s"] = np.clip(s.get("s", o["lr"]) * factor, least, most)
    s["g"] = np.where(turn < 0, 0, g)
    return p - np.sign(s["g"]) * s["s"]


RULES = {
    "RMSprop": rmsprop, "Adadelta": adadelta, "Adagrad": adagrad, "Adamax": adamax,
    "NAdam": nadam, "RAdam": radam, "ASGD": asgd, "Rprop": rprop,
}  # fmt: skip
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


class Reference:
    """One parameter that a rule brings forward in NumPy."""

    def __init__(self, name: str, value: Any, **options: Any) -> None:
        self.rule, self.value, self.options = RULES[name], np.array(value), options
        self.state: dict[str, Any] = {}
        self.t = 0

    def step(self, g: Any) -> None:
        self.t += 1
        g = descending(g, self.value, self.options)
        self.value = self.rule(self.value, g, self.state, self.t, self.options)


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
