"""Random programs of views and in-place writes: the gradient is right, or the step is refused."""

from __future__ import annotations

import importlib
import random
import warnings

import numpy as np
import pytest

import minitorch_lazy
from tests.core.numeric import numeric_gradient

X = np.linspace(0.5, 1.7, 12).reshape(4, 3)
W = np.linspace(-0.7, 0.8, 3)
PLAIN = np.linspace(0.1, 0.95, 12).reshape(4, 3)


def rows(t):
    return [0, t.shape[0] - 1] if t.shape[0] > 1 else [0]


def under_no_grad(torch, action):
    with torch.no_grad():
        return action()


VIEWS = {
    "rest": lambda torch, t, o, n: t[n % 2 :],
    "inner": lambda torch, t, o, n: t[..., n % 2 :],
    "select": lambda torch, t, o, n: t.select(n % t.ndim, 0),
    "transpose": lambda torch, t, o, n: t.transpose(0, -1),
    "unsqueeze": lambda torch, t, o, n: t.unsqueeze(n % 2),
    "squeeze": lambda torch, t, o, n: t.squeeze(0),
    "view": lambda torch, t, o, n: t.view(-1),
    "reshape": lambda torch, t, o, n: t.reshape(-1),
    "expand": lambda torch, t, o, n: t.unsqueeze(0).expand(2, *t.shape),
    "diagonal": lambda torch, t, o, n: t.diagonal(),
    "unbind": lambda torch, t, o, n: t.unbind(0)[n % 2],
    "split": lambda torch, t, o, n: t.split(2)[n % 2],
    "narrow": lambda torch, t, o, n: t.narrow(0, 0, max(1, t.shape[0] - 1)),
    "unfold": lambda torch, t, o, n: t.unfold(0, 2, 2),
    "empty": lambda torch, t, o, n: t[:0],
}
MAPS = {
    "mul": lambda torch, t, o, n: t * o,
    "add": lambda torch, t, o, n: t + o,
    "exp": lambda torch, t, o, n: (t * 0.1).exp(),
    "sqrt": lambda torch, t, o, n: (t * t + 1).sqrt(),
    "clone": lambda torch, t, o, n: t.clone(),
    "gather": lambda torch, t, o, n: t[[0, 0]],
    "cat": lambda torch, t, o, n: torch.cat([t, t * 2]),
    "matmul": lambda torch, t, o, n: t @ t.T,
    "sum": lambda torch, t, o, n: t.sum(-1, keepdim=bool(n % 2)),
    "where": lambda torch, t, o, n: torch.where(torch.tensor(PLAIN[: t.shape[0]] > 0.4), t, o),
}
WRITES = {
    "mul_": lambda torch, t, o, n: t.mul_(1.5),
    "add_": lambda torch, t, o, n: t.add_(o.clone()),
    "scale_": lambda torch, t, o, n: t.mul_(o.clone()),
    "copy_": lambda torch, t, o, n: t.copy_(o.clone()),
    "zero_": lambda torch, t, o, n: t.zero_(),
    "fill_": lambda torch, t, o, n: t.fill_(0.3),
    "sin_": lambda torch, t, o, n: t.sin_(),
    "tanh_": lambda torch, t, o, n: t.tanh_(),
    "pow_": lambda torch, t, o, n: t.pow_(2),
    "lerp_": lambda torch, t, o, n: t.lerp_(o.clone(), 0.3),
    "cumsum_": lambda torch, t, o, n: t.cumsum_(0),
    "tril_": lambda torch, t, o, n: t.tril_(),
    "put_rest": lambda torch, t, o, n: t.__setitem__(slice(n % 2, None), o.clone()),
    "put_number": lambda torch, t, o, n: t.__setitem__(slice(n % 2, None), 0.7),
    "put_row": lambda torch, t, o, n: t.__setitem__(0, o[0].clone()),
    "put_column": lambda torch, t, o, n: t.__setitem__((slice(None), 0), t[:, 0].clone() * 2),
    "put_rows": lambda torch, t, o, n: t.__setitem__(rows(t), o[0].clone()),
    "put_mask": lambda torch, t, o, n: t.__setitem__(
        torch.tensor(PLAIN[: t.shape[0]] > 0.5), o[0, 0].clone()
    ),
    "index_add_": lambda torch, t, o, n: t.index_add_(
        0, torch.zeros(min(2, 2 * t.shape[0]), dtype=torch.int64), o[:2].clone()
    ),
    "index_fill_": lambda torch, t, o, n: t.index_fill_(0, torch.tensor([0]), 0.2),
    "addcmul_": lambda torch, t, o, n: t.addcmul_(o.clone(), o.clone(), value=0.5),
}
UNRECORDED = {
    "detach": lambda torch, t, o, n: t.detach(),
    "write_without": lambda torch, t, o, n: under_no_grad(torch, lambda: t.mul_(0.9)),
    "set_without": lambda torch, t, o, n: under_no_grad(torch, lambda: t.__setitem__(0, 0.5)),
    "copy_without": lambda torch, t, o, n: under_no_grad(torch, lambda: t.copy_(o.clone())),
    "retain_grad": lambda torch, t, o, n: t.retain_grad(),
}
RECORDED = {**VIEWS, **MAPS, **WRITES}
ALL = {**RECORDED, **UNRECORDED}
KEPT = {*VIEWS, *MAPS, "detach"}
"""Steps whose results later steps work on."""


