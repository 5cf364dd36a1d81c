"""Linear maps, look-up tables, dropout and normalize: formulas, recorded draws, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def leaf(array):
    return torch.tensor(array, requires_grad=True)


# -- linear --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (0, 3), (2, 0, 3)])
def test_linear_multiplies_by_the_transposed_weight(shape):
    x, w, b = numbers(*shape), numbers(5, 3), numbers(5)
    tensors = torch.tensor(x), torch.tensor(w)
    np.testing.assert_allclose(F.linear(*tensors).numpy(), x @ w.T)
    np.testing.assert_allclose(F.linear(*tensors, torch.tensor(b)).numpy(), x @ w.T + b)


def test_linear_takes_a_weight_of_one_dimension():
    x, w = numbers(2, 3), numbers(3)
    y = F.linear(torch.tensor(x), torch.tensor(w))
    np.testing.assert_allclose(y.numpy(), x @ w)
    assert F.linear(torch.tensor(x[0]), torch.tensor(w)).shape == ()


def test_linear_keeps_integers():
    y = F.linear(torch.tensor([[1, 2]]), torch.tensor([[3, 4]]))
    assert (y.dtype, y.tolist()) == (torch.int64, [[11]])


def test_linear_refuses_what_does_not_fit():
    x = torch.rand(2, 4)
    check_mend(RuntimeError, "mat1 and mat2 shapes cannot be multiplied (2x4 and 6x5)",
               "nn.Linear(4, 5), or nn.LazyLinear(5)", lambda: F.linear(x, torch.rand(5, 6)),
               lambda: torch.nn.Linear(4, 5)(x))  # fmt: skip
    w, b = torch.rand(5, 4), torch.rand(5)
    check_mend(RuntimeError, "the same dtype", "weight.to(torch.float32)",
               lambda: F.linear(x, w.double()),
               lambda: F.linear(x, w.double().float()))  # fmt: skip
    check_mend(RuntimeError, "input and bias must have the same dtype, but got Float and Double",
               "bias.to(torch.float32)", lambda: F.linear(x, w, b.double()),
               lambda: F.linear(x, w, b.double().float()))  # fmt: skip
    check_mend(RuntimeError, "must have the same dtype, but got Long and Float",
               "input.to(torch.float32)", lambda: F.linear(x.long(), w),
               lambda: F.linear(x.long().float(), w))  # fmt: skip
    check_mend(RuntimeError, "expanded size of the tensor (5)", "a bias of shape (5,)",
               lambda: F.linear(x, w, torch.rand(3)), lambda: F.linear(x, w, b))  # fmt: skip
    check_mend(RuntimeError, "<= 2 dimensions, but weight is 3D", "(out_features, in_features)",
               lambda: F.linear(x, torch.rand(5, 4, 1)), lambda: F.linear(x, w))  # fmt: skip
    check_mend(RuntimeError, "both arguments to linear need to be at least 1D", "reshape(1)",
               lambda: F.linear(torch.tensor(1.0), torch.rand(5, 1)),
               lambda: F.linear(torch.tensor(1.0).reshape(1), torch.rand(5, 1)))  # fmt: skip


# -- embedding and one_hot -----------------------------------------------------------------------


@pytest.mark.parametrize("index", [1, [0, 2, 2], [[1, 0], [3, 3]], np.zeros((0, 2), int)])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
def test_embedding_looks_rows_up(index, dtype):
    w = numbers(4, 3)
    y = F.embedding(torch.tensor(np.array(index)).to(dtype), torch.tensor(w))
    np.testing.assert_array_equal(y.numpy(), w[np.array(index)])


@pytest.mark.parametrize(
    ("options", "rows"),
    [({}, [1, 2, 1]), ({"padding_idx": 1}, [1, 0, 1]), ({"padding_idx": -3}, [1, 2, 0]),
     ({"scale_grad_by_freq": True}, [1, 1, 1])],
)  # fmt: skip
def test_embedding_s_gradient_counts_each_look_up(options, rows):
    w = leaf(numbers(5, 2))
    F.embedding(torch.tensor([0, 1, 1, 2]), w, **options).sum().backward()
    assert w.grad.tolist() == [[float(n)] * 2 for n in [*rows, 0, 0]]


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, np.inf])
def test_embedding_shortens_the_long_rows_that_it_looks_up_in_place(order):
    w = numbers(5, 4)
    lengths = np.linalg.norm(w, order, axis=1, keepdims=True)
    expected = np.where(lengths > 1, w / (lengths + 1e-7), w)
    expected[3:] = w[3:]
    table = torch.tensor(w)
    y = F.embedding(torch.tensor([0, 1, 1, 2]), table, max_norm=1.0, norm_type=order)
    np.testing.assert_allclose(table.numpy(), expected)
    np.testing.assert_allclose(y.numpy(), expected[[0, 1, 1, 2]])


def test_embedding_refuses_what_is_no_index_of_a_row():
    w, index = torch.rand(5, 4), torch.tensor([1, 2])
    for wrong in (5, -1):
        check_mend(IndexError, "index out of range in self", "0 to 4",
                   lambda wrong=wrong: F.embedding(torch.tensor([wrong]), w))  # fmt: skip
    check_mend(RuntimeError, "one of the following scalar types: Long, Int", ".long()",
               lambda: F.embedding(index.float(), w), lambda: F.embedding(index, w))  # fmt: skip
    for kind in (torch.uint8, torch.bool):
        with pytest.raises(RuntimeError, match="scalar types: Long, Int"):
            F.embedding(index.to(kind), w)
    check_mend(RuntimeError, "'weight' must be 2-D", "embedding_dim",
               lambda: F.embedding(index, w[0]))  # fmt: skip
    check_mend(RuntimeError, "Padding_idx must be within num_embeddings", "0 to 4",
               lambda: F.embedding(index, w, padding_idx=5))  # fmt: skip
    check_mend(TypeError, "argument 'input' (position 1) must be Tensor, not list", "torch.tensor",
               lambda: F.embedding([0, 1], w))  # fmt: skip


@pytest.mark.parametrize("classes", [-1, 4, 7])
def test_one_hot_marks_each_class(classes):
    index = np.array([[0, 3], [1, 1]])
    y = F.one_hot(torch.tensor(index), classes)
    assert y.dtype is torch.int64
    rows = np.eye(4 if classes < 0 else classes, dtype=int)
    np.testing.assert_array_equal(y.numpy(), rows[index])


def test_one_hot_refuses_what_is_no_class():
    check_mend(RuntimeError, "smaller than num_classes", "raise num_classes",
               lambda: F.one_hot(torch.tensor([2]), 2), lambda: F.one_hot(torch.tensor([2]), 3))
    check_mend(RuntimeError, "Class values must be non-negative", "num_classes",
               lambda: F.one_hot(torch.tensor([-1])))  # fmt: skip
    check_mend(RuntimeError, "Can not infer total number of classes from empty tensor",
               "give num_classes", lambda: F.one_hot(torch.tensor([], dtype=torch.int64)),
               lambda: F.one_hot(torch.tensor([], dtype=torch.int64), 3))  # fmt: skip
    check_mend(RuntimeError, "one_hot is only applicable to index tensor of type LongTensor",
               ".long()", lambda: F.one_hot(torch.tensor([1.0])),
               lambda: F.one_hot(torch.tensor([1.0]).long()))  # fmt: skip


# -- dropout -------------------------------------------------------------------------------------

# Which elements PyTorch 2.13 keeps under seed 0, on the CPU, with p = 0.5.
KEPT = [
    ("dropout", (4, 5), "00100011011110111100"),
    ("dropout1d", (2, 6, 1), "001000110111"),
    ("dropout1d", (6, 1), "001000"),
    ("dropout2d", (2, 6, 1, 1), "001000110111"),
    ("dropout3d", (2, 6, 1, 1, 1), "001000110111"),
    ("dropout3d", (6, 1, 1, 1), "001000"),
]


@pytest.mark.parametrize(("name", "shape", "kept"), KEPT)
def test_dropout_keeps_what_torch_keeps(name, shape, kept):
    torch.manual_seed(0)
    y = getattr(F, name)(torch.ones(shape), 0.5)
    assert y.flatten().tolist() == [2.0 * int(bit) for bit in kept]


def test_dropout2d_reads_three_dimensions_as_torch_does_and_says_so():
    torch.manual_seed(0)
    with pytest.warns(UserWarning, match="reads it as .N, C, L.. Use dropout1d"):
        y = F.dropout2d(torch.ones(6, 2, 3), 0.5)
    assert y[:, :, 0].flatten().tolist() == [2.0 * int(bit) for bit in "001000110111"]
    assert (y == y[:, :, :1]).all()


@pytest.mark.parametrize(("name", "shape"), [("dropout2d", (6, 3)), ("dropout2d", (1, 1, 6, 3, 2)),
                                             ("dropout3d", (6, 3, 2))])  # fmt: skip
def test_other_numbers_of_dimensions_are_warned_of(name, shape):
    with pytest.warns(UserWarning, match=f"-D input to {name}, which is deprecated. Use dropout"):
        getattr(F, name)(torch.ones(shape))


@pytest.mark.parametrize(("name", "shape"), [("dropout1d", (2, 6, 4)), ("dropout2d", (2, 6, 4, 4)),
                                             ("dropout3d", (2, 6, 2, 2, 2))])  # fmt: skip
def test_channels_are_dropped_whole(name, shape):
    y = getattr(F, name)(torch.ones(shape), 0.25).reshape(2, 6, -1).numpy()
    assert set(y[:, :, 0].flatten().tolist()) <= {0.0, np.float32(1) / np.float32(0.75)}
    assert (y == y[:, :, :1]).all()


@pytest.mark.parametrize("name", ["dropout", "dropout1d", "dropout2d", "dropout3d"])
def test_dropout_does_nothing_outside_of_training_or_with_probability_zero(name):
    x = torch.rand(2, 6, *(3,) * max(int(name[7:8] or 1), 1))
    state = torch.get_rng_state()
    function = getattr(F, name)
    assert function(x, 0.5, training=False).tolist() == x.tolist()
    assert function(x, 0.0).tolist() == x.tolist()
    assert (torch.get_rng_state() == state).all()
    assert not function(x, 1.0).any()


def test_the_gradient_of_dropout_is_its_noise():
    x = leaf(np.ones(100))
    y = F.dropout(x, 0.3)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())
    assert y.detach().unique().tolist() == pytest.approx([0.0, 1 / 0.7])


def test_dropout_in_place_writes_into_its_input():
    for name, shape in (("dropout", (20,)), ("dropout2d", (2, 6, 2, 2))):
        x = torch.ones(shape)
        y = getattr(F, name)(x, 0.5, inplace=True)
        assert y is x
        assert set(x.unique().tolist()) == {0.0, 2.0}


def test_dropout_refuses_what_is_no_probability_or_has_no_channels():
    x = torch.ones(6)
    for p in (1.5, -0.1, float("nan")):
        for function in (F.dropout, F.dropout2d):
            check_mend(ValueError, f"dropout probability has to be between 0 and 1, but got {p}",
                       "0.5 drops a half", lambda f=function, p=p: f(x, p))  # fmt: skip
    check_mend(RuntimeError, "dropout1d: Expected 2D or 3D input, but received a 1D input",
               "use dropout", lambda: F.dropout1d(x), lambda: F.dropout(x))  # fmt: skip
    check_mend(RuntimeError, "Feature dropout requires at least 2 dimensions in the input",
               "use dropout", lambda: F.dropout2d(x))  # fmt: skip
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type"):
        F.dropout(torch.ones(3, dtype=torch.int64))


# -- normalize -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "dim"), [(2.0, 1), (1.0, 0), (np.inf, -1), (3.0, 0)])
def test_normalize_divides_by_the_norm(p, dim):
    x = numbers(3, 4)
    y = F.normalize(torch.tensor(x), p, dim)
    np.testing.assert_allclose(y.numpy(), x / np.linalg.norm(x, p, axis=dim, keepdims=True))


def test_normalize_leaves_zeros_zero():
    assert F.normalize(torch.zeros(2, 3)).tolist() == [[0.0] * 3] * 2
    assert F.normalize(torch.tensor([[3.0, 4.0]]), eps=50.0).tolist() == [
        pytest.approx([3 / 50, 4 / 50])
    ]


def test_normalize_refuses_a_dimension_that_is_not_there():
    with pytest.raises(IndexError, match="Dimension out of range"):
        F.normalize(torch.rand(4))
    assert F.normalize(torch.rand(4), dim=0).norm().item() == pytest.approx(1)
