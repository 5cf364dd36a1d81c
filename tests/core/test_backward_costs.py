"""What a graph costs: no recursion, and time that grows with its size alone."""

from __future__ import annotations

import gc
import threading
import time
import weakref

import numpy as np
import pytest

import minitorch_lazy as torch

STACK = 256 * 1024


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def in_small_stack(work):
    """Run a function in a thread with a stack of 256 KB, and return what it returns."""
    found = []
    before = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=lambda: found.append(work()))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found, "the thread failed"
    return found[0]


# -- long chains ---------------------------------------------------------------------------------


def chain(length, step):
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(length):
        y = step(y)
    return x, y


def test_a_chain_of_a_hundred_thousand_is_walked_and_freed_in_a_small_stack(no_collector):
    def work():
        x, y = chain(100_000, lambda y: y + 1.0)
        last = weakref.ref(y.node)
        y.backward()
        del y
        return x.grad.item(), last()

    assert in_small_stack(work) == (1, None)


def test_a_chain_that_is_never_walked_is_freed_too(no_collector):
    def work():
        x, y = chain(100_000, lambda y: y * 1.0)
        last = weakref.ref(y.node)
        del y
        return last()

    assert in_small_stack(work) is None


def test_a_chain_of_views_and_writes_is_walked_and_freed(no_collector):
    def work():
        x, y = chain(5_000, lambda y: y.view(1)[0:1])
        start = weakref.ref(y)
        base = torch.zeros(2) + y
        for _ in range(2_000):
            base[0:1] += 1
        base.sum().backward()
        del y, base
        return x.grad.item(), start()

    assert in_small_stack(work) == (2, None)


def test_the_derivative_of_a_chain_is_a_chain(no_collector):
    def work():
        x, y = chain(5_000, lambda y: y * y * 0.5 + 0.5)
        (g,) = torch.autograd.grad(y, x, create_graph=True)
        (h,) = torch.autograd.grad(g, x)
        last = weakref.ref(g)
        found = g.item(), h.item()
        del y, g
        return *found, last()

    assert in_small_stack(work) == (1, 5_000, None)


@pytest.mark.slow
def test_a_chain_of_a_million_is_walked_and_freed_in_a_small_stack(no_collector):
    def work():
        x, y = chain(1_000_000, lambda y: y + 1.0)
        last = weakref.ref(y.node)
        y.backward()
        del y
        return x.grad.item(), last()

    assert in_small_stack(work) == (1, None)


# -- time ----------------------------------------------------------------------------------------


def seconds(build, size):
    """Return the processor time of one pass back over a graph of this size: the best of three."""
    found = []
    for _ in range(3):
        x, y = build(size)
        start = time.thread_time()
        y.backward()
        found.append(time.thread_time() - start)
        assert x.grad is not None
    return min(found)


def fan(size):
    x = torch.ones(1, requires_grad=True)
    y = x * 1.0
    return x, torch.stack([y * 2.0 for _ in range(size)]).sum()


def repeated_sum(size):
    x = torch.ones(1, requires_grad=True)
    y = total = x * 1.0
    for _ in range(size):
        total = total + y
    return x, total


def ladder(size):
    x = torch.ones(1, requires_grad=True)
    a, b = x * 1.0, x * 0.5
    for _ in range(size):
        a, b = (a + b) * 0.5, (a - b) * 0.5
    return x, a + b


def slices(size):
    x = torch.ones(size, 16, requires_grad=True)
    y = x * 1.0
    return x, torch.stack([y[i].sum() for i in range(size)]).sum()


@pytest.mark.parametrize("build", [fan, repeated_sum, ladder, slices])
def test_four_times_the_graph_takes_about_four_times_as_long(build):
    seconds(build, 100)
    assert seconds(build, 4_000) < 9 * max(seconds(build, 1_000), 1e-3)


def test_a_thousand_slices_of_one_array_are_cheap():
    x, y = slices(1_000)
    start = time.thread_time()
    y.backward()
    assert time.thread_time() - start < 0.5
    np.testing.assert_array_equal(x.grad.numpy(), np.ones((1_000, 16)))


@pytest.mark.parametrize("graph", [False, True])
def test_slices_that_overlap_and_whole_uses_add_up(graph):
    x = torch.zeros(6, requires_grad=True)
    y = x * 1
    total = y.sum() * 10
    expected = np.full(6, 10.0)
    for start in range(5):
        for stop in range(start + 1, 6):
            total = total + (y[start:stop] * float(stop)).sum()
            expected[start:stop] += stop
    total.backward(create_graph=graph)
    np.testing.assert_array_equal(x.grad.detach().numpy(), expected)
