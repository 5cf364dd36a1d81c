"""Messages of lazy layers, states and parametrizations: each names a mend, and the mend works."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrizations as ready
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.rows import promise


def said(error):
    """Return all that an error says."""
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


def mend_of(error):
    """Return the last mend that an error names."""
    return said(error).rpartition("  mend ")[2].partition("\n")[0].strip()


@promise("N11.1", "1.27", "2.5.6")
@pytest.mark.parametrize("first", [0, 1])
def test_two_widths_for_one_tied_weight_are_told_with_both_ways_out(first):
    net = nn.ModuleList([nn.LazyLinear(3), nn.LazyLinear(3)])
    net[1].weight = net[0].weight
    layer = net[1 - first]
    net[first](torch.ones(2, 5))
    with pytest.raises(AssertionError, match="in_features inferred from input: 4") as caught:
        layer(torch.ones(2, 4))
    assert "weight  float32 (3, 5), was loaded, or came with the first input" in said(caught.value)
    _, _, statement = mend_of(caught.value).partition("its own: ")
    exec(statement, {"layer": layer, "nn": nn})
    assert layer(torch.ones(2, 4)).shape == (2, 3)
    assert net[first].weight.shape == (3, 5)


@promise("N11.1", "2.4.9")
@pytest.mark.parametrize("last", [lambda: nn.LazyLinear(10), lambda: nn.Linear(144, 10)])
def test_a_forgotten_flatten_is_found_by_what_notices_it_first(last):
    def loss(*layers):
        net = nn.Sequential(nn.LazyConv2d(4, 3), *layers)
        return nn.functional.cross_entropy(net(torch.rand(2, 1, 8, 8)), torch.tensor([1, 2]))

    with pytest.raises(RuntimeError) as caught:
        loss(last())
    assert "put nn.Flatten() before" in mend_of(caught.value)
    assert loss(nn.Flatten(), last()).shape == ()


def state(**changes):
    """Return a state of LazyLinear(3) for inputs of two features, with changes."""
    found = {"weight": torch.ones(3, 2), "bias": torch.ones(3), **changes}
    return {name: value for name, value in found.items() if value is not None}


MISFITS = {
    "missing": state(bias=None),
    "unexpected": state(nobody=torch.ones(1)),
    "another size": state(weight=torch.ones(7, 2)),
    "a number": state(weight=3.0),
    "complex": state(weight=torch.ones(3, 2) + 1j),
    "contradicting": state(bias=torch.ones(5)),
}


@promise("N11.1", "2.5.4", "2.5.9")
@pytest.mark.parametrize("name", MISFITS)
@pytest.mark.parametrize("line", [lambda: nn.LazyLinear(3), lambda: nn.Linear(2, 3)])
def test_a_state_that_does_not_fit_is_mended(name, line):
    layer, entries = line(), dict(MISFITS[name])
    with pytest.raises(RuntimeError, match=r"Error\(s\) in loading") as caught:
        layer.load_state_dict(entries)
    mend = mend_of(caught.value)
    assert "strict=False" in mend
    if "take these entries out" in mend:
        named = [key for key in ("weight", "bias") if key in str(caught.value)]
        entries = {key: value for key, value in entries.items() if key not in named}
    layer.load_state_dict(entries, strict=False)
    assert layer(torch.ones(1, 2)).shape == (1, 3)


@promise("N11.1", "2.5.3")
def test_a_lazy_state_into_a_settled_net_says_which_state_fits():
    net, source = nn.Linear(2, 3), nn.LazyLinear(3)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(source.state_dict())
    assert "the state of a net that was called" in said(caught.value)
    source(torch.ones(1, 2))
    net.load_state_dict(source.state_dict())


@promise("N11.1")
def test_one_size_is_printed_as_a_tuple():
    layer = nn.LazyLinear(3)
    with pytest.raises(RuntimeError, match=r"is \(3,\)\."):
        layer.load_state_dict({"bias": torch.ones(4)}, strict=False)
    with pytest.raises(RuntimeError, match=r"shape \(5,\), its known sizes are \(3,\)"):
        layer.bias.materialize(5)
    with pytest.raises(ValueError, match=r"known sizes \(3,\)"):
        layer.bias.sum()


@promise("N3.1")
@pytest.mark.parametrize(("seed", "kind"), [("a", TypeError), (1.5, TypeError), (None, TypeError),
                                            (True, TypeError), (2**64, ValueError),
                                            (-(2**63) - 1, ValueError)])  # fmt: skip
def test_a_key_that_is_no_integer_of_64_bits_is_refused_with_one_that_is(seed, kind):
    with pytest.raises(kind, match="keyed: the seed") as caught, nn.init.keyed(seed):
        pass
    mend = mend_of(caught.value)
    with eval(mend, {"nn": nn}) if kind is TypeError else nn.init.keyed(2**64 - 1):
        nn.Linear(2, 2)
    assert "choose a seed from" in mend or kind is TypeError


class Half(nn.Module):
    """A parametrization without an inverse that gives back a part, or what it is told to."""

    def __init__(self, give=lambda X: X[:1], back=None):
        super().__init__()
        self.give = give
        if back is not None:
            self.right_inverse = back

    def forward(self, X):
        return self.give(X)


def register(parametrization, name="weight", **options):
    return parametrize.register_parametrization(nn.Linear(3, 3), name, parametrization, **options)


PARAMETRIZING = {
    "another name": (lambda: register(Half(), "wait"), lambda: register(nn.ReLU(), "weight")),
    "another shape": (lambda: register(Half()), lambda: register(Half(), unsafe=True)),
    "another type": (lambda: register(Half(lambda X: X.double())),
                     lambda: register(Half(lambda X: X.double()), unsafe=True)),
    "no tensor": (lambda: register(Half(lambda X: 3)), lambda: register(Half(lambda X: X))),
    "inverse of no tensor": (lambda: register(Half(lambda X: X, lambda X: 3)),
                             lambda: register(Half(lambda X: X, lambda X: X))),
    "inverse of no tensors": (lambda: register(Half(lambda X: X, lambda X: ())),
                              lambda: register(Half(lambda X: X, lambda X: (X,)))),
    "inverse of another type": (lambda: register(Half(lambda X: X, lambda X: X.double())),
                                lambda: register(Half(lambda X: X, lambda X: X))),
    "no parametrizations": (lambda: parametrize.ParametrizationList([], torch.ones(2)),
                            lambda: parametrize.ParametrizationList([nn.Identity()],
                                                                    torch.ones(2))),
    "plain": (lambda: parametrize.remove_parametrizations(nn.Linear(2, 2), "weight"),
              lambda: parametrize.is_parametrized(nn.Linear(2, 2), "weight")),
    "several": (lambda: parametrize.remove_parametrizations(ready.weight_norm(nn.Linear(2, 2)),
                                                            "weight", leave_parametrized=False),
                lambda: parametrize.remove_parametrizations(ready.weight_norm(nn.Linear(2, 2)),
                                                            "weight", leave_parametrized=True)),
    "dimension": (lambda: ready.spectral_norm(nn.Linear(2, 2), dim=5),
                  lambda: ready.spectral_norm(nn.Linear(2, 2), dim=0)),
    "no steps": (lambda: ready.spectral_norm(nn.Linear(2, 2), n_power_iterations=0),
                 lambda: ready.spectral_norm(nn.Linear(2, 2), n_power_iterations=1)),
    "map": (lambda: ready.orthogonal(nn.Linear(2, 2), orthogonal_map="qr"),
            lambda: ready.orthogonal(nn.Linear(2, 2), orthogonal_map=None)),
    "vector": (lambda: ready.orthogonal(nn.Linear(2, 2), "bias"),
               lambda: ready.orthogonal(nn.Linear(2, 2), "weight")),
    "assignment": (
        lambda: setattr(ready.orthogonal(nn.Linear(2, 2), use_trivialization=False), "weight",
                        torch.eye(2)),
        lambda: setattr(ready.orthogonal(nn.Linear(2, 2), use_trivialization=True), "weight",
                        torch.eye(2))),
    "assigned shape": (lambda: setattr(ready.orthogonal(nn.Linear(2, 2)), "weight", torch.eye(3)),
                       lambda: setattr(ready.orthogonal(nn.Linear(2, 2)), "weight", torch.eye(2))),
    "old kind": (lambda: nn.utils.remove_weight_norm(ready.weight_norm(nn.Linear(2, 2))),
                 lambda: parametrize.remove_parametrizations(ready.weight_norm(nn.Linear(2, 2)),
                                                             "weight")),
    "old kind of spectral": (
        lambda: nn.utils.remove_spectral_norm(ready.spectral_norm(nn.Linear(2, 2))),
        lambda: parametrize.remove_parametrizations(ready.spectral_norm(nn.Linear(2, 2)),
                                                    "weight")),
    "state of a plain net": (
        lambda: register(nn.ReLU()).load_state_dict(nn.Linear(3, 3).state_dict()),
        lambda: register(nn.ReLU()).load_state_dict(register(nn.ReLU()).state_dict())),
}  # fmt: skip


@promise("N13.1", "N11.1")
@pytest.mark.parametrize("name", PARAMETRIZING)
def test_a_parametrization_that_does_not_fit_is_mended(name):
    wrong, right = PARAMETRIZING[name]
    with pytest.raises((ValueError, RuntimeError, IndexError, NotImplementedError)) as caught:
        wrong()
    assert mend_of(caught.value)
    right()


@promise("N1.5", "N11.1")
def test_a_deferred_parametrization_that_does_not_fit_is_mended_too():
    layer = parametrize.register_parametrization(nn.LazyLinear(2), "weight", Half())
    with pytest.raises(ValueError, match="may not change the shape") as caught:
        layer(torch.ones(1, 4))
    assert "unsafe=True" in mend_of(caught.value)
