"""What waits in lazy layers as plain data: keys of `nn.init.keyed`, and calls by their names.

A key is written as [number, seed, ordinal, draws]: tensors and layers that draw from one key have
its number. A call is {"order", "call", "of", "args", "kwargs"}; its name is that of a method of
tensors that fills them, of a function of `nn.init`, or `reset_parameters` for a layer. A file can
name no other, and its arguments are numbers, texts, None and nothing else.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.keyed import Key
from minitorch_lazy.nn.recording import CALLS, CLOCK, Method, OnPart, Recorded, spelled
from minitorch_lazy.nn.reserved import Waiting
from minitorch_lazy.serialize.failure import CheckpointError

RESET = "reset_parameters"
"""The one call of a layer that a file may hold."""

LARGEST = 2**63
"""Every number of a key or an order is less; a seed may be as large as 64 bits."""

LONGEST_TEXT = 100
"""Of an argument."""

MOST_CALLS = 20_000
"""In one file."""

MOST_ARGUMENTS = 10
"""Of one call."""

NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
"""Numbers that JSON does not have are written as a list of one text."""


class Outgoing:
    """Writes down what waits; the keys of one file are numbered."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}
        self.kept: list[Key] = []
        self.count = 0

    def key(self, key: Key | None) -> list[int] | None:
        """Write down a key."""
        if key is None:
            return None
        if id(key) not in self.numbers:
            self.numbers[id(key)] = len(self.numbers)
            self.kept.append(key)
        return [self.numbers[id(key)], key.seed, key.ordinal, key.draws]

    def waiting(self, waiting: Waiting, where: str) -> dict[str, Any]:
        """Write down what waits in a layer."""
        return {"key": self.key(waiting.key), "calls": self.calls(waiting.calls, where)}

    def of_tensor(self, tensor: Any, where: str) -> dict[str, Any]:
        """Write down what waits in a lazy tensor; nothing where nothing does."""
        known: dict[str, Any] = {}
        if tensor.__dict__.get("key") is not None:
            known["key"] = self.key(tensor.__dict__["key"])
        if tensor.recorded:
            known["calls"] = self.calls(tensor.recorded, where)
        return known

    def calls(self, calls: tuple[Recorded, ...], where: str) -> list[dict[str, Any]]:
        """Write down calls."""
        self.count += len(calls)
        if self.count > MOST_CALLS:
            raise refuse(ValueError, "save", f"more than {MOST_CALLS} calls wait for shapes",
                         "settle the net first with nn.dry_run(net, input)")  # fmt: skip
        return [written(call, where) for call in calls]


def written(call: Recorded, where: str) -> dict[str, Any]:
    """Write down a call.

    Raises:
        TypeError: it is a function, or has arguments, that a file cannot hold as plain data.
    """
    function: Any = call.function
    out: dict[str, Any] = {"order": call.order}
    if isinstance(function, OnPart):
        out["of"], function = function.name, function.function
        name = spelled(function)
    elif type(function) is Method and function.name == RESET and not (call.args or call.kwargs):
        name = RESET
    else:
        name = spelled(function)
    if name is None:
        raise unwritable(where, f"a call of {function!r}", call)
    out["call"] = name
    out["args"] = [plain(value, where, call) for value in call.args]
    out["kwargs"] = {key: plain(value, where, call) for key, value in call.kwargs.items()}
    return out


