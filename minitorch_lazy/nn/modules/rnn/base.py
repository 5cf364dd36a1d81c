"""What all recurrent layers share: sizes, parameters, and the way through layers and directions."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import init
from minitorch_lazy.nn.functional.dropout import dropout
from minitorch_lazy.nn.laziness import begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.rnn.states import States, directions, passes
from minitorch_lazy.nn.utils.rnn import PackedSequence
from minitorch_lazy.ops.join import cat, stack

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}
"""Mode -> blocks of rows in the weights."""

TYPES = {"bias": bool, "batch_first": bool, "input_size": int, "hidden_size": int,
         "num_layers": int, "proj_size": int}  # fmt: skip

DEFAULTS = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0,
            "bidirectional": False}  # fmt: skip
"""Options in the order in which they are shown."""


class RNNBase(Module):
    """A recurrent layer without its recurrence: RNN, LSTM and GRU extend it.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".
        input_size: size of each input; None lets the first input decide.
        hidden_size: size of the state.
        num_layers: how many layers; each takes what the one below gives.
        bias: whether biases are added.
        batch_first: whether the batch comes before the time, in input and output.
        dropout: probability with which, in training, what a layer but the last gives is dropped.
        bidirectional: whether each layer also runs from the end to the start.
        proj_size: size that an LSTM's h is projected to; 0 for no projection.
        device, dtype: of the parameters.

    Raises:
        ValueError: a size or probability out of range.
        TypeError: a size that is no integer, an option that is no bool.

    Source: torch.nn.RNNBase.
    """

    def __init__(
        self, mode: str, input_size: int | None, hidden_size: int, num_layers: int = 1,
        bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
        bidirectional: bool = False, proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout, self.bidirectional, self.proj_size = dropout, bidirectional, proj_size
        self.check()
        self.dropout = float(dropout)
        declare(self, dict.fromkeys(self.parameter_shapes(), True), device=device, dtype=dtype)
        begin(self)

    def check(self) -> None:
        """Refuse options that mean nothing, and warn of a dropout that has nothing to drop."""
        p = self.dropout
        if not isinstance(p, numbers.Real) or isinstance(p, bool) or not 0 <= p <= 1:  # type: ignore[operator]
            raise self.refused(ValueError, "dropout should be a number in range [0, 1] "
                               "representing the probability of an element being zeroed",
                               "use 0.5 to drop a half")  # fmt: skip
        for name, kind in TYPES.items():
            value, word = getattr(self, name), kind.__name__
            if not isinstance(value, kind) and not (name == "input_size" and value is None):
                raise self.refused(TypeError, f"{name} should be of type {word}, got: "
                                   f"{type(value).__name__}", f"give one {word}")  # fmt: skip
        for name in ("input_size", "hidden_size", "num_layers"):
            if (size := getattr(self, name)) is not None and size <= 0:
                raise self.refused(ValueError, f"{name} must be greater than zero", "use 1 or more")
        if self.proj_size < 0:
            raise self.refused(ValueError, "proj_size should be a positive integer or zero to "
                               "disable projections", "leave the default 0")  # fmt: skip
        if self.proj_size >= self.hidden_size:
            raise self.refused(ValueError, "proj_size has to be smaller than hidden_size",
                               f"use {self.hidden_size - 1} or less")  # fmt: skip
        if self.mode not in GATES:
            raise self.refused(ValueError, f"Unrecognized RNN mode: {self.mode}",
                               f"use one of {', '.join(GATES)}")  # fmt: skip
        if p > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={p} and "
                "num_layers=1; leave dropout out, or raise num_layers", stacklevel=4,
            )  # fmt: skip

    def refused(self, kind: type[Exception], headline: str, mend: str) -> Exception:
        """Return the error for options that mean nothing."""
        return refuse(kind, type(self).__name__, headline, mend, input_size=self.input_size,
                      hidden_size=self.hidden_size)  # fmt: skip

    # -- parameters --------------------------------------------------------------------------

    def parameter_names(self, layer: int, reverse: bool) -> list[str]:
        """Return the names of the parameters of one layer and direction, in order."""
        parts = ["weight_ih", "weight_hh"] + ["bias_ih", "bias_hh"] * self.bias
        parts += ["weight_hr"] * (self.proj_size > 0)
        return [f"{part}_l{layer}{'_reverse' * reverse}" for part in parts]

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        rows, state = GATES[self.mode] * self.hidden_size, self.proj_size or self.hidden_size
        found: dict[str, tuple[int | None, ...]] = {}
        for layer, reverse in passes(self):
            inner = self.input_size if layer == 0 else state * len(directions(self))
            shapes: dict[str, tuple[int | None, ...]] = {
                "weight_ih": (rows, inner), "weight_hh": (rows, state), "bias_ih": (rows,),
                "bias_hh": (rows,), "weight_hr": (self.proj_size, self.hidden_size),
            }  # fmt: skip
            for name in self.parameter_names(layer, reverse):
                found[name] = shapes[name.partition("_l")[0]]
        return found

    def initialize_parameters(self, input: Any, hx: Any = None) -> None:
        """Let input_size follow from the last dimension of the input."""
        data = input.data if isinstance(input, PackedSequence) else input
        infer(self, input_size=data.shape[-1])

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let input_size follow from a weight that was loaded."""
        return {"input_size": self.weight_ih_l0.shape[1]}

    @when_settled
    def reset_parameters(self) -> None:
        """Draw all parameters anew from U(-k, k), with k = 1 / sqrt(hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: the parameters of PyTorch's layers move into one block here, for cuDNN.

        Nothing in this package asks for that; the method is there for code that calls it.
        """

    @property
    def _all_weights(self) -> list[list[str]]:
        return [self.parameter_names(layer, reverse) for layer, reverse in passes(self)]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Tensor]:
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    # -- what subclasses say, and what they call ----------------------------------------------

    def recurrence(self, x: Any, state: list[Any], weights: list[Any], **static: Any) -> Any:
        """Run one layer in one direction: return all h, then the state as it ends.

        Args:
            x: rows of the input, packed.
            state: h, and c if there is one, each (B, ...).
            weights: W_ih, W_hh, both biases or None, W_hr or None.
            static: `sizes` and `reverse` of `ops.rnn`.
        """
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required '
                                  '"forward" function')  # fmt: skip

    def parameters_of(self, layer: int, reverse: bool) -> list[Any]:
        """Return W_ih, W_hh, both biases and W_hr of one layer and direction, None for absent."""
        found = [getattr(self, name) for name in self.parameter_names(layer, reverse)]
        biases = found[2:4] if self.bias else [None, None]
        return [*found[:2], *biases, found[-1] if self.proj_size else None]

    def run_layers(self, input: Any, hx: Any, names: tuple[str, ...]) -> tuple[Any, list[Any]]:
        """Run all layers and directions: return the output, and the states as they end.

        Args:
            input: (T, B, input_size), (T, input_size), or packed.
            hx: the states to start from, or None for zeros.
            names: of the states in messages.
        """
        frame = States(self, input, names)
        x, first = frame.rows, frame.first(hx)
        ends: list[Any] = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = dropout(x, self.dropout)
            outputs = []
            for reverse in directions(self):
                y, *end = self.recurrence(
                    x, first[len(ends)], self.parameters_of(layer, reverse), sizes=frame.sizes,
                    reverse=reverse,
                )  # fmt: skip
                outputs.append(y)
                ends.append(end)
            x = outputs[0] if len(outputs) == 1 else cat(outputs, -1)
        return frame.leave(x), [frame.last(stack(parts)) for parts in zip(*ends, strict=True)]

    def extra_repr(self) -> str:
        """Show the sizes; what is the default is left out."""
        text = f"{self.input_size}, {self.hidden_size}"
        for name, default in DEFAULTS.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text
