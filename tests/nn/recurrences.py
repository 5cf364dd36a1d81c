"""Recurrent layers in plain NumPy: one sequence, one layer and one time after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def step(mode: str, x: Any, state: list[Any], w: Arrays) -> list[Any]:
    """Make one step of one sequence."""
    from_x, from_h = w["weight_ih"] @ x, w["weight_hh"] @ state[0]
    if "bias_ih" in w:
        from_x, from_h = from_x + w["bias_ih"], from_h + w["bias_hh"]
    if mode == "LSTM":
        i, f, g, o = np.split(from_x + from_h, 4)
        c = logistic(f) * state[1] + logistic(i) * np.tanh(g)
        h = logistic(o) * np.tanh(c)
        return [w["weight_hr"] @ h if "weight_hr" in w else h, c]
    if mode == "GRU":
        (xr, xz, xn), (hr, hz, hn) = np.split(from_x, 3), np.split(from_h, 3)
        r, z = logistic(xr + hr), logistic(xz + hz)
        return [(1 - z) * np.tanh(xn + r * hn) + z * state[0]]
    total = from_x + from_h
    return [np.tanh(total) if mode == "RNN_TANH" else np.maximum(total, 0)]


def one_sequence(layer: Any, x: np.ndarray, first: list[np.ndarray]) -> Any:
    """Run all layers over one sequence (T, I): return its output and its last states.

    Args:
        first: of each state what it starts from, (layers * directions, size).
    """
    last: list[list[Any]] = [[] for _ in first]
    for depth in range(layer.num_layers):
        outputs = []
        for suffix in ("", "_reverse")[: 2 if layer.bidirectional else 1]:
            ending = f"_l{depth}{suffix}"
            w = {name.removesuffix(ending): p.detach().numpy()
                 for name, p in layer.named_parameters() if name.endswith(ending)}  # fmt: skip
            state, made = [s[len(last[0])] for s in first], []
            for row in x[:: -1 if suffix else 1]:
                state = step(layer.mode, row, state, w)
                made.append(state[0])
            outputs.append(np.stack(made[:: -1 if suffix else 1]))
            for ends, end in zip(last, state, strict=True):
                ends.append(end)
        x = np.concatenate(outputs, 1)
    return x, [np.stack(ends) for ends in last]
