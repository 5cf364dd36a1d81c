import copy
import pickle
import weakref

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.parameter import is_lazy

UNINITIALIZED = [nn.UninitializedParameter, nn.UninitializedBuffer]


# -- Parameter -----------------------------------------------------------------------------------


def test_parameter_shows_what_it_contains():
    assert repr(nn.Parameter(torch.ones(2))) == (
        "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    )


def test_parameter_is_a_leaf_that_requires_grad_even_in_no_grad():
    with torch.no_grad():
        parameter = nn.Parameter(torch.ones(2))
    assert parameter.requires_grad
    assert parameter.is_leaf
    assert parameter.grad_fn is None


def test_parameter_shares_memory_with_its_data():
    data = torch.zeros(3)
    parameter = nn.Parameter(data)
    data[0] = 5.0
    assert parameter[0].item() == 5.0
    assert parameter._version == data._version


def test_parameter_of_a_result_is_cut_off_from_the_graph():
    x = torch.ones(2, requires_grad=True)
    assert nn.Parameter(x * 2).is_leaf


def test_parameter_without_data_is_empty():
    assert nn.Parameter().shape == (0,)


def test_parameter_may_be_frozen():
    assert not nn.Parameter(torch.ones(1), requires_grad=False).requires_grad


def test_integers_cannot_be_trained_but_can_be_frozen_parameters():
    with pytest.raises(RuntimeError, match="(?i)only Tensors of floating point and complex dtype"):
        nn.Parameter(torch.tensor([1, 2]))
    assert nn.Parameter(torch.tensor([1, 2]), requires_grad=False).dtype is torch.int64


@pytest.mark.parametrize("data", [[1.0, 2.0], 3.0, "x"])
def test_parameter_of_no_tensor_is_refused_with_a_mend(data):
    with pytest.raises(AttributeError, match=r"no attribute 'detach'(.|\n)*torch.tensor"):
        nn.Parameter(data)


def test_gradients_reach_a_parameter():
    parameter = nn.Parameter(torch.tensor([1.0, 2.0]))
    (parameter * parameter).sum().backward()
    assert parameter.grad.tolist() == [2.0, 4.0]


def test_operations_on_parameters_give_plain_tensors():
    assert type(nn.Parameter(torch.ones(2)) + 1) is torch.Tensor


def test_deepcopy_copies_the_elements_and_not_the_gradient():
    parameter = nn.Parameter(torch.ones(2), requires_grad=False)
    parameter.requires_grad_()
    parameter.grad = torch.ones(2)
    twin = copy.deepcopy(parameter)
    twin.data[0] = 9.0
    assert parameter.tolist() == [1.0, 1.0]
    assert (type(twin), twin.requires_grad, twin.grad) == (nn.Parameter, True, None)


def test_deepcopy_keeps_shared_parameters_shared():
    parameter = nn.Parameter(torch.ones(2))
    first, second = copy.deepcopy([parameter, parameter])
    assert first is second


@pytest.mark.parametrize("requires_grad", [True, False])
def test_pickle_keeps_class_values_flag_and_attributes(requires_grad):
    parameter = nn.Parameter(torch.arange(4.0), requires_grad)
    parameter.note = "mine"
    twin = pickle.loads(pickle.dumps(parameter))
    assert type(twin) is nn.Parameter
    assert twin.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert (twin.requires_grad, twin.note) == (requires_grad, "mine")


def test_subclasses_of_parameter_survive_copies():
    class Special(nn.Parameter):
        pass

    assert type(copy.deepcopy(Special(torch.ones(1)))) is Special


# -- Buffer --------------------------------------------------------------------------------------


def test_buffer_is_a_marked_tensor():
    buffer = nn.Buffer(torch.ones(2))
    assert type(buffer) is torch.Tensor
    assert isinstance(buffer, nn.Buffer)
    assert not isinstance(torch.ones(2), nn.Buffer)
    assert repr(buffer) == "tensor([1., 1.])"


def test_buffer_says_whether_it_is_saved():
    assert nn.Buffer(torch.ones(2)).persistent
    assert not nn.Buffer(torch.ones(2), persistent=False).persistent


# -- uninitialized: what is known ----------------------------------------------------------------


@pytest.mark.parametrize("cls", UNINITIALIZED)
def test_uninitialized_shows_its_class(cls):
    assert repr(cls()) == str(cls()) == f"<{cls.__name__}>"


def test_uninitialized_parameter_is_a_parameter_and_an_uninitialized_buffer_is_not():
    assert isinstance(nn.UninitializedParameter(), nn.Parameter)
    assert not isinstance(nn.UninitializedBuffer(), nn.Parameter)
    assert isinstance(nn.UninitializedBuffer(), nn.Buffer)
    assert isinstance(nn.UninitializedBuffer(), torch.Tensor)


@pytest.mark.parametrize("cls", UNINITIALIZED)
def test_uninitialized_knows_what_needs_no_shape(cls):
    tensor = cls(requires_grad=True, dtype=torch.float64)
    assert tensor.dtype is torch.float64
    assert tensor.device == torch.device("cpu")
    assert tensor.requires_grad
    assert tensor.is_leaf
    assert tensor.grad is None
    assert tensor.grad_fn is None
    assert tensor.size() == (0,)
    assert (tensor.ndim, tensor.nbytes, tensor.itemsize) == (1, 0, 8)
    assert tensor.is_floating_point()
    assert not tensor.is_complex()
    assert tensor.get_device() == -1
    assert not tensor.is_cuda
    assert tensor._version == 0
    assert hash(tensor) == hash(tensor)
    assert tensor.data.shape == (0,)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("half", torch.float16), ("float", torch.float32), ("double", torch.float64),
     ("int", torch.int32), ("long", torch.int64), ("short", torch.int16), ("char", torch.int8)],
)  # fmt: skip
def test_uninitialized_converts_to_an_empty_tensor(name, dtype):
    converted = getattr(nn.UninitializedParameter(), name)()
    assert converted.dtype is dtype
    assert converted.shape == (0,)


