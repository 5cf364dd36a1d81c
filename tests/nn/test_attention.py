"""Attention layers: every option beside PyTorch, and the lazy form beside the eager one."""

from __future__ import annotations

import itertools
import threading
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.ops.attention import attend
from tests.nn.functional.mending import check_mend

SIZES = [{}, {"kdim": 3}, {"vdim": 5}, {"kdim": 5, "vdim": 3}]
OPTIONS = [
    {"bias": bias, "add_bias_kv": more, "add_zero_attn": zeros, "batch_first": first, **sizes}
    for bias, more, zeros, first, sizes in itertools.product(*[(True, False)] * 4, SIZES)
]  # fmt: skip


def named(options: dict[str, Any]) -> str:
    """Name a case by what differs from the defaults."""
    usual = {"bias": True, "add_bias_kv": False, "add_zero_attn": False, "batch_first": False}
    return " ".join(f"{k}={v}" for k, v in options.items() if usual.get(k) != v) or "defaults"


def inputs(options: dict[str, Any], package: Any = torch, dtype: Any = np.float32) -> list[Any]:
    """Draw queries of length 3 and keys of length 5 for a batch of 2, 6 wide."""
    draw = np.random.default_rng(0)
    sizes = (6, options.get("kdim", 6), options.get("vdim", 6))
    found = []
    for length, size in zip((3, 5, 5), sizes, strict=True):
        shape = (2, length, size) if options.get("batch_first") else (length, 2, size)
        found.append(package.tensor(draw.standard_normal(shape).astype(dtype)))
    return found


def state(layer: Any) -> dict[str, Any]:
    return {
        k: None if is_lazy(v) else v.detach().numpy().tobytes()
        for k, v in layer.state_dict().items()
    }


@pytest.fixture(params=OPTIONS, ids=named)
def options(request):
    return request.param


def test_parameters_stand_in_torch_s_order():
    layer = nn.MultiheadAttention(6, 2, add_bias_kv=True)
    assert [n for n, _ in layer.named_parameters()] == [
        "in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "out_proj.weight", "out_proj.bias"
    ]  # fmt: skip
    layer = nn.MultiheadAttention(6, 2, bias=False, kdim=3)
    assert [n for n, _ in layer.named_parameters()] == [
        "q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"
    ]  # fmt: skip
    assert (layer.in_proj_weight, layer.in_proj_bias, layer.bias_k) == (None, None, None)
    assert (layer.embed_dim, layer.kdim, layer.vdim, layer.head_dim) == (6, 3, 6, 3)


def test_parameters_are_drawn_anew_in_place():
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(6, 2)
    held, before = layer.in_proj_weight, state(layer)
    with torch.no_grad():
        layer.out_proj.bias.fill_(1)
    layer._reset_parameters()
    assert layer.in_proj_weight is held
    after = state(layer)
    assert {k for k in after if after[k] != before[k]} == {"in_proj_weight"}


REFUSED = [
    (lambda: nn.MultiheadAttention(0, 2), ValueError, "embed_dim and num_heads must be greater "
     "than 0, got embed_dim=0 and num_heads=2 instead", "positive"),
    (lambda: nn.MultiheadAttention(4, -1), ValueError, "got embed_dim=4 and num_heads=-1 instead",
     "positive"),
    (lambda: nn.LazyMultiheadAttention(0), ValueError, "got embed_dim=None and num_heads=0",
     "positive"),
    (lambda: nn.MultiheadAttention(7, 2), AssertionError,
     "embed_dim must be divisible by num_heads", "divisor of 7"),
    (lambda: nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 6)] * 3), AssertionError,
     "was expecting embedding dimension of 4, but got 6", "nn.MultiheadAttention(6, 2)"),
    (lambda: nn.MultiheadAttention(4, 2)(*[torch.ones(3, 2, 4)] * 3, is_causal=True), RuntimeError,
     "Need attn_mask if specifying the is_causal hint", "attn_mask too"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "kind", "phrase", "mend"), REFUSED,
                         ids=[phrase[:40] for _, _, phrase, _ in REFUSED])  # fmt: skip
