"""The first run, as a newcomer starts it: in a process of its own, with its output in a pipe."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

import minitorch_lazy as torch


def start(*arguments, **environment):
    """Run `python -m minitorch_lazy` and return its exit code and what it wrote."""
    return subprocess.run(
        [sys.executable, "-m", "minitorch_lazy", *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1", **environment},
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def first_run():
    """The whole main job: lenet, on the CPU."""
    return start("--device", "cpu")


@pytest.fixture(scope="module")
def lines(first_run):
    return first_run.stdout.splitlines()


def test_main_job_succeeds(first_run):
    assert (first_run.returncode, first_run.stderr) == (0, "")


def test_main_job_reaches_97_percent(first_run):
    accuracy = re.search(r"test accuracy ([\d.]+) %", first_run.stdout)
    assert float(accuracy[1]) >= 97


def test_header_names_versions_and_device(lines):
    start_of_line = f"minitorch_lazy {torch.__version__} · numpy {np.__version__} · cpu"
    assert lines[0].startswith(start_of_line)


def test_three_digits_are_drawn_with_labels(lines):
    assert lines[1] == "data   digits: 1437 train + 360 test images (1, 8, 8)"
    assert all(set(line) <= set(" ░▒▓█") for line in lines[2:10])
    assert lines[10].split() == ["label", "7", "label", "9", "label", "4"]


def test_net_is_shown_with_question_marks_before_it_has_seen_data(lines):
    at = lines.index("1. the net before it has seen data")
    rows = [" ".join(line.split()) for line in lines[at + 1 : at + 7]]
    assert rows == [
        "module type parameters count",
        "conv1 LazyConv2d weight(16, ?, 3, 3) bias(16) 144·? + 16",
        "conv2 LazyConv2d weight(32, ?, 3, 3) bias(32) 288·? + 32",
        "hidden LazyLinear weight(64, ?) bias(64) 64·? + 64",
        "output LazyLinear weight(10, ?) bias(10) 10·? + 10",
        "122 known parameters, 8 of 8 tensors still lazy",
    ]


def test_first_batch_settles_every_layer(lines):
    at = lines.index("2. first batch (64, 1, 8, 8) → shapes are known now")
    rows = [" ".join(line.split()) for line in lines[at + 1 : at + 6]]
    assert rows == [
        "conv1 LazyConv2d → Conv2d in_channels 1 (64, 16, 8, 8) 160",
        "conv2 LazyConv2d → Conv2d in_channels 16 (64, 32, 4, 4) 4,640",
        "hidden LazyLinear → Linear in_features 128 (64, 64) 8,256",
        "output LazyLinear → Linear in_features 64 (64, 10) 650",
        "13,706 parameters, 53.5 KB float32",
    ]


def test_every_epoch_is_one_plain_line(first_run):
    pattern = r"   epoch +\d+/15  23/23  \d+\.\d s  loss \d+\.\d\d  test \d+\.\d %\n"
    assert len(re.findall(pattern, first_run.stdout)) == 15
    assert "\r" not in first_run.stdout


def test_gradient_is_checked_and_the_next_step_told(lines):
    assert re.fullmatch(
        r"4\. gradient check on conv1\.weight against finite differences: "
        r"max rel\. error \de-\d+  ok",
        lines[-2],
    )
    assert lines[-1] == "next: the tour in README.md · python -m pytest -q"


def test_quiet_mlp_writes_one_line():
    finished = start("demo", "--model", "mlp", "--device", "cpu", "--seed", "1", "--quiet")
    assert finished.returncode == 0
    assert re.fullmatch(r" *test accuracy [\d.]+ % after [\d.]+ s\n", finished.stdout)


def test_net_that_has_not_learned_ends_with_exit_code_1():
    finished = start("--model", "mlp", "--epochs", "1", "--device", "cpu", "--quiet")
    assert finished.returncode == 1
    assert "below 95 %, more epochs may help" in finished.stdout


def test_same_seed_gives_the_same_numbers():
    first, second = (start("--model", "mlp", "--epochs", "2", "--device", "cpu") for _ in range(2))
    losses = [re.findall(r"loss [\d.]+  test [\d.]+", run.stdout) for run in (first, second)]
    assert len(losses[0]) == 2
    assert losses[0] == losses[1]


def test_output_without_block_characters_stays_readable():
    finished = start("--model", "mlp", "--epochs", "1", "--device", "cpu", PYTHONIOENCODING="ascii")
    assert finished.stderr == ""
    assert "LazyLinear > Linear" in finished.stdout


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_cuda_without_a_gpu_says_in_one_line_what_is_missing():
    finished = start("--device", "cuda")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert re.fullmatch(r".*--device cuda: cupy .*; --device cpu works\n", finished.stderr)


@pytest.mark.skipif(find_spec("cupy") is not None, reason="cupy is installed")
def test_missing_cupy_is_told_with_the_command_that_installs_it():
    assert "pip install 'minitorch_lazy[cuda12]'" in start("--device", "cuda").stderr


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_main_job_succeeds_on_the_gpu():
    finished = start("--device", "cuda", "--quiet")
    assert (finished.returncode, finished.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["--epochs", "0"], ["--epochs", "two"], ["paint"]])
def test_wrong_arguments_are_refused_with_exit_code_2(arguments):
    finished = start(*arguments)
    assert finished.returncode == 2
    assert "usage: python -m minitorch_lazy" in finished.stderr


def test_info_names_versions_blas_and_gpu():
    finished = start("info")
    assert finished.returncode == 0
    facts = dict(re.findall(r"^(\w+) +(.+)$", finished.stdout, flags=re.MULTILINE))
    assert facts["minitorch_lazy"] == torch.__version__
    assert facts["numpy"] == np.__version__
    assert {"python", "processor", "blas", "cupy", "gpu"} <= set(facts)
