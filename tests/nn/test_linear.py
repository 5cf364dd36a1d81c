import math

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (0, 3)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_multiplies_and_adds(shape, bias):
    layer = nn.Linear(3, 5, bias, dtype=torch.float64)
    x = np.random.default_rng(0).standard_normal(shape)
    expected = x @ layer.weight.detach().numpy().T
    if bias:
        expected = expected + layer.bias.detach().numpy()
    assert np.allclose(layer(torch.tensor(x)).detach().numpy(), expected)


def test_gradients_of_linear():
    layer = nn.Linear(3, 2, dtype=torch.float64)
    x = np.random.default_rng(0).standard_normal((4, 3))
    inputs = torch.tensor(x, requires_grad=True)
    layer(inputs).sum().backward()
    assert np.allclose(layer.weight.grad.numpy(), np.tile(x.sum(0), (2, 1)))
    assert layer.bias.grad.tolist() == [4.0, 4.0]
    assert np.allclose(inputs.grad.numpy(), np.tile(layer.weight.detach().numpy().sum(0), (4, 1)))


def test_linear_has_torch_s_attributes():
    layer = nn.Linear(3, 5)
    assert (layer.in_features, layer.out_features) == (3, 5)
    assert layer.weight.shape == (5, 3)
    assert layer.bias.shape == (5,)
    assert repr(layer) == "Linear(in_features=3, out_features=5, bias=True)"
    assert nn.Linear(3, 5, bias=False).bias is None
    assert list(nn.Linear(3, 5, bias=False).state_dict()) == ["weight"]
    assert nn.Linear(3, 5, device="cpu", dtype=torch.float16).bias.dtype is torch.float16


def test_linear_draws_within_its_bounds():
    layer = nn.Linear(100, 50)
    for parameter in layer.parameters():
        assert parameter.abs().max().item() <= 1 / math.sqrt(100)
        assert parameter.abs().max().item() > 0.09


def test_linear_of_no_inputs_gives_the_bias():
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        layer = nn.Linear(0, 2)
    assert layer(torch.ones(3, 0)).tolist() == [layer.bias.tolist()] * 3


def test_linear_starts_with_torch_s_numbers_of_seed_0():
    torch.manual_seed(0)
    layer = nn.Linear(2, 2)
    recorded_weight = [
        [-0.005293981172144413, 0.37932288646698],
        [-0.5819807648658752, -0.5203874707221985],
    ]
    recorded_bias = [-0.27234524488449097, 0.1896158903837204]
    assert layer.weight.tolist() == recorded_weight
    assert layer.bias.tolist() == recorded_bias


