"""Ops that random programs are drawn out of: pointwise ones, reductions, shapes and indices, each with its reference in PyTorch.

An op is a pair of functions. `draw(c)` adds steps to the program that the context `c` (see make_programs.py) is drawing, behind its current value, and says
False where the op does not fit it. `run(x, args)` computes the step from the list of its inputs in PyTorch, in Visage's layouts: images NHWC, weights HWIO.
What decides between branches goes through `decide`, so that the generator can tell how close to a kink a program came.
"""
import math
import torch
import torch.nn.functional as F

OPS = {}          # name -> how PyTorch computes it
DRAWS = {}        # name -> how it is drawn
DECISIONS = []    # the outcomes of the comparisons of a run, in order


def op(name, draw):
    """Registers the decorated function as the reference of an op."""
    def register(run):
        OPS[name] = run
        if draw:
            DRAWS[name] = draw
        return run
    return register


def decide(x):
    """Notes on which side of zero each element of x lies."""
    DECISIONS.append(torch.sign(x.detach()))


def decided(x, *kinks):
    for kink in kinks:
        decide(x - kink)
    return x


# name: (PyTorch, kinks, the values that it takes). The gradient of PyTorch's relu6 at NaN is 0 or what arrived, depending on whether the element was computed
# among eight; here it is 0. A bound of zero meets both zeros: + 0 makes one of them.
ANY = lambda c: True
UNARY = {
    'exp': (torch.exp, (), lambda c: c.max < 2.5),
    'log': (torch.log, (), lambda c: c.min > .2),
    'reciprocal': (torch.reciprocal, (), lambda c: c.absmin > .3),
    'square': (torch.square, (), ANY),
    'sqrt': (torch.sqrt, (), lambda c: c.min > .1),
    'rsqrt': (torch.rsqrt, (), lambda c: c.min > .2),
    'abs': (torch.abs, (0,), ANY),
    'sin': (torch.sin, (), lambda c: c.far < 20),  # WGSL promises nothing of large angles
    'cos': (torch.cos, (), lambda c: c.far < 20),
    'tanh': (torch.tanh, (), ANY),
    'sigmoid': (torch.sigmoid, (), ANY),
    'softplus': (F.softplus, (), ANY),
    'relu': (F.relu, (0,), ANY),
    'relu6': (lambda x: torch.where((x > 0) & (x < 6), x, F.relu6(x).detach() + 0), (0, 6), ANY),
    'neg': (torch.neg, (), ANY),
}
for name, (fn, kinks, fits) in UNARY.items():
    draw = lambda c, name=name, fits=fits: (c.special and name not in ('sin', 'cos') or fits(c)) and c.step(name, [c.x])
    op(name, draw)(lambda x, a, fn=fn, kinks=kinks: fn(decided(x[0], *kinks)))


op('clamp', lambda c: c.step('clamp', [c.x], low=c.pick(-.5, 0), high=c.pick(.5, 1)))(
    lambda x, a: torch.clamp(decided(x[0], a['low'], a['high']), a['low'], a['high']) + 0)
# With slope 0 Visage has a ReLU, where PyTorch makes NaN of 0 times an infinity.
op('leakyRelu', lambda c: c.step('leakyRelu', [c.x], slope=.2 if c.special else c.pick(0, .2)))(
    lambda x, a: F.leaky_relu(decided(x[0], 0), a['slope']))
op('prelu', lambda c: c.rank > 0 and c.step('prelu', [c.x, c.parameter([c.pick(1, c.shape[-1])])]))(
    lambda x, a: prelu(x[0], x[1]))
op('addPrelu', lambda c: c.rank > 0 and c.step('addPrelu', [c.x, c.other(c.broadcast()), c.parameter([c.pick(1, c.shape[-1])])]))(
    lambda x, a: prelu(x[0] + x[1], x[2]))
op('checkpoint', lambda c: c.step('checkpoint', [c.x]))(lambda x, a: torch.tanh(x[0]) * x[0])


def prelu(x, w):
    decide(x)
    channels = x.shape[-1]
    return F.prelu(x.reshape(-1, channels), w).reshape(x.shape)  # PyTorch's channels are axis 1


def draw_sign(c):
    """Flat, so its gradient is that of what it multiplies."""
    s = c.step('sign', [c.x])
    return c.step('mul', [c.other(c.shape), s])
op('sign', draw_sign)(lambda x, a: torch.sign(decided(x[0], 0).detach()))  # PyTorch sends zeros back, which make NaN of infinities


