"""cache_always: the rule of cached without a block."""

import threading

import pytest

import minitorch_lazy as torch
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import Squared, linear
from tests.nn.promises.rows import promise


@pytest.fixture(autouse=True)
def always():
    parametrize.cache_always()
    yield
    parametrize.cache_always(False)


@promise("N12.5")
def test_a_value_is_kept_until_something_changes():
    layer = linear(Squared)
    value = layer.weight
    assert layer.weight is value
    with torch.no_grad():
        layer.parametrizations.weight.original.add_(1.0)
    assert layer.weight is not value
    with parametrize.cached():
        inner = layer.weight
    assert layer.weight is inner


@promise("N12.5")
def test_backward_passes_one_after_the_other_add_up():
    layer = linear(Squared)
    for _ in range(3):
        layer(torch.ones(1, 3)).sum().backward()
    original = layer.parametrizations.weight.original
    assert torch.allclose(original.grad, 6 * original.detach())


@promise("N12.5")
def test_it_holds_in_its_thread_alone_and_ends():
    layer, seen = linear(Squared), []
    thread = threading.Thread(target=lambda: seen.append(layer.weight is layer.weight))
    thread.start()
    thread.join()
    assert seen == [False]
    parametrize.cache_always(False)
    assert layer.weight is not layer.weight
