"""The two texts that the framework grew from: their programs print what PyTorch 2.13 prints."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

import pytest

import minitorch_lazy


def lazy_mlp(torch: Any) -> None:
    """Run the example of LazyModuleMixin's documentation, in double precision on the CPU."""

    class LazyMLP(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1 = torch.nn.LazyLinear(10)
            self.relu1 = torch.nn.ReLU()
            self.fc2 = torch.nn.LazyLinear(1)
            self.relu2 = torch.nn.ReLU()

        def forward(self, input: Any) -> Any:
            x = self.relu1(self.fc1(input))
            return self.relu2(self.fc2(x))

    torch.manual_seed(0)
    net = LazyMLP()
    net = net.double()
    print(net)
    print(net.fc1.weight, net.fc2.bias, [p.dtype for p in net.parameters()])
    print(net(torch.ones(10, 10).double())[:2])
    print(net)
    print(torch.optim.SGD(net.parameters(), lr=0.01))

    lazy = LazyMLP()
    print(lazy.state_dict())
    full = LazyMLP()
    full.forward(torch.ones(10, 1))
    print(lazy.load_state_dict(full.state_dict()))
    print(lazy.state_dict())
    print(lazy(torch.ones(2, 1)))
    print(lazy)


LAZY_MLP = """@@A"""


def book_mlp(torch: Any) -> None:
    """Run the chapter on lazy initialization, and its first two exercises."""
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.LazyLinear(256), nn.ReLU(), nn.LazyLinear(10))
    print(net)
    print(net[0].weight)
    print([(name, parameter) for name, parameter in net.named_parameters()])
    X = torch.rand(2, 20)
    print(net(X))
    print(net[0].weight.shape, [p.shape for p in net.parameters()])
    print(net)
    print(net[2].bias)

    half = nn.Sequential(nn.Linear(20, 256), nn.ReLU(), nn.LazyLinear(10))
    print(half[0].weight.shape, half[2].weight, half)
    half.forward(X)
    half.apply(lambda layer: nn.init.ones_(layer.bias) if type(layer) is nn.Linear else None)
    print(half[2].bias, half(X).sum() > 0)


BOOK_MLP = """@@B"""

PROGRAMS = [(lazy_mlp, LAZY_MLP), (book_mlp, BOOK_MLP)]


def printed(program: Any, package: Any) -> list[str]:
    """Return the lines that a program prints."""
    text = io.StringIO()
    with redirect_stdout(text):
        program(package)
    return text.getvalue().splitlines()


@pytest.mark.parametrize(("program", "recorded"), PROGRAMS)
def test_a_program_prints_what_torch_prints(program, recorded):
    assert printed(program, minitorch_lazy) == recorded.strip().splitlines()


def test_an_input_of_another_width_is_refused_with_a_mend():
    torch, nn = minitorch_lazy, minitorch_lazy.nn
    net = nn.Sequential(nn.LazyLinear(256), nn.ReLU(), nn.LazyLinear(10))
    net(torch.rand(2, 20))
    with pytest.raises(RuntimeError) as caught:
        net(torch.rand(2, 5))
    assert "mat1 and mat2 shapes cannot be multiplied (2x5 and 20x256)" in str(caught.value)
    assert "nn.Linear(5, 256), or nn.LazyLinear(256)" in str(caught.value)
    assert "  at      0 (Linear), called from Sequential.forward" in caught.value.__notes__


@pytest.mark.torch
@pytest.mark.parametrize(("program", "recorded"), PROGRAMS)
def test_the_record_is_what_torch_prints(program, recorded):
    assert printed(program, pytest.importorskip("torch")) == recorded.strip().splitlines()
