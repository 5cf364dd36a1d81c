"""What a shape-only pass costs beside a real one: memory, time, and calls into the dense backend.

    python -m benchmarks.dry_run [--rounds N]

Two nets: one of the size of GPT-2 small (124 million parameters, 12 blocks of width 768), and a
convolutional one with batch norm and dropout. PyTorch is not needed.
"""

from __future__ import annotations

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

import minitorch_lazy as torch
from minitorch_lazy import nn

DENSE = "minitorch_lazy.backends.numpy"


class Block(nn.Module):
    """Attention and a small net, each beside the identity; all sizes but the width are lazy."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.project = nn.LazyLinear(3 * width), nn.LazyLinear(width)
        self.inner = nn.Sequential(nn.LazyLinear(4 * width), nn.GELU(), nn.LazyLinear(width))

    def forward(self, x: Any) -> Any:
        n, length, width = x.shape
        parts = self.attend(self.first(x)).chunk(3, -1)
        size = (n, length, self.heads, width // self.heads)
        q, k, v = (part.reshape(*size).transpose(1, 2) for part in parts)
        weights = (q @ k.transpose(-1, -2) * size[-1] ** -0.5).softmax(-1)
        x = x + self.project((weights @ v).transpose(1, 2).reshape(n, length, width))
        return x + self.inner(self.second(x))


class GPT(nn.Module):
    """A language model of the size of GPT-2 small."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50257, 768), nn.Embedding(1024, 768)
        self.blocks = nn.Sequential(*[Block(768, 12) for _ in range(12)])
        self.last = nn.LayerNorm(768)

    def forward(self, numbers: Any) -> Any:
        x = self.words(numbers) + self.places(torch.arange(numbers.shape[1]))
        return self.last(self.blocks(x)) @ self.words.weight.T


def convolutional() -> Any:
    """Make a net of convolutions, batch norm and dropout."""
    layers: list[Any] = []
    for width in (32, 64, 128):
        layers += [nn.LazyConv2d(width, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(),
                   nn.Dropout2d(0.1), nn.MaxPool2d(2)]  # fmt: skip
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(256), nn.Dropout(), nn.LazyLinear(10))


NETS: dict[str, tuple[Callable[[], Any], tuple[int, ...], Any]] = {
    "GPT-2 small, 1 x 1024 words": (GPT, (1, 1024), torch.int64),
    "3 convolutions, 32 images of 3 x 64 x 64": (convolutional, (32, 3, 64, 64), torch.float32),
}


def dense_calls(act: Callable[[], Any]) -> int:
    """Count the functions of the NumPy backend that are handed an array with elements."""
    count = 0

    def note(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        name = frame.f_globals.get("__name__", "")
        if event == "call" and name.startswith(DENSE) and not name.endswith(".arrays"):
            count += any(type(value) is np.ndarray for value in frame.f_locals.values())

    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def peak(act: Callable[[], Any]) -> int:
    """Return the most bytes that were held at once beyond those held before."""
    tracemalloc.start()
    act()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def median_time(act: Callable[[], Any], rounds: int) -> float:
    """Return the median CPU time of a call."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return float(np.median(times))


def row(name: str, rounds: int) -> str:
    """Measure one net."""
    make, shape, dtype = NETS[name]
    net = make()
    shapes = lambda: nn.shapes(net, torch.spec(shape, dtype))  # noqa: E731
    calls, held, spent = dense_calls(shapes), peak(shapes), median_time(shapes, rounds)
    nn.dry_run(net, torch.spec(shape, dtype))
    batch = torch.zeros(shape, dtype=dtype)
    with torch.no_grad():
        forward = lambda: net(batch)  # noqa: E731
        real, most = median_time(forward, max(3, rounds // 3)), peak(forward)
    return (f"| {name} | {nn.count_parameters(net)} | {calls} | {held / most:.2%} | "
            f"{spent / real:.4f} |")  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=9, help="calls to time")
    rounds = parser.parse_args().rounds
    print("shape-only pass of a lazy net, beside a real forward pass of the settled one\n")
    print("| net | parameters | dense calls | peak memory | time |\n|" + "---|" * 5)
    for name in NETS:
        print(row(name, rounds), flush=True)


if __name__ == "__main__":
    main()
