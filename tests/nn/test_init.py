import math
import pickle
import warnings

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn import init

# -- gains and fans ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nonlinearity", "param", "gain"),
    [
        ("linear", None, 1), ("conv2d", None, 1), ("conv_transpose3d", None, 1),
        ("sigmoid", None, 1), ("tanh", None, 5 / 3), ("relu", None, math.sqrt(2)),
        ("selu", None, 0.75), ("leaky_relu", None, math.sqrt(2 / 1.0001)),
        ("leaky_relu", 2, math.sqrt(0.4)),
    ],
)  # fmt: skip
def test_gains_are_torch_s(nonlinearity, param, gain):
    assert init.calculate_gain(nonlinearity, param) == pytest.approx(gain, rel=1e-15)


def test_unknown_gains_are_refused():
    with pytest.raises(ValueError, match="Unsupported nonlinearity gelu"):
        init.calculate_gain("gelu")
    for slope in (True, "x", [1]):
        with pytest.raises(ValueError, match="not a valid number"):
            init.calculate_gain("leaky_relu", slope)


@pytest.mark.parametrize(
    ("shape", "fans"), [((3, 5), (5, 3)), ((4, 2, 3), (6, 12)), ((4, 2, 3, 5), (30, 60))]
)
def test_fans_count_the_window(shape, fans):
    assert init._calculate_fan_in_and_fan_out(torch.empty(shape)) == fans
    assert init._calculate_correct_fan(torch.empty(shape), "FAN_OUT") == fans[1]


def test_fans_need_two_dimensions_and_a_known_mode():
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        init.xavier_uniform_(torch.empty(3))
    with pytest.raises(ValueError, match=r"Mode fan not supported, please use one of \['fan_in'"):
        init.kaiming_normal_(torch.empty(3, 3), mode="fan")


# -- values --------------------------------------------------------------------------------------


def test_constants_fill():
    x = torch.empty(2, 3)
    assert init.constant_(x, 0.3) is x
    assert np.array_equal(x.numpy(), np.full((2, 3), 0.3, np.float32))
    assert init.ones_(x).sum().item() == 6.0
    assert init.zeros_(x).sum().item() == 0.0


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (4, 2)])
def test_eye_is_the_identity_as_far_as_it_fits(shape):
    assert np.array_equal(init.eye_(torch.ones(shape)).numpy(), np.eye(*shape))
    with pytest.raises(ValueError, match="Only tensors with 2 dimensions"):
        init.eye_(torch.ones(3))


