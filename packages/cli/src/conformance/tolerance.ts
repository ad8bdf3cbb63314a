import type { Precision } from '@visage/simswap';
import type { GoldenCase } from './golden.ts';
import { programTolerance } from './programs/program.ts';

/** Largest errors that still pass. */
export interface Tolerance {
  readonly output: number;
  readonly gradient: number;
  /** A gradient smaller than this share of the case's largest is measured against that share: in theory it may be zero. */
  readonly floor: number;
  /**
   * Where rounding is amplified, what 1e-2 holds is what it does once: gradients are held to f32 at the same activations (see activations.ts), losses to the file
   * after steps in f32, by columns. The results as they are, gradients as one vector and logs as a whole but for {@link columns}, are then held to the file within this.
   */
  readonly file?: number;
  /** Columns of logs that have a limit of their own instead of {@link output}. */
  readonly columns?: Readonly<Record<string, number>>;
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
const TRAINING: Tolerance = { output: 1e-3, gradient: 1e-3, floor: FLOOR };
// A mean of 100 with a deviation of 0.01 leaves float32 four digits.
const ILL_CONDITIONED: Tolerance = { output: 2e-3, gradient: 2e-3, floor: FLOOR };

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
  recipes: TRAINING,
};

/** Does the case need all digits of float32? */
export const isIllConditioned = ({ name }: GoldenCase): boolean => name === 'instance_norm_large';

const MIXED: Tolerance = { output: 1e-2, gradient: 1e-2, floor: FLOOR, half: true };
// A sum that cancels, such as the gradient of a bias in front of a norm, keeps the rounding of its terms: some 1e-4 of the largest gradient.
const MIXED_DEEP: Tolerance = { ...MIXED, floor: 1 / 32 };
// PyTorch in float64 with nothing but its tensors rounded to f16 is up to 0.12 away, see test/golden/round_to_half.py: rectifiers switch.
const MIXED_NETWORKS: Tolerance = { ...MIXED_DEEP, file: 0.2 };
// The same after one step of the narrowest networks: 0.031 in a mean of logits around zero, and 0.046 in the gradient penalty, which is a function of a gradient,
// without the help of given activations.
const MIXED_TRAINING: Tolerance = { ...MIXED, columns: { adversarial: 5e-2, gradientPenalty: 0.1 }, file: 1e-2 };
// An identity network in training whose last batch norm has three rows, which amplifies rounding: the same float64 is 0.013 away.
const MIXED_OUTPUT_OF = new Map([['arcface_ir_train', 2e-2]]);
const MIXED_BY_TOLERANCE = new Map([
  [SECOND_ORDER, MIXED_DEEP],
  [NETWORKS, MIXED_NETWORKS],
  [TRAINING, MIXED_TRAINING],
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
