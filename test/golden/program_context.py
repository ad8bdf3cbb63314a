"""A random program while it is drawn, and how PyTorch runs it."""
import collections
import math

import torch

from program_ops import DECISIONS, OPS
from program_rounding import Rounded

# Few extents, and of few numbers of elements: kernels have sizes compiled in, and a software adapter compiles each for a tenth of a second.
FOURS = [[2, 4, 4, 4], [2, 4, 4, 4], [8, 16]]
ODD = [[1, 5, 3, 3], [5, 9], [3, 5, 3]]
SPECIAL_HALF = [math.nan, math.inf, -math.inf, 0., -0., 0., 1., 1., 6., -1., 1000., -1000., .001]
SPECIAL = SPECIAL_HALF + [1e30, -1e30, 1e-30, 3e38, 100., -100.]


class Context:
    """Draws leaves and steps. `x` is the current value, `before` the one in front of the op that is being drawn; each is evaluated as it is drawn."""
    def __init__(self, rng, wide, special, second):
        self.rng, self.special, self.second, self.few = rng, special, second, not wide
        self.values = SPECIAL_HALF if rng.random() < .5 else SPECIAL
        self.family = self._wide() if wide else rng.choice([FOURS, FOURS, FOURS, ODD])
        self.leaves, self.live, self.full, self.steps, self.known = {}, [], set(), [], {}
        self.used = collections.Counter()
        self.x = self.before = self.leaf(rng.choice([self.family[0], *self.family]), rng.choice(['normal', 'normal', 'positive']))

    def _wide(self):
        n = self.rng.randint
        return [[n(1, 3), n(2, 9), n(2, 9), n(1, 9)], [n(1, 9), n(1, 40)], [n(1, 4), n(1, 7), n(1, 9)], [n(1, 70)]]

    # What an op asks before it is drawn.
    value = property(lambda self: self.known[self.x])
    shape = property(lambda self: list(self.value.shape))
    rank = property(lambda self: self.value.dim())
    size = property(lambda self: self.value.numel())
    min = property(lambda self: self.value.min().item())
    max = property(lambda self: self.value.max().item())
    absmin = property(lambda self: self.value.abs().min().item())
    far = property(lambda self: torch.nan_to_num(self.value, 0, 0, 0).abs().max().item())

    def pick(self, *values):
        return self.rng.choice(values)

    def broadcast(self):
        """A shape that broadcasts to that of the current value."""
        shape = self.shape
        kind = self.rng.randrange(5)
        if kind < 2 or not shape:
            return shape
        if self.few:
            return [shape[-1:], shape[:1] + [1] * (len(shape) - 1), [1]][kind - 2]
        if kind == 2:
            return shape[self.rng.randrange(len(shape)):]
        return [n if self.rng.random() < .5 else 1 for n in shape]

    def axis(self):
        """One of the axes, if there is any."""
        return self.rng.choice([1, 3]) if self.few and self.rank == 4 else self.rng.randrange(max(self.rank, 1))

    def axes(self):
        """Some of the axes, in order."""
        if self.few and self.rank == 4:
            return list(self.rng.choice([[1, 2], [3], [0, 1, 2], [0, 3]]))
        return sorted(self.rng.sample(range(self.rank), self.rng.randint(1, self.rank)))

    def columns(self):
        """Of a product."""
        return (4 if self.size % 4 == 0 else 3) if self.few else self.rng.randint(1, 12)

    # Leaves.
    def _add(self, value, live=True):
        name = f'x{len(self.leaves)}'
        self.leaves[name] = self.known[name] = value
        if live:
            self.live.append(name)
        return name

    def leaf(self, shape, kind='normal'):
        """An activation, f16 in mixed precision."""
        x = torch.randn(shape)
        if kind == 'positive':
            x = x.abs() * .7 + .4
        if kind == 'mask':
            return self._add((x > 0).double(), live=False)
        if self.special:
            special = torch.tensor([self.rng.choice(self.values) for _ in range(x.numel())]).reshape(shape)
            x = torch.where(torch.rand(shape) < self.rng.choice([.02, .1, .3]), special, x)
        return self._add(x.float().double() if self.special else x.half().double())

    def other(self, shape):
        """A value of this shape: one that is there, or a new leaf."""
        there = [name for name, value in self.known.items() if list(value.shape) == list(shape) and value.is_floating_point() and name not in self.full]
        return self.rng.choice(there) if there and self.rng.random() < .4 else self.leaf(shape)

    def parameter(self, shape):
        """An input that is f32 in mixed precision too."""
        name = self._add((torch.randn(shape) * .5).half().double())
        self.full.add(name)
        return name

    def weight(self, shape, fan=None):
        name = self._add((torch.randn(shape) * (fan or shape[0]) ** -.5).half().double())
        self.full.add(name)
        return name

    def constant(self, shape, kind):
        """An input without a gradient."""
        values = {'normal': lambda: torch.randn(shape), 'positive': lambda: torch.randn(shape).abs() + .5, 'shifts': lambda: torch.randint(-1, 3, shape).double()}
        name = self._add(values[kind]().half().double(), live=False)
        self.full.add(name)
        return name

    def index(self, count, limit):
        return self._add(torch.randint(0, limit, (count,)), live=False)

    # Steps.
    def draw(self, name, draw):
        """Lets an op add its steps, or takes back what one that does not fit has added."""
        kept = dict(self.leaves), list(self.live), set(self.full), list(self.steps), dict(self.known), self.x
        self.before = self.x
        if draw(self):
            self.used[name] += 1
        else:
            self.leaves, self.live, self.full, self.steps, self.known, self.x = kept

    def step(self, op, inputs, **args):
        out = f'v{len(self.steps)}'
        self.steps.append({'op': op, 'in': list(inputs), 'args': args, 'out': out})
        self.known[out] = OPS[op]([self.known[name] for name in inputs], args)
        self.x = out
        return out

    def finish(self):
        """The last value is the result."""
        self.steps[-1]['out'] = 'y'
        self.upstream = torch.randn(self.shape).half().double()


def run(c, rounding=None, dtype=torch.float64):
    """Results by name, the decisions on the way, and the largest number: value y, gradients d_<x>, and of the sum of their squares d_d_<x>."""
    torch.set_default_dtype(dtype)
    DECISIONS.clear()
    seen = [0.]
    rounded = (lambda x: Rounded.apply(x, rounding, seen) if x.is_floating_point() else x) if rounding else lambda x: x
    values = {name: x.to(dtype) if x.is_floating_point() else x for name, x in c.leaves.items()}
    for name in c.live:
        values[name] = values[name].clone().requires_grad_(True)
    leaves = [values[name] for name in c.live]
    for step in c.steps:
        values[step['out']] = rounded(OPS[step['op']]([rounded(values[name]) for name in step['in']], step['args']))
    y = values['y']
    results = {'y': y.detach()}
    if y.requires_grad:
        first = torch.autograd.grad(y, leaves, c.upstream.to(dtype), create_graph=c.second, allow_unused=True)
        first = [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, first)]
        results.update({f'd_{name}': g.detach() for name, g in zip(c.live, first)})
        if c.second:
            squares = sum((g * g).sum() for g in first)
            found = torch.autograd.grad(squares, leaves, allow_unused=True) if squares.requires_grad else [None] * len(leaves)
            found = [torch.zeros_like(x) if g is None else g for x, g in zip(leaves, found)]
            results.update({f'd_d_{name}': g.detach() for name, g in zip(c.live, found)})
    torch.set_default_dtype(torch.float64)
    return results, list(DECISIONS), max(seen)
