"""Scaled dot-product attention: its formula, masks, dropout, shared heads, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

attend = F.scaled_dot_product_attention


def numbers(*shape, seed=0, dtype=np.float64):
    return torch.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def three(batch=(2, 3), heads=(), dtype=np.float64):
    """Draw queries (*, 4, 2), keys (*, 5, 2) and values (*, 5, 3)."""
    shapes = (4, 2), (5, 2), (5, 3)
    return [numbers(*batch, *shape, seed=i, dtype=dtype) for i, shape in enumerate(shapes)]


def formula(q, k, v, scale=None, mask=0.0):
    q, k, v = (x.numpy() for x in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale) + mask
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True) @ v


@pytest.mark.parametrize("batch", [(), (3,), (2, 3), (2, 1, 3)])
@pytest.mark.parametrize("scale", [None, 2, -0.5, 0.0])
def test_attention_is_its_formula(batch, scale):
    q, k, v = three(batch)
    np.testing.assert_allclose(attend(q, k, v, scale=scale).numpy(), formula(q, k, v, scale))


def test_a_bool_mask_says_who_may_attend_and_a_float_mask_is_added():
    q, k, v = three()
    allowed = torch.tensor(np.random.default_rng(3).random((3, 4, 5)) < 0.7)
    allowed[:, :, 0] = True
    added = np.where(allowed.numpy(), 0.0, -np.inf)
    expected = formula(q, k, v, mask=added)
    for mask in (allowed, torch.tensor(added), torch.tensor(added.astype(np.float32))):
        np.testing.assert_allclose(attend(q, k, v, mask).numpy(), expected)
    every = attend(q, k, v, allowed[0, 0])
    np.testing.assert_allclose(every.numpy(), formula(q, k, v, mask=added[0, 0]))


def test_causal_attention_starts_at_the_first_key():
    q, k, v = three()
    mask = np.where(np.tri(4, 5, dtype=bool), 0.0, -np.inf)
    found = attend(q, k, v, is_causal=True)
    np.testing.assert_allclose(found.numpy(), formula(q, k, v, mask=mask))
    np.testing.assert_allclose(found[..., 0, :].numpy(), v[..., 0, :].numpy())


def test_who_may_attend_to_nothing_gives_zeros_and_gets_no_gradient():
    q, k, v = (x.requires_grad_() for x in three())
    allowed = torch.ones(4, 5, dtype=torch.bool)
    allowed[1] = False
    y = attend(q, k, v, allowed)
    (y * y).sum().backward()
    assert not y[..., 1, :].any()
    assert not q.grad[..., 1, :].any()
    for x in (q, k, v):
        assert torch.isfinite(x.grad).all()
        assert x.grad.any()


def test_a_float_mask_gets_a_gradient():
    q, k, v = three((2,))
    mask = numbers(4, 5, seed=7).requires_grad_()
    assert torch.autograd.gradcheck(lambda m: attend(q, k, v, m), mask)
    assert torch.autograd.gradgradcheck(lambda m, q: attend(q, k, v, m), (mask, q.requires_grad_()))


def test_second_gradients_with_dropout_and_shared_heads_are_those_of_differences():
    q, k, v = numbers(4, 3, 2), numbers(2, 5, 2, seed=1), numbers(2, 5, 2, seed=2)
    leaves = [x.requires_grad_() for x in (q, k, v)]

    def dropped(q, k, v):
        torch.manual_seed(3)
        return attend(q, k, v, dropout_p=0.4, is_causal=True, enable_gqa=True)

    assert torch.autograd.gradcheck(dropped, leaves)
    assert torch.autograd.gradgradcheck(dropped, leaves)


def test_dropout_multiplies_the_weights_by_the_seed_s_noise():
    q, k, v = three((2,))
    torch.manual_seed(5)
    found = attend(q, k, v, dropout_p=0.25)
    torch.manual_seed(5)
    noise = F.dropout(torch.ones(2, 4, 5, dtype=torch.float64), 0.25)
    weights = attend(q, k, torch.eye(5, dtype=torch.float64))
    np.testing.assert_allclose(found.numpy(), (weights * noise @ v).numpy())
    assert not attend(q, k, v, dropout_p=1.0).any()


def test_dropout_of_0_and_of_1_draw_nothing():
    before = torch.get_rng_state()
    for p in (0.0, 1.0):
        attend(*three(), dropout_p=p)
    assert torch.equal(before, torch.get_rng_state())


def test_heads_of_keys_are_shared_by_neighbouring_heads_of_queries():
    q, k, v = numbers(2, 6, 4, 2), numbers(2, 3, 5, 2, seed=1), numbers(2, 2, 5, 3, seed=2)
    wide = [torch.tensor(np.repeat(x.numpy(), n, 1)) for x, n in ((k, 2), (v, 3))]
    found = attend(q, k, v, enable_gqa=True)
    np.testing.assert_allclose(found.numpy(), formula(q, *wide))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_short_types_compute_in_float32_and_round_once(dtype):
    q, k, v = (x.to(dtype).requires_grad_() for x in three())
    mask = torch.zeros(4, 5)
    mask[0, 1:] = -1e9
    y = attend(q, k, v, mask)
    assert y.dtype is dtype
    wide = attend(*(x.detach().float() for x in (q, k, v)), mask)
    assert torch.equal(y, wide.to(dtype))
    y.sum().backward()
    assert q.grad.dtype is dtype


def test_the_result_may_be_written_before_the_gradient():
    q, k, v = (x.requires_grad_() for x in three())
    expected = torch.autograd.grad(attend(q, k, v).sum() * 2, (q, k, v))
    y = attend(q, k, v)
    y.mul_(2)
    for mine, right in zip(torch.autograd.grad(y.sum(), (q, k, v)), expected, strict=True):
        np.testing.assert_allclose(mine.numpy(), right.numpy())


def test_shapes_are_enough():
    q, k, v = (torch.empty(2, n, m, device="meta") for n, m in ((6, 4), (5, 4), (5, 3)))
    y = attend(q, k, v, torch.ones(6, 5, dtype=torch.bool, device="meta"), 0.5)
    assert (y.shape, y.device.type) == ((2, 6, 3), "meta")
    assert attend(q, k, v, is_causal=True).shape == (2, 6, 3)
    shared = attend(q.expand(4, 2, 6, 4), k, v, enable_gqa=True)
    assert shared.shape == (4, 2, 6, 3)


REFUSED = [
    (lambda q, k, v: attend(q, k.float(), v), RuntimeError,
     "Expected query, key, and value to have the same dtype, but got query.dtype: float64",
     "convert them"),
    (lambda q, k, v: attend(q[0, 0, 0], k, v), RuntimeError,
     "Expected query, key, and value to all be at least 2 dimensional, but got query.dim: 1",
     "(..., length, size)"),
    (lambda q, k, v: attend(q.long(), k.long(), v.long()), RuntimeError,
     "expected scalar type Float but found Long", ".float()"),
    (lambda q, k, v: attend(q, k, v, torch.ones(4, 5, dtype=torch.int64)), RuntimeError,
     "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
     "attn_mask.dtype: int64", ".bool()"),
    (lambda q, k, v: attend(q.float(), k.float(), v.float(), torch.ones(4, 5).double()),
     RuntimeError, "Expected attn_mask dtype to be bool or float or to match query dtype",
     ".to(torch.float32)"),
    (lambda q, k, v: attend(q, k, v, torch.ones(4, 4)), RuntimeError,
     "The size of tensor a (5) must match the size of tensor b (4) at non-singleton dimension 3",
     "(2, 3, 4, 5)"),
    (lambda q, k, v: attend(q[:1], k[:1], v[:1], torch.ones(2, 3, 4, 5)), RuntimeError,
     "must match the size of tensor b (2) at non-singleton dimension 0", "(1, 3, 4, 5)"),
    (lambda q, k, v: attend(q, k, v, torch.ones(1, 2, 3, 4, 5)), RuntimeError,
     "output with shape [2, 3, 4, 5] doesn't match the broadcast shape [1, 2, 3, 4, 5]",
     "leave out"),
    (lambda q, k, v: attend(q, k, v, torch.ones(4, 5), is_causal=True), RuntimeError,
     "Explicit attn_mask should not be set when is_causal=True", "one of the two"),
    (lambda q, k, v: attend(q, k[..., :1], v), RuntimeError,
     "Expected size for first two dimensions of batch2 tensor to be: [6, 2] but got: [6, 1].",
     "query and key"),
    (lambda q, k, v: attend(q, k, v[..., :3, :]), RuntimeError,
     "Expected size for first two dimensions of batch2 tensor to be: [6, 5] but got: [6, 3].",
     "one value for each key"),
    (lambda q, k, v: attend(q, k[:, :2], v), RuntimeError,
     "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1",
     "equal, or 1"),
    (lambda q, k, v: attend(q, k, v, dropout_p=1.5), RuntimeError,
     "dropout probability has to be between 0 and 1, but got 1.5", "0 drops nothing"),
    (lambda q, k, v: attend(q, k[:, :2], v[:, :2], enable_gqa=True), RuntimeError,
     "Number of heads in key and value must divide the number of heads in query", "divisor"),
    (lambda q, k, v: attend(q[0, 0], k[0, 0], v[0, 0], enable_gqa=True), IndexError,
     "Dimension out of range", "heads"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "kind", "phrase", "mend"), REFUSED,
                         ids=[phrase[:40] for _, _, phrase, _ in REFUSED])  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_mend(wrong, kind, phrase, mend):
    check_mend(kind, phrase, mend, lambda: wrong(*three()))


def test_complex_numbers_and_lists_are_refused():
    with pytest.raises(NotImplementedError, match="ComplexFloat"):
        attend(*(x.to(torch.complex64) for x in three()))
    with pytest.raises(TypeError, match="argument 'key' .position 2. must be Tensor, not list"):
        attend(torch.ones(2, 2), [1.0], torch.ones(2, 2))
    with pytest.raises(TypeError):
        attend(*three(), None, 0.0, False, 1.0)


# -- beside PyTorch ------------------------------------------------------------------------------

OPTIONS = [
    {}, {"is_causal": True}, {"scale": 0.3}, {"mask": "bool"}, {"mask": "float"},
    {"mask": "row"}, {"dropout_p": 0.3}, {"dropout_p": 0.5, "mask": "bool"},
    {"dropout_p": 0.2, "is_causal": True, "enable_gqa": True}, {"enable_gqa": True},
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_gradients_and_dropout_are_torch_s(options, dtype):
    oracle = pytest.importorskip("torch")
    shared = options.get("enable_gqa", False)
    shapes = (2, 6, 7, 4), (2, 3 if shared else 6, 9, 4), (2, 3 if shared else 6, 9, 4)
    drawn = np.random.default_rng(1)
    arrays = [drawn.standard_normal(shape).astype(dtype) for shape in shapes]
    hidden = drawn.random((7, 9)) < 0.3
    hidden[2] = True
    masks = {"bool": ~hidden, "float": np.where(hidden, -np.inf, 0.5).astype(dtype),
             "row": ~hidden[:1], None: None}  # fmt: skip
    found = []
    for package in (torch, oracle):
        leaves = [package.tensor(x).requires_grad_() for x in arrays]
        mask = masks[options.get("mask")]
        mask = None if mask is None else package.tensor(mask)
        keywords = {name: value for name, value in options.items() if name != "mask"}
        package.manual_seed(2)
        y = package.nn.functional.scaled_dot_product_attention(*leaves, mask, **keywords)
        (y * y).sum().backward()
        found.append([y.detach().numpy(), package.rand(1).numpy(),
                      *(x.grad.numpy() for x in leaves)])  # fmt: skip
    limit = 1e-5 if dtype == "float32" else 1e-12
    for mine, other in zip(*found, strict=True):
        np.testing.assert_allclose(mine, other, rtol=limit, atol=limit)
