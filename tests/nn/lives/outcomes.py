"""What acts on nets give, in a form that can be compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minitorch_lazy as torch
from tests.nn.promises.classes import flat


def stream() -> bytes:
    """Return the state of the default stream of random numbers."""
    return torch.get_rng_state().numpy().tobytes()


def outcome(act: Callable[[], Any]) -> Any:
    """Return what an act returns, or the type of the error that it raises."""
    try:
        return act()
    except (ValueError, RuntimeError, ArithmeticError, TypeError, AttributeError) as error:
        return type(error)


def answers(outputs: list[Any]) -> list[bytes]:
    """Return the bytes of outputs."""
    return [array.tobytes() for output in outputs for array in flat(output)]


def void(result: Any) -> None:
    """Forget a result."""


def step(optimizer: Any, forward: Callable[[], Any]) -> None:
    """Make one step of training, if anything can be trained."""
    sums = [part.double().sum() for output in forward() for part in tensors_in(output)]
    loss = sum(sums[1:], start=sums[0])
    if loss.requires_grad:
        loss.backward()
        optimizer.step()
    optimizer.zero_grad()


def tensors_in(output: Any) -> list[Any]:
    """List the tensors of an output."""
    if isinstance(output, tuple | list):
        return [tensor for part in output for tensor in tensors_in(part)]
    return [] if output is None else [output]
