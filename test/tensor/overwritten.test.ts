/** @file A gradient through a tensor that was overwritten after the op which needs it is refused, and one that needs no such tensor is not. */
import { VisageError } from '@visage/gpu';
import { Adam, BatchNorm2d, Conv2d, ExponentialMovingAverage, Linear, Sgd, SpectralConv2d } from '@visage/nn';
import {
  add,
  assign,
  autocast,
  batchNorm,
  checkpoint,
  clamp,
  exp,
  grad,
  halfPrecision,
  instanceNorm,
  keep,
  linear,
  matmul,
  maxPool2d,
  mean,
  mul,
  noGrad,
  ones,
  record,
  relu,
  reshape,
  sin,
  square,
  sum,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { moveTogether } from '@visage/tensor/kernels';
import { equal, is, match, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test, gpu } = await gpuSuite('overwritten tensors');

const leaf = (values: readonly number[], shape = [values.length]): Tensor =>
  tensor(values, shape, { requiresGrad: true });
const valuesOf = async (x: Tensor | undefined): Promise<number[]> => [...(await (x as Tensor).floats())];

/** Takes the gradient and returns what it says. */
function refusal(fn: () => unknown): string {
  try {
    fn();
  } catch (error) {
    if (error instanceof VisageError) return error.message;
    throw error;
  }
  throw new Error('the gradient was taken');
}

/** Everything that overwrites a tensor of one value. */
const WRITERS: Readonly<Record<string, (w: Tensor) => unknown>> = {
  'write()': (w) => w.write(Float32Array.of(100)),
  'assign()': (w) => noGrad(() => assign(w, tensor([7], [1]))),
  'assign() to a detached alias': (w) => assign(w.detach(), tensor([7], [1])),
  'assign() to another shape of it': (w) => noGrad(() => assign(reshape(w.detach(), []), tensor([7], []))),
  'a step of Sgd': (w) => new Sgd([['w', w]], { learningRate: 1 }).step([tensor([10], [1])]),
  'a step of Adam': (w) => new Adam([['w', w]], { learningRate: 1 }).step([tensor([10], [1])]),
  'a recorded step': (w) => record(() => noGrad(() => assign(w, ones([1])))).run(),
};

for (const [name, overwrite] of Object.entries(WRITERS)) {
  test(`${name} between an op and its gradient: refused, naming op, input, type and shape`, () => {
    const [w, z] = [leaf([2], [1]), leaf([1], [1])];
    const loss = sum(mul(z, w));
    overwrite(w);
    match(
      refusal(() => grad(loss, [z])),
      'grad: mul needs its input 2 of 2, Tensor(f32[1]), as it was when mul ran, but it was overwritten since',
    );
    equal(grad(sum(mul(z, w)), [z]).length, 1, 'a graph made afterwards is another matter');
  });

  test(`${name}: no matter where the gradient needs no value of it`, async () => {
    const [w, z] = [leaf([2], [1]), leaf([1], [1])];
    const total = sum(add(mul(w, 3), z)); // a sum needs none of its terms, a product by a number not its tensor
    const product = sum(mul(z, w));
    overwrite(w);
    equal((await Promise.all(grad(total, [w, z]).map(valuesOf))).flat(), [3, 1]);
    equal(await valuesOf(grad(product, [w])[0]), [1], 'that of w needs z alone');
  });
}

test('a rectifier needs its result, so its input may be overwritten', async () => {
  const x = leaf([-1, 2]);
  const hidden = mul(x, 1);
  const y = relu(hidden);
  hidden.detach().write(Float32Array.of(9, -9));
  equal(await valuesOf(grad(sum(y), [x])[0]), [0, 1]);
});

test('what an op keeps beside its inputs: its result, statistics, indices', () => {
  const x = leaf([1, 2, 3, 5], [1, 2, 2, 1]);
  const y = exp(x);
  y.detach().write(Float32Array.of(0, 0, 0, 0));
  match(
    refusal(() => grad(sum(y), [x])),
    'exp needs its result, Tensor(f32[1, 2, 2, 1], exp), as it was',
  );
  const [runningMean, runningVar] = [tensor([0]), tensor([1])];
  const normed = batchNorm(x, ones([1]), tensor([0]), runningMean, runningVar, { train: false });
  runningVar.write(Float32Array.of(4));
  match(
    refusal(() => grad(sum(normed), [x])),
    /batchNormEval needs its input 5 of 5/,
  );
  const pooled = maxPool2d(square(x), { kernel: 2 });
  equal(grad(sum(pooled), [x]).length, 1);
});

test('a part of the memory that an optimizer changes: only what changed is refused', async () => {
  const [a, b, x] = [leaf([2]), leaf([3]), leaf([1])];
  moveTogether([a, b]);
  const [byA, byB] = [sum(mul(x, a)), sum(mul(x, b))];
  b.write(Float32Array.of(9));
  equal(await valuesOf(grad(byA, [x])[0]), [2], 'a neighbour changed');
  match(
    refusal(() => grad(byB, [x])),
    /mul needs its input 2/,
  );
  const again = sum(mul(x, b));
  moveTogether([b, x]); // moving changes no value
  equal(await valuesOf(grad(again, [x])[0]), [9]);
});

test('gradients of gradients: what the first gradient read must hold until the second', async () => {
  const [x, w] = [leaf([2]), leaf([3])];
  const [g] = grad(sum(mul(mul(square(x), x), w)), [x], { createGraph: true }) as [Tensor]; // 3x²w
  const [other] = grad(sum(mul(square(x), w)), [x], { createGraph: true }) as [Tensor]; // 2xw
  w.write(Float32Array.of(5));
  equal(await valuesOf(grad(sum(other), [x])[0]), [6], 'no later gradient reads w itself');
  x.write(Float32Array.of(1));
  match(
    refusal(() => grad(sum(g), [x])),
    /as it was when mul ran/,
  );
});

test('fused ops and compositions name the op that was called', () => {
  const x = leaf([1, 2, 3, 4], [1, 2, 2, 1]);
  const y = sum(square(instanceNorm(x)));
  x.write(Float32Array.of(4, 3, 2, 1));
  match(
    refusal(() => grad(y, [x])),
    /^grad: standardize needs its input 1 of 1/,
  );
  const [g] = grad(sum(square(instanceNorm(x))), [x], { createGraph: true });
  x.write(Float32Array.of(1, 1, 2, 1));
  throws(() => grad(sum(square(g as Tensor)), [x]), /as it was when/);
});

test('a checkpointed block: its inputs must hold, running statistics move', async () => {
  const [weight, bias] = [leaf([1, 2]), leaf([0, 1])];
  const [runningMean, runningVar] = [tensor([0, 0]), tensor([1, 1])];
  const block = (x: Tensor) =>
    checkpoint(
      (...[input, w, b]) => {
        const y = batchNorm(input as Tensor, w as Tensor, b as Tensor, runningMean, runningVar, { train: true });
        return batchNorm(y, w as Tensor, b as Tensor, runningMean, runningVar, { train: false });
      },
      [x, weight, bias],
    );
  const x = leaf([1, 2, 3, 5], [1, 2, 1, 2]);
  const first = sum(square(block(x)));
  block(x); // moves the running statistics again
  equal((await valuesOf(grad(first, [x])[0])).length, 4);
  const second = sum(square(block(x)));
  weight.write(Float32Array.of(2, 2));
  match(
    refusal(() => grad(second, [x])),
    /^grad: checkpoint needs its input 2 of 3/,
  );
});

test('running statistics and singular vectors that further passes move are no saved values', async () => {
  const [norm, conv] = [new BatchNorm2d(2), new SpectralConv2d(2, 2, 1)];
  const x = leaf([1, 2, 3, 5], [1, 2, 1, 2]);
  const pass = () => sum(square(conv.forward(norm.forward(x))));
  const first = pass();
  const alone = await valuesOf(grad(first, [x])[0]);
  pass();
  equal(await valuesOf(grad(first, [x])[0]), alone);
  for (const module of [norm, conv]) module.dispose();
});

test("the usual turns of two players: a critic's step between is refused where the gradient runs through it, and only there", async () => {
  const [generator, critic] = [new Linear(2, 2), new Linear(2, 1)];
  const average = new Linear(2, 2);
  const follow = new ExponentialMovingAverage(generator, average);
  const [g, d] = [new Adam(generator.namedParameters()), new Adam(critic.namedParameters())];
  const noise = tensor([1, 2, 3, 4], [2, 2]);
  const criticStep = (fake: Tensor) => d.step(grad(mean(square(critic.forward(fake.detach()))), d.parameters));
  for (let turn = 0; turn < 2; turn++) {
    const fake = generator.forward(noise);
    criticStep(fake);
    g.step(grad(mean(critic.forward(fake)), g.parameters)); // judged after the critic's step
    follow.update();
  }
  const fake = generator.forward(noise);
  const judged = mean(critic.forward(fake));
  criticStep(fake);
  match(
    refusal(() => grad(judged, g.parameters)),
    /^grad: linear needs its input 2 of 3, Tensor\(f32\[/,
  );
  for (const thing of [generator, critic, average, follow, g, d]) thing.dispose();
});

test('inside a traced step too', () => {
  const [w, x] = [leaf([2]), leaf([1])];
  const step = () =>
    record(() => {
      const y = sum(mul(x, w));
      noGrad(() => assign(w, ones([1])));
      return grad(y, [x]);
    });
  match(refusal(step), /^grad: mul needs its input 2 of 2/);
  const between = () =>
    record(() => {
      const hidden = sin(x);
      const y = sum(square(hidden));
      noGrad(() => assign(hidden, ones([1])));
      return grad(y, [x]);
    });
  match(refusal(between), /^grad: square needs its input 1 of 1/);
});

test('a recorded gradient of a graph from before the step runs while the graph holds', async () => {
  const [w, x] = [leaf([2]), leaf([1])];
  const y = sum(mul(x, w));
  const step = record(() => grad(y, [x])[0] as Tensor);
  for (let k = 0; k < 2; k++) equal(await valuesOf(step.run()), [2]);
  w.write(Float32Array.of(5));
  throws(() => step.run(), /^grad: mul needs its input 2 of 2/);
  step.dispose();
});

test('the result of a recorded step in a graph outside, overwritten by the next run', () => {
  const x = leaf([3]);
  const step = record(() => mul(tensor([2]), 2));
  const y = sum(mul(x, step.run()));
  equal(grad(y, [x]).length, 1);
  step.run();
  match(
    refusal(() => grad(y, [x])),
    /mul needs its input 2 of 2/,
  );
  step.dispose();
});

test('a gradient that is handed in may be older than the op and change', async () => {
  const flowing = keep(tensor([1, 1]));
  const x = leaf([2, 3]);
  const y = mul(square(x), 1);
  flowing.write(Float32Array.of(1, 10));
  equal(await valuesOf(grad(y, [x], { gradOutputs: [flowing] })[0]), [4, 60]);
  flowing.dispose();
});

test('in mixed precision the f16 copy that the op read serves, also after a step of the optimizer', async () => {
  if (halfPrecision(gpu) !== true) return;
  const w = leaf([2, 0, 0, 2], [2, 2]);
  const x = leaf([1, 1], [1, 2]);
  const y = autocast('f16', () => sum(linear(x, w)));
  w.write(Float32Array.of(9, 9, 9, 9));
  equal(await valuesOf(grad(y, [x])[0]), [2, 2]);
  const twice = autocast('f16', () => {
    const first = sum(linear(x, w));
    w.write(Float32Array.of(7, 7, 7, 7));
    sum(linear(x, w)); // its copy takes the place of the first one
    return first;
  });
  match(
    refusal(() => grad(twice, [x])),
    /overwritten since/,
  );
});

test('the weights of a layer, written between pass and gradient as a file is read', () => {
  const conv = new Conv2d(1, 1, 1);
  const x = leaf([1, 2], [1, 1, 2, 1]);
  const y = sum(conv.forward(x));
  conv.weight.write(Float32Array.of(3));
  match(
    refusal(() => grad(y, [x])),
    /^grad: conv2d needs its input 2 of 3, Tensor\(f32\[1, 1, 1, 1\]\)/,
  );
  is(grad(sum(clamp(matmul(reshape(x, [1, 2]), ones([2, 1])), 0, 9)), [x]).length, 1);
  conv.dispose();
});

test.run();
