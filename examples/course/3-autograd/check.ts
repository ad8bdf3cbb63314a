/** @file The check of chapter 3's exercise. */
import { openDevice } from '../device.ts';
import { grad, type Tensor, tensor } from './autograd.ts';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Compares softplus and its first two derivatives with their formulas in float64. */
export async function check(attempt: typeof import('./solution.ts'), gpu: GPU): Promise<void> {
  const device = await openDevice(gpu);
  try {
    const points = [-80, -5, -1, -0.1, 0, 0.3, 2, 10, 80, 100];
    const x = tensor(device, points, [2, 5]);
    const y = attempt.softplus(x);
    const [first] = grad(y, [x]) as [Tensor];
    const [second] = grad(first, [x]) as [Tensor];
    const orders: [string, Tensor, (x: number) => number][] = [
      ['softplus', y, (at) => Math.max(at, 0) + Math.log1p(Math.exp(-Math.abs(at)))],
      ['its derivative', first, sigmoid],
      ['its second derivative', second, (at) => sigmoid(at) * (1 - sigmoid(at))],
    ];
    for (const [what, found, formula] of orders) {
      const values = await found.read();
      for (const [k, at] of points.entries()) {
        const error = Math.abs((values[k] as number) - formula(at));
        if (!(error < 1e-5 * (1 + formula(at))))
          throw new Error(`${what} at ${at}: ${values[k]}, expected ${formula(at)}`);
      }
    }
  } finally {
    device.destroy();
  }
}
