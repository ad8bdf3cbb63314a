/** @file Every family with several variants says with each launch which one it is and why it is not another. */
import { type Gpu, type KernelChoice, reportChoice } from '@visage/gpu';
import {
  cast,
  conv2d,
  grad,
  instanceNorm,
  matmul,
  permute,
  record,
  resize,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { gemmFamily, linears, squeezeExcitation } from '@visage/tensor/kernels';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { noise } from '../helpers/numbers.ts';
import { productOf } from '../helpers/variants.ts';

const { test } = await gpuSuite('choices');

const given = (...shape: number[]): Tensor =>
  tensor(
    noise(
      shape.reduce((n, extent) => n * extent, 1),
      1,
    ),
    shape,
  );

/** The choices of all launches of `fn`, without running them. */
function choicesOf(fn: () => Tensor | Tensor[]): (KernelChoice | undefined)[] {
  const step = record(fn);
  const choices = step.commands.map(({ command }) => command.choice);
  step.dispose();
  return choices;
}

const image = given(1, 8, 8, 8);
const gate = { w1: given(8, 2), b1: given(2), slope: given(1), w2: given(2, 8), b2: given(8) };
const families: Readonly<Record<string, () => Tensor | Tensor[]>> = {
  gemm: () => matmul(given(8, 8), given(8, 8)),
  norm: () => instanceNorm(image),
  sums: () => sum(image, [1, 2]),
  pass: () => image.mul(image),
  resize: () => resize(image, [16, 16]),
  permute: () => permute(image, [0, 3, 1, 2]),
  linears: () => linears(given(2, 8), [{ weight: given(8, 8), bias: given(8) }]),
  squeeze: () => squeezeExcitation(image, gate, image, given(1)),
};

for (const [family, fn] of Object.entries(families)) {
  test(`${family}: all others have a reason`, () => {
    const choices = choicesOf(fn);
    assert.ok(choices.length > 0);
    for (const choice of choices) {
      assert.ok(choice, 'each launch belongs to a choice');
      const { declined, ...outermost } = reportChoice(choice.within ?? choice);
      assert.is(outermost.family, family);
      assert.ok(declined.length > 0);
      assert.ok(declined.every(({ name, reason }) => name !== outermost.variant && reason !== ''));
    }
  });
}

test('casts are passes', () => {
  assert.equal(
    choicesOf(() => cast(image, 'f16')).map((choice) => choice?.family),
    ['pass'],
  );
});

test("a convolution's launches belong to its algorithm, its products to a multiply within", () => {
  const w = tensor(noise(9 * 8 * 8, 2), [3, 3, 8, 8], { requiresGrad: true });
  const choices = choicesOf(() => grad(conv2d(image, w, undefined, { padding: 1 }).square().sum(), [w]));
  const products = choices.filter((choice) => choice?.family === 'gemm');
  assert.is(products.length, 2, 'forward and weight gradient');
  for (const product of products) {
    const { within } = reportChoice(product as KernelChoice);
    assert.is(within?.variant, 'implicit gemm');
    assert.match(within?.problem ?? '', / 1x8x8x8 by 3x3 to 8 /);
    assert.equal(
      within?.declined.map(({ name }) => name),
      ['winograd 4x4', 'winograd 2x2', 'few channels'],
    );
  }
});

/** All of a large GPU with subgroup matrices that choosing a multiply asks for. */
const large = {
  deterministic: true,
  profile: { processors: 132 },
  adapter: { software: false, matrices: true },
  device: {
    limits: { maxComputeInvocationsPerWorkgroup: 1024, maxComputeWorkgroupStorageSize: 49_152 },
    adapterInfo: { subgroupMinSize: 32, subgroupMaxSize: 32 },
    features: new Set(),
  },
} as unknown as Gpu;

const half = productOf('f16');

test('matrix tiles that were sorted behind the one taken tell both estimates', () => {
  const { variant, declined } = gemmFamily.choose(large, half);
  assert.match(variant.name, /^matrix /);
  const times = declined
    .filter(({ name }) => name.startsWith('matrix'))
    .map(({ name, reason }) => {
      const found = /^estimated ([\d.]+) µs, chosen ([\d.]+) µs$/.exec(reason);
      assert.ok(found, `${name}: ${reason}`);
      return [Number(found[1]), Number(found[2])] as const;
    });
  assert.is(times.length, gemmFamily.variants.filter(({ name }) => name.startsWith('matrix')).length - 1);
  assert.ok(times.every(([own, chosen]) => own >= chosen && chosen === times[0]?.[1]));
  assert.equal(
    times.map(([own]) => own),
    times.map(([own]) => own).sort((a, b) => a - b),
    'the nearest first',
  );
  assert.is(declined.at(-1)?.reason, 'less preferred');
});

test('the plan of a matrix tile takes the estimate that sorted it', () => {
  let read = 0;
  const problem = {
    ...half,
    get k() {
      read++; // what an estimate depends on and a plan alone does not
      return 512;
    },
  };
  const [first] = gemmFamily.candidates(large, problem);
  assert.ok(read > 0);
  const before = read;
  first?.plan(problem, large);
  assert.is(read, before);
});

test.run();
