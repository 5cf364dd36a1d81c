"""What must hold of every layer whose first input decides a size."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.layers import flat

NORM = "eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)"

# lazy constructor, first input, eager constructor, and what PyTorch 2.13 shows before the input
LAZY = [
    ("LazyLinear(4)", (2, 3), "Linear(3, 4)",
     "LazyLinear(in_features=0, out_features=4, bias=True)"),
    ("LazyLinear(4, False)", (3,), "Linear(3, 4, False)",
     "LazyLinear(in_features=0, out_features=4, bias=False)"),
    ("LazyLinear(4, dtype=torch.float64)", (2, 2, 3), "Linear(3, 4, dtype=torch.float64)",
     "LazyLinear(in_features=0, out_features=4, bias=True)"),
    ("LazyConv1d(4, 3)", (2, 2, 7), "Conv1d(2, 4, 3)",
     "LazyConv1d(0, 4, kernel_size=(3,), stride=(1,))"),
    ("LazyConv1d(4, 3, 2, 1, 2, 2, False)", (2, 7), "Conv1d(2, 4, 3, 2, 1, 2, 2, False)",
     "LazyConv1d(0, 4, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), groups=2, "
     "bias=False)"),
    ("LazyConv2d(4, 3)", (2, 2, 5, 6), "Conv2d(2, 4, 3)",
     "LazyConv2d(0, 4, kernel_size=(3, 3), stride=(1, 1))"),
    ("LazyConv2d(6, (3, 2), padding='same', groups=3, padding_mode='circular')", (3, 5, 6),
     "Conv2d(3, 6, (3, 2), padding='same', groups=3, padding_mode='circular')",
     "LazyConv2d(0, 6, kernel_size=(3, 2), stride=(1, 1), padding=same, groups=3, "
     "padding_mode=circular)"),
    ("LazyConv3d(3, 2)", (1, 2, 3, 4, 3), "Conv3d(2, 3, 2)",
     "LazyConv3d(0, 3, kernel_size=(2, 2, 2), stride=(1, 1, 1))"),
    ("LazyBatchNorm1d()", (4, 3), "BatchNorm1d(3)", f"LazyBatchNorm1d(0, {NORM}"),
    ("LazyBatchNorm1d(0.1, None, False)", (4, 3, 2), "BatchNorm1d(3, 0.1, None, False)",
     "LazyBatchNorm1d(0, eps=0.1, momentum=None, affine=False, bias=False, "
     "track_running_stats=True)"),
    ("LazyBatchNorm2d()", (2, 3, 2, 2), "BatchNorm2d(3)", f"LazyBatchNorm2d(0, {NORM}"),
    ("LazyBatchNorm2d(bias=False)", (2, 3, 2, 2), "BatchNorm2d(3, bias=False)",
     f"LazyBatchNorm2d(0, {NORM.replace('bias=True', 'bias=False')}"),
    ("LazyBatchNorm3d(dtype=torch.float64)", (2, 3, 1, 2, 2),
     "BatchNorm3d(3, dtype=torch.float64)", f"LazyBatchNorm3d(0, {NORM}"),
    ("LazyBatchNorm3d(track_running_stats=False)", (2, 3, 1, 2, 2),
     "BatchNorm3d(3, track_running_stats=False)",
     f"LazyBatchNorm3d(0, {NORM.replace('stats=True', 'stats=False')}"),
]  # fmt: skip

# the same of layers that PyTorch has no lazy form of
OURS = [
    ("LazyRNN(4)", (5, 2, 3), "RNN(3, 4)", "LazyRNN(0, 4)"),
    ("LazyRNN(4, 2, 'relu', False, True)", (2, 5, 3), "RNN(3, 4, 2, 'relu', False, True)",
     "LazyRNN(0, 4, num_layers=2, bias=False, batch_first=True)"),
    ("LazyLSTM(4, dtype=torch.float64)", (5, 3), "LSTM(3, 4, dtype=torch.float64)",
     "LazyLSTM(0, 4)"),
    ("LazyLSTM(4, 2, bidirectional=True, proj_size=2)", (5, 2, 3),
     "LSTM(3, 4, 2, bidirectional=True, proj_size=2)",
     "LazyLSTM(0, 4, proj_size=2, num_layers=2, bidirectional=True)"),
    ("LazyGRU(4, bias=False)", (5, 3), "GRU(3, 4, bias=False)", "LazyGRU(0, 4, bias=False)"),
    ("LazyGRU(4, 3, dropout=0.5)", (5, 2, 3), "GRU(3, 4, 3, dropout=0.5)",
     "LazyGRU(0, 4, num_layers=3, dropout=0.5)"),
    ("LazyRNNCell(4, nonlinearity='relu')", (2, 3), "RNNCell(3, 4, nonlinearity='relu')",
     "LazyRNNCell(0, 4, nonlinearity=relu)"),
    ("LazyLSTMCell(4, False)", (2, 3), "LSTMCell(3, 4, False)", "LazyLSTMCell(0, 4, bias=False)"),
    ("LazyGRUCell(4, dtype=torch.float64)", (3,), "GRUCell(3, 4, dtype=torch.float64)",
     "LazyGRUCell(0, 4)"),
]  # fmt: skip
EVERY = LAZY + OURS
TWINS = [(line, shape, eager) for line, shape, eager, _ in EVERY]
LINES = [line for line, *_ in EVERY]


def build(line: str, package: Any = torch, seed: int = 0) -> Any:
    package.manual_seed(seed)
    return eval(f"nn.{line}", {"nn": package.nn, "torch": package})


def given(line: str, shape: Any, package: Any = torch) -> Any:
    x = np.random.default_rng(0).standard_normal(shape)
    return package.tensor(x if "float64" in line else x.astype(np.float32))


def outputs(layer: Any, x: Any) -> list[Any]:
    """Return all outputs of a layer as arrays."""
    return [y.detach().numpy() for y in flat(layer(x))]


def assert_equal(found: list[Any], right: list[Any]) -> None:
    """Compare arrays bit for bit."""
    assert [y.tobytes() for y in found] == [y.tobytes() for y in right]


def state(layer: Any) -> dict[str, Any]:
    """Return the bytes of what is initialized, and the class of what is not."""
    return {
        name: type(value).__name__ if nn.parameter.is_lazy(value) else
        value.detach().numpy().tobytes() for name, value in layer.state_dict().items()
    }  # fmt: skip


@pytest.fixture(params=TWINS, ids=LINES)
def twins(request):
    """A lazy layer, its first input, and a constructor of the eager layer that it must equal."""
    line, shape, eager = request.param
    return build(line), given(line, shape), lambda seed=0: build(eager, seed=seed)


def test_every_lazy_layer_has_a_line():
    exported = {name for name in nn.__all__ if name.startswith("Lazy")}
    assert exported == {line.partition("(")[0] for line in LINES}


@pytest.mark.parametrize(("line", "shape", "eager", "shown"), EVERY, ids=LINES)
def test_a_lazy_layer_shows_zero_before_and_its_size_after(line, shape, eager, shown):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        layer = build(line)
        assert repr(layer) == shown
        layer(given(line, shape))
    assert repr(layer) == repr(build(eager))


def test_the_first_input_gives_the_eager_layer_s_class_weights_and_outputs(twins):
    lazy, x, eager = twins
    twin = eager()
    assert isinstance(lazy, type(twin))
    assert type(lazy) is not type(twin)
    torch.manual_seed(0)
    found = outputs(lazy, x)
    torch.manual_seed(0)
    eager()
    assert_equal(found, outputs(twin, x))
    assert type(lazy) is type(twin)
    assert state(lazy) == state(twin)
    own = {name for name in vars(lazy) if "hook" in name and vars(lazy)[name]}
    assert own == {name for name in vars(twin) if "hook" in name and vars(twin)[name]}


def test_before_the_input_everything_of_unknown_size_is_lazy(twins):
    lazy, _, eager = twins
    twin = eager()
    assert list(lazy.state_dict()) == list(twin.state_dict())
    for name, value in lazy.state_dict(keep_vars=True).items():
        other = twin.state_dict(keep_vars=True)[name]
        assert nn.parameter.is_lazy(value) == (name != "num_batches_tracked")
        assert (value.dtype, value.device) == (other.dtype, other.device)
        assert value.requires_grad == other.requires_grad
        kind = nn.UninitializedParameter if isinstance(other, nn.Parameter) else (
            nn.UninitializedBuffer if other.ndim else torch.Tensor)  # fmt: skip
        assert type(value) is kind
    assert lazy.has_uninitialized_params()


def test_an_optimizer_made_before_trains_as_one_made_after(twins):
    lazy, x, eager = twins
    twin = eager()
    if not list(twin.parameters()):
        return
    if "dropout" in repr(twin):
        lazy.eval(), twin.eval()
    early = torch.optim.SGD(lazy.parameters(), lr=0.1, momentum=0.9)
    objects = [id(p) for p in lazy.parameters()]
    late = torch.optim.SGD(twin.parameters(), lr=0.1, momentum=0.9)
    torch.manual_seed(0)
    for _ in range(2):
        for layer, optimizer in ((lazy, early), (twin, late)):
            optimizer.zero_grad()
            (flat(layer(x))[0] ** 2).sum().backward()
            optimizer.step()
    assert [id(p) for p in lazy.parameters()] == objects
    assert state(lazy) == state(twin)
    assert state(lazy) != state(eager())


def test_an_initialized_state_settles_a_lazy_layer_without_a_call(twins):
    lazy, x, eager = twins
    twin = eager(seed=3)
    assert str(lazy.load_state_dict(twin.state_dict())) == "<All keys matched successfully>"
    assert state(lazy) == state(twin)
    assert_equal(outputs(lazy.eval(), x), outputs(twin.eval(), x))
    assert (type(lazy), repr(lazy)) == (type(twin), repr(twin))


def test_a_lazy_state_loads_into_a_lazy_layer_and_not_into_an_eager_one(twins):
    lazy, x, eager = twins
    other, twin = copy.deepcopy(lazy), eager()
    assert str(other.load_state_dict(lazy.state_dict())) == "<All keys matched successfully>"
    assert state(other) == state(lazy)
    held = state(twin)
    with pytest.raises(RuntimeError, match="uninitialized"):
        twin.load_state_dict(lazy.state_dict())
    assert state(twin) == held
    torch.manual_seed(0)
    other(x)
    assert state(lazy) != state(other)


@pytest.mark.parametrize(
    "make", [copy.deepcopy, copy.copy, lambda layer: pickle.loads(pickle.dumps(layer))],
    ids=["deepcopy", "copy", "pickle"],
)  # fmt: skip
def test_copies_of_a_lazy_layer_settle_as_it_would(twins, make):
    lazy, x, eager = twins
    other = make(lazy)
    assert (type(other), repr(other), state(other)) == (type(lazy), repr(lazy), state(lazy))
    torch.manual_seed(0)
    other(x)
    assert state(other) == state(settled_twin(eager, x))


def settled_twin(eager, x):
    """Return the eager layer after one call, which moves running statistics."""
    twin = eager()
    twin(x)
    return twin


def test_conversions_before_the_input_are_kept(twins):
    lazy, x, eager = twins
    assert lazy.double() is lazy
    torch.manual_seed(0)
    lazy(x.double())
    dtypes = {k: v.dtype for k, v in eager().double().state_dict().items()}
    assert {k: v.dtype for k, v in lazy.state_dict().items()} == dtypes
    assert repr(lazy) == repr(eager())


def test_an_input_that_fails_leaves_the_layer_lazy(twins):
    lazy, x, eager = twins
    held, text, kind = state(lazy), repr(lazy), type(lazy)
    whole = any(word in text for word in ("Linear", "Conv", "Cell"))
    wrong = [torch.ones(()), x.long() if whole else torch.ones(3)]
    for value in wrong:
        with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
            lazy(value)
        assert (state(lazy), repr(lazy), type(lazy)) == (held, text, kind)
    torch.manual_seed(0)
    lazy(x)
    assert state(lazy) == state(settled_twin(eager, x))


def test_forward_itself_and_arithmetic_are_refused_before_the_input(twins):
    lazy, x, _ = twins
    held = lazy.state_dict(keep_vars=True).values()
    waiting = [value for value in held if nn.parameter.is_lazy(value)]
    for value in waiting:
        for use in (lambda v=value: v + 1, lambda v=value: v.sum(), lambda v=value: len(v)):
            with pytest.raises(ValueError, match="Attempted to use an uninitialized"):
                use()
    with pytest.raises(ValueError, match="Attempted to use an uninitialized"):
        lazy.forward(x)


@pytest.mark.parametrize(("line", "shape", "eager"), TWINS, ids=LINES)
def test_a_size_of_none_is_the_short_form(line, shape, eager):
    name, _, inner = eager.partition("(")
    layer = build(f"{name}(None{inner[1:]}")
    assert layer.has_uninitialized_params()
    x = given(line, shape)
    torch.manual_seed(0)
    layer(x)
    assert state(layer) == state(settled_twin(lambda: build(eager), x))
    assert repr(layer) == repr(build(eager))


def test_a_norm_with_nothing_to_settle_still_takes_its_channels_from_the_input():
    layer = nn.LazyBatchNorm1d(affine=False, track_running_stats=False)
    layer(torch.rand(4, 3))
    assert (type(layer), layer.num_features) == (nn.BatchNorm1d, 3)


@pytest.mark.torch
@pytest.mark.parametrize(("line", "shape", "eager", "shown"), LAZY)
def test_lazy_layers_are_torch_s_before_and_after(line, shape, eager, shown):
    oracle = pytest.importorskip("torch")
    ours, theirs = build(line), build(line, oracle)
    assert repr(ours) == repr(theirs) == shown
    assert list(ours.state_dict()) == list(theirs.state_dict())
    y, other = ours(given(line, shape)), theirs(given(line, shape, oracle))
    np.testing.assert_allclose(y.detach().numpy(), other.detach().numpy(), rtol=1e-5, atol=1e-5)
    assert repr(ours) == repr(theirs)
    for name, value in theirs.state_dict().items():
        mine = ours.state_dict()[name].detach().numpy()
        if "running" in name:
            np.testing.assert_allclose(mine, value.numpy(), rtol=1e-5, atol=1e-6)
        else:
            assert mine.tobytes() == value.numpy().tobytes()
