#!/usr/bin/env python3
"""Makes Tests/MartletExportTests/Fixtures/torch: modules of PyTorch with random weights, inputs, and what they give.

    scripts/make-torch-fixtures.py                     the fixtures of the tests
    scripts/make-torch-fixtures.py --resnet18 FOLDER   ResNet-18 as torchvision has it: weights.safetensors, x.npy, y.npy

NAME.safetensors is the state_dict, NAME-data.safetensors has `x` and `y`, images with the channels last. Needs torch and numpy.
"""
import argparse
import json
import struct
from pathlib import Path

import numpy as np
import torch
from torch import nn

FOLDER = Path(__file__).parent.parent / "Tests/MartletExportTests/Fixtures/torch"
TYPES = {torch.float32: "F32", torch.float16: "F16", torch.int64: "I64"}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].element_size()):
        content = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class BasicBlock(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.downsample = None
        if stride > 1 or channels != filters:
            self.downsample = nn.Sequential(nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + shortcut)


class ResNet18(nn.Module):
    """The modules, names and layouts of torchvision.models.resnet18."""

    def __init__(self, width=64, classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for stage in range(4):
            channels = width << max(stage - 1, 0)
            setattr(self, f"layer{stage + 1}", nn.Sequential(
                BasicBlock(channels, width << stage, 1 if stage == 0 else 2), BasicBlock(width << stage, width << stage, 1)))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8 * width, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, (3, 2), stride=(2, 1), bias=False)
        self.norm = nn.BatchNorm2d(6)
        self.act = nn.PReLU(6)
        self.depthwise = nn.Conv2d(6, 12, 3, groups=6, padding=1)
        self.grouped = nn.Conv2d(12, 8, 1, groups=2)
        self.group_norm = nn.GroupNorm(4, 8)
        self.up = nn.ConvTranspose2d(8, 5, 2, stride=2)
        self.fc = nn.Linear(8 * 12 * 5, 4)

    def forward(self, x):
        x = self.act(self.norm(self.conv(x)))
        x = self.up(self.group_norm(self.grouped(self.depthwise(x))))
        return self.fc(x.flatten(1))


class Lines(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 6)
        self.conv = nn.Conv1d(6, 8, 3, padding=1)
        self.rnn = nn.LSTM(8, 5, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(10, 7, batch_first=True)
        self.simple = nn.RNN(7, 4, batch_first=True)
        self.cell = nn.LSTM(4, 3, batch_first=True, bias=False)
        self.norm = nn.LayerNorm(3)

    def forward(self, x):
        x = self.conv(self.embed(x).transpose(1, 2)).transpose(1, 2)
        x = self.rnn(x)[0]
        return self.norm(self.cell(self.simple(self.gru(x)[0])[0])[0])


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(8)
        self.attn = nn.MultiheadAttention(8, 2, batch_first=True)
        self.cross = nn.MultiheadAttention(8, 4, kdim=6, vdim=6, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 8))

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attn(y, y, y, need_weights=False)[0]
        memory = x[..., :6]
        return self.mlp(x + self.cross(x, memory, memory, need_weights=False)[0])


def randomized(module):
    """Numbers of the size that trained ones have, statistics included."""
    for name, tensor in module.state_dict().items():
        if tensor.dtype == torch.int64:
            tensor.fill_(7)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.dim() < 2:
            is_scale = name.endswith("weight") and "rnn" not in name
            tensor.copy_(torch.randn(tensor.shape) * 0.2 + (1 if is_scale else 0))
        else:
            fan_in = tensor[0].numel()
            tensor.copy_(torch.randn(tensor.shape) * (1.5 / fan_in) ** 0.5)
    return module.eval()


def channels_last(tensor):
    return tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resnet18", type=Path)
    args = parser.parse_args()
    torch.manual_seed(17)
    with torch.no_grad():
        if args.resnet18:
            args.resnet18.mkdir(parents=True, exist_ok=True)
            model, x = randomized(ResNet18()), torch.randn(2, 3, 224, 224)
            write_safetensors(args.resnet18 / "weights.safetensors", model.state_dict())
            np.save(args.resnet18 / "x.npy", channels_last(x).contiguous().numpy())
            np.save(args.resnet18 / "y.npy", model(x).numpy())
            return
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, module, x in [
            ("images", Images(), torch.randn(2, 3, 9, 7)),
            ("lines", Lines(), torch.randint(0, 11, (2, 6))),
            ("attention", Attention(), torch.randn(2, 5, 8)),
            ("resnet18", ResNet18(4, 5), torch.randn(2, 3, 40, 36)),
        ]:
            module = randomized(module)
            write_safetensors(FOLDER / f"{name}.safetensors", module.state_dict())
            write_safetensors(FOLDER / f"{name}-data.safetensors", {"x": channels_last(x), "y": module(x)})


if __name__ == "__main__":
    main()
