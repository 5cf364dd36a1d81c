"""Tensors without numbers: the same shapes, types and layouts, no memory, and no guesses."""

from __future__ import annotations

import copy
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from minitorch_lazy.backends.meta import META, MetaArray
from minitorch_lazy.backends.numpy import NUMPY
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.primitive import PRIMITIVES
from minitorch_lazy.core.tensor import wrap
from tests.laws.samples import SAMPLES, calls, taken

NEEDING_NUMBERS = {name: sample.unknown for name, sample in SAMPLES.items() if sample.unknown}
NEEDING_NUMBERS["transfer"] = "its samples go to the CPU"

LAID_OUT_OTHERWISE = {"conv_weight", "einsum"}
"""Primitives whose result may lie in memory otherwise than is said."""

TYPES = ("float32", "float64", "float16")


def without_numbers(x: Any) -> Any:
    """Return the shape-only array with the strides of a real one."""
    return MetaArray(x.shape, x.dtype, x.strides) if isinstance(x, np.ndarray) else x


def facts(result: Any, layout: bool = True) -> Any:
    """Return shape, type and whether they are in row-major order, of all arrays of a result."""
    if isinstance(result, (tuple, list)):
        return [facts(part, layout) for part in result]
    if not hasattr(result, "dtype"):
        return result
    x = result if isinstance(result, MetaArray) else np.asarray(result)
    return x.shape, x.dtype, layout and x.flags.c_contiguous


@st.composite
def laid_out(draw: Any, name: str) -> Any:
    """Calls of a primitive whose arrays lie in memory in any order."""
    dtype = draw(st.sampled_from(taken(name, (*TYPES, "complex64"))))
    call = draw(calls(name, dtype))
    columns = draw(st.booleans())
    arrays = [x if x is None else np.asarray(x, order="KF"[columns]) for x in call.arguments]
    return arrays, call.static


def test_every_primitive_has_a_sample() -> None:
    assert set(PRIMITIVES) - set(SAMPLES) == set()


@pytest.mark.parametrize("name", sorted(set(PRIMITIVES) & set(SAMPLES) - set(NEEDING_NUMBERS)))
@given(data=st.data())
def test_a_primitive_gives_the_shape_type_and_layout_of_the_real_one(name: str, data: Any) -> None:
    arrays, static = data.draw(laid_out(name))
    layout = name not in LAID_OUT_OTHERWISE
    expected = getattr(NUMPY, name)(*arrays, **static)
    found = getattr(META, name)(*map(without_numbers, arrays), **static)
    assert facts(found, layout) == facts(expected, layout)


@pytest.mark.parametrize("name", sorted(NEEDING_NUMBERS))
@given(data=st.data())
def test_a_primitive_whose_shape_follows_from_numbers_is_refused(name: str, data: Any) -> None:
    arrays, static = data.draw(laid_out(name))
    with pytest.raises(NotImplementedError, match="no data!"):
        getattr(META, name)(*map(without_numbers, arrays), **static)


def has_rules(name: str) -> bool:
    """Tell whether a primitive can be differentiated."""
    op = PRIMITIVES[name]
    return name in SAMPLES and (any(op.differentiable) or op.rest_rule is not None)


def pulled(name: str, arrays: Any, static: dict[str, Any]) -> list[Any]:
    """Differentiate twice; return shape and type of all gradients."""
    op = PRIMITIVES[name]
    tensors = [x if x is None else wrap(x) for x in arrays]
    inputs = [
        t for place, t in enumerate(tensors)
        if t is not None and t.array.dtype.kind in "fc" and op.takes_gradient(place)
    ]  # fmt: skip
    for each in inputs:
        each.requires_grad_()
    made = getattr(TENSOR, name)(*tensors, **static)
    outputs = [y for y in (made if isinstance(made, tuple) else (made,)) if y.requires_grad]
    first = gradients(outputs, inputs, create_graph=True) if outputs else []
    again = [g for g in first if g is not None and g.requires_grad]
    second = gradients(again, inputs) if again else []
    return [g if g is None else (tuple(g.shape), g.dtype) for g in (*first, *second)]


def gradients(outputs: Any, inputs: Any, **options: Any) -> list[Any]:
    """Pull ones back."""
    seeds = [torch.ones_like(y) for y in outputs]
    return list(torch.autograd.grad(outputs, inputs, seeds, allow_unused=True, **options))


