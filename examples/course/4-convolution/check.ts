/** @file The check of chapter 4's exercise. */
import { bind, buffer, kernel, openDevice, read, submit } from '../device.ts';
import { type Extents, loaders, textOf } from './convolution.ts';

/** dx by the definition, in float64: each product of the forward pass sends dy times w to the pixel that it read. */
function definition({ height, width, from, to }: Extents, dy: Float32Array, w: Float32Array): Float64Array {
  const dx = new Float64Array(height * width * from);
  for (let row = 0; row < height / 2; row++)
    for (let column = 0; column < width / 2; column++)
      for (let tap = 0; tap < 9; tap++) {
        const [r, c] = [2 * row + Math.floor(tap / 3) - 1, 2 * column + (tap % 3) - 1];
        if (r < 0 || r >= height || c < 0 || c >= width) continue;
        for (let i = 0; i < from; i++)
          for (let o = 0; o < to; o++)
            dx[(r * width + c) * from + i]! +=
              dy[((row * width) / 2 + column) * to + o]! * w[(tap * from + i) * to + o]!;
      }
  return dx;
}

/** Runs the product with the loader on two sizes, against the definition. */
export async function check(attempt: typeof import('./solution.ts'), gpu: GPU): Promise<void> {
  const a = attempt.stridedLoader();
  const device = await openDevice(gpu);
  try {
    for (const extents of [
      { height: 6, width: 10, from: 3, to: 5 },
      { height: 2, width: 4, from: 1, to: 1 },
    ]) {
      const { height, width, from, to } = extents;
      const [dy, w] = [(height * width * to) / 4, 9 * from * to].map((length, seed) =>
        Float32Array.from({ length }, (_, at) => Math.sin(2.3 * at + seed)),
      ) as [Float32Array, Float32Array];
      const dx = buffer(device, 4 * height * width * from);
      const pipeline = await kernel(device, textOf({ ...loaders.inputGradient, a }, extents, 'f32'));
      const groups = [Math.ceil(from / 8), Math.ceil((height * width) / 8)] as const;
      submit(device, [bind(device, pipeline, [dx, buffer(device, dy), buffer(device, w)], ...groups)]);
      const found = await read(device, dx);
      for (const [at, expected] of definition(extents, dy, w).entries()) {
        if (Math.abs((found[at] as number) - expected) < 1e-4) continue;
        const pixel = Math.floor(at / from);
        const where = `row ${Math.floor(pixel / width)}, column ${pixel % width}, channel ${at % from}`;
        throw new Error(`${height} x ${width} pixels: dx at ${where} is ${found[at]}, expected ${expected}`);
      }
    }
  } finally {
    device.destroy();
  }
}
