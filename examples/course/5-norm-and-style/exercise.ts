import type { Tensor } from '@visage/tensor';

/**
 * Exercise of chapter 5: the gradient of instance norm, without asking autograd for it.
 *
 * Given an image x [n, h, w, c], the gradient g of some loss with respect to x̂ = (x − μ) / √(σ² + ε), and ε, return the
 * gradient of that loss with respect to x, [n, h, w, c]. μ and σ² (the biased variance) are over the pixels, for each
 * image and channel.
 *
 * Changing one pixel changes x̂ there, and μ and σ² and so x̂ everywhere. The page derives what comes of it: the gradient
 * is (g − mean g − x̂ · mean(g · x̂)) / √(σ² + ε), with means over the pixels. Write it with ops of `@visage/tensor`; `mean(x,
 * [1, 2], true)` keeps the axes that it averages over.
 */
export function instanceNormGradient(_x: Tensor, _g: Tensor, _epsilon: number): Tensor {
  throw new Error('Exercise 5: write instanceNormGradient(x, g, epsilon), the gradient of instance norm, with plain ops');
}
