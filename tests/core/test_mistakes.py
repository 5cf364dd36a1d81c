"""What is said to a call that was given something else where a Tensor is due."""

import inspect
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.nn import functional as F

PLACES = {"": torch, "F.": F, "linalg.": torch.linalg, "special.": torch.special}
FREE = {"as_tensor", "asarray", "is_tensor", "tensor", "full", "scalar_tensor", "result_type",
        "atleast_1d", "atleast_2d", "atleast_3d"}  # fmt: skip
WORDS = ("input", "other", "exponent")
"""Arguments that are tensors where nothing else is said of them."""


def functions() -> Iterator[tuple[str, Any]]:
    """Go through all public functions of tensors."""
    for place, module in PLACES.items():
        for name in module.__all__:
            function = getattr(module, name)
            if callable(function) and not isinstance(function, type) and name not in FREE:
                yield place + name, function


def is_tensor(parameter: inspect.Parameter) -> bool:
    """Tell whether an argument is a tensor."""
    kind = parameter.annotation
    return kind in ("Tensor", "Tensor | None") or (
        parameter.name in WORDS and kind in ("Any", parameter.empty)
    )


def is_sequence(parameter: inspect.Parameter) -> bool:
    """Tell whether an argument is several tensors."""
    return parameter.name == "tensors"


def cases() -> Iterator[Any]:
    """Go through all arguments that are tensors."""
    for name, function in functions():
        for word, parameter in inspect.signature(function).parameters.items():
            if is_tensor(parameter) or is_sequence(parameter):
                yield pytest.param(name, function, word, id=f"{name}-{word}")


def filler(parameter: inspect.Parameter) -> Any:
    """Return something that an argument may be."""
    known = {"int": 1, "float": 1.0, "bool": False}
    if is_sequence(parameter) or parameter.annotation == "tuple[Any, ...]":
        return [torch.ones(2, 2)]
    return torch.ones(2, 2) if is_tensor(parameter) else known.get(str(parameter.annotation), 1)


@pytest.mark.parametrize("wrong", [[1.0, 2.0], np.ones((2, 2))], ids=["list", "ndarray"])
@pytest.mark.parametrize(("name", "function", "word"), list(cases()))
def test_a_list_or_array_where_a_tensor_is_due_is_named(
    name: str, function: Any, word: str, wrong: Any
) -> None:
    args, kwargs = [], {}
    for each, parameter in inspect.signature(function).parameters.items():
        value = filler(parameter) if each != word else wrong
        value = [wrong] if each == word and is_sequence(parameter) else value
        if parameter.kind is parameter.VAR_POSITIONAL:
            args += value if is_sequence(parameter) else []
        elif parameter.kind is parameter.KEYWORD_ONLY:
            wanted = each == word or parameter.default is parameter.empty
            kwargs |= {each: value} if wanted else {}
        elif parameter.kind is not parameter.VAR_KEYWORD:
            required = parameter.default is parameter.empty or each == word
            args.append(value if required else parameter.default)
    with pytest.raises(TypeError) as caught:
        function(*args, **kwargs)
    message = str(caught.value)
    kind = "list" if isinstance(wrong, list) else r"numpy.ndarray"
    assert name.rpartition(".")[2].rstrip("_") in message
    assert f"'{word}'" in message or "element 0 in argument 0" in message
    assert f"not {kind}" in message or f"got {kind}" in message
    assert "torch.tensor(...)" in message or "torch.from_numpy(...)" in message


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: torch.sum([1.0, 2.0]), "sum(): argument 'input' (position 1) must be Tensor, not "
         "list\n  mend    make it one with torch.tensor(...)"),
        (lambda: torch.sum(input=[1.0]), "sum(): argument 'input' must be Tensor, not list"),
        (lambda: torch.exp(2.0), "exp(): argument 'input' (position 1) must be Tensor, not float"),
        (lambda: torch.nn.Linear(2, 1)(1.0), "linear(): argument 'input' (position 1) must be "
         "Tensor, not float"),
        (lambda: torch.ones(2, 2) @ 2, "matmul(): argument 'other' (position 2) must be Tensor"),
        (lambda: torch.negative(2), "negative(): argument 'input' (position 1) must be Tensor"),
        (lambda: torch.mean(np.ones(2)), "mean(): argument 'input' (position 1) must be Tensor, "
         "not numpy.ndarray\n  mend    make it one with torch.from_numpy(...)"),
        (lambda: torch.stack([torch.ones(1), 1]), "expected Tensor as element 1 in argument 0, "
         "but got int"),
        (lambda: torch.nn.Linear(2, 1)([1.0, 2.0]), "linear(): argument 'input' (position 1) must "
         "be Tensor, not list"),
    ],
)  # fmt: skip
def test_the_message_names_function_argument_and_mend(call: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        call()
    assert message in str(caught.value)
    assert type(caught.value) is TypeError


def test_operators_take_arrays_and_functions_take_numbers_where_pytorch_does() -> None:
    t, a = torch.ones(2), np.full(2, 2.0)
    assert (t + a).tolist() == [3, 3]
    assert (a - t).tolist() == [1, 1]
    assert (t + a).dtype is torch.float64
    assert torch.add(2, t).tolist() == torch.mul(3, t).tolist() == [3, 3]
    assert torch.pow(2, t + 1).tolist() == [4, 4]
    assert torch.where(t > 0, 2.0, t).tolist() == [2, 2]


def test_other_mistakes_keep_their_own_message() -> None:
    with pytest.raises(RuntimeError, match="must match the size of tensor b"):
        torch.add(torch.ones(2), torch.ones(3))
    with pytest.raises(IndexError, match="Dimension out of range"):
        torch.sum(torch.ones(2), 3)


def test_functions_can_be_pickled_and_keep_their_signatures() -> None:
    for function in (torch.sum, torch.exp, F.mse_loss, F.relu, torch.linalg.norm):
        assert pickle.loads(pickle.dumps(function)) is function
    assert list(inspect.signature(torch.sum).parameters) == ["input", "dim", "keepdim", "dtype"]
