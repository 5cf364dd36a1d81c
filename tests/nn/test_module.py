import copy
import pickle
import timeit
import warnings

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn


class Plain(nn.Module):
    """A module at import level, so that it can be pickled."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("scratch", torch.zeros(1), persistent=False)
        self.child = nn.Linear(2, 2)

    def forward(self, x, scale=1.0):
        return self.child(x) * self.weight * scale


def names(pairs):
    return [name for name, _ in pairs]


# -- construction --------------------------------------------------------------------------------


def test_module_takes_no_arguments():
    with pytest.raises(TypeError, match=r"Module.__init__\(\) takes 1 positional argument but 2"):
        nn.Module(3)
    with pytest.raises(TypeError, match=r"Module.__init__\(\) got an unexpected keyword arg.* 'a'"):
        nn.Module(a=3)


def test_call_super_init_hands_arguments_on():
    class Other:
        def __init__(self, size):
            self.size = size

    class Both(nn.Module, Other):
        call_super_init = True

        def __init__(self):
            super().__init__(size=3)

    assert Both().size == 3


@pytest.mark.parametrize(
    ("value", "what"),
    [(nn.Parameter(torch.ones(1)), "parameters"), (nn.Identity(), "module"),
     (nn.Buffer(torch.ones(1)), "buffer")],
)  # fmt: skip
def test_assigning_before_init_is_refused_with_a_mend(value, what):
    class Hasty(nn.Module):
        def __init__(self):
            self.part = value

    with pytest.raises(AttributeError, match=rf"cannot assign {what} before Module") as info:
        Hasty()
    assert "super().__init__() first in Hasty" in str(info.value)


def test_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r'Module \[Module\] is missing the required'):
        nn.Module()(1)


# -- registration --------------------------------------------------------------------------------


def test_assigned_parts_are_registered_by_kind():
    module = Plain()
    assert names(module._parameters.items()) == ["weight"]
    assert names(module._buffers.items()) == ["seen", "scratch"]
    assert names(module._modules.items()) == ["child"]
    assert module._non_persistent_buffers_set == {"scratch"}


def test_plain_tensors_and_values_are_ordinary_attributes():
    module = nn.Module()
    module.cache = torch.ones(1)
    module.size = 3
    assert not module._buffers
    assert (module.size, module.cache.item()) == (3, 1.0)


def test_a_buffer_object_is_registered_when_it_is_assigned():
    module = nn.Module()
    module.kept = nn.Buffer(torch.ones(1))
    module.lost = nn.Buffer(torch.ones(1), persistent=False)
    module.lazy = nn.UninitializedBuffer(persistent=False)
    assert list(module._buffers) == ["kept", "lost", "lazy"]
    assert module._non_persistent_buffers_set == {"lost", "lazy"}


def test_assigning_to_a_buffer_keeps_it_a_buffer():
    module = Plain()
    module.scratch = torch.ones(3)
    module.seen = None
    assert list(module._buffers) == ["seen", "scratch"]
    assert module._non_persistent_buffers_set == {"scratch"}
    assert module.seen is None


def test_parameter_takes_the_place_of_anything():
    module = Plain()
    for name in ("seen", "child", "scratch"):
        setattr(module, name, nn.Parameter(torch.ones(1)))
    assert names(module.named_parameters()) == ["weight", "seen", "child", "scratch"]
    assert not module._buffers
    assert not module._modules


def test_module_takes_the_place_of_a_buffer():
    module = Plain()
    module.seen = nn.Identity()
    assert names(module.named_children()) == ["child", "seen"]
    assert list(module._buffers) == ["scratch"]


def test_none_keeps_the_registration():
    module = Plain()
    module.weight = None
    module.child = None
    assert module._parameters["weight"] is None
    assert module._modules["child"] is None
    assert not list(module.parameters())
    module.weight = nn.Parameter(torch.ones(1))
    assert names(module.named_parameters()) == ["weight"]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("weight", torch.ones(2), "cannot assign 'torch.FloatTensor' as parameter 'weight' "
         r"\(torch.nn.Parameter or None expected\)"),
        ("weight", 3, "cannot assign 'int' as parameter 'weight'"),
        ("weight", nn.Identity(), "as parameter 'weight'"),
        ("child", 5, r"cannot assign 'int' as child module 'child' \(torch.nn.Module or None"),
        ("seen", 5, "cannot assign 'int' as buffer 'seen' "
         r"\(torch.nn.Buffer, torch.Tensor or None expected\)"),
    ],
)  # fmt: skip
def test_registered_names_take_only_their_kind(name, value, text):
    module = Plain()
    with pytest.raises(TypeError, match=text):
        setattr(module, name, value)
    assert names(module.named_parameters()) == ["weight", "child.weight", "child.bias"]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda m: m.register_buffer("a", 3), TypeError,
         r"cannot assign 'int' object to buffer 'a' \(torch Tensor or None required\)"),
        (lambda m: m.register_parameter("q", torch.ones(1)), TypeError,
         "cannot assign 'torch.FloatTensor' object to parameter 'q'"),
        (lambda m: m.register_parameter(3, None), TypeError,
         "parameter name should be a string. Got int"),
        (lambda m: m.register_buffer(3, None), TypeError, "buffer name should be a string"),
        (lambda m: m.add_module(3, None), TypeError, "module name should be a string. Got int"),
        (lambda m: m.add_module("z", 3), TypeError, "int is not a Module subclass"),
        (lambda m: m.add_module("a.b", nn.Identity()), KeyError,
         """module name can't contain ".", got: a.b"""),
        (lambda m: m.register_parameter("a.b", None), KeyError, """can't contain "."""),
        (lambda m: m.register_buffer("", None), KeyError, """can't be empty string"""),
        (lambda m: m.register_buffer("weight", None), KeyError, "attribute 'weight' already exist"),
        (lambda m: m.register_parameter("seen", None), KeyError, "attribute 'seen' already exists"),
        (lambda m: m.add_module("forward", None), KeyError, "attribute 'forward' already exists"),
    ],
)  # fmt: skip
def test_registering_refuses_in_torch_s_words(call, error, text):
    with pytest.raises(error) as info:
        call(Plain())
    assert text.replace("\\", "") in str(info.value).replace("\\", "")


