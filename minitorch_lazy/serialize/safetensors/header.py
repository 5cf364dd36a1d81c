"""The header of a safetensors file: what it must be, and a checksum that covers it.

The format: 8 bytes with the header's length N, N bytes of JSON, then the tensors' bytes without
gaps. Source: https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from minitorch_lazy.serialize.failure import CheckpointError
from minitorch_lazy.serialize.kinds import KINDS

LONGEST_HEADER = 100_000_000
METADATA = "__metadata__"
RECORD = "header"

KIND_OF_CODE = {
    code: KINDS[name]
    for code, name in {
        "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "I32": "int32",
        "I64": "int64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64",
        "C64": "complex64", "U16": "uint16", "U32": "uint32", "U64": "uint64",
        "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu",
        "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
    }.items()
}  # fmt: skip
CODE_OF_NAME = {kind.name: code for code, kind in KIND_OF_CODE.items()}

OURS = "minitorch_lazy."
"""How the names of all that is ours in the metadata begin: it is never there without checksums."""

CHECKSUM = OURS + "checksum"
"""In the metadata: the checksum of the header."""

CHECKSUMS = OURS + "checksums"
"""In the metadata: those of the tensors' bytes, by name."""

TIED = OURS + "tied"
"""In the metadata: which tensors look at the memory of another one, and how."""

MODULES = OURS + "modules"
"""In the metadata: `_metadata` of a state dict, with its lazy entries."""

BLANK = "00000000"


def field(value: str) -> bytes:
    """Spell the field of the header's own checksum."""
    return f'"{CHECKSUM}":"{value}"'.encode()


def sealed(header: bytes) -> bytes:
    """Put the header's checksum, computed while its field is all zeros, into the field."""
    return header.replace(field(BLANK), field(f"{zlib.crc32(header):08x}"), 1)


def check_seal(header: bytes, metadata: dict[str, str]) -> None:
    """Refuse a header of ours that is not what its checksum was computed of."""
    ours = {name for name in metadata if name.startswith(OURS)}
    if not ours:
        return
    if not {CHECKSUM, CHECKSUMS} <= ours <= {CHECKSUM, CHECKSUMS, TIED, MODULES}:
        raise CheckpointError("its metadata were changed after it was saved", RECORD)
    found = metadata[CHECKSUM]
    if header.count(field(found)) != 1:
        raise CheckpointError("its checksum is not written as it was", RECORD)
    actual = f"{zlib.crc32(header.replace(field(found), field(BLANK))):08x}"
    if actual != found:
        raise CheckpointError(f"its checksum is {actual}, it should be {found[:20]}: it was "
                              "changed after it was saved", RECORD)  # fmt: skip


def parse(header: bytes, record: str = RECORD) -> dict[str, Any]:
    """Read JSON in which no name is there twice."""
    try:
        found = json.loads(header.decode(), object_pairs_hook=unique, parse_constant=refuse_number)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"no JSON: {type(error).__name__}: {error}", record) from None
    if type(found) is not dict:
        raise CheckpointError("JSON, but no object", record)
    return found


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of pairs, none of which has the name of another."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CheckpointError("a name that is there twice", RECORD)
    return found


def refuse_number(text: str) -> Any:
    """Refuse NaN and Infinity, which are no JSON."""
    raise CheckpointError(f"{text}, which is no number in JSON", RECORD)
