/** @file Loss scaling with PyTorch's semantics, eagerly and replayed. */
import {
  Adam,
  clipGradientNorm,
  ExponentialMovingAverage,
  GradScaler,
  type GradScalerOptions,
  Linear,
  type Module,
  Sgd,
  seeded,
} from '@visage/nn';
import { autocast, grad, keep, mseLoss, record, relu, scope, type Tensor, tensor } from '@visage/tensor';
import { equal, is, ok, throws } from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { hostRandom } from '../helpers/random.ts';

const { test, gpu } = await gpuSuite('loss scaling');

const INF = Number.POSITIVE_INFINITY;
const SMALL: GradScalerOptions = { initialScale: 8, growthInterval: 3 };
/** [scale, skipped]. */
const stateOf = async (scaler: GradScaler): Promise<number[]> => [...(await scaler.report().floats())];

/** A parameter of five elements with its gradient, which the tests write. */
function setting(options: GradScalerOptions = SMALL) {
  const parameter = keep(tensor([1, 2, 3, 4, 5]));
  const gradient = keep(tensor([0, 0, 0, 0, 0]));
  const scaler = new GradScaler(options);
  const optimizer = new Adam([['p', parameter]], { learningRate: 0.1 });
  const step = () => {
    scaler.step(optimizer, [gradient]);
    scaler.update();
  };
  const end = () => {
    for (const x of [parameter, gradient, scaler, optimizer]) x.dispose();
  };
  return { parameter, gradient, scaler, optimizer, step, end };
}

test('the defaults are those of PyTorch', async () => {
  const scaler = new GradScaler();
  equal(await stateOf(scaler), [65536, 0]);
  scaler.dispose();
  throws(() => new GradScaler({ backoffFactor: 1 }), /GradScaler: backoffFactor is 1/);
  throws(() => new GradScaler({ growthInterval: 0 }), /growthInterval is 0, expected a positive integer/);
});

for (const [name, make] of [
  ['Adam', (p: Tensor) => new Adam([['p', p]], { weightDecay: 0.1 })],
  ['Sgd', (p: Tensor) => new Sgd([['p', p]], { momentum: 0.9, weightDecay: 0.1 })],
] as const) {
  test(`${name} by scaled gradients makes the steps that it makes by plain ones, to the bit`, async () => {
    const run = async (scaler?: GradScaler) => {
      const parameter = keep(tensor(hostRandom(1).normals(11)));
      const optimizer = make(parameter);
      for (let k = 0; k < 3; k++) {
        const values = hostRandom(k + 2).normals(11);
        const gradient = tensor(scaler ? values.map((v) => 1024 * v) : values);
        if (scaler) scaler.step(optimizer, [gradient]);
        else optimizer.step([gradient]);
        scaler?.update();
        gradient.dispose();
      }
      const result = await parameter.floats();
      for (const x of [parameter, optimizer]) x.dispose();
      return result;
    };
    const scaler = new GradScaler({ initialScale: 1024 });
    equal(await run(scaler), await run());
    scaler.dispose();
  });
}

for (const [what, values] of [
  ['an infinity', [0, 0, 0, 0, INF]],
  ['a negative infinity', [-INF, 0, 0, 0, 0]],
  ['a NaN', [0, 0, Number.NaN, 0, 0]],
] as const) {
  test(`${what} skips the step, its count and the moving average, and halves the scale`, async () => {
    const { parameter, gradient, scaler, optimizer, step, end } = setting();
    const source = new Linear(4, 1);
    const average = new Linear(4, 1);
    const moving = new ExponentialMovingAverage<Module>(source, average, 0.5);
    source.weight.write(new Float32Array(4).fill(7));
    const before = await average.weight.floats();
    gradient.write(Float32Array.from(values));
    scaler.step(optimizer, [gradient]);
    moving.update(scaler);
    scaler.update();
    equal(await parameter.floats(), Float32Array.of(1, 2, 3, 4, 5));
    equal(await optimizer.stateDict().get('step')!.data(), Uint32Array.of(0));
    equal(await optimizer.stateDict().get('p.exp_avg_sq')!.floats(), new Float32Array(5));
    equal(await average.weight.floats(), before);
    equal(await stateOf(scaler), [4, 1]);
    gradient.write(new Float32Array(5).fill(4));
    step();
    moving.update(scaler);
    equal(await optimizer.stateDict().get('step')!.data(), Uint32Array.of(1));
    ok((await average.weight.floats())[0]! > before[0]!);
    equal(await stateOf(scaler), [4, 1]);
    moving.dispose();
    for (const x of [source, average]) x.dispose();
    end();
  });
}

test('gradients are clipped between unscaling and the step; overflow is still seen', async () => {
  const { parameter, gradient, scaler, end } = setting();
  const optimizer = new Sgd([['p', parameter]], { learningRate: 1 });
  const step = () =>
    scope(() => {
      const { gradients } = clipGradientNorm(scaler.unscale([gradient]), 1);
      scaler.step(optimizer, gradients, true);
      scaler.update();
    });
  gradient.write(Float32Array.of(24, 0, 0, 32, 0)); // (3, 4) after the scale of 8
  step();
  const moved = await parameter.floats();
  for (const [k, expected] of [0.4, 2, 3, 3.2, 5].entries()) ok(Math.abs(moved[k]! - expected) < 1e-5);
  gradient.write(Float32Array.of(INF, 0, 0, 0, 0));
  step();
  equal(await parameter.floats(), moved);
  is((await stateOf(scaler))[1], 1);
  optimizer.dispose();
  end();
});

