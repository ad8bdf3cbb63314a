#!/usr/bin/env python3
"""Writes baselines.safetensors: the compared systems of the paper in PyTorch, narrow, with outputs and gradients in float64.

    apt-get install python3-torch
    python3 test/golden/make_baselines.py test/golden/baselines.safetensors

Cases: DeepFakes through either decoder, AEI-Net with all seven levels of its attribute encoder (so at 256 pixels) and with four, HEAR-Net with all five.
golden_file.py says what such a file holds.

Images are kept small in the file: with args.shrink = s the inputs are enlarged s times, bilinearly, before the network, and its output is averaged over
s × s pixels behind it. Both are linear, so every value and gradient of the network still passes through.
"""
import sys

import torch
import torch.nn.functional as F
from torch import nn

from golden_file import GoldenFile, state

torch.set_default_dtype(torch.float64)


def widths(base, width):
    return [max(4, int(n * width)) for n in base]


# DeepFakes, 2017: one encoder, two decoders, 64 pixels

class SamePad(nn.Module):
    """TensorFlow's 'same' for a kernel of 5 and stride 2 on an even side."""

    def forward(self, x):
        return F.pad(x, (1, 2, 1, 2))


def upscale(i, o):
    return nn.Sequential(nn.Conv2d(i, 4 * o, 3, padding=1), nn.LeakyReLU(0.1), nn.PixelShuffle(2))


class DeepFakes(nn.Module):
    def __init__(self, width, who):
        super().__init__()
        c = widths((128, 256, 512, 1024), width)
        layers = []
        for i, o in zip([3] + c, c):
            layers += [SamePad(), nn.Conv2d(i, o, 5, stride=2), nn.LeakyReLU(0.1)]
        flat = c[3] * 4 * 4
        layers += [nn.Flatten(), nn.Linear(flat, c[3]), nn.Linear(c[3], flat), nn.Unflatten(1, (c[3], 4, 4)), upscale(c[3], c[2])]
        self.encoder = nn.Sequential(*layers)
        self.decoder_A, self.decoder_B = (
            nn.Sequential(upscale(c[2], c[1]), upscale(c[1], c[0]), upscale(c[0], c[0] // 2), nn.Conv2d(c[0] // 2, 3, 5, padding=2), nn.Sigmoid())
            for _ in range(2)
        )
        self.who = who

    def forward(self, x):
        return getattr(self, 'decoder_' + self.who)(self.encoder(x))


# FaceShifter, 2019

def down(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 4, 2, 1), nn.BatchNorm2d(o), nn.LeakyReLU(0.1))


def up(i, o):
    return nn.Sequential(nn.ConvTranspose2d(i, o, 4, 2, 1), nn.BatchNorm2d(o), nn.LeakyReLU(0.1))


def doubled(x):
    return F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=True)


class Unet(nn.Module):
    def __init__(self, i, c):
        super().__init__()
        self.down = nn.ModuleList([down(a, b) for a, b in zip([i] + c, c)])
        ups, self.channels = [], [c[-1]]
        for o in c[-2::-1]:
            ups.append(up(self.channels[-1], o))
            self.channels.append(2 * o)
        self.up = nn.ModuleList(ups)

    def maps(self, x):
        skips = []
        for d in self.down:
            x = d(x)
            skips.append(x)
        maps = [skips.pop()]
        for u in self.up:
            maps.append(torch.cat([u(maps[-1]), skips.pop()], 1))
        return maps


class AAD(nn.Module):
    def __init__(self, ch, att, idd):
        super().__init__()
        self.norm = nn.BatchNorm2d(ch)
        self.att_gamma, self.att_beta = nn.Conv2d(att, ch, 3, padding=1), nn.Conv2d(att, ch, 3, padding=1)
        self.id_gamma, self.id_beta = nn.Linear(idd, ch), nn.Linear(idd, ch)
        self.mask = nn.Conv2d(ch, ch, 3, padding=1)

    def forward(self, h, att, z):
        n = self.norm(h)
        m = torch.sigmoid(self.mask(n))
        a = self.att_gamma(att) * n + self.att_beta(att)
        i = self.id_gamma(z)[..., None, None] * n + self.id_beta(z)[..., None, None]
        return (1 - m) * a + m * i


