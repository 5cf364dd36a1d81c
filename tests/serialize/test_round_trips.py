"""What one package writes, the other reads, for every dtype in every layout."""

from __future__ import annotations

import io
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.serialize import packing
from minitorch_lazy.serialize.archive import Archive
from minitorch_lazy.serialize.source import Source

DTYPES = ("bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 "
          "complex128").split()  # fmt: skip
WIDENED = {"uint16": "int32", "uint32": "int64", "uint64": "int64", "float8_e4m3fn": "float32",
           "float8_e5m2": "float32", "float8_e4m3fnuz": "float32", "float8_e5m2fnuz": "float32",
           "float8_e8m0fnu": "float32"}  # fmt: skip
LAYOUTS = {
    "contiguous": lambda x: x,
    "transposed": lambda x: x.T,
    "permuted": lambda x: x.reshape(2, 3, 2).permute(2, 0, 1),
    "row of a matrix": lambda x: x[1],
    "column of a matrix": lambda x: x[:, 1],
    "every second": lambda x: x[::2, 1::2],
    "expanded": lambda x: x[:1].expand(5, 3),
    "without dimensions": lambda x: x[2, 2],
    "empty": lambda x: x[:0],
    "empty inside": lambda x: x[:, 3:],
    "one more dimension": lambda x: x[None, :, None],
}
FORMATS = ("pt", "safetensors")


def values(package, dtype, layout):
    """Make a tensor of some numbers in a layout."""
    numbers = package.arange(12).reshape(4, 3)
    if dtype == "bool":
        numbers = numbers % 2
    x = numbers.to(getattr(package, dtype))
    return LAYOUTS[layout](x * (1 + 2j) if dtype.startswith("complex") else x)


def assert_same(mine, theirs):
    """Compare dtype, shape, strides and every number of tensors of two packages."""
    assert (str(mine.dtype), tuple(mine.shape)) == (str(theirs.dtype), tuple(theirs.shape))
    assert tuple(mine.stride()) == tuple(theirs.stride())
    assert mine.tolist() == theirs.tolist()


CASES = list(product(DTYPES, LAYOUTS))


@pytest.mark.torch
@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize(("dtype", "layout"), CASES)
def test_torch_reads_what_we_write(tmp_path, dtype, layout, mmap):
    oracle = pytest.importorskip("torch")
    torch.save({"x": values(torch, dtype, layout)}, tmp_path / "x.pt")
    found = oracle.load(tmp_path / "x.pt", mmap=mmap)["x"]
    assert_same(found, values(torch, dtype, layout))


@pytest.mark.torch
@pytest.mark.parametrize("form", ["new", "mapped", "legacy"])
@pytest.mark.parametrize(("dtype", "layout"), CASES)
def test_we_read_what_torch_writes(tmp_path, dtype, layout, form):
    oracle = pytest.importorskip("torch")
    written = {"x": values(oracle, dtype, layout)}
    oracle.save(written, tmp_path / "x.pt", _use_new_zipfile_serialization=form != "legacy")
    assert_same(torch.load(tmp_path / "x.pt", mmap=form == "mapped")["x"], written["x"])


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("dtype", "layout"), CASES)
def test_we_read_what_we_write(tmp_path, dtype, layout, form):
    if (form, dtype) == ("safetensors", "complex128"):
        with pytest.raises(TypeError, match="cannot hold"):
            torch.save({"x": values(torch, dtype, layout)}, tmp_path / "x.safetensors")
        return
    torch.save({"x": values(torch, dtype, layout)}, tmp_path / f"x.{form}")
    expected = values(torch, dtype, layout)
    found = torch.load(tmp_path / f"x.{form}")["x"]
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tolist() == expected.tolist()