def draw_binary(name, fits=ANY):
    def draw(c):
        if c.rng.random() < .35:
            side = c.pick('left', 'right')
            return (side == 'right' or c.special or fits(c)) and c.step(name, [c.x], **{side: c.pick(.5, 2, -1.5)})
        other = c.leaf(c.broadcast(), 'positive') if name == 'div' and not c.special else c.other(c.broadcast())
        pair = [c.x, other]
        if c.rng.random() < .4 and (name != 'div' or c.special):
            pair.reverse()
        return c.step(name, pair)
    return draw


def operands(x, a):
    if 'left' in a:
        return torch.full_like(x[0], a['left']), x[0]
    return x[0], torch.full_like(x[0], a['right']) if 'right' in a else x[1]


def choice(fn):
    def run(x, a):
        p, q = operands(x, a)
        decide(p - q)
        return fn(p, q)
    return run


op('add', draw_binary('add'))(lambda x, a: torch.add(*operands(x, a)))
op('sub', draw_binary('sub'))(lambda x, a: torch.sub(*operands(x, a)))
op('mul', draw_binary('mul'))(lambda x, a: torch.mul(*operands(x, a)))
op('div', draw_binary('div', lambda c: c.absmin > .3))(lambda x, a: torch.div(*operands(x, a)))
op('maximum', draw_binary('maximum'))(choice(torch.maximum))
op('minimum', draw_binary('minimum'))(choice(torch.minimum))


def draw_comparison(name):
    """A mask has no gradient: it chooses between values, or multiplies."""
    def draw(c):
        before = c.x
        inputs, args = ([before], dict(right=c.pick(0, .5))) if c.rng.random() < .4 else ([before, c.other(c.broadcast())], {})
        mask = c.step(name, inputs, **args)
        other = c.other(c.broadcast())
        if c.rng.random() < .5:
            return c.step('mul', [before, mask])
        return c.step('where', [mask, before, other] if c.rng.random() < .5 else [mask, other, before])
    return draw


for name, fn in dict(greater=torch.gt, greaterEqual=torch.ge, less=torch.lt, lessEqual=torch.le, equal=torch.eq).items():
    op(name, draw_comparison(name))(choice(lambda p, q, fn=fn: fn(p, q).to(p.dtype)))
op('where', None)(lambda x, a: torch.where(x[0] != 0, x[1], x[2]))
DRAWS['where'] = lambda c: c.step('where', [c.leaf(c.broadcast(), 'mask'), c.x, c.other(c.broadcast())])

op('addAll', lambda c: c.step('addAll', [c.x] + [c.other(c.shape) for _ in range(c.pick(1, 2, 5))]))(lambda x, a: sum(x))


def draw_weighted(c):
    terms = [c.x] + [c.other(c.shape) for _ in range(c.pick(1, 2, 5))]
    return c.step('weightedSum', terms, weights=[.5, -1.5, 2, 1, .5, -1.5][:len(terms)])
op('weightedSum', draw_weighted)(lambda x, a: sum(w * t for w, t in zip(a['weights'], x)))


# Reductions.
def draw_reduction(name):
    def draw(c):
        if c.rank == 0:
            return False
        axes = c.axes()
        if c.rng.random() < .3:
            axes = [k - c.rank for k in axes]
        args = {} if c.rng.random() < .2 else dict(axes=axes, keepDims=c.rng.random() < .5)
        return c.step(name, [c.x], **args)
    return draw


def reduction(fn):
    return lambda x, a: fn(x[0], a['axes'], a['keepDims']) if 'axes' in a else fn(x[0], list(range(x[0].dim())), False)


def amax(x, axes, keep):
    top = x.amax(axes, True)
    others = torch.where(x == top, torch.full_like(x, -1e30), x).amax(axes, True)
    decide(top - others)  # the runner-up must not win under rounding
    decide(x - top)
    return x.amax(axes, keep)


op('sum', draw_reduction('sum'))(reduction(lambda x, axes, keep: x.sum(axes, keep)))
op('mean', draw_reduction('mean'))(reduction(lambda x, axes, keep: x.mean(axes, keep)))
op('variance', draw_reduction('variance'))(reduction(lambda x, axes, keep: x.var(axes, False, keep)))
op('max', draw_reduction('max'))(reduction(amax))


