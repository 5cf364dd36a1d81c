"""Every function of the package in one namespace, gathered from the files that declare them."""

from __future__ import annotations

import importlib
from pathlib import Path

from minitorch_lazy import ops
from minitorch_lazy.core.mistakes import guard
from minitorch_lazy.core.public import FACES

FOLDER = Path(ops.__file__).parent
FILES = [path.relative_to(FOLDER).with_suffix("") for path in sorted(FOLDER.rglob("*.py"))]
FAMILIES = [".".join(("minitorch_lazy.ops", *file.parts)) for file in FILES if file.name[0] != "_"]
for family in [*FAMILIES, "minitorch_lazy.nn.functional.native"]:
    importlib.import_module(family)


EXPORTED = {
    each: face.function
    for name, face in FACES.items()
    if face.exported
    for each in (name, *face.aliases)
}
guard(EXPORTED, list(EXPORTED))
globals().update(EXPORTED)
