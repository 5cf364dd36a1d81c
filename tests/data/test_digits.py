"""The embedded digits: what scikit-learn hands out, split once and for all."""

import hashlib
from importlib.resources import files

import numpy as np
import pytest

from minitorch_lazy.data import load_digits, load_digits_split

# SHA-256 of sklearn.datasets.load_digits().images.astype(numpy.uint8).tobytes() and of .target
IMAGES_DIGEST = "8f26b2bd9d135c256808f68f14fdabddde6d9c7f869ae419704b051f0f14b3b3"
LABELS_DIGEST = "8ba4f891220f5e4c9c819638d1602d74b83618f167043c6da52a2a247841ddf0"


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).hexdigest()


def test_digits_are_the_ones_scikit_learn_hands_out():
    images, labels = load_digits()
    assert digest(images * 16) == IMAGES_DIGEST
    assert digest(labels) == LABELS_DIGEST


def test_digits_have_the_shapes_and_dtypes_of_a_batch():
    images, labels = load_digits()
    assert (images.shape, images.dtype) == ((1797, 1, 8, 8), np.float32)
    assert (labels.shape, labels.dtype) == ((1797,), np.int64)


def test_pixels_fill_the_range_from_zero_to_one():
    images, _ = load_digits()
    assert (images.min(), images.max()) == (0, 1)


def test_loaded_digits_are_the_callers_own():
    images, _ = load_digits()
    images[:] = -1
    assert load_digits()[0].min() == 0


def test_split_has_1437_training_and_360_test_digits():
    train, test = load_digits_split()
    assert [len(array) for array in (*train, *test)] == [1437, 1437, 360, 360]


def test_split_is_the_same_on_every_machine():
    (_, train_labels), (_, test_labels) = load_digits_split()
    assert train_labels[:10].tolist() == [2, 8, 2, 6, 6, 7, 1, 9, 8, 5]
    assert test_labels[:10].tolist() == [7, 9, 4, 7, 0, 2, 6, 1, 3, 1]


def test_split_holds_every_digit_once():
    images, _ = load_digits()
    (train_images, _), (test_images, _) = load_digits_split()
    together = np.concatenate([train_images, test_images]).reshape(1797, 64)
    assert np.array_equal(
        together[np.lexsort(together.T)],
        images.reshape(1797, 64)[np.lexsort(images.reshape(1797, 64).T)],
    )


@pytest.mark.parametrize("label", range(10))
def test_every_digit_is_in_both_sets(label):
    (_, train_labels), (_, test_labels) = load_digits_split()
    assert (train_labels == label).sum() > 100
    assert (test_labels == label).sum() > 20


@pytest.mark.parametrize("phrase", ["BSD 3-Clause License", "Alpaydin, E. and Kaynak, C. (1998)"])
def test_licence_and_citation_lie_beside_the_data(phrase):
    assert phrase in files("minitorch_lazy.data").joinpath("digits.txt").read_text()
