"""What one operation costs beyond its numbers: tiny tensors, so that the package itself is timed.

python -m benchmarks.overhead [name ...] [--rounds N] [--same]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import pairs

CASES: dict[str, Callable[[Any], pairs.Step]] = {}
"""Name -> function of the package that returns what to time."""


def case(name: str) -> Callable[[Any], Any]:
    """Register a case under the name that the table shows."""

    def register(make: Any) -> Any:
        CASES[name] = make
        return make

    return register


def matrices(M: Any, count: int, requires_grad: bool) -> list[Any]:
    """Make seeded 4 x 4 tensors, the same for every package."""
    rng = np.random.default_rng(0)
    values = [rng.random((4, 4), dtype=np.float32) for _ in range(count)]
    return [M.tensor(value.tolist(), requires_grad=requires_grad) for value in values]


@case("mul, no graph")
def multiply(M: Any) -> pairs.Step:
    """Multiply tensors that need no gradient."""
    a, b = matrices(M, 2, False)
    return lambda: a * b


@case("mul, with graph")
def multiply_recorded(M: Any) -> pairs.Step:
    """Multiply tensors that need one; the graph is dropped at once."""
    a, b = matrices(M, 2, True)
    return lambda: a * b


def four_operations(M: Any, requires_grad: bool) -> tuple[list[Any], pairs.Step]:
    """Make the leaves, and a chain of four operations on them."""
    a, b, c = leaves = matrices(M, 3, requires_grad)
    return leaves, lambda: (a @ b + c).tanh().sum()


@case("4 ops, forward")
def forward(M: Any) -> pairs.Step:
    """Compute the chain and record it."""
    return four_operations(M, True)[1]


@case("4 ops, forward and backward")
def forward_backward(M: Any) -> pairs.Step:
    """Compute the chain and its gradients."""
    leaves, chain = four_operations(M, True)

    def step() -> Any:
        for leaf in leaves:
            leaf.grad = None
        loss = chain()
        loss.backward()
        return loss

    return step


@case("1,000 chained ops")
def thousand(M: Any) -> pairs.Step:
    """Compute a chain of 1,000 operations and its gradient."""
    (x,) = matrices(M, 1, True)

    def step() -> Any:
        x.grad = None
        y = x
        for _ in range(500):
            y = y * 0.999 + 0.001
        loss = y.sum()
        loss.backward()
        return loss

    return step


@case("module call")
def module_call(M: Any) -> pairs.Step:
    """Call a module that does nothing."""
    (x,) = matrices(M, 1, False)
    module = M.nn.Identity()
    return lambda: module(x)


@case("Linear, no graph")
def linear_call(M: Any) -> pairs.Step:
    """Call a layer under no_grad."""
    (x,) = matrices(M, 1, False)
    module = M.nn.Linear(4, 4).requires_grad_(False)
    return lambda: module(x)


def main() -> None:
    """Run the cases that the command line names, and print their table."""
    arguments = pairs.options(str(__doc__).split("\n", 1)[0]).parse_args()
    ours, torch = pairs.packages(arguments.same)
    names = pairs.chosen(arguments.names, list(CASES), list(CASES))
    pairs.head("4 x 4 tensors", arguments.same)
    for name in names:
        make = CASES[name]
        pairs.row(pairs.compare(name, make(ours), make(torch), arguments.rounds, arguments.seconds))


if __name__ == "__main__":
    main()
