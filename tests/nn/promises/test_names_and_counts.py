"""Errors that name the place, counts and tables of what is still lazy."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import BUILT, build, inputs, label, lazy_names
from tests.nn.promises.rows import promise


class Half(nn.Module):
    """Two lazy layers, the second of which is used without ever being called."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.LazyLinear(4), nn.LazyLinear(3)

    def forward(self, x, wrong=False):
        hidden = self.fc1(x)
        return hidden @ self.fc2.weight.t() if wrong else hidden


def told(error):
    """Return an error's text with its notes."""
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


@promise("N11.1")
def test_a_refusal_names_the_parameter_its_layer_and_the_mend():
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in") as e:
        Half().fc2.weight + 1
    text = told(e.value)
    assert "LazyLinear.weight" in text
    assert "mend" in text
    assert "call" in text
    with pytest.raises(RuntimeError, match="^Can't access the shape of an uninitialized") as e:
        _ = Half().fc2.weight.shape
    assert "LazyLinear.weight" in told(e.value)


@promise("N11.1")
@pytest.mark.parametrize(("net", "path"), [(Half(), "fc2"), (nn.Sequential(Half()), "0.fc2")])
def test_a_refusal_inside_a_call_names_the_path_in_the_net(net, path):
    half = net if isinstance(net, Half) else net[0]
    half.forward = lambda x: Half.forward(half, x, wrong=True)
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in") as e:
        net(torch.ones(1, 5))
    assert f"{path}.weight" in told(e.value)


@promise("N11.1")
def test_a_refusal_in_a_half_run_net_lists_what_was_never_reached():
    net = Half()
    net(torch.ones(1, 5))
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in") as e:
        net(torch.ones(1, 5), wrong=True)
    assert "fc2.weight, fc2.bias" in told(e.value)


@promise("N11.1", "2.5.3")
def test_a_lazy_state_is_refused_with_the_names_of_its_lazy_entries():
    net, state = Half(), Half()
    net(torch.ones(1, 5))
    net.fc2(torch.ones(1, 4))
    state(torch.ones(1, 5))
    with pytest.raises(RuntimeError, match="^Can't access the shape of an uninitialized") as e:
        nn.Sequential(net).load_state_dict(nn.Sequential(state).state_dict())
    assert "0.fc2.weight" in told(e.value)


@promise("N11.1", "2.4.5")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_forward_itself_names_the_layer(case):
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in") as e:
        build(case.lazy).forward(*inputs(case))
    assert case.name in str(e.value)


@promise("N11.2")
def test_uninitialized_lists_parameters_and_buffers_by_path():
    net = nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d(affine=False), Half())
    norm = ["1.running_mean", "1.running_var"]
    half = ["2.fc1.weight", "2.fc1.bias", "2.fc2.weight", "2.fc2.bias"]
    assert net.uninitialized() == ["0.weight", "0.bias", *norm, *half]
    net(torch.rand(2, 3))
    assert net.uninitialized() == half[2:]
    assert nn.Linear(2, 3).uninitialized() == []


@promise("N11.2")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_uninitialized_lists_what_the_state_dict_shows_as_lazy(case):
    net = nn.Sequential(build(case.lazy))
    assert net.uninitialized() == lazy_names(net) != []
    net(*inputs(case)) if len(case.shapes) == 1 else net[0](*inputs(case))
    assert net.uninitialized() == []


@promise("N11.3")
def test_counting_says_how_many_are_lazy():
    net = nn.Sequential(nn.Linear(36, 33), nn.Linear(12, 1), nn.LazyLinear(2))
    count = nn.count_parameters(net)
    assert count == 36 * 33 + 33 + 13
    assert str(count) == "1,234 + 2 lazy"
    net[2](torch.ones(1, 3))
    assert nn.count_parameters(net) == 1234 + 8
    assert str(nn.count_parameters(net)) == "1,242"


@promise("N11.3")
def test_counting_takes_each_tied_parameter_once_and_is_a_number():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    count = nn.count_parameters(net)
    assert count == 9 + 3 + 3
    assert count + 1 == 16
    assert f"{int(count):,}" == "15"


@promise("N17")
def test_summary_marks_open_sizes_and_the_plain_repr_stays():
    net = nn.Sequential(nn.LazyLinear(10), nn.ReLU(), nn.LazyLinear(2))
    before = repr(net)
    text = str(nn.summary(net))
    assert "weight(10, ?)" in text
    assert "bias(2)" in text
    assert repr(net) == before
    assert "LazyLinear(in_features=0, out_features=10, bias=True)" in before


@promise("N17")
@pytest.mark.parametrize("batch", [2, None])
def test_summary_of_a_stand_in_shows_all_sizes_and_settles_nothing(batch):
    net = nn.Sequential(nn.LazyLinear(10), nn.ReLU(), nn.LazyLinear(2))
    text = str(nn.summary(net, torch.spec((batch, 20))))
    assert "(10, 20)" in text
    assert "(2, 10)" in text
    assert net.uninitialized() == ["0.weight", "0.bias", "2.weight", "2.bias"]
