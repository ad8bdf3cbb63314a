/**
 * @file Things in front of a face, for the training of HEAR-Net: bars, discs and fingers with stripes, composited onto images on the device.
 *
 * The paper pastes hands and rendered objects. Here each is a rounded bar, whose signed distance is |q| reduced by the half length along its axis, and its
 * colour is two tones in stripes. Everything is drawn from a handful of numbers per image, so it can be part of a recorded step.
 */
import type { HostRandom } from '@visage/nn';
import { abs, clamp, cos, mul, relu, sin, slice, sqrt, sub, type Tensor, tensor } from '@visage/tensor';
import { checkShape } from '@visage/tensor/kernels';

/** Numbers per occluder: presence, row, column, angle, half length, half width, stripes per side, three numbers of each of two colours. */
const NUMBERS = 13;

/** Draws one occluder per image, absent with the given probability, into [count, 13] numbers. */
export function drawOccluders(random: HostRandom, count: number, absent = 0.3): Float32Array {
  const out = new Float32Array(count * NUMBERS);
  const between = (u: number, low: number, high: number) => low + (high - low) * u;
  for (let n = 0; n < count; n++) {
    const u = random.uniform(NUMBERS);
    const number = (k: number) => u[k] as number;
    const shape = [
      number(0) < absent ? 0 : 1,
      between(number(1), -0.4, 0.4),
      between(number(2), -0.4, 0.4),
      between(number(3), 0, Math.PI),
      between(number(4), 0, 0.35), // 0: a disc
      between(number(5), 0.04, 0.14),
      between(number(6), 2, 16),
    ];
    out.set([...shape, ...u.subarray(7)], n * NUMBERS);
  }
  return out;
}

/** The number of values per image of {@link drawOccluders}. */
export const occluderNumbers = NUMBERS;

/** Images [N, S, S, 3] with an occluder each in front, and how much of each pixel it covers [N, S, S, 1]. */
export function occlude(images: Tensor, occluders: Tensor): { images: Tensor; cover: Tensor } {
  checkShape('occlude', 'images', images.shape, [null, null, null, 3], 'Images are NHWC');
  const [count, height, width] = images.shape as [number, number, number];
  checkShape('occlude', 'occluders', occluders.shape, [count, NUMBERS], 'One row of numbers per image');
  const column = (k: number, size = 1) => slice(occluders, 1, k, k + size).reshape([count, 1, 1, size]);
  const axis = (extent: number, shape: readonly number[]) =>
    tensor(
      Float32Array.from({ length: extent }, (_, k) => (k + 0.5) / extent - 0.5),
      shape,
      { gpu: images.gpu },
    );
  const y = sub(axis(height, [1, height, 1, 1]), column(1));
  const x = sub(axis(width, [1, 1, width, 1]), column(2));
  const [c, s] = [cos(column(3)), sin(column(3))];
  const along = mul(c, x).add(mul(s, y));
  const across = sub(mul(c, y), mul(s, x));
  const beyond = relu(sub(abs(along), column(4)));
  const distance = sub(sqrt(beyond.square().add(across.square()).add(1e-12)), column(5));
  const cover = mul(clamp(sub(0.5, distance.mul(height)), 0, 1), column(0));
  const stripe = sin(mul(along, column(6)).mul(2 * Math.PI))
    .mul(0.5)
    .add(0.5);
  const color = column(7, 3).add(mul(stripe, sub(column(10, 3), column(7, 3))));
  return { images: images.add(mul(cover, sub(color, images))), cover };
}