def test_deleting_forgets_registration_and_value():
    module = Plain()
    del module.weight, module.scratch, module.child
    assert not list(module.parameters())
    assert module._non_persistent_buffers_set == set()
    assert not hasattr(module, "weight")
    with pytest.raises(AttributeError, match="foo"):
        del module.foo


def test_views_of_the_registry_write_through():
    module = Plain()
    module._parameters["weight"] = None
    assert module.weight is None
    module._parameters["extra"] = nn.Parameter(torch.ones(1))
    assert module.extra is module._parameters["extra"]
    del module._parameters["extra"]
    assert not hasattr(module, "extra")
    module._buffers["seen"] = None
    assert module._buffers.pop("seen") is None
    assert module._buffers.copy().keys() == {"scratch"}
    module._modules.clear()
    assert not hasattr(module, "child")
    assert module._modules.get("child", 7) == 7
    with pytest.raises(KeyError):
        module._parameters["child"]


def test_a_new_mapping_replaces_all_children():
    net = nn.Sequential(nn.Identity(), nn.Linear(1, 1))
    net._modules = {"0": net[1]}
    assert names(net.named_children()) == ["0"]
    assert not hasattr(net, "1")


def test_transient_names_are_a_set_that_writes_through():
    module = Plain()
    module._non_persistent_buffers_set.add("seen")
    module._non_persistent_buffers_set.discard("scratch")
    assert list(module.state_dict())[:2] == ["weight", "scratch"]
    with pytest.raises(KeyError):
        module._non_persistent_buffers_set.add("weight")


