/**
 * @file Chapter 4: a convolution and its two gradients as products, and what Winograd's algorithm costs in accuracy.
 *
 *     npm run course -- 4
 */
import { buffer, openDevice, read } from '../device.ts';
import { convolve, type Extents, type Pass, type Precision } from './convolution.ts';
import { type Transforms, transformsOf, winograd } from './winograd.ts';

const extents: Extents = { height: 22, width: 22, from: 64, to: 16 };

/** Numbers in [−1, 1] that f16 has exactly, so that both precisions begin with the same operands. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * 1024) / 1024;
  });
}

/**
 * The definition in float64. Every product of the forward pass is one term of all three results: x times w goes to y,
 * and by the product rule dy times w goes to dx and dy times x to dw.
 */
function definition(x: Float32Array, w: Float32Array, dy: Float32Array): Record<Pass, Float64Array> {
  const { height, width, from, to } = extents;
  const y = new Float64Array(height * width * to);
  const [dx, dw] = [new Float64Array(x.length), new Float64Array(w.length)];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let tap = 0; tap < 9; tap++) {
        const [r, c] = [row + Math.floor(tap / 3) - 1, column + (tap % 3) - 1];
        if (r < 0 || r >= height || c < 0 || c >= width) continue; // zero padding
        for (let i = 0; i < from; i++)
          for (let o = 0; o < to; o++) {
            const at = [
              (row * width + column) * to + o,
              (r * width + c) * from + i,
              (tap * from + i) * to + o,
            ] as const;
            y[at[0]]! += x[at[1]]! * w[at[2]]!;
            dx[at[1]]! += dy[at[0]]! * w[at[2]]!;
            dw[at[2]]! += dy[at[0]]! * x[at[1]]!;
          }
      }
  return { forward: y, inputGradient: dx, weightGradient: dw };
}

/** The largest and the mean error, both as shares of the root mean square of the exact values. */
function errors(found: Float32Array, exact: Float64Array): { worst: number; mean: number } {
  const size = Math.sqrt(exact.reduce((sum, value) => sum + value * value, 0) / exact.length);
  const off = exact.map((value, k) => Math.abs((found[k] as number) - value) / size);
  return { worst: Math.max(...off), mean: off.reduce((sum, value) => sum + value, 0) / off.length };
}

/** The algorithms that are compared; a direct convolution has no transforms. */
const algorithms: readonly { name: string; transforms?: Transforms }[] = [
  { name: 'direct' },
  { name: 'F(2x2), points 0, 1, −1', transforms: transformsOf([0, 1, -1]) },
  { name: 'F(4x4), points 0, ±1, ±2', transforms: transformsOf([0, 1, -1, 2, -2]) },
  {
    name: 'F(4x4), points 0, ±1/√2, ±√2',
    transforms: transformsOf([0, Math.SQRT1_2, -Math.SQRT1_2, Math.SQRT2, -Math.SQRT2]),
  },
];

export async function run(gpu: GPU, log: (text: string) => void): Promise<void> {
  const device = await openDevice(gpu);
  const { height, width, from, to } = extents;
  const x = numbers(height * width * from, 1);
  const w = numbers(9 * from * to, 2);
  const dy = numbers(height * width * to, 3);
  const exact = definition(x, w, dy);
  const [onX, onW, onDy] = [x, w, dy].map((values) => buffer(device, values)) as [GPUBuffer, GPUBuffer, GPUBuffer];
  log(`3x3, ${from} to ${to} channels, ${height} x ${width} pixels; errors as shares of the root mean square`);

  const passes: readonly [Pass, string, readonly [GPUBuffer, GPUBuffer]][] = [
    ['forward', 'y from x and w', [onX, onW]],
    ['inputGradient', 'dx from dy and w', [onDy, onW]],
    ['weightGradient', 'dw from x and dy', [onX, onDy]],
  ];
  for (const [pass, what, operands] of passes) {
    const { worst } = errors(await read(device, await convolve(device, pass, extents, operands)), exact[pass]);
    log(`${what} as a product: worst error ${worst.toExponential(1)}`);
    if (!(worst < 1e-5)) throw new Error(`${pass} computes something else`);
  }

  for (const precision of ['f32', 'f16'] as const satisfies readonly Precision[]) {
    for (const { name, transforms } of algorithms) {
      const y = transforms
        ? await winograd(device, transforms, extents, [onX, onW], precision)
        : await convolve(device, 'forward', extents, [onX, onW], precision);
      const { worst, mean } = errors(await read(device, y), exact.forward);
      const products = transforms ? (transforms.side + 2) ** 2 / transforms.side ** 2 : 9;
      log(
        `${precision} ${name}: ${products} products a pixel, ` +
          `worst error ${worst.toExponential(1)}, mean ${mean.toExponential(1)}`,
      );
      if (!(worst < (precision === 'f32' ? 1e-4 : 0.1)))
        throw new Error(`${precision} ${name} computes something else`);
    }
  }
  device.destroy();
}
