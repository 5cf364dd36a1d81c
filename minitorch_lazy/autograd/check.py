"""gradcheck: derivatives against finite differences."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch_lazy.autograd.engine import grad, listed
from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.create import from_numpy, zeros_like

Array = np.ndarray[Any, Any]


class GradcheckError(RuntimeError):
    """Raised where a derivative does not agree with finite differences."""


def gradcheck(
    func: Callable[..., Any], inputs: Any, *, eps: float = 1e-6, atol: float = 1e-5,
    rtol: float = 1e-3, raise_exception: bool = True, nondet_tol: float = 0.0,
    check_undefined_grad: bool = True, check_grad_dtypes: bool = False, fast_mode: bool = False,
) -> bool:  # fmt: skip
    """Compare the derivatives of a function with central differences.

        (f(x + eps) - f(x - eps)) / (2 eps)

    Args:
        func: takes tensors, returns one or several.
        inputs: tensors, float64 where they require grad.
        eps: step of the differences.
        atol, rtol: |analytic - numeric| <= atol + rtol |numeric|.
        raise_exception: raise, rather than return False.
        nondet_tol: by how much two backward passes may differ.
        check_undefined_grad: also check that a missing gradient of an output counts as zeros.
        check_grad_dtypes: also check that gradients have the type of their inputs.
        fast_mode: accepted; every element is compared either way.

    Raises:
        GradcheckError: they do not agree; it names input, output and both Jacobians.
        ValueError: no input requires grad.
        RuntimeError: elements of an input share memory, so that none can be changed alone.

    Source: torch.autograd.gradcheck.
    """
    arguments = tuple(listed(inputs))
    try:
        check(func, arguments, eps, atol, rtol, nondet_tol, check_grad_dtypes)
        if check_undefined_grad:
            undefined(func, arguments)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def differentiable(inputs: Sequence[Any]) -> list[Tensor]:
    """Return the inputs that require grad."""
    found = [x for x in inputs if x.__class__ in TENSORS and x.requires_grad]
    if not found:
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but "
                         "none of the them have requires_grad=True.")  # fmt: skip
    for x in found:
        check_input(x)
    return found


def check_input(x: Tensor) -> None:
    """Refuse an input that differences cannot be taken of, and warn where they are too coarse."""
    if not BACKEND[x.array.__class__].writable(x.array):
        raise refuse(
            RuntimeError, "gradcheck", "gradcheck only supports inputs that are non-overlapping to "
            "be able to compute the numerical gradients correctly.", "clone() the input", input=x,
        )  # fmt: skip
    if x.array.dtype.name not in ("float64", "complex128"):
        warnings.warn(
            f"gradcheck: an input that requires gradient has dtype {x.dtype}, not double "
            "precision: differences of it are coarse. Convert it with .double().",
            stacklevel=4,
        )


def outputs_of(func: Callable[..., Any], inputs: Sequence[Any]) -> list[Tensor]:
    """Return the outputs that can be differentiated."""
    result = func(*inputs)
    every = [result] if result.__class__ in TENSORS else list(result)
    return [y for y in every if y.__class__ in TENSORS and y.array.dtype.kind not in "biu"]


def check(
    func: Callable[..., Any], inputs: Sequence[Any], eps: float, atol: float, rtol: float,
    nondet_tol: float, check_dtypes: bool,
) -> None:  # fmt: skip
    """Compare every pair of input and output."""
    variables = differentiable(inputs)
    outputs = outputs_of(func, inputs)
    for i, x in enumerate(variables):
        numeric = numeric_jacobian(func, inputs, x, eps)
        for j, y in enumerate(outputs):
            if not y.requires_grad:
                analytic = np.zeros_like(numeric[j])
            else:
                analytic = analytic_jacobian(y, x, check_dtypes)
                again = analytic_jacobian(y, x, check_dtypes)
                if np.abs(analytic - again).max(initial=0) > nondet_tol:
                    raise GradcheckError("Backward is not reentrant, i.e., running backward with "
                                         "same input and grad_output multiple times gives "
                                         "different values")  # fmt: skip
            if not np.allclose(analytic, numeric[j], rtol, atol):
                raise GradcheckError(
                    f"Jacobian mismatch for output {j} with respect to input {i},\n"
                    f"numerical:{numeric[j]}\nanalytical:{analytic}\n"
                )


def parts(array: Array) -> Array:
    """Look at an array as a line of real numbers: real and imaginary parts in turn."""
    line = np.ascontiguousarray(array).ravel()
    return line.view(line.real.dtype)


def numeric_jacobian(
    func: Callable[..., Any], inputs: Sequence[Any], x: Tensor, eps: float
) -> list[Array]:
    """Return for every output the (parts of x, parts of y) matrix of central differences."""
    sizes = [parts(y.host()).size for y in outputs_of(func, inputs)]
    tables = [np.zeros((parts(x.host()).size, n)) for n in sizes]
    steps = (eps, 1j * eps) if x.array.dtype.kind == "c" else (eps,)
    places = itertools.product(itertools.product(*map(range, x.array.shape)), steps)
    for row, (place, step) in enumerate(places):
        up = moved(func, inputs, x, place, step)
        down = moved(func, inputs, x, place, -step)
        for table, a, b in zip(tables, up, down, strict=True):
            table[row] = (a - b) / (2 * eps)
    return tables


def moved(
    func: Callable[..., Any], inputs: Sequence[Any], x: Tensor, place: tuple[int, ...], step: Any
) -> list[Array]:
    """Return the parts of the outputs where one element of x is changed."""
    before = x.array[place].copy()
    x.array[place] = before + step
    try:
        return [parts(y.host()).copy() for y in outputs_of(func, inputs)]
    finally:
        x.array[place] = before


def analytic_jacobian(y: Tensor, x: Tensor, check_dtypes: bool) -> Array:
    """Return the (parts of x, parts of y) matrix that backward gives."""
    seed = np.zeros(y.array.shape, y.array.dtype)
    line = seed.reshape(-1).view(seed.real.dtype)
    table = np.zeros((parts(x.host()).size, line.size))
    for column in range(line.size):
        line[column] = 1
        (g,) = grad(y, x, wrap(seed.copy()), retain_graph=True, allow_unused=True)
        line[column] = 0
        if g is None:
            continue
        if check_dtypes and g.dtype is not x.dtype:
            raise GradcheckError(f"Gradient has dtype {g.dtype}, its input {x.dtype}")
        table[:, column] = parts(g.host())
    return table


def undefined(func: Callable[..., Any], inputs: Sequence[Any]) -> None:
    """Check that an output whose gradient is missing counts as one whose gradient is zero."""
    outputs = [y for y in outputs_of(func, inputs) if y.requires_grad]
    variables = differentiable(inputs)
    if len(outputs) < 2:
        return
    for y in outputs:
        alone = grad(y, variables, zeros_like(y), retain_graph=True, allow_unused=True)
        for g in alone:
            if g is not None and g.numel() and float(g.abs().max()) != 0:  # type: ignore[attr-defined]
                raise GradcheckError("Expected zero gradients where all output gradients are zero")


def gradgradcheck(
    func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, *, eps: float = 1e-6,
    atol: float = 1e-5, rtol: float = 1e-3, gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True, nondet_tol: float = 0.0, check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False, fast_mode: bool = False,
) -> bool:  # fmt: skip
    """Compare second derivatives, with respect to inputs and gradients, with central differences.

    Args:
        grad_outputs: where to take the first derivative; random where not given.
        gen_non_contig_grad_outputs: make the random ones non-contiguous.

    Source: torch.autograd.gradgradcheck.
    """
    arguments = tuple(listed(inputs))
    outputs = outputs_of(func, arguments)
    if grad_outputs is None:
        gradients = [random_like(y, gen_non_contig_grad_outputs) for y in outputs]
    else:
        gradients = listed(grad_outputs)
    count = len(gradients)

    def first_derivative(*values: Any) -> tuple[Tensor, ...]:
        own, given = values[:-count], values[-count:]
        ys = outputs_of(func, own)
        pairs = [(y, g) for y, g in zip(ys, given, strict=True) if y.requires_grad]
        found = grad([y for y, _ in pairs], differentiable(own), [g for _, g in pairs],
                     create_graph=True, allow_unused=True)  # fmt: skip
        return tuple(g for g in found if g is not None)

    return gradcheck(
        first_derivative, (*arguments, *gradients), eps=eps, atol=atol, rtol=rtol,
        raise_exception=raise_exception, nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        fast_mode=fast_mode,
    )  # fmt: skip


def random_like(y: Tensor, strided: bool) -> Tensor:
    """Draw a gradient of an output's shape and type, always the same one."""
    source = np.random.default_rng(0)
    shape = (*y.array.shape, 2) if strided else y.array.shape
    values = source.standard_normal(shape)
    if y.array.dtype.kind == "c":
        values = values + 1j * source.standard_normal(shape)
    array = np.asarray(values, y.array.dtype)
    return from_numpy(array[..., 0] if strided else array).requires_grad_()
