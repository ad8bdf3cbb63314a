import { type Dispatch, useGpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import {
  assign,
  autocast,
  cast,
  checkpoint,
  conv2d,
  grad,
  halfPrecision,
  instanceNorm,
  keep,
  l2Normalize,
  leakyRelu,
  linear,
  matmul,
  mean,
  mseLoss,
  noGrad,
  record,
  scope,
  square,
  sum,
  Tensor,
  tensor,
} from '@visage/tensor';
import { firstNonFinite, moveTogether } from '@visage/tensor/kernels';
import { equal, is, match, ok } from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test, gpu } = await gpuSuite('autocast');
const random = hostRandom(3);
const make = (shape: readonly number[], scale = 1): Tensor =>
  keep(
    tensor(
      random.normals(
        shape.reduce((a, b) => a * b, 1),
        scale,
      ),
      shape,
    ),
  );
const parameter = (shape: readonly number[], scale?: number): Tensor => {
  const x = make(shape, scale);
  x.requiresGrad = true;
  return x;
};

const images = make([2, 6, 7, 3]);
const truth = make([2, 5]);
const first = parameter([3, 3, 3, 8], 0.2);
const second = parameter([3, 3, 8, 8], 0.1);
const bias = parameter([8], 0.1);
const head = parameter([8, 5], 0.3);
const parameters = [first, second, bias, head];

/** A small network in which the second weight is used twice. */
function network(): { map: Tensor; out: Tensor; loss: Tensor } {
  const a = leakyRelu(conv2d(images, first, bias, { padding: 1 }), 0.2);
  const b = instanceNorm(conv2d(a, second, undefined, { padding: 1 }));
  const map = conv2d(b, second, undefined, { padding: 1 });
  const out = linear(mean(map, [1, 2]), head);
  return { map, out, loss: mseLoss(out, truth) };
}

/** How often `fn` casts each of some tensors to f16. */
function castsOf(tensors: readonly Tensor[], fn: () => void): number[] {
  const counts = tensors.map(() => 0);
  const { dispatch } = gpu;
  gpu.dispatch = (launch: Dispatch) => {
    const at = tensors.findIndex(({ buffer }) => buffer === launch.buffers[1]);
    if (at >= 0 && launch.program.name === 'cast/f32ToF16') counts[at]!++;
    dispatch.call(gpu, launch);
  };
  try {
    scope(fn);
  } finally {
    gpu.dispatch = dispatch;
  }
  return counts;
}

test('products give f16, what follows keeps its type, losses and gradients of parameters are f32', async () => {
  const run = () => {
    const { map, out, loss } = network();
    return { map, out, loss, gradients: grad(loss, parameters) };
  };
  const reference = scope(run);
  const mixed = scope(() => autocast('f16', run));
  equal([mixed.map.dtype, mixed.out.dtype, mixed.loss.dtype], ['f16', 'f16', 'f32']);
  ok(mixed.gradients.every(({ dtype }) => dtype === 'f32'));
  ok(relativeError(await mixed.out.floats(), await reference.out.floats()) < 5e-3);
  for (const [k, g] of mixed.gradients.entries())
    ok(relativeError(await g.floats(), await reference.gradients[k]!.floats()) < 1e-2, `gradient ${k}`);
});

test('gradients outside give the bits of gradients inside', async () => {
  const inside = scope(() => autocast('f16', () => grad(network().loss, parameters)));
  const outside = scope(() =>
    grad(
      autocast('f16', () => network().loss),
      parameters,
    ),
  );
  for (const [k, g] of inside.entries()) equal(await g.floats(), await outside[k]!.floats());
});

test('each parameter is cast once, in the gradient too', () => {
  const weights = [first, second, head];
  equal(
    castsOf(weights, () =>
      grad(
        autocast('f16', () => network().loss),
        parameters,
      ),
    ),
    [1, 1, 1],
  );
});

test('a frozen weight is cast once for all runs of a step, and again when it has changed', async () => {
  const frozen = head.detach();
  frozen.buffer.steady = true;
  const infer = () => autocast('f16', () => matmul(truth.reshape([5, 2]), frozen.reshape([2, 20])));
  const step = record(infer);
  ok(!step.commands.some(({ command }) => command.buffers.includes(frozen.buffer)));
  const before = await step.run().floats();
  head.write((await head.floats()).map((value) => 2 * value));
  ok(
    relativeError(
      await step.run().floats(),
      before.map((value) => 2 * value),
    ) < 1e-3,
  );
  head.write((await head.floats()).map((value) => value / 2));
  step.dispose();
  frozen.buffer.steady = false;
});

test('a parameter that changes inside is cast again, eagerly and replayed', async () => {
  const work = () =>
    autocast('f16', () => {
      const before = network().out;
      assign(head, head.neg());
      return [before, network().out];
    });
  const [a, b] = scope(() => noGrad(work)) as [Tensor, Tensor];
  const negative = (await a.floats()).map((value) => -value);
  equal(await b.floats(), negative);
  const step = record(() => noGrad(work));
  const [c, d] = step.run() as [Tensor, Tensor];
  equal(await c.floats(), negative);
  equal(await d.floats(), await a.floats());
  step.dispose();
});

