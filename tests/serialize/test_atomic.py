"""A save that fails, or is killed, leaves the old file or the new one, whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

import minitorch_lazy as torch
from minitorch_lazy.serialize import atomic
from tests.serialize.kills import SUFFIXES, kill_in_a_loop, number_in


def state(number):
    return {"a": torch.full((1000,), float(number)), "b": torch.full((3, 3), float(number))}


class Failing:
    """Counts system calls, and lets one of them fail."""

    def __init__(self, monkeypatch, fail_at):
        self.count, self.fail_at, self.calls = 0, fail_at, []
        for name in ("fsync", "replace", "chmod"):
            monkeypatch.setattr(atomic.os, name, self.guarded(name, getattr(os, name)))
        opened = os.fdopen
        monkeypatch.setattr(atomic.os, "fdopen", lambda *args: Stream(opened(*args), self))

    def guarded(self, name, call):
        def guard(*args):
            self.count += 1
            self.calls.append(name)
            if self.count == self.fail_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return call(*args)

        return guard


class Stream:
    """A stream whose writes can fail."""

    def __init__(self, stream, failing):
        self.stream = stream
        self.write = failing.guarded("write", stream.write)
        self.flush = failing.guarded("flush", stream.flush)

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stream.close()


def calls_of(path):
    """Return which system calls a save makes."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        failing = Failing(monkeypatch, 0)
        torch.save(state(1), path)
    return failing.calls


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_failing_call_leaves_the_old_or_the_new_file_whole(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    torch.save(state(0), path)
    calls = calls_of(path)
    assert {"write", "flush", "chmod", "fsync", "replace"} <= set(calls)
    assert calls[-2:] == ["replace", "fsync"]
    for fail_at, name in enumerate(calls, start=1):
        torch.save(state(7), path)
        with pytest.MonkeyPatch.context() as monkeypatch:
            Failing(monkeypatch, fail_at)
            with pytest.raises(OSError, match="No space"):
                torch.save(state(8), path)
        renamed = fail_at == len(calls)
        assert number_in(path) == (8 if renamed else 7), name
        assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_first_save_that_fails_leaves_no_file(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    for fail_at, _ in enumerate(calls_of(tmp_path / f"y.{suffix}")[:-2], start=1):
        with pytest.MonkeyPatch.context() as monkeypatch:
            Failing(monkeypatch, fail_at)
            with pytest.raises(OSError, match="No space"):
                torch.save(state(8), path)
        assert not path.exists()


def test_value_that_cannot_be_saved_does_not_touch_the_file(tmp_path):
    torch.save(state(7), tmp_path / "x.pt")
    with pytest.raises(TypeError):
        torch.save({**state(8), "c": print}, tmp_path / "x.pt")
    assert number_in(tmp_path / "x.pt") == 7
    assert os.listdir(tmp_path) == ["x.pt"]


def test_full_disk_keeps_the_old_file(tmp_path):
    """The limit is the operating system's: a process of its own may write 100 KB."""
    path = tmp_path / "x.pt"
    torch.save(state(7), path)
    program = ("import resource, signal, sys; import minitorch_lazy as torch; "
               "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
               "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
               "torch.save(torch.zeros(100_000), sys.argv[1])")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, check=False)
    assert b"File too large" in done.stderr
    assert number_in(path) == 7
    assert os.listdir(tmp_path) == ["x.pt"]


def test_mode_and_link_of_the_old_file_are_kept(tmp_path):
    path, link = tmp_path / "x.pt", tmp_path / "link.pt"
    torch.save(state(1), path)
    path.chmod(0o640)
    link.symlink_to(path)
    torch.save(state(2), link)
    assert (link.is_symlink(), path.stat().st_mode & 0o777, number_in(path)) == (True, 0o640, 2)


def test_what_a_killed_save_left_is_removed_and_a_living_one_is_not(tmp_path):
    stale = tmp_path / f".x.pt.0123abcd{atomic.SUFFIX}"
    other = tmp_path / f".y.pt.0123abcd{atomic.SUFFIX}"
    mine = tmp_path / f".x.pt.notes{atomic.SUFFIX}"
    for path in (stale, other, mine):
        path.write_bytes(b"")
    handle, living = atomic.open_temporary(str(tmp_path), "x.pt")
    torch.save(state(1), tmp_path / "x.pt")
    assert (stale.exists(), os.path.exists(living), other.exists(), mine.exists()) == (
        False, True, True, True,
    )  # fmt: skip
    os.close(handle)


def test_device_files_are_written_to(tmp_path):
    torch.save(state(1), os.devnull)
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_ten_kills_lose_no_checkpoint(tmp_path, suffix):
    assert kill_in_a_loop(tmp_path / f"x.{suffix}", 10) >= 10
