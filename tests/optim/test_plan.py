"""The flat state never shows: parameters may come, go, change and be shared between steps."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

import minitorch_lazy as mt


class Reference:
    """Adam for one parameter, as its formula stands in the paper."""

    def __init__(self, value, lr=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
        self.value, self.options = np.array(value, float), (lr, beta1, beta2, eps)
        self.m = self.v = np.zeros_like(self.value)
        self.t = 0

    def step(self, g):
        lr, b1, b2, eps = self.options
        self.t += 1
        self.m, self.v = b1 * self.m + (1 - b1) * g, b2 * self.v + (1 - b2) * g * g
        m, v = self.m / (1 - b1**self.t), self.v / (1 - b2**self.t)
        self.value = self.value - lr * m / (np.sqrt(v) + eps)


def leaf(values):
    return mt.tensor(values, dtype=mt.float64, requires_grad=True)


def give(parameter, gradient):
    parameter.grad = mt.tensor(gradient, dtype=mt.float64)


def check(parameter, reference):
    np.testing.assert_allclose(parameter.detach().numpy(), reference.value, rtol=1e-10)


def test_a_parameter_without_gradient_is_skipped_and_keeps_its_own_count():
    a, b = leaf([1.0, 2.0]), leaf([3.0])
    ra, rb = Reference([1.0, 2.0]), Reference([3.0])
    optimizer = mt.optim.Adam([a, b], lr=0.1)
    for i in range(6):
        optimizer.zero_grad()
        give(a, [0.5, -i])
        ra.step(np.array([0.5, -i]))
        if i % 3 == 1:
            give(b, [1.0 + i])
            rb.step(np.array([1.0 + i]))
        optimizer.step()
    check(a, ra), check(b, rb)
    assert [optimizer.state[p]["step"].item() for p in (a, b)] == [6.0, 2.0]


def test_state_tensors_stay_the_same_objects_and_are_live():
    a, b = leaf([1.0, 2.0]), leaf([3.0])
    optimizer = mt.optim.Adam([a, b], lr=0.1)
    give(a, [1.0, 1.0])
    optimizer.step()
    held = optimizer.state[a]["exp_avg"]
    give(b, [1.0])
    optimizer.step()
    np.testing.assert_allclose(held.numpy(), [0.19, 0.19])
    assert optimizer.state[a]["exp_avg"] is held


def test_state_that_the_user_replaces_is_used():
    a = leaf([1.0])
    optimizer = mt.optim.Adam([a], lr=0.1)
    give(a, [1.0])
    optimizer.step()
    optimizer.state[a]["exp_avg"] = mt.tensor([0.5], dtype=mt.float64)
    optimizer.state[a]["step"] = mt.tensor(9.0)
    give(a, [0.0])
    optimizer.step()
    assert optimizer.state[a]["exp_avg"].item() == 0.45
    assert optimizer.state[a]["step"].item() == 10.0


def test_state_that_the_user_deletes_starts_anew():
    a = leaf([1.0])
    optimizer = mt.optim.SGD([a], lr=1.0, momentum=0.5)
    for expected in (0.0, -1.5):
        give(a, [1.0])
        optimizer.step()
        assert a.item() == expected
    optimizer.state.clear()
    give(a, [1.0])
    optimizer.step()
    assert a.item() == -2.5


def test_a_step_count_that_the_user_changes_in_place_is_used():
    a, b = leaf([1.0]), leaf([1.0])
    ra, rb = Reference([1.0]), Reference([1.0])
    optimizer = mt.optim.Adam([a, b], lr=0.1)
    for p, r in ((a, ra), (b, rb)):
        give(p, [2.0])
        r.step(np.array([2.0]))
    optimizer.step()
    optimizer.state[b]["step"].fill_(5.0)
    rb.t = 5
    for r in (ra, rb):
        r.step(np.array([2.0]))
    optimizer.step()
    check(a, ra), check(b, rb)


def test_parameters_are_never_moved():
    array = np.array([1.0, 2.0])
    a = mt.from_numpy(array).requires_grad_()
    optimizer = mt.optim.Adam([a], lr=0.5)
    for _ in range(2):
        give(a, [1.0, -1.0])
        optimizer.step()
    np.testing.assert_allclose(array, [0.0, 3.0], atol=1e-7)
    np.testing.assert_array_equal(array, a.detach().numpy())


def test_a_gradient_is_left_as_it_was():
    a = leaf([1.0, 2.0])
    give(a, [1.0, -1.0])
    mt.optim.AdamW([a], weight_decay=0.5, maximize=True).step()
    mt.optim.SGD([a], weight_decay=0.5, momentum=0.5).step()
    assert a.grad.tolist() == [1.0, -1.0]


def test_new_data_is_stepped_from():
    a = leaf([1.0])
    optimizer = mt.optim.SGD([a], lr=1.0)
    give(a, [1.0])
    optimizer.step()
    a.data = mt.tensor([10.0], dtype=mt.float64)
    optimizer.step()
    assert a.item() == 9.0


def test_a_parameter_may_change_its_type_between_steps():
    a = leaf([1.0])
    optimizer = mt.optim.Adam([a], lr=0.5)
    give(a, [1.0])
    optimizer.step()
    a.data = a.data.float()
    a.grad = mt.tensor([1.0])
    optimizer.step()
    assert optimizer.state[a]["exp_avg"].dtype == mt.float32
    np.testing.assert_allclose(a.item(), 0.0, atol=1e-6)


def test_state_of_another_shape_is_refused_with_a_mend():
    a = leaf([1.0])
    optimizer = mt.optim.Adam([a])
    give(a, [1.0])
    optimizer.step()
    a.data = mt.zeros(2, dtype=mt.float64)
    give(a, [1.0, 1.0])
    with pytest.raises(RuntimeError, match=r"(?s)another size.*mend"):
        optimizer.step()


def test_two_optimizers_may_share_a_parameter():
    a = leaf([1.0])
    first, second = mt.optim.SGD([a], lr=1.0), mt.optim.SGD([a], lr=0.5)
    for optimizer in (first, second, first):
        give(a, [1.0])
        optimizer.step()
    assert a.item() == -1.5


def test_a_step_is_seen_by_the_version_counter():
    a, b = leaf([1.0]), leaf(np.ones(50000))
    versions = a._version, b._version
    give(a, [1.0]), give(b, np.ones(50000))
    mt.optim.SGD([a, b], lr=1.0).step()
    assert a._version > versions[0]
    assert b._version > versions[1]


def test_a_graph_built_before_the_step_is_refused_after_it():
    a = leaf([2.0])
    loss = (a * a).sum()
    give(a, [1.0])
    mt.optim.SGD([a], lr=1.0).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_learning_rates_are_read_at_every_step():
    a = leaf([0.0])
    optimizer = mt.optim.SGD([a], lr=1.0)
    for rate in (1.0, 0.5, 0.25):
        optimizer.param_groups[0]["lr"] = rate
        give(a, [1.0])
        optimizer.step()
    assert a.item() == -1.75


def test_a_group_may_gain_and_lose_parameters_between_steps():
    a, b, c = leaf([0.0]), leaf([0.0]), leaf([0.0])
    optimizer = mt.optim.SGD([a, b], lr=1.0, momentum=0.5)
    for p in (a, b, c):
        give(p, [1.0])
    optimizer.step()
    optimizer.add_param_group({"params": [c], "lr": 0.5})
    del optimizer.param_groups[0]["params"][1]
    optimizer.step()
    assert [p.item() for p in (a, b, c)] == [-2.5, -1.0, -0.5]


def test_a_parameter_given_twice_is_stepped_twice_as_in_pytorch():
    a = leaf([0.0])
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = mt.optim.SGD([a, a], lr=1.0, momentum=0.5)
    give(a, [1.0])
    optimizer.step()
    assert a.item() == -2.5


def test_many_small_parameters_of_several_kinds_are_all_stepped():
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(int(n)) for n in rng.integers(1, 9000, 30)]
    kinds = [mt.float32 if i % 3 else mt.float64 for i in range(30)]
    parameters = [
        mt.tensor(array, dtype=kind, requires_grad=True)
        for array, kind in zip(arrays, kinds, strict=True)
    ]
    optimizer = mt.optim.SGD(parameters, lr=0.5, momentum=0.5)
    for _ in range(2):
        for p, kind in zip(parameters, kinds, strict=True):
            p.grad = mt.ones(p.shape, dtype=kind)
        optimizer.step()
    for p, array in zip(parameters, arrays, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), array - 1.25, rtol=1e-5, atol=1e-6)


def test_a_captured_count_is_refused_on_the_cpu():
    a = leaf([1.0])
    optimizer = mt.optim.Adam([a], capturable=True)
    give(a, [1.0])
    with pytest.raises(AssertionError, match=r"(?s)capturable=True.*mend"):
        optimizer.step()


def test_a_lazy_parameter_is_skipped_until_it_has_a_gradient():
    net = mt.nn.Sequential(mt.nn.LazyLinear(4), mt.nn.ReLU(), mt.nn.LazyLinear(1))
    optimizer = mt.optim.Adam(net.parameters(), lr=0.1)
    optimizer.zero_grad()
    optimizer.step()
    assert not optimizer.state
    x = mt.ones(3, 2)
    net(x).sum().backward()
    before = [p.detach().clone() for p in net.parameters()]
    optimizer.step()
    moved = [p.grad is not None and bool((p.grad != 0).any()) for p in net.parameters()]
    changed = [bool((p != q).any()) for p, q in zip(net.parameters(), before, strict=True)]
    assert changed == moved
    assert any(moved)


def test_state_whose_memory_was_replaced_counts():
    p = mt.ones(2, requires_grad=True)
    optimizer = mt.optim.SGD([p], lr=1.0, momentum=0.9)
    p.grad = mt.ones(2)
    optimizer.step()
    optimizer.state[p]["momentum_buffer"].data = mt.zeros(2)
    optimizer.step()
    assert p.tolist() == [-1, -1]


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9}, {"maximize": True}])
def test_a_step_keeps_no_gradient_alive(options):
    net = mt.nn.Linear(300, 200)
    optimizer = mt.optim.SGD(net.parameters(), lr=0.1, **options)
    for _ in range(2):
        net(mt.ones(2, 300)).sum().backward()
        optimizer.step()
    kept = [weakref.ref(p.gradient) for p in net.parameters()]
    optimizer.zero_grad()
    assert [reference() for reference in kept] == [None, None]


def test_plain_steps_go_on_as_ones_with_momentum_when_the_option_changes():
    p = leaf([1.0, 2.0])
    optimizer = mt.optim.SGD([p], lr=0.5)
    give(p, [1.0, 2.0])
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), [0.5, 1.0])
    optimizer.param_groups[0].update(momentum=0.5, lr=0.25)
    optimizer.step()
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), [0.5 - 0.25 * 2.5, 1.0 - 0.25 * 5.0])


@pytest.mark.parametrize("shape", [(3, 2), (200, 100)])
def test_a_parameter_that_lies_transposed_is_stepped_by_a_gradient_that_does_too(shape):
    values = np.arange(float(np.prod(shape))).reshape(shape)
    p = mt.tensor(values).t().requires_grad_()
    optimizer = mt.optim.SGD([p], lr=0.1)
    (p * p).sum().backward()
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), values.T * 0.8)


def test_a_step_that_fails_keeps_no_gradient_alive(monkeypatch):
    net = mt.nn.Linear(300, 200)
    optimizer = mt.optim.Adam(net.parameters())
    net(mt.ones(2, 300)).sum().backward()
    optimizer.step()

    def fail(*args, **kwargs):
        raise MemoryError("no room")

    net(mt.ones(2, 300)).sum().backward()
    monkeypatch.setattr(optimizer, "rule", fail)
    with pytest.raises(MemoryError):
        optimizer.step()
    kept = [weakref.ref(p.grad.array) for p in net.parameters()]
    optimizer.zero_grad()
    assert [reference() for reference in kept] == [None, None]
