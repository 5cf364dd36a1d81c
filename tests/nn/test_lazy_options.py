"""Every combination of options: a lazy layer after one call is the eager layer, state and all."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn

BOTH = (True, False)
CHANNELS = {"eps": (1e-5, 0.1), "affine": BOTH, "track_running_stats": BOTH, "bias": BOTH}
FILTERS = {"stride": (1, 2), "padding": (0, 1), "dilation": (1, 2), "groups": (1, 2), "bias": BOTH}
SPREAD = {"output_padding": (0, 1), **FILTERS}

# lazy class, eager class, arguments of the one and of the other, options, shapes of inputs
FAMILIES: list[Any] = [
    ("LazyLinear", "Linear", (2,), (4, 2), {"bias": BOTH}, [(3, 4)]),
    ("LazyBilinear", "Bilinear", (2,), (4, 3, 2), {"bias": BOTH}, [(2, 4), (2, 3)]),
    ("LazyPReLU", "PReLU", (), (4,), {"init": (0.25, -1.0)}, [(2, 4, 3)]),
    ("LazyGroupNorm", "GroupNorm", (2,), (2, 4),
     {"eps": (1e-5, 0.1), "affine": BOTH, "bias": BOTH}, [(2, 4, 3)]),
    ("LazyLayerNorm", "LayerNorm", (2,), ((3, 4),),
     {"eps": (1e-5, 0.1), "elementwise_affine": BOTH, "bias": BOTH}, [(2, 3, 4)]),
    ("LazyRMSNorm", "RMSNorm", (), (4,),
     {"eps": (None, 0.1), "elementwise_affine": BOTH}, [(2, 3, 4)]),
    *[(f"LazyConv{rank}d", f"Conv{rank}d", (4, 2), (2, 4, 2), FILTERS,
       [(2, 2, 5, 4, 5)[:2 + rank]]) for rank in (1, 2, 3)],
    *[(f"LazyConvTranspose{rank}d", f"ConvTranspose{rank}d", (4, 2), (2, 4, 2), SPREAD,
       [(2, 2, 2, 3, 2)[:2 + rank]]) for rank in (1, 2, 3)],
    *[(f"Lazy{kind}{rank}d", f"{kind}{rank}d", (), (4,), CHANNELS, [(3, 4, 2, 3, 2)[:2 + rank]])
      for kind in ("BatchNorm", "InstanceNorm") for rank in (1, 2, 3)],
    *[("LazyBatchNorm", f"BatchNorm{rank}d", (), (4,), CHANNELS, [(3, 4, 2, 3, 2)[:2 + rank]])
      for rank in (1, 2, 3)],
]  # fmt: skip


COLUMNS = ("lazy", "eager", "own", "sizes", "options", "shapes")
NAMES = [f"{lazy} {eager}" for lazy, eager, *_ in FAMILIES]


def combinations(options):
    """Yield every choice of options; those that a transposed convolution refuses are left out."""
    for values in itertools.product(*options.values()):
        chosen = dict(zip(options, values, strict=True))
        steps = (chosen.get("stride", 2), chosen.get("dilation", 2))
        if chosen.get("output_padding", 0) < max(steps):
            yield chosen


def make(name: str, arguments: Any, options: dict[str, Any], seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return getattr(nn, name)(*arguments, **options)


def state(layer: Any) -> dict[str, Any]:
    return {name: value.numpy().tobytes() for name, value in layer.state_dict().items()}


def inputs(shapes: Any) -> list[Any]:
    draw = np.random.default_rng(0)
    return [torch.tensor(draw.standard_normal(shape).astype(np.float32)) for shape in shapes]


def check_equal(lazy, twin, shapes):
    """Check that one call makes the layers the same, outputs included."""
    x = inputs(shapes)
    torch.manual_seed(0)
    np.testing.assert_array_equal(lazy(*x).detach().numpy(), twin(*x).detach().numpy())
    assert (type(lazy), repr(lazy), state(lazy)) == (type(twin), repr(twin), state(twin))


@pytest.mark.parametrize(COLUMNS, FAMILIES, ids=NAMES)
def test_every_combination_equals_the_eager_layer(lazy, eager, own, sizes, options, shapes):
    for chosen in combinations(options):
        check_equal(make(lazy, own, chosen), make(eager, sizes, chosen), shapes)


@pytest.mark.parametrize(COLUMNS, FAMILIES, ids=NAMES)
def test_states_load_both_ways_in_every_combination(lazy, eager, own, sizes, options, shapes):
    for chosen in combinations(options):
        layer, twin = make(lazy, own, chosen), make(eager, sizes, chosen, seed=4)
        layer.load_state_dict(twin.state_dict())
        assert state(layer) == state(twin)
        check_equal(layer, twin, shapes)
        other = make(eager, sizes, chosen, seed=7)
        other.load_state_dict(layer.state_dict())
        assert state(other) == state(layer)
