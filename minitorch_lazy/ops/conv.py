"""Convolution: three operations that are each other's derivatives.

    y       = convolution(x, w)        correlate the input with a bank of filters
    x'      = conv_input(y', w)        spread outputs back over the inputs (transposed convolution)
    w'      = conv_weight(x, y')       correlate inputs with outputs

Each is linear in both arguments, and each rule is one of the other two, so that derivatives of any
order need nothing more.
"""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.errors import called, diagnosis

STATIC = "stride padding dilation groups"


@kernel
def convolution(xp: Any, x: Any, w: Any, b: Any, **static: Any) -> Any:
    """Correlate, and add the bias of each output channel."""
    y = xp.conv(x, w, **static)
    return y if b is None else y + xp.reshape(b, shape=(1, -1, *(1,) * (x.ndim - 2)))


convolved = primitive(
    "convolution", static=STATIC, casts="same",
    input=lambda xp, g, weight, input_shape, **s: xp.conv_input(
        g, weight, x_shape=input_shape, **s),
    weight=lambda xp, g, input, weight_shape, **s: xp.conv_weight(
        input, g, w_shape=weight_shape, **s),
    bias=lambda xp, g: xp.sum(g, axis=(0, *range(2, g.ndim)), keepdims=False),
)  # fmt: skip
spread_back = primitive(
    "conv_input", static="x_shape " + STATIC, casts="same", node_name="ConvolutionTranspose",
    g=lambda xp, gx, w, stride, padding, dilation, groups: xp.convolution(
        gx, w, None, stride=stride, padding=padding, dilation=dilation, groups=groups),
    w=lambda xp, gx, g, w_shape, stride, padding, dilation, groups: xp.conv_weight(
        gx, g, w_shape=w_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
)  # fmt: skip
correlated = primitive(
    "conv_weight", static="w_shape " + STATIC, casts="same", node_name="ConvolutionWeight",
    x=lambda xp, gw, g, x_shape, stride, padding, dilation, groups: xp.conv_input(
        g, gw, x_shape=x_shape, stride=stride, padding=padding, dilation=dilation, groups=groups),
    g=lambda xp, gw, x, stride, padding, dilation, groups: xp.convolution(
        x, gw, None, stride=stride, padding=padding, dilation=dilation, groups=groups),
)  # fmt: skip


@called("convolution", "conv_input")
def as_called(operation: str, arguments: Any) -> Any:
    """Name the function of torch that leads to a convolution, and its arguments as there."""
    shown = {{"g": "input", "w": "weight"}.get(name, name): v for name, v in arguments.items()}
    shown.pop("x_shape", None)
    rank = shown["weight"].ndim - 2
    pairs = shown.get("padding")
    if operation == "convolution":
        if pairs:
            even = all(before == after for before, after in pairs)
            shown["padding"] = tuple(before for before, _ in pairs) if even else "same"
        return f"conv{rank}d", shown
    if pairs:
        shown["padding"] = tuple(before for before, _ in pairs)
        shown["output_padding"] = tuple(before - after for before, after in pairs)
    return f"conv_transpose{rank}d", shown


@diagnosis("convolution", "conv_input")
def channels_do_not_fit(arguments: Any, static: Any) -> Any:
    """Say which numbers of channels differ, and how the layer should have been built."""
    x, w = list(arguments.values())[:2]
    groups = static["groups"]
    have, want = x.shape[1], w.shape[1] * groups if "input" in arguments else w.shape[0]
    if x.ndim != w.ndim:
        return (RuntimeError, f"Expected {w.ndim - 1}D (unbatched) or {w.ndim}D (batched) input to "
                f"conv{w.ndim - 2}d, but got input of size: {list(x.shape)}",
                "give the input a dimension of channels")  # fmt: skip
    if have == want:
        return kernel_does_not_fit(x, w, static) if "input" in arguments else None
    if "input" in arguments:
        way, layer, outputs = f"groups={groups}", f"Conv{x.ndim - 2}d", w.shape[0]
    else:
        way, layer = "transposed=1", f"ConvTranspose{x.ndim - 2}d"
        outputs = w.shape[1] * groups
    return (RuntimeError, f"Given {way}, weight of size {list(w.shape)}, expected input"
            f"{list(x.shape)} to have {want} channels, but got {have} channels instead",
            f"build it as nn.{layer}({have}, {outputs}, ...), or nn.Lazy{layer}({outputs}, ...) "
            "and let the first batch decide")  # fmt: skip


def kernel_does_not_fit(x: Any, w: Any, static: Any) -> Any:
    """Say by how much a kernel is larger than the padded input."""
    sizes = [
        (n + before + after, d * (k - 1) + 1)
        for n, (before, after), d, k in zip(
            x.shape[2:], static["padding"], static["dilation"], w.shape[2:], strict=True)
    ]  # fmt: skip
    missing = max(reach - size for size, reach in sizes)
    if missing <= 0:
        return None
    padded, kernel = (" x ".join(str(pair[i]) for pair in sizes) for i in range(2))
    return (RuntimeError, f"Calculated padded input size per channel: ({padded}). Kernel size: "
            f"({kernel}). Kernel size can't be greater than actual input size",
            f"use a smaller kernel, a larger input, or {-(-missing // 2)} more padding on every "
            "side")  # fmt: skip
