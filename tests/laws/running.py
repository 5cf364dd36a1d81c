"""How laws call primitives: leaves of arrays, results and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import settings

import minitorch_lazy as torch
from minitorch_lazy.backends.registry import backend_of
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.primitive import PRIMITIVES, Operation
from minitorch_lazy.core.tensor import wrap
from tests.laws.samples import SAMPLES, Call
from tests.laws.samples.source import Array

FLOATING = "fVc"
"""Kinds of types that can carry a gradient; V is bfloat16's."""

few = settings(max_examples=max(3, settings.default.max_examples // 8))
"""For laws that a handful of cases shows: each is asked of every primitive."""


def has_rules(op: Operation) -> bool:
    """Tell whether an operation can be differentiated in some argument."""
    return any(op.differentiable) or op.rest_rule is not None


NAMES = sorted(set(PRIMITIVES) & set(SAMPLES))
"""All primitives; one test fails where some has no sample."""

DIFFERENTIABLE = [name for name in NAMES if has_rules(PRIMITIVES[name])]
OF_COMPLEX = [name for name in DIFFERENTIABLE if SAMPLES[name].complex]


def run(name: str, arguments: Sequence[Any], static: dict[str, Any]) -> list[Any]:
    """Call a primitive on tensors; return its outputs as a list."""
    result = getattr(TENSOR, name)(*arguments, **static)
    return list(result) if isinstance(result, tuple) else [result]


def variables(op: Operation, arguments: Sequence[Any]) -> list[int]:
    """Return the places of arguments in which an operation can be differentiated."""
    return [
        place for place, x in enumerate(arguments)
        if x is not None and x.dtype.kind in FLOATING and op.takes_gradient(place)
    ]  # fmt: skip


def chosen(op: Operation, call: Call) -> list[int]:
    """Choose, by the call's seed, which arguments need a gradient: each pattern runs other code."""
    places = variables(op, call.arguments)
    pattern = call.seed % (2 ** len(places) - 1) + 1 if places else 0
    return [place for i, place in enumerate(places) if pattern >> i & 1]


def leaves(arrays: Sequence[Any], needed: Sequence[int] = (), device: str = "cpu") -> list[Any]:
    """Make a tensor of each array, on a device; those at needed places require grad."""
    backend = backend_of(device)
    made = [
        x if x is None else wrap(backend.from_numpy(np.array(x))) for x in arrays
    ]  # fmt: skip
    for place in needed:
        made[place].requires_grad_()
    return made


def at(call: Call, device: str) -> Call:
    """Return a call that names another device where it names the CPU."""
    named = {k: (device, None) if v == ("cpu", None) else v for k, v in call.static.items()}
    return call._replace(static=named)


def seeds_like(outputs: Sequence[Any], seed: int) -> list[Any]:
    """Draw a gradient for each output that can have one; None for the others."""
    stream = np.random.default_rng(seed)
    return [random_like(y.array, stream) if y.requires_grad else None for y in outputs]


def random_like(array: Any, stream: np.random.Generator) -> Array:
    """Draw numbers of an array's shape and type, on the host."""
    numbers = stream.uniform(0.3, 1.0, array.shape) * stream.choice([-1.0, 1.0], array.shape)
    if array.dtype.kind == "c":
        numbers = numbers + 1j * stream.uniform(-1.0, 1.0, array.shape)
    return np.asarray(numbers, array.dtype)


def gradients(
    outputs: Sequence[Any], inputs: Sequence[Any], seeds: Sequence[Any], create_graph: bool = False
) -> list[Any]:
    """Pull tensors of gradients back to the inputs; None where nothing arrives."""
    pairs = [(y, g) for y, g in zip(outputs, seeds, strict=True) if g is not None]
    if not pairs:
        return [None] * len(inputs)
    found = torch.autograd.grad(
        [y for y, _ in pairs], list(inputs), [g for _, g in pairs], create_graph=create_graph,
        retain_graph=True, allow_unused=True,
    )  # fmt: skip
    return list(found)
