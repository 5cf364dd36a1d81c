"""Files made to harm: each breaks one rule of its format."""

from __future__ import annotations

import io
import json
import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

from minitorch_lazy.serialize.safetensors.header import (
    BLANK,
    CHECKSUM,
    CHECKSUMS,
    MODULES,
    OURS,
    TIED,
    sealed,
)

FILES: dict[str, Callable[[], bytes]] = {}
CALLED: list[Any] = []
MARKER = "minitorch_lazy_ran_code_of_a_file"


def ran(*arguments: Any) -> None:
    """Be what a hostile file would like to call."""
    CALLED.append(arguments)


def hostile(name: str, content: Any) -> None:
    """Add a file."""
    assert name not in FILES
    FILES[name] = content if callable(content) else lambda: content


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    size = value.bit_length() // 8 + 1
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def numbers(*values: int) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def named(name: str) -> bytes:
    module, _, last = name.rpartition(".")
    return f"c{module}\n{last}\n".encode()


def storage(key: str = "0", numel: int = 4, kind: str = "torch.FloatStorage",
            place: str = "cpu") -> bytes:  # fmt: skip
    return b"(" + text("storage") + named(kind) + text(key) + text(place) + number(numel) + b"tQ"


def tensor(offset: bytes = b"K\0", size: bytes = b"K\4\x85", stride: bytes = b"K\1\x85",
           memory: bytes | None = None, tail: bytes = b"\x89" + named("collections.OrderedDict") +
           b")R", function: str = "torch._utils._rebuild_tensor_v2") -> bytes:  # fmt: skip
    return (named(function) + b"(" + (storage() if memory is None else memory) + offset + size
            + stride + tail + b"tR")  # fmt: skip


def archive(code: bytes, records: dict[str, bytes] | None = None, root: str = "a",
            method: int = zipfile.ZIP_STORED, close: bool = True) -> bytes:  # fmt: skip
    """Pack opcodes and a storage of four floats."""
    out = io.BytesIO()
    every = {"data.pkl": b"\x80\x02" + code + (b"." if close else b""),
             "data/0": struct.pack("<4f", 1, 2, 3, 4), "version": b"3\n", **(records or {})}
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, content in every.items():
            packed.writestr(f"{root}/{name}", content)
    return out.getvalue()


def code(name: str, opcodes: bytes, **options: Any) -> None:
    hostile(name, lambda: archive(opcodes, **options))


PLAIN = tensor()


# names and calls
CALL = text(f"open('/tmp/{MARKER}', 'w')") + b"\x85R"
for each in ("os.system", "posix.system", "builtins.eval", "__builtin__.eval", "builtins.exec",
             "builtins.getattr", "builtins.__import__", "subprocess.Popen", "pickle.loads",
             "numpy.testing._private.utils.runstring", "torch.load", "torch.hub.load",
             "functools.partial", "operator.attrgetter", "tests.serialize.hostile.ran",
             "minitorch_lazy.load", "collections.defaultdict", "types.FunctionType",
             "torch._utils._rebuild_wrapper_subclass", "torch.nn.modules.linear.Linear",
             "collections.OrderedDict.fromkeys", "torch.float32",
             "numpy._core.multiarray._reconstruct"):  # fmt: skip
    code(f"calls {each}", named(each) + CALL)
code("name as a value", named("os.system"))
code("name inside of a list", b"]" + named("os.system") + b"a")
code("name with a line break of code", b"cos\nsystem\nprint()\n)R")
code("name without an end", b"c" + b"a" * 5000)
code("call of a text", text("os.system") + text("ls") + b"\x85R")
code("call of a result", named("collections.OrderedDict") + b")R)R")
code("call with arguments that are no tuple", named("collections.OrderedDict") + b"]R")
code("NEWOBJ of a class", named("subprocess.Popen") + CALL[:-1] + b"\x81")
for name, opcodes in {
    "INST": b"(" + text("ls") + b"ios\nsystem\n", "OBJ": b"(" + named("os.system") + b"o",
    "EXT1": b"\x82\x01", "STACK_GLOBAL": text("os") + text("system") + b"\x93",
    "NEWOBJ_EX": named("os.system") + b")}\x92", "PERSID as text": b"Ptext\n",
    "REDUCE of an integer as text": b"I01\n", "FRAME": b"\x95" + b"\0" * 8,
    "BYTEARRAY8": b"\x96" + b"\xff" * 8, "LONG4": b"\x8b\xff\xff\xff\x7f",
    "BINUNICODE8": b"\x8d" + b"\xff" * 8, "POP_MARK": b"(1", "DUP": b"N2",
}.items():  # fmt: skip
    code(f"opcode {name}", opcodes)
