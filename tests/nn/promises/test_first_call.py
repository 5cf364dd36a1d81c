"""The first call: hooks, ranks, modes, subclasses, branches."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.modules.lazy import LazyModuleMixin
from tests.nn.promises.classes import bits, lazy_names
from tests.nn.promises.rows import promise


class Twig(LazyModuleMixin, nn.Module):
    """An outer lazy module without a class to become."""

    def __init__(self):
        super().__init__()
        self.inner = nn.LazyLinear(3)
        self.scale = nn.UninitializedParameter()

    def initialize_parameters(self, x):
        self.scale.materialize(x.shape[-1:])
        nn.init.ones_(self.scale)

    def forward(self, x):
        return self.inner(x * self.scale)


class Fork(nn.Module):
    """Two branches, of which a call takes one."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.LazyLinear(2), nn.LazyLinear(2)

    def forward(self, x, go_left=True):
        return self.left(x) if go_left else self.right(x)


@promise("2.4.1")
def test_a_user_s_pre_hook_sees_the_settled_class():
    seen, layer = [], nn.LazyLinear(3)
    layer.register_forward_pre_hook(lambda m, args: seen.append((type(m), m.in_features)))
    layer(torch.ones(2, 5))
    assert seen == [(nn.Linear, 5)]


@promise("2.4.2")
def test_a_prepended_pre_hook_replaces_the_input_inferred_from():
    seen, layer = [], nn.LazyLinear(3)

    def widen(module, args):
        seen.append(type(module))
        return (torch.ones(2, 9),)

    layer.register_forward_pre_hook(widen, prepend=True)
    layer(torch.ones(2, 5))
    assert (seen, layer.in_features) == ([nn.LazyLinear], 9)


@promise("2.4.5")
@pytest.mark.parametrize("layer", [nn.LazyLinear(3), nn.LazyConv1d(3, 1), nn.LazyBatchNorm1d()])
def test_forward_itself_is_refused_as_any_use_is(layer):
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in"):
        layer.forward(torch.ones(2, 2, 5))
    assert layer.has_uninitialized_params()


@promise("2.4.6")
def test_one_lazy_layer_stands_twice():
    layer = nn.LazyLinear(4)
    out = nn.Sequential(layer, nn.ReLU(), layer)(torch.ones(2, 4))
    assert (out.shape, type(layer), layer.in_features) == ((2, 4), nn.Linear, 4)


@promise("2.4.7")
def test_lazy_modules_nest():
    net = Twig()
    assert net(torch.ones(2, 5)).shape == (2, 3)
    assert (type(net), type(net.inner), net.scale.shape) == (Twig, nn.Linear, (5,))
    assert len(net._forward_pre_hooks) == 0


@promise("2.4.8")
def test_parameters_settled_under_no_grad_require_gradients():
    layer = nn.LazyLinear(3)
    with torch.no_grad():
        assert not layer(torch.ones(2, 5)).requires_grad
    assert layer.weight.requires_grad
    layer(torch.ones(2, 5)).sum().backward()
    assert layer.weight.grad.tolist() == [[2.0] * 5] * 3


@promise("2.4.9")
@pytest.mark.parametrize("shape", [(3,), (2, 5, 3), (1, 1, 1, 3), (0, 3)])
def test_a_linear_layer_takes_any_rank(shape):
    layer = nn.LazyLinear(4)
    assert layer(torch.ones(shape)).shape == (*shape[:-1], 4)
    assert layer.in_features == 3


@promise("2.4.9")
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
def test_a_linear_layer_takes_a_width_of_zero_but_no_scalar():
    layer = nn.LazyLinear(4)
    with pytest.raises(IndexError):
        layer(torch.tensor(1.0))
    assert layer.has_uninitialized_params()
    assert layer(torch.ones(2, 0)).shape == (2, 4)
    assert layer.weight.shape == (4, 0)


@promise("2.4.10")
@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        ("LazyConv1d", (3,), "2D (unbatched) or 3D (batched)"),
        ("LazyConv2d", (3, 3), "3D (unbatched) or 4D (batched)"),
        ("LazyConv3d", (3, 3), "4D (unbatched) or 5D (batched)"),
    ],
)
def test_a_convolution_refuses_other_ranks_by_name(layer, shape, text):
    net = getattr(nn, layer)(4, 1)
    with pytest.raises(RuntimeError) as error:
        net(torch.ones(shape))
    due = f"Expected {text} input to {layer}, but got input of size: {torch.Size(shape)}"
    assert due in str(error.value)
    assert type(net) is getattr(nn, layer)


