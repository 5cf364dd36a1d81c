"""Linear algebra under PyTorch's names: `torch.linalg.norm`."""

from minitorch_lazy.ops.norms import matrix_norm, vector_norm
from minitorch_lazy.ops.norms import matrix_or_vector_norm as norm

__all__ = ["matrix_norm", "norm", "vector_norm"]
