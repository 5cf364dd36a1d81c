"""Recurrent layers over whole sequences."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.modules.rnn.base import RNNBase
from minitorch_lazy.ops.rnn import elman_layer, gru_layer, lstm_layer

MODES = {"tanh": "RNN_TANH", "relu": "RNN_RELU"}


def refuse_projection(name: str, proj_size: Any) -> None:
    """Refuse a projection: only an LSTM has one."""
    if proj_size is not None:
        raise refuse(ValueError, name, "proj_size argument is only supported for LSTM, not RNN or "
                     "GRU", "leave it out, or use nn.LSTM", proj_size=proj_size)  # fmt: skip


class RNN(RNNBase):
    """Run layers of Elman's network over sequences.

        h_t = tanh(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh), or relu

    Args:
        input_size: size of each input; None lets the first input decide.
        hidden_size: size H of the state.
        num_layers: how many layers L.
        nonlinearity: "tanh" or "relu".
        bias: whether biases are added.
        batch_first: whether the batch comes before the time, in input and output.
        dropout: probability with which, in training, what a layer but the last gives is dropped.
        bidirectional: whether each layer also runs from the end to the start; then D is 2, else 1.
        device, dtype: of the parameters.

    Shapes:
        input (T, B, input_size), (T, input_size), or packed; h_0 (D * L, B, H), zeros where it is
        not given; output (T, B, D * H) and h_n (D * L, B, H).

    Attributes:
        weight_ih_l0, ...: (H, input_size), or (H, D * H) in the layers above.
        weight_hh_l0, ...: (H, H).
        bias_ih_l0, bias_hh_l0, ...: (H,). All are from U(-k, k) with k = 1 / sqrt(H); the names of
            the other direction end in `_reverse`.

    Source: torch.nn.RNN.

    >>> import minitorch_lazy as torch
    >>> y, h = torch.nn.RNN(10, 20, 2)(torch.ones(5, 3, 10))
    >>> y.shape, h.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(
        self, input_size: int | None, hidden_size: int, num_layers: int = 1,
        nonlinearity: str = "tanh", bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, device: Any = None, dtype: Any = None,
        *, proj_size: int | None = None,
    ) -> None:  # fmt: skip
        refuse_projection(type(self).__name__, proj_size)
        if nonlinearity not in MODES:
            raise refuse(ValueError, type(self).__name__, f"Unknown nonlinearity '{nonlinearity}'. "
                         "Select from 'tanh' or 'relu'.", "leave the default 'tanh'")  # fmt: skip
        super().__init__(MODES[nonlinearity], input_size, hidden_size, num_layers, bias,
                         batch_first, dropout, bidirectional, 0, device, dtype)  # fmt: skip
        self.nonlinearity = nonlinearity

    def recurrence(self, x: Any, state: Any, weights: Any, **static: Any) -> Any:  # noqa: D102
        return elman_layer(x, *state, *weights[:4], nonlinearity=self.nonlinearity, **static)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:  # noqa: D102
        output, (h,) = self.run_layers(input, hx, ("hidden",))
        return output, h


class LSTM(RNNBase):
    """Run layers of long short-term memory over sequences.

        i, f, o = sigmoid(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh),  g = tanh(the same)
        c_t = f c_(t-1) + i g
        h_t = o tanh(c_t), with a projection (o tanh(c_t)) W_hr^T

    Args:
        input_size: size of each input; None lets the first input decide.
        hidden_size: size H of the state.
        num_layers: how many layers L.
        bias: whether biases are added.
        batch_first: whether the batch comes before the time, in input and output.
        dropout: probability with which, in training, what a layer but the last gives is dropped.
        bidirectional: whether each layer also runs from the end to the start; then D is 2, else 1.
        proj_size: size P that h is projected to; P is H below where it is 0.
        device, dtype: of the parameters.

    Shapes:
        input (T, B, input_size), (T, input_size), or packed; h_0 (D * L, B, P) and c_0
        (D * L, B, H), zeros where they are not given; output (T, B, D * P), and a pair of h_n and
        c_n, shaped as h_0 and c_0.

    Attributes:
        weight_ih_l0, ...: (4 H, input_size), or (4 H, D * P) in the layers above; rows of i, f, g
            and o.
        weight_hh_l0, ...: (4 H, P).
        bias_ih_l0, bias_hh_l0, ...: (4 H,).
        weight_hr_l0, ...: (P, H), with a projection. All are from U(-k, k) with k = 1 / sqrt(H);
            the names of the other direction end in `_reverse`.

    Source: torch.nn.LSTM.

    >>> import minitorch_lazy as torch
    >>> y, (h, c) = torch.nn.LSTM(10, 20, proj_size=5)(torch.ones(7, 3, 10))
    >>> y.shape, h.shape, c.shape
    (torch.Size([7, 3, 5]), torch.Size([1, 3, 5]), torch.Size([1, 3, 20]))
    """

    def __init__(
        self, input_size: int | None, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, proj_size, device, dtype)  # fmt: skip

    def recurrence(self, x: Any, state: Any, weights: Any, **static: Any) -> Any:  # noqa: D102
        return lstm_layer(x, *state, *weights, **static)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, tuple[Any, Any]]:  # noqa: D102
        output, (h, c) = self.run_layers(input, hx, ("hidden[0]", "hidden[1]"))
        return output, (h, c)


class GRU(RNNBase):
    """Run layers of gated recurrent units over sequences.

        r, z = sigmoid(x_t W_ih^T + b_ih + h_(t-1) W_hh^T + b_hh)
        n = tanh(x_t W_in^T + b_in + r (h_(t-1) W_hn^T + b_hn))
        h_t = (1 - z) n + z h_(t-1)

    Args:
        input_size: size of each input; None lets the first input decide.
        hidden_size: size H of the state.
        num_layers: how many layers L.
        bias: whether biases are added.
        batch_first: whether the batch comes before the time, in input and output.
        dropout: probability with which, in training, what a layer but the last gives is dropped.
        bidirectional: whether each layer also runs from the end to the start; then D is 2, else 1.
        device, dtype: of the parameters.

    Shapes:
        input (T, B, input_size), (T, input_size), or packed; h_0 (D * L, B, H), zeros where it is
        not given; output (T, B, D * H) and h_n (D * L, B, H).

    Attributes:
        weight_ih_l0, ...: (3 H, input_size), or (3 H, D * H) in the layers above; rows of r, z
            and n.
        weight_hh_l0, ...: (3 H, H).
        bias_ih_l0, bias_hh_l0, ...: (3 H,). All are from U(-k, k) with k = 1 / sqrt(H); the names
            of the other direction end in `_reverse`.

    Source: torch.nn.GRU.

    >>> import minitorch_lazy as torch
    >>> y, h = torch.nn.GRU(10, 20, bidirectional=True)(torch.ones(5, 3, 10))
    >>> y.shape, h.shape
    (torch.Size([5, 3, 40]), torch.Size([2, 3, 20]))
    """

    def __init__(
        self, input_size: int | None, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
        device: Any = None, dtype: Any = None, *, proj_size: int | None = None,
    ) -> None:  # fmt: skip
        refuse_projection(type(self).__name__, proj_size)
        super().__init__("GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, 0, device, dtype)  # fmt: skip

    def recurrence(self, x: Any, state: Any, weights: Any, **static: Any) -> Any:  # noqa: D102
        return gru_layer(x, *state, *weights[:4], **static)

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:  # noqa: D102
        output, (h,) = self.run_layers(input, hx, ("hidden",))
        return output, h
