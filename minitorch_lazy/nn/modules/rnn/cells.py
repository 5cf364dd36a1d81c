"""Recurrent cells: one step of a recurrence."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import init
from minitorch_lazy.nn.laziness import begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.rnn.states import check_type
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import zeros
from minitorch_lazy.ops.rnn import elman_layer, gru_layer, lstm_layer


class RNNCellBase(Module):
    """A recurrent cell without its step: RNNCell, LSTMCell and GRUCell extend it.

    Args:
        input_size: size of each input; None lets the first input decide.
        hidden_size: size of the state.
        bias: whether biases are added.
        num_chunks: blocks of rows in the weights, one for each gate.
        device, dtype: of the parameters.

    Source: torch.nn.RNNCellBase.
    """

    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self, input_size: int | None, hidden_size: int, bias: bool, num_chunks: int,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self.num_chunks = num_chunks
        present = {"weight_ih": True, "weight_hh": True, "bias_ih": bias, "bias_hh": bias}
        declare(self, present, device=device, dtype=dtype)
        begin(self)

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        rows = self.num_chunks * self.hidden_size
        return {"weight_ih": (rows, self.input_size), "weight_hh": (rows, self.hidden_size),
                "bias_ih": (rows,), "bias_hh": (rows,)}  # fmt: skip

    def initialize_parameters(self, input: Tensor, hx: Any = None) -> None:
        """Let input_size follow from the last dimension of the input."""
        infer(self, input_size=input.shape[-1])

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let input_size follow from a weight that was loaded."""
        return {"input_size": self.weight_ih.shape[1]}

    @when_settled
    def reset_parameters(self) -> None:
        """Draw all parameters anew from U(-k, k), with k = 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def make_step(self, input: Any, hx: Any, words: tuple[str, ...], operation: Any,
                  **static: Any) -> list[Any]:  # fmt: skip
        """Make one step: return the states after it.

        Args:
            input: (B, input_size), or (input_size,).
            hx: the states before it, or None for zeros.
            words: of the states in messages.
            operation: the recurrence, of a sequence with one time.
        """
        name = type(self).__name__
        check_tensor(name, "input", input)
        if input.ndim not in (1, 2):
            raise refuse(ValueError, name, f"Expected input to be 1D or 2D, got {input.ndim}D "
                         "instead", "give (B, input_size), or (input_size,)",
                         input=input)  # fmt: skip
        batched = input.ndim == 2
        x = input if batched else input.unsqueeze(0)
        if x.shape[1] != self.input_size and not self.has_uninitialized_params():
            raise refuse(
                RuntimeError, name, f"input has inconsistent input_size: got {x.shape[1]} expected "
                f"{self.input_size}", f"build it as nn.{name}({x.shape[1]}, {self.hidden_size}), "
                f"or nn.Lazy{name}({self.hidden_size}) and let the first batch decide", input=input,
            )  # fmt: skip
        check_type(name, x, self.weight_ih, "input")
        if hx is None:
            start = zeros((x.shape[0], self.hidden_size), dtype=x.dtype, device=x.device)
            state = [start] * len(words)
        else:
            state = self.checked(x, hx, words, batched)
        _, *state = operation(x, *state, self.weight_ih, self.weight_hh, self.bias_ih,
                              self.bias_hh, sizes=(x.shape[0],), reverse=False,
                              **static)  # fmt: skip
        return state if batched else [s.squeeze(0) for s in state]

    def checked(self, x: Any, hx: Any, words: tuple[str, ...], batched: bool) -> list[Any]:
        """Refuse states that do not fit an input (B, I); give them a batch if it had none."""
        name, found = type(self).__name__, []
        for place, (word, h) in enumerate(zip(words, hx, strict=True)):
            check_tensor(name, word, h)
            if h.ndim not in (1, 2):
                raise refuse(ValueError, name, f"Expected {word} to be 1D or 2D, got {h.ndim}D "
                             "instead", "give (B, hidden_size), or (hidden_size,)",
                             hx=h)  # fmt: skip
            state = h if batched else h.unsqueeze(0)
            headline = ""
            if state.shape[0] != x.shape[0]:
                headline = (f"Input batch size {x.shape[0]} doesn't match hidden{place} batch size "
                            f"{state.shape[0]}")  # fmt: skip
            elif state.ndim != 2 or state.shape[1] != self.hidden_size:
                headline = (f"hidden{place} has inconsistent hidden_size: got {state.shape[1]}, "
                            f"expected {self.hidden_size}")  # fmt: skip
            if headline:
                raise refuse(RuntimeError, name, headline, "give a state of "
                             f"({'B, ' * batched}{self.hidden_size}{',' * (not batched)})", input=x,
                             hx=h)  # fmt: skip
            check_type(name, state, self.weight_hh, word)
            found.append(state)
        return found

    def extra_repr(self) -> str:
        """Show the sizes; what is the default is left out."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        if getattr(self, "nonlinearity", "tanh") != "tanh":
            text += f", nonlinearity={self.nonlinearity}"
        return text


