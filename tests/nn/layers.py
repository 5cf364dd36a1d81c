"""One constructor line for each layer: its input, and what PyTorch 2.13 shows and holds for seed 0.

Each entry has the constructor, the input (a shape, a list of several or the name of a kind of
input), the repr (None where it is the constructor itself), and the CRC-32 of the bytes of each
entry of the state dict.
"""

from __future__ import annotations

from typing import Any

from tests.nn.places import PLACES


def nested(name: str, **parts: str) -> str:
    """Lay out the repr of a layer that has others inside."""
    lines = [f"({key}): {text}".replace("\n", "\n  ") for key, text in parts.items()]
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)"


def attention(size: int, bias: bool = True) -> str:
    """Lay out the repr of an attention."""
    sizes = f"in_features={size}, out_features={size}, bias={bias}"
    return nested("MultiheadAttention", out_proj=f"NonDynamicallyQuantizableLinear({sizes})")


def transforming(
    name: str, attentions: str, p: float = 0.1, eps: float = 1e-5, bias: bool = True, **more: str
) -> str:
    """Lay out the repr of a transformer layer, 4 wide, with an inner size of 3."""
    each = attentions.split()
    norm = f"LayerNorm((4,), eps={eps}, elementwise_affine=True, bias={bias})"
    dropped = f"Dropout(p={p}, inplace=False)"
    numbers = range(1, len(each) + 2)
    return nested(
        name, **dict.fromkeys(each, attention(4, bias)),
        linear1=f"Linear(in_features=4, out_features=3, bias={bias})", dropout=dropped,
        linear2=f"Linear(in_features=3, out_features=4, bias={bias})",
        **{f"norm{i}": norm for i in numbers}, **{f"dropout{i}": dropped for i in numbers}, **more,
    )  # fmt: skip


def stack(name: str, norm: str | None = None, **layers: str) -> str:
    """Lay out the repr of a stack of layers, named by their numbers."""
    more = {} if norm is None else {"norm": norm}
    return nested(name, layers=nested("ModuleList", **layers), **more)


NORM = "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)"
ENCODING = transforming("TransformerEncoderLayer", "self_attn")
DECODING = transforming("TransformerDecoderLayer", "self_attn multihead_attn")