class AADBlock(nn.Module):
    def __init__(self, i, o, att, idd):
        super().__init__()
        for k, to in ((1, i), (2, o)) + (((3, o),) if i != o else ()):
            setattr(self, f'aad{k}', AAD(i, att, idd))
            setattr(self, f'conv{k}', nn.Conv2d(i, to, 3, padding=1))
        self.changes = i != o

    def forward(self, h, att, z):
        stage = lambda k, x: getattr(self, f'conv{k}')(F.relu(getattr(self, f'aad{k}')(x, att, z)))
        return stage(2, stage(1, h)) + (stage(3, h) if self.changes else h)


class AEINet(Unet):
    """Channels of the generator's blocks as in the paper: three blocks at full width, then halving to three."""

    def __init__(self, width, levels, idd):
        c = widths((32, 64, 128, 256, 512, 1024, 1024)[:levels], width)
        super().__init__(3, c)
        self.first = nn.ConvTranspose2d(idd, c[-1], 2)
        outs = [c[-1]] + c[:0:-1] + [3]
        atts = self.channels + [self.channels[-1]]
        self.blocks = nn.ModuleList([AADBlock(i, o, a, idd) for i, o, a in zip([c[-1]] + outs, outs, atts)])

    def forward(self, x, z):
        atts = self.maps(x)
        atts.append(doubled(atts[-1]))
        h = self.first(z[..., None, None])
        for k, (block, att) in enumerate(zip(self.blocks, atts)):
            h = block(h if k == 0 else doubled(h), att, z)
        return torch.sigmoid(h)


class HEARNet(Unet):
    def __init__(self, width, levels):
        super().__init__(6, widths((64, 128, 256, 512, 512)[:levels], width))
        self.last = nn.Conv2d(self.channels[-1], 3, 3, padding=1)

    def forward(self, x, e):
        return torch.sigmoid(self.last(doubled(self.maps(torch.cat([x, e], 1))[-1])))


# The file

def to_float(t):
    return t.float().double()


def jitter(module):
    """Norms and biases away from their initial values, so that a swapped or an ignored parameter shows."""
    with torch.no_grad():
        for name, v in module.state_dict().items():
            if v.dtype == torch.int64:
                continue
            if name.endswith('running_var'):
                v += torch.rand_like(v)
            elif v.ndim <= 1:
                v += torch.randn_like(v) * 0.2
            v.copy_(to_float(v))
    return module


def case(file, name, op, args, module, inputs, train=True):
    module = jitter(module).train(train)
    shrink = args['shrink']
    before = state(module)
    inputs = {k: to_float(v).requires_grad_(True) for k, v in inputs.items()}
    large = [F.interpolate(v, scale_factor=shrink, mode='bilinear', align_corners=False) if v.ndim == 4 else v for v in inputs.values()]
    y = F.avg_pool2d(module(*large), shrink)
    g = to_float(torch.randn_like(y))
    leaves = {**inputs, **dict(module.named_parameters())}
    grads = torch.autograd.grad(y, list(leaves.values()), g, allow_unused=True)
    found = {k: d for k, d in zip(leaves, grads) if d is not None}
    file.put(name, {**inputs, **before, 'y': y, 'g_y': g, **{'d_' + k: d for k, d in found.items()}})
    file.case(name, op, {**args, 'train': train}, inputs, before, ['y'], found)


def main(path):
    torch.manual_seed(0)
    file = GoldenFile()
    photo = lambda n, side, c=3: torch.rand(n, c, side, side)
    for who in 'AB':
        args = {'width': 1 / 64, 'decoder': who, 'shrink': 2}
        case(file, f'deepfakes_{who}_eval', 'deepfakes', args, DeepFakes(1 / 64, who), {'x': photo(1, 32)}, train=False)
    # In training, float32 leaves the gradients of seven levels of batch norms three digits (PyTorch's own too), so that is for four levels.
    for levels, train, shrink in ((7, False, 16), (4, True, 2)):
        args = {'width': 1 / 256, 'levels': levels, 'idDim': 8, 'taper': 'late', 'shrink': shrink}
        inputs = {'x': photo(2, 16), 'z': F.normalize(torch.randn(2, 8))}
        name = f'aeinet_{levels}_{"train" if train else "eval"}'
        case(file, name, 'aeinet', args, AEINet(1 / 256, levels, 8), inputs, train)
    args = {'width': 1 / 128, 'levels': 5, 'shrink': 4}
    case(file, 'hearnet', 'hearnet', args, HEARNet(1 / 128, 5), {'x': photo(2, 16), 'e': photo(2, 16) - 0.5})
    file.write(path)


if __name__ == '__main__':
    main(sys.argv[1])
