"""Gradients where users meet them: memory of their own, hooks, and complex numbers."""

from __future__ import annotations

import itertools
import sys
import threading

import numpy as np
import pytest

import minitorch_lazy as torch

SHARING = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: b - a,
    "same": lambda a, b: a + a + b,
    "reshape": lambda a, b: a.reshape(3, 2).reshape(2, 3) + b,
    "unsqueeze": lambda a, b: (a.unsqueeze(0) + b.unsqueeze(0)).squeeze(0),
    "transpose": lambda a, b: (a.t() + b.t()).t(),
    "view": lambda a, b: a.view(2, 3),
    "clone": lambda a, b: b.clone(),
    "expand": lambda a, b: a.expand(4, 2, 3).sum(0) + b,
    "cat": lambda a, b: torch.cat([a, b])[1:3],
    "stack": lambda a, b: torch.stack([a, b]).sum(0),
    "slices": lambda a, b: torch.cat([a[:1], b[1:]]),
    "sum": lambda a, b: (a.sum() + b.sum()).expand(2, 3),
}


def assert_apart(tensors):
    """Check that no two tensors share memory, and that each is dense and can be written."""
    arrays = [t.detach().numpy() for t in tensors]
    for one, two in itertools.combinations(arrays, 2):
        assert not np.shares_memory(one, two)
    for array in arrays:
        assert array.flags.c_contiguous
        assert array.flags.writeable


@pytest.mark.parametrize("name", SHARING)
@pytest.mark.parametrize("graph", [False, True])
def test_every_leaf_owns_a_dense_gradient_that_can_be_written(name, graph):
    a, b = (torch.ones(2, 3, requires_grad=True) for _ in range(2))
    y = SHARING[name](a, b)
    y.retain_grad()
    seed = torch.ones(2, 3, requires_grad=graph)
    y.backward(seed, create_graph=graph)
    assert_apart([seed, *[t.grad for t in (a, b, y) if t.grad is not None]])
    with torch.no_grad():
        seed.mul_(7)
    assert y.grad.tolist() == [[1] * 3] * 2


def test_a_leaf_that_lies_transposed_has_a_gradient_in_rows():
    values = torch.arange(6.0).reshape(3, 2)
    x = values.t().requires_grad_()
    (x.exp() * 2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(values.numpy().T), rtol=1e-6)
    assert x.grad.is_contiguous()
    x.grad.view(-1).mul_(0)
    assert x.grad.abs().sum() == 0


@pytest.mark.parametrize("graph", [False, True])
def test_a_leaf_that_is_the_output_does_not_keep_the_given_gradient(graph):
    x = torch.ones(3, requires_grad=True)
    seed = torch.ones(3, requires_grad=graph)
    x.backward(seed, create_graph=graph)
    assert_apart([x.grad, seed])


@pytest.mark.parametrize("graph", [False, True])
def test_gradients_that_are_asked_for_share_nothing_either(graph):
    a, b = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    seed = torch.ones(3)
    y = a + b
    y.retain_grad()
    found = torch.autograd.grad(y, [a, b, a, y], seed, create_graph=graph)
    assert_apart([*found, seed, y.grad])


def test_what_a_function_of_ones_own_returns_is_copied():
    mask = torch.tensor([1.0, 0.0])

    class Masked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * mask + y

        @staticmethod
        def backward(ctx, g):
            g.mul_(3)
            return mask, mask

    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    other = torch.ones(2, requires_grad=True)
    for _ in range(2):
        (Masked.apply(x, y) + other).sum().backward()
    assert_apart([mask, x.grad, y.grad, other.grad])
    assert [t.tolist() for t in (mask, x.grad, other.grad)] == [[1, 0], [2, 0], [2, 2]]


# -- hooks and memory ----------------------------------------------------------------------------


@pytest.mark.parametrize("graph", [False, True])
def test_a_hook_that_writes_its_gradient_changes_no_other(graph):
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    seed = torch.ones(2)
    inner = a * 1
    inner.register_hook(lambda g: g.mul_(5))
    (inner + b).backward(seed, create_graph=graph)
    assert [t.tolist() for t in (a.grad, b.grad, seed)] == [[5, 5], [1, 1], [1, 1]]


def test_a_hook_may_write_without_returning():
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda g: [g.clamp_(max=0.5), None][1])
    (x * 3).sum().backward()
    assert x.grad.tolist() == [0.5, 0.5]


def test_a_gradient_that_a_hook_kept_does_not_change_later():
    x = torch.ones(2, requires_grad=True)
    kept = []
    x.register_hook(kept.append)
    for _ in range(3):
        (x * 3).sum().backward()
    assert [g.tolist() for g in kept] == [[3, 3]] * 3
    assert x.grad.tolist() == [9, 9]


