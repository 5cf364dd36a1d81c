"""What must hold of every layer; `layers.py` has the one line that a new layer needs."""

from __future__ import annotations

import copy
import pickle
import warnings
import zlib
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.layers import LAYERS as COMMON
from tests.nn.layers import flat
from tests.nn.losses import LOSSES, loss_inputs

LAYERS = [*COMMON, *LOSSES]
LINES = [line for line, *_ in LAYERS]
CALLED = [(line, kind) for line, kind, *_ in LAYERS if kind is not None]
TAKES_ANYTHING = ("Identity",)


def build(line: str, package: Any = torch, seed: int = 0) -> Any:
    """Evaluate a constructor line in a package."""
    package.manual_seed(seed)
    return eval(f"nn.{line}", {"nn": package.nn, "torch": package})


def arrays(kind: Any, dtype: Any) -> list[Any]:
    """Return the inputs of a layer: numbers of a shape, or what its losses and tables take."""
    draw = np.random.default_rng(0)
    pair = [draw.standard_normal((3, 4)).astype(dtype) for _ in range(2)]
    if kind == "indices":
        return [np.array([[0, 3], [1, 1]])]
    if kind == "classes":
        return [pair[0], np.array([0, 1, 3])]
    if kind == "chances":
        return [1 / (1 + np.exp(-array)) for array in pair]
    if kind == "pair":
        return pair
    if isinstance(kind, str):
        return loss_inputs(kind, pair, draw)
    several = isinstance(kind, list) or isinstance(kind[0], tuple)
    return [draw.standard_normal(s).astype(dtype) for s in (kind if several else [kind])]


def inputs(line: str, kind: Any, package: Any = torch) -> list[Any]:
    """Return the inputs as tensors of a package."""
    dtype = np.float64 if "float64" in line else np.float32
    return [package.tensor(array) for array in arrays(kind, dtype)]


def call(layer: Any, given: list[Any], package: Any = torch) -> list[np.ndarray]:
    """Run a layer under seed 1 and return its outputs."""
    package.manual_seed(1)
    found = layer(*[tensor.clone() for tensor in given])
    return [tensor.detach().numpy() for tensor in flat(found)]


def state(layer: Any) -> dict[str, bytes]:
    return {k: v.detach().numpy().tobytes() for k, v in layer.state_dict().items()}


def differs_in_training(line: str) -> bool:
    """Tell whether a layer computes something else in training than in evaluation."""
    if line.startswith("InstanceNorm"):
        return "track_running_stats=True" in line
    if line.startswith("BatchNorm"):
        return "track_running_stats=False" not in line
    return line.startswith(
        (
            "Dropout",
            "AlphaDropout",
            "FeatureAlpha",
            "RReLU",
            "Transformer",
            "MultiheadAttention(4, 2, 0.3",
        )
    )


def test_every_layer_has_a_line():
    listed = {line.partition("(")[0] for line in LINES}
    exported = {
        name for name in nn.__all__
        if isinstance(value := getattr(nn, name), type) and issubclass(value, nn.Module)
    }  # fmt: skip
    lazy = {name for name in exported if name.startswith("Lazy")}
    assert exported - lazy - {"Module"} == listed


@pytest.mark.parametrize(("line", "kind", "shown", "held"), LAYERS, ids=LINES)
def test_a_layer_shows_and_holds_what_torch_s_does(line, kind, shown, held):
    layer = build(line)
    assert repr(layer) == (shown or line)
    words = held.split()
    found = {name: f"{zlib.crc32(data):08x}" for name, data in state(layer).items()}
    assert found == dict(zip(words[::2], words[1::2], strict=True))


@pytest.mark.parametrize("line", LINES)
def test_train_and_eval_reach_every_part_and_change_nothing_else(line):
    layer = build(line)
    before, text = state(layer), repr(layer)
    for mode in (False, True):
        assert (layer.train() if mode else layer.eval()) is layer
        assert {part.training for part in layer.modules()} == {mode}
    assert (state(layer), repr(layer)) == (before, text)


@pytest.mark.parametrize(("line", "kind"), CALLED)
def test_evaluation_is_the_same_every_time_and_training_differs_where_it_should(line, kind):
    given = inputs(line, kind)
    trained = call(build(line), given)
    layer = build(line).eval()
    held = state(layer)
    first, second = call(layer, given), call(layer, given)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    if "max_norm" not in line:
        assert state(layer) == held
    drops = differs_in_training(line) or "dropout=0" in repr(layer)
    assert np.array_equal(trained[0], first[0]) != drops


@pytest.mark.parametrize("make", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
                         ids=["deepcopy", "pickle"])  # fmt: skip