@pytest.mark.parametrize("shape", [(4, 2, 3), (4, 4, 3, 3), (6, 2, 3, 2, 4)])
@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_hands_channels_on(shape, groups):
    expected = np.zeros(shape)
    for group in range(groups):
        for channel in range(min(shape[0] // groups, shape[1])):
            centre = tuple(size // 2 for size in shape[2:])
            expected[(group * (shape[0] // groups) + channel, channel, *centre)] = 1
    assert np.array_equal(init.dirac_(torch.ones(shape), groups).numpy(), expected)


def test_dirac_refuses_other_shapes():
    with pytest.raises(ValueError, match="Only tensors with 3, 4, or 5 dimensions"):
        init.dirac_(torch.ones(2, 2))
    with pytest.raises(ValueError, match="dim 0 must be divisible by groups"):
        init.dirac_(torch.ones(3, 2, 2), groups=2)


@pytest.mark.parametrize(
    ("name", "args", "bound", "mean", "std"),
    [
        ("uniform_", (-1.0, 3.0), (-1, 3), 1, 4 / math.sqrt(12)),
        ("normal_", (2.0, 0.5), (-9, 9), 2, 0.5),
        ("xavier_uniform_", (2.0,), (-2 * math.sqrt(0.06), 2 * math.sqrt(0.06)), 0, 0.28284),
        ("xavier_normal_", (2.0,), (-9, 9), 0, 0.28284),
        ("kaiming_uniform_", (0, "fan_out", "relu"), (-math.sqrt(0.2), math.sqrt(0.2)), 0, 0.2582),
        ("kaiming_normal_", (0, "fan_in", "relu"), (-9, 9), 0, math.sqrt(2 / 70)),
        ("trunc_normal_", (0.0, 1.0, -1.0, 1.0), (-1, 1), 0, 0.53956),
    ],
)
def test_draws_have_the_moments_of_their_distribution(name, args, bound, mean, std):
    torch.manual_seed(0)
    drawn = getattr(init, name)(torch.empty(30, 70), *args).numpy()
    assert bound[0] <= drawn.min()
    assert drawn.max() <= bound[1]
    assert drawn.mean() == pytest.approx(mean, abs=0.08)
    assert drawn.std() == pytest.approx(std, rel=0.06)


def test_sparse_sets_a_part_of_each_column_to_zero():
    drawn = init.sparse_(torch.ones(10, 4), 0.25, std=1.0).numpy()
    assert ((drawn == 0).sum(0) == 3).all()
    with pytest.raises(ValueError, match="Only tensors with 2 dimensions"):
        init.sparse_(torch.ones(3), 0.1)


def test_truncated_normal_warns_when_the_mean_is_far_outside():
    with pytest.warns(UserWarning, match="mean is more than 2 std from"):
        init.trunc_normal_(torch.empty(3), mean=9.0)


def test_tensors_of_no_elements_are_left_alone_with_a_warning():
    for function in (init.kaiming_uniform_, init.kaiming_normal_):
        with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
            function(torch.empty(0, 3))


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (3, 2, 2, 2)])
def test_orthogonal_weights_keep_lengths_and_angles(shape):
    w = init.orthogonal_(torch.empty(*shape, dtype=torch.float64), gain=2.0).numpy()
    w = w.reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    assert np.allclose(product, 4 * np.eye(len(product)))


def test_orthogonal_needs_two_dimensions_and_leaves_empty_and_meta_tensors_alone():
    with pytest.raises(ValueError, match="Only tensors with 2 or more dimensions"):
        init.orthogonal_(torch.empty(3))
    assert init.orthogonal_(torch.empty(0, 3)).shape == (0, 3)
    assert init.orthogonal_(torch.empty(2, 3, device="meta")).is_meta


@pytest.mark.torch
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (20, 20), (8, 3, 3, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_orthogonal_weights_are_torch_s(shape, dtype):
    oracle = pytest.importorskip("torch")

    def run(package):
        package.manual_seed(3)
        x = package.empty(*shape, dtype=getattr(package, dtype))
        return package.nn.init.orthogonal_(x, gain=1.5).numpy()

    ours, theirs = run(torch), run(oracle)
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs, rtol=0, atol=1e-5 if dtype == "float32" else 1e-12)


# -- how they write ------------------------------------------------------------------------------


def test_initialisers_leave_no_trace_in_the_graph():
    parameter = nn.Parameter(torch.ones(2, 2))
    before = parameter._version
    init.normal_(parameter)
    assert parameter.is_leaf
    assert parameter.requires_grad
    assert parameter._version > before


def test_a_generator_may_be_given():
    generators = [torch.Generator().manual_seed(3) for _ in range(2)]
    state = torch.get_rng_state().numpy()
    first, second = (init.xavier_normal_(torch.empty(3, 4), generator=g) for g in generators)
    assert np.array_equal(first.numpy(), second.numpy())
    assert np.array_equal(torch.get_rng_state().numpy(), state)


def test_the_tensor_may_be_named():
    assert init.constant_(tensor=torch.empty(2), val=3).tolist() == [3.0, 3.0]


def test_old_names_work_with_a_warning():
    with pytest.warns(FutureWarning, match="`nn.init.constant` is now deprecated in favor"):
        assert init.constant(torch.empty(1), 2.0).item() == 2.0


# -- lazy parameters -----------------------------------------------------------------------------

CALLS = {
    "uniform_": (-1.0, 2.0), "normal_": (1.0, 2.0), "trunc_normal_": (), "constant_": (3.0,),
    "ones_": (), "zeros_": (), "eye_": (), "xavier_uniform_": (), "xavier_normal_": (),
    "kaiming_uniform_": (), "kaiming_normal_": (), "sparse_": (0.2,),
    "orthogonal_": (1.5,),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("pickled", [False, True])
def test_a_lazy_parameter_remembers_its_initialiser(name, pickled):
    lazy, eager = nn.UninitializedParameter(), torch.empty(6, 5)
    function = getattr(init, name)
    assert function(lazy, *CALLS[name]) is lazy
    if pickled:
        lazy = pickle.loads(pickle.dumps(lazy))
    torch.manual_seed(1)
    lazy.materialize((6, 5))
    torch.manual_seed(1)
    function(eager, *CALLS[name])
    assert np.array_equal(lazy.detach().numpy(), eager.numpy())


def test_initialisers_of_the_data_of_a_lazy_parameter_are_remembered_too():
    lazy = nn.UninitializedParameter()
    init.constant_(lazy.data, 4.0)
    lazy.materialize((2,))
    assert lazy.tolist() == [4.0, 4.0]


# -- keyed ---------------------------------------------------------------------------------------


def test_keyed_draws_belong_to_the_innermost_module_under_construction():
    class Outer(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner()
            self.scale = nn.Parameter(init.normal_(torch.empty(3)))

    with init.keyed(4):
        eager = Outer(lambda: nn.Linear(2, 2))
    with init.keyed(4):
        lazy = Outer(lambda: nn.LazyLinear(2))
    assert lazy.scale.tolist() == eager.scale.tolist()
    lazy.inner(torch.ones(1, 2))
    assert lazy.inner.weight.tolist() == eager.inner.weight.tolist()


def test_keyed_covers_every_draw_of_a_constructor_but_none_outside():
    class Noise(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.first = nn.Parameter(torch.randn(3))
            self.inner = inner()
            self.second = nn.Parameter(torch.rand(3))

    torch.manual_seed(0)
    state = torch.get_rng_state().numpy()
    with init.keyed(4):
        eager = Noise(lambda: nn.Linear(2, 2))
    assert np.array_equal(torch.get_rng_state().numpy(), state)
    with init.keyed(4):
        lazy = Noise(lambda: nn.LazyLinear(2))
        outside = torch.rand(2).tolist()
    torch.manual_seed(0)
    assert torch.rand(2).tolist() == outside
    assert lazy.first.tolist() == eager.first.tolist()
    assert lazy.second.tolist() == eager.second.tolist()


def test_keyed_initialisers_called_later_follow_the_module_s_stream():
    nets = []
    for seed in (1, 2):
        with init.keyed(7):
            nets.append(nn.Linear(3, 3))
        torch.manual_seed(seed)
        init.normal_(nets[-1].weight)
    assert nets[0].weight.tolist() == nets[1].weight.tolist()


def test_an_explicit_generator_wins_over_keyed():
    with init.keyed(0):
        layer = nn.Linear(2, 2)
    init.normal_(layer.weight, generator=torch.Generator().manual_seed(5))
    expected = init.normal_(torch.empty(2, 2), generator=torch.Generator().manual_seed(5))
    assert layer.weight.tolist() == expected.tolist()


def test_outside_of_keyed_nothing_changes():
    with init.keyed(0):
        pass
    torch.manual_seed(0)
    first = nn.Linear(2, 2).weight.tolist()
    torch.manual_seed(0)
    assert nn.Linear(2, 2).weight.tolist() == first


# -- the numbers of torch ------------------------------------------------------------------------

SEEDED = [
    ("uniform_", (-1.0, 2.0)), ("normal_", (1.0, 2.0)), ("constant_", (0.3,)), ("eye_", ()),
    ("xavier_uniform_", (1.5,)), ("xavier_normal_", ()), ("kaiming_uniform_", (0.3,)),
    ("kaiming_normal_", (0, "fan_out", "relu")), ("sparse_", (0.3,)), ("trunc_normal_", ()),
    ("trunc_normal_", (0.0, 1.0, -0.1, 0.2)), ("trunc_normal_", (0.0, 0.02)),
    ("trunc_normal_", (3.0, 1.0, 2.0, 8.0)),
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize(("name", "args"), SEEDED)
@pytest.mark.parametrize("shape", [(5, 3), (33, 17)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_initialisers_draw_torch_s_numbers(name, args, shape, dtype):
    oracle = pytest.importorskip("torch")

    def run(package):
        package.manual_seed(11)
        x = package.empty(*shape, dtype=getattr(package, dtype))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            getattr(package.nn.init, name)(x, *args)
        return x.numpy()

    ours, theirs = run(torch), run(oracle)
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs, rtol=2e-7 if dtype == "float32" else 1e-12, atol=0)


@pytest.mark.torch
def test_generators_draw_torch_s_numbers():
    oracle = pytest.importorskip("torch")

    def run(package):
        generator = package.Generator().manual_seed(9)
        return package.nn.init.trunc_normal_(package.empty(7, 7), generator=generator).numpy()

    assert np.allclose(run(torch), run(oracle), rtol=2e-7, atol=0)