def test_uninitialized_defaults():
    assert nn.UninitializedParameter().requires_grad
    assert not nn.UninitializedBuffer().requires_grad
    assert nn.UninitializedBuffer().persistent
    assert not nn.UninitializedBuffer(persistent=False).persistent


def test_is_lazy_is_true_of_uninitialized_tensors_alone():
    assert is_lazy(nn.UninitializedParameter())
    assert is_lazy(nn.UninitializedBuffer())
    assert not is_lazy(None)
    assert not is_lazy(nn.Parameter(torch.ones(1)))


def test_known_sizes_are_shown_with_none_for_the_others():
    assert nn.UninitializedParameter(shape=(256, None)).spec == (256, None)
    assert nn.UninitializedParameter().spec is None


# -- uninitialized: what is refused --------------------------------------------------------------

NEEDS_ELEMENTS = {
    "add": lambda p: p + p,
    "reflected": lambda p: 1 - p,
    "with a tensor": lambda p: torch.ones(2) * p,
    "multiply": lambda p: p * 2,
    "matmul": lambda p: p @ p,
    "equal": lambda p: p == p,
    "negative": lambda p: -p,
    "index": lambda p: p[0],
    "len": len,
    "iterate": list,
    "truth": bool,
    "item": lambda p: p.item(),
    "tolist": lambda p: p.tolist(),
    "numpy": lambda p: p.numpy(),
    "sum": lambda p: p.sum(),
    "t": lambda p: p.t(),
    "T": lambda p: p.T,
    "view": lambda p: p.view(-1),
    "reshape": lambda p: p.reshape(-1),
    "clone": lambda p: p.clone(),
    "detach": lambda p: p.detach(),
    "dim": lambda p: p.dim(),
    "numel": lambda p: p.numel(),
    "nelement": lambda p: p.nelement(),
    "stride": lambda p: p.stride(),
    "element_size": lambda p: p.element_size(),
    "is_contiguous": lambda p: p.is_contiguous(),
    "register_hook": lambda p: p.register_hook(print),
    "backward": lambda p: p.backward(),
    "retain_grad": lambda p: p.retain_grad(),
    "new_zeros": lambda p: p.new_zeros(2),
    "bool": lambda p: p.bool(),
    "byte": lambda p: p.byte(),
    "empty_like": torch.empty_like,
    "zeros_like": torch.zeros_like,
    "torch.add": lambda p: torch.add(p, p),
    "linear": lambda p: nn.functional.linear(torch.ones(2, 2), p),
    "a Parameter of it": nn.Parameter,
}


@pytest.mark.parametrize("cls", UNINITIALIZED)
@pytest.mark.parametrize("operation", NEEDS_ELEMENTS)
def test_what_needs_elements_is_refused(cls, operation):
    tensor = cls(requires_grad=True)
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in") as info:
        NEEDS_ELEMENTS[operation](tensor)
    text = str(info.value)
    assert f"`torch.nn.parameter.{cls.__name__}`" in text
    assert "Call `forward` with a dummy batch" in text


def test_refusal_names_operation_and_owner():
    layer = nn.LazyLinear(3)
    with pytest.raises(ValueError, match="in add") as info:
        layer.weight + 1
    assert "LazyLinear.weight (float32, known sizes (3, ?))" in str(info.value)
    assert "call the net once on a batch" in str(info.value)


def test_shape_is_refused_in_the_words_of_load_state_dict():
    with pytest.raises(RuntimeError, match=r"Can't access the shape(.|\n)*`load_state_dict`"):
        _ = nn.UninitializedParameter().shape


def test_share_memory_is_refused():
    with pytest.raises(RuntimeError, match="Can't share memory on an uninitialized parameter"):
        nn.UninitializedParameter().share_memory_()


# -- materialize ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "result"), [((2, 3), (2, 3)), (4, (4,)), ((), ())])
def test_materialize_fills_the_same_object(shape, result):
    parameter = nn.UninitializedParameter(dtype=torch.float64)
    before = id(parameter)
    assert parameter.materialize(shape) is None
    assert id(parameter) == before
    assert type(parameter) is nn.Parameter
    assert parameter.shape == result
    assert parameter.dtype is torch.float64
    assert parameter.requires_grad
    assert not is_lazy(parameter)


