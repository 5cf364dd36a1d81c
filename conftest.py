"""What the examples in docstrings and in README.md may take for granted."""

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn, optim
from minitorch_lazy.nn import functional as F


@pytest.fixture(autouse=True)
def names_of_examples(request, doctest_namespace):
    """Give each example the usual imports and a fresh stream of random numbers."""
    if isinstance(request.node, pytest.DoctestItem):
        doctest_namespace.update(torch=torch, nn=nn, optim=optim, F=F, np=np)
        torch.manual_seed(0)
