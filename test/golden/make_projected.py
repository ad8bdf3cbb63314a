#!/usr/bin/env python3
"""Writes projected.safetensors: EfficientNet-lite0, spectral norm, the projected discriminator, DiffAugment, and the first steps of every recipe, in
PyTorch and float64.

    apt-get install python3-torch
    /usr/bin/python3 test/golden/make_projected.py test/golden/projected.safetensors

Generator, PatchGAN and identity network are those of networks.py, as are the hashed images of the recipes, which are not stored. golden_file.py says what
such a file holds; parameters are of values that float16 holds exactly, and stored so.
"""
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

from golden_file import GoldenFile, state
from networks import NORMALS, ArcFace, Discriminator, Generator, hashed, prepare
from projected_networks import EfficientNet, Projected, augment, enlarged

file = GoldenFile()
put, case = file.put, file.case


def network_case(name, op, args, module, ins, compute, upstream, wanted):
    """compute(inputs) -> outputs by name; gradients of `wanted` (inputs and parameters) flow from the outputs in `upstream`."""
    ins = {key: value.float().double().requires_grad_(True) for key, value in ins.items()}
    before = state(module)
    outputs = compute(ins)
    leaves = {**ins, **dict(module.named_parameters())}
    flowing = {key: torch.randn_like(outputs[key]).float().double() for key in upstream}
    gradients = torch.autograd.grad([outputs[key] for key in upstream], [leaves[key] for key in wanted], list(flowing.values()))
    put(name, before, half=True)
    put(name, ins)
    put(name, outputs)
    put(name, {f'g_{key}': value for key, value in flowing.items()})
    put(name, {f'd_{key}': value for key, value in zip(wanted, gradients)})
    case(name, op, args, ins, before, outputs, wanted)


def calmed(network):
    """Shifts the norms in front of relu6 into its linear part, as they mostly are in a trained network. Fifty random layers otherwise amplify rounding a
    thousandfold: PyTorch in float32 and float64 part by up to 4 % in a gradient, and by 1 to 10 % after Adam's first two steps, which see little
    more than signs."""
    for key, value in network.state_dict().items():
        if key.endswith(('bn1.bias', 'bn2.bias')):
            value.copy_((value + 2.5).half().double())
    return network


def efficientnet():
    net, args = calmed(prepare(EfficientNet(1 / 16, 5))), dict(width=1 / 16, classes=5, side=64)

    def compute(ins):
        x, out = enlarged(ins['x'], 64), {}
        for mode in ('eval', 'train'):
            net.train(mode == 'train')
            if mode == 'eval':
                with torch.no_grad():
                    out.update({f'{mode}_f{k}': m for k, m in enumerate(net.features(x))})
                    out[f'{mode}_logits'] = net(x)
            else:
                out[f'{mode}_logits'] = net(x)
        out['stem_mean'] = net.bn1.running_mean.clone()
        out['head_var'] = net.bn2.running_var.clone()
        return out

    wanted = ['x', 'conv_stem.weight', 'bn1.weight', 'blocks.0.0.conv_dw.weight', 'blocks.1.0.conv_dw.weight', 'blocks.2.1.conv_pwl.weight', 'blocks.5.0.conv_dw.weight', 'blocks.6.0.bn3.bias', 'classifier.weight', 'classifier.bias']
    network_case('efficientnet_lite0', 'efficientNetLite0', args, net, {'x': torch.randn(2, 3, 32, 32)}, compute, ['train_logits'], wanted)


def projected():
    args = dict(width=1 / 16, featureWidth=1 / 16, inputSize=128)
    net = calmed(prepare(Projected(1 / 16, 1 / 16, 128)))

    def compute(ins):
        net.eval()
        with torch.no_grad():
            logits, maps = net(ins['x'])
        out = {'eval_logits': logits, 'eval_f3': maps[3]}
        net.train()
        logits, maps = net(ins['x'])
        out.update(train_logits=logits, train_f2=maps[2], train_f3=maps[3])
        for k, head in net.discriminator.mini_discs.items():
            out[f'u{k}'] = head.main[0].main[0].weight_u.clone()
        return out

    head = 'discriminator.mini_discs.'
    wanted = ['x', head + '0.main.0.main.0.weight_orig', head + '0.main.3.main.1.weight', head + '0.main.4.weight_orig', head + '1.main.0.main.0.bias', head + '1.main.2.main.0.weight_orig', head + '2.main.1.main.1.bias', head + '3.main.0.main.0.weight_orig', head + '3.main.1.weight_orig']
    network_case('projected_discriminator', 'projectedDiscriminator', args, net, {'x': torch.randn(2, 3, 32, 32)}, compute, ['train_logits', 'train_f3'], wanted)


