"""Nets that are written once and built by either package: `package.nn` decides whose they are."""

from __future__ import annotations

import math
from typing import Any


def lenet(M: Any, width: int = 6) -> Any:
    """Build LeNet-5 for (N, 1, 28, 28); a width of 6 is the original."""
    nn = M.nn
    return nn.Sequential(
        nn.Conv2d(1, width, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2, 2),
        nn.Conv2d(width, 2 * width, 5), nn.Sigmoid(), nn.AvgPool2d(2, 2), nn.Flatten(),
        nn.Linear(2 * width * 25, 10 * width), nn.Sigmoid(), nn.Linear(10 * width, 10),
    )  # fmt: skip


def resnet18(M: Any, width: int = 64) -> Any:
    """Build ResNet-18 with torchvision's names of its parts, for (N, 3, H, W)."""
    nn = M.nn

    class Block(nn.Module):
        def __init__(self, inside: int, planes: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(inside, planes, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(planes)
            self.relu = nn.ReLU()
            self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(planes)
            self.downsample = None
            if stride != 1:
                self.downsample = nn.Sequential(
                    nn.Conv2d(inside, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)
                )

        def forward(self, x: Any) -> Any:
            y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
            return self.relu(y + (x if self.downsample is None else self.downsample(x)))

    class ResNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
            self.bn1 = nn.BatchNorm2d(width)
            self.relu = nn.ReLU()
            self.maxpool = nn.MaxPool2d(3, 2, 1)
            inside = width
            for place in range(4):
                planes, stride = width << place, 1 if place == 0 else 2
                blocks = Block(inside, planes, stride), Block(planes, planes, 1)
                setattr(self, f"layer{place + 1}", nn.Sequential(*blocks))
                inside = planes
            self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
            self.fc = nn.Linear(inside, 10)

        def forward(self, x: Any) -> Any:
            x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
            return self.fc(M.flatten(self.avgpool(x), 1))

    return ResNet()


def gpt(M: Any, vocabulary: int = 50, width: int = 16, heads: int = 2, depth: int = 2,
        context: int = 12) -> Any:  # fmt: skip
    """Build a small GPT whose output layer is tied to its embedding, for (N, T) of tokens."""
    nn = M.nn

    class Attention(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.c_attn = nn.Linear(width, 3 * width)
            self.c_proj = nn.Linear(width, width)
            self.register_buffer("mask", M.tril(M.ones(context, context)))

        def forward(self, x: Any) -> Any:
            N, T, C = x.shape
            q, k, v = (part.reshape(N, T, heads, C // heads).transpose(1, 2)
                       for part in self.c_attn(x).split(C, dim=2))  # fmt: skip
            scores = q @ k.transpose(-2, -1) / math.sqrt(C // heads)
            scores = scores.masked_fill(self.mask[:T, :T] == 0, float("-inf"))
            y = M.softmax(scores, dim=-1) @ v
            return self.c_proj(y.transpose(1, 2).reshape(N, T, C))

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.attn = Attention()
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(),
                                     nn.Linear(4 * width, width))  # fmt: skip

        def forward(self, x: Any) -> Any:
            x = x + self.attn(self.ln_1(x))
            return x + self.mlp(self.ln_2(x))

    class GPT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wte = nn.Embedding(vocabulary, width)
            self.wpe = nn.Embedding(context, width)
            self.h = nn.ModuleList([Block() for _ in range(depth)])
            self.ln_f = nn.LayerNorm(width)
            self.lm_head = nn.Linear(width, vocabulary, bias=False)
            self.lm_head.weight = self.wte.weight

        def forward(self, tokens: Any) -> Any:
            x = self.wte(tokens) + self.wpe(M.arange(tokens.shape[1]))
            for block in self.h:
                x = block(x)
            return self.lm_head(self.ln_f(x))

    return GPT()


def images(M: Any, *shape: int) -> Any:
    """Make images that need no random numbers."""
    count = math.prod(shape)
    return M.sin(M.arange(count, dtype=M.float32) * 0.37).reshape(*shape)


def tokens(M: Any, vocabulary: int = 50) -> Any:
    """Make two rows of tokens."""
    return (M.arange(24).reshape(2, 12) * 7) % vocabulary


SMALL_GPT = {"vocabulary": 11, "width": 4, "heads": 2, "depth": 1, "context": 12}
