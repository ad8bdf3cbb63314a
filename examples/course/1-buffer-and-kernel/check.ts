/** @file The check of chapter 1's exercise. */
import { bind, buffer, kernel, openDevice, read, submit } from '../device.ts';

/** Runs the kernel on lengths with and without a partial workgroup, against sums in float64. */
export async function check(attempt: typeof import('./solution.ts'), gpu: GPU): Promise<void> {
  const code = attempt.sumOfSquares();
  const device = await openDevice(gpu);
  try {
    const pipeline = await kernel(device, code);
    for (const length of [256, 1000, 1]) {
      const values = Float32Array.from({ length }, (_, i) => Math.cos(i) * 3);
      const groups = Math.ceil(length / 256);
      const sums = buffer(device, 4 * groups);
      submit(device, [bind(device, pipeline, [buffer(device, values), sums], groups)]);
      const found = await read(device, sums);
      for (let g = 0; g < groups; g++) {
        const exact = values.subarray(256 * g, 256 * (g + 1)).reduce((sum, x) => sum + x * x, 0);
        const error = Math.abs((found[g] as number) - exact) / exact;
        if (!(error < 1e-5)) throw new Error(`${length} values: sum ${g} is ${found[g]}, expected ${exact}`);
      }
    }
  } finally {
    device.destroy();
  }
}
