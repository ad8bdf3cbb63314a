/** @file The loss that makes embeddings of people as far apart as their known shapes are. */
import { ArgumentError } from '@visage/gpu';
import { cast, equal, l2Normalize, matmul, maximum, sqrt, square, sum, type Tensor } from '@visage/tensor';

/** The shapes of the people of a training, in the order of their labels. */
export interface PeopleShapes {
  /** [people, size], in units in which the Euclidean distance of two rows says how unlike two people are. */
  readonly values: Float32Array;
  readonly size: number;
}

/** Keeps the gradient of a root finite where all values are equal. */
const EPSILON = 1e-12;

/**
 * Pearson's correlation of two tensors [N, N] over the entries where `counts`, 1 or 0, is 1; a scalar. It is 0 where
 * the values of one are all equal, or none counts.
 */
export function correlation(a: Tensor, b: Tensor, counts: Tensor): Tensor {
  const total = maximum(sum(counts), 1);
  const centred = (x: Tensor): Tensor => x.sub(sum(x.mul(counts)).div(total)).mul(counts);
  const [x, y] = [centred(a), centred(b)];
  return sum(x.mul(y)).div(
    sqrt(
      sum(square(x))
        .mul(sum(square(y)))
        .add(EPSILON),
    ),
  );
}

/** Squared Euclidean distances between the rows of a matrix: [N, K] → [N, N]. */
function squaredDistances(rows: Tensor): Tensor {
  const squares = sum(square(rows), 1, true);
  const products = matmul(rows, rows, { transposeB: true });
  return maximum(squares.add(squares.reshape([1, -1])).sub(products.mul(2)), 0);
}

/**
 * Likeness loss: 1 − the correlation, over all pairs of different people of a batch, of the squared distances of their
 * embeddings at unit length with the distances of their shapes.
 *
 * L = 1 − corr(2 − 2 cos(eᵢ, eⱼ), ‖sᵢ − sⱼ‖), i and j with different labels; from 0 to 2. A classifier pushes all
 * people equally far apart; this loss says who is to lie nearer to whom, and leaves the scale of the distances alone.
 *
 * @param embeddings [N, K] of any length, f32.
 * @param shapes [N, size], the shape of the person of each row.
 * @param labels [N] u32.
 */
export function likenessLoss(embeddings: Tensor, shapes: Tensor, labels: Tensor): Tensor {
  const batch = embeddings.dim(0);
  if (shapes.dim(0) !== batch)
    throw new ArgumentError('likenessLoss', 'shapes', `${shapes.dim(0)} rows`, `${batch}, one for each embedding`);
  const unit = l2Normalize(embeddings);
  const cosines = matmul(unit, unit, { transposeB: true });
  const names = cast(labels, 'f32');
  const others = equal(names.reshape([batch, 1]), names.reshape([1, batch]))
    .neg()
    .add(1);
  return correlation(cosines.neg(), sqrt(squaredDistances(shapes)), others)
    .neg()
    .add(1);
}
