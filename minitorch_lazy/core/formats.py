"""Memory formats: named for compatibility; tensors here lie in row-major order or are views."""

from __future__ import annotations


class memory_format:  # noqa: N801 - torch's name
    """How the elements of a tensor are ordered in memory.

    Source: torch.memory_format.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")


def check_format(wanted: memory_format | None) -> None:
    """Refuse a memory format that tensors here do not have.

    Raises:
        NotImplementedError: it is not the row-major one.
    """
    if wanted not in (None, contiguous_format, preserve_format):
        raise NotImplementedError(
            f"memory format {wanted!r} is not offered: tensors lie in row-major order\n"
            "  mend    leave memory_format out; the numbers are the same"
        )


class layout:  # noqa: N801 - torch's name
    """How the elements of a tensor are kept; here they always lie in strided memory.

    Source: torch.layout.
    """

    def __repr__(self) -> str:
        return "torch.strided"

    def __reduce__(self) -> str:
        return "strided"


strided = layout()
