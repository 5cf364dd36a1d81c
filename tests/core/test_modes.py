"""Recording is switched on and off for a block or a function."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch


@pytest.fixture(autouse=True)
def as_found():
    before = torch.is_grad_enabled()
    yield
    assert torch.is_grad_enabled() is before is True
    assert not torch.is_inference_mode_enabled()


def enabled():
    return torch.is_grad_enabled()


# -- blocks --------------------------------------------------------------------------------------


def test_results_inside_a_block_are_not_recorded():
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        y = x * 2
        made = torch.ones(2, requires_grad=True)
        with torch.enable_grad():
            z = x * 2
    assert [t.requires_grad for t in (y, made, z)] == [False, True, True]
    assert y.grad_fn is None
    assert y.is_leaf


def test_blocks_nest_and_one_manager_may_be_used_again():
    manager = torch.no_grad()
    with manager:
        with torch.enable_grad():
            assert enabled()
            with manager:
                assert not enabled()
            assert enabled()
        with manager:
            pass
        assert not enabled()
    assert enabled()
    with manager:
        assert not enabled()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_an_exception_leaves_the_mode_as_it_was(mode):
    with pytest.raises(ValueError, match="inside"), torch.no_grad(), mode():
        raise ValueError("inside")
    assert enabled()


def test_set_grad_enabled_is_a_call_and_a_block():
    torch.set_grad_enabled(False)
    assert not enabled()
    torch.set_grad_enabled(True)
    with torch.set_grad_enabled(False):
        assert not enabled()
    assert enabled()
    manager = torch.set_grad_enabled(False)
    assert not enabled()
    with manager:
        assert not enabled()
    assert enabled()


@pytest.mark.parametrize("wrong", [3, "no", None])
def test_set_grad_enabled_takes_a_bool(wrong):
    with pytest.raises(TypeError, match="must be bool, not " + type(wrong).__name__):
        torch.set_grad_enabled(wrong)


def test_inference_mode_can_be_asked_for_and_taken_back():
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled()
        assert not (x * 2).requires_grad
        with torch.inference_mode(False):
            assert not torch.is_inference_mode_enabled()
            assert (x * 2).requires_grad
        assert torch.is_inference_mode_enabled()


# -- functions -----------------------------------------------------------------------------------


def test_a_decorated_function_keeps_its_name_and_arguments():
    @torch.no_grad()
    def scale(x, *, factor):
        """Multiply."""
        return x * factor, enabled()

    x = torch.ones(2, requires_grad=True)
    y, inside = scale(x, factor=3)
    assert (inside, y.requires_grad, y.tolist()) == (False, False, [3, 3])
    assert (scale.__name__, scale.__doc__) == ("scale", "Multiply.")


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_the_brackets_of_a_decorator_may_be_left_out(mode):
    @mode
    def bare():
        return enabled()

    @mode()
    def called():
        return enabled()

    assert [bare(), called()] == [False, False]


def test_decorators_switch_on_too():
    @torch.enable_grad()
    def on():
        return enabled()

    @torch.set_grad_enabled(True)
    def set_on():
        return enabled()

    with torch.no_grad():
        assert [on(), set_on(), enabled()] == [True, True, False]


def test_a_decorated_function_may_call_itself_and_fail():
    @torch.no_grad()
    def count(n):
        if n == 0:
            raise ValueError("bottom")
        try:
            return count(n - 1)
        finally:
            assert not enabled()

    with pytest.raises(ValueError, match="bottom"):
        count(3)


def test_methods_can_be_decorated():
    class Model:
        @torch.no_grad()
        def method(self):
            return self, enabled()

        @classmethod
        @torch.no_grad()
        def of_class(cls):
            return cls, enabled()

        @staticmethod
        @torch.no_grad()
        def static():
            return enabled()

    model = Model()
    assert [model.method(), Model.of_class(), Model.static()] == [
        (model, False), (Model, False), False,
    ]  # fmt: skip
