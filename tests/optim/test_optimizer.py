"""The frame of every optimizer: groups, state dicts, hooks, repr, copies."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
    required,
)


def leaf(values=(1.0, 2.0)):
    return mt.tensor(values, dtype=mt.float64, requires_grad=True)


def stepped(parameters, make=lambda p: mt.optim.Adam(p, lr=0.1), steps=2):
    optimizer = make(parameters)
    for _ in range(steps):
        for p in parameters:
            p.grad = mt.ones(p.shape, dtype=p.dtype)
        optimizer.step()
    return optimizer


# -- construction ------------------------------------------------------------------------------


def test_repr_is_pytorchs():
    optimizer = mt.optim.SGD([{"params": [leaf()], "lr": 0.5}, {"params": [leaf()]}], lr=0.1)
    assert repr(optimizer).splitlines() == [
        "SGD (", "Parameter Group 0", "    dampening: 0", "    differentiable: False",
        "    foreach: None", "    fused: None", "    lr: 0.5", "    maximize: False",
        "    momentum: 0", "    nesterov: False", "    weight_decay: 0",
        "", "Parameter Group 1", "    dampening: 0", "    differentiable: False",
        "    foreach: None", "    fused: None", "    lr: 0.1", "    maximize: False",
        "    momentum: 0", "    nesterov: False", "    weight_decay: 0", ")",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "kind", "phrase"),
    [
        (lambda: leaf(), TypeError, "should be an iterable of Tensors or dicts"),
        (lambda: [], ValueError, "empty parameter list"),
        (lambda: [1.0], TypeError, "can only optimize Tensors"),
        (lambda: [leaf() * 2], ValueError, "can't optimize a non-leaf Tensor"),
        (lambda: [{"params": {leaf()}}], TypeError, "ordered collections"),
        (lambda: [("a", leaf()), leaf()], ValueError, "Some param names are missing"),
        (lambda: [{"params": [leaf()]}, {"params": [("a", leaf())]}], ValueError,
         "cannot add param group with names"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused(make, kind, phrase):
    with pytest.raises(kind, match=phrase):
        mt.optim.SGD(make())


def test_a_parameter_in_two_groups_is_refused():
    a = leaf()
    with pytest.raises(ValueError, match="more than one parameter group"):
        mt.optim.SGD([{"params": a}, {"params": a}])


@pytest.mark.parametrize(
    ("name", "options", "kind", "phrase"),
    [
        ("SGD", {"lr": -1.0}, ValueError, "Invalid learning rate: -1.0"),
        ("SGD", {"momentum": -0.5}, ValueError, "Invalid momentum value: -0.5"),
        ("SGD", {"weight_decay": -1}, ValueError, "Invalid weight_decay value: -1"),
        ("SGD", {"nesterov": True}, ValueError, "Nesterov momentum requires a momentum"),
        ("SGD", {"fused": True, "foreach": True}, RuntimeError, "cannot be `True` together"),
        ("SGD", {"fused": True, "differentiable": True}, RuntimeError, "does not support"),
        ("Adam", {"eps": -1.0}, ValueError, "Invalid epsilon value: -1.0"),
        ("Adam", {"betas": (1.0, 0.0)}, ValueError, "Invalid beta parameter at index 0: 1.0"),
        ("Adam", {"betas": (0.0, 1.5)}, ValueError, "Invalid beta parameter at index 1: 1.5"),
        ("AdamW", {"weight_decay": -1}, ValueError, "Invalid weight_decay value: -1"),
        ("AdamW", {"fused": True, "foreach": True}, RuntimeError, "cannot be `True` together"),
    ],
)
def test_wrong_options_are_refused(name, options, kind, phrase):
    with pytest.raises(kind, match=phrase):
        getattr(mt.optim, name)([leaf()], **options)


def test_tensor_options_of_several_elements_are_refused():
    with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
        mt.optim.SGD([leaf()], lr=mt.tensor([0.1, 0.1]))
    with pytest.raises(ValueError, match="lr as a Tensor is not supported"):
        mt.optim.Adam([leaf()], lr=mt.tensor(0.1), foreach=True)
    with pytest.raises(ValueError, match="both floats or both Tensors"):
        mt.optim.Adam([leaf()], betas=(0.9, mt.tensor(0.99)))


def test_a_required_option_must_be_given():
    class Plain(Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": required})

    with pytest.raises(ValueError, match="required optimization parameter lr"):
        Plain([leaf()])
    assert Plain([{"params": [leaf()], "lr": 0.5}]).param_groups[0]["lr"] == 0.5


def test_names_of_parameters_are_kept():
    layer = mt.nn.Linear(2, 1)
    optimizer = mt.optim.SGD(layer.named_parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


# -- steps -------------------------------------------------------------------------------------


def test_a_closure_is_run_with_gradients_and_its_loss_returned():
    a = leaf([3.0])
    optimizer = mt.optim.SGD([a], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (a * a).sum()
        loss.backward()
        return loss

    with mt.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert a.item() == 0.0


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_forgets_gradients(set_to_none):
    a, b = leaf(), leaf()
    a.grad = gradient = mt.ones(2, dtype=mt.float64)
    mt.optim.SGD([a, b]).zero_grad(set_to_none)
    assert b.grad is None
    if set_to_none:
        assert a.grad is None
    else:
        assert a.grad is gradient
        assert gradient.tolist() == [0.0, 0.0]


def test_an_optimizer_of_ones_own_needs_only_step():
    class Signs(Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @mt.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1
                    p.add_(p.grad.sign(), alpha=-group["lr"])

    a = leaf([1.0, -1.0])
    optimizer, calls = Signs([a], 0.5), []
    optimizer.register_step_post_hook(lambda *_: calls.append(1))
    (a**2).sum().backward()
    optimizer.step()
    assert a.tolist() == [0.5, -0.5]
    assert calls == [1]
    assert optimizer.state_dict()["state"] == {0: {"count": 1}}


# -- hooks -------------------------------------------------------------------------------------


def test_hooks_run_around_a_step_until_they_are_removed():
    a = leaf()
    a.grad = mt.ones(2, dtype=mt.float64)
    optimizer, seen = mt.optim.SGD([a]), []
    handles = [
        optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append("before")),
        optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append("after")),
        register_optimizer_step_pre_hook(lambda o, args, kwargs: seen.append("all before")),
        register_optimizer_step_post_hook(lambda o, args, kwargs: seen.append("all after")),
    ]
    optimizer.step()
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert seen == ["all before", "before", "after", "all after"]


def test_a_hook_may_replace_the_arguments_of_a_step():
    optimizer = mt.optim.SGD([leaf()])
    optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 7), {}))
    assert optimizer.step() == 7
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 1)
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        optimizer.step()


def test_a_step_that_calls_its_parents_runs_hooks_once():
    class Louder(mt.optim.SGD):
        def step(self, closure=None):
            return super().step(closure)

    optimizer, seen = Louder([leaf()]), []
    optimizer.register_step_post_hook(lambda *_: seen.append(1))
    optimizer.step()
    optimizer.step()
    assert seen == [1, 1]


def test_hooks_see_and_replace_state_dicts():
    optimizer, seen = stepped([leaf()]), []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("save"))
    optimizer.register_state_dict_post_hook(lambda o, d: {**d, "extra": 1})
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("first"), prepend=True)
    saved = optimizer.state_dict()
    optimizer.register_load_state_dict_pre_hook(lambda o, d: seen.append(d.pop("extra")))
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    optimizer.load_state_dict(saved)
    assert seen == ["first", "save", 1, "loaded"]
    assert saved["extra"] == 1


# -- state dicts and copies --------------------------------------------------------------------


def test_a_state_dict_has_pytorchs_layout():
    a, b, c = leaf(), leaf([3.0]), leaf([1.0])
    optimizer = mt.optim.Adam([{"params": [a, c]}, {"params": [b], "lr": 0.5}])
    for p in (a, b):
        p.grad = mt.ones(p.shape, dtype=mt.float64)
    optimizer.step()
    saved = optimizer.state_dict()
    assert list(saved) == ["state", "param_groups"]
    assert sorted(saved["state"]) == [0, 2]
    assert list(saved["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    assert saved["state"][0]["exp_avg"].shape == (2,)
    assert saved["state"][0]["step"].shape == ()
    assert [group["params"] for group in saved["param_groups"]] == [[0, 1], [2]]
    assert saved["param_groups"][1]["lr"] == 0.5


@pytest.mark.parametrize(
    "make",
    [
        lambda p: mt.optim.SGD(p, lr=0.1, momentum=0.9),
        lambda p: mt.optim.Adam(p, lr=0.1, amsgrad=True),
        lambda p: mt.optim.AdamW(p, lr=0.1),
    ],
)
@pytest.mark.parametrize("way", ["state dict", "deepcopy", "pickle"])
def test_training_goes_on_where_it_was(make, way):
    parameters = [leaf(), leaf(np.linspace(-1, 1, 40000)), leaf(2.0)]
    first = stepped(parameters, make)
    if way == "state dict":
        twins = [leaf(p.detach().numpy().copy()) for p in parameters]
        second = make(twins)
        second.load_state_dict(first.state_dict())
    elif way == "deepcopy":
        second = copy.deepcopy(first)
        twins = second.param_groups[0]["params"]
    else:
        second = pickle.loads(pickle.dumps(first))
        twins = second.param_groups[0]["params"]
    for optimizer, group in ((first, parameters), (second, twins)):
        for p in group:
            p.grad = mt.cos(p.detach())
        optimizer.step()
    for p, q in zip(parameters, twins, strict=True):
        assert p is not q
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())


def test_a_loaded_state_is_a_copy():
    a, b = leaf(), leaf()
    first = stepped([a])
    second = mt.optim.Adam([b])
    second.load_state_dict(first.state_dict())
    b.grad = mt.ones(2, dtype=mt.float64)
    second.step()
    assert first.state[a]["step"].item() == 2.0
    assert second.state[b]["step"].item() == 3.0
    np.testing.assert_allclose(first.state[a]["exp_avg"].numpy(), 0.19)


def test_a_loaded_state_takes_the_type_of_its_parameter():
    first = stepped([leaf()])
    b = mt.tensor([1.0, 2.0], requires_grad=True)
    second = mt.optim.Adam([b])
    second.load_state_dict(first.state_dict())
    assert second.state[b]["exp_avg"].dtype == mt.float32
    assert second.state[b]["step"].dtype == mt.float32


@pytest.mark.parametrize(
    ("groups", "phrase"),
    [
        (lambda: [{"params": [leaf()]}, {"params": [leaf()]}], "different number of parameter"),
        (lambda: [leaf(), leaf()], "doesn't match the size of optimizer's group"),
    ],
)
def test_a_state_dict_that_does_not_fit_is_refused_and_changes_nothing(groups, phrase):
    optimizer = mt.optim.Adam(groups(), lr=0.7)
    with pytest.raises(ValueError, match=phrase):
        optimizer.load_state_dict(stepped([leaf()]).state_dict())
    assert optimizer.param_groups[0]["lr"] == 0.7
    assert not optimizer.state


@pytest.mark.torch
def test_a_state_dict_of_pytorch_has_the_same_keys_and_numbers():
    torch = pytest.importorskip("torch")
    theirs = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    other = torch.optim.Adam([theirs], lr=0.1)
    theirs.grad = torch.ones(2, dtype=torch.float64)
    other.step()
    ours = stepped([leaf()], steps=1)
    mine, its = ours.state_dict(), other.state_dict()
    assert mine["param_groups"] == its["param_groups"]
    for key, value in its["state"][0].items():
        np.testing.assert_allclose(mine["state"][0][key].numpy(), value.numpy())
    assert repr(ours) == repr(other)
