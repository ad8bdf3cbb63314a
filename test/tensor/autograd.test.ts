/** @file The rules of autograd: nested gradients, accumulation, what is an error; gradient checkpointing. */
import { withVariant } from '@visage/gpu';
import { seeded } from '@visage/nn';
import {
  add,
  autocast,
  backward,
  batchNorm,
  checkpoint,
  conv2d,
  enableGrad,
  grad,
  gradEnabled,
  instanceNorm,
  leakyRelu,
  log,
  mean,
  mul,
  noGrad,
  sin,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { firstNonFinite, pointwise } from '@visage/tensor/kernels';
import { equal, is, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck, randomInput } from '../helpers/gradcheck.ts';
import { sameFunction } from '../helpers/sameFunction.ts';

const { test } = await gpuSuite('autograd');

type Fn = (...xs: Tensor[]) => Tensor;
const norm = (g: Tensor) => sqrt(sum(square(g), [1, 2, 3]));
const image = randomInput([2, 5, 6, 2]);

/** A gradient penalty of a two-layer critic at an image that the closure makes, as WGAN-GP writes it. */
const penalty =
  (normalise: (x: Tensor) => Tensor): Fn =>
  (w1, w2) => {
    const real = tensor(image.values, image.shape);
    const x = add(mul(real, 0.7), 0.1).detach();
    x.requiresGrad = true;
    const critic = (input: Tensor) =>
      conv2d(sin(normalise(conv2d(input, w1!, undefined, { padding: 1, stride: 2 }))), w2!);
    const [g] = grad(sum(critic(x)), [x], { createGraph: true });
    return mean(square(sub(norm(g as Tensor), 1)));
  };
const WEIGHTS = [randomInput([3, 3, 2, 4], { seed: 2, scale: 0.4 }), randomInput([1, 1, 4, 1], { seed: 3 })];
const gain = () => [tensor([1, 0.5, 2, 1]), tensor([0, 1, 0, 0]), tensor([0, 0, 0, 0]), tensor([1, 1, 1, 1])] as const;
const NORMS: Record<string, (x: Tensor) => Tensor> = {
  'no norm': (x) => x,
  'instance norm': (x) => instanceNorm(x),
  'batch norm': (x) => batchNorm(x, ...gain(), { train: true }),
};
for (const [name, normalise] of Object.entries(NORMS)) {
  test(`a gradient penalty inside a closure has a gradient: ${name}`, async () => {
    await gradcheck(penalty(normalise), WEIGHTS, { tolerance: 5e-3 });
    const ws = WEIGHTS.map((w) => tensor(w.values, w.shape, { requiresGrad: true }));
    const [g] = grad(penalty(normalise)(...ws), ws);
    ok(
      (await (g as Tensor).floats()).some((v) => Math.abs(v) > 1e-3),
      'not zero',
    );
  });
}

test('without createGraph the inner gradient is a constant, and asking through it is an error', () => {
  const w = tensor([2], [1], { requiresGrad: true });
  const x = tensor([3], [1], { requiresGrad: true });
  const [g] = grad(sum(mul(square(x), w)), [x]);
  ok(!(g as Tensor).requiresGrad);
  throws(() => grad(sum(g as Tensor), [w]), /w?x\[0\] \[1\] does not influence/);
});

test('third derivative', async () => {
  const x = tensor([0.5], [1], { requiresGrad: true });
  let y = sin(x);
  for (let k = 0; k < 3; k++) [y] = grad(sum(y), [x], { createGraph: true }) as [Tensor];
  ok(Math.abs((await y.item()) + Math.cos(0.5)) < 1e-5);
});

test('backward() adds up over calls and over paths', async () => {
  const x = tensor([1, 2], [2], { requiresGrad: true });
  backward(sum(add(mul(x, x), x)));
  sum(x).backward();
  equal([...(await (x.grad as Tensor).floats())], [4, 6]);
});

test('noGrad builds no graph, enableGrad inside it does, detach cuts', () => {
  const x = tensor([1], [1], { requiresGrad: true });
  is(noGrad(() => mul(x, 2)).requiresGrad, false);
  is(noGrad(() => enableGrad(() => mul(x, 2))).requiresGrad, true);
  is(mul(x, 2).detach().requiresGrad, false);
});

test('a setting refuses an async function: it would be gone after the first await', () => {
  const late = async () => 1;
  const settings: [string, (fn: typeof late) => unknown][] = [
    ['noGrad', noGrad],
    ['enableGrad', enableGrad],
    ['autocast', (fn) => autocast('f16', fn)],
    ['withVariant', (fn) => withVariant('gemm', 'direct', fn)],
    ['seeded', (fn) => seeded(1, fn)],
  ];
  for (const [name, setting] of settings)
    throws(() => setting(late), new RegExp(`^${name}: the function is async, and .* return tensors from it`));
  ok(gradEnabled());
});

test('what cannot be differentiated is an error that says so', () => {
  const x = tensor([1, 2], [2], { requiresGrad: true });
  throws(() => grad(mul(x, x), [x]), /is not a scalar; pass gradOutputs/);
  throws(() => grad(sum(mul(x, x)), [tensor([1])]), /x\[0\] \[1\] does not influence/);
  throws(() => grad(sum(pointwise('half', 'a * V(0.5)', [x], [])), [x]), /half: has no gradient with respect to a/);
  throws(() => {
    tensor(Int32Array.of(1)).requiresGrad = true;
  }, /dtype is i32, expected f32/);
});

const block: Fn = (x, w) => leakyRelu(instanceNorm(conv2d(x!, w!, undefined, { padding: 1 })), 0.3);
const checkpointed: Fn = (x, w) => checkpoint((a, b) => block(a!, b!), [x!, w!]);
const BLOCK_INPUTS = [image, randomInput([3, 3, 2, 3], { seed: 5 })];

test('a checkpointed block equals the block, first and second order', () =>
  sameFunction(checkpointed, block, BLOCK_INPUTS, 1e-5));

test('a checkpointed block may return its input', async () => {
  const x = tensor([1, 2], [2], { requiresGrad: true });
  const [g] = grad(
    sum(
      mul(
        checkpoint((a) => a!, [x]),
        x,
      ),
    ),
    [x],
  );
  equal([...(await g!.floats())], [2, 4]);
});

test('checkpoint refuses a parameter that it was not given', () => {
  const x = tensor(image.values, image.shape, { requiresGrad: true });
  const w = tensor(BLOCK_INPUTS[1]!.values, BLOCK_INPUTS[1]!.shape, { requiresGrad: true });
  const y = checkpoint((a) => block(a!, w), [x]);
  throws(() => grad(sum(y), [x]), /checkpoint: fn uses a tensor \[3, 3, 2, 3\] that requires a gradient/);
});

test('the first op with a result that is not finite is named, in scalars and in vectors', async () => {
  const negative = tensor([-1, 1, 2], [3]);
  is(await firstNonFinite(() => mul(log(negative), 2)), 'log [3]');
  const overflow = tensor([3e38, 1, 1, 1], [4]);
  is(await firstNonFinite(() => sum(mul(overflow, 10))), 'mul [4]');
  is(await firstNonFinite(() => sum(square(negative))), undefined);
});

test('gradients that meet at many parameters are added together', async () => {
  const xs = Array.from({ length: 9 }, (_, k) =>
    tensor(
      Array.from({ length: k % 2 === 0 ? 4 : 3 }, (_, i) => i + k),
      undefined,
      { requiresGrad: true },
    ),
  );
  // Every x is used k % 3 + 1 times, each time with another factor.
  const terms = xs.flatMap((x, k) => Array.from({ length: (k % 3) + 1 }, (_, use) => sum(mul(x, 10 ** use))));
  const gradients = grad(
    terms.reduce((a, b) => add(a, b)),
    xs,
  );
  for (const [k, g] of gradients.entries()) {
    const expected = [1, 11, 111][k % 3] as number;
    equal(
      [...(await g.floats())],
      Array.from({ length: g.size }, () => expected),
    );
  }
});

test.run();
