import { abs, mean, type Tensor } from '@visage/tensor';

/** Mean |a − b| over all elements. */
export const meanAbsoluteDifference = (a: Tensor, b: Tensor): Tensor => mean(abs(a.sub(b)));

/**
 * Reconstruction loss: mean |result − target|. Only defined for pairs of the same person, where the swap must give the target back.
 *
 * SimSwap, eq. 4; both images NHWC, in the generator's colour space.
 */
export const reconstructionLoss = meanAbsoluteDifference;
