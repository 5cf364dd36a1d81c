"""multi_head_attention_forward: its masks, its extra keys, and what is refused."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.nn.functional.mending import check_mend


def numbers(*shape, seed=0, package=torch, dtype=np.float64):
    return package.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def attend(query, key, value, package=torch, **given):
    """Attend with two heads of 2; what is not given is drawn, and needs no gradient."""
    drawn = {
        "in_proj_weight": (12, 4), "in_proj_bias": (12,), "bias_k": None, "bias_v": None,
        "out_proj_weight": (4, 4), "out_proj_bias": (4,),
    }  # fmt: skip
    parts = {
        name: None if shape is None else numbers(*shape, seed=i, package=package)
        for i, (name, shape) in enumerate(drawn.items())
    }
    options = {"embed_dim_to_check": 4, "num_heads": 2, "add_zero_attn": False, "dropout_p": 0.0}
    return package.nn.functional.multi_head_attention_forward(
        query, key, value, **{**options, **parts, **given}
    )


def given(batch=(3,), package=torch):
    """Draw queries (4, *, 4), keys and values (5, *, 4)."""
    return [numbers(n, *batch, 4, seed=n + i, package=package) for i, n in enumerate((4, 5, 5))]


def test_each_head_attends_to_its_own_columns():
    query, key, value = given()
    identity = torch.eye(4, dtype=torch.float64)
    packed = torch.cat([identity] * 3)
    plain = {"in_proj_weight": packed, "in_proj_bias": None, "out_proj_weight": identity,
             "out_proj_bias": None}  # fmt: skip
    y, weights = attend(query, key, value, average_attn_weights=False, **plain)
    for head, part in enumerate((slice(0, 2), slice(2, 4))):
        q, k, v = (x[..., part].transpose(0, 1) for x in (query, key, value))
        alone = torch.softmax(q @ k.mT / math.sqrt(2), -1)
        np.testing.assert_allclose(weights[:, head].numpy(), alone.numpy())
        np.testing.assert_allclose(y[..., part].numpy(), (alone @ v).transpose(0, 1).numpy())
    mean = attend(query, key, value, **plain)[1]
    np.testing.assert_allclose(mean.numpy(), weights.mean(1).numpy())


def test_without_weights_the_outputs_are_the_same():
    hidden = torch.zeros(4, 5, dtype=torch.bool)
    hidden[:, 3] = True
    for options in ({}, {"attn_mask": hidden}, {"add_zero_attn": True}):
        y, weights = attend(*given(), **options)
        same, nothing = attend(*given(), need_weights=False, **options)
        np.testing.assert_allclose(same.numpy(), y.numpy())
        assert nothing is None
        assert weights.shape == (3, 4, 6 if "add_zero_attn" in options else 5)


def test_what_is_masked_has_no_weight_in_bool_and_in_float():
    padding = torch.tensor([[False, False, True, False, True]] * 3)
    hidden = torch.zeros(4, 5, dtype=torch.bool)
    hidden[1, 0] = True
    _, weights = attend(*given(), key_padding_mask=padding, attn_mask=hidden)
    assert not weights[..., [2, 4]].any()
    assert not weights[:, 1, 0].any()
    assert weights[:, 0, 0].all()
    np.testing.assert_allclose(weights.sum(-1).numpy(), 1)
    added = [torch.zeros(m.shape, dtype=torch.float64).masked_fill(m, -math.inf)
             for m in (padding, hidden)]  # fmt: skip
    _, same = attend(*given(), key_padding_mask=added[0], attn_mask=added[1])
    np.testing.assert_allclose(same.numpy(), weights.numpy())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_query_that_may_attend_to_nothing_is_nan_with_weights_and_the_bias_without():
    """So it is in torch: one of the two ways guards against it."""
    padding = torch.ones(3, 5, dtype=torch.bool)
    y, weights = attend(*given(), key_padding_mask=padding)
    assert torch.isnan(y).all()
    assert torch.isnan(weights).all()
    y, _ = attend(*given(), key_padding_mask=padding, need_weights=False)
    np.testing.assert_allclose(y.numpy(), np.broadcast_to(numbers(4, seed=5).numpy(), y.shape))


def test_a_causal_hint_stands_for_its_mask():
    query = given()[0]
    mask = torch.nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)
    right, _ = attend(query, query, query, attn_mask=mask)
    for needed in (False, True):
        y, _ = attend(query, query, query, attn_mask=mask, is_causal=True, need_weights=needed)
        np.testing.assert_allclose(y.numpy(), right.numpy())


def test_dropout_is_for_training_alone():
    query = given()[0]
    plain, _ = attend(query, query, query)
    still, _ = attend(query, query, query, dropout_p=0.5, training=False)
    other, _ = attend(query, query, query, dropout_p=0.5)
    np.testing.assert_array_equal(still.numpy(), plain.numpy())
    assert not np.allclose(other.numpy(), plain.numpy())


def test_a_batch_of_one_is_what_no_batch_is():
    y, weights = attend(*given(()))
    wide, wider = attend(*(x.unsqueeze(1) for x in given(())))
    np.testing.assert_allclose(y.numpy(), wide.squeeze(1).numpy())
    np.testing.assert_allclose(weights.numpy(), wider.squeeze(0).numpy())
    _, heads = attend(*given(()), average_attn_weights=False)
    assert heads.shape == (2, 4, 5)


def test_masks_of_two_kinds_are_warned_of_once():
    padding, mask = torch.zeros(3, 5, dtype=torch.bool), torch.zeros(4, 5, dtype=torch.float64)
    with pytest.warns(UserWarning, match="Support for mismatched key_padding_mask and attn_mask "
                      "is deprecated. Use same type for both instead") as told:  # fmt: skip
        attend(*given(), key_padding_mask=padding, attn_mask=mask)
    assert len(told) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attend(*given(), key_padding_mask=padding, attn_mask=mask.bool())


def with_given(**options):
    return lambda batch=(3,): attend(*given(batch), **options)


def ones(*shape):
    return torch.ones(shape, dtype=torch.float64)


SEPARATE = {"use_separate_proj_weight": True, "q_proj_weight": ones(4, 4),
            "k_proj_weight": ones(4, 4), "v_proj_weight": ones(4, 4)}  # fmt: skip
REFUSED = [
    (lambda: attend(*given((2, 3))), AssertionError,
     "query should be unbatched 2D or batched 3D tensor but received 4-D query tensor", "length"),
    (lambda: attend(given()[0], *given(())[1:]), AssertionError,
     "For batched (3-D) `query`, expected `key` and `value` to be 3-D but found 2-D and 2-D "
     "tensors respectively", "a batch, or none"),
    (with_given(key_padding_mask=ones(5)), AssertionError, "For batched (3-D) `query`, expected "
     "`key_padding_mask` to be `None` or 2-D but found 1-D tensor instead", "one element"),
    (with_given(attn_mask=ones(5)), AssertionError, "For batched (3-D) `query`, expected "
     "`attn_mask` to be `None`, 2-D or 3-D but found 1-D tensor instead", "(queries, keys)"),
    (lambda: attend(*given(()), attn_mask=ones(3, 4, 5)), AssertionError,
     "Expected `attn_mask` shape to be (2, 4, 5) but got torch.Size([3, 4, 5])", "each head"),
    (with_given(attn_mask=ones(5, 5)), RuntimeError, "The shape of the 2D attn_mask is "
     "torch.Size([5, 5]), but should be (4, 5).", "(queries, keys)"),
    (with_given(attn_mask=ones(2, 4, 5)), RuntimeError, "The shape of the 3D attn_mask is "
     "torch.Size([2, 4, 5]), but should be (6, 4, 5).", "each head of each of the batch"),
    (with_given(attn_mask=ones(4, 5).long()), AssertionError,
     "only bool and floating types of attn_mask are supported", ".bool()"),
    (with_given(key_padding_mask=ones(2, 5)), AssertionError,
     "Expected key_padded_mask.shape[0] to be 3, but got 2", "(3, 5)"),
    (with_given(key_padding_mask=ones(3, 4)), AssertionError,
     "Expected key_padded_mask.shape[1] to be 5, but got 4", "(3, 5)"),
    (with_given(is_causal=True), RuntimeError, "Need attn_mask if specifying the is_causal hint. "
     "You may use the Transformer module method `generate_square_subsequent_mask` to create this "
     "mask.", "attn_mask too"),
    (with_given(embed_dim_to_check=6), AssertionError,
     "was expecting embedding dimension of 6, but got 4", "nn.MultiheadAttention(4, 2)"),
    (with_given(num_heads=3), AssertionError, "embed_dim 4 not divisible by num_heads 3",
     "divisor"),
    (lambda: attend(given()[0], *given((2,))[1:]), RuntimeError,
     "shape '[5, 6, 2]' is invalid for input of size 40", "the same batch"),
    (lambda: attend(given()[0], given()[1], given()[0]), AssertionError,
     "key shape (5, 3, 4) does not match value shape (4, 3, 4)", "kdim and vdim"),
    (lambda: attend(given()[0], given()[1], given()[0], **SEPARATE), AssertionError,
     "key's sequence and batch dims (5, 3) do not match value's (4, 3)", "each key"),
    (with_given(in_proj_weight=None), AssertionError,
     "use_separate_proj_weight is False but in_proj_weight is None", "in_proj_weight"),
    (with_given(**{**SEPARATE, "k_proj_weight": None}), AssertionError,
     "use_separate_proj_weight is True but k_proj_weight is None", "all three"),
    (with_given(bias_k=ones(1, 1, 4)), AssertionError, "bias_k is set but bias_v is None", "both"),
    (with_given(bias_v=ones(1, 1, 4)), AssertionError, "bias_v is set but bias_k is None", "both"),
    (with_given(bias_k=ones(1, 1, 4), bias_v=ones(1, 1, 4), static_k=ones(6, 5, 2)),
     AssertionError, "bias cannot be added to static key.", "leave"),
    (with_given(static_k=ones(5, 5, 2)), AssertionError,
     "expecting static_k.size(0) of 6, but got 5", "(6, keys, 2)"),
    (with_given(static_v=ones(6, 5, 3)), AssertionError,
     "expecting static_v.size(2) of 2, but got 3", "(6, keys, 2)"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "kind", "phrase", "mend"), REFUSED,
                         ids=[phrase[:50] for _, _, phrase, _ in REFUSED])  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_mend(wrong, kind, phrase, mend):
    check_mend(kind, phrase, mend, wrong)


# -- beside PyTorch ------------------------------------------------------------------------------

SHAPED = {
    "bias_k": (1, 1, 4), "bias_v": (1, 1, 4), "static_k": (6, 5, 2), "static_v": (6, 5, 2),
    "q_proj_weight": (4, 4), "k_proj_weight": (4, 4), "v_proj_weight": (4, 4),
    "attn_mask": (4, 5), "key_padding_mask": (3, 5),
}  # fmt: skip
CASES = [
    "", "bias_k bias_v", "static_k", "static_v", "static_k static_v", "attn_mask",
    "key_padding_mask", "attn_mask key_padding_mask", "bias_k bias_v attn_mask add_zero_attn",
    "q_proj_weight k_proj_weight v_proj_weight use_separate_proj_weight", "add_zero_attn dropout",
    "attn_mask is_causal add_zero_attn",
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("need_weights", [False, True])
def test_outputs_weights_and_gradients_are_torch_s(case, need_weights):
    oracle = pytest.importorskip("torch")
    found = []
    for package in (torch, oracle):
        options = {"need_weights": need_weights}
        for name in case.split():
            shape = SHAPED.get(name)
            options[name] = True if shape is None else numbers(*shape, seed=9, package=package)
        if options.pop("dropout", False):
            options["dropout_p"] = 0.4
        leaves = [x.requires_grad_() for x in given(package=package)]
        package.manual_seed(3)
        y, weights = attend(*leaves, package, **options)
        (y * y).sum().backward()
        parts = [y, weights, package.rand(1), *(x.grad for x in leaves)]
        found.append([None if x is None else x.detach().numpy() for x in parts])
    for mine, other in zip(*found, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None:
            np.testing.assert_allclose(mine, other, atol=1e-12)
