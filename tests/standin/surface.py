"""Prove, by reading the source, that every array function the package names exists in CuPy.

    python -m tests.standin.surface            scan the package
    python -m tests.standin.surface --json     refresh surface.json from the installed cupy wheel

The scan walks the syntax trees of `backends`, `ops`, `nn` and `optim`. A name below `xp` (or below
`self` in a backend, or given to `primitive`) must be a kernel or a method of our own, or a function
of CuPy that takes the keywords used; a name below `self.xp` must be CuPy's. Names that no test
reaches are checked too.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.standin import snapshot

PACKAGE = Path(__file__).parents[2] / "minitorch_lazy"
PARTS = ("backends", "ops", "nn", "optim")
NOT_CUPY = ("meta",)
"""Files and folders of `backends` whose arrays are never CuPy's."""

NUMPY_ONLY = {"ctypes", "getfield", "itemset", "newbyteorder", "setfield", "setflags", "to_device"}
"""Attributes of NumPy's arrays that CuPy's lack, under names that nothing else has."""


@dataclass(frozen=True)
class Use:
    """One name of the source: where it stands, what it is looked up in, and its keywords."""

    file: Path
    line: int
    owner: str
    name: str
    keywords: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = "/".join(self.file.parts[-3:])
        return f"{place}:{self.line}: {self.owner}.{self.name}({', '.join(self.keywords)})"


@dataclass
class Own:
    """Names of our own: each with the keywords that its definitions take, None for any."""

    names: dict[str, list[set[str] | None]] = field(default_factory=dict)

    def add(self, name: str, keywords: set[str] | None) -> None:
        """Note one definition."""
        self.names.setdefault(name, []).append(keywords)

    def takes(self, name: str, keywords: tuple[str, ...]) -> bool:
        """Tell whether some definition of the name takes all keywords."""
        return any(known is None or known >= set(keywords) for known in self.names[name])


def sources(*parts: str) -> Iterator[Path]:
    """Yield the files of some parts of the package, the backends that are not CuPy's left out."""
    for part in parts:
        for file in sorted((PACKAGE / part).rglob("*.py")):
            if part != "backends" or not {*file.with_suffix("").parts} & {*NOT_CUPY}:
                yield file


def parameters(function: ast.FunctionDef) -> set[str] | None:
    """Return the keywords that a definition takes; None if it takes any."""
    arguments = function.args
    if arguments.kwarg:
        return None
    return {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def own_names() -> Own:
    """Collect the kernels that the package registers, and the methods and attributes of backends.

    Kernels are asked of the registry: some are made in a loop, with no definition to read.
    """
    importlib.import_module("minitorch_lazy")
    registry = importlib.import_module("minitorch_lazy.backends.registry")
    own = Own()
    for name, body in registry.KERNELS.items():
        accepted = inspect.signature(body).parameters
        free = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
        own.add(name, None if free else {*accepted})
    for file in sources("backends"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef):
                collect(node, own)
    return own


def collect(definition: ast.ClassDef, own: Own) -> None:
    """Note the methods and attributes of one class of a backend."""
    for node in ast.walk(definition):
        if isinstance(node, ast.FunctionDef):
            own.add(node.name, parameters(node))
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                own.add(ast.unparse(target).removeprefix("self."), None)


def chain(node: ast.expr) -> list[str]:
    """Spell `a.b.c` as its parts; the first is `?` where it is not a plain name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    parts.append(node.id if isinstance(node, ast.Name) else "?")
    return parts[::-1]


def overridden() -> set[str]:
    """Return the methods that CuPy's backend replaces: their bodies for NumPy never meet CuPy."""
    file = PACKAGE / "backends" / "cupy.py"
    tree = ast.parse(file.read_text() if file.exists() else "")
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {n.name for c in classes for n in c.body if isinstance(n, ast.FunctionDef)}


def without(tree: ast.Module, methods: set[str]) -> ast.Module:
    """Empty the bodies of some methods."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            node.body = [n for n in node.body if getattr(n, "name", None) not in methods]
    return tree


def uses(file: Path) -> Iterator[Use]:
    """Yield every use of an array function in one file, where it can meet CuPy's arrays."""
    tree = ast.parse(file.read_text())
    if "numpy" in file.parts:
        tree = without(tree, overridden())
    calls = {id(n.func): n for n in ast.walk(tree) if isinstance(n, ast.Call)}
    modular = {id(n) for f in ast.walk(tree) if renames_module(f) for n in ast.walk(f)}
    inner = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    modules = imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.MatMult):
            yield Use(file, node.lineno, "ndarray", "__imatmul__")
        elif isinstance(node, ast.Call) and chain(node.func)[-1] == "primitive" and node.args:
            yield from kernel_of(file, node)
        elif isinstance(node, ast.Attribute) and id(node) not in inner:
            call = calls.get(id(node))
            keywords = tuple(k.arg for k in call.keywords if k.arg) if call else ()
            parts = chain(node)
            if parts[0] == "xp" and id(node) in modular:
                parts = ["self", *parts]
            yield from use(file, node, parts, keywords, modules)