test('a replayed step gives the bits of an eager one, and sees new weights', async () => {
  const run = () => autocast('f16', () => grad(network().loss, parameters));
  const step = record(run);
  const compare = async () => {
    const eager = scope(run);
    const replayed = step.run();
    for (const [k, g] of eager.entries()) equal(await replayed[k]!.floats(), await g.floats());
  };
  await compare();
  const before = await second.floats();
  second.write(before.map((value) => -value));
  await compare();
  second.write(before);
  step.dispose();
});

test('a step recorded inside casts its weights itself; copies that an inner scope freed are made again', async () => {
  const live = gpu.memory.live;
  const { values, steps } = scope(() => {
    const out: Tensor[] = [];
    const recorded = autocast('f16', () => {
      out.push(keep(scope(() => network().out)));
      out.push(keep(scope(() => network().out)));
      return record(() => network().out);
    });
    return { values: out, steps: [recorded] };
  });
  const [a, b] = values as [Tensor, Tensor];
  const expected = await a.floats();
  equal(await b.floats(), expected);
  equal(await steps[0]!.run().floats(), expected);
  const before = await first.floats();
  first.write(before.map((value) => -value));
  ok(relativeError(await steps[0]!.run().floats(), expected) > 0.1);
  first.write(before);
  for (const x of values) x.dispose();
  for (const step of steps) step.dispose();
  is(gpu.memory.live, live);
});

test('f32 inside of f16, also for gradients of gradients', async () => {
  const penalty = () => {
    const x = images.detach();
    x.requiresGrad = true;
    const y = conv2d(leakyRelu(conv2d(x, first, bias), 0.2), second);
    const [slope] = grad(sum(square(y)), [x], { createGraph: true }) as [Tensor];
    return grad(mean(square(slope)), [first, second]);
  };
  const [reference, inner] = scope(() => [penalty(), autocast('f16', () => autocast('f32', penalty))]);
  for (const [k, g] of inner!.entries()) equal(await g.floats(), await reference![k]!.floats());
  const mixed = scope(() => autocast('f16', penalty));
  for (const [k, g] of mixed.entries())
    ok(relativeError(await g.floats(), await reference![k]!.floats()) < 2e-2, `second order ${k}`);
});

test('a checkpointed block computes again what it computed before', async () => {
  const block = (x: Tensor, w: Tensor, b: Tensor, v: Tensor) => conv2d(leakyRelu(conv2d(x, w, b), 0.2), v);
  const inputs = [images, first, bias, second] as const;
  const run = (fn: () => Tensor) =>
    scope(() =>
      grad(
        autocast('f16', () => sum(square(fn()))),
        [first, second],
      ),
    );
  const plain = run(() => block(...inputs));
  const saved = run(() => checkpoint((...all) => block(...(all as [Tensor, Tensor, Tensor, Tensor])), inputs));
  for (const [k, g] of plain.entries()) ok(relativeError(await saved[k]!.floats(), await g.floats()) < 2e-3);
});

test('matmul, and vectors that are normalised', () => {
  const { product, unit } = autocast('f16', () => {
    const product = matmul(truth, make([5, 4]));
    return { product, unit: l2Normalize(product) };
  });
  equal([product.dtype, unit.dtype], ['f16', 'f32']);
});

test('without f16 the same call computes in f32, and a property says why', async () => {
  is(halfPrecision(gpu), true);
  const browser = await startGpu({ profile: 'browser' });
  match(
    String(halfPrecision(browser)),
    /has no f16 \(the feature shader-f16 is missing\): mixed precision computes in f32/,
  );
  const x = tensor([1, 2, 3, 4], [2, 2]);
  const y = autocast('f16', () => matmul(x, x));
  is(y.dtype, 'f32');
  equal([...(await y.floats())], [7, 10, 15, 22]);
  let message = '';
  try {
    square(cast(x, 'f16'));
  } catch (error) {
    message = String(error);
  }
  match(message, /pointwise\/square: works on f16 tensors, but this device lacks the feature shader-f16/);
  await browser.sync();
  browser.destroy();
  useGpu(gpu);
});

test('parameters that lie together are cast in one launch, to the same bits', async () => {
  const run = () => autocast('f16', () => grad(network().loss, parameters));
  const expected = scope(run);
  const apart = record(run);
  moveTogether(parameters);
  const together = record(run);
  is(apart.dispatches - together.dispatches, [first, second, head].length - 1);
  for (const step of [apart, together]) step.run();
  for (const [k, g] of expected.entries()) {
    for (const other of [scope(run), apart.result, together.result]) equal(await other[k]!.floats(), await g.floats());
  }
  for (const step of [apart, together]) step.dispose();
});

test("numbers between parameters that lie together are nobody's: no op is blamed for them, and a parameter by its own shape", async () => {
  const [bias, weight] = [keep(tensor([1, 2, 3], [1, 3])), keep(tensor([1, 2], [2, 1]))];
  moveTogether([bias, weight]);
  const { whole } = bias.buffer;
  const padded = new Tensor(gpu, whole.part(0, 16), [4]);
  padded.write(Float32Array.of(1, 2, 3, Number.NaN));
  const run = () => autocast('f16', () => matmul(weight, bias));
  is(await firstNonFinite(run), undefined);
  equal([...(await scope(() => cast(run(), 'f32')).floats())], [1, 2, 3, 2, 4, 6]);
  bias.write(Float32Array.of(1, 1e6, 3));
  is(await firstNonFinite(run), 'cast [1, 3]');
  for (const x of [bias, weight]) x.dispose();
});

test.run();
