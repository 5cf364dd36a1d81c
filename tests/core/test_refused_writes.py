"""In-place writes that no graph could follow are refused, and leave everything as it was."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch

LEAF = "a leaf Variable that requires grad is being used in an in-place operation"
VIEW_OF_LEAF = "a view of a leaf Variable that requires grad is being used in an in-place"
SEVERAL = "is the output of a function that returns multiple views"
SHARED = "refer to a single memory location"
WITHOUT_GRAD = "A view was created in no_grad mode"

WRITES = {
    "add_": lambda t: t.add_(1),
    "mul_": lambda t: t.mul_(torch.ones(t.shape, requires_grad=True)),
    "exp_": lambda t: t.exp_(),
    "copy_": lambda t: t.copy_(torch.zeros(t.shape)),
    "zero_": lambda t: t.zero_(),
    "fill_": lambda t: t.fill_(3.0),
    "iadd": lambda t: t.__iadd__(1),
    "slice": lambda t: t.__setitem__(slice(0, 1), 5.0),
    "index": lambda t: t.__setitem__([0], 5.0),
    "mask": lambda t: t.__setitem__(t.detach() < 9, 5.0),
    "masked_fill_": lambda t: t.masked_fill_(t.detach() < 9, 5.0),
    "index_fill_": lambda t: t.index_fill_(0, torch.tensor([0]), 5.0),
    "clamp_": lambda t: t.clamp_(0.1, 0.2),
}


def leaf():
    return torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


def unwritten(target, write, words):
    """Check that a write is refused in these words, and changes nothing."""
    before = target.detach().numpy().copy()
    version, node, grad_fn = target._version, target.node, target.grad_fn
    with pytest.raises(RuntimeError, match=words):
        write(target)
    np.testing.assert_array_equal(target.detach().numpy(), before)
    assert (target._version, target.node, target.grad_fn) == (version, node, grad_fn)


@pytest.mark.parametrize("name", WRITES)
def test_a_leaf_is_not_written(name):
    unwritten(leaf(), WRITES[name], LEAF)


@pytest.mark.parametrize("name", WRITES)
def test_a_view_of_a_leaf_is_not_written(name):
    x = leaf()
    unwritten(x.view(3, 2), WRITES[name], VIEW_OF_LEAF)
    unwritten(x[1:].t()[0], WRITES[name], VIEW_OF_LEAF)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize(
    "split",
    [
        lambda y: y.unbind(0)[1],
        lambda y: y.split(1)[0],
        lambda y: y.chunk(2, dim=1)[0],
        lambda y: y.tensor_split(2)[1],
        lambda y: next(iter(y)),
    ],
    ids="unbind split chunk tensor_split iteration".split(),
)
def test_one_of_several_views_is_not_written(name, split):
    unwritten(split(leaf() * 1), WRITES[name], SEVERAL)


def test_one_of_several_views_is_written_where_no_graph_is_asked_for():
    plain = torch.zeros(2, 3)
    for row in plain:
        row.add_(1)
    assert plain.sum().item() == 6
    with torch.no_grad():
        y = leaf() * 1
        y.unbind(0)[0].zero_()
    assert y[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", sorted(set(WRITES) - {"fill_", "zero_"}))
def test_elements_that_share_memory_are_not_written(name):
    row = torch.tensor([1.0, 2.0])
    unwritten(row.expand(3, 2), WRITES[name], SHARED)
    unwritten((leaf() * 1)[:, :1].expand(2, 4), WRITES[name], SHARED)


def test_windows_that_overlap_are_not_written():
    y = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True) * 1
    unwritten(y.unfold(0, 2, 1), lambda t: t.mul_(2), SHARED)
    apart = y.unfold(0, 2, 2)
    apart.mul_(2)
    assert y.tolist() == [2, 4, 6, 8]


def test_an_expansion_to_its_own_shape_is_written():
    y = torch.ones(2, 3)
    y.expand(2, 3).mul_(2)
    y.expand(1, 2, 3).add_(1)
    assert y.tolist() == [[3] * 3] * 2


@pytest.mark.parametrize("name", WRITES)
def test_a_view_made_without_grad_is_not_written_with_grad(name):
    y = leaf() * 1
    with torch.no_grad():
        view = y[1:]
    unwritten(view, WRITES[name], WITHOUT_GRAD)
    with torch.no_grad():
        view.zero_()
    assert y[1].tolist() == [0, 0, 0]


def test_a_result_that_does_not_fit_is_not_stored():
    y = torch.ones(2, 1)
    unwritten(y, lambda t: t.add_(torch.ones(2, 3)), r"output with shape \[2, 1\] doesn't match")
    unwritten(y, lambda t: t.copy_(torch.ones(3)), "must match|broadcast")
    unwritten(y, lambda t: t.__setitem__(slice(None), torch.ones(5)), "shape mismatch|must match")
    whole = torch.ones(2, dtype=torch.int64)
    unwritten(whole, lambda t: t.add_(0.5), "result type Float.* can't be cast .* Long")
    unwritten(whole, lambda t: t.__setitem__(0, 1j), "without overflow")


def test_a_read_only_array_is_not_written_through_a_tensor():
    array = np.ones(3)
    array.flags.writeable = False
    torch.from_numpy(array)[0] = 5
    torch.as_tensor(array).mul_(3)
    assert array.tolist() == [1, 1, 1]


def test_a_view_is_not_detached_in_place():
    y = leaf() * 1
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        y[0].detach_()
    assert y.detach_().is_leaf


def test_the_message_names_operation_argument_and_mend():
    with pytest.raises(RuntimeError) as caught:
        leaf().mul_(2)
    text = str(caught.value)
    assert text.startswith("mul_: ")
    assert "input  float32 (2, 3) on cpu" in text
    assert "mend   write under `with torch.no_grad():`" in text


def test_a_write_under_no_grad_is_not_part_of_the_graph():
    x = leaf()
    with torch.no_grad():
        x.mul_(2)
        x[0, 0] = 7
    assert x.is_leaf
    assert x.requires_grad
    y = x * 3
    with torch.no_grad():
        y.zero_()
    y.sum().backward()
    assert x.grad.tolist() == [[3] * 3] * 2


# -- versions ------------------------------------------------------------------------------------


def test_views_and_detached_tensors_share_the_version():
    x = torch.zeros(4)
    view, detached = x[1:], x.detach()
    x.add_(1)
    view.mul_(2)
    detached[0] = 3
    view[1:].detach().zero_()
    assert [t._version for t in (x, view, detached)] == [4, 4, 4]


def test_data_has_a_version_of_its_own():
    x = torch.zeros(4)
    x.data.add_(1)
    assert x._version == 0
    assert x.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("name", sorted(WRITES))
def test_every_write_counts(name):
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    with torch.no_grad():
        WRITES[name](x)
    assert x._version == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda y, view: y.mul_(2),
        lambda y, view: view.mul_(2),
        lambda y, view: y.detach().mul_(2),
        lambda y, view: view.detach()[0].zero_(),
        lambda y, view: y.__setitem__(0, 5.0),
        lambda y, view: y.copy_(torch.zeros(3)),
        lambda y, view: y.zero_(),
    ],
    ids="base view detached view_of_detached setitem copy_ zero_".split(),
)
@pytest.mark.parametrize("graph", [False, True])
def test_what_backward_needs_may_not_be_written(write, graph):
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1
    view = y[:]
    product = (y * y).sum() if not graph else (view.exp() * y).sum()
    write(y, view)
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation") as caught:
        product.backward()
    assert "float32 (3,)" in str(caught.value)
    assert "is at version 1; expected version 0 instead" in str(caught.value)
    assert "mend" in str(caught.value)
    assert x.grad is None


def test_an_output_that_backward_needs_may_not_be_written():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match=r"the output, float32 \(2,\), of ExpBackward0"):
        y.sum().backward()


def test_what_backward_does_not_need_may_be_written():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x + 1
    z = y.sum() + (y * 3.0).sum()
    y.mul_(5)
    z.backward()
    assert x.grad.tolist() == [4, 4]