def test_unknown_names_raise_with_close_matches():
    with pytest.raises(AttributeError, match="'Linear' object has no attribute 'wieght'") as info:
        _ = nn.Linear(1, 1).wieght
    assert "Did you mean: weight" in str(info.value)
    assert getattr(nn.Linear(1, 1), "foo", 3) == 3


def test_attribute_errors_inside_a_property_are_not_hidden():
    class Broken(nn.Module):
        @property
        def ratio(self):
            return self.missing

    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        _ = Broken().ratio


def test_dir_lists_parts_and_leaves_out_numbers():
    listed = dir(nn.Sequential(nn.Identity()))
    assert "0" not in listed
    assert {"weight", "seen", "child", "training", "forward"} <= set(dir(Plain()))


# -- parametrized names --------------------------------------------------------------------------


class Doubled(nn.Module):
    """Doubles, and halves back."""

    def forward(self, tensor):
        return tensor * 2

    def right_inverse(self, tensor):
        return tensor / 2


def parametrized_linear():
    layer = nn.Linear(2, 2, bias=False)
    original = layer.weight
    nn.utils.parametrize.register_parametrization(layer, "weight", Doubled())
    return layer, original


def test_parametrized_names_are_computed_at_each_access():
    layer, original = parametrized_linear()
    assert layer.weight.tolist() == (original * 2).tolist()
    assert layer.weight is not layer.weight
    layer(torch.ones(1, 2)).sum().backward()
    assert original.grad.tolist() == [[2.0, 2.0], [2.0, 2.0]]


def test_assigning_a_parametrized_name_inverts():
    layer, original = parametrized_linear()
    layer.weight = torch.ones(2, 2)
    assert original.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    layer.weight = nn.Parameter(torch.zeros(2, 2))
    assert layer.weight.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_a_parametrized_module_keeps_its_class_and_says_so_in_its_repr():
    layer, _ = parametrized_linear()
    assert type(layer) is nn.Linear
    assert repr(layer).startswith("ParametrizedLinear(\n  in_features=2")
    assert list(layer.state_dict()) == ["parametrizations.weight.original"]
    twin = copy.deepcopy(layer)
    assert twin.weight.tolist() == layer.weight.tolist()
    assert twin.parametrizations.weight.original is not layer.parametrizations.weight.original


def test_attribute_errors_of_a_parametrization_surface_as_themselves():
    layer, _ = parametrized_linear()
    layer.parametrizations.weight[0].forward = lambda tensor: layer.absent
    with pytest.raises(AttributeError, match="absent"):
        _ = layer.weight


def test_deleting_a_parametrized_name_is_refused_with_a_mend():
    layer, _ = parametrized_linear()
    with pytest.raises(AttributeError, match="remove_parametrizations"):
        del layer.weight


# -- walking -------------------------------------------------------------------------------------


def test_walks_give_paths_in_order():
    module = Plain()
    assert names(module.named_parameters()) == ["weight", "child.weight", "child.bias"]
    assert names(module.named_parameters("net", recurse=False)) == ["net.weight"]
    assert names(module.named_buffers()) == ["seen", "scratch"]
    assert names(module.named_modules()) == ["", "child"]
    assert names(module.named_children()) == ["child"]
    assert list(module.modules()) == [module, module.child]
    assert list(module.children()) == [module.child]
    assert len(list(module.buffers())) == 2


def test_shared_parts_come_once_unless_asked():
    layer = nn.Linear(2, 2)
    net = nn.Sequential(layer, layer)
    assert names(net.named_parameters()) == ["0.weight", "0.bias"]
    assert names(net.named_modules()) == ["", "0"]
    assert len(list(net.named_modules(remove_duplicate=False))) == 3
    assert len(list(net.named_parameters(remove_duplicate=False))) == 4
    assert names(net.named_children()) == ["0"]


