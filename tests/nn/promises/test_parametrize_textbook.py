"""The examples of the text on nn.utils.parametrize print what PyTorch 2.13 prints."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

import pytest

import minitorch_lazy
from tests.nn.promises.rows import promise


def symmetric(torch: Any) -> None:
    """Register the symmetric matrix, ask for it, and assign to it."""
    nn, P = torch.nn, torch.nn.utils.parametrize

    class Symmetric(nn.Module):
        def forward(self, X: Any) -> Any:
            return X.triu() + X.triu(1).T

        def right_inverse(self, A: Any) -> Any:
            return A.triu()

    torch.manual_seed(0)
    m = nn.Linear(5, 5)
    P.register_parametrization(m, "weight", Symmetric())
    print(torch.allclose(m.weight, m.weight.T))
    A = torch.rand(5, 5)
    A = A + A.T
    m.weight = A
    print(torch.allclose(m.weight, A))
    print(m)
    print(m.parametrizations.weight.original)
    print(m.weight.detach())
    print(*m.state_dict(), P.is_parametrized(m), P.is_parametrized(m, "weight"))


SYMMETRIC = """
True
True
ParametrizedLinear(
  in_features=5, out_features=5, bias=True
  (parametrizations): ModuleDict(
    (weight): ParametrizationList(
      (0): Symmetric()
    )
  )
)
Parameter containing:
tensor([[0.6102, 0.9637, 0.7022, 0.5121, 0.9705],
        [0.0000, 0.4163, 1.1735, 1.5386, 1.7394],
        [0.0000, 0.0000, 1.1692, 0.8263, 0.8372],
        [0.0000, 0.0000, 0.0000, 0.5565, 1.0495],
        [0.0000, 0.0000, 0.0000, 0.0000, 1.6705]], requires_grad=True)
tensor([[0.6102, 0.9637, 0.7022, 0.5121, 0.9705],
        [0.9637, 0.4163, 1.1735, 1.5386, 1.7394],
        [0.7022, 1.1735, 1.1692, 0.8263, 0.8372],
        [0.5121, 1.5386, 0.8263, 0.5565, 1.0495],
        [0.9705, 1.7394, 0.8372, 1.0495, 1.6705]])
bias parametrizations.weight.original True True
"""


def removal(torch: Any) -> None:
    """Remove a parametrization in both ways, and meet the errors that are told of."""
    nn, P = torch.nn, torch.nn.utils.parametrize

    class Doubled(nn.Module):
        def forward(self, X: Any) -> Any:
            return X * 2

    class Halves(nn.Module):
        def forward(self, a: Any, b: Any) -> Any:
            return a + b

        def right_inverse(self, A: Any) -> Any:
            return A / 2, A / 2

    torch.manual_seed(0)
    for leave in (True, False):
        m = nn.Linear(2, 2)
        P.register_parametrization(m, "weight", Doubled())
        weight = m.parametrizations.weight.original
        print(P.remove_parametrizations(m, "weight", leave_parametrized=leave))
        print(m.weight is weight, m.weight, *m.state_dict())
    for wrong in ("foo", "weight"):
        try:
            P.remove_parametrizations(m, wrong)
        except ValueError as error:
            print(error)
    try:
        P.register_parametrization(m, "foo", Doubled())
    except ValueError as error:
        print(error)
    P.register_parametrization(m, "weight", Halves())
    try:
        P.remove_parametrizations(m, "weight", leave_parametrized=False)
    except ValueError as error:
        print(error)
    print(*m.state_dict())


REMOVAL = """
Linear(in_features=2, out_features=2, bias=True)
True Parameter containing:
tensor([[-0.0106,  0.7586],
        [-1.1640, -1.0408]], requires_grad=True) bias weight
Linear(in_features=2, out_features=2, bias=True)
True Parameter containing:
tensor([[-0.0140,  0.5607],
        [-0.0628,  0.1871]], requires_grad=True) bias weight
