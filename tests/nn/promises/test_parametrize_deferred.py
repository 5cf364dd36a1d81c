"""Registrations on lazy layers that turn out not to fit at the first call."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import Doubled, Shifted, Sum, array, linear, portrait, title
from tests.nn.promises.refusals import FIRST, NEXT, Bad, named
from tests.nn.promises.rows import promise

register, norms = parametrize.register_parametrization, nn.utils.parametrizations


def lazy(*new):
    """Make a lazy layer and register these parametrizations."""
    torch.manual_seed(0)
    layer = nn.LazyLinear(3)
    for parametrization in new:
        register(layer, "weight", parametrization)
    return layer


def told(error):
    """Return all that an error says."""
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


def refused(net, layer, bad, case):
    """Call, expect the error of a case, and expect nothing else to have happened."""
    before = portrait(net, bad)
    for _ in range(2):
        with pytest.raises(case.error):
            net(torch.ones(2, 3))
        assert portrait(net, bad) == before
    bad.broken = False
    net(torch.ones(2, 3))
    assert title(layer) == "ParametrizedLinear"


@promise("N1.5", "3.2.9", "N13.1", "R3", "R9")
@pytest.mark.parametrize("case", FIRST, ids=named)
def test_a_first_one_is_refused_at_the_first_call(case):
    bad = Bad(case.forward, case.inverse, counts=False)
    layer = lazy(bad)
    refused(layer, layer, bad, case)
    assert array(layer.weight).tolist() == array(linear().weight).tolist()


@promise("N1.5", "N13.1", "R3")
@pytest.mark.parametrize("case", FIRST, ids=named)
@pytest.mark.parametrize("kinds", [[], [Doubled]])
def test_buffers_that_a_refused_one_wrote_are_as_before(case, kinds):
    bad = Bad(case.forward, case.inverse)
    layer = lazy(*(kind() for kind in kinds), bad)
    before = portrait(layer, bad)
    with pytest.raises(case.error if not kinds else Exception):
        layer(torch.ones(2, 3))
    assert portrait(layer, bad) == before


@promise("N1.5", "3.2.7", "N13.1", "R3")
@pytest.mark.parametrize("case", NEXT, ids=named)
@pytest.mark.parametrize("kind", [Doubled, Sum])
def test_a_second_one_is_refused_at_the_first_call(case, kind):
    bad = Bad(case.forward, case.inverse, counts=False)
    try:
        layer = lazy(kind(), bad)
    except ValueError:
        assert case.name == "takes two", "only the number of arguments can be known before"
        return
    refused(layer, layer, bad, case)


@promise("N1.5", "3.2.2")
def test_the_error_of_a_deferred_check_has_the_words_of_an_immediate_one():
    layer = lazy(Bad(lambda X: X[:1]))
    with pytest.raises(ValueError, match="may not change the shape of the tensor") as caught:
        layer(torch.ones(2, 3))
    assert "unparametrized shape: torch.Size([3, 3])" in told(caught.value)
    assert "parametrized shape: torch.Size([1, 3])" in told(caught.value)


@promise("N1.5")
@pytest.mark.parametrize("case", FIRST, ids=named)
def test_the_registration_is_named(case):
    with pytest.raises(case.error) as caught:
        lazy(Bad(case.forward, case.inverse))(torch.ones(2, 3))
    assert "Bad" in told(caught.value)
    assert "weight" in told(caught.value)


@promise("N1.5")
def test_the_place_of_the_registration_is_named_in_a_net():
    net = nn.Sequential(nn.LazyLinear(4), nn.Sequential(lazy(Bad(lambda X: X.double()))))
    before = portrait(net)
    with pytest.raises(ValueError, match="may not change the dtype") as caught:
        net(torch.ones(2, 3))
    assert "1.0" in told(caught.value)
    assert "weight" in told(caught.value)
    assert "Bad" in told(caught.value)
    assert portrait(net) == before


@promise("N1.5", "N13.1")
@pytest.mark.parametrize("case", FIRST, ids=named)
def test_a_net_around_stays_lazy_and_an_earlier_layer_too(case):
    bad = Bad(case.forward, case.inverse, counts=False)
    doubled = register(nn.LazyLinear(2), "weight", Doubled())
    net = nn.Sequential(nn.LazyLinear(3), doubled, lazy(bad))
    before = portrait(net, bad)
    with pytest.raises(case.error):
        net(torch.ones(2, 3))
    assert portrait(net, bad) == before
    with pytest.raises(case.error):
        nn.dry_run(net, torch.spec((2, 3)))
    assert portrait(net, bad) == before


@promise("N1.5", "3.1.11")
def test_an_unsafe_one_is_not_checked_later_either():
    layer = nn.LazyLinear(3, bias=False)
    register(layer, "weight", Bad(lambda X: X[:1]), unsafe=True)
    assert layer(torch.ones(2, 5)).shape == (2, 1)
    assert layer.weight.shape == (1, 5)


@promise("N1.1", "3.2.1", "N13.1")
def test_what_is_known_is_refused_at_once():
    layer, new = nn.LazyLinear(3, bias=False), Doubled().eval()
    before = portrait(layer, new)
    for name in ("foo", "bias"):
        with pytest.raises(ValueError, match=name):
            register(layer, name, new)
        assert portrait(layer, new) == before


@promise("N1.1", "3.1.7")
@pytest.mark.parametrize("training", [True, False])
def test_the_mode_is_taken_at_registration(training):
    layer, new = nn.LazyLinear(3).train(training), Doubled().train(not training)
    register(layer, "weight", new)
    assert new.training is training


@promise("N1.1", "3.1.5")
def test_the_weight_of_a_waiting_list_is_no_silent_number():
    layer = lazy(Doubled())
    with pytest.raises((ValueError, RuntimeError), match="uninitialized|lazy"):
        (layer.weight + 1).sum()
    assert parametrize.is_parametrized(layer, "weight")
    assert nn.parameter.is_lazy(layer.parametrizations.weight.original)


@promise("3.3.2", "N1.1")
def test_without_a_right_inverse_a_lazy_layer_still_settles():
    layer = lazy(Shifted())
    layer(torch.ones(1, 3))
    assert array(layer.weight).tolist() == (array(linear().weight) + 1).tolist()
    with pytest.raises(RuntimeError, match="parametrization Shifted does not implement right_in"):
        layer.weight = torch.ones(3, 3)


@promise("N1.1", "3.4.3", "3.4.5")
def test_removing_before_the_first_call_gives_the_lazy_layer_back():
    layer = lazy(Shifted())
    original = layer.parametrizations.weight.original
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert layer.weight is original
    assert repr(layer) == repr(nn.LazyLinear(3))
    layer(torch.ones(1, 3))
    assert array(layer.weight).tolist() == array(linear().weight).tolist()
    assert not parametrize.is_parametrized(layer)


@promise("1.32", "N1.1", "3.4.1")
def test_leaving_a_value_that_is_not_known_is_refused_or_kept_for_later():
    layer = lazy(Shifted())
    before, refused = portrait(layer), False
    try:
        parametrize.remove_parametrizations(layer, "weight")
    except (ValueError, RuntimeError):
        refused = True
    assert not refused or portrait(layer) == before
    layer(torch.ones(1, 3))
    assert array(layer.weight).tolist() == (array(linear().weight) + 1).tolist()


@promise("N13.5", "N1.1")
@pytest.mark.parametrize("first", [norms.weight_norm, lambda m: register(m, "weight", Doubled())])
def test_what_takes_several_is_refused_on_a_lazy_tensor_that_is_parametrized(first):
    layer = first(nn.LazyLinear(3))
    before = portrait(layer)
    with pytest.raises(ValueError, match="weight"):
        norms.weight_norm(layer)
    assert portrait(layer) == before


@promise("3.7.7", "N1.5", "N13.4")
@pytest.mark.parametrize(
    ("norm", "given", "error"),
    [("spectral_norm", {"dim": 5}, IndexError), ("spectral_norm", {"name": "foo"}, ValueError),
     ("spectral_norm", {"n_power_iterations": 0}, ValueError),
     ("weight_norm", {"dim": 7}, (IndexError, ValueError)),
     ("weight_norm", {"name": "foo"}, ValueError)],
)  # fmt: skip
def test_a_norm_that_does_not_fit_a_lazy_layer_leaves_it_as_it_was(norm, given, error):
    layer = nn.LazyLinear(3)
    before = portrait(layer)
    try:
        getattr(norms, norm)(layer, **given)
    except error:
        assert portrait(layer) == before
        return
    before = portrait(layer)
    with pytest.raises(error):
        layer(torch.ones(2, 5))
    assert portrait(layer) == before


@promise("3.3.4", "N1.1")
@pytest.mark.parametrize("value", [torch.ones(3, 4), torch.ones(5, 4), torch.ones(3)])
def test_assigning_before_the_first_call_is_refused_or_kept(value):
    layer = lazy(Doubled())
    before, refused = portrait(layer), False
    try:
        layer.weight = value
    except (ValueError, RuntimeError):
        refused = True
    assert not refused or portrait(layer) == before
    if not refused:
        layer(torch.ones(1, 4))
        assert layer.weight.tolist() == value.tolist()


@promise("3.5.4", "N1.1")
def test_a_transfer_from_a_lazy_layer_is_refused_or_works_in_the_end():
    source, target = lazy(Doubled()), nn.Linear(3, 3)
    before, refused = portrait(target), False
    try:
        parametrize.transfer_parametrizations_and_params(source, target)
    except (ValueError, RuntimeError):
        refused = True
    if refused:
        assert portrait(target) == before
    else:
        source(torch.ones(1, 3))
        assert target(torch.ones(1, 3)).shape == (1, 3)
        assert target.weight.tolist() == source.weight.tolist()
