"""Long short-term memory (Hochreiter and Schmidhuber, 1997), with projections."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.numpy.rnn.sequence import SequenceKernels, Sizes, moments


class LstmKernels(SequenceKernels):
    """A state of two vectors, h and c; gates are ordered i, f, g, o."""

    def lstm(
        self, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, *,
        sizes: Sizes, reverse: bool,
    ) -> tuple[Any, Any, Any, Any]:  # fmt: skip
        """Return all h, (N, H), the last h and c, (B, H), and the cache."""
        xp, kind = self.xp, x.dtype
        x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr = self.widest(x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr)
        gates, h, c = self.from_input(x, w_ih, b_ih, b_hh), h.T.copy(), c.T.copy()
        states = xp.empty((len(h), len(x)), x.dtype)
        cells = xp.empty((len(c), len(x)), x.dtype)
        for part, n in moments(sizes, reverse):
            now = xp.dot(w_hh, h[:, :n])
            xp.add(now, gates[:, part], now)
            i, f, g, o = self.quarters(now)
            self.logistic(now[: 2 * len(c)])
            xp.tanh(g, g)
            self.logistic(o)
            gates[:, part] = now
            cell = c[:, :n]
            xp.multiply(cell, f, cell)
            xp.add(cell, xp.multiply(i, g, i), cell)
            cells[:, part] = cell
            out = xp.multiply(xp.tanh(cell), o, o)
            h[:, :n] = states[:, part] = out if w_hr is None else xp.dot(w_hr, out)
        y, h, c = (self.in_rows(s, kind) for s in (states, h, c))
        return y, h, c, (gates, states, cells)

    def quarters(self, gates: Any) -> list[Any]:
        """Look at the rows of each gate."""
        size = len(gates) // 4
        return [gates[k * size : (k + 1) * size] for k in range(4)]

    def lstm_gradient(
        self, gy: Any, gh: Any, gc: Any, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any,
        b_hh: Any, w_hr: Any, cache: Any, *, needed: tuple[bool, ...], sizes: Sizes, reverse: bool,
    ) -> tuple[Any, ...]:  # fmt: skip
        """Pull back to the needed arguments."""
        if cache is None:
            *_, cache = self.lstm(x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr, sizes=sizes,
                                  reverse=reverse)  # fmt: skip
        xp, kind, (gates, states, cells) = self.xp, x.dtype, cache
        gy, gh, gc, x, h, c, w_ih, w_hh, w_hr = self.widest(gy, gh, gc, x, h, c, w_ih, w_hh, w_hr)
        carried, cell = self.gradient_at_end(gh, h.T), self.gradient_at_end(gc, c.T)
        cells_before = self.states_before(cells, c.T, sizes, reverse)
        g, projected = xp.empty_like(gates), xp.empty_like(states)
        for part, n in reversed(moments(sizes, reverse)):
            pulled = carried[:, :n]
            if gy is not None:
                xp.add(pulled, gy[part].T, pulled)
            projected[:, part] = pulled
            out = pulled if w_hr is None else xp.dot(w_hr.T, pulled)
            now = self.lstm_step_back(out, cell[:, :n], gates[:, part], xp.tanh(cells[:, part]),
                                      cells_before[:, part])  # fmt: skip
            g[:, part] = now
            pulled[...] = xp.dot(w_hh.T, now)
        before = self.states_before(states, h.T, sizes, reverse)
        return self.gathered(
            [lambda: xp.dot(g.T, w_ih), lambda: carried.T, lambda: cell.T, lambda: xp.dot(g, x),
             lambda: xp.dot(g, before.T), lambda: self.over_all(g), lambda: self.over_all(g),
             lambda: xp.dot(projected, (self.quarters(gates)[3] * xp.tanh(cells)).T)],
            needed, kind,
        )  # fmt: skip

    def lstm_step_back(self, gh: Any, gc: Any, gates: Any, tanh: Any, before: Any) -> Any:
        """Pull one step back: return the gates' gradient, and make `gc` that of the cell before.

        Args:
            gh, gc: gradients of what the step made, `o tanh(c)` and `c`.
            gates: i, f, g, o of the step.
            tanh: of the cell that the step made.
            before: the cell that it started from.
        """
        xp = self.xp
        now = xp.empty(gates.shape, gates.dtype)
        i, f, g, o = self.quarters(gates)
        to_i, to_f, to_g, to_o = self.quarters(now)
        scratch = xp.multiply(tanh, tanh)
        xp.subtract(1.0, scratch, scratch)
        xp.multiply(scratch, o, scratch)
        xp.multiply(scratch, gh, scratch)
        xp.add(gc, scratch, gc)
        self.sloped(xp.multiply(gh, tanh, tanh), o, to_o)
        self.sloped(xp.multiply(gc, g, scratch), i, to_i)
        self.sloped(xp.multiply(gc, before, scratch), f, to_f)
        xp.multiply(g, g, to_g)
        xp.subtract(1.0, to_g, to_g)
        xp.multiply(to_g, xp.multiply(gc, i, scratch), to_g)
        xp.multiply(gc, f, gc)
        return now
