import { l1Loss, type Tensor } from '@visage/tensor';

/**
 * Reconstruction loss: mean |result − target|. Only defined for pairs of the same person, where the swap must give the target back.
 *
 * SimSwap (Chen et al. 2020), section 3; both images NHWC, in the generator's colour space.
 */
export const reconstructionLoss = (result: Tensor, target: Tensor): Tensor => l1Loss(result, target);