@promise("2.4.10")
def test_a_convolution_takes_an_input_without_batch():
    layer = nn.LazyConv2d(4, 3)
    assert layer(torch.ones(2, 5, 5)).shape == (4, 3, 3)
    assert layer.in_channels == 2


@promise("2.4.11", "2.4.16")
def test_a_convolution_refuses_groups_that_do_not_divide():
    layer = nn.LazyConv2d(4, 3, groups=2)
    before = repr(layer)
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        layer(torch.ones(1, 3, 5, 5))
    assert (repr(layer), lazy_names(layer)) == (before, ["weight", "bias"])
    assert layer(torch.ones(1, 6, 5, 5)).shape == (1, 4, 3, 3)


@promise("2.4.12")
@pytest.mark.parametrize("training", [True, False])
def test_the_first_call_counts_in_train_mode_alone(training):
    def first_call():
        torch.manual_seed(0)
        net = nn.Sequential(nn.LazyBatchNorm1d(), nn.Dropout(0.5)).train(training)
        with torch.no_grad():
            net(torch.full((4, 3), 2.0))
        return net[0], torch.get_rng_state().tolist()

    norm, after = first_call()
    torch.manual_seed(0)
    assert (after == torch.get_rng_state().tolist()) == (not training)
    assert norm.num_batches_tracked.item() == int(training)
    assert norm.running_mean.tolist() == pytest.approx([0.2 if training else 0.0] * 3)


@promise("2.4.13")
def test_a_reset_before_the_first_call_disturbs_nothing():
    weights = []
    for reset in (False, True):
        torch.manual_seed(0)
        layer = nn.LazyLinear(3)
        if reset:
            layer.reset_parameters()
            assert layer.has_uninitialized_params()
        layer(torch.ones(2, 5))
        weights.append(tuple(layer.weight.shape))
    assert weights == [(3, 5)] * 2


@promise("2.4.13")
def test_an_overridden_reset_is_the_way_to_another_start():
    class Halves(nn.LazyLinear):
        def reset_parameters(self):
            if not self.has_uninitialized_params():
                nn.init.constant_(self.weight, 0.5)
                nn.init.zeros_(self.bias)

    on_class, on_instance = Halves(2), nn.LazyLinear(2)
    on_instance.reset_parameters = lambda: [nn.init.ones_(p) for p in on_instance.parameters()]
    on_class(torch.ones(1, 3))
    on_instance(torch.ones(1, 3))
    assert on_class.weight.tolist() == [[0.5] * 3] * 2
    assert on_instance.weight.tolist() == [[1.0] * 3] * 2


@promise("2.4.14")
def test_a_branch_not_reached_stays_lazy_and_its_state_loads():
    net, fresh = Fork(), Fork()
    net(torch.ones(1, 3))
    assert lazy_names(net) == ["right.weight", "right.bias"]
    fresh.load_state_dict(net.state_dict())
    assert lazy_names(fresh) == ["right.weight", "right.bias"]
    assert bits(fresh) == bits(net)
    fresh(torch.ones(1, 4), go_left=False)
    assert (fresh.left.in_features, fresh.right.in_features) == (3, 4)


@promise("2.4.15")
def test_a_subclass_becomes_the_plain_layer_unless_it_names_another():
    class Plain(nn.Linear):
        def twice(self, x):
            return 2 * self(x)

    class Lost(nn.LazyLinear):
        twice = Plain.twice

    class Kept(Lost):
        cls_to_become = Plain

    for make, due in ((Lost, nn.Linear), (Kept, Plain)):
        layer = make(3)
        layer(torch.ones(1, 2))
        assert type(layer) is due
        assert hasattr(layer, "twice") == (due is Plain)


@promise("2.4.17")
def test_an_assigned_weight_is_kept_and_the_lazy_bias_filled():
    layer = nn.LazyLinear(3)
    layer.weight = nn.Parameter(torch.ones(3, 5))
    out = layer(torch.ones(2, 5))
    assert type(layer) is nn.Linear
    assert layer.weight.tolist() == [[1.0] * 5] * 3
    assert out.tolist() == [(5 + layer.bias).tolist()] * 2


@promise("2.4.18")
@pytest.mark.parametrize("d", [1, 2, 3])
def test_a_batch_norm_with_nothing_of_its_own_learns_its_size(d):
    layer = getattr(nn, f"LazyBatchNorm{d}d")(affine=False, track_running_stats=False)
    layer(torch.rand(4, 3, *[2] * d)) if d > 1 else layer(torch.rand(4, 3))
    assert type(layer).__name__ == f"BatchNorm{d}d"
    assert layer.num_features == 3
    assert repr(layer).startswith(f"BatchNorm{d}d(3, ")
