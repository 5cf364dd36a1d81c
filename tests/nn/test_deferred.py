"""nn.lazy: the lazy form of a layer that knows nothing of laziness."""

import copy
import pickle

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn


class MyLinear(nn.Module):
    """A layer of the textbook: sizes are arguments, weights are drawn at once."""

    def __init__(self, in_units, units, scale=1.0):
        super().__init__()
        self.in_units, self.units, self.scale = in_units, units, scale
        self.weight = nn.Parameter(torch.randn(in_units, units) * scale)
        self.bias = nn.Parameter(torch.randn(units))
        self.register_buffer("seen", torch.zeros(in_units))

    def forward(self, x):
        return x @ self.weight + self.bias

    def extra_repr(self):
        return f"in_units={self.in_units}, units={self.units}"


class Block(nn.Module):
    """A layer with layers inside, one of them in a plain list too."""

    def __init__(self, width, hidden):
        super().__init__()
        self.first = nn.Linear(width, hidden)
        self.second = MyLinear(hidden, width)
        self.order = [self.first, self.second]

    def forward(self, x):
        for layer in self.order:
            x = layer(x)
        return x


def last(x):
    """Return the size of the last dimension."""
    return x.shape[-1]


MyLazyLinear = nn.lazy(MyLinear, in_units=last)
LazyMyLinear = nn.lazy(MyLinear, in_units=last)
LazyBlock = nn.lazy(Block, width=last)


def test_placeholders_are_there_from_birth_and_know_what_is_known():
    layer = MyLazyLinear(units=3)
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert (layer.weight.spec, layer.bias.spec, layer.seen.spec) == ((None, 3), (3,), (None,))
    assert layer.uninitialized() == ["weight", "bias", "seen"]
    assert repr(layer) == "LazyMyLinear(in_units=0, units=3)"


def test_the_first_call_makes_it_the_layer_itself():
    layer = MyLazyLinear(units=3)
    weight = layer.weight
    out = layer(torch.ones(2, 5))
    assert type(layer) is MyLinear
    assert layer.in_units == 5
    assert layer.weight is weight
    assert out.shape == (2, 3)
    assert not set(layer.__dict__) - set(MyLinear(5, 3).__dict__)


def test_numbers_are_those_of_the_eager_layer_from_the_same_seed():
    torch.manual_seed(3)
    eager = MyLinear(5, 3, scale=0.1)
    torch.manual_seed(3)
    lazy = MyLazyLinear(units=3, scale=0.1)
    lazy(torch.ones(2, 5))
    assert torch.equal(lazy.weight, eager.weight)
    assert torch.equal(lazy.bias, eager.bias)


def test_keyed_numbers_are_those_of_the_eager_net_in_any_order():
    with nn.init.keyed(7):
        eager = nn.ModuleList([Block(5, 4), nn.Linear(3, 2), MyLinear(6, 2)])
    with nn.init.keyed(7):
        lazy = nn.ModuleList([LazyBlock(hidden=4), nn.LazyLinear(2), MyLazyLinear(units=2)])
    for layer, width in ((lazy[2], 6), (lazy[0], 5), (lazy[1], 3)):
        layer(torch.ones(1, width))
    for (name, left), (_, right) in zip(
        lazy.state_dict().items(), eager.state_dict().items(), strict=True
    ):
        assert torch.equal(left, right), name


def test_layers_inside_are_lazy_with_it_and_keep_their_tensors():
    layer = LazyBlock(hidden=4)
    before = dict(layer.named_parameters())
    assert layer.first.weight.spec == (4, None)
    layer(torch.ones(2, 5))
    assert type(layer) is Block
    assert layer.order == [layer.first, layer.second]
    assert all(before[name] is tensor for name, tensor in layer.named_parameters())
    assert repr(layer) == repr(Block(5, 4))


def test_an_optimizer_made_before_the_first_call_trains_it():
    layer = LazyBlock(hidden=4)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
    layer(torch.ones(2, 5)).sum().backward()
    before = layer.first.weight.detach().clone()
    optimizer.step()
    assert not torch.equal(before, layer.first.weight)