@pytest.mark.parametrize(("line", "kind"), [(line, kind) for line, kind, *_ in LAYERS])
def test_copies_are_equal_and_independent(line, kind, make):
    layer = build(line)
    layer.eval()
    other = make(layer)
    assert (type(other), repr(other), other.training) == (type(layer), repr(layer), False)
    assert state(other) == state(layer)
    if kind is not None:
        given = inputs(line, kind)
        np.testing.assert_array_equal(call(other, given)[0], call(layer, given)[0])
    held = state(layer)
    for tensor in other.state_dict().values():
        tensor.zero_()
    assert state(layer) == held


@pytest.mark.parametrize("line", LINES)
def test_a_state_loads_into_another_layer(line):
    layer, other = build(line), build(line, seed=5)
    assert str(other.load_state_dict(layer.state_dict())) == "<All keys matched successfully>"
    assert state(other) == state(layer)
    with pytest.raises(RuntimeError, match="Unexpected key"):
        other.load_state_dict({**layer.state_dict(), "more": torch.ones(1)})


@pytest.mark.parametrize("line", LINES)
def test_an_unknown_argument_is_refused(line):
    if line.startswith(TAKES_ANYTHING):
        return
    inner = line[line.index("(") + 1 : -1]
    with pytest.raises(TypeError, match="unknown"):
        build(f"{line.partition('(')[0]}({inner}{', ' if inner else ''}unknown=1)")


@pytest.mark.parametrize("line", [line for line, _, _, held in LAYERS if held])
def test_types_are_converted_and_integers_left_alone(line):
    layer = build(line).half()
    for name, tensor in layer.state_dict().items():
        assert tensor.dtype is (torch.int64 if "num_batches" in name else torch.float16)


def test_running_statistics_move_in_training_only_and_average_without_a_momentum():
    batches = [torch.tensor([[1.0], [3.0]]), torch.tensor([[4.0], [6.0]])]
    for momentum, mean in ((0.1, 0.9 * 0.2 + 0.1 * 5), (None, 3.5)):
        layer = nn.BatchNorm1d(1, momentum=momentum)
        for batch in batches:
            layer(batch)
        layer.eval()(batches[0])
        assert layer.running_mean.item() == pytest.approx(mean)
        assert layer.num_batches_tracked.item() == 2
        layer.reset_running_stats()
        assert [v.item() for v in layer.buffers()] == [0, 1, 0]


def test_initial_values_of_many_numbers_are_torch_s():
    """Long streams take other paths than the few numbers of the table above."""
    recorded = {"Linear(30, 40)": "2bafd54d", "Conv2d(5, 16, 5)": "61832d41",
                "Conv1d(8, 9, 4)": "9ee7b485", "Embedding(20, 30)": "6a69b3b5",
                "ConvTranspose2d(16, 5, 5)": "bbaeffc6", "Bilinear(20, 30, 4)": "289caa3d",
                }  # fmt: skip
    for line, checksum in recorded.items():
        data = b"".join(state(build(line)).values())
        assert f"{zlib.crc32(data):08x}" == checksum, line


# -- beside PyTorch ------------------------------------------------------------------------------


@pytest.mark.torch
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("seed", [0, 7])
def test_the_table_holds_beside_torch(line, seed):
    oracle = pytest.importorskip("torch")
    ours, theirs = build(line, seed=seed), build(line, oracle, seed)
    assert repr(ours) == repr(theirs)
    assert state(ours) == state(theirs)
    assert [p.requires_grad for p in ours.parameters()] == [
        p.requires_grad for p in theirs.parameters()
    ]


@pytest.mark.torch
@pytest.mark.parametrize(("line", "kind"), CALLED)
@pytest.mark.parametrize("training", [True, False])
def test_outputs_gradients_and_statistics_are_torch_s(line, kind, training):
    oracle = pytest.importorskip("torch")
    found = []
    for package in (torch, oracle):
        layer = build(line, package).train(training)
        given = inputs(line, kind, package)
        learns = given[0].is_floating_point()
        leaf = given[0].requires_grad_() if learns else given[0]
        package.manual_seed(1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = layer(leaf * 1, *given[1:])
        y = y[0] if isinstance(y, tuple) else y
        if y.requires_grad:
            (y * y).sum().backward()
        parts = [y, *layer.state_dict().values(), *[p.grad for p in layer.parameters()]]
        parts += [leaf.grad] if learns else []
        found.append([None if part is None else part.detach().numpy() for part in parts])
    for mine, other in zip(*found, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None:
            assert mine.dtype == other.dtype
            np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)
