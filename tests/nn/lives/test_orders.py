"""Many nets, whatever the order in which their layers settle; many threads, whoever comes first."""

from __future__ import annotations

import random
import threading

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.lives.kinds import Kind
from tests.nn.lives.net import Net, layer_of
from tests.nn.lives.shared import LAZY, draw_ties, eager, keyed_net, names_of
from tests.nn.promises.classes import bits, flat
from tests.nn.promises.rows import promise

WAYS = ["call", "dry run", "call alone", "load", "shapes"]


def settle(net: Net, kinds: list[Kind], group: list[int], way: str, state: dict) -> None:
    """Settle some layers of a net, or only look at what their shapes would be."""
    if way == "load":
        paths = tuple(f"layer{place}." for place in group)
        part = {name: value for name, value in state.items() if name.startswith(paths)}
        net.load_state_dict(part, strict=False)
    elif way == "dry run":
        nn.dry_run(net, [(p, kinds[p].specs(torch.float32, batch=p % 2 == 0)) for p in group])
    elif way == "shapes":
        nn.shapes(net, [(p, kinds[p].specs(torch.float32, batch=False)) for p in group])
    elif way == "call":
        net([(place, kinds[place].arguments(torch.float32)) for place in group])
    else:
        for place in group:
            layer_of(net, place)(*kinds[place].arguments(torch.float32))


def draw_net(chance: random.Random, number: int) -> list[Kind]:
    """Choose the layers of a net, some of them eager; each class has its turn to be lazy."""
    others = chance.choices(LAZY, k=chance.randint(0, 5))
    kinds = [eager(kind) if chance.random() < 0.2 else kind for kind in others]
    return [*kinds, LAZY[number % len(LAZY)]]


@promise("N3.1", "R21")
@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_random_nets_hold_the_bits_of_their_eager_twins_in_any_order(count):
    assert count >= len(LAZY)
    for number in range(count):
        chance = random.Random(number)
        kinds = draw_net(chance, number)
        kinds += chance.sample(kinds, chance.randint(0, 2) % (len(kinds) + 1))
        ties = draw_ties(chance, kinds)
        net = keyed_net(kinds, number, ties).eval()
        twin = keyed_net([eager(kind) for kind in kinds], number, ties)
        due, order = bits(twin), list(range(len(kinds)))
        chance.shuffle(order)
        torch.manual_seed(number)
        before = torch.get_rng_state()
        while order:
            size, way = chance.randint(1, 3), chance.choice(WAYS)
            group, order = order[:size], order[size:]
            settle(net, kinds, group, way, twin.state_dict())
            if way == "shapes":
                settle(net, kinds, group, "call", {})
        assert bits(net) == due, f"net {number}: {kinds}, sharing {ties}"
        assert torch.equal(torch.get_rng_state(), before)


@promise("N3.1", "N10", "1.27")
@pytest.mark.parametrize("kind", LAZY, ids=[f"{n}-{kind.line}" for n, kind in enumerate(LAZY)])
def test_two_layers_that_share_hold_the_bits_of_their_eager_twins_whoever_comes_first(kind):
    for names in names_of(kind):
        tie = [(1, 0, names)]
        due = bits(keyed_net([eager(kind)] * 2, 5, tie))
        for order in ([0, 1], [1, 0]):
            net = keyed_net([kind] * 2, 5, tie).eval()
            for place in order:
                layer_of(net, place)(*kind.arguments(torch.float32))
            assert bits(net) == due, f"{names}, {order}"


@promise("N3.1", "1.27")
def test_a_bias_alone_is_drawn_by_the_layer_that_knows_its_width_first():
    kind = next(kind for kind in LAZY if kind.line == "nn.LazyLinear(4)")
    net = keyed_net([kind] * 2, 5, [(1, 0, ["bias"])])
    twin = keyed_net([eager(kind)] * 2, 5)
    layer_of(net, 1)(*kind.arguments(torch.float32))
    layer_of(net, 0)(*kind.arguments(torch.float32))
    for place in (0, 1):
        assert torch.equal(layer_of(net, place).weight, layer_of(twin, place).weight)
        assert torch.equal(layer_of(net, place).bias, layer_of(twin, 1).bias)


@promise("R2")
@pytest.mark.slow
def test_eight_threads_call_a_lazy_net_first_a_thousand_times():
    kinds = [*LAZY, *LAZY[:4]]
    plans = [(place, kind.arguments(torch.float32)) for place, kind in enumerate(kinds)]
    start = threading.Barrier(8)
    found: list[list[object]] = [[None] * 8 for _ in range(1000)]
    nets: list[Net] = []

    def live(number: int) -> None:
        for row in found:
            if start.wait() == 0:
                nets[:] = [Net(kinds, []).eval()]
            start.wait()
            try:
                row[number] = [a.tobytes() for out in nets[0](plans) for a in flat(out)]
            except Exception as error:
                row[number] = error

    threads = [threading.Thread(target=live, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(output, list) for row in found for output in row)
    assert sum(output != row[0] for row in found for output in row) == 0