def test_what_does_not_fit_is_refused_with_a_mend(wrong, kind, phrase, mend):
    check_mend(kind, phrase, mend, wrong)


def test_shapes_are_enough(options):
    layer = nn.MultiheadAttention(6, 2, device="meta", **options)
    given = [x.to("meta") for x in inputs(options)]
    padding = torch.zeros(2, 5, dtype=torch.bool, device="meta")
    for needed in (False, True):
        y, weights = layer(*given, key_padding_mask=padding, need_weights=needed)
        assert (y.shape, y.device.type) == (given[0].shape, "meta")
    keys = 5 + options["add_bias_kv"] + options["add_zero_attn"]
    assert weights.shape == (2, 3, keys)


# -- lazy ----------------------------------------------------------------------------------------


def test_the_first_query_gives_the_eager_layer(options):
    torch.manual_seed(1)
    eager = nn.MultiheadAttention(6, 2, **options)
    torch.manual_seed(1)
    lazy = nn.LazyMultiheadAttention(2, **options)
    assert list(lazy.state_dict()) == list(eager.state_dict())
    assert all(is_lazy(p) for p in lazy.parameters())
    y, weights = lazy(*inputs(options))
    right, other = eager(*inputs(options))
    np.testing.assert_array_equal(y.detach().numpy(), right.detach().numpy())
    np.testing.assert_array_equal(weights.detach().numpy(), other.detach().numpy())
    assert (type(lazy), repr(lazy), state(lazy)) == (type(eager), repr(eager), state(eager))
    for name in ("embed_dim", "kdim", "vdim", "head_dim", "num_heads", "_qkv_same_embed_dim"):
        assert getattr(lazy, name) == getattr(eager, name)
    for layer in (lazy, lazy.out_proj):
        assert not [k for k, v in vars(layer).items() if "hook" in k and v]


@pytest.mark.parametrize("short", [False, True])
def test_keyed_weights_are_those_of_the_eager_net_in_any_order(options, short):
    def net(lazy):
        with nn.init.keyed(3):
            attention = (
                nn.MultiheadAttention(6, 2, **options) if not lazy
                else nn.MultiheadAttention(None, 2, **options) if short
                else nn.LazyMultiheadAttention(2, **options)
            )  # fmt: skip
            return attention, nn.LazyLinear(3) if lazy else nn.Linear(6, 3)

    eager, lazy = net(False), net(True)
    y = torch.ones(2, 6)
    lazy[1](y)
    lazy[0](*inputs(options))
    for mine, right in zip(lazy, eager, strict=True):
        assert state(mine) == state(right)


def test_states_go_both_ways(options):
    torch.manual_seed(2)
    eager, lazy = nn.MultiheadAttention(6, 2, **options), nn.LazyMultiheadAttention(2, **options)
    empty = nn.LazyMultiheadAttention(2, **options)
    assert str(empty.load_state_dict(lazy.state_dict())) == "<All keys matched successfully>"
    assert empty.has_uninitialized_params()
    for target in (lazy, empty, nn.MultiheadAttention(None, 2, **options)):
        assert str(target.load_state_dict(eager.state_dict())) == "<All keys matched successfully>"
        assert (type(target), state(target)) == (type(eager), state(eager))
        assert (target.embed_dim, target.kdim, target.vdim, target.head_dim) == (
            eager.embed_dim, eager.kdim, eager.vdim, eager.head_dim)  # fmt: skip
    other = nn.MultiheadAttention(6, 2, **options)
    other.load_state_dict(lazy.state_dict())
    assert state(other) == state(eager)


