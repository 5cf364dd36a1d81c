"""Recurrent layers and cells: numbers, options, forms of input, errors."""

from __future__ import annotations

import copy
import itertools
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import rnn
from tests.nn.layers import flat
from tests.nn.recurrences import one_sequence

LENGTHS = (2, 4, 1)
FORMS = ("padded", "batch first", "unbatched", "packed", "packed unsorted")
KINDS = ("RNN", "RNN relu", "LSTM", "LSTM projected", "GRU")
COMBINATIONS = list(itertools.product((1, 2), (True, False), (False, True)))
"""Layers, bias, both directions."""


def build(kind: str, combination: Any, form: str, package: Any = torch, **more: Any) -> Any:
    """Make a layer of 2 inputs and 3 hidden units."""
    layers, bias, both = combination
    options = {"num_layers": layers, "bias": bias, "bidirectional": both,
               "batch_first": form == "batch first", "dtype": package.float64, **more}  # fmt: skip
    if kind == "RNN relu":
        options["nonlinearity"] = "relu"
    if kind == "LSTM projected":
        options["proj_size"] = 2
    package.manual_seed(3)
    return getattr(package.nn, kind.partition(" ")[0])(2, 3, **options)


def given(layer: Any, form: str, states: bool, package: Any = torch) -> tuple[Any, Any, list[Any]]:
    """Return the input of a form, the states or None, and all leaves that they are made of."""
    draw = np.random.default_rng(0)
    leaves = []

    def leaf(*shape: int) -> Any:
        leaves.append(package.tensor(draw.standard_normal(shape), requires_grad=True))
        return leaves[-1]

    batch = () if form == "unbatched" else (3,)
    if form.startswith("packed"):
        lengths = LENGTHS if "unsorted" in form else sorted(LENGTHS, reverse=True)
        parts = [leaf(n, 2) for n in lengths]
        pack = package.nn.utils.rnn.pack_sequence
        x = pack(parts, enforce_sorted="unsorted" not in form)
    else:
        x = leaf(3, 4, 2) if form == "batch first" else leaf(4, *batch, 2)
    if not states:
        return x, None, leaves
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    hidden = leaf(count, *batch, layer.proj_size or 3)
    return x, (hidden, leaf(count, *batch, 3)) if layer.mode == "LSTM" else hidden, leaves


