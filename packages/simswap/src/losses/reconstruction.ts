import { l1Loss, type Tensor } from '@visage/tensor';

/**
 * Reconstruction loss: L_rec = mean |result − target|; a scalar. It is meant for pairs of the same person, where the
 * swap must give the target back.
 *
 * SimSwap (Chen et al. 2020), section 3. Both are [N, H, W, 3] images in the generator's colour space.
 */
export const reconstructionLoss = (result: Tensor, target: Tensor): Tensor => l1Loss(result, target);
