"""The generated files are what the declarations say."""

from pathlib import Path

import pytest

import minitorch_lazy as torch
from minitorch_lazy.core.public import FACES
from minitorch_lazy.core.tensor import Tensor
from tests.face import FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_generated_file_is_fresh(path: Path) -> None:
    assert path.read_text() == FILES[path](), "run: python -m tests.face"


def test_every_exported_name_is_there_and_the_list_is_sorted() -> None:
    assert torch.__all__ == sorted(torch.__all__)
    assert all(hasattr(torch, name) for name in torch.__all__)


def test_every_declared_function_has_a_docstring() -> None:
    assert [name for name, face in FACES.items() if not face.function.__doc__] == []


def test_every_method_and_in_place_form_is_on_tensor() -> None:
    for name, face in FACES.items():
        for each in (name, *face.aliases):
            assert not face.method or callable(getattr(Tensor, each))
            assert not face.inplace or callable(getattr(Tensor, each + "_"))
