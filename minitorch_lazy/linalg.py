"""Linear algebra under PyTorch's names: `torch.linalg.norm`."""

from minitorch_lazy.ops.contract import vector_product as cross
from minitorch_lazy.ops.norms import matrix_norm, vector_norm
from minitorch_lazy.ops.norms import matrix_or_vector_norm as norm

__all__ = ["cross", "matrix_norm", "norm", "vector_norm"]
