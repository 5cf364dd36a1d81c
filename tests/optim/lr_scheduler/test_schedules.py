"""Learning rate schedules: their closed forms, and PyTorch's numbers epoch by epoch."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as mt

EPOCHS = 30

# Each is a function of the namespace of schedules and an optimizer of two groups.
MAKERS = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (1 + e)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda e: 0.95),
    "StepLR": lambda s, o: s.StepLR(o, 4, gamma=0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 10, 10, 20], gamma=0.3),
    "ConstantLR": lambda s, o: s.ConstantLR(o, factor=0.5, total_iters=8),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.25, 0.75, 12),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 20, 2.0),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 10, eta_min=0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4, T_mult=2),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.1, 4, 6, mode="exp_range", gamma=0.95),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, [0.5, 0.25], total_steps=40, three_phase=True),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1, 2), s.CosineAnnealingLR(o, 10), s.StepLR(o, 3)], [4, 14]
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)]
    ),
}


def optimizer_of(package, lr=0.1):
    groups = [{"params": [package.zeros(1)], "lr": 0.2}, {"params": [package.zeros(1)]}]
    return package.optim.SGD(groups, lr=lr, momentum=0.9)


def walk(optimizer, schedule, epochs=EPOCHS):
    rows = []
    for _ in range(epochs):
        groups = optimizer.param_groups
        rows.append([group[key] for group in groups for key in ("lr", "momentum")])
        assert schedule.get_last_lr() == [group["lr"] for group in groups]
        optimizer.step()
        schedule.step()
    return np.array(rows)


CLOSED_FORMS = {
    "StepLR": lambda e: 0.5 ** (e // 4),
    "MultiStepLR": lambda e: 0.3 ** sum(m <= e for m in (3, 10, 10, 20)),
    "ConstantLR": lambda e: 0.5 if e < 8 else 1.0,
    "LinearLR": lambda e: 0.25 + 0.5 * min(e, 12) / 12,
    "ExponentialLR": lambda e: 0.9**e,
    "PolynomialLR": lambda e: (1 - min(e, 20) / 20) ** 2,
    "MultiplicativeLR": lambda e: 0.95**e,
    "ChainedScheduler": lambda e: (0.1 if e < 3 else 1.0) * 0.9**e,
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_rates_follow_the_closed_form(name):
    optimizer = optimizer_of(mt)
    rows = walk(optimizer, MAKERS[name](mt.optim.lr_scheduler, optimizer))
    factors = np.array([CLOSED_FORMS[name](epoch) for epoch in range(EPOCHS)])
    np.testing.assert_allclose(rows[:, [0, 2]], factors[:, None] * [0.2, 0.1], atol=1e-15)


def test_cosine_annealing_follows_its_formula_and_rises_again():
    optimizer = optimizer_of(mt)
    rows = walk(optimizer, MAKERS["CosineAnnealingLR"](mt.optim.lr_scheduler, optimizer))
    wave = (1 + np.cos(np.pi * np.arange(EPOCHS) / 10)) / 2
    np.testing.assert_allclose(rows[:, 0], 0.01 + 0.19 * wave, rtol=1e-9)


@pytest.mark.torch
@pytest.mark.parametrize("name", MAKERS)
def test_rates_and_momentum_are_pytorchs(name):
    torch = pytest.importorskip("torch")
    rows = []
    for package in (mt, torch):
        optimizer = optimizer_of(package)
        schedule = MAKERS[name](package.optim.lr_scheduler, optimizer)
        rows.append(walk(optimizer, schedule))
    np.testing.assert_allclose(*rows, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", MAKERS)
def test_a_saved_schedule_goes_on_where_it_was(name):
    first = optimizer_of(mt)
    schedule = MAKERS[name](mt.optim.lr_scheduler, first)
    walk(first, schedule, 9)
    second = optimizer_of(mt)
    twin = MAKERS[name](mt.optim.lr_scheduler, second)
    twin.load_state_dict(schedule.state_dict())
    second.load_state_dict(first.state_dict())
    np.testing.assert_array_equal(walk(first, schedule, 9), walk(second, twin, 9))
    assert "optimizer" not in schedule.state_dict()


@pytest.mark.parametrize("name", ["StepLR", "ExponentialLR", "CosineAnnealingLR", "LinearLR"])
def test_a_schedule_may_be_resumed_by_its_epoch(name):
    optimizer = optimizer_of(mt)
    walk(optimizer, MAKERS[name](mt.optim.lr_scheduler, optimizer), 5)
    straight = [group["lr"] for group in optimizer.param_groups]
    schedules = mt.optim.lr_scheduler
    makers = {
        "StepLR": lambda: schedules.StepLR(optimizer, 4, gamma=0.5, last_epoch=4),
        "ExponentialLR": lambda: schedules.ExponentialLR(optimizer, 0.9, last_epoch=4),
        "CosineAnnealingLR": lambda: schedules.CosineAnnealingLR(optimizer, 10, 0.01, 4),
        "LinearLR": lambda: schedules.LinearLR(optimizer, 0.25, 0.75, 12, last_epoch=4),
    }
    resumed = makers[name]()
    assert resumed.last_epoch == 5
    np.testing.assert_allclose(resumed.get_last_lr(), straight)


def test_a_schedule_without_initial_rates_cannot_be_resumed():
    with pytest.raises(KeyError, match="initial_lr"):
        mt.optim.lr_scheduler.StepLR(optimizer_of(mt), 2, last_epoch=3)


def test_a_tensor_learning_rate_keeps_its_identity():
    rate = mt.tensor(1.0)
    optimizer = mt.optim.SGD([mt.zeros(1)], lr=rate)
    schedule = mt.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    optimizer.step()
    schedule.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert rate.item() == 0.5
    (last,) = schedule.get_last_lr()
    assert last is not rate
    assert schedule.base_lrs[0].item() == 1.0


def test_stepping_before_the_optimizer_warns_once():
    optimizer = optimizer_of(mt)
    schedule = mt.optim.lr_scheduler.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match="before `optimizer.step\\(\\)`"):
        schedule.step()
    optimizer.step()
    schedule.step()


def test_a_step_of_the_optimizer_before_the_schedule_was_made_does_not_count():
    optimizer = optimizer_of(mt)
    optimizer.step()
    schedule = mt.optim.lr_scheduler.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match="opposite order"):
        schedule.step()


def test_asking_get_lr_oneself_warns():
    schedule = mt.optim.lr_scheduler.ExponentialLR(optimizer_of(mt), 0.5)
    with pytest.warns(UserWarning, match="get_last_lr"):
        schedule.get_lr()


def test_jumping_to_an_epoch_uses_the_closed_form_and_warns():
    optimizer = optimizer_of(mt)
    schedule = mt.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4], gamma=0.1)
    optimizer.step()
    with pytest.warns(UserWarning, match="deprecated"):
        schedule.step(5)
    np.testing.assert_allclose(schedule.get_last_lr(), [0.002, 0.001])


def test_a_schedule_of_ones_own_needs_only_get_lr():
    class Halving(mt.optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base / 2**self.last_epoch for base in self.base_lrs]

    optimizer = optimizer_of(mt)
    rows = walk(optimizer, Halving(optimizer), 3)
    assert rows[:, 0].tolist() == [0.2, 0.1, 0.05]


def test_callable_objects_are_saved_with_their_attributes():
    class Power:
        def __init__(self, base):
            self.base = base

        def __call__(self, epoch):
            return self.base**epoch

    schedules = mt.optim.lr_scheduler
    first = schedules.LambdaLR(optimizer_of(mt), [Power(0.5), lambda e: 1.0])
    second = schedules.LambdaLR(optimizer_of(mt), [Power(0.9), lambda e: 1.0])
    second.load_state_dict(first.state_dict())
    assert second.lr_lambdas[0].base == 0.5
    assert first.state_dict()["lr_lambdas"][1] is None


@pytest.mark.parametrize(
    ("make", "kind", "phrase"),
    [
        (lambda s, o: s.StepLR(3, 2), TypeError, "int is not an Optimizer"),
        (lambda s, o: s.LambdaLR(o, [abs]), ValueError, "Expected 2 lr_lambdas, but got 1"),
        (lambda s, o: s.MultiplicativeLR(o, 0.5), TypeError, "should be a function"),
        (lambda s, o: s.ConstantLR(o, 1.5), ValueError, "between 0 and 1"),
        (lambda s, o: s.LinearLR(o, 0.0), ValueError, "greater than 0"),
        (lambda s, o: s.LinearLR(o, 0.5, 1.5), ValueError, "between 0 and 1"),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), ValueError, "positive integer T_0"),
        (lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, 0), ValueError, "T_mult >= 1"),
        (lambda s, o: s.CyclicLR(o, 0.1, [1.0], 4), ValueError, "same length"),
        (lambda s, o: s.CyclicLR(o, 0.1, 1.0, 4, mode="x"), ValueError, "mode is invalid"),
        (lambda s, o: s.OneCycleLR(o, 0.1), ValueError, "You must define either total_steps"),
        (lambda s, o: s.OneCycleLR(o, 0.1, 0), ValueError, "positive integer total_steps"),
        (lambda s, o: s.OneCycleLR(o, 0.1, 9, pct_start=2.0), ValueError, "pct_start"),
        (lambda s, o: s.OneCycleLR(o, 0.1, 9, anneal_strategy="x"), ValueError, "must be one of"),
        (lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), ValueError, "Factor should be < 1.0"),
        (lambda s, o: s.ReduceLROnPlateau(o, "x"), ValueError, "mode x is unknown"),
        (lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]), ValueError, "expected 2 min_lrs"),
        (lambda s, o: s.SequentialLR(o, [], []), ValueError, "at least one scheduler"),
        (lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [1]), ValueError, "one more than"),
        (lambda s, o: s.SequentialLR(optimizer_of(mt), [s.StepLR(o, 1)], []), ValueError,
         "same optimizer"),
        (lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]), ValueError,
         "does not support `ReduceLROnPlateau`"),
        (lambda s, o: s.ChainedScheduler([1]), TypeError, "`optimizer` as its attribute"),
    ],
)  # fmt: skip
def test_wrong_options_are_refused(make, kind, phrase):
    with pytest.raises(kind, match=phrase):
        make(mt.optim.lr_scheduler, optimizer_of(mt))


def test_too_many_steps_of_one_cycle_are_refused():
    optimizer = optimizer_of(mt)
    schedule = mt.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=2)
    walk(optimizer, schedule, 2)
    with pytest.raises(ValueError, match="Tried to step 3 times"):
        schedule.step()


def test_momentum_needs_an_optimizer_that_has_one():
    class Plain(mt.optim.Optimizer):
        def step(self, closure=None):
            return None

    with pytest.raises(ValueError, match="must support momentum or beta1"):
        mt.optim.lr_scheduler.CyclicLR(Plain([mt.zeros(1)], {"lr": 0.1}), 0.1, 1.0)


def test_the_first_beta_of_adam_is_cycled():
    optimizer = mt.optim.Adam([mt.zeros(1)])
    schedule = mt.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=10)
    assert optimizer.param_groups[0]["betas"] == (0.95, 0.999)
    optimizer.step()
    for _ in range(2):
        schedule.step()
    assert math.isclose(optimizer.param_groups[0]["betas"][0], 0.85)
