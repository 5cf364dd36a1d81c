"""The 1,797 UCI digits of 8x8 pixels. Origin and licence stand in digits.txt beside this file."""

from __future__ import annotations

import io
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Images = NDArray[np.float32]
    Labels = NDArray[np.int64]

__all__ = ["load_digits", "load_digits_split"]

BRIGHTEST = 16
TEST_COUNT = 360


def load_digits() -> tuple[Images, Labels]:
    """Load all digits, in scikit-learn's order.

    Returns:
        images float32 (1797, 1, 8, 8) in [0, 1], and labels int64 (1797,) in 0..9.
    Source: sklearn.datasets.load_digits; Alpaydin and Kaynak (1998).

    >>> images, labels = load_digits()
    >>> images.shape, labels[:5].tolist()
    ((1797, 1, 8, 8), [0, 1, 2, 3, 4])
    """
    packed = files("minitorch_lazy.data").joinpath("digits.npz").read_bytes()
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        images = archive["images"][:, np.newaxis].astype(np.float32) / np.float32(BRIGHTEST)
        return images, archive["labels"].astype(np.int64)


def load_digits_split() -> tuple[tuple[Images, Labels], tuple[Images, Labels]]:
    """Load the digits as a training and a test set that are the same on every machine.

    Returns:
        (images, labels) of 1437 training digits, and (images, labels) of 360 test digits.

    >>> (train_images, train_labels), (test_images, test_labels) = load_digits_split()
    >>> len(train_images), len(test_labels)
    (1437, 360)
    """
    images, labels = load_digits()
    # RandomState's stream is frozen for good; default_rng's may change with NumPy's version.
    order = np.random.RandomState(0).permutation(len(images))
    train, test = order[:-TEST_COUNT], order[-TEST_COUNT:]
    return (images[train], labels[train]), (images[test], labels[test])
