"""A small, readable deep-learning framework: `import minitorch_lazy as torch`."""

import numpy as _numpy  # noqa: F401 - deep in a stack of imports it would take longer
from math import e, inf, nan, pi
from typing import TYPE_CHECKING

from minitorch_lazy import autograd, nn
from minitorch_lazy.core.device import device
from minitorch_lazy.core.dtype import (
    bfloat16, bool, can_cast, cdouble, cfloat, complex128, complex64, double, dtype, finfo, float,
    float16, float32, float64, get_default_dtype, half, iinfo, int, int16, int32, int64, int8, long,
    promote_types, set_default_dtype, short, uint8,
)
from minitorch_lazy.core.formats import (
    channels_last, channels_last_3d, contiguous_format, layout, memory_format, preserve_format,
    strided,
)
from minitorch_lazy.core.generator import Generator, default_generator
from minitorch_lazy.core.modes import (
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad,
    set_grad_enabled,
)
from minitorch_lazy.core.printing import set_printoptions
from minitorch_lazy.core.size import Size
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.functions import (
    BoolTensor, ByteTensor, DoubleTensor, FloatTensor, HalfTensor, IntTensor, LongTensor, abs,
    absolute, acos, acosh, adaptive_avg_pool1d, adaptive_max_pool1d, add, addbmm, addcdiv, addcmul,
    addmm, addmv, addr, adjoint, affine_grid_generator, all, allclose, alpha_dropout,
    alpha_dropout_, amax, amin, aminmax, angle, any, arange, arccos, arccosh, arcsin, arcsinh,
    arctan, arctan2, arctanh, argmax, argmin, argsort, argwhere, as_tensor, asarray, asin, asinh,
    atan, atan2, atanh, atleast_1d, atleast_2d, atleast_3d, avg_pool1d, baddbmm, batch_norm,
    bernoulli, bilinear, binary_cross_entropy_with_logits, bincount, bitwise_and,
    bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, block_diag, bmm,
    broadcast_shapes, broadcast_tensors, broadcast_to, bucketize, cartesian_prod, cat, cdist, ceil,
    celu, celu_, channel_shuffle, cholesky, cholesky_inverse, cholesky_solve, chunk, clamp,
    clamp_max, clamp_min, clip, clone, column_stack, combinations, complex, concat, concatenate,
    conj, constant_pad_nd, conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d,
    conv_transpose3d, copysign, corrcoef, cos, cosh, cosine_embedding_loss, cosine_similarity,
    count_nonzero, cov, cross, ctc_loss, cummax, cummin, cumprod, cumsum, cumulative_trapezoid,
    deg2rad, det, detach, diag, diag_embed, diagflat, diagonal, diff, digamma, dist, div, divide,
    dot, dropout, dropout_, dsplit, dstack, einsum, embedding, embedding_bag, empty, empty_like, eq,
    equal, erf, erfc, erfinv, exp, exp2, expand, expand_as, expm1, eye, feature_alpha_dropout,
    feature_alpha_dropout_, feature_dropout, feature_dropout_, fill, fix, flatten, flip, fliplr,
    flipud, float_power, floor, floor_divide, fmax, fmin, fmod, frac, from_numpy, full, full_like,
    gather, gcd, ge, geqrf, ger, get_rng_state, gradient, greater, greater_equal, grid_sampler,
    grid_sampler_2d, grid_sampler_3d, group_norm, gt, hardshrink, heaviside, hinge_embedding_loss,
    histc, hsplit, hstack, hypot, imag, index_add, index_copy, index_fill, index_put, index_reduce,
    index_select, initial_seed, inner, instance_norm, inverse, is_complex, is_floating_point,
    is_signed, is_tensor, isclose, isfinite, isin, isinf, isnan, isneginf, isposinf, isreal, kl_div,
    kron, kthvalue, layer_norm, lcm, ldexp, le, lerp, less, less_equal, lgamma, linspace, log,
    log10, log1p, log2, log_softmax, logaddexp, logaddexp2, logcumsumexp, logdet, logical_and,
    logical_not, logical_or, logical_xor, logit, logspace, logsumexp, lt, manual_seed,
    margin_ranking_loss, masked_fill, masked_scatter, masked_select, matmul, matrix_exp,
    matrix_power, max, max_pool1d, max_pool1d_with_indices, max_pool2d, max_pool3d, maximum, mean,
    median, meshgrid, min, minimum, mm, mode, moveaxis, movedim, msort, mul, multinomial, multiply,
    mv, nan_to_num, nanmean, nanmedian, nanquantile, nansum, narrow, native_channel_shuffle, ne,
    neg, negative, nonzero, norm, normal, not_equal, numel, ones, ones_like, orgqr, outer,
    pairwise_distance, pdist, permute, pinverse, pixel_shuffle, pixel_unshuffle, poisson_nll_loss,
    polar, polygamma, positive, pow, prelu, prod, put, qr, quantile, rad2deg, rand, rand_like,
    randint, randint_like, randn, randn_like, randperm, ravel, real, reciprocal, relu, relu_,
    remainder, renorm, repeat_interleave, reshape, result_type, rms_norm, roll, rot90, round,
    row_stack, rrelu, rrelu_, rsqrt, rsub, scalar_tensor, scatter, scatter_add, scatter_reduce,
    searchsorted, seed, select, selu, selu_, set_rng_state, sgn, sigmoid, sign, signbit, sin, sinc,
    sinh, slogdet, softmax, sort, spec, split, split_with_sizes, sqrt, square, squeeze, stack, std,
    std_mean, sub, subtract, sum, svd, swapaxes, swapdims, t, take, take_along_dim, tan, tanh,
    tensor, tensor_split, tensordot, threshold, threshold_, tile, topk, trace, transpose, trapezoid,
    trapz, tril, tril_indices, triplet_margin_loss, triu, triu_indices, true_divide, trunc, unbind,
    unflatten, unique, unique_consecutive, unravel_index, unsqueeze, vander, var, var_mean, vdot,
    view_as_complex, view_as_real, vsplit, vstack, where, xlogy, zero_, zeros, zeros_like,
)
from minitorch_lazy.later import on_first_use

