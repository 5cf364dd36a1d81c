"""Long short-term memory (Hochreiter and Schmidhuber, 1997), with projections."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.numpy.rnn.sequence import SequenceKernels, Sizes, blocks, moments


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
        y = xp.empty((len(x), len(h)), kind)
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
            y[part] = h[:, :n].T
        return y, self.in_time_rows(h, kind), self.in_time_rows(c, kind), (gates, states, cells)

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
        gh, gc = self.gradient_at_end(gh, h.T), self.gradient_at_end(gc, c.T)
        g, projected = xp.empty_like(gates), xp.empty_like(states)
        before = self.states_before(cells, c.T, sizes, reverse)
        width = self.rnn_block // max(1, len(g))
        for columns, times in blocks(moments(sizes, reverse)[::-1], width):
            slopes = self.lstm_slopes(gates[:, columns], before[:, columns],
                                      xp.tanh(cells[:, columns]))  # fmt: skip
            for part, n in times:
                if gy is not None:
                    xp.add(gh[:, :n], gy[part].T, gh[:, :n])
                projected[:, part] = gh[:, :n]
                here = slice(part.start - columns.start, part.stop - columns.start)
                self.lstm_step_back(gh[:, :n], gc[:, :n], gates[:, part], w_hh, w_hr,
                                    *[slope[:, here] for slope in slopes])  # fmt: skip
            g[:, columns] = slopes[0]
        before = self.states_before(states, h.T, sizes, reverse)
        return self.gathered(
            [lambda: xp.dot(g.T, w_ih), lambda: gh.T, lambda: gc.T, lambda: xp.dot(g, x),
             lambda: xp.dot(g, before.T), lambda: self.over_all(g), lambda: self.over_all(g),
             lambda: xp.dot(projected, (self.quarters(gates)[3] * xp.tanh(cells)).T)],
            needed, kind,
        )  # fmt: skip

    def lstm_step_back(
        self, gh: Any, gc: Any, gates: Any, w_hh: Any, w_hr: Any, slopes: Any, slope: Any
    ) -> None:
        """Pull one step back.

        Args:
            gh, gc: gradients of h' and c'; become those of h and c.
            gates: i, f, g and o of the step.
            slopes, slope: as `lstm_slopes` returns them; slopes become the gradient of the gates.
        """
        xp, size = self.xp, len(gc)
        out = gh if w_hr is None else xp.dot(w_hr.T, gh)
        xp.add(gc, xp.multiply(out, slope), gc)
        for place, g in enumerate((gc, gc, gc, out)):
            rows = slopes[place * size : (place + 1) * size]
            xp.multiply(rows, g, rows)
        xp.multiply(gc, gates[size : 2 * size], gc)
        gh[...] = xp.dot(w_hh.T, slopes)

    def lstm_slopes(self, gates: Any, before: Any, tanh: Any) -> tuple[Any, Any]:
        """Return how c' grows with what i, f and g are functions of, and h' with o's; and with c'.

        Args:
            gates: i, f, g and o, (4 H, n).
            before: c.
            tanh: of c'; it is overwritten.
        Returns:
            (4 H, n), and by how much h' = o tanh(c') grows with c', (H, n).
        """
        xp = self.xp
        slopes = xp.empty(gates.shape, gates.dtype)
        xp.multiply(xp.subtract(1.0, gates, slopes), gates, slopes)
        i, _, g, o = self.quarters(gates)
        to_i, to_f, to_g, to_o = self.quarters(slopes)
        xp.subtract(1.0, xp.multiply(g, g, to_g), to_g)
        for factor, to in ((g, to_i), (before, to_f), (i, to_g), (tanh, to_o)):
            xp.multiply(to, factor, to)
        slope = xp.subtract(1.0, xp.multiply(tanh, tanh, tanh), tanh)
        return slopes, xp.multiply(slope, o, slope)