def test_keyed_draws_after_a_load_are_those_of_the_eager_net():
    with nn.init.keyed(5):
        eager = nn.MultiheadAttention(6, 2)
    with nn.init.keyed(5):
        lazy = nn.LazyMultiheadAttention(2)
    torch.manual_seed(4)
    loaded = nn.MultiheadAttention(6, 2)
    with torch.no_grad():
        loaded.out_proj.bias.fill_(3)
    lazy.load_state_dict(loaded.state_dict())
    assert state(lazy) == state(loaded)
    eager.load_state_dict(loaded.state_dict())
    for layer in (eager, lazy):
        layer._reset_parameters()
        layer.out_proj.reset_parameters()
    assert state(lazy)["in_proj_weight"] == state(eager)["in_proj_weight"]


@pytest.mark.parametrize("part", ["out_proj.", "in_proj", "in_proj_weight"])
def test_a_part_of_a_state_is_kept_and_the_rest_waits(part):
    torch.manual_seed(2)
    eager = nn.MultiheadAttention(6, 2)
    with torch.no_grad():
        eager.out_proj.bias.fill_(2)
    some = {k: v for k, v in eager.state_dict().items() if k.startswith(part)}
    lazy = nn.LazyMultiheadAttention(2)
    lazy.load_state_dict(some, strict=False)
    assert lazy.has_uninitialized_params()
    lazy(*inputs({}))
    assert type(lazy) is nn.MultiheadAttention
    found, right = state(lazy), state(eager)
    assert all(found[name] == right[name] for name in some)
    assert not any(is_lazy(p) for p in lazy.parameters())
    torch.manual_seed(0)
    other = nn.LazyMultiheadAttention(2)
    other.load_state_dict(some, strict=False)
    held = state(other)
    with pytest.raises(AssertionError, match="inferred from input: 4 is not equal to"):
        other(*[torch.ones(3, 2, 4)] * 3)
    assert (state(other), type(other)) == (held, nn.LazyMultiheadAttention)


def test_a_query_that_the_heads_do_not_divide_leaves_the_layer_lazy():
    layer = nn.LazyMultiheadAttention(4)
    text, draws = repr(layer), torch.get_rng_state()
    with pytest.raises(AssertionError, match="embed_dim must be divisible by num_heads"):
        layer(*inputs({}))
    assert repr(layer) == text
    assert all(is_lazy(p) for p in layer.parameters())
    assert torch.equal(torch.get_rng_state(), draws)
    layer(*[torch.ones(3, 2, 8)] * 3)
    assert layer.head_dim == 2


def test_a_call_that_fails_after_the_query_leaves_the_layer_lazy():
    layer = nn.LazyMultiheadAttention(2)
    query, key, value = inputs({})
    with pytest.raises(AssertionError, match="does not match value shape"):
        layer(query, key, value[:4])
    assert layer.has_uninitialized_params()
    assert layer.out_proj.has_uninitialized_params()
    assert type(layer) is nn.LazyMultiheadAttention
    torch.manual_seed(1)
    layer(query=query, key=key, value=value)
    torch.manual_seed(1)
    assert state(layer) == state(nn.MultiheadAttention(6, 2))