def spectral():
    """Five steps of gradient descent on a spectrally normed convolution: its outputs, then the weight and both vectors, then its output in evaluation."""
    name, rate = 'spectral_norm', .5
    conv = prepare(spectral_norm(nn.Conv2d(5, 6, 4, 2, 1)))
    x, g = torch.randn(2, 5, 8, 8).float().double(), torch.randn(2, 6, 4, 4).float().double()
    put(name, state(conv), half=True)
    outputs = {}
    param = list(state(conv))
    for k in range(5):
        y = conv(x)
        outputs[f'y{k}'] = y
        dw, db = torch.autograd.grad(y, [conv.weight_orig, conv.bias], g)
        with torch.no_grad():
            conv.weight_orig -= rate * dw
            conv.bias -= rate * db
    outputs.update({'after_' + key: value for key, value in state(conv).items()})
    outputs['y_eval'] = conv.eval()(x)
    put(name, {'x': x, 'g': g, **outputs})
    case(name, 'spectralNorm', dict(rate=rate, kernel=4, stride=2, padding=1), ['x', 'g'], param, outputs)


def augmentation():
    for name, side, kinds in (('diff_augment', 16, ['color', 'translation', 'cutout']), ('diff_augment_moves', 13, ['translation', 'cutout'])):
        x = torch.randn(5, 3, side, side).float().double().requires_grad_(True)
        draws = torch.rand(5, 7).float().double()
        y = augment(x, draws, kinds)
        g = torch.randn_like(y).float().double()
        put(name, {'x': x, 'draws': draws, 'y': y, 'g_y': g, 'd_x': torch.autograd.grad(y, x, g)[0]})
        case(name, 'diffAugment', dict(kinds=kinds), ['x', 'draws'], [], ['y'], ['x'])


# Recipes: λ identity, reconstruction, feature matching, gradient penalty; feature maps; hinge factor; Adam; kinds; resize

def patch_recipe(weights=(10, 10, 10, 1e-5), maps=(3, 4), factor=1, adam=(4e-4, 0, .999), kinds=('same', 'cross'), resize='bicubic'):
    return dict(weights=weights, maps=maps, factor=factor, adam=adam, kinds=kinds, resize=resize)


ALL = (0, 1, 2, 3, 4)
RELEASED = dict(maps=ALL, factor=.5, kinds=('cross', 'same'), resize='nearest')
PATCH_RECIPES = {
    'paper': patch_recipe(),
    'released-2021': patch_recipe((20, 10, 8, 0), adam=(2e-4, .5, .999), **RELEASED),
    'released-2021-paper': patch_recipe((10, 10, 8, 1e-5), adam=(2e-4, 0, .999), **RELEASED),
    'oFM': patch_recipe(maps=ALL),
    'nFM': patch_recipe(maps=()),
    'wbarFM': patch_recipe(maps=(0, 1)),
    'oFM-FM-': patch_recipe((10, 10, 5, 1e-5), maps=ALL),
    'oFM-id+': patch_recipe((20, 10, 10, 1e-5), maps=ALL),
    'wFM-id+': patch_recipe((20, 10, 10, 1e-5)),
}
MEAN, STD = NORMALS
COLUMNS = ['adversarial', 'featureMatching', 'identity', 'reconstruction', 'generator', 'real', 'fake', 'gradientPenalty', 'discriminator', 'normG', 'normD']


def embedder(A, resize):
    def embed(x):
        corners = {} if resize == 'nearest' else dict(align_corners=False)
        return A((F.interpolate(x, size=(40, 40), mode=resize, **corners) - MEAN) / STD)
    return embed


def length(module):
    return sum((p ** 2).sum() for p in module.parameters()).sqrt().detach()


def optimizers(G, D, adam):
    rate, *betas = adam
    return [torch.optim.Adam([p for p in m.parameters() if p.requires_grad], rate, betas) for m in (G, D)]