def renames_module(node: ast.AST) -> bool:
    """Tell whether a node is a method in which `xp` stands for `self.xp`, the array module."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(n, ast.Assign) and "xp" in ast.unparse(n.targets[0]).strip("()").split(", ")
        and "self.xp" in ast.unparse(n.value) for n in ast.walk(node)
    )  # fmt: skip


def kernel_of(file: Path, call: ast.Call) -> Iterator[Use]:
    """Yield the kernel that a primitive is made of, where its name is written out."""
    name = call.args[0]
    if isinstance(name, ast.Constant):
        yield Use(file, call.lineno, "xp", str(name.value))


def imported(tree: ast.Module) -> set[str]:
    """Return the names that a file's imports bind."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return found


def use(
    file: Path, node: ast.Attribute, parts: list[str], keywords: tuple[str, ...], modules: set[str]
) -> Iterator[Use]:
    """Decide what a dotted name is looked up in, and yield it if that is an array library."""
    if parts[-1].startswith("__"):
        return
    backend = "backends" in file.parts
    place = Use(file, node.lineno, "", "", keywords)
    for module in ("cupy", "cupyx"):
        if parts[0] == module and module in modules:
            prefix = "cupyx." if module == "cupyx" else ""
            yield replace(place, "cupy", prefix + ".".join(parts[1:]))
            return
    if "xp" in parts[:-1]:
        last = len(parts) - 1 - parts[::-1].index("xp", 1)
        yield replace(place, "xp" if last == 0 else "cupy", ".".join(parts[last + 1 :]))
    elif backend and parts[0] == "self" and len(parts) == 2:
        yield replace(place, "xp", parts[1])
    elif backend and len(parts) > 1 and parts[0] not in modules:
        known = f"ndarray.{parts[-1]}" in snapshot.best()
        if (known and keywords) or parts[-1] in NUMPY_ONLY:
            yield replace(place, "ndarray", parts[-1])


def replace(place: Use, owner: str, name: str) -> Use:
    """Fill in what a use is looked up in."""
    return Use(place.file, place.line, owner, name, place.keywords)


def judge(found: Use, own: Own) -> str | None:
    """Return what is wrong with a use, None if CuPy or a definition of our own serves it."""
    if found.owner == "xp" and found.name in own.names:
        if own.takes(found.name, found.keywords):
            return None
        return f"{found}: no definition of our own takes these keywords"
    name = f"ndarray.{found.name}" if found.owner == "ndarray" else found.name
    surface = snapshot.best()
    if name not in surface:
        nobody = "no kernel or method of ours, and " if found.owner == "xp" else ""
        return f"{found}: {nobody}CuPy {snapshot.version()} has no {name!r}"
    known = surface[name]
    refused = [k for k in found.keywords if known != "*" and k not in known.split()]
    return f"{found}: CuPy refuses {', '.join(refused)}" if refused else None


def scan() -> list[str]:
    """Return everything in the package that CuPy could not run."""
    own = own_names()
    found = (use for file in sources(*PARTS) for use in uses(file))
    return [fault for use in found if (fault := judge(use, own))]


def main() -> int:
    """Scan, or refresh the snapshot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", action="store_true", help="refresh surface.json and stop")
    if parser.parse_args().json:
        print(f"{snapshot.write()} names of CuPy {snapshot.version()}")
        return 0
    faults = scan()
    print("\n".join(faults) or "every name is in CuPy or our own")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
