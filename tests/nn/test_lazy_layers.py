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
TRACKING = "affine=True, track_running_stats=True"


def attention(name: str, size: int, bias: bool = True) -> str:
    """Lay out the repr of an attention."""
    sizes = f"in_features={size}, out_features={size}, bias={bias}"
    return f"{name}(\n  (out_proj): NonDynamicallyQuantizableLinear({sizes})\n)"


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
    ("LazyConvTranspose1d(4, 3)", (2, 2, 5), "ConvTranspose1d(2, 4, 3)",
     "LazyConvTranspose1d(0, 4, kernel_size=(3,), stride=(1,))"),
    ("LazyConvTranspose1d(4, 3, 2, 1, 1, 2, False, 2)", (2, 5),
     "ConvTranspose1d(2, 4, 3, 2, 1, 1, 2, False, 2)",
     "LazyConvTranspose1d(0, 4, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), "
     "output_padding=(1,), groups=2, bias=False)"),
    ("LazyConvTranspose2d(6, (3, 2), (2, 1), groups=3, output_padding=(1, 0))", (3, 3, 4),
     "ConvTranspose2d(3, 6, (3, 2), (2, 1), groups=3, output_padding=(1, 0))",
     "LazyConvTranspose2d(0, 6, kernel_size=(3, 2), stride=(2, 1), output_padding=(1, 0), "
     "groups=3)"),
    ("LazyConvTranspose3d(3, 2, dtype=torch.float64)", (1, 2, 2, 3, 2),
     "ConvTranspose3d(2, 3, 2, dtype=torch.float64)",
     "LazyConvTranspose3d(0, 3, kernel_size=(2, 2, 2), stride=(1, 1, 1))"),
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
    ("LazyInstanceNorm1d()", (2, 3, 4), f"InstanceNorm1d(3, {TRACKING})",
     f"LazyInstanceNorm1d(0, {NORM}"),
    ("LazyInstanceNorm2d(0.1, None, True, False, bias=False)", (2, 3, 2, 2),
     "InstanceNorm2d(3, 0.1, None, True, bias=False)",
     "LazyInstanceNorm2d(0, eps=0.1, momentum=None, affine=True, bias=False, "
     "track_running_stats=False)"),
    ("LazyInstanceNorm3d(affine=False, dtype=torch.float64)", (2, 3, 1, 2, 2),
     "InstanceNorm3d(3, track_running_stats=True, dtype=torch.float64)",
     "LazyInstanceNorm3d(0, eps=1e-05, momentum=0.1, affine=False, bias=False, "
     "track_running_stats=True)"),
]  # fmt: skip

