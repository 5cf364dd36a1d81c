"""Writes what is generated from the public faces: `__init__.py` and the stubs.

python -m tests.face          writes the files
tests/test_face.py            fails where a file is not what would be written
"""

from __future__ import annotations

import inspect
import re
import textwrap
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import minitorch_lazy
from minitorch_lazy.core import device, dtype, formats, generator, modes, printing, size, tensor
from minitorch_lazy.core.public import FACES

ROOT = Path(minitorch_lazy.__file__).parent
PLAIN: dict[types.ModuleType, list[str]] = {
    device: ["device"],
    dtype: [
        "bfloat16", "bool", "can_cast", "cdouble", "cfloat", "complex128", "complex64", "double",
        "dtype", "finfo", "float", "float16", "float32", "float64", "get_default_dtype", "half",
        "iinfo", "int", "int16", "int32", "int64", "int8", "long", "promote_types",
        "set_default_dtype", "short", "uint8",
    ],
    formats: ["channels_last", "channels_last_3d", "contiguous_format", "layout",
              "memory_format", "preserve_format", "strided"],
    generator: ["Generator", "default_generator"],
    modes: ["enable_grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled",
            "no_grad", "set_grad_enabled"],
    printing: ["set_printoptions"],
    size: ["Size"],
    tensor: ["Tensor"],
}  # fmt: skip
MODULES = ["autograd", "nn"]
LATER = {
    "cuda": "minitorch_lazy.cuda",
    "linalg": "minitorch_lazy.linalg",
    "load": "minitorch_lazy.serialize", "optim": "minitorch_lazy.optim",
    "save": "minitorch_lazy.serialize", "serialize": "minitorch_lazy.serialize",
    "special": "minitorch_lazy.special",
    "utils": "minitorch_lazy.utils",
}  # fmt: skip
"""Names whose modules are imported when they are first asked for."""
CONSTANTS = ["e", "inf", "nan", "pi"]
HEADER = '"""{doc}"""\n\n'
FIRST = "import numpy as _numpy  # noqa: F401 - deep in a stack of imports it would take longer\n"
SHADOWED = {name: f"builtins.{name}" for name in ("bool", "float", "int", "type")} | {
    "dtype": "types.dtype", "device": "Device",
}  # fmt: skip


def functions() -> list[str]:
    """Name all exported functions."""
    names = [n for name, face in FACES.items() if face.exported for n in (name, *face.aliases)]
    return sorted(set(names))


def filled(names: list[str]) -> str:
    """Write names in lines as long as the others of the project."""
    text = textwrap.fill(", ".join(names) + ",", 100, initial_indent="    ",
                         subsequent_indent="    ", break_on_hyphens=False)  # fmt: skip
    return f"(\n{text}\n)\n"


def imports(module: str, names: list[str]) -> str:
    """Write an import of several names."""
    one = f"from {module} import {', '.join(names)}\n"
    return one if len(one) <= 100 else f"from {module} import {filled(names)}"


def awaited() -> list[tuple[str, list[str]]]:
    """Group what is imported later by the module that it is imported from."""
    found: dict[str, list[str]] = {}
    for name, home in LATER.items():
        module = "minitorch_lazy" if home == f"minitorch_lazy.{name}" else home
        found.setdefault(module, []).append(name)
    return sorted(found.items())


def face() -> str:
    """Write `minitorch_lazy/__init__.py`."""
    text = HEADER.format(doc="A small, readable deep-learning framework: `import minitorch_lazy "
                             "as torch`.")  # fmt: skip
    text += FIRST + imports("math", CONSTANTS) + "from typing import TYPE_CHECKING\n\n"
    text += imports("minitorch_lazy", MODULES)
    for module, names in sorted(PLAIN.items(), key=lambda item: item[0].__name__):
        text += imports(module.__name__, sorted(names))
    text += imports("minitorch_lazy.functions", functions())
    text += "from minitorch_lazy.later import on_first_use\n\nif TYPE_CHECKING:\n"
    text += "".join("    " + imports(module, names) for module, names in awaited())
    plain = [name for names in PLAIN.values() for name in names]
    every = [*CONSTANTS, *MODULES, *LATER, *functions(), *plain]
    listed = filled([f'"{name}"' for name in sorted(set(every))])
    listed = listed.replace("(", "[").replace(")", "]")
    homes = "".join(f'        "{name}": "{home}",\n' for name, home in LATER.items())
    later = f"__getattr__, __dir__ = on_first_use(\n    __name__,\n    {{\n{homes}    }},\n)\n"
    return text + f'\n__version__ = "0.1.0"\n\n__all__ = {listed}\n{later}'