@pytest.mark.parametrize("name", sorted(filter(has_rules, set(PRIMITIVES) - set(NEEDING_NUMBERS))))
@settings(max_examples=max(4, settings.default.max_examples // 6))
@given(data=st.data())
def test_first_and_second_gradients_have_the_real_shapes_and_types(name: str, data: Any) -> None:
    arrays, static = data.draw(laid_out(name))
    shapes = [without_numbers(x) for x in arrays]
    assert pulled(name, shapes, static) == pulled(name, arrays, static)


# -- no memory -------------------------------------------------------------------------------------


def side() -> Any:
    """Return a matrix of 64 megabytes, had it numbers."""
    return torch.empty(4096, 4096, device="meta")


def images() -> Any:
    """Return images of 77 megabytes, had they numbers."""
    return torch.empty(128, 3, 224, 224, device="meta")


def step(loss: Any, *leaves: Any) -> Any:
    """Run a backward pass; return the first gradient."""
    loss.sum().backward()
    return leaves[0].grad


def trained() -> Any:
    """Run convolution, normalisation, pooling and a loss forward and backward."""
    x = images().requires_grad_()
    w = torch.empty(16, 3, 3, 3, device="meta", requires_grad=True)
    y = F.max_pool2d(F.relu(F.batch_norm(F.conv2d(x, w, padding=1), None, None, training=True)), 2)
    labels = torch.empty(128, dtype=torch.int64, device="meta")
    return step(F.cross_entropy(y.flatten(1), labels), x)


LARGE: dict[str, Callable[[], Any]] = {
    "a chain": lambda: ((side() * 2 + side()[:1]).exp().t() - 1).abs().sum(0),
    "products": lambda: side() @ side().t() @ side(),
    "convolution": lambda: F.conv2d(images(), torch.empty(64, 3, 7, 7, device="meta"), stride=2),
    "softmax": lambda: F.softmax(side(), 1) + F.log_softmax(side(), 0),
    "batch norm": lambda: F.batch_norm(images(), None, None, training=True),
    "layer norm": lambda: F.layer_norm(side(), (4096,)),
    "special functions": lambda: torch.erf(side()) + F.gelu(side()) + torch.sigmoid(side()),
    "pooling": lambda: F.max_pool2d(F.avg_pool2d(images(), 3, 1, 1), 2),
    "sums": lambda: side().mean((0, 1)) + side().var() + side().cumsum(0).logsumexp((0, 1)),
    "sorting": lambda: torch.sort(side(), 0)[0] + torch.topk(side(), 5)[0].sum(),
    "indexing": lambda: side()[torch.empty(9000, dtype=torch.int64, device="meta")][:, ::2],
    "dropout": lambda: F.dropout(side(), 0.5, True),
    "random numbers": lambda: torch.rand(4096, 4096, device="meta") + side().normal_(),
    "writing": lambda: side().zero_().add_(1).copy_(side()),
    "joining": lambda: torch.cat([side(), side()]).reshape(-1).flip(0),
    "a training step": trained,
}


@pytest.mark.parametrize("name", LARGE)
def test_nothing_of_the_size_of_the_input_is_allocated(name: str) -> None:
    LARGE[name]()
    tracemalloc.start()
    try:
        result = LARGE[name]()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert result.is_meta
    assert peak < 4096 * 4096 * 4 // 100


# -- how it behaves --------------------------------------------------------------------------------


@pytest.fixture
def x() -> Any:
    """A matrix without numbers."""
    return torch.empty(2, 3, device="meta")


def test_a_tensor_goes_to_meta_and_keeps_shape_type_and_layout() -> None:
    y = torch.ones(2, 3, dtype=torch.float64).t().to("meta")
    assert (y.is_meta, tuple(y.shape), y.dtype, y.stride()) == (True, (3, 2), torch.float64, (1, 3))


@pytest.mark.parametrize("other", [torch.ones(2, 3), torch.ones(3), torch.ones(()), 2, 2.5])
def test_a_shape_only_operand_makes_the_result_shape_only(x: Any, other: Any) -> None:
    for y in (x + other, other * x, torch.where(x > 0, x, other)):
        assert (y.is_meta, tuple(y.shape), y.dtype) == (True, (2, 3), torch.float32)


def test_real_weights_and_real_indices_meet_a_shape_only_input(x: Any) -> None:
    weight = torch.ones(4, 3, requires_grad=True)
    assert F.linear(x, weight).is_meta
    assert tuple(x[torch.tensor([0, 1, 1])].shape) == (3, 3)
    assert tuple(torch.ones(5, 2)[torch.empty(4, dtype=torch.int64, device="meta")].shape) == (4, 2)


def test_types_are_promoted_as_on_the_cpu(x: Any) -> None:
    whole = torch.empty(3, dtype=torch.int64, device="meta")
    assert (x + whole).dtype is torch.float32
    assert (whole / 2).dtype is torch.float32
    assert (whole > 1).dtype is torch.bool
    assert whole.sum().dtype is torch.int64
    assert (x.half() + torch.ones((), dtype=torch.float64)).dtype is torch.float16


def test_views_share_and_copies_do_not(x: Any) -> None:
    assert x.t().is_contiguous() is False
    assert x.t().contiguous().is_contiguous()
    assert tuple(x.view(6).shape) == (6,)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        x.t().view(6)
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        (x.t() + 1).view(6)
    assert x.reshape(3, 2)._base is x
    assert x.t().reshape(6)._base is None


def test_writing_in_place_checks_shapes_and_counts(x: Any) -> None:
    row = x[0]
    x.add_(1)
    x[1] = 5.0
    x[:, torch.tensor([0, 2])] = torch.ones(2)
    assert (x._version, row._version) == (3, 3)
    with pytest.raises(RuntimeError, match="cannot be broadcast"):
        x[0] = torch.ones(2)
    with pytest.raises(RuntimeError):
        x.copy_(torch.ones(4))
    with pytest.raises(RuntimeError, match="single memory location"):
        x[:1].expand(4, 3).add_(1)


def test_wrong_shapes_are_refused_in_the_words_of_the_cpu(x: Any) -> None:
    for call in (
        lambda a: a @ a, lambda a: a + a.new_ones(4), lambda a: a.reshape(4), lambda a: a[2],
        lambda a: torch.cat([a, a.t()]), lambda a: a.sum(2), lambda a: a.squeeze(5),
        lambda a: F.conv2d(a.reshape(1, 2, 3, 1), a.new_ones(4, 3, 1, 1)), lambda a: a.expand(3, 3),
        lambda a: F.linear(a, a.new_ones(5, 4)), lambda a: a.gather(2, a.long()),
    ):  # fmt: skip
        with pytest.raises((RuntimeError, IndexError)) as real:
            call(torch.ones(2, 3))
        with pytest.raises(type(real.value)) as meta:
            call(x)
        assert str(meta.value).split("\n")[0] == str(real.value).split("\n")[0]


ASKING: dict[str, Callable[[Any], Any]] = {
    "item": lambda x: x.sum().item(),
    "bool": lambda x: bool(x.sum() > 0),
    "float": lambda x: float(x.sum()),
    "int": lambda x: int(x.sum()),
    "tolist": lambda x: x.tolist(),
    "cpu": lambda x: x.cpu(),
    "numpy by force": lambda x: x.numpy(force=True),
    "nonzero": lambda x: x.nonzero(),
    "a mask": lambda x: x[x > 0],
    "writing by a mask": lambda x: x.__setitem__(x > 0, 0.0),
    "masked_select": lambda x: torch.masked_select(x, x > 0),
    "unique": lambda x: torch.unique(x),
    "equal": lambda x: torch.equal(x, x),
    "allclose": lambda x: torch.allclose(x, x),
    "bincount": lambda x: torch.bincount(x[0].long()),
    "a real target": lambda x: torch.ones(2, 3).add_(x),
    "a real copy": lambda x: torch.ones(2, 3).copy_(x),
    "an index": lambda x: [1, 2][x.sum().long()],
}


@pytest.mark.parametrize("name", ASKING)
def test_what_would_read_numbers_is_refused_with_a_mend(name: str, x: Any) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)no data!.*mend"):
        ASKING[name](x)


def test_numpy_is_refused_as_for_every_device(x: Any) -> None:
    with pytest.raises(TypeError, match="can't convert meta device type tensor to numpy"):
        x.numpy()


def test_random_draws_leave_the_stream_alone(x: Any) -> None:
    before = torch.get_rng_state()
    x.normal_()
    F.dropout(x, 0.5, True)
    torch.rand(3, device="meta")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_tensor_shows_its_shape_and_can_be_copied(x: Any) -> None:
    assert repr(x) == "tensor(..., device='meta', size=(2, 3))"
    twin = copy.deepcopy(x)
    assert (twin.is_meta, twin.shape) == (True, x.shape)
    assert [tuple(row.shape) for row in x] == [(3,), (3,)]


def test_backward_fills_gradients_without_numbers() -> None:
    w = torch.empty(4, 3, device="meta", requires_grad=True)
    for _ in range(2):
        (torch.ones(2, 3) @ w.t()).tanh().sum().backward()
    assert (w.grad.is_meta, tuple(w.grad.shape), w.grad.dtype) == (True, (4, 3), torch.float32)


def layers(module: Any) -> Iterator[Any]:
    """Yield parameters and buffers."""
    yield from module.parameters()
    yield from module.buffers()


def test_a_lazy_net_settles_on_shapes_alone() -> None:
    net = torch.nn.Sequential(
        torch.nn.LazyConv2d(8, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(),
        torch.nn.LazyLinear(5),
    )  # fmt: skip
    y = net(torch.empty(2, 3, 12, 12, device="meta"))
    assert (y.is_meta, tuple(y.shape)) == (True, (2, 5))
    assert {tensor.device.type for tensor in layers(net)} == {"cpu"}
    assert tuple(net[4].weight.shape) == (5, 200)
    assert all(tensor.abs().sum() > 0 for tensor in layers(net))
    assert tuple(net(torch.ones(1, 3, 12, 12)).shape) == (1, 5)