def test_a_materialized_buffer_is_a_tensor():
    buffer = nn.UninitializedBuffer()
    buffer.materialize((2,))
    assert type(buffer) is torch.Tensor
    assert buffer.persistent


def test_materialize_takes_dtype_and_device():
    parameter = nn.UninitializedParameter()
    parameter.materialize((2,), dtype=torch.float16, device="cpu")
    assert parameter.dtype is torch.float16


def test_materialize_twice_is_refused():
    parameter = nn.UninitializedParameter()
    parameter.materialize((2,))
    with pytest.raises(AttributeError, match="'Parameter' object has no attribute 'materialize'"):
        parameter.materialize((2,))


def test_class_after_materialize_may_be_set_on_the_instance():
    class Special(nn.Parameter):
        pass

    parameter = nn.UninitializedParameter()
    parameter.cls_to_become = Special
    parameter.materialize((2,))
    assert type(parameter) is Special


@pytest.mark.parametrize("shape", [(7, 3), (4,), (4, 3, 1)])
def test_materialize_refuses_what_contradicts_the_known_sizes(shape):
    parameter = nn.UninitializedParameter(shape=(4, None))
    with pytest.raises(RuntimeError, match=r"size mismatch(.|\n)*\(4, \?\)"):
        parameter.materialize(shape)
    assert is_lazy(parameter)


def test_gradients_flow_to_a_materialized_parameter():
    parameter = nn.UninitializedParameter()
    parameter.materialize((2,))
    (parameter * 3).sum().backward()
    assert parameter.grad.tolist() == [3.0, 3.0]


def test_nothing_keeps_an_uninitialized_parameter_alive():
    parameter = nn.UninitializedParameter()
    reference = weakref.ref(parameter)
    del parameter
    assert reference() is None


# -- what is done before the shape is known ------------------------------------------------------


def test_initialisers_are_replayed_in_order():
    parameter = nn.UninitializedParameter()
    nn.init.ones_(parameter)
    parameter.mul_(3)
    parameter.data.add_(1)
    parameter.materialize((2,))
    assert parameter.tolist() == [4.0, 4.0]


def test_initialisers_see_the_shape_when_they_are_replayed():
    parameter = nn.UninitializedParameter(dtype=torch.float64)
    nn.init.xavier_uniform_(parameter, gain=2.0)
    torch.manual_seed(3)
    parameter.materialize((5, 7))
    twin = torch.empty(5, 7, dtype=torch.float64)
    torch.manual_seed(3)
    nn.init.xavier_uniform_(twin, gain=2.0)
    assert np.array_equal(parameter.detach().numpy(), twin.numpy())


def test_requires_grad_is_set_at_once_and_kept():
    parameter = nn.UninitializedParameter()
    parameter.requires_grad_(False)
    assert not parameter.requires_grad
    parameter.materialize((2,))
    assert not parameter.requires_grad


def test_what_waits_is_copied_too():
    parameter = nn.UninitializedParameter()
    nn.init.constant_(parameter, 7.0)
    for twin in (copy.deepcopy(parameter), copy.copy(parameter),
                 pickle.loads(pickle.dumps(parameter))):  # fmt: skip
        twin.materialize((1,))
        assert twin.tolist() == [7.0]
    assert is_lazy(parameter)


def test_what_comes_from_another_process_is_older_than_what_follows(monkeypatch):
    from minitorch_lazy.nn import recording

    parameter = nn.UninitializedParameter()
    for _ in range(9):
        nn.init.constant_(parameter, 7.0)
    stored = pickle.dumps(parameter)
    monkeypatch.setattr(recording, "CLOCK", recording.Clock())
    twin = pickle.loads(stored)
    twin.add_(1.0)
    twin.materialize((1,))
    assert twin.tolist() == [8.0]


# -- copies --------------------------------------------------------------------------------------

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda p: pickle.loads(pickle.dumps(p)),
}


@pytest.mark.parametrize("make", COPIES)
@pytest.mark.parametrize("cls", UNINITIALIZED)
@pytest.mark.parametrize("requires_grad", [True, False])
def test_copies_keep_all_that_is_known(make, cls, requires_grad):
    tensor = cls(requires_grad, dtype=torch.float64, shape=(3, None))
    if cls is nn.UninitializedBuffer:
        tensor.persistent = False
    twin = COPIES[make](tensor)
    assert twin is not tensor
    assert type(twin) is cls
    assert (twin.dtype, twin.requires_grad, twin.spec) == (torch.float64, requires_grad, (3, None))
    assert getattr(twin, "persistent", False) == getattr(tensor, "persistent", False)
    twin.materialize((3, 1))
    assert is_lazy(tensor)


def test_tied_uninitialized_parameters_stay_tied_in_copies():
    parameter = nn.UninitializedParameter()
    first, second = copy.deepcopy([parameter, parameter])
    assert first is second
    first, second = pickle.loads(pickle.dumps([parameter, parameter]))
    assert first is second
