"""What a newcomer does wrong: nothing is lost in silence, and the mend is named."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn, optim
from minitorch_lazy.nn.utils import parametrizations as ready
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.rows import promise


@promise("N8")
@pytest.mark.parametrize("write", ["[:] = 4", "[0]", "[:] += 1", " = torch.ones(3, 2)"])
def test_elements_of_a_lazy_weight_cannot_be_written_yet(write):
    layer = nn.LazyLinear(3)
    with pytest.raises(ValueError, match=r"uninitialized(?s:.)*mend    call the net once"):
        exec(f"layer.weight.data{write}", {"layer": layer, "torch": torch})
    assert layer.weight.spec == (3, None)


@promise("N11.1")
@pytest.mark.parametrize(
    ("layer", "given", "kind", "text"),
    [
        (nn.LazyLinear(8), [[1.0, 2.0]], TypeError, r"'input' .* must be Tensor, not list"),
        (nn.LazyConv2d(8, 3), None, TypeError, r"'input' .* must be Tensor, not NoneType"),
        (nn.LazyBatchNorm1d(), [1], TypeError, r"'input' .* must be Tensor, not list"),
        (nn.LazyLinear(8), torch.tensor(1.0), IndexError, "at least one dimension"),
    ],
)
def test_a_lazy_layer_says_what_is_wrong_with_its_first_input(layer, given, kind, text):
    with pytest.raises(kind, match=text):
        layer(given)
    assert layer.has_uninitialized_params()


@promise("N2.1")
@pytest.mark.parametrize("ask", [nn.dry_run, nn.shapes, nn.summary])
def test_a_plain_shape_is_no_input(ask):
    with pytest.raises(TypeError, match=r"torch\.spec\(\(2, 5\)\)"):
        ask(nn.LazyLinear(8), (2, 5))


@promise("N2.1")
@pytest.mark.parametrize("shape", [None, 5])
def test_a_spec_takes_one_tuple(shape):
    with pytest.raises(TypeError, match=r"mend    torch\.spec\(\(None, 20\)\)"):
        torch.spec(shape)


@promise("N14")
@pytest.mark.parametrize("wrong", [
    lambda net: net, lambda net: net.parameters, lambda net: [{"params": net}], lambda net: [1.0],
])  # fmt: skip
def test_an_optimizer_says_that_it_wants_the_parameters(wrong):
    with pytest.raises(TypeError, match=r"mend +give it net\.parameters\(\)"):
        optim.SGD(wrong(nn.Linear(2, 2)), lr=0.1)


@promise("N11.1")
@pytest.mark.parametrize(
    ("layer", "value", "mend"),
    [
        (nn.Linear(3, 3), torch.ones(2, 3, dtype=torch.float64), "input.to(torch.float32)"),
        (nn.Linear(3, 3).double(), torch.ones(2, 3), "input.to(torch.float64)"),
        (nn.Conv1d(3, 3, 1), torch.ones(2, 3, 4, dtype=torch.float64), "input.to(torch.float32)"),
    ],
)
def test_the_mend_of_an_input_of_another_type_works(layer, value, mend):
    with pytest.raises(RuntimeError) as caught:
        layer(value)
    assert mend in str(caught.value)
    layer(eval(mend, {"input": value, "torch": torch}))


@promise("N13.1")
@pytest.mark.parametrize("make", [ready.Symmetric, ready.Skew, ready.PositiveDefinite])
@pytest.mark.parametrize("shape", [(3, 2), (3,)], ids=str)
def test_a_constraint_on_square_matrices_refuses_others(make, shape):
    layer = nn.Linear(2, 3)
    name = "weight" if len(shape) == 2 else "bias"
    with pytest.raises(ValueError, match="must be a square matrix") as caught:
        parametrize.register_parametrization(layer, name, make())
    assert f"  from    the parametrization by {make.__name__}" in caught.value.__notes__
    assert not parametrize.is_parametrized(layer)


@promise("N13.1")
def test_a_low_rank_vector_is_refused():
    with pytest.raises(ValueError, match="must be a matrix"):
        parametrize.register_parametrization(nn.Linear(2, 3), "bias", ready.LowRank(1))


@promise("3.3.1")
def test_a_parametrized_tensor_takes_tensors_only():
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", ready.Symmetric())
    with pytest.raises(TypeError, match="only be assigned a tensor, not int"):
        layer.weight = 3


@promise("3.7.8", "3.7.11")
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)], ids=str)
@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_a_matrix_of_less_than_full_rank_becomes_an_orthogonal_one(shape, fill):
    layer = nn.Linear(*reversed(shape))
    nn.init.constant_(layer.weight, fill)
    W = ready.orthogonal(layer).weight.detach()
    gram = W.T @ W if shape[0] >= shape[1] else W @ W.T
    assert torch.allclose(gram, torch.eye(min(shape)), atol=1e-6)
