"""What each lazy class infers, holds and shows, and that it then equals its eager class."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import (
    BUILT,
    NAMES,
    Case,
    bits,
    build,
    flat,
    inputs,
    label,
    lazy_names,
)
from tests.nn.promises.rows import promise

OWN = ["weight", "bias"]
RUNNING = ["running_mean", "running_var"]
# constructor, shape of the first input, size that is inferred, its value, lazy tensors, weight
INFERRED = [
    ("LazyLinear(7)", (2, 5, 3), "in_features", 3, OWN, (7, 3)),
    ("LazyLinear(7, bias=False)", (3,), "in_features", 3, OWN[:1], (7, 3)),
    ("LazyConv1d(4, 3)", (2, 6, 8), "in_channels", 6, OWN, (4, 6, 3)),
    ("LazyConv1d(4, 3)", (6, 8), "in_channels", 6, OWN, (4, 6, 3)),
    ("LazyConv2d(4, (2, 3), groups=2)", (2, 6, 5, 5), "in_channels", 6, OWN, (4, 3, 2, 3)),
    ("LazyConv2d(4, 3, bias=False)", (6, 5, 5), "in_channels", 6, OWN[:1], (4, 6, 3, 3)),
    ("LazyConv3d(4, 1)", (2, 6, 2, 2, 2), "in_channels", 6, OWN, (4, 6, 1, 1, 1)),
    ("LazyConv3d(4, 1)", (6, 2, 2, 2), "in_channels", 6, OWN, (4, 6, 1, 1, 1)),
    ("LazyConvTranspose1d(4, 3)", (2, 6, 8), "in_channels", 6, OWN, (6, 4, 3)),
    ("LazyConvTranspose2d(4, (2, 3), groups=2)", (6, 5, 5), "in_channels", 6, OWN, (6, 2, 2, 3)),
    ("LazyConvTranspose3d(4, 2)", (2, 6, 2, 2, 2), "in_channels", 6, OWN, (6, 4, 2, 2, 2)),
    ("LazyBatchNorm1d()", (4, 3), "num_features", 3, OWN + RUNNING, (3,)),
    ("LazyBatchNorm1d(track_running_stats=False)", (4, 3, 5), "num_features", 3, OWN, (3,)),
    ("LazyBatchNorm2d(affine=False)", (4, 3, 2, 2), "num_features", 3, RUNNING, None),
    ("LazyBatchNorm3d(bias=False)", (4, 3, 2, 2, 2), "num_features", 3, OWN[:1] + RUNNING, (3,)),
    ("LazyInstanceNorm1d()", (4, 3, 5), "num_features", 3, OWN + RUNNING, (3,)),
    ("LazyInstanceNorm2d()", (4, 3, 5, 5), "num_features", 3, OWN + RUNNING, (3,)),
    ("LazyInstanceNorm3d()", (4, 3, 2, 2, 2), "num_features", 3, OWN + RUNNING, (3,)),
]  # fmt: skip
NORM = "(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)"
SHOWN = {
    "LazyConv2d(4, 3, padding=1, groups=2, bias=False)":
        "LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), groups=2, bias=False)",
    "LazyConvTranspose2d(4, 3, 2, output_padding=1)":
        "LazyConvTranspose2d(0, 4, kernel_size=(3, 3), stride=(2, 2), output_padding=(1, 1))",
    "LazyBatchNorm1d()": f"LazyBatchNorm1d{NORM}",
    "LazyBatchNorm2d()": f"LazyBatchNorm2d{NORM}",
    "LazyBatchNorm3d()": f"LazyBatchNorm3d{NORM}",
    "LazyInstanceNorm1d()": f"LazyInstanceNorm1d{NORM}",
    "LazyInstanceNorm2d()": f"LazyInstanceNorm2d{NORM}",
    "LazyInstanceNorm3d()": f"LazyInstanceNorm3d{NORM}",
}  # fmt: skip
# family -> positional arguments, eager ones, shape of the input, options and their values
OPTIONS = {
    "Linear": ("4", "3, 4", (2, 3), {"bias": (True, False)}),
    "Conv2d": ("4, 3", "2, 4, 3", (2, 2, 6, 7), {
        "stride": (1, (2, 1)), "padding": (0, 1), "dilation": (1, 2), "groups": (1, 2),
        "bias": (True, False), "padding_mode": ("'zeros'", "'reflect'")}),
    "ConvTranspose2d": ("4, 3", "2, 4, 3", (2, 2, 3, 4), {
        "stride": (2,), "padding": (0, 1), "output_padding": (0, 1), "groups": (1, 2),
        "bias": (True, False), "dilation": (1, 2)}),
    "BatchNorm1d": ("", "3", (4, 3), {
        "eps": (1e-5, 0.1), "momentum": (0.1, None), "affine": (True, False),
        "track_running_stats": (True, False), "bias": (True, False)}),
    "InstanceNorm2d": ("", "3", (4, 3, 2, 2), {
        "affine": (True, False), "track_running_stats": (True, False)}),
    "LSTM": ("4", "3, 4", (5, 2, 3), {
        "num_layers": (1, 2), "bias": (True, False), "batch_first": (True, False),
        "bidirectional": (True, False), "proj_size": (0, 2)}),
    "MultiheadAttention": ("2", "4, 2", (5, 2, 4), {
        "bias": (True, False), "add_bias_kv": (True, False), "batch_first": (True, False)}),
}  # fmt: skip
INITIAL = dict.fromkeys(["MultiheadAttention"], 3)


def combinations(family):
    """Write the constructors of all combinations of a family's options."""
    few, many, shape, options = OPTIONS[family]
    for values in itertools.product(*options.values()):
        words = ", ".join(f"{name}={value}" for name, value in zip(options, values, strict=True))
        lazy = f"Lazy{family}({f'{few}, ' if few else ''}{words})"
        yield Case(lazy, f"{family}({many}, {words})", (shape,) * INITIAL.get(family, 1))


