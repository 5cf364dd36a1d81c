"""Functions that are written as text, each for one operation.

All of them see the same names, those that were shared; what belongs to one operation alone lies in
one constant, which the text of a function takes apart first. Between two products of matrices a
processor has forgotten nearly everything, and a name that another function has just looked up is
found faster.
"""

from __future__ import annotations

import linecache
from functools import lru_cache
from itertools import count
from types import CodeType, FunctionType
from typing import Any

SHARED: dict[str, Any] = {"__name__": __name__}
"""The names that all written functions know."""

WRITTEN = {
    "input", "other", "third", "fourth", "op", "kernels", "otherwise", "push", "kind", "owner", "y",
    "out", "error", "node", "my", "args", "arrays", "parents", "cache", "static",
}  # fmt: skip
"""The names that their texts use, beside letters with a number."""

NAME = "what belongs to one operation"
PARTS = repr(NAME)
"""Stands in a text for the tuple of what the function is written for: it compiles to a constant,
which `code_of` exchanges, so that taking the parts looks nothing up."""

FORMS = count(1)
"""Numbers the texts, which tracebacks show as files."""


def share(*things: Any, **named: Any) -> None:
    """Make things known to all written functions, under their own names or others."""
    SHARED.update({thing.__name__: thing for thing in things}, **named)


@lru_cache(None)
def compiled(text: str) -> CodeType:
    """Compile the text of a function; functions of one form share the work.

    Tracebacks and `inspect.getsource` find the text where Python looks for lines of files.
    """
    name = f"<written for operations, form {next(FORMS)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    module = compile(text, name, "exec")
    return next(part for part in module.co_consts if isinstance(part, CodeType))


def code_of(text: str, *parts: Any) -> CodeType:
    """Compile the text of a function for the operation that has these parts."""
    code = compiled(text)
    return code.replace(co_consts=tuple([parts if c == NAME else c for c in code.co_consts]))


def written(text: str, *parts: Any) -> FunctionType:
    """Make a function of its text."""
    return FunctionType(code_of(text, *parts), SHARED)


def items(parts: list[str]) -> str:
    """Write the inside of a tuple."""
    return "".join(part + ", " for part in parts)


def literal(text: str) -> int:
    """Read what a keyword is by default.

    Raises:
        ValueError: it is neither a bool nor an integer.
    """
    if text in ("True", "False"):
        return text == "True"
    if not text.lstrip("-").isdigit():
        raise ValueError(
            f"a static keyword may be True, False or an integer by default, not {text!r}\n"
            "  mend    leave the default out, and give the keyword in every call"
        )
    return int(text)


def check_free(name: str, static: tuple[str, ...]) -> None:
    """Refuse keywords that the written call uses for something else."""
    for word in static:
        if word in WRITTEN or word in SHARED or word[1:].isdigit():
            raise TypeError(f"primitive {name}: the call that is written for it uses the name "
                            f"{word!r}\n  mend    give the static keyword another one")  # fmt: skip