code("protocol 4", b"\x80\x04N")
code("BUILD on a name", named("os.environ") + b"}b")
code("BUILD of an OrderedDict's items", named("collections.OrderedDict") + b")R}" + text("items")
     + b"Nsb")  # fmt: skip
code("BUILD of a list", b"]}" + text("_metadata") + b"}sb")
code("BUILD of a tensor", PLAIN + b"}b")
code("metadata that is a number", named("collections.OrderedDict") + b")R}" + text("_metadata")
     + b"K\1sb")  # fmt: skip
code("lazy entry that is a number", named("collections.OrderedDict") + b")R}" + text("_metadata")
     + b"}" + text("") + b"}" + text("lazy") + b"}" + text("w") + b"K\1ssssb")  # fmt: skip
code("SETITEM on a tensor", PLAIN + b"K\1K\1s")
code("SETITEM on a name", named("os.environ") + text("a") + text("b") + b"s")
code("APPEND to a text", text("a") + b"Na")
code("APPENDS to a dict", b"}(Ne")
code("odd SETITEMS", b"}(K\1K\2K\3u")
code("key that is a dict", b"}}Ns")
code("key that is a tensor", b"}" + PLAIN + b"Ns")
code("key that is a deep tuple", b"})" + b"\x85" * 100_000 + b"Ns")

# stack, memo, lengths
code("empty stack", b"")
code("memo that was never set", b"h\7")
code("memo far away", b"j\xff\xff\xff\xff")
code("memo of an empty stack", b"q\0")
code("mark that was never set", b"Nt")
code("tuple of more than there is", b"N\x87")
code("no STOP", b"N", close=False)
code("text longer than the file", b"X\xff\xff\xff\x7fabc")
code("text that is no UTF-8", b"X\2\0\0\0\xff\xff")
code("integer cut short", b"\x8a\xff\1")
code("float cut short", b"G\0", close=False)
code("deep marks", b"(" * 100_000)
code("deep tuples", b")" + b"\x85" * 200_000)
code("deep lists", b"]" * 1 + b"q\0" + b"]" * 300 + b"a" * 300)
code("list that holds itself", b"]q\0h\0a")
code("dict that holds itself", b"}q\0" + text("a") + b"h\0s")
code("shared lists that unfold", b"]q\0" + b"".join(
    b"](" + b"h" + bytes([i]) + b"h" + bytes([i]) + b"eq" + bytes([i + 1]) for i in range(60)))
code("shared tuples that unfold", b"N" + b"q\0h\0\x86" * 60)

