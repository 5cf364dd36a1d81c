"""primitive(): a kernel's name and one derivative rule per argument become a callable on Tensors.

    exp = primitive("exp", x=lambda xp, g, y: g * y)

The names of a rule's parameters say what is kept for it: an argument, `y` (the output), `ys` (all
outputs), `<argument>_shape`, `<argument>_dtype`, `cache` (what the kernel kept for its gradient
kernel), or a static keyword. Nothing else is kept. A rule returns what it computed, or g; never an
array that was kept, which a leaf would then hold as its gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol, cast

from minitorch_lazy.backends.registry import ARRAYS, KernelTable
from minitorch_lazy.core.derivative import Derivative, Rule
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.node import Node, record
from minitorch_lazy.core.pusher import pusher
from minitorch_lazy.core.recorder import maker
from minitorch_lazy.core.tensor import Tensor, wrap
from minitorch_lazy.core.writing import check_free, literal

PRIMITIVES: dict[str, Operation] = {}


class Primitive(Protocol):
    """An operation on Tensors; `op` is what is known of it."""

    op: Operation

    def __call__(self, *args: Any, **static: Any) -> Tensor:
        """Compute, and record where a gradient is needed."""
        ...


class Operation:
    """All that is known of a primitive; its nodes refer to it.

    Attributes:
        name: what namespaces call the kernel.
        public: what users call the operation, and errors with it.
        arguments, rest: names of the array arguments, and of all that follow them.
        static: names of the keywords; `defaults` are the values of those that may be left out.
        casts, exempt: which types are made equal, and which arguments keep theirs; `exempted` tells
            it of each argument by its place.
        outputs, cached, constant, into, node_name: as `primitive` describes them.
        kernels: array type -> the kernel.
        rules, joint, rest_rule: the rules of the arguments, None where there is none, of all at
            once, and of those that follow.
        ruled: whether arguments have rules of their own.
        differentiable: whether each argument has a gradient.
        saved: names of what a node keeps for the rules; there are `size` of them.
        check: refuses arguments; called with those that are not of one usual type.
        unusual: the kinds of numbers that `check` wants to see too.
    """

    def __init__(
        self, name: str, arguments: tuple[str, ...], static: tuple[str, ...],
        rules: dict[str, Rule], joint: Rule | None, casts: str | None, exempt: tuple[str, ...],
        outputs: int, cached: bool, node_name: str | None, into: Rule | None, rest: str,
    ) -> None:  # fmt: skip
        self.name = self.public = name
        self.arguments, self.rest, self.into = arguments, rest, into
        words = [word.partition("=") for word in static]
        self.static = tuple(word for word, _, _ in words)
        self.defaults = {word: literal(value) for word, given, value in words if given}
        check_free(name, self.static)
        self.casts, self.exempt, self.outputs, self.cached = casts, exempt, outputs, cached
        self.exempted = tuple(n in exempt for n in arguments)
        self.node_name = (node_name or camel(name)) + "Backward0"
        self.kernels = KernelTable(name)
        self.constant: tuple[int, ...] = ()
        self.check: Callable[[Any], None] | None = None
        self.unusual = ""
        self.derive(rules, joint)
        PRIMITIVES[name] = self

    def derive(self, rules: dict[str, Rule], joint: Rule | None) -> None:
        """Read from the rules which values and keywords they take."""
        self.rules = [
            Derivative(rules[n], 2, self, n) if n in rules else None for n in self.arguments
        ]
        self.joint = Derivative(joint, 3, self) if joint else None
        rest = self.rest
        self.rest_rule = Derivative(rules[rest], 3, self, rest) if rest in rules else None
        self.ruled = bool(rules)
        self.differentiable = [
            r is not None or (joint is not None and n not in self.exempt)
            for n, r in zip(self.arguments, self.rules, strict=True)
        ]
        every = [r for r in [*self.rules, self.joint, self.rest_rule] if r]
        self.saved = tuple(dict.fromkeys(name for r in every for name in r.saved))
        self.size = len(self.saved)
        for derivative in every:
            derivative.bind(self.saved)

    def names(self, count: int) -> tuple[str, ...]:
        """Return the names of the arguments, at least `count`; those that follow share one."""
        return self.arguments + (self.rest,) * (count - len(self.arguments))

    def rule(self, place: int) -> Derivative | None:
        """Return the rule of one argument."""
        return self.rules[place] if place < len(self.rules) else self.rest_rule

    def is_exempt(self, place: int) -> bool:
        """Tell whether an argument keeps its own type."""
        return self.exempted[place] if place < len(self.exempted) else self.rest in self.exempt

    def takes_gradient(self, place: int) -> bool:
        """Tell whether the operation is differentiable in one argument."""
        if place < len(self.differentiable):
            return self.differentiable[place]
        return self.rest_rule is not None

    def can_save(self, name: str) -> bool:
        """Tell whether a rule's parameter names something that a node can keep."""
        argument, _, what = name.rpartition("_")
        known = (*self.arguments, self.rest)
        return (
            (name in known and name != "")
            or name in ("y", "ys", "cache")
            or (argument in known and what in ("shape", "dtype"))
        )

    @cached_property
    def make(self) -> Callable[..., Node]:
        """The function that makes nodes."""
        return maker(self)

    @cached_property
    def push(self) -> Callable[..., None] | None:
        """The function that pulls back through a node and adds to its parents' gradients."""
        return pusher(self)

    def pull(self, xp: Any, node: Node, g: Any, values: Any, needed: Any) -> list[Any]:
        """Apply the rules: return the gradient of every needed argument, None for the others."""
        static, rule = node.static, self.joint
        if rule is not None and (xp is not TENSOR or not self.ruled):
            return list(
                rule.rule(xp, g, needed, *rule.get(values), **rule.keywords(static))
            )  # fmt: skip
        pulled = [
            None
            if rule is None or not wanted
            else rule.rule(xp, g, *rule.get(values))
            if rule.static == []
            else rule.rule(xp, g, *rule.get(values), **rule.keywords(static))
            for rule, wanted in zip(self.rules, needed, strict=False)
        ]
        rest, count = self.rest_rule, len(self.arguments)
        if rest is None:
            return pulled + [None] * (len(needed) - count)
        saved, keywords = rest.get(values), rest.keywords(static)
        return pulled + [
            rest.rule(xp, g, place, *saved, **keywords) if wanted else None
            for place, wanted in enumerate(needed[count:])
        ]

    def rebuild(self, node: Node) -> tuple[Any, ...]:
        """Make the saved values Tensors again, each at its place in the graph."""
        return tuple(
            None if value is None or name == "cache" else self.rebuilt(node, name, value)
            for name, value in zip(self.saved, node.values or (), strict=False)
        )

    def rebuilt(self, node: Node, name: str, value: Any) -> Any:
        """Make one saved value a Tensor again; shapes, dtypes and numbers stay as they are."""
        if name == "ys":
            return tuple(
                wrap(part, picked(node, i) if part.dtype.kind not in "biu" else None)
                for i, part in enumerate(value)
            )
        if name == self.rest:
            parents = node.parents[len(self.arguments):]
            return tuple(wrap(v, p) for v, p in zip(value, parents, strict=True))
        if value.__class__ not in ARRAYS:
            return value
        if name == "y":
            return wrap(value, node)
        return wrap(value, node.parents[self.arguments.index(name)])


