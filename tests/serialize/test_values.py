"""save and load: values, ties, lazy entries, places, and what is refused."""

from __future__ import annotations

import io
import json
import struct
from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn, serialize
from minitorch_lazy.serialize import CheckpointError


def stored(value, **options):
    """Save a value and load it again."""
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return torch.load(file, **options)


def through(value, path, **options):
    torch.save(value, path)
    return torch.load(path, **options)


VALUES = [
    None, True, False, 0, 255, 256, 65535, 65536, -1, 2**31 - 1, -(2**31), 2**31, 2**200, -(2**200),
    0.5, float("inf"), "", "text", "ü€𝄞", "a" * 70_000, b"", b"\x00\xff", bytearray(b"ab"), 1 + 2j,
    (), (1,), (1, 2, 3, 4), [], [1, [2, [3]]], {}, {"a": {"b": (1, None)}},
    {1: 2, None: 3, (1, "a"): 4}, set(), {1, "a"}, OrderedDict([("b", 1), ("a", 2)]),
    Counter("abca"), torch.Size((2, 3)), torch.float32, torch.bfloat16, torch.device("cpu"),
    torch.device("cuda", 1),
]  # fmt: skip


OURS = (torch.dtype, torch.device, torch.Size, Counter)
COMMON = [value for value in VALUES if not isinstance(value, OURS)]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_value_comes_back_as_it_was(value):
    found = stored({"value": value})["value"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.torch
@pytest.mark.parametrize("value", COMMON, ids=lambda value: type(value).__name__)
def test_torch_reads_the_value_and_we_read_torchs(value):
    oracle = pytest.importorskip("torch")
    file = io.BytesIO()
    torch.save([value], file)
    file.seek(0)
    assert oracle.load(file) == [value]
    file = io.BytesIO()
    oracle.save([value], file)
    file.seek(0)
    assert torch.load(file) == [value]


def test_shared_parts_stay_shared():
    inner = [1]
    first, second, third = stored([inner, inner, [1]])
    assert first is second
    assert first is not third


def test_ten_thousand_entries_need_the_long_references():
    value = {f"key {i}": [i] for i in range(10_000)}
    assert stored(value) == value


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_tied_tensors_stay_tied(tmp_path, suffix):
    x = torch.arange(12.0).reshape(3, 4)
    tied = {"row": x[1], "x": x, "turned": x.T, "same": x, "alone": torch.ones(2)}
    found = through(tied, tmp_path / f"x.{suffix}")
    found["x"].mul_(2)
    for key in tied:
        assert found[key].tolist() == (tied[key] * (1 + (key != "alone"))).tolist()


def test_other_readers_of_safetensors_see_every_tied_tensor_complete(tmp_path):
    x = torch.arange(6.0).reshape(2, 3)
    torch.save({"x": x, "turned": x.T}, tmp_path / "x.safetensors")
    raw = (tmp_path / "x.safetensors").read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    begin, end = header["turned"]["data_offsets"]
    seen = np.frombuffer(raw[8 + length + begin : 8 + length + end], "<f4")
    assert header["turned"]["dtype"] == "F32"
    assert seen.reshape(header["turned"]["shape"]).tolist() == x.T.tolist()
    assert (8 + length) % 8 == 0


def test_overlapping_tensors_without_a_whole_are_refused_by_safetensors(tmp_path):
    x = torch.arange(6.0)
    with pytest.raises(RuntimeError, match="a, b overlap in memory"):
        torch.save({"a": x[:4], "b": x[2:]}, tmp_path / "x.safetensors")
    found = through({"a": x[:4], "b": x[2:]}, tmp_path / "x.pt")
    found["a"].zero_()
    assert found["b"].tolist() == [0.0, 0.0, 4.0, 5.0]


def test_slice_of_a_large_tensor_is_written_alone(tmp_path):
    torch.save(torch.zeros(1_000_000)[10:20], tmp_path / "x.pt")
    assert (tmp_path / "x.pt").stat().st_size < 2000


def test_flags_and_attributes_are_kept():
    weight = nn.Parameter(torch.ones(2), requires_grad=False)
    weight.tag = "first"
    buffer = nn.Buffer(torch.ones(2), persistent=False)
    leaf = torch.ones(2, requires_grad=True)
    w, b, x = stored((weight, buffer, leaf))
    assert (type(w), w.requires_grad, w.tag) == (nn.Parameter, False, "first")
    assert (isinstance(b, nn.Buffer), b.persistent) == (True, False)
    assert (type(x), x.requires_grad, x.is_leaf) == (torch.Tensor, True, True)


@pytest.mark.torch
def test_torch_reads_parameters_buffers_and_attributes():
    oracle = pytest.importorskip("torch")
    weight, buffer, file = nn.Parameter(torch.ones(2)), nn.Buffer(torch.ones(2)), io.BytesIO()
    weight.tag = "first"
    torch.save([weight, buffer], file)
    file.seek(0)
    w, b = oracle.load(file)
    assert (type(w), w.requires_grad, w.tag) == (oracle.nn.Parameter, True, "first")
    assert isinstance(b, oracle.nn.Buffer)


def test_loaded_tensors_train():
    net = nn.Linear(2, 1)
    state = stored(net.state_dict())
    other = nn.Linear(2, 1)
    other.load_state_dict(state, assign=True)
    optimizer = torch.optim.SGD(other.parameters(), lr=0.1)
    other(torch.ones(3, 2)).sum().backward()
    optimizer.step()
    assert other.bias.item() == pytest.approx(net.bias.item() - 0.3)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_optimizer_goes_on_as_if_it_had_not_been_saved(name):
    options = {"momentum": 0.9} if name == "SGD" else {}
    torch.manual_seed(0)
    x, net = torch.rand(8, 3), nn.Linear(3, 2)
    optimizer = getattr(torch.optim, name)(net.parameters(), lr=0.1, **options)

    def step(net, optimizer):
        optimizer.zero_grad()
        (net(x) ** 2).sum().backward()
        optimizer.step()

    step(net, optimizer)
    kept = stored({"net": net.state_dict(), "optimizer": optimizer.state_dict()})
    twin = nn.Linear(3, 2)
    twin.load_state_dict(kept["net"])
    other = getattr(torch.optim, name)(twin.parameters(), lr=1.0)
    other.load_state_dict(kept["optimizer"])
    step(net, optimizer)
    step(twin, other)
    assert twin.weight.tolist() == net.weight.tolist()


def lazy_net():
    net = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(5))
    return net.double()


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_lazy_entries_come_back_with_all_that_was_known(tmp_path, suffix):
    state = lazy_net().state_dict()
    found = through(state, tmp_path / f"x.{suffix}")
    assert list(found) == list(state)
    assert found._metadata == state._metadata
    for key, tensor in state.items():
        assert type(found[key]) is type(tensor)
        if nn.parameter.is_lazy(tensor):
            known = (found[key].spec, found[key].dtype, found[key].device, found[key].requires_grad)
            assert known == (tensor.spec, tensor.dtype, tensor.device, tensor.requires_grad)
    assert str(lazy_net().load_state_dict(found)) == "<All keys matched successfully>"


