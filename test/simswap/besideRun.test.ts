/**
 * @file What is asked of a trainer while it runs: a checkpoint is of one step, and what would disturb the run is
 * refused by name.
 */
import { readSafetensors } from '@visage/nn';
import { paper, type Recipe, Trainer, type TrainerOptions } from '@visage/simswap';
import { keep, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { StepGate } from '../../packages/simswap/src/training/stepGate.ts';
import { gpuSuite } from '../helpers/gpu.ts';
import { HashedPairs, makeNetworks } from './fixture.ts';

const { test } = await gpuSuite('beside a training run');

const turns: Recipe = { ...paper, turns: 'alternate' };

function start(options: Partial<TrainerOptions> = {}) {
  const networks = makeNetworks(1);
  const data = new HashedPairs();
  const trainer = new Trainer({ ...networks, data, seed: 5, readEvery: 50, ...options });
  const end = () => {
    trainer.dispose();
    trainer.average.dispose();
    for (const network of Object.values(networks)) network.dispose();
    data.dispose();
  };
  return { trainer, data, end };
}

const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: Error) => error.message,
  );

function assertSameBytes(a: Uint8Array, b: Uint8Array): void {
  assert.is(a.length, b.length);
  assert.is(Buffer.compare(a, b), 0);
}

test('a checkpoint that is asked for in the middle of a step is the one of a run that ended there', async () => {
  const { trainer, data, end } = start({ recipe: turns });
  const load = data.load.bind(data);
  const asked: Promise<Uint8Array>[] = [];
  data.load = async (kind, draw) => {
    await new Promise((resolve) => setTimeout(resolve, 1)); // a step waits here, as for pictures
    load(kind, draw);
    if (draw === 3) asked.push(trainer.checkpoint()); // the second turn of the second step
  };
  await trainer.run({ until: 5 });
  end();
  const other = start({ recipe: turns });
  await other.trainer.run({ until: 2 });
  assertSameBytes((await asked[0]) as Uint8Array, await other.trainer.checkpoint());
  other.end();
});

test('a second run, a restoration and an end of the trainer are refused by name, and change nothing of the run', async () => {
  const alone = start();
  await alone.trainer.run({ until: 2 });
  const saved = readSafetensors(await alone.trainer.checkpoint());
  await alone.trainer.run({ until: 4 });

  const { trainer, end } = start();
  const run = trainer.run({ until: 4 });
  assert.match(await messageOf(trainer.run({ until: 9 })), /^Trainer\.run: a run of this trainer is in progress/);
  assert.throws(() => trainer.restore(saved), /^Trainer\.restore: a run of this trainer is in progress/);
  assert.throws(() => trainer.dispose(), /^Trainer\.dispose: a run of this trainer is in progress/);
  await run;
  assertSameBytes(await trainer.checkpoint(), await alone.trainer.checkpoint());
  trainer.restore(saved);
  assert.is(trainer.step, 2);
  end();
  alone.end();
});

test('an error before a step leaves a state to save, with all losses told; one in its middle leaves none until another is restored', async () => {
  const { trainer, data, end } = start({ recipe: turns });
  const load = data.load.bind(data);
  const told: number[] = [];
  const until = (last: number) => messageOf(trainer.run({ until: last, onStep: ({ step }) => told.push(step) }));
  const failAt = (broken: number) => {
    data.load = (kind, draw) => {
      if (draw === broken) throw new Error('no picture');
      load(kind, draw);
    };
  };
  failAt(4); // the first turn of step 3
  assert.is(await until(5), 'no picture');
  assert.equal(told, [1, 2]);
  const saved = await trainer.checkpoint();
  failAt(5); // the second turn
  assert.is(await until(5), 'no picture');
  const why = /: step 3 failed when a part of it was done; restore\(\) a checkpoint first/;
  assert.match(await messageOf(trainer.checkpoint()), why);
  assert.match(await until(5), why);
  trainer.restore(readSafetensors(saved));
  assertSameBytes(await trainer.checkpoint(), saved);
  end();
});

test('sources that may fail are asked for all pictures of a step before it begins', async () => {
  const { trainer, data, end } = start({ recipe: turns });
  const load = data.load.bind(data);
  const order: string[] = [];
  data.load = (kind, draw) => {
    order.push(`load ${draw}`);
    load(kind, draw);
  };
  const reading = Object.assign(data, {
    read: (_: unknown, draw: number) => {
      order.push(`read ${draw}`);
      if (draw === 3) throw new Error('gone');
    },
  });
  assert.is(await messageOf(trainer.run({ until: 3 })), 'gone');
  assert.equal(order, ['read 0', 'read 1', 'load 0', 'load 1', 'read 2', 'read 3']);
  assert.is(trainer.step, 1);
  await trainer.checkpoint();
  Reflect.deleteProperty(reading, 'read');
  end();
});

test('weights that are not finite are not saved', async () => {
  const { trainer, end } = start();
  const [name, weight] = [...trainer.generator.namedParameters()][0] as [string, ReturnType<typeof tensor>];
  const values = (await weight.floats()).map((value, k) => (k === 3 ? Number.NaN : value));
  weight.write(values);
  const message = await messageOf(trainer.checkpoint());
  assert.match(message, /^saveCheckpoint: element \d+ of 'generator\/.* is NaN, expected a finite number/);
  assert.ok(name.length > 0);
  end();
});

test('a trainer of single steps takes one at a time', async () => {
  const gate = new StepGate('AeiTrainer');
  const wait = keep(tensor([1]));
  const first = gate.run(() => wait.item());
  assert.match(await messageOf(gate.run(() => wait.item())), /^AeiTrainer\.run: a run of this trainer is in progress/);
  assert.is(await first, 1);
  assert.is(await gate.run(() => wait.item()), 1);
  wait.dispose();
});

test.run();
