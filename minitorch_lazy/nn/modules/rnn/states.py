"""How a batch comes to a recurrent layer and leaves it: padded, packed or without a batch."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.utils.rnn import PackedSequence
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import zeros


def directions(layer: Any) -> tuple[bool, ...]:
    """Return the directions that each layer runs in: whether it is the reverse one."""
    return (False, True) if layer.bidirectional else (False,)


def passes(layer: Any) -> list[tuple[int, bool]]:
    """Return every layer and direction, in the order in which they run."""
    return [(i, reverse) for i in range(layer.num_layers) for reverse in directions(layer)]


def check_type(layer: str, tensor: Any, weight: Any, word: str) -> None:
    """Refuse a tensor of another type than a weight."""
    if tensor.dtype != weight.dtype:
        kinds = " and ".join(spoken(t.dtype.name) for t in (tensor, weight))
        raise refuse(RuntimeError, layer, "mat1 and mat2 must have the same dtype, but got "
                     f"{kinds}", f"convert {word} with .to({weight.dtype})",
                     **{word: tensor, "weight": weight})  # fmt: skip


class States:
    """One call of a recurrent layer: its input as packed rows, and the shapes of its states.

    Args:
        layer: the layer, for its sizes.
        input: (T, B, I), (B, T, I) if the layer says so, (T, I), or packed.
        names: of the states in messages: `("hidden",)`, or `("hidden[0]", "hidden[1]")`.

    Attributes:
        rows: (N, I), all times one after the other.
        sizes: how many rows each time has.
        batched: whether there is a dimension of the batch.
        packed: the input if it is packed, else None.
    """

    def __init__(self, layer: Any, input: Any, names: tuple[str, ...]) -> None:
        self.layer, self.names = layer, names
        self.packed = input if isinstance(input, PackedSequence) else None
        self.name = type(layer).__name__
        x: Any = input if self.packed is None else self.packed.data
        check_tensor(self.name, "input", x)
        self.batched = self.packed is not None or x.ndim == 3
        if self.packed is None and x.ndim not in (2, 3):
            what = " tensor" if layer.mode.startswith("RNN") else ""
            raise refuse(ValueError, self.name, f"Expected input to be 2D or 3D, got {x.ndim}D"
                         f"{what} instead", "give (T, B, input_size), or (T, input_size) without "
                         "a batch", input=x)  # fmt: skip
        self.check(x)
        if self.packed is not None:
            self.rows, self.sizes = x, tuple(self.packed.batch_sizes.tolist())  # type: ignore[attr-defined]
            self.check_sizes()
            return
        x = x.unsqueeze(1) if not self.batched else x.transpose(0, 1) if layer.batch_first else x
        time, batch, size = x.shape
        self.rows, self.sizes = x.reshape(time * batch, size), (batch,) * time
        if not time:
            raise refuse(RuntimeError, self.name, "Expected sequence length to be larger than 0 "
                         "in RNN", "give one time step or more", input=input)  # fmt: skip

    def check(self, x: Any) -> None:
        """Refuse an input whose type or size is not the layer's."""
        layer, weight = self.layer, self.layer.weight_ih_l0
        if x.dtype != weight.dtype:
            raise refuse(
                ValueError, self.name, f"RNN input dtype ({x.dtype}) does not match weight dtype "
                f"({weight.dtype}). Convert input: input.to({weight.dtype}), or convert model: "
                f"model.to({x.dtype})", f"layer(input.to({weight.dtype}))", input=x, weight=weight,
            )  # fmt: skip
        if self.packed is not None and x.ndim != 2:
            raise refuse(RuntimeError, self.name, f"input must have 2 dimensions, got {x.ndim}",
                         "pack sequences of (L, input_size)", input=x)  # fmt: skip
        if x.shape[-1] != layer.input_size and not layer.has_uninitialized_params():
            raise refuse(
                RuntimeError, self.name, "input.size(-1) must be equal to input_size. Expected "
                f"{layer.input_size}, got {x.shape[-1]}", f"build it as nn.{self.name}"
                f"({x.shape[-1]}, {layer.hidden_size}), or nn.Lazy{self.name}({layer.hidden_size}) "
                "and let the first batch decide", input=x,
            )  # fmt: skip

    def check_sizes(self) -> None:
        """Refuse a packed sequence whose parts do not fit each other."""
        sizes = self.sizes
        falls = all(n >= after for n, after in zip(sizes, (*sizes[1:], 0), strict=True))
        if not sizes or not falls or sum(sizes) != self.rows.shape[0]:
            raise refuse(RuntimeError, self.name, "the batch sizes of a PackedSequence must not "
                         f"grow, and must sum to the {self.rows.shape[0]} rows of its data",
                         "make it with pack_sequence or pack_padded_sequence", data=self.rows,
                         batch_sizes=sizes)  # fmt: skip

    # -- states ------------------------------------------------------------------------------

    def shapes(self) -> list[tuple[int, int, int]]:
        """Return the shape of each state over all layers and directions."""
        hidden = self.layer.hidden_size
        sizes = (self.layer.proj_size or hidden, hidden)[: len(self.names)]
        return [(len(passes(self.layer)), self.sizes[0], size) for size in sizes]

    def first(self, hx: Any) -> list[list[Any]]:
        """Return the states to start from, a list for each layer and direction."""
        if hx is None:
            options = {"dtype": self.rows.dtype, "device": self.rows.device}
            start = [zeros(shape[1:], **options) for shape in self.shapes()]
            return [start] * len(passes(self.layer))
        given = self.checked((hx,) if len(self.names) == 1 else hx)
        order = None if self.packed is None else self.packed.sorted_indices
        if order is not None:
            given = [state.index_select(1, order) for state in given]
        return [[state[i] for state in given] for i in range(len(passes(self.layer)))]

    def checked(self, given: Any) -> list[Any]:
        """Refuse states of other shapes than the layer's; give them a batch of one if needed."""
        if not isinstance(given, (tuple, list)) or len(given) != len(self.names):
            raise refuse(TypeError, self.name, f"hx must be a pair (h_0, c_0), not "
                         f"{type(given).__name__}", "give both, or neither", hx=given)  # fmt: skip
        for name, state in zip(self.names, given, strict=True):
            check_tensor(self.name, name, state)
            check_type(self.name, state, self.layer.weight_ih_l0, name)
        if self.packed is None:
            self.check_ranks(given)
        if not self.batched:
            given = [state.unsqueeze(1) for state in given]
        for name, state, shape in zip(self.names, given, self.shapes(), strict=True):
            if tuple(state.shape) != shape:
                raise refuse(
                    RuntimeError, self.name, f"Expected {name} size {shape}, got "
                    f"{list(state.shape)}", "give (num_layers * directions, batch, size); None "
                    "starts from zeros", **{name: state},
                )  # fmt: skip
        return list(given)

    def check_ranks(self, given: Any) -> None:
        """Refuse states with a batch beside an input without one, and the other way round."""
        rank = 3 if self.batched else 2
        ranks = [state.ndim for state in given]
        if ranks == [rank] * len(ranks):
            return
        what, found = "hx", f"{ranks[0]}-D tensor"
        if len(ranks) > 1:
            what, found = "hx and cx", f"({ranks[0]}-D, {ranks[1]}-D) tensors"
        kind = "batched" if self.batched else "unbatched"
        raise refuse(
            RuntimeError, self.name, f"For {kind} {rank}-D input, {what} should also be {rank}-D "
            f"but got {found}", "give states " + ("with" if self.batched else "without")
            + " a dimension of the batch", **dict(zip(self.names, given, strict=True)),
        )  # fmt: skip

    # -- the way out -------------------------------------------------------------------------

    def leave(self, rows: Any) -> Any:
        """Give the output the form of the input."""
        if self.packed is not None:
            return PackedSequence(rows, *self.packed[1:])
        y = rows.reshape(len(self.sizes), self.sizes[0], rows.shape[1])
        if not self.batched:
            return y.squeeze(1)
        return y.transpose(0, 1) if self.layer.batch_first else y

    def last(self, state: Any) -> Any:
        """Give a final state the form of the input."""
        order = None if self.packed is None else self.packed.unsorted_indices
        if order is not None:
            return state.index_select(1, order)
        return state if self.batched else state.squeeze(1)
