"""Ops that random programs are drawn out of, continued: images, products and norms. See program_ops.py for what an op is."""
import torch
import torch.nn.functional as F

from program_ops import DRAWS, decide, op, prelu

PADS = {'zero': 'constant', 'reflect': 'reflect', 'replicate': 'replicate'}
to_nchw = lambda x: x.permute(0, 3, 1, 2)
to_nhwc = lambda x: x.permute(0, 2, 3, 1)
is_image = lambda c: c.rank == 4
# Several infinities may meet in one of their sums, in an order that is up to the BLAS of PyTorch and to the kernels of Visage.
SUMS_OF_PRODUCTS = {
    *('matmul', 'linear', 'linears', 'conv2d', 'convTranspose2d', 'offsetConv', 'residualBlock', 'squeezeExcitation'),
    *('arcMargin', 'cosMargin', 'adain', 'batchNorm'),
}


def on_images(fn):
    """The reference of an op on NHWC images, by one on NCHW."""
    return lambda x, a: to_nhwc(fn(to_nchw(x[0]), a))


def draw_image(name, **choices):
    return lambda c: is_image(c) and c.step(name, [c.x], **{key: c.pick(*values) for key, values in choices.items()})


# Images.
def draw_pad(c):
    mode = c.pick('zero', 'reflect', 'replicate')
    return is_image(c) and min(c.shape[1:3]) > 1 and c.step('pad2d', [c.x], padding=1, paddingMode=mode)
op('pad2d', draw_pad)(on_images(lambda x, a: F.pad(x, [a['padding']] * 4, PADS[a['paddingMode']])))
op('pixelShuffle', lambda c: is_image(c) and c.shape[3] % 4 == 0 and c.step('pixelShuffle', [c.x], factor=2))(
    on_images(lambda x, a: F.pixel_shuffle(x, a['factor'])))


def translate(x, a):
    images, shifts = x
    out = []
    for image, (dy, dx) in zip(images, shifts.long().tolist()):
        h, w, _ = image.shape
        big = F.pad(image, (0, 0, 2, 2, 2, 2))  # shifts are at most 2
        out.append(big[2 + dy:2 + dy + h, 2 + dx:2 + dx + w])
    return torch.stack(out)
op('translate', lambda c: is_image(c) and c.step('translate', [c.x, c.constant([c.shape[0], 2], 'shifts')]))(translate)


def draw_resize(mode):
    def draw(c):
        # PyTorch reads a neighbour with weight zero at an edge, and NaN with it; Visage reads what has a share.
        if not is_image(c) or c.special and mode != 'nearest':
            return False
        h, w = c.shape[1:3]
        size = c.pick([2 * h, 2 * w], [3, 2], *([] if c.few else [[h + 2, w], [2, 2], [3, 5], [1, w]]))
        return c.step('resize', [c.x], size=size, mode=mode, alignCorners=mode != 'nearest' and c.pick(False, True))
    return draw


@op('resize', draw_resize('bilinear'))
@on_images
def resize(x, a):
    corners = {} if a['mode'] == 'nearest' else dict(align_corners=a['alignCorners'])
    return F.interpolate(x, size=a['size'], mode=a['mode'], **corners)


def draw_pool(name, **more):
    def draw(c):
        if not is_image(c) or min(c.shape[1:3]) < 3:
            return False
        kernel, padding = c.pick((2, 0), (3, 1), *([] if c.few else [(2, 1), (3, 0)]))
        return c.step(name, [c.x], kernel=kernel, stride=c.pick(1, 2), padding=padding, **{k: c.pick(*v) for k, v in more.items()})
    return draw


DRAWS.update({f'resize {mode}': draw_resize(mode) for mode in ('nearest', 'bicubic')})


@op('maxPool2d', draw_pool('maxPool2d'))
@on_images
def max_pool(x, a):
    k, s, p = a['kernel'], a['stride'], a['padding']
    y = F.max_pool2d(x, k, s, p)
    windows = F.unfold(F.pad(x, [p] * 4, value=-1e30), k, 1, 0, s).reshape(*x.shape[:2], k * k, -1).detach()
    top, second = windows.topk(2, 2).values.unbind(2)
    decide(top - second)
    decide(windows - top.unsqueeze(2))
    return y


op('avgPool2d', draw_pool('avgPool2d', countIncludePad=(True, False)))(on_images(
    lambda x, a: F.avg_pool2d(x, a['kernel'], a['stride'], a['padding'], count_include_pad=a['countIncludePad'])))


