"""Special functions under PyTorch's names: `torch.special.erf`."""

from minitorch_lazy.core.mistakes import guard
from minitorch_lazy.nn.functional.activation import log_softmax, softmax
from minitorch_lazy.ops.elementwise import erf, erfc, exp2, expm1, log1p, round
from minitorch_lazy.ops.elementwise import sigmoid as expit
from minitorch_lazy.ops.gamma import derivative as polygamma
from minitorch_lazy.ops.gamma import digamma, erfinv
from minitorch_lazy.ops.gamma import digamma as psi
from minitorch_lazy.ops.gamma import lgamma as gammaln
from minitorch_lazy.ops.pairs import xlogy
from minitorch_lazy.ops.statistics import logsumexp

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "log1p",
    "log_softmax",
    "logsumexp",
    "polygamma",
    "psi",
    "round",
    "softmax",
    "xlogy",
]

guard(globals(), __all__, "special.")
