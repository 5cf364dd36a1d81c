"""The commands for checkpoint files: summary and convert."""

import io
import re

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.__main__ import main
from minitorch_lazy.backends.numpy import NumpyBackend
from minitorch_lazy.demo import files
from minitorch_lazy.demo.console import Console
from minitorch_lazy.serialize.source import Source


@pytest.fixture
def checkpoint(tmp_path):
    net = nn.Sequential(nn.Linear(2, 3), nn.LazyLinear(4))
    torch.save({"net": net.state_dict(), "epoch": 7, "rate": 0.5}, tmp_path / "x.pt")
    return tmp_path / "x.pt"


def words(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_summary_lists_tensors_lazy_entries_and_values(checkpoint, capsys):
    assert main(["summary", str(checkpoint)]) == 0
    lines = words(capsys.readouterr().out)
    assert lines[:-1] == [
        "entry type shape bytes", "net.0.weight float32 (3, 2) 24", "net.0.bias float32 (3) 12",
        "net.1.weight lazy float32 (4, ?)", "net.1.bias lazy float32 (4)", "epoch int 7",
        "rate float 0.5",
    ]  # fmt: skip
    assert re.fullmatch(r"2 tensors in 2 storages of 36 bytes, file of [\d,]+ bytes", lines[-1])


def test_summary_makes_and_reads_no_tensor(tmp_path, monkeypatch, capsys):
    from tests.serialize.hostile import archive, number, storage, tensor

    path = tmp_path / "x.pt"
    path.write_bytes(archive(tensor(memory=storage())))

    def refuse(*args, **kwargs):
        raise AssertionError("a tensor was read")

    monkeypatch.setattr(Source, "array", refuse)
    monkeypatch.setattr(NumpyBackend, "from_numpy", refuse)
    assert main(["summary", str(path)]) == 0
    path.write_bytes(archive(tensor(memory=storage(numel=9), size=b"K\x09\x85")))
    assert main(["summary", str(path)]) == 2
    path.write_bytes(archive(tensor(offset=number(9))))
    assert main(["summary", str(path)]) == 2
    assert "looks at byte 52 of a storage of 16 bytes" in capsys.readouterr().err


def test_hostile_names_cannot_write_to_the_terminal(tmp_path, capsys):
    torch.save({"a\x1b[31m\nb": torch.ones(1)}, tmp_path / "x.pt")
    assert main(["summary", str(tmp_path / "x.pt")]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"a\x1b[31m\nb" in out


def test_convert_there_and_back_gives_the_same(tmp_path, capsys):
    state = nn.Sequential(nn.Linear(2, 3), nn.LazyLinear(4)).state_dict()
    first, flat, back = (str(tmp_path / name) for name in ("a.pt", "b.safetensors", "c.pt"))
    torch.save(state, first)
    assert main(["convert", first, flat]) == 0
    assert main(["convert", flat, back]) == 0
    assert f"{flat} → {back}" in capsys.readouterr().out
    found = torch.load(back)
    assert list(found) == list(state)
    assert found["0.weight"].tolist() == state["0.weight"].tolist()
    assert found["1.weight"].spec == (4, None)
    assert found._metadata == state._metadata


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["summary", "none.pt"], "No such file"), (["summary"], "summary needs FILE, got 0 files"),
        (["convert", "a.pt"], "convert needs A B, got 1 files"),
        (["demo", "a.pt"], "demo takes no files"),
    ],
)  # fmt: skip
def test_wrong_files_are_refused_in_one_line(arguments, text, capsys):
    assert main(arguments) == 2
    assert text in capsys.readouterr().err


def test_value_that_safetensors_cannot_hold_is_not_converted(checkpoint, tmp_path, capsys):
    assert main(["convert", str(checkpoint), str(tmp_path / "y.safetensors")]) == 2
    assert "holds tensors only" in capsys.readouterr().err
    assert not (tmp_path / "y.safetensors").exists()


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def test_large_files_get_bars(tmp_path, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(files, "LARGE", 1000)
    monkeypatch.setattr(files, "STEP", 1000)
    torch.save({"x": torch.zeros(1000), "y": torch.zeros(1000)}, tmp_path / "x.pt")
    stream = Terminal()
    files.convert_file(str(tmp_path / "x.pt"), str(tmp_path / "x.safetensors"), Console(stream))
    drawings = stream.getvalue().split("\r")
    assert any("4/" in drawing for drawing in drawings)
    assert "8/8" in stream.getvalue()
    log = io.StringIO()
    files.convert_file(str(tmp_path / "x.safetensors"), str(tmp_path / "z.pt"), Console(log))
    assert "\r" not in log.getvalue()
