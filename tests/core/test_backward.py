"""The walk back: order, sums, freed graphs, and passes that fail."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minitorch_lazy as torch


def leaf(*values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype, requires_grad=True)


class Broken(torch.autograd.Function):
    """An identity whose derivative fails."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        raise KeyError("broken rule")


# -- order and sums ------------------------------------------------------------------------------


def test_the_newest_results_come_first_and_each_comes_once():
    x = leaf(2.0)
    order = []
    steps = [x]
    for number in range(5):
        steps.append(steps[-1] * steps[number // 2])
        steps[-1].register_hook(lambda g, number=number: order.append(number))
    steps[-1].backward()
    assert order == [4, 3, 2, 1, 0]


def test_a_diamond_waits_for_both_sides():
    x = leaf(3.0)
    y = x * x
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 2 + y * y).backward()
    assert seen == [2 + 2 * 9]
    assert x.grad.item() == 20 * 6


def test_the_order_in_which_leaves_were_made_does_not_matter():
    for order in itertools.permutations(range(3)):
        leaves = {place: leaf(float(place + 1)) for place in order}
        a, b, c = (leaves[place] for place in range(3))
        (a * b + b * c + c * a).backward()
        assert [t.grad.item() for t in (a, b, c)] == [5, 4, 3]


def test_a_leaf_used_many_times_gets_the_sum():
    x = leaf(2.0)
    (x * x * x + x - x / x + x**x).backward()
    assert x.grad.item() == pytest.approx(3 * 4 + 1 + 4 * (np.log(2) + 1))


def test_gradients_add_up_over_calls_in_the_same_tensor():
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    assert x.grad is first
    assert first.tolist() == [5, 7]
    x.grad = None
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3, 3]
    assert first.tolist() == [5, 7]


def test_a_given_gradient_scales_and_several_outputs_add():
    x = leaf(1.0, 2.0)
    y = x * x
    y.backward(torch.tensor([1.0, 10.0]), retain_graph=True)
    assert x.grad.tolist() == [2, 40]
    torch.autograd.backward([y.sum(), x * 5, y], [None, torch.ones(2), torch.ones(2)])
    assert x.grad.tolist() == [2 + 2 + 5 + 2, 40 + 4 + 5 + 4]


def test_an_output_may_be_an_ancestor_of_another_or_a_leaf():
    x = leaf(2.0)
    y = x * 3
    torch.autograd.backward([y * y, y, x])
    assert x.grad.item() == 2 * 6 * 3 + 3 + 1


def test_results_without_gradient_in_between_stop_it():
    x = leaf(2.0, 5.0)
    (x * x.detach() + x.argmax() + (x > 3)).sum().backward()
    assert x.grad.tolist() == [2, 5]


def test_a_leaf_that_stopped_requiring_grad_gets_none():
    x, y = leaf(1.0), leaf(2.0)
    z = x * y
    x.requires_grad_(False)
    z.backward()
    assert x.grad is None
    assert y.grad.item() == 1


@pytest.mark.parametrize("shapes", [((3, 1), (4,)), ((), (2, 3)), ((1,), ()), ((0, 3), (1, 3)),
                                    ((2, 1, 3), (4, 1)), ((0,), ())])  # fmt: skip
@pytest.mark.parametrize("graph", [False, True])
def test_a_gradient_has_the_shape_and_type_of_its_leaf(shapes, graph):
    a = torch.ones(shapes[0], requires_grad=True)
    b = torch.ones(shapes[1], dtype=torch.float64, requires_grad=True)
    total = (a.to(torch.float64) * b + a - b).sum()
    total.backward(create_graph=graph)
    count = np.broadcast_shapes(*shapes)
    for x, expected in ((a, 2.0), (b, 0.0)):
        assert (x.grad.shape, x.grad.dtype) == (x.shape, x.dtype)
        share = np.prod(count) / max(x.numel(), 1)
        np.testing.assert_array_equal(x.grad.detach().numpy(), np.full(x.shape, expected * share))


# -- freed graphs --------------------------------------------------------------------------------


def test_a_second_pass_is_refused_and_adds_nothing():
    x = leaf(3.0)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="backward through the graph a second time") as caught:
        y.backward()
    assert "MulBackward0" in str(caught.value)
    assert "mend    give retain_graph=True to the first call" in str(caught.value)
    assert x.grad.item() == 6


def test_a_pass_through_a_shared_part_that_was_freed_is_refused():
    x, z = leaf(3.0), leaf(1.0)
    shared = x * x
    one, two = shared * 2, shared * 3 + z
    one.backward()
    with pytest.raises(RuntimeError, match="a second time"):
        two.backward()
    assert (x.grad.item(), z.grad) == (12, None)


def test_a_kept_graph_gives_the_same_again():
    x = leaf(3.0)
    y = (x * x).exp()
    for count in (1, 2, 3):
        y.backward(retain_graph=count < 3)
        assert x.grad.item() == pytest.approx(count * 6 * np.exp(9))
    with pytest.raises(RuntimeError, match="a second time"):
        y.backward()


def test_higher_derivatives_come_from_the_same_rules():
    x = leaf(0.7)
    y = (x * 2).sin() * x.exp()
    for order in range(1, 6):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        whole = (1 + 2j) ** order * np.exp((1 + 2j) * 0.7)  # y is its imaginary part
        assert y.item() == pytest.approx(whole.imag)


