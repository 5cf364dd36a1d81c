"""Recurrent layers and cells, and their lazy forms."""

from minitorch_lazy.nn.modules.rnn.base import RNNBase
from minitorch_lazy.nn.modules.rnn.cells import GRUCell, LSTMCell, RNNCell, RNNCellBase
from minitorch_lazy.nn.modules.rnn.layers import GRU, LSTM, RNN
from minitorch_lazy.nn.modules.rnn.lazy import (
    LazyGRU,
    LazyGRUCell,
    LazyLSTM,
    LazyLSTMCell,
    LazyRNN,
    LazyRNNCell,
)

__all__ = [
    "GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "LazyGRU", "LazyGRUCell", "LazyLSTM",
    "LazyLSTMCell", "LazyRNN", "LazyRNNCell", "RNNBase", "RNNCell", "RNNCellBase",
]  # fmt: skip
