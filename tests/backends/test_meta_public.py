"""Every public function that PyTorch has sample inputs for gives on meta what it gives on the CPU.

PyTorch serves as a source of arguments alone: the reference is our own result on the CPU, whose
values other tests compare.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as ours

pytestmark = [pytest.mark.torch, pytest.mark.slow]

REFUSED = {
    "the numbers are the result": "item equal allclose tolist to",
    "the number of elements follows from the numbers": """
        argwhere bincount masked_scatter masked_select nonzero repeat_interleave unique
        unique_consecutive linalg.lstsq index_put nn.functional.one_hot nn.functional.embedding
    """,
    "a number is given as a tensor": "linspace narrow tensor_split nn.functional.ctc_loss",
    "draws look at the probabilities": "bernoulli multinomial normal",
}
"""Functions that may refuse some of their samples -> why."""

NAMED = set(" ".join(REFUSED.values()).split())

LAID_OUT_OTHERWISE = {"cross", "linalg.cross", "einsum"}
"""Functions whose result may lie in memory otherwise than is said."""

CHUNKS = 8


def resolved(name: str) -> Any:
    """Return our function of a dotted name, or our method; None if there is none."""
    found: Any = ours
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if callable(found) else getattr(ours.Tensor, name, None)


@functools.cache
def operators() -> list[Any]:
    """Return PyTorch's descriptions of the functions that we have too."""
    module = pytest.importorskip("torch.testing._internal.common_methods_invocations")
    return [
        op for op in module.op_db
        if callable(resolved(op.name)) and op.name != "logspace"
        and not getattr(op.op, "__module__", "").startswith("torch.testing")
    ]  # fmt: skip


def converted(value: Any, device: str, columns: bool) -> Any:
    """Turn PyTorch's tensors, sizes and types inside of arguments into ours."""
    import torch

    if isinstance(value, torch.Tensor):
        array = value.detach().resolve_conj().resolve_neg().numpy()
        array = np.asfortranarray(array) if columns else np.ascontiguousarray(array)
        return ours.from_numpy(array.reshape(value.shape)).to(device)
    if isinstance(value, torch.dtype):
        return getattr(ours, str(value).split(".")[1])
    if isinstance(value, torch.device):
        return device
    if isinstance(value, (list, tuple)):
        return type(value)(converted(v, device, columns) for v in value)
    if isinstance(value, dict):
        return {key: converted(v, device, columns) for key, v in value.items()}
    if isinstance(value, (int, float, complex, str, slice, type(None), type(Ellipsis))):
        return value
    raise TypeError(f"no such argument here: {value!r}")


def called(op: Any, sample: Any, device: str, columns: bool) -> list[Any]:
    """Call our function with a sample; return shape, type and layout of all results."""
    arguments = converted((sample.input, *sample.args), device, columns)
    result = resolved(op.name)(*arguments, **converted(sample.kwargs, device, columns))
    return facts(result, op.name not in LAID_OUT_OTHERWISE)


def facts(result: Any, layout: bool) -> Any:
    """Return what is known of a result without its numbers."""
    if isinstance(result, ours.Tensor):
        return tuple(result.shape), result.dtype, layout and result.is_contiguous()
    return [facts(part, layout) for part in result] if isinstance(result, (list, tuple)) else None


def disagreements(op: Any, dtype: str) -> list[str]:
    """Compare both devices on a few samples of one type, every other one laid out by columns."""
    import torch

    if getattr(torch, dtype) not in op.supported_dtypes("cpu"):
        return []
    found = []
    samples = list(op.sample_inputs("cpu", getattr(torch, dtype)))
    for place, sample in enumerate(samples[:: len(samples) // 4 + 1]):
        columns = place % 2 == 1
        try:
            expected = called(op, sample, "cpu", columns)
        except Exception:  # noqa: BLE001, S112 - what the CPU refuses, or lacks, is tested elsewhere
            continue
        try:
            given = called(op, sample, "meta", columns)
        except NotImplementedError as error:
            if op.name not in NAMED or "no data!" not in str(error):
                found.append(f"{op.name}: {error}")
            continue
        if given != expected:
            found.append(f"{op.name}: {given} where the CPU gives {expected}")
    return found


@pytest.mark.parametrize("dtype", ["float32", "int64"])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_public_functions_agree_with_the_cpu(chunk: int, dtype: str) -> None:
    faults = [f for op in operators()[chunk::CHUNKS] for f in disagreements(op, dtype)]
    assert not faults, "\n".join(faults)


def test_hundreds_of_functions_take_part() -> None:
    assert len({op.name for op in operators()}) > 250
