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
    print(net.fc1.weight, net.fc2.bias, {p.dtype for p in net.parameters()})
    print(net(torch.ones(10, 10).double())[:2])
    print(net)
    print(torch.optim.SGD(net.parameters(), lr=0.01))

    lazy = LazyMLP()
    print(*lazy.state_dict().items(), sep="\n")
    full = LazyMLP()
    full.forward(torch.ones(10, 1))
    print(lazy.load_state_dict(full.state_dict()))
    print(*lazy.state_dict().items(), sep="\n")
    print(lazy(torch.ones(2, 1)))
    print(lazy)


LAZY_MLP = """
LazyMLP(
  (fc1): LazyLinear(in_features=0, out_features=10, bias=True)
  (relu1): ReLU()
  (fc2): LazyLinear(in_features=0, out_features=1, bias=True)
  (relu2): ReLU()
)
<UninitializedParameter> <UninitializedParameter> {torch.float64}
tensor([[0.],
        [0.]], dtype=torch.float64, grad_fn=<SliceBackward0>)
LazyMLP(
  (fc1): Linear(in_features=10, out_features=10, bias=True)
  (relu1): ReLU()
  (fc2): Linear(in_features=10, out_features=1, bias=True)
  (relu2): ReLU()
)
SGD (
Parameter Group 0
    dampening: 0
    differentiable: False
    foreach: None
    fused: None
    lr: 0.01
    maximize: False
    momentum: 0
    nesterov: False
    weight_decay: 0
)
('fc1.weight', <UninitializedParameter>)
('fc1.bias', <UninitializedParameter>)
('fc2.weight', <UninitializedParameter>)
('fc2.bias', <UninitializedParameter>)
<All keys matched successfully>
('fc1.weight', tensor([[-0.3219],
        [ 0.0016],
        [ 0.5148],
        [-0.9671],
        [ 0.7230],
        [-0.8269],
        [ 0.0138],
        [-0.1700],
        [-0.5267],
        [ 0.1322]]))
('fc1.bias', tensor([ 0.8269, -0.2923, -0.5937, -0.3698, -0.9911,  0.4514, -0.4803, -0.6673,
        -0.5761,  0.5750]))
('fc2.weight', tensor([[ 0.1675,  0.2427,  0.1147, -0.1056, -0.0884,  0.0934,  0.2600,  0.0860,
         -0.1496, -0.1487]]))
('fc2.bias', tensor([-0.2990]))
tensor([[0.],
        [0.]], grad_fn=<ReluBackward0>)
LazyMLP(
  (fc1): Linear(in_features=1, out_features=10, bias=True)
  (relu1): ReLU()
  (fc2): Linear(in_features=10, out_features=1, bias=True)
  (relu2): ReLU()
)
"""


def book_mlp(torch: Any) -> None:
    """Run the chapter on lazy initialization, and its first two exercises."""
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.LazyLinear(256), nn.ReLU(), nn.LazyLinear(10))
    print(net)
    print(net[0].weight)
    print(*net.named_parameters(), sep="\n")
    X = torch.rand(2, 20)
    print(net(X))
    print(net[0].weight.shape)
    print([tuple(p.shape) for p in net.parameters()])
    print(net)
    print(net[2].bias)

    half = nn.Sequential(nn.Linear(20, 256), nn.ReLU(), nn.LazyLinear(10))
    print(half[0].weight.shape, half[2].weight, half)
    half.forward(X)
    half.apply(lambda layer: nn.init.ones_(layer.bias) if type(layer) is nn.Linear else None)
    print(half[2].bias, half(X).sum() > 0)


BOOK_MLP = """
Sequential(
  (0): LazyLinear(in_features=0, out_features=256, bias=True)
  (1): ReLU()
  (2): LazyLinear(in_features=0, out_features=10, bias=True)
)
<UninitializedParameter>
('0.weight', <UninitializedParameter>)
('0.bias', <UninitializedParameter>)
('2.weight', <UninitializedParameter>)
('2.bias', <UninitializedParameter>)
tensor([[ 0.0366,  0.1793,  0.1100,  0.0770,  0.0851,  0.0488, -0.0416,  0.1015,
         -0.1173,  0.1569],
        [ 0.0745,  0.0395,  0.1545, -0.0052,  0.1472,  0.0105, -0.0930,  0.0247,
         -0.1702,  0.1826]], grad_fn=<AddmmBackward0>)
torch.Size([256, 20])
[(256, 20), (256,), (10, 256), (10,)]
Sequential(
  (0): Linear(in_features=20, out_features=256, bias=True)
  (1): ReLU()
  (2): Linear(in_features=256, out_features=10, bias=True)
)
Parameter containing:
tensor([-0.0196, -0.0058,  0.0394,  0.0258,  0.0225, -0.0189,  0.0485,  0.0597,
        -0.0539,  0.0562], requires_grad=True)
torch.Size([256, 20]) <UninitializedParameter> Sequential(
  (0): Linear(in_features=20, out_features=256, bias=True)
  (1): ReLU()
  (2): LazyLinear(in_features=0, out_features=10, bias=True)
)
Parameter containing:
tensor([1., 1., 1., 1., 1., 1., 1., 1., 1., 1.], requires_grad=True) tensor(True)
"""

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
