"""Rounding in float64, forwards and backwards and in every order: at random, or to float16."""
import torch


class Noise:
    """x becomes x (1 + δ) + ε with |δ| ≤ unit and |ε| ≤ smallest, drawn anew for each element."""
    def __init__(self, unit, smallest):
        self.unit, self.smallest = unit, smallest

    def __call__(self, x):
        draw = lambda: torch.rand_like(x) * 2 - 1
        return x * (1 + self.unit * draw()) + self.smallest * draw()


class Rounding:
    """x becomes the nearest number of float16."""
    def __call__(self, x):
        return x.half().to(x.dtype)


class Rounded(torch.autograd.Function):
    """Rounds a tensor, and the gradient that comes back; notes the largest finite number that it saw in `seen`."""
    @staticmethod
    def forward(ctx, x, rounding, seen):
        ctx.rounding, ctx.seen = rounding, seen
        seen.append(torch.nan_to_num(x.detach(), 0, 0, 0).abs().max().item())
        return rounding(x)

    @staticmethod
    def backward(ctx, g):
        return Rounded.apply(g, ctx.rounding, ctx.seen), None, None