Module Linear(in_features=2, out_features=2, bias=True) does not have a parametrization on foo
Module Linear(in_features=2, out_features=2, bias=True) does not have a parametrization on weight
Module 'Linear(in_features=2, out_features=2, bias=True)' does not have a parameter, a buffer, \
or a parametrized element with name 'foo'
Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms \
of a sequence of tensors.
bias parametrizations.weight.original0 parametrizations.weight.original1
"""


def caching(torch: Any) -> None:
    """Use the cache around one forward, and around a recurrent loop."""
    nn, P = torch.nn, torch.nn.utils.parametrize

    class Loud(nn.Module):
        def forward(self, X: Any) -> Any:
            print("computed")
            return X * 2

    class MyModel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn_cell = nn.Linear(4, 2)

        def forward(self, xs: Any) -> Any:
            out_rnn = torch.zeros(1, 2)
            for x in xs:
                out_rnn = self.rnn_cell(torch.cat([x, out_rnn], 1)).tanh()
            return out_rnn

    torch.manual_seed(0)
    model = MyModel()
    P.register_parametrization(model.rnn_cell, "weight", Loud())
    xs = [torch.ones(1, 2), torch.zeros(1, 2), torch.ones(1, 2)]
    print(model(xs))
    with P.cached():
        output = model(xs)
    print(output)
    with P.cached():
        model(xs)
        with P.cached():
            model(xs)


CACHING = """
computed
computed
computed
computed
tensor([[0.6146, 0.1294]], grad_fn=<TanhBackward0>)
computed
tensor([[0.6146, 0.1294]], grad_fn=<TanhBackward0>)
computed
"""


def asking(torch: Any) -> None:
    """Ask what is parametrized, and look at the list of one tensor."""
    nn, P = torch.nn, torch.nn.utils.parametrize

    class MyModel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(10, 10)

    class MyParametrization(nn.Module):
        def forward(self, X: Any) -> Any:
            return X.tanh()

    model = MyModel()
    print(P.is_parametrized(model), P.is_parametrized(model.linear))
    P.register_parametrization(model.linear, "weight", MyParametrization())
    print(P.is_parametrized(model), P.is_parametrized(model.linear))
    print(P.is_parametrized(model.linear, "weight"), P.is_parametrized(model.linear, "bias"))
    param_list = model.linear.parametrizations.weight
    print(type(param_list).__name__, isinstance(param_list, P.ParametrizationList))
    print(param_list, param_list.original.shape, param_list.unsafe, len(param_list))
    print(model)


ASKING = """
False False
False True
True False
ParametrizationList True
ParametrizationList(
  (0): MyParametrization()
) torch.Size([10, 10]) False 1
MyModel(
  (linear): ParametrizedLinear(
    in_features=10, out_features=10, bias=True
    (parametrizations): ModuleDict(
      (weight): ParametrizationList(
        (0): MyParametrization()
      )
    )
  )
)
"""

PROGRAMS = [(symmetric, SYMMETRIC), (removal, REMOVAL), (caching, CACHING), (asking, ASKING)]
NAMES = [program.__name__ for program, _ in PROGRAMS]


def printed(program: Any, package: Any) -> list[str]:
    """Return the lines that a program prints."""
    text = io.StringIO()
    with redirect_stdout(text):
        program(package)
    return text.getvalue().splitlines()


@promise("1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
@pytest.mark.parametrize(("program", "recorded"), PROGRAMS, ids=NAMES)
def test_an_example_prints_what_torch_prints(program, recorded):
    assert printed(program, minitorch_lazy) == recorded.strip().splitlines()


@promise("1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")
@pytest.mark.torch
@pytest.mark.parametrize(("program", "recorded"), PROGRAMS, ids=NAMES)
def test_the_record_is_what_torch_prints(program, recorded):
    assert printed(program, pytest.importorskip("torch")) == recorded.strip().splitlines()


@promise("1.36")
def test_the_names_are_imported_as_the_text_imports_them():
    names: dict[str, Any] = {}
    exec("import minitorch_lazy.nn as nn\nimport minitorch_lazy.nn.utils.parametrize as P", names)
    assert names["P"] is minitorch_lazy.nn.utils.parametrize
    layer = names["nn"].Linear(2, 2)
    assert names["P"].register_parametrization(layer, "weight", names["nn"].Tanh()) is layer
