"""Linear algebra under PyTorch's names: `torch.linalg.norm`."""

from minitorch_lazy.core.mistakes import guard
from minitorch_lazy.ops.contract import vector_product as cross
from minitorch_lazy.ops.linalg.checks import LinAlgError
from minitorch_lazy.ops.linalg.cholesky import lower_factor as cholesky
from minitorch_lazy.ops.linalg.condition import cond
from minitorch_lazy.ops.linalg.determinant import determinant as det
from minitorch_lazy.ops.linalg.determinant import log_determinant as slogdet
from minitorch_lazy.ops.linalg.eigen import eig, eigh, eigvals, eigvalsh
from minitorch_lazy.ops.linalg.exponential import matrix_exp
from minitorch_lazy.ops.linalg.least_squares import lstsq, matrix_rank, pinv
from minitorch_lazy.ops.linalg.powers import matrix_power, multi_dot
from minitorch_lazy.ops.linalg.qr import qr
from minitorch_lazy.ops.linalg.reflections import householder_product
from minitorch_lazy.ops.linalg.svd import svd, svdvals
from minitorch_lazy.ops.linalg.systems import inv, solve, solve_triangular
from minitorch_lazy.ops.linalg.tensors import diagonal_of_matrices as diagonal
from minitorch_lazy.ops.linalg.tensors import powers as vander
from minitorch_lazy.ops.linalg.tensors import tensorinv, tensorsolve, vecdot
from minitorch_lazy.ops.norms import matrix_norm, vector_norm
from minitorch_lazy.ops.norms import matrix_or_vector_norm as norm
from minitorch_lazy.ops.product import matmul

__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "householder_product", "inv", "lstsq", "matmul", "matrix_exp", "matrix_norm",
    "matrix_power", "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve",
    "solve_triangular", "svd", "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot",
    "vector_norm",
]  # fmt: skip

guard(globals(), [name for name in __all__ if name != "LinAlgError"], "linalg.")