test('overflow is found in any tensor, at any place', async () => {
  const sizes = [3, 64, 4096, 1, 20];
  const parameters = sizes.map((size) => keep(tensor(new Float32Array(size))));
  const optimizer = new Sgd(parameters.map((p, k) => [String(k), p] as const));
  const scaler = new GradScaler({ initialScale: 2 ** 40 });
  const gradients = sizes.map((size) => keep(tensor(new Float32Array(size).fill(3e38))));
  scaler.step(optimizer, gradients);
  scaler.update();
  equal(await stateOf(scaler), [2 ** 40, 0]); // large, and finite
  let skipped = 0;
  for (const [k, size] of sizes.entries()) {
    for (const at of new Set([0, size - 1])) {
      const values = new Float32Array(size);
      values[at] = INF;
      gradients[k]!.write(values);
      scaler.step(optimizer, gradients);
      scaler.update();
      gradients[k]!.write(new Float32Array(size));
      skipped += 1;
      is((await stateOf(scaler))[1], skipped, `tensor ${k}, element ${at}`);
    }
  }
  for (const x of [...parameters, ...gradients, optimizer, scaler]) x.dispose();
});

test('the scale grows after enough good steps, starts counting anew, and stays finite', async () => {
  const { gradient, scaler, step, end } = setting();
  const scales: number[] = [];
  for (let k = 0; k < 8; k++) {
    if (k === 4) gradient.write(new Float32Array(5).fill(INF));
    step();
    gradient.write(new Float32Array(5));
    scales.push((await stateOf(scaler))[0]!);
  }
  equal(scales, [8, 8, 16, 16, 8, 8, 8, 16]);
  end();
  const large = setting({ initialScale: 2 ** 127, growthInterval: 1 });
  large.step();
  equal(await stateOf(large.scaler), [2 ** 127, 0]);
  large.end();
});

/** Trains a small network in f16 for some steps; a scale that is far too large at first makes it skip. */
function training(replay: boolean) {
  const network = seeded(1, () => new Linear(6, 8));
  const head = seeded(2, () => new Linear(8, 3));
  const named = [...network.namedParameters(), ...[...head.namedParameters()].map(([n, p]) => [`h.${n}`, p] as const)];
  const optimizer = new Adam(named, { learningRate: 0.01 });
  const scaler = new GradScaler({ initialScale: 2 ** 24, growthInterval: 4 });
  const [x, y] = [keep(tensor(hostRandom(5).normals(30), [5, 6])), keep(tensor(hostRandom(6).normals(15), [5, 3]))];
  const work = () => {
    const loss = autocast('f16', () => mseLoss(head.forward(relu(network.forward(x))), y));
    scaler.step(optimizer, grad(scaler.scale(loss), optimizer.parameters));
    scaler.update();
    return loss;
  };
  const recorded = replay ? record(work) : undefined;
  return {
    state: () => new Map([...named, ...optimizer.stateDict(), ...scaler.stateDict()]),
    report: () => stateOf(scaler),
    step: () => {
      if (recorded) recorded.run();
      else scope(() => void work());
    },
    end: () => {
      recorded?.dispose();
      for (const owned of [network, head, optimizer, scaler, x, y]) owned.dispose();
    },
  };
}

const snapshot = async (state: Map<string, Tensor>) => {
  const out: [string, number[]][] = [];
  for (const [name, x] of state) out.push([name, [...new Uint32Array((await x.data()).slice().buffer)]]);
  return out;
};

test('replayed steps give the bits of eager ones, skipped steps among them', async () => {
  const { live } = gpu.memory;
  const [eager, replayed] = [training(false), training(true)];
  for (let k = 0; k < 14; k++) {
    eager.step();
    replayed.step();
  }
  const [scale, skipped] = await eager.report();
  ok(skipped! > 2 && scale! < 2 ** 22, `${skipped} skipped, scale ${scale}`);
  equal(await snapshot(replayed.state()), await snapshot(eager.state()));
  const during = gpu.memory.live;
  for (let k = 0; k < 5; k++) {
    eager.step();
    replayed.step();
    is(gpu.memory.live, during);
  }
  for (const each of [eager, replayed]) each.end();
  await gpu.sync();
  ok(gpu.memory.live - live < 4096, 'what is left are the reports');
});

test('a restored run continues with the same bits', async () => {
  const [through, second] = [training(true), training(true)];
  for (let k = 0; k < 9; k++) through.step();
  for (const [name, x] of through.state())
    second
      .state()
      .get(name)!
      .write(await x.data());
  for (let k = 0; k < 6; k++) {
    through.step();
    second.step();
  }
  equal(await snapshot(second.state()), await snapshot(through.state()));
  for (const each of [through, second]) each.end();
});

test.run();
