"""Recurrent layers and cells whose first input decides their input size."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.nn.laziness import LazyModuleMixin
from minitorch_lazy.nn.modules.rnn.cells import GRUCell, LSTMCell, RNNCell
from minitorch_lazy.nn.modules.rnn.layers import GRU, LSTM, RNN


class LazyRecurrence(LazyModuleMixin):
    """A recurrence whose first input decides `input_size`."""

    input_size: int | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(None, *args, **kwargs)
        self.input_size = 0


class LazyRNN(LazyRecurrence, RNN):
    """An RNN whose first input, padded or packed, decides `input_size`; PyTorch has none.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyRNN(8, num_layers=2)
    >>> _ = layer(torch.ones(5, 2, 3))
    >>> layer
    RNN(3, 8, num_layers=2)
    """

    cls_to_become = RNN


class LazyLSTM(LazyRecurrence, LSTM):
    """An LSTM whose first input, padded or packed, decides `input_size`; PyTorch has none.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyLSTM(8, bidirectional=True)
    >>> _ = layer(torch.ones(5, 2, 3))
    >>> layer
    LSTM(3, 8, bidirectional=True)
    """

    cls_to_become = LSTM


class LazyGRU(LazyRecurrence, GRU):
    """A GRU whose first input, padded or packed, decides `input_size`; PyTorch has none.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyGRU(8)
    >>> _ = layer(torch.ones(5, 2, 3))
    >>> layer
    GRU(3, 8)
    """

    cls_to_become = GRU


class LazyRNNCell(LazyRecurrence, RNNCell):
    """An RNNCell whose first input decides `input_size`; PyTorch has none."""

    cls_to_become = RNNCell


class LazyLSTMCell(LazyRecurrence, LSTMCell):
    """An LSTMCell whose first input decides `input_size`; PyTorch has none."""

    cls_to_become = LSTMCell


class LazyGRUCell(LazyRecurrence, GRUCell):
    """A GRUCell whose first input decides `input_size`; PyTorch has none."""

    cls_to_become = GRUCell
