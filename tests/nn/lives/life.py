"""One network, its models, and what happens to both."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import minitorch_lazy as torch
from minitorch_lazy import nn, optim
from tests.nn.lives.check import Born, check_net
from tests.nn.lives.kinds import Kind
from tests.nn.lives.model import Model, no_draws
from tests.nn.lives.net import LateError, Net, layer_of, tensors
from tests.nn.lives.outcomes import answers, outcome, step, stream, void

Plan = list[tuple[int, tuple[Any, ...]]]
RATE = 0.0625


class Life:
    """A network and the models of its layers; whatever is done to one is done to the others.

    Attributes:
        born: what each layer was when it was made.
        objects: the parameters, which must stay the same objects.
        optimizer: one that holds them, made at some time or other.
    """

    def __init__(self, kinds: list[Kind], boxed: list[bool], seed: int | None) -> None:
        self.kinds, self.boxed, self.keyed = kinds, boxed, seed is not None
        self.optimizer: Any = None

        def build() -> Any:
            return Net(kinds, boxed)

        def build_keyed() -> Any:
            with nn.init.keyed(seed or 0):
                return build()

        self.net = self.beside(build if seed is None else build_keyed, lambda: self.build(seed))
        self.born = [Born.of(layer_of(self.net, place)) for place in range(len(kinds))]
        self.remember_objects()

    def build(self, seed: int | None) -> None:
        """Make the models; under a key each layer has its ordinal, after the network's own."""
        self.models: list[Model] = []
        ordinal = 1
        for kind in self.kinds:
            self.models.append(Model(kind, None if seed is None else (seed, ordinal)))
            with no_draws():
                ordinal += sum(1 for _ in kind.make_eager(torch.float32).modules())

    # -- comparing ---------------------------------------------------------------------------

    def beside(self, real: Callable[[], Any], model: Callable[[], Any]) -> Any:
        """Act on the network and on the models with the same random numbers; return the first."""
        before = torch.get_rng_state()
        result = outcome(real)
        drawn = stream()
        torch.set_rng_state(before)
        due = outcome(model)
        assert drawn == stream(), "the default stream is not where it should be"
        if self.keyed:
            assert torch.equal(torch.get_rng_state(), before), "a keyed net draws from its keys"
        if due is not None or isinstance(result, type):
            assert result == due, f"the net gives {result}, the models {due}"
        return result

    def check(self) -> None:
        """Compare all that can be seen of the network with its models."""
        check_net(self.net, self.models, self.born)
        held = [id(p) for p in self.net.parameters()]
        assert held == [id(p) for p in self.objects]
        if self.optimizer is not None:
            assert [id(p) for p in self.optimizer.param_groups[0]["params"]] == held

    def remember_objects(self) -> None:
        """Note which objects the parameters are from now on."""
        self.objects = list(self.net.parameters())

    # -- what happens ------------------------------------------------------------------------

    def prefix(self, place: int) -> str:
        """Return the path of a layer, with a dot."""
        return f"layer{place}." + ("inner." if self.boxed[place] else "")

    def inputs(self, places: list[int]) -> Plan:
        """Return a plan that calls layers with arguments of the right shapes and types."""
        return [(place, self.kinds[place].arguments(self.dtype(place))) for place in places]

    def dtype(self, place: int) -> torch.dtype:
        """Return the type that a layer computes with; one that was half loaded may have two."""
        model = self.models[place]
        if not model.settled and not model.half:
            return model.dtype
        with no_draws():
            model = model.called()
        floats = [t.dtype for t in tensors(model.twin).values() if t.is_floating_point()]
        return floats[0] if floats else model.dtype

    def call(self, plan: Plan, fail: bool = False, enter: Callable[..., Any] | None = None) -> None:
        """Call the network: all that is lazy and in the plan settles, or nothing."""
        enter = enter or self.net
        self.beside(lambda: answers(enter(plan, fail)), lambda: self.answer(plan, fail))

    def misuse(self, place: int, args: tuple[Any, ...]) -> None:
        """Call the network with what is no tensor, which is an error whatever notices it first."""
        before = stream()
        assert isinstance(outcome(lambda: self.net([(place, args)])), type)
        assert stream() == before

    def answer(self, plan: Plan, fail: bool) -> Any:
        """Return what a call must give, and let the models become what it makes of them."""
        before, after = torch.get_rng_state(), list(self.models)
        try:
            outputs = []
            for place, args in plan:
                after[place] = after[place].called()
                outputs.append(after[place].twin(*args))
            if fail:
                raise LateError
        except Exception:
            torch.set_rng_state(before)
            raise
        self.models = after
        return answers(outputs)

    def call_one(self, place: int, args: tuple[Any, ...]) -> None:
        """Call one layer by itself."""
        self.call([(place, args)], enter=lambda plan, _: [layer_of(self.net, place)(*args)])

    def dry_run(self, places: list[int], batch: bool, fail: bool) -> None:
        """Settle from shapes alone: the models settle, and nothing is called."""
        plan = self.specs(places, batch)

        def settle() -> None:
            self.rehearse(places)
            if fail:
                raise LateError
            for place in places:
                self.models[place] = self.models[place].called()

        self.beside(lambda: void(nn.dry_run(self.net, plan, fail)), settle)

    def specs(self, places: list[int], batch: bool) -> Plan:
        """Return a plan of shapes."""
        return [(p, self.kinds[p].specs(self.dtype(p), batch)) for p in places]

    def rehearse(self, places: list[int]) -> None:
        """Raise what eager layers raise on meta, where a half loaded one has two types."""
        with no_draws():
            for place in places:
                twin = copy.deepcopy(self.models[place].called().twin).to("meta")
                twin(*[x.to("meta") for x in self.kinds[place].arguments(self.dtype(place))])

    def shapes(self, places: list[int], batch: bool) -> None:
        """Ask for shapes: those of the layers that a call would reach are known."""
        plan, found = self.specs(places, batch), {}
        result = self.beside(lambda: found.update(nn.shapes(self.net, plan)),
                             lambda: self.rehearse(places))  # fmt: skip
        for place, model in enumerate(self.models if result is None else []):
            for name, shape in model.shapes.items():
                sizes, _ = found[self.prefix(place) + name]
                known = model.settled or place in places or name in model.ready
                assert tuple(sizes) == (shape if known else self.born[place].specs[name])

    def train_a_step(self, places: list[int]) -> None:
        """Call layers that are settled, and let the optimizer make a step."""
        if self.optimizer is None or not all(self.models[place].settled for place in places):
            return
        plan = self.inputs(places)
        twins = [self.models[place].twin for place in places]
        held = [p for model in self.models if model.settled for p in model.twin.parameters()]
        due = optim.SGD(held or [nn.Parameter()], lr=RATE)
        self.beside(
            lambda: step(self.optimizer, lambda: self.net(plan)),
            lambda: step(due, lambda: [t(*args) for t, (_, args) in zip(twins, plan, strict=True)]),
        )

    def make_optimizer(self) -> None:
        """Make an optimizer, before or after layers are settled."""
        if self.objects:
            self.optimizer = optim.SGD(self.net.parameters(), lr=RATE)

    # -- states and copies -------------------------------------------------------------------

    def load(
        self, state: dict[str, Any], strict: bool, assign: bool, donor: Life | None = None
    ) -> None:
        """Load a state: all of it, or where something does not fit, nothing.

        Args:
            donor: the life whose state it is.
        """
        mine = copy.deepcopy(state)
        result = self.beside(
            lambda: self.net.load_state_dict(mine, strict=strict, assign=assign) and None,
            lambda: self.take(state, strict, assign, donor),
        )
        if assign and result is None:
            self.optimizer = None
            self.remember_objects()

    def take(self, state: dict[str, Any], strict: bool, assign: bool, donor: Life | None) -> None:
        """Let the models take a state, or raise as the network must."""
        own = {self.prefix(p) + n: (m, n) for p, m in enumerate(self.models) for n in m.shapes}
        fits = not any(own[key][0].misfits(own[key][1], state[key]) for key in own if key in state)
        if not fits or (strict and set(own) != set(state)):
            raise RuntimeError
        for model in self.models:
            entries = {n: state[k] for k, (m, n) in own.items() if m is model and k in state}
            model.load(entries, assign)
        if donor is not None:
            self.take_over(donor)

    def take_over(self, donor: Life) -> None:
        """Let the models of layers that stay lazy wait for what their donors wait for."""
        lazy = [(own, other) for own, other in zip(self.models, donor.models, strict=True)
                if not own.settled]  # fmt: skip
        if any(own.hears_news_of(other) for own, other in lazy):
            for own, other in lazy:
                own.take_over(other)

    def copied(self, how: str) -> Life:
        """Return a copy that lives its own life from now on."""
        twin = copy.copy(self)
        twin.models, twin.optimizer = copy.deepcopy(self.models), None
        if how == "pickle":
            twin.net = pickle.loads(pickle.dumps(self.net))
        else:
            twin.net = copy.deepcopy(self.net)
        twin.remember_objects()
        return twin
