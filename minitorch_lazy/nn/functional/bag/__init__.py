"""Bags of rows of a table."""

from minitorch_lazy.nn.functional.bag.lookup import embedding_bag
from minitorch_lazy.nn.functional.bag.places import bag_places

__all__ = ["bag_places", "embedding_bag"]
