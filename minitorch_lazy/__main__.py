"""The command line: `python -m minitorch_lazy` trains a lazy network on handwritten digits."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from minitorch_lazy.demo.console import Console
from minitorch_lazy.demo.files import run_files
from minitorch_lazy.demo.info import choose_device, show_info
from minitorch_lazy.demo.train import MODELS, Settings, run_demo


def build_parser() -> argparse.ArgumentParser:
    """Describe the arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m minitorch_lazy",
        description="Train a lazy network on handwritten digits (demo), say what this machine "
        "offers (info), list what a checkpoint holds (summary FILE), or turn a .pt file into a "
        ".safetensors file or back (convert A B).",
    )
    commands = ("demo", "info", "summary", "convert")
    parser.add_argument("command", nargs="?", choices=commands, default="demo")
    parser.add_argument("files", nargs="*", metavar="FILE", help="for summary and convert")
    parser.add_argument("--model", choices=sorted(MODELS), default="lenet")
    parser.add_argument("--epochs", type=positive, default=15, metavar="N")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quiet", action="store_true", help="write the result only")
    return parser


def positive(text: str) -> int:
    """Read a whole number above zero."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above 0")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit code: 0 for success, 1 if the network has not learned or its gradient is wrong,
        2 for arguments that this machine cannot serve, and files that cannot be read or written.
    """
    parser = build_parser()
    chosen = parser.parse_args(arguments)
    console = Console(sys.stdout, quiet=chosen.quiet)
    if chosen.command == "info":
        show_info(console)
        return 0
    try:
        if chosen.command != "demo":
            run_files(chosen.command, chosen.files, console)
            return 0
        if chosen.files:
            raise RuntimeError(f"demo takes no files, got {chosen.files[0]}")
        device = choose_device(chosen.device)
    except (RuntimeError, OSError, TypeError, ValueError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 2
    return run_demo(Settings(chosen.model, chosen.epochs, device, chosen.seed), console)


if __name__ == "__main__":
    sys.exit(main())