def test_half_settled_net_comes_back_half_settled(tmp_path):
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(2))
    net[0](torch.ones(1, 4))
    other = nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(2))
    other.load_state_dict(through(net.state_dict(), tmp_path / "x.pt"))
    assert repr(other) == repr(net)
    assert other[0].weight.tolist() == net[0].weight.tolist()


@pytest.mark.torch
def test_torch_reads_the_rest_of_a_lazy_state_with_its_defaults(tmp_path):
    oracle = pytest.importorskip("torch")
    state = lazy_net().state_dict()
    torch.save(state, tmp_path / "x.pt")
    ready = [key for key, tensor in state.items() if not nn.parameter.is_lazy(tensor)]
    for mmap in (False, True):
        assert list(oracle.load(tmp_path / "x.pt", mmap=mmap)) == ready
    found = oracle.load(tmp_path / "x.pt")._metadata["0"]["lazy"]["weight"]
    assert (found["shape"], found["dtype"]) == ((4, None, 3, 3), "float64")


@pytest.mark.torch
def test_torchs_own_lazy_entries_are_read():
    oracle = pytest.importorskip("torch")
    file = io.BytesIO()
    net = oracle.nn.Sequential(oracle.nn.LazyLinear(3), oracle.nn.LazyBatchNorm1d())
    oracle.save(net.state_dict(), file)
    file.seek(0)
    found = torch.load(file)
    assert type(found["0.weight"]) is nn.UninitializedParameter
    assert type(found["1.running_mean"]) is nn.UninitializedBuffer
    other = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    assert str(other.load_state_dict(found)) == "<All keys matched successfully>"


