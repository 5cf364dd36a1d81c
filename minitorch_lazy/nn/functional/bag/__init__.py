"""Bags of rows of a table."""

from minitorch_lazy.nn.functional.bag.lookup import embedding_bag

__all__ = ["embedding_bag"]
