"""Shape-only stand-ins for tensors: what they are, and where they may go."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.rows import promise

OPERATIONS = {
    "x + 1": (2, 6), "x * x[0]": (2, 6), "x @ x.T": (2, 6), "x.sum(1, keepdim=True)": (2, 6),
    "x.mean()": (2, 6), "x.reshape(3, -1)": (2, 6), "x.view(4, 3)": (2, 6), "x.flatten()": (2, 6),
    "x.transpose(0, 1)": (2, 6), "x.permute(2, 0, 1)": (2, 3, 4), "x.unsqueeze(1)": (2, 6),
    "x.squeeze()": (2, 1, 6), "x[:, 1:4:2]": (2, 6), "x[..., None]": (2, 6),
    "torch.cat([x, x], 1)": (2, 6), "torch.stack([x, x])": (2, 6), "x.chunk(2, 1)[1]": (2, 6),
    "x.split(4, 1)[1]": (2, 6), "x.max(1).indices": (2, 6), "x.argmax(1)": (2, 6), "x > 0": (2, 6),
    "torch.where(x > 0, x, 0.0)": (2, 6), "x.double()": (2, 6), "x.to(torch.int64)": (2, 6),
    "x.softmax(1)": (2, 6), "x.expand(3, 2, 6)": (2, 6), "x.std(0)": (2, 6), "x.T": (2, 6),
    "torch.einsum('ij,kj->ik', x, x)": (2, 6), "x.sort(1).values": (2, 6), "x ** 2": (2, 6),
    "F.conv2d(x, torch.ones(4, 3, 3, 3))": (2, 3, 6, 6), "F.max_pool2d(x, 2)": (2, 3, 6, 6),
    "F.layer_norm(x, (6,))": (2, 6), "F.gelu(x)": (2, 6), "F.pad(x, (1, 2))": (2, 6),
    "F.cross_entropy(x, torch.tensor([0, 1]))": (2, 6), "x.norm()": (2, 6), "x.cumsum(1)": (2, 6),
    "torch.zeros_like(x)": (2, 6), "x.half().sum()": (2, 6), "(x > 0).sum(0)": (2, 6),
}  # fmt: skip


@promise("N2.5")
def test_a_stand_in_has_shape_and_dtype_and_no_numbers():
    x = torch.spec((2, 20), torch.float64)
    assert (tuple(x.shape), x.dtype) == ((2, 20), torch.float64)
    assert torch.spec((3,)).dtype is torch.get_default_dtype()
    assert torch.spec((2, 3), dtype=torch.int64).dtype is torch.int64


@promise("N2.3")
def test_calling_the_net_on_a_stand_in_settles_it_too():
    net, x = nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(2)), torch.spec((4, 5))
    out = net(x)
    assert tuple(out.shape) == (4, 2)
    assert net[0].weight.shape == (3, 5)
    assert net[0].weight.device.type == "cpu"
    assert net(torch.ones(1, 5)).shape == (1, 2)


@promise("N2.5")
@pytest.mark.parametrize("text", OPERATIONS)
def test_an_operation_on_a_stand_in_has_the_shape_and_dtype_of_the_real_one(text):
    seen = []

    class Body(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.LazyLinear(1)

        def forward(self, x):
            self.first(x)
            y = eval(text, {"torch": torch, "F": nn.functional, "x": x})
            seen.append((tuple(y.shape), y.dtype))

    shape = OPERATIONS[text]
    nn.shapes(Body(), torch.spec(shape))
    Body()(torch.rand(shape))
    assert seen[0] == seen[-1]
