"""Normalisation layers: statistics over several calls, sizes left open, and what they refuse."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.functional.mending import check_mend

INSTANCE = {1: nn.InstanceNorm1d, 2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape) * 2 + 1


# -- instance norms ------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_instance_statistics_move_in_training_and_are_used_in_evaluation(rank):
    layer = INSTANCE[rank](3, momentum=0.3, track_running_stats=True, dtype=torch.float64)
    mean, variance = np.zeros(3), np.ones(3)
    axes = tuple(range(2, rank + 2))
    for size in (4, 5):
        x = numbers(2, 3, size, 2, 2)[(..., *(0,) * (3 - rank))]
        layer(torch.tensor(x))
        mean = 0.7 * mean + 0.3 * x.mean(axes).mean(0)
        variance = 0.7 * variance + 0.3 * x.var(axes, ddof=1).mean(0)
    np.testing.assert_allclose(layer.running_mean.numpy(), mean)
    np.testing.assert_allclose(layer.running_var.numpy(), variance)
    assert layer.num_batches_tracked.item() == 0
    shape = (-1, *(1,) * rank)
    expected = (x - mean.reshape(shape)) / np.sqrt(variance.reshape(shape) + 1e-5)
    np.testing.assert_allclose(layer.eval()(torch.tensor(x)).numpy(), expected)
    np.testing.assert_allclose(layer(torch.tensor(x[0])).numpy(), expected[0])
    np.testing.assert_allclose(layer.running_mean.numpy(), mean)


def test_a_momentum_of_none_leaves_instance_statistics():
    layer = nn.InstanceNorm1d(3, momentum=None, track_running_stats=True)
    layer(torch.rand(2, 3, 4))
    assert (layer.running_mean.tolist(), layer.running_var.tolist()) == ([0.0] * 3, [1.0] * 3)


def test_an_instance_norm_refuses_other_channels_or_warns_where_they_do_not_matter():
    for shape, axis in (((2, 4, 5), 1), ((4, 5), 0)):
        x = torch.rand(shape)
        check_mend(ValueError, f"expected input's size at dim={axis} to match num_features (3), but"
                   " got: 4.", "build it for 4", lambda x=x: nn.InstanceNorm1d(3, affine=True)(x),
                   lambda x=x: nn.InstanceNorm1d(4, affine=True)(x))  # fmt: skip
        with pytest.warns(UserWarning, match=f"size at dim={axis} does not match num_features"):
            nn.InstanceNorm1d(3)(x)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            nn.InstanceNorm1d(None)(x)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(RuntimeError, match="running_mean should contain 4 elements not 3"):
                nn.InstanceNorm1d(3, track_running_stats=True)(x)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_an_instance_norm_refuses_other_numbers_of_dimensions(rank):
    for ndim in (rank, rank + 3):
        with pytest.raises(ValueError, match=f"expected {rank + 1}D or {rank + 2}D input .got"):
            INSTANCE[rank](3)(torch.rand((3,) * ndim))
    with pytest.raises(ValueError, match="Expected more than 1 spatial element when training"):
        INSTANCE[rank](3)(torch.rand(2, 3, *(1,) * rank))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_a_lazy_instance_norm_finds_the_channels_with_a_batch_and_without(rank):
    for shape in ((2, 3, 4, 5, 6)[: rank + 2], (3, 4, 5, 6)[: rank + 1]):
        layer = getattr(nn, f"LazyInstanceNorm{rank}d")()
        assert (layer.affine, layer.track_running_stats) == (True, True)
        layer(torch.rand(shape))
        assert (layer.num_features, type(layer)) == (3, INSTANCE[rank])


# -- group, layer and RMS norms ------------------------------------------------------------------


def test_a_group_norm_refuses_groups_that_do_not_divide():
    check_mend(ValueError, "num_channels (3) must be divisible by num_groups (2)", "divisor",
               lambda: nn.GroupNorm(2, 3), lambda: nn.GroupNorm(3, 3))  # fmt: skip
    for groups in (0, -1):
        check_mend(ValueError, f"num_groups must be greater than 0, got {groups}", "1 or more",
                   lambda g=groups: nn.GroupNorm(g, 3))  # fmt: skip
    lazy = nn.LazyGroupNorm(2)
    check_mend(ValueError, "num_channels (3) must be divisible by num_groups (2)", "divisor",
               lambda: lazy(torch.rand(2, 3, 4)))  # fmt: skip
    assert repr(lazy) == "LazyGroupNorm(2, 0, eps=1e-05, affine=True, bias=True)"
    lazy(torch.rand(2, 4, 4))
    assert repr(lazy) == "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)"
    with pytest.raises(RuntimeError, match="Expected weight to be a vector of size equal to the"):
        lazy(torch.rand(2, 6, 3))


def test_sizes_may_be_known_in_part():
    layer = nn.LayerNorm((None, 3))
    assert layer.weight.spec == (None, 3)
    for affine in (True, False):
        layer = nn.LayerNorm((None, 3), elementwise_affine=affine)
        with pytest.raises(RuntimeError, match=r"expected input with shape \[\*, \?, 3\], but got"):
            layer(torch.rand(2, 2, 4))
        assert layer.normalized_shape == (None, 3)
        layer(torch.rand(2, 2, 3))
        assert layer.normalized_shape == (2, 3)


def test_dimensions_that_the_input_has_not_are_refused():
    lazy = nn.LazyRMSNorm(normalized_dims=2)
    with pytest.raises(RuntimeError, match=r"expected input with shape .* but got input of size"):
        lazy(torch.rand(3))
    assert repr(lazy) == "LazyRMSNorm((0, 0), eps=None, elementwise_affine=True)"
    for kind in (nn.LayerNorm, nn.RMSNorm):
        with pytest.raises(RuntimeError, match="Expected normalized_shape to be at least 1-dim"):
            kind(())(torch.rand(3))
        assert kind(np.int64(3)).normalized_shape == (3,)


def test_an_rms_norm_has_no_bias():
    assert list(nn.RMSNorm(3).state_dict()) == ["weight"]
    with pytest.raises(TypeError, match="bias"):
        nn.RMSNorm(3, bias=False)


# -- a size of None where there is no parameter to wait for --------------------------------------

BARE = {
    "BatchNorm2d(None, affine=False, track_running_stats=False)": ("num_features", 4),
    "InstanceNorm2d(None)": ("num_features", 4),
    "LazyInstanceNorm2d(affine=False, track_running_stats=False)": ("num_features", 4),
    "GroupNorm(2, None, affine=False)": ("num_channels", 4),
    "LayerNorm(None, elementwise_affine=False)": ("normalized_shape", (5,)),
    "RMSNorm(None, elementwise_affine=False)": ("normalized_shape", (5,)),
    "LazyBatchNorm(affine=False, track_running_stats=False)": ("num_features", 4),
}


@pytest.mark.parametrize("line", BARE)
@pytest.mark.parametrize("change", [
    lambda layer: layer, copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer)),
    lambda layer: layer.double().float(),
    lambda layer: (layer, layer.load_state_dict({}))[0],
], ids=["as it is", "deepcopy", "pickle", "converted", "loaded"])  # fmt: skip
def test_a_size_without_parameters_still_follows_from_the_input(line, change):
    layer = change(eval(f"nn.{line}"))
    name, size = BARE[line]
    layer(torch.rand(2, 4, 3, 5))
    assert getattr(layer, name) == size
    assert not type(layer).__name__.startswith("Lazy")


# -- LazyBatchNorm -------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "kind"), [((4, 3), nn.BatchNorm1d), ((4, 3, 2), nn.BatchNorm1d),
                                             ((4, 3, 2, 2), nn.BatchNorm2d),
                                             ((4, 3, 2, 2, 2), nn.BatchNorm3d)])  # fmt: skip
def test_a_lazy_batch_norm_becomes_the_class_of_the_input_s_rank(shape, kind):
    called, loaded, net = nn.LazyBatchNorm(), nn.LazyBatchNorm(), nn.Sequential(nn.LazyBatchNorm())
    loaded.load_state_dict(kind(3).state_dict())
    assert (type(loaded), loaded.num_features) == (nn.LazyBatchNorm, 3)
    for layer in (called, loaded, net):
        layer(torch.rand(shape))
    for layer in (called, loaded, net[0]):
        assert type(layer) is kind
        assert layer.num_batches_tracked.item() == 1
        assert not layer._forward_pre_hooks


def test_a_lazy_batch_norm_stays_lazy_where_the_call_fails():
    class Fails(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    layer = nn.LazyBatchNorm()
    text = repr(layer)
    for shape in ((3,), (1, 3), (2, 3, 2, 2, 2, 2)):
        with pytest.raises(ValueError, match="xpected"):
            layer(torch.rand(shape))
        assert (type(layer), repr(layer)) == (nn.LazyBatchNorm, text)
    with pytest.raises(ZeroDivisionError):
        nn.Sequential(layer, Fails())(torch.rand(2, 3, 2, 2))
    assert (type(layer), repr(layer)) == (nn.LazyBatchNorm, text)
    assert layer.has_uninitialized_params()
    layer(torch.rand(2, 3))
    assert type(layer) is nn.BatchNorm1d


# -- states of older versions --------------------------------------------------------------------


@pytest.mark.parametrize("line", ["BatchNorm1d(3)", "LazyBatchNorm1d()",
                                  "InstanceNorm1d(3, 1e-5, 0.1, True, True)"])  # fmt: skip
def test_a_state_without_a_count_of_batches_loads_if_it_is_old(line):
    layer, state = eval(f"nn.{line}"), nn.BatchNorm1d(3).state_dict()
    assert state._metadata == {"": {"version": 2}}
    del state["num_batches_tracked"]
    with pytest.raises(RuntimeError, match='Missing key.*"num_batches_tracked"'):
        layer.load_state_dict(state)
    for old in (None, {"": {"version": 1}}):
        state._metadata = old
        assert str(layer.load_state_dict(state)) == "<All keys matched successfully>"
        assert layer.num_batches_tracked.item() == 0
        assert "num_batches_tracked" not in state


def test_an_old_state_keeps_the_count_that_there_is():
    net = nn.Sequential(nn.BatchNorm1d(3))
    net(torch.rand(4, 3))
    state = {k: v for k, v in net.state_dict().items() if "num_batches" not in k}
    net.load_state_dict(state)
    assert net[0].num_batches_tracked.item() == 1
