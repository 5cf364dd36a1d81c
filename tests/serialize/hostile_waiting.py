"""Files made to harm by what they say that waits in lazy layers."""

from __future__ import annotations

import json
from typing import Any

from minitorch_lazy.serialize.safetensors.header import MODULES
from tests.serialize.hostile import FILES, code, header, named, ours, text

__all__ = ["FILES"]


def modules(name: str, local: Any) -> None:
    header(f"waiting: {name}", ours({MODULES: json.dumps({"": local})}))


def waiting(name: str, **changes: Any) -> None:
    """Add a layer in which a key and a call wait that are good but for some changes."""
    modules(name, {"waiting": {"key": [0, 1, 0, 0], "calls": [], **changes}})


def called(name: str, **changes: Any) -> None:
    """Add a lazy tensor for which a call waits that is good but for some changes."""
    call = {"order": 0, "call": "nn.init.normal_", "args": [], "kwargs": {}, **changes}
    modules(name, {"lazy": {"w": {**LAZY, "calls": [call]}}})


LAZY = {"place": 0, "shape": [4, None], "dtype": "float32", "device": "cpu", "role": "parameter",
        "requires_grad": True, "persistent": True}  # fmt: skip
ZERO = {"order": 0, "call": "zero_", "args": [], "kwargs": {}}
modules("layer that is a text", {"waiting": "key"})
modules("layer without a key", {"waiting": {"calls": []}})
modules("layer with more than that", {"waiting": {"key": None, "calls": [], "code": "print()"}})
modules(
    "keys with one number and two streams",
    {"waiting": {"key": [0, 1, 0, 0], "calls": []}, "lazy": {"w": {**LAZY, "key": [0, 2, 0, 0]}}},
)
KEYS = {
    "text": "0123", "three numbers": [0, 1, 0], "five numbers": [0, 1, 0, 0, 0],
    "a float": [0, 1.0, 0, 0], "True": [0, True, 0, 0], "None inside": [0, None, 0, 0],
    "a seed of 65 bits": [0, 2**64, 0, 0], "a seed far below": [0, -(2**63) - 1, 0, 0],
    "an ordinal below 0": [0, 1, -1, 0], "draws below 0": [0, 1, 0, -1],
    "endless draws": [0, 1, 0, 2**63], "a number below 0": [-1, 1, 0, 0],
    "a huge ordinal": [0, 1, 10**1000, 0],
}  # fmt: skip
for name, key in KEYS.items():
    waiting(f"key of {name}", key=key)
CALLS = {
    "a text": "zero_", "a number": 3, "texts": ["zero_"], "calls of calls": [[ZERO]],
    "more than a file may hold": [ZERO] * 20_001, "a tensor's, without a tensor": [ZERO],
    "of a number": [{**ZERO, "of": 3}],
}  # fmt: skip
for name, calls in CALLS.items():
    waiting(f"calls that are {name}", calls=calls)
FORBIDDEN = [
    "__init__", "__call__", "forward", "load_state_dict", "register_forward_hook", "eval", "copy_",
    "backward", "os.system", "nn.init.keyed", "nn.init.os", "nn.Linear", "", "nn.init.normal_\n",
    "recorder", "__class__", "materialize", "reset_parameters",
]  # fmt: skip
for each in FORBIDDEN:
    called(f"call of {each!r}", call=each)
for each in ("forward", "load_state_dict", "__setstate__", "apply", "requires_grad_"):
    waiting(f"layer's call of {each}", calls=[{**ZERO, "call": each}])
waiting("reset with arguments", calls=[{**ZERO, "call": "reset_parameters", "args": [1]}])
waiting("reset of a part", calls=[{**ZERO, "call": "reset_parameters", "of": "weight"}])
called("call for another tensor", of="b")
called("call without an order", order=None)
called("call out of order", order=-1)
called("call of an order without end", order=10**400)
called("call of True", order=True)
called("call with a field of its own", code="print()")
called("call with arguments in a text", args="12")
called("call with named arguments in a list", kwargs=[1])
called("call with a list", args=[[1, 2]])
called("call with a dict", args=[{}])
called("call with a number that is none", args=[["infinity"]])
called("call with a huge number", args=[10**400])
called("call with a long text", args=["x" * 1000])
called("call with too many arguments", args=[0] * 5)
called("call with thousands of arguments", args=[0] * 5000)
called("call with an unknown argument", kwargs={"code": 1})
called("call with an argument twice", args=[1], kwargs={"mean": 1})
KNOWN = {
    "a text": text("code"), "a key of nothing": b"}" + text("key") + b"]s",
    "a call of a name": b"}" + text("calls") + b"]" + named("os.system") + b"as",
    "more than that": b"}" + text("code") + b"Ns",
    "calls that hold themselves": b"}" + text("calls") + b"]q\7h\7as",
}  # fmt: skip
for name, known in KNOWN.items():
    code(f"lazy tensor with {name}", named("torch.nn.parameter.UninitializedParameter") + b"(\x88"
         + text("cpu") + text("float32") + b"N\x88" + known + b"tR")  # fmt: skip
