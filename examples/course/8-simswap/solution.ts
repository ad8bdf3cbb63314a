/** @file The solution of chapter 8's exercise. */
import { abs, add, mean, mul, sub, type Tensor, zeros } from '@visage/tensor';
import type { Features } from './exercise.ts';

/** The mean over the scales of Σ mean |Dⁱ(result) − Dⁱ(target)|, i over the chosen maps. */
export function weakFeatureMatching(result: Features, target: Features, layers: readonly number[]): Tensor {
  const distances = result.flatMap((maps, scale) => {
    const wanted = target[scale] as readonly Tensor[];
    return layers.map((layer) => mean(abs(sub(maps.at(layer) as Tensor, (wanted.at(layer) as Tensor).detach()))));
  });
  return mul(distances.reduce(add, zeros([])), 1 / result.length);
}
