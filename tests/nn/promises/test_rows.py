"""No promise without a test, and no test without a promise."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.nn.promises.rows import ROWS, SECTIONS

FILES = sorted(set(Path(__file__).parent.glob("test_*.py")) - {Path(__file__)})
TESTS = [
    (path.name, node)
    for path in FILES
    for node in ast.parse(path.read_text()).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


def keys_of(test: ast.FunctionDef) -> list[str]:
    """Read the rows that a test names in `@promise(...)`."""
    return [
        argument.value
        for decorator in test.decorator_list
        if isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "promise"
        for argument in decorator.args
        if isinstance(argument, ast.Constant)
    ]


def test_every_row_has_a_test():
    tested = {key for _, test in TESTS for key in keys_of(test)}
    assert [f"{key}: {ROWS[key]}" for key in ROWS if key not in tested] == []


def test_every_test_names_rows_that_exist():
    strays = [
        f"{file}::{test.name} names {keys_of(test) or 'no row'}"
        for file, test in TESTS
        if not keys_of(test) or set(keys_of(test)) - set(ROWS)
    ]
    assert strays == []


def test_no_two_tests_of_a_file_share_a_name():
    names = [(file, test.name) for file, test in TESTS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("section", SECTIONS)
def test_rows_are_plain_sentences_under_keys_of_their_own(section):
    for key, sentence in SECTIONS[section].items():
        assert re.fullmatch(r"\d+(\.\d+)+|[NR]\d+(\.\d+)?", key)
        assert sentence.endswith(".")
        assert len(sentence) < 90


def test_no_key_stands_twice():
    assert len(ROWS) == sum(map(len, SECTIONS.values()))
