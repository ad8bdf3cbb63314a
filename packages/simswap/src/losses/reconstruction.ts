import { abs, div, l1Loss, mul, sub, sum, type Tensor } from '@visage/tensor';

/**
 * Reconstruction loss: L_rec = mean |result − target|; a scalar. It is meant for pairs of the same person, where the
 * swap must give the target back.
 *
 * SimSwap (Chen et al. 2020), section 3. Both are [N, H, W, 3] images in the generator's colour space.
 */
export const reconstructionLoss = (result: Tensor, target: Tensor): Tensor => l1Loss(result, target);

/**
 * Distance from an exact swap inside its mask: L_truth = Σ m |result − truth| / (3 Σ m); a scalar.
 *
 * Not in the paper: the exact swap of rendered faces is known. It counts per pixel of the mask, so that a large
 * background does not dilute it.
 *
 * @param result, truth [N, H, W, 3] images in the generator's colour space.
 * @param mask [N, H, W, 1] in [0, 1], with at least one pixel that is not 0.
 */
export const truthLoss = (result: Tensor, truth: Tensor, mask: Tensor): Tensor =>
  div(sum(mul(mask, abs(sub(result, truth)))), mul(sum(mask), 3));
