/** @file Bilinear look-up of images at positions. */
import { sampleImages } from '@visage/simswap';
import { scope, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../../helpers/gpu.ts';
import { gradcheck } from '../../helpers/gradcheck.ts';

const { test } = await gpuSuite('sampleImages');

const at = async (positions: readonly number[], count: number) => {
  const image = tensor([0, 1, 2, 3, 4, 5], [1, 2, 3, 1]);
  const out = scope(() => sampleImages(image, tensor(positions, [1, 1, count, 2])));
  return [...(await out.floats())];
};

test('whole positions are pixels, others lie between, outside is the edge', async () => {
  assert.equal(await at([0, 0, 1, 2, 0.5, 0, 0, 1.25, -3, 9, 1.5, 0.5], 6), [0, 5, 1.5, 1.25, 2, 3.5]);
});

test('each image of a batch is looked up in itself', async () => {
  const images = tensor([1, 1, 1, 1, 2, 2, 2, 2], [2, 2, 2, 1]);
  const out = scope(() => sampleImages(images, tensor([1, 1, 0.3, 0.7], [2, 1, 1, 2])));
  const [first, second] = await out.floats();
  assert.ok(Math.abs(first! - 1) < 1e-6 && Math.abs(second! - 2) < 1e-6);
});

test('gradients into images and positions', async () => {
  const values = Float32Array.from({ length: 24 }, (_, k) => Math.sin(3 * k));
  const positions = Float32Array.of(0.3, 0.6, 1.4, 1.7, 0.5, 2.4, 1.6, 0.4);
  await gradcheck(
    (images, where) => sampleImages(images!, where!),
    [
      { shape: [1, 3, 4, 2], values },
      { shape: [1, 2, 2, 2], values: positions },
    ],
  );
});

test('positions of another batch are refused', () => {
  const images = tensor([1, 2, 3, 4], [1, 2, 2, 1]);
  assert.throws(() => sampleImages(images, tensor([0, 0, 0, 0], [2, 1, 1, 2])), /positions/);
});

test.run();
