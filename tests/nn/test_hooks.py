import pickle

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn


class Scale(nn.Module):
    """A module at import level, so that it can be pickled."""

    def forward(self, x, factor=2.0):
        if x is None:
            raise ValueError("nothing to scale")
        return x * factor


def shout(module, args, output):
    return output * 10


# -- forward hooks -------------------------------------------------------------------------------


def test_pre_hook_replaces_the_input_by_a_value_or_a_tuple():
    module = Scale()
    handle = module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    assert module(torch.tensor(1.0)).item() == 4.0
    handle.remove()
    module.register_forward_pre_hook(lambda m, args: (args[0], 5.0))
    assert module(torch.tensor(1.0)).item() == 5.0


def test_pre_hook_with_kwargs_replaces_both():
    module = Scale()
    module.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"factor": kwargs["factor"] + 1}), with_kwargs=True
    )
    assert module(torch.tensor(1.0), factor=3.0).item() == 4.0


def test_pre_hook_with_kwargs_must_return_both():
    module = Scale()
    module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwar"):
        module(torch.tensor(1.0))


def test_forward_hook_sees_and_replaces_the_output():
    module = Scale()
    seen = []
    module.register_forward_hook(lambda m, args, out: seen.append((m, args[0].item(), out.item())))
    module.register_forward_hook(shout)
    assert module(torch.tensor(1.0)).item() == 20.0
    assert seen == [(module, 1.0, 2.0)]


def test_forward_hook_with_kwargs():
    module = Scale()
    module.register_forward_hook(lambda m, args, kwargs, out: out + len(kwargs), with_kwargs=True)
    assert module(torch.tensor(1.0), factor=1.0).item() == 2.0


def test_hooks_run_in_order_and_prepended_ones_first():
    order = []
    module = Scale()
    for name, prepend in [("a", False), ("b", True), ("c", False)]:
        module.register_forward_hook(lambda m, i, o, name=name: order.append(name), prepend=prepend)
        module.register_forward_pre_hook(
            lambda m, i, name=name: order.append("pre " + name), prepend=prepend
        )
    module(torch.tensor(1.0))
    assert order == ["pre b", "pre a", "pre c", "b", "a", "c"]


def test_hooks_that_must_always_be_called_are_called_once_although_forward_fails():
    module = Scale()
    seen = []
    module.register_forward_hook(lambda m, args, out: seen.append("plain"))
    module.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    with pytest.raises(ValueError, match="nothing to scale"):
        module(None)
    assert seen == [None]
    module(torch.tensor(1.0))
    assert len(seen) == 3


def test_an_always_called_hook_that_fails_too_is_silenced_with_a_warning():
    def fail(module, args, output):
        raise KeyError("second")

    module = Scale()
    module.register_forward_hook(fail, always_call=True)
    with (
        pytest.warns(UserWarning, match="``always_call=True`` raised an exception that was sil"),
        pytest.raises(ValueError, match="nothing to scale"),
    ):
        module(None)


def test_handles_remove_once_and_work_as_context_managers():
    module = Scale()
    with module.register_forward_hook(shout) as handle:
        assert module(torch.tensor(1.0)).item() == 20.0
    handle.remove()
    assert module(torch.tensor(1.0)).item() == 2.0
    assert not module._forward_hooks


def test_after_the_last_hook_the_module_is_called_directly_again():
    module = Scale()
    handle = module.register_forward_hook(shout)
    handle.remove()
    module(torch.tensor(1.0))
    assert "__hooks__" not in module.__dict__


def test_a_hook_may_remove_itself_and_add_others_while_it_runs():
    module = Scale()
    seen = []

    def once(m, args, output):
        seen.append("once")
        handle.remove()
        m.register_forward_hook(lambda *_: seen.append("later"))

    handle = module.register_forward_hook(once)
    module(torch.tensor(1.0))
    module(torch.tensor(1.0))
    assert seen == ["once", "later"]


def test_hooks_survive_pickle_with_their_handles():
    module = Scale()
    module.handle = module.register_forward_hook(shout)
    twin = pickle.loads(pickle.dumps(module))
    assert twin(torch.tensor(1.0)).item() == 20.0
    twin.handle.remove()
    assert twin(torch.tensor(1.0)).item() == 2.0
    assert module(torch.tensor(1.0)).item() == 20.0


def test_numbers_of_hooks_do_not_collide_after_pickle():
    module = Scale()
    module.register_forward_hook(shout)
    twin = pickle.loads(pickle.dumps(module))
    for _ in range(3):
        twin.register_forward_hook(shout)
    assert len(twin._forward_hooks) == 4


def test_hooks_may_be_set_by_hand_under_torch_s_names():
    module = Scale()
    module._forward_hooks[7] = shout
    assert module(torch.tensor(1.0)).item() == 20.0
    module._forward_hooks.clear()
    assert module(torch.tensor(1.0)).item() == 2.0


# -- backward hooks ------------------------------------------------------------------------------


def test_backward_hook_sees_gradients_of_input_and_output():
    seen = []
    module = Scale()
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi[0].item(), go[0].item())))
    x = torch.tensor(3.0, requires_grad=True)
    module(x).backward()
    assert seen == [(2.0, 1.0)]
    assert x.grad.item() == 2.0


