"""The table of samples: the name of a primitive, and how to make a call of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.laws.samples.source import Source


class Call(NamedTuple):
    """The arguments of one call: arrays or None in order, static keywords, a seed for more."""

    arguments: tuple[Any, ...]
    static: dict[str, Any]
    seed: int = 0


def call(*arguments: Any, **static: Any) -> Call:
    """Gather the arguments of one call."""
    return Call(arguments, static)


Maker = Callable[[Source], Call]


@dataclass(frozen=True)
class Sample:
    """How a primitive is sampled.

    Attributes:
        make: draws the arguments of a call.
        complex: whether the kernel takes complex numbers.
        broadcasts: whether the arguments broadcast.
        waits: why a device has to be waited for; empty where it has not.
        unknown: why the shape of the result does not follow from shapes; empty where it does.
        retypes: whether results have another floating-point type than the arguments.
        narrow: whether the kernel takes float16 and bfloat16.
        hermitian: whether the first argument is taken to be Hermitian, so that only Hermitian
            steps of it are meant.
        waits_back: why a device has to be waited for in the rule, too.
    """

    make: Maker
    complex: bool = False
    broadcasts: bool = False
    waits: str = ""
    unknown: str = ""
    retypes: bool = False
    narrow: bool = True
    hermitian: bool = False
    waits_back: str = ""


SAMPLES: dict[str, Sample] = {}


def sample(names: str, **features: Any) -> Callable[[Maker], Maker]:
    """Register a maker under the names of one or more primitives."""

    def keep(make: Maker) -> Maker:
        SAMPLES.update({name: Sample(make, **features) for name in names.split()})
        return make

    return keep


def taken(name: str, kinds: Iterable[str]) -> list[str]:
    """Return those of some types of numbers that a primitive takes."""
    sample = SAMPLES[name]
    return [
        kind for kind in kinds
        if (sample.complex or not kind.startswith("complex"))
        and (sample.narrow or kind not in ("float16", "bfloat16"))
    ]  # fmt: skip


@st.composite
def calls(draw: Callable[..., Any], name: str, dtype: str = "float64") -> Call:
    """Calls of one primitive with numbers of one type."""
    source = Source(draw, dtype)
    return SAMPLES[name].make(source)._replace(seed=source.seed)
