"""LazyModuleMixin: what a lazy module is before, during and after its first call."""

from __future__ import annotations

import warnings

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.modules.lazy import LazyModuleMixin
from tests.nn.promises.rows import promise


class Takes(nn.Module):
    """A module that remembers what its constructor was given."""

    def __init__(self, *args, **kwargs):
        super().__init__()
        self.taken = (args, kwargs)


class Scale(LazyModuleMixin, Takes):
    """Multiply by a lazy weight and count in a lazy buffer."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.weight = nn.UninitializedParameter()
        self.register_buffer("total", nn.UninitializedBuffer())

    def initialize_parameters(self, x, gain=1.0):
        self.weight.materialize(x.shape[-1:])
        self.total.materialize(())
        with torch.no_grad():
            self.weight.fill_(gain)
            self.total.zero_()

    def forward(self, x, gain=1.0):
        return x * self.weight


class NoRule(LazyModuleMixin, nn.Module):
    """A lazy module that does not say how its size follows."""

    def __init__(self):
        super().__init__()
        self.weight = nn.UninitializedParameter()

    def forward(self, x):
        return x


class Partial(LazyModuleMixin, nn.Module):
    """A rule that forgets one of two parameters."""

    def __init__(self):
        super().__init__()
        self.first = nn.UninitializedParameter()
        self.second = nn.UninitializedParameter()

    def initialize_parameters(self, x):
        self.first.materialize(x.shape)

    def forward(self, x):
        return x


class Settled(nn.Module):
    """What BecomesSettled becomes."""

    def forward(self, x):
        return x + self.weight


class BecomesSettled(Scale):
    """A lazy module with another class to become."""

    cls_to_become = Settled


def hook_counts(module):
    return len(module._forward_pre_hooks), len(module._load_state_dict_pre_hooks)


@promise("1.1")
def test_the_mixin_hands_arguments_on_and_registers_two_hooks_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = Scale(1, b=2)
    assert module.taken == ((1,), {"b": 2})
    assert hook_counts(module) == (1, 1)
    assert hasattr(module, "_load_hook")
    assert hasattr(module, "_initialize_hook")


@promise("1.2")
def test_only_own_parameters_and_buffers_make_a_module_lazy():
    assert Scale().has_uninitialized_params()
    assert nn.LazyBatchNorm1d(affine=False).has_uninitialized_params()
    outer = Scale()
    outer(torch.ones(2, 3))
    outer.inner = Scale()
    assert not outer.has_uninitialized_params()
    assert outer.inner.has_uninitialized_params()


@promise("1.3")
def test_a_module_without_a_rule_names_itself_at_its_first_call():
    module = NoRule()
    with pytest.raises(NotImplementedError, match="^initialize_parameters is not implemented for "
                       "NoRule"):  # fmt: skip
        module(torch.ones(2))
    assert module.has_uninitialized_params()


@promise("1.4")
def test_the_class_changes_in_place_or_stays():
    assert LazyModuleMixin.cls_to_become is None
    for make, due in ((BecomesSettled, Settled), (Scale, Scale)):
        module = make()
        before = id(module)
        module(torch.ones(2, 3))
        assert (type(module), id(module)) == (due, before)
        assert hook_counts(module) == (0, 0)


@promise("1.5")
def test_infer_parameters_settles_by_hand():
    module = BecomesSettled()
    assert module._infer_parameters(module, (torch.ones(2, 3),)) is None
    assert type(module) is Settled
    assert module.weight.tolist() == [1.0, 1.0, 1.0]
    assert not hasattr(module, "_initialize_hook")
    assert not hasattr(module, "_load_hook")
    assert hook_counts(module) == (0, 0)


@promise("1.5", "2.4.3")
def test_infer_parameters_takes_keyword_arguments():
    module = Scale()
    module._infer_parameters(module, (torch.ones(2, 3),), {"gain": 4.0})
    assert module.weight.tolist() == [4.0, 4.0, 4.0]


@promise("1.5")
def test_a_rule_that_leaves_something_lazy_is_refused_by_name():
    module = Partial()
    with pytest.raises(RuntimeError, match="^module Partial has not been fully initialized"):
        module(torch.ones(2))
    assert hook_counts(module) == (1, 1)


@promise("1.6")
def test_the_load_hook_gives_shapes_but_not_where_both_are_lazy():
    module = Scale()
    module._lazy_load_hook({"a.weight": torch.ones(4), "a.total": nn.UninitializedBuffer()},
                           "a.", {}, True, [], [], [])  # fmt: skip
    assert module.weight.shape == (4,)
    assert nn.parameter.is_lazy(module.total)


@promise("1.7")
def test_a_state_dict_holds_the_lazy_object_itself():
    module = Scale()
    module.register_buffer("passing", torch.ones(1), persistent=False)
    module.register_buffer("lazy_passing", nn.UninitializedBuffer(), persistent=False)
    module.register_parameter("absent", None)
    module.known = nn.Parameter(torch.ones(2))
    found = {}
    module._save_to_state_dict(found, "p.", keep_vars=False)
    assert sorted(found) == ["p.known", "p.total", "p.weight"]
    assert found["p.weight"] is module.weight
    assert found["p.total"] is module.total
    assert found["p.known"] is not module.known
    assert not found["p.known"].requires_grad
    assert module.state_dict(keep_vars=True)["known"] is module.known


@promise("1.8")
def test_replicas_for_data_parallel_are_refused():
    with pytest.raises(RuntimeError) as error:
        nn.LazyLinear(3)._replicate_for_data_parallel()
    assert str(error.value).startswith(
        "Modules with uninitialized parameters can't be used with `DataParallel`. Run a dummy "
        "forward pass to correctly initialize the modules"
    )


@promise("2.4.4")
def test_a_missing_argument_is_a_type_error_that_names_the_rule():
    with pytest.raises(TypeError) as error:
        nn.LazyLinear(3)()
    assert str(error.value).startswith(
        "LazyLinear.initialize_parameters() missing 1 required positional argument: 'input'"
    )


@promise("2.4.3")
def test_keyword_arguments_reach_the_rule():
    module = Scale()
    assert module(torch.ones(2, 3), gain=2.0).tolist() == [[2.0] * 3] * 2
    layer = nn.LazyLinear(3)
    assert layer(input=torch.ones(2, 5)).shape == (2, 3)
    assert layer.in_features == 5
