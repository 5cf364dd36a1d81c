"""NumPy's floating-point warnings reach nobody, even where all warnings are errors.

PyTorch computes inf and nan without a word. NumPy warns; these laws turn its warnings into errors.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.core.primitive import PRIMITIVES
from minitorch_lazy.core.tensor import wrap
from minitorch_lazy.nn import functional as F
from tests.laws.counting import CASES
from tests.laws.running import NAMES, few, gradients, run, seeds_like, variables
from tests.laws.samples import calls

inf, nan = float("inf"), float("nan")
REFUSED = (RuntimeError, IndexError, np.linalg.LinAlgError)
"""What refuses numbers that are not finite, as PyTorch does: factorisations, and bins."""

SPECIAL = np.array([inf, -inf, nan, 0.0, -0.0, 3e38, -1.0, 1e-40])


@contextlib.contextmanager
def warnings_are_errors() -> Iterator[None]:
    """Undo the filter that importing sets, and raise what NumPy warns of."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("error", RuntimeWarning)
        yield


def salted(x: Any, seed: int) -> Any:
    """Replace most of the floats by numbers that arithmetic stumbles over."""
    if x is None or x.dtype.kind not in "fc":
        return x
    stream = np.random.default_rng(seed)
    chosen = stream.random(x.shape) < 0.7
    with np.errstate(all="ignore"):
        salt = stream.choice(SPECIAL, x.shape).astype(x.dtype)
    return np.where(chosen, salt, x)


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_no_primitive_warns_forward_or_backward(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    CASES["silence"] += 1
    arrays = [salted(x, call.seed) for x in call.arguments]
    needed = variables(PRIMITIVES[name], arrays)
    inputs = [x if x is None else wrap(np.array(x)) for x in arrays]
    for place in needed:
        inputs[place].requires_grad_()
    with warnings_are_errors(), contextlib.suppress(*REFUSED):
        outputs = run(name, inputs, call.static)
        seeds = [g if g is None else wrap(g) for g in seeds_like(outputs, 0)]
        for graph in (False, True):
            gradients(outputs, [inputs[i] for i in needed], seeds, create_graph=graph)


def numbers(*values: float) -> Any:
    """Make a tensor."""
    return torch.tensor([*values])


CASES_OF_ITS_OWN: dict[str, Callable[[], Any]] = {
    "tensor": lambda: torch.tensor([1e39, 1.0]),
    "tensor in float16": lambda: torch.tensor(1e39, dtype=torch.float16),
    "tensor in bfloat16": lambda: torch.tensor([1e39, nan], dtype=torch.bfloat16),
    "full": lambda: torch.full((2,), 1e39),
    "linspace": lambda: torch.linspace(-1e39, 1e39, 5),
    "logspace": lambda: torch.logspace(0, 1000, 5),
    "assignment": lambda: numbers(0.0, 1.0).__setitem__(0, 1e40),
    "fill_": lambda: numbers(0.0).fill_(1e40),
    "mul_": lambda: numbers(1e38).mul_(1e38),
    "int": lambda: numbers(nan, inf, 1e30).int(),
    "half": lambda: numbers(1e30, nan).half(),
    "repr": lambda: repr(numbers(inf, nan, 1e38, 1e-40)),
    "exponential_": lambda: numbers(0.0, 0.0).exponential_(1e-40),
    "log_normal_": lambda: numbers(*[0.0] * 20).log_normal_(100, 50),
    "normal": lambda: torch.normal(0.0, 1e38, (20000,)),
    "few normal numbers": lambda: [torch.normal(0.0, 1e38, (4,)) for _ in range(5000)],
    "normal_ of float64": lambda: torch.empty(20000, dtype=torch.float64).normal_(0, 1e308),
    "normal_ of float16": lambda: torch.empty(20000, dtype=torch.float16).normal_(0, 3e4),
    "norm": lambda: numbers(3e38, 3e38).norm(),
    "var of one": lambda: torch.ones(1).var(),
    "cross_entropy": lambda: F.cross_entropy(torch.tensor([[inf, nan]]), torch.tensor([0])),
    "batch_norm": lambda: nn.BatchNorm1d(2)(torch.full((4, 2), 1e38)),
    "lstm": lambda: nn.LSTM(2, 3)(torch.full((4, 1, 2), inf)),
    "quantile": lambda: numbers(inf, nan, 1.0).quantile(0.3),
}


@pytest.mark.parametrize("what", CASES_OF_ITS_OWN)
def test_nothing_else_warns(what: str) -> None:
    with warnings_are_errors():
        CASES_OF_ITS_OWN[what]()


RULES = ["ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam",
         "RMSprop", "Rprop", "SGD"]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_no_optimizer_warns(rule: str) -> None:
    w = torch.ones(3, requires_grad=True)
    optimizer = getattr(torch.optim, rule)([w], lr=1e38)
    with warnings_are_errors():
        for _ in range(3):
            optimizer.zero_grad()
            (w**3 * 1e38).sum().backward()
            optimizer.step()


def test_functions_of_numpy_that_kernels_call_warn_nobody() -> None:
    x = numbers(inf, -inf, 3e38, 3e38)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=RuntimeWarning, module="numpy")
        for reduced in (x.cumsum(0), x.cumprod(0), x.prod(), x.sum(), x.view(2, 2).det(),
                        x.view(2, 2).slogdet()[1], torch.full((2,), 1e39)):  # fmt: skip
            assert not reduced.isfinite().all()
        F.nll_loss(x.view(2, 2), torch.tensor([0, 1]))


def test_numbers_are_those_that_come_with_a_warning() -> None:
    plain = numbers(0.0, -1.0, 2.0).log()
    with warnings_are_errors():
        strict = numbers(0.0, -1.0, 2.0).log()
    assert np.array_equal(plain.numpy(), strict.numpy(), equal_nan=True)
    assert strict.tolist()[0] == -inf


def test_errors_that_numpy_was_told_to_raise_do_not_come_from_tensors() -> None:
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    with np.errstate(all="raise"):
        x.sqrt().sum().backward()
        assert x.grad.tolist() == [inf, 0.5]
        with pytest.raises(FloatingPointError):
            np.log(np.zeros(1))


def test_a_user_s_own_numpy_warns_as_before() -> None:
    before = np.geterr()
    x = torch.tensor([0.0], requires_grad=True)
    x.log().backward()
    assert np.geterr() == before
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.log(np.zeros(1))


def test_silence_ends_with_a_backward_pass_that_fails() -> None:
    x = torch.tensor([1.0], requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: 1 / 0)
    before = np.geterr()
    with pytest.raises(ZeroDivisionError):
        y.backward()
    assert np.geterr() == before
