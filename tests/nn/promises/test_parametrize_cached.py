"""cached(): computed once, and never stale."""

from __future__ import annotations

import copy
import gc
import threading

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import (
    Counting,
    Doubled,
    Shifted,
    Squared,
    Sum,
    array,
    in_threads,
    linear,
)
from tests.nn.promises.rows import promise

cached, register = parametrize.cached, parametrize.register_parametrization
norms = nn.utils.parametrizations


def counted():
    new = Counting()
    return register(nn.Linear(3, 3), "weight", new), new


@promise("3.6.1", "1.33")
@pytest.mark.parametrize("kinds", [[Doubled], [Sum], [Doubled, Shifted]])
def test_reads_in_a_block_give_one_object(kinds):
    layer = linear(*kinds)
    with cached():
        value = layer.weight
        assert layer.weight is value
        layer(torch.ones(1, 3))
        with cached():
            assert layer.weight is value
        assert layer.weight is value
    assert layer.weight is not value
    with cached():
        assert layer.weight is not value


@promise("3.6.2", "1.33")
def test_an_exception_empties_the_cache_too():
    layer, new = counted()
    kept = []

    def enter_and_fail():
        with cached(), cached():
            kept.append(layer.weight)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        enter_and_fail()
    calls = new.calls
    assert layer.weight is not kept[0]
    assert layer.weight is not layer.weight
    assert new.calls == calls + 3
    with cached():
        assert layer.weight is not kept[0]


@promise("3.6.2")
def test_an_inner_block_that_fails_leaves_the_outer_one():
    layer = linear(Doubled)
    with cached():
        value = layer.weight
        try:
            with cached():
                raise ArithmeticError
        except ArithmeticError:
            pass
        assert layer.weight is value


@promise("3.6.3")
def test_the_counts_of_torch():
    layer, new = counted()
    assert (new.calls, new.inverses) == (1, 1)
    with cached():
        layer(torch.ones(1, 3))
        layer(torch.ones(1, 3))
    assert new.calls == 2
    layer(torch.ones(1, 3))
    layer(torch.ones(1, 3))
    assert new.calls == 4
    with cached():
        pass
    assert new.calls == 4


@promise("3.6.2")
def test_nothing_of_a_block_is_kept_alive():
    import weakref

    layer = linear(Doubled)
    with cached():
        value = weakref.ref(layer.weight)
    gc.collect()
    assert value() is None


@promise("3.6.4")
def test_two_backward_passes_in_a_block():
    layer = linear(Doubled)
    with cached():
        layer.weight.sum().backward()
        layer.weight.sum().backward()
    assert layer.parametrizations.weight.original.grad.tolist() == [[4.0] * 3] * 3
    layer = linear(Squared)
    with cached():
        layer.weight.sum().backward()
        with pytest.raises(RuntimeError, match="Trying to backward through the graph a second "):
            layer.weight.sum().backward()


def assign(layer):
    layer.weight = torch.full((3, 3), 5.0)


def step(layer):
    layer.weight.sum().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()


def adam(layer):
    optimizer = torch.optim.Adam(layer.parameters(), lr=1.0)
    layer.weight.sum().backward()
    optimizer.step()


def load(layer):
    layer.load_state_dict(linear(*map(type, layer.parametrizations.weight), seed=7).state_dict())


def load_assigned(layer):
    other = linear(*map(type, layer.parametrizations.weight), seed=7)
    layer.load_state_dict(other.state_dict(), assign=True)


def in_place(layer):
    with torch.no_grad():
        next(layer.parametrizations.weight.parameters()).add_(1)


def data_replaced(layer):
    original = next(layer.parametrizations.weight.parameters())
    original.data = torch.full((3, 3), 8.0)


def initialise(layer):
    nn.init.constant_(layer.weight, 3.0)


def extend(layer):
    register(layer, "weight", Doubled())


def remove(layer):
    parametrize.remove_parametrizations(layer, "weight")
    with torch.no_grad():
        layer.weight.add_(1)


def remove_and_register(layer):
    parametrize.remove_parametrizations(layer, "weight")
    register(layer, "weight", Shifted())


def convert(layer):
    layer.double()


CHANGES = [assign, step, adam, load, load_assigned, in_place, data_replaced, initialise,
           extend, remove, remove_and_register, convert]  # fmt: skip


@promise("N12.1")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kinds", [[Doubled], [Doubled, Doubled], [Sum]])
def test_a_change_in_a_block_is_seen(change, kinds):
    layer, twin = linear(*kinds), linear(*kinds)
    with cached():
        before = array(layer.weight)
        change(layer)
        after = layer.weight
        assert layer.weight is after
        change(twin)
    due = twin.weight
    assert (str(after.dtype), array(after).tolist()) == (str(due.dtype), array(due).tolist())
    if change is not convert and not (change is remove_and_register and kinds == [Sum]):
        assert array(after).tolist() != before.tolist()


@promise("N12.1")
def test_a_buffer_of_a_parametrization_is_part_of_the_key():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("scale", torch.ones(()))

        def forward(self, X):
            return X * self.scale

    layer = register(linear(), "weight", Scaled())
    with cached():
        before = array(layer.weight)
        layer.parametrizations.weight[0].scale.fill_(3.0)
        assert array(layer.weight).tolist() == (before * 3).tolist()
        layer.parametrizations.weight[0].scale = torch.full((), 5.0)
        assert array(layer.weight).tolist() == (before * 5).tolist()


