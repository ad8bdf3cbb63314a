#!/usr/bin/env python3
"""Writes steps.safetensors: steps of the paper's training, each from a stored state, in PyTorch and float64. golden_file.py says what such a file holds.

    apt-get install python3-torch
    /usr/bin/python3 test/golden/make_steps.py test/golden/steps.safetensors
    /usr/bin/python3 test/golden/make_steps.py --float32 test/golden/steps.safetensors

Several steps in a row amplify rounding: one rectifier that switches changes a gradient, Adam without momentum makes whole steps of it, and float32 is some per
cent away from float64 after a few. Here weights and moments are stored before EACH step, and the step is taken from exactly those, so rounding shows once.

Every parameter is stored with a leading axis of steps + 1 states, its moments as `<parameter>.exp_avg` and `.exp_avg_sq` with one of steps: state k + 1 is what
step k makes of state k, rounded to float32, as the next step then takes it. `started` steps go before, so that moments are those of a training. Images are
hashed and not stored: of `TRIED` batches a step takes the one (`pairs`) that leaves every input of a rectifier, and every difference whose size is
taken, farthest from zero, so that rounding switches none. `still` names the parameters whose gradient is zero in theory, biases in front of a norm: they
move by rounding alone.

--float32 takes the same steps in float32 and prints how far they are from the file: what can be expected of a device.
"""
import copy
import sys

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from golden_file import GoldenFile, state
from networks import WIDTH, ArcFace, Discriminator, Generator, hashed, prepare
from paper_step import PaperStep

BATCH, SIDE, FACE, LATENT, STARTED, TRIED = 2, 48, 40, 16, 6, 64
STILL = 1e-9  # root of the mean square of a gradient that is nothing but rounding, in float64
# Weights at which every term has a share in the update that shows: by the paper's the identity loss of a random network, and 1e-5 times the penalty, would be lost.
CASES = {'paper': dict(steps=4, weights=(300, 30, 3, 1), adam=(4e-4, 0., .999)), 'momentum': dict(steps=2, weights=(600, 20, 3, .1), adam=(2e-4, .5, .999))}


def pairs(number):
    return hashed(3 * number, BATCH, 3, SIDE, SIDE), hashed(3 * number + 1, BATCH, 3, SIDE, SIDE), hashed(3 * number + 2, BATCH, 1, 1, 1)


class Corners(TorchFunctionMode):
    """Watches the functions that have a corner at zero: `nearest` is the least |x| that one was given, in units of its tensor's root mean square."""
    nearest = float('inf')

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function.__name__ in ('relu', 'leaky_relu', 'prelu', 'abs'):
            x = args[0].detach()
            self.nearest = min(self.nearest, float(x.abs()[x != 0].min() / x.square().mean().sqrt()))
        return function(*args, **(kwargs or {}))


def farthest(step, number):
    """The batch of a step, of those that are tried, that stays farthest from all corners."""
    def distance(candidate):
        with Corners() as corners:
            copy.deepcopy(step).take(*pairs(candidate), same=number % 2 == 0)
        return corners.nearest
    return max(((distance(candidate), candidate) for candidate in range(number * TRIED, (number + 1) * TRIED)))


def parts(step):
    """Each trained tensor by name, with its Adam's state."""
    for tag, module, optimizer in (('G', step.G, step.og), ('D', step.D, step.od)):
        for name, p in module.named_parameters():
            yield f'{tag}.{name}', p, optimizer.state[p]


def rounded(step):
    """Rounds weights and moments to float32, and returns copies of both."""
    weights, moments = {}, {}
    with torch.no_grad():
        for name, p, adam in parts(step):
            for x in (p, adam['exp_avg'], adam['exp_avg_sq']):
                x.copy_(x.float().double())
            weights[name] = p.detach().clone()
            moments.update({f'{name}.{key}': adam[key].clone() for key in ('exp_avg', 'exp_avg_sq')})
    return weights, moments


