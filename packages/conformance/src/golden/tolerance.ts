import type { Precision } from '@visage/simswap';
import type { GoldenCase } from './golden.ts';
import { programArgs } from './programArgs.ts';

/** Largest errors that still pass. */
export interface Tolerance {
  readonly output: number;
  readonly gradient: number;
  /**
   * A gradient smaller than this share of the case's largest is measured against that share: in theory it may be zero.
   */
  readonly floor: number;
  /**
   * Where rounding is amplified, what 1e-2 holds is what it does once: gradients are held to f32 at the same
   * activations (see activations.ts), losses to the file after steps in f32, by columns. The results as they are,
   * gradients as one vector and logs as a whole but for {@link columns}, are then held to the file within this.
   */
  readonly file?: number;
  /** Columns of logs that have a limit of their own instead of {@link output}. */
  readonly columns?: Readonly<Record<string, number>>;
  /**
   * Columns of logs whose error is not relative: differences of nearly equal numbers, whose digits are those of the
   * numbers.
   */
  readonly absolute?: Readonly<Record<string, number>>;
  /**
   * Limit of the second row of a log and of those below instead of {@link output}, where each step starts where the one
   * before ended: a check of the course that no rounding fails.
   */
  readonly course?: number;
  /** Outputs are f16, whose range ends at 65504. */
  readonly half?: boolean;
  /** Largest errors of single entries, by the names that results have in the file, instead of all of the above. */
  readonly entries?: EntryLimits;
}

/** How the entries of results are held to limits that the file states. */
export interface EntryLimits {
  readonly limits: Readonly<Record<string, number>>;
  /** Errors of entries larger than 1 are relative. */
  readonly relative: boolean;
  /** What is NaN or infinite may be any of these. */
  readonly alike: boolean;
}

const FLOOR = 1e-3;
const OPS: Tolerance = { output: 2e-5, gradient: 2e-4, floor: FLOOR };
const SECOND_ORDER: Tolerance = { output: 1e-4, gradient: 1e-4, floor: FLOOR };
const NETWORKS: Tolerance = { output: 1e-4, gradient: 5e-4, floor: FLOOR };
// The identity loss is 1 − cos of two latents: where they are alike, float32 leaves it some 1e-7.
const COSINE = { identity: 5e-7 };
/**
 * Only the first step of a training starts from the file's weights. In a later one a rectifier may have switched that
 * rounding brought across zero; Adam without momentum makes whole steps of the gradients that change their sign, and
 * the penalty, a function of a gradient, shows it first. PyTorch in float64 from weights that differ by 3e-7 parts from
 * itself by up to 0.03 of the penalty and 0.06 of the adversarial loss after six steps (goldens of six seeds), and
 * float32 by 0.14. What every later step does is held by `trainSteps`.
 */
const TRAINING: Tolerance = { output: 1e-3, gradient: 1e-3, floor: FLOOR, absolute: COSINE, course: 0.3 };
// Two steps: the same disturbance moves the second by up to 0.014.
const RECIPES: Tolerance = { ...TRAINING, course: 0.05 };
// A mean of 100 with a deviation of 0.01 leaves float32 four digits.
const ILL_CONDITIONED: Tolerance = { output: 2e-3, gradient: 2e-3, floor: FLOOR };

/**
 * Steps that each start from the file's weights and moments, on batches that keep clear of every rectifier's corner:
 * llvmpipe is within 1.0e-5 of losses and updates and within 7e-8 of the identity loss, PyTorch in float32 within
 * 1.3e-5 and 1.2e-7. One per cent of a rate or a weight is 2e-3 and more in losses or updates.
 */
const STEPS: Tolerance = { output: 1e-4, gradient: 1e-4, floor: FLOOR, absolute: COSINE };

const BY_OP: Readonly<Record<string, Tolerance>> = {
  gradientPenalty: SECOND_ORDER,
  generator: NETWORKS,
  patchDiscriminator: NETWORKS,
  arcface: NETWORKS,
  iresnet: NETWORKS,
  deepfakes: NETWORKS,
  aeinet: NETWORKS,
  hearnet: NETWORKS,
  efficientNetLite0: NETWORKS,
  projectedDiscriminator: NETWORKS,
  trainSimSwap: TRAINING,
  trainSteps: STEPS,
  recipes: RECIPES,
};

/** Does the case need all digits of float32? */
export const isIllConditioned = ({ name }: GoldenCase): boolean => name === 'instance_norm_large';

const MIXED: Tolerance = { output: 1e-2, gradient: 1e-2, floor: FLOOR, half: true };
// A sum that cancels, such as the gradient of a bias in front of a norm, keeps the rounding of its terms: some 1e-4 of
// the largest gradient.
const MIXED_DEEP: Tolerance = { ...MIXED, floor: 1 / 32 };
// PyTorch in float64 with nothing but its tensors rounded to f16 is up to 0.12 away, see test/golden/round_to_half.py:
// rectifiers switch.
const MIXED_NETWORKS: Tolerance = { ...MIXED_DEEP, file: 0.2 };
// The same after one step of the narrowest networks: 0.031 in a mean of logits around zero, and 0.046 in the gradient
// penalty, which is a function of a gradient, without the help of given activations.
const MIXED_TRAINING: Tolerance = { ...MIXED, columns: { adversarial: 5e-2, gradientPenalty: 0.1 }, file: 1e-2 };
// Given weights, but not given activations: switched rectifiers make 0.09 and 0.14 of the updates on llvmpipe.
const MIXED_STEPS: Tolerance = { ...MIXED, output: 0.2 };
// An identity network in training whose last batch norm has three rows, which amplifies rounding: the same float64 is
// 0.013 away.
const MIXED_OUTPUT_OF = new Map([['arcface_ir_train', 2e-2]]);
const MIXED_BY_TOLERANCE = new Map([
  [SECOND_ORDER, MIXED_DEEP],
  [NETWORKS, MIXED_NETWORKS],
  [TRAINING, MIXED_TRAINING],
  [RECIPES, MIXED_TRAINING],
  [STEPS, MIXED_STEPS],
]);

/** The tolerance of a case. PyTorch in float32 stays at least three times below each of f32. */
export function toleranceOf(golden: GoldenCase, precision: Precision = 'f32'): Tolerance {
  if (golden.op === 'program') return programTolerance(golden, precision);
  if (isIllConditioned(golden)) return ILL_CONDITIONED;
  const full = BY_OP[golden.op] ?? OPS;
  if (precision === 'f32') return full;
  const mixed = MIXED_BY_TOLERANCE.get(full) ?? MIXED;
  return { ...mixed, output: MIXED_OUTPUT_OF.get(golden.name) ?? mixed.output };
}

/** The tolerance of a program: its own limits. */
function programTolerance(golden: GoldenCase, precision: Precision): Tolerance {
  const { limits, special } = programArgs(golden);
  const entries = (precision === 'mixed' && limits.mixed) || limits.f32;
  const largest = Math.max(...Object.values(entries));
  return {
    output: largest,
    gradient: largest,
    floor: 0,
    entries: { limits: entries, relative: special !== undefined, alike: special === 'alike' },
  };
}
