import { cosineSimilarity, mean, type Tensor } from '@visage/tensor';

/**
 * Identity loss: mean over samples of 1 − cos(latent of the result, latent of the source).
 *
 * SimSwap (Chen et al. 2020), section 3; both [N, latent], of any length: the cosine does not see it.
 */
export const identityLoss = (result: Tensor, source: Tensor): Tensor =>
  mean(cosineSimilarity(result, source)).neg().add(1);
