"""Whole training steps: loss, backward and optimizer included, at the same numbers for both.

    python -m benchmarks.workloads [W2 W9 ...] [--rounds N] [--same]

Every workload is written once, as a function of the package `M`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import pairs

Workload = Callable[[Any], pairs.Step]


def seeded(M: Any, *shape: int) -> Any:
    """Make a tensor of seeded normal numbers, the same for every package."""
    rng = np.random.default_rng(math.prod(shape))
    return M.from_numpy(rng.standard_normal(shape, dtype=np.float32))


def classes(M: Any, count: int, batch: int) -> Any:
    """Make seeded class numbers."""
    return M.from_numpy(np.random.default_rng(batch).integers(count, size=batch))


def filled(M: Any, net: Any) -> Any:
    """Give a net seeded weights, scaled by their inputs, and biases of zero."""
    with M.no_grad():
        for name, parameter in net.named_parameters():
            shape = tuple(parameter.shape)
            if "bias" in name:
                parameter.zero_()
            elif len(shape) > 1:
                parameter.copy_(seeded(M, *shape) * math.prod(shape[1:]) ** -0.5)
    return net


def training(M: Any, net: Any, loss_of: Any, optimizer: Any, x: Any, target: Any) -> pairs.Step:
    """Return one training step of a net."""
    filled(M, net)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(net(x), target)
        loss.backward()
        optimizer.step()
        return loss

    return step


def perceptron(M: Any) -> Any:
    """Make the net of W1 and W10."""
    nn = M.nn
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def mlp(M: Any) -> pairs.Step:
    """W1: 784-256-10, batch 256, cross-entropy, plain SGD."""
    net = perceptron(M)
    return training(M, net, M.nn.CrossEntropyLoss(), M.optim.SGD(net.parameters(), lr=1e-3),
                    seeded(M, 256, 784), classes(M, 10, 256))  # fmt: skip


def tiny_mlp(M: Any) -> pairs.Step:
    """W2: 20-64-64-1, batch 32, mean squared error, plain SGD: Python's own cost, mostly."""
    nn = M.nn
    net = nn.Sequential(
        nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
    )
    return training(M, net, nn.MSELoss(), M.optim.SGD(net.parameters(), lr=1e-4),
                    seeded(M, 32, 20), seeded(M, 32, 1))  # fmt: skip


def lenet(M: Any) -> pairs.Step:
    """W3: LeNet, 28 x 28, batch 128."""
    nn = M.nn
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    return training(M, net, nn.CrossEntropyLoss(), M.optim.SGD(net.parameters(), lr=1e-3),
                    seeded(M, 128, 1, 28, 28), classes(M, 10, 128))  # fmt: skip


def residual(M: Any) -> pairs.Step:
    """W4: three residual blocks, 64 channels, 3 x 3, batch norm, 32 x 32, batch 32."""
    nn = M.nn

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        """Two convolutions beside the identity."""

        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(
                nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
                nn.Conv2d(64, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64),
            )  # fmt: skip

        def forward(self, x: Any) -> Any:
            return nn.functional.relu(x + self.inner(x))

    net = nn.Sequential(*[Block() for _ in range(3)])
    return training(M, net, nn.MSELoss(), M.optim.SGD(net.parameters(), lr=1e-3),
                    seeded(M, 32, 64, 32, 32), seeded(M, 32, 64, 32, 32))  # fmt: skip


def encoder(M: Any) -> pairs.Step:
    """W6: a transformer encoder of 2 layers, 256 wide, 4 heads, length 64, batch 32."""
    nn = M.nn
    layer = nn.TransformerEncoderLayer(256, 4, 1024, dropout=0.0, activation="gelu",
                                       batch_first=True)  # fmt: skip
    net = nn.TransformerEncoder(layer, 2)
    return training(M, net, nn.MSELoss(), M.optim.SGD(net.parameters(), lr=1e-3),
                    seeded(M, 32, 64, 256), seeded(M, 32, 64, 256))  # fmt: skip


def recurrent(M: Any) -> pairs.Step:
    """W5: LSTM, 32 steps, 256 inputs, hidden 256, batch 64, mean squared error, plain SGD."""
    net = M.nn.LSTM(256, 256)

    def loss_of(result: Any, target: Any) -> Any:
        return M.nn.functional.mse_loss(result[0], target)

    return training(M, net, loss_of, M.optim.SGD(net.parameters(), lr=1e-3),
                    seeded(M, 32, 64, 256), seeded(M, 32, 64, 256))  # fmt: skip


def elementwise(M: Any) -> pairs.Step:
    """W8: a chain of 20 operations on 1e6 numbers, forward and backward."""
    x = seeded(M, 1_000_000).requires_grad_()

    def step() -> Any:
        x.grad = None
        y = x
        for _ in range(3):
            y = M.sigmoid(M.tanh(y * 0.9 + 0.1))
            y = M.exp(-y)
        loss = (y * y).mean()
        loss.backward()
        return loss

    return step


def scalars(M: Any) -> pairs.Step:
    """W9: 10,000 operations on single numbers, forward and backward."""
    x, w, b = (M.tensor(value, requires_grad=True) for value in (0.5, 0.999, 0.001))

    def step() -> Any:
        x.grad = w.grad = b.grad = None
        y = x
        for _ in range(5_000):
            y = y * w + b
        y.backward()
        return y

    return step


def mlp_adam(M: Any) -> pairs.Step:
    """W10: W1 with Adam."""
    net = perceptron(M)
    return training(M, net, M.nn.CrossEntropyLoss(), M.optim.Adam(net.parameters(), lr=1e-5),
                    seeded(M, 256, 784), classes(M, 10, 256))  # fmt: skip


WORKLOADS: dict[str, Workload] = {
    "W1": mlp, "W2": tiny_mlp, "W3": lenet, "W4": residual, "W5": recurrent, "W6": encoder,
    "W8": elementwise, "W9": scalars, "W10": mlp_adam,
}  # fmt: skip
USUAL = ("W1", "W2", "W3", "W6", "W8", "W9", "W10")


def title(name: str) -> str:
    """Return a workload's name and what it is."""
    return str(WORKLOADS[name].__doc__).rstrip(".")


def main() -> None:
    """Run the workloads that the command line names, and print their table."""
    arguments = pairs.options(str(__doc__).split("\n", 1)[0], rounds=40).parse_args()
    ours, torch = pairs.packages(arguments.same)
    pairs.head("training step", arguments.same, "losses differ by")
    for name in pairs.chosen(arguments.names, list(WORKLOADS), USUAL):
        mine, theirs = WORKLOADS[name](ours), WORKLOADS[name](torch)
        apart = pairs.difference(name, mine, theirs)
        result = pairs.compare(title(name), mine, theirs, arguments.rounds, arguments.seconds)
        pairs.row(result, f"{apart:.0e}")


if __name__ == "__main__":
    main()
