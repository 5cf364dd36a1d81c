"""Parameters, and whatever else, in a list and in a dict."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import Any, Self

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.container.numbered import pairs_of, position
from minitorch_lazy.nn.parameter import Parameter
from minitorch_lazy.nn.registry import typename


def as_parameter(value: Any) -> Any:
    """Make a tensor a parameter; leave everything else as it is."""
    plain = isinstance(value, Tensor) and not isinstance(value, Parameter)
    return Parameter(value) if plain else value


def described(key: Any, value: Any, kind: str) -> str:
    """Show one element in the repr of its container."""
    if not isinstance(value, Tensor):
        return f"  ({key}): Object of type: {type(value).__name__}"
    what = "Parameter" if isinstance(value, Parameter) else "Tensor"
    sizes = "x".join(map(str, value.size()))
    place = f" ({value.device})" if value.is_cuda else ""
    return f"  ({key}): {what} containing: [{kind} of size {sizes}{place}]"


class ParameterList(Module):
    """Parameters in a list; tensors become parameters, other objects are kept as they are.

    Args:
        values: what is in it from the start.

    Source: torch.nn.ParameterList.

    >>> import minitorch_lazy as torch
    >>> values = torch.nn.ParameterList([torch.ones(2, 3)])
    >>> values[0].shape, len(list(values.parameters()))
    (torch.Size([2, 3]), 1)
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self += values

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return self.__class__([self[place] for place in range(*idx.indices(len(self)))])
        return getattr(self, str(position(idx, len(self))))

    def __setitem__(self, idx: int, param: Any) -> None:
        setattr(self, str(position(idx, len(self))), as_parameter(param))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[place] for place in range(len(self))])

    def __iadd__(self, parameters: Iterable[Any]) -> Self:
        return self.extend(parameters)

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def append(self, value: Any) -> Self:
        """Add a parameter, or anything else, at the end.

        Source: torch.nn.ParameterList.append.
        """
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> Self:
        """Add parameters at the end.

        Raises:
            TypeError: `values` cannot be iterated, or is a single tensor.

        Source: torch.nn.ParameterList.extend.
        """
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(
                "ParameterList.extend should be called with an iterable, but got "
                f"{type(values).__name__}"
            )
        for value in values:
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """Show type and size of every element."""
        return "\n".join(
            described(place, value, str(getattr(value, "dtype", "")))
            for place, value in enumerate(self)
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterList should not be called.")


class ParameterDict(Module):
    """Parameters by name; tensors become parameters, other objects are kept as they are.

    Args:
        parameters: a mapping, or pairs, that are in it from the start.

    Source: torch.nn.ParameterDict.

    >>> import minitorch_lazy as torch
    >>> sides = torch.nn.ParameterDict({"left": torch.ones(2), "right": torch.zeros(2)})
    >>> sorted(name for name, _ in sides.named_parameters())
    ['left', 'right']
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, require_name(key))

    def __setitem__(self, key: str, value: Any) -> None:
        name = require_name(key)
        self._keys[name] = None
        setattr(self, name, as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, require_name(key))

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: Any) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """Return a dict of the same parameters."""
        return ParameterDict(OrderedDict((key, self[key]) for key in self))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, which is set to `default` where it is absent."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Take everything out."""
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take a parameter out and return it.

        Raises:
            AttributeError: there is none of this name.
        """
        found = self[key]
        del self[key]
        return found

    def popitem(self) -> tuple[str, Any]:
        """Take the last key and parameter out and return them.

        Raises:
            KeyError: the dict is empty.
        """
        if not self._keys:
            raise KeyError("popitem(): dictionary is empty")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or `default` where it is absent."""
        return self[key] if key in self else default  # noqa: SIM401 - this is `get`

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Return a new dict with these keys and one value."""
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._keys.keys()

    def items(self) -> Iterator[tuple[str, Any]]:
        """Walk over names and values."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterator[Any]:
        """Walk over the values."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Add parameters from a mapping or from pairs; those of the same name are replaced.

        A plain mapping is taken in the order of its sorted names.

        Raises:
            TypeError, ValueError: an element is not a pair.

        Source: torch.nn.ParameterDict.update.
        """
        pairs: Any = pairs_of(parameters, "ParameterDict")
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            pairs = sorted(parameters.items())
        for key, value in pairs:
            self[key] = value

    def extra_repr(self) -> str:
        """Show type and size of every element."""
        return "\n".join(described(key, value, typename(value)) for key, value in self.items())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterDict should not be called.")

    def __or__(self, other: ParameterDict) -> ParameterDict:
        joined = self.copy()
        joined.update(other)
        return joined

    def __ror__(self, other: ParameterDict) -> ParameterDict:
        joined = other.copy()
        joined.update(self)
        return joined

    def __ior__(self, other: ParameterDict) -> Self:
        self.update(other)
        return self


def require_name(key: Any) -> str:
    """Refuse a key that cannot be the name of a parameter.

    Raises:
        TypeError: it is not a string.
    """
    if not isinstance(key, str):
        raise TypeError(
            "Index given to ParameterDict cannot be used as a key as it is not a string "
            f"(type is '{type(key).__name__}')."
        )
    return key
