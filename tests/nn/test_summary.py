"""The summary table: what is known, what is not, and what is counted once."""

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.tables import summary


def test_lazy_layers_show_a_question_mark_for_each_unknown_size():
    net = nn.Sequential(nn.LazyConv2d(16, 3), nn.ReLU(), nn.LazyLinear(10, bias=False))
    assert str(summary(net)).splitlines() == [
        "module   type         parameters                          count",
        "0        LazyConv2d   weight(16, ?, 3, 3) bias(16)   144·? + 16",
        "2        LazyLinear   weight(10, ?)                        10·?",
        "16 known parameters, 3 of 3 tensors still lazy",
    ]


def test_settled_net_shows_shapes_and_bytes():
    net = nn.Sequential(nn.LazyLinear(64), nn.Linear(64, 10))
    net(torch.ones(2, 100))
    assert str(summary(net)).splitlines() == [
        "module   type     parameters                 count",
        "0        Linear   weight(64, 100) bias(64)   6,464",
        "1        Linear   weight(10, 64) bias(10)      650",
        "7,114 parameters, 27.8 KB float32",
    ]


def test_looking_settles_nothing():
    net = nn.LazyLinear(3)
    summary(net)
    assert net.has_uninitialized_params()


def test_partly_settled_net_counts_what_is_known():
    found = summary(nn.Sequential(nn.Linear(4, 2), nn.LazyLinear(3)))
    assert (found.known, found.lazy) == (4 * 2 + 2 + 3, 2)


def test_net_that_is_one_layer_is_listed_under_an_empty_name():
    assert summary(nn.Linear(2, 3)).rows == [("", "Linear", "weight(3, 2) bias(3)", "9", "")]


def test_shared_parameter_is_counted_once_and_names_its_origin():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    net[1].weight = net[0].weight
    found = summary(net)
    assert found.rows[1] == ("1", "Linear", "weight = 0.weight bias(3)", "3", "")
    assert found.known == 9 + 3 + 3


def test_shared_layer_is_listed_once():
    layer = nn.Linear(3, 3)
    assert [row.module for row in summary(nn.Sequential(layer, nn.ReLU(), layer)).rows] == ["0"]


def test_shape_of_which_nothing_is_known_is_one_question_mark():
    net = nn.Module()
    net.weight = nn.UninitializedParameter()
    assert summary(net).rows == [("", "Module", "weight(?)", "?", "")]


def test_net_without_parameters_has_an_empty_table():
    found = summary(nn.ReLU())
    assert found.rows == []
    assert found.totals() == "0 parameters, 0.0 KB"


@pytest.mark.parametrize(("dtype", "size"), [(torch.float64, "0.0 KB float64")])
def test_dtype_is_told(dtype, size):
    assert summary(nn.Linear(1, 1, dtype=dtype)).totals() == f"2 parameters, {size}"


def test_with_an_input_the_shapes_to_come_and_the_outputs_are_shown():
    net = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10))
    assert str(summary(net, torch.spec((None, 1, 8, 8)))).splitlines() == [
        "module   type      parameters                   count   output",
        "0        Conv2d    weight(4, 1, 3, 3) bias(4)      40   (?, 4, 6, 6)",
        "1        ReLU                                       0   (?, 4, 6, 6)",
        "2        Flatten                                    0   (?, 144)",
        "3        Linear    weight(10, 144) bias(10)     1,450   (?, 10)",
        "1,490 parameters, 5.8 KB float32",
    ]
    assert net.uninitialized() == ["0.weight", "0.bias", "3.weight", "3.bias"]


def test_several_outputs_and_unreached_layers_are_shown():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.LazyLinear(2), nn.LazyLinear(3)

        def forward(self, x):
            return self.used(x), {"no": x}

    found = summary(nn.Sequential(Two()), torch.ones(5, 4))
    assert [(row.module, row.output) for row in found.rows] == [("0.used", "(5, 2)"),
                                                                 ("0.unused", "")]
    assert found.lazy == 2
