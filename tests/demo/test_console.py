"""The console: bars on terminals only, letters that the stream can show."""

import io

import numpy as np
import pytest

from minitorch_lazy.demo.console import Console, drawn_digits


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


class Log(io.StringIO):
    encoding = "utf-8"


class Typewriter(io.StringIO):
    encoding = "ascii"


@pytest.fixture(autouse=True)
def capable_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


def count_to_four(console):
    progress = console.progress("epoch 1/2", 4)
    for _ in range(4):
        progress.advance()
    progress.finish("loss 0.50")


def test_log_gets_one_plain_line_for_a_whole_bar():
    stream = Log()
    count_to_four(Console(stream))
    assert stream.getvalue() == "epoch 1/2  4/4  loss 0.50\n"


def test_terminal_gets_a_bar_that_is_drawn_over_itself():
    stream = Terminal()
    count_to_four(Console(stream))
    drawings = stream.getvalue().split("\r")
    assert drawings[1] == "epoch 1/2 ━━━━             1/4"
    assert drawings[-1] == "epoch 1/2 ━━━━━━━━━━━━━━━━ 4/4  loss 0.50\n"


def test_dumb_terminal_gets_plain_lines(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    count_to_four(Console(stream))
    assert "\r" not in stream.getvalue()


def test_quiet_console_writes_results_only():
    stream = Terminal()
    console = Console(stream, quiet=True)
    console.line("chatter")
    count_to_four(console)
    console.result("result")
    assert stream.getvalue() == "result\n"


def test_stream_without_block_characters_gets_letters():
    stream = Typewriter()
    Console(stream).line("░▒▓█ ━ · →")
    assert stream.getvalue() == ".+%# = * >\n"


def test_table_aligns_columns():
    stream = Log()
    Console(stream).table([("conv", 160), ("linear", 8)], right=[1], indent=2)
    assert stream.getvalue() == "  conv     160\n  linear     8\n"


def test_empty_table_writes_nothing():
    stream = Log()
    Console(stream).table([])
    assert stream.getvalue() == ""


def test_digits_are_drawn_two_characters_a_pixel_with_labels_below():
    images = np.array([[[[0.0, 1.0], [0.5, 0.25]]], [[[1.0, 1.0], [0.0, 0.0]]]])
    assert list(drawn_digits(images, [3, 7])) == [
        "  ██   ████",
        "▒▒░░",
        "label 3   label 7",
    ]
