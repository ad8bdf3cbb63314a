import { cosineSimilarity, mean, sub, type Tensor } from '@visage/tensor';
import { meanOf } from '@visage/tensor/kernels';

/**
 * Identity loss: L_id = mean over samples of 1 − cos(result, source); a scalar.
 *
 * SimSwap (Chen et al. 2020), section 3.
 *
 * @param result [N, latent] embeddings of the swapped images, of any length, which the cosine does not depend on.
 * @param source [N, latent] embeddings of the sources.
 */
export const identityLoss = (result: Tensor, source: Tensor): Tensor =>
  meanOf({
    name: 'identityLoss',
    expression: 'V(1.0) - a',
    inputs: [cosineSimilarity(result, source)],
    gradients: ['-g'],
    composed: (cosine) => mean(sub(1, cosine as Tensor)),
  });
