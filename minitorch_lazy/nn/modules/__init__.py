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
        Hardsigmoid,
        Hardswish,
        Hardtanh,
        LeakyReLU,
        LogSigmoid,
        LogSoftmax,
        Mish,
        ReLU,
        ReLU6,
        Sigmoid,
        SiLU,
        Softmax,
        Softmin,
        Softplus,
        Softsign,
        Tanh,
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
    from minitorch_lazy.nn.modules.dropout import (
        Dropout,
        Dropout1d,
        Dropout2d,
        Dropout3d,
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
        CrossEntropyLoss,
        HuberLoss,
        KLDivLoss,
        L1Loss,
        MSELoss,
        NLLLoss,
        SmoothL1Loss,
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
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
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
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CrossEntropyLoss",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "ELU",
    "Embedding",
    "Flatten",
    "GELU",
    "GLU",
    "GroupNorm",
    "GRU",
    "GRUCell",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
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
    "LazyGroupNorm",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLayerNorm",
    "LazyLinear",
    "LazyPReLU",
    "LazyRMSNorm",
    "LazyMultiheadAttention",
    "LazyGRU",
    "LazyGRUCell",
    "LazyLSTM",
    "LazyLSTMCell",
    "LazyLinear",
    "LazyRNN",
    "LazyRNNCell",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "LogSigmoid",
    "LogSoftmax",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiheadAttention",
    "NLLLoss",
    "PReLU",
    "ParameterDict",
    "ParameterList",
    "RMSNorm",
    "RNN",
    "RNNBase",
    "RNNCell",
    "RNNCellBase",
    "ReLU",
    "ReLU6",
    "SELU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softmax",
    "Softmin",
    "Softplus",
    "Softsign",
    "Tanh",
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "Unflatten",
    "lazy",
]

LATER = {
    "minitorch_lazy.nn.modules.activation": """
        CELU ELU GELU GLU Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish ReLU
        ReLU6 SELU SiLU Sigmoid Softmax Softmin Softplus Softsign Tanh
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
    "minitorch_lazy.nn.modules.dropout": """
        Dropout Dropout1d Dropout2d Dropout3d
    """,
    "minitorch_lazy.nn.modules.linear": """
        Bilinear Identity LazyBilinear LazyLinear Linear
    """,
    "minitorch_lazy.nn.modules.loss": """
        BCELoss BCEWithLogitsLoss CrossEntropyLoss HuberLoss KLDivLoss L1Loss MSELoss NLLLoss
        SmoothL1Loss
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
