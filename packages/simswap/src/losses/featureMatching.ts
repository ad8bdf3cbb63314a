import { ArgumentError } from '@visage/gpu';
import { l1Loss, type Tensor, weightedSum } from '@visage/tensor';
import { elementOf } from '../core/lists.ts';
import type { FeatureMaps, PatchOutput } from '../networks/discriminator.ts';

/**
 * Weak feature matching loss: L_wFM = mean over scales of Σᵢ mean |Dⁱ(result) − Dⁱ(target)|, i over the chosen layers;
 * a scalar. (The paper adds the scales up.) No gradient flows into the targets' features.
 *
 * The true swap is not known, so the target is the reference. Only deep layers are compared, because they hold
 * expression, pose and light but little of the identity. SimSwap (Chen et al. 2020), section 3. The paper's other
 * variants are other choices of layers: all of them (oFM), none (nFM), the first few.
 *
 * @param result one output per scale, feature maps [N, h, w, C], shallow to deep.
 * @param target the same for the targets; logits are not needed.
 * @param layers numbers of feature maps, 0 the shallowest; negative ones count from the deepest, −1. The patch logits
 * are not a layer.
 * @throws ArgumentError for a layer that the discriminator does not have, and for no layer at all.
 */
export function weakFeatureMatchingLoss(
  result: readonly PatchOutput[],
  target: readonly FeatureMaps[],
  layers: readonly number[] | 'all',
): Tensor {
  if (layers.length === 0)
    throw new ArgumentError('weakFeatureMatchingLoss', 'layers', 'an empty list', "numbers of feature maps, or 'all'");
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
