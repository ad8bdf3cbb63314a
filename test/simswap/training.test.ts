import { useGpu } from '@visage/gpu';
import { startGpu } from '@visage/gpu/node';
import { readSafetensors } from '@visage/nn';
import {
  Generator,
  NonFiniteLossError,
  paper,
  publishedGenerator,
  type Recipe,
  readCheckpointHeader,
  type StepReport,
  Trainer,
  type TrainerOptions,
} from '@visage/simswap';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { HashedPairs, makeNetworks } from './fixture.ts';

const { test, gpu } = await gpuSuite('simswap training');

interface Run {
  readonly trainer: Trainer;
  readonly data: HashedPairs;
  readonly end: () => void;
}

function start(options: Pick<TrainerOptions, 'replay' | 'readEvery' | 'precision'> = {}, networkSeed = 1): Run {
  const networks = makeNetworks(networkSeed);
  const data = new HashedPairs();
  const trainer = new Trainer({ ...networks, data, seed: 5, ...options });
  const end = () => {
    trainer.dispose();
    trainer.average.dispose();
    for (const network of Object.values(networks)) network.dispose();
    data.dispose();
  };
  return { trainer, data, end };
}

/** Compares by hand: a diff of two checkpoints would take minutes and say nothing. */
function assertSameBytes(a: Uint8Array, b: Uint8Array): void {
  assert.is(a.length, b.length);
  const at = a.findIndex((byte, k) => byte !== b[k]);
  assert.is(at, -1, `first difference at byte ${at}`);
}

test('replayed steps give the same bits as steps run op by op', async () => {
  const [replayed, eager] = [start(), start({ replay: false })];
  await replayed.trainer.run({ until: 3 });
  await eager.trainer.run({ until: 3 });
  assertSameBytes(await replayed.trainer.checkpoint(), await eager.trainer.checkpoint());
  replayed.end();
  eager.end();
});

test('a resumed run equals an uninterrupted one, bit for bit', async () => {
  const through = start();
  const reports: StepReport[] = [];
  await through.trainer.run({ until: 5, onStep: (report) => reports.push(report) });
  const expected = await through.trainer.checkpoint({ note: 1 });
  through.end();

  const first = start();
  await first.trainer.run({ until: 2 });
  const saved = readSafetensors(await first.trainer.checkpoint());
  first.end();
  const second = start({}, 77);
  second.trainer.restore(saved);
  assert.is(second.trainer.step, 2);
  const resumed: StepReport[] = [];
  await second.trainer.run({ until: 5, onStep: (report) => resumed.push(report) });
  assertSameBytes(await second.trainer.checkpoint({ note: 1 }), expected);
  const losses = (all: StepReport[]) => all.map(({ step, kind, losses }) => ({ step, kind, losses }));
  assert.equal(losses(resumed), losses(reports.slice(2)));
  second.end();
});

test('a checkpoint says what it holds', async () => {
  const { trainer, end } = start();
  const header = readCheckpointHeader(readSafetensors(await trainer.checkpoint({ preset: 'tiny' })));
  assert.equal(header.recipe, paper);
  assert.equal(header.networks.generator, trainer.generator.config);
  assert.equal(header.networks.identity, trainer.identity.config);
  assert.equal([header.step, header.seed, header.batchSize, header.imageSize], [0, 5, 2, 48]);
  assert.equal(header.notes, { preset: 'tiny' });
  end();
});

test('a linear head trains in its own colour space; losses of weight 0 are neither computed nor felt', async () => {
  const { discriminator, identity } = makeNetworks();
  const generator = new Generator({ ...publishedGenerator, width: 1 / 32, blocks: 1, latent: 16, head: 'linear' });
  const recipe: Recipe = {
    ...paper,
    head: 'linear',
    featureLayers: [],
    weights: { ...paper.weights, gradientPenalty: 0 },
  };
  const trainer = new Trainer({ generator, discriminator, identity, data: new HashedPairs(), recipe });
  await trainer.run({
    until: 2,
    onStep: ({ losses, kind }) => {
      assert.equal([losses.featureMatching, losses.gradientPenalty], [0, 0]);
      assert.ok(losses.reconstruction > 0.5); // in units of ImageNet's deviations, 0.225
      const same = kind === 'same' ? 10 * losses.reconstruction : 0;
      const expected = losses.adversarial + 10 * losses.identity + same;
      assert.ok(Math.abs(losses.generator - expected) < 1e-4);
      assert.ok(Math.abs(losses.discriminator - losses.real - losses.fake) < 1e-5);
    },
  });
  trainer.dispose();
});

