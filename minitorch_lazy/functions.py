"""Every function of the package in one namespace, gathered from the files that declare them."""

from __future__ import annotations

import importlib
import os

from minitorch_lazy import ops
from minitorch_lazy.core.mistakes import guard
from minitorch_lazy.core.public import FACES

FOLDER = os.path.dirname(ops.__file__)
FILES = sorted(
    os.path.join(folder, name) for folder, _, names in os.walk(FOLDER)
    for name in names if name.endswith(".py") and name[0] != "_"
)  # fmt: skip
"""Every file of operations; `pathlib` would take ten times as long to find them."""

FAMILIES = ["minitorch_lazy.ops" + file[len(FOLDER) : -3].replace(os.sep, ".") for file in FILES]
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
