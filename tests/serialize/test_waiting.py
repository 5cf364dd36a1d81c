"""What waits in lazy layers in files: keys and calls by name, and what a file refuses to hold."""

from __future__ import annotations

import io
import json

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.serialize import CheckpointError, ledger
from minitorch_lazy.serialize.safetensors.header import BLANK, CHECKSUM, METADATA, MODULES, sealed

FORMS = ["pt", "safetensors"]


def keyed_net(seed=3):
    with nn.init.keyed(seed):
        return nn.Sequential(nn.LazyLinear(4), nn.LazyConv1d(2, 3))


def stored(value):
    """Save a value and load it again, as PyTorch's format."""
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file)


def settled(net):
    """Call the layers of a net, and return all numbers."""
    net[1](torch.ones(1, 3, 4))
    net[0](torch.ones(2, 3))
    return {name: tensor.tolist() for name, tensor in net.state_dict().items()}


def test_more_calls_than_are_read_are_not_written(monkeypatch):
    net = keyed_net()
    monkeypatch.setattr(ledger, "MOST_CALLS", 3)
    for _ in range(3):
        net[0].weight.zero_()
    assert len(stored(net.state_dict())["0.weight"].recorded) == 3
    net[1].reset_parameters()
    with pytest.raises(ValueError, match="more than 3 calls wait"):
        stored(net.state_dict())


UNWRITABLE = {
    "generator": lambda net: nn.init.normal_(net[0].weight, generator=torch.Generator()),
    "tensor": lambda net: net[0].weight.add_(torch.ones(4, 1)),
    "function": lambda net: net[0].weight.record(lambda weight: weight.fill_(1.0)),
    "arguments of a reset": lambda net: net[0].reset_parameters(3),
    "method of a layer": lambda net: net[0].weight.record(print, "x"),
    "text": lambda net: net[0].weight.record(nn.init.constant_, "x" * 1000),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name in UNWRITABLE if name != "text"])
def test_what_is_no_plain_data_is_refused_when_it_is_saved(tmp_path, name, form):
    net, path = keyed_net(), tmp_path / f"x.{form}"
    torch.save({"old": torch.ones(1)}, path)
    UNWRITABLE[name](net)
    with pytest.raises(TypeError, match=r"save: what waits for the shape of 0(?s:.)*mend +settle"):
        torch.save(net.state_dict(), path)
    assert list(torch.load(path)) == ["old"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), -0.0, 7, True])
def test_arguments_come_back_as_they_were(tmp_path, value, form):
    net, other = keyed_net(), keyed_net(9)
    net[0].weight.fill_(value)
    torch.save(net.state_dict(), tmp_path / f"x.{form}")
    other.load_state_dict(torch.load(tmp_path / f"x.{form}"))
    (call,) = other[0].weight.recorded
    assert (repr(call.args), type(call.args[0])) == (repr((value,)), type(value))
    assert repr(settled(other)) == repr(settled(net))


@pytest.mark.torch
@pytest.mark.parametrize("mmap", [False, True])
def test_torch_reads_past_what_waits(tmp_path, mmap):
    oracle = pytest.importorskip("torch")
    net = nn.Sequential(*keyed_net(2**63), nn.Linear(3, 2))
    nn.init.normal_(net[0].weight, 0.0, std=2.0)
    net[1].reset_parameters()
    torch.save(net.state_dict(), tmp_path / "x.pt")
    found = oracle.load(tmp_path / "x.pt", weights_only=True, mmap=mmap)
    assert list(found) == ["2.weight", "2.bias"]
    assert found._metadata["1"]["waiting"]["calls"][0]["call"] == "reset_parameters"
    theirs = oracle.nn.Sequential(
        oracle.nn.LazyLinear(4), oracle.nn.LazyConv1d(2, 3), oracle.nn.Linear(3, 2)
    )
    result = theirs.load_state_dict(found, strict=False)
    assert result.missing_keys == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert theirs[2].weight.tolist() == net[2].weight.tolist()


