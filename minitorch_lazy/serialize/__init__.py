"""Checkpoint files: PyTorch's `.pt` without its pickle, and safetensors.

A file is read in two steps. The first turns it into records, which say what is in it and where;
names in the file stay text, nothing is imported or called for them, and nothing is allocated.
The second makes tensors of the records, once all of them are known to be right.
"""

from minitorch_lazy.serialize.failure import CheckpointError
from minitorch_lazy.serialize.loading import load
from minitorch_lazy.serialize.saving import save

__all__ = ["CheckpointError", "load", "save"]
