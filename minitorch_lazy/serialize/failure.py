"""The one error of files that cannot be trusted."""

from __future__ import annotations

from minitorch_lazy.errors import message

SAVE_AGAIN = "open it in PyTorch if you trust it, and save its state_dict() again"


class CheckpointError(RuntimeError):
    """A file is damaged, hostile, or of another kind than a checkpoint.

    Attributes:
        reason: what is wrong.
        record: the part of the file that is wrong; empty for the file as a whole.
        file: the path, or what kind of object it was read from.
        mend: what may help.
    """

    def __init__(self, reason: str, record: str = "", file: str = "", mend: str = "") -> None:
        super().__init__(reason)
        self.reason, self.record, self.file, self.mend = reason, record, file, mend

    def __str__(self) -> str:
        places = {"file": Text(self.file), "record": Text(self.record or "the whole file")}
        return message("load", short(self.reason), places, self.mend)


class Text(str):
    """A name that messages show without quotes, but with its odd characters escaped."""

    def __repr__(self) -> str:
        return short(self)


def short(text: str, length: int = 200) -> str:
    """Show text of a file: control characters escaped, no longer than a message may be."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: length + 1])
    return shown if len(shown) <= length else shown[: length - 3] + "..."
