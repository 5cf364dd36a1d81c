"""A graph holds no cycle: everything dies with its last tensor, without the garbage collector."""

from __future__ import annotations

import gc
import weakref

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn


@pytest.fixture(autouse=True)
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Exponential(torch.autograd.Function):
    """Saves an input and its own output."""

    @staticmethod
    def forward(ctx, x, scale):
        y = (x * scale).exp()
        ctx.save_for_backward(x, y)
        ctx.scale = scale
        return y, y * 2

    @staticmethod
    def backward(ctx, g, twice):
        return (g + 2 * twice) * ctx.saved_tensors[1] * ctx.scale, None


def arithmetic(x):
    y = (x * x).exp() / x
    return [y, y.sum()]


def saved_by_a_function(x):
    y, z = Exponential.apply(x, 0.5)
    return [y, z, (y * z).sum()]


def written_views(x):
    y = x * 1
    view = y[1:]
    inner = view.view(-1)
    view.mul_(2)
    y.add_(1)
    inner.exp_()
    return [y, view, inner, y.sum() + inner.sum()]


def hooks(x):
    y = x * 1
    y.retain_grad()
    y.register_hook(lambda g: g * 2)
    x.register_post_accumulate_grad_hook(lambda leaf: None)
    return [y, (y * y).sum()]


def several_outputs(x):
    values, places = x.sort()
    top, _ = x.max(0)
    return [values, top, (values * values).sum() + top]


def modules(x):
    net = nn.Sequential(nn.LazyLinear(4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    y = net(x.expand(5, 3).to(torch.float32) * torch.arange(5.0)[:, None])
    return [net, net[0].weight, y, y.square().sum()]


GRAPHS = [arithmetic, saved_by_a_function, written_views, hooks, several_outputs, modules]


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("how", ["never", "once", "kept", "graph", "grad", "failed"])
def test_a_graph_dies_with_its_last_tensor(graph, how):
    def work():
        x = torch.tensor([1.0, 2.0, 0.5], requires_grad=True)
        made = graph(x)
        found = [x, *made, made[-1].node]
        if how in ("once", "kept", "graph"):
            made[-1].backward(retain_graph=how == "kept" or None, create_graph=how == "graph")
            found += [x.grad, x.grad.node]
        if how == "grad":
            found += torch.autograd.grad(made[-1], x, create_graph=True)
        if how == "failed":
            made[-1].register_hook(lambda g: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                made[-1].backward()
        return [weakref.ref(each) for each in found if each is not None]

    references = work()
    assert [reference() for reference in references] == [None] * len(references)


@pytest.mark.parametrize("own", [False, True])
def test_saved_arrays_are_freed_by_the_pass_although_the_loss_lives(own):
    class Product(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(w)
            return x * w

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0], None

    x, w = torch.ones(3, requires_grad=True), torch.ones(3) * 2
    array = weakref.ref(w.numpy())
    loss = (Product.apply(x, w) if own else x * w).sum()
    del w
    assert array() is not None
    loss.backward()
    assert array() is None
    assert loss.grad_fn is not None


def test_operations_whose_rules_need_nothing_let_their_inputs_die():
    x = torch.ones(3, requires_grad=True)
    a, b = x * 2, x * 3
    arrays = [weakref.ref(t.numpy(force=True)) for t in (a, b)]
    y = (a + b).sum()
    del a, b
    assert [array() for array in arrays] == [None, None]
    y.backward()
    assert x.grad.tolist() == [5, 5, 5]