def draw(seed, names):
    """Draw the steps of a program: a name, two places in the pool and a number each."""
    source = random.Random(seed)
    return [
        (source.choice(names), source.randrange(99), source.randrange(99), source.randrange(9))
        for _ in range(4 + seed % 9)
    ]


def run(torch, steps, x, w, done=None):
    """Run a program, leaving out what is refused; return outcomes and all tensors."""
    pool = [x * 1.0 if steps[0][1] % 2 else torch.tensor(PLAIN), x, w]
    outcomes = []
    for number, (name, first, second, n) in enumerate(steps):
        if done is not None and done[number] is not None:
            continue
        t, o = pool[first % len(pool)], pool[second % len(pool)]
        try:
            out = ALL[name](torch, t, o, n)
        except (RuntimeError, IndexError, ZeroDivisionError, ValueError) as error:
            outcomes.append(error)
        else:
            outcomes.append(None)
            if name in KEPT:
                pool.append(out)
    return outcomes, pool


def loss(pool):
    """Weigh every tensor."""
    return sum(((i + 1) * 0.1 * t).sum() for i, t in enumerate(pool))


def gradients(torch, steps):
    """Run a program and differentiate it; an error of `backward` is the last outcome."""
    x, w = torch.tensor(X, requires_grad=True), torch.tensor(W, requires_grad=True)
    outcomes, pool = run(torch, steps, x, w)
    try:
        loss(pool).backward()
    except RuntimeError as error:
        return None, [*outcomes, error], pool
    found = [np.zeros(t.shape) if t.grad is None else t.grad.numpy() for t in (x, w)]
    return found, [*outcomes, None], pool


def check_differences(seed):
    """Compare the gradients of one program with central differences; tell whether it has some."""
    steps = draw(seed, sorted(RECORDED))
    torch = minitorch_lazy
    found, outcomes, _ = gradients(torch, steps)
    if found is None:
        return False

    def plain(*arrays):
        with torch.no_grad():
            return loss(run(torch, steps, *map(torch.tensor, arrays), outcomes)[1]).item()

    for got, expected in zip(found, numeric_gradient(plain, X, W), strict=True):
        np.testing.assert_allclose(
            got, expected, rtol=1e-4, atol=1e-5, err_msg=f"program {seed}: {steps}"
        )
    return True


def check_torch(seed):
    """Compare outcomes, values, gradients and versions of one program with PyTorch's.

    Each refuses a little that the other does: PyTorch most writes near several views of one call,
    this package every number for elements that share memory. There central differences decide.
    """
    steps = draw(seed, sorted(ALL))
    about = f"program {seed}: {steps}"
    unrecorded = any(name.endswith("_without") for name, *_ in steps)
    theirs, ours = (
        gradients(torch, steps) for torch in (importlib.import_module("torch"), minitorch_lazy)
    )
    for their_error, our_error in zip(theirs[1], ours[1], strict=True):
        if (their_error and not our_error) or "single memory location" in str(our_error):
            return False
        assert (their_error is None) == (our_error is None), f"{about}: {our_error}"
    if theirs[0] is None:
        return False
    for their, our in zip(theirs[2], ours[2], strict=True):
        np.testing.assert_allclose(our.detach().numpy(), their.detach().numpy(), err_msg=about)
        assert (our.requires_grad, our._version) == (their.requires_grad, their._version), about
        if not (our.is_leaf or their.grad is None or unrecorded):
            np.testing.assert_allclose(our.grad.numpy(), their.grad.numpy(), err_msg=about)
    for got, expected in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12, err_msg=about)
    return True


def test_gradients_of_random_programs_agree_with_central_differences():
    assert sum(map(check_differences, range(200))) > 80


@pytest.mark.slow
def test_gradients_of_many_random_programs_agree_with_central_differences():
    assert sum(map(check_differences, range(1000, 5000))) > 2000


@pytest.fixture
def one_thread():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    torch.set_num_threads(before)


@pytest.mark.torch
def test_random_programs_run_as_in_torch(one_thread):
    assert sum(map(check_torch, range(600))) > 200


@pytest.mark.torch
@pytest.mark.slow
def test_many_random_programs_run_as_in_torch(one_thread):
    assert sum(map(check_torch, range(10_000, 30_000))) > 6_000
