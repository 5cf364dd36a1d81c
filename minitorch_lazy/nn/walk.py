"""Walking over a module's parameters, buffers and children, and finding one by its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.parameter import Parameter, is_lazy
from minitorch_lazy.nn.registration import Registration
from minitorch_lazy.nn.registry import BUFFERS, MODULE, PARAMETER, chains_of, members

if TYPE_CHECKING:
    from minitorch_lazy.nn.module import Module


def joined(prefix: str, name: str) -> str:
    """Join the parts of a path."""
    return f"{prefix}.{name}" if prefix else name


def named_members(
    module: Any, kinds: tuple[str, ...], prefix: str, recurse: bool, remove_duplicate: bool
) -> Iterator[tuple[str, Any]]:
    """Walk over the parts of some kinds; what is shared comes once, under its first path."""
    modules: Iterable[tuple[str, Any]] = [(prefix, module)]
    if recurse:
        modules = module.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
    seen: set[int] = set()
    for path, owner in modules:
        for name, value in members(owner, *kinds):
            if value is None or id(value) in seen:
                continue
            if remove_duplicate:
                seen.add(id(value))
            yield joined(path, name), value


class Walk(Registration):
    """The part of a module that iterates and looks up.

    Source: torch.nn.Module.
    """

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Walk over the parameters, each once.

        Source: torch.nn.Module.parameters.
        """
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Walk over the parameters with their paths: `("0.weight", weight)`.

        Source: torch.nn.Module.named_parameters.
        """
        yield from named_members(self, (PARAMETER,), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Walk over the buffers, each once.

        Source: torch.nn.Module.buffers.
        """
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Walk over the buffers with their paths.

        Source: torch.nn.Module.named_buffers.
        """
        yield from named_members(self, BUFFERS, prefix, recurse, remove_duplicate)

    def children(self) -> Iterator[Module]:
        """Walk over the modules directly inside this one, each once.

        Source: torch.nn.Module.children.
        """
        for _, module in self.named_children():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Walk over the modules directly inside this one with their names.

        Source: torch.nn.Module.named_children.
        """
        seen = set()
        for name, module in members(self, MODULE):
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """Walk over this module and all inside it, each once.

        Source: torch.nn.Module.modules.
        """
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Walk over this module and all inside it with their paths; its own is empty.

        Source: torch.nn.Module.named_modules.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in members(self, MODULE):
            if module is not None:
                yield from module.named_modules(memo, joined(prefix, name), remove_duplicate)

    # -- one part by its path ----------------------------------------------------------------

    def get_submodule(self, target: str) -> Any:
        """Return the module at a path such as `"encoder.0"`; this one for an empty path.

        Raises:
            AttributeError: there is no such attribute, or it is not a module.

        Source: torch.nn.Module.get_submodule.
        """
        found: Any = self
        for name in target.split(".") if target else []:
            found = part(found, name)
            if not isinstance(found, Registration):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return found

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Replace the module at a path, or with `strict=False` add one there.

        Raises:
            ValueError: the path is empty, or `module` is not a module.
            AttributeError: the path leads through what is not a module or, if strict, to nothing.

        Source: torch.nn.Module.set_submodule.
        """
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Registration):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if (strict or hasattr(parent, name)) and not isinstance(part(parent, name), Registration):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at a path such as `"encoder.0.weight"`.

        Raises:
            AttributeError: there is no such attribute, or it is not a parameter.

        Source: torch.nn.Module.get_parameter.
        """
        path, _, name = target.rpartition(".")
        found = part(self.get_submodule(path), name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at a path such as `"norm.running_mean"`.

        Raises:
            AttributeError: there is no such attribute, or it is not a buffer.

        Source: torch.nn.Module.get_buffer.
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = part(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return found  # type: ignore[no-any-return]

    # -- what is still lazy ------------------------------------------------------------------

    def has_uninitialized_params(self) -> bool:
        """Tell whether a parameter or buffer of this module, not of its children, is lazy.

        A parametrized tensor is the module's own.

        Source: torch.nn.modules.lazy.LazyModuleMixin.has_uninitialized_params.
        """
        own = any(is_lazy(value) for _, value in members(self, PARAMETER, *BUFFERS))
        return own or any(chain.waiting for _, chain in chains_of(self))

    def uninitialized(self) -> list[str]:
        """Return the paths of all parameters and buffers that no batch has reached yet.

        >>> import minitorch_lazy as torch
        >>> torch.nn.Sequential(torch.nn.LazyLinear(2)).uninitialized()
        ['0.weight', '0.bias']
        """
        every = named_members(self, (PARAMETER, *BUFFERS), "", True, True)
        return [path for path, value in every if is_lazy(value)]


def part(module: Any, name: str) -> Any:
    """Return an attribute of a module.

    Raises:
        AttributeError: there is none; the text is that of `get_submodule`.
    """
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    return getattr(module, name)
