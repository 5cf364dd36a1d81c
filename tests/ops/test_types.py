"""Types that an operation does not take are refused with PyTorch's type of error."""

import pytest

import minitorch_lazy as torch

KINDS = ["int64", "bool", "complex64"]
CALLS = [
    *[f"F.{name}(x)" for name in (
        "leaky_relu", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus", "logsigmoid",
        "hardswish", "hardsigmoid", "glu", "relu", "relu6")],
    *[f"F.{name}(x, 1)" for name in ("softmax", "log_softmax", "softmin")],
    *[f"F.{name}(x, x)" for name in ("l1_loss", "kl_div", "binary_cross_entropy_with_logits")],
    *[f"F.{name}(x, x)" for name in ("mse_loss", "huber_loss", "smooth_l1_loss")],
    "F.layer_norm(x, (4,))", "F.group_norm(x, 2)", "F.cross_entropy(x, m.tensor([0, 1]))",
    "F.adaptive_avg_pool1d(x, 2)", "F.max_pool2d(x.reshape(1, 2, 4), 1)[:0]",
    "m.softmax(x, 0)", "m.log_softmax(x, 0)", "m.matmul(x, x.T)", "m.sign(x)", "m.floor(x)",
    "m.clamp(x, 0, 1)", "m.amax(x)", "m.amin(x, 0)", "x < x", "x >= 1", "m.lt(x, 2)", "x.gt(x)",
    "m.bincount(x[0])", "m.mean(x)", "m.fmod(x, 2)", "m.erf(x)", "m.atan2(x, x)", "-x", "x - x",
    "m.std(x)", "m.var(x)", "m.norm(x)", "m.logsumexp(x, 0)", "m.sort(x)", "m.topk(x, 1)[:0]",
    "m.exp(x)", "m.sqrt(x)", "m.cumsum(x, 0)", "m.prod(x)", "x % 2", "x // 2", "x ** 2",
]  # fmt: skip
FLOATS = [f"m.bitwise_{name}(y, y)" for name in ("and", "or", "xor")] + [
    "m.bitwise_not(y)", "y & 1", "~y", "m.bitwise_left_shift(y, 1)", "m.bincount(y[0])",
    "m.take_along_dim(y, y > 0, 0)", "m.where(y > 0, y)", "y.clone().copy_(2.5)",
    "y.clone().copy_([1.0])", "y < y.to(m.complex64)", "y.to(m.complex64) <= y", "y >= 1j",
]  # fmt: skip
ALLOWED = {("m.topk(x, 1)[:0]", "bool"), ("F.max_pool2d(x.reshape(1, 2, 4), 1)[:0]", "bool"),
           ("m.floor(x)", "bool")}  # fmt: skip
"""Where PyTorch has no kernel, and the result here is the obvious one."""


def outcome(text: str, m: object, kind: str) -> str:
    """Return `fine`, or the type of the error."""
    x = m.tensor([[1.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 2.0]]).to(getattr(m, kind))
    y = m.tensor([[1.0, 0.0], [2.0, 1.0]])
    try:
        eval(text, {"m": m, "F": m.nn.functional, "x": x, "y": y})
    except Exception as error:
        return type(error).__name__
    return "fine"


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", CALLS)
def test_types_are_taken_or_refused_as_in_pytorch(text: str, kind: str) -> None:
    real = pytest.importorskip("torch")
    if (text, kind) in ALLOWED:
        assert outcome(text, torch, kind) == "fine"
    else:
        assert outcome(text, torch, kind) == outcome(text, real, kind)


@pytest.mark.torch
@pytest.mark.parametrize("text", FLOATS)
def test_floats_are_refused_where_bits_or_places_are_due(text: str) -> None:
    assert outcome(text, torch, "int64") == outcome(text, pytest.importorskip("torch"), "int64")


def test_the_array_librarys_own_words_do_not_reach_the_user() -> None:
    with pytest.raises(NotImplementedError, match='"floor" not implemented') as caught:
        torch.floor(torch.tensor([1j]))
    assert "ufunc" not in str(caught.value)
    assert "mend" in str(caught.value)


def test_a_number_is_copied_into_every_element() -> None:
    x = torch.zeros(2, 2)
    assert x.copy_(3).tolist() == [[3, 3], [3, 3]]
