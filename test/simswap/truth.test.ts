/** @file Training with exact swaps: the loss, the pairs of kind `truth` and what becomes of them on their way. */
import {
  ChangedPairs,
  MixedPairs,
  noPictureChanges,
  ProceduralPairs,
  paper,
  readRecipe,
  type StepReport,
  Trainer,
  truth,
  truthLoss,
} from '@visage/simswap';
import { record, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../helpers/gpu.ts';
import { gradcheck } from '../helpers/gradcheck.ts';
import { noise } from '../helpers/numbers.ts';
import { HashedPairs, makeNetworks } from './fixture.ts';

const { test } = await gpuSuite('training with exact swaps');

const [BATCH, SIZE] = [2, 48];
const rendered = () => new ProceduralPairs({ batchSize: BATCH, imageSize: SIZE, identities: 50, level: 'L1', seed: 3 });

/**
 * The share of the squared difference between target and truth that lies outside the mask: shadows of the face, and
 * pixels of outlines, where a grazing ray ends elsewhere.
 */
function shareOutside({ target, image, mask }: Awaited<ReturnType<typeof batchOf>>): number {
  const squares = image.map((value, k) => (value - (target[k] as number)) ** 2);
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
  assert.ok(sum(squares) > 1, 'truth and target are alike');
  return sum(squares.map((square, k) => (mask[Math.floor(k / 3)] === 0 ? square : 0))) / sum(squares);
}

/** Target, truth and mask of a batch, read from a recorded step. */
async function batchOf(pairs: ProceduralPairs | ChangedPairs | MixedPairs, number: number) {
  const step = record(() => {
    const { target, truth } = pairs.images('truth');
    if (!truth) throw new Error('no exact swaps');
    return [target, truth.image, truth.mask].map((x) => x.mul(1)) as [Tensor, Tensor, Tensor];
  });
  await pairs.load('truth', number);
  const [target, image, mask] = await Promise.all(step.run().map((x) => x.floats()));
  step.dispose();
  return { target, image, mask } as Readonly<Record<'target' | 'image' | 'mask', Float32Array>>;
}

test('the loss is the mean difference inside the mask', async () => {
  const [N, H, W] = [2, 5, 4];
  const [a, b] = [noise(N * H * W * 3, 1), noise(N * H * W * 3, 2)];
  const m = noise(N * H * W, 3).map((x) => (x > 0 ? Math.min(1, x) : 0));
  let [sum, weight] = [0, 0];
  for (const [k, x] of a.entries()) sum += (m[Math.floor(k / 3)] as number) * Math.abs(x - (b[k] as number));
  for (const x of m) weight += x;
  const [result, exact, mask] = [tensor(a, [N, H, W, 3]), tensor(b, [N, H, W, 3]), tensor(m, [N, H, W, 1])];
  const [got] = await truthLoss(result, exact, mask).floats();
  assert.ok(Math.abs((got as number) - sum / (3 * weight)) < 1e-6, `${got} instead of ${sum / (3 * weight)}`);
  await gradcheck((x) => truthLoss(x as Tensor, exact, mask), [{ shape: [N, H, W, 3], values: a }], {
    kinks: true,
  });
});

test('an exact swap differs from its target inside the mask only', async () => {
  const pairs = rendered();
  assert.ok(shareOutside(await batchOf(pairs, 4)) < 0.05);
  const drawn = pairs.draw('truth', 4);
  assert.not.equal(drawn.sourceIdentities, drawn.targetIdentities);
  pairs.dispose();
});

test('changed pictures take truth and mask with them', async () => {
  const plain = rendered();
  const before = await batchOf(plain, 4);
  const pairs = new ChangedPairs(plain, { ...noPictureChanges, flip: 1, color: { probability: 1, strength: 0.3 } }, 9);
  assert.is(pairs.knowsTruth, true);
  const after = await batchOf(pairs, 4);
  const mirrored = (at: number) => at - (at % SIZE) + SIZE - 1 - (at % SIZE);
  assert.ok(after.mask.every((value, k) => value === before.mask[mirrored(k)]));
  assert.ok(shareOutside(after) < 0.05);
  assert.not.equal(after.image, before.image);
  pairs.dispose();
  plain.dispose();
});

test('a mix takes pairs of kind truth from the parts that know them', async () => {
  const [photographs, faces] = [new HashedPairs(), new ProceduralPairs({ batchSize: 2, imageSize: 48, identities: 9 })];
  const mix = new MixedPairs(
    [photographs, faces].map((data, k) => ({ data, weight: k === 0 ? 9 : 1 })),
    5,
  );
  assert.is(mix.knowsTruth, true);
  assert.ok(Array.from({ length: 40 }, (_, k) => mix.partOf('truth', k)).every((part) => part === 1));
  assert.ok(Array.from({ length: 40 }, (_, k) => mix.partOf('cross', k)).some((part) => part === 0));
  const [mixed, alone] = [await batchOf(mix, 7), await batchOf(faces, 7)];
  assert.equal(mixed, alone);
  for (const each of [mix, photographs, faces]) each.dispose();
});

test('the recipe trains on rendered faces, and counts the distance from the truth', async () => {
  const networks = makeNetworks(1);
  const data = rendered();
  const trainer = new Trainer({ ...networks, data, recipe: { ...truth, pictures: noPictureChanges }, seed: 5 });
  const reports: StepReport[] = [];
  await trainer.run({ until: 3, onStep: (report) => reports.push(report) });
  const { kind, losses } = reports[2] as StepReport;
  assert.is(kind, 'truth');
  const { adversarial, featureMatching, identity, reconstruction, generator } = losses;
  const sum = adversarial + 10 * featureMatching + 10 * identity + 10 * reconstruction;
  assert.ok(reconstruction > 0 && Math.abs(generator - sum) < 1e-3 * Math.abs(sum), `${generator} instead of ${sum}`);
  trainer.dispose();
  trainer.average.dispose();
  for (const network of Object.values(networks)) network.dispose();
  data.dispose();
});

test('pictures whose swaps are not known are refused', () => {
  const networks = makeNetworks(1);
  const data = new HashedPairs();
  assert.throws(
    () => new Trainer({ ...networks, data, recipe: truth }),
    /exact swaps are not known.*rendered faces.*recipe truth/s,
  );
  for (const network of Object.values(networks)) network.dispose();
  data.dispose();
});

test('recipes of older checkpoints have no weight of the truth, and changes of pictures that always occur', () => {
  const { truth: _, ...older } = paper.weights;
  assert.equal(readRecipe({ ...paper, weights: older }), paper);
  assert.throws(() => readRecipe({ ...paper, weights: 7 }), /recipe\.weights/);
  assert.equal(readRecipe({ ...truth, pictures: { flip: 0.5, color: 0.2, blur: 1.5, jpeg: 60 } }), truth);
  assert.equal(readRecipe({ ...paper, pictures: { flip: 0, color: 0, blur: 0, jpeg: 0 } }), paper);
  assert.throws(
    () => readRecipe({ ...paper, pictures: { ...noPictureChanges, jpeg: 100 } }),
    /recipe\.pictures\.jpeg\.strength.*0 to 99/,
  );
  assert.throws(() => readRecipe({ ...paper, pictures: 7 }), /recipe\.pictures/);
});

test.run();
