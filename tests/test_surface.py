"""Everything the package asks of an array library, CuPy has."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.standin import snapshot, surface
from tests.standin.surface import Own, judge, uses


def test_every_array_function_of_the_package_is_in_cupy_or_our_own() -> None:
    found = surface.scan()
    assert found == [], "\n".join(found)


def test_the_snapshot_is_that_of_the_installed_wheel() -> None:
    cupy = pytest.importorskip("cupy", reason="compares surface.json with the cupy wheel")
    if cupy.__version__ != snapshot.version():
        pytest.skip(f"surface.json is of CuPy {snapshot.version()}, not {cupy.__version__}")
    assert snapshot.load() == snapshot.live()


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("sum", "a axis dtype out keepdims"),
        ("exp", "out dtype casting"),
        ("ndarray.sum", "axis dtype out keepdims"),
        ("ndarray.astype", "dtype order casting subok copy"),
        ("add.reduceat", "array indices axis dtype out"),
        ("pi", ""),
    ],
)
def test_the_snapshot_knows_keywords(name: str, keywords: str) -> None:
    assert snapshot.load()[name] == keywords


@pytest.mark.parametrize("name", ["einsum_path", "maximum.reduce", "multiply.at", "ndarray.resize"])
def test_the_snapshot_lacks_what_cupy_lacks(name: str) -> None:
    assert name not in snapshot.load()


def faults(folder: Path, text: str, own: Own | None = None) -> list[str]:
    """Scan one file of a backend that holds `text`."""
    file = folder / "backends" / "sample.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return [fault for use in uses(file) if (fault := judge(use, own or Own()))]


@pytest.mark.parametrize(
    "text",
    [
        "def f(xp, x): return xp.einsum_path('i,i', x, x)",
        "def f(xp, x): return xp.sum(x, where=x > 0)",
        "rule = lambda xp, g: xp.maximum.reduce(g)",
        "rule = lambda xp, g: xp.linalg.vector_norm(g)",
        "class A:\n    def f(self, x): return self.block([x])",
        "class A:\n    def f(self, x): return self.xp.var(x, correction=1)",
        "class A:\n    def f(self, x): return x.max(initial=0)",
        "class A:\n    def f(self, x): x.setflags(write=False)",
        "def f(xp, x): x @= x",
        "def f(xp, x): g = xp.nanquantile; return g(x)",
        "import cupy\ndef f(): cupy.cuda.cudnn",
        "softmax = primitive('softmax', x=lambda xp, g: g)",
    ],
)
def test_the_scan_finds(text: str, tmp_path: Path) -> None:
    assert len(faults(tmp_path, text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "def f(xp, x): return xp.sum(x, axis=0, keepdims=True)",
        "rule = lambda xp, g: xp.add.reduce(g)",
        "class A:\n    def f(self, x): return self.xp.lib.stride_tricks.as_strided(x, strides=())",
        "class A:\n    def f(self, x): return x.sum(axis=0).astype('f4', copy=False)",
        "import math\ndef f(xp, x): return math.sqrt(2) * xp.exp(x)",
    ],
)
def test_the_scan_lets_pass(text: str, tmp_path: Path) -> None:
    assert faults(tmp_path, text) == []


def test_a_definition_of_our_own_is_held_to_its_keywords(tmp_path: Path) -> None:
    own = Own({"softmax": [{"self", "x", "axis"}]})
    assert faults(tmp_path, "def f(xp, x): return xp.softmax(x, axis=1)", own) == []
    assert len(faults(tmp_path, "def f(xp, x): return xp.softmax(x, dim=1)", own)) == 1


def test_what_cupys_backend_overrides_may_be_numpys_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = tmp_path / "backends"
    (backends / "numpy").mkdir(parents=True)
    (backends / "cupy.py").write_text("class CupyBackend:\n    def top(self, x): return x")
    file = backends / "numpy" / "sample.py"
    file.write_text(
        "class A:\n"
        "    def top(self, x): return self.xp.maximum.reduce(x)\n"
        "    def low(self, x): return self.xp.minimum.reduce(x)\n"
    )
    monkeypatch.setattr(surface, "PACKAGE", tmp_path)
    assert [use.name for use in uses(file)] == ["minimum.reduce"]


def test_meta_arrays_are_not_held_to_cupy() -> None:
    assert not [f for f in surface.sources("backends") if "meta" in (f.stem, f.parent.name)]
