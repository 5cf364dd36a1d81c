"""nn.init.keyed: the same bits, whatever is lazy and whatever comes first."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import BUILT, bits, inputs, label
from tests.nn.promises.rows import promise

PLANS = st.lists(st.tuples(st.sampled_from(BUILT), st.booleans()), min_size=1, max_size=5)
SEEDS = st.integers(0, 2**63 - 1)


def make(line):
    return eval(f"nn.{line}", {"nn": nn, "torch": torch})


def keyed_net(lines, seed):
    with nn.init.keyed(seed):
        return nn.ModuleList([make(line) for line in lines])


@promise("N3.1", "R21")
@given(PLANS, SEEDS, st.randoms(use_true_random=False))
def test_a_mixture_in_any_order_equals_the_eager_net(plan, seed, random):
    eager = keyed_net([case.eager for case, _ in plan], seed)
    mixed = keyed_net([case.lazy if lazy else case.eager for case, lazy in plan], seed)
    torch.manual_seed(random.randrange(1000))
    order = list(range(len(plan)))
    random.shuffle(order)
    for place in order:
        mixed[place].eval()(*inputs(plan[place][0]))
    assert bits(mixed) == bits(eager)


@promise("N3.2", "N10")
@given(PLANS, SEEDS, st.randoms(use_true_random=False))
def test_copies_at_any_point_equal_the_eager_net(plan, seed, random):
    eager = keyed_net([case.eager for case, _ in plan], seed)
    mixed = keyed_net([case.lazy if lazy else case.eager for case, lazy in plan], seed)
    for place in random.sample(range(len(plan)), len(plan)):
        if random.random() < 0.7:
            how = random.choice([copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
            mixed = how(mixed)
        mixed[place].eval()(*inputs(plan[place][0]))
    assert bits(mixed) == bits(eager)


@promise("N3.2", "N9")
def test_a_partial_load_leaves_the_draws_of_the_others_alone():
    lines = ["LazyLinear(4)", "LazyLinear(5)", "LazyLinear(6)"]
    whole, partial = keyed_net(lines, 3), keyed_net(lines, 3)
    state = {"1.weight": torch.ones(5, 2), "1.bias": torch.zeros(5)}
    partial.load_state_dict(state, strict=False)
    for net in (whole, partial):
        for layer in net:
            layer(torch.ones(1, 2))
    assert partial[1].weight.tolist() == [[1.0, 1.0]] * 5
    for place in (0, 2):
        assert bits(partial[place]) == bits(whole[place])


@promise("N3.2", "N9")
def test_a_half_loaded_layer_draws_what_it_would_have_drawn():
    whole, partial = keyed_net(["LazyLinear(4)"], 3), keyed_net(["LazyLinear(4)"], 3)
    partial.load_state_dict({"0.weight": torch.ones(4, 2)}, strict=False)
    for net in (whole, partial):
        net[0](torch.ones(1, 2))
    assert partial[0].weight.tolist() == [[1.0, 1.0]] * 4
    assert partial[0].bias.tolist() == whole[0].bias.tolist()


@promise("N3.3")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_the_default_stream_does_not_move(case):
    torch.manual_seed(9)
    before = torch.get_rng_state().tolist()
    net = keyed_net([case.lazy, case.eager], 1)
    net[0].eval()(*inputs(case))
    assert torch.get_rng_state().tolist() == before


@promise("N3.1", "R21")
def test_without_keys_a_seed_gives_torch_s_order():
    torch.manual_seed(2)
    eager = [nn.Linear(3, 4), nn.Linear(4, 5)]
    torch.manual_seed(2)
    lazy = nn.Sequential(nn.LazyLinear(4), nn.LazyLinear(5))
    lazy(torch.ones(1, 3))
    assert [bits(layer) for layer in lazy] == [bits(layer) for layer in eager]


@promise("N3.1", "N2.3")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_a_keyed_dry_run_equals_the_eager_layer(case):
    eager, lazy = keyed_net([case.eager], 8), keyed_net([case.lazy], 8)
    nn.dry_run(lazy[0], *[torch.spec(shape) for shape in case.shapes])
    assert bits(lazy) == bits(eager)


@promise("N3.1", "N4.3")
@pytest.mark.parametrize("case", BUILT, ids=label)
def test_a_failed_call_takes_its_reserved_draws_back(case):
    eager, lazy = keyed_net([case.eager], 4), keyed_net([case.lazy], 4)

    def fail(module, args, output):
        raise ArithmeticError("the hook is broken")

    handle = lazy[0].register_forward_hook(fail)
    for _ in range(2):
        with pytest.raises(ArithmeticError, match="the hook is broken"):
            lazy[0](*inputs(case))
    handle.remove()
    for net in (lazy, eager):
        net[0].eval()(*inputs(case))
    assert bits(lazy) == bits(eager)


@promise("N3.2", "N9")
@pytest.mark.parametrize("wish", [False, True])
def test_a_loaded_layer_later_draws_what_its_eager_twin_draws(wish):
    eager, lazy = keyed_net(["Linear(2, 4)"], 4)[0], keyed_net(["LazyLinear(4)"], 4)[0]
    for layer in (eager, lazy):
        if wish:
            nn.init.normal_(layer.weight)
        layer.load_state_dict({"weight": torch.ones(4, 2), "bias": torch.ones(4)})
        layer.reset_parameters()
    assert lazy.weight.unique().numel() == 8
    assert bits(lazy) == bits(eager)
