"""The layers, one family a file; a family is imported when one of its layers is asked for."""

from typing import TYPE_CHECKING

from minitorch_lazy.later import on_first_use

if TYPE_CHECKING:
    from minitorch_lazy.nn.module import Module as Module
    from minitorch_lazy.nn.modules.activation import *  # noqa: F403
    from minitorch_lazy.nn.modules.adaptive import *  # noqa: F403
    from minitorch_lazy.nn.modules.attention import *  # noqa: F403
    from minitorch_lazy.nn.modules.container import *  # noqa: F403
    from minitorch_lazy.nn.modules.conv import *  # noqa: F403
    from minitorch_lazy.nn.modules.distance import *  # noqa: F403
    from minitorch_lazy.nn.modules.dropout import *  # noqa: F403
    from minitorch_lazy.nn.modules.fractional import *  # noqa: F403
    from minitorch_lazy.nn.modules.linear import *  # noqa: F403
    from minitorch_lazy.nn.modules.loss import *  # noqa: F403
    from minitorch_lazy.nn.modules.norm import *  # noqa: F403
    from minitorch_lazy.nn.modules.padding import *  # noqa: F403
    from minitorch_lazy.nn.modules.pool import *  # noqa: F403
    from minitorch_lazy.nn.modules.prelu import *  # noqa: F403
    from minitorch_lazy.nn.modules.rnn import *  # noqa: F403
    from minitorch_lazy.nn.modules.shape import *  # noqa: F403
    from minitorch_lazy.nn.modules.shuffle import *  # noqa: F403
    from minitorch_lazy.nn.modules.sparse import *  # noqa: F403
    from minitorch_lazy.nn.modules.transformer import *  # noqa: F403
    from minitorch_lazy.nn.modules.unpool import *  # noqa: F403
    from minitorch_lazy.nn.modules.upsampling import *  # noqa: F403

LATER = {
    "minitorch_lazy.nn.module": """
        Module
    """,
    "minitorch_lazy.nn.modules.activation": """
        CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax
        Mish RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink
        Softsign Tanh Tanhshrink Threshold
    """,
    "minitorch_lazy.nn.modules.adaptive": """
        AdaptiveLogSoftmaxWithLoss
    """,
    "minitorch_lazy.nn.modules.attention": """
        LazyMultiheadAttention MultiheadAttention
    """,
    "minitorch_lazy.nn.modules.container": """
        ModuleDict ModuleList ParameterDict ParameterList Sequential
    """,
    "minitorch_lazy.nn.modules.conv": """
        Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LazyConv1d LazyConv2d
        LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d
    """,
    "minitorch_lazy.nn.modules.distance": """
        CosineSimilarity PairwiseDistance
    """,
    "minitorch_lazy.nn.modules.dropout": """
        AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout
    """,
    "minitorch_lazy.nn.modules.fractional": """
        FractionalMaxPool2d FractionalMaxPool3d
    """,
    "minitorch_lazy.nn.modules.linear": """
        Bilinear Identity LazyBilinear LazyLinear Linear
    """,
    "minitorch_lazy.nn.modules.loss": """
        BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss
        HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss MultiLabelMarginLoss
        MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss PoissonNLLLoss SmoothL1Loss SoftMarginLoss
        TripletMarginLoss TripletMarginWithDistanceLoss
    """,
    "minitorch_lazy.nn.modules.norm": """
        BatchNorm1d BatchNorm2d BatchNorm3d GroupNorm InstanceNorm1d InstanceNorm2d InstanceNorm3d
        LayerNorm LazyBatchNorm LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyGroupNorm
        LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d LazyLayerNorm LazyRMSNorm
        LocalResponseNorm RMSNorm
    """,
    "minitorch_lazy.nn.modules.padding": """
        CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d
        ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d
        ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d
    """,
    "minitorch_lazy.nn.modules.pool": """
        AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d
        AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d MaxPool1d MaxPool2d MaxPool3d
    """,
    "minitorch_lazy.nn.modules.prelu": """
        LazyPReLU PReLU
    """,
    "minitorch_lazy.nn.modules.rnn": """
        GRU GRUCell LSTM LSTMCell LazyGRU LazyGRUCell LazyLSTM LazyLSTMCell LazyRNN LazyRNNCell RNN
        RNNBase RNNCell RNNCellBase
    """,
    "minitorch_lazy.nn.modules.shape": """
        Flatten Unflatten
    """,
    "minitorch_lazy.nn.modules.shuffle": """
        ChannelShuffle Fold PixelShuffle PixelUnshuffle Unfold
    """,
    "minitorch_lazy.nn.modules.sparse": """
        Embedding EmbeddingBag
    """,
    "minitorch_lazy.nn.modules.transformer": """
        Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder
        TransformerEncoderLayer
    """,
    "minitorch_lazy.nn.modules.unpool": """
        LPPool1d LPPool2d LPPool3d MaxUnpool1d MaxUnpool2d MaxUnpool3d
    """,
    "minitorch_lazy.nn.modules.upsampling": """
        Upsample UpsamplingBilinear2d UpsamplingNearest2d
    """,
}
"""Module -> the classes that it defines; it is imported when one of them is asked for."""

HOMES = {name: module for module, names in LATER.items() for name in names.split()}
INSIDE = [module for module in LATER if module.startswith(__name__)]
FAMILIES = {module.rpartition(".")[2]: module for module in [*INSIDE, f"{__name__}.lazy"]}

__all__ = [*HOMES]

__getattr__, __dir__ = on_first_use(__name__, {**HOMES, **FAMILIES})