def test_a_replacement_is_not_written_by_later_passes():
    x = torch.ones(2, requires_grad=True)
    replacement = torch.full((2,), 7.0)
    x.register_hook(lambda g: replacement)
    for _ in range(2):
        (x * 3).sum().backward()
    assert x.grad.tolist() == [14, 14]
    assert replacement.tolist() == [7, 7]


# -- what does not fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("held", [torch.zeros(3), torch.zeros(1).expand(2)], ids=str)
def test_a_gradient_that_cannot_be_added_is_refused(held):
    x = torch.ones(held.shape, requires_grad=True)
    x.grad = held
    x.data = torch.ones(2)
    with pytest.raises(RuntimeError, match="the gradient cannot be added to what") as caught:
        (x * 2).sum().backward()
    assert "set grad to None first" in str(caught.value)
    assert not held.any()


def test_a_leaf_whose_data_changed_its_shape_gets_no_gradient():
    x, y = torch.ones(2, requires_grad=True), torch.ones((), requires_grad=True)
    z = (x * y).sum()
    x.data = torch.ones(3)
    with pytest.raises(RuntimeError, match="returned an invalid gradient"):
        z.backward()
    assert x.grad is None
    assert y.grad is None


# -- complex numbers -----------------------------------------------------------------------------

COMPLEX = {
    "square": lambda z, w: (z * z).real,
    "product": lambda z, w: (z * w).imag,
    "conjugate": lambda z, w: (z.conj() * w * z).real,
    "absolute": lambda z, w: (z * w).abs(),
    "quotient": lambda z, w: (z / w).real + (w / z).imag,
    "exponential": lambda z, w: (z * w).exp().real,
    "parts": lambda z, w: z.real * w.imag + z.imag**2,
    "logarithm": lambda z, w: (z.log() * w).real,
    "sine": lambda z, w: (z.sin() * w.sqrt()).imag,
    "real base": lambda z, w: (z.real * w).imag,
}
Z = np.array([1 + 2j, -0.5 + 0.3j])
W = np.array([0.4 - 1.1j, 2 + 0.2j])


@pytest.mark.parametrize("name", COMPLEX)
def test_a_complex_gradient_holds_the_slopes_along_both_axes(name):
    def value(z, w):
        return COMPLEX[name](torch.tensor(z), torch.tensor(w)).sum().item()

    leaves = [torch.tensor(a, requires_grad=True) for a in (Z, W)]
    COMPLEX[name](*leaves).sum().backward()
    for place, t in enumerate(leaves):
        expected = np.zeros(2, complex)
        for index, unit in itertools.product(range(2), (1, 1j)):
            up, down = [Z.copy(), W.copy()], [Z.copy(), W.copy()]
            up[place][index] += 1e-6 * unit
            down[place][index] -= 1e-6 * unit
            expected[index] += unit * (value(*up) - value(*down)) / 2e-6
        found = np.zeros(2) if t.grad is None else t.grad.numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


def test_seeds_hooks_and_leaves_speak_of_the_same_gradient():
    z = torch.tensor([1 + 2j], requires_grad=True)
    y = z * (2 + 1j)
    seen = []
    y.register_hook(lambda g: seen.append(g))
    y.retain_grad()
    (y * y).real.sum().backward()
    assert seen[0].item() == y.grad.item() == -10j  # conj(2 y) with y = 5j
    assert z.grad.item() == -10 - 20j
    z.grad = None
    (z * z).backward(torch.tensor([1j]))
    assert z.grad.item() == 4 + 2j  # 1j conj(2 z)


def test_a_hook_replaces_a_complex_gradient_in_the_users_terms():
    z = torch.tensor([1 + 2j], requires_grad=True)
    y = z * 1j
    y.register_hook(lambda g: torch.tensor([3 + 1j]))
    (y * y).abs().sum().backward()
    assert z.grad.item() == (3 + 1j) * -1j


def test_complex_and_real_do_not_stand_for_each_other():
    z = torch.tensor([1 + 2j], requires_grad=True)
    with pytest.raises(RuntimeError, match="only for real scalar outputs but got torch.complex64"):
        (z * z).backward()
    for y, g in ((z * z, torch.ones(1)), ((z * z).real, torch.ones(1, dtype=torch.complex64))):
        with pytest.raises(RuntimeError, match="required to have the same dtype"):
            y.backward(g)


def test_reading_a_transposed_gradient_loses_no_addition():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(30):
            p = torch.ones(300, 300).t().requires_grad_()
            (p * p).sum().backward()
            y, start, seen = (p * p).sum(), threading.Barrier(2), []

            def read(p=p, start=start, seen=seen):
                start.wait()
                seen.append(p.grad)

            def back(y=y, start=start):
                start.wait()
                y.backward()

            threads = [threading.Thread(target=work) for work in (read, back)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert p.grad is seen[0]
            assert p.grad[0, 0] == 4
    finally:
        sys.setswitchinterval(interval)
