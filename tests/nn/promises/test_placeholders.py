"""What may be done to a tensor whose shape is not known, and what is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn import functional as F
from tests.nn.promises.classes import listed
from tests.nn.promises.rows import promise

KINDS = [nn.UninitializedParameter, nn.UninitializedBuffer]
SHAPE = (
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
    "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. "
    "Call `forward` to initialize the parameters before accessing their attributes."
)
SHARE = (
    "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the "
    "parameters before calling `module.share_memory()`."
)
USE = (
    ". This error happens when you are using a `LazyModule` or explicitly manipulating "
    "`torch.nn.parameter.{}` objects. When using LazyModules Call `forward` with a dummy batch to "
    "initialize the parameters before calling torch functions"
)
ALLOWED = [
    ("hash(p) == hash(p) and p is p and p in {p}", True),
    ("isinstance(p, torch.Tensor) and torch.is_tensor(p)", True),
    ("p.dtype", torch.float32),
    ("p.device", torch.device("cpu")),
    ("p.grad", None),
    ("p.grad_fn", None),
    ("p.is_leaf", True),
    ("str(p.layout)", "torch.strided"),
    ("p.is_cuda", False),
    ("p.is_sparse", False),
    ("p.itemsize", 4),
    ("p.nbytes", 0),
    ("p._version", 0),
    ("p.is_floating_point()", True),
    ("p.is_complex()", False),
    ("p.get_device()", -1),
    ("p.size()", torch.Size([0])),
    ("p.ndim", 1),
    ("p.data.dtype", torch.float32),
    ("p.to(torch.float64).dtype", torch.float64),
    ("p.to('cpu').device", torch.device("cpu")),
    ("p.cpu().device", torch.device("cpu")),
    ("p.half().dtype", torch.float16),
    ("p.float().dtype", torch.float32),
    ("p.double().dtype", torch.float64),
    ("p.int().dtype", torch.int32),
    ("p.long().dtype", torch.int64),
    ("p.char().dtype", torch.int8),
    ("p.short().dtype", torch.int16),
    ("type(copy.copy(p)) is type(p)", True),
]
REFUSED = listed("""
p + 1; 1 - p; p * 2; p @ x; p == 1; -p; p[0]; len(p); iter(p); bool(p); p.item(); p.tolist()
p.numpy(); p.sum(); p.t(); p.view(-1); p.reshape(-1); p.clone(); p.detach(); p.dim(); p.numel()
p.nelement(); p.stride(); p.storage(); p.data_ptr(); p.element_size(); p.is_contiguous()
p.is_shared(); p.register_hook(print); p.backward(); p.retain_grad(); p.new_zeros(3)
p.new_tensor([1.0]); p.bool(); p.byte(); torch.empty_like(p); torch.zeros_like(p); torch.add(p, 1)
F.linear(x, p); x + p; x @ p; x[p]; torch.cat([p, x]); torch.stack([p]); np.asarray(p); f"{p}"
""")
RECORDED = [
    ("nn.init.constant_(p, 3.0)", 3.0),
    ("nn.init.ones_(p)", 1.0),
    ("p.zero_()", 0.0),
    ("p.fill_(2.0)", 2.0),
    ("p.data.fill_(5.0)", 5.0),
    ("p.data.zero_()", 0.0),
    ("p.fill_(2.0), p.data.fill_(7.0), nn.init.constant_(p, 4.0)", 4.0),
]


def run(text: str, p: object) -> object:
    names = {"torch": torch, "nn": nn, "F": F, "np": np, "copy": copy}
    return eval(text, {**names, "p": p, "x": torch.ones(2, 3)})


@promise("2.1.1", "1.9")
@pytest.mark.parametrize("kind", KINDS)
def test_a_lazy_tensor_shows_its_class_alone(kind):
    assert repr(kind()) == str(kind()) == f"<{kind.__name__}>"
    assert isinstance(kind(), nn.Parameter) == (kind is nn.UninitializedParameter)
    assert kind().requires_grad == (kind is nn.UninitializedParameter)


@promise("2.1.1")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("text", "due"), ALLOWED)
def test_what_needs_no_shape_works(kind, text, due):
    assert run(text, kind()) == due


@promise("2.1.1")
@pytest.mark.parametrize("kind", KINDS)
def test_data_is_empty(kind):
    assert kind().data.tolist() == []


@promise("2.1.1")
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_is_allowed_settles_the_tensor(kind):
    tensor = kind()
    for text, _ in ALLOWED:
        if "layout" not in text and "sparse" not in text:
            run(text, tensor)
    assert nn.parameter.is_lazy(tensor)
    tensor.materialize((2, 3))
    assert tensor.shape == (2, 3)


@promise("2.1.2")
@pytest.mark.parametrize("kind", KINDS)
def test_the_shape_is_refused(kind):
    with pytest.raises(RuntimeError) as error:
        _ = kind().shape
    assert str(error.value).startswith(SHAPE)


@promise("2.1.3")
@pytest.mark.parametrize("kind", KINDS)
def test_sharing_memory_is_refused_of_tensor_and_module(kind):
    net = nn.Module()
    net.entry = kind()
    for share in (net.entry.share_memory_, net.share_memory):
        with pytest.raises(RuntimeError) as error:
            share()
        assert str(error.value).startswith(SHARE)


@promise("2.1.3")
def test_sharing_a_half_settled_net_is_refused():
    net = nn.Sequential(nn.Linear(2, 3), nn.LazyLinear(3))
    with pytest.raises(RuntimeError) as error:
        net.share_memory()
    assert str(error.value).startswith(SHARE)


@promise("2.1.4")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", REFUSED)
def test_what_needs_elements_is_refused(kind, text):
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in ") as e:
        run(text, kind())
    assert USE.format(kind.__name__) in str(e.value)


@promise("2.1.4")
def test_no_parameter_is_made_of_an_uninitialized_buffer():
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
        nn.Parameter(nn.UninitializedBuffer())


@promise("2.1.4", "N11.1")
@pytest.mark.parametrize(
    ("text", "name"),
    [("p + 1", "add"), ("p.sum()", "sum"), ("p.t()", "t"), ("p.mT", "mT"), ("p.T", "T")],
)
def test_a_refusal_names_the_operation(text, name):
    with pytest.raises(ValueError, match=rf"uninitialized parameter in \W*{name}\b"):
        run(text, nn.UninitializedParameter())


@promise("2.1.5")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("text", "value"), RECORDED)
def test_what_is_filled_in_before_is_there_after(kind, text, value):
    tensor = kind()
    run(text, tensor)
    assert nn.parameter.is_lazy(tensor)
    tensor.materialize((2, 3))
    assert tensor.tolist() == [[value] * 3] * 2


@promise("2.1.5")
@pytest.mark.parametrize("text", ["p.normal_(1.0, 2.0)", "p.uniform_(-1, 3)", "p.data.normal_()"])
def test_what_is_drawn_before_equals_what_is_drawn_after(text):
    lazy, eager = nn.UninitializedParameter(), nn.Parameter(torch.empty(4, 5))
    with torch.no_grad():
        run(text, lazy)
        torch.manual_seed(3)
        lazy.materialize((4, 5))
        torch.manual_seed(3)
        run(text, eager)
    assert lazy.tolist() == eager.tolist()


@promise("2.1.5", "N15")
def test_requires_grad_in_place_is_remembered():
    tensor = nn.UninitializedParameter()
    assert tensor.requires_grad_(False) is tensor
    tensor.materialize(2)
    assert not tensor.requires_grad


@promise("2.1.6")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["p.T", "p.real", "p.mT", "p.H"])
def test_views_by_attribute_are_refused(kind, text):
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
        run(text, kind())


@promise("2.1.6")
@pytest.mark.parametrize("kind", KINDS)
def test_copying_into_it_blames_its_missing_shape(kind):
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
        kind().copy_(torch.ones(2, 3))
