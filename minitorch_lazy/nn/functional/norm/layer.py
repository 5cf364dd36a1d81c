"""Normalisation over the last dimensions, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.dtype import finfo, float32
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating, check_same_type, widened
from minitorch_lazy.ops import norm as ops


def own_shape(name: str, layer: str, input: Tensor, normalized_shape: Any,
              **parts: Tensor | None) -> tuple[int, ...]:  # fmt: skip
    """Read which last dimensions are normalised, and refuse what does not have them.

    Args:
        name, layer: of the function, and of the layer that does it.
        parts: parameters, which must have exactly these dimensions.
    """
    single = isinstance(normalized_shape, int)
    shape = (normalized_shape,) if single else tuple(normalized_shape)
    if not shape:
        raise refuse(RuntimeError, name, "Expected normalized_shape to be at least 1-dimensional, "
                     "i.e., containing at least one element, but got normalized_shape = []",
                     "name the size of the last dimension", input=input)  # fmt: skip
    for word, part in parts.items():
        if part is not None and tuple(part.shape) != shape:
            raise refuse(RuntimeError, name, f"Expected {word} to be of same shape as "
                         f"normalized_shape, but got {word} of shape {list(part.shape)} and "
                         f"normalized_shape = {list(shape)}", "give it that shape",
                         input=input, **{word: part})  # fmt: skip
    if tuple(input.shape[-len(shape):]) != shape:
        raise refuse(RuntimeError, name, f"Given normalized_shape={list(shape)}, expected input "
                     f"with shape [*, {', '.join(map(str, shape))}], but got input of size "
                     f"{list(input.shape)}", f"build it as {layer}({list(input.shape[-1:])})",
                     input=input)  # fmt: skip
    return shape


@public(method=False)
def layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None,
    bias: Tensor | None = None, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalise over the last dimensions: y = (x - mean) / sqrt(var + eps) w + b.

    Args:
        input: (..., *normalized_shape).
        weight, bias: normalized_shape.

    Source: torch.nn.functional.layer_norm.
    """
    check_floating("layer_norm", input)
    shape = own_shape("layer_norm", "nn.LayerNorm", input, normalized_shape, weight=weight,
                      bias=bias)  # fmt: skip
    mixed = check_same_type("layer_norm", input, weight=weight, bias=bias)
    parts = widened(input, weight, bias) if mixed else (input, weight, bias)
    y = ops.layer_normal(*parts, count=len(shape), eps=float(eps))
    return y.to(input.dtype) if mixed else y


@public(method=False)
def rms_norm(input: Tensor, normalized_shape: Any, weight: Tensor | None = None,
             eps: float | None = None) -> Tensor:  # fmt: skip
    """Divide by the root of the mean square over the last dimensions: y = x / sqrt(ms + eps) w.

    Args:
        input: (..., *normalized_shape).
        weight: normalized_shape.
        eps: added to the mean square; where it is None, the smallest step from 1 of the type that
            is computed in, which is float32 for the halves.

    Source: torch.nn.functional.rms_norm.
    """
    check_floating("rms_norm", input)
    shape = own_shape("rms_norm", "nn.RMSNorm", input, normalized_shape, weight=weight)
    if eps is None:
        eps = finfo(float32 if input.array.dtype.itemsize == 2 else input.dtype).eps
    mixed = check_same_type("rms_norm", input, weight=weight)
    parts = widened(input, weight) if mixed else (input, weight)
    y = ops.layer_normal(*parts, None, count=len(shape), eps=float(eps), center=False)
    return y.to(input.dtype) if mixed else y