def test_backward_hook_replaces_the_gradient_of_the_input():
    module = Scale()
    module.register_full_backward_hook(lambda m, gi, go: (gi[0] * 5,))
    module.register_full_backward_hook(lambda m, gi, go: None)
    x = torch.tensor(3.0, requires_grad=True)
    module(x).backward()
    assert x.grad.item() == 10.0


def test_backward_pre_hook_replaces_the_gradient_of_the_output():
    seen = []
    module = Scale()
    module.register_full_backward_pre_hook(lambda m, go: (go[0] * 3,))
    module.register_full_backward_hook(lambda m, gi, go: seen.append(go[0].item()))
    x = torch.tensor(3.0, requires_grad=True)
    module(x).backward()
    assert x.grad.item() == 6.0
    assert seen == [3.0]


class Pair(nn.Module):
    def forward(self, a, note, b):
        return a * b, note, a + 1


def test_only_tensors_have_gradients_and_unused_outputs_none():
    seen = []
    module = Pair()
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(5.0)
    product, note, _ = module(a, "note", b)
    assert note == "note"
    product.backward()
    ((grad_input, grad_output),) = seen
    assert grad_input[0].item() == 5.0
    assert grad_input[1:] == (None, None)
    assert grad_output[0].item() == 1.0
    assert grad_output[1:] == (None, None)


@pytest.mark.parametrize("kind", ["register_full_backward_hook", "register_full_backward_pre_hook"])
def test_the_number_of_gradients_must_stay(kind):
    module = Scale()
    getattr(module, kind)(lambda m, *gradients: (None, None))
    x = torch.tensor(3.0, requires_grad=True)
    with pytest.raises(RuntimeError, match="returned an invalid number of grad_(in|out)put, got 2"):
        module(x).backward()


def test_a_module_whose_input_needs_no_gradient_warns_and_still_calls():
    seen = []
    module = nn.Linear(2, 1)
    module.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go[0].shape)))
    with pytest.warns(UserWarning, match="no inputs require gradients"):
        module(torch.ones(3, 2)).sum().backward()
    assert seen == [((None,), (3, 1))]
    assert module.weight.grad is not None


def test_an_output_without_tensors_warns():
    class Words(nn.Module):
        def forward(self, x):
            return {"x": x}

    module = Words()
    module.register_full_backward_hook(lambda *_: None)
    with pytest.warns(UserWarning, match="module output should be a Tensor or a tuple of Tensors"):
        module(torch.ones(1, requires_grad=True))


def test_backward_hooks_do_nothing_without_a_graph():
    module = Scale()
    module.register_full_backward_hook(lambda *_: pytest.fail("called"))
    with torch.no_grad():
        assert module(torch.tensor(1.0)).item() == 2.0


def test_backward_hooks_see_every_walk_and_second_derivatives():
    seen = []
    module = Scale()
    module.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].item()))
    x = torch.tensor(3.0, requires_grad=True)
    y = module(x) ** 2
    y.backward(create_graph=True)
    assert x.grad.item() == 24.0
    assert seen == [24.0]
    (second,) = torch.autograd.grad(x.grad, x)
    assert second.item() == 8.0


def test_complex_gradients_are_shown_in_torch_s_convention():
    seen = []
    module = Scale()
    module.register_full_backward_hook(lambda m, gi, go: seen.append(gi[0].item()))
    z = torch.tensor(1 + 2j, requires_grad=True)
    (module(z) * z).real.backward()
    assert z.grad.item() == 4 - 8j
    assert seen == [2 * (1 - 2j)]


def test_what_went_through_a_gate_cannot_be_written_in_place():
    class Writes(nn.Module):
        def forward(self, x):
            return x.add_(1)

    module = Writes()
    module.register_full_backward_hook(lambda *_: None)
    x = torch.ones(2, requires_grad=True) * 1
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        module(x)
    y = Scale()
    y.register_full_backward_hook(lambda *_: None)
    with pytest.raises(RuntimeError, match="Output 0 of BackwardHookFunctionBackward is a view"):
        y(x).add_(1)


def test_writing_into_the_input_of_a_hooked_module_keeps_gradients_right():
    class Keeps(nn.Module):
        def forward(self, x):
            self.seen = x
            return x * 1

    module = Keeps()
    module.register_full_backward_hook(lambda *_: None)
    leaf = torch.ones(2, requires_grad=True)
    x = leaf * 1
    module(x)
    x.mul_(2)
    (module.seen * 3).sum().backward()
    assert leaf.grad.tolist() == [6.0, 6.0]


@pytest.mark.torch
def test_backward_hooks_agree_with_torch():
    oracle = pytest.importorskip("torch")

    def run(package):
        class Net(package.nn.Module):
            def forward(self, a, b):
                return a * b, (a - b) ** 2

        seen = []

        def note(module, grad_input, grad_output):
            seen.append([None if g is None else g.tolist() for g in (*grad_input, *grad_output)])
            return tuple(None if g is None else g * 2 for g in grad_input)

        net = Net()
        net.register_full_backward_hook(note)
        net.register_full_backward_pre_hook(lambda m, g: tuple(part + 1 for part in g))
        a = package.tensor([1.0, 2.0], requires_grad=True)
        b = package.tensor([3.0, 4.0], requires_grad=True)
        first, second = net(a, b)
        (first * second).sum().backward()
        return seen, a.grad.tolist(), b.grad.tolist()

    assert run(torch) == run(oracle)