# tensors
MOST = 2**63 - 1
for name, opcodes in {
    "offset below 0": tensor(offset=number(-1)), "offset beyond": tensor(offset=number(1)),
    "offset that overflows": tensor(offset=number(MOST)),
    "stride below 0": tensor(stride=numbers(-1)), "stride beyond": tensor(stride=numbers(2)),
    "stride that overflows": tensor(stride=numbers(2**62)),
    "size below 0": tensor(size=numbers(-4)), "size beyond": tensor(size=numbers(5)),
    "sizes that overflow": tensor(size=numbers(2**32, 2**32), stride=numbers(0, 0)),
    "sizes of 0 and too much": tensor(size=numbers(0, 2**62, 2**62), stride=numbers(1, 1, 1)),
    "4 TB of one element": tensor(size=numbers(2**40), stride=numbers(0)),
    "4 GB of windows": tensor(size=numbers(2**29, 2), stride=numbers(0, 1)),
    "a thousand dimensions": tensor(size=numbers(*[1] * 1000), stride=numbers(*[1] * 1000)),
    "more strides than sizes": tensor(stride=numbers(1, 1)),
    "size that is a float": tensor(size=b"G" + struct.pack(">d", 4) + b"\x85"),
    "size that is True": tensor(size=b"\x88\x85"), "size that is a text": tensor(size=text("4")),
    "requires_grad of integers": tensor(
        memory=storage(numel=2, kind="torch.LongStorage"), size=numbers(2),
        tail=b"\x88" + named("collections.OrderedDict") + b")R"),
    "hooks": tensor(tail=b"\x89]Na"), "fewer arguments": tensor(tail=b""),
    "storage that is missing": tensor(memory=storage(key="7")),
    "storage outside of the archive": tensor(memory=storage(key="../data.pkl")),
    "storage that is longer": tensor(memory=storage(numel=5)),
    "storage that is shorter": tensor(memory=storage(numel=3), size=numbers(3)),
    "storage of less than nothing": tensor(memory=storage(numel=-4)),
    "storage of 2**62 elements": tensor(memory=storage(numel=2**62)),
    "storage of an unknown type": tensor(memory=storage(kind="torch.QInt8Storage")),
    "storage of a type from elsewhere": tensor(memory=storage(kind="os.FloatStorage")),
    "storage that is a text": tensor(memory=text("0")),
    "storage from nowhere": tensor(memory=storage(place="moon:1")),
    "dtype that is none": tensor(function="torch._utils._rebuild_tensor_v3",
                                 tail=b"\x89" + named("collections.OrderedDict") + b")R"
                                 + named("torch.load")),
    "sparse tensor": tensor(function="torch._utils._rebuild_sparse_tensor"),
}.items():  # fmt: skip
    code(f"tensor: {name}", opcodes)
code("many tensors that unfold", b"](" + tensor(size=numbers(2**23), stride=numbers(0)) * 8 + b"e")
code("persistent id of one part", text("storage") + b"\x85Q")
code("attribute that hides a method", named("torch._tensor._rebuild_from_type_v2") + b"("
     + named("torch._utils._rebuild_tensor_v2") + named("torch.Tensor") + b"(" + storage()
     + b"K\0K\4\x85K\1\x85\x89" + named("collections.OrderedDict") + b")Rt}" + text("detach")
     + b"NstR")  # fmt: skip

# the zip file
GOOD = archive(PLAIN)


def patched(find: bytes, put: bytes, last: bool = False) -> bytes:
    """Overwrite the first or last place of some bytes in a good file."""
    place = GOOD.rindex(find) if last else GOOD.index(find)
    return GOOD[:place] + put + GOOD[place + len(put) :]


def twice() -> bytes:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as packed, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed.writestr("a/data/0", b"\0" * 16)
    return out.getvalue()


def overlapping() -> bytes:
    """Let one storage's entry point at a copy of its header inside of another storage."""
    record = archive(PLAIN, {"data/1": bytes(16)})
    start = record.index(b"a/data/1") - 30
    inner = record[start : start + 30 + len(b"a/data/1") + 16]
    whole = archive(PLAIN, {"data/0": inner, "data/1": bytes(16)})
    entry = whole.rindex(b"a/data/1") - 46
    place = struct.pack("<L", whole.index(b"a/data/1") - 30)
    return whole[: entry + 42] + place + whole[entry + 46 :]


END = GOOD.index(b"PK\x05\x06")
LAST = GOOD.rindex(b"PK\x01\x02")
hostile("zip: record twice", twice)
hostile("zip: deflated bomb", lambda: archive(PLAIN, {"data/1": b"\0" * 2**26},
                                              method=zipfile.ZIP_DEFLATED))  # fmt: skip
