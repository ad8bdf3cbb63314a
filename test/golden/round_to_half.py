#!/usr/bin/env python3
"""What mixed precision can reach at best: PyTorch in float64 on the cases of golden files, with nothing but its tensors rounded to float16.

    apt-get install python3-torch
    /usr/bin/python3 test/golden/round_to_half.py test/golden/simswap.safetensors test/golden/baselines.safetensors
    /usr/bin/python3 test/golden/round_to_half.py --recipes test/golden/projected.safetensors

Every module's result, input and matrix is rounded on its way forward, or its gradient on its way back, or both; sums, statistics, losses and parameters are
exact. For a network it prints the error of the worst output and of all gradients as one vector against the file. For recipes each step is taken alone behind exact ones, a few
times with other roundings (numbers are scaled at random before they are rounded), and the largest error of each column of the log is printed.
"""
import argparse
import json
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import parametrize

import make_baselines
import make_projected
import networks
from networks import ArcFace, Discriminator, Generator, IResNet

COLUMNS = ('adversarial', 'featureMatching', 'identity', 'reconstruction', 'generator', 'real', 'fake', 'gradientPenalty', 'discriminator', 'normG', 'normD')


class Rounding:
    forward = backward = random = False
    scale = 1  # of gradients, as a loss scaler keeps them in the range of float16


def half(x):
    by = 1 + torch.rand(()) if Rounding.random else 1
    return (x * by).half().double() / by


class Round(torch.autograd.Function):
    @staticmethod
    def forward(_, x):
        return half(x) if Rounding.forward else x.clone()

    @staticmethod
    def backward(_, g):
        return half(g * Rounding.scale) / Rounding.scale if Rounding.backward else g


class Matrix(nn.Module):
    """A parameter as products see it; its gradient is summed in float32."""

    def forward(self, w):
        return w + ((half(w) - w).detach() if Rounding.forward else 0)


def rounded(network):
    each = lambda x: Round.apply(x) if isinstance(x, torch.Tensor) else x
    for module in list(network.modules()):
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            parametrize.register_parametrization(module, 'weight', Matrix())
        module.register_forward_pre_hook(lambda _, xs: tuple(each(x) for x in xs))
        module.register_forward_hook(lambda _, __, y: each(y))
    return network


def read(path):
    data = open(path, 'rb').read()
    start = 8 + struct.unpack('<Q', data[:8])[0]
    header = json.loads(data[8:start])
    cases = json.loads(header.pop('__metadata__')['cases'])
    types = {'F32': np.float32, 'F16': np.float16, 'I32': np.int32}
    array = lambda at, dtype, shape: np.frombuffer(data[start + at[0]:start + at[1]], types[dtype]).reshape(shape).astype(np.float64)
    return cases, {name: torch.from_numpy(array(x['data_offsets'], x['dtype'], x['shape'])) for name, x in header.items()}


BUILD = {
    'generator': lambda a: Generator(a['latent'], a['blocks'], a['head'] == 'tanh', a['deep'], a.get('halfWidthStem', False)),
    'patchDiscriminator': lambda a: Discriminator(),
    'arcface': lambda a: ArcFace(a['layers'], a['embedding'], a.get('inputSize', 112), a['se']),
    'iresnet': lambda a: IResNet(a['layers'], a['embedding'], a['inputSize']),
    'deepfakes': lambda a: make_baselines.DeepFakes(a['width'], a['decoder']),
    'aeinet': lambda a: make_baselines.AEINet(a['width'], a['levels'], a['idDim']),
    'hearnet': lambda a: make_baselines.HEARNet(a['width'], a['levels']),
}


def network_errors(case, stored):
    args, get = case['args'], lambda name: stored[f"{case['name']}/{name}"]
    networks.WIDTH = args['width']
    module, shrink = BUILD[case['op']](args).train(args['train']), args.get('shrink', 1)
    module.load_state_dict({name: get(name) for name in case['param']}, strict=False)
    leaves = {**dict(module.named_parameters()), **{name: get(name).clone().requires_grad_(True) for name in case['in']}}
    rounded(module)
    large = [F.interpolate(x, scale_factor=shrink, mode='bilinear', align_corners=False) if shrink > 1 and x.ndim == 4 else x for x in map(leaves.get, case['in'])]
    y = module(*large)
    outputs = [F.avg_pool2d(x, shrink) if shrink > 1 else x for x in (y if isinstance(y, tuple) else (y,))]
    part = max(float((x - get(name)).norm() / get(name).norm()) for name, x in zip(case['out'], outputs))
    if not case['grad']:
        return part, 0
    found = torch.autograd.grad(outputs, [leaves[name] for name in case['grad']], [get(f'g_{name}') for name in case['out']])
    squares = lambda xs: sum(float(x.square().sum()) for x in xs)
    expected = [get(f'd_{name}') for name in case['grad']]
    return part, (squares(a - b for a, b in zip(found, expected)) / squares(expected)) ** .5


def print_networks(path):
    ways = {'exact': (False, False), 'forward': (True, False), 'backward': (False, True), 'both': (True, True)}
    cases, stored = read(path)
    for case in cases:
        if case['op'] not in BUILD:
            continue
        print(case['name'])
        for way, (Rounding.forward, Rounding.backward) in ways.items():
            print(f'  {way:9} output {{:.1e}}, gradients {{:.1e}}'.format(*network_errors(case, stored)))


def print_recipes(path, draws=8):
    Rounding.random, Rounding.scale = True, 1024
    cases, stored = read(path)
    case = next(case for case in cases if case['name'] == 'recipes_patch')
    exact_batch = make_projected.batch

    def trained(recipe, step):
        """One rounded step behind exact ones."""
        def batch(number, side):
            Rounding.forward = Rounding.backward = number == step
            return exact_batch(number, side)

        make_projected.batch = batch
        G, A = Generator(16, 1), ArcFace((1, 1, 1, 1), 16, 40).requires_grad_(False)
        D = nn.ModuleList([Discriminator(), Discriminator()])
        for tag, network in (('G', G), ('D', D), ('A', A)):
            names = [name for name, x in network.state_dict().items() if x.dtype != torch.int64]
            network.load_state_dict({name: stored[f'recipes_patch/{tag}.{name}'] for name in names}, strict=False)
        return make_projected.train_patch(recipe, rounded(G), rounded(D), rounded(A.eval()), step + 1, case['args']['side'])[step, :9]

    for name, recipe in make_projected.PATCH_RECIPES.items():
        expected = stored[f'recipes_patch/log_{name}'][:, :9]
        errors = []
        for draw in range(draws):
            torch.manual_seed(draw)
            log = torch.stack([trained(recipe, step) for step in range(len(expected))])
            errors.append((log - expected).norm(dim=0) / expected.norm(dim=0).clamp(min=1e-9))
        print(name, ', '.join(f'{column} {float(e):.1e}' for column, e in zip(COLUMNS, torch.stack(errors).amax(0))), flush=True)


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('files', nargs='+')
    parser.add_argument('--recipes', action='store_true')
    options = parser.parse_args()
    for path in options.files:
        (print_recipes if options.recipes else print_networks)(path)
