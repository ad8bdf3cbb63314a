import type { RandomState } from '@visage/tensor';
import {
  avgPool2d,
  concat,
  cosineSimilarity,
  grad,
  minimum,
  noGrad,
  slice,
  sqrt,
  square,
  sum,
  type Tensor,
} from '@visage/tensor';
import { inPrecision, type Precision } from '../core/precision.ts';
import type { IdentityNetwork } from '../networks/identity.ts';

const STEPS = 2; // of an attack along the gradient
const START = 0.3; // length of the random change that an attack starts from, as a share of its reach
const STRIDE = 0.6; // length of a step, as a share of the reach
/** Factor of the similarity whose gradient is taken: only its direction counts, and f16 has no small numbers. */
const GRADIENT_SCALE = 1024;

/** Each image's Euclidean length, [N, 1, 1, 1]. */
const lengths = (x: Tensor): Tensor => sqrt(sum(square(x), [1, 2, 3], true).add(1e-12));

/** The rows of a batch, each in the place of the one before; the first comes last. */
const shifted = (rows: Tensor): Tensor => concat([slice(rows, 0, 1, rows.dim(0)), slice(rows, 0, 0, 1)], 0);

/**
 * Faces, each blurred by a random amount: f + u² · (box(f) − f), u uniform in [0, 1), with `blurs` box blurs of 3x3.
 *
 * @param faces [N, S, S, 3] in [0, 1].
 */
export function softened(faces: Tensor, blurs: number, random: RandomState): Tensor {
  if (blurs === 0) return faces;
  return noGrad(() => {
    let soft = faces;
    for (let k = 0; k < blurs; k++)
      soft = avgPool2d(soft, { kernel: 3, stride: 1, padding: 1, countIncludePad: false });
    return faces.add(soft.sub(faces).mul(square(random.uniform([faces.dim(0), 1, 1, 1]))));
  });
}

/**
 * Faces [N, S, S, 3] disguised as the next person of the batch: a change of at most a random share of the radius, found
 * in two steps along the gradient.
 *
 * A swapper does the same to its target. If a network still names the right person under such changes, only visible
 * changes can alter its answer: its gradient draws brows, eyes and mouths. Madry et al. 2018; for the gradients,
 * Santurkar et al. 2019. The network is in training mode before and after; the attack itself sees it as swappers do, in
 * evaluation mode, and leaves its running statistics alone.
 *
 * @param radius [1], the longest change in units of √Σ value².
 */
export function disguised(
  network: IdentityNetwork,
  faces: Tensor,
  radius: Tensor,
  random: RandomState,
  precision: Precision,
): Tensor {
  const embed = (x: Tensor): Tensor => inPrecision(precision, () => network.embed(x));
  const batch = faces.dim(0);
  network.eval();
  const wanted = noGrad(() => shifted(embed(faces)));
  const reach = sqrt(random.uniform([batch, 1, 1, 1])).mul(radius);
  const start = random.normal(faces.shape);
  let change = start.mul(reach.mul(START).div(lengths(start)));
  for (let k = 0; k < STEPS; k++) {
    change = change.detach();
    change.requiresGrad = true;
    const alike = cosineSimilarity(embed(faces.add(change)), wanted)
      .sum()
      .mul(GRADIENT_SCALE);
    const [slope] = grad(alike, [change]) as [Tensor];
    const further = change.detach().add(slope.mul(reach.mul(STRIDE).div(lengths(slope))));
    change = further.mul(minimum(reach.div(lengths(further)), 1));
  }
  network.train();
  return faces.add(change).detach();
}
