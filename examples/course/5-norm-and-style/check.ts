/** @file The check of chapter 5's exercise. */
import { HostRandom } from '@visage/nn';
import { grad, instanceNorm, mul, scope, sum, type Tensor, tensor } from '@visage/tensor';

const TOLERANCE = 1e-4; // relative, by norm; f32 gives about 1e-6

const length = (values: Float32Array): number => Math.hypot(...values);

/** Throws unless `instanceNormGradient` gives what autograd gives. */
export async function check({ instanceNormGradient }: typeof import('./solution.ts')): Promise<void> {
  const random = new HostRandom(1);
  for (const [shape, mean, epsilon] of [
    [[1, 4, 4, 1], 0, 1e-8],
    [[2, 6, 5, 3], 2, 1e-8],
    [[3, 8, 8, 4], 0, 0.5],
  ] as const) {
    const size = (shape as readonly number[]).reduce((a, b) => a * b, 1);
    const { theirs, ours } = scope(() => {
      const x = tensor(random.normal(size, mean), shape, { requiresGrad: true });
      const g = tensor(random.normal(size), shape);
      const [theirs] = grad(sum(mul(instanceNorm(x, epsilon), g)), [x]) as [Tensor];
      return { theirs, ours: instanceNormGradient(x.detach(), g, epsilon) };
    });
    if (ours.shape.join() !== shape.join())
      throw new Error(`instanceNormGradient: the result has shape [${ours.shape}], expected that of x, [${shape}]`);
    const [expected, got] = [await theirs.floats(), await ours.floats()];
    const error = length(got.map((value, k) => value - (expected[k] as number))) / length(expected);
    if (!(error < TOLERANCE))
      throw new Error(
        `instanceNormGradient: for x of shape [${shape}] and epsilon ${epsilon} the result is off by ${(100 * error).toPrecision(3)} %`,
      );
  }
}
