"""Generators: seeds, states, keys, and every draw against a live PyTorch."""

import copy
import pickle
import threading
import zlib

import numpy as np
import pytest

from minitorch_lazy.core.draws.stream import fill
from minitorch_lazy.core.generator import Generator, default, default_generator, manual_seed


def crc(array):
    return zlib.crc32(array.tobytes())


@pytest.fixture
def generator():
    return Generator().manual_seed(7)


@pytest.fixture
def kept_default():
    state = default_generator.get_state()
    yield default_generator
    default_generator.set_state(state)


def test_famous_first_numbers_of_seed_zero(generator):
    first = generator.manual_seed(0).uniform((3,))
    expected = np.array([0.49625658988952637, 0.7682217955589294, 0.08847743272781372])
    np.testing.assert_array_equal(first, expected.astype(np.float32))


@pytest.mark.parametrize(
    ("seed", "stored", "state", "numbers"),
    [
        (-1, 2**64 - 1, 1372939787, [0.9937993884086609, 0.5713063478469849]),
        (2**64 - 1, 2**64 - 1, 1372939787, [0.9937993884086609, 0.5713063478469849]),
        (2**40 + 3, 2**40 + 3, 2699908185, [0.004263520240783691, 0.10556936264038086]),
    ],
)
def test_negative_and_long_seeds_are_pytorchs(generator, seed, stored, state, numbers):
    assert generator.manual_seed(seed) is generator
    assert generator.initial_seed() == stored
    assert crc(generator.get_state()) == state
    assert generator.uniform((2,)).tolist() == numbers


@pytest.mark.parametrize("seed", [2**64, -(2**63) - 1])
def test_seed_of_more_than_64_bits_is_refused(generator, seed):
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        generator.manual_seed(seed)


@pytest.mark.parametrize("seed", [1.5, "a", True, None])
def test_seed_that_is_no_integer_is_refused(generator, seed):
    with pytest.raises(RuntimeError, match="manual_seed expected a long, but got"):
        generator.manual_seed(seed)


def test_numpy_integer_is_a_seed(generator):
    assert generator.manual_seed(np.int64(3)).initial_seed() == 3


def test_new_generators_are_alike():
    assert Generator().initial_seed() == 67280421310721
    assert Generator().random(()) == Generator().random(())


def test_seed_starts_a_stream_that_it_names(generator):
    seed = generator.seed()
    assert generator.initial_seed() == seed
    assert generator.random(()) == Generator().manual_seed(seed).random(())
    assert generator.seed() != seed


def test_other_devices_are_refused():
    with pytest.raises(RuntimeError):
        Generator("cuda")


def test_state_has_pytorchs_layout(generator):
    assert crc(generator.get_state()) == 2460441901
    generator.uniform((621,))
    assert generator.get_state()[8:20].tolist() == [4, 0, 0, 0, 1, 0, 0, 0, 109, 2, 0, 0]
    generator.uniform((3,))
    assert generator.get_state()[8:20].tolist() == [1, 0, 0, 0, 1, 0, 0, 0, 112, 2, 0, 0]


def test_state_of_pytorch_at_the_end_of_its_words_continues(generator):
    generator.uniform((624,))
    state, expected = generator.get_state(), generator.uniform((5,))
    generator.set_state(state)
    np.testing.assert_array_equal(generator.uniform((5,)), expected)


def test_state_keeps_the_waiting_normal(generator):
    generator.normal((3,))
    state, expected = generator.get_state(), generator.normal((3,))
    generator.manual_seed(0).set_state(state)
    np.testing.assert_array_equal(generator.normal((3,)), expected)


def test_seeding_forgets_the_waiting_normal(generator):
    first = generator.normal((1,))
    assert generator.manual_seed(7).normal((1,)) == first


@pytest.mark.parametrize(
    ("state", "kind", "phrase"),
    [
        (np.zeros(5056, np.float32), TypeError, "must be a torch.ByteTensor"),
        (np.zeros(10, np.uint8), RuntimeError, "Expected a CPUGeneratorImplState of size 5056"),
        (np.zeros(5056, np.uint8), RuntimeError, "Invalid mt19937 state"),
    ],
)
def test_state_that_is_none_is_refused(generator, state, kind, phrase):
    with pytest.raises(kind, match=phrase):
        generator.set_state(state)


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, Generator.clone_state, lambda g: pickle.loads(pickle.dumps(g))],
)
def test_copies_continue_alike_and_apart(generator, duplicate):
    generator.normal((3,))
    twin = duplicate(generator)
    expected = generator.normal((3,))
    np.testing.assert_array_equal(twin.normal((3,)), expected)
    assert twin.lock is not generator.lock


def test_same_key_gives_the_same_stream():
    one, two = Generator.from_key(3, 1, 2), Generator.from_key(3, 1, 2)
    np.testing.assert_array_equal(one.normal((40,)), two.normal((40,)))
    assert one.initial_seed() == 3


def test_keyed_state_can_be_kept():
    one, two = Generator.from_key(3, 1, 2), Generator()
    two.set_state(one.get_state())
    np.testing.assert_array_equal(one.uniform((9,)), two.uniform((9,)))


