/** @file The check of chapter 8's exercise. */
import { HostRandom } from '@visage/nn';
import { weakFeatureMatchingLoss } from '@visage/simswap';
import { add, grad, scope, sum, type Tensor, tensor, zeros } from '@visage/tensor';

const TOLERANCE = 1e-5; // relative, by norm

/** Compares value and both gradients with the product's loss. */
export async function check({ weakFeatureMatching }: typeof import('./solution.ts')): Promise<void> {
  for (const layers of [[-2, -1], [0], [0, 1, 2]]) {
    const { ours, theirs } = scope(() => {
      const [result, target] = [features(1), features(2)];
      const all = [...result.flat(), ...target.flat()];
      const logits = zeros([1, 1, 1, 1]);
      const outputs = (maps: readonly Tensor[][]) => maps.map((each) => ({ features: each, logits }));
      const anchor = sum(all.map((x) => sum(x.mul(0))).reduce(add)); // so that every map has a gradient, also one of 0
      const derivatives = (loss: Tensor) => [loss.detach(), ...grad(loss.add(anchor), all)];
      return {
        ours: derivatives(weakFeatureMatching(result, target, layers)),
        theirs: derivatives(weakFeatureMatchingLoss(outputs(result), outputs(target), layers)),
      };
    });
    const shape = ours[0]?.shape ?? [];
    if (shape.length > 0) throw new Error(`weakFeatureMatching: the loss has shape [${shape}], expected a scalar`);
    for (const [k, expected] of theirs.entries()) {
      const [mine, right] = [await (ours[k] as Tensor).floats(), await expected.floats()];
      const size = Math.hypot(...right) || 1; // the gradient of a map that is not matched is 0
      const error = Math.hypot(...mine.map((value, at) => value - (right[at] as number))) / size;
      if (error < TOLERANCE) continue;
      const what = k === 0 ? 'the loss' : `the gradient of a map of the ${k <= 6 ? 'results' : 'targets'}`;
      throw new Error(`weakFeatureMatching: maps [${layers}]: ${what} is off by ${(100 * error).toPrecision(3)} %`);
    }
  }
}

/** Three maps at each of two scales, which want gradients. */
function features(seed: number): Tensor[][] {
  const random = new HostRandom(seed);
  return [8, 6].map((side) =>
    [0, 1, 2].map((k) => {
      const shape = [2, side >> k, side >> k, 3 + k];
      return tensor(random.normal(shape.reduce((a, b) => a * b, 1)), shape, { requiresGrad: true });
    }),
  );
}
