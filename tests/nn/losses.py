"""The losses, distances and rarer activations of the table in `layers.py`, and what losses take."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.nn.layers import nested

Array = np.ndarray[Any, Any]

VECTORS = [(3, 4), (3, 4)]
TRIPLETS = [(3, 4), (3, 4), (3, 4)]
DISTANCE = nested("TripletMarginWithDistanceLoss", distance_function="PairwiseDistance()")
ADAPTIVE = nested(
    "AdaptiveLogSoftmaxWithLoss",
    head="Linear(in_features=4, out_features=3, bias=True)",
    tail=nested("ModuleList", **{"0": nested("Sequential", **{
        "0": "Linear(in_features=4, out_features=2, bias=False)",
        "1": "Linear(in_features=2, out_features=2, bias=False)"})}),
)  # fmt: skip

LOSSES = [
    ("Threshold(0.1, 20)", (2, 3), "Threshold(threshold=0.1, value=20)", ""),
    ("Threshold(0.1, 20, True)", (2, 3), "Threshold(threshold=0.1, value=20, inplace=True)", ""),
    ("RReLU()", (2, 3), "RReLU(lower=0.125, upper=0.3333333333333333)", ""),
    ("RReLU(0.1, 0.5, True)", (2, 3), "RReLU(lower=0.1, upper=0.5, inplace=True)", ""),
    ("Hardshrink()", (2, 3), "Hardshrink(0.5)", ""),
    ("Softshrink(0.2)", (2, 3), None, ""),
    ("Tanhshrink()", (2, 3), None, ""),
    ("Softmax2d()", (2, 3, 2, 2), None, ""),
    ("AlphaDropout()", (40,), "AlphaDropout(p=0.5, inplace=False)", ""),
    ("AlphaDropout(0.2, True)", (40,), "AlphaDropout(p=0.2, inplace=True)", ""),
    ("FeatureAlphaDropout(0.3)", (3, 9, 2), "FeatureAlphaDropout(p=0.3, inplace=False)", ""),
    ("PairwiseDistance()", VECTORS, None, ""),
    ("PairwiseDistance(1, 0.1, True)", VECTORS, "PairwiseDistance()", ""),
    ("CosineSimilarity()", VECTORS, None, ""),
    ("CosineSimilarity(0, 2.0)", VECTORS, "CosineSimilarity()", ""),
    ("CosineEmbeddingLoss(0.2)", "vectors", "CosineEmbeddingLoss()", ""),
    ("MarginRankingLoss(0.5, reduction='sum')", "ranks", "MarginRankingLoss()", ""),
    ("HingeEmbeddingLoss()", "signs", None, ""),
    ("SoftMarginLoss(reduction='none')", "signs", "SoftMarginLoss()", ""),
    ("MultiLabelMarginLoss()", "lists", None, ""),
    ("MultiLabelSoftMarginLoss(torch.ones(4) / 2)", "yes or no", "MultiLabelSoftMarginLoss()",
     "weight a82d7e26"),
    ("MultiMarginLoss()", "classes", None, ""),
    ("MultiMarginLoss(2, 0.5, torch.ones(4) / 2)", "classes", "MultiMarginLoss()",
     "weight a82d7e26"),
    ("GaussianNLLLoss(full=True)", "variances", "GaussianNLLLoss()", ""),
    ("PoissonNLLLoss()", "pair", None, ""),
    ("PoissonNLLLoss(False, True, eps=0.1)", "chances", "PoissonNLLLoss()", ""),
    ("TripletMarginLoss()", TRIPLETS, None, ""),
    ("TripletMarginLoss(0.5, 1, 0.1, True)", TRIPLETS, "TripletMarginLoss()", ""),
    ("TripletMarginWithDistanceLoss(swap=True)", TRIPLETS, DISTANCE, ""),
    ("CTCLoss(reduction='sum')", "lines", "CTCLoss()", ""),
    ("AdaptiveLogSoftmaxWithLoss(4, 4, [2], 2.0, True)", "classes", ADAPTIVE,
     "head.weight 87162e58 head.bias 2043982c tail.0.0.weight 9e2006ec tail.0.1.weight c8ae96d5"),
]  # fmt: skip


def loss_inputs(kind: str, pair: list[Array], draw: np.random.Generator) -> list[Array]:
    """Return what a loss takes, given two arrays (3, 4) of numbers."""
    third = draw.standard_normal((3, 4)).astype(pair[0].dtype)
    lists = np.array([[3, 0, -1, 1], [1, 2, 2, -1], [-1, 0, 0, 0]])
    scores = draw.standard_normal((6, 2, 4)).astype(pair[0].dtype)
    log_probs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    labels, lengths = np.array([[1, 1, 3], [2, 3, 0]]), (np.array([6, 4]), np.array([3, 2]))
    return {
        "vectors": [*pair, np.array([1, -1, 1])],
        "ranks": [*pair, np.sign(third)],
        "signs": [pair[0], np.sign(pair[1])],
        "lists": [pair[0], lists],
        "yes or no": [pair[0], (pair[1] > 0).astype(pair[0].dtype)],
        "variances": [*pair, abs(third)],
        "lines": [log_probs, labels, *lengths],
    }[kind]  # fmt: skip