def test_different_keys_give_different_streams():
    keys = [(), (0,), (1,), (0, 0), (0, 1), (1, 0), (2**32,), (2**32 + 1,), (-1,), (2**63,)]
    streams = [Generator.from_key(seed, *key).random(()) for seed in (0, 1, -1) for key in keys]
    assert len({int(number) for number in streams}) == len(streams)


def test_neighbouring_keys_are_not_correlated():
    rows = np.stack([Generator.from_key(0, step).normal((2000,)) for step in range(20)])
    worst = np.abs(np.corrcoef(rows) - np.eye(20)).max()
    assert worst < 0.1


def test_manual_seed_starts_the_default_generator(kept_default):
    assert manual_seed(7) is kept_default
    assert default() is default("cpu", 0) is kept_default
    assert kept_default.initial_seed() == 7
    assert manual_seed(2.9).initial_seed() == 2


def test_device_without_a_generator_is_refused():
    with pytest.raises(RuntimeError, match="no generator of random numbers for device cuda"):
        default("cuda", 0)


def test_threads_share_the_stream_without_loss(generator):
    expected = generator.random((8 * 50,)).tolist()
    generator.manual_seed(7)
    drawn = []

    def draw():
        drawn.extend(int(generator.random(())) for _ in range(50))

    threads = [threading.Thread(target=draw) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == sorted(expected)


DRAWS = {
    "uniform_": lambda g, a: fill(a, lambda s: g.uniform(s, a.dtype, -0.3, 1.2)),
    "normal_": lambda g, a: fill(
        a, lambda s: g.normal(s, a.dtype, 0.5, 2.0, contiguous=a.flags.c_contiguous)
    ),
    "random_": lambda g, a: fill(a, lambda s: g.integers(0, 200, s, a.dtype)),
    "bernoulli_": lambda g, a: fill(a, lambda s: g.bernoulli(0.3, s, a.dtype)),
    "exponential_": lambda g, a: fill(a, lambda s: g.exponential(s, a.dtype, 2.0)),
    "geometric_": lambda g, a: fill(a, lambda s: g.geometric(s, a.dtype, p=0.4)),
    "cauchy_": lambda g, a: fill(a, lambda s: g.cauchy(s, a.dtype, 1.0, 2.0)),
    "log_normal_": lambda g, a: fill(a, lambda s: g.log_normal(s, a.dtype, 0.0, 0.5)),
}
ARGUMENTS = {
    "uniform_": (-0.3, 1.2), "normal_": (0.5, 2.0), "random_": (0, 200), "bernoulli_": (0.3,),
    "exponential_": (2.0,), "geometric_": (0.4,), "cauchy_": (1.0, 2.0),
    "log_normal_": (0.0, 0.5),
}  # fmt: skip
SIZES = (0, 1, 2, 15, 16, 17, 31, 32, 33, 100, 1000, 10007)


@pytest.mark.torch
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_any_sequence_of_draws_equals_pytorch(seed, dtype):
    torch = pytest.importorskip("torch")
    ours, theirs = Generator().manual_seed(seed), torch.Generator().manual_seed(seed)
    choose = np.random.default_rng(seed)
    for _ in range(60):
        name, size = choose.choice(list(DRAWS)), int(choose.choice(SIZES))
        array = np.zeros((2, size), dtype)
        tensor = torch.from_numpy(array.copy())
        if choose.random() < 0.3:
            array, tensor = array.T, tensor.T
        DRAWS[name](ours, array)
        getattr(tensor, name)(*ARGUMENTS[name], generator=theirs)
        if dtype == "float64":
            np.testing.assert_allclose(array, tensor.numpy(), rtol=1e-12, atol=1e-14)
        else:
            np.testing.assert_array_equal(array, tensor.numpy())
        kept = np.r_[0:5024, 5032:5056]  # all but the waiting normal
        np.testing.assert_array_equal(ours.get_state()[kept], theirs.get_state().numpy()[kept])


@pytest.mark.torch
def test_states_can_be_exchanged_with_pytorch(generator):
    torch = pytest.importorskip("torch")
    theirs = torch.Generator().manual_seed(11)
    torch.empty(7).normal_(generator=theirs)
    generator.set_state(theirs.get_state())
    expected = torch.empty(20, dtype=torch.float64).uniform_(generator=theirs).numpy()
    np.testing.assert_array_equal(generator.uniform((20,), np.float64), expected)
    ours = generator.normal((5,))
    theirs.set_state(torch.from_numpy(generator.get_state()))
    np.testing.assert_array_equal(
        generator.normal((5,)), torch.empty(5).normal_(generator=theirs).numpy()
    )
    assert ours.shape == (5,)


@pytest.mark.torch
@pytest.mark.parametrize("size", [0, 1, 2, 3, 100, 65535, 65536, 65537, 200_000])
def test_shuffles_equal_pytorch(generator, size):
    torch = pytest.importorskip("torch")
    expected = torch.randperm(size, generator=torch.Generator().manual_seed(7)).numpy()
    np.testing.assert_array_equal(generator.permutation(size), expected)


@pytest.mark.torch
def test_a_million_normals_equal_pytorch_bit_for_bit(generator):
    torch = pytest.importorskip("torch")
    expected = torch.randn(10**6, generator=torch.Generator().manual_seed(7)).numpy()
    np.testing.assert_array_equal(generator.normal((10**6,)), expected)
