"""Ops that random programs are drawn out of, continued: vectors, classes and losses. See program_ops.py for what an op is."""
import math
import torch
import torch.nn.functional as F

from program_ops import decide, op

axis_of = lambda c: c.axis() - c.pick(0, c.rank)
op('l2Normalize', lambda c: c.rank > 0 and c.step('l2Normalize', [c.x], axis=axis_of(c)))(lambda x, a: F.normalize(x[0], dim=a['axis']))
op('cosineSimilarity', lambda c: c.rank > 0 and c.step('cosineSimilarity', [c.x, c.other(c.shape)], axis=axis_of(c)))(
    lambda x, a: (F.normalize(x[0], dim=a['axis'], eps=1e-8) * F.normalize(x[1], dim=a['axis'], eps=1e-8)).sum(a['axis']))
op('softmax', lambda c: c.rank > 0 and c.step('softmax', [c.x], axis=axis_of(c)))(lambda x, a: F.softmax(x[0], a['axis']))
op('logSoftmax', lambda c: c.rank > 0 and c.step('logSoftmax', [c.x], axis=axis_of(c)))(lambda x, a: F.log_softmax(x[0], a['axis']))
op('crossEntropy', lambda c: c.rank == 2 and c.step('crossEntropy', [c.x, c.index(*c.shape)]))(lambda x, a: F.cross_entropy(x[0], x[1]))
op('l1Loss', lambda c: c.step('l1Loss', [c.x, c.other(c.shape)]))(lambda x, a: (decide(x[0] - x[1]), F.l1_loss(x[0], x[1]))[1])
op('mseLoss', lambda c: c.step('mseLoss', [c.x, c.other(c.shape)]))(lambda x, a: F.mse_loss(x[0], x[1]))
op('hingeReal', lambda c: c.step('hingeReal', [c.x]))(lambda x, a: (decide(1 - x[0]), F.relu(1 - x[0]).mean())[1])
op('hingeFake', lambda c: c.step('hingeFake', [c.x]))(lambda x, a: (decide(1 + x[0]), F.relu(1 + x[0]).mean())[1])
op('hingeGenerator', lambda c: c.step('hingeGenerator', [c.x]))(lambda x, a: -x[0].mean())
op('unitNormPenalty', lambda c: c.rank > 1 and c.step('unitNormPenalty', [c.x], eps=1e-6))(
    lambda x, a: ((x[0].flatten(1).square().sum(1) + a['eps']).sqrt() - 1).square().mean())


def draw_margin(name, **more):
    def draw(c):
        return c.rank == 2 and c.step(name, [c.x, c.leaf([c.shape[1], 5]), c.index(c.shape[0], 5)], scale=4, margin=.35, **{k: c.pick(*v) for k, v in more.items()})
    return draw


def cosines(x):
    return F.normalize(x[0], dim=1) @ F.normalize(x[1], dim=0), F.one_hot(x[2], 5).bool()


@op('arcMargin', draw_margin('arcMargin', easyMargin=(False, True)))
def arc_margin(x, a):
    m, (c, own) = a['margin'], cosines(x)
    moved = c * math.cos(m) - (1 - c * c).clamp(min=1e-12).sqrt() * math.sin(m)
    border, beyond = (0, c) if a['easyMargin'] else (math.cos(math.pi - m), c - math.sin(math.pi - m) * m)
    decide(c - border)
    return a['scale'] * torch.where(own, torch.where(c > border, moved, beyond), c)


@op('cosMargin', draw_margin('cosMargin'))
def cos_margin(x, a):
    c, own = cosines(x)
    return a['scale'] * (c - a['margin'] * own)

