"""The layout of an optimizer's state dict: parameters are numbered, state is keyed by number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from minitorch_lazy.core.dtype import float32
from minitorch_lazy.core.tensor import Tensor

Group = dict[str, Any]


def pack(groups: list[Group], state: dict[Any, Any]) -> dict[str, Any]:
    """Return groups and state with every parameter replaced by its number."""
    numbers: dict[int, int] = {}
    packed = []
    start = 0
    for group in groups:
        for place, parameter in enumerate(group["params"], start):
            numbers.setdefault(id(parameter), place)
        start += len(group["params"])
        options = {key: value for key, value in group.items() if key != "params"}
        packed.append({**options, "params": [numbers[id(p)] for p in group["params"]]})
    entries = {
        numbers[id(key)] if isinstance(key, Tensor) else key: entry
        for key, entry in state.items()
    }
    return {"state": entries, "param_groups": packed}


def unpack(groups: list[Group], loaded: list[Group], entries: dict[Any, Any]) -> Any:
    """Give the loaded groups the parameters of `groups`, and return the state that fits them."""
    check_groups(groups, loaded)
    owners: dict[Any, tuple[Any, Group]] = {}
    for mine, group in zip(groups, loaded, strict=True):
        for number, parameter in zip(group["params"], mine["params"], strict=True):
            owners[number] = (parameter, group)
        group["params"] = mine["params"]
        if "param_names" in mine:
            group.setdefault("param_names", mine["param_names"])
    state: defaultdict[Any, Any] = defaultdict(dict)
    for key, entry in entries.items():
        if key in owners:
            parameter, group = owners[key]
            state[parameter] = fitted(entry, parameter, group)
        else:
            state[key] = entry
    return state


def check_groups(groups: list[Group], loaded: list[Group]) -> None:
    """Refuse a state dict whose groups are not as many and as long."""
    if len(groups) != len(loaded):
        raise ValueError(
            "loaded state dict has a different number of parameter groups: "
            f"{len(loaded)} instead of {len(groups)}"
        )
    for place, (mine, group) in enumerate(zip(groups, loaded, strict=True)):
        if len(mine["params"]) != len(group["params"]):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                f"optimizer's group: group {place} has {len(group['params'])} parameters instead "
                f"of {len(mine['params'])}"
            )


def fitted(value: Any, parameter: Any, group: Group, key: Any = None) -> Any:
    """Copy one entry of the state, its tensors on the device and in the dtype of the parameter.

    Steps are counted in a type of their own, and on the host unless a fused or captured step
    reads them.
    """
    if isinstance(value, Tensor):
        if key == "step" and not (group.get("fused") or group.get("capturable")):
            return value.detach().clone()
        dtype = value.dtype
        if key == "step":
            dtype = float32
        elif parameter.is_floating_point():
            dtype = parameter.dtype
        return value.detach().to(device=parameter.device, dtype=dtype, copy=True)
    if isinstance(value, dict):
        return {name: fitted(item, parameter, group, name) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return type(value)(fitted(item, parameter, group) for item in value)  # type: ignore[call-arg]
    return value
