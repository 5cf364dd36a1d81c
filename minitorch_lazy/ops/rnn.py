"""Recurrences over whole sequences: one layer in one direction is one operation.

Sequences come packed: the rows of x are the first elements of all sequences, then the second
elements of those that have one, and so on; `sizes` says how many rows each time has, and never
grows. A batch of equal lengths is packed as it lies, with the same size at all times. The state has
a row for each sequence. At every time its leading rows, those of the sequences that go on, make a
step; the others stay as they are. In reverse the times run from the last to the first, so that a
sequence joins in at its own end. In both directions the state that is left is the final one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.ops.composed import differentiated

Sizes = tuple[int, ...]
Step = Callable[..., tuple[Any, ...]]


def rows(xp: Any, x: Any, start: int, stop: int) -> Any:
    """Return some rows."""
    return xp.getitem(x, key=((start, stop, None),))


def columns(xp: Any, x: Any, count: int) -> list[Any]:
    """Cut a matrix into blocks of columns, one for each gate."""
    size = x.shape[1] // count
    every = (None, None, None)
    return [xp.getitem(x, key=(every, (i * size, (i + 1) * size, None))) for i in range(count)]


def unrolled(
    xp: Any, step: Step, x: Any, state: Sequence[Any], sizes: Sizes, reverse: bool
) -> tuple[Any, ...]:
    """Make a step at every time.

    Args:
        step: from the rows of x at one time and the state's leading rows to what these become.
        x: (N, G), what each step takes of the input.
        state: h, and what else is carried on, each (B, ...).
    Returns:
        y: h after every step, (N, ...), in the order of x.
        *state: as it is at the end.
    """
    outputs = []
    for n, stop in list(zip(sizes, accumulate(sizes), strict=True))[:: -1 if reverse else 1]:
        now = step(rows(xp, x, stop - n, stop), *[rows(xp, s, 0, n) for s in state])
        outputs.append(now[0])
        state = [
            new if n == s.shape[0] else xp.concatenate(new, rows(xp, s, n, s.shape[0]), axis=0)
            for new, s in zip(now, state, strict=True)
        ]
    return xp.concatenate(*outputs[:: -1 if reverse else 1], axis=0), *state


def from_needed(needed: Sequence[bool], gradients: Sequence[Any]) -> list[Any]:
    """Put the gradients of the needed arguments into their places, None into the others."""
    places = [sum(needed[:i]) for i in range(len(needed))]
    return [gradients[at] if on else None for at, on in zip(places, needed, strict=True)]


# -- tanh or ReLU --------------------------------------------------------------------------------


@kernel
def elman(
    xp: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, nonlinearity: str,
    sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Return all h and the last one, h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu of it."""
    function = xp.tanh if nonlinearity == "tanh" else xp.relu

    def step(part: Any, h: Any) -> tuple[Any, ...]:
        return (function(part + xp.linear(h, w_hh, b_hh)),)

    return *unrolled(xp, step, xp.linear(x, w_ih, b_ih), (h,), sizes, reverse), None


@kernel
def elman_gradient(
    xp: Any, gy: Any, gh: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any,
    cache: Any, *, needed: tuple[bool, ...], **static: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """Pull back through the sequence: the gradients of the needed arguments, in their order."""
    return differentiated(elman, (x, h, w_ih, w_hh, b_ih, b_hh), (gy, gh), needed, **static)


def elman_rule(
    xp: Any, g: Any, needed: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any,
    cache: Any, **static: Any,
) -> list[Any]:  # fmt: skip
    """Pull back to what needs a gradient."""
    return from_needed(needed, xp.elman_gradient(
        *g, x, h, w_ih, w_hh, b_ih, b_hh, cache, needed=tuple(needed), **static))  # fmt: skip


elman_layer = primitive(
    "elman", arguments="x h w_ih w_hh b_ih b_hh", static="nonlinearity sizes reverse", outputs=2,
    casts="same", cached=True, joint=elman_rule, node_name="Rnn",
)  # fmt: skip


# -- long short-term memory ----------------------------------------------------------------------


@kernel
def lstm(
    xp: Any, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, *,
    sizes: Sizes, reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Return all h, the last h and the last c.

    i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh),  g = tanh(the same)
    c' = f c + i g,  h' = o tanh(c'), or W_hr times that
    """

    def step(part: Any, h: Any, c: Any) -> tuple[Any, ...]:
        i, f, g, o = columns(xp, part + xp.linear(h, w_hh, b_hh), 4)
        c = xp.sigmoid(f) * c + xp.sigmoid(i) * xp.tanh(g)
        h = xp.sigmoid(o) * xp.tanh(c)
        return h if w_hr is None else xp.linear(h, w_hr, None), c

    return *unrolled(xp, step, xp.linear(x, w_ih, b_ih), (h, c), sizes, reverse), None


@kernel
def lstm_gradient(
    xp: Any, gy: Any, gh: Any, gc: Any, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any,
    b_hh: Any, w_hr: Any, cache: Any, *, needed: tuple[bool, ...], **static: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """Pull back through the sequence: the gradients of the needed arguments, in their order."""
    inputs = (x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr)
    return differentiated(lstm, inputs, (gy, gh, gc), needed, **static)


def lstm_rule(
    xp: Any, g: Any, needed: Any, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any,
    b_hh: Any, w_hr: Any, cache: Any, **static: Any,
) -> list[Any]:  # fmt: skip
    """Pull back to what needs a gradient."""
    return from_needed(needed, xp.lstm_gradient(
        *g, x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr, cache, needed=tuple(needed), **static,
    ))  # fmt: skip


lstm_layer = primitive(
    "lstm", arguments="x h c w_ih w_hh b_ih b_hh w_hr", static="sizes reverse", outputs=3,
    casts="same", cached=True, joint=lstm_rule,
)  # fmt: skip


# -- gated recurrent unit ------------------------------------------------------------------------


@kernel
def gru(
    xp: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, sizes: Sizes,
    reverse: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """Return all h and the last one.

    r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh),  n = tanh(W_in x + b_in + r (W_hn h + b_hn))
    h' = n + z (h - n)
    """

    def step(part: Any, h: Any) -> tuple[Any, ...]:
        from_x, from_h = columns(xp, part, 3), columns(xp, xp.linear(h, w_hh, b_hh), 3)
        r, z = (xp.sigmoid(from_x[i] + from_h[i]) for i in range(2))
        n = xp.tanh(from_x[2] + r * from_h[2])
        return (n + z * (h - n),)

    return *unrolled(xp, step, xp.linear(x, w_ih, b_ih), (h,), sizes, reverse), None


@kernel
def gru_gradient(
    xp: Any, gy: Any, gh: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any,
    cache: Any, *, needed: tuple[bool, ...], **static: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """Pull back through the sequence: the gradients of the needed arguments, in their order."""
    return differentiated(gru, (x, h, w_ih, w_hh, b_ih, b_hh), (gy, gh), needed, **static)


def gru_rule(
    xp: Any, g: Any, needed: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any,
    cache: Any, **static: Any,
) -> list[Any]:  # fmt: skip
    """Pull back to what needs a gradient."""
    return from_needed(needed, xp.gru_gradient(
        *g, x, h, w_ih, w_hh, b_ih, b_hh, cache, needed=tuple(needed), **static))  # fmt: skip


gru_layer = primitive(
    "gru", arguments="x h w_ih w_hh b_ih b_hh", static="sizes reverse", outputs=2, casts="same",
    cached=True, joint=gru_rule,
)  # fmt: skip
