/** @file Optimizers against PyTorch's trajectories, eagerly and replayed; clipping, averaging, schedules. */
import { readFileSync } from 'node:fs';
import { useGpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import {
  Adam,
  type AdamOptions,
  AdamW,
  BatchNorm2d,
  clampGradients,
  clipGradientNorm,
  constantSchedule,
  cosineSchedule,
  ExponentialMovingAverage,
  Linear,
  type Optimizer,
  polynomialSchedule,
  readSafetensors,
  Sequential,
  Sgd,
  seeded,
  stepSchedule,
} from '@visage/nn';
import { keep, record, scope, type Tensor, tensor } from '@visage/tensor';
import { equal, is, ok, throws } from 'uvu/assert';
import { relativeError } from '../helpers/goldens.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test, gpu } = await gpuSuite('optimizers');

interface OptimizerCase {
  name: string;
  op: string;
  args: { lr: number; betas?: [number, number]; eps?: number; weight_decay?: number; momentum?: number };
}

const goldens = readSafetensors(readFileSync(new URL('../golden/optim.safetensors', import.meta.url)), 'optim goldens');
const cases = JSON.parse(goldens.metadata.cases as string) as OptimizerCase[];
const golden = (name: string): Float32Array => goldens.tensors.get(name)!.floats();

function make({ op, args }: OptimizerCase, parameter: Tensor): Optimizer {
  const options: AdamOptions = {
    learningRate: args.lr,
    betas: args.betas,
    eps: args.eps,
    weightDecay: args.weight_decay,
  };
  const parameters = new Map([['p', parameter]]);
  if (op === 'optimizer:Adam') return new Adam(parameters, options);
  if (op === 'optimizer:AdamW') return new AdamW(parameters, options);
  return new Sgd(parameters, { ...options, momentum: args.momentum });
}

const row = (values: Float32Array, k: number): Float32Array => values.slice(40 * k, 40 * (k + 1));

for (const one of cases) {
  for (const replayed of [false, true]) {
    test(`${one.name} follows PyTorch, ${replayed ? 'replayed' : 'eagerly'}`, async () => {
      const live = gpu.memory.live;
      const parameter = tensor(golden(`${one.name}/p`), [40]);
      const gradient = tensor(new Float32Array(40), [40]);
      const optimizer = make(one, parameter);
      const step = replayed ? record(() => optimizer.step([gradient])) : undefined;
      const [gradients, trajectory] = [golden(`${one.name}/grads`), golden(`${one.name}/trajectory`)];
      for (let k = 0; k < 6; k++) {
        gradient.write(row(gradients, k));
        if (step) step.run();
        else optimizer.step([gradient]);
        const error = relativeError(await parameter.floats(), row(trajectory, k));
        ok(error < 2e-5, `step ${k}: relative error ${error}`);
        // The change is what the optimizer makes; the parameter itself would hide an error in it.
        const start = golden(`${one.name}/p`);
        const change = (to: Float32Array) => to.map((value, i) => value - (start[i] as number));
        const moved = relativeError(change(await parameter.floats()), change(row(trajectory, k)));
        ok(moved < 1e-3, `step ${k}: relative error of the change ${moved}`);
      }
      step?.dispose();
      optimizer.dispose();
      for (const x of [parameter, gradient]) x.dispose();
      is(gpu.memory.live, live);
    });
  }
}

/**
 * What three steps of Adam with a moving average make of parameters of several sizes, and how many launches change them
 * in a step.
 */
async function trainTogether(together: boolean) {
  const { gpu } = tensor([0]);
  const sizes = [3, 64, 1, 4096, 20, 7, 128, 130, 5, 1000, 12, 9];
  const parameters = sizes.map((size, k) => keep(tensor(hostRandom(k).normals(size))));
  const named = parameters.map((x, k) => [String(k), x] as const);
  const groups = together ? [named] : named.map((one) => [one]);
  const optimizers = groups.map((group) => new Adam(group, { weightDecay: 0.01 }));
  const steps = optimizers.map((optimizer) => {
    const gradients = optimizer.parameters.map((x) => keep(tensor(hostRandom(99 + x.size).normals(x.size))));
    return { gradients, recorded: record(() => optimizer.step(gradients)) };
  });
  for (let k = 0; k < 3; k++) for (const { recorded } of steps) recorded.run();
  for (const [k, optimizer] of optimizers.entries()) optimizer.step(steps[k]!.gradients);
  const moments = optimizers.flatMap((each) => [...each.stateDict()].filter(([name]) => name.includes('.')));
  moments.sort(([a], [b]) => a.localeCompare(b));
  const state = [...parameters, ...moments.map(([, x]) => x)];
  const values = await Promise.all(state.map(async (x) => [...(await x.floats())]));
  const launches = steps.reduce((sum, { recorded }) => sum + recorded.dispatches - 1, 0); // one counts the step
  for (const { gradients, recorded } of steps) for (const x of [recorded, ...gradients]) x.dispose();
  for (const x of [...optimizers, ...parameters]) x.dispose();
  const bindings = gpu.device.limits.maxStorageBuffersPerShaderStage;
  return { values, launches, expected: Math.ceil(sizes.length / (bindings - 5)) };
}

for (const profile of ['full', 'browser'] as const) {
  test(`parameters that are changed together come out as one by one, in few launches: ${profile} limits`, async () => {
    const other = await startGpu({ deterministic: true, profile });
    try {
      const [together, apart] = [await trainTogether(true), await trainTogether(false)];
      equal(together.values, apart.values);
      is(together.launches, together.expected);
      is(apart.launches, 12);
    } finally {
      useGpu(gpu);
      other.destroy();
    }
  });
}

test('optimizers may share parameters, in any order; one optimizer takes each once', async () => {
  const sizes = [3, 64, 1, 200, 130, 5];
  const orders = [
    [4, 2, 0, 5],
    [0, 1, 2, 3, 4, 5],
    [1, 3, 2],
  ];
  const changed = async (isolated: boolean) => {
    const parameters = sizes.map((size, k) => keep(tensor(hostRandom(k).normals(size))));
    const gradients = sizes.map((size, k) => keep(tensor(hostRandom(50 + k).normals(size))));
    const groups = orders.flatMap((order) => (isolated ? order.map((k) => [k]) : [order]));
    const steps = groups.map((ks) => {
      const optimizer = new Adam(ks.map((k) => [String(k), parameters[k]!]));
      return () => optimizer.step(ks.map((k) => gradients[k]!));
    });
    for (let turn = 0; turn < 2; turn++) for (const step of steps) step();
    return Promise.all(parameters.map((x) => x.floats()));
  };
  equal(await changed(false), await changed(true));
  const weight = keep(tensor([1, 2], [2]));
  const twice = new Map([
    ['a', weight],
    ['b', weight.reshape([1, 2])],
  ]);
  throws(() => new Adam(twice), /Adam: parameters is one tensor as 'a' and 'b', expected each tensor once/);
});

test('bias corrections stay exact over thousands of steps', async () => {
  const parameter = tensor(new Float32Array(3), [3]);
  const optimizer = new Adam(new Map([['p', parameter]]), { learningRate: 0, betas: [0.5, 0.999] });
  const gradient = tensor(new Float32Array(3).fill(2), [3]);
  const step = record(() => optimizer.step([gradient]));
  for (let k = 0; k < 2500; k++) step.run();
  is((await optimizer.stateDict().get('step')!.data())[0], 2500);
  step.dispose();
  // With moments at their fixed point (m = c₁·g, v = c₂·g²) a step changes p by lr exactly; so c₂ shows in the change.
  const at = 2501;
  const [c1, c2] = [1 - 0.5 ** at, 1 - 0.999 ** at];
  optimizer
    .stateDict()
    .get('p.exp_avg')!
    .write(new Float32Array(3).fill(2 * c1));
  optimizer
    .stateDict()
    .get('p.exp_avg_sq')!
    .write(new Float32Array(3).fill((4 * c2 - 0.001 * 4) / 0.999));
  optimizer.learningRate = 0.125;
  optimizer.step([gradient]);
  const [moved] = await parameter.floats();
  ok(Math.abs((moved as number) + 0.125) < 1e-6, `moved by ${moved}`);
});

test('a recorded step sees a new learning rate', async () => {
  const parameter = tensor([1], [1]);
  const gradient = tensor([1], [1]);
  const optimizer = new Sgd([['p', parameter]], { learningRate: 0.5 });
  const step = record(() => optimizer.step([gradient]));
  step.run();
  is(await parameter.item(), 0.5);
  optimizer.learningRate = 0.25;
  step.run();
  is(await parameter.item(), 0.25);
  step.dispose();
});

test('state restores an optimizer, bit for bit', async () => {
  const values = hostRandom(3).normals(12);
  const run = async (interrupted: boolean) => {
    const parameter = tensor(values.slice(), [3, 4]);
    let optimizer = new AdamW([['p', parameter]]);
    for (let k = 0; k < 6; k++) {
      if (interrupted && k === 3) {
        const fresh = new AdamW([['p', parameter]]);
        for (const [name, state] of optimizer.stateDict())
          fresh
            .stateDict()
            .get(name)!
            .write(await state.data());
        optimizer.dispose();
        optimizer = fresh;
      }
      optimizer.step([tensor(hostRandom(k).normals(12), [3, 4])]);
    }
    return parameter.floats();
  };
  equal(await run(true), await run(false));
});

test('wrong gradients are named', () => {
  const optimizer = new Sgd([['layer.weight', tensor([1, 2], [2])]]);
  throws(() => optimizer.step([]), /Sgd: gradients is 0 tensors, expected 1/);
  throws(() => optimizer.step([tensor([1, 2, 3], [3])]), /gradient of layer.weight is \[3\], expected \[2\]/);
  throws(() => new Adam([]), /Adam: parameters is an empty list/);
  throws(() => new Adam([['p', tensor([1], [1])]], { betas: [0.9, 1] }), /Adam: betas is 1, expected/);
});

test('clipping by global norm and by element', async () => {
  const gradients = [tensor([3, 0, 0], [3]), tensor([0, 4], [1, 2])];
  const clipped = clipGradientNorm(gradients, 1);
  ok(Math.abs((await clipped.norm.item()) - 5) < 1e-6);
  ok(relativeError(await clipped.gradients[0]!.floats(), [0.6, 0, 0]) < 1e-6);
  ok(relativeError(await clipped.gradients[1]!.floats(), [0, 0.8]) < 1e-6);
  const loose = clipGradientNorm(gradients, 100);
  equal(await loose.gradients[1]!.floats(), Float32Array.of(0, 4));
  const clamped = clampGradients([tensor([-7, 0.5, 7], [3])], 5);
  equal(await clamped[0]!.floats(), Float32Array.of(-5, 0.5, 5));
  throws(() => clipGradientNorm([], 1), /at least one/);
});

test('the moving average follows parameters and copies statistics', async () => {
  const build = () => new Sequential(new Linear(3, 2), new BatchNorm2d(5));
  const source = seeded(1, build);
  const average = seeded(2, build);
  const ema = new ExponentialMovingAverage(source, average, 0.75);
  const weights = [source.stateDict().get('0.weight')!, average.stateDict().get('0.weight')!] as const;
  const start = await weights[0].floats();
  equal(await weights[1].floats(), start);
  is(average.training, false);
  is(
    average.parameters().some((p) => p.requiresGrad),
    false,
  );
  weights[0].write(start.map((value) => value + 1));
  source.stateDict().get('1.running_var')!.write(new Float32Array(5).fill(3));
  const step = record(() => ema.update());
  step.run();
  ok(
    relativeError(
      await weights[1].floats(),
      start.map((value) => value + 0.25),
    ) < 1e-6,
  );
  equal(await average.stateDict().get('1.running_var')!.floats(), new Float32Array(5).fill(3));
  ema.decay = 0;
  step.run();
  ok(
    relativeError(
      await weights[1].floats(),
      start.map((value) => value + 1),
    ) < 1e-6,
  );
  step.dispose();
  throws(
    () => new ExponentialMovingAverage<Sequential>(source, new Sequential(new Linear(3, 4))),
    /'0.weight' differs/,
  );
});

test('a recorded update of an average does not run once the average is disposed', () => {
  const [source, average] = [new Linear(8, 8), new Linear(8, 8)];
  const moving = new ExponentialMovingAverage(source, average);
  const optimizer = new Adam(source.namedParameters());
  const step = record(() => moving.update()); // whose launch binds weight and bias of each as one range
  step.run();
  average.weight.dispose();
  step.run(); // the memory of both stays until both are disposed
  average.dispose();
  throws(() => step.run(), /was freed/);
  for (const x of [step, moving, optimizer, source]) x.dispose();
});

test('one step frees what it makes', () => {
  const parameter = keep(tensor([1, 2], [2]));
  const optimizer = new Adam([['p', parameter]]);
  const live = gpu.memory.live;
  for (let k = 0; k < 3; k++) scope(() => optimizer.step(clipGradientNorm([tensor([1, 1], [2])], 1).gradients));
  is(gpu.memory.live, live);
});

test('schedules', () => {
  const near = (a: number, b: number) => ok(Math.abs(a - b) < 1e-12, `${a} instead of ${b}`);
  near(constantSchedule({ rate: 2 })(1e6), 2);
  near(constantSchedule({ rate: 2, warmup: 4 })(0), 0.5);
  near(constantSchedule({ rate: 2, warmup: 4 })(3), 2);
  const cosine = cosineSchedule({ rate: 1, floor: 0.2, steps: 110, warmup: 10 });
  near(cosine(10), 1);
  near(cosine(60), 0.6);
  near(cosine(110), 0.2);
  near(cosine(5000), 0.2);
  near(polynomialSchedule({ rate: 8, steps: 10 })(5), 4);
  near(polynomialSchedule({ rate: 8, steps: 10, power: 2 })(5), 2);
  const steps = stepSchedule({ rate: 1, milestones: [100, 200] });
  near(steps(99), 1);
  near(steps(100), 0.1);
  near(steps(250), 0.01);
  throws(
    () => cosineSchedule({ rate: 1, steps: 5, warmup: 5 }),
    /cosineSchedule: steps is 5, expected more than the 5/,
  );
});

test.run();