# Shapes.
def draw_reshape(c):
    shapes = [[c.size], [1, c.size], [-1, c.shape[-1]] if c.rank else [1]]
    shapes += [shape for shape in c.family if math.prod(shape) == c.size]
    return c.step('reshape', [c.x], shape=list(c.pick(*shapes)))
op('reshape', draw_reshape)(lambda x, a: x[0].reshape(a['shape']))


def draw_expand(c):
    """Broadcasts by copying: the value itself where it has an axis to spread, else another that meets it."""
    if 1 in c.shape:
        return c.step('expand', [c.x], shape=[3 if n == 1 else n for n in c.shape])
    if c.rank in (1, 2) and c.size < 40:
        return c.step('expand', [c.x], shape=[3] + list(c.shape))
    spread = c.step('expand', [c.leaf(c.broadcast())], shape=list(c.shape))
    return c.step('mul', [c.before, spread])
op('expand', draw_expand)(lambda x, a: x[0].expand(a['shape']))


def draw_permute(c):
    order = list(range(c.rank))
    if c.few and c.rank == 4:
        order = c.pick([0, 3, 1, 2], [2, 1, 0, 3])
    else:
        c.rng.shuffle(order)
    return c.rank > 1 and c.step('permute', [c.x], order=order)
op('permute', draw_permute)(lambda x, a: x[0].permute(a['order']))
op('transpose', lambda c: c.rank == 2 and c.step('transpose', [c.x]))(lambda x, a: x[0].t())


def draw_slice(c):
    axis = c.axis()
    if c.rank == 0 or c.shape[axis] == 1:
        return False
    start = c.pick(1, 0)
    return c.step('slice', [c.x], axis=axis - c.pick(0, c.rank), start=start, end=c.shape[axis] - (1 if start == 0 else 0))
op('slice', draw_slice)(lambda x, a: x[0].narrow(a['axis'], a['start'], a['end'] - a['start']))


def draw_pad_zero(c):
    return c.rank > 0 and c.step('padZero', [c.x], axis=c.axis() - c.pick(0, c.rank), before=c.pick(0, 1), after=1)


@op('padZero', draw_pad_zero)
def pad_zero(x, a):
    behind = x[0].dim() - 1 - a['axis'] % x[0].dim()
    return F.pad(x[0], [0, 0] * behind + [a['before'], a['after']])


def draw_concat(c):
    if c.rank == 0:
        return False
    axis = c.axis()
    parts = [c.x] + [c.other(c.shape) for _ in range(c.pick(1, 1, 2))]
    if c.rng.random() < .3:
        parts.append(c.leaf([1 if k == axis else n for k, n in enumerate(c.shape)]))
    c.rng.shuffle(parts)
    return c.step('concat', parts, axis=axis - c.pick(0, c.rank))
op('concat', draw_concat)(lambda x, a: torch.cat(x, a['axis']))
op('copy', lambda c: c.step('mul', [c.before, c.step('copy', [c.x])]))(lambda x, a: x[0].detach())
op('detach', lambda c: c.step('mul', [c.before, c.step('detach', [c.x])]))(lambda x, a: x[0].detach())
op('full', lambda c: c.step('mul', [c.before, c.step('full', [], shape=list(c.shape), value=.5)]))(
    lambda x, a: torch.full(a['shape'], a['value']))
op('zerosLike', lambda c: c.step('maximum', [c.before, c.step('zerosLike', [c.x])]))(lambda x, a: torch.zeros_like(x[0]))
op('onesLike', lambda c: c.step('sub', [c.step('onesLike', [c.x]), c.before]))(lambda x, a: torch.ones_like(x[0]))


# Indices.
def draw_gather(c):
    return c.rank > 0 and c.step('gatherRows', [c.x, c.index(3, c.shape[0])])
op('gatherRows', draw_gather)(lambda x, a: x[0].index_select(0, x[1]))


def draw_sum_rows(c):
    return c.rank > 0 and c.step('sumRows', [c.x, c.index(c.shape[0], 3)], count=3)
op('sumRows', draw_sum_rows)(
    lambda x, a: torch.zeros(a['count'], *x[0].shape[1:], dtype=x[0].dtype).index_add(0, x[1], x[0]))


def draw_one_hot(c):
    return c.rank == 2 and c.step('mul', [c.before, c.step('oneHot', [c.index(*c.shape)], classes=c.shape[1])])
op('oneHot', draw_one_hot)(lambda x, a: F.one_hot(x[0], a['classes']).to(torch.get_default_dtype()))
