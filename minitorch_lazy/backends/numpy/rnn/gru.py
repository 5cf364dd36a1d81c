"""Gated recurrent units (Cho et al., 2014), the reset gate applied after the product."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.numpy.rnn.sequence import SequenceKernels, Sizes, moments


class GruKernels(SequenceKernels):
    """A state that is one vector; gates are ordered r, z, n."""

    def gru(
        self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, sizes: Sizes,
        reverse: bool,
    ) -> tuple[Any, Any, Any]:  # fmt: skip
        """Return all h, (N, H), the last one, (B, H), and the cache."""
        xp, kind = self.xp, x.dtype
        x, h, w_ih, w_hh, b_ih, b_hh = self.widest(x, h, w_ih, w_hh, b_ih, b_hh)
        gates, h = self.from_input(x, w_ih, b_ih), h.T.copy()
        size, column = len(h), None if b_hh is None else b_hh.reshape(-1, 1)
        states, resets = (xp.empty((size, len(x)), x.dtype) for _ in range(2))
        y = xp.empty((len(x), size), kind)
        for part, n in moments(sizes, reverse):
            held, now = h[:, :n], gates[:, part]
            from_h = xp.dot(w_hh, held)
            if column is not None:
                xp.add(from_h, column, from_h)
            resets[:, part] = from_h[2 * size :]
            both = xp.add(from_h[: 2 * size], now[: 2 * size], from_h[: 2 * size])
            self.logistic(both)
            new = xp.multiply(both[:size], from_h[2 * size :], from_h[2 * size :])
            xp.tanh(xp.add(new, now[2 * size :], new), new)
            now[...] = from_h
            xp.subtract(held, new, held)
            xp.multiply(held, both[size:], held)
            xp.add(held, new, held)
            states[:, part], y[part] = held, held.T
        return y, self.in_time_rows(h, kind), (gates, states, resets)

    def gru_gradient(
        self, gy: Any, gh: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any,
        cache: Any, *, needed: tuple[bool, ...], sizes: Sizes, reverse: bool,
    ) -> tuple[Any, ...]:  # fmt: skip
        """Pull back to the needed arguments."""
        if cache is None:
            *_, cache = self.gru(x, h, w_ih, w_hh, b_ih, b_hh, sizes=sizes, reverse=reverse)
        xp, kind, (gates, states, resets) = self.xp, x.dtype, cache
        gy, gh, x, h, w_ih, w_hh = self.widest(gy, gh, x, h, w_ih, w_hh)
        carried = self.gradient_at_end(gh, h.T)
        before = self.states_before(states, h.T, sizes, reverse)
        to_x, to_h = xp.empty_like(gates), xp.empty_like(gates)
        for part, n in reversed(moments(sizes, reverse)):
            pulled = carried[:, :n]
            if gy is not None:
                xp.add(pulled, gy[part].T, pulled)
            self.gru_step_back(pulled, gates[:, part], resets[:, part], before[:, part],
                               to_x[:, part], to_h[:, part])  # fmt: skip
            xp.add(pulled, xp.dot(w_hh.T, to_h[:, part]), pulled)
        return self.gathered(
            [lambda: xp.dot(to_x.T, w_ih), lambda: carried.T, lambda: xp.dot(to_x, x),
             lambda: xp.dot(to_h, before.T), lambda: self.over_all(to_x),
             lambda: self.over_all(to_h)],
            needed, kind,
        )  # fmt: skip

    def gru_step_back(
        self, g: Any, gates: Any, resets: Any, before: Any, to_x: Any, to_h: Any
    ) -> None:
        """Pull one step back, with r, z, n and h' = n + z (h - n).

        Args:
            g: gradient of h'; becomes z g, what goes straight to h.
            gates: r, z, n of the step.
            resets: W_hn h + b_hn, which r is multiplied with.
            before: h.
            to_x, to_h: where the gradients of both sums are written, (3 H, n).
        """
        xp, size = self.xp, len(g)
        r, z, n = (gates[k * size : (k + 1) * size] for k in range(3))
        self.sloped(xp.multiply(g, xp.subtract(before, n)), z, to_x[size : 2 * size])
        straight = xp.multiply(g, z)
        slope = xp.subtract(1.0, xp.multiply(n, n))
        new = xp.multiply(xp.subtract(g, straight), slope, to_x[2 * size :])
        self.sloped(xp.multiply(new, resets), r, to_x[:size])
        to_h[: 2 * size] = to_x[: 2 * size]
        xp.multiply(new, r, to_h[2 * size :])
        g[...] = straight
