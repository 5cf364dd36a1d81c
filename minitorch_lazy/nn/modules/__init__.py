"""The layers, one family a file; a family is imported when one of its layers is asked for."""

from typing import TYPE_CHECKING

from minitorch_lazy.later import on_first_use
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules import lazy

if TYPE_CHECKING:
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
    from minitorch_lazy.nn.modules.adaptive import (
        AdaptiveLogSoftmaxWithLoss,
    )
    from minitorch_lazy.nn.modules.attention import (
        LazyMultiheadAttention,
        MultiheadAttention,
    )
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
    from minitorch_lazy.nn.modules.distance import (
        CosineSimilarity,
        PairwiseDistance,
    )
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
    from minitorch_lazy.nn.modules.rnn import (
        GRU,
        LSTM,
        RNN,
        GRUCell,
        LazyGRU,
        LazyGRUCell,
        LazyLSTM,
        LazyLSTMCell,
        LazyRNN,
        LazyRNNCell,
        LSTMCell,
        RNNBase,
        RNNCell,
        RNNCellBase,
    )
    from minitorch_lazy.nn.modules.shape import (
        Flatten,
        Unflatten,
    )
    from minitorch_lazy.nn.modules.sparse import (
        Embedding,
    )
    from minitorch_lazy.nn.modules.transformer import (
        Transformer,
        TransformerDecoder,
        TransformerDecoderLayer,
        TransformerEncoder,
        TransformerEncoderLayer,
    )

__all__ = [
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
    "FeatureAlphaDropout",
    "Flatten",
    "GELU",
    "GLU",
    "GRU",
    "GRUCell",
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
    "LSTM",
    "LSTMCell",
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
    "LazyGRU",
    "LazyGRUCell",
    "LazyGroupNorm",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLSTM",
    "LazyLSTMCell",
    "LazyLayerNorm",
    "LazyLinear",
    "LazyMultiheadAttention",
    "LazyPReLU",
    "LazyRMSNorm",
    "LazyRNN",
    "LazyRNNCell",
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
    "MultiheadAttention",
    "NLLLoss",
    "PReLU",
    "PairwiseDistance",
    "ParameterDict",
    "ParameterList",
    "PoissonNLLLoss",
    "RMSNorm",
    "RNN",
    "RNNBase",
    "RNNCell",
    "RNNCellBase",
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
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
    "Unflatten",
    "lazy",
]

LATER = {
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
    "minitorch_lazy.nn.modules.sparse": """
        Embedding
    """,
    "minitorch_lazy.nn.modules.transformer": """
        Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder
        TransformerEncoderLayer
    """,
}
"""Module -> the classes that it defines."""

HOMES = {name: module for module, names in LATER.items() for name in names.split()}
FAMILIES = {module.rpartition(".")[2]: module for module in LATER}

__getattr__, __dir__ = on_first_use(__name__, {**HOMES, **FAMILIES})