@promise("N12.1")
def test_a_parameter_of_a_parametrization_is_part_of_the_key():
    layer = register(linear(), "weight", nn.Linear(3, 3, bias=False))
    with cached():
        before = array(layer.weight)
        with torch.no_grad():
            layer.parametrizations.weight[0].weight.mul_(2)
        assert array(layer.weight).tolist() == (before * 2).tolist()


@promise("N12.1")
@pytest.mark.parametrize("where", [lambda m: m, lambda m: m.parametrizations.weight])
def test_the_mode_of_training_is_part_of_the_key(where):
    class Moded(nn.Module):
        def forward(self, X):
            return X if self.training else X * 0

    layer = register(linear(), "weight", Moded())
    with cached():
        assert layer.weight.abs().sum().item() > 0
        where(layer).eval()
        assert layer.weight.abs().sum().item() == 0
        where(layer).train()
        assert layer.weight.abs().sum().item() > 0


@promise("N12.2")
@pytest.mark.parametrize("kinds", [[Doubled], [Sum]])
def test_a_value_read_without_gradients_is_not_given_with_them(kinds):
    layer = linear(*kinds)
    with cached():
        with torch.no_grad():
            assert not layer.weight.requires_grad
        assert layer.weight.requires_grad
        layer(torch.ones(1, 3)).sum().backward()
        with torch.no_grad():
            assert not (layer.weight * 1).requires_grad
        with torch.inference_mode():
            assert layer.weight.tolist() == array(layer.weight).tolist()
        layer.weight.sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


@promise("N12.2")
def test_freezing_in_a_block_is_seen():
    layer = linear(Doubled)
    with cached():
        assert layer.weight.requires_grad
        layer.requires_grad_(False)
        assert not layer.weight.requires_grad
        layer.requires_grad_(True)
        assert layer.weight.requires_grad


@promise("N12.3")
def test_spectral_norm_iterates_once_in_a_block():
    layer = norms.spectral_norm(linear(sizes=(4, 3)))
    before = layer.parametrizations.weight[0]._u.tolist()
    with cached():
        value = layer.weight
        after = layer.parametrizations.weight[0]._u.tolist()
        for _ in range(5):
            assert layer.weight is value
            layer(torch.ones(1, 4))
    assert layer.parametrizations.weight[0]._u.tolist() == after
    assert after != before


@promise("N12.4", "R9", "N12.1")
def test_modules_made_and_freed_in_one_block_never_meet():
    wrong = 0
    with cached():
        for i in range(1000):
            layer = nn.Linear(2, 2)
            with torch.no_grad():
                layer.weight.fill_(float(i))
            register(layer, "weight", Doubled())
            wrong += layer.weight.tolist() != [[float(i)] * 2] * 2
            wrong += layer.weight is not layer.weight
            del layer
            if i % 100 == 0:
                gc.collect()
    assert wrong == 0


@promise("N12.4")
def test_a_copy_made_in_a_block_has_a_cache_of_its_own():
    layer = linear(Doubled)
    with cached():
        value = layer.weight
        for twin in (copy.deepcopy(layer), copy.copy(layer)):
            with torch.no_grad():
                twin.parametrizations.weight.original.fill_(1.0)
            assert twin.weight.tolist() == [[2.0] * 3] * 3
        parametrize.transfer_parametrizations_and_params(layer, linear(seed=3))
        assert value.shape == (3, 3)


@promise("N12.4", "R9")
def test_a_block_of_one_thread_is_not_one_of_another():
    layer, entered, done = linear(Doubled), threading.Event(), threading.Event()
    found = {}

    def inside():
        with cached():
            found["value"] = layer.weight
            entered.set()
            done.wait(10)
            found["again"] = layer.weight

    thread = threading.Thread(target=inside)
    thread.start()
    entered.wait(10)
    assert layer.weight is not layer.weight
    assert layer.weight is not found["value"]
    with cached():
        assert layer.weight is not found["value"]
    done.set()
    thread.join()
    assert found["again"] is found["value"]


@promise("N12.4", "R9")
def test_threads_each_read_their_own_value_without_a_mistake():
    layer = linear(Doubled)

    def work(i):
        with cached():
            first = layer.weight
            for _ in range(200):
                assert layer.weight is first
                assert layer(torch.ones(1, 3)).shape == (1, 3)
        return id(first), first

    found = in_threads(work)
    assert [error for error in found if isinstance(error, Exception)] == []
    assert len({number for number, _ in found}) == 8


@promise("N12.4", "R9")
def test_generators_and_tasks_keep_their_blocks():
    import asyncio

    layer = linear(Doubled)

    async def task(inside):
        if not inside:
            await asyncio.sleep(0)
            first = layer.weight
            await asyncio.sleep(0)
            return layer.weight is first
        with cached():
            first = layer.weight
            for _ in range(4):
                await asyncio.sleep(0)
            return layer.weight is first

    async def both():
        return await asyncio.gather(task(True), task(False))

    assert asyncio.run(both()) == [True, False]


@promise("1.33", "3.6.1")
def test_cached_reads_of_a_lazy_layer_start_when_it_settles():
    layer = register(nn.LazyLinear(3), "weight", Doubled())
    with cached():
        layer(torch.ones(1, 4))
        value = layer.weight
        assert value.shape == (3, 4)
        assert layer.weight is value
        layer(torch.ones(1, 4)).sum().backward()
    assert layer.parametrizations.weight.original.grad.shape == (3, 4)