test('kinds alternate, every step is reported once, and tasks run when they are due', async () => {
  const { trainer, data, end } = start({ readEvery: 3 });
  const steps: number[] = [];
  const tasks: number[] = [];
  await trainer.run({
    until: 8,
    tasks: [{ every: 4, run: ({ step }) => void tasks.push(step) }],
    onStep: ({ step, kind, losses }) => {
      steps.push(step);
      assert.is(kind, step % 2 === 1 ? 'same' : 'cross');
      assert.ok(losses.generator > 0);
    },
  });
  assert.equal(steps, [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(tasks, [4, 8]);
  assert.equal(
    data.loaded.map(({ step }) => step),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  end();
});

test('two steps are in flight at most, however rarely losses are read', async () => {
  const { trainer, data, end } = start({ readEvery: 50 });
  const [load, sync] = [data.load.bind(data), gpu.sync.bind(gpu)];
  let done = 0;
  const inFlight: number[] = []; // when a step begins, that step included
  data.load = (kind, step) => {
    inFlight.push(step + 1 - done);
    load(kind, step);
  };
  gpu.sync = async () => {
    await sync();
    done += 1;
  };
  try {
    await trainer.run({ until: 12 });
  } finally {
    gpu.sync = sync;
  }
  assert.is(Math.max(...inFlight), 2);
  end();
});

test('a device lost at a step whose results are looked at ends the run with that error and nothing else', async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', hear);
  const lost = await startGpu({ deterministic: true });
  try {
    const { trainer, data } = start({ readEvery: 1 }); // a reading is in flight, and fails first
    const load = data.load.bind(data);
    data.load = (kind, step) => {
      if (step === 21) lost.destroy(); // the second look; everything is recorded by then
      load(kind, step);
    };
    const error: unknown = await trainer.run({ until: 23 }).catch((reason: unknown) => reason);
    assert.match(String(error), /DeviceLostError: the device was destroyed/);
    await new Promise((resolve) => setTimeout(resolve, 200)); // longer than a reading waits for the reason
    assert.equal(unheard, []);
  } finally {
    process.off('unhandledRejection', hear);
    useGpu(gpu);
  }
});

test('stop ends a run after the step at hand, with all losses reported', async () => {
  const { trainer, end } = start({ readEvery: 1 });
  let reported = 0;
  await trainer.run({
    until: 1000,
    onStep: () => {
      reported += 1;
      trainer.stop();
    },
  });
  assert.is(trainer.step, reported);
  assert.ok(reported < 5);
  end();
});

test('live bytes are the same after every step', async () => {
  const { trainer, end } = start({ readEvery: 1 });
  await trainer.run({ until: 22 }); // both kinds are recorded, and the look at the collapse is
  const { live } = gpu.memory;
  for (let until = 23; until <= 63; until++) {
    await trainer.run({ until });
    assert.is(gpu.memory.live, live);
  }
  end();
});

test('a loss that is not finite stops the run and is named', async () => {
  const { trainer, end } = start();
  await trainer.run({ until: 2 });
  trainer.generator
    .stateDict()
    .get('last_layer.1.bias')!
    .write(new Float32Array([Number.NaN, 0, 0]));
  let caught: unknown;
  await trainer.run({ until: 6 }).catch((error: unknown) => {
    caught = error;
  });
  assert.instance(caught, NonFiniteLossError);
  assert.is((caught as NonFiniteLossError).step, 3);
  assert.is((caught as NonFiniteLossError).loss, 'adversarial');
  assert.match((caught as NonFiniteLossError).message, /op by op, \w+ \[[\d, ]*\] is the first/);
  end();
});

test.run();
