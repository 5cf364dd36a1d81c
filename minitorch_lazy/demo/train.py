"""The first run: a lazy network is built, settled by its first batch, trained and checked."""

from __future__ import annotations

import copy
import itertools
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.data import load_digits_split
from minitorch_lazy.demo.console import Console, Progress, drawn_digits
from minitorch_lazy.demo.info import describe_device
from minitorch_lazy.nn import functional as F
from minitorch_lazy.utils.data import DataLoader, TensorDataset

__all__ = ["Settings", "run_demo"]

BATCH_SIZE = 64
LEARNING_RATE = 0.01
LEAST_ACCURACY = 95.0
DIFFERENCE_STEP = 1e-6
DIFFERENCE_BATCH = 16
DIFFERENCE_ENTRIES = 144
LARGEST_ERROR = 1e-5


class Settings(NamedTuple):
    """What the command line chooses."""

    model: str
    epochs: int
    device: torch.device
    seed: int


def run_demo(settings: Settings, console: Console) -> int:
    """Run all steps.

    Returns:
        The exit code: 0 if the network has learned and its gradient is right, 1 otherwise.
    """
    torch.manual_seed(settings.seed)
    versions = f"minitorch_lazy {torch.__version__} · numpy {np.__version__}"
    console.line(f"{versions} · {describe_device(settings.device)}")
    train, test = load_data(settings.device, console)
    net = MODELS[settings.model]().to(settings.device)
    console.line("1. the net before it has seen data")
    console.lines(str(nn.summary(net)).splitlines(), indent=3)
    settle(net, train.tensors[0][:BATCH_SIZE], console)
    learned = fit(net, train, test, settings.epochs, console)
    right = check_gradient(net, test, console)
    console.line("next: the tour in README.md · python -m pytest -q")
    return 0 if learned and right else 1


def lenet() -> nn.Sequential:
    """Build a small LeNet; no layer is told the size of its input."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.LazyConv2d(16, kernel_size=3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.LazyConv2d(32, kernel_size=3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            hidden=nn.LazyLinear(64),
            relu3=nn.ReLU(),
            output=nn.LazyLinear(10),
        )
    )


def mlp() -> nn.Sequential:
    """Build a perceptron with one hidden layer; no layer is told the size of its input."""
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            hidden=nn.LazyLinear(128),
            relu=nn.ReLU(),
            output=nn.LazyLinear(10),
        )
    )


MODELS: dict[str, Callable[[], nn.Sequential]] = {"lenet": lenet, "mlp": mlp}


def load_data(device: torch.device, console: Console) -> tuple[TensorDataset, TensorDataset]:
    """Put the digits on the device and show the first three."""
    (images, labels), (test_images, test_labels) = load_digits_split()
    counts = f"{len(images)} train + {len(test_images)} test images"
    console.line(f"data   digits: {counts} {images.shape[1:]}")
    console.lines(drawn_digits(test_images[:3], test_labels[:3]), indent=2)
    train, test = (
        TensorDataset(*(torch.from_numpy(array).to(device) for array in arrays))
        for arrays in ((images, labels), (test_images, test_labels))
    )
    return train, test


def settle(net: nn.Module, batch: torch.Tensor, console: Console) -> None:
    """Run the first batch and show what it decides, layer by layer."""
    console.line(f"2. first batch {tuple(batch.shape)} → shapes are known now")
    kinds = {name: type(module).__name__ for name, module in net.named_modules()}
    shapes: dict[nn.Module, tuple[int, ...]] = {}
    layers = [module for module in net.modules() if has_lazy_parameters(module)]
    hooks = [layer.register_forward_hook(shape_recorder(shapes)) for layer in layers]
    with torch.no_grad():
        net(batch)
    for hook in hooks:
        hook.remove()
    console.table(
        [
            (name, f"{kinds[name]} → {type(layer).__name__}", *settled_facts(layer, shapes[layer]))
            for name, layer in net.named_modules()
            if layer in shapes
        ],
        right=[4],
        indent=3,
    )
    console.line(f"   {nn.summary(net).totals()}")


def has_lazy_parameters(module: nn.Module) -> bool:
    """Tell whether a module itself waits for its first input."""
    return any(map(nn.parameter.is_lazy, module.parameters(recurse=False)))


def shape_recorder(shapes: dict[nn.Module, tuple[int, ...]]) -> Callable[..., None]:
    """Return a forward hook that notes the shape of a layer's output."""

    def record(layer: nn.Module, inputs: object, output: torch.Tensor) -> None:
        shapes[layer] = tuple(output.shape)

    return record


