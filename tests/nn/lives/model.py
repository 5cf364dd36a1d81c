"""What the specification says of one layer: what it knows before it is settled, and what after.

Before, the model keeps a list of wishes. When the layer settles, its eager twin is built with the
dtype that it has by then, from the same random stream, and the wishes are done to it in order; what
was there before keeps its elements. From then on the twin shares the layer's fate.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.lives.kinds import Kind
from tests.nn.lives.net import put, tensors

COUNTER = "num_batches_tracked"
"""The one tensor whose shape never waits."""

Wish = Callable[[Any], Any]


class Model:
    """One layer.

    Attributes:
        kind: how it is written.
        key: seed and ordinal under `nn.init.keyed`; None without.
        dtype: of the floating-point tensors that wait.
        shapes: of all tensors, once they are settled.
        flags: parameter -> whether it requires grad.
        waiting: names of the lazy tensors.
        ready: name -> tensor that is there though others wait.
        assigned: which of these took the place of the layer's own.
        wishes: (name, or "" for the layer; what to do to it), in order.
        twin: the eager layer, as soon as this one is settled.
    """

    def __init__(self, kind: Kind, key: tuple[int, int] | None) -> None:
        self.kind, self.key = kind, key
        self.dtype, self.training = torch.float32, True
        self.flags: dict[str, bool] = {}
        self.ready: dict[str, Any] = {}
        self.assigned: set[str] = set()
        self.wishes: list[tuple[str, Wish]] = []
        self.twin: Any = None
        with no_draws():
            eager = self.fresh()
        self.shapes = {name: tuple(t.shape) for name, t in tensors(eager).items()}
        self.flags = {name: p.requires_grad for name, p in eager.named_parameters()}
        self.waiting = set(self.shapes)
        for name in self.shapes:
            if name.endswith(COUNTER):
                self.waiting.discard(name)
                self.ready[name] = torch.tensor(0)
        if kind.line == kind.eager:
            self.settle()

    # -- settling ----------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        """Tell whether nothing waits any more."""
        return self.twin is not None

    @property
    def half(self) -> bool:
        """Tell whether some of what usually waits was loaded."""
        return any(not name.endswith(COUNTER) for name in self.ready)

    @property
    def waits(self) -> bool:
        """Tell whether a state says that something waits in the layer."""
        return not self.settled and (self.key is not None or bool(self.wishes))

    def fresh(self) -> Any:
        """Build the eager layer at its place of the stream."""
        if self.key is None:
            return self.kind.make_eager(self.dtype)
        seed, ordinal = self.key
        with nn.init.keyed(seed):
            for _ in range(ordinal):
                nn.Module()
            return self.kind.make_eager(self.dtype)

    def settle(self) -> None:
        """Build the twin, and do to it what was wished of the layer."""
        twin = self.fresh()
        with torch.no_grad():
            for name, wish in self.wishes:
                wish(tensors(twin)[name] if name else twin)
            for name, tensor in self.ready.items():
                if name not in self.flags:
                    put(twin, name, tensor)
                elif name in self.assigned:
                    twin.load_state_dict({name: tensor}, strict=False, assign=True)
                else:
                    tensors(twin)[name].data.copy_(tensor)
        for name, flag in self.flags.items():
            tensors(twin)[name].requires_grad_(flag)
        self.twin = twin.train(self.training)
        self.waiting, self.ready, self.wishes = set(), {}, []

    def called(self) -> Any:
        """Return what a call would compute with: the twin, or what would become of the layer."""
        if self.settled:
            return self
        after = copy.deepcopy(self)
        after.settle()
        return after

    # -- what may be done at any time --------------------------------------------------------

    def convert(self, conversion: Wish, dtype: torch.dtype | None) -> None:
        """Convert the layer; floating-point tensors that wait then have a dtype."""
        if self.settled:
            conversion(self.twin)
            return
        self.dtype = dtype or self.dtype
        holder = nn.ParameterList()
        for place, tensor in enumerate(self.ready.values()):
            holder.register_buffer(str(place), tensor)
        conversion(holder)
        self.ready = {name: getattr(holder, str(n)) for n, name in enumerate(self.ready)}

    def set_training(self, mode: bool) -> None:
        """Set the mode of the layer."""
        self.training = mode
        if self.settled:
            self.twin.train(mode)

    def set_flag(self, name: str, flag: bool) -> None:
        """Train a parameter or freeze it."""
        self.flags[name] = flag
        if self.settled:
            tensors(self.twin)[name].requires_grad_(flag)

    def wish(self, name: str, wish: Wish) -> None:
        """Do something to a tensor, or with the name "" to the layer: now, or when it settles."""
        target = tensors(self.twin) if self.settled else self.ready
        if name in target or (self.settled and not name):
            with torch.no_grad():
                wish(target[name] if name else self.twin)
        else:
            self.wishes.append((name, wish))

    # -- loading -----------------------------------------------------------------------------

    def misfits(self, name: str, source: Any) -> bool:
        """Tell whether a tensor cannot be loaded into one of the layer's."""
        if not isinstance(source, torch.Tensor):
            return True
        if nn.parameter.is_lazy(source):
            return name not in self.waiting
        return tuple(source.shape) != self.shapes[name]

    def load(self, entries: dict[str, Any], assign: bool) -> None:
        """Take tensors that fit; the layer is settled once nothing waits."""
        entries = {n: t for n, t in entries.items() if not nn.parameter.is_lazy(t)}
        if self.settled:
            self.twin.load_state_dict(copy.deepcopy(entries), strict=False, assign=assign)
            return
        for name, source in entries.items():
            dtype = self.ready[name].dtype if name in self.ready else self.dtype
            self.ready[name] = source.clone() if assign else source.to(dtype, copy=True)
            if assign:
                self.assigned.add(name)
            if self.key is None:
                self.wishes = [pair for pair in self.wishes if pair[0] != name]
            self.waiting.discard(name)
        if not self.waiting:
            with no_draws():
                self.settle()

    def hears_news_of(self, donor: Model) -> bool:
        """Tell whether another layer has a key, or waits for what this one does not wait for."""
        if donor.settled:
            return False
        if donor.key is not None:
            return True
        for name in {"", *(self.waiting & donor.waiting)}:
            mine, theirs = ([wish for to, wish in model.wishes if to == name]
                            for model in (self, donor))  # fmt: skip
            if theirs != mine[: len(theirs)]:
                return True
        return False

    def take_over(self, donor: Model) -> None:
        """Wait for what another layer waits for, in place of one's own wishes."""
        self.wishes, self.key = list(donor.wishes), donor.key or self.key


@contextmanager
def no_draws() -> Iterator[None]:
    """Put the default stream back after the block."""
    before = torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_rng_state(before)
