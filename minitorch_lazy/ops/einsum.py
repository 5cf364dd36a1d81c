"""Sums of products by Einstein's convention.

Two operands are contracted by one stack of matrix products: their labels are sorted into those of
the stack, of the rows, of the columns, and those that are summed.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.ops.axes import permute
from minitorch_lazy.ops.diagonals import diagonal
from minitorch_lazy.ops.equation import (
    Labels,
    from_equation,
    from_lists,
    output_labels,
    refused,
    spelled_out,
)
from minitorch_lazy.ops.product import matmul
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape


def distinct(x: Tensor, labels: Labels, equation: Any) -> tuple[Tensor, Labels]:
    """Replace dimensions that share a label by their diagonal."""
    for label in set(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if x.shape[first] != x.shape[second]:
                raise refused(equation, f"subscript {label} is repeated for operand but the sizes "
                              f"don't match, {x.shape[second]} != {x.shape[first]}")  # fmt: skip
            x = diagonal(x, 0, first, second)
            rest = tuple(n for i, n in enumerate(labels) if i not in (first, second))
            labels = (*rest, label)
    return x, labels


def summed_over(x: Tensor, labels: Labels, wanted: set[Any]) -> tuple[Tensor, Labels]:
    """Sum what nobody else wants."""
    away = tuple(i for i, label in enumerate(labels) if label not in wanted)
    if not away:
        return x, labels
    return total(x, away), tuple(label for label in labels if label in wanted)


def without_ones(x: Tensor, labels: Labels, sizes: dict[Any, int]) -> tuple[Tensor, Labels]:
    """Drop dimensions of size 1 that are broadcast: the others' elements all meet the same one."""
    drop = [i for i, label in enumerate(labels) if x.shape[i] == 1 != sizes[label]]
    if not drop:
        return x, labels
    shape = tuple(n for i, n in enumerate(x.shape) if i not in drop)
    return reshape(x, shape), tuple(label for i, label in enumerate(labels) if i not in drop)


def arranged(x: Tensor, labels: Labels, order: Labels) -> Tensor:
    """Permute the dimensions to an order of labels."""
    if labels == order:
        return x
    return permute(x, tuple(labels.index(label) for label in order))


def pair(x: Tensor, a: Labels, w: Tensor, b: Labels, wanted: set[Any]) -> tuple[Tensor, Labels]:
    """Contract two tensors by one stack of matrix products."""
    stack = tuple(label for label in a if label in b and label in wanted)
    away = tuple(label for label in a if label in b and label not in wanted)
    rows = tuple(label for label in a if label not in b)
    columns = tuple(label for label in b if label not in a)
    size = dict(zip((*a, *b), (*x.shape, *w.shape), strict=True))
    wide = [tuple(size[label] for label in part) for part in (stack, rows, away, columns)]
    left, right = arranged(x, a, stack + rows + away), arranged(w, b, stack + away + columns)
    shape = wide[0] + wide[1] + wide[3]
    if not away:
        left = reshape(left, wide[0] + wide[1] + (1,) * len(columns))
        return left * reshape(right, wide[0] + (1,) * len(rows) + wide[3]), (
            stack + rows + columns)  # fmt: skip
    number, height, depth, width = (math.prod(n) for n in wide)
    lead = (number,) if stack else ()
    found = matmul(reshape(left, (*lead, height, depth)), reshape(right, (*lead, depth, width)))
    return reshape(found, shape), stack + rows + columns


def sizes_of(parts: list[tuple[Tensor, Labels]], equation: Any) -> dict[Any, int]:
    """Return the size of every label; a size of 1 is broadcast to the others'."""
    sizes: dict[Any, int] = {}
    for x, labels in parts:
        for label, n in zip(labels, x.shape, strict=True):
            if n != 1 and sizes.get(label, 1) not in (1, n):
                raise refused(equation, f"subscript {label} has size {n} for an operand which does "
                              f"not broadcast with previously seen size {sizes[label]}")
            if n != 1 or label not in sizes:
                sizes[label] = n
    return sizes


def contracted(operands: list[Tensor], terms: list[Labels], output: Labels, equation: Any
               ) -> Tensor:  # fmt: skip
    """Contract from left to right."""
    parts = [distinct(x, term, equation) for x, term in zip(operands, terms, strict=True)]
    sizes = sizes_of(parts, equation)
    parts = [without_ones(x, labels, sizes) for x, labels in parts]
    for place in range(len(parts)):
        others = {n for i, (_, labels) in enumerate(parts) if i != place for n in labels}
        parts[place] = summed_over(*parts[place], others | set(output))
    x, labels = parts[0]
    for place, (w, more) in enumerate(parts[1:], 2):
        later = {n for _, names in parts[place:] for n in names}
        x, labels = pair(x, labels, w, more, later | set(output))
    return arranged(x, labels, output)


@public(method=False)
def einsum(*args: Any) -> Tensor:
    """Sum products of tensors by Einstein's convention.

    In `"ij,jk->ik"` each letter names a dimension; equal letters run together, and those that are
    not in the output are summed. `...` stands for dimensions that are broadcast. Without `->`, the
    output has the letters that appear once, in alphabetical order.

    Args:
        args: an equation and its operands, or `operand, labels, operand, labels, ...` with lists
            of numbers, then the output's list if it is not to be implied.

    Source: torch.einsum.

    >>> import minitorch_lazy as torch
    >>> torch.einsum("ij,j->i", torch.ones(2, 3), torch.arange(3.))
    tensor([3., 3.])
    """
    if args and isinstance(args[0], str):
        terms, output, operands = from_equation(args[0], args[1:])
    elif args and args[0].__class__ in TENSORS:
        terms, output, operands = from_lists(args)
    else:
        raise ValueError("einsum(): must specify the equation string and at least one operand")
    equation = args[0] if isinstance(args[0], str) else "of lists"
    if len(terms) != len(operands) or not operands:
        raise refused(equation, f"{len(operands)} operands were provided, but the equation has "
                      f"{len(terms)}")  # fmt: skip
    full = [spelled_out(term, x.ndim, equation) for term, x in zip(terms, operands, strict=True)]
    target = output_labels(output, full, equation)
    return contracted(operands, full, target, equation)
