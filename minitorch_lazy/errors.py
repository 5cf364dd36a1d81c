"""Errors that teach: what was asked, of what, where in the net, and one mend that works.

Everything here runs only after something failed, so it may take its time.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

DIAGNOSES: dict[str, Callable[..., tuple[type[Exception], str, str] | None]] = {}


def diagnosis(*operations: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function that says why these operations fail.

    It is called as `diagnose(arguments, static)` and returns `(error type, headline, mend)`,
    or None when it has nothing better to say than the array library.
    """

    def keep(diagnose: Callable[..., Any]) -> Callable[..., Any]:
        DIAGNOSES.update(dict.fromkeys(operations, diagnose))
        return diagnose

    return keep


CALLED: dict[str, Callable[..., Any]] = {}


def called(*operations: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function that says by which function of PyTorch users reach these operations.

    It is called as `rename(operation, arguments)` and returns the name and the arguments under
    which users know them.
    """

    def keep(rename: Callable[..., Any]) -> Callable[..., Any]:
        CALLED.update(dict.fromkeys(operations, rename))
        return rename

    return keep


def describe(value: Any) -> str:
    """Describe one argument: dtype, shape and device of a tensor, the repr of anything else."""
    if hasattr(value, "array") and hasattr(value, "dtype"):
        return f"{value.dtype.name} {tuple(value.array.shape)} on {value.device}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def message(operation: str, headline: str, arguments: Mapping[str, Any], mend: str = "") -> str:
    """Lay out a message: headline first, then one line an argument, then the mend."""
    if operation in CALLED:
        operation, arguments = CALLED[operation](operation, arguments)
    lines = [headline if names_itself(operation, headline) else f"{operation}: {headline}"]
    width = max([len(name) for name in arguments] + [4])
    lines += [f"  {name:<{width}}  {describe(value)}" for name, value in arguments.items()]
    if mend:
        lines.append(f"  {'mend':<{width}}  {mend}")
    return "\n".join(lines)


def names_itself(operation: str, headline: str) -> bool:
    """Tell whether a headline begins with its operation, as in `linalg.inv: A must be square`."""
    names, colon, _ = headline.partition(": ")
    return bool(colon) and operation in [
        name.strip("()").rpartition(".")[2] for name in names.split(", ")
    ]


def refuse(
    kind: type[Exception], operation: str, headline: str, mend: str = "", **arguments: Any
) -> Exception:
    """Build an error for a call that is refused before any work is done."""
    return kind(message(operation, headline, arguments, mend))


def mended(error: Exception, mend: str) -> Exception:
    """Say in a note on an error, whose text is PyTorch's, what would work."""
    error.add_note(f"  mend    {mend}")
    return error


def explain(
    operation: str, arguments: Mapping[str, Any], static: Mapping[str, Any], error: Exception,
    broadcasts: bool = False,
) -> Exception:  # fmt: skip
    """Turn a failure inside a kernel into an error that names the operation and its arguments.

    Args:
        broadcasts: whether the arguments are broadcast to one shape.
    """
    shown = {**arguments, **{k: v for k, v in static.items() if v is not None}}
    diagnose = DIAGNOSES.get(operation)
    found = diagnose(arguments, static) if diagnose else None
    if found is None and broadcasts:
        found = broadcast_failure(arguments)
    if found is None:
        found = unsupported(operation, arguments, error) or (type_of(error), plain(error), "")
    kind, headline, mend = found
    return kind(message(operation, headline, shown, mend))


def unsupported(
    operation: str, arguments: Mapping[str, Any], error: Exception
) -> tuple[type[Exception], str, str] | None:
    """Say that an operation has no kernel for a type, where the array library said so."""
    text = str(error)
    if not isinstance(error, TypeError) or not (
        "not supported for the input types" in text or "did not contain a loop" in text
    ):
        return None
    kinds = sorted({a.dtype.name for a in arguments.values() if hasattr(a, "array")})
    return (NotImplementedError, f"\"{operation}\" not implemented for '{' and '.join(kinds)}'",
            "convert it to a type that has this operation")  # fmt: skip


def type_of(error: Exception) -> type[Exception]:
    """Keep the types that PyTorch raises too; everything else is a RuntimeError."""
    for kind in (IndexError, TypeError, NotImplementedError, MemoryError):
        if isinstance(error, kind):
            return kind
    return RuntimeError


def plain(error: Exception) -> str:
    """Say in one line what the array library said."""
    return " ".join(str(error).split()) or type(error).__name__


def broadcast_failure(arguments: Mapping[str, Any]) -> tuple[type[Exception], str, str] | None:
    """Find the first pair of shapes that cannot be broadcast together."""
    shapes = [
        (name, tuple(value.array.shape))
        for name, value in arguments.items()
        if hasattr(value, "array")
    ]
    for (first, a), (second, b) in zip(shapes, shapes[1:], strict=False):
        for back in range(1, min(len(a), len(b)) + 1):
            if a[-back] != b[-back] and 1 not in (a[-back], b[-back]):
                axis = max(len(a), len(b)) - back
                return (
                    RuntimeError,
                    f"The size of tensor a ({a[-back]}) must match the size of tensor b "
                    f"({b[-back]}) at non-singleton dimension {axis}",
                    f"make dimension {-back} of {first} and {second} equal, or 1",
                )
    return None


def warn(text: str) -> None:
    """Warn at the line outside of this package that led here."""
    frame, level = sys._getframe(1), 2
    package = __name__.partition(".")[0] + "."
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(package):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, stacklevel=level)


def locate(error: Exception, module: Any) -> None:
    """Note on an error that is unwinding through `module` which layer of the net raised it."""
    try:
        chain = error.layers = [*getattr(error, "layers", []), module]  # type: ignore[attr-defined]
    except AttributeError:
        return
    names = [child_name(outer, inner) for inner, outer in zip(chain, chain[1:], strict=False)]
    path = ".".join(reversed([name for name in names if name]))
    place = f"{path} ({type(chain[0]).__name__})" if path else type(chain[0]).__name__
    caller = f", called from {type(module).__name__}.forward" if len(chain) > 1 else ""
    notes = [n for n in getattr(error, "__notes__", []) if not re.match(r"  at {4,}", n)]
    error.__notes__ = [*notes, f"  at      {place}{caller}"]


def child_name(outer: Any, inner: Any) -> str:
    """Name the path from a module to one that it called; empty where it holds no such child."""
    for name, module in outer.named_modules(remove_duplicate=False):
        if module is inner:
            return str(name)
    return ""
