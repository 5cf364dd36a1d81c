"""What the first run draws with: lines, tables, progress bars, digits in block characters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

import numpy as np

from minitorch_lazy.nn.tables import aligned

__all__ = ["Console", "Progress"]

BAR_WIDTH = 16
SHADES = " ░▒▓█"
PLAIN_LETTERS = str.maketrans("░▒▓█━·→", ".+%#=*>")


class Console:
    """Write to a stream what it can show.

    Bars that move are drawn on terminals only: a log gets whole lines and no carriage return.
    A stream whose encoding lacks the block characters gets letters in their place.

    Args:
        stream: where to write.
        quiet: leave out all but what `result` writes.
    """

    def __init__(self, stream: TextIO, quiet: bool = False) -> None:
        self.stream = stream
        self.quiet = quiet
        self.moving = stream.isatty() and os.environ.get("TERM") != "dumb" and not quiet
        self.plain = not encodes(stream.encoding, "".join(map(chr, PLAIN_LETTERS)))

    def write(self, text: str) -> None:
        """Write text as it is, in letters that the stream's encoding knows."""
        self.stream.write(text.translate(PLAIN_LETTERS) if self.plain else text)
        self.stream.flush()

    def line(self, text: object = "") -> None:
        """Write one or more whole lines, unless the console is quiet."""
        if not self.quiet:
            self.write(f"{text}\n")

    def result(self, text: str) -> None:
        """Write a line that a quiet console shows too."""
        self.write(f"{text}\n")

    def lines(self, texts: Iterable[str], indent: int = 0) -> None:
        """Write lines, moved to the right."""
        for text in texts:
            self.line(" " * indent + text)

    def table(
        self, rows: Sequence[Sequence[object]], right: Sequence[int] = (), indent: int = 0
    ) -> None:
        """Write rows as aligned columns; the columns in `right` end flush."""
        self.lines(aligned(rows, right), indent)

    def progress(self, label: str, total: int) -> Progress:
        """Start a bar of `total` steps."""
        return Progress(self, label, total)


class Progress:
    """A bar that fills up step by step on a terminal; elsewhere only its last line is written."""

    def __init__(self, console: Console, label: str, total: int) -> None:
        self.console = console
        self.label = label
        self.total = total
        self.done = 0

    def advance(self) -> None:
        """Fill the bar by one step."""
        self.done += 1
        if self.console.moving:
            self.console.write("\r" + self.text())

    def finish(self, details: str) -> None:
        """Write the line that stays."""
        start = "\r" if self.console.moving else ""
        self.console.line(f"{start}{self.text()}  {details}")

    def text(self) -> str:
        """Lay out label, bar and count."""
        count = f"{self.done:>{len(str(self.total))}}/{self.total}"
        if not self.console.moving:
            return f"{self.label}  {count}"
        filled = BAR_WIDTH * self.done // max(self.total, 1)
        return f"{self.label} {'━' * filled}{' ' * (BAR_WIDTH - filled)} {count}"


def encodes(encoding: str | None, text: str) -> bool:
    """Tell whether an encoding has all characters of a text."""
    try:
        text.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def drawn_digits(images: Any, labels: Any) -> Iterator[str]:
    """Draw images side by side, two characters a pixel, with their labels below.

    Args:
        images: float (N, 1, H, W) in [0, 1].
        labels: int (N,).
    """
    shades = np.array([2 * shade for shade in SHADES])
    levels = np.clip((images[:, 0] * len(SHADES)).astype(int), 0, len(SHADES) - 1)
    for row in range(levels.shape[1]):
        yield "   ".join("".join(shades[image[row]]) for image in levels).rstrip()
    width = 2 * levels.shape[2]
    yield "   ".join(f"label {label}".ljust(width) for label in labels).rstrip()
