"""Update rules in plain NumPy, as their formulas stand in the docstrings."""

from __future__ import annotations

from typing import Any

import numpy as np


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