def test_parts_are_found_by_path():
    net = nn.Sequential(Plain())
    assert net.get_submodule("") is net
    assert net.get_submodule("0.child") is net[0].child
    assert net.get_parameter("0.child.bias") is net[0].child.bias
    assert net.get_buffer("0.seen") is net[0].seen


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda n: n.get_submodule("0.nope"), "Plain has no attribute `nope`"),
        (lambda n: n.get_submodule("0.weight"), "`weight` is not an nn.Module"),
        (lambda n: n.get_parameter("0.nope"), "Plain has no attribute `nope`"),
        (lambda n: n.get_parameter("0.seen"), "`seen` is not an nn.Parameter"),
        (lambda n: n.get_buffer("0.weight"), "`weight` is not a buffer"),
    ],
)
def test_paths_that_lead_nowhere_are_named(call, text):
    with pytest.raises(AttributeError, match=text):
        call(nn.Sequential(Plain()))


def test_set_submodule_replaces_and_adds():
    net = nn.Sequential(Plain())
    net.set_submodule("0.child", nn.Identity())
    net.set_submodule("0.other", nn.Identity())
    assert repr(net[0].child) == repr(net[0].other) == "Identity()"
    with pytest.raises(AttributeError, match="has no attribute"):
        net.set_submodule("0.third", nn.Identity(), strict=True)
    with pytest.raises(AttributeError, match="`weight` is not an nn.Module"):
        net.set_submodule("0.weight", nn.Identity())
    with pytest.raises(ValueError, match="without a target name"):
        net.set_submodule("", nn.Identity())
    with pytest.raises(ValueError, match="is not an nn.Module"):
        net.set_submodule("0", 3)


# -- modes ---------------------------------------------------------------------------------------


def test_train_and_eval_reach_all_children():
    net = nn.Sequential(Plain())
    assert net.eval() is net
    assert not net[0].child.training
    net.train()
    assert net[0].child.training
    with pytest.raises(ValueError, match="training mode is expected to be boolean"):
        net.train(3)


def test_requires_grad_and_zero_grad_reach_all_parameters():
    module = Plain()
    module(torch.ones(1, 2)).sum().backward()
    module.zero_grad(set_to_none=False)
    assert module.child.bias.grad.tolist() == [0.0, 0.0]
    module.zero_grad()
    assert module.child.bias.grad is None
    assert not any(p.requires_grad for p in module.requires_grad_(False).parameters())


def test_apply_visits_children_first():
    seen = []
    module = Plain()
    assert module.apply(lambda m: seen.append(type(m).__name__)) is module
    assert seen == ["Linear", "Plain"]


# -- conversion ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (lambda m: m.double(), torch.float64),
        (lambda m: m.half(), torch.float16),
        (lambda m: m.double().float(), torch.float32),
        (lambda m: m.to(torch.float64), torch.float64),
        (lambda m: m.to("cpu", torch.float64), torch.float64),
        (lambda m: m.to(torch.ones(1, dtype=torch.float64)), torch.float64),
        (lambda m: m.to(dtype=torch.float16, device="cpu"), torch.float16),
        (lambda m: m.type(torch.float64), torch.float64),
        (lambda m: m.type("torch.DoubleTensor"), torch.float64),
        (lambda m: m.cpu(), torch.float32),
    ],
)
def test_conversions_reach_parameters_buffers_and_gradients(convert, dtype):
    module = Plain()
    module(torch.ones(1, 2)).sum().backward()
    parameters = list(module.parameters())
    assert convert(module) is module
    assert list(map(id, module.parameters())) == list(map(id, parameters))
    assert all(p.dtype is dtype and p.grad.dtype is dtype and p.is_leaf for p in parameters)
    assert all(isinstance(p, nn.Parameter) for p in parameters)
    assert module.seen.dtype is dtype


