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
    layer = linear(Shifted)
    with cached():
        layer.weight.sum().backward()
        layer.weight.sum().backward()
    assert layer.parametrizations.weight.original.grad.tolist() == [[2.0] * 3] * 3
    layer = linear(Squared)
    with cached():
        layer.weight.sum().backward()
        with pytest.raises(RuntimeError, match="Trying to backward through the graph a second "):
            layer.weight.sum().backward()


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