def test_tied_lazy_entries_stay_tied(tmp_path):
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyLinear(3))
    net[1].weight = net[0].weight
    for suffix in ("pt", "safetensors"):
        found = through(net.state_dict(), tmp_path / f"x.{suffix}")
        assert found["0.weight"] is found["1.weight"]
        assert found["0.bias"] is not found["1.bias"]


def test_lazy_tensor_outside_of_a_state_dict_comes_back():
    kind = nn.UninitializedBuffer
    (found,) = stored([kind(dtype=torch.float16, persistent=False, shape=(2, None))])
    assert (type(found), found.spec, found.dtype) == (kind, (2, None), torch.float16)
    assert found.persistent is False


def test_tensors_go_where_map_location_says():
    value = {"x": torch.ones(2)}
    assert stored(value, map_location="meta")["x"].is_meta
    assert stored(value, map_location={"cpu": "meta"})["x"].is_meta
    assert stored(value, map_location=lambda storage, place: torch.device("meta"))["x"].is_meta
    seen = []
    assert stored(value, map_location=lambda *given: seen.append(given))["x"].tolist() == [1, 1]
    assert [(flat.tolist(), place) for flat, place in seen] == [([1.0, 1.0], "cpu")]
    for wrong in (3.5, lambda storage, place: 3.5):
        with pytest.raises(TypeError, match="map_location must"):
            stored(value, map_location=wrong)


def test_meta_tensors_keep_their_sizes():
    found = stored(torch.empty(3, 4, device="meta").T)
    assert (found.is_meta, tuple(found.shape)) == (True, (4, 3))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
@pytest.mark.torch
def test_tensor_of_a_gpu_without_one_names_the_mend():
    oracle = pytest.importorskip("torch")
    from tests.serialize.hostile import archive, storage, tensor

    file = io.BytesIO(archive(tensor(memory=storage(place="cuda:0"))))
    text = r"torch.cuda.is_available\(\) is False(?s:.)*map_location"
    with pytest.raises(RuntimeError, match=text):
        torch.load(file)
    file.seek(0)
    assert torch.load(file, map_location="cpu").tolist() == [1, 2, 3, 4]
    with pytest.raises(RuntimeError, match=r"torch.cuda.is_available\(\) is False"):
        oracle.load(io.BytesIO(file.getvalue()))


def test_tensors_of_every_device_come_back(device, tmp_path):
    x = torch.arange(12.0).reshape(3, 4).to(device)
    state = {"x": x, "turned": x.T, "row": x[1], "half": x.half(), "empty": x[:0]}
    for suffix in ("pt", "safetensors"):
        found = through(state, tmp_path / f"x.{suffix}", map_location=device)
        for key, tensor in state.items():
            assert found[key].device == tensor.device
            assert found[key].tolist() == tensor.tolist()
        found["x"].mul_(2)
        assert found["row"].tolist() == (x[1] * 2).tolist()
    assert through(state, tmp_path / "x.pt")["x"].device == x.device


def test_mapped_file_is_not_changed_by_writes(tmp_path):
    path = tmp_path / "x.pt"
    torch.save(torch.zeros(1000), path)
    before = path.read_bytes()
    torch.load(path, mmap=True).fill_(1)
    assert path.read_bytes() == before


def test_stream_is_read_from_where_it_is():
    inner = io.BytesIO()
    torch.save([1], inner)
    whole = io.BytesIO(b"before" + inner.getvalue())
    whole.seek(6)
    assert torch.load(whole) == [1]


