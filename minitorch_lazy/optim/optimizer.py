"""Optimizer: parameter groups, state, and what every update rule shares."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from typing import Any, ClassVar
from weakref import WeakSet

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.replacing import FOLLOWERS
from minitorch_lazy.optim.hooks import (
    OptimizerHooks,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from minitorch_lazy.optim.packing import pack, unpack

__all__ = [
    "Optimizer",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
    "required",
]

Group = dict[str, Any]
ParamsT = Iterable[Tensor] | Iterable[Group] | Iterable[tuple[str, Tensor]]
Closure = Callable[[], Any]


class Required:
    """The default of an option that every parameter group must set."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = Required()


class Optimizer(OptimizerHooks):
    """Hold parameters in groups with options of their own, and the state that belongs to each.

    A subclass gives `step`. `state` is keyed by the parameter itself, so a lazy parameter may be
    given before its shape is known: it is skipped until it has a gradient.

    Args:
        params: tensors, or pairs (name, tensor), or dicts with a `"params"` entry and options.
        defaults: options of the groups that do not set them.

    Attributes:
        additions: options that groups of older files lack -> what they are there.

    Raises:
        TypeError: `params` is a tensor or a set, or holds something that is no tensor.
        ValueError: there are no parameters, one is not a leaf, or one is in two groups.

    Source: torch.optim.Optimizer.
    """

    _opt_called = False
    _scheduled = False
    additions: ClassVar[Group] = {}

    def __init__(self, params: ParamsT, defaults: Group) -> None:
        self.defaults = defaults
        self.make_hook_tables()
        if isinstance(params, Tensor):
            raise refuse(
                TypeError, type(self).__name__,
                "params argument given to the optimizer should be an iterable of Tensors or "
                f"dicts, but got {type(params).__name__}",
                "put the tensor into a list", params=params,
            )  # fmt: skip
        if not isinstance(params, Iterable):
            raise refuse(
                TypeError, type(self).__name__, "params must be an iterable of Tensors or dicts, "
                f"not {type(params).__name__}", "give it net.parameters()",
            )  # fmt: skip
        OPTIMIZERS.add(self)
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list\n"
                "  mend  make the layers first; a generator such as net.parameters() can be used "
                "only once"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("defaults", "state", "param_groups")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.make_hook_tables()
        self.defaults.setdefault("differentiable", False)
        for group in self.param_groups:
            for name, value in self.additions.items():
                group.setdefault(name, value)

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for place, group in enumerate(self.param_groups):
            options = [f"    {key}: {group[key]}\n" for key in sorted(group) if key != "params"]
            text += f"\nParameter Group {place}\n" + "".join(options)
        return text + ")"

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss anew; what it returns is returned.
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters.

        Args:
            set_to_none: set `grad` to None; otherwise fill it with zeros, in place.

        Source: torch.optim.Optimizer.zero_grad.
        """
        for group in self.param_groups:
            if set_to_none:
                for parameter in group["params"]:
                    parameter.gradient = None
                continue
            for parameter in group["params"]:
                if (gradient := parameter.grad) is not None:
                    gradient.detach_().zero_()

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters with options of their own, such as layers that are unfrozen later.

        Args:
            param_group: `"params"`, a tensor or an iterable of them, and any of the options.

        Source: torch.optim.Optimizer.add_param_group.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        separate_names(param_group)
        for parameter in param_group["params"]:
            self.check_parameter(parameter)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    f"{name}\n  mend  add {name!r} to the group, or give it to "
                    f"{type(self).__name__}(...)"
                )
            param_group.setdefault(name, default)
        self.check_group(param_group)
        self.param_groups.append(param_group)

    def check_parameter(self, parameter: Any) -> None:
        """Refuse what cannot be optimized."""
        if not isinstance(parameter, Tensor):
            raise TypeError(
                "optimizer can only optimize Tensors, but one of the params is "
                f"{type(parameter).__name__}\n  mend    give it net.parameters()"
            )
        if self.defaults.get("differentiable"):
            return
        if not (parameter.is_leaf or parameter.retains_grad):
            raise refuse(
                ValueError, type(self).__name__, "can't optimize a non-leaf Tensor",
                "give it the tensor that you created, or its .detach().requires_grad_()",
                parameter=parameter,
            )  # fmt: skip

    def check_group(self, param_group: Group) -> None:
        """Refuse a group that shares parameters with another, or mixes named and unnamed ones."""
        mine = {id(parameter) for parameter in param_group["params"]}
        if len(mine) != len(param_group["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; give every parameter once, for example with "
                "dict.fromkeys(params)",
                stacklevel=4,
            )
        named = "param_names" in param_group
        for group in self.param_groups:
            if named != ("param_names" in group):
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param "
                    f"group {'with' if named else 'without'} names to the optimizer"
                )
            if not mine.isdisjoint(map(id, group["params"])):
                raise ValueError("some parameters appear in more than one parameter group")

    def state_dict(self) -> dict[str, Any]:
        """Return the state and the options, parameters replaced by their position.

        The tensors in it are the optimizer's own: copy it to keep what it was.

        Source: torch.optim.Optimizer.state_dict.
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        packed = pack(self.param_groups, self.state)
        for hook in self._optimizer_state_dict_post_hooks.values():
            packed = replaced(hook(self, packed), packed)
        return packed

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and the options of an optimizer with the same groups.

        State takes the dtype and device of its parameter. Nothing changes when it is refused.

        Raises:
            ValueError: the groups do not fit.

        Source: torch.optim.Optimizer.load_state_dict.
        """
        given = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            given = replaced(hook(self, given), given)
        groups = deepcopy(given["param_groups"])
        state = unpack(self.param_groups, groups, given["state"])
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)


OPTIMIZERS: WeakSet[Optimizer] = WeakSet()
"""All optimizers: they follow parameters that others take the places of."""


def follow(old: Any, new: Sequence[Any]) -> None:
    """Optimize new parameters where an optimizer holds the one that they have replaced."""
    for optimizer in list(OPTIMIZERS):
        for group in optimizer.param_groups:
            for place, parameter in enumerate(group["params"]):
                if parameter is old:
                    group["params"][place : place + 1] = new
                    if "param_names" in group:
                        name = group["param_names"][place]
                        names = [f"{name}.{number}" for number in range(len(new))]
                        group["param_names"][place : place + 1] = names
                    optimizer.state.pop(old, None)
                    break


FOLLOWERS.append(follow)


def replaced(result: Any, before: dict[str, Any]) -> dict[str, Any]:
    """Return what a hook made of a state dict."""
    return before if result is None else result


def separate_names(param_group: Group) -> None:
    """Turn `params` into a list of tensors, and their names, where given, into `param_names`."""
    params = param_group["params"]
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering "
            "of tensors in sets will change between runs. Please use a list instead."
        )
    if not isinstance(params, Iterable):
        raise TypeError(f"the parameters of a group must be an iterable of Tensors, not "
                        f"{type(params).__name__}\n  mend    give it net.parameters()")  # fmt: skip
    listed = [params] if isinstance(params, Tensor) else list(params)
    names = [item[0] for item in listed if isinstance(item, tuple)]
    if names and len(names) != len(listed):
        raise ValueError(
            "all optimizer params should be with/without names. Some param names are missing"
        )
    if names:
        param_group["param_names"] = names
    param_group["params"] = [item[1] if isinstance(item, tuple) else item for item in listed]