def test_whole_numbers_keep_their_type():
    module = nn.Module()
    module.register_buffer("count", torch.tensor(3))
    assert module.double().count.dtype is torch.int64
    assert module.to(torch.float16).count.dtype is torch.int64


def test_module_to_takes_only_types_that_can_be_trained():
    with pytest.raises(TypeError, match=r"only accepts floating point or complex.*torch.int32"):
        Plain().to(torch.int32)


def test_to_empty_moves_without_values():
    module = Plain().to_empty(device="cpu")
    assert module.weight.shape == (2,)


# -- state dict ----------------------------------------------------------------------------------


def test_state_dict_holds_detached_parts_by_path_and_versions():
    module = Plain()
    state = module.state_dict()
    assert list(state) == ["weight", "seen", "child.weight", "child.bias"]
    assert state._metadata == {"": {"version": 1}, "child": {"version": 1}}
    assert not state["weight"].requires_grad
    state["weight"][0] = 7.0
    assert module.weight[0].item() == 7.0
    assert module.state_dict(keep_vars=True)["weight"] is module.weight


def test_state_dict_takes_destination_and_prefix():
    destination = {}
    assert nn.Linear(1, 1).state_dict(destination=destination, prefix="net.") is destination
    assert list(destination) == ["net.weight", "net.bias"]


def test_positional_arguments_of_state_dict_still_work():
    with pytest.warns(FutureWarning, match="Positional args are being deprecated"):
        state = nn.Linear(1, 1).state_dict({}, "net.", True)
    assert state["net.weight"].requires_grad


def test_parameters_come_before_buffers_whatever_was_registered_first():
    module = nn.Module()
    module.register_buffer("a", torch.ones(1))
    module.b = nn.Parameter(torch.ones(1))
    assert list(module.state_dict()) == ["b", "a"]


def test_state_dict_hooks_see_and_replace():
    module = Plain()
    calls = []
    module.register_state_dict_pre_hook(lambda m, prefix, keep: calls.append((prefix, keep)))
    module.register_state_dict_post_hook(lambda m, state, prefix, meta: calls.append(meta))
    handle = module._register_state_dict_hook(lambda m, state, prefix, meta: {"only": 1})
    assert module.state_dict() == {"only": 1}
    handle.remove()
    assert "weight" in module.state_dict()
    assert calls[:2] == [("", False), {"version": 1}]


def test_a_public_post_hook_returns_nothing():
    def hook(module, state, prefix, metadata):
        return {}

    module = nn.Linear(1, 1)
    module.register_state_dict_post_hook(hook)
    with pytest.raises(RuntimeError, match="state_dict post-hook must return None"):
        module.state_dict()
    with pytest.raises(RuntimeError, match="previously registered via register_state_dict_post"):
        module._register_state_dict_hook(hook)


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.count = 0

    def forward(self, x):
        return x

    def get_extra_state(self):
        return {"count": self.count}

    def set_extra_state(self, state):
        self.count = state["count"]


def test_extra_state_goes_there_and_back():
    source, target = Counting(), Counting()
    source.count = 5
    assert source.state_dict() == {"_extra_state": {"count": 5}}
    target.load_state_dict(source.state_dict())
    assert target.count == 5
    with pytest.raises(RuntimeError, match='Missing key.*"_extra_state"'):
        target.load_state_dict({})
    with pytest.raises(RuntimeError, match='Unexpected key.*"_extra_state"'):
        nn.Module().load_state_dict(source.state_dict())


# -- loading -------------------------------------------------------------------------------------


def test_loading_copies_values_in_place():
    source, target = Plain(), Plain()
    parameters = list(target.parameters())
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == str(result) == "<All keys matched successfully>"
    assert (result.missing_keys, result.unexpected_keys) == ([], [])
    assert target.child.weight.tolist() == source.child.weight.tolist()
    assert list(map(id, target.parameters())) == list(map(id, parameters))
    source.child.weight.data[0, 0] = 99.0
    assert target.child.weight[0, 0].item() != 99.0