@pytest.mark.torch
@pytest.mark.parametrize(("dtype", "layout"), list(product(WIDENED, LAYOUTS)))
def test_numbers_of_types_that_we_lack_come_in_a_wider_one(dtype, layout):
    oracle = pytest.importorskip("torch")
    numbers = oracle.arange(12).reshape(4, 3).to(oracle.float32).to(getattr(oracle, dtype))
    written, file = LAYOUTS[layout](numbers), io.BytesIO()
    oracle.save(written, file)
    file.seek(0)
    with pytest.warns(UserWarning, match=f"{dtype} are loaded as torch.{WIDENED[dtype]}"):
        found = torch.load(file)
    assert str(found.dtype) == f"torch.{WIDENED[dtype]}"
    assert found.tolist() == written.to(getattr(oracle, WIDENED[dtype])).tolist()


@pytest.mark.torch
@pytest.mark.parametrize("dtype", [name for name in WIDENED if name.startswith("float8")])
def test_every_float_of_eight_bits_is_what_torch_says(dtype):
    oracle = pytest.importorskip("torch")
    codes, file = oracle.arange(256, dtype=oracle.uint8), io.BytesIO()
    written = codes.view(getattr(oracle, dtype))
    oracle.save(written, file)
    file.seek(0)
    with pytest.warns(UserWarning, match=dtype):
        found = torch.load(file).numpy()
    np.testing.assert_array_equal(found, written.to(oracle.float32).numpy())


@pytest.mark.torch
@pytest.mark.parametrize("dtype", DTYPES)
def test_files_of_big_endian_machines_are_read(dtype, monkeypatch):
    """The file is PyTorch's own, its storages turned round word by word."""
    oracle = pytest.importorskip("torch")
    import zipfile

    written, file, turned = values(oracle, dtype, "transposed"), io.BytesIO(), io.BytesIO()
    oracle.save(written, file)
    word = written.element_size() // (2 if dtype.startswith("complex") else 1)
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(turned, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if "/data/" in name:
                content = np.frombuffer(content, f"u{word}").byteswap().tobytes()
            target.writestr(name, b"big" if name.endswith("byteorder") else content)
    turned.seek(0)
    assert_same(torch.load(turned), written)


@pytest.mark.filterwarnings("ignore:load. tensors of bfloat16")
def test_bfloat16_comes_as_float32_where_its_package_is_missing(monkeypatch):
    from minitorch_lazy.core.dtype import bfloat16
    from minitorch_lazy.serialize.kinds import KINDS, Kind

    file = io.BytesIO()
    torch.save(torch.tensor([1.5, -2.0], dtype=bfloat16), file)
    file.seek(0)
    absent = SimpleNamespace(stored=None)
    kind = Kind("bfloat16", 2, 2, absent)
    monkeypatch.setitem(KINDS, "bfloat16", kind)
    found = kind.elements(np.array([0x3FC0, 0xC000], np.uint16).view(np.uint8))
    assert found.dtype == np.float32
    assert found.tolist() == [1.5, -2.0]


@pytest.mark.torch
@pytest.mark.parametrize("large", [1, 1 << 30])
def test_storages_begin_at_multiples_of_64_also_in_records_of_gigabytes(
    tmp_path, monkeypatch, large
):
    oracle = pytest.importorskip("torch")
    monkeypatch.setattr(packing, "LARGE", large)
    state = {f"x{size}": torch.arange(size) for size in (1, 7, 100, 3)}
    torch.save(state, tmp_path / "x.pt")
    with (tmp_path / "x.pt").open("rb") as stream:
        places = Archive(Source(stream, "x.pt")).places
    starts = [start % 64 for name, (start, _, _) in places.items() if "/data/" in name]
    assert starts == [0, 0, 0, 0]
    for found in (oracle.load(tmp_path / "x.pt", mmap=True), torch.load(tmp_path / "x.pt")):
        assert {key: x.tolist() for key, x in found.items()} == {
            key: x.tolist() for key, x in state.items()
        }


@pytest.mark.torch
def test_a_stream_that_can_only_be_written_to_is_enough():
    oracle = pytest.importorskip("torch")
    parts = []
    pipe = SimpleNamespace(write=lambda part: parts.append(bytes(part)), flush=lambda: None)
    torch.save({"x": torch.arange(5)}, pipe)
    for load in (torch.load, oracle.load):
        assert load(io.BytesIO(b"".join(parts)))["x"].tolist() == [0, 1, 2, 3, 4]