LAYERS = [
    ("Identity(3, unused=True)", (2, 3), "Identity()", ""),
    ("Linear(3, 4)", (2, 3), "Linear(in_features=3, out_features=4, bias=True)",
     "weight 12b441d2 bias b55d2249"),
    ("Linear(3, 4, bias=False)", (3,), "Linear(in_features=3, out_features=4, bias=False)",
     "weight 12b441d2"),
    ("Linear(3, 4, dtype=torch.float64, device='cpu')", (0, 3),
     "Linear(in_features=3, out_features=4, bias=True)", "weight 8f6b98d0 bias 990ad472"),
    ("Conv1d(2, 4, 3)", (2, 2, 7), "Conv1d(2, 4, kernel_size=(3,), stride=(1,))",
     "weight e7fa6a62 bias cb11e745"),
    ("Conv1d(2, 4, 3, 2, 1, 2, 2, False)", (2, 7),
     "Conv1d(2, 4, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), groups=2, "
     "bias=False)", "weight 12b441d2"),
    ("Conv2d(2, 4, 3)", (2, 2, 5, 6), "Conv2d(2, 4, kernel_size=(3, 3), stride=(1, 1))",
     "weight 3dbfd8fa bias 1196fb2e"),
    ("Conv2d(2, 4, (3, 2), padding='same', padding_mode='circular')", (2, 5, 6),
     "Conv2d(2, 4, kernel_size=(3, 2), stride=(1, 1), padding=same, padding_mode=circular)",
     "weight 8f4f896e bias 60f75c9d"),
    ("Conv2d(4, 4, 3, stride=2, padding=1, groups=4, bias=False)", (1, 4, 5, 6),
     "Conv2d(4, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), groups=4, bias=False)",
     "weight 7fd1f071"),
    ("Conv3d(2, 3, 2)", (1, 2, 3, 4, 3), "Conv3d(2, 3, kernel_size=(2, 2, 2), stride=(1, 1, 1))",
     "weight 63122966 bias 6cf79704"),
    ("Conv3d(2, 3, (1, 2, 2), padding=(0, 1, 1), padding_mode='replicate')", (2, 3, 4, 3),
     "Conv3d(2, 3, kernel_size=(1, 2, 2), stride=(1, 1, 1), padding=(0, 1, 1), "
     "padding_mode=replicate)", "weight f84030f2 bias b03b5123"),
    ("BatchNorm1d(3)", (4, 3),
     "BatchNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
     "weight dc7c4e94 bias 7bd5c66f running_mean 7bd5c66f running_var dc7c4e94 num_batches_tracked "
     "6522df69"),
    ("BatchNorm1d(3, momentum=None, track_running_stats=False)", (4, 3, 2),
     "BatchNorm1d(3, eps=1e-05, momentum=None, affine=True, bias=True, track_running_stats=False)",
     "weight dc7c4e94 bias 7bd5c66f"),
    ("BatchNorm2d(3)", (2, 3, 2, 2),
     "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
     "weight dc7c4e94 bias 7bd5c66f running_mean 7bd5c66f running_var dc7c4e94 num_batches_tracked "
     "6522df69"),
    ("BatchNorm2d(3, eps=0.001, momentum=0.2, affine=False)", (2, 3, 2, 2),
     "BatchNorm2d(3, eps=0.001, momentum=0.2, affine=False, bias=False, track_running_stats=True)",
     "running_mean 7bd5c66f running_var dc7c4e94 num_batches_tracked 6522df69"),
    ("BatchNorm3d(3)", (2, 3, 1, 2, 2),
     "BatchNorm3d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
     "weight dc7c4e94 bias 7bd5c66f running_mean 7bd5c66f running_var dc7c4e94 num_batches_tracked "
     "6522df69"),
    ("BatchNorm3d(3, bias=False, dtype=torch.float64)", (2, 3, 1, 2, 2),
     "BatchNorm3d(3, eps=1e-05, momentum=0.1, affine=True, bias=False, track_running_stats=True)",
     "weight 78ac6fa1 running_mean a3c1ca20 running_var 78ac6fa1 num_batches_tracked 6522df69"),
    ("LayerNorm(3)", (2, 3), "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)",
     "weight dc7c4e94 bias 7bd5c66f"),
    ("LayerNorm((2, 3), 0.1, bias=False)", (4, 2, 3),
     "LayerNorm((2, 3), eps=0.1, elementwise_affine=True, bias=False)", "weight 29dd1225"),
    ("LayerNorm([3], elementwise_affine=False)", (3,),
     "LayerNorm((3,), eps=1e-05, elementwise_affine=False, bias=False)", ""),
    ("Bilinear(3, 2, 4)", [(2, 3), (2, 2)],
     "Bilinear(in1_features=3, in2_features=2, out_features=4, bias=True)",
     "weight ac52f623 bias 085157b5"),
    ("Bilinear(3, 2, 4, False, dtype=torch.float64)", [(2, 5, 3), (2, 5, 2)],
     "Bilinear(in1_features=3, in2_features=2, out_features=4, bias=False)", "weight 2f9efd96"),
    ("ConvTranspose1d(2, 4, 3)", (2, 2, 5),
     "ConvTranspose1d(2, 4, kernel_size=(3,), stride=(1,))", "weight 8560208f bias 150830a0"),
    ("ConvTranspose1d(2, 4, 3, 2, 1, 1, 2, False, 2)", (2, 5),
     "ConvTranspose1d(2, 4, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), "
     "output_padding=(1,), groups=2, bias=False)", "weight aed66909"),
    ("ConvTranspose2d(2, 4, 3)", (2, 2, 3, 4),
     "ConvTranspose2d(2, 4, kernel_size=(3, 3), stride=(1, 1))", "weight bf06b584 bias 81b499b0"),
    ("ConvTranspose2d(4, 4, (3, 2), (2, 1), (1, 0), (1, 0), 4)", (4, 3, 4),
     "ConvTranspose2d(4, 4, kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), "
     "output_padding=(1, 0), groups=4)", "weight e7fa6a62 bias cb11e745"),
    ("ConvTranspose3d(2, 3, 2)", (1, 2, 2, 3, 2),
     "ConvTranspose3d(2, 3, kernel_size=(2, 2, 2), stride=(1, 1, 1))",
     "weight 1857fcd6 bias 7a196bf2"),
    ("ConvTranspose3d(2, 4, (1, 2, 2), 2, dilation=2, groups=2, bias=False)", (2, 3, 2, 2),
     "ConvTranspose3d(2, 4, kernel_size=(1, 2, 2), stride=(2, 2, 2), dilation=(2, 2, 2), "
     "groups=2, bias=False)", "weight 99760bb1"),
    ("InstanceNorm1d(3)", (2, 3, 4),
     "InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, "
     "track_running_stats=False)", ""),
    ("InstanceNorm1d(3, affine=True, track_running_stats=True)", (3, 4),
     "InstanceNorm1d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, "
     "track_running_stats=True)",
     "weight dc7c4e94 bias 7bd5c66f running_mean 7bd5c66f running_var dc7c4e94 "
     "num_batches_tracked 6522df69"),
    ("InstanceNorm2d(3, 0.1, None, True)", (2, 3, 2, 2),
     "InstanceNorm2d(3, eps=0.1, momentum=None, affine=True, bias=True, "
     "track_running_stats=False)", "weight dc7c4e94 bias 7bd5c66f"),
    ("InstanceNorm2d(3, affine=True, bias=False)", (3, 2, 2),
     "InstanceNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=False, "
     "track_running_stats=False)", "weight dc7c4e94"),
    ("InstanceNorm3d(3, track_running_stats=True, dtype=torch.float64)", (2, 3, 1, 2, 2),
     "InstanceNorm3d(3, eps=1e-05, momentum=0.1, affine=False, bias=False, "
     "track_running_stats=True)",
     "running_mean a3c1ca20 running_var 78ac6fa1 num_batches_tracked 6522df69"),
    ("InstanceNorm3d(3, eps=0.01)", (3, 1, 2, 2),
     "InstanceNorm3d(3, eps=0.01, momentum=0.1, affine=False, bias=False, "
     "track_running_stats=False)", ""),
    ("GroupNorm(2, 4)", (3, 4),
     "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)", "weight e8681456 bias ecbb4b55"),
    ("GroupNorm(4, 4, 0.1, bias=False)", (2, 4, 3),
     "GroupNorm(4, 4, eps=0.1, affine=True, bias=False)", "weight e8681456"),
    ("GroupNorm(1, 4, affine=False)", (2, 4, 2, 2),
     "GroupNorm(1, 4, eps=1e-05, affine=False, bias=False)", ""),
    ("RMSNorm(3)", (2, 3), "RMSNorm((3,), eps=None, elementwise_affine=True)", "weight dc7c4e94"),
    ("RMSNorm([2, 3], 0.1)", (4, 2, 3),
     "RMSNorm((2, 3), eps=0.1, elementwise_affine=True)", "weight 29dd1225"),
    ("RMSNorm((3,), elementwise_affine=False)", (3,),
     "RMSNorm((3,), eps=None, elementwise_affine=False)", ""),
    ("LocalResponseNorm(2)", (2, 3, 4), "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)", ""),
    ("LocalResponseNorm(3, 0.1, 0.5, 2.0)", (2, 5, 2, 3),
     "LocalResponseNorm(3, alpha=0.1, beta=0.5, k=2.0)", ""),
    ("PReLU()", (2, 3), "PReLU(num_parameters=1)", "weight dba65afc"),
    ("PReLU(3, 0.5)", (2, 3, 4), "PReLU(num_parameters=3)", "weight 1f4acb06"),
    ("Embedding(4, 3)", "indices", None, "weight cce829ca"),
    ("Embedding(4, 3, padding_idx=-1, max_norm=1.0, scale_grad_by_freq=True)", "indices",
     "Embedding(4, 3, padding_idx=3, max_norm=1.0, scale_grad_by_freq=True)", "weight dc314f27"),
    ("RNN(3, 4)", (5, 2, 3), None,
     "weight_ih_l0 87162e58 weight_hh_l0 912bd755 bias_ih_l0 cbf93e2e bias_hh_l0 a4ac7fc3"),
    ("RNN(3, 4, 2, 'relu', False, True, 0.5, True)", (2, 5, 3),
     "RNN(3, 4, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)",
     "weight_ih_l0 87162e58 weight_hh_l0 912bd755 weight_ih_l0_reverse 54d4d89f "
     "weight_hh_l0_reverse d49afd0e weight_ih_l1 bc677d60 weight_hh_l1 1f5a119c "
     "weight_ih_l1_reverse e0cf1fd9 weight_hh_l1_reverse 4fb3701c"),
    ("LSTM(3, 4)", (5, 3), None,
     "weight_ih_l0 e5414532 weight_hh_l0 46d1e5a0 bias_ih_l0 0c0bff5a bias_hh_l0 2c3542f3"),
    ("LSTM(3, 4, bias=False, batch_first=True)", (2, 5, 3), None,
     "weight_ih_l0 e5414532 weight_hh_l0 46d1e5a0"),
    ("LSTM(3, 4, num_layers=2, dropout=0.3, bidirectional=True, proj_size=2)", (5, 2, 3),
     "LSTM(3, 4, proj_size=2, num_layers=2, dropout=0.3, bidirectional=True)",
     "weight_ih_l0 e5414532 weight_hh_l0 c3404d80 bias_ih_l0 3370af12 bias_hh_l0 51f0c633 "
     "weight_hr_l0 a7d1f217 weight_ih_l0_reverse 45659e8b weight_hh_l0_reverse 724d7986 "
     "bias_ih_l0_reverse 04b3a247 bias_hh_l0_reverse 5c85678d weight_hr_l0_reverse f9e7004e "
     "weight_ih_l1 6da5d41e weight_hh_l1 296f05b6 bias_ih_l1 45c5bd42 bias_hh_l1 168fe863 "
     "weight_hr_l1 2cf20cd5 weight_ih_l1_reverse 88b99dcc weight_hh_l1_reverse 00c4109f "
     "bias_ih_l1_reverse 3ebb7e69 bias_hh_l1_reverse c72a4f8c weight_hr_l1_reverse 2b924cdd"),
    ("GRU(3, 4)", (1, 1, 3), None,
     "weight_ih_l0 6350f12d weight_hh_l0 8bb9ba81 bias_ih_l0 14825bf6 bias_hh_l0 fa6f5be0"),
    ("GRU(3, 4, 3, dropout=0.4, dtype=torch.float64)", (5, 2, 3),
     "GRU(3, 4, num_layers=3, dropout=0.4)",
     "weight_ih_l0 e6d77cd0 weight_hh_l0 9a62c187 bias_ih_l0 062d6bc7 bias_hh_l0 4365b623 "
     "weight_ih_l1 125ccdd0 weight_hh_l1 9a4cbd14 bias_ih_l1 e8ec373d bias_hh_l1 9713d599 "
     "weight_ih_l2 3b5ae3aa weight_hh_l2 f124cec3 bias_ih_l2 140e3e42 bias_hh_l2 b7cf11f4"),
    ("GRU(3, 4, bias=False, bidirectional=True)", (5, 0, 3), None,
     "weight_ih_l0 6350f12d weight_hh_l0 8bb9ba81 weight_ih_l0_reverse 2aad42ba "
     "weight_hh_l0_reverse 45659e8b"),
    ("RNNBase('GRU', 3, 4)", None, "RNNBase(3, 4)",
     "weight_ih_l0 6350f12d weight_hh_l0 8bb9ba81 bias_ih_l0 14825bf6 bias_hh_l0 fa6f5be0"),
    ("RNNCell(3, 4)", (2, 3), None,
     "weight_ih 87162e58 weight_hh 912bd755 bias_ih cbf93e2e bias_hh a4ac7fc3"),
    ("RNNCell(3, 4, False, 'relu')", (3,), "RNNCell(3, 4, bias=False, nonlinearity=relu)",
     "weight_ih 87162e58 weight_hh 912bd755"),
    ("LSTMCell(3, 4)", (2, 3), None,
     "weight_ih e5414532 weight_hh 46d1e5a0 bias_ih 0c0bff5a bias_hh 2c3542f3"),
    ("LSTMCell(3, 4, bias=False, dtype=torch.float64)", (3,), "LSTMCell(3, 4, bias=False)",
     "weight_ih 033c0574 weight_hh 9faca963"),
    ("GRUCell(3, 4)", (2, 3), None,
     "weight_ih 6350f12d weight_hh 8bb9ba81 bias_ih 14825bf6 bias_hh fa6f5be0"),
    ("GRUCell(3, 4, False)", (0, 3), "GRUCell(3, 4, bias=False)",
     "weight_ih 6350f12d weight_hh 8bb9ba81"),
    ("RNNCellBase(3, 4, True, 2)", None, "RNNCellBase(3, 4)",
     "weight_ih 162ad4d5 weight_hh d2a64878 bias_ih b28265aa bias_hh da38dcf5"),
    ("Dropout()", (40,), "Dropout(p=0.5, inplace=False)", ""),
    ("Dropout(0.3, True)", (2, 3), "Dropout(p=0.3, inplace=True)", ""),
    ("Dropout1d(0.4)", (2, 9, 3), "Dropout1d(p=0.4, inplace=False)", ""),
    ("Dropout2d()", (2, 9, 2, 2), "Dropout2d(p=0.5, inplace=False)", ""),
    ("Dropout3d(p=0.1)", (3, 9, 2, 1, 2), "Dropout3d(p=0.1, inplace=False)", ""),
    ("Flatten()", (2, 3, 4), "Flatten(start_dim=1, end_dim=-1)", ""),
    ("Flatten(0, -2)", (2, 3, 4), "Flatten(start_dim=0, end_dim=-2)", ""),
    ("Unflatten(1, (2, -1))", (3, 4), "Unflatten(dim=1, unflattened_size=(2, -1))", ""),
    ("MaxPool1d(2)", (2, 3, 7),
     "MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)", ""),
    ("MaxPool1d(3, 2, 1, 1, True, True)", (3, 7),
     "MaxPool1d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=True)", ""),
    ("MaxPool2d((2, 3), 1, (1, 0))", (2, 3, 5, 6),
     "MaxPool2d(kernel_size=(2, 3), stride=1, padding=(1, 0), dilation=1, ceil_mode=False)", ""),
    ("MaxPool3d(2, ceil_mode=True)", (2, 3, 3, 4, 5),
     "MaxPool3d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=True)", ""),
    ("AvgPool1d(2)", (2, 3, 7), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))", ""),
    ("AvgPool1d(3, 2, 1, True, False)", (3, 7),
     "AvgPool1d(kernel_size=(3,), stride=(2,), padding=(1,))", ""),
    ("AvgPool2d(2)", (2, 3, 5, 6), "AvgPool2d(kernel_size=2, stride=2, padding=0)", ""),
    ("AvgPool2d((2, 3), 1, 1, divisor_override=4)", (3, 5, 6),
     "AvgPool2d(kernel_size=(2, 3), stride=1, padding=1)", ""),
    ("AvgPool3d(2, count_include_pad=False)", (2, 3, 3, 4, 5),
     "AvgPool3d(kernel_size=2, stride=2, padding=0)", ""),
    ("AdaptiveAvgPool1d(3)", (2, 3, 7), "AdaptiveAvgPool1d(output_size=3)", ""),
    ("AdaptiveAvgPool2d((None, 2))", (2, 3, 5, 6), "AdaptiveAvgPool2d(output_size=(None, 2))", ""),
    ("AdaptiveAvgPool3d(2)", (2, 3, 3, 4, 5), "AdaptiveAvgPool3d(output_size=2)", ""),
    ("AdaptiveMaxPool1d(3, True)", (2, 3, 7), "AdaptiveMaxPool1d(output_size=3)", ""),
    ("AdaptiveMaxPool2d((2, 3))", (3, 5, 6), "AdaptiveMaxPool2d(output_size=(2, 3))", ""),
    ("AdaptiveMaxPool3d(2)", (2, 3, 3, 4, 5), "AdaptiveMaxPool3d(output_size=2)", ""),
    ("ReLU()", (2, 3), None, ""),
    ("ReLU(inplace=True)", (2, 3), None, ""),
    ("ReLU6()", (2, 3), None, ""),
    ("LeakyReLU(0.2, inplace=True)", (2, 3), "LeakyReLU(negative_slope=0.2, inplace=True)", ""),
    ("ELU(alpha=2.0)", (2, 3), None, ""),
    ("CELU(0.5)", (2, 3), "CELU(alpha=0.5)", ""),
    ("SELU()", (2, 3), None, ""),
    ("GELU()", (2, 3), "GELU(approximate='none')", ""),
    ("GELU('tanh')", (2, 3), "GELU(approximate='tanh')", ""),
    ("SiLU()", (2, 3), None, ""),
    ("Mish()", (2, 3), None, ""),
    ("Hardswish()", (2, 3), None, ""),
    ("Hardsigmoid(inplace=True)", (2, 3), "Hardsigmoid()", ""),
    ("Hardtanh(-0.5, 2)", (2, 3), "Hardtanh(min_val=-0.5, max_val=2)", ""),
    ("Softplus(2, 1)", (2, 3), "Softplus(beta=2, threshold=1)", ""),
    ("Softsign()", (2, 3), None, ""),
    ("Sigmoid()", (2, 3), None, ""),
    ("LogSigmoid()", (2, 3), None, ""),
    ("Tanh()", (2, 3), None, ""),
    ("GLU(0)", (4, 3), "GLU(dim=0)", ""),
    ("Softmax(dim=1)", (2, 3), None, ""),
    ("LogSoftmax(-1)", (2, 3), "LogSoftmax(dim=-1)", ""),
    ("Softmin(0)", (2, 3), "Softmin(dim=0)", ""),
    ("MSELoss()", "pair", None, ""),
    ("MSELoss(reduction='sum')", "pair", "MSELoss()", ""),
    ("L1Loss(reduction='none')", "pair", "L1Loss()", ""),
    ("SmoothL1Loss(beta=0.5)", "pair", "SmoothL1Loss()", ""),
    ("HuberLoss('sum', delta=0.5)", "pair", "HuberLoss()", ""),
    ("KLDivLoss(reduction='batchmean', log_target=True)", "pair", "KLDivLoss()", ""),
    ("BCELoss()", "chances", None, ""),
    ("BCELoss(weight=torch.ones(4) / 2)", "chances", "BCELoss()", "weight a82d7e26"),
    ("BCEWithLogitsLoss()", "pair", None, ""),
    ("BCEWithLogitsLoss(pos_weight=torch.ones(4) * 2)", "pair", "BCEWithLogitsLoss()",
     "pos_weight a18bc020"),
    ("NLLLoss()", "classes", None, ""),
    ("NLLLoss(torch.ones(4) / 2, ignore_index=1)", "classes", "NLLLoss()", "weight a82d7e26"),
    ("CrossEntropyLoss()", "classes", None, ""),
    ("CrossEntropyLoss(torch.ones(4) / 2, label_smoothing=0.1, reduction='sum')", "classes",
     "CrossEntropyLoss()", "weight a82d7e26"),
    ("MultiheadAttention(4, 2)", ((3, 2, 4), (5, 2, 4), (5, 2, 4)),
     attention(4),
     "in_proj_weight 56f4879d in_proj_bias f288b395 out_proj.weight 9d6b4e22 out_proj.bias "
     "ecbb4b55"),
    ("MultiheadAttention(4, 2, 0.3, False, True, True, 3, 5, True)",
     ((2, 3, 4), (2, 5, 3), (2, 5, 5)), attention(4, False),
     "q_proj_weight 7db216c1 k_proj_weight 98521d4f v_proj_weight a4589056 bias_k 76f603a7 "
     "bias_v a8bb70ec out_proj.weight 9d6b4e22"),
    ("MultiheadAttention(6, 3, add_bias_kv=True, dtype=torch.float64)", ((3, 6), (5, 6), (5, 6)),
     attention(6),
     "in_proj_weight 9c3f875c in_proj_bias 700a059c bias_k 5ec90551 bias_v 3dc05c5e "
     "out_proj.weight 12853156 out_proj.bias f288b395"),
    ("TransformerEncoderLayer(4, 2, 3)", (3, 2, 4),
     ENCODING,
     "self_attn.in_proj_weight 56f4879d self_attn.in_proj_bias f288b395 "
     "self_attn.out_proj.weight 9d6b4e22 self_attn.out_proj.bias ecbb4b55 linear1.weight "
     "4ca1ad8e linear1.bias bbc405bb linear2.weight 9bae887c linear2.bias 79ffb7eb "
     "norm1.weight e8681456 norm1.bias ecbb4b55 norm2.weight e8681456 norm2.bias ecbb4b55"),
    ("TransformerEncoderLayer(4, 2, 3, 0.2, 'gelu', 0.1, True, True, False)", (2, 3, 4),
     transforming("TransformerEncoderLayer", "self_attn", 0.2, 0.1, False),
     "self_attn.in_proj_weight 065a8eab self_attn.out_proj.weight 9d6b4e22 linear1.weight "
     "fc3b9871 linear2.weight 2b4504aa norm1.weight e8681456 norm2.weight e8681456"),
    ("TransformerDecoderLayer(4, 2, 3, activation=nn.GELU())", ((3, 2, 4), (5, 2, 4)),
     transforming("TransformerDecoderLayer", "self_attn multihead_attn",
                  activation="GELU(approximate='none')"),
     "self_attn.in_proj_weight 56f4879d self_attn.in_proj_bias f288b395 "
     "self_attn.out_proj.weight 9d6b4e22 self_attn.out_proj.bias ecbb4b55 "
     "multihead_attn.in_proj_weight f94cb2e2 multihead_attn.in_proj_bias f288b395 "
     "multihead_attn.out_proj.weight 11e5eac6 multihead_attn.out_proj.bias ecbb4b55 "
     "linear1.weight 491ee472 linear1.bias 78990460 linear2.weight 5c2607c9 linear2.bias "
     "a8d5088f norm1.weight e8681456 norm1.bias ecbb4b55 norm2.weight e8681456 norm2.bias "
     "ecbb4b55 norm3.weight e8681456 norm3.bias ecbb4b55"),
    ("TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 3, batch_first=True), 2, "
     "nn.LayerNorm(4))", (2, 3, 4),
     stack("TransformerEncoder", norm=NORM, **{"0-1": f"2 x {ENCODING}"}),
     "layers.0.self_attn.in_proj_weight 56f4879d layers.0.self_attn.in_proj_bias f288b395 "
     "layers.0.self_attn.out_proj.weight 9d6b4e22 layers.0.self_attn.out_proj.bias ecbb4b55 "
     "layers.0.linear1.weight 4ca1ad8e layers.0.linear1.bias bbc405bb layers.0.linear2.weight "
     "9bae887c layers.0.linear2.bias 79ffb7eb layers.0.norm1.weight e8681456 "
     "layers.0.norm1.bias ecbb4b55 layers.0.norm2.weight e8681456 layers.0.norm2.bias ecbb4b55 "
     "layers.1.self_attn.in_proj_weight 56f4879d layers.1.self_attn.in_proj_bias f288b395 "
     "layers.1.self_attn.out_proj.weight 9d6b4e22 layers.1.self_attn.out_proj.bias ecbb4b55 "
     "layers.1.linear1.weight 4ca1ad8e layers.1.linear1.bias bbc405bb layers.1.linear2.weight "
     "9bae887c layers.1.linear2.bias 79ffb7eb layers.1.norm1.weight e8681456 "
     "layers.1.norm1.bias ecbb4b55 layers.1.norm2.weight e8681456 layers.1.norm2.bias ecbb4b55 "
     "norm.weight e8681456 norm.bias ecbb4b55"),
    ("TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 3), 1)", ((3, 2, 4), (5, 2, 4)),
     stack("TransformerDecoder", **{"0": DECODING}),
     "layers.0.self_attn.in_proj_weight 56f4879d layers.0.self_attn.in_proj_bias f288b395 "
     "layers.0.self_attn.out_proj.weight 9d6b4e22 layers.0.self_attn.out_proj.bias ecbb4b55 "
     "layers.0.multihead_attn.in_proj_weight f94cb2e2 layers.0.multihead_attn.in_proj_bias "
     "f288b395 layers.0.multihead_attn.out_proj.weight 11e5eac6 "
     "layers.0.multihead_attn.out_proj.bias ecbb4b55 layers.0.linear1.weight 491ee472 "
     "layers.0.linear1.bias 78990460 layers.0.linear2.weight 5c2607c9 layers.0.linear2.bias "
     "a8d5088f layers.0.norm1.weight e8681456 layers.0.norm1.bias ecbb4b55 "
     "layers.0.norm2.weight e8681456 layers.0.norm2.bias ecbb4b55 layers.0.norm3.weight "
     "e8681456 layers.0.norm3.bias ecbb4b55"),
    ("Transformer(4, 2, 1, 1, 3, batch_first=True)", ((2, 3, 4), (2, 5, 4)),
     nested("Transformer", encoder=stack("TransformerEncoder", norm=NORM, **{"0": ENCODING}),
            decoder=stack("TransformerDecoder", norm=NORM, **{"0": DECODING})),
     "encoder.layers.0.self_attn.in_proj_weight e578171d "
     "encoder.layers.0.self_attn.in_proj_bias f288b395 "
     "encoder.layers.0.self_attn.out_proj.weight 506c8046 "
     "encoder.layers.0.self_attn.out_proj.bias ecbb4b55 encoder.layers.0.linear1.weight "
     "39e72ae7 encoder.layers.0.linear1.bias bbc405bb encoder.layers.0.linear2.weight 86f33878 "
     "encoder.layers.0.linear2.bias 79ffb7eb encoder.layers.0.norm1.weight e8681456 "
     "encoder.layers.0.norm1.bias ecbb4b55 encoder.layers.0.norm2.weight e8681456 "
     "encoder.layers.0.norm2.bias ecbb4b55 encoder.norm.weight e8681456 encoder.norm.bias "
     "ecbb4b55 decoder.layers.0.self_attn.in_proj_weight c61cb43b "
     "decoder.layers.0.self_attn.in_proj_bias f288b395 "
     "decoder.layers.0.self_attn.out_proj.weight 131e2002 "
     "decoder.layers.0.self_attn.out_proj.bias ecbb4b55 "
     "decoder.layers.0.multihead_attn.in_proj_weight 4ec3dc23 "
     "decoder.layers.0.multihead_attn.in_proj_bias f288b395 "
     "decoder.layers.0.multihead_attn.out_proj.weight 29c45730 "
     "decoder.layers.0.multihead_attn.out_proj.bias ecbb4b55 decoder.layers.0.linear1.weight "
     "95c40d1d decoder.layers.0.linear1.bias 244dd13e decoder.layers.0.linear2.weight 8b1bbbe5 "
     "decoder.layers.0.linear2.bias e72e3890 decoder.layers.0.norm1.weight e8681456 "
     "decoder.layers.0.norm1.bias ecbb4b55 decoder.layers.0.norm2.weight e8681456 "
     "decoder.layers.0.norm2.bias ecbb4b55 decoder.layers.0.norm3.weight e8681456 "
     "decoder.layers.0.norm3.bias ecbb4b55 decoder.norm.weight e8681456 decoder.norm.bias "
     "ecbb4b55"),
    ("Sequential(nn.Linear(3, 2), nn.ReLU())", (2, 3),
     "Sequential(\n  (0): Linear(in_features=3, out_features=2, bias=True)\n  (1): ReLU()\n)",
     "0.weight c667d7c1 0.bias 56e3f0c2"),
    ("ModuleList([nn.Linear(3, 2), nn.Tanh()])", None,
     "ModuleList(\n  (0): Linear(in_features=3, out_features=2, bias=True)\n  (1): Tanh()\n)",
     "0.weight c667d7c1 0.bias 56e3f0c2"),
    ("ModuleDict({'a': nn.Linear(3, 2)})", None,
     "ModuleDict(\n  (a): Linear(in_features=3, out_features=2, bias=True)\n)",
     "a.weight c667d7c1 a.bias 56e3f0c2"),
    ("ParameterList([torch.ones(2)])", None,
     "ParameterList(  (0): Parameter containing: [torch.float32 of size 2])", "0 d5065190"),
    ("ParameterDict({'a': torch.ones(2)})", None,
     "ParameterDict(  (a): Parameter containing: [torch.FloatTensor of size 2])", "a d5065190"),
    *PLACES,
]  # fmt: skip


def flat(value: Any) -> list[Any]:
    """Return the tensors of an output, which may be a tuple of outputs."""
    return [part for each in value for part in flat(each)] if isinstance(value, tuple) else [value]