def test_the_type_asked_for_before_is_kept():
    layer = MyLazyLinear(units=3).double()
    assert layer(torch.ones(2, 5, dtype=torch.float64)).dtype is torch.float64


def test_initialisers_applied_before_take_effect():
    layer = MyLazyLinear(units=3)
    nn.init.constant_(layer.weight, 2.0)
    layer(torch.ones(2, 5))
    assert torch.equal(layer.weight, torch.full((5, 3), 2.0))


def test_loading_builds_it_without_a_call():
    state = MyLinear(5, 3).state_dict()
    layer = MyLazyLinear(units=3)
    layer.load_state_dict(state)
    assert type(layer) is MyLinear
    assert layer.in_units == 5
    assert torch.equal(layer.weight, state["weight"])
    assert layer(torch.ones(2, 5)).shape == (2, 3)


def test_loading_a_layer_with_layers_inside():
    state = Block(5, 4).state_dict()
    layer = LazyBlock(hidden=4)
    layer.load_state_dict(state)
    assert type(layer) is Block
    assert layer.first.in_features == 5
    assert all(torch.equal(layer.state_dict()[name], value) for name, value in state.items())


def test_a_state_that_does_not_fit_changes_nothing():
    layer = MyLazyLinear(units=3)
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        layer.load_state_dict(MyLinear(5, 4).state_dict())
    assert layer.uninitialized() == ["weight", "bias", "seen"]
    assert layer(torch.ones(2, 6)).shape == (2, 3)


def test_a_failing_build_leaves_it_lazy():
    class Fussy(MyLinear):
        def __init__(self, in_units, units):
            super().__init__(in_units, units)
            if in_units == 5:
                raise ValueError("not five")

    layer = nn.lazy(Fussy, in_units=last)(units=3)
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match="not five"):
        layer(torch.ones(2, 5))
    assert layer.uninitialized() == ["weight", "bias", "seen"]
    assert torch.equal(torch.get_rng_state(), state)
    assert layer(torch.ones(2, 6)).shape == (2, 3)
    assert type(layer) is Fussy


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_are_lazy_and_independent(duplicate):
    layer = LazyMyLinear(units=3)
    twin = duplicate(layer)
    twin(torch.ones(2, 5))
    assert layer.uninitialized() == ["weight", "bias", "seen"]
    assert type(twin) is MyLinear
    layer(torch.ones(2, 6))
    assert (layer.in_units, twin.in_units) == (6, 5)


def test_construction_draws_nothing():
    state = torch.get_rng_state()
    LazyBlock(hidden=4)
    assert torch.equal(torch.get_rng_state(), state)


def test_it_takes_part_in_a_dry_run():
    net = nn.Sequential(LazyBlock(hidden=4), MyLazyLinear(units=2))
    found = nn.shapes(net, torch.spec((None, 7)))
    assert found["0.first.weight"][0] == (4, 7)
    assert net.uninitialized()
    nn.dry_run(net, torch.spec((None, 7)))
    assert [type(layer) for layer in net] == [Block, MyLinear]


def test_mistakes_are_named():
    with pytest.raises(TypeError, match="no argument 'width'; it has in_units, units, scale"):
        nn.lazy(MyLinear, width=last)
    with pytest.raises(TypeError, match="in_units=lambda x"):
        nn.lazy(MyLinear, in_units=5)
    with pytest.raises(TypeError, match="expected a subclass of nn.Module"):
        nn.lazy(len)
    with pytest.raises(TypeError, match="in_units follows from the input"):
        MyLazyLinear(5, 3)


def test_a_buffer_that_no_state_holds_is_made_when_all_else_is_loaded():
    class Masked(MyLinear):
        def __init__(self, in_units, units):
            super().__init__(in_units, units)
            self.register_buffer("mask", torch.ones(in_units), persistent=False)

    layer = nn.lazy(Masked, in_units=last)(units=3)
    layer.load_state_dict(Masked(5, 3).state_dict())
    assert type(layer) is Masked
    assert torch.equal(layer.mask, torch.ones(5))
