"""Random lives of keyed nets whose layers share parameters: at the end they are the eager nets.

What happens to a net in between may not change a bit of what it becomes: calls in any order, calls
that fail, dry runs, looks at shapes, copies, files, and loads of parts of the eager net's state.
"""

from __future__ import annotations

import copy
import pickle
import random
from typing import Any

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.lives.actions import through
from tests.nn.lives.kinds import KINDS, Kind
from tests.nn.lives.net import LateError, Net, layer_of, put, tensors
from tests.nn.promises.classes import bits

LAZY = [kind for kind in KINDS if kind.line != kind.eager]
SPREAD = ("Linear", "Bilinear", "Conv1d", "Conv2d", "Conv3d")
"""Layers whose bias is drawn from bounds that follow from a width which they see at last."""

Tie = tuple[int, int, list[str]]


def keyed_net(kinds: list[Kind], seed: int | None, ties: list[Tie] | None = None) -> Net:
    """Build a net from a key, or without one, and let its layers share."""
    if seed is None:
        net = Net(kinds, [])
    else:
        with nn.init.keyed(seed):
            net = Net(kinds, [])
    for to, start, names in ties or []:
        for name in names:
            put(layer_of(net, to), name, tensors(layer_of(net, start))[name])
    return net.eval()


def eager(kind: Kind) -> Kind:
    """Return the eager twin of a kind of layer."""
    return kind._replace(line=kind.eager)


def names_of(kind: Kind) -> list[list[str]]:
    """Return which parameters two such layers may share: each by itself, or all."""
    names = [name for name, _ in kind.make_eager(torch.float32).named_parameters()]
    known = kind.eager.partition("(")[0].removeprefix("nn.") not in SPREAD
    alone = [[name] for name in names if known or name != "bias"]
    return [*alone, names] if len(names) > 1 else alone


def draw_ties(chance: random.Random, kinds: list[Kind]) -> list[Tie]:
    """Choose which lazy layers share what with another one; none gives what it is given."""
    ties: list[Tie] = []
    for to, kind in enumerate(kinds):
        given, giving = {tie[0] for tie in ties}, {tie[1] for tie in ties}
        alike = [place for place, other in enumerate(kinds) if other == kind and place != to]
        starts = [place for place in alike if place not in given and to not in giving]
        groups = names_of(kind) if starts and kind.line != kind.eager else []
        if groups and chance.random() < 0.8:
            ties.append((to, chance.choice(starts), chance.choice(groups)))
    return ties


class Sharing:
    """A keyed net whose layers share, and its eager twin."""

    def __init__(self, seed: str) -> None:
        self.chance = random.Random(seed)
        kinds = self.chance.sample(LAZY, self.chance.randint(1, 3))
        self.kinds = [eager(k) if self.chance.random() < 0.1 else k for k in kinds for _ in "ab"]
        self.chance.shuffle(self.kinds)
        self.ties, self.key = draw_ties(self.chance, self.kinds), self.chance.randrange(2**64)
        self.net = keyed_net(self.kinds, self.key, self.ties)
        self.twin = keyed_net([eager(kind) for kind in self.kinds], self.key, self.ties)
        self.wish()

    def wish(self) -> None:
        """Initialise some parameters before the first call, by whatever name."""
        for place in range(len(self.kinds)):
            names = [name for name, _ in layer_of(self.twin, place).named_parameters()]
            for name in names if self.chance.random() < 0.5 else ():
                for net in (self.net, self.twin):
                    nn.init.normal_(tensors(layer_of(net, place))[name], 0.5, std=2)

    def plan(self) -> list[tuple[int, Any]]:
        """Choose layers to be called, with arguments."""
        places = self.chance.sample(range(len(self.kinds)), self.chance.randint(1, 3) % 4 or 1) \
            if len(self.kinds) > 2 else [self.chance.randrange(len(self.kinds))]  # fmt: skip
        return [(place, self.kinds[place].arguments(torch.float32)) for place in places]

    def specs(self) -> list[tuple[int, Any]]:
        """Choose layers to be rehearsed, with the shapes of arguments."""
        return [(p, self.kinds[p].specs(torch.float32, batch=p % 2 == 0)) for p, _ in self.plan()]

    def step(self) -> None:
        """Let something happen."""
        getattr(self, self.chance.choice(STEPS))()

    def call(self) -> None:
        """Call some layers."""
        self.net(self.plan())

    def call_alone(self) -> None:
        """Call some layers by themselves."""
        for place, args in self.plan():
            layer_of(self.net, place)(*args)

    def fail(self) -> None:
        """Call some layers in a net that fails at last."""
        try:
            self.net(self.plan(), fail=True)
        except LateError:
            return
        raise AssertionError("the error is lost")

    def dry_run(self) -> None:
        """Settle some layers from shapes."""
        nn.dry_run(self.net, self.specs())

    def look(self) -> None:
        """Ask for shapes."""
        nn.shapes(self.net, self.specs())

    def copied(self) -> None:
        """Go on with a copy."""
        copies = [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
        self.net = self.chance.choice(copies)(self.net)

    def filed(self) -> None:
        """Go on with a net that was loaded from a file of this one's state."""
        state = through(self.net.state_dict(), self.chance.choice(["memory", "pt", "safetensors"]))
        fresh = keyed_net(self.kinds, self.chance.choice([None, 7]), self.ties)
        fresh.load_state_dict(state)
        self.net = fresh

    def loaded(self) -> None:
        """Load a layer from the eager net."""
        path = f"layer{self.chance.randrange(len(self.kinds))}."
        whole = self.twin.state_dict()
        part = {name: tensor for name, tensor in whole.items() if name.startswith(path)}
        self.net.load_state_dict(part, strict=False)

    def end(self) -> None:
        """Call what was not called yet, and compare."""
        order = list(range(len(self.kinds)))
        self.chance.shuffle(order)
        for place in order:
            layer_of(self.net, place)(*self.kinds[place].arguments(torch.float32))
        assert bits(self.net) == bits(self.twin), f"{self.kinds}, sharing {self.ties}"


STEPS = ["call", "call_alone", "fail", "dry_run", "look", "copied", "filed", "loaded"]


def live(seed: str, steps: int = 12) -> None:
    """Live one life."""
    life = Sharing(seed)
    for _ in range(life.chance.randint(0, steps)):
        life.step()
    life.end()
