#!/usr/bin/env python3
"""Writes simswap.safetensors: SimSwap's networks, and four steps of the paper's training, in PyTorch and float64. golden_file.py says what such a file holds.

    apt-get install python3-torch
    /usr/bin/python3 test/golden/make_simswap.py test/golden/simswap.safetensors

Parameters and images are of values that float16 holds exactly, and stored so. All cases share sizes, so that few kernels are compiled: that is most of
the time. Gradients are not stored where a case repeats the layers of another.
"""
import sys

import torch
import torch.nn.functional as F
from torch import nn

from golden_file import GoldenFile, state
from networks import WIDTH, ArcFace, Discriminator, Generator, IResNet, hashed, prepare
from paper_step import PaperStep

BATCH, SIDE, FACE, LATENT = 2, 48, 40, 16
file = GoldenFile()


def image(seed, *shape):
    return hashed(seed, *shape).half().double()


def network(name, op, args, module, ins, outs, train, gradients=True):
    prepare(module).train(train)
    before = state(module)
    ins = {key: x.requires_grad_(True) for key, x in ins.items()}
    y = module(*ins.values())
    outputs = dict(zip(outs, y if isinstance(y, tuple) else (y,)))
    file.put(name, before, half=True)
    for key, x in ins.items():
        file.put(name, {key: x}, half=x.ndim == 4)
    file.put(name, outputs)
    wanted = {}
    if gradients:
        upstream = {key: (image(100 + k, *x.shape) - .5).half().double() for k, (key, x) in enumerate(outputs.items())}
        wanted = {**ins, **{key: p for key, p in module.named_parameters() if p.requires_grad}}
        found = torch.autograd.grad(list(outputs.values()), list(wanted.values()), list(upstream.values()))
        file.put(name, {f'g_{key}': g for key, g in upstream.items()}, half=True)
        file.put(name, {f'd_{key}': g for key, g in zip(wanted, found)})
    file.case(name, op, {**args, 'train': train}, ins, before, outputs, wanted)


def networks():
    photos = lambda side, batch=BATCH: {'x': image(5, batch, 3, side, side)}
    latents = lambda: {'z': F.normalize(hashed(7, BATCH, LATENT) - .5).float().double()}

    def generator(name, train, gradients=False, **form):
        args = dict(width=WIDTH, blocks=1, latent=LATENT, head=form.get('head', 'tanh'), deep=form.get('deep', False), halfWidthStem=form.get('stem', False))
        module = Generator(LATENT, 1, tanh=args['head'] == 'tanh', deep=args['deep'], stem=args['halfWidthStem'])
        network(name, 'generator', args, module, {**photos(SIDE), **latents()}, ['y'], train, gradients)

    generator('generator_tanh_train', True, gradients=True)
    generator('generator_linear_deep_eval', False, head='linear', deep=True)
    generator('generator_half_width_stem', True, stem=True)
    maps = [f'f{k}' for k in range(5)] + ['logits']
    network('discriminator', 'patchDiscriminator', dict(width=WIDTH), Discriminator(), photos(SIDE), maps, True)
    identity = dict(width=WIDTH, layers=[1, 1, 1, 1], embedding=LATENT, inputSize=FACE)
    # In a batch of two the last norm would give ±1 whatever comes in, and gradients of rounding errors.
    network('arcface_train', 'arcface', dict(identity, se=True), ArcFace((1, 1, 1, 1), LATENT, FACE), photos(FACE, 4), ['y'], True)
    network('iresnet_eval', 'iresnet', identity, IResNet((1, 1, 1, 1), LATENT, FACE), photos(FACE), ['y'], False, gradients=False)


def length(module):
    return sum((p ** 2).sum() for p in module.parameters()).sqrt()


def training(name, steps=4):
    """The paper's recipe: the losses of each step, then the norm of each network's parameters. Even steps pair two photos of a person."""
    G, A = prepare(Generator(LATENT, 1)), prepare(ArcFace((1, 1, 1, 1), LATENT, FACE)).eval().requires_grad_(False)
    D = nn.ModuleList([prepare(Discriminator(3)), prepare(Discriminator(3))])
    for tag, module in (('G', G), ('D', D), ('A', A)):
        file.put(name, {f'{tag}.{key}': x for key, x in state(module).items()}, half=True)
    step = PaperStep(G, D, A, FACE)
    draw = lambda k, *shape: torch.stack([image(3 * number + k, BATCH, *shape) for number in range(steps)])
    target, source, alphas, log = draw(0, 3, SIDE, SIDE), draw(1, 3, SIDE, SIDE), draw(2, 1, 1, 1), []
    for k, (t, s, alpha) in enumerate(zip(target, source, alphas)):
        losses = step.take(t, s, alpha, same=k % 2 == 0)
        log.append(torch.cat([losses, torch.stack([length(G), length(D)]).detach()]))
    file.put(name, {'target': target, 'source': source, 'gp_alpha': alphas}, half=True)
    file.put(name, {'log': torch.stack(log)})
    args = dict(width=WIDTH, blocks=1, latent=LATENT, discriminatorLayers=3, lambdas=dict(id=10, rec=10, fm=10, gp=1e-5), adam=[4e-4, 0, .999], featureLayers=[-2, -1],
                arcface=dict(width=WIDTH, layers=[1, 1, 1, 1], se=True, embedding=LATENT, inputSize=FACE))
    file.case(name, 'trainSimSwap', args, ['target', 'source', 'gp_alpha'], out=['log'])


if __name__ == '__main__':
    torch.manual_seed(0)
    networks()
    training('training')
    file.write(sys.argv[1])
