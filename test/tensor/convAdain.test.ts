/**
 * @file A convolution with the adaptive norm behind it, against the two ops: with sums in one piece and in several, in
 * both types, with and without gradients.
 */
import { type Program, withVariant } from '@visage/gpu';
import { autocast, grad, noGrad, record, scope, type Tensor, tensor } from '@visage/tensor';
import { convAdain } from '@visage/tensor/kernels';
import * as assert from 'uvu/assert';
import { composedConvAdain } from '../../packages/tensor/src/frozen/convAdain.ts';
import type { AdainOptions } from '../../packages/tensor/src/norm/adain.ts';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { randomInput } from '../helpers/gradcheck.ts';

const { test, gpu } = await gpuSuite('convolution and adain');

const of = (shape: number[], seed: number, scale = 1, shift = 0, requiresGrad = false): Tensor =>
  tensor(randomInput(shape, { seed, scale, shift }).values, shape, { requiresGrad });

type Op = typeof convAdain;
interface Case {
  readonly channels: readonly [number, number];
  readonly bias?: boolean;
  readonly relu?: boolean;
  readonly residual?: boolean;
}

/** 9 · 916 terms are added in two pieces, 9 · 1824 in three, 9 · 2736 in four. */
const CASES: Readonly<Record<string, Case>> = {
  'two pieces, bias, ReLU': { channels: [916, 8], bias: true, relu: true },
  'four pieces, residual': { channels: [2736, 4], bias: true, residual: true },
  'three pieces, no bias, channels one by one': { channels: [1824, 3], relu: true, residual: true },
  'one piece': { channels: [8, 8], bias: true, relu: true },
};

const imageOf = ({ channels: [from] }: Case, requiresGrad = false): Tensor =>
  of([2, 5, 6, from], 1, 1, 0, requiresGrad);

function outputOf(op: Op, x: Tensor, { channels: [from, to], bias, relu, residual }: Case): Tensor {
  const conv = {
    weight: of([3, 3, from, to], 2, 0.05),
    ...(bias && { bias: of([to], 3) }),
    options: { padding: 1, paddingMode: 'reflect' } as const,
  };
  const options: AdainOptions = { relu, ...(residual && { residual: of([2, 5, 6, to], 5) }) };
  return op(x, conv, of([2, 2 * to], 4, 0.5), options);
}

/** The kernels that `fn` launches. */
function kernelsOf(fn: () => Tensor): string[] {
  const step = record(() => scope(fn));
  const names = step.commands.map(({ command }) => (command.program satisfies Program).name);
  step.dispose();
  return names;
}

const inRegisters = <T>(fn: () => T): T => withVariant('norm', 'in registers', fn);

for (const [name, each] of Object.entries(CASES)) {
  const types = gpu.device.features.has('shader-f16') ? (['f32', 'f16'] as const) : (['f32'] as const);
  for (const type of types) {
    test(`${name}, ${type}: what both ops give`, async () => {
      const x = imageOf(each);
      const run = (op: Op) => inRegisters(() => autocast(type, () => noGrad(() => scope(() => outputOf(op, x, each)))));
      const [ours, theirs] = [run(convAdain), run(composedConvAdain)];
      assert.is(ours.dtype, theirs.dtype);
      const [a, b] = [await ours.floats(), await theirs.floats()];
      if (type === 'f32' || name === 'one piece') assert.equal(a, b);
      else assert.ok(relativeError(a, b) < 1e-3, `${relativeError(a, b)}: f16 has ten binary digits`);
      const launches = (op: Op) => kernelsOf(() => run(op)).filter((kernel) => !kernel.startsWith('cast/'));
      const split = launches(composedConvAdain).includes('gemm/conv2dMerge');
      assert.is(split, name !== 'one piece');
      assert.is(launches(convAdain).length, launches(composedConvAdain).length - (split ? 1 : 0));
    });
  }
}

test('a norm in several launches, and gradients, take the two ops', async () => {
  const each = CASES['two pieces, bias, ReLU'] as Case;
  const x = [false, true].map((requiresGrad) => imageOf(each, requiresGrad));
  const chunks = <T>(fn: () => T): T => withVariant('norm', 'chunks', fn);
  const launches = (op: Op, k: number) => kernelsOf(() => chunks(() => outputOf(op, x[k] as Tensor, each)));
  for (const k of [0, 1]) assert.equal(launches(convAdain, k), launches(composedConvAdain, k));
  const gradient = (op: Op) =>
    chunks(() =>
      scope(() => {
        const x = of([2, 5, 6, 8], 1, 1, 0, true);
        const conv = { weight: of([3, 3, 8, 8], 2) };
        return grad(
          op(x, conv, of([2, 16], 4))
            .square()
            .sum(),
          [x],
        )[0] as Tensor;
      }),
    );
  assert.equal(await gradient(convAdain).floats(), await gradient(composedConvAdain).floats());
});

test('arguments are checked as by the two ops, with sums in several pieces too', () => {
  const x = of([2, 5, 6, 916], 1);
  const conv = { weight: of([3, 3, 916, 8], 2), options: { padding: 1 } };
  inRegisters(() =>
    assert.throws(() => convAdain(x, conv, of([2, 15], 4)), /adain: style is \[2, 15\], expected \[2, 16\]/),
  );
  assert.throws(() => convAdain(x, { weight: of([3, 3, 4, 8], 2) }, of([2, 16], 4)), /conv2d: /);
});

test.run();
