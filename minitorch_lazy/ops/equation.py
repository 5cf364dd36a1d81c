"""Reading the equations of `einsum`: which label stands at which dimension of which operand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse

Labels = tuple[Any, ...]


def refused(equation: Any, headline: str) -> Exception:
    """Build the error for an equation that makes no sense."""
    return refuse(RuntimeError, "einsum", f"einsum(): {headline}",
                  "write one letter for each dimension, as in 'ij,jk->ik'",
                  equation=equation)  # fmt: skip


def labels_of(term: str, equation: str) -> Labels:
    """Read the letters and the ellipsis of one term."""
    found: list[Any] = []
    text = term.replace(" ", "")
    while text:
        if text.startswith("..."):
            if Ellipsis in found:
                raise refused(equation, "found '.' for which an ellipsis was already found")
            found.append(Ellipsis)
            text = text[3:]
            continue
        if not (text[0].isascii() and text[0].isalpha()):
            raise refused(equation, f"invalid subscript given: '{text[0]}', subscripts must be in "
                          "[a-zA-Z]")  # fmt: skip
        found.append(text[0])
        text = text[1:]
    return tuple(found)


def from_lists(args: tuple[Any, ...]) -> tuple[list[Labels], Labels | None, list[Tensor]]:
    """Read `operand, labels, operand, labels, ..., output labels`."""
    output = tuple(args[-1]) if len(args) % 2 else None
    pairs = args[: len(args) - len(args) % 2]
    return [tuple(labels) for labels in pairs[1::2]], output, list(pairs[::2])


def from_equation(
    equation: str, operands: Sequence[Any]
) -> tuple[list[Labels], Labels | None, list[Tensor]]:
    """Read an equation such as `"ij,jk->ik"` and its operands."""
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    left, arrow, right = equation.partition("->")
    terms = [labels_of(term, equation) for term in left.split(",")]
    return terms, labels_of(right, equation) if arrow else None, list(operands)


def spelled_out(labels: Labels, count: int, equation: Any) -> Labels:
    """Replace an ellipsis by numbered labels, -1 being the last dimension that it stands for."""
    if Ellipsis not in labels:
        if len(labels) != count:
            raise refused(equation, "the number of subscripts in the equation "
                          f"({len(labels)}) does not match the number of dimensions ({count}) for "
                          "an operand and no ellipsis was given")  # fmt: skip
        return labels
    place = labels.index(Ellipsis)
    width = count - (len(labels) - 1)
    if width < 0:
        raise refused(equation, f"the number of subscripts in the equation ({len(labels) - 1}) is "
                      f"more than the number of dimensions ({count}) for an operand")  # fmt: skip
    inner = tuple(("...", i - width) for i in range(width))
    return labels[:place] + inner + labels[place + 1 :]


def implied(terms: list[Labels]) -> Labels:
    """Return the output of an equation without one: the ellipsis, then labels that appear once."""
    flat = [label for term in terms for label in term if not isinstance(label, tuple)]
    return (Ellipsis, *sorted(label for label in set(flat) if flat.count(label) == 1))


def output_labels(output: Labels | None, terms: list[Labels], equation: Any) -> Labels:
    """Spell the output out, and check it."""
    wide = max((sum(isinstance(label, tuple) for label in term) for term in terms), default=0)
    dots = tuple(("...", i - wide) for i in range(wide))
    if output is None:
        output = implied(terms)
    found: list[Any] = []
    for label in output:
        found.extend(dots if label is Ellipsis else (label,))
    for label in found:
        if found.count(label) > 1:
            raise refused(equation, f"output subscript {label} appears more than once in the "
                          "output")  # fmt: skip
        if not any(label in term for term in terms):
            raise refused(equation, f"output subscript {label} does not appear in the equation "
                          "for any input operand")  # fmt: skip
    return tuple(found)
