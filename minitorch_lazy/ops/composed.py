"""Gradients of what is composed of other operations, for kernels whose own gradient is raw.

A fused operation has two gradients: a fast one on raw arrays, which may use whatever the forward
kernel kept, and the one of this file, which differentiates the forward formula where it runs on
Tensors. The second is exact to any order, and is the reference for the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch_lazy.core.backward import Walk
from minitorch_lazy.core.modes import enable_grad
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import TENSORS, wrap


def differentiated(
    forward: Callable[..., Any], inputs: Sequence[Any], gradients: Sequence[Any],
    needed: Sequence[bool], **static: Any,
) -> tuple[Any, ...]:  # fmt: skip
    """Pull gradients of `forward(TENSOR, *inputs, **static)` back to the inputs that need one.

    Args:
        forward: returns one output for each gradient; what follows them is ignored.
        inputs: raw arrays or Tensors, or None.
        gradients: of the outputs, on the same carrier; None where there is none.
        needed: for each input, whether its gradient is wanted.
    Returns:
        The wanted gradients in the order of the inputs, on the carrier of the inputs.
    """
    raw = not any(x.__class__ in TENSORS for x in inputs)
    own = [variable(x, wanted) for x, wanted in zip(inputs, needed, strict=True)]
    with enable_grad():
        outputs = forward(TENSOR, *own, **static)
    pairs = [(y, g) for y, g in zip(outputs, gradients, strict=False) if g is not None]
    wanted = [x for x, asked in zip(own, needed, strict=True) if asked]
    seeds = {y.node: g for y, g in pairs if y.node is not None}
    found = Walk(seeds, not raw, True, {x.node for x in wanted}).run()
    zeros = (lambda x: x.array * 0) if raw else TENSOR.zeros_like
    return tuple(found[x.node] if x.node in found else zeros(x) for x in wanted)


def variable(x: Any, wanted: bool) -> Any:
    """Return a Tensor of an input that stands in the graph for this use of it alone.

    The walk stops there. It could not tell this use from others at the input's own node: an input
    may depend on another one.
    """
    if x is None:
        return None
    if x.__class__ in TENSORS:
        return TENSOR.getitem(x, key=(Ellipsis,)) if wanted else x
    leaf = wrap(x)
    return leaf.requires_grad_() if wanted else leaf