# what PyTorch has no lazy form of, or infers from another dimension
OWN = [
    ("LazyBatchNorm()", (4, 3), "BatchNorm1d(3)", f"LazyBatchNorm(0, {NORM}"),
    ("LazyBatchNorm(momentum=None)", (4, 3, 2), "BatchNorm1d(3, momentum=None)",
     f"LazyBatchNorm(0, {NORM.replace('0.1', 'None')}"),
    ("LazyBatchNorm(affine=False)", (2, 3, 2, 2), "BatchNorm2d(3, affine=False)",
     f"LazyBatchNorm(0, {NORM.replace('affine=True, bias=True', 'affine=False, bias=False')}"),
    ("LazyBatchNorm(0.1, dtype=torch.float64)", (2, 3, 1, 2, 2),
     "BatchNorm3d(3, 0.1, dtype=torch.float64)",
     f"LazyBatchNorm(0, {NORM.replace('1e-05', '0.1')}"),
    ("LazyInstanceNorm1d()", (3, 4), f"InstanceNorm1d(3, {TRACKING})",
     f"LazyInstanceNorm1d(0, {NORM}"),
    ("LazyInstanceNorm2d()", (3, 4, 2), f"InstanceNorm2d(3, {TRACKING})",
     f"LazyInstanceNorm2d(0, {NORM}"),
    ("LazyInstanceNorm3d()", (3, 2, 4, 2), f"InstanceNorm3d(3, {TRACKING})",
     f"LazyInstanceNorm3d(0, {NORM}"),
    ("LazyGroupNorm(2)", (3, 4, 2), "GroupNorm(2, 4)",
     "LazyGroupNorm(2, 0, eps=1e-05, affine=True, bias=True)"),
    ("LazyGroupNorm(4, 0.1, bias=False, dtype=torch.float64)", (3, 4, 2),
     "GroupNorm(4, 4, 0.1, bias=False, dtype=torch.float64)",
     "LazyGroupNorm(4, 0, eps=0.1, affine=True, bias=False)"),
    ("LazyLayerNorm()", (2, 3), "LayerNorm(3)",
     "LazyLayerNorm((0,), eps=1e-05, elementwise_affine=True, bias=True)"),
    ("LazyLayerNorm(2, 0.1, bias=False)", (4, 2, 3), "LayerNorm((2, 3), 0.1, bias=False)",
     "LazyLayerNorm((0, 0), eps=0.1, elementwise_affine=True, bias=False)"),
    ("LazyRMSNorm()", (2, 3), "RMSNorm(3)", "LazyRMSNorm((0,), eps=None, elementwise_affine=True)"),
    ("LazyRMSNorm(normalized_dims=2, eps=0.1)", (4, 2, 3), "RMSNorm((2, 3), 0.1)",
     "LazyRMSNorm((0, 0), eps=0.1, elementwise_affine=True)"),
    ("LazyBilinear(4)", [(2, 3), (2, 5)], "Bilinear(3, 5, 4)",
     "LazyBilinear(in1_features=0, in2_features=0, out_features=4, bias=True)"),
    ("LazyBilinear(4, False, dtype=torch.float64)", [(3,), (2,)],
     "Bilinear(3, 2, 4, False, dtype=torch.float64)",
     "LazyBilinear(in1_features=0, in2_features=0, out_features=4, bias=False)"),
    ("LazyPReLU()", (2, 3, 2), "PReLU(3)", "LazyPReLU(num_parameters=0)"),
    ("LazyPReLU(0.5)", (4,), "PReLU(1, 0.5)", "LazyPReLU(num_parameters=0)"),
    ("LazyMultiheadAttention(2)", [(3, 2, 4)] * 3, "MultiheadAttention(4, 2)",
     attention("LazyMultiheadAttention", 0)),
    ("LazyMultiheadAttention(1, 0.0, False, True, True, batch_first=True)", [(2, 3, 4)] * 3,
     "MultiheadAttention(4, 1, 0.0, False, True, True, batch_first=True)",
     attention("LazyMultiheadAttention", 0, False)),
    ("LazyMultiheadAttention(3, kdim=7, dtype=torch.float64)", [(3, 6), (2, 7), (2, 6)],
     "MultiheadAttention(6, 3, kdim=7, dtype=torch.float64)",
     attention("LazyMultiheadAttention", 0)),
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
EVERY = [*LAZY, *OWN]
TWINS = [(line, shape, eager) for line, shape, eager, _ in EVERY]
LINES = [line for line, *_ in EVERY]

# sizes that are not one digit in the first place, and how they are left open
SHORT = {
    "GroupNorm(2, 4": "GroupNorm(2, None", "GroupNorm(4, 4": "GroupNorm(4, None",
    "Bilinear(3, 5": "Bilinear(None, None", "Bilinear(3, 2": "Bilinear(None, None",
    "LayerNorm((2, 3)": "LayerNorm((None, None)", "RMSNorm((2, 3)": "RMSNorm((None, None)",
}  # fmt: skip


def build(line: str, package: Any = torch, seed: int = 0) -> Any:
    package.manual_seed(seed)
    return eval(f"nn.{line}", {"nn": package.nn, "torch": package})


def given(line: str, shape: Any, package: Any = torch) -> list[Any]:
    """Return the inputs of a layer, of one shape or of several."""
    draw, kind = np.random.default_rng(0), np.float64 if "float64" in line else np.float32
    shapes = shape if isinstance(shape, list) else [shape]
    return [package.tensor(draw.standard_normal(each).astype(kind)) for each in shapes]


def outputs(layer: Any, x: Any) -> list[Any]:
    """Return all outputs of a layer as arrays."""
    return [y.detach().numpy() for y in flat(layer(*x))]


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
        layer(*given(line, shape))
    assert repr(layer) == repr(build(eager))


def test_the_first_input_gives_the_eager_layer_s_class_weights_and_outputs(twins):
    lazy, x, eager = twins
    twin = eager()
    assert isinstance(lazy, type(twin)) or type(lazy) is nn.LazyBatchNorm
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


@pytest.mark.parametrize(("line", "shape", "eager"), TWINS, ids=LINES)
def test_under_a_key_a_lazy_layer_draws_what_its_twin_draws(line, shape, eager):
    with nn.init.keyed(3):
        twin = build(eager)
    with nn.init.keyed(3):
        lazy = build(line, seed=5)
    x = given(line, shape)
    assert_equal(outputs(lazy.eval(), x), outputs(twin.eval(), x))
    assert state(lazy) == state(twin)


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
            (flat(layer(*x))[0] ** 2).sum().backward()
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
    other(*x)
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
    other(*x)
    assert state(other) == state(settled_twin(eager, x))


def settled_twin(eager, x):
    """Return the eager layer after one call, which moves running statistics."""
    twin = eager()
    twin(*x)
    return twin


def test_conversions_before_the_input_are_kept(twins):
    lazy, x, eager = twins
    assert lazy.double() is lazy
    torch.manual_seed(0)
    lazy(*[each.double() for each in x])
    dtypes = {k: v.dtype for k, v in eager().double().state_dict().items()}
    assert {k: v.dtype for k, v in lazy.state_dict().items()} == dtypes
    assert repr(lazy) == repr(eager())


def test_an_input_that_fails_leaves_the_layer_lazy(twins):
    lazy, x, eager = twins
    held, text, kind = state(lazy), repr(lazy), type(lazy)
    wrong = [[each.long() for each in x]]
    if "PReLU" not in text:
        wrong.append([torch.ones(()) for _ in x])
    for values in wrong:
        with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
            lazy(*values)
        assert (state(lazy), repr(lazy), type(lazy)) == (held, text, kind)
    torch.manual_seed(0)
    lazy(*x)
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
        lazy.forward(*x)


def shortened(eager: str) -> str:
    """Write None for every size of a constructor line that an input decides."""
    for sizes, unknown in SHORT.items():
        if eager.startswith(sizes):
            return eager.replace(sizes, unknown, 1)
    name, _, inner = eager.partition("(")
    return f"{name}(None{inner[1:]}"


@pytest.mark.parametrize(("line", "shape", "eager"), TWINS, ids=LINES)
def test_a_size_of_none_is_the_short_form(line, shape, eager):
    layer = build(shortened(eager))
    assert layer.has_uninitialized_params()
    x = given(line, shape)
    torch.manual_seed(0)
    layer(*x)
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
    y, other = ours(*given(line, shape)), theirs(*given(line, shape, oracle))
    np.testing.assert_allclose(y.detach().numpy(), other.detach().numpy(), rtol=1e-5, atol=1e-5)
    assert repr(ours) == repr(theirs)
    for name, value in theirs.state_dict().items():
        mine = ours.state_dict()[name].detach().numpy()
        if "running" in name:
            np.testing.assert_allclose(mine, value.numpy(), rtol=1e-5, atol=1e-6)
        else:
            assert mine.tobytes() == value.numpy().tobytes()


@pytest.mark.torch
@pytest.mark.parametrize("seed", [0, 7])
def test_a_net_of_lazy_layers_has_torch_s_numbers(seed):
    oracle = pytest.importorskip("torch")
    layers = ("LazyConv2d(4, 3)", "LazyInstanceNorm2d()", "LazyConvTranspose2d(3, (2, 3), 2)",
              "LazyBatchNorm2d()", "Flatten()", "LazyLinear(5)")  # fmt: skip
    line = f"Sequential({', '.join(f'nn.{layer}' for layer in layers)})"
    found = []
    for package in (torch, oracle):
        net = build(line, package, seed)
        net(*given(line, (2, 3, 6, 5), package))
        found.append({k: v.numpy().tobytes() for k, v in net.state_dict().items()
                      if "running" not in k})  # fmt: skip
    assert found[0] == found[1]
