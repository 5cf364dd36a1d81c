import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.modules.lazy import LazyModuleMixin
from minitorch_lazy.nn.parameter import is_lazy


class Grow(LazyModuleMixin, nn.Module):
    """A lazy module written as PyTorch's documentation says."""

    def __init__(self):
        super().__init__()
        self.weight = nn.UninitializedParameter()

    def initialize_parameters(self, x, factor=1):
        if self.has_uninitialized_params():
            with torch.no_grad():
                self.weight.materialize((x.shape[-1],))
                self.weight.fill_(factor)

    def forward(self, x, factor=1):
        return x * self.weight


class Empty(LazyModuleMixin, nn.Module):
    def initialize_parameters(self, x):
        return None

    def forward(self, x):
        return x


def mlp(classes=(nn.LazyLinear, nn.LazyLinear)):
    return nn.Sequential(classes[0](5), nn.Identity(), classes[1](3))


def values(net):
    return {name: value.detach().numpy().copy() for name, value in net.named_parameters()}


def same(left, right):
    return left.keys() == right.keys() and all(np.array_equal(left[k], right[k]) for k in left)


# -- the protocol of LazyModuleMixin -------------------------------------------------------------


def test_first_call_materializes_removes_the_hooks_and_runs_forward():
    module = Grow()
    before = module.weight
    assert module.has_uninitialized_params()
    assert module(torch.ones(2, 3)).tolist() == [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    assert module.weight is before
    assert type(module) is Grow
    assert not hasattr(module, "_initialize_hook")
    assert not hasattr(module, "_load_hook")
    assert not module._forward_pre_hooks
    assert not module._load_state_dict_pre_hooks


def test_keyword_arguments_reach_initialize_parameters():
    module = Grow()
    module(torch.ones(1, 2), factor=7)
    assert module.weight.tolist() == [7.0, 7.0]
    named = nn.LazyLinear(2)
    assert named(input=torch.ones(1, 3)).shape == (1, 2)


def test_class_becomes_the_one_that_is_named_and_the_object_stays():
    class Grown(nn.Module):
        def forward(self, x):
            return x * self.weight

    class Growing(Grow):
        cls_to_become = Grown

    module = Growing()
    before = id(module)
    module(torch.ones(1, 2))
    assert type(module) is Grown
    assert id(module) == before


def test_a_module_without_a_rule_says_so():
    class NoRule(LazyModuleMixin, nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented for"):
        NoRule()(1)


def test_a_rule_that_leaves_something_lazy_is_refused():
    class Partial(Grow):
        def initialize_parameters(self, x):
            return None

    module = Partial()
    with pytest.raises(RuntimeError, match="module Partial has not been fully initialized"):
        module(torch.ones(1, 2))
    assert hasattr(module, "_initialize_hook")


def test_a_missing_argument_is_a_type_error():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'input'"):
        nn.LazyLinear(2)()


def test_lazy_modules_without_parameters_work_with_other_hooks():
    module = Empty()
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    module.register_forward_hook(lambda m, args, output: output * 2)
    assert module(torch.ones(2)).tolist() == [4.0, 4.0]


def test_hooks_registered_by_users_keep_their_order():
    seen = []
    layer = nn.LazyLinear(2)
    layer.register_forward_pre_hook(lambda m, args: seen.append(type(m).__name__))
    layer.register_forward_pre_hook(lambda m, args: seen.append(type(m).__name__), prepend=True)
    layer(torch.ones(1, 3))
    assert seen == ["LazyLinear", "Linear"]


def test_a_prepended_hook_decides_the_input_to_infer_from():
    layer = nn.LazyLinear(2)
    layer.register_forward_pre_hook(lambda m, args: torch.ones(1, 9), prepend=True)
    layer(torch.ones(1, 3))
    assert layer.in_features == 9


def test_infer_parameters_may_be_overridden():
    class Counted(Grow):
        calls = 0

        def _infer_parameters(self, module, args, kwargs=None):
            type(self).calls += 1
            super()._infer_parameters(module, args, kwargs)

    module = Counted()
    module(torch.ones(1, 2))
    module(torch.ones(1, 2))
    assert Counted.calls == 1


def test_data_parallel_replicas_are_refused():
    with pytest.raises(RuntimeError, match="can't be used with `DataParallel`"):
        nn.LazyLinear(2)._replicate_for_data_parallel()


def test_the_outer_module_s_forward_settles_the_inner_ones():
    net = mlp()
    net.forward(torch.ones(10, 1))
    assert repr(net[2]) == "Linear(in_features=5, out_features=3, bias=True)"


def test_lazy_modules_nest():
    class Outer(LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.LazyLinear(4)
            self.shift = nn.UninitializedParameter()

        def initialize_parameters(self, x):
            self.inner(x)
            self.shift.materialize((4,))
            nn.init.zeros_(self.shift)

        def forward(self, x):
            return self.inner(x) + self.shift

    outer = Outer()
    assert outer(torch.ones(2, 3)).shape == (2, 4)
    assert not outer.uninitialized()


def test_one_layer_used_twice_settles_once():
    layer = nn.LazyLinear(3)
    net = nn.Sequential(layer, layer)
    assert net(torch.ones(2, 3)).shape == (2, 3)


def test_a_branch_that_is_not_reached_stays_lazy_and_is_named():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.used = nn.LazyLinear(2)
            self.head = nn.ModuleDict({"spare": nn.LazyLinear(2)})

        def forward(self, x):
            return self.used(x)

    net = Branches()
    assert net.uninitialized()[:1] == ["used.weight"]
    net(torch.ones(1, 3))
    assert net.uninitialized() == ["head.spare.weight", "head.spare.bias"]


def test_parameters_require_grad_although_the_first_call_is_in_no_grad():
    layer = nn.LazyLinear(2)
    with torch.no_grad():
        layer(torch.ones(1, 3))
    assert layer.weight.requires_grad
    assert layer.bias.requires_grad


def test_optimizers_see_the_same_parameters_before_and_after():
    net = mlp()
    before = list(map(id, net.parameters()))
    net(torch.ones(2, 4)).sum().backward()
    assert list(map(id, net.parameters())) == before
    assert all(p.grad is not None for p in net.parameters())


# -- all or nothing ------------------------------------------------------------------------------


class Failing(Grow):
    """Fails after it has changed everything that it can change."""

    cls_to_become = nn.Identity

    def initialize_parameters(self, x):
        self.size = x.shape[-1]
        self.register_buffer("extra", torch.ones(1))
        self.child = nn.Linear(2, 2)
        self.register_forward_hook(print)
        super().initialize_parameters(x)
        torch.rand(10)
        raise ZeroDivisionError


def test_a_failing_rule_leaves_the_module_as_it_was():
    torch.manual_seed(0)
    module = Failing()
    weight, attributes = module.weight, dict(module.__dict__)
    state = torch.get_rng_state().numpy()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            module(torch.ones(1, 3))
        assert type(module) is Failing
        assert module.__dict__ == attributes
        assert module.weight is weight
        assert is_lazy(weight)
        assert not module._buffers
        assert not module._modules
        assert len(module._forward_pre_hooks) == 1
        assert not module._forward_hooks
    assert np.array_equal(torch.get_rng_state().numpy(), state)


@pytest.mark.parametrize(
    "bad",
    [torch.ones(2, 4, dtype=torch.int64), torch.ones(2, 4, dtype=torch.float64)],
    ids=["int64", "float64"],
)
def test_an_input_of_the_wrong_type_leaves_the_net_lazy(bad):
    net = mlp()
    with pytest.raises(RuntimeError):
        net(bad)
    assert len(net.uninitialized()) == 4
    assert repr(net[0]) == "LazyLinear(in_features=0, out_features=5, bias=True)"
    assert net(torch.ones(2, 4)).shape == (2, 3)


def test_a_failing_outermost_call_undoes_every_layer_that_it_settled():
    net = nn.Sequential(nn.LazyLinear(5), nn.Sequential(nn.LazyLinear(4)), nn.Linear(3, 1))
    torch.manual_seed(0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"1x4 and 3x1"):
            net(torch.ones(1, 2))
        assert len(net.uninitialized()) == 4
        assert type(net[0]) is type(net[1][0]) is nn.LazyLinear
    torch.manual_seed(0)
    net[2] = nn.Identity()
    net(torch.ones(1, 2))
    twin = nn.Sequential(nn.LazyLinear(5), nn.LazyLinear(4))
    torch.manual_seed(0)
    twin(torch.ones(1, 2))
    assert np.array_equal(net[0].weight.detach().numpy(), twin[0].weight.detach().numpy())


def test_a_failed_call_takes_running_statistics_back():
    net = nn.Sequential(nn.LazyBatchNorm1d(), nn.Linear(7, 1))
    for _ in range(2):
        with pytest.raises(RuntimeError):
            net(torch.rand(4, 3))
        assert type(net[0]) is nn.LazyBatchNorm1d
        assert net[0].num_batches_tracked.item() == 0
        assert net[0].uninitialized() == ["weight", "bias", "running_mean", "running_var"]
    net[1] = nn.Identity()
    net(torch.rand(4, 3))
    assert net[0].num_batches_tracked.item() == 1


def test_a_failed_call_takes_its_draws_back():
    net = nn.Sequential(nn.LazyLinear(5), nn.Linear(3, 1))
    torch.manual_seed(1)
    state = torch.get_rng_state().numpy()
    with pytest.raises(RuntimeError):
        net(torch.ones(1, 2))
    assert np.array_equal(torch.get_rng_state().numpy(), state)


def test_an_error_that_is_handled_inside_undoes_nothing():
    class Tries(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.LazyLinear(2), nn.Linear(7, 1)

        def forward(self, x):
            x = self.first(x)
            try:
                return self.second(x)
            except RuntimeError:
                return x

    net = Tries()
    net(torch.ones(1, 3))
    assert not net.uninitialized()
    with pytest.raises(RuntimeError):
        net(torch.ones(1, 9))
    assert not net.uninitialized()


def test_a_layer_that_was_trained_inside_the_failing_call_is_kept():
    class Trains(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.other = nn.LazyLinear(1), nn.LazyLinear(1)

        def forward(self, x):
            self.layer(x).sum().backward()
            with torch.no_grad():
                self.layer.weight -= self.layer.weight.grad
            self.other(x)
            raise KeyboardInterrupt

    net = Trains()
    with pytest.raises(KeyboardInterrupt):
        net(torch.ones(1, 3))
    assert net.uninitialized() == ["other.weight", "other.bias"]
    assert type(net.layer) is nn.Linear


def test_settling_by_hand_is_not_undone_by_a_later_failure():
    layer = nn.LazyLinear(2)
    layer._infer_parameters(layer, (torch.ones(1, 3),))
    with pytest.raises(RuntimeError):
        nn.Linear(2, 2)(torch.ones(1, 5))
    assert type(layer) is nn.Linear


# -- threads -------------------------------------------------------------------------------------


def test_threads_in_the_first_call_all_see_the_same_weights():
    x = torch.ones(2, 8)
    for _ in range(100):
        net = nn.Sequential(*[nn.LazyLinear(4) for _ in range(3)])
        results, barrier = [None] * 8, threading.Barrier(8)

        def call(place, net=net, results=results, barrier=barrier):
            barrier.wait()
            with torch.no_grad():
                results[place] = net(x).numpy()

        threads = [threading.Thread(target=call, args=(place,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = net(x).detach().numpy()
        assert all(result is not None and np.array_equal(result, expected) for result in results)


def test_a_thread_that_fails_leaves_what_another_has_used():
    net = nn.Sequential(nn.LazyLinear(4), nn.Identity())
    inside, used = threading.Event(), threading.Event()

    class Waits(nn.Module):
        def forward(self, x):
            if x.shape[0] == 2:
                inside.set()
                used.wait(5)
                raise ZeroDivisionError
            return x

    net[1] = Waits()
    failures = []

    def fail():
        try:
            net(torch.ones(2, 3))
        except ZeroDivisionError as error:
            failures.append(error)

    thread = threading.Thread(target=fail)
    thread.start()
    inside.wait(5)
    result = net(torch.ones(1, 3)).detach().numpy()
    used.set()
    thread.join()
    assert len(failures) == 1
    assert np.array_equal(net(torch.ones(1, 3)).detach().numpy(), result)


# -- loading -------------------------------------------------------------------------------------


def settled(width=2):
    net = mlp()
    net(torch.ones(1, width))
    return net


def test_an_initialized_state_makes_lazy_layers_ordinary_without_a_call():
    source, target = settled(), mlp()
    weight = target[0].weight
    assert repr(target.load_state_dict(source.state_dict())) == "<All keys matched successfully>"
    assert type(target[0]) is nn.Linear
    assert (target[0].in_features, target[2].in_features) == (2, 5)
    assert not hasattr(target[0], "_initialize_hook")
    assert target[0].weight is weight
    assert not target[0].has_uninitialized_params()
    assert same(values(source), values(target))
    target(torch.ones(1, 2))
    assert same(values(source), values(target))


def test_a_lazy_state_leaves_a_lazy_net_lazy():
    target = mlp()
    assert repr(target.load_state_dict(mlp().state_dict())) == "<All keys matched successfully>"
    assert len(target.uninitialized()) == 4


def test_a_lazy_state_into_an_initialized_net_is_refused_and_changes_nothing():
    target = settled()
    before = values(target)
    half = mlp()
    half[0](torch.ones(1, 2))
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        target.load_state_dict(half.state_dict())
    assert same(values(target), before)


def test_a_half_initialized_state_loads_its_half():
    half, target = mlp(), mlp()
    half[0](torch.ones(1, 2))
    target.load_state_dict(half.state_dict())
    assert target.uninitialized() == ["2.weight", "2.bias"]
    assert type(target[0]) is nn.Linear


def test_missing_entries_stay_lazy_and_the_next_call_fills_just_them():
    target = nn.LazyLinear(5)
    weight = torch.full((5, 2), 3.0)
    result = target.load_state_dict({"weight": weight}, strict=False)
    assert result.missing_keys == ["bias"]
    assert target.uninitialized() == ["bias"]
    target(torch.ones(1, 2))
    assert target.weight.tolist() == weight.tolist()
    assert type(target) is nn.Linear
    assert target.bias.abs().sum().item() > 0


def test_a_partly_loaded_layer_refuses_another_width():
    target = nn.LazyLinear(5)
    target.load_state_dict({"weight": torch.ones(5, 3)}, strict=False)
    with pytest.raises(AssertionError, match="The in_features inferred from input: 5 is not equal "
                       "to in_features from self.weight: 3"):  # fmt: skip
        target(torch.ones(1, 5))
    assert target.uninitialized() == ["bias"]
    assert target.in_features == 0


def test_missing_keys_are_named():
    with pytest.raises(RuntimeError) as info:
        nn.LazyLinear(2).load_state_dict({"weight": torch.ones(2, 3)})
    assert str(info.value) == (
        "Error(s) in loading state_dict for LazyLinear:\n"
        '\tMissing key(s) in state_dict: "bias". '
    )


def test_known_sizes_are_checked_and_both_shapes_named():
    with pytest.raises(RuntimeError, match=r"size mismatch for weight(.|\n)*\[7, 3\].*\(4, \?\)"):
        nn.LazyLinear(4).load_state_dict(nn.Linear(3, 7).state_dict())


def test_a_lazy_layer_keeps_its_type_when_it_is_loaded():
    target = nn.LazyLinear(2, dtype=torch.float64)
    target.load_state_dict(nn.Linear(3, 2).state_dict())
    assert target.weight.dtype is torch.float64


def test_assign_makes_a_lazy_layer_ordinary():
    source, target = nn.Linear(3, 2).double(), nn.LazyLinear(2)
    target.load_state_dict(source.state_dict(), assign=True)
    assert type(target) is nn.Linear
    assert target.weight.dtype is torch.float64


def test_any_module_may_hold_an_uninitialized_parameter():
    lazy, plain = nn.Module(), nn.Module()
    lazy.register_parameter("test", nn.UninitializedParameter())
    plain.register_parameter("test", nn.Parameter(torch.ones(5, 5)))
    state = lazy.state_dict()
    assert state["test"] is lazy.test
    with pytest.raises(RuntimeError, match="uninitialized"):
        plain.load_state_dict(state)
    lazy.load_state_dict(plain.state_dict())
    assert lazy.test.tolist() == torch.ones(5, 5).tolist()


def test_a_module_written_for_torch_loads_and_settles_at_its_next_call():
    source, target = Grow(), Grow()
    source(torch.ones(1, 3), factor=4)
    target.load_state_dict(source.state_dict())
    assert not target.has_uninitialized_params()
    assert target(torch.ones(1, 3)).tolist() == [[4.0, 4.0, 4.0]]
    assert not hasattr(target, "_initialize_hook")


# -- conversions before the first call -----------------------------------------------------------


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (lambda m: m.double(), torch.float64),
        (lambda m: m.half(), torch.float16),
        (lambda m: m.float().double(), torch.float64),
        (lambda m: m.to(torch.float64), torch.float64),
        (lambda m: m.to("cpu"), torch.float32),
        (lambda m: m.cpu(), torch.float32),
        (lambda m: m.type(torch.float64), torch.float64),
        (lambda m: m.to_empty(device="cpu"), torch.float32),
        (lambda m: m.train(), torch.float32),
        (lambda m: m.eval(), torch.float32),
        (lambda m: m.apply(lambda each: None), torch.float32),
    ],
)
def test_conversions_keep_a_lazy_net_lazy(convert, dtype):
    net = convert(mlp())
    assert len(net.uninitialized()) == 4
    assert net[0].weight.dtype is dtype
    if dtype is not torch.float16:
        assert net(torch.ones(2, 4, dtype=dtype)).dtype is dtype


def test_a_frozen_lazy_net_stays_frozen():
    net = mlp().requires_grad_(False)
    net.zero_grad()
    net(torch.ones(1, 2))
    assert not any(p.requires_grad for p in net.parameters())


def test_sharing_memory_is_refused():
    with pytest.raises(RuntimeError, match="before calling `module.share_memory"):
        mlp().share_memory()


def test_calling_forward_of_a_lazy_layer_itself_is_refused():
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in linear"):
        nn.LazyLinear(2).forward(torch.ones(1, 3))


# -- copies --------------------------------------------------------------------------------------

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda m: pickle.loads(pickle.dumps(m)),
}


@pytest.mark.parametrize("make", ["deepcopy", "pickle"])
def test_copies_of_a_lazy_net_are_lazy_and_independent(make):
    net = mlp().double()
    nn.init.ones_(net[0].weight)
    twin = COPIES[make](net)
    assert type(twin[0]) is nn.LazyLinear
    assert (twin[0].weight.spec, twin[0].weight.dtype) == ((5, None), torch.float64)
    twin(torch.ones(1, 4, dtype=torch.float64))
    assert twin[0].weight.tolist() == [[1.0] * 4] * 5
    assert type(twin[0]) is nn.Linear
    assert len(net.uninitialized()) == 4
    net(torch.ones(1, 2, dtype=torch.float64))
    assert twin[0].in_features == 4


@pytest.mark.parametrize("make", COPIES)
def test_copies_of_a_settled_layer_are_ordinary(make):
    layer = nn.LazyLinear(2)
    layer(torch.ones(1, 3))
    twin = COPIES[make](layer)
    assert type(twin) is nn.Linear
    assert twin(torch.ones(1, 3)).tolist() == layer(torch.ones(1, 3)).tolist()


def test_a_shallow_copy_shares_the_parameters_and_either_settles_both():
    layer = nn.LazyLinear(2)
    twin = copy.copy(layer)
    assert twin.weight is layer.weight
    twin(torch.ones(1, 3))
    weight = layer.weight.tolist()
    assert type(layer) is nn.LazyLinear
    layer(torch.ones(1, 3))
    assert type(layer) is nn.Linear
    assert layer.weight.tolist() == weight


def test_tied_parameters_are_settled_once_and_stay_tied():
    first, second = nn.LazyLinear(3), nn.LazyLinear(3)
    second.weight = first.weight
    for net in (nn.Sequential(first, second), copy.deepcopy(nn.Sequential(first, second))):
        assert net(torch.ones(1, 3)).shape == (1, 3)
        assert net[0].weight is net[1].weight
        assert net[0].bias is not net[1].bias
        assert len(list(net.parameters())) == 3


def test_an_assigned_weight_is_kept():
    layer = nn.LazyLinear(2)
    layer.weight = nn.Parameter(torch.ones(2, 3))
    assert layer(torch.ones(1, 3)).shape == (1, 2)
    assert layer.weight.tolist() == [[1.0] * 3] * 2


# -- what waits for the shapes -------------------------------------------------------------------


def initialise(module):
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)


def test_initialisers_before_the_first_call_win_over_the_default_ones():
    net = mlp().apply(initialise)
    net(torch.ones(1, 2))
    bound = (6 / 7) ** 0.5
    assert net[0].bias.tolist() == [0.0] * 5
    assert net[0].weight.abs().max().item() <= bound


def test_a_reset_before_the_first_call_waits_for_it():
    layer = nn.LazyLinear(2)
    nn.init.ones_(layer.weight)
    layer.reset_parameters()
    nn.init.ones_(layer.bias)
    layer(torch.ones(1, 3))
    assert layer.weight.tolist() != [[1.0] * 3] * 2
    assert layer.bias.tolist() == [1.0, 1.0]


def test_an_own_reset_is_the_way_to_other_initial_values():
    class Ones(nn.LazyLinear):
        cls_to_become = None

        def reset_parameters(self):
            nn.init.ones_(self.weight)
            nn.init.ones_(self.bias)

    layer = Ones(2)
    assert layer(torch.ones(1, 3)).tolist() == [[4.0, 4.0]]
    assert type(layer) is Ones


def test_loaded_values_win_over_what_waited():
    layer = nn.LazyLinear(2)
    nn.init.ones_(layer.weight)
    layer.reset_parameters()
    source = nn.Linear(3, 2)
    layer.load_state_dict(source.state_dict())
    layer(torch.ones(1, 3))
    assert layer.weight.tolist() == source.weight.tolist()


# -- seeds ---------------------------------------------------------------------------------------


def test_all_lazy_equals_all_eager_under_one_seed():
    torch.manual_seed(0)
    lazy = mlp()
    lazy(torch.ones(1, 2))
    torch.manual_seed(0)
    eager = nn.Sequential(nn.Linear(2, 5), nn.Identity(), nn.Linear(5, 3))
    assert same(values(lazy), values(eager))


@pytest.mark.torch
def test_lazy_nets_have_torch_s_numbers():
    oracle = pytest.importorskip("torch")

    def run(package):
        package.manual_seed(7)
        net = package.nn.Sequential(package.nn.LazyLinear(33), package.nn.Linear(33, 4))
        net(package.ones(2, 17))
        return values(net)

    assert same(run(torch), run(oracle))


LAYER = st.tuples(st.integers(1, 6), st.booleans(), st.booleans())
LAYERS = st.lists(LAYER, min_size=1, max_size=4)


@given(LAYERS, st.integers(0, 2**64 - 1), st.randoms(use_true_random=False), st.booleans())
def test_keyed_nets_are_the_same_lazy_or_eager_in_any_order(layers, seed, random, copied):
    widths = [3, *(width for width, _, _ in layers)]
    with nn.init.keyed(seed):
        eager = nn.Sequential(
            *[nn.Linear(a, b, bias) for a, (b, bias, _) in zip(widths, layers, strict=False)]
        )
    with nn.init.keyed(seed):
        mixed = nn.Sequential(
            *[nn.LazyLinear(b, bias) if lazy else nn.Linear(a, b, bias)
              for a, (b, bias, lazy) in zip(widths, layers, strict=False)]
        )  # fmt: skip
    if copied:
        mixed = pickle.loads(pickle.dumps(copy.deepcopy(mixed)))
    torch.manual_seed(random.randrange(1000))
    order = list(range(len(layers)))
    random.shuffle(order)
    for place in order:
        mixed[place](torch.ones(1, widths[place]))
    assert same(values(mixed), values(eager))


def test_keyed_nets_stay_the_same_when_initialisers_follow():
    with nn.init.keyed(5):
        lazy = mlp()
    with nn.init.keyed(5):
        eager = nn.Sequential(nn.Linear(2, 5), nn.Identity(), nn.Linear(5, 3))
    for net in (lazy, eager):
        net.apply(initialise)
        net[0].reset_parameters()
        nn.init.normal_(net[0].bias)
    lazy(torch.ones(1, 2))
    assert same(values(lazy), values(eager))


def test_keyed_does_not_move_the_default_generator():
    torch.manual_seed(3)
    state = torch.get_rng_state().numpy()
    with nn.init.keyed(0):
        net = nn.Sequential(nn.Linear(2, 3), nn.LazyLinear(2))
    net(torch.ones(1, 2))
    assert np.array_equal(torch.get_rng_state().numpy(), state)


def test_keyed_weights_differ_between_layers_seeds_and_draws():
    with nn.init.keyed(0):
        first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    with nn.init.keyed(1):
        other = nn.Linear(4, 4)
    weights = [layer.weight.tolist() for layer in (first, second, other)]
    first.reset_parameters()
    weights.append(first.weight.tolist())
    assert all(a != b for i, a in enumerate(weights) for b in weights[:i])


def test_a_failed_call_takes_keyed_draws_back():
    with nn.init.keyed(2):
        net = nn.Sequential(nn.LazyLinear(3), nn.Linear(7, 1))
    with nn.init.keyed(2):
        twin = nn.Linear(2, 3)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            net(torch.ones(1, 2))
    net[0](torch.ones(1, 2))
    assert same(values(net[0]), values(twin))


# -- None as a size ------------------------------------------------------------------------------


def test_any_layer_takes_none_for_a_size_that_follows_from_the_input():
    layer = nn.Linear(None, 4)
    assert type(layer) is nn.Linear
    assert repr(layer) == "Linear(in_features=None, out_features=4, bias=True)"
    assert layer.uninitialized() == ["weight", "bias"]
    assert layer(torch.ones(2, 3)).shape == (2, 4)
    assert repr(layer) == "Linear(in_features=3, out_features=4, bias=True)"
    assert not layer._forward_pre_hooks


def test_a_layer_with_an_open_size_loads_copies_and_fails_like_a_lazy_one():
    layer = nn.Linear(None, 4)
    with pytest.raises(RuntimeError):
        layer(torch.ones(2, 3, dtype=torch.float64))
    assert layer.in_features is None
    twin = pickle.loads(pickle.dumps(copy.deepcopy(layer)))
    twin.load_state_dict(nn.Linear(3, 4).state_dict())
    assert twin.in_features == 3
    assert not hasattr(twin, "_initialize_hook")
    assert layer.uninitialized() == ["weight", "bias"]


def test_a_lazy_layer_that_is_dropped_is_freed_at_once():
    gc.collect()
    gc.disable()
    try:
        layer = nn.LazyLinear(3)
        gone = weakref.ref(layer)
        del layer
        assert gone() is None
    finally:
        gc.enable()
