"""The packed form of a batch of sequences."""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Return the permutation that puts everything back: y[permutation[i]] = i.

    Args:
        permutation: (B,), each of 0 to B - 1 once; None stays None.

    Source: torch.nn.utils.rnn.invert_permutation.
    """
    return None if permutation is None else permutation.argsort()  # type: ignore[attr-defined]


class PackedFields(NamedTuple):
    """The four parts of a packed sequence."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedFields):
    """Hold a batch of sequences without padding, time after time.

    The sequences `abc` and `x` are packed as `axbc` with the batch sizes 2, 1, 1. It is made by
    `pack_sequence` and `pack_padded_sequence`; all recurrent layers take it.

    Attributes:
        data: (sum of lengths, ...), the first elements of all sequences, then the second ones.
        batch_sizes: int64 (T,), how many sequences have an element at each time; on the CPU.
        sorted_indices: int64 (B,), the order by length in which the sequences were taken; None
            where they came in that order.
        unsorted_indices: int64 (B,), its inverse.

    Source: torch.nn.utils.rnn.PackedSequence.
    """

    def __new__(
        cls, data: Any, batch_sizes: Tensor | None = None, sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:  # fmt: skip
        """Take the parts; data and batch sizes may come as a pair."""
        if batch_sizes is None:
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise refuse(ValueError, "PackedSequence", "batch_sizes should always be on CPU. "
                         "Instances of PackedSequence should never be created manually. They "
                         "should be instantiated by functions like pack_sequence and "
                         "pack_padded_sequences in nn.utils.rnn.", "use batch_sizes.cpu()",
                         batch_sizes=batch_sizes)  # fmt: skip
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Convert data to a type or device; batch sizes stay on the CPU, indices follow the data.

        Source: torch.nn.utils.rnn.PackedSequence.to.
        """
        data = self.data.to(*args, **kwargs)  # type: ignore[attr-defined]
        if data is self.data:
            return self
        indices = [None if i is None else i.to(data.device) for i in self[2:]]  # type: ignore[attr-defined]
        return type(self)(data, self.batch_sizes, *indices)

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Move to the CPU."""
        return self.moved("cpu", args, kwargs)

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Move to the GPU, the current one where none is named."""
        return self.moved("cuda", args, kwargs)

    def moved(self, device_type: str, args: Any, kwargs: Any) -> PackedSequence:
        """Convert, to a kind of device if the arguments do not lead there."""
        named = self.data.new_empty(0).to(*args, **kwargs)  # type: ignore[attr-defined]
        if named.device.type != device_type:
            kwargs = {**kwargs, "device": device_type}
        return self.to(*args, **kwargs)

    def double(self) -> PackedSequence:
        """Convert data to float64."""
        return self.to(dtype=types.float64)

    def float(self) -> PackedSequence:
        """Convert data to float32."""
        return self.to(dtype=types.float32)

    def half(self) -> PackedSequence:
        """Convert data to float16."""
        return self.to(dtype=types.float16)

    def long(self) -> PackedSequence:
        """Convert data to int64."""
        return self.to(dtype=types.int64)

    def int(self) -> PackedSequence:
        """Convert data to int32."""
        return self.to(dtype=types.int32)

    def short(self) -> PackedSequence:
        """Convert data to int16."""
        return self.to(dtype=types.int16)

    def char(self) -> PackedSequence:
        """Convert data to int8."""
        return self.to(dtype=types.int8)

    def byte(self) -> PackedSequence:
        """Convert data to uint8."""
        return self.to(dtype=types.uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether data is on a GPU."""
        return self.data.is_cuda
