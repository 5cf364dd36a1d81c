"""Transformers: what layers and stacks compute, their masks, and what is refused."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from minitorch_lazy import nn
from tests.nn.functional.mending import check_mend


def numbers(*shape, seed=0, package=torch, dtype=np.float32):
    return package.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def close(mine: Any, right: Any, limit: float = 1e-5) -> None:
    np.testing.assert_allclose(mine.detach().numpy(), right.detach().numpy(), rtol=limit,
                               atol=limit)  # fmt: skip


@pytest.mark.parametrize("norm_first", [False, True])
def test_an_encoder_layer_is_attention_and_a_net_each_beside_the_identity(norm_first):
    layer = nn.TransformerEncoderLayer(4, 2, 3, 0.0, torch.tanh, norm_first=norm_first)
    x = numbers(5, 3, 4)
    attention = lambda x: layer.self_attn(x, x, x)[0]  # noqa: E731
    net = lambda x: layer.linear2(torch.tanh(layer.linear1(x)))  # noqa: E731
    if norm_first:
        right = x + attention(layer.norm1(x))
        right = right + net(layer.norm2(right))
    else:
        right = layer.norm1(x + attention(x))
        right = layer.norm2(right + net(right))
    close(layer(x), right)


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_decoder_layer_attends_to_itself_and_then_to_the_memory(norm_first):
    layer = nn.TransformerDecoderLayer(4, 2, 3, 0.0, "gelu", norm_first=norm_first)
    x, memory = numbers(5, 3, 4), numbers(6, 3, 4, seed=1)
    own = lambda x: layer.self_attn(x, x, x)[0]  # noqa: E731
    other = lambda x: layer.multihead_attn(x, memory, memory)[0]  # noqa: E731
    net = lambda x: layer.linear2(F.gelu(layer.linear1(x)))  # noqa: E731
    right = x
    for norm, block in zip((layer.norm1, layer.norm2, layer.norm3), (own, other, net), strict=True):
        right = right + block(norm(right)) if norm_first else norm(right + block(right))
    close(layer(x, memory), right)


def test_the_layers_of_a_stack_are_copies():
    layer = nn.TransformerEncoderLayer(4, 2, 3, 0.0)
    stack = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    first, second = stack.layers
    assert {id(p) for p in first.parameters()}.isdisjoint(id(p) for p in second.parameters())
    x = numbers(5, 3, 4)
    close(stack(x), layer(layer(x)))


def test_a_whole_transformer_is_its_two_stacks():
    net = nn.Transformer(4, 2, 2, 1, 3, 0.0)
    src, tgt = numbers(6, 3, 4), numbers(5, 3, 4, seed=1)
    close(net(src, tgt), net.decoder(tgt, net.encoder(src)))
    custom = nn.Transformer(4, 2, custom_encoder=net.encoder, custom_decoder=net.decoder)
    assert (custom.encoder, custom.decoder) == (net.encoder, net.decoder)


def test_the_causal_mask_has_minus_infinity_above_the_diagonal():
    mask = nn.Transformer.generate_square_subsequent_mask(3)
    inf = float("inf")
    assert mask.tolist() == [[0, -inf, -inf], [0, 0, -inf], [0, 0, 0]]
    mask = nn.Transformer.generate_square_subsequent_mask(2, device="meta", dtype=torch.float64)
    assert (mask.device.type, mask.dtype) == ("meta", torch.float64)


def test_a_causal_stack_never_sees_what_comes_later():
    net = nn.Transformer(4, 2, 1, 2, 3, 0.0, batch_first=True)
    src, tgt = numbers(3, 6, 4), numbers(3, 5, 4, seed=1)
    changed = tgt.clone()
    changed[:, 3:] += 1
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    for given in ({"tgt_mask": mask}, {"tgt_mask": mask.isinf()}, {"tgt_mask": mask,
                  "tgt_is_causal": True}, {"tgt_mask": mask, "tgt_is_causal": False}):  # fmt: skip
        one, other = net(src, tgt, **given), net(src, changed, **given)
        close(one[:, :3], other[:, :3])
        assert not np.allclose(one[:, 3:].detach().numpy(), other[:, 3:].detach().numpy())


def test_a_mask_that_is_causal_is_found_to_be():
    seen = []

    class Spy(nn.TransformerEncoderLayer):
        def forward(self, src, is_causal=False, **masks):
            seen.append(is_causal)
            return super().forward(src, is_causal=is_causal, **masks)

    stack = nn.TransformerEncoder(Spy(4, 2, 3), 1, enable_nested_tensor=False)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    other = mask.clone()
    other[0, 1] = 0
    for given in (mask, mask.isinf(), other, None, mask.repeat(6, 1, 1)):
        stack(numbers(5, 3, 4), given)
    stack(numbers(5, 3, 4), other, is_causal=True)
    assert seen == [True, True, False, False, False, True]


def padded() -> torch.Tensor:
    return torch.tensor([[False, False, False], [False, False, True]])


def stack(**options: Any) -> Any:
    """Make a stack of one layer with batch_first."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(4, 2, 3, batch_first=True)
    return nn.TransformerEncoder(layer, 1, **options).eval()


