import { cosineSimilarity, mean, meanOf, sub, type Tensor } from '@visage/tensor';

/**
 * Identity loss: mean over samples of 1 − cos(latent of the result, latent of the source).
 *
 * SimSwap (Chen et al. 2020), section 3; both [N, latent], of any length: the cosine does not see it.
 */
export const identityLoss = (result: Tensor, source: Tensor): Tensor =>
  meanOf({
    name: 'identityLoss',
    expression: 'V(1.0) - a',
    inputs: [cosineSimilarity(result, source)],
    gradients: ['-g'],
    composed: (cosine) => mean(sub(1, cosine as Tensor)),
  });