def record(file, name, steps, weights, adam):
    """Stores a case; returns the state of the training in front of each step, the losses and the weights behind it."""
    G, A = prepare(Generator(LATENT, 1)), prepare(ArcFace((1, 1, 1, 1), LATENT, FACE)).eval().requires_grad_(False)
    D = nn.ModuleList([prepare(Discriminator(3)), prepare(Discriminator(3))])
    step = PaperStep(G, D, A, FACE, weights, (2, 3), adam)
    for number in range(STARTED):
        step.take(*pairs(number), same=number % 2 == 0)
    states, moments, log, before, chosen = [], [], [], [], []
    for number in range(STARTED, STARTED + steps):
        w, m = rounded(step)
        states.append(w)
        moments.append(m)
        before.append(copy.deepcopy(step))
        distance, batch = farthest(step, number)
        print(f'{name}: step {number} stays {distance:.1e} away from all corners')
        chosen.append(batch)
        log.append(step.take(*pairs(batch), same=number % 2 == 0))
    still = [key for key, _, adam_state in parts(step) if float(adam_state['exp_avg_sq'].max()) < STILL ** 2]
    states.append(rounded(step)[0])
    first = adam[1] > 0  # without momentum the first moment is the last gradient, which the next step forgets
    file.put(name, {f'A.{key}': x for key, x in state(A).items()}, half=True)
    file.put(name, {key: torch.stack([s[key] for s in states]) for key in states[0]})
    file.put(name, {key: torch.stack([m[key] for m in moments]) for key in moments[0] if first or key.endswith('_sq')})
    file.put(name, {'log': torch.stack(log)})
    l_id, l_rec, l_fm, l_gp = weights
    args = dict(width=WIDTH, blocks=1, latent=LATENT, discriminatorLayers=3, lambdas=dict(id=l_id, rec=l_rec, fm=l_fm, gp=l_gp), adam=adam, featureLayers=[-2, -1],
                arcface=dict(width=WIDTH, layers=[1, 1, 1, 1], se=True, embedding=LATENT, inputSize=FACE), batch=BATCH, side=SIDE, started=STARTED, pairs=chosen, still=still)
    file.case(name, 'trainSteps', args, out=['log', 'G', 'D'])
    return before, chosen, log, states, still


def measure(name, before, chosen, log, states, still):
    """The largest error of float32 over all steps: in a loss, and in the updates of each network as one vector."""
    losses, updates = 0., {'G': 0., 'D': 0.}
    for k, step in enumerate(before):
        for module in (step.G, step.D, step.A):
            module.float()
        for optimizer in (step.og, step.od):
            for adam in optimizer.state.values():
                adam.update({key: adam[key].float() for key in ('exp_avg', 'exp_avg_sq')})
        found = step.take(*(x.float() for x in pairs(chosen[k])), same=(STARTED + k) % 2 == 0).double()
        losses = max(losses, float(((found - log[k]).abs() / log[k].abs()).max()))
        for tag in updates:
            names = [key for key in states[k] if key.startswith(tag) and key not in still]
            now = {key: p.detach().double() for key, p, _ in parts(step)}
            joined = lambda change: torch.cat([change(key).flatten() for key in names])
            wanted = joined(lambda key: states[k + 1][key] - states[k][key])
            updates[tag] = max(updates[tag], float((joined(lambda key: now[key] - states[k + 1][key])).norm() / wanted.norm()))
    print(f'{name}: float32 is away by {losses:.1e} in a loss, {updates["G"]:.1e} and {updates["D"]:.1e} in the updates of generator and discriminator')


if __name__ == '__main__':
    torch.set_num_threads(1)  # sums in one order, so that the file comes out the same
    torch.manual_seed(int(sys.argv[sys.argv.index('--seed') + 1]) if '--seed' in sys.argv else 2)
    file = GoldenFile()
    for name, settings in CASES.items():
        found = record(file, f'steps_{name}', **settings)
        if '--float32' in sys.argv:
            measure(name, *found)
    if '--float32' not in sys.argv:
        file.write(sys.argv[1])
