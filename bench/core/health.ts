/**
 * @file Checks that a timed run computed something. Kernels that compute nothing are fast, so that without this check a
 * broken benchmark would look good.
 */
import { VisageError } from '@visage/gpu';
import { concat, mean, noGrad, scope, sqrt, square, type Tensor } from '@visage/tensor';

/** Root mean square of each tensor. */
export async function magnitudes(tensors: readonly Tensor[]): Promise<number[]> {
  if (tensors.length === 0) return [];
  const all = scope(() =>
    noGrad(() =>
      concat(
        tensors.map((x) => sqrt(mean(square(x.detach()))).reshape([1])),
        0,
      ),
    ),
  );
  const values = [...(await all.floats())];
  all.dispose();
  return values;
}

/**
 * Throws unless every value is finite and not zero.
 *
 * @param what names the benchmark, `values` the things that it computed.
 */
export function checkHealth(what: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isFinite(value) && value !== 0) continue;
    throw new VisageError(`${what}: ${name} is ${value}; a run that computes this measures nothing`);
  }
}
