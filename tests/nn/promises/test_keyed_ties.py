"""nn.init.keyed with shared parameters: the layer that comes first does not decide the draws."""

from __future__ import annotations

import copy
import pickle
import tempfile
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.lives.kinds import NAMES
from tests.nn.promises.classes import bits
from tests.nn.promises.rows import promise


class Square(NamedTuple):
    """A layer that takes what it gives, lazy and eager, with the names that others may share."""

    lazy: tuple[str, ...]
    eager: str
    shared: tuple[tuple[str, ...], ...]
    shape: tuple[int, ...]


KINDS = [
    Square(("nn.LazyLinear(4)", "nn.Linear(None, 4)"), "nn.Linear(4, 4)",
           (("weight",), ("weight", "bias")), (2, 4)),
    Square(("nn.LazyLinear(4, bias=False)",), "nn.Linear(4, 4, bias=False)",
           (("weight",),), (2, 4)),
    Square(("nn.LazyConv1d(4, 1)",), "nn.Conv1d(4, 4, 1)", (("weight",), ("bias", "weight")),
           (2, 4, 3)),
    Square(("nn.LazyConvTranspose1d(4, 1)",), "nn.ConvTranspose1d(4, 4, 1)", (("weight",),),
           (2, 4, 3)),
    Square(("nn.LSTM(None, 4)",), "nn.LSTM(4, 4)", (("weight_ih_l0",),
           ("bias_hh_l0", "weight_ih_l0"), ("weight_hh_l0", "weight_ih_l0")), (2, 4)),
    Square(("LazyAffine(units=4)",), "Affine(4, 4)", (("weight",),), (2, 4)),
    Square(("nn.LazyPReLU()",), "nn.PReLU(4)", (("weight",),), (2, 4)),
]  # fmt: skip
WISHES = [
    lambda w: nn.init.normal_(w, 0.0, 2.0), lambda w: nn.init.uniform_(w, -1.0, 1.0),
    lambda w: w.mul_(0.5), lambda w: w.normal_(), lambda w: nn.init.constant_(w, 3.0),
]  # fmt: skip


class Plan(NamedTuple):
    """A few layers of one kind, lazy or not, who shares what with whom, and what is wished."""

    kind: Square
    lazy: list[str]
    ties: list[tuple[int, int, tuple[str, ...]]]
    wishes: list[tuple[int, str, int]]
    twice: bool

    def net(self, eager, seed):
        """Build the layers, and share."""
        lines = [self.kind.eager if eager else line for line in self.lazy]
        if seed is None:
            layers = [eval(line, NAMES) for line in lines]
        else:
            with nn.init.keyed(seed):
                layers = [eval(line, NAMES) for line in lines]
        if self.twice:
            layers.append(layers[0])
        for to, start, names in self.ties:
            for name in names:
                setattr(layers[to], name, getattr(layers[start], name))
        return nn.ModuleList(layers)

    def wish(self, net):
        """Do what is wished."""
        with torch.no_grad():
            for place, name, number in self.wishes:
                if number < len(WISHES):
                    WISHES[number](getattr(net[place], name))
                elif hasattr(net[place], "reset_parameters"):
                    net[place].reset_parameters()


@st.composite
def plans(draw):
    kind = draw(st.sampled_from(KINDS))
    lazy = draw(st.lists(st.sampled_from([*kind.lazy * 2, kind.eager]), min_size=2, max_size=4))
    places = st.integers(0, len(lazy) - 1)
    pairs = draw(st.lists(st.tuples(places, places), min_size=1, max_size=3))
    ties, taken, homes = [], set(), set()
    for to, start in pairs:
        if to != start and not {to} & (taken | homes) and start not in taken:
            ties.append((to, start, draw(st.sampled_from(kind.shared))))
            taken.add(to)
            homes.add(start)
    ties = [tie for tie in ties if lazy[tie[0]] != kind.eager]
    names = sorted({name for group in kind.shared for name in group})
    wish = st.tuples(places, st.sampled_from(names), st.integers(0, 5))
    wishes = draw(st.lists(wish, max_size=4))
    wishes = [each for each in wishes if each[2] < len(WISHES) or each[0] not in taken]
    return Plan(kind, lazy, ties, wishes, draw(st.booleans()))


def through_a_file(plan, net, form):
    """Save the state of a net, and load it into a fresh net that shares what this one does."""
    with tempfile.TemporaryDirectory() as folder:
        torch.save(net.state_dict(), f"{folder}/x.{form}")
        state = torch.load(f"{folder}/x.{form}")
    fresh = plan.net(False, None)
    fresh.load_state_dict(state)
    return fresh


class BrokenError(Exception):
    """What a hook raises."""


def fail(module, args, output):
    raise BrokenError


@promise("N3.1", "N3.2", "N10", "1.27")
@given(plans(), st.integers(0, 99), st.randoms(use_true_random=False))
def test_shared_parameters_hold_the_bits_of_the_eager_net_in_any_order(plan, seed, random):
    eager, net = plan.net(True, seed), plan.net(False, seed)
    plan.wish(eager)
    plan.wish(net)
    order, filed = random.sample(range(len(net)), len(net)), False
    for step, place in enumerate(order):
        x = torch.ones(plan.kind.shape)
        match random.randrange(7):
            case 0:
                net = copy.deepcopy(net)
            case 1:
                net = pickle.loads(pickle.dumps(net))
            case 2 | 3 if step == 0:
                net, filed = through_a_file(plan, net, random.choice(["pt", "safetensors"])), True
            case 4:
                handle = net[place].register_forward_hook(fail)
                with pytest.raises(BrokenError):
                    net[place](x)
                handle.remove()
            case 5:
                nn.dry_run(net[place], torch.spec(plan.kind.shape))
        net[place](x)
    assert bits(net) == bits(eager)
    for layers in (net, eager):
        for layer in layers:
            for parameter in layer.parameters():
                nn.init.normal_(parameter)
    if not (filed and plan.kind.eager in plan.lazy):  # a file keeps no key of what is settled
        assert bits(net) == bits(eager)
