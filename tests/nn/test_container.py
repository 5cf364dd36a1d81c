import copy
import pickle
from collections import OrderedDict

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn


def layers(package, count):
    return [package.nn.Linear(n + 1, n + 1) for n in range(count)]


# -- what torch does, recorded -------------------------------------------------------------------


def test_sequential_leads_the_input_through_all_layers():
    net = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    x = torch.ones(3, 4)
    assert net(x).tolist() == net[1](net[0](x)).tolist()
    assert nn.Sequential()(x) is x


def test_sequential_takes_names_from_an_ordered_dict():
    net = nn.Sequential(OrderedDict(first=nn.Identity(), second=nn.Identity()))
    assert repr(net) == "Sequential(\n  (first): Identity()\n  (second): Identity()\n)"
    assert net[1] is net.second


def test_sequential_numbers_again_after_deletion():
    net = nn.Sequential(*layers(torch, 4))
    del net[1]
    assert list(net._modules) == ["0", "1", "2"]
    assert net[1].in_features == 3
    assert list(net.state_dict())[2] == "1.weight"


def test_module_list_counts_equal_neighbours_in_its_repr():
    blocks = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)] + [nn.Identity()])
    assert repr(blocks) == (
        "ModuleList(\n  (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)\n"
        "  (3): Identity()\n)"
    )
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_parameter_list_shows_types_and_sizes():
    values = nn.ParameterList([torch.ones(2, 3), "word"])
    values.append(nn.Parameter(torch.tensor(1.0)))
    assert repr(values) == (
        "ParameterList(\n"
        "    (0): Parameter containing: [torch.float32 of size 2x3]\n"
        "    (1): Object of type: str\n"
        "    (2): Parameter containing: [torch.float32 of size ]\n)"
    )


def test_parameter_dict_shows_types_and_sizes():
    values = nn.ParameterDict({"b": torch.ones(2), "a": 3})
    assert repr(values) == (
        "ParameterDict(\n"
        "    (a): Object of type: int\n"
        "    (b): Parameter containing: [torch.FloatTensor of size 2]\n)"
    )


@pytest.mark.parametrize("cls", [nn.ParameterList, nn.ParameterDict])
def test_holders_of_parameters_cannot_be_called(cls):
    with pytest.raises(RuntimeError, match=f"{cls.__name__} should not be called"):
        cls()(1)


@pytest.mark.parametrize("cls", [nn.ModuleList, nn.ModuleDict])
def test_holders_of_modules_have_no_forward(cls):
    with pytest.raises(NotImplementedError, match=rf"Module \[{cls.__name__}\] is missing"):
        cls()(1)


def test_lazy_layers_inside_containers_settle():
    net = nn.Sequential(nn.LazyLinear(3))
    net.append(nn.LazyLinear(2))
    net.insert(1, nn.Identity())
    assert net(torch.ones(1, 5)).shape == (1, 2)
    assert [type(each) for each in net] == [nn.Linear, nn.Identity, nn.Linear]


def containers(package):
    nn = package.nn
    return [
        nn.Sequential(*layers(package, 2)),
        nn.ModuleList(layers(package, 2)),
        nn.ModuleDict({"a": nn.Linear(1, 1)}),
        nn.ParameterList([package.ones(2), 3]),
        nn.ParameterDict({"a": package.ones(2), "b": "word"}),
    ]


@pytest.mark.parametrize(
    "make", [copy.deepcopy, copy.copy, lambda m: pickle.loads(pickle.dumps(m))]
)
@pytest.mark.parametrize("place", range(5))
def test_containers_can_be_copied(make, place):
    container = containers(torch)[place]
    twin = make(container)
    assert repr(twin) == repr(container)
    assert list(twin.state_dict()) == list(container.state_dict())
    assert len(twin) == len(container)


# -- what torch does, live -----------------------------------------------------------------------


def linear(package, n=9):
    return package.nn.Linear(n, n)


