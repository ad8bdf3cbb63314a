import { ArgumentError } from '@visage/gpu';
import { l1Loss, type Tensor, weightedSum } from '@visage/tensor';
import { elementOf } from '../core/lists.ts';
import type { FeatureMaps, PatchOutput } from '../networks/discriminator.ts';

/**
 * Weak feature matching: Σ over the chosen layers of mean |Dⁱ(result) − Dⁱ(target)|, mean over scales
 * (the paper adds the scales up).
 *
 * The target, not the (unknown) true swap, is the reference, so only deep layers are compared: they hold expression, pose and light but
 * little of the identity. Layers count from 0 (shallow); negative ones from the deepest feature map, −1; `'all'` are all. The patch logits are not a layer.
 * SimSwap (Chen et al. 2020), section 3; the paper's other variants are other choices of layers: all of them (oFM), none (nFM), the first few.
 *
 * @throws ArgumentError for a layer that the discriminator does not have.
 */
export function weakFeatureMatchingLoss(
  result: readonly PatchOutput[],
  target: readonly FeatureMaps[],
  layers: readonly number[] | 'all',
): Tensor {
  const distances = result.flatMap((output, scale) =>
    (layers === 'all' ? [...output.features.keys()] : layers).map((layer) =>
      l1Loss(
        featureMap(output, layer),
        featureMap(elementOf(target, scale, 'weakFeatureMatchingLoss: target'), layer).detach(),
      ),
    ),
  );
  return weightedSum(
    distances,
    distances.map(() => 1 / result.length),
  );
}

function featureMap({ features }: FeatureMaps, layer: number): Tensor {
  const map = features.at(layer);
  if (map && Number.isInteger(layer)) return map;
  throw new ArgumentError(
    'weakFeatureMatchingLoss',
    'layer',
    String(layer),
    `an integer from ${-features.length} to ${features.length - 1}`,
  );
}
