"""Functions of neural networks that PyTorch's package offers too: `torch.max_pool2d`.

Some have another signature there than in `nn.functional`: reductions are numbers, and what holds
the parameters comes in another order.
"""

from minitorch_lazy.nn.functional.native import activation, layer, loss, norm

__all__ = ["activation", "layer", "loss", "norm"]
