"""What must hold of a network at every moment of its life, given the models of its layers."""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.nn.uninitialized import fits
from tests.nn.lives.model import Model
from tests.nn.lives.net import layer_of, tensors


class Born(NamedTuple):
    """What a layer shows as long as it is lazy: class, repr, and the sizes known of its tensors."""

    cls: type
    text: str
    specs: dict[str, Any]

    @classmethod
    def of(cls, layer: Any) -> Born:
        """Look at a layer that was just made."""
        specs = {name: t.spec for name, t in tensors(layer).items() if is_lazy(t)}
        return cls(type(layer), repr(layer), specs)


def check_layer(layer: Any, model: Model, born: Born) -> None:
    """Compare a layer with its model."""
    if model.settled:
        check_settled(layer, model.twin)
    else:
        check_waiting(layer, model, born)


def check_settled(layer: Any, twin: Any) -> None:
    """A settled layer is its eager twin, to the last bit, and nothing of its youth is left."""
    assert type(layer) is type(twin)
    assert repr(layer) == repr(twin)
    mine, due = tensors(layer), tensors(twin)
    assert list(mine) == list(due)
    for name, tensor in mine.items():
        assert portrait(tensor) == portrait(due[name]), name
    assert [m.training for m in layer.modules()] == [m.training for m in twin.modules()]
    for module in layer.modules():
        assert not module.__hooks__
        assert not module.__state_hooks__
        assert not {"_initialize_hook", "_load_hook", "__postponed__"} & set(vars(module))


def check_waiting(layer: Any, model: Model, born: Born) -> None:
    """A lazy layer is what it was made as, but for what was loaded or converted since."""
    assert (type(layer), repr(layer)) == (born.cls, born.text)
    assert "_initialize_hook" in vars(layer)
    mine = tensors(layer)
    assert set(mine) == set(model.shapes)
    assert {name for name, tensor in mine.items() if is_lazy(tensor)} == model.waiting
    for name, tensor in mine.items():
        if name in model.waiting:
            assert tensor.dtype is model.dtype, name
            assert tensor.spec == born.specs[name], name
            assert fits(model.shapes[name], tensor.spec), name
        else:
            assert described(tensor) == described(model.ready[name]), name
    assert {n: p.requires_grad for n, p in mine.items() if n in model.flags} == model.flags
    assert all(module.training == model.training for module in layer.modules())


def described(tensor: Any) -> Any:
    """Return dtype, shape and elements of a tensor."""
    return tensor.dtype, tuple(tensor.shape), tensor.detach().numpy().tobytes()


def portrait(tensor: Any) -> Any:
    """Return all that two tensors must have in common to be the same in two nets."""
    return type(tensor), tensor.requires_grad, described(tensor)


def check_net(net: Any, models: list[Model], born: list[Born]) -> None:
    """Compare a whole network with its models."""
    due = []
    for place, model in enumerate(models):
        layer = layer_of(net, place)
        check_layer(layer, model, born[place])
        prefix = f"layer{place}." + ("inner." if layer is not getattr(net, f"layer{place}") else "")
        due += [prefix + name for name in model.waiting]
    assert sorted(net.uninitialized()) == sorted(due)
