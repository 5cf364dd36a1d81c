"""Linear algebra under PyTorch's names: `torch.linalg.norm`."""

from minitorch_lazy.ops.contract import vector_product as cross
from minitorch_lazy.ops.norms import matrix_norm, vector_norm
from minitorch_lazy.ops.norms import matrix_or_vector_norm as norm
from minitorch_lazy.ops.product import matmul

__all__ = ["cross", "matmul", "matrix_norm", "norm", "vector_norm"]
