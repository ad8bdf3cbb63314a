/**
 * @file The trainer of networks that read faces: stages, recorded steps, checkpoints, mixed precision, and attacks.
 */
import { readSafetensors, seeded } from '@visage/nn';
import {
  ArcFace,
  disguised,
  IdentityTask,
  likenessLoss,
  type MarginStage,
  noChanges,
  ProceduralLabels,
  photographChanges,
  type ReaderReport,
  ReaderTrainer,
  type ReaderTrainerOptions,
  stageAt,
} from '@visage/simswap';
import { arcMargin, cosineSimilarity, cosMargin, crossEntropy, noGrad, RandomState, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';

const { test } = await gpuSuite('readers');

const SIZE = 32;
const PEOPLE = 6;
const network = (seed = 1) =>
  seeded(
    seed,
    () =>
      new ArcFace({
        ...{ kind: 'arcface', layers: [1, 1, 1, 1], width: 1 / 16, embedding: 16, inputSize: SIZE, squeeze: true },
      }),
  );

const plain: MarginStage = {
  ...{ steps: 4, batchSize: 6, learningRate: 0.05, warmup: 0.25, floor: 0.01 },
  ...{ margin: 0.1, scale: 8, attack: 0, attackGrowth: 0, blurs: 0 },
};
const STAGES: readonly MarginStage[] = [
  plain,
  { ...plain, steps: 3, batchSize: 4, attack: 1, blurs: 1, likeness: 0.5, mixStyle: 0.6 },
];

const data = ({ batchSize }: MarginStage): ProceduralLabels =>
  new ProceduralLabels({ people: PEOPLE, level: 'L0', imageSize: SIZE, batchSize, seed: 3 });

interface Started {
  readonly trainer: ReaderTrainer<MarginStage>;
  end(): void;
}

/** Shapes of the people, three numbers each. */
const SHAPES = { values: Float32Array.from({ length: 3 * PEOPLE }, (_, k) => Math.sin(7 * k)), size: 3 };

function start(options: Partial<ReaderTrainerOptions<MarginStage>> = {}, seed = 1): Started {
  const task = new IdentityTask(network(seed), PEOPLE, seed, 'angle', SHAPES);
  const trainer = new ReaderTrainer({ task, stages: STAGES, data, changes: photographChanges, seed: 5, ...options });
  const end = () => {
    trainer.dispose();
    for (const module of Object.values(task.modules)) module.dispose();
  };
  return { trainer, end };
}

const STATE = { config: null, notes: null };

function assertSameBytes(a: Uint8Array, b: Uint8Array): void {
  assert.is(a.length, b.length);
  assert.is(
    a.findIndex((byte, k) => byte !== b[k]),
    -1,
  );
}

test('a step belongs to its stage', () => {
  assert.equal(stageAt(STAGES, 0), { stage: 0, step: 0 });
  assert.equal(stageAt(STAGES, 3), { stage: 0, step: 3 });
  assert.equal(stageAt(STAGES, 4), { stage: 1, step: 0 });
  assert.equal(stageAt(STAGES, 7), { stage: 1, step: 3 });
});

for (const precision of ['f32', 'mixed'] as const) {
  test(`a training that is resumed in either stage ends with the same bits, ${precision}`, async () => {
    const options = { precision, averageDecay: 0.9 };
    const through = start(options);
    const reports: ReaderReport[] = [];
    await through.trainer.run({ until: 7, onStep: (report) => reports.push(report) });
    const expected = await through.trainer.checkpoint(STATE);
    through.end();
    assert.equal(
      reports.map(({ step, stage }) => [step, stage]),
      [1, 2, 3, 4, 5, 6, 7].map((step) => [step, step > 4 ? 1 : 0]),
    );
    for (const at of [2, 5]) {
      const first = start(options);
      await first.trainer.run({ until: at });
      const saved = readSafetensors(await first.trainer.checkpoint(STATE));
      first.end();
      const second = start(options, 77);
      second.trainer.restore(saved);
      assert.is(second.trainer.step, at);
      await second.trainer.run({ until: 7 });
      const got = await second.trainer.checkpoint(STATE);
      second.end();
      assertSameBytes(got, expected);
    }
  });
}

test('stages without likeness and mixed styles train as if there were none', async () => {
  const bytes: Uint8Array[] = [];
  for (const off of [{}, { likeness: 0, mixStyle: 0 }]) {
    const { trainer, end } = start({ stages: [{ ...plain, ...off }] });
    await trainer.run({ until: 2 });
    bytes.push(await trainer.checkpoint(STATE));
    end();
  }
  assertSameBytes(bytes[0] as Uint8Array, bytes[1] as Uint8Array);
});

test('the likeness loss is added with its weight, and needs the shapes of the people', async () => {
  const source = data(plain);
  await source.load(0);
  const { images, labels } = source.batch();
  const task = new IdentityTask(network(), PEOPLE, 1, 'angle', SHAPES);
  const lossWith = (likeness: number) => noGrad(() => task.loss({ images, labels }, { ...plain, likeness }, 'f32'));
  const rows = noGrad(() => task.network.embed(images));
  const shapes = Float32Array.from(
    [...(await labels.data())].flatMap((person) => [...SHAPES.values.subarray(3 * person, 3 * person + 3)]),
  );
  const likeness = await likenessLoss(rows, tensor(shapes, [plain.batchSize, 3]), labels).item();
  const [without, once, twice] = [await lossWith(0).item(), await lossWith(1).item(), await lossWith(2).item()];
  assert.ok(Math.abs(once - without - likeness) < 1e-4, `${once - without}, expected ${likeness}`);
  assert.ok(Math.abs(twice - without - 2 * likeness) < 1e-4);
  const shapeless = new IdentityTask(network(), PEOPLE, 1);
  assert.throws(
    () => shapeless.loss({ images, labels }, { ...plain, likeness: 1 }, 'f32'),
    /IdentityTask.*shapes.*none.*set `likeness` to 0/s,
  );
  assert.throws(
    () => new IdentityTask(network(), PEOPLE + 1, 1, 'angle', SHAPES),
    /IdentityTask.*shapes.*18 values.*21, 3 of each of 7 people/s,
  );
  for (const each of [task, shapeless]) each.dispose();
  source.dispose();
});

/** A network that knows the people. */
const learned = network();

test('learns a few people by heart', async () => {
  const losses: number[] = [];
  const task = new IdentityTask(learned, PEOPLE, 1);
  const stages = [{ ...plain, steps: 60, batchSize: 12, learningRate: 0.1 }];
  const trainer = new ReaderTrainer({ task, stages, data });
  await trainer.run({ until: 60, onStep: ({ loss }) => losses.push(loss) });
  trainer.dispose();
  const mean = (some: readonly number[]) => some.reduce((sum, x) => sum + x, 0) / some.length;
  assert.ok(mean(losses.slice(-5)) < 0.5 * mean(losses.slice(0, 5)), losses.map((x) => x.toFixed(2)).join());
});

test('class centres of a network that knows people lie where it sees them', async () => {
  const task = new IdentityTask(learned, PEOPLE, 2);
  const source = new ProceduralLabels({ people: PEOPLE, level: 'L0', imageSize: SIZE, batchSize: 12, seed: 3 });
  await task.centre(source);
  source.load(9);
  const { images, labels } = source.batch();
  task.network.eval();
  const vectors = await task.network.latent(images).floats();
  const centres = await task.head.weight.floats();
  const nearest = (row: number): number => {
    const cosines = Array.from({ length: PEOPLE }, (_, person) => {
      let [dot, square] = [0, 0];
      for (let k = 0; k < 16; k++) {
        const centre = centres[k * PEOPLE + person] as number;
        dot += centre * (vectors[row * 16 + k] as number);
        square += centre * centre;
      }
      return dot / Math.sqrt(square);
    });
    return cosines.indexOf(Math.max(...cosines));
  };
  const right = [...(await labels.data())].filter((label, row) => nearest(row) === label).length;
  assert.ok(right >= 10, `${right} of 12`); // 2 by chance
  source.dispose();
  task.dispose();
});

test('the margin of a task is one of the angle, or of its cosine', async () => {
  const source = data(plain);
  await source.load(0);
  const { images, labels } = source.batch();
  for (const [kind, logits] of [[undefined, arcMargin] as const, ['cosine', cosMargin] as const]) {
    const task = new IdentityTask(network(), PEOPLE, 1, kind);
    const [got, expected] = noGrad(() => {
      const { scale, margin } = plain;
      const seen = logits(task.network.embed(images), task.head.weight, labels, { scale, margin });
      return [task.loss({ images, labels }, plain, 'f32'), crossEntropy(seen, labels)];
    });
    assert.is(await got.item(), await expected.item(), kind);
    task.dispose();
  }
  source.dispose();
});

test('an attack stays within its radius and makes faces like the next person', async () => {
  const source = new ProceduralLabels({ people: PEOPLE, level: 'L0', imageSize: SIZE, batchSize: 4, seed: 3 });
  source.load(0);
  const { images } = source.batch();
  const changed = disguised(learned, images, tensor([2], [1]), new RandomState(4), 'f32');
  const [before, after] = [await images.floats(), await changed.floats()];
  const each = before.length / 4;
  for (let n = 0; n < 4; n++) {
    let square = 0;
    for (let k = n * each; k < (n + 1) * each; k++) square += ((after[k] as number) - (before[k] as number)) ** 2;
    assert.ok(Math.sqrt(square) < 2.001 && square > 1e-4, String(Math.sqrt(square)));
  }
  learned.eval();
  const [plainly, attacked] = [learned.embed(images), learned.embed(changed)];
  const others = await plainly.floats();
  const next = tensor(
    Float32Array.from(others, (_, k) => others[(k + 16) % others.length] as number),
    [4, 16],
  );
  const [was, is] = [await cosineSimilarity(plainly, next).floats(), await cosineSimilarity(attacked, next).floats()];
  const mean = (some: Float32Array) => some.reduce((sum, x) => sum + x, 0) / some.length;
  assert.ok(mean(is) > mean(was) + 0.2, `${mean(was)} to ${mean(is)}`);
  source.dispose();
});

test('mistakes are named', () => {
  const task = new IdentityTask(network(), PEOPLE, 1);
  const trainer = (options: object) => () => new ReaderTrainer({ task, stages: STAGES, data, ...options });
  assert.throws(trainer({ stages: [] }), /ReaderTrainer.*stages.*at least one/s);
  assert.throws(trainer({ stages: [{ ...plain, rounds: 2 }] }), /stages\[0\].*rounds/s);
  assert.throws(trainer({ stages: [plain, { ...plain, warmup: 2 }] }), /stages\[1\]\.warmup/);
  assert.throws(trainer({ changes: { ...noChanges, jpeg: { probability: 2, strength: 1 } } }), /probability/);
  assert.throws(trainer({ optimizer: 'lamb' }), /optimizer.*sgd/s);
  assert.throws(() => new IdentityTask(network(), PEOPLE, 1, 'sine' as 'cosine'), /MarginHead: kind is 'sine'/);
  task.dispose();
});

test.run();