# Products.
def draw_matmul(c):
    if c.rank != 2:
        return False
    ta, tb, k = c.pick(False, True), c.pick(False, True), c.columns()
    inner = c.shape[0] if ta else c.shape[1]
    return c.step('matmul', [c.x, c.weight([k, inner] if tb else [inner, k])], transposeA=ta, transposeB=tb)
op('matmul', draw_matmul)(lambda x, a: (x[0].t() if a['transposeA'] else x[0]) @ (x[1].t() if a['transposeB'] else x[1]))


def linear(x, a):
    return x[0] @ x[1] + x[2] if len(x) > 2 else x[0] @ x[1]


def draw_linear(c):
    k = c.columns()
    return c.rank == 2 and c.step('linear', [c.x, c.weight([c.shape[1], k])] + ([c.parameter([k])] if c.pick(True, False) else []))
op('linear', draw_linear)(linear)


def draw_linears(c):
    """Two layers of one input; their results are multiplied into one."""
    if c.rank != 2:
        return False
    k = c.columns()
    w1, b1, w2, b2 = c.weight([c.shape[1], k]), c.parameter([k]), c.weight([c.shape[1], k]), c.parameter([k])
    return c.step('linears', [c.x, w1, b1, w2, b2])
op('linears', draw_linears)(lambda x, a: linear([x[0], x[1], x[2]], a) * linear([x[0], x[3], x[4]], a))


def activated(x, activation):
    if activation is None:
        return x
    if activation == 'tanh':
        return torch.tanh(x)
    decide(x)
    return F.relu(x) if activation in ('relu', {'leakyRelu': 0}) else F.leaky_relu(x, activation['leakyRelu'])


def convolved(x, w, bias, a):
    p, mode = a.get('padding', 0), a.get('paddingMode', 'zero')
    x = F.pad(to_nchw(x), [p] * 4, PADS[mode]) if p else to_nchw(x)
    return to_nhwc(F.conv2d(x, w.permute(3, 2, 0, 1), bias, a.get('stride', 1), 0, 1, a.get('groups', 1)))