def test_the_library_of_safetensors_reads_past_what_waits(tmp_path):
    reader = pytest.importorskip("safetensors.numpy")
    net = nn.Sequential(*keyed_net(), nn.Linear(3, 2))
    torch.save(net.state_dict(), tmp_path / "x.safetensors")
    assert sorted(reader.load_file(tmp_path / "x.safetensors")) == ["2.bias", "2.weight"]


def test_lazy_tensors_outside_of_a_state_dict_share_their_key():
    net = keyed_net()
    nn.init.uniform_(net[0].weight, 1.0, 2.0)
    weight, bias = stored([net[0].weight, net[0].bias])
    assert weight.key is bias.key is not net[0].weight.key
    assert (weight.key.seed, weight.key.ordinal, weight.key.draws) == (3, 0, 0)
    assert [call.args for call in weight.recorded] == [(1.0, 2.0)]


def test_calls_after_a_load_come_after_those_of_the_file():
    net, other = keyed_net(), keyed_net(9)
    for value in (1.0, 2.0, 3.0):
        nn.init.constant_(net[0].weight, value)
    other.load_state_dict(stored(net.state_dict()))
    other[0].weight.mul_(2.0)
    settled(other)
    assert other[0].weight.unique().tolist() == [6.0]


def test_two_layers_with_equal_keys_keep_them_apart():
    layer = keyed_net()[0]
    net = nn.Sequential(layer, nn.Sequential(layer, stored_copy(layer)))
    fresh = nn.Sequential(nn.LazyLinear(4), nn.Sequential(nn.LazyLinear(4), nn.LazyLinear(4)))
    fresh[1][0] = fresh[0]
    fresh.load_state_dict(stored(net.state_dict()))
    for each in (net, fresh):
        each[1][1](torch.ones(1, 3))
        each[0](torch.ones(1, 3))
    assert fresh[0].weight.tolist() == net[0].weight.tolist() == net[1][1].weight.tolist()
    assert fresh[1][1].bias.tolist() == fresh[0].bias.tolist() == net[0].bias.tolist()


def stored_copy(layer):
    """Copy a keyed layer: the copy has a key of its own that is equal."""
    twin = nn.LazyLinear(4)
    twin.load_state_dict(layer.state_dict())
    return twin


def changed(state, tmp_path, change):
    """Save a state as safetensors, change what it says of its layers, and seal it again."""
    path = tmp_path / "x.safetensors"
    torch.save(state, path)
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    layers = json.loads(header[METADATA][MODULES])
    change(layers)
    header[METADATA] |= {MODULES: json.dumps(layers), CHECKSUM: BLANK}
    text = sealed(json.dumps(header, separators=(",", ":")).encode())
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])
    return path


def call(name, **others):
    return {"order": 0, "call": name, "args": [], "kwargs": {}, **others}


@pytest.mark.parametrize("entry", [call("zero_", of="forward"), call("zero_", of="nobody"),
                                   call("zero_", of="__class__")])  # fmt: skip
def test_a_call_for_what_a_layer_does_not_have_is_refused_when_it_is_loaded(tmp_path, entry):
    def change(layers):
        layers["0"]["waiting"]["calls"] = [entry]

    state = torch.load(changed(keyed_net().state_dict(), tmp_path, change))
    net, due = keyed_net(9), keyed_net(9)
    with pytest.raises(RuntimeError, match=rf"0\.{entry['of']}: an initialiser waits"):
        net.load_state_dict(state)
    assert settled(net) == settled(due)


def test_a_damaged_key_is_refused_by_the_name_of_its_layer(tmp_path):
    def change(layers):
        layers["1"]["waiting"]["key"] = [1, 2**64, 0, 0]

    path = changed(keyed_net().state_dict(), tmp_path, change)
    with pytest.raises(CheckpointError, match="too small or too large") as caught:
        torch.load(path)
    assert (caught.value.file, caught.value.record) == (str(path), "1")
