/** @file DeepFakes: its network and its training. */
import { seeded } from '@visage/nn';
import { DeepFakes, DeepFakesTrainer, originalDeepFakesRecipe } from '@visage/simswap';
import { full, keep, mean, noGrad, scope, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { colorsMatched } from '../../../packages/simswap/src/baselines/deepfakes/trainer.ts';
import { gpuSuite } from '../../helpers/gpu.ts';

const { test } = await gpuSuite('deepfakes');
const SIZE = 16;
const make = () => seeded(1, () => new DeepFakes({ width: 1 / 64, imageSize: SIZE }));
const recipe = {
  ...originalDeepFakesRecipe,
  batchSize: 4,
  optimizer: { ...originalDeepFakesRecipe.optimizer, learningRate: 3e-3 },
};

/**
 * Photos of a person who is a colour: the left half is it, the right half its opposite, under a light of its own each.
 */
function photos(color: readonly number[], count = 6): Tensor {
  const values = Float32Array.from({ length: count * SIZE * SIZE * 3 }, (_, k) => {
    const light = 0.7 + (0.3 * Math.floor(k / (SIZE * SIZE * 3))) / count;
    const left = Math.floor(k / 3) % SIZE < SIZE / 2;
    return light * (left ? color[k % 3]! : 1 - color[k % 3]!);
  });
  return keep(tensor(values, [count, SIZE, SIZE, 3]));
}

test('sizes: a side that is no multiple of 16, and images of another side, are refused', () => {
  assert.throws(() => new DeepFakes({ width: 1 / 64, imageSize: 40 }), /multiple of 16/);
  const network = make();
  scope(() => assert.throws(() => network.forward(full([1, 32, 32, 3], 0), 'A'), /images/));
  network.dispose();
});

test('it learns two people, the same from the same seed, and swaps them', async () => {
  const people = { A: photos([0.9, 0.2, 0.1]), B: photos([0.1, 0.3, 0.9]) };
  const train = async (steps: number) => {
    const network = make();
    const trainer = new DeepFakesTrainer({
      network,
      photos: people,
      recipe: { ...recipe, matchColors: false },
      seed: 2,
    });
    trainer.run();
    const first = await trainer.losses();
    while (trainer.step < steps) trainer.run();
    const last = await trainer.losses();
    trainer.dispose();
    return { network, first, last };
  };
  const { network, first, last } = await train(120);
  assert.ok(last.A < first.A / 2 && last.B < first.B / 2, `${first.A}, ${first.B} → ${last.A}, ${last.B}`);
  const red = async (as: 'A' | 'B') => {
    const out = scope(() => noGrad(() => network.forward(people.A, as)));
    return (await out.floats())[(8 * SIZE + 4) * 3]!; // in the left half
  };
  assert.ok((await red('A')) > 0.5 && (await red('B')) < 0.3, 'the face of the other decoder');
  const again = await train(3);
  const twice = await train(3);
  assert.equal(again.last, twice.last);
});

test('matching colours moves the mean of A to that of B', async () => {
  const A = photos([0.9, 0.2, 0.1]); // of one mean in all channels, 0.43
  const plain = Float32Array.from({ length: 3 * SIZE * SIZE * 3 }, (_, k) => [0.2, 0.3, 0.6][k % 3]!);
  const B = keep(tensor(plain, [3, SIZE, SIZE, 3]));
  const moved = keep(colorsMatched(A, B));
  const means = async (x: Tensor) => [...(await scope(() => noGrad(() => mean(x, [0, 1, 2]))).floats())];
  const [before, after, wanted] = [await means(A), await means(moved), await means(B)];
  after.forEach((value, k) => {
    assert.ok(Math.abs(value - wanted[k]!) < 1e-6, `channel ${k}: ${value} instead of ${wanted[k]}`);
    assert.ok(Math.abs(before[k]! - wanted[k]!) > 0.1, `channel ${k} had nothing to move`);
  });
  const first = async (A: Tensor, matchColors: boolean) => {
    const trainer = new DeepFakesTrainer({
      network: make(),
      photos: { A, B },
      recipe: { ...recipe, matchColors },
      seed: 2,
    });
    trainer.run();
    const losses = await trainer.losses();
    trainer.dispose();
    return losses;
  };
  assert.equal(await first(A, true), await first(moved, false));
  assert.ok(Math.abs((await first(A, true)).A - (await first(A, false)).A) > 1e-4);
});

test('photos that are not square are refused', () => {
  const people = { A: full([2, 16, 8, 3], 0), B: full([2, 16, 16, 3], 0) };
  assert.throws(() => new DeepFakesTrainer({ network: make(), photos: people, recipe }), /photos\.A/);
});

test.run();
