"""ReduceLROnPlateau: when it waits, when it lowers the rate, and when it stops."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as mt


def optimizer_of(package=mt):
    groups = [{"params": [package.zeros(1)], "lr": 1.0}, {"params": [package.zeros(1)], "lr": 0.5}]
    return package.optim.SGD(groups, lr=1.0)


def rates(measures, package=mt, **options):
    schedule = package.optim.lr_scheduler.ReduceLROnPlateau(optimizer_of(package), **options)
    found = []
    for measure in measures:
        schedule.step(measure)
        found.append(list(schedule.get_last_lr()))
    return found


def test_the_rate_falls_when_patience_is_over():
    found = rates([1.0, 1.0, 1.0, 1.0, 1.0], factor=0.5, patience=1)
    assert [first for first, _ in found] == [1.0, 1.0, 0.5, 0.5, 0.25]


def test_improvement_below_the_threshold_does_not_count():
    found = rates([1.0, 0.95, 0.94], factor=0.5, patience=0, threshold=0.1)
    assert [first for first, _ in found] == [1.0, 0.5, 0.25]
    found = rates([1.0, 0.8, 0.6], factor=0.5, patience=0, threshold=0.1, threshold_mode="abs")
    assert [first for first, _ in found] == [1.0, 1.0, 1.0]


def test_large_is_good_in_mode_max():
    found = rates([1.0, 2.0, 1.0, 3.0], mode="max", factor=0.5, patience=0)
    assert [first for first, _ in found] == [1.0, 1.0, 0.5, 0.5]


def test_a_cooldown_follows_a_reduction():
    found = rates([1.0] * 6, factor=0.5, patience=0, cooldown=2)
    assert [first for first, _ in found] == [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_no_group_falls_below_its_minimum():
    found = rates([1.0] * 9, factor=0.1, patience=0, min_lr=[0.2, 0.4])
    assert found[-1] == [0.2, 0.4]


def test_a_measure_may_be_a_tensor():
    assert rates([mt.tensor(1.0), mt.tensor(1.0)], factor=0.5, patience=0)[-1] == [0.5, 0.25]


def test_a_group_that_came_later_takes_the_common_minimum():
    optimizer = optimizer_of()
    schedule = mt.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=0.3)
    optimizer.add_param_group({"params": [mt.zeros(1)], "lr": 2.0})
    schedule.step(1.0), schedule.step(1.0)
    assert schedule.get_last_lr() == [0.3, 0.3, 0.3]


def test_a_group_that_came_later_needs_a_minimum_where_they_differ():
    optimizer = optimizer_of()
    schedule = mt.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.0, 0.0])
    optimizer.add_param_group({"params": [mt.zeros(1)]})
    schedule.step(1.0)
    with pytest.raises(RuntimeError, match="number of param groups"):
        schedule.step(1.0)


@pytest.mark.torch
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
def test_rates_are_pytorchs(mode, threshold_mode):
    torch = pytest.importorskip("torch")
    measures = np.sin(np.arange(60.0)) + np.linspace(1, -1, 60)
    options = {
        "mode": mode, "threshold_mode": threshold_mode, "factor": 0.7, "patience": 2,
        "cooldown": 1, "threshold": 0.05,
    }  # fmt: skip
    assert rates(measures, **options) == rates(measures, torch, **options)