SEQUENTIAL = {
    "get": lambda p, c: (c[0], c[-1], c[1:], c[::-2]),
    "get too far": lambda p, c: c[3],
    "get before the start": lambda p, c: c[-4],
    "get a string": lambda p, c: c["0"],
    "set": lambda p, c: (c.__setitem__(-1, linear(p)), c),
    "set a number": lambda p, c: c.__setitem__(0, 3),
    "delete": lambda p, c: (c.__delitem__(0), c, list(c.state_dict())),
    "delete a slice": lambda p, c: (c.__delitem__(slice(0, 2)), c),
    "append": lambda p, c: (c.append(linear(p)) is c, c),
    "append a number": lambda p, c: c.append(3),
    "extend": lambda p, c: (c.extend([linear(p), linear(p)]) is c, c),
    "insert": lambda p, c: (c.insert(1, linear(p)) and None, c),
    "insert last": lambda p, c: (c.insert(3, linear(p)) and None, c),
    "insert from behind": lambda p, c: (c.insert(-1, linear(p)) and None, c),
    "pop": lambda p, c: (c.pop(0), c, c.pop(-1), c),
    "pop nothing": lambda p, c: c.pop(7),
    "length and iteration": lambda p, c: (len(c), list(c), bool(c)),
    "dir": lambda p, c: [n for n in dir(c) if n.isdigit()],
    "named children": lambda p, c: list(c.named_children()),
}

CASES = {
    container: {name: (kind, case) for name, case in SEQUENTIAL.items()}
    for container, kind in {"Sequential": 0, "ModuleList": 1}.items()
}
del CASES["ModuleList"]["insert from behind"]  # torch raises KeyError('-1')
CASES["Sequential"] |= {
    name: (0, case)
    for name, case in {
        "add": lambda p, c: (c + p.nn.Sequential(linear(p)), c),
        "add a list": lambda p, c: c + [1],
        "add in place": lambda p, c: c.__iadd__(p.nn.Sequential(linear(p))),
        "add a number in place": lambda p, c: c.__iadd__(3),
        "add itself in place": lambda p, c: c.__iadd__(p.nn.Sequential(*c)),
        "multiply": lambda p, c: (c * 2, 2 * c, (c * 2)[0] is c[0]),
        "multiply in place": lambda p, c: (c.__imul__(2), len(list(c.parameters()))),
        "multiply by zero": lambda p, c: c * 0,
        "multiply by a word": lambda p, c: c * "a",
        "insert too far": lambda p, c: c.insert(9, linear(p)),
        "insert a number": lambda p, c: c.insert(0, 3),
        "of a list": lambda p, c: p.nn.Sequential([linear(p)]),
        "of a number": lambda p, c: p.nn.Sequential(3),
    }.items()
}
CASES["ModuleList"] |= {
    name: (1, case)
    for name, case in {
        "add": lambda p, c: (c + [linear(p)], c + p.nn.ModuleList([linear(p)]), c),
        "add in place": lambda p, c: c.__iadd__([linear(p)]),
        "extend by a number": lambda p, c: c.extend(3),
        "extend by itself": lambda p, c: c.extend(list(c)),
        "repr of repeats": lambda p, c: p.nn.ModuleList([*c, *[linear(p, 5) for _ in range(3)]]),
        "repr of nested": lambda p, c: p.nn.ModuleList([c, c, p.nn.Sequential(*c)]),
    }.items()
}
CASES["ModuleDict"] = {
    name: (2, case)
    for name, case in {
        "get": lambda p, c: (c["b"], "b" in c, "z" in c, len(c), list(c)),
        "get nothing": lambda p, c: c["z"],
        "set": lambda p, c: (c.__setitem__("z", linear(p)), c),
        "set a number": lambda p, c: c.__setitem__("z", 3),
        "set a name that is taken": lambda p, c: c.__setitem__("keys", linear(p)),
        "set a dotted name": lambda p, c: c.__setitem__("a.b", linear(p)),
        "delete": lambda p, c: (c.__delitem__("a"), c),
        "delete nothing": lambda p, c: c.__delitem__("z"),
        "pop": lambda p, c: (c.pop("a"), c),
        "pop nothing": lambda p, c: c.pop("z"),
        "clear": lambda p, c: (c.clear(), c, len(c)),
        "views": lambda p, c: (list(c.keys()), list(c.items()), list(c.values())),
        "update": lambda p, c: (c.update({"b": linear(p), "q": linear(p)}), c),
        "update by pairs": lambda p, c: (c.update([("q", linear(p)), ["a", linear(p)]]), c),
        "update by itself": lambda p, c: (c.update(c), c),
        "update by a number": lambda p, c: c.update(3),
        "update by numbers": lambda p, c: c.update([3]),
        "update by a triple": lambda p, c: c.update([("a", linear(p), 3)]),
        "attribute": lambda p, c: c.a,
    }.items()
}
CASES["ParameterList"] = {
    name: (3, case)
    for name, case in {
        "get": lambda p, c: (c[0], c[-1], c[1:], len(c), list(c)),
        "get too far": lambda p, c: c[7],
        "set a tensor": lambda p, c: (c.__setitem__(0, p.zeros(3)), c, c[0]),
        "set a word": lambda p, c: (c.__setitem__(1, "word"), c),
        "append": lambda p, c: (c.append(p.zeros(1)) is c, c, list(c.named_parameters())),
        "extend": lambda p, c: (c.extend([p.zeros(1), 3]) is c, c),
        "extend by a tensor": lambda p, c: c.extend(p.zeros(3)),
        "extend by a number": lambda p, c: c.extend(3),
        "add in place": lambda p, c: c.__iadd__([p.zeros(2)]),
        "delete": lambda p, c: c.__delitem__(0),
        "dir": lambda p, c: [n for n in dir(c) if n.isdigit()],
        "state": lambda p, c: list(c.state_dict()),
    }.items()
}
CASES["ParameterDict"] = {
    name: (4, case)
    for name, case in {
        "get": lambda p, c: (c["a"], c.get("z"), c.get("z", 3), c.get("a"), "a" in c, len(c)),
        "get nothing": lambda p, c: c["z"],
        "set a tensor": lambda p, c: (c.__setitem__("z", p.zeros(2)), c),
        "set a number as key": lambda p, c: c.__setitem__(3, p.zeros(2)),
        "delete": lambda p, c: (c.__delitem__("a"), c, list(c.named_parameters())),
        "delete nothing": lambda p, c: c.__delitem__("z"),
        "pop": lambda p, c: (c.pop("a"), c),
        "popitem": lambda p, c: (c.popitem(), c),
        "clear": lambda p, c: (c.clear(), c),
        "setdefault": lambda p, c: (c.setdefault("a", 1), c.setdefault("z", p.zeros(1)), c),
        "setdefault to nothing": lambda p, c: (c.setdefault("z"), c),
        "views": lambda p, c: (list(c.keys()), list(c.items()), list(c.values())),
        "reversed": lambda p, c: list(reversed(c)),
        "copy": lambda p, c: (c.copy(), c.copy()["a"] is c["a"]),
        "fromkeys": lambda p, c: c.fromkeys(["x", "y"], 3),
        "update": lambda p, c: (c.update({"z": p.zeros(1), "c": p.zeros(2)}), c),
        "update in order": lambda p, c: (c.update(OrderedDict(z=p.zeros(1), c=1)), c),
        "update by pairs": lambda p, c: (c.update([("z", p.zeros(1)), ("c", 1)]), c),
        "update by another": lambda p, c: (c.update(p.nn.ParameterDict({"q": p.zeros(1)})), c),
        "update by numbers": lambda p, c: c.update([3]),
        "update by a triple": lambda p, c: c.update([(1, 2, 3)]),
        "or": lambda p, c: (c | p.nn.ParameterDict({"q": p.zeros(1)}), c),
        "or in place": lambda p, c: c.__ior__({"q": p.zeros(1)}),
        "attribute": lambda p, c: c.a,
    }.items()
}