def test_loaded_file_can_be_saved_over_while_it_is_mapped(tmp_path):
    path = tmp_path / "x.pt"
    torch.save(torch.arange(5), path)
    mapped = torch.load(path, mmap=True)
    torch.save(mapped + 1, path)
    assert (mapped.tolist(), torch.load(path).tolist()) == ([0, 1, 2, 3, 4], [1, 2, 3, 4, 5])


class Wrapped(dict):
    pass


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (nn.Linear(1, 1), RuntimeError, r"obj is a whole Linear(?s:.)*state_dict\(\)"),
        ({"net": [nn.ReLU()]}, RuntimeError, r"obj\['net'\]\[0\] is a whole ReLU"),
        ({"a": np.ones(2)}, TypeError, r"obj\['a'\], a ndarray(?s:.)*torch.tensor\(array\)"),
        ({"a": np.float64(2)}, TypeError, r"obj\['a'\], a float64(?s:.)*item\(\)"),
        ([print], TypeError, r"obj\[0\], a builtin"),
        (Wrapped(), TypeError, "a Wrapped"),
        ({frozenset(): 1}, TypeError, "a frozenset"),
        (2**3000, ValueError, "save it as text"),
        (torch.ones(1, requires_grad=True) * 2, RuntimeError, r"tensor.detach\(\)"),
    ],
)  # fmt: skip
def test_value_that_would_need_code_is_refused_by_name(value, kind, text):
    with pytest.raises(kind, match=text):
        torch.save(value, io.BytesIO())


def test_endless_and_deep_values_are_refused():
    endless: list = []
    endless.append(endless)
    deep: list = []
    for _ in range(500):
        deep = [deep]
    for value in (endless, deep):
        with pytest.raises(ValueError, match="nested deeper than"):
            torch.save(value, io.BytesIO())


def test_one_memory_of_two_types_is_refused_as_in_torch():
    x = torch.ones(2)
    other = torch.from_numpy(x.numpy().view(np.int32))
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        torch.save([x, other], io.BytesIO())


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"pickle_module": json}, ValueError), ({"pickle_protocol": 4}, ValueError),
        ({"_use_new_zipfile_serialization": False}, NotImplementedError),
    ],
)  # fmt: skip
def test_options_of_save_that_mean_nothing_here_are_refused(options, kind):
    with pytest.raises(kind):
        torch.save([], io.BytesIO(), **options)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"weights_only": False}, ValueError), ({"pickle_module": json}, ValueError),
        ({"encoding": "latin1"}, TypeError), ({"mmap": True}, ValueError),
    ],
)  # fmt: skip
def test_options_of_load_that_mean_nothing_here_are_refused(options, kind):
    with pytest.raises(kind):
        stored([], **options)


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "none.pt")
    with pytest.raises(RuntimeError, match="Parent directory .* does not exist"):
        torch.save([], tmp_path / "none" / "x.pt")
    with pytest.raises(AttributeError, match="seekable"):
        torch.load(3)
    with pytest.raises(AttributeError, match="'write' attribute"):
        torch.save([], 3)
    (tmp_path / "empty.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="the file is empty"):
        torch.load(tmp_path / "empty.safetensors")


@pytest.mark.parametrize(
    "value", [[1], {"a": 1}, {1: torch.ones(1)}, {"__metadata__": torch.ones(1)}]
)
def test_safetensors_hold_a_flat_dict_of_tensors_only(tmp_path, value):
    with pytest.raises(TypeError, match=r"\.pt"):
        torch.save(value, tmp_path / "x.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_byte_order_record_can_be_left_out():
    file = io.BytesIO()
    torch.save(torch.arange(300), file, _disable_byteorder_record=True)
    assert b"byteorder" not in file.getvalue()
    file.seek(0)
    assert torch.load(file)[299].item() == 299


def test_importing_and_loading_need_no_pickle():
    """`pickle` appears in no import of the folder."""
    folder = Path(serialize.__file__).parent
    for path in folder.rglob("*.py"):
        assert "import pickle" not in path.read_text()
        assert "eval(" not in path.read_text()