def test_loading_converts_to_the_module_s_type():
    target = nn.Linear(2, 2).double()
    target.load_state_dict(nn.Linear(2, 2).state_dict())
    assert target.weight.dtype is torch.float64


def test_loading_bumps_versions():
    target = nn.Linear(2, 2)
    before = target.weight._version
    target.load_state_dict(nn.Linear(2, 2).state_dict())
    assert target.weight._version > before


def test_assign_takes_the_tensors_themselves():
    source, target = nn.Linear(2, 2).double(), nn.Linear(2, 2)
    target.weight.requires_grad_(False)
    state = source.state_dict()
    target.load_state_dict(state, assign=True)
    assert target.weight.dtype is torch.float64
    assert isinstance(target.weight, nn.Parameter)
    assert not target.weight.requires_grad
    assert target.bias.requires_grad
    state["weight"][0, 0] = 3.0
    assert target.weight[0, 0].item() == 3.0


def test_assign_takes_a_parameter_as_it_is():
    parameter = nn.Parameter(torch.ones(2))
    target = nn.Linear(1, 2)
    target.load_state_dict({"weight": torch.ones(2, 1), "bias": parameter}, assign=True)
    assert target.bias is parameter


def test_a_single_element_fits_a_0_d_parameter():
    module = nn.Module()
    module.scale = nn.Parameter(torch.tensor(0.0))
    module.load_state_dict({"scale": torch.tensor([3.0])})
    assert module.scale.item() == 3.0


def test_not_strict_loading_reports_what_did_not_match():
    result = nn.Linear(1, 1).load_state_dict({"foo": torch.ones(1)}, strict=False)
    assert repr(result) == (
        "_IncompatibleKeys(missing_keys=['weight', 'bias'], unexpected_keys=['foo'])"
    )


def test_errors_are_listed_in_torch_s_words():
    with pytest.raises(RuntimeError) as info:
        nn.Linear(2, 2).load_state_dict({"weight": 3, "foo": 4, "bias": torch.ones(4)})
    assert str(info.value) == (
        "Error(s) in loading state_dict for Linear:\n"
        '\tUnexpected key(s) in state_dict: "foo". \n'
        '\tWhile copying the parameter named "weight", expected torch.Tensor or Tensor-like object '
        "from checkpoint but received <class 'int'>\n"
        "\tsize mismatch for bias: copying a param with shape torch.Size([4]) from checkpoint, "
        "the shape in current model is torch.Size([2])."
    )


def test_only_mappings_can_be_loaded():
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like, got <class 'int'>"):
        nn.Linear(1, 1).load_state_dict(3)


def net_of_all_kinds():
    return nn.Sequential(Plain(), nn.LazyLinear(3), nn.Linear(3, 2))


def contents(net):
    return {name: repr(value) for name, value in net.state_dict().items()}


def raising(*args):
    raise ZeroDivisionError


BAD = {
    "wrong shape": lambda net, state: state.update({"2.bias": torch.ones(7)}),
    "missing key": lambda net, state: state.pop("2.bias"),
    "unexpected key": lambda net, state: state.update({"3.bias": torch.ones(7)}),
    "no tensor": lambda net, state: state.update({"2.bias": None}),
    "number": lambda net, state: state.update({"2.bias": 3.0}),
    "complex": lambda net, state: state.update({"2.bias": torch.ones(2, dtype=torch.complex64)}),
    "wrong sizes for a lazy layer": lambda net, state: state.update({"1.weight": torch.ones(7, 2)}),
    "wrong bias for a lazy layer": lambda net, state: state.update({"1.bias": torch.ones(7)}),
    "uninitialized": lambda net, state: state.update({"2.bias": nn.UninitializedParameter()}),
    "a pre-hook raises": lambda net, state: net[2].register_load_state_dict_pre_hook(raising),
    "a post-hook raises": lambda net, state: net[2].register_load_state_dict_post_hook(raising),
    "a post-hook returns": lambda net, state: net.register_load_state_dict_post_hook(
        lambda module, keys: 3),
    "extra state raises": lambda net, state: net.append(Refusing()),
    "read-only memory": lambda net, state: net[2].bias.array.setflags(write=False),
}  # fmt: skip