def assert_equal_after_one_call(case):
    """Compare class, text, bits and outputs of a lazy layer and its eager twin."""
    lazy, eager = build(case.lazy), build(case.eager)
    torch.manual_seed(0)
    found = flat(lazy(*inputs(case)))
    due = flat(eager(*inputs(case)))
    assert len(found) == len(due) > 0
    for one, other in zip(found, due, strict=True):
        np.testing.assert_array_equal(one, other)
    assert type(lazy) is type(eager)
    assert repr(lazy) == repr(eager)
    assert bits(lazy) == bits(eager)


@promise("N6")
@pytest.mark.parametrize("name", NAMES)
def test_every_lazy_class_is_there(name):
    assert hasattr(nn, name), f"nn.{name} is missing"
    assert name in nn.__all__


@promise("N6")
def test_every_lazy_class_has_a_line_here():
    exported = {name for name in nn.__all__ if name.startswith("Lazy")}
    assert exported - set(NAMES) == set()
    assert "LazyEmbedding" not in exported


@promise("2.7.1", "2.7.2")
@pytest.mark.parametrize(("line", "shape", "name", "value", "lazy", "weight"), INFERRED)
def test_a_lazy_class_infers_its_size_from_the_stated_axis(line, shape, name, value, lazy, weight):
    layer = build(line)
    assert getattr(layer, name) == 0
    assert sorted(lazy_names(layer)) == sorted(lazy)
    for entry in lazy:
        kind = nn.UninitializedBuffer if entry in RUNNING else nn.UninitializedParameter
        assert type(getattr(layer, entry)) is kind
    if RUNNING[0] in lazy:
        assert layer.num_batches_tracked.dtype is torch.int64
        assert layer.num_batches_tracked.item() == 0
    layer(torch.rand(shape))
    assert getattr(layer, name) == value
    assert weight == (None if layer.weight is None else tuple(layer.weight.shape))


@promise("2.7.3", "N16")
@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("batch", [(), (2,)])
def test_a_lazy_instance_norm_takes_its_channels_from_the_right_axis(d, batch):
    layer = getattr(nn, f"LazyInstanceNorm{d}d")()
    assert layer.affine
    assert layer.track_running_stats
    assert layer(torch.rand(*batch, 3, *[6] * d)).shape == (*batch, 3, *[6] * d)
    assert layer.num_features == 3
    assert layer.running_mean.shape == (3,)


@promise("2.7.4")
@pytest.mark.parametrize("line", SHOWN)
def test_a_lazy_class_shows_as_torch_s_does(line):
    assert repr(build(line)) == SHOWN[line]


@promise("2.7.5")
@pytest.mark.parametrize(
    ("tool", "names"),
    [("weight_norm", ("WeightNorm", "weight normalization")),
     ("spectral_norm", ("SpectralNorm", "spectral normalization"))],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_norms_of_the_old_kind_refuse_lazy_layers(tool, names):
    use, layer = getattr(nn.utils, tool), nn.LazyLinear(3)
    before = sorted(vars(layer))
    with pytest.raises(ValueError, match="uninitialized parameters") as error:
        use(layer)
    assert str(error.value).startswith(
        f"The module passed to `{names[0]}` can't have uninitialized parameters. Make sure to run "
        f"the dummy forward before applying {names[1]}"
    )
    assert sorted(vars(layer)) == before


@promise("2.7.6")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_a_lazy_layer_is_an_instance_of_its_eager_class(case):
    if case.name != "LazyBatchNorm":
        assert isinstance(build(case.lazy), type(build(case.eager)))


@promise("N6")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_a_lazy_class_equals_its_eager_class_after_one_call(case):
    assert_equal_after_one_call(case)


@promise("N6")
@pytest.mark.parametrize("family", OPTIONS)
def test_all_combinations_of_options_equal_the_eager_class(family):
    for case in combinations(family):
        assert_equal_after_one_call(case)
