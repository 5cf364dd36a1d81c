"""The layers, one family a file."""

from typing import TYPE_CHECKING

from minitorch_lazy.later import on_first_use
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules import lazy
from minitorch_lazy.nn.modules.activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    ReLU,
    ReLU6,
    RReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from minitorch_lazy.nn.modules.adaptive import AdaptiveLogSoftmaxWithLoss
from minitorch_lazy.nn.modules.container import (
    ModuleDict,
    ModuleList,
    ParameterDict,
    ParameterList,
    Sequential,
)
from minitorch_lazy.nn.modules.conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    LazyConv1d,
    LazyConv2d,
    LazyConv3d,
    LazyConvTranspose1d,
    LazyConvTranspose2d,
    LazyConvTranspose3d,
)
from minitorch_lazy.nn.modules.distance import CosineSimilarity, PairwiseDistance
from minitorch_lazy.nn.modules.dropout import (
    AlphaDropout,
    Dropout,
    Dropout1d,
    Dropout2d,
    Dropout3d,
    FeatureAlphaDropout,
)
from minitorch_lazy.nn.modules.linear import (
    Bilinear,
    Identity,
    LazyBilinear,
    LazyLinear,
    Linear,
)
from minitorch_lazy.nn.modules.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CosineEmbeddingLoss,
    CrossEntropyLoss,
    CTCLoss,
    GaussianNLLLoss,
    HingeEmbeddingLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MarginRankingLoss,
    MSELoss,
    MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    PoissonNLLLoss,
    SmoothL1Loss,
    SoftMarginLoss,
    TripletMarginLoss,
    TripletMarginWithDistanceLoss,
)
from minitorch_lazy.nn.modules.norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    LayerNorm,
    LazyBatchNorm,
    LazyBatchNorm1d,
    LazyBatchNorm2d,
    LazyBatchNorm3d,
    LazyGroupNorm,
    LazyInstanceNorm1d,
    LazyInstanceNorm2d,
    LazyInstanceNorm3d,
    LazyLayerNorm,
    LazyRMSNorm,
    LocalResponseNorm,
    RMSNorm,
)
from minitorch_lazy.nn.modules.pool import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
)
from minitorch_lazy.nn.modules.prelu import (
    LazyPReLU,
    PReLU,
)
from minitorch_lazy.nn.modules.shape import (
    Flatten,
    Unflatten,
)
from minitorch_lazy.nn.modules.sparse import (
    Embedding,
    EmbeddingBag,
)

if TYPE_CHECKING:
    from minitorch_lazy.nn.modules.attention import *  # noqa: F403
    from minitorch_lazy.nn.modules.fractional import *  # noqa: F403
    from minitorch_lazy.nn.modules.padding import *  # noqa: F403
    from minitorch_lazy.nn.modules.rnn import *  # noqa: F403
    from minitorch_lazy.nn.modules.shuffle import *  # noqa: F403
    from minitorch_lazy.nn.modules.transformer import *  # noqa: F403
    from minitorch_lazy.nn.modules.unpool import *  # noqa: F403
    from minitorch_lazy.nn.modules.upsampling import *  # noqa: F403

LATER = {
    "minitorch_lazy.nn.modules.fractional": """
        FractionalMaxPool2d FractionalMaxPool3d
    """,
    "minitorch_lazy.nn.modules.padding": """
        CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d
        ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d
        ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d
    """,
    "minitorch_lazy.nn.modules.shuffle": """
        ChannelShuffle Fold PixelShuffle PixelUnshuffle Unfold
    """,
    "minitorch_lazy.nn.modules.unpool": """
        LPPool1d LPPool2d LPPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d
    """,
    "minitorch_lazy.nn.modules.upsampling": """
        Upsample UpsamplingBilinear2d UpsamplingNearest2d
    """,
    "minitorch_lazy.nn.modules.rnn": """
        GRU GRUCell LSTM LSTMCell LazyGRU LazyGRUCell LazyLSTM LazyLSTMCell LazyRNN LazyRNNCell
        RNN RNNBase RNNCell RNNCellBase
    """,
    "minitorch_lazy.nn.modules.transformer": """
        Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder
        TransformerEncoderLayer
    """,
    "minitorch_lazy.nn.modules.attention": """
        LazyMultiheadAttention MultiheadAttention
    """,
}
"""Module -> the classes that it defines: those whose module is imported when one is asked for."""

HOMES = {name: module for module, names in LATER.items() for name in names.split()}

__all__ = [
    *HOMES,
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveLogSoftmaxWithLoss",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bilinear",
    "CELU",
    "CTCLoss",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CosineEmbeddingLoss",
    "CosineSimilarity",
    "CrossEntropyLoss",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "ELU",
    "Embedding",
    "EmbeddingBag",
    "FeatureAlphaDropout",
    "Flatten",
    "GELU",
    "GLU",
    "GaussianNLLLoss",
    "GroupNorm",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "KLDivLoss",
    "L1Loss",
    "LayerNorm",
    "LazyBatchNorm",
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyBilinear",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyGroupNorm",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLayerNorm",
    "LazyLinear",
    "LazyPReLU",
    "LazyRMSNorm",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "MarginRankingLoss",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PReLU",
    "PairwiseDistance",
    "ParameterDict",
    "ParameterList",
    "PoissonNLLLoss",
    "RMSNorm",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
    "Unflatten",
    "lazy",
]

__getattr__ = on_first_use(__name__, HOMES)


def __dir__() -> list[str]:
    """Name what comes in later too, for completion."""
    return sorted({*globals(), *HOMES})