def settled_facts(layer: nn.Module, shape: tuple[int, ...]) -> tuple[str, str, str]:
    """Write the input size that a layer has found, its output's shape and its parameter count."""
    size = next(name for name in ("in_channels", "in_features") if hasattr(layer, name))
    count = sum(parameter.numel() for parameter in layer.parameters())
    return f"{size} {getattr(layer, size)}", str(shape), f"{count:,}"


def fit(
    net: nn.Module, train: TensorDataset, test: TensorDataset, epochs: int, console: Console
) -> bool:
    """Train a network, tell its accuracy on the test set, return whether that is enough."""
    console.line(f"3. training (Adam, lr up to {LEARNING_RATE} in one cycle)")
    started = time.perf_counter()
    loader: DataLoader = DataLoader(train, batch_size=BATCH_SIZE, shuffle=True)
    optimizer = torch.optim.Adam(net.parameters(), lr=LEARNING_RATE)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=LEARNING_RATE, total_steps=epochs * len(loader)
    )
    for epoch in range(1, epochs + 1):
        label = f"   epoch {epoch:>{len(str(epochs))}}/{epochs}"
        progress = console.progress(label, len(loader))
        loss, seconds = fit_epoch(net, loader, optimizer, scheduler, progress)
        accuracy = measure_accuracy(net, test)
        progress.finish(f"{seconds:.1f} s  loss {loss:.2f}  test {accuracy:.1f} %")
    learned = accuracy >= LEAST_ACCURACY
    verdict = "" if learned else f": below {LEAST_ACCURACY:.0f} %, more epochs may help"
    seconds = time.perf_counter() - started
    console.result(f"   test accuracy {accuracy:.1f} % after {seconds:.1f} s{verdict}")
    return learned


def fit_epoch(
    net: nn.Module,
    loader: DataLoader,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler,
    progress: Progress,
) -> tuple[float, float]:
    """Take one step for each batch; return the mean loss and the seconds it took."""
    started = time.perf_counter()
    total = 0.0
    for images, labels in loader:
        loss = F.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item()
        progress.advance()
    return total / len(loader), time.perf_counter() - started


def measure_accuracy(net: nn.Module, dataset: TensorDataset) -> float:
    """Return the share of images that a network names right, in percent."""
    images, labels = dataset.tensors
    with torch.no_grad():
        return 100 * (net(images).argmax(dim=1) == labels).float().mean().item()


def check_gradient(net: nn.Module, dataset: TensorDataset, console: Console) -> bool:
    """Compare the gradient of the first weight with central differences, in float64 on the CPU."""
    twin = copy.deepcopy(net).cpu().double()
    images, labels = (tensor[:DIFFERENCE_BATCH].cpu() for tensor in dataset.tensors)
    images = images.double()
    name, weight = next(iter(twin.named_parameters()))

    def loss() -> torch.Tensor:
        return F.cross_entropy(twin(images), labels)

    gradient: Any = torch.autograd.grad(loss(), weight)[0]
    places = list(spread_indices(weight.shape))
    measured = np.array([central_difference(loss, weight, place) for place in places])
    computed = np.array([gradient[place].item() for place in places])
    error = np.abs(computed - measured).max() / np.abs(measured).max()
    right = bool(error < LARGEST_ERROR)
    against = f"gradient check on {name} against finite differences"
    write = console.line if right else console.result
    write(f"4. {against}: max rel. error {error:.0e}  {'ok' if right else 'WRONG'}")
    return right


def spread_indices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Pick at most DIFFERENCE_ENTRIES places of an array, evenly spread."""
    places = list(itertools.product(*map(range, shape)))
    yield from places[:: -(-len(places) // DIFFERENCE_ENTRIES)]


def central_difference(
    loss: Callable[[], torch.Tensor], weight: torch.Tensor, place: tuple[int, ...]
) -> float:
    """Return (loss(w + step) - loss(w - step)) / (2 step) for one number w of a weight."""
    values = []
    with torch.no_grad():
        for change in (DIFFERENCE_STEP, -2 * DIFFERENCE_STEP):
            weight[place] += change
            values.append(loss().item())
        weight[place] += DIFFERENCE_STEP
    return (values[0] - values[1]) / (2 * DIFFERENCE_STEP)