def draw_conv(c):
    if not is_image(c) or min(c.shape[1:3]) < 3:
        return False
    ci = c.shape[3]
    groups = c.pick(1, 1, 1, ci, 2) if ci % 2 == 0 else c.pick(1, 1, ci)
    co = ci if c.few else c.pick(ci, 2 * ci)
    kernel, padding = c.pick((3, 1), (3, 1), (1, 0), *([] if c.few else [(3, 0), (4, 1)]))
    args = dict(stride=c.pick(1, 1, 2), padding=padding, groups=groups)
    if padding:
        args['paddingMode'] = c.pick('zero', 'reflect', 'replicate')
    activation = c.pick(None, None, 'relu', 'tanh', {'leakyRelu': .2})
    if activation:
        args['activation'] = activation
    bias = [c.parameter([co])] if c.pick(True, False) else []
    return c.step('conv2d', [c.x, c.weight([kernel, kernel, ci // groups, co], kernel * kernel * ci // groups)] + bias, **args)
op('conv2d', draw_conv)(lambda x, a: activated(convolved(x[0], x[1], x[2] if len(x) > 2 else None, a), a.get('activation')))


def draw_transposed(c):
    if not is_image(c):
        return False
    ci = c.shape[3]
    groups = c.pick(1, 1, 2) if ci % 2 == 0 else 1
    kernel, stride, padding = c.pick((4, 2, 1), (2, 2, 0), (3, 1, 1))
    w = c.weight([kernel, kernel, ci // groups, ci], kernel * kernel * ci // groups)
    return c.step('convTranspose2d', [c.x, w] + ([c.parameter([ci])] if c.pick(True, False) else []), stride=stride, padding=padding, groups=groups)


@op('convTranspose2d', draw_transposed)
def conv_transpose(x, a):
    # Visage's weight is [kh, kw, out / groups, in], PyTorch's [in, out / groups, kh, kw].
    w = x[1].permute(3, 2, 0, 1)
    return to_nhwc(F.conv_transpose2d(to_nchw(x[0]), w, x[2] if len(x) > 2 else None, a['stride'], a['padding'], 0, a['groups']))


def draw_offset_conv(c):
    if not is_image(c) or min(c.shape[1:3]) < 3:
        return False
    n, h, w, ci = c.shape
    offset = c.parameter(c.pick([ci], [1, h, w, ci]))
    slope = [c.parameter([c.pick(1, ci)])] if c.pick(True, False) else []
    return c.step('offsetConv', [c.x, c.weight([3, 3, ci, ci], 9 * ci), offset] + slope, padding=1)


def offset_conv(x, a):
    y = convolved(x[0], x[1], None, a) + x[2]
    return prelu(y, x[3]) if len(x) > 3 else y
op('offsetConv', draw_offset_conv)(offset_conv)


def gated(x, gate, skip, slope):
    w1, b1, inner, w2, b2 = gate
    gates = torch.sigmoid(prelu(x.mean((1, 2)) @ w1 + b1, inner) @ w2 + b2)
    return prelu(x * gates[:, None, None, :] + skip, slope)


def draw_gate(c, channels):
    return [c.weight([channels, 4]), c.parameter([4]), c.parameter([1]), c.weight([4, channels]), c.parameter([channels])]


def draw_residual(c):
    if not is_image(c) or min(c.shape[1:3]) < 3:
        return False
    n, h, w, ci = c.shape
    gate, shortcut, last = c.pick((False, True, False), (True, True, True), (False, False, True), (True, False, True), (False, False, False))
    stride = c.pick(1, 2) if shortcut else 1
    conv = lambda k, offset: [c.weight([k, k, ci, ci], k * k * ci), c.parameter(offset)]
    inputs = [c.x] + conv(3, c.pick([ci], [1, h, w, ci])) + [c.parameter([c.pick(1, ci)])] + conv(3, [ci])
    inputs += (conv(1, [ci]) if shortcut else []) + (draw_gate(c, ci) if gate else [])
    inputs += [c.parameter([1 if gate else c.pick(1, ci)])] if last else []
    return c.step('residualBlock', inputs, stride=stride, shortcut=shortcut, gate=gate, last=last)


@op('residualBlock', draw_residual)
def residual_block(x, a):
    image, w1, o1, slope, w2, o2, *rest = x
    y = convolved(prelu(convolved(image, w1, None, dict(padding=1)) + o1, slope), w2, None, dict(padding=1, stride=a['stride'])) + o2
    skip = convolved(image, rest.pop(0), None, dict(stride=a['stride'])) + rest.pop(0) if a['shortcut'] else image
    if a['gate']:
        return gated(y, rest[:5], skip, rest[5])
    return prelu(y + skip, rest[0]) if a['last'] else y + skip


op('squeezeExcitation', lambda c: is_image(c) and c.step('squeezeExcitation', [c.x, c.other(c.shape)] + draw_gate(c, c.shape[3]) + [c.parameter([1])]))(
    lambda x, a: gated(x[0], x[2:7], x[1], x[7]))


# Norms.
def normal(x, eps):
    centred = x - x.mean((1, 2), keepdim=True)
    return centred * torch.rsqrt((centred * centred).mean((1, 2), keepdim=True) + eps)


# Visage subtracts squares from sums of squares: where these are infinite, the result is NaN and PyTorch's 0.
with_squares = lambda c: c.far < 1e15
many_pixels = lambda c: is_image(c) and c.shape[1] * c.shape[2] > 5 and with_squares(c)
op('instanceNorm', lambda c: many_pixels(c) and c.step('instanceNorm', [c.x], eps=c.pick(1e-5, 1e-8)))(lambda x, a: normal(x[0], a['eps']))


def draw_adain(c):
    if not many_pixels(c):
        return False
    n, ch = c.shape[0], c.shape[3]
    residual = c.pick(False, True)
    return c.step('adain', [c.x, c.leaf([n, 2 * ch])] + ([c.other(c.shape)] if residual else []), eps=1e-8, relu=c.pick(False, True))


@op('adain', draw_adain)
def adain(x, a):
    gamma, beta = x[1][:, None, None, :].chunk(2, -1)
    y = normal(x[0], a['eps']) * (1 + gamma) + beta
    if a['relu']:
        decide(y)
        y = F.relu(y)
    return y + x[2] if len(x) > 2 else y


def draw_batch_norm(c):
    if c.rank not in (2, 4) or c.size // c.shape[-1] < 5 or not with_squares(c):
        return False
    ch = c.shape[-1]
    slope = c.pick(None, None, 0, .2)
    args = dict(train=c.pick(True, False), eps=1e-5, **({} if slope is None else dict(slope=slope)))
    return c.step('batchNorm', [c.x, c.parameter([ch]), c.parameter([ch]), c.constant([ch], 'normal'), c.constant([ch], 'positive')], **args)


@op('batchNorm', draw_batch_norm)
def batch_norm(x, a):
    flat = x[0].reshape(-1, x[0].shape[-1])
    y = F.batch_norm(flat, x[3].clone(), x[4].clone(), x[1], x[2], a['train'], .1, a['eps']).reshape(x[0].shape)
    return activated(y, {'leakyRelu': a['slope']}) if 'slope' in a else y