def unpacked(value: Any, package: Any = torch) -> list[Any]:
    """Return all tensors of an output, a packed one by its data."""
    output, last = value
    data = output.data if isinstance(output, package.nn.utils.rnn.PackedSequence) else output
    return [data, *flat(last)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_are_those_of_one_step_after_the_other(kind, form):
    for combination in COMBINATIONS:
        layer = build(kind, combination, form)
        x, hx, _ = given(layer, form, states=True)
        output, last = layer(x, hx)
        if form.startswith("packed"):
            sequences, found = rnn.unpack_sequence(x), rnn.unpack_sequence(output)
        elif form == "unbatched":
            sequences, found, hx = [x], [output], [s.unsqueeze(1) for s in flat(hx)]
            last = tuple(s.unsqueeze(1) for s in flat(last))
        else:
            axis = 0 if form == "batch first" else 1
            sequences, found = x.unbind(axis), output.unbind(axis)
        for place, (sequence, y) in enumerate(zip(sequences, found, strict=True)):
            states = [s.detach().numpy()[:, place] for s in flat(tuple(flat(tuple(hx)))
                      if isinstance(hx, (tuple, list)) else hx)]  # fmt: skip
            right, ends = one_sequence(layer, sequence.detach().numpy(), states)
            np.testing.assert_allclose(y.detach().numpy(), right, rtol=1e-12, atol=1e-14)
            for end, state in zip(ends, flat(last), strict=True):
                np.testing.assert_allclose(state.detach().numpy()[:, place], end, rtol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_states_that_are_not_given_are_zero(kind, form):
    layer = build(kind, (2, True, True), form)
    x, hx, _ = given(layer, form, states=True)
    nothing = tuple(torch.zeros_like(s) for s in hx) if isinstance(hx, tuple) else hx * 0
    for found, right in zip(unpacked(layer(x)), unpacked(layer(x, nothing)), strict=True):
        assert found.detach().numpy().tobytes() == right.detach().numpy().tobytes()


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_first_and_second_derivatives_are_those_of_differences(kind, both):
    """Few numbers, since every second derivative is taken by itself."""
    options = {"nonlinearity": "relu"} if "relu" in kind else {}
    options |= {"proj_size": 1} if "projected" in kind else {}
    layer = getattr(nn, kind.partition(" ")[0])(1, 2, bidirectional=both, **options).double()
    draw = np.random.default_rng(0)
    shapes = [(1, 1), (2, 1), (1 + both, 2, layer.proj_size or 2), (1 + both, 2, 2)]
    shapes = shapes if kind.startswith("LSTM") else shapes[:3]
    leaves = [torch.tensor(draw.standard_normal(shape), requires_grad=True) for shape in shapes]

    def function(one: Any, two: Any, *rest: Any) -> Any:
        states = rest[: len(leaves) - 2]
        x = rnn.pack_sequence([one, two], enforce_sorted=False)
        return tuple(unpacked(layer(x, states if len(states) > 1 else states[0])))

    every = (*leaves, *layer.parameters())
    assert torch.autograd.gradcheck(function, every)
    if kind != "RNN relu" and not both:
        assert torch.autograd.gradgradcheck(function, every)


def test_a_changed_output_leaves_the_gradient_right():
    """What the kernel keeps is its own: writing into an output does not reach it."""
    for kind in KINDS:
        layer = build(kind, (1, True, False), "padded")
        x, _, _ = given(layer, "padded", states=False)
        expected = torch.autograd.grad((layer(x)[0] * 2).sum(), x)[0]
        y = layer(x)[0]
        y.mul_(2)
        np.testing.assert_array_equal(torch.autograd.grad(y.sum(), x)[0].numpy(), expected.numpy())


def test_only_training_drops_between_layers_and_never_after_the_last():
    x = torch.ones(4, 3, 2, dtype=torch.float64)
    layer = build("GRU", (2, True, False), "padded", dropout=1.0)
    bare = build("GRU", (2, True, False), "padded")
    assert not torch.equal(layer(x)[0], bare(x)[0])
    above = nn.GRU(3, 3, dtype=torch.float64)
    upper = {name: value for name, value in layer.state_dict().items() if "_l1" in name}
    above.load_state_dict({name.replace("_l1", "_l0"): value for name, value in upper.items()})
    nothing = torch.zeros(4, 3, 3, dtype=torch.float64)
    np.testing.assert_array_equal(layer(x)[0].detach().numpy(),
                                  above(nothing)[0].detach().numpy())  # fmt: skip
    assert torch.equal(layer.eval()(x)[0], bare(x)[0])


def test_narrow_types_are_computed_in_wider_ones():
    for kind, limit in ((torch.float16, 2e-3), (torch.bfloat16, 2e-2)):
        layer = nn.LSTM(2, 3, 2)
        x = torch.randn(4, 3, 2)
        right = layer(x)[0].detach().numpy()
        y, (h, c) = layer.to(kind)(x.to(kind))
        assert (y.dtype, h.dtype, c.dtype) == (kind,) * 3
        y.float().sum().backward()
        assert layer.weight_ih_l0.grad.dtype == kind
        np.testing.assert_allclose(y.detach().float().numpy(), right, atol=limit)


# -- names and weights ---------------------------------------------------------------------------


def test_weights_are_listed_by_layer_and_direction():
    layer = nn.LSTM(2, 3, 2, bidirectional=True, proj_size=1)
    parts = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    names = [f"{part}_l{i}{end}" for i in (0, 1) for end in ("", "_reverse") for part in parts]
    assert list(layer.state_dict()) == layer._flat_weights_names == names
    assert [len(weights) for weights in layer.all_weights] == [5] * 4
    assert [id(w) for weights in layer.all_weights for w in weights] == [
        id(p) for p in layer.parameters()
    ] == [id(w) for w in layer._flat_weights]  # fmt: skip
    layer.weight_hh_l1 = nn.Parameter(torch.zeros(12, 1))
    assert layer.all_weights[2][1] is layer.weight_hh_l1
    assert [len(weights) for weights in nn.GRU(2, 3, bias=False).all_weights] == [2]
    assert not hasattr(nn.GRU(2, 3, bias=False), "bias_ih_l0")
    assert nn.GRUCell(2, 3, bias=False).bias_ih is None


def test_flattening_parameters_changes_nothing():
    layer = nn.GRU(2, 3)
    held = [(id(p), p.detach().numpy().tobytes()) for p in layer.parameters()]
    assert layer.flatten_parameters() is None
    assert [(id(p), p.detach().numpy().tobytes()) for p in layer.parameters()] == held
    assert "nothing" in nn.RNNBase.flatten_parameters.__doc__


def test_resetting_draws_as_building_does():
    layer = nn.LSTM(2, 3, 2)
    torch.manual_seed(5)
    layer.reset_parameters()
    torch.manual_seed(5)
    for mine, other in zip(layer.parameters(), nn.LSTM(2, 3, 2).parameters(), strict=True):
        assert torch.equal(mine, other)


# -- cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_a_cell_makes_the_steps_of_its_layer(kind):
    cell = getattr(nn, f"{kind}Cell")(2, 3)
    layer = getattr(nn, kind)(2, 3)
    layer.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    x, hx = torch.randn(4, 3, 2), None
    for place, y in enumerate(layer(x)[0]):
        hx = cell(x[place], hx)
        h = hx[0] if kind == "LSTM" else hx
        np.testing.assert_allclose(h.detach().numpy(), y.detach().numpy(), rtol=1e-5, atol=1e-7)
    single = [s[1] for s in flat(hx)]
    alone = cell(x[0, 1], tuple(single) if kind == "LSTM" else single[0])
    batch = cell(x[0], hx)
    for one, many in zip(flat(alone), flat(batch), strict=True):
        np.testing.assert_allclose(one.detach().numpy(), many[1].detach().numpy(), rtol=1e-5)


# -- without numbers, without sizes --------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_shapes_alone_go_the_same_way(kind, form):
    layer = build(kind, (2, True, True), form)
    x, hx, _ = given(layer, form, states=True)
    right = unpacked(layer(x, hx))
    ghost = [s.to("meta") for s in flat(hx)]
    states = tuple(ghost) if len(ghost) > 1 else ghost[0]
    for mine in (layer, copy.deepcopy(layer).to("meta")):
        for found in (unpacked(mine(x.to("meta"), states)), unpacked(mine(x.to("meta")))):
            assert [(y.shape, y.dtype, y.is_meta) for y in found] == [
                (y.shape, y.dtype, True) for y in right
            ]  # fmt: skip


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_packed_first_input_settles_a_lazy_layer(name):
    x = rnn.pack_sequence([torch.ones(2, 5), torch.ones(1, 5)])
    for layer in (getattr(nn, f"Lazy{name}")(3), getattr(nn, name)(None, 3)):
        layer(x)
        assert repr(layer) == f"{name}(5, 3)"


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_a_keyed_lazy_layer_equals_its_eager_twin_in_all_options(name):
    x = torch.randn(4, 3, 2)
    for layers, bias, both in COMBINATIONS:
        options = {"num_layers": layers, "bias": bias, "bidirectional": both}
        with nn.init.keyed(7):
            eager = nn.Sequential(nn.Linear(2, 2), getattr(nn, name)(2, 3, **options))
        with nn.init.keyed(7):
            lazy = nn.Sequential(nn.LazyLinear(2), getattr(nn, f"Lazy{name}")(3, **options))
        torch.manual_seed(layers)
        for right, found in zip(flat(eager(x)), flat(lazy(x)), strict=True):
            assert right.detach().numpy().tobytes() == found.detach().numpy().tobytes()
        assert repr(lazy) == repr(eager)
        for key, value in eager.state_dict().items():
            assert value.numpy().tobytes() == lazy.state_dict()[key].numpy().tobytes()


def test_sizes_that_are_known_show_before_the_first_input():
    layer = nn.LazyLSTM(3, 2, proj_size=1)
    assert [layer.weight_ih_l0.spec, layer.weight_ih_l1.spec, layer.weight_hr_l1.spec] == [
        (12, None), (12, 1), (1, 3)
    ]  # fmt: skip
    assert [repr(nn.LSTM(None, 8)), repr(nn.GRUCell(None, 8))] == ["LSTM(None, 8)",
                                                                  "GRUCell(None, 8)"]  # fmt: skip


def test_copies_of_a_layer_keep_its_options():
    layer = build("LSTM projected", (2, True, True), "batch first")
    x, hx, _ = given(layer, "batch first", states=True)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        for mine, right in zip(flat(other(x, hx)), flat(layer(x, hx)), strict=True):
            assert torch.equal(mine, right)


# -- what is refused -----------------------------------------------------------------------------

X = "torch.ones(5, 2, 3)"
PACKED = "nn.utils.rnn.pack_sequence([torch.ones(2, 3), torch.ones(1, 3)])"
REFUSED = [
    ("nn.RNN(3, 4, nonlinearity='x')", ValueError, "Unknown nonlinearity 'x'. Select from"),
    ("nn.RNN(3, 4, proj_size=2)", ValueError, "proj_size argument is only supported for LSTM"),
    ("nn.GRU(3, 4, proj_size=0)", ValueError, "proj_size argument is only supported for LSTM"),
    ("nn.LSTM(3, 4, proj_size=4)", ValueError, "proj_size has to be smaller than hidden_size"),
    ("nn.LSTM(3, 4, proj_size=-1)", ValueError, "proj_size should be a positive integer or zero"),
    ("nn.RNN(3, 4, dropout=True)", ValueError, "dropout should be a number in range [0, 1]"),
    ("nn.RNN(3, 4, dropout=1.5)", ValueError, "dropout should be a number in range [0, 1]"),
    ("nn.GRU(3.0, 4)", TypeError, "input_size should be of type int, got: float"),
    ("nn.GRU(3, '4')", TypeError, "hidden_size should be of type int, got: str"),
    ("nn.GRU(0, 4)", ValueError, "input_size must be greater than zero"),
    ("nn.GRU(3, 0)", ValueError, "hidden_size must be greater than zero"),
    ("nn.GRU(3, 4, 0)", ValueError, "num_layers must be greater than zero"),
    ("nn.GRU(3, 4, bias=1)", TypeError, "bias should be of type bool, got: int"),
    ("nn.GRU(3, 4, batch_first=None)", TypeError, "batch_first should be of type bool"),
    ("nn.RNNBase('X', 3, 4)", ValueError, "Unrecognized RNN mode: X"),
    (f"nn.RNNBase('GRU', 3, 4)({X})", NotImplementedError, "forward"),
    (f"nn.GRU(3, 4)({X}[:0])", RuntimeError, "Expected sequence length to be larger than 0 in RNN"),
    (f"nn.LSTM(3, 4)({X}.long())", ValueError, "RNN input dtype (torch.int64) does not match "
     "weight dtype (torch.float32). Convert input: input.to(torch.float32), or convert model: "
     "model.to(torch.int64)"),
    ("nn.GRU(3, 4)(torch.ones(5, 2, 7))", RuntimeError,
     "input.size(-1) must be equal to input_size. Expected 3, got 7"),
    ("nn.RNN(3, 4)(torch.ones(3))", ValueError,
     "RNN: Expected input to be 2D or 3D, got 1D tensor instead"),
    ("nn.GRU(3, 4)(torch.ones(3))", ValueError, "GRU: Expected input to be 2D or 3D, got 1D"),
    (f"nn.GRU(3, 4)({X}, torch.ones(1, 3, 4))", RuntimeError,
     "Expected hidden size (1, 2, 4), got [1, 3, 4]"),
    (f"nn.GRU(3, 4)({X}, torch.ones(1, 4))", RuntimeError,
     "For batched 3-D input, hx should also be 3-D but got 2-D tensor"),
    ("nn.GRU(3, 4)(torch.ones(5, 3), torch.ones(1, 1, 4))", RuntimeError,
     "For unbatched 2-D input, hx should also be 2-D but got 3-D tensor"),
    (f"nn.LSTM(3, 4)({X}, (torch.ones(1, 2, 4), torch.ones(1, 3, 4)))", RuntimeError,
     "Expected hidden[1] size (1, 2, 4), got [1, 3, 4]"),
    (f"nn.LSTM(3, 4)({X}, (torch.ones(1, 4), torch.ones(1, 4)))", RuntimeError,
     "For batched 3-D input, hx and cx should also be 3-D but got (2-D, 2-D) tensors"),
    (f"nn.GRU(3, 4)({X}, torch.ones(1, 2, 4).double())", RuntimeError,
     "mat1 and mat2 must have the same dtype, but got Double and Float"),
    (f"nn.GRU(3, 4)({PACKED}, torch.ones(1, 3, 4))", RuntimeError,
     "Expected hidden size (1, 2, 4), got [1, 3, 4]"),
    (f"nn.GRU(2, 4)({PACKED})", RuntimeError, "input.size(-1) must be equal to input_size. Expect"),
    ("nn.GRU(1, 4)(nn.utils.rnn.pack_sequence([torch.ones(2)]))", RuntimeError,
     "input must have 2 dimensions, got 1"),
    ("nn.RNNCell(3, 4, True, 'relu', dtype=torch.complex64)(torch.ones(3, dtype=torch.complex64))",
     NotImplementedError, "clamp is not supported for complex types"),
    ("nn.RNNCell(3, 4, nonlinearity='x')(torch.ones(2, 3))", RuntimeError,
     "Unknown nonlinearity: x"),
    ("nn.GRUCell(3, 4)(torch.ones(2, 5))", RuntimeError,
     "input has inconsistent input_size: got 5 expected 3"),
    ("nn.GRUCell(3, 4)(torch.ones(2, 3), torch.ones(2, 5))", RuntimeError,
     "hidden0 has inconsistent hidden_size: got 5, expected 4"),
    ("nn.LSTMCell(3, 4)(torch.ones(2, 3), (torch.ones(2, 4), torch.ones(3, 4)))", RuntimeError,
     "Input batch size 2 doesn't match hidden1 batch size 3"),
    ("nn.RNNCell(3, 4)(torch.ones(1, 2, 3))", ValueError,
     "RNNCell: Expected input to be 1D or 2D, got 3D instead"),
    ("nn.RNNCell(3, 4)(torch.ones(2, 3), torch.ones(1, 2, 4))", ValueError,
     "RNNCell: Expected hidden to be 1D or 2D, got 3D instead"),
    ("nn.LSTMCell(3, 4)(torch.ones(2, 3), (torch.ones(2, 4), torch.ones(1, 2, 4)))", ValueError,
     "LSTMCell: Expected hx[1] to be 1D or 2D, got 3D instead"),
    ("nn.LSTMCell(3, 4)(torch.ones(2, 3).double())", RuntimeError,
     "mat1 and mat2 must have the same dtype, but got Double and Float"),
]  # fmt: skip

REFUSED_HERE = [
    (f"nn.LSTM(3, 4)({X}, torch.ones(1, 2, 4))", TypeError, "hx must be a pair (h_0, c_0)"),
    ("nn.LSTMCell(3, 4)(torch.ones(2, 3), (torch.ones(2, 4),))", TypeError, "hx must be a pair"),
    ("nn.GRU(3, 4)([1.0])", TypeError, "argument 'input' must be Tensor, not list"),
    (f"nn.GRU(3, 4)({X}, 0)", TypeError, "argument 'hidden' must be Tensor, not int"),
    ("nn.GRUCell(3, 4)(0)", TypeError, "argument 'input' must be Tensor, not int"),
    (f"nn.GRU(3, 4)({PACKED}._replace(batch_sizes=torch.tensor([1, 2])))", RuntimeError,
     "must not grow, and must sum to the 3 rows"),
    (f"nn.GRU(3, 4)({PACKED}._replace(batch_sizes=torch.tensor([2, 2])))", RuntimeError,
     "must not grow, and must sum to the 3 rows"),
    ("nn.LSTM(3, 4, 1.5)", TypeError, "num_layers should be of type int, got: float"),
]
"""What PyTorch answers with Python's own messages."""


def refusal(line: str, package: Any) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the caller looks at type and text
        eval(line, {"nn": package.nn, "torch": package})
    return caught.value


@pytest.mark.parametrize(("line", "kind", "phrase"), REFUSED + REFUSED_HERE)
def test_a_mistake_is_refused_with_a_mend(line, kind, phrase):
    error = refusal(line, torch)
    assert type(error) is kind
    assert phrase in str(error)
    assert "mend" in str(error) or kind is NotImplementedError


@pytest.mark.torch
@pytest.mark.parametrize(("line", "kind", "phrase"), REFUSED)
def test_a_mistake_is_refused_in_torch_s_words(line, kind, phrase):
    error = refusal(line, pytest.importorskip("torch"))
    assert type(error) is kind
    assert phrase.removeprefix("RNN: ") in str(error)


def test_a_dropout_that_drops_nothing_is_warned_of_where_the_layer_is_built():
    with pytest.warns(UserWarning, match="num_layers greater than 1, but got dropout=0.5") as found:
        nn.GRU(3, 4, dropout=0.5)
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.GRU(3, 4, 2, dropout=0.5)


# -- beside PyTorch ------------------------------------------------------------------------------


@pytest.mark.torch
@pytest.mark.parametrize("states", [True, False])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_states_and_gradients_are_torch_s(kind, form, states):
    oracle = pytest.importorskip("torch")
    for combination in COMBINATIONS:
        results = []
        for package in (torch, oracle):
            layer = build(kind, combination, form, package, dropout=0.4 * (combination[0] > 1))
            x, hx, leaves = given(layer, form, states, package)
            package.manual_seed(1)
            found = unpacked(layer(x, hx), package)
            sum((y * y).sum() for y in found).backward()
            every = [*found, *(leaf.grad for leaf in leaves), *(p.grad for p in layer.parameters())]
            results.append([tensor.detach().numpy() for tensor in every])
        for mine, other in zip(*results, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-12)