class RNNCell(RNNCellBase):
    """Make one step of Elman's network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.

    Args:
        input_size: size of each input; None lets the first input decide.
        hidden_size: size H of the state.
        bias: whether biases are added.
        nonlinearity: "tanh" or "relu".
        device, dtype: of the parameters.

    Shapes:
        input (B, input_size) or (input_size,); hx and output (B, H) or (H,).

    Attributes:
        weight_ih, weight_hh: (H, input_size) and (H, H), from U(-k, k) with k = 1 / sqrt(H).
        bias_ih, bias_hh: (H,), from the same distribution; None without.

    Raises:
        RuntimeError: in the call, where the nonlinearity is unknown or sizes do not fit.

    Source: torch.nn.RNNCell.
    """

    def __init__(
        self, input_size: int | None, hidden_size: int, bias: bool = True,
        nonlinearity: str = "tanh", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: D102
        if self.nonlinearity not in ("tanh", "relu"):
            raise refuse(RuntimeError, type(self).__name__, "Unknown nonlinearity: "
                         f"{self.nonlinearity}", "use 'tanh' or 'relu'")  # fmt: skip
        given = None if hx is None else (hx,)
        (h,) = self.make_step(input, given, ("hidden",), elman_layer,
                              nonlinearity=self.nonlinearity)  # fmt: skip
        return h  # type: ignore[no-any-return]


class LSTMCell(RNNCellBase):
    """Make one step of long short-term memory.

        i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh),  g = tanh(the same)
        c' = f c + i g,  h' = o tanh(c')

    Args:
        input_size: size of each input; None lets the first input decide.
        hidden_size: size H of the state.
        bias: whether biases are added.
        device, dtype: of the parameters.

    Shapes:
        input (B, input_size) or (input_size,); hx a pair h and c of (B, H) or (H,), zeros where
        it is not given; output such a pair.

    Attributes:
        weight_ih, weight_hh: (4 H, input_size) and (4 H, H), rows of i, f, g and o, from U(-k, k)
            with k = 1 / sqrt(H).
        bias_ih, bias_hh: (4 H,), from the same distribution; None without.

    Source: torch.nn.LSTMCell.

    >>> import minitorch_lazy as torch
    >>> h, c = torch.nn.LSTMCell(10, 20)(torch.ones(3, 10))
    >>> h.shape, c.shape
    (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    def __init__(
        self, input_size: int | None, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:  # noqa: D102
        if hx is not None and (not isinstance(hx, (tuple, list)) or len(hx) != 2):
            raise refuse(TypeError, type(self).__name__, "hx must be a pair (h_0, c_0), not "
                         f"{type(hx).__name__}", "give both, or neither", hx=hx)  # fmt: skip

        def operation(x: Any, h: Any, c: Any, *weights: Any, **static: Any) -> Any:
            return lstm_layer(x, h, c, *weights, None, **static)

        h, c = self.make_step(input, hx, ("hx[0]", "hx[1]"), operation)
        return h, c


class GRUCell(RNNCellBase):
    """Make one step of a gated recurrent unit.

        r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh)
        n = tanh(W_in x + b_in + r (W_hn h + b_hn))
        h' = (1 - z) n + z h

    Args:
        input_size: size of each input; None lets the first input decide.
        hidden_size: size H of the state.
        bias: whether biases are added.
        device, dtype: of the parameters.

    Shapes:
        input (B, input_size) or (input_size,); hx and output (B, H) or (H,).

    Attributes:
        weight_ih, weight_hh: (3 H, input_size) and (3 H, H), rows of r, z and n, from U(-k, k)
            with k = 1 / sqrt(H).
        bias_ih, bias_hh: (3 H,), from the same distribution; None without.

    Source: torch.nn.GRUCell.
    """

    def __init__(
        self, input_size: int | None, hidden_size: int, bias: bool = True, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:  # noqa: D102
        given = None if hx is None else (hx,)
        (h,) = self.make_step(input, given, ("hidden",), gru_layer)
        return h  # type: ignore[no-any-return]
