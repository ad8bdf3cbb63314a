"""SimSwap's networks in PyTorch, under the published names; every channel count is scaled by WIDTH. What the scripts beside this file and
test/nn/fixtures/make_pth.py compute with. Float64 becomes the default type.
"""
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F

torch.set_default_dtype(torch.float64)
WIDTH = 1 / 32
NORMALS = torch.tensor([.485, .456, .406]).view(3, 1, 1), torch.tensor([.229, .224, .225]).view(3, 1, 1)


def hashed(seed, *shape):
    """Numbers in [0, 1) that any language computes exactly: the 24 upper bits of a mixed counter (MurmurHash3's finaliser)."""
    x = np.arange(int(np.prod(shape)), dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 % 2**32)
    x ^= x >> 16; x *= np.uint32(0x85EBCA6B); x ^= x >> 13; x *= np.uint32(0xC2B2AE35); x ^= x >> 16
    return torch.from_numpy((x >> 8).astype(np.float64) / 2**24).view(*shape)


def widths(least): return [max(least, int(n * WIDTH)) for n in (64, 128, 256, 512)]


class Style(nn.Module):
    def __init__(self, latent, ch): super().__init__(); self.linear = nn.Linear(latent, 2 * ch)

    def forward(self, x, z):
        x = x - x.mean((2, 3), keepdim=True); x = x / torch.sqrt((x * x).mean((2, 3), keepdim=True) + 1e-8)
        scale, shift = self.linear(z)[:, :, None, None].chunk(2, 1)
        return x * (1 + scale) + shift


class Block(nn.Module):
    def __init__(self, ch, latent):
        super().__init__()
        conv = lambda: nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(ch, ch, 3))
        self.conv1, self.style1, self.conv2, self.style2 = conv(), Style(latent, ch), conv(), Style(latent, ch)

    def forward(self, x, z): return x + self.style2(self.conv2(F.relu(self.style1(self.conv1(x), z))), z)


class Generator(nn.Module):
    def __init__(self, latent, blocks, tanh=True, deep=False, stem=False):
        super().__init__()
        c = widths(4)
        if stem: c = [max(4, int(32 * WIDTH))] + c
        if deep: c = c + [c[-1]]
        self.tanh, first = tanh, 0 if stem else 1
        self.first_layer = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(3, c[0], 7), nn.BatchNorm2d(c[0]), nn.ReLU())
        self.names = [first + k for k in range(len(c) - 1)]
        for k, i, o in zip(self.names, c, c[1:]):
            setattr(self, f'down{k}', nn.Sequential(nn.Conv2d(i, o, 3, 2, 1), nn.BatchNorm2d(o), nn.ReLU()))
        self.BottleNeck = nn.ModuleList([Block(c[-1], latent) for _ in range(blocks)])
        for k, o, i in reversed(list(zip(self.names, c, c[1:]))):
            grow = nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False)
            setattr(self, f'up{k}', nn.Sequential(grow, nn.Conv2d(i, o, 3, 1, 1), nn.BatchNorm2d(o), nn.ReLU()))
        self.last_layer = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(c[0], 3, 7))

    def forward(self, x, z):
        x = self.first_layer(x)
        for k in self.names: x = getattr(self, f'down{k}')(x)
        for block in self.BottleNeck: x = block(x, z)
        for k in reversed(self.names): x = getattr(self, f'up{k}')(x)
        x = self.last_layer(x)
        return (torch.tanh(x) + 1) / 2 if self.tanh else x


class Discriminator(nn.Module):
    def __init__(self, layers=4):
        super().__init__()
        c = widths(4)[:layers]
        block = lambda i, o, s: nn.Sequential(nn.Conv2d(i, o, 4, s, 1), nn.BatchNorm2d(o), nn.LeakyReLU(.2))
        self.down1 = nn.Sequential(nn.Conv2d(3, c[0], 4, 2, 1), nn.LeakyReLU(.2))
        for k, (i, o) in enumerate(zip(c, c[1:])): setattr(self, f'down{k + 2}', block(i, o, 2))
        self.conv1, self.conv2 = block(c[-1], c[-1], 1), nn.Sequential(nn.Conv2d(c[-1], 1, 4, 1, 1))

    def forward(self, x):
        out = []
        for stage in self.children(): x = stage(x); out.append(x)
        return tuple(out)


