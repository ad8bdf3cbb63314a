#!/usr/bin/env python3
"""Writes ops.safetensors, second_order.safetensors and optim.safetensors: every op, gradients of gradient penalties, and optimizers, in PyTorch and float64.
golden_file.py says what such files hold.

    apt-get install python3-torch
    /usr/bin/python3 test/golden/make_ops.py test/golden
"""
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

from golden_file import GoldenFile

torch.set_default_dtype(torch.float64)


def is_integer(x):
    return not x.is_floating_point()


class Group(GoldenFile):
    def add(self, name, op, args, ins, params, fn, outs=('y',), no_grad=()):
        """fn(inputs, parameters) gives a tensor or a tuple. Gradients flow from random upstream gradients into all but the integers and `no_grad`."""
        # Both sides start from the same values: those that float32 holds.
        ins, params = ({key: x if is_integer(x) else x.float().double() for key, x in group.items()} for group in (ins, params))
        leaves = {**ins, **params}
        for key, x in leaves.items():
            if not is_integer(x) and key not in no_grad:
                x.requires_grad_(True)
        y = fn(ins, params)
        y = y if isinstance(y, tuple) else (y,)
        upstream = [torch.randn_like(x).float().double() for x in y]
        live = {key: x for key, x in leaves.items() if x.requires_grad}
        flowing = [(x, g) for x, g in zip(y, upstream) if x.requires_grad]
        found = []
        if live and flowing:
            found = torch.autograd.grad([x for x, _ in flowing], list(live.values()), [g for _, g in flowing], allow_unused=True)
        self.put(name, leaves)
        for key, x, g in zip(outs, y, upstream):
            self.put(name, {key: x, f'g_{key}': g} if x.requires_grad else {key: x})
        gradients = {key: d for key, d in zip(live, found) if d is not None}
        self.put(name, {f'd_{key}': d for key, d in gradients.items()})
        self.case(name, op, args, ins, params, outs, gradients)


R = torch.randn


