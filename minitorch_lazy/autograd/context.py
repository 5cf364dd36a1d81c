"""What the forward of a user's Function leaves for its backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from minitorch_lazy.core.dtype import from_numpy
from minitorch_lazy.core.node import Memory, Node
from minitorch_lazy.core.primitive import picked
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.errors import refuse

Guard = tuple[Memory, int]


class Saved(NamedTuple):
    """One saved tensor: never the tensor itself, which would close a cycle.

    Attributes:
        node: its place in the graph; a number where it is that output of the function.
        guard: its memory, and the version at which it was saved.
    """

    array: Any
    node: Any
    guard: Guard


class FunctionCtx:
    """What forward leaves for backward.

    Attributes:
        needs_input_grad: for each argument of forward, whether its gradient is needed.
    """

    def __init__(self, needs: tuple[bool, ...], name: str) -> None:
        self.needs_input_grad = needs
        self.name = name
        self.to_save: tuple[Tensor | None, ...] = ()
        self.kept: list[Saved | None] = []
        self.constant: tuple[Tensor, ...] = ()
        self.dirty: tuple[Tensor, ...] = ()
        self.fills = True
        self.place: Callable[[], Node | None] = lambda: None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs for backward; it finds them in `saved_tensors`."""
        for number, tensor in enumerate(tensors):
            if tensor is not None and tensor.__class__ not in TENSORS:
                raise refuse(
                    TypeError, "save_for_backward", "save_for_backward can only save variables, "
                    f"but argument {number} is of type {type(tensor).__name__}",
                    "keep it as an attribute of ctx", value=tensor,
                )  # fmt: skip
        self.to_save = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say that some outputs have no gradient."""
        self.constant = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say that forward wrote some inputs in place, and returns them."""
        self.dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether backward gets zeros, rather than None, for outputs that were not used."""
        self.fills = value

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors that forward saved, at their places in the graph.

        Raises:
            RuntimeError: they were written in place since.
        """
        return tuple(None if entry is None else self.restored(entry) for entry in self.kept)

    def restored(self, entry: Saved) -> Tensor:
        """Make a saved array a tensor again, if nobody wrote it."""
        memory, version = entry.guard
        if memory.version != version:
            kind = f"{from_numpy(entry.array.dtype).name} {tuple(entry.array.shape)}"
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an "
                f"inplace operation: a saved tensor, {kind}, of {self.name} is at version "
                f"{memory.version}; expected version {version} instead.\n"
                "  mend    save a clone(), or write out of place"
            )
        return wrap(entry.array, self.node_of(entry))

    def node_of(self, entry: Saved) -> Any:
        """Return the place in the graph of a saved tensor."""
        if not isinstance(entry.node, int):
            return entry.node
        joint = self.place()
        return joint if joint is None or joint.op.outputs == 1 else picked(joint, entry.node)
