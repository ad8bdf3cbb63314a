import {
  add,
  cast,
  equal,
  exp,
  less,
  lessEqual,
  log,
  matmul,
  mean,
  noGrad,
  type RandomState,
  sigmoid,
  sqrt,
  sum,
  type Tensor,
  tensor,
  variance,
} from '@visage/tensor';
import { inPrecision } from '../core/precision.ts';

/** Of the Beta distribution of the shares: most rows keep nearly all of their own style, or nearly none. */
const ALPHA = 0.1;
/** Added to variances, as the authors do. */
const EPSILON = 1e-6;

/**
 * Numbers of Beta(α, α), [count, 1], α = {@link ALPHA}, by Jöhnk's method: U^(1/α) / (U^(1/α) + V^(1/α)), if the
 * divisor is at most 1.
 *
 * That is so for 98.6 % of the pairs (U, V); others are drawn once more, and the one number in 5000 that fails twice
 * stays as it is. A recorded step cannot draw until it succeeds. The quotient is the sigmoid of (ln U − ln V) / α,
 * because powers of 10 underflow in f32. Jöhnk 1964.
 */
function betaNumbers(count: number, random: RandomState): Tensor {
  const draw = (): { value: Tensor; accepted: Tensor } => {
    const [u, v] = [0, 1].map(() => log(random.uniform([count, 1]).neg().add(1)).div(ALPHA)) as [Tensor, Tensor];
    return { value: sigmoid(u.sub(v)), accepted: lessEqual(exp(u).add(exp(v)), 1) };
  };
  const [first, second] = [draw(), draw()];
  return add(second.value, first.accepted.mul(first.value.sub(second.value)));
}

/**
 * A random order as a matrix [count, count] that has one 1 in each row: that of the number's rank among `count` uniform
 * ones. Of two equal numbers, one in 2²⁴ · 2 / count² batches, one row takes the other's place.
 */
function randomOrder(count: number, random: RandomState): Tensor {
  const numbers = random.uniform([count, 1]);
  const ranks = sum(less(numbers.reshape([1, count]), numbers), 1, true);
  return equal(
    ranks,
    tensor(
      Float32Array.from({ length: count }, (_, k) => k),
      [1, count],
      { gpu: numbers.gpu },
    ),
  );
}

/**
 * MixStyle: gives each map of a batch a mixture of its own style and that of another map. The style is the mean μ and
 * the deviation σ of each channel, which carry light, colour and the camera more than the person.
 *
 * y = (x − μ) / σ · (λ σ + (1 − λ) σ') + λ μ + (1 − λ) μ', with λ of Beta(0.1, 0.1) for each row and the style (μ', σ')
 * of a row that a random order names. All rows of a batch are mixed, or with probability 1 − `probability` none, which
 * then keep their bits. No gradient flows through the styles, and they are f32 also of an f16 map. The draws are made
 * on the device, so that a recorded step makes others at each run. Zhou et al. 2021, "Domain generalization with
 * MixStyle".
 *
 * @param map [N, H, W, C].
 */
export function mixStyle(map: Tensor, probability: number, random: RandomState): Tensor {
  const [batch, channels] = [map.dim(0), map.dim(3)];
  const { scale, shift } = inPrecision('f32', () =>
    noGrad(() => {
      const values = map.detach();
      const means = mean(values, [1, 2]);
      const deviations = sqrt(variance(values, [1, 2]).add(EPSILON));
      const mixed = less(random.uniform([1, 1]), probability);
      const share = betaNumbers(batch, random).neg().add(1).mul(mixed);
      const order = randomOrder(batch, random);
      const scale = matmul(order, deviations).div(deviations).sub(1).mul(share).add(1);
      const between = matmul(order, means).sub(means).mul(share).add(means);
      const shift = between.sub(means.mul(scale));
      return { scale: scale.reshape([batch, 1, 1, channels]), shift: shift.reshape([batch, 1, 1, channels]) };
    }),
  );
  return cast(cast(map, 'f32').mul(scale).add(shift), map.dtype);
}
