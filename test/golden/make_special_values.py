#!/usr/bin/env python3
"""Writes special_values.json: what PyTorch's pointwise ops and their gradients make of NaN, infinities, zeros of both signs, and very small and large numbers.

    apt-get install python3-torch
    /usr/bin/python3 test/golden/make_special_values.py test/golden/special_values.json

Everything is computed in float32, because overflow is part of the answer; "f16" cases start from numbers that float16 holds and round the results to it. The gradient
that flows into a result is one everywhere. JSON has no NaN, infinity or sign of zero, so that all numbers are strings.
"""
import json, sys
import torch
import torch.nn.functional as F

nan, inf = float('nan'), float('inf')
F32 = [nan, inf, -inf, 0., -0., 1., -1., 1e-30, -1e-30, 1e30, -1e30, 3e38, -3e38, .5, -.5, 3., -3., 20., -20., 60., -60., 95., -95., 1e-5, -1e-5, 6., 7.]
F16 = [nan, inf, -inf, 0., -0., 1., -1., 2. ** -14, -2. ** -14, 65504., -65504., .5, -.5, 3., -3., 9., -9., 12., -12., 300., -300.]
PAIRS = [nan, inf, -inf, 0., -0., 1., -1., 2., 1e-30, 3e38, -3e38]
HALF_PAIRS = [nan, inf, -inf, 0., -0., 1., -1., 2., 2. ** -14, 65504., -65504.]

UNARY = {
    'neg': torch.neg, 'exp': torch.exp, 'log': torch.log, 'reciprocal': torch.reciprocal, 'square': torch.square, 'sqrt': torch.sqrt, 'rsqrt': torch.rsqrt,
    'abs': torch.abs, 'sign': torch.sign, 'sin': torch.sin, 'cos': torch.cos, 'tanh': torch.tanh, 'sigmoid': torch.sigmoid, 'softplus': F.softplus,
    'relu': F.relu, 'relu6': F.relu6, 'leakyRelu': lambda x: F.leaky_relu(x, .2),
    'clamp': lambda x: x.clamp(-1., 1.), 'clampAbove': lambda x: x.clamp(-inf, 1.),
   
}
COMPARISONS = {'greater': torch.gt, 'greaterEqual': torch.ge, 'less': torch.lt, 'lessEqual': torch.le, 'equal': torch.eq}
BINARY = {
    'add': torch.add, 'sub': torch.sub, 'mul': torch.mul, 'div': torch.div, 'maximum': torch.maximum, 'minimum': torch.minimum,
    'prelu': lambda a, b: F.prelu(a[None], b)[0], **COMPARISONS,
    'where': lambda a, b: torch.where(a != 0, b, a),
}


def text(x):
    return ['nan' if v != v else repr(v) for v in x.detach().float().flatten().tolist()]


def rounded(half):
    return lambda x: x.half().float() if half else x


def case(fn, inputs, half, grads=True):
    leaves = [x.clone().requires_grad_(True) for x in inputs]
    y = fn(*leaves)
    to = rounded(half)
    found = {'y': text(to(y.float()))}
    if grads and y.requires_grad:
        gradients = torch.autograd.grad(y, leaves, torch.ones_like(y), allow_unused=True)
        for name, d in zip('ab', gradients):
            if d is not None: found[f'd{name}'] = text(to(d))
    return found


def angles(found, values):
    """WGSL promises sine and cosine of angles near zero only: those of huge ones may be anything."""
    return {key: ['any' if 1e4 < abs(v) < inf else t for v, t in zip(values, texts)] for key, texts in found.items()}


def tables():
    out = {}
    for kind, values, pairs in (('f32', F32, PAIRS), ('f16', F16, HALF_PAIRS)):
        half = kind == 'f16'
        x = torch.tensor(values)
        a, b = (t.flatten() for t in torch.meshgrid(torch.tensor(pairs), torch.tensor(pairs), indexing='ij'))
        out[kind] = {
            'x': text(x),
            'unary': {name: angles(case(fn, [x], half), values) if name in ('sin', 'cos') else case(fn, [x], half) for name, fn in UNARY.items()},
            'a': text(a), 'b': text(b), 'binary': {name: case(fn, [a, b], half, name not in COMPARISONS) for name, fn in BINARY.items()},
        }
    rows = torch.tensor([[1., nan, 3.], [-inf, -inf, -inf], [inf, 1., inf], [2., 2., 1.], [-0., 0., -1.]])
    out['rows'] = {'x': text(rows), **{name: case(fn, [rows], False) for name, fn in {
        'max': lambda x: x.amax(1), 'sum': lambda x: x.sum(1), 'softmax': lambda x: x.softmax(1), 'logSoftmax': lambda x: x.log_softmax(1),
        'l2Normalize': lambda x: F.normalize(x, dim=1), 'variance': lambda x: x.var(1, unbiased=False)}.items()}}
    return out


if __name__ == '__main__':
    with open(sys.argv[1], 'w') as file:
        file.write(json.dumps(tables()).replace('], ', '],\n').replace('}, ', '},\n') + '\n')
