/** @file The solution of chapter 5's exercise. */
import { add, mean, mul, rsqrt, square, sub, type Tensor } from '@visage/tensor';

/**
 * The gradient of instance norm: (g − mean g − x̂ · mean(g · x̂)) / √(σ² + ε), means over the pixels of each channel.
 */
export function instanceNormGradient(x: Tensor, g: Tensor, epsilon: number): Tensor {
  const overPixels = (y: Tensor): Tensor => mean(y, [1, 2], true);
  const centred = sub(x, overPixels(x));
  const scale = rsqrt(add(overPixels(square(centred)), epsilon));
  const normal = mul(centred, scale);
  const along = mul(normal, overPixels(mul(g, normal)));
  return mul(sub(sub(g, overPixels(g)), along), scale);
}
