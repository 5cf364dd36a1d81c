"""materialize: the same object becomes an ordinary tensor."""

from __future__ import annotations

import inspect

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.parameter import is_lazy
from tests.nn.promises.rows import promise

KINDS = [(nn.UninitializedParameter, nn.Parameter), (nn.UninitializedBuffer, torch.Tensor)]


class Special(nn.Parameter):
    """Another class to become."""


@promise("2.2.1")
@pytest.mark.parametrize(("kind", "_"), KINDS)
@pytest.mark.parametrize(
    ("shape", "due"), [((2, 3), (2, 3)), ([2], (2,)), (4, (4,)), ((), ()), ((0, 2), (0, 2)),
                       (torch.Size([2, 1]), (2, 1))],
)  # fmt: skip
def test_materialize_takes_any_way_to_say_a_shape(kind, _, shape, due):
    tensor = kind()
    assert tensor.materialize(shape) is None
    assert tuple(tensor.shape) == due


@promise("2.2.1")
@pytest.mark.parametrize(("kind", "_"), KINDS)
def test_dtype_and_device_are_its_own_unless_given(kind, _):
    own = kind(dtype=torch.float64)
    own.materialize(2)
    assert own.dtype is torch.float64
    other = kind(dtype=torch.float64)
    other.materialize((2,), device="meta", dtype=torch.float16)
    assert (other.dtype, other.device.type) == (torch.float16, "meta")


@promise("2.2.2")
@pytest.mark.parametrize("requires_grad", [True, False])
def test_the_object_and_requires_grad_stay_and_the_class_turns(requires_grad):
    for kind, becomes in KINDS:
        tensor = kind(requires_grad=requires_grad)
        before = id(tensor)
        tensor.materialize((2, 3))
        assert (id(tensor), type(tensor)) == (before, becomes)
        assert tensor.requires_grad == requires_grad


@promise("2.2.2")
def test_a_settled_parameter_is_trained_like_any_other():
    weight = nn.UninitializedParameter()
    weight.materialize((3,))
    with torch.no_grad():
        weight.fill_(2.0)
    (weight * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert weight.grad.tolist() == [1.0, 2.0, 3.0]


@promise("2.2.3")
def test_the_class_to_become_is_settable_on_one_tensor():
    special, ordinary = nn.UninitializedParameter(), nn.UninitializedParameter()
    special.cls_to_become = Special
    special.materialize(2)
    ordinary.materialize(2)
    assert (type(special), type(ordinary)) == (Special, nn.Parameter)
    assert nn.UninitializedParameter.cls_to_become is nn.Parameter
    assert nn.UninitializedBuffer.cls_to_become is torch.Tensor


@promise("2.2.4")
@pytest.mark.parametrize(("kind", "becomes"), KINDS)
def test_a_second_materialize_is_an_attribute_error(kind, becomes):
    tensor = kind()
    tensor.materialize(2)
    text = f"'{becomes.__name__}' object has no attribute 'materialize'"
    with pytest.raises(AttributeError, match=text):
        tensor.materialize(2)


@promise("2.2.5")
def test_constructors_have_torch_s_arguments_in_order():
    due = {
        nn.UninitializedParameter: {"requires_grad": True, "device": None, "dtype": None},
        nn.UninitializedBuffer: {
            "requires_grad": False, "device": None, "dtype": None, "persistent": True,
        },
    }  # fmt: skip
    for kind, arguments in due.items():
        parameters = inspect.signature(kind).parameters
        found = {name: parameters[name].default for name in arguments}
        assert found == arguments
        assert list(parameters)[: len(arguments)] == list(arguments)


@promise("2.2.6")
def test_only_lazy_tensors_are_lazy():
    for kind, _ in KINDS:
        tensor = kind()
        assert is_lazy(tensor) is True
        tensor.materialize(1)
        assert is_lazy(tensor) is False
    for other in (None, torch.ones(1), nn.Parameter(torch.ones(1)), 3):
        assert is_lazy(other) is False


@promise("2.2.7")
@pytest.mark.parametrize("persistent", [True, False])
def test_an_assigned_buffer_brings_its_persistence(persistent):
    net = nn.Module()
    net.entry = nn.UninitializedBuffer(persistent=persistent)
    assert list(dict(net.named_buffers())) == ["entry"]
    assert ("entry" in net.state_dict()) == persistent
    net.entry.materialize(2)
    assert ("entry" in net.state_dict()) == persistent


@promise("N7")
def test_known_sizes_are_told_and_do_not_change_the_text():
    tensor = nn.UninitializedParameter(shape=(256, None))
    assert tensor.spec == (256, None)
    assert repr(tensor) == "<UninitializedParameter>"
    assert nn.LazyLinear(256).weight.spec == (256, None)
    assert nn.LazyLinear(256).bias.spec == (256,)


@promise("N7")
@pytest.mark.parametrize("shape", [(7, 3), (4,), (4, 3, 1)])
def test_a_shape_that_contradicts_known_sizes_is_refused_and_both_are_named(shape):
    tensor = nn.UninitializedParameter(shape=(4, None))
    with pytest.raises(RuntimeError, match="size mismatch") as error:
        tensor.materialize(shape)
    text = str(error.value).replace("None", "?")
    assert str(tuple(shape)) in text
    assert "(4, ?)" in text
    assert is_lazy(tensor)
    tensor.materialize((4, 3))
    assert tensor.shape == (4, 3)