def signature(function: Any, first: str | None) -> str:
    """Write a signature, its first parameter renamed."""
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return "(self, *args: Any, **kwargs: Any) -> Any"
    parameters = list(found.parameters.values())
    if first is not None and parameters:
        parameters[0] = parameters[0].replace(
            name=first, annotation=inspect.Parameter.empty, default=inspect.Parameter.empty,
            kind=inspect.Parameter.POSITIONAL_OR_KEYWORD,
        )  # fmt: skip
    parts, star = [], False
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            star = True
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            parts.append("*")
            star = True
        parts.append(written(parameter, named=parameter.name == first))
    result = text_of(found.return_annotation)
    return f"({', '.join(parts)}) -> {result}"


def written(parameter: inspect.Parameter, named: bool) -> str:
    """Write one parameter; defaults are left to the source."""
    lead = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    kind = "" if named else f": {text_of(parameter.annotation)}"
    default = "" if parameter.default is parameter.empty else " = ..."
    return f"{lead}{parameter.name}{kind}{default}"


def text_of(annotation: Any) -> str:
    """Write an annotation, spelled so that no method of Tensor shadows a type."""
    if annotation is inspect.Parameter.empty:
        return "Any"
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = re.sub(r"\btypes\.dtype\b", "dtype", text)
    known = {"Any", "None", "Tensor", "Size", "Generator", "str", "tuple", "list", "dict", "object",
             "complex", *SHADOWED}  # fmt: skip
    words = set(re.findall(r"[A-Za-z_][\w.]*", text))
    if not words <= known:
        return "Any"
    return re.sub(r"\b(" + "|".join(SHADOWED) + r")\b", lambda m: SHADOWED[m[1]], text)


def members(cls: type) -> Iterator[str]:
    """Write the members of Tensor."""
    bases = reversed(cls.__mro__[:-1])
    every = {name: value for base in bases for name, value in vars(base).items()}
    for name, value in sorted(every.items()):
        if name in ("__slots__", "__doc__", "__module__", "__dict__", "__weakref__", "__new__"):
            continue
        if isinstance(value, property):
            kind = text_of(inspect.signature(value.fget).return_annotation)
            yield f"    @property\n    def {name}(self) -> {kind}: ...\n"
            if value.fset is not None:
                yield f"    @{name}.setter\n    def {name}(self, value: Any) -> None: ...\n"
        elif callable(value) and name != "__hash__":
            plain = every.get("__" + name[3:]) if name.startswith("__i") else None
            text = signature(plain or value, "self")
            ignore = "  # type: ignore[misc]" if plain and "*, " in text else ""
            yield f"    def {name}{text}: ...{ignore}\n"


def tensor_stub() -> str:
    """Write `core/tensor.pyi`."""
    text = HEADER.format(doc="Generated from the public faces; see tests/face.py.")
    text += ("import builtins\nfrom typing import Any\n\n"
             "from minitorch_lazy.core import dtype as types\n"
             "from minitorch_lazy.core.device import device as Device\n"
             "from minitorch_lazy.core.generator import Generator\n"
             "from minitorch_lazy.core.size import Size\n\n"
             "TENSORS: set[Any]\n\n"
             "class Tensor:\n    array: Any\n    node: Any\n    gradient: Any\n    memory: Any\n"
             "    origin: Any\n    def __new__(cls, *args: Any, **kwargs: Any) -> Any: ...\n")
    text += "".join(members(tensor.Tensor)) + "\n"
    for name, value in sorted(vars(tensor).items()):
        if inspect.isfunction(value) and value.__module__ == tensor.__name__:
            text += f"def {name}{signature(value, None)}: ...\n"
    return text


def function_stub() -> str:
    """Write `functions.pyi`."""
    text = HEADER.format(doc="Generated from the public faces; see tests/face.py.")
    text += ("import builtins\nfrom typing import Any\n\n"
             "from minitorch_lazy.core import dtype as types\n"
             "from minitorch_lazy.core.device import device as Device\n"
             "from minitorch_lazy.core.generator import Generator\n"
             "from minitorch_lazy.core.size import Size\n"
             "from minitorch_lazy.core.tensor import Tensor\n\n")  # fmt: skip
    table = {n: f.function for name, f in FACES.items() if f.exported for n in (name, *f.aliases)}
    return text + "".join(f"def {n}{signature(table[n], None)}: ...\n" for n in sorted(table))


FILES = {
    ROOT / "__init__.py": face,
    ROOT / "core" / "tensor.pyi": tensor_stub,
    ROOT / "functions.pyi": function_stub,
}


def main() -> None:
    """Write all files."""
    for path, write in FILES.items():
        path.write_text(write())


if __name__ == "__main__":
    main()
