/** @file The warp augmentation of DeepFakes. */
import { HostRandom } from '@visage/nn';
import { drawWarps, originalWarp, type WarpSettings, warpPair } from '@visage/simswap';
import { scope, tensor } from '@visage/tensor';
import * as assert from 'uvu/assert';
import { gpuSuite } from '../../helpers/gpu.ts';

const { test } = await gpuSuite('deepfakes warp');
const still: WarpSettings = { rotation: 0, zoom: 0, shift: 0, flip: 0, coverage: 1, jitter: 0 };
const [SIDE, SIZE] = [32, 16];

/** A photo whose red is the row and whose green is the column, both in pixels. */
const ramp = (count: number) =>
  tensor(
    Float32Array.from({ length: count * SIDE * SIDE * 3 }, (_, k) => {
      const pixel = Math.floor(k / 3) % (SIDE * SIDE);
      return [Math.floor(pixel / SIDE), pixel % SIDE, 1][k % 3]!;
    }),
    [count, SIDE, SIDE, 3],
  );

async function warped(settings: WarpSettings, count = 1, seed = 1) {
  const { grid, frame } = drawWarps(new HostRandom(seed), count, SIDE, settings);
  const { input, answer } = scope(() =>
    warpPair(ramp(count), tensor(grid, [count, 5, 5, 2]), tensor(frame, [count, 3, 2]), SIZE),
  );
  return { input: await input.floats(), answer: await answer.floats() };
}

const pixel = (image: Float32Array, row: number, column: number) => [
  ...image.subarray((row * SIZE + column) * 3, (row * SIZE + column) * 3 + 2),
];
function near(got: readonly number[], expected: readonly number[], within: number): void {
  assert.ok(
    got.every((x, k) => Math.abs(x - expected[k]!) < within),
    `${got} is not ${expected}`,
  );
}

test('without any change both are the photo at the smaller size', async () => {
  const { input, answer } = await warped(still);
  for (const image of [input, answer]) {
    near(pixel(image, 0, 0), [0.5, 0.5], 1e-4);
    near(pixel(image, 3, 9), [6.5, 18.5], 1e-4);
    near(pixel(image, 15, 15), [30.5, 30.5], 1e-4);
  }
});

test('coverage takes the middle', async () => {
  const { input, answer } = await warped({ ...still, coverage: 0.5 });
  for (const image of [input, answer]) near(pixel(image, 0, 15), [8, 23], 1e-4);
});

test('a mirror image mirrors both', async () => {
  const { input, answer } = await warped({ ...still, flip: 1 });
  for (const image of [input, answer]) near(pixel(image, 3, 2), [6.5, 31 - 4.5], 1e-4);
});

test('without noise a turned, moved and zoomed photo is the same for both', async () => {
  const { input, answer } = await warped({ ...originalWarp, jitter: 0 }, 4);
  const inner = (k: number) => Math.abs(input[k]! - answer[k]!);
  assert.ok(Math.max(...Array.from(input, (_, k) => inner(k))) < 2e-3);
  assert.ok(Math.abs(input[0]! - 0.5) > 0.5);
});

test('noise bends the input; the answer stays a similarity close to it', async () => {
  const { input, answer } = await warped({ ...still, coverage: 0.6, jitter: 0.03 });
  let [bend, most] = [0, 0];
  for (let k = 0; k < input.length; k++) {
    bend += Math.abs(input[k]! - answer[k]!) / input.length;
    most = Math.max(most, Math.abs(input[k]! - answer[k]!));
  }
  assert.ok(bend > 0.05 && most < 4, `${bend}, ${most}`);
  // A similarity: the steps down and to the right are perpendicular and of one length.
  const [origin, down, right] = [pixel(answer, 4, 4), pixel(answer, 12, 4), pixel(answer, 4, 12)];
  const [d, r] = [down, right].map((p) => p.map((x, k) => x - origin[k]!)) as [number[], number[]];
  near([d[0]! * r[0]! + d[1]! * r[1]!], [0], 1e-2);
  near([Math.hypot(...d)], [Math.hypot(...r)], 1e-2);
});

test.run();