def test_sizes_that_do_not_fit_are_named():
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(1x4 and"):
        nn.Linear(5, 2)(torch.ones(1, 4))


def test_types_that_do_not_fit_are_named():
    with pytest.raises(RuntimeError, match="the same dtype"):
        nn.Linear(5, 2)(torch.ones(1, 5, dtype=torch.float64))


def test_identity_takes_any_arguments_and_returns_the_input():
    layer = nn.Identity(54, unused=True)
    x = torch.ones(2)
    assert layer(x) is x
    assert repr(layer) == "Identity()"


# -- LazyLinear ----------------------------------------------------------------------------------


def test_lazy_linear_shows_no_inputs_before_and_all_of_them_after():
    layer = nn.LazyLinear(10)
    assert repr(layer) == "LazyLinear(in_features=0, out_features=10, bias=True)"
    layer(torch.ones(10, 10))
    assert repr(layer) == "Linear(in_features=10, out_features=10, bias=True)"
    assert isinstance(nn.LazyLinear(3), nn.Linear)


def test_both_parameters_of_a_lazy_linear_are_lazy():
    layer = nn.LazyLinear(10)
    assert isinstance(layer.weight, nn.UninitializedParameter)
    assert isinstance(layer.bias, nn.UninitializedParameter)
    assert (layer.weight.spec, layer.bias.spec) == ((10, None), (10,))
    assert repr(layer.state_dict()) in (
        "OrderedDict([('weight', <UninitializedParameter>), ('bias', <UninitializedParameter>)])",
        "OrderedDict({'weight': <UninitializedParameter>, 'bias': <UninitializedParameter>})",
    )


def test_lazy_linear_without_bias_has_none():
    layer = nn.LazyLinear(10, bias=False)
    assert layer.bias is None
    layer(torch.ones(1, 2))
    assert list(layer.state_dict()) == ["weight"]


@pytest.mark.parametrize(("shape", "width"), [((3,), 3), ((2, 5, 3), 3), ((0, 4), 4)])
def test_lazy_linear_infers_from_the_last_dimension(shape, width):
    layer = nn.LazyLinear(2)
    assert layer(torch.ones(shape)).shape == (*shape[:-1], 2)
    assert layer.in_features == width


def test_lazy_linear_takes_a_width_of_zero():
    layer = nn.LazyLinear(2)
    with pytest.warns(UserWarning, match="zero-element"):
        layer(torch.ones(1, 0))
    assert layer.in_features == 0
    assert type(layer) is nn.Linear


def test_lazy_linear_cannot_infer_from_a_number():
    with pytest.raises(IndexError):
        nn.LazyLinear(2)(torch.tensor(1.0))


def test_lazy_linear_takes_type_and_device():
    layer = nn.LazyLinear(2, device="cpu", dtype=torch.float64)
    assert layer(torch.ones(1, 3, dtype=torch.float64)).dtype is torch.float64


def test_a_subclass_becomes_plain_unless_it_says_otherwise():
    class Mine(nn.LazyLinear):
        pass

    class Kept(nn.LazyLinear):
        cls_to_become = None

    for cls, after in ((Mine, nn.Linear), (Kept, Kept)):
        layer = cls(2)
        layer(torch.ones(1, 3))
        assert type(layer) is after


def test_a_settled_layer_refuses_another_width():
    layer = nn.LazyLinear(3)
    layer(torch.ones(1, 4))
    with pytest.raises(RuntimeError, match="1x5 and 4x3"):
        layer(torch.ones(1, 5))


# -- Bilinear ------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [(), (4,), (2, 5), (0,)])
@pytest.mark.parametrize("bias", [True, False])
def test_bilinear_sums_products_of_both_inputs(batch, bias):
    layer = nn.Bilinear(3, 2, 4, bias, dtype=torch.float64)
    draw = np.random.default_rng(0)
    x, y = draw.standard_normal((*batch, 3)), draw.standard_normal((*batch, 2))
    expected = np.einsum("...i,oij,...j->...o", x, layer.weight.detach().numpy(), y)
    if bias:
        expected = expected + layer.bias.detach().numpy()
    found = layer(torch.tensor(x), torch.tensor(y))
    assert np.allclose(found.detach().numpy(), expected)


def test_bilinear_needs_a_first_input_with_elements():
    for features in (0, -1):
        with pytest.raises((ValueError, RuntimeError), match="> 0|negative"):
            nn.Bilinear(features, 3, 4)
    lazy = nn.LazyBilinear(4)
    with pytest.raises(ValueError, match="in1_features must be > 0"):
        lazy(torch.ones(2, 0), torch.ones(2, 3))
    with pytest.raises(RuntimeError, match="batch dimensions do not match"):
        lazy(torch.ones(2, 5), torch.ones(3, 3))
    shown = "in1_features=0, in2_features=0, out_features=4, bias=True"
    assert repr(lazy) == f"LazyBilinear({shown})"


def test_one_size_of_a_bilinear_may_be_known():
    layer = nn.Bilinear(None, 3, 4)
    assert layer.weight.spec == (4, None, 3)
    with pytest.raises(RuntimeError, match="size mismatch for Bilinear.weight"):
        layer(torch.ones(2, 2), torch.ones(2, 4))
    layer(torch.ones(2, 2), torch.ones(2, 3))
    assert (layer.in1_features, layer.in2_features) == (2, 3)


# -- PReLU ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "count"), [((), 1), ((5,), 1), ((2, 3), 3), ((2, 3, 4, 5), 3)])
def test_a_lazy_prelu_has_a_slope_for_each_channel(shape, count):
    for layer in (nn.LazyPReLU(0.5), nn.PReLU(None, 0.5)):
        y = layer(torch.full(shape, -2.0))
        assert (type(layer), layer.num_parameters) == (nn.PReLU, count)
        assert np.all(y.detach().numpy() == -1.0)


def test_prelu_learns_one_slope_for_each_channel():
    layer = nn.PReLU(2)
    layer(torch.tensor([[-1.0, 2.0], [-3.0, -4.0]])).sum().backward()
    assert layer.weight.grad.tolist() == [-4.0, -4.0]
    with pytest.raises(RuntimeError, match="parameter numbers = 2 and channel size = 3"):
        layer(torch.rand(2, 3))