# -- all or nothing ------------------------------------------------------------------------------


def broken_rule(x):
    return Broken.apply(x)


def broken_hook(x):
    y = x * 1
    y.register_hook(lambda g: 1 / 0)
    return y


def broken_leaf_hook(x):
    x.register_hook(lambda g: 1 / 0)
    return x


def stale_value(x):
    y = x * 1
    z = y * y
    y.add_(1)
    return z


def wrong_grad(x):
    x.grad = torch.zeros(1, dtype=torch.float64).expand(2)
    return x * 2


ANYWHERE = [broken_rule, broken_hook, broken_leaf_hook, stale_value]


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize(
    ("failure", "graph"),
    [*itertools.product(ANYWHERE, [False, True]), (wrong_grad, False)],
)
def test_a_pass_that_fails_changes_no_gradient(failure, graph, place):
    leaves = [leaf(1.0, 2.0) for _ in range(3)]
    for x in leaves[1:]:
        x.grad = torch.full((2,), 7.0, dtype=torch.float64)
    terms = [failure(x) if number == place else x * x for number, x in enumerate(leaves)]
    before = [None if x.grad is None else x.grad.tolist() for x in leaves]
    with pytest.raises((KeyError, RuntimeError, ZeroDivisionError)):
        sum(terms).sum().backward(create_graph=graph)
    assert [None if x.grad is None else x.grad.tolist() for x in leaves] == before
    assert torch.is_grad_enabled()


def test_an_error_passes_through_unchanged():
    error = ValueError("mine", 3)

    def fail(g):
        raise error

    x = leaf(1.0)
    x.register_hook(fail)
    with torch.no_grad(), pytest.raises(ValueError, match="mine") as caught, torch.enable_grad():
        (x * 2).backward()
    assert caught.value is error


def test_what_is_asked_for_keeps_the_values_of_its_own_operation():
    x = leaf(1.0, 2.0)
    h = x.exp()
    (g,) = torch.autograd.grad((h * 2).sum(), h)
    assert g.tolist() == [2, 2]
    h.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp([1, 2]))
    h = x.exp()
    (h * 2).sum().backward(inputs=[h])
    assert h.grad.tolist() == [2, 2]
    h.sum().backward()


def test_what_is_asked_for_may_have_been_written_since():
    x = leaf(1.0, 2.0)
    h = x.exp()
    y = (h * 2).sum()
    with torch.no_grad():
        h.mul_(2)
    assert torch.autograd.grad(y, h)[0].tolist() == [2, 2]


def test_hooks_of_what_is_not_asked_for_are_not_called():
    a, c = leaf(1.0), leaf(2.0)
    called = []
    c.register_hook(called.append)
    found, = torch.autograd.grad([a * 2, c], [a])
    assert found.tolist() == [2]
    assert called == []


def test_the_tensor_without_graph_is_counted():
    with pytest.raises(RuntimeError, match="element 1 of tensors does not require grad"):
        torch.autograd.backward([leaf(1.0), torch.ones(1)])


@pytest.mark.parametrize("failing", [0, 1])
def test_first_gradients_are_taken_back_where_a_later_one_does_not_fit(failing):
    leaves = [leaf(1.0), leaf(2.0)]
    y = leaves[0] * leaves[1]
    leaves[failing].data = torch.ones(3, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="invalid gradient"):
        y.sum().backward()
    assert [x.grad for x in leaves] == [None, None]


def test_a_gradient_is_one_tensor_whenever_it_is_looked_at():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    assert x.grad is x.grad
    x.grad.mul_(2)
    assert x.grad.tolist() == [4, 8]
    assert torch.tensor(x.grad.tolist()).tolist() == [4, 8]


def test_hooks_of_leaves_and_retained_gradients_go_together():
    x = leaf(1.0, 2.0)
    h = x * 3
    h.retain_grad()
    x.register_hook(lambda g: g * 10)
    x.register_post_accumulate_grad_hook(lambda p: p.grad.add_(1))
    (h * h).sum().backward()
    assert h.grad.tolist() == [6, 12]
    assert x.grad.tolist() == [181, 361]


def test_hooks_of_leaves_record_only_where_that_was_asked_for():
    for graph in (False, True):
        x = leaf(1.0, 2.0)
        x.register_hook(lambda g: g * 2)
        (x**3).sum().backward(create_graph=graph)
        assert x.grad.requires_grad == graph
        assert x.grad.tolist() == [6, 24]


FIRST_WALKS = {
    "grad": lambda x, y: torch.autograd.grad(y, x),
    "inputs": lambda x, y: y.backward(inputs=[x]),
    "graph": lambda x, y: y.backward(create_graph=True, retain_graph=False),
    "plain": lambda x, y: y.backward(),
}


@pytest.mark.parametrize("first", FIRST_WALKS)
@pytest.mark.parametrize("second", FIRST_WALKS)
def test_a_freed_graph_says_so_whichever_way_it_was_walked(first, second):
    x = torch.ones(3, requires_grad=True)
    y = (x * x).sum()
    FIRST_WALKS[first](x, y)
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        FIRST_WALKS[second](x, y)
