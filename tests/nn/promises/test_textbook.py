"""What textbooks type about lazy layers, and what they show for it."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn, optim
from tests.nn.promises.classes import bits
from tests.nn.promises.rows import promise


class LazyMLP(nn.Module):
    """The two-layer network of the lazy modules' own tutorial."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.LazyLinear(10)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.LazyLinear(1)
        self.relu2 = nn.ReLU()

    def forward(self, x):
        return self.relu2(self.fc2(self.relu1(self.fc1(x))))


LAZY_TREE = """LazyMLP(
  (fc1): LazyLinear(in_features=0, out_features=10, bias=True)
  (relu1): ReLU()
  (fc2): LazyLinear(in_features=0, out_features=1, bias=True)
  (relu2): ReLU()
)"""
TREE = LAZY_TREE.replace("LazyLinear(in_features=0, out_features=10", "Linear(in_features=10, "
                         "out_features=10").replace("LazyLinear(in_features=0", "Linear("
                         "in_features=10")  # fmt: skip


class Text(str):
    """A text that shows itself without quotes."""

    __repr__ = str.__str__


def classifier():
    return nn.Sequential(nn.LazyLinear(256), nn.ReLU(), nn.LazyLinear(10))


@promise("1.10", "1.11", "1.19")
def test_the_tree_before_and_after():
    net = LazyMLP()
    assert repr(net) == LAZY_TREE
    net.forward(torch.ones(10, 1).reshape(1, 10))
    assert repr(net) == TREE
    other = LazyMLP()
    assert other.forward(torch.ones(10, 1)).shape == (10, 1)
    assert other.fc1.in_features == 1


@promise("1.9", "1.12")
def test_a_lazy_state_dict_shows_lazy_weights_and_biases():
    state = LazyMLP().state_dict()
    names = ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    entries = OrderedDict.fromkeys(names, Text("<UninitializedParameter>"))
    assert repr(state) == repr(entries)
    assert all(nn.parameter.is_lazy(value) for value in state.values())


@promise("1.13", "1.14")
def test_convert_first_and_call_then_with_the_right_type():
    net, x = LazyMLP(), torch.ones(2, 10, dtype=torch.float64)
    text = "mat1 and mat2 must have the same dtype, but got Double and Float"
    with pytest.raises(RuntimeError, match=text):
        net(x)
    assert repr(net) == LAZY_TREE
    assert net.double()(x).dtype is torch.float64


@promise("1.15", "2.6.1")
@pytest.mark.parametrize("early", [True, False])
def test_an_optimizer_before_or_after_the_first_call_trains_alike(early):
    torch.manual_seed(0)
    net, x = LazyMLP(), torch.ones(10, 10)
    sgd = optim.SGD(net.parameters(), lr=0.01) if early else None
    net(x)
    sgd = sgd or optim.SGD(net.parameters(), lr=0.01)
    before = net.fc2.bias.item()
    net.fc2(net.fc1(x)).sum().backward()
    sgd.step()
    assert net.fc2.bias.item() == pytest.approx(before - 0.01 * 10)


@promise("1.16")
def test_draws_follow_the_order_of_settling():
    def draws(*layers):
        torch.manual_seed(0)
        net = nn.Sequential(*(make() for make in layers))
        net(torch.ones(1, 4))
        return [part.weight.tolist() for part in net]

    eager = draws(lambda: nn.Linear(4, 3), lambda: nn.Linear(3, 2))
    assert draws(lambda: nn.LazyLinear(3), lambda: nn.LazyLinear(2)) == eager
    mixed = draws(lambda: nn.LazyLinear(3), lambda: nn.Linear(3, 2))
    assert mixed[0] != eager[0]
    assert mixed[1] != eager[1]


@promise("1.18")
def test_the_first_call_does_not_replace_what_was_loaded():
    torch.manual_seed(0)
    trained = LazyMLP()
    trained(torch.ones(1, 10))
    net = LazyMLP()
    net.load_state_dict(trained.state_dict())
    net(torch.zeros(3, 10))
    assert bits(net) == bits(trained)


@promise("1.20", "1.22")
def test_shapes_of_a_sequential_before_and_after():
    net = classifier()
    assert repr(net[0].weight) == "<UninitializedParameter>"
    assert (net[0].weight.spec, net[0].bias.spec) == ((256, None), (256,))
    net(torch.rand(2, 20))
    assert net[0].weight.shape == torch.Size([256, 20])
    assert [tuple(p.shape) for p in net.parameters()] == [(256, 20), (256,), (10, 256), (10,)]


@promise("1.22", "1.24")
def test_values_of_a_lazy_net_are_refused_by_name():
    net = classifier()
    for ask in (lambda p: p.tolist(), lambda p: p.numpy(), lambda p: p.data.clone().sum() + p):
        with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
            ask(net[0].weight)
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
        net[0].bias.tolist()


@promise("1.22", "N8")
def test_a_wish_before_the_first_call_is_kept():
    net = classifier()
    net.apply(lambda m: nn.init.constant_(m.weight, 2.0) if isinstance(m, nn.Linear) else None)
    net(torch.rand(2, 20))
    assert net[0].weight.unique().tolist() == net[2].weight.unique().tolist() == [2.0]


@promise("1.23", "N2.1")
def test_shapes_from_the_shape_of_an_input():
    net = classifier()
    shapes = nn.shapes(net, torch.spec((2, 20)))
    assert {name: tuple(shape) for name, (shape, _) in shapes.items()} == {
        "0.weight": (256, 20), "0.bias": (256,), "2.weight": (10, 256), "2.bias": (10,),
    }  # fmt: skip


@promise("1.25")
def test_one_size_given_is_one_layer_at_once():
    net = nn.Sequential(nn.Linear(20, 256), nn.ReLU(), nn.LazyLinear(128), nn.LazyLinear(10))
    assert [part.weight.__class__ for part in (net[0], net[2], net[3])] == [
        nn.Parameter, nn.UninitializedParameter, nn.UninitializedParameter]  # fmt: skip


@promise("1.26", "1.27")
def test_sizes_that_do_not_fit_are_refused_in_torch_s_words():
    net = nn.Sequential(nn.LazyLinear(4), nn.Linear(5, 2))
    text = r"mat1 and mat2 shapes cannot be multiplied \(1x4 and 5x2\)"
    with pytest.raises(RuntimeError, match=text):
        net(torch.ones(1, 7))
    layer = nn.LazyLinear(4)
    layer(torch.ones(1, 3))
    with pytest.raises(RuntimeError, match=r"cannot be multiplied \(1x5 and 3x4\)"):
        layer(torch.ones(1, 5))


@promise("1.27", "2.4.17")
def test_tied_lazy_weights_serve_inputs_of_one_width():
    net = nn.Sequential(nn.LazyLinear(4), nn.LazyLinear(4))
    net[1].weight = net[0].weight
    net(torch.ones(2, 4)).sum().backward()
    assert net[0].weight is net[1].weight
    assert net[1].weight.grad.shape == (4, 4)
