"""Random lives of nets: a state machine whose rules are all that may be done to a module."""

from __future__ import annotations

import sys
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.reserved import WAITING
from tests.nn.lives.actions import (
    CONVERSIONS,
    FORMS,
    MISFITS,
    ODD,
    WAYS_IN,
    WISHES,
    failing,
    misfit,
    through,
)
from tests.nn.lives.kinds import KINDS
from tests.nn.lives.life import Life
from tests.nn.lives.net import layer_of, tensors
from tests.nn.lives.outcomes import outcome

MOST = 3
"""How many copies of a net live at once."""

SOURCES = ["life", "keyed", "eager", "fresh", "double"]
"""Whose state is loaded: that of a net that lives, or of one that is made for it."""

numbers = st.integers(0, 11)
"""Chooses a life, a layer or a tensor: the remainder by how many there are."""
orders = st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True)
flags = st.booleans()


class Lives(RuleBasedStateMachine):
    """A few nets of the same layers, each with the models of what it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.lives: list[Life] = []

    @initialize(
        kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
        boxed=st.lists(flags, min_size=4, max_size=4), keyed=flags, seed=st.integers(0, 99),
    )  # fmt: skip
    def begin(self, kinds: Any, boxed: Any, keyed: Any, seed: Any) -> None:
        torch.manual_seed(seed)
        self.lives.append(Life(kinds, boxed[: len(kinds)], seed if keyed else None))

    @invariant()
    def everything_is_as_it_should_be(self) -> None:
        for life in self.lives:
            life.check()

    def note(self, step: str) -> None:
        """Take note of a step that is made; a count of them may override this."""

    def choose(self, number: int) -> Life:
        """Choose the life that a step happens to."""
        self.note(sys._getframe(1).f_code.co_name)
        return self.lives[number % len(self.lives)]

    # -- calls -------------------------------------------------------------------------------

    @rule(who=numbers, order=orders, how=st.sampled_from(sorted(WAYS_IN)))
    def call(self, who: int, order: list[int], how: str) -> None:
        life = self.choose(who)
        life.call(life.inputs(places(life, order)), enter=WAYS_IN[how](life.net))

    @rule(who=numbers, order=orders)
    def fail_after_the_last_layer(self, who: int, order: list[int]) -> None:
        life = self.choose(who)
        life.call(life.inputs(places(life, order)), fail=True)

    @rule(who=numbers, where=numbers, odd=st.sampled_from(sorted(ODD)), alone=flags)
    def call_with_odd_arguments(self, who: int, where: int, odd: str, alone: bool) -> None:
        life = self.choose(who)
        place = where % len(life.kinds)
        if not life.kinds[place].compares(odd):
            return
        args = ODD[odd](life.kinds[place].arguments(life.dtype(place)))
        if odd in ("None", "missing"):
            life.misuse(place, args)
        elif alone:
            life.call_one(place, args)
        else:
            life.call([*life.inputs(list(range(place))), (place, args)])

    @rule(who=numbers, where=numbers, order=orders)
    def fail_in_an_initialiser(self, who: int, where: int, order: list[int]) -> None:
        life = self.choose(who)
        lazy = [p for p in places(life, order) if not life.models[p].settled]
        if lazy:
            failing(life, lazy[where % len(lazy)])

    @rule(who=numbers, order=orders, batch=flags, fail=flags)
    def dry_run(self, who: int, order: list[int], batch: bool, fail: bool) -> None:
        life = self.choose(who)
        life.dry_run(places(life, order), batch, fail)

    @rule(who=numbers, order=orders, batch=flags)
    def look_at_shapes(self, who: int, order: list[int], batch: bool) -> None:
        life = self.choose(who)
        life.shapes(places(life, order), batch)

    @rule(who=numbers, order=orders)
    def settle_a_copy_on_meta(self, who: int, order: list[int]) -> None:
        life = self.choose(who)
        chosen = places(life, order)
        if outcome(lambda: life.rehearse(chosen)) is not None:
            return
        net = life.copied("deepcopy").net.to("meta")
        net([(place, tuple(x.to("meta") for x in args)) for place, args in life.inputs(chosen)])
        for place in chosen:
            layer, due = layer_of(net, place), life.models[place].called().twin
            assert (type(layer), repr(layer)) == (type(due), repr(due))
            found = {name: (tuple(t.shape), t.dtype) for name, t in tensors(layer).items()}
            assert found == {n: (tuple(t.shape), t.dtype) for n, t in tensors(due).items()}
            assert all(tensor.is_meta for tensor in tensors(layer).values())

    # -- conversions and wishes --------------------------------------------------------------

    @rule(who=numbers, name=st.sampled_from(sorted(CONVERSIONS)), where=numbers, whole=flags)
    def convert(self, who: int, name: str, where: int, whole: bool) -> None:
        life = self.choose(who)
        conversion, dtype = CONVERSIONS[name]
        chosen = range(len(life.kinds)) if whole else [where % len(life.kinds)]
        conversion(life.net if whole else layer_of(life.net, chosen[0]))
        for place in chosen:
            life.models[place].convert(conversion, dtype)

    @rule(who=numbers, mode=flags, where=numbers, whole=flags)
    def set_mode(self, who: int, mode: bool, where: int, whole: bool) -> None:
        life = self.choose(who)
        chosen = range(len(life.kinds)) if whole else [where % len(life.kinds)]
        (life.net if whole else layer_of(life.net, chosen[0])).train(mode)
        for place in chosen:
            life.models[place].set_training(mode)

    @rule(who=numbers, where=numbers, which=numbers, flag=flags, whole=flags)
    def freeze(self, who: int, where: int, which: int, flag: bool, whole: bool) -> None:
        life = self.choose(who)
        model, layer = pair(life, where)
        names = sorted(model.flags)
        if whole:
            layer.requires_grad_(flag)
        else:
            names = [names[which % len(names)]] if names else []
            for name in names:
                tensors(layer)[name].requires_grad_(flag)
        for name in names:
            model.set_flag(name, flag)

    @rule(who=numbers, where=numbers, which=numbers, wish=st.sampled_from(sorted(WISHES)))
    def initialise(self, who: int, where: int, which: int, wish: str) -> None:
        life = self.choose(who)
        model, layer = pair(life, where)
        names = sorted(model.flags)
        if not names:
            return
        name = names[which % len(names)]
        act = WISHES[wish]
        if model.half and act.draws or model.key and act.on_data:
            return
        if len(model.shapes[name]) < act.least_rank:
            return
        with torch.no_grad():
            life.beside(lambda: act.done_to(tensors(layer)[name]), lambda: model.wish(name, act))

    @rule(who=numbers, where=numbers)
    def reset(self, who: int, where: int) -> None:
        life = self.choose(who)
        model, layer = pair(life, where)
        if hasattr(layer, "reset_parameters"):
            life.beside(layer.reset_parameters, lambda: model.wish("", reset_parameters))

    # -- optimizers, copies, states ----------------------------------------------------------

    @rule(who=numbers)
    def make_an_optimizer(self, who: int) -> None:
        self.choose(who).make_optimizer()

    @rule(who=numbers, order=orders)
    def train(self, who: int, order: list[int]) -> None:
        life = self.choose(who)
        life.train_a_step(places(life, order))

    @precondition(lambda self: len(self.lives) < MOST)
    @rule(who=numbers, how=st.sampled_from(["deepcopy", "pickle"]))
    def copy(self, who: int, how: str) -> None:
        self.lives.append(self.choose(who).copied(how))

    @precondition(lambda self: len(self.lives) > 1)
    @rule(who=numbers)
    def die(self, who: int) -> None:
        self.lives.remove(self.choose(who))

    @rule(
        who=numbers, source=st.sampled_from(SOURCES), other=numbers,
        strict=flags, assign=flags, wrong=st.sampled_from(MISFITS), where=numbers,
        form=st.sampled_from(FORMS),
    )  # fmt: skip
    def load(
        self, who: int, source: str, other: int, strict: bool, assign: bool, wrong: str,
        where: int, form: str,
    ) -> None:  # fmt: skip
        life, donor = self.choose(who), None
        if source == "life":
            donor = self.lives[other % len(self.lives)]
        elif source == "keyed":
            donor = Life(life.kinds, life.boxed, 100 + other)
        else:
            state = newborn(life, source)
        if donor is not None:
            state = through(donor.net.state_dict(), form)
        if donor is None or not any(model.waits for model in donor.models):
            misfit(state, wrong, where)
        life.load(state, strict, assign, donor)


def places(life: Life, order: list[int]) -> list[int]:
    """Return those places of an order that a net has, at least one."""
    return [place for place in order if place < len(life.kinds)] or [0]


def pair(life: Life, where: int) -> tuple[Any, Any]:
    """Return the model of a layer, and the layer."""
    place = where % len(life.kinds)
    return life.models[place], layer_of(life.net, place)


def reset_parameters(layer: Any) -> None:
    """Draw the parameters of a layer anew."""
    layer.reset_parameters()


def newborn(life: Life, source: str) -> dict[str, Any]:
    """Return the state of another net of the same layers: fresh, or of eager layers."""
    state = life.net.state_dict()  # with its versions: without, norms take it for an old one
    state.clear()
    for local in state._metadata.values():
        local.pop(WAITING, None)
    for place, kind in enumerate(life.kinds):
        dtype = torch.float64 if source == "double" else torch.float32
        layer: nn.Module = kind.make() if source == "fresh" else kind.make_eager(dtype)
        state |= {life.prefix(place) + name: t for name, t in layer.state_dict().items()}
    return state
