"""Weights that PyTorch saved load into modules of the same names, and compute the same.

python -m tests.serialize.test_pretrained   records the small files again, with PyTorch
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.serialize.nets import SMALL_GPT, gpt, images, lenet, resnet18, tokens

DATA = Path(__file__).parents[1] / "data"
NETS = {
    "lenet": (lenet, lambda M: images(M, 2, 1, 28, 28)),
    "resnet18": (resnet18, lambda M: images(M, 1, 3, 64, 64)),
    "gpt": (gpt, tokens),
}
RECORDED = {
    "lenet": (lambda M: lenet(M, width=1), lambda M: images(M, 2, 1, 28, 28)),
    "gpt": (lambda M: gpt(M, **SMALL_GPT), lambda M: tokens(M, SMALL_GPT["vocabulary"])),
}


def outputs(M, build, inputs, state):
    """Load a state into a net, and return what the net computes."""
    net = build(M)
    assert str(net.load_state_dict(state)) == "<All keys matched successfully>"
    net.eval()
    with M.no_grad():
        return net(inputs(M)).numpy()


def trained(M, build, inputs):
    """Build a net with PyTorch and move its weights and running statistics a little."""
    M.manual_seed(0)
    net = build(M)
    optimizer = M.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        (net(inputs(M)) ** 2).mean().backward()
        optimizer.step()
    return net


@pytest.mark.torch
@pytest.mark.parametrize("form", ["new", "legacy", "converted"])
@pytest.mark.parametrize("name", NETS)
def test_weights_of_torch_compute_the_same_here(tmp_path, name, form):
    oracle = pytest.importorskip("torch")
    build, inputs = NETS[name]
    net = trained(oracle, build, inputs)
    path = tmp_path / "x.pt"
    oracle.save(net.state_dict(), path, _use_new_zipfile_serialization=form != "legacy")
    if form == "converted":
        torch.save(torch.load(path), tmp_path / "x.safetensors")
        path = tmp_path / "x.safetensors"
    mine = outputs(torch, build, inputs, torch.load(path))
    theirs = outputs(oracle, build, inputs, net.state_dict())
    np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.torch
@pytest.mark.parametrize("name", NETS)
def test_weights_of_ours_compute_the_same_in_torch(tmp_path, name):
    oracle = pytest.importorskip("torch")
    build, inputs = NETS[name]
    torch.manual_seed(1)
    state = build(torch).state_dict()
    torch.save(state, tmp_path / "x.pt")
    mine = outputs(torch, build, inputs, state)
    theirs = outputs(oracle, build, inputs, oracle.load(tmp_path / "x.pt"))
    np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_weights_of_torch_compute_what_torch_computed(name):
    build, inputs = RECORDED[name]
    recorded = torch.load(DATA / f"{name}_weights_torch.pt")
    mine = outputs(torch, build, inputs, recorded["state"])
    np.testing.assert_allclose(mine, recorded["output"].numpy(), rtol=1e-5, atol=1e-5)


def test_tied_weights_of_a_recorded_gpt_are_one():
    state = torch.load(DATA / "gpt_weights_torch.pt")["state"]
    state["wte.weight"].zero_()
    assert state["lm_head.weight"].abs().max().item() == 0


def record() -> None:
    """Write the small files with PyTorch."""
    import torch as oracle

    for name, (build, inputs) in RECORDED.items():
        net = trained(oracle, build, inputs)
        output = oracle.from_numpy(outputs(oracle, build, inputs, net.state_dict()))
        kept = {"state": net.state_dict(), "output": output}
        oracle.save(kept, DATA / f"{name}_weights_torch.pt")


if __name__ == "__main__":
    record()
