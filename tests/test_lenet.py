"""One training script, run by PyTorch and by this framework: same batches, weights and losses."""

from __future__ import annotations

import json
import zlib
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch_lazy
from minitorch_lazy.data.digits import load_digits

RECORD = Path(__file__).parent / "data" / "lenet_torch.json"
RUNS = {"SGD": (100, {"lr": 0.9}, True), "Adam": (20, {"lr": 0.003}, False)}


def checksum(*tensors: Any) -> str:
    """Return the CRC-32 of the bytes of tensors."""
    data = b"".join(np.ascontiguousarray(t.detach().numpy()).tobytes() for t in tensors)
    return f"{zlib.crc32(data):08x}"


def lenet(nn: Any, normed: bool) -> Any:
    """Make the book's LeNet, for images of 8 x 8, with every input size left open.

    Args:
        normed: normalise before each sigmoid, without which 100 steps are too few to learn.
    """

    def bent(layer: Any, norm: Any) -> list[Any]:
        return [layer, *([norm()] if normed else []), nn.Sigmoid()]

    return nn.Sequential(
        *bent(nn.LazyConv2d(6, kernel_size=5, padding=2), nn.LazyBatchNorm2d),
        nn.AvgPool2d(kernel_size=2, stride=2),
        *bent(nn.LazyConv2d(16, kernel_size=3, padding=1), nn.LazyBatchNorm2d),
        nn.AvgPool2d(kernel_size=2, stride=2), nn.Flatten(),
        *bent(nn.LazyLinear(120), nn.LazyBatchNorm1d),
        *bent(nn.LazyLinear(84), nn.LazyBatchNorm1d), nn.LazyLinear(10),
    )  # fmt: skip


def train(M: Any, name: str) -> dict[str, Any]:
    """Train on the digits with the package M, and return what happened."""
    steps, options, normed = RUNS[name]
    images, labels = map(M.tensor, load_digits())
    M.manual_seed(0)
    data = M.utils.data.TensorDataset(images, labels, M.arange(len(labels)))
    loader = M.utils.data.DataLoader(data, batch_size=64, shuffle=True)
    net, loss = lenet(M.nn, normed), M.nn.CrossEntropyLoss()
    optimizer = getattr(M.optim, name)(net.parameters(), **options)
    net(next(iter(loader))[0])
    start = {key: checksum(parameter) for key, parameter in net.named_parameters()}
    net.apply(lambda layer: initialize(M, layer))
    xavier = checksum(*net.parameters())
    losses, seen = [], []
    for X, y, index in islice(chain.from_iterable(repeat(loader)), steps):
        optimizer.zero_grad()
        value = loss(net(X), y)
        value.backward()
        optimizer.step()
        losses.append(float(f"{value.item():.8g}"))
        seen += [index, y]
    return {"start": start, "xavier": xavier, "batches": checksum(*seen), "losses": losses}


def initialize(M: Any, layer: Any) -> None:
    """Draw weights as the book does for LeNet."""
    if isinstance(layer, M.nn.Linear | M.nn.Conv2d):
        M.nn.init.xavier_uniform_(layer.weight)


@pytest.fixture(scope="module", params=RUNS)
def run(request):
    return request.param, train(minitorch_lazy, request.param)


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {**found, "losses": 0} == {**expected, "losses": 0}
    np.testing.assert_allclose(found["losses"], expected["losses"], rtol=1e-4)


def test_the_run_is_the_recorded_one_of_torch(run):
    name, found = run
    same(found, json.loads(RECORD.read_text())[name])


def test_the_net_learns(run):
    name, found = run
    aim = 0.5 if name == "SGD" else 2.4
    assert np.mean(found["losses"][-5:]) < aim < found["losses"][0]


@pytest.mark.torch
def test_the_run_is_torch_s_on_this_machine(run):
    oracle = pytest.importorskip("torch")
    name, found = run
    threads = oracle.get_num_threads()
    oracle.set_num_threads(1)
    try:
        same(found, train(oracle, name))
    finally:
        oracle.set_num_threads(threads)
