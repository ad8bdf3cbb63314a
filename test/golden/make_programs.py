#!/usr/bin/env python3
"""Writes random programs of two to five ops with what PyTorch makes of them, in float64: programs.safetensors, which `visage conformance` runs.

    apt-get install python3-torch
    /usr/bin/python3 test/golden/make_programs.py --seed 1 --count 220 test/golden/programs.safetensors
    /usr/bin/python3 test/golden/make_programs.py --seed 2 --count 1000 --wide /tmp/other.safetensors    # others, of any extents
    npm run visage -- conformance /tmp/other.safetensors

A case's args hold the steps [{"op", "in", "args", "out"}], and `limits`: the largest absolute error of each result in f32 and in mixed precision. Tensors lie as
in Visage, images NHWC. `param` are inputs that stay f32 in mixed precision. Beside d_<x>, the gradient under a random upstream gradient, d_d_<x> is stored:
that of the sum of squares of all gradients.

Where the limits come from. A step that is computed well returns f(x (1 + δ)) (1 + δ'), with every δ below the unit roundoff u of what lies in memory, and so do
the gradients of it. The program is run in float64 with such δ drawn at random, forwards, backwards and in second order, u = 2⁻²⁴ for f32, and for mixed
precision 2⁻¹¹ and the half of f16's smallest number. The limit of a tensor is the largest error of any element in RUNS runs, times 32 for f32, whose
functions may be wrong by several units, and times 6 for f16.

What is not stored: programs with a decision (which side of a kink, which element is the largest) that four times the rounding of f16 would change; programs
whose limit in f32 exceeds 1e-3 of the result, or 0.25 in mixed precision; programs where PyTorch in float32, or float64 rounded to f16 at every step, exceeds a limit.

Special programs have NaN, infinities, zeros of both signs, ties and far numbers among their inputs. Their results must be NaN and infinite where PyTorch's are; the
rest is held to limits that are relative for numbers beyond 1. Behind sums of products ("special": "alike") NaN may be an infinity and the other way round, because
what becomes of two infinities in one sum is up to its order. Programs where float32 and float64 disagree, and those with numbers so small that a device may flush them to
zero, are not stored; if rounding to f16 would disagree, they run in f32 only.
"""
import argparse
import collections
import math
import random
import sys

import torch

from golden_file import GoldenFile
from program_context import Context, SPECIAL_HALF, run
from program_layers import SUMS_OF_PRODUCTS
from program_ops import DRAWS
from program_rounding import Noise, Rounding
import program_losses

assert program_losses  # imported for the ops that it registers, behind the others: their order decides what a seed draws
torch.set_default_dtype(torch.float64)

RUNS = 6
F32 = Noise(2 ** -24, 0)
F16 = Noise(2 ** -11, 2 ** -25)
KINKS = Noise(2 ** -9, 2 ** -23)
FACTORS = {'f32': 32, 'mixed': 6}
WORTHWHILE = {'f32': 1e-3, 'mixed': .25}
RELATIVE = {'f32': 1e-4, 'mixed': 3e-2}
SMALLEST = 2 ** -126  # f32 that is not subnormal
LARGEST = 2e4  # number in a program that runs in f16, a third of its range


class Rejected(Exception):
    pass


def drawn(c, counts, longest):
    """Adds steps until there are as many as wished; ops that were drawn seldom are preferred."""
    names = list(DRAWS)
    for _ in range(60):
        if len(c.steps) >= longest:
            return
        name = c.rng.choices(names, [1 / (1 + counts[n] + 3 * c.used[n]) ** 2 for n in names])[0]
        c.draw(name, DRAWS[name])
    raise Rejected('no op fits')


def same_pattern(a, b, alike):
    def special(x):
        return ~torch.isfinite(x) if alike else torch.nan_to_num(torch.where(torch.isfinite(x), torch.zeros_like(x), x), 2, 3, 4)
    return all(torch.equal(special(a[k].double()), special(b[k].double())) for k in a)


def same_decisions(a, b):
    return len(a) == len(b) and all(torch.equal(torch.nan_to_num(p.double(), 5), torch.nan_to_num(q.double(), 5)) for p, q in zip(a, b))


def relative_error(a, b):
    both = torch.isfinite(a) & torch.isfinite(b)
    return ((a - b).abs() / b.abs().clamp(min=1))[both].max().item() if both.any() else 0


def special_limits(c, exact, decisions):
    """Limits of a program with special values: the same for every result, relative to it."""
    if any(((x != 0) & (x.abs() < SMALLEST)).any() for x in [*c.known.values(), *exact.values()]):
        raise Rejected('subnormal')
    with torch.no_grad():
        single = {k: x.float().double() for k, x in exact.items()}
    results, others, _ = run(c, dtype=torch.float32)
    alike = not SUMS_OF_PRODUCTS.isdisjoint(c.used)
    if not same_pattern(results, single, alike) or not same_decisions(decisions, others):
        raise Rejected('float32 disagrees')
    if max(relative_error(results[k].double(), single[k]) for k in exact) > RELATIVE['f32'] / 3:
        raise Rejected('ill-conditioned')
    limits = {'f32': {k: RELATIVE['f32'] for k in exact}}
    rounded, others, largest = run(c, rounding=Rounding())
    agrees = same_pattern(rounded, exact, alike) and same_decisions(decisions, others) and largest < LARGEST
    if agrees and c.values == SPECIAL_HALF and max(relative_error(rounded[k], exact[k]) for k in exact) < RELATIVE['mixed'] / 3:
        limits['mixed'] = {k: RELATIVE['mixed'] for k in exact}
    return limits