def plain(value: Any, where: str, call: Recorded) -> Any:
    """Return an argument as plain data."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else [repr(float(value))]
    if value is None or type(value) in (bool, int) and abs(value) < LARGEST:
        return value
    if type(value) is str and len(value) <= LONGEST_TEXT:
        return value
    raise unwritable(where, f"an argument of type {type(value).__name__}", call)


def unwritable(where: str, what: str, call: Recorded) -> Exception:
    """Build the error for what waits and cannot be written."""
    return refuse(
        TypeError, "save", f"what waits for the shape of {where or 'a lazy tensor'} has {what}, "
        "which a file cannot hold without code",
        "settle the net first with nn.dry_run(net, input), or make this call after loading",
        args=call.args, kwargs=call.kwargs,
    )  # fmt: skip


class Incoming:
    """Reads what waits; everything is checked, and calls are put in order at the end.

    Attributes:
        keys: number -> key, with what the file says of it.
        found: attributes of what is being read, with calls that have the file's order.
    """

    def __init__(self) -> None:
        self.keys: dict[int, tuple[Key, list[int]]] = {}
        self.found: list[tuple[dict[str, Any], str]] = []
        self.count = 0

    def waiting(self, entry: Any, record: str) -> Waiting:
        """Read what waits in a layer."""
        if type(entry) is not dict or set(entry) != {"key", "calls"}:
            raise CheckpointError("what waits in a layer without key and calls", record)
        key = None if entry["key"] is None else self.key(entry["key"], record)
        made = Waiting(key, self.calls(entry["calls"], record, True))
        self.found.append((made.__dict__, "calls"))
        return made

    def into_tensor(self, tensor: Any, known: dict[str, Any], record: str) -> None:
        """Give a lazy tensor what waits in it."""
        if "key" in known:
            tensor.__dict__["key"] = self.key(known["key"], record)
        if "calls" in known:
            tensor.__dict__["recorded"] = self.calls(known["calls"], record, False)
            self.found.append((tensor.__dict__, "recorded"))

    def key(self, entry: Any, record: str) -> Key:
        """Read a key."""
        numbers = list(entry) if type(entry) in (list, tuple) else []
        if len(numbers) != 4 or not all(type(number) is int for number in numbers):
            raise CheckpointError("a key that is not made of four integers", record)
        number, seed, ordinal, draws = numbers
        if not (-LARGEST <= seed < 2 * LARGEST and min(number, ordinal, draws) >= 0
                and max(number, ordinal, draws) < LARGEST):  # fmt: skip
            raise CheckpointError("a key whose numbers are too small or too large", record)
        made, said = self.keys.setdefault(number, (Key(seed, ordinal, draws), numbers))
        if said != numbers:
            raise CheckpointError(f"key {number}, which is another one elsewhere", record)
        return made

    def calls(self, entries: Any, record: str, of_layer: bool) -> tuple[Recorded, ...]:
        """Read calls."""
        if type(entries) not in (list, tuple):
            raise CheckpointError("calls that are no list", record)
        self.count += len(entries)
        if self.count > MOST_CALLS:
            raise CheckpointError(f"more than {MOST_CALLS} calls that wait", record)
        return tuple(self.call(entry, record, of_layer) for entry in entries)

    def call(self, entry: Any, record: str, of_layer: bool) -> Recorded:
        """Read a call: of a layer, or of a tensor."""
        match entry:
            case {"order": int(order), "call": str(name), "args": list() | tuple() as given,
                  "kwargs": dict(named), **others} if type(order) is int:  # fmt: skip
                pass
            case _:
                raise CheckpointError("a call without order, name or arguments", record)
        if not set(others) <= {"of"} or not 0 <= order < LARGEST or max(
            len(given), len(named)
        ) > MOST_ARGUMENTS:  # fmt: skip
            raise CheckpointError("a call with unknown fields, or out of order", record)
        args = tuple(argument(value, record) for value in given)
        if not all(type(key) is str for key in named):
            raise CheckpointError("a call whose arguments have no names", record)
        kwargs = {key: argument(value, record) for key, value in named.items()}
        function = named_call(name, others, of_layer, record)
        check_arguments(name, args, kwargs, record)
        return Recorded(order, function, args, kwargs)

    def finish(self) -> None:
        """Give all calls places after those that were made here, in the order of the file."""
        calls = [call for attributes, name in self.found for call in attributes[name]]
        places = {order: CLOCK.tick() for order in sorted({c.order for c in calls})}
        for attributes, name in self.found:
            attributes[name] = tuple(
                call._replace(order=places[call.order]) for call in attributes[name]
            )


def argument(value: Any, record: str) -> Any:
    """Read an argument."""
    if value is None or type(value) in (bool, int, float, str):
        if (type(value) is int and abs(value) >= LARGEST) or (
            type(value) is str and len(value) > LONGEST_TEXT
        ):
            raise CheckpointError("an argument of a call that is too large", record)
        return value
    if type(value) is list and len(value) == 1 and type(value[0]) is str and value[0] in NOT_FINITE:
        return NOT_FINITE[value[0]]
    raise CheckpointError("an argument of a call that is neither number nor text", record)


def named_call(name: str, others: dict[Any, Any], of_layer: bool, record: str) -> Any:
    """Return the function that a file names: one of a few, whatever it asks for."""
    if name in CALLS and not of_layer and not others:
        return CALLS[name]
    if name in CALLS and of_layer and type(others.get("of")) is str:
        return OnPart(others["of"], CALLS[name])
    if name == RESET and of_layer and not others:
        return Method(RESET)
    raise CheckpointError(f"a call of {name}, which no initialiser is", record)


def check_arguments(name: str, args: Any, kwargs: dict[str, Any], record: str) -> None:
    """Refuse arguments that the function does not have."""
    try:
        if name == RESET:
            if args or kwargs:
                raise TypeError
        elif name.startswith("nn.init."):
            inspect.signature(CALLS[name]).bind(None, *args, **kwargs)
    except TypeError:
        raise CheckpointError(f"a call of {name} with other arguments than it has", record) \
            from None  # fmt: skip