if TYPE_CHECKING:
    from minitorch_lazy import cuda, linalg, optim, serialize, special, utils
    from minitorch_lazy.serialize import load, save

__version__ = "0.1.0"

__all__ = [
    "BoolTensor", "ByteTensor", "DoubleTensor", "FloatTensor", "Generator", "HalfTensor",
    "IntTensor", "LongTensor", "Size", "Tensor", "abs", "absolute", "acos", "acosh",
    "adaptive_avg_pool1d", "adaptive_max_pool1d", "add", "addbmm", "addcdiv", "addcmul", "addmm",
    "addmv", "addr", "adjoint", "affine_grid_generator", "all", "allclose", "alpha_dropout",
    "alpha_dropout_", "amax", "amin", "aminmax", "angle", "any", "arange", "arccos", "arccosh",
    "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argsort", "argwhere",
    "as_tensor", "asarray", "asin", "asinh", "atan", "atan2", "atanh", "atleast_1d", "atleast_2d",
    "atleast_3d", "autograd", "avg_pool1d", "baddbmm", "batch_norm", "bernoulli", "bfloat16",
    "bilinear", "binary_cross_entropy_with_logits", "bincount", "bitwise_and", "bitwise_left_shift",
    "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "block_diag", "bmm", "bool",
    "broadcast_shapes", "broadcast_tensors", "broadcast_to", "bucketize", "can_cast",
    "cartesian_prod", "cat", "cdist", "cdouble", "ceil", "celu", "celu_", "cfloat",
    "channel_shuffle", "channels_last", "channels_last_3d", "cholesky", "cholesky_inverse",
    "cholesky_solve", "chunk", "clamp", "clamp_max", "clamp_min", "clip", "clone", "column_stack",
    "combinations", "complex", "complex128", "complex64", "concat", "concatenate", "conj",
    "constant_pad_nd", "contiguous_format", "conv1d", "conv2d", "conv3d", "conv_tbc",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "copysign", "corrcoef", "cos",
    "cosh", "cosine_embedding_loss", "cosine_similarity", "count_nonzero", "cov", "cross",
    "ctc_loss", "cuda", "cummax", "cummin", "cumprod", "cumsum", "cumulative_trapezoid",
    "default_generator", "deg2rad", "det", "detach", "device", "diag", "diag_embed", "diagflat",
    "diagonal", "diff", "digamma", "dist", "div", "divide", "dot", "double", "dropout", "dropout_",
    "dsplit", "dstack", "dtype", "e", "einsum", "embedding", "embedding_bag", "empty", "empty_like",
    "enable_grad", "eq", "equal", "erf", "erfc", "erfinv", "exp", "exp2", "expand", "expand_as",
    "expm1", "eye", "feature_alpha_dropout", "feature_alpha_dropout_", "feature_dropout",
    "feature_dropout_", "fill", "finfo", "fix", "flatten", "flip", "fliplr", "flipud", "float",
    "float16", "float32", "float64", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod",
    "frac", "from_numpy", "full", "full_like", "gather", "gcd", "ge", "geqrf", "ger",
    "get_default_dtype", "get_rng_state", "gradient", "greater", "greater_equal", "grid_sampler",
    "grid_sampler_2d", "grid_sampler_3d", "group_norm", "gt", "half", "hardshrink", "heaviside",
    "hinge_embedding_loss", "histc", "hsplit", "hstack", "hypot", "iinfo", "imag", "index_add",
    "index_copy", "index_fill", "index_put", "index_reduce", "index_select", "inf",
    "inference_mode", "initial_seed", "inner", "instance_norm", "int", "int16", "int32", "int64",
    "int8", "inverse", "is_complex", "is_floating_point", "is_grad_enabled",
    "is_inference_mode_enabled", "is_signed", "is_tensor", "isclose", "isfinite", "isin", "isinf",
    "isnan", "isneginf", "isposinf", "isreal", "kl_div", "kron", "kthvalue", "layer_norm", "layout",
    "lcm", "ldexp", "le", "lerp", "less", "less_equal", "lgamma", "linalg", "linspace", "load",
    "log", "log10", "log1p", "log2", "log_softmax", "logaddexp", "logaddexp2", "logcumsumexp",
    "logdet", "logical_and", "logical_not", "logical_or", "logical_xor", "logit", "logspace",
    "logsumexp", "long", "lt", "manual_seed", "margin_ranking_loss", "masked_fill",
    "masked_scatter", "masked_select", "matmul", "matrix_exp", "matrix_power", "max", "max_pool1d",
    "max_pool1d_with_indices", "max_pool2d", "max_pool3d", "maximum", "mean", "median",
    "memory_format", "meshgrid", "min", "minimum", "mm", "mode", "moveaxis", "movedim", "msort",
    "mul", "multinomial", "multiply", "mv", "nan", "nan_to_num", "nanmean", "nanmedian",
    "nanquantile", "nansum", "narrow", "native_channel_shuffle", "ne", "neg", "negative", "nn",
    "no_grad", "nonzero", "norm", "normal", "not_equal", "numel", "ones", "ones_like", "optim",
    "orgqr", "outer", "pairwise_distance", "pdist", "permute", "pi", "pinverse", "pixel_shuffle",
    "pixel_unshuffle", "poisson_nll_loss", "polar", "polygamma", "positive", "pow", "prelu",
    "preserve_format", "prod", "promote_types", "put", "qr", "quantile", "rad2deg", "rand",
    "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "ravel", "real",
    "reciprocal", "relu", "relu_", "remainder", "renorm", "repeat_interleave", "reshape",
    "result_type", "rms_norm", "roll", "rot90", "round", "row_stack", "rrelu", "rrelu_", "rsqrt",
    "rsub", "save", "scalar_tensor", "scatter", "scatter_add", "scatter_reduce", "searchsorted",
    "seed", "select", "selu", "selu_", "serialize", "set_default_dtype", "set_grad_enabled",
    "set_printoptions", "set_rng_state", "sgn", "short", "sigmoid", "sign", "signbit", "sin",
    "sinc", "sinh", "slogdet", "softmax", "sort", "spec", "special", "split", "split_with_sizes",
    "sqrt", "square", "squeeze", "stack", "std", "std_mean", "strided", "sub", "subtract", "sum",
    "svd", "swapaxes", "swapdims", "t", "take", "take_along_dim", "tan", "tanh", "tensor",
    "tensor_split", "tensordot", "threshold", "threshold_", "tile", "topk", "trace", "transpose",
    "trapezoid", "trapz", "tril", "tril_indices", "triplet_margin_loss", "triu", "triu_indices",
    "true_divide", "trunc", "uint8", "unbind", "unflatten", "unique", "unique_consecutive",
    "unravel_index", "unsqueeze", "utils", "vander", "var", "var_mean", "vdot", "view_as_complex",
    "view_as_real", "vsplit", "vstack", "where", "xlogy", "zero_", "zeros", "zeros_like",
]

__getattr__, __dir__ = on_first_use(
    __name__,
    {
        "cuda": "minitorch_lazy.cuda",
        "linalg": "minitorch_lazy.linalg",
        "load": "minitorch_lazy.serialize",
        "optim": "minitorch_lazy.optim",
        "save": "minitorch_lazy.serialize",
        "serialize": "minitorch_lazy.serialize",
        "special": "minitorch_lazy.special",
        "utils": "minitorch_lazy.utils",
    },
)
