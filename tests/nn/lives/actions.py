"""What is done to layers: conversions, initialisers, odd arguments, misfits and failures."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.lives.kinds import BROKEN
from tests.nn.lives.life import Life
from tests.nn.lives.net import layer_of
from tests.nn.lives.outcomes import void


def emptied(module: Any) -> None:
    """Give a module's tensors other memory, and, as that holds anything, numbers of one kind."""
    module.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in [*module.parameters(), *module.buffers()]:
            if not nn.parameter.is_lazy(tensor):
                tensor.fill_(1)


CONVERSIONS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "double": (lambda m: m.double(), torch.float64),
    "half": (lambda m: m.half(), torch.float16),
    "float": (lambda m: m.float(), torch.float32),
    "bfloat16": (lambda m: m.bfloat16(), torch.bfloat16),
    "to dtype": (lambda m: m.to(torch.float64), torch.float64),
    "type": (lambda m: m.type(torch.float32), torch.float32),
    "to cpu": (lambda m: m.to("cpu"), None),
    "cpu": (lambda m: m.cpu(), None),
    "to_empty": (emptied, None),
    "zero_grad": (lambda m: m.zero_grad(), None),
    "apply": (lambda m: m.apply(lambda module: None), None),
}
"""How to convert a module, and the type that a tensor has that waits; None where it stays."""


class Initialiser(NamedTuple):
    """A way to set the elements of a tensor.

    Attributes:
        draws: whether it takes random numbers.
        on_data: whether it goes by way of `data`.
        least_rank: of the tensors that it takes.
    """

    done_to: Callable[[Any], Any]
    draws: bool = False
    on_data: bool = False
    least_rank: int = 0

    def __call__(self, tensor: Any) -> None:
        self.done_to(tensor)


WISHES = {
    "normal_": Initialiser(lambda t: void(nn.init.normal_(t)), draws=True),
    "uniform_": Initialiser(lambda t: void(nn.init.uniform_(t, -1, 1)), draws=True),
    "xavier": Initialiser(lambda t: void(nn.init.xavier_normal_(t)), draws=True, least_rank=2),
    "constant_": Initialiser(lambda t: void(nn.init.constant_(t, 0.3))),
    "zero_": Initialiser(lambda t: void(t.zero_())),
    "mul_": Initialiser(lambda t: void(t.mul_(0.7))),
    "data.fill_": Initialiser(lambda t: void(t.data.fill_(0.1))),
    "data.normal_": Initialiser(lambda t: void(t.data.normal_()), draws=True, on_data=True),
}


ODD: dict[str, Callable[[tuple[Any, ...]], tuple[Any, ...]]] = {
    "int64": lambda args: tuple(x.long() for x in args),
    "float32": lambda args: tuple(x.float() for x in args),
    "float64": lambda args: tuple(x.double() for x in args),
    "less": lambda args: tuple(x[0] for x in args),
    "more": lambda args: tuple(x[None] for x in args),
    "None": lambda args: tuple(None for _ in args),
    "missing": lambda args: args[1:],
}

WAYS_IN: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "call": lambda net: net,
    "forward": lambda net: net.forward,
    "shallow copy": copy.copy,
}
"""How to call a net: its copy shares the layers, and `forward` is the user's own function."""

FORMS = ["memory", "pt", "safetensors"]
"""The ways that a state may come."""


def through(state: Any, form: str) -> Any:
    """Write a state into a file and read it back, or leave it."""
    if form == "memory":
        return state
    with tempfile.TemporaryDirectory() as folder:
        torch.save(state, f"{folder}/state.{form}")
        return torch.load(f"{folder}/state.{form}")


MISFITS = ["none", "none", "none", "missing", "extra", "shape", "number", "some"]


def misfit(state: dict[str, Any], wrong: str, where: int) -> None:
    """Spoil a state in some way."""
    keys = sorted(state)
    if wrong == "extra":
        state["nobody"] = torch.ones(1)
    if not keys:
        return
    key = keys[where % len(keys)]
    if wrong == "missing":
        del state[key]
    elif wrong == "shape":
        state[key] = torch.ones(2, 1, 2, 1, 2, 1)
    elif wrong == "number":
        state[key] = 3.0
    elif wrong == "some":
        for name in keys[where % len(keys) + 1 :]:
            del state[name]


def failing(life: Life, place: int) -> None:
    """Call a network while the initialiser of a layer raises, half done: nothing may be left."""
    layer, error = layer_of(life.net, place), ZeroDivisionError("half done")

    def reset_parameters() -> None:
        if not layer.has_uninitialized_params():
            for parameter in layer.parameters():
                nn.init.normal_(parameter)
            raise error

    fresh = [p for p in range(place) if not (life.models[p].settled or life.models[p].half)]
    plan = life.inputs([*fresh, place])
    before = torch.get_rng_state()
    BROKEN.append(error)
    if life.kinds[place].drawn is None:
        layer.reset_parameters = reset_parameters
    try:
        life.net(plan)
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError("the error of the initialiser is lost")
    finally:
        BROKEN.clear()
        vars(layer).pop("reset_parameters", None)
    assert torch.equal(torch.get_rng_state(), before)