class Gate(nn.Module):
    def __init__(self, ch): super().__init__(); self.fc = nn.Sequential(nn.Linear(ch, ch // 16), nn.PReLU(), nn.Linear(ch // 16, ch), nn.Sigmoid())

    def forward(self, x): return x * self.fc(x.mean((2, 3)))[:, :, None, None]


def shortcut(i, o, s): return nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o)) if s != 1 or i != o else None


class ArcBlock(nn.Module):
    def __init__(self, i, o, s, gated):
        super().__init__()
        self.bn0, self.conv1, self.bn1, self.prelu = nn.BatchNorm2d(i), nn.Conv2d(i, i, 3, 1, 1, bias=False), nn.BatchNorm2d(i), nn.PReLU()
        self.conv2, self.bn2, self.downsample = nn.Conv2d(i, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), shortcut(i, o, s)
        self.se = Gate(o) if gated else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.prelu(self.bn1(self.conv1(self.bn0(x))))))
        if self.se: y = self.se(y)
        return self.prelu(y + (self.downsample(x) if self.downsample else x))


class BasicBlock(nn.Module):
    def __init__(self, i, o, s):
        super().__init__()
        self.bn1, self.conv1, self.bn2, self.prelu = nn.BatchNorm2d(i), nn.Conv2d(i, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o), nn.PReLU(o)
        self.conv2, self.bn3, self.downsample = nn.Conv2d(o, o, 3, s, 1, bias=False), nn.BatchNorm2d(o), shortcut(i, o, s)

    def forward(self, x): return self.bn3(self.conv2(self.prelu(self.bn2(self.conv1(self.bn1(x)))))) + (self.downsample(x) if self.downsample else x)


class ArcFace(nn.Module):
    def __init__(self, layers, embedding, size, gated=True):
        super().__init__()
        c, side = widths(16), (size - 2) // 2
        self.conv1, self.bn1, self.prelu, self.pool = nn.Conv2d(3, c[0], 3, bias=False), nn.BatchNorm2d(c[0]), nn.PReLU(), nn.MaxPool2d(2, 2)
        for k, n in enumerate(layers):
            stride, i = 1 if k == 0 else 2, c[max(0, k - 1)]
            side = -(-side // stride)
            setattr(self, f'layer{k + 1}', nn.Sequential(*[ArcBlock(c[k] if b else i, c[k], 1 if b else stride, gated) for b in range(n)]))
        self.bn2, self.fc, self.bn3 = nn.BatchNorm2d(c[3]), nn.Linear(c[3] * side * side, embedding), nn.BatchNorm1d(embedding)

    def forward(self, x):
        x = self.pool(self.prelu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.bn3(self.fc(self.bn2(x).flatten(1)))


class IResNet(nn.Module):
    def __init__(self, layers, embedding, size):
        super().__init__()
        c, side = widths(16), size
        self.conv1, self.bn1, self.prelu = nn.Conv2d(3, c[0], 3, 1, 1, bias=False), nn.BatchNorm2d(c[0]), nn.PReLU(c[0])
        for k, n in enumerate(layers):
            i, side = c[max(0, k - 1)], -(-side // 2)
            setattr(self, f'layer{k + 1}', nn.Sequential(*[BasicBlock(c[k] if b else i, c[k], 1 if b else 2) for b in range(n)]))
        self.bn2, self.fc, self.features = nn.BatchNorm2d(c[3]), nn.Linear(c[3] * side * side, embedding), nn.BatchNorm1d(embedding)
        self.features.weight.requires_grad_(False)

    def forward(self, x):
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.prelu(self.bn1(self.conv1(x)))))))
        return self.features(self.fc(self.bn2(x).flatten(1)))


def prepare(m):
    """Moves what starts as 0 or 1, so that a swapped or ignored parameter shows, and rounds all to float16."""
    for k, v in m.state_dict().items():
        if v.dtype == torch.int64: continue
        if k.endswith('running_var'): v += torch.randn(v.shape).abs() * .3
        elif v.ndim <= 1 and not k.startswith('features.weight'): v += torch.randn(v.shape) * .1
        v.copy_(v.half().double())
    return m
