"""The package is a house: imports go down its floors, and no room is too big to see through."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "minitorch_lazy"
FILES = sorted(PACKAGE.rglob("*.py"))

FLOORS = {
    "errors": 0, "later": 0, "backends": 1, "core": 2, "ops": 3, "autograd": 4, "nn": 5, "optim": 6,
    "utils": 6, "serialize": 7, "capture": 8,
}  # fmt: skip
ROOF = 9
"""Where d2l, viz, data, demo, `__init__`, `__main__` and every name not listed above stand."""

FOREIGN = ("cupy", "cupyx", "scipy", "matplotlib", "tqdm", "IPython")
CUPY_HOME = PACKAGE / "backends" / "cupy.py"

FILE_LINES = 400
FUNCTION_LINES = 50

TORCH_NAMES = set(
    """
    _apply _auto_collation _base _calculate_correct_fan _calculate_fan_in_and_fan_out
    _call_impl _check_input_dim _conv_forward _ff_block _get_backward_hooks _get_closed_form_lr
    _get_item_by_idx _get_iterator _get_name _index_sampler _indices _infer_parameters
    _init_group _initial_step _initialize_hook _is_view _lazy_load_hook _load_from_state_dict
    _mha_block _named_members _non_persistent_buffers_set _register_load_state_dict_pre_hook
    _register_state_dict_hook _replicate_for_data_parallel _reset _reset_parameters
    _sa_block _save_to_state_dict _update_lr _values _version
    _AdaptiveAvgPoolNd _AdaptiveMaxPoolNd _AvgPoolNd _BatchNorm _ConvNd _ConvTransposeNd
    _all_weights _flat_weights _flat_weights_names
    _InstanceNorm _LazyNormBase _Loss _LRScheduler _MaxPoolNd _NormBase _Orthogonal _SpectralNorm
    _WeightNorm _WeightedLoss
    """.split()
)
"""Names with an underscore that users of PyTorch call or override."""


def relative(file: Path) -> str:
    """Spell a file's place in the package."""
    return str(file.relative_to(PACKAGE))


def floor(part: str) -> int:
    """Return the floor of a part of the package."""
    return FLOORS.get(part, ROOF)


def part_of(file: Path) -> str:
    """Return the part of the package that a file belongs to."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full dotted name of everything that a file imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def inner_imports(file: Path) -> Iterator[tuple[int, str]]:
    """Yield line and part of the package for each import of our own."""
    for line, name in imports(file):
        root, *rest = name.split(".")
        if root == PACKAGE.name:
            known = rest and ((PACKAGE / rest[0]).is_dir() or (PACKAGE / f"{rest[0]}.py").exists())
            yield line, rest[0] if known else "__init__"


def definitions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield every function and class of a file."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: list[str]) -> int:
    """Count the lines of a function, without its docstring, empty lines and comments."""
    docstring = function.body[0]
    is_text = isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant)
    skipped = range(docstring.lineno, (docstring.end_lineno or 0) + 1) if is_text else range(0)
    lines = range(function.lineno, (function.end_lineno or 0) + 1)
    return sum(
        bool(text[line - 1].strip()) and not text[line - 1].strip().startswith("#")
        for line in lines
        if line not in skipped
    )


def test_imports_go_down_the_floors() -> None:
    upward = [
        f"{relative(file)}:{line} imports {part}"
        for file in FILES
        for line, part in inner_imports(file)
        if floor(part) > floor(part_of(file))
    ]
    assert upward == [], "\n".join(upward)


def test_only_its_backend_imports_cupy() -> None:
    strangers = [
        f"{relative(file)}:{line} imports {name}"
        for file in FILES
        for line, name in imports(file)
        if file != CUPY_HOME and name.split(".")[0] in ("cupy", "cupyx")
    ]
    assert strangers == []


def test_no_module_brings_cupy_in_by_its_name_as_text() -> None:
    strangers = [
        f"{relative(file)}:{node.lineno}"
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if file != CUPY_HOME
        and isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__")
        and any(isinstance(a, ast.Constant) and str(a.value).startswith("cupy") for a in node.args)
    ]
    assert strangers == []


def test_imports_are_absolute() -> None:
    dotted = [
        f"{relative(file)}:{line} {name}"
        for file in FILES
        for line, name in imports(file)
        if name.startswith(".")
    ]
    assert dotted == []


def test_importing_the_package_brings_in_no_optional_library() -> None:
    program = "import sys; before = set(sys.modules); import minitorch_lazy; " + (
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=False, cwd=PACKAGE.parent,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "numpy" in run.stdout.split()
    assert set(run.stdout.split()) & {*FOREIGN} == set()


def test_a_file_fits_in_the_head() -> None:
    sizes = {relative(file): len(file.read_text().splitlines()) for file in FILES}
    assert {name: size for name, size in sizes.items() if size > FILE_LINES} == {}


def test_a_function_fits_on_the_screen() -> None:
    long = [
        f"{relative(file)}:{node.lineno} {node.name}"
        for file in FILES
        for node in definitions(file)
        if not isinstance(node, ast.ClassDef)
        and code_lines(node, file.read_text().splitlines()) > FUNCTION_LINES
    ]
    assert long == [], "\n".join(long)


def test_names_have_no_leading_underscore() -> None:
    hidden = [
        f"{relative(file)}:{node.lineno} {node.name}"
        for file in FILES
        for node in definitions(file)
        if node.name.startswith("_")
        and node.name not in TORCH_NAMES
        and not (node.name.startswith("__") and node.name.endswith("__"))
        and node.name.strip("_")
    ]
    assert hidden == [], "\n".join(hidden)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from minitorch_lazy.nn import functional", ["nn"]),
        ("from minitorch_lazy import errors", ["errors"]),
        ("import minitorch_lazy as torch", ["__init__"]),
        ("from minitorch_lazy import Tensor", ["__init__"]),
        ("def f():\n    import minitorch_lazy.core.tensor", ["core"]),
        ("import numpy", []),
    ],
)
def test_the_walk_sees_every_form_of_import(text: str, found: list[str], tmp_path: Path) -> None:
    file = tmp_path / "sample.py"
    file.write_text(text)
    assert [part for _, part in inner_imports(file)] == found


def test_the_line_count_leaves_out_text_and_blanks() -> None:
    text = 'def f():\n    """Say.\n\n    More.\n    """\n\n    # why\n    return 1\n'
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert code_lines(function, text.splitlines()) == 2
