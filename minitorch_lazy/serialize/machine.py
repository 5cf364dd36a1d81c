"""The opcode machine: it reads what pickle wrote, without pickle.

Pickle is a small language for a machine with a stack. This machine knows the opcodes that
checkpoints are made of. A name stays a name (records.Global); what "calls" it may only choose one
of the constructors in constructors.py, which build descriptions.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

from minitorch_lazy.serialize.constructors import construct
from minitorch_lazy.serialize.failure import SAVE_AGAIN, CheckpointError
from minitorch_lazy.serialize.records import Global, State, check_key

MOST_OPCODES = 10_000_000
MOST_MARKS = 200
LONGEST_NAME = 300
LONGEST_TEXT = 1 << 24

OPCODES: dict[int, Callable[[Machine], None]] = {}

DAMAGE: dict[type[Exception], str] = {
    IndexError: "it ends too early, or takes what is not there",
    KeyError: "it refers to what was never there",
    TypeError: "a name with too many, too few, or wrong arguments",
    UnicodeDecodeError: "text that is none",
    ValueError: "a line without an end, or keys without values",
    struct.error: "a number that is cut short",
    OverflowError: "a number that is too large",
}
"""What reading nonsense raises, and what is wrong then."""

DAMAGED = tuple(DAMAGE)


def opcode(code: bytes) -> Callable[[Any], Any]:
    """Register what the machine does for an opcode."""

    def keep(function: Any) -> Any:
        OPCODES[code[0]] = function
        return function

    return keep


class Machine:
    """One run over the opcodes of one value.

    Args:
        code: the bytes.
        start: where the value begins.
        persistent: turns the tuple that stands for a storage into a records.Storage.
    Attributes:
        position: the byte after the last that was read.
        opcodes: how many were run.
    """

    def __init__(self, code: Any, start: int, persistent: Callable[[Any], Any]) -> None:
        self.code, self.position, self.persistent = memoryview(code), start, persistent
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.opcodes = 0

    def run(self) -> Any:
        """Return the value.

        Raises:
            CheckpointError: the bytes are no value that a checkpoint may hold.
        """
        here = self.position
        try:
            while True:
                here = self.position
                code = self.code[here]
                self.position += 1
                self.opcodes += 1
                if self.opcodes > MOST_OPCODES:
                    raise CheckpointError(f"more than {MOST_OPCODES} opcodes")
                if code == b"."[0]:
                    return self.stack.pop()
                if code not in OPCODES:
                    raise CheckpointError(f"opcode {code:#04x} is none that checkpoints need",
                                          mend=SAVE_AGAIN)  # fmt: skip
                OPCODES[code](self)
        except DAMAGED as error:
            what = next(text for kind, text in DAMAGE.items() if isinstance(error, kind))
            raise CheckpointError(f"damaged near byte {here}: {what}") from None

    def push(self, value: Any) -> None:
        """Put a value on top of the stack."""
        self.stack.append(value)

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        found = bytes(self.code[self.position : self.position + count])
        if len(found) < count:
            raise IndexError
        self.position += count
        return found

    def number(self, form: str) -> Any:
        """Return the next number, written in a form of the `struct` module."""
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def line(self) -> str:
        """Return the next line of text."""
        end = bytes(self.code[self.position : self.position + LONGEST_NAME]).index(b"\n")
        text = self.take(end).decode()
        self.position += 1
        return text

    def text(self, length: int, encoding: str) -> None:
        """Push text of a length in bytes."""
        if length > LONGEST_TEXT:
            raise CheckpointError(f"a text of {length} bytes")
        self.push(self.take(length).decode(encoding, "surrogatepass"))

    def since_mark(self) -> list[Any]:
        """Return what was pushed since the last mark."""
        items, self.stack = self.stack, self.marks.pop()
        return items

    def top(self, *kinds: type) -> Any:
        """Return the value on top, which must be a container of one of these kinds."""
        if type(self.stack[-1]) not in kinds:
            raise CheckpointError(f"it writes into a {type(self.stack[-1]).__name__}")
        return self.stack[-1]

    def tuple_of(self, count: int) -> None:
        """Replace the last values by a tuple of them."""
        if len(self.stack) < count:
            raise IndexError
        self.stack[-count:] = [tuple(self.stack[-count:])]


def constant(code: bytes, make: Callable[[], Any]) -> None:
    """Register an opcode that pushes a new value."""
    OPCODES[code[0]] = lambda m: m.push(make())


def integer(code: bytes, form: str) -> None:
    """Register an opcode that pushes a number."""
    OPCODES[code[0]] = lambda m: m.push(m.number(form))


constant(b"N", lambda: None)
constant(b"\x88", lambda: True)
constant(b"\x89", lambda: False)
constant(b"}", dict)
constant(b"]", list)
constant(b")", tuple)
integer(b"J", "<i")
integer(b"K", "<B")
integer(b"M", "<H")
integer(b"G", ">d")
opcode(b"\x85")(lambda m: m.tuple_of(1))
opcode(b"\x86")(lambda m: m.tuple_of(2))
opcode(b"\x87")(lambda m: m.tuple_of(3))
opcode(b"t")(lambda m: m.push(tuple(m.since_mark())))
opcode(b"X")(lambda m: m.text(m.number("<I"), "utf-8"))
opcode(b"T")(lambda m: m.text(m.number("<I"), "utf-8"))
opcode(b"U")(lambda m: m.text(m.number("<B"), "utf-8"))
opcode(b"q")(lambda m: m.memo.__setitem__(m.number("<B"), m.stack[-1]))
opcode(b"r")(lambda m: m.memo.__setitem__(m.number("<I"), m.stack[-1]))
opcode(b"h")(lambda m: m.push(m.memo[m.number("<B")]))
opcode(b"j")(lambda m: m.push(m.memo[m.number("<I")]))
opcode(b"Q")(lambda m: m.push(m.persistent(m.stack.pop())))


@opcode(b"\x80")
def protocol(m: Machine) -> None:
    """Read the protocol, which is 2 in every checkpoint."""
    if m.number("<B") != 2:
        raise CheckpointError("its pickle is not of protocol 2", mend=SAVE_AGAIN)


@opcode(b"\x8a")
def long_integer(m: Machine) -> None:
    """Push an integer of up to 255 bytes."""
    m.push(int.from_bytes(m.take(m.number("<B")), "little", signed=True))


@opcode(b"c")
def name(m: Machine) -> None:
    """Push a name."""
    m.push(Global(f"{m.line()}.{m.line()}"))


@opcode(b"(")
def mark(m: Machine) -> None:
    """Begin a group of values."""
    m.marks.append(m.stack)
    m.stack = []
    if len(m.marks) > MOST_MARKS:
        raise CheckpointError(f"nested deeper than {MOST_MARKS}")


@opcode(b"a")
def append(m: Machine) -> None:
    """Append the last value to the list below it."""
    value = m.stack.pop()
    m.top(list).append(value)


@opcode(b"e")
def extend(m: Machine) -> None:
    """Append a group of values to the list below them."""
    values = m.since_mark()
    m.top(list).extend(values)


@opcode(b"s")
def set_item(m: Machine) -> None:
    """Store the last two values as key and value in the dict below them."""
    value, key = m.stack.pop(), m.stack.pop()
    m.top(dict, State, Counter)[check_key(key)] = value


@opcode(b"u")
def set_items(m: Machine) -> None:
    """Store a group of keys and values in the dict below them."""
    items = m.since_mark()
    target = m.top(dict, State, Counter)
    for key, value in zip(items[::2], items[1::2], strict=True):
        target[check_key(key)] = value


@opcode(b"R")
@opcode(b"\x81")
def call(m: Machine) -> None:
    """Replace a name and its arguments by the description that they stand for."""
    arguments, function = m.stack.pop(), m.stack.pop()
    m.push(construct(function, arguments))


@opcode(b"b")
def build(m: Machine) -> None:
    """Give an OrderedDict the only attribute that it may have, its `_metadata`."""
    attributes = m.stack.pop()
    target = m.top(State)
    if type(attributes) is not dict or set(attributes) != {"_metadata"}:
        raise CheckpointError("it sets attributes of an OrderedDict", mend=SAVE_AGAIN)
    if not isinstance(attributes["_metadata"], (dict, type(None))):
        raise CheckpointError("_metadata that is no dictionary")
    target.metadata = attributes["_metadata"]