def test_in_evaluation_without_gradients_padded_elements_become_zeros():
    x = numbers(2, 3, 4)
    with torch.no_grad():
        y = stack()(x, src_key_padding_mask=padded())
        plain = stack(enable_nested_tensor=False)(x, src_key_padding_mask=padded())
    assert not y[1, 2].any()
    assert plain[1, 2].any()
    assert torch.equal(y[~padded()], plain[~padded()])
    normed = stack(norm=nn.LayerNorm(4))
    with torch.no_grad():
        normed.norm.bias.fill_(3)
        assert (normed(x, src_key_padding_mask=padded())[1, 2] == 3).all()


@pytest.mark.parametrize(("reason", "spared"), [
    ("gradients", lambda s, x: s(x, src_key_padding_mask=padded())),
    ("training", lambda s, x: s.train()(x, src_key_padding_mask=padded())),
    ("a mask", lambda s, x: s(x, torch.zeros(3, 3, dtype=torch.bool),
                              src_key_padding_mask=padded())),
    ("padding in front", lambda s, x: s(x, src_key_padding_mask=padded().flip(1))),
])  # fmt: skip
def test_otherwise_padded_elements_are_like_others(reason, spared):
    with torch.set_grad_enabled(reason == "gradients"):
        assert spared(stack(), numbers(2, 3, 4)).detach().abs().sum(-1).all()