class Refusing(Counting):
    def set_extra_state(self, state):
        raise ZeroDivisionError


REPLACEABLE = ("complex", "read-only memory")
"""What is wrong with the memory of a tensor does not matter when the tensor is replaced."""


@pytest.mark.parametrize(
    ("kind", "assign"),
    [(kind, assign) for kind in BAD for assign in (False, True)
     if not (assign and kind in REPLACEABLE)],
)  # fmt: skip
def test_a_refused_state_changes_nothing(kind, assign):
    source, target = net_of_all_kinds(), net_of_all_kinds()
    source(torch.ones(1, 2))
    state = source.state_dict()
    if kind == "extra state raises":
        state["3._extra_state"] = {"count": 1}
    BAD[kind](target, state)
    before, parts = contents(target), [id(p) for p in target.parameters()]
    with pytest.raises((RuntimeError, ZeroDivisionError, AssertionError)):
        target.load_state_dict(state, assign=assign)
    assert contents(target) == before
    assert [id(p) for p in target.parameters()] == parts
    assert type(target[1]) is nn.LazyLinear
    assert target[1].in_features == 0
    assert target(torch.ones(1, 2)).shape == (1, 2)


def test_an_interrupt_during_writing_waits_until_all_is_written(monkeypatch):
    from minitorch_lazy.nn.entry import Entry

    store, calls = Entry.store, []

    def interrupted(entry):
        calls.append(entry)
        if len(calls) == 2:
            raise KeyboardInterrupt
        store(entry)

    monkeypatch.setattr(Entry, "store", interrupted)
    source, target = Plain(), Plain()
    with pytest.raises(KeyboardInterrupt):
        target.load_state_dict(source.state_dict())
    assert contents(target) == contents(source)


def test_loading_numbers_into_a_shape_warns_that_nothing_happens():
    target = nn.Linear(2, 2, device="meta")
    with pytest.warns(UserWarning, match="copying from a non-meta parameter in the checkpoint to"):
        target.load_state_dict(nn.Linear(2, 2).state_dict())
    assert target.weight.is_meta
    target.load_state_dict(nn.Linear(2, 2).state_dict(), assign=True)
    assert not target.weight.is_meta


class Migrating(nn.Module):
    """Reads an old name, and changes what was loaded."""

    _version = 2

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args):
        if local_metadata.get("version", 1) < 2:
            state_dict[prefix + "scale"] = state_dict.pop(prefix + "old")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)
        with torch.no_grad():
            self.scale.clamp_(max=2.0)


def test_an_own_rule_sees_what_was_loaded_and_is_undone_with_the_rest():
    net = nn.Sequential(Migrating(), nn.Linear(1, 1))
    state = {"0.old": torch.tensor([5.0]), **{f"1.{k}": v for k, v in net[1].state_dict().items()}}
    net.load_state_dict(dict(state))
    assert net[0].scale.tolist() == [2.0]
    net[0].scale.data.fill_(0.5)
    with pytest.raises(RuntimeError, match="size mismatch for 1.bias"):
        net.load_state_dict({**state, "1.bias": torch.ones(3)})
    assert net[0].scale.tolist() == [0.5]


def test_load_hooks_are_called_with_the_module():
    calls = []
    module = nn.Linear(1, 1)
    module.register_load_state_dict_pre_hook(
        lambda m, state, prefix, *rest: state.update({prefix + "bias": torch.ones(1)})
    )
    module.register_load_state_dict_post_hook(
        lambda m, keys: calls.append((m, m.bias.item(), list(keys.missing_keys)))
    )
    module.load_state_dict({"weight": torch.ones(1, 1)})
    assert calls == [(module, 1.0, [])]


