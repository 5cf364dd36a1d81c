"""Layers that textbooks write themselves, and the networks that they make of lazy ones."""

from __future__ import annotations

import numpy as np

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn import functional as F
from tests.nn.promises.rows import promise


@promise("1.21")
def test_apply_init_runs_once_and_then_initialises():
    class Module(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.LazyConv2d(2, 3), nn.Flatten(), nn.LazyLinear(3))

        def forward(self, x):
            return self.net(x)

        def apply_init(self, inputs, init=None):
            self.forward(*inputs)
            if init is not None:
                self.net.apply(init)

    def init(layer):
        if type(layer) in (nn.Linear, nn.Conv2d):
            nn.init.constant_(layer.weight, 0.5)

    model = Module()
    model.apply_init([torch.rand(1, 1, 5, 5)], init)
    assert model.net[0].weight.unique().tolist() == [0.5]
    assert model.net[2].weight.unique().tolist() == [0.5]
    assert model.net[2].weight.shape == (3, 18)


@promise("1.28")
def test_the_centered_layer():
    class CenteredLayer(nn.Module):
        def forward(self, X):
            return X - X.mean()

    layer = CenteredLayer()
    shown = repr(layer(torch.FloatTensor([1, 2, 3, 4, 5])))
    assert shown == "tensor([-2., -1.,  0.,  1.,  2.])"
    Y = nn.Sequential(nn.LazyLinear(128), CenteredLayer())(torch.rand(4, 8))
    assert abs(Y.mean().item()) < 1e-6


@promise("1.29")
def test_the_layer_of_one_s_own():
    class MyLinear(nn.Module):
        def __init__(self, in_units, units):
            super().__init__()
            self.weight = nn.Parameter(torch.randn(in_units, units))
            self.bias = nn.Parameter(torch.randn(units))

        def forward(self, X):
            return F.relu(torch.matmul(X, self.weight.data) + self.bias.data)

    linear = MyLinear(5, 3)
    text = repr(linear.weight)
    assert text.startswith("Parameter containing:\ntensor([[")
    assert text.endswith(", requires_grad=True)")
    out = linear(torch.rand(2, 5))
    assert not out.requires_grad
    expected = torch.rand(2, 5).numpy() @ linear.weight.detach().numpy()
    assert out.shape == expected.shape
    assert np.all(out.numpy() >= 0)
    assert nn.Sequential(MyLinear(64, 8), MyLinear(8, 1))(torch.rand(2, 64)).shape == (2, 1)


@promise("1.30")
def test_the_short_lazy_networks():
    mlp = nn.Sequential(nn.LazyLinear(32), nn.ReLU(), nn.LazyLinear(10))
    assert mlp(torch.rand(32, 100)).shape == torch.Size([32, 10])
    convolutional = nn.Sequential(
        nn.LazyConv2d(6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2), nn.LazyConv2d(16, 5),
        nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(10),
    )  # fmt: skip
    assert convolutional(torch.rand(3, 1, 28, 28)).shape == torch.Size([3, 10])
    assert convolutional[6].in_features == 1600
