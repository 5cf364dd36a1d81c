"""CuPy's surface: every name it offers and the keywords each takes, live or from a snapshot.

The snapshot `surface.json` is what machines without the cupy wheel judge by. It holds one line a
name: the keywords in order, `*` where any keyword is taken, nothing for what is not called.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

FILE = Path(__file__).with_name("surface.json")
MODULES = ("", "cuda", "cuda.runtime", "fft", "lib.stride_tricks", "linalg", "random")
EXTRAS = ("", "scipy", "scipy.special", "profiler")
CLASSES = ("ndarray", "random.Generator", "random.RandomState")
UFUNC_METHODS = ("accumulate", "at", "outer", "reduce", "reduceat")
UFUNC_KEYWORDS = "out dtype casting"


def load() -> dict[str, str]:
    """Read the snapshot: name -> keywords."""
    names: dict[str, str] = json.loads(FILE.read_text())["names"]
    return names


def version() -> str:
    """Return the version of CuPy that the snapshot was taken from."""
    return str(json.loads(FILE.read_text())["cupy"])


def importable() -> bool:
    """Tell whether the cupy wheel is installed; this says nothing about a GPU."""
    return importlib.util.find_spec("cupy") is not None


@cache
def best() -> dict[str, str]:
    """Return the installed CuPy's surface, or the snapshot where there is no wheel."""
    return live() if importable() else load()


def live() -> dict[str, str]:
    """Read the surface off the installed CuPy. It needs no GPU and no driver."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cupy
        import cupyx
        import cupyx.profiler
        import cupyx.scipy.special

        names = {}
        for name in CLASSES:  # first: naming a lazy class makes dir() of its module show it
            owner = resolve(cupy, name)
            names.update({f"{name}.{n}": keywords(v) for n, v in public(owner)})
        for prefix, root, modules in (("", cupy, MODULES), ("cupyx.", cupyx, EXTRAS)):
            for module in modules:
                names.update(of_module(root, module, prefix))
        names.update(of_ufuncs(cupy))
    return dict(sorted(names.items()))


def resolve(root: Any, dotted: str) -> Any:
    """Follow a dotted name from a module or an object."""
    for part in dotted.split(".") if dotted else ():
        root = getattr(root, part)
    return root


def public(owner: Any) -> Iterator[tuple[str, Any]]:
    """Yield the public names of a module or a class, submodules left out."""
    for name in dir(owner):
        if not name.startswith("_") and name != "annotations":
            value = getattr(owner, name)
            if not isinstance(value, ModuleType):
                yield name, value


def of_module(root: Any, module: str, prefix: str) -> dict[str, str]:
    """Return name -> keywords for one module."""
    dotted = prefix + module + "." * bool(module)
    return {dotted + n: keywords(v) for n, v in public(resolve(root, module))}


def keywords(value: Any) -> str:
    """Return the keywords of a callable, by its signature or as its docstring opens."""
    if not callable(value):
        return ""
    if type(value).__name__ == "ufunc":
        return UFUNC_KEYWORDS
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return documented(value)
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return "*"
    named = (p.name for p in parameters if p.kind is not p.VAR_POSITIONAL)
    return " ".join(name for name in named if name != "self")


def documented(value: Any) -> str:
    """Read the keywords from a compiled function's docstring; `*` where it does not tell."""
    text = (getattr(value, "__doc__", None) or "").split("\n\n")[0].replace("\n", " ")
    found = re.match(r"[\w.]+\((.*)\)", text)
    if not found or "**" in found[1]:
        return "*"
    parameters = [part.split("=")[0].split() for part in re.split(r",(?![^(\[]*[)\]])", found[1])]
    names = [words[-1] for words in parameters if words and not words[-1].startswith("*")]
    return " ".join(name for name in names if name != "self")


def of_ufuncs(cupy: Any) -> dict[str, str]:
    """Return the methods that each ufunc has: CuPy refuses the others with NotImplementedError."""
    from tests.standin import ghosts

    names = {}
    for name, ufunc in public(cupy):
        if type(ufunc).__name__ == "ufunc":
            for method in UFUNC_METHODS:
                if ghosts.has_method(cupy, ufunc, method):
                    names[f"{name}.{method}"] = documented(getattr(cupy.ufunc, method))
    return names


def write() -> int:
    """Refresh the snapshot from the installed wheel and return how many names it holds."""
    import cupy

    names = live()
    lines = ",\n".join(f"{json.dumps(n)}: {json.dumps(k)}" for n, k in names.items())
    FILE.write_text(f'{{"cupy": "{cupy.__version__}", "names": {{\n{lines}\n}}}}\n')
    return len(names)
