/** @file DeepFakes: its network and its training. */
import { seeded } from '@visage/nn';
import { DeepFakes, DeepFakesTrainer, originalDeepFakesRecipe } from '@visage/simswap';
import { full, keep, noGrad, scope, type Tensor, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../../helpers/gpu.ts';

const { test } = await gpuSuite('deepfakes');
const SIZE = 16;
const make = () => seeded(1, () => new DeepFakes({ width: 1 / 64, imageSize: SIZE }));
const recipe = {
  ...originalDeepFakesRecipe,
  batchSize: 4,
  optimizer: { ...originalDeepFakesRecipe.optimizer, learningRate: 3e-3 },
};

/** Photos of a person who is a colour: the left half is it, the right half its opposite, under a light of its own each. */
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
  const people = { A: photos([0.9, 0.2, 0.1]), B: keep(full([3, SIZE, SIZE, 3], 0.25)) };
  const trainer = new DeepFakesTrainer({ network: make(), photos: people, recipe, seed: 2 });
  trainer.run();
  assert.ok(Number.isFinite((await trainer.losses()).A));
  trainer.dispose();
});

test('photos that are not square are refused', () => {
  const people = { A: full([2, 16, 8, 3], 0), B: full([2, 16, 16, 3], 0) };
  assert.throws(() => new DeepFakesTrainer({ network: make(), photos: people, recipe }), /photos\.A/);
});

test.run();