def test_an_encoder_that_keeps_padding_says_why():
    layer = nn.TransformerEncoderLayer
    for made, reason in (
        (layer(4, 2, 3), "encoder_layer.self_attn.batch_first was not True"),
        (layer(4, 2, 3, batch_first=True, norm_first=True), "encoder_layer.norm_first was True"),
        (layer(4, 2, 3, batch_first=True, bias=False), "self_attn was passed bias=False"),
        (layer(4, 2, 3, batch_first=True, activation=torch.tanh), "activation_relu_or_gelu was"),
        (layer(3, 3, 3, batch_first=True), "self_attn.num_heads is odd"),
        (nn.Linear(4, 4), "encoder_layer was not TransformerEncoderLayer"),
    ):
        with pytest.warns(UserWarning, match=f"use_nested_tensor is False because .*{reason}"):
            nn.TransformerEncoder(made, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.TransformerEncoder(layer(4, 2, 3, batch_first=True), 1)
        nn.TransformerEncoder(layer(4, 2, 3), 1, enable_nested_tensor=False)


def test_shapes_are_enough():
    net = nn.Transformer(4, 2, 1, 1, 3, batch_first=True, device="meta")
    src, tgt = torch.empty(2, 6, 4, device="meta"), torch.empty(2, 5, 4, device="meta")
    padding = torch.zeros(2, 6, dtype=torch.bool, device="meta")
    mask = net.generate_square_subsequent_mask(5, device="meta")
    y = net(src, tgt, tgt_mask=mask, src_key_padding_mask=padding)
    assert (y.shape, y.device.type) == ((2, 5, 4), "meta")
    with torch.no_grad():
        assert net.eval()(src, tgt, src_key_padding_mask=padding).shape == (2, 5, 4)


REFUSED = [
    (lambda: nn.TransformerEncoderLayer(4, 2, activation="tanh"), RuntimeError,
     "activation should be relu/gelu, not tanh", "torch.tanh"),
    (lambda: nn.TransformerEncoderLayer(None, 2), TypeError, "d_model must be an int", "no lazy"),
    (lambda: nn.TransformerDecoderLayer(5, 2), AssertionError,
     "embed_dim must be divisible by num_heads", "divisor"),
    (lambda: nn.Transformer(4, 2, 1, 1, 3)(torch.ones(6, 3, 4), torch.ones(5, 2, 4)), RuntimeError,
     "the batch number of src and tgt must be equal", "dimension 1"),
    (lambda: nn.Transformer(4, 2, 1, 1, 3)(torch.ones(6, 3, 4), torch.ones(5, 3, 2)), RuntimeError,
     "the feature number of src and tgt must be equal to d_model", "d_model is 4"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize(("wrong", "kind", "phrase", "mend"), REFUSED,
                         ids=[phrase[:40] for _, _, phrase, _ in REFUSED])  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_mend(wrong, kind, phrase, mend):
    check_mend(kind, phrase, mend, wrong)


# -- beside PyTorch ------------------------------------------------------------------------------

NAMES = ["TransformerEncoderLayer", "TransformerDecoderLayer", "TransformerEncoder",
         "TransformerDecoder", "Transformer", "MultiheadAttention"]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["__init__", "forward"])
def test_arguments_and_defaults_are_torch_s(name, method):
    oracle = pytest.importorskip("torch")
    found = []
    for package in (torch, oracle):
        signature = inspect.signature(getattr(getattr(package.nn, name), method))
        found.append([
            (p.name, getattr(p.default, "__name__", p.default), p.kind)
            for p in signature.parameters.values()
        ])  # fmt: skip
    assert found[0] == found[1]


CASES = [
    {}, {"tgt_mask": "causal"}, {"tgt_mask": "causal", "tgt_is_causal": True},
    {"src_mask": "bool", "memory_mask": "memory"}, {"src_key_padding_mask": "padding"},
    {"src_key_padding_mask": "padding", "memory_key_padding_mask": "padding"},
]  # fmt: skip


def masks(case: dict[str, Any], package: Any) -> dict[str, Any]:
    """Make the masks that a case names, for sources of length 6 and targets of length 5."""
    made = {
        "causal": package.nn.Transformer.generate_square_subsequent_mask(5),
        "bool": package.tensor(~np.tri(6, dtype=bool)),
        "memory": package.tensor(~np.tri(5, 6, dtype=bool)),
        "padding": package.tensor(np.array([[False] * 6, [False] * 4 + [True] * 2])),
    }
    return {k: v if v is True else made[v] for k, v in case.items()}


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:enable_nested_tensor", "ignore:The PyTorch API of nested")
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("mode", ["training", "evaluation", "evaluation without gradients"])
def test_a_transformer_computes_what_torch_s_does(case, batch_first, norm_first, mode):
    oracle = pytest.importorskip("torch")
    found = []
    for package in (torch, oracle):
        package.manual_seed(0)
        net = package.nn.Transformer(8, 2, 2, 1, 5, 0.2, "gelu", batch_first=batch_first,
                                     norm_first=norm_first).train(mode == "training")  # fmt: skip
        src, tgt = numbers(2, 6, 8, package=package), numbers(2, 5, 8, seed=1, package=package)
        if not batch_first:
            src, tgt = src.transpose(0, 1), tgt.transpose(0, 1)
        package.manual_seed(1)
        with package.set_grad_enabled("without" not in mode):
            y = net(src, tgt, **masks(case, package))
        if y.requires_grad:
            (y * y * y).sum().backward()
        found.append([y, *(p.grad for p in net.parameters() if p.grad is not None)])
    for mine, other in zip(*found, strict=True):
        close(mine, other, 2e-4)
