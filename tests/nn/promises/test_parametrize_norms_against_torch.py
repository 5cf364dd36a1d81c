"""The norms and the states of parametrized layers, held beside PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as mini
from tests.nn.promises.parametrized import Doubled, Sum, array, linear, of, packages, tools
from tests.nn.promises.rows import promise

pytestmark = pytest.mark.torch
NORMED = [
    ("Linear(5, 7)", "weight_norm", {}), ("Linear(5, 7)", "weight_norm", {"dim": 1}),
    ("Linear(5, 7)", "weight_norm", {"dim": None}), ("Conv2d(2, 3, 2)", "weight_norm", {"dim": 1}),
    ("Conv1d(2, 3, 2)", "weight_norm", {"name": "bias"}), ("Bilinear(2, 3, 4)", "weight_norm", {}),
    ("ConvTranspose2d(2, 3, 2)", "weight_norm", {}), ("Embedding(5, 3)", "weight_norm", {}),
    ("Linear(5, 7)", "spectral_norm", {}), ("Linear(5, 7)", "spectral_norm", {"dim": 1}),
    ("Linear(5, 7)", "spectral_norm", {"n_power_iterations": 3, "eps": 1e-3}),
    ("Linear(5, 7)", "spectral_norm", {"name": "bias"}), ("Conv2d(2, 3, 2)", "spectral_norm", {}),
    ("Linear(5, 7)", "spectral_norm", {"dim": -1}), ("Conv1d(2, 3, 2)", "spectral_norm", {}),
    ("ConvTranspose1d(2, 3, 2)", "spectral_norm", {}), ("Embedding(5, 3)", "spectral_norm", {}),
    ("ConvTranspose3d(2, 3, 2)", "spectral_norm", {}), ("Bilinear(2, 3, 4)", "spectral_norm", {}),
]  # fmt: skip


@promise("3.7.1", "3.7.4", "3.7.5", "3.7.6")
@pytest.mark.parametrize(("line", "norm", "given"), NORMED)
def test_a_norm_gives_the_numbers_of_torch_from_one_seed(line, norm, given):
    found = []
    for package in packages():
        package.manual_seed(3)
        layer = eval(f"nn.{line}", {"nn": package.nn})
        assert getattr(package.nn.utils.parametrizations, norm)(layer, **given) is layer
        name = given.get("name", "weight")
        optimizer = package.optim.SGD(layer.parameters(), lr=0.1, momentum=0.5)
        numbers = [array(value) for value in layer.state_dict().values()]
        size = getattr(layer, name).numel()
        for _ in range(20):
            optimizer.zero_grad()
            weight = getattr(layer, name)
            target = package.linspace(-1, 1, size).reshape(weight.shape)
            ((weight - target) ** 2).sum().backward()
            optimizer.step()
        layer.eval()
        numbers += [array(value) for value in layer.state_dict().values()]
        numbers.append(array(getattr(layer, name)))
        found.append((repr(layer), list(layer.state_dict()), numbers, array(package.rand(3))))
    ours, due = found
    assert ours[:2] == due[:2]
    np.testing.assert_array_equal(ours[3], due[3], "as many draws were made")
    for one, other in zip(ours[2], due[2], strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5)


@promise("3.7.7", "3.7.1")
@pytest.mark.parametrize(
    ("norm", "given"),
    [("spectral_norm", {"dim": 5}), ("spectral_norm", {"dim": -3}),
     ("spectral_norm", {"n_power_iterations": 0}), ("spectral_norm", {"name": "foo"}),
     ("weight_norm", {"name": "foo"}), ("weight_norm", {"name": "in_features"})],
)  # fmt: skip
def test_a_norm_refuses_with_the_text_of_torch(norm, given):
    found = []
    for package in packages():
        with pytest.raises((ValueError, IndexError)) as caught:
            getattr(package.nn.utils.parametrizations, norm)(package.nn.Linear(2, 3), **given)
        found.append((type(caught.value), str(caught.value)))
    assert found[0][0] is found[1][0]
    assert found[0][1].startswith(found[1][1])


@promise("3.7.2", "3.5.5")
@pytest.mark.parametrize("name", ["weight_norm", "Doubled"])
def test_states_are_exchanged_with_torch(name):
    nets = []
    for package in packages():
        package.manual_seed(len(nets))
        layer = package.nn.Linear(3, 3)
        if name == "Doubled":
            tools(package).register_parametrization(layer, "weight", of(package, Doubled))
        else:
            package.nn.utils.parametrizations.weight_norm(layer)
        nets.append(layer)
    ours, due = nets
    ours.load_state_dict({key: mini.tensor(array(v)) for key, v in due.state_dict().items()})
    np.testing.assert_allclose(array(ours.weight), array(due.weight), rtol=1e-6)


@promise("3.5.5", "0.1")
@pytest.mark.parametrize(("into", "source"), [
    ([], [Doubled]), ([Doubled], []), ([Doubled], [Sum]), ([Sum], [Doubled]), ([Sum], []),
])  # fmt: skip
@pytest.mark.parametrize("deep", [False, True])
def test_states_that_do_not_fit_are_refused_with_the_text_of_torch(into, source, deep):
    found = []
    for package in packages():
        nets = [linear(*kinds, package=package) for kinds in (into, source)]
        if deep:
            nets = [package.nn.Sequential(net) for net in nets]
        with pytest.raises(RuntimeError) as caught:
            nets[0].load_state_dict(nets[1].state_dict())
        found.append(str(caught.value))
    assert found[0].startswith(found[1])
