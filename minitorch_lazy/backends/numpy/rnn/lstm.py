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
        size = c.shape[1]
        for columns, times in blocks(moments(sizes, reverse)[::-1], self.rnn_block // len(g)):
            slopes, slope = self.lstm_slopes(gates[:, columns], cells_before[:, columns],
                                             xp.tanh(cells[:, columns]))  # fmt: skip
            stack = slopes.reshape(4, size, slopes.shape[1])
            for part, n in times:
                here = slice(part.start - columns.start, part.stop - columns.start)
                pulled, inner = carried[:, :n], cell[:, :n]
                if gy is not None:
                    xp.add(pulled, gy[part].T, pulled)
                projected[:, part] = pulled
                out = pulled if w_hr is None else xp.dot(w_hr.T, pulled)
                xp.add(inner, xp.multiply(out, slope[:, here]), inner)
                xp.multiply(stack[:3, :, here], inner, stack[:3, :, here])
                xp.multiply(stack[3, :, here], out, stack[3, :, here])
                xp.multiply(inner, gates[size : 2 * size, part], inner)
                pulled[...] = xp.dot(w_hh.T, slopes[:, here])
            g[:, columns] = slopes
        before = self.states_before(states, h.T, sizes, reverse)
        return self.gathered(
            [lambda: xp.dot(g.T, w_ih), lambda: carried.T, lambda: cell.T, lambda: xp.dot(g, x),
             lambda: xp.dot(g, before.T), lambda: self.over_all(g), lambda: self.over_all(g),
             lambda: xp.dot(projected, (self.quarters(gates)[3] * xp.tanh(cells)).T)],
            needed, kind,
        )  # fmt: skip

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