def descend(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def batch(number, side):
    return hashed(2 * number, 2, 3, side, side), hashed(2 * number + 1, 2, 3, side, side)


def train_patch(recipe, G, D, A, steps, side):
    judge = lambda x: [D[0](x), D[1](F.avg_pool2d(x, 3, 2, 1, count_include_pad=False))]
    embed, (l_id, l_rec, l_fm, l_gp) = embedder(A, recipe['resize']), recipe['weights']
    (og, od), zero, log = optimizers(G, D, recipe['adam']), torch.zeros(()), []
    for k in range(steps):
        (t, s), alpha = batch(k, side), hashed(1000 + k, 2, 1, 1, 1)
        z = F.normalize(embed(s))
        y = G(t, z)
        fake, real = judge(y), judge(t)
        adv = -sum(o[-1].mean() for o in fake) / 2
        fm = sum(((a[j] - b[j].detach()).abs().mean() for a, b in zip(fake, real) for j in recipe['maps']), zero) / 2
        idl, rec = (1 - F.cosine_similarity(embed(y), z)).mean(), (y - t).abs().mean()
        lg = adv + l_fm * fm + l_id * idl + (l_rec * rec if recipe['kinds'][k % 2] == 'same' else 0)
        descend(og, lg)
        y = y.detach()
        fake, real = judge(y), judge(t)
        hr, hf = (sum(F.relu(1 + sign * o[-1]).mean() for o in outs) / 2 for sign, outs in ((-1, real), (1, fake)))
        ld, gp = recipe['factor'] * (hr + hf), zero
        if l_gp:
            x = (alpha * t + (1 - alpha) * y).requires_grad_(True)
            gp = sum(((torch.autograd.grad(o[-1].sum(), x, create_graph=True)[0].flatten(1).norm(dim=1) - 1) ** 2).mean() for o in judge(x)) / 2
            ld = ld + l_gp * gp
        descend(od, ld)
        log.append(torch.stack([adv, fm, idl, rec, lg, hr, hf, gp, ld, length(G), length(D)]).detach())
    return torch.stack(log)


def train_2022(G, D, A, steps, side):
    """A batch for the generator, then a fresh one for the discriminator, whose real pictures are the sources; ImageNet's colour space throughout."""
    embed, (og, od), log, zero = embedder(A, 'bicubic'), optimizers(G, D, (4e-4, 0, .99)), [], torch.zeros(())
    unit = lambda x: x * STD + MEAN
    for k in range(steps):
        t, s = batch(2 * k, side)
        z, t = F.normalize(embed(s)), (t - MEAN) / STD
        y = G(t, z)
        logits, maps = D(y)
        adv, fm = -logits.mean(), (maps[3] - D.features(t)[3].detach()).abs().mean()
        idl, rec = (1 - F.cosine_similarity(embed(unit(y)), z)).mean(), (y - t).abs().mean()
        lg = adv + 10 * fm + 30 * idl + (10 * rec if k % 2 == 0 else 0)
        descend(og, lg)
        t, s = batch(2 * k + 1, side)
        z = F.normalize(embed(s))
        with torch.no_grad():
            y = G((t - MEAN) / STD, z)
        hf, hr = F.relu(1 + D(y)[0]).mean(), F.relu(1 - D((s - MEAN) / STD)[0]).mean()
        descend(od, hr + hf)
        log.append(torch.stack([adv, fm, idl, rec, lg, hr, hf, zero, hr + hf, length(G), length(D)]).detach())
    return torch.stack(log)


def recipes(steps=2):
    import copy
    A = prepare(ArcFace((1, 1, 1, 1), 16, 40)).eval().requires_grad_(False)
    G, D = prepare(Generator(16, 1)), nn.ModuleList([prepare(Discriminator(4)), prepare(Discriminator(4))])
    common = dict(steps=steps, batch=2, columns=COLUMNS, generator=dict(width=1 / 32, blocks=1, latent=16), identity=dict(width=1 / 32, layers=[1, 1, 1, 1], embedding=16, inputSize=40))

    def store(name, networks, args, logs):
        for tag, network in networks.items():
            put(name, {f'{tag}.{key}': value for key, value in state(network).items()}, half=True)
        put(name, logs)
        case(name, 'recipes', {**common, **args}, out=logs)

    store('recipes_patch', dict(G=G, D=D, A=A), dict(side=96, recipes=list(PATCH_RECIPES), discriminator=dict(width=1 / 32, layers=4, scales=2)),
          {f'log_{name}': train_patch(recipe, copy.deepcopy(G), copy.deepcopy(D), A, steps, 96) for name, recipe in PATCH_RECIPES.items()})
    G, D = prepare(Generator(16, 1, tanh=False)), calmed(prepare(Projected(1 / 16, 1 / 16, 128)))
    form = dict(kind='projected', width=1 / 16, featureWidth=1 / 16, inputSize=128, featureStatistics='batch')
    start = dict(G=copy.deepcopy(G), D=D, A=A)
    D2 = Projected(1 / 16, 1 / 16, 128)
    D2.load_state_dict(D.state_dict())
    store('recipes_projected', start, dict(side=48, recipes=['train-2022'], discriminator=form), {'log_train-2022': train_2022(G, D2, A, steps, 48)})


if __name__ == '__main__':
    torch.manual_seed(1)
    for make in (efficientnet, projected, spectral, augmentation, recipes):
        make()
    file.write(sys.argv[1])