def outcome(package, kind, case):
    package.manual_seed(0)
    made = {
        0: lambda: package.nn.Sequential(*layers(package, 3)),
        1: lambda: package.nn.ModuleList(layers(package, 3)),
        2: lambda: package.nn.ModuleDict(zip("bac", layers(package, 3), strict=True)),
        3: lambda: package.nn.ParameterList([package.ones(2), package.ones(1, 2)]),
        4: lambda: package.nn.ParameterDict({"b": package.ones(2), "a": package.ones(1)}),
    }[kind]()
    try:
        return repr(case(package, made))
    except Exception as error:  # noqa: BLE001 - what is raised is what is compared
        return f"{type(error).__mro__[-4:-1]} {error}".replace("minitorch_lazy", "torch")


SAID_BETTER = ("attribute", "get nothing", "delete nothing", "set a number as key")
"""Errors whose text has more to say here, or says it of another part of the package."""


@pytest.mark.torch
@pytest.mark.parametrize(
    ("container", "name"), [(c, name) for c, cases in CASES.items() for name in cases]
)
def test_containers_do_what_torch_s_do(container, name):
    oracle = pytest.importorskip("torch")
    kind, case = CASES[container][name]
    ours, theirs = outcome(torch, kind, case), outcome(oracle, kind, case)
    if theirs.startswith("(<class") and name in SAID_BETTER:
        ours, theirs = ours[: ours.index(">")], theirs[: theirs.index(">")]
    ours = ours.replace("torch.nn.module.", "torch.nn.modules.module.")
    assert ours.replace("container.sequential.", "container.") == theirs


def test_a_module_list_counts_from_behind_when_it_inserts():
    blocks = nn.ModuleList(layers(torch, 3))
    blocks.insert(-1, nn.Identity())
    assert isinstance(blocks[2], nn.Identity)
    assert blocks[3].in_features == 3
