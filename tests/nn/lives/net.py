"""The network that lives: layers side by side, called in whatever order the input says."""

from __future__ import annotations

from typing import Any

from minitorch_lazy import nn
from tests.nn.lives.kinds import Kind


class LateError(ArithmeticError):
    """What a network raises when it is told to fail after its layers have run."""


class Box(nn.Module):
    """A module around a layer, so that layers nest."""

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *args: Any) -> Any:
        return self.inner(*args)


class Net(nn.Module):
    """Layers that do not feed each other: each is given its own arguments."""

    def __init__(self, kinds: list[Kind], boxed: list[bool]) -> None:
        super().__init__()
        for place, kind in enumerate(kinds):
            setattr(self, f"layer{place}", kind.make())
        for place, wanted in enumerate(boxed):
            if wanted:
                setattr(self, f"layer{place}", Box(getattr(self, f"layer{place}")))

    def forward(self, plan: list[tuple[int, tuple[Any, ...]]], fail: bool = False) -> list[Any]:
        """Call layers in the order of a plan of places and arguments."""
        outputs = [getattr(self, f"layer{place}")(*args) for place, args in plan]
        if fail:
            raise LateError("told to fail")
        return outputs


def layer_of(net: Any, place: int) -> Any:
    """Return a layer, out of its box if it is in one."""
    layer = getattr(net, f"layer{place}")
    return layer.inner if isinstance(layer, Box) else layer


def tensors(module: Any) -> dict[str, Any]:
    """Return parameters and buffers by their paths, tied ones under each."""
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def put(module: Any, path: str, tensor: Any) -> None:
    """Set an attribute somewhere inside a module."""
    where, _, name = path.rpartition(".")
    setattr(module.get_submodule(where), name, tensor)
