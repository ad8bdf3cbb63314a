/**
 * @file Exercise of chapter 5.
 *
 * Write the gradient of instance norm without asking autograd for it. Given are images x [n, h, w, c], the gradient g
 * of some loss with respect to x̂ = (x − μ) / √(σ² + ε), and ε. Return the gradient of that loss with respect to x, in
 * the shape of x. μ and σ² (the biased variance) are those of the pixels, for each image and channel.
 *
 * A change of one pixel changes x̂ there; it changes μ and σ² too, and so x̂ everywhere. The page says what comes of
 * it: (g − mean g − x̂ · mean(g · x̂)) / √(σ² + ε), with means over the pixels. Use ops of `@visage/tensor`; `mean(x,
 * [1, 2], true)` keeps the axes that it averages over.
 *
 *     npm run course -- 5 --exercise
 */
import type { Tensor } from '@visage/tensor';

/** The gradient with respect to x, [n, h, w, c]. */
export function instanceNormGradient(_x: Tensor, _g: Tensor, _epsilon: number): Tensor {
  throw new Error('write instanceNormGradient(x, g, epsilon) with plain ops');
}
