"""Elman's network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.numpy.rnn.sequence import SequenceKernels, Sizes, moments


class ElmanKernels(SequenceKernels):
    """A state that is one vector."""

    def elman(
        self, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, *, nonlinearity: str,
        sizes: Sizes, reverse: bool,
    ) -> tuple[Any, Any, Any]:  # fmt: skip
        """Return all h, (N, H), the last one, (B, H), and the cache."""
        xp, kind = self.xp, x.dtype
        if kind.kind == "c" and nonlinearity == "relu":
            raise NotImplementedError("relu: clamp is not supported for complex types")
        x, h, w_ih, w_hh, b_ih, b_hh = self.widest(x, h, w_ih, w_hh, b_ih, b_hh)
        states, h = self.from_input(x, w_ih, b_ih, b_hh), h.T.copy()
        y = xp.empty((len(x), len(h)), kind)
        for part, n in moments(sizes, reverse):
            now = states[:, part]
            xp.add(now, xp.dot(w_hh, h[:, :n]), now)
            if nonlinearity == "tanh":
                xp.tanh(now, now)
            else:
                xp.maximum(now, 0.0, out=now)
            h[:, :n], y[part] = now, now.T
        return y, self.in_time_rows(h, kind), states

    def elman_gradient(
        self, gy: Any, gh: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any,
        cache: Any, *, needed: tuple[bool, ...], nonlinearity: str, sizes: Sizes, reverse: bool,
    ) -> tuple[Any, ...]:  # fmt: skip
        """Pull back to the needed arguments."""
        if cache is None:
            *_, cache = self.elman(x, h, w_ih, w_hh, b_ih, b_hh, nonlinearity=nonlinearity,
                                   sizes=sizes, reverse=reverse)  # fmt: skip
        xp, kind, states = self.xp, x.dtype, cache
        gy, gh, x, h, w_ih, w_hh = self.widest(gy, gh, x, h, w_ih, w_hh)
        g, carried = xp.empty_like(states), self.gradient_at_end(gh, h.T)
        for part, n in reversed(moments(sizes, reverse)):
            now, pulled = states[:, part], carried[:, :n]
            if gy is not None:
                xp.add(pulled, gy[part].T, pulled)
            slope = 1.0 - now * now if nonlinearity == "tanh" else now > 0
            xp.multiply(pulled, slope, g[:, part])
            pulled[...] = xp.dot(w_hh.T, g[:, part])
        before = self.states_before(states, h.T, sizes, reverse)
        return self.gathered(
            [lambda: xp.dot(g.T, w_ih), lambda: carried.T, lambda: xp.dot(g, x),
             lambda: xp.dot(g, before.T), lambda: self.over_all(g), lambda: self.over_all(g)],
            needed, kind,
        )  # fmt: skip
