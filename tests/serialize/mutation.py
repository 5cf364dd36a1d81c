"""Valid files of every format, and what is changed in them."""

from __future__ import annotations

import io
import json
import random
import warnings
import zipfile
from typing import Any

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.nn.recording import spelled
from minitorch_lazy.serialize import CheckpointError
from minitorch_lazy.serialize.safetensors.header import BLANK, CHECKSUM, sealed
from tests.serialize.hostile import LONG_AGO, legacy


def lazy_net() -> Any:
    """Make a net that is lazy in part, from a key, with a tie."""
    with nn.init.keyed(2):
        lazy = [nn.LazyLinear(3), nn.LazyConv1d(2, 3)]
    net = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), *lazy, nn.Linear(5, 7))
    net[4].weight = net[0].weight
    return net


def sample() -> Any:
    """Make a state dict with ties, several types, and layers that are still lazy."""
    torch.manual_seed(0)
    net = lazy_net()
    nn.init.normal_(net[2].weight, 0.0, std=2.0)
    net[3].reset_parameters()
    net[2].weight.mul_(0.5)
    state = net.state_dict()
    state["turned"] = state["0.weight"].T
    state["half"] = torch.rand(6).half()
    state["flags"] = torch.tensor([True, False, True])
    state["empty"] = torch.ones(0, 3)
    return state


def files(folder: Any) -> dict[str, bytes]:
    """Save the sample in every format that can be written, and add one of before 1.6.

    The last three are what lies behind the checksums: the opcodes of the `.pt`, and the headers of
    safetensors files of ours and of others; `packed` makes files of them.
    """
    found = {}
    for suffix in ("pt", "safetensors"):
        path = folder / f"sample.{suffix}"
        torch.save(sample(), path)
        found[suffix] = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(found["pt"])) as packed_sample:
        opcodes = packed_sample.read("sample/data.pkl")
    length = int.from_bytes(found["safetensors"][:8], "little")
    header = json.loads(found["safetensors"][8 : 8 + length])
    header["__metadata__"][CHECKSUM] = BLANK
    foreign = {**header, "__metadata__": {"format": "pt"}}
    STORAGES["header"] = STORAGES["foreign"] = found["safetensors"][8 + length :]
    STORAGES["opcodes"] = found["pt"]
    return {**found, "legacy": legacy(LONG_AGO), "opcodes": opcodes,
            "header": json.dumps(header, separators=(",", ":")).encode(),
            "foreign": json.dumps(foreign).encode()}  # fmt: skip


STORAGES: dict[str, bytes] = {}


def packed(form: str, content: bytes) -> bytes:
    """Make a file of a changed part, with every checksum right."""
    if form in ("header", "foreign"):
        content = sealed(content)
        return len(content).to_bytes(8, "little") + content + STORAGES[form]
    if form != "opcodes":
        return content
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(STORAGES[form])) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            whole = content if name.endswith("data.pkl") else source.read(name)
            target.writestr(name, whole)
    return out.getvalue()


def read(content: bytes) -> Any:
    """Load bytes; None where they are refused by the error that is made for it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(content), map_location="cpu")
    except CheckpointError:
        return None


def numbers(value: Any) -> Any:
    """Return what counts of a loaded value: types, shapes, and the bytes of every number."""
    if isinstance(value, torch.Tensor):
        if is_lazy(value):
            key = value.key
            calls = [(spelled(call.function), call.args, call.kwargs) for call in value.recorded]
            return (type(value).__name__, value.spec, value.dtype.name,
                    (key.seed, key.ordinal, key.draws), repr(calls))  # fmt: skip
        return (value.dtype.name, tuple(value.shape), value.numpy(force=True).tobytes())
    if isinstance(value, dict):
        return {key: numbers(part) for key, part in value.items()}
    return value


def flip(content: bytes, bit: int) -> bytes:
    """Turn one bit round."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def mutate(content: bytes, chance: random.Random) -> bytes:
    """Change a file in a few of the ways that files go wrong or are made wrong."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(max(len(changed), 1))
        count = chance.choice((1, 1, 2, 4, 8, 30))
        match chance.randrange(7):
            case 0:
                changed[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                changed = bytearray(flip(changed, chance.randrange(len(changed) * 8))) \
                    if changed else changed  # fmt: skip
            case 2:
                del changed[place : place + count]
            case 3:
                changed[place:place] = chance.randbytes(count)
            case 4:
                other = chance.randrange(max(len(changed), 1))
                changed[place : place + count] = changed[other : other + count]
            case 5:
                changed[place : place + 4] = chance.choice(EXTREMES)
            case _:
                del changed[place if chance.random() < 0.1 else max(len(changed) - count, 0) :]
    return bytes(changed)


EXTREMES = (b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\1\0\0\0", b"9999")
