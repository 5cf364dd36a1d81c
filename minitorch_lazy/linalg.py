"""Linear algebra under PyTorch's names: `torch.linalg.norm`."""

from minitorch_lazy.core.mistakes import guard
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.ops.contract import vector_product as cross
from minitorch_lazy.ops.diagonals import diagonal as diagonals
from minitorch_lazy.ops.norms import matrix_norm, vector_norm
from minitorch_lazy.ops.norms import matrix_or_vector_norm as norm
from minitorch_lazy.ops.product import matmul


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return the diagonals of matrices, as a view.

    Source: torch.linalg.diagonal.
    """
    return diagonals(A, offset, dim1, dim2)


__all__ = ["cross", "diagonal", "matmul", "matrix_norm", "norm", "vector_norm"]

guard(globals(), __all__, "linalg.")
