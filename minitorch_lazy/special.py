"""Special functions under PyTorch's names: `torch.special.erf`."""

from minitorch_lazy.core.mistakes import guard
from minitorch_lazy.nn.functional.activation import log_softmax, softmax
from minitorch_lazy.ops.elementwise import erf, erfc, exp2, expm1, log1p, round
from minitorch_lazy.ops.elementwise import sigmoid as expit
from minitorch_lazy.ops.gamma import derivative as polygamma
from minitorch_lazy.ops.gamma import digamma, erfinv
from minitorch_lazy.ops.gamma import digamma as psi
from minitorch_lazy.ops.gamma import lgamma as gammaln
from minitorch_lazy.ops.pairs import xlog1py_of as xlog1py
from minitorch_lazy.ops.pairs import xlogy
from minitorch_lazy.ops.special import cardinal_sine as sinc
from minitorch_lazy.ops.special import entr_of as entr
from minitorch_lazy.ops.special import log_odds_of as logit
from minitorch_lazy.ops.special import ndtr_of as ndtr
from minitorch_lazy.ops.statistics import logsumexp

__all__ = [
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "exp2",
    "expit",
    "expm1",
    "gammaln",
    "log1p",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "polygamma",
    "psi",
    "round",
    "sinc",
    "softmax",
    "xlog1py",
    "xlogy",
]

guard(globals(), __all__, "special.")