def noise_limits(c, exact, decisions):
    for _ in range(3):
        if not same_decisions(decisions, run(c, rounding=KINKS)[1]):
            raise Rejected('close to a kink')
    limits = {}
    for precision, noise in (('f32', F32), ('mixed', F16)):
        runs = [run(c, rounding=noise) for _ in range(RUNS)]
        if precision == 'mixed' and max(largest for _, _, largest in runs) > LARGEST:
            raise Rejected('beyond f16')
        factor = FACTORS[precision]
        size = max(x.abs().max().item() for x in exact.values())
        floor = size * noise.unit * 1e-3  # of results that are zero in theory
        worst = {k: max((r[k] - x).abs().max().item() for r, _, _ in runs) for k, x in exact.items()}
        limits[precision] = {k: float(f'{factor * max(e, floor):.2g}') for k, e in worst.items()}
        if not all(math.isfinite(e) for e in limits[precision].values()):
            raise Rejected('not finite under rounding')
        for kind in ('y', 'd_x', 'd_d_'):
            group = [k for k in exact if k.startswith(kind)]
            most = max((exact[k].abs().max().item() for k in group), default=0)
            if group and max(limits[precision][k] for k in group) > WORTHWHILE[precision] * most > 0:
                raise Rejected('ill-conditioned')
    single, half = run(c, dtype=torch.float32)[0], run(c, rounding=Rounding())[0]
    for precision, results in (('f32', single), ('mixed', half)):
        if any((results[k].double() - x).abs().max().item() > limits[precision][k] for k, x in exact.items()):
            raise Rejected(f'PyTorch in {precision} exceeds the limits')
    return limits


def program(seed, counts, longest, special, wide, second):
    rng = random.Random(seed)
    torch.manual_seed(rng.randrange(2 ** 31))
    c = Context(rng, wide, special, second)
    drawn(c, counts, longest)
    c.finish()
    exact, decisions, _ = run(c)
    if not special and not all(torch.isfinite(x).all() for x in exact.values()):
        raise Rejected('not finite')
    if special and all(torch.isfinite(x).all() for x in c.leaves.values()):
        raise Rejected('nothing special')
    gradients = [x for k, x in exact.items() if k.startswith('d_')]
    if not gradients or not special and max(x.abs().max() for x in gradients) < 1e-6:
        raise Rejected('no gradient')
    if max(torch.nan_to_num(x, 0, 0, 0).abs().max().item() for x in exact.values()) > 1e3 and not special:
        raise Rejected('large')
    return c, exact, (special_limits if special else noise_limits)(c, exact, decisions)


def write(file, name, c, exact, limits):
    floats = {k: x for k, x in c.leaves.items() if x.is_floating_point()}
    file.put(name, floats, half=not c.special)
    file.put(name, {k: x for k, x in c.leaves.items() if not x.is_floating_point()})
    for key, x in floats.items():
        file.tensors[f'{name}/{key}'] = file.tensors[f'{name}/{key}'].reshape(x.shape)  # put() gives scalars an axis
    file.put(name, {'g_y': c.upstream}, half=True)
    file.put(name, {k: x.float() for k, x in exact.items()})  # infinite where float32 is
    stays = [k for k in c.leaves if k in c.full]
    args = dict(steps=c.steps, limits=limits, **(dict(special='alike' if not SUMS_OF_PRODUCTS.isdisjoint(c.used) else 'exact') if c.special else {}))
    file.case(name, 'program', args, [k for k in c.leaves if k not in c.full], stays, ['y'], c.live)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=220)
    parser.add_argument('--wide', action='store_true', help='extents of any kind; each makes kernels of its own')
    parser.add_argument('--special', type=float, default=.2, help='share of programs with special values')
    parser.add_argument('--second', type=float, default=.3, help='share of programs with gradients of gradients')
    parser.add_argument('file')
    options = parser.parse_args()
    file, counts, rejected = GoldenFile(), collections.Counter(), collections.Counter()
    attempt = made = 0
    while made < options.count:
        attempt += 1
        special = made % 100 < 100 * options.special
        second = not special and made % 100 < 100 * (options.special + options.second)
        try:
            c, exact, limits = program(f'{options.seed}/{attempt}', counts, 2 if special else 2 + made % 4, special, options.wide, second)
        except Rejected as reason:
            rejected[str(reason)] += 1
            continue
        counts.update(c.used)
        write(file, f"{'special' if special else 'random'}_{options.seed}_{attempt}", c, exact, limits)
        made += 1
    file.write(options.file)
    print(f'{len(DRAWS)} ops, rejected: {dict(rejected)}', file=sys.stderr)
    print('seldom:', [(n, counts[n]) for n in sorted(DRAWS, key=lambda n: counts[n])[:8]], file=sys.stderr)


if __name__ == '__main__':
    main()