def test_a_post_hook_may_forgive_missing_keys():
    module = nn.Linear(1, 1)
    module.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    module.load_state_dict({"weight": torch.ones(1, 1)})
    assert module.weight.item() == 1.0


# -- repr ----------------------------------------------------------------------------------------


def test_repr_is_torch_s():
    assert repr(nn.Module()) == "Module()"
    assert repr(nn.Linear(2, 3, bias=False)) == (
        "Linear(in_features=2, out_features=3, bias=False)"
    )
    assert repr(nn.Sequential(Plain())) == (
        "Sequential(\n  (0): Plain(\n"
        "    (child): Linear(in_features=2, out_features=2, bias=True)\n  )\n)"
    )


def test_repr_of_extra_lines_children_and_none():
    class Noted(nn.Module):
        def __init__(self):
            super().__init__()
            self.absent = nn.Identity()
            self.absent = None

        def extra_repr(self):
            return "one\ntwo"

    assert repr(Noted()) == "Noted(\n  one\n  two\n  (absent): None\n)"


# -- copies --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_copies_are_equal_and_independent(make):
    module = Plain()
    twin = make(module)
    assert type(twin) is Plain
    assert contents(twin) == contents(module)
    assert twin._non_persistent_buffers_set == {"scratch"}
    twin.weight.data[0] = 5.0
    twin.extra = nn.Parameter(torch.ones(1))
    assert module.weight[0].item() == 1.0
    assert not hasattr(module, "extra")
    assert "extra" in dict(twin.named_parameters())


def test_a_shallow_copy_shares_parts_but_not_the_registry_or_hooks():
    module = Plain()
    module.register_forward_hook(lambda m, args, out: out + 1)
    twin = copy.copy(module)
    assert twin.weight is module.weight
    twin.extra = nn.Parameter(torch.ones(1))
    twin._forward_hooks.clear()
    assert "extra" not in dict(module.named_parameters())
    assert len(module._forward_hooks) == 1


def test_copied_hooks_belong_to_the_copy():
    class Watching(nn.Module):
        def __init__(self):
            super().__init__()
            self.calls = 0
            self.handle = self.register_forward_hook(self.note)

        def note(self, module, args, output):
            self.calls += 1

        def forward(self, x):
            return x

    module = Watching()
    twin = copy.deepcopy(module)
    twin(1)
    assert (module.calls, twin.calls) == (0, 1)
    twin.handle.remove()
    twin(1)
    module(1)
    assert (module.calls, twin.calls) == (1, 1)


# -- the cost of a call --------------------------------------------------------------------------


def test_calling_a_module_costs_well_under_a_microsecond_more_than_forward():
    class Echo(nn.Module):
        def forward(self, x):
            return x

    echo = Echo()
    number = 20000
    called = min(timeit.repeat(lambda: echo(1), number=number, repeat=7)) / number
    plain = min(timeit.repeat(lambda: echo.forward(1), number=number, repeat=7)) / number
    assert called - plain < 1e-6


def test_errors_say_where_in_the_net_they_happened():
    net = nn.Sequential(nn.Identity(), nn.Sequential(nn.Linear(2, 3)))
    with pytest.raises(RuntimeError) as info:
        net(torch.ones(1, 5))
    assert any("1.0 (Linear)" in note for note in info.value.__notes__)


def test_nothing_warns_on_the_way():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        copy.deepcopy(Plain())(torch.ones(1, 2)).sum().backward()


def test_a_hook_may_register_things_in_the_sequential_that_is_running():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    net[0].register_forward_hook(lambda m, args, out: net.register_buffer("seen", out.detach()))
    assert net(torch.ones(1, 2)).shape == (1, 2)
    assert net.seen.shape == (1, 2)