class Picking:
    """The operation of a node that is one output of a joint node."""

    def __init__(self, node_name: str) -> None:
        self.node_name = node_name


def picked(joint: Node, place: int) -> Node:
    """Make the node of one output of a node with several."""
    return record(Picking(joint.op.node_name), (joint,), (), None, {}, place)


def camel(name: str) -> str:
    """Spell an operation's name as torch spells its nodes' names: `log_softmax`, LogSoftmax."""
    return "".join(word.capitalize() for word in name.split("_"))


def primitive(
    name: str, *, arguments: str = "", static: str = "", casts: str | None = None,
    exempt: str = "", joint: Rule | None = None, outputs: int = 1, cached: bool = False,
    node_name: str | None = None, into: Rule | None = None, view: bool = False, rest: str = "",
    constant: tuple[int, ...] = (), **rules: Rule,
) -> Primitive:  # fmt: skip
    """Make a differentiable operation on Tensors of the kernel that backends offer as `name`.

    Args:
        name: what every namespace calls the kernel.
        arguments: names of the array arguments in order; those of the rules where not given.
        static: names of the keywords that are not arrays; they must be hashable. Those that may
            be left out are written with what they are then, a bool or an integer: `name=False`.
        casts: the policy of `core.promotion`.
        exempt: arguments that keep their type (indices, masks).
        joint: one rule for all arguments, called with the tuple of those that are needed; it
            returns a gradient, or None, for each. Beside rules of the arguments it is their shorter
            way on raw arrays: its gradients have the shapes of the arguments, and it gets None for
            an array that none of the needed rules asks for.
        outputs: how many arrays the kernel returns; several need a joint rule.
        cached: whether the kernel returns a raw cache after its outputs.
        node_name: torch's name of the node, without `Backward0`.
        into: adds a gradient into a buffer: `into(xp, buffer, g, **static)`.
        view: whether the result may share the argument's memory.
        rest: one name for all arguments after the named ones; its rule gets the position too.
        constant: places of outputs that have no gradient, such as statistics of a batch.
        rules: for each differentiable argument `rule(xp, g, ...)`, or a kernel that is one.
    """
    from minitorch_lazy.core import calls

    names = tuple(arguments.split()) or tuple(name for name in rules if name != rest)
    op = Operation(
        name, names, tuple(static.split()), rules, joint, casts, tuple(exempt.split()), outputs,
        cached, node_name, into, rest,
    )  # fmt: skip
    op.constant = constant
    call = calls.specialised(op, view)
    call.__name__ = call.__qualname__ = name
    made = cast(Primitive, call)
    made.op = op
    setattr(TENSOR, name, made)
    return made

