"""What random lives have found, each as short as it gets."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.lives.kinds import Affine, LazyAffine, LazyNoise, Noise
from tests.nn.promises.classes import bits
from tests.nn.promises.rows import promise


def keyed(make):
    with nn.init.keyed(3):
        return make()


@promise("N9", "2.5.7", "N5.2")
def test_a_short_form_knows_its_sizes_after_a_load_that_assigns():
    layer, eager = nn.Linear(None, 2), nn.Linear(3, 2)
    layer.load_state_dict(eager.state_dict(), assign=True)
    assert repr(layer) == "Linear(in_features=3, out_features=2, bias=True)"
    assert not layer._forward_pre_hooks
    assert bits(layer) == bits(eager)


@promise("N5.1", "2.5.7")
def test_a_load_that_assigns_reaches_the_layers_inside_a_lazy_layer_of_one_s_own():
    layer, eager = LazyAffine(units=3), Affine(4, 3)
    layer.load_state_dict(eager.state_dict(), assign=True)
    assert type(layer) is Affine
    assert bits(layer) == bits(eager)


@promise("N9")
def test_loading_a_lazy_layer_of_one_s_own_draws_nothing_from_the_default_stream():
    layer, state = LazyAffine(units=3), Affine(4, 3).state_dict()
    before = torch.get_rng_state()
    layer.load_state_dict(state)
    assert torch.equal(torch.get_rng_state(), before)


@promise("N9")
def test_a_refused_load_of_a_lazy_layer_of_one_s_own_changes_nothing():
    layer, state = keyed(lambda: LazyAffine(units=3)), Affine(4, 3).state_dict()
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="Unexpected key"):
        layer.load_state_dict({**state, "nobody": torch.ones(1)})
    assert torch.equal(torch.get_rng_state(), before)
    layer(torch.ones(2, 4))
    assert bits(layer) == bits(keyed(lambda: Affine(4, 3)))


@promise("N3.2", "N5.1")
@pytest.mark.parametrize("load", [False, True])
def test_a_lazy_layer_of_one_s_own_later_draws_what_its_eager_twin_draws(load):
    lazy, eager = keyed(LazyNoise), keyed(lambda: Noise(4))
    for layer in (lazy, eager):
        if load:
            layer.load_state_dict({"weight": torch.ones(4)})
        else:
            layer(torch.ones(2, 4))
        layer.reset_parameters()
    assert bits(lazy) == bits(eager)


@promise("N3.3", "N5.1")
def test_initialising_a_settled_layer_of_one_s_own_draws_from_its_key():
    lazy, eager = keyed(lambda: LazyAffine(units=3)), keyed(lambda: Affine(4, 3))
    before = torch.get_rng_state()
    for layer in (lazy, eager):
        layer(torch.ones(2, 4))
        nn.init.xavier_normal_(layer.inner.weight)
        nn.init.normal_(layer.weight)
    assert torch.equal(torch.get_rng_state(), before)
    assert bits(lazy) == bits(eager)


@promise("N9", "2.5.4")
@pytest.mark.parametrize("line", [lambda: nn.LazyLinear(2), lambda: nn.Linear(None, 2)])
@pytest.mark.parametrize("assign", [False, True])
def test_what_is_no_tensor_is_refused_by_name(line, assign):
    layer = line()
    with pytest.raises(RuntimeError, match='"weight", expected torch.Tensor'):
        layer.load_state_dict({"weight": 3.0, "bias": torch.ones(2)}, assign=assign)
    assert layer.uninitialized() == ["weight", "bias"]


@promise("N2.4", "2.4.14")
def test_an_open_batch_size_leaves_a_branch_lazy_that_is_not_reached():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.LazyLinear(2), nn.LazyLinear(2)

        def forward(self, x):
            return self.used(x)

    net = nn.dry_run(Branches(), torch.spec((None, 3)))
    assert net.uninitialized() == ["unused.weight", "unused.bias"]
    assert net.used.in_features == 3


@promise("N5.1")
@pytest.mark.parametrize("call", [nn.Module.__call__, nn.dry_run])
def test_what_was_loaded_in_another_type_does_not_change_what_the_rest_draws(call):
    state = {"weight": torch.ones(2, 4, 3, dtype=torch.float64)}
    torch.manual_seed(0)
    eager = nn.ConvTranspose1d(2, 4, 3)
    after = torch.get_rng_state()
    lazy = nn.LazyConvTranspose1d(4, 3)
    torch.manual_seed(0)
    for layer in (lazy, eager):
        layer.load_state_dict(state, strict=False, assign=True)
    call(lazy, torch.ones(2, 2, 7, dtype=torch.float64))
    assert bits(lazy) == bits(eager)
    assert torch.equal(torch.get_rng_state(), after)


@promise("N5.1", "N9")
@pytest.mark.parametrize("missing", sorted(nn.MultiheadAttention(4, 2).state_dict()))
def test_attention_that_was_half_loaded_draws_the_rest_as_its_eager_twin(missing):
    state = nn.MultiheadAttention(4, 2).state_dict()
    del state[missing]
    torch.manual_seed(0)
    eager = nn.MultiheadAttention(4, 2)
    after = torch.get_rng_state()
    lazy = nn.LazyMultiheadAttention(2)
    young = repr(lazy)
    torch.manual_seed(0)
    for layer in (lazy, eager):
        layer.load_state_dict(state, strict=False, assign=True)
    assert repr(lazy) == young
    nn.dry_run(lazy, *[torch.spec((5, 2, 4))] * 3)
    assert bits(lazy) == bits(eager)
    assert torch.equal(torch.get_rng_state(), after)


@promise("N3.3", "N9")
@pytest.mark.parametrize("name", ["weight", "inner.weight", "inner.bias"])
def test_initialisers_before_a_load_count_as_draws_in_parts_too(name):
    lazy, eager = keyed(lambda: LazyAffine(units=3)), keyed(lambda: Affine(4, 3))
    state = Affine(4, 3).state_dict()
    for layer in (lazy, eager):
        nn.init.normal_(layer.get_parameter(name))
        layer.load_state_dict(state)
        nn.init.normal_(layer.get_parameter(name))
    assert bits(lazy) == bits(eager)


@promise("N8", "N5.1")
def test_what_is_done_to_a_part_of_a_lazy_layer_of_one_s_own_is_remembered():
    lazy, eager = keyed(lambda: LazyAffine(units=3)), keyed(lambda: Affine(4, 3))
    for layer in (lazy, eager):
        layer.inner.reset_parameters()
        layer(torch.ones(2, 4))
    assert bits(lazy) == bits(eager)


@promise("N8", "N5.1", "N9")
def test_a_part_that_was_loaded_keeps_its_elements_when_the_rest_settles():
    lazy, state = keyed(lambda: LazyAffine(units=3)), Affine(4, 3).state_dict()
    nn.init.normal_(lazy.inner.bias)
    lazy.inner.reset_parameters()
    del state["weight"]
    lazy.load_state_dict(state, strict=False)
    lazy(torch.ones(2, 4))
    assert torch.equal(lazy.inner.bias, state["inner.bias"])
    assert torch.equal(lazy.inner.weight, state["inner.weight"])


@promise("N4.3", "R1")
def test_an_initialiser_that_raises_gives_loaded_parts_of_a_layer_back():
    lazy, state = nn.LazyMultiheadAttention(2), nn.MultiheadAttention(4, 2).state_dict()
    del state["in_proj_bias"]
    lazy.load_state_dict(state, strict=False)

    def reset_parameters():
        if not lazy.has_uninitialized_params():
            for parameter in lazy.parameters():
                nn.init.normal_(parameter)
            raise ArithmeticError("half done")

    lazy.reset_parameters = reset_parameters
    with pytest.raises(ArithmeticError, match="half done"):
        lazy(*[torch.ones(5, 2, 4)] * 3)
    assert lazy.uninitialized() == ["in_proj_bias"]
    assert torch.equal(lazy.out_proj.weight, state["out_proj.weight"])
