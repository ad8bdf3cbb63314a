"""EfficientNet-lite0, the projected discriminator and DiffAugment in PyTorch, for make_projected.py."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

# EfficientNet-lite0 (Tan and Le 2019): expansion, kernel, stride, channels, blocks of each stage

STAGES = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1))
TAPS = (1, 2, 4, 6)


def scaled(count, width):
    return max(4, int(count * width))


def norm(channels):
    return nn.BatchNorm2d(channels, eps=1e-3)


class Same(nn.Conv2d):
    """TensorFlow's 'same': the odd pixel of padding goes behind."""

    def __init__(self, i, o, kernel, stride=1, groups=1):
        super().__init__(i, o, kernel, stride, groups=groups, bias=False)

    def forward(self, x):
        k, s = self.kernel_size[0], self.stride[0]
        pads = [max(0, (-(-side // s) - 1) * s + k - side) for side in (x.shape[3], x.shape[2])]
        return super().forward(F.pad(x, [part for total in pads for part in (total // 2, total - total // 2)]))


class Depthwise(nn.Module):
    def __init__(self, i, o, kernel, stride):
        super().__init__()
        self.conv_dw, self.bn1, self.conv_pw, self.bn2 = Same(i, i, kernel, stride, i), norm(i), Same(i, o, 1), norm(o)
        self.residual = stride == 1 and i == o

    def forward(self, x):
        y = self.bn2(self.conv_pw(F.relu6(self.bn1(self.conv_dw(x)))))
        return x + y if self.residual else y


class Inverted(nn.Module):
    def __init__(self, i, o, kernel, stride, expansion):
        super().__init__()
        m = i * expansion
        self.conv_pw, self.bn1, self.conv_dw, self.bn2, self.conv_pwl, self.bn3 = Same(i, m, 1), norm(m), Same(m, m, kernel, stride, m), norm(m), Same(m, o, 1), norm(o)
        self.residual = stride == 1 and i == o

    def forward(self, x):
        y = F.relu6(self.bn2(self.conv_dw(F.relu6(self.bn1(self.conv_pw(x))))))
        y = self.bn3(self.conv_pwl(y))
        return x + y if self.residual else y


class EfficientNet(nn.Module):
    def __init__(self, width, classes=0):
        super().__init__()
        i = scaled(32, width)
        self.conv_stem, self.bn1, stages = Same(3, i, 3, 2), norm(i), []
        for expansion, kernel, stride, channels, count in STAGES:
            o, blocks = scaled(channels, width), []
            for k in range(count):
                step = stride if k == 0 else 1
                blocks.append(Depthwise(i, o, kernel, step) if expansion == 1 else Inverted(i, o, kernel, step, expansion))
                i = o
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        if classes:
            head = scaled(1280, width)
            self.conv_head, self.bn2, self.classifier = Same(i, head, 1), norm(head), nn.Linear(head, classes)

    def features(self, x):
        x, maps = F.relu6(self.bn1(self.conv_stem(x))), []
        for k, stage in enumerate(self.blocks):
            x = stage(x)
            if k in TAPS:
                maps.append(x)
        return maps

    def forward(self, x):
        return self.classifier(F.relu6(self.bn2(self.conv_head(self.features(x)[-1]))).mean((2, 3)))


def enlarged(x, side):
    return F.interpolate(x, size=(side, side), mode='bilinear', align_corners=False)


# The projected discriminator (Sauer et al. 2021, as SimSwap's training code of 2022 has it)

class Fusion(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.out_conv = nn.Conv2d(i, o, 1)

    def forward(self, x):
        return self.out_conv(F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=True))


class Scratch(nn.Module):
    def __init__(self, channels, width):
        super().__init__()
        c = [scaled(n, width) for n in (64, 128, 256, 512)]
        self.out = [c[0], c[0], c[1], c[2]]
        for k in range(4):
            setattr(self, f'layer{k}_ccm', nn.Conv2d(channels[k], c[k], 1))
        for k in reversed(range(4)):
            setattr(self, f'layer{k}_csm', Fusion(c[k], self.out[k]))

    def forward(self, maps):
        out, below = [], 0
        for k in reversed(range(4)):
            below = getattr(self, f'layer{k}_csm')(getattr(self, f'layer{k}_ccm')(maps[k]) + below)
            out.insert(0, below)
        return out


class Down(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.main = nn.Sequential(spectral_norm(nn.Conv2d(i, o, 4, 2, 1)), nn.BatchNorm2d(o), nn.LeakyReLU(.2))

    def forward(self, x):
        return self.main(x)


class Head(nn.Module):
    def __init__(self, level, i, width):
        super().__init__()
        c = [i] + [scaled(n, width) for n in (64, 128, 256, 512)[level:]]
        self.main = nn.Sequential(*[Down(a, b) for a, b in zip(c, c[1:])], spectral_norm(nn.Conv2d(c[-1], 1, 4, bias=False)))

    def forward(self, x):
        return self.main(x).flatten(1)


class Projected(nn.Module):
    def __init__(self, width, feature_width, side):
        super().__init__()
        self.side, pretrained = side, EfficientNet(feature_width)
        scratch = Scratch([scaled(STAGES[k][3], feature_width) for k in TAPS], width)
        self.feature_network = nn.ModuleDict(dict(pretrained=pretrained, scratch=scratch)).requires_grad_(False)
        heads = nn.ModuleDict({str(k): Head(k, c, width) for k, c in enumerate(scratch.out)})
        self.discriminator = nn.ModuleDict(dict(mini_discs=heads))

    def features(self, x):
        return self.feature_network.pretrained.features(enlarged(x, self.side))

    def forward(self, x):
        maps = self.features(x)
        projected = self.feature_network.scratch(maps)
        return torch.cat([head(p) for head, p in zip(self.discriminator.mini_discs.values(), projected)], 1), maps


def augment(x, draws, kinds):
    """DiffAugment (Zhao et al. 2020) with given random numbers: brightness, saturation, contrast, two shifts, two places of the cut."""
    d, side = draws[:, :, None, None, None], x.shape[2]
    if 'color' in kinds:
        x = x + d[:, 0] - .5
        x = (x - x.mean(1, keepdim=True)) * 2 * d[:, 1] + x.mean(1, keepdim=True)
        x = (x - x.mean((1, 2, 3), keepdim=True)) * (d[:, 2] + .5) + x.mean((1, 2, 3), keepdim=True)
    if 'translation' in kinds:
        most, rows = int(side * .125 + .5), []
        for n in range(len(x)):
            dy, dx = (int(draws[n, k] * (2 * most + 1)) - most for k in (3, 4))
            padded = F.pad(x[n], [most] * 4)
            rows.append(padded[:, most + dy:most + dy + side, most + dx:most + dx + side])
        x = torch.stack(rows)
    if 'cutout' in kinds:
        size, mask = int(side * .2 + .5), torch.ones_like(x)
        for n in range(len(x)):
            y0, x0 = (int(draws[n, k] * (side + 1 - size % 2)) - size // 2 for k in (5, 6))
            mask[n, :, max(0, y0):max(0, y0 + size), max(0, x0):max(0, x0 + size)] = 0
        x = x * mask
    return x
