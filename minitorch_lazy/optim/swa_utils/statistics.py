"""Running statistics of batch norms, found anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.norm.batch import BatchNorm


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Let one pass over the data find the running statistics of all batch norms anew.

    Averaged weights make other activations than those that the statistics were found with.

    Args:
        loader: yields batches, or lists and tuples whose first entry is one.
        model: is called on every batch in training mode; its mode comes back afterwards.
        device: where batches go first.

    Source: torch.optim.swa_utils.update_bn.
    """
    layers = [module for module in model.modules() if isinstance(module, BatchNorm)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    was_training = model.training
    model.train()
    try:
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None
        with no_grad():
            for batch in loader:
                inputs = batch[0] if isinstance(batch, list | tuple) else batch
                model(inputs if device is None else inputs.to(device))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.train(was_training)