hostile("zip: two values", lambda: archive(PLAIN, {"data.pkl2": b"", "../b/data.pkl": b"N."}))
hostile("zip: path that leads out", lambda: archive(PLAIN, {"../../etc/passwd": b"x"}))
hostile("zip: storage in a folder", lambda: archive(PLAIN, {"data/../0": b"x"}))
hostile("zip: unknown record", lambda: archive(PLAIN, {"code/x.py": b"x"}))
hostile("zip: TorchScript", lambda: archive(PLAIN, {"constants.pkl": b"x"}))
hostile("zip: no value", lambda: archive(PLAIN, root="a/b"))
hostile("zip: byte order that is none", lambda: archive(PLAIN, {"byteorder": b"middle"}))
hostile("zip: mark that is a megabyte", lambda: archive(PLAIN, {"byteorder": b"l" * 2**20}))
hostile("zip: encrypted", lambda: GOOD[: LAST + 8] + b"\1" + GOOD[LAST + 9 :])
hostile("zip: size that lies", lambda: GOOD[: LAST + 24] + b"\xff\xff\xff\x7f" + GOOD[LAST + 28 :])
hostile("zip: place that lies", lambda: GOOD[: LAST + 42] + b"\1\0\0\0" + GOOD[LAST + 46 :])
hostile("zip: name that differs", lambda: patched(b"a/data/0", b"a/data/1"))
hostile("zip: number that was changed", lambda: patched(struct.pack("<f", 3), struct.pack("<f", 5)))
hostile("zip: count that lies", lambda: GOOD[: END + 10] + b"\7\0" + GOOD[END + 12 :])
hostile("zip: directory that lies", lambda: GOOD[: END + 16] + b"\xff\xff\xff\0" + GOOD[END + 20 :])
hostile("zip: half", lambda: GOOD[: len(GOOD) // 2])
hostile("zip: without its end", lambda: GOOD[:END])
hostile("zip: place of another", lambda: GOOD[: LAST + 42] + bytes(4) + GOOD[LAST + 46 :])
hostile("zip: record inside of another", overlapping)
hostile("empty", b"")
hostile("zeros", bytes(100))
hostile("text", b"hello, world")

# files of before 1.6
KEYS = text("0")
SIZES = struct.pack("<q4f", 4, 1, 2, 3, 4)


def legacy(value: bytes = PLAIN, keys: bytes = b"]" + KEYS + b"a", storages: bytes = SIZES,
           magic: int = 0x1950A86A20F9469CFC6C) -> bytes:  # fmt: skip
    """Pack opcodes as PyTorch did before 1.6."""
    parts = (number(magic), b"M\xe9\x03", b"}", value, keys)
    return b"".join(b"\x80\x02" + part + b"." for part in parts) + storages


LONG_AGO = PLAIN.replace(b"tQ", b"NtQ", 1)
hostile("legacy: another number", lambda: legacy(magic=7))
hostile("legacy: pickle of code", lambda: pickle.dumps(ran, 2))
hostile("legacy: calls", lambda: legacy(named("os.system") + CALL))
hostile("legacy: storage that lies", lambda: legacy(LONG_AGO, storages=struct.pack("<q", 2**60)))
hostile("legacy: storage below 0", lambda: legacy(LONG_AGO, storages=struct.pack("<q", -1)))
hostile("legacy: storage of two sizes", lambda: legacy(LONG_AGO, storages=struct.pack("<q", 1)
                                                       + bytes(32)))  # fmt: skip
hostile("legacy: cut short", lambda: legacy(LONG_AGO, storages=SIZES[:-1]))
hostile("legacy: keys that are missing", lambda: legacy(LONG_AGO, keys=b"]"))
hostile("legacy: key twice", lambda: legacy(LONG_AGO, keys=b"]" + KEYS + b"a" + KEYS + b"a"))
hostile("legacy: keys that are no list", lambda: legacy(LONG_AGO, keys=KEYS))
hostile("legacy: view outside", lambda: legacy(PLAIN.replace(
    b"tQ", b"(" + text("v") + number(3) + number(4) + b"ttQ", 1)))


# safetensors
def flat(header: Any, data: bytes = bytes(16), length: int | None = None) -> bytes:
    """Pack a header and bytes."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def entry(dtype: Any = "F32", shape: Any = (4,), offsets: Any = (0, 16), **more: Any) -> Any:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets, **more}


def ours(metadata: Any, seal: bool = True) -> bytes:
    """Write a header as this package does, with a tensor of four zeros."""
    every = {"__metadata__": {CHECKSUM: BLANK, CHECKSUMS: json.dumps({"b": zlib.crc32(bytes(16))}),
                              **metadata}, "b": entry()}  # fmt: skip
    raw = json.dumps(every, separators=(",", ":")).encode()
    return sealed(raw) if seal else raw


def header(name: str, *arguments: Any, **options: Any) -> None:
    hostile(f"safetensors: {name}", lambda: flat(*arguments, **options))


header("length that lies", {"a": entry()}, length=2**63)
header("length of 100 GB", {"a": entry()}, length=10**11)
header("length of one less", {"a": entry()}, length=50)
header("blank before the header", b" " + json.dumps({"a": entry()}).encode())
header("list", b"{}"[:0] + b"[1]")
header("JSON cut short", b'{"a":')
header("JSON that is deep", b'{"a":' + b"[" * 100_000)
header("number that is NaN", b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,16]}}')
header("name twice", b'{"a":%b,"a":%b}' % ((json.dumps(entry()).encode(),) * 2))
header("field twice", b'{"a":{"dtype":"F32","dtype":"F32","shape":[4],"data_offsets":[0,16]}}')
header("dtype that is none", {"a": entry(dtype="F31")})
header("dtype that is a number", {"a": entry(dtype=3)})
header("field that is unknown", {"a": entry(more=1)})
header("shape below 0", {"a": entry(shape=(-4,))})
header("shape of floats", {"a": entry(shape=(4.0,))})
header("shape of True", {"a": entry(shape=(True, 4))})
header("shape that is larger", {"a": entry(shape=(5,))})
header("shape that overflows", {"a": entry(shape=(2**32, 2**32))})
header("shape of 0 and too much", {"a": entry(shape=(0, 2**62, 2**62), offsets=(0, 0))}, b"")
header("shape of a huge number", b'{"a":{"dtype":"F32","shape":[' + b"9" * 10_000
       + b'],"data_offsets":[0,16]}}')  # fmt: skip
header("bytes backwards", {"a": entry(offsets=(16, 0))})
header("bytes below 0", {"a": entry(offsets=(-16, 0))})
header("bytes beyond the file", {"a": entry(offsets=(16, 32))})
header("bytes of one number", {"a": entry(offsets=(0,))})
header("overlap", {"a": entry(), "b": entry(offsets=(8, 24))}, bytes(24))
header("gap", {"a": entry(), "b": entry(offsets=(20, 36))}, bytes(36))
header("bytes of nobody", {"a": entry()}, bytes(20))
header("cut short", {"a": entry()}, bytes(15))
header("entry that is a list", {"a": [1]})
header("metadata of numbers", {"__metadata__": {"a": 1}, "b": entry()})
header("checksum that is wrong", ours({}, seal=False))
header("checksum in another form", ours({}).replace(b'checksum":"', b'checksum": "', 1))
header("checksums without the header's own", {"__metadata__": {CHECKSUMS: "{}"}, "b": entry()})
header("checksums that are missing", ours({CHECKSUMS: "{}"}))
header("entry of ours that is unknown", ours({OURS + "code": "print()"}))
header("tensor that was changed", ours({}), bytes(15) + b"\1")
header("tie to nobody", ours({TIED: json.dumps({"b": {"of": "c", "offset": 0, "stride": [1]}})}))
header("tie beyond", ours({TIED: json.dumps({"b": {"of": "b", "offset": 9, "stride": [1]}})}))
header("tie that is none", ours({TIED: '{"b": 3}'}))
header("ties that are no JSON", ours({TIED: "{"}))
header("lazy entry beside its tensor", ours({MODULES: json.dumps(
    {"": {"lazy": {"b": {"place": 0}}}})}))  # fmt: skip
header("lazy entry of a size below 0", ours({MODULES: json.dumps(
    {"": {"lazy": {"w": {"place": 0, "shape": [-1]}}}})}))  # fmt: skip