def test_a_thread_that_fails_leaves_what_another_has_used():
    attention, inside, used = nn.LazyMultiheadAttention(2), threading.Event(), threading.Event()
    x = torch.ones(3, 2, 6)

    class Fails(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = attention

        def forward(self, x):
            self.attention(x, x, x)
            inside.set()
            used.wait(5)
            raise ZeroDivisionError

    def fail():
        with pytest.raises(ZeroDivisionError):
            net(x)
        failures.append(True)

    net, failures = Fails(), []
    thread = threading.Thread(target=fail)
    thread.start()
    inside.wait(5)
    y = attention(x, x, x)[0].detach().numpy()
    used.set()
    thread.join()
    assert failures
    assert type(attention) is nn.MultiheadAttention
    np.testing.assert_array_equal(attention(x, x, x)[0].detach().numpy(), y)


def test_threads_in_the_first_call_all_see_the_same_weights():
    x = torch.ones(3, 2, 6)
    for _ in range(20):
        attention, barrier, results = nn.LazyMultiheadAttention(2), threading.Barrier(8), [None] * 8

        def call(place, attention=attention, barrier=barrier, results=results):
            barrier.wait()
            with torch.no_grad():
                results[place] = attention(x, x, x)[0].numpy()

        threads = [threading.Thread(target=call, args=(place,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expected = attention(x, x, x)[0].detach().numpy()
        assert all(result is not None and np.array_equal(result, expected) for result in results)


def test_kdim_and_vdim_that_turn_out_to_be_embed_dim_should_be_left_out():
    """The eager layer then has one weight for all three; the lazy one has promised three."""
    layer = nn.LazyMultiheadAttention(2, kdim=6, vdim=6)
    check_mend(AssertionError, "embed_dim inferred from query: 6 is equal to kdim and vdim",
               "leave kdim and vdim out", lambda: layer.initialize_parameters(inputs({})[0]),
               lambda: nn.LazyMultiheadAttention(2)(*inputs({})))  # fmt: skip
    with pytest.raises(AssertionError):
        layer(*inputs({}))
    assert layer.has_uninitialized_params()
    layer = nn.LazyMultiheadAttention(2, kdim=6)
    layer(*inputs({}))
    assert (layer.kdim, layer.vdim) == (6, 6)


def test_partly_known_shapes_are_shown():
    layer = nn.MultiheadAttention(None, 2, kdim=5)
    assert [layer.k_proj_weight.spec, layer.v_proj_weight.spec] == [(None, 5), (None, None)]


# -- beside PyTorch ------------------------------------------------------------------------------

CALLS = [{}, {"need_weights": False}, {"average_attn_weights": False}, {"padding": True},
         {"mask": "bool"}, {"mask": "heads", "padding": True}, {"mask": "float"}]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("call", CALLS, ids=str)
@pytest.mark.parametrize("training", [True, False])
def test_outputs_weights_and_gradients_are_torch_s(options, call, training):
    oracle = pytest.importorskip("torch")
    found = []
    for package in (torch, oracle):
        package.manual_seed(0)
        layer = package.nn.MultiheadAttention(6, 2, 0.3, **options).train(training)
        leaves = [x.requires_grad_() for x in inputs(options, package)]
        package.manual_seed(1)
        y, weights = layer(*leaves, **masks(call, package))
        (y * y).sum().backward()
        parts = [y, weights, *(x.grad for x in leaves), *(p.grad for p in layer.parameters())]
        found.append([None if x is None else x.detach().numpy() for x in parts])
    for mine, other in zip(*found, strict=True):
        assert (mine is None) == (other is None)
        if mine is not None:
            np.testing.assert_allclose(mine, other, rtol=1e-4, atol=2e-6)


def masks(call: dict[str, Any], package: Any) -> dict[str, Any]:
    """Make the masks that a call names."""
    draw = np.random.default_rng(5)
    given = {k: v for k, v in call.items() if k not in ("mask", "padding")}
    if call.get("padding"):
        given["key_padding_mask"] = package.tensor([[False] * 5, [False] * 3 + [True] * 2])
    if "mask" in call:
        hidden = draw.random((4, 3, 5) if call["mask"] == "heads" else (3, 5)) < 0.4
        hidden[..., 0] = False
        added = np.where(hidden, -np.inf, 0.25).astype(np.float32)
        given["attn_mask"] = package.tensor(added if call["mask"] == "float" else hidden)
    return given


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64], ids=str)
def test_noise_of_another_type_leaves_the_type_of_gradients_of_gradients(dtype):
    queries, keys, values = (torch.rand(n, 2, dtype=dtype).requires_grad_() for n in (2, 3, 3))
    noise = torch.tensor([[0.0, 0.0, 2.0], [2.0, 2.0, 2.0]])
    out = attend(queries, keys, values, None, noise, scale=0.5, causal=False)
    first = torch.autograd.grad(out.sum(), [queries, keys, values], create_graph=True)
    second = torch.autograd.grad(sum(g.sum() for g in first), [queries, keys])
    assert {g.dtype for g in (out, *first, *second)} == {dtype}
