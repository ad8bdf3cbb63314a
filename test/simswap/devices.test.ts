/**
 * @file Two devices in one process: everything belongs to the device of its tensors, whichever is current, and neither
 * disturbs the other.
 */
import { ArgumentError, type Gpu, onGpu, useGpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { Adam, ExponentialMovingAverage, GradScaler, Linear, seeded } from '@visage/nn';
import { Swapper, type Trainer } from '@visage/simswap';
import {
  add,
  assign,
  autocast,
  grad,
  keep,
  matmul,
  mean,
  noGrad,
  RandomState,
  record,
  scope,
  square,
  type Tensor,
  tensor,
} from '@visage/tensor';
import { suite } from 'uvu';
import { equal, is, ok, throws } from 'uvu/assert';
import { lossesOf, tinyTrainer } from '../helpers/tinySwapper.ts';

const test = suite('two devices');
const options = { deterministic: true };
const one = await startGpu(options);
const two = await startGpu(options); // the current one from here on

test.after(async () => {
  await one.sync();
  one.destroy();
});

const bitsOf = async (x: Tensor): Promise<number[]> => [...new Uint32Array((await x.floats()).slice().buffer)];

/** A face for each device. */
const faceOn = (gpu: Gpu, seed: number): Tensor =>
  tensor(
    Float32Array.from({ length: 48 * 48 * 3 }, (_, k) => ((k * (7 + seed)) % 101) / 100),
    [1, 48, 48, 3],
    { gpu },
  );

/** Swaps a face by the trained average of a trainer, while another device is current. */
async function swapped(trainer: Trainer): Promise<number[]> {
  const { gpu } = trainer.generator;
  const swapper = new Swapper({ generator: trainer.average, identity: trainer.identity });
  const [target, source] = [faceOn(gpu, 0), faceOn(gpu, 1)];
  const result = swapper.swapImages(target, source);
  is(result.gpu, gpu);
  const bits = await bitsOf(result);
  swapper.dispose();
  return bits;
}

test('trainings and swaps side by side, with the other device current, give the bits of one alone', async () => {
  const steps = 3;
  const alone = tinyTrainer();
  is(alone.generator.gpu, two, 'the current device');
  const losses = await lossesOf(alone, steps);
  const swap = await swapped(alone);
  alone.dispose();

  const trainers = [one, two].map((gpu) => ({ gpu, trainer: onGpu(gpu, () => tinyTrainer()) }));
  const got: number[][][] = [[], []];
  for (let step = 1; step <= steps; step++)
    for (const [k, { gpu, trainer }] of trainers.entries()) {
      useGpu(gpu === one ? two : one);
      is(trainer.generator.gpu, gpu);
      got[k]?.push(...(await lossesOf(trainer, step)));
    }
  for (const [k, { gpu, trainer }] of trainers.entries()) {
    useGpu(gpu === one ? two : one);
    equal(got[k], losses);
    equal(await swapped(trainer), swap);
    trainer.dispose();
  }
});

test('a scope frees what was made inside on either device, and keeps what is returned', async () => {
  const before = [one, two].map(({ memory }) => memory.live);
  const kept = scope(() => {
    const [x, y] = [one, two].map((gpu) => tensor([1, 2], [2], { gpu })) as [Tensor, Tensor];
    add(y, 1);
    return [add(x, 1), keep(add(y, 2))];
  });
  equal(await Promise.all(kept.map(bitsOf)), await Promise.all([tensor([2, 3]), tensor([3, 4])].map(bitsOf)));
  for (const x of kept) x.dispose();
  equal(
    [one, two].map(({ memory }, k) => memory.live - (before[k] as number)).filter((bytes) => bytes > 512),
    [],
  );
});

test('a step is recorded on the device of its tensors, with what it makes of optimizers, averages, scalers and random numbers', async () => {
  const run = async (gpu: Gpu, other: Gpu): Promise<number[][]> => {
    const made = onGpu(gpu, () => ({
      networks: [1, 1].map((seed) => seeded(seed, () => new Linear(3, 2))) as [Linear, Linear],
      random: new RandomState(5),
      scaler: new GradScaler({ initialScale: 8 }),
      x: tensor([1, 2, 3, 4, 5, 6], [2, 3]),
    }));
    useGpu(other);
    const { networks, random, scaler, x } = made;
    const [network, average] = networks;
    const optimizer = new Adam(network.namedParameters(), { learningRate: 0.1 });
    const follow = new ExponentialMovingAverage(network, average, 0.5);
    const step = record(() => {
      const y = autocast('f32', () => network.forward(x));
      const loss = mean(square(add(y, random.normal([2, 2]))));
      scaler.step(optimizer, grad(scaler.scale(loss), optimizer.parameters));
      follow.update(scaler);
      scaler.update();
      return loss;
    });
    const values = [];
    for (let k = 0; k < 3; k++) values.push(await bitsOf(step.run()));
    values.push(await bitsOf(average.weight));
    for (const thing of [step, optimizer, follow, random, scaler, ...networks]) thing.dispose();
    return values;
  };
  equal(await run(one, two), await run(two, one));
});

test('an op over both is refused by name, and both go on', async () => {
  const [x, y] = [one, two].map((gpu) => tensor([1, 2, 3, 4], [2, 2], { gpu, requiresGrad: true })) as [Tensor, Tensor];
  const names = (error: Error) =>
    error instanceof ArgumentError && error.message.includes(one.name) && error.message.includes(two.name);
  is.not(one.name, two.name);
  for (const mistake of [
    () => add(x, y),
    () => matmul(y, x),
    () => noGrad(() => assign(x, y)),
    () =>
      new Adam([
        ['x', x],
        ['y', y],
      ]),
    () => new Adam([['x', x]]).step([y]),
    () => record(() => add(x, y)),
    () => record(() => [square(x), square(y)]),
  ])
    throws(mistake, names);
  for (const z of [x, y]) {
    equal([...(await add(z, 1).floats())], [2, 3, 4, 5]);
    const step = record(() => square(z));
    equal([...(await step.run().floats())], [1, 4, 9, 16]);
    step.dispose();
  }
});

test('one that is destroyed takes nothing of the other along', async () => {
  const x = tensor([1, 2], [2], { gpu: one });
  const step = record(() => add(x, 1));
  two.destroy();
  await two.device.lost;
  equal([...(await step.run().floats())], [2, 3]);
  const again = record(() => add(x, 3));
  equal([...(await again.run().floats())], [4, 5]);
  await one.sync();
  ok(!one.tracing);
  for (const each of [step, again]) each.dispose();
});

test.run();