def ops():
    g = Group()
    def conv(name, n, ci, h, w, co, k, stride=1, pad=0, mode='zero', bias=True, groups=1):
        def f(i, p):
            x = F.pad(i['x'], (pad,) * 4, {'zero': 'constant', 'reflect': 'reflect', 'replicate': 'replicate'}[mode]) if pad else i['x']
            return F.conv2d(x, p['w'], p.get('b'), stride, 0, 1, groups)
        P = {'w': R(co, ci // groups, k, k) * (ci // groups * k * k) ** -.5}
        if bias: P['b'] = R(co)
        g.add(name, 'conv2d', dict(stride=stride, padding=pad, paddingMode=mode, groups=groups), {'x': R(n, ci, h, w)}, P, f)
    conv('conv_k7_reflect3', 2, 3, 20, 18, 8, 7, 1, 3, 'reflect')
    conv('conv_k3_s1_p1', 2, 8, 17, 13, 12, 3, 1, 1)
    conv('conv_k3_reflect1_odd', 1, 16, 41, 7, 16, 3, 1, 1, 'reflect')
    conv('conv_k3_replicate1', 1, 5, 9, 11, 7, 3, 1, 1, 'replicate')
    conv('conv_k3_s2_p1_even', 2, 6, 16, 14, 10, 3, 2, 1)
    conv('conv_k3_s2_p1_odd', 1, 6, 47, 5, 10, 3, 2, 1)
    conv('conv_k4_s2_p1', 2, 3, 32, 32, 8, 4, 2, 1)
    conv('conv_k4_s1_p1', 3, 8, 7, 7, 1, 4, 1, 1)
    conv('conv_k5_s2_p2', 1, 4, 21, 21, 6, 5, 2, 2, bias=False)
    conv('conv_k1_s2', 2, 9, 15, 15, 17, 1, 2, 0, bias=False)
    conv('conv_k1', 2, 33, 5, 6, 31, 1)
    conv('conv_wide', 1, 128, 14, 14, 128, 3, 1, 1, 'reflect')
    conv('conv_depthwise_k3_s2', 2, 12, 15, 15, 12, 3, 2, 1, groups=12, bias=False)
    conv('conv_depthwise_k5', 1, 8, 12, 12, 8, 5, 1, 2, groups=8, bias=False)
    for name, k, s, p, hw in (('convt_k4_s2_p1', 4, 2, 1, 7), ('convt_k2_s1', 2, 1, 0, 1)):
        run = lambda i, q, s=s, p=p: F.conv_transpose2d(i['x'], q['w'], q['b'], s, p)
        g.add(name, 'convTranspose2d', dict(stride=s, padding=p), {'x': R(2, 6, hw, hw)}, {'w': R(6, 5, k, k) * .2, 'b': R(5)}, run)
    def inorm(x): x = x - x.mean((2, 3), keepdim=True); return x * torch.rsqrt((x * x).mean((2, 3), keepdim=True) + 1e-8)
    g.add('instance_norm', 'instanceNorm', dict(eps=1e-8), {'x': R(2, 6, 9, 7) * 3 + 5}, {}, lambda i, p: inorm(i['x']))
    g.add('instance_norm_large', 'instanceNorm', dict(eps=1e-8), {'x': R(1, 3, 64, 66) * .01 + 100}, {}, lambda i, p: inorm(i['x']))
    def adain(i, p, act=False, res=False):
        s = F.linear(i['z'], p['w'], p['b']).view(i['z'].shape[0], 2, -1, 1, 1)
        y = inorm(i['x']) * (s[:, 0] + 1) + s[:, 1]
        y = F.relu(y) if act else y
        return i['r'] + y if res else y
    for name, a, r in (('adain', False, False), ('adain_relu', True, False), ('adain_residual', False, True)):
        ins = {'x': R(2, 8, 7, 9), 'z': R(2, 16)}
        if r: ins['r'] = R(2, 8, 7, 9)
        run = lambda i, p, a=a, r=r: adain(i, p, a, r)
        g.add(name, 'adain', dict(eps=1e-8, relu=a, residual=r), ins, {'w': R(16, 16) * .3, 'b': R(16)}, run)
    def bn(i, p, train):
        m, v = i['running_mean'].clone(), i['running_var'].clone()
        y = F.batch_norm(i['x'], m, v, p['weight'], p['bias'], train, .1, 1e-5)
        return (y, m.detach(), v.detach())
    for name, shape, train in (('batch_norm_train', (3, 5, 6, 7), True), ('batch_norm_eval', (3, 5, 6, 7), False), ('batch_norm1d_train', (6, 9), True)):
        c = shape[1]
        ins = {'x': R(*shape) * 2 + 1, 'running_mean': R(c), 'running_var': R(c).abs() + .5}
        kept = dict(outs=('y', 'new_mean', 'new_var'), no_grad=('running_mean', 'running_var'))
        args = dict(train=train, momentum=.1, eps=1e-5)
        g.add(name, 'batchNorm', args, ins, {'weight': R(c), 'bias': R(c)}, lambda i, p, t=train: bn(i, p, t), **kept)
    resizes = (
        ('nearest_down', (7, 7), 'nearest', None, 14),
        ('nearest_up', (15, 21), 'nearest', None, 7),
        ('bilinear_x2', (18, 14), 'bilinear', False, None),
        ('bilinear_x2_corners', (18, 14), 'bilinear', True, None),
        ('bilinear_down', (5, 6), 'bilinear', False, 13),
        ('bicubic_down', (14, 14), 'bicubic', False, 28),
        ('bicubic_up', (17, 23), 'bicubic', False, 9),
    )
    for name, size, mode, corners, hw in resizes:
        x = R(2, 3, hw, hw) if hw else R(2, 3, 9, 7)
        run = lambda i, p, s=size, m=mode, a=corners: F.interpolate(i['x'], size=s, mode=m, align_corners=a)
        g.add(name, 'resize', dict(size=size, mode=mode, alignCorners=bool(corners)), {'x': x}, {}, run)
    g.add('pixel_shuffle', 'pixelShuffle', dict(factor=2), {'x': R(2, 12, 5, 4)}, {}, lambda i, p: F.pixel_shuffle(i['x'], 2))
    g.add('max_pool', 'maxPool2d', dict(kernel=2, stride=2), {'x': R(2, 3, 11, 8)}, {}, lambda i, p: F.max_pool2d(i['x'], 2, 2))
    average = lambda i, p: F.avg_pool2d(i['x'], 3, 2, 1, count_include_pad=False)
    g.add('avg_pool_nopad', 'avgPool2d', dict(kernel=3, stride=2, padding=1, countIncludePad=False), {'x': R(2, 3, 11, 8)}, {}, average)
    for k, f in dict(relu=F.relu, tanh=torch.tanh, sigmoid=torch.sigmoid, relu6=F.relu6, softplus=F.softplus).items():
        g.add(k, k, {}, {'x': R(3, 4, 5) * 4}, {}, lambda i, p, f=f: f(i['x']))
    for s in (.1, .2): g.add(f'leaky_relu_{s}', 'leakyRelu', dict(slope=s), {'x': R(3, 4, 5)}, {}, lambda i, p, s=s: F.leaky_relu(i['x'], s))
    g.add('prelu_shared', 'prelu', {}, {'x': R(2, 4, 5, 3)}, {'w': torch.tensor([.25])}, lambda i, p: F.prelu(i['x'], p['w']))
    g.add('prelu_channel', 'prelu', {}, {'x': R(2, 4, 5, 3)}, {'w': R(4)}, lambda i, p: F.prelu(i['x'], p['w']))
    g.add('linear', 'linear', {}, {'x': R(5, 33)}, {'w': R(17, 33), 'b': R(17)}, lambda i, p: F.linear(i['x'], p['w'], p['b']))
    g.add('l2_normalize', 'l2Normalize', dict(eps=1e-12), {'x': R(4, 32)}, {}, lambda i, p: F.normalize(i['x'], dim=1))
    g.add('cosine_similarity', 'cosineSimilarity', dict(eps=1e-8), {'a': R(4, 32), 'b': R(4, 32)}, {}, lambda i, p: F.cosine_similarity(i['a'], i['b'], dim=1))
    g.add('l1_loss', 'l1Loss', {}, {'a': R(2, 3, 4, 5), 'b': R(2, 3, 4, 5)}, {}, lambda i, p: F.l1_loss(i['a'], i['b']))
    g.add('mse_loss', 'mseLoss', {}, {'a': R(2, 3, 4, 5), 'b': R(2, 3, 4, 5)}, {}, lambda i, p: F.mse_loss(i['a'], i['b']))
    g.add('hinge_real', 'hingeReal', {}, {'x': R(2, 1, 6, 6) * 2}, {}, lambda i, p: F.relu(1 - i['x']).mean())
    g.add('hinge_fake', 'hingeFake', {}, {'x': R(2, 1, 6, 6) * 2}, {}, lambda i, p: F.relu(1 + i['x']).mean())
    lab = torch.randint(0, 10, (6,))
    g.add('cross_entropy', 'crossEntropy', {}, {'x': R(6, 10) * 3, 'label': lab}, {}, lambda i, p: F.cross_entropy(i['x'], i['label'].long()))
    def arc(i, p, s=64., m=.5):
        c = F.linear(F.normalize(i['x']), F.normalize(p['w'])); si = torch.sqrt(1 - c * c)
        phi = torch.where(c > np.cos(np.pi - m), c * np.cos(m) - si * np.sin(m), c - np.sin(np.pi - m) * m)
        return s * torch.where(F.one_hot(i['label'].long(), c.shape[1]).bool(), phi, c)
    g.add('arcface_logits', 'arcMargin', dict(scale=64, margin=.5, easyMargin=False), {'x': R(6, 16), 'label': lab}, {'w': R(10, 16)}, arc)
    g.add('matmul', 'matmul', {}, {'a': R(37, 70), 'b': R(70, 23)}, {}, lambda i, p: i['a'] @ i['b'])
    arithmetic = lambda i, p: (i['a'] + i['b']) * i['c'] - i['a'] / i['b']
    g.add('broadcast_arith', 'expr:(a+b)*c-a/b', {}, {'a': R(2, 3, 1, 5), 'b': R(1, 3, 4, 1).abs() + .5, 'c': R(5)}, {}, arithmetic)
    moments = lambda i, p: (i['x'].sum((2, 3)), i['x'].mean((0, 2)), i['x'].var(1, unbiased=False))
    g.add('sum_mean_var', 'expr:[sum(x,[2,3]),mean(x,[0,2]),var(x,[1],biased)]', {}, {'x': R(3, 4, 5, 6)}, {}, moments, outs=('s', 'm', 'v'))
    return g


def second_order():
    """Gradients of gradient penalties: d/dparam of a function of dD/dx."""
    g = Group()
    def disc(norm):
        def D(x, p):
            h = F.leaky_relu(F.conv2d(x, p['w1'], p['b1'], 2, 1), .2)
            h = F.conv2d(h, p['w2'], p['b2'], 2, 1)
            if norm == 'batch': h = F.batch_norm(h, None, None, p['gamma'], p['beta'], True, .1, 1e-5)
            if norm == 'instance': h = F.instance_norm(h, eps=1e-5)
            h = F.leaky_relu(h, .2)
            return F.conv2d(h, p['w3'], p['b3'], 1, 1)
        return D
    for norm in ('none', 'batch', 'instance'):
        for kind in ('wgan_gp', 'r1'):
            P = {'w1': R(6, 3, 4, 4) * .2, 'b1': R(6), 'w2': R(8, 6, 4, 4) * .2, 'b2': R(8), 'w3': R(1, 8, 4, 4) * .2, 'b3': R(1)}
            if norm == 'batch': P.update(gamma=R(8).abs() + .5, beta=R(8))
            def f(i, p, D=disc(norm), kind=kind):
                x = i['x']; gx = torch.autograd.grad(D(x, p).sum(), x, create_graph=True)[0].flatten(1)
                return ((gx.norm(dim=1) - 1) ** 2).mean() if kind == 'wgan_gp' else gx.pow(2).sum(1).mean()
            g.add(f'{kind}_{norm}', 'gradientPenalty', dict(kind=kind, norm=norm, slope=.2, eps=1e-5), {'x': R(3, 3, 24, 24)}, P, f)
    return g


def optim():
    """Six steps of each optimizer on given gradients."""
    g = Group()
    optimizers = (
        ('adam_simswap', torch.optim.Adam, dict(lr=4e-4, betas=(0., .999))),
        ('adam_2022', torch.optim.Adam, dict(lr=4e-4, betas=(0., .99), eps=1e-8)),
        ('adam_deepfakes', torch.optim.Adam, dict(lr=5e-5, betas=(.5, .999))),
        ('adamw', torch.optim.AdamW, dict(lr=1e-3, weight_decay=.01)),
        ('sgd_momentum', torch.optim.SGD, dict(lr=.1, momentum=.9, weight_decay=5e-4)),
    )
    for name, cls, kw in optimizers:
        p0 = R(40).float().double(); p = p0.clone().requires_grad_(True); o = cls([p], **kw)
        grads = R(6, 40).float().double(); traj = []
        for k in range(6): p.grad = grads[k].clone(); o.step(); traj.append(p.detach().clone())
        g.put(name, {'p': p0, 'grads': grads, 'trajectory': torch.stack(traj)})
        args = {k: list(v) if isinstance(v, tuple) else v for k, v in kw.items()}
        g.case(name, 'optimizer:' + cls.__name__, args, ['p', 'grads'], out=['trajectory'])
    return g


if __name__ == '__main__':
    for seed, make in enumerate((ops, second_order, optim)):
        torch.manual_seed(seed)
        make().write(os.path.join(sys.argv[1], f'{make.__name__}.safetensors'))
