/** @file The check of chapter 2's exercise. */
import { bind, buffer, kernel, openDevice, read, submit } from '../device.ts';

/** Runs the kernel on extents with and without edges, against sums in float64. */
export async function check(attempt: typeof import('./solution.ts'), gpu: GPU): Promise<void> {
  const code = attempt.linearRelu();
  const device = await openDevice(gpu);
  const extents = [
    [16, 32, 48],
    [37, 29, 53],
    [1, 17, 3],
  ] as const;
  try {
    for (const [m, n, k] of extents) {
      const [a, b, bias] = [m * k, k * n, n].map((length, seed) =>
        Float32Array.from({ length }, (_, at) => Math.sin(1.7 * at + seed)),
      ) as [Float32Array, Float32Array, Float32Array];
      const c = buffer(device, new Float32Array(m * n + 64).fill(7)); // 64 values past the end, to see stray stores
      const pipeline = await kernel(device, code, { M: m, N: n, K: k });
      const buffers = [c, ...[a, b, bias].map((values) => buffer(device, values))];
      submit(device, [bind(device, pipeline, buffers, Math.ceil(n / 16), Math.ceil(m / 16))]);
      const found = await read(device, c);
      for (let at = 0; at < m * n + 64; at++) {
        const [row, column] = [Math.floor(at / n), at % n];
        let sum = bias[column] as number;
        for (let i = 0; i < k; i++) sum += (a[row * k + i] as number) * (b[i * n + column] as number);
        const expected = at < m * n ? Math.max(0, sum) : 7;
        if (!(Math.abs((found[at] as number) - expected) < 1e-4)) {
          const where = at < m * n ? `C[${row}, ${column}]` : `${at - m * n} values past the end of C`;
          throw new Error(`M = ${m}, N = ${n}, K = ${k}: ${where} is ${found[at]}, expected ${expected}`);
        }
      }
    }
  } finally {
    device.destroy();
  }
}
