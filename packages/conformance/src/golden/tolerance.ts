import type { Precision } from '@visage/simswap';
import type { GoldenCase } from './golden.ts';
import { programArgs } from './programArgs.ts';

/** The largest errors with which a case passes. */
export interface Tolerance {
  readonly output: number;
  readonly gradient: number;
  /**
   * A share of the case's largest gradient norm. The error of a smaller gradient is measured relative to this share,
   * because such a gradient may be zero in theory.
   */
  readonly floor: number;
  /**
   * Set for cases that amplify rounding errors. Their gradients are compared with f32 gradients at the same activations
   * (see activations.ts), and their losses, column by column, with the file after steps in f32; these comparisons use
   * the limits above. In addition the whole result may differ from the file by at most this: all gradients as one
   * vector, or a log without the {@link columns} that have their own limit.
   */
  readonly file?: number;
  /** Limits of columns of logs that replace {@link output}. */
  readonly columns?: Readonly<Record<string, number>>;
  /**
   * Limits of columns of logs whose absolute error is measured. Their values are differences of nearly equal numbers,
   * so they have the absolute precision of those numbers.
   */
  readonly absolute?: Readonly<Record<string, number>>;
  /**
   * The limit that replaces {@link output} from the second row of a log on, where each step starts from the result of
   * the previous one. It is wide enough for accumulated rounding errors and only checks the general course.
   */
  readonly course?: number;
  /** Whether outputs are f16, whose range ends at 65504. */
  readonly half?: boolean;
  /** Limits for single entries, by the names of results in the file. They replace all of the above. */
  readonly entries?: EntryLimits;
}

/** Limits that the file states for the entries of results, and how entries are compared. */
export interface EntryLimits {
  readonly limits: Readonly<Record<string, number>>;
  /** Whether errors of entries larger than 1 are relative. */
  readonly relative: boolean;
  /** Whether NaN and infinities count as equal to each other. */
  readonly alike: boolean;
}

const FLOOR = 1e-3;
const OPS: Tolerance = { output: 2e-5, gradient: 2e-4, floor: FLOOR };
const SECOND_ORDER: Tolerance = { output: 1e-4, gradient: 1e-4, floor: FLOOR };
const NETWORKS: Tolerance = { output: 1e-4, gradient: 5e-4, floor: FLOOR };
// The identity loss is 1 − cos of two latents. Where they are nearly equal, float32 has an absolute error of about
// 1e-7.
const COSINE = { identity: 5e-7 };
/**
 * Only the first step of a training starts from the file's weights. In later steps, rounding may have moved a
 * rectifier's input across zero. Adam without momentum turns every gradient whose sign changes into a whole step, and
 * the gradient penalty, a function of a gradient, shows this first. PyTorch in float64, started from weights that
 * differ by a relative 3e-7, differs from itself by up to 0.03 of the penalty and 0.06 of the adversarial loss after
 * six steps (golden files of six seeds); PyTorch in float32 differs by up to 0.14. The case `trainSteps` checks each
 * later step precisely.
 */
const TRAINING: Tolerance = { output: 1e-3, gradient: 1e-3, floor: FLOOR, absolute: COSINE, course: 0.3 };
// With two steps the same perturbation changes the second by up to 0.014.
const RECIPES: Tolerance = { ...TRAINING, course: 0.05 };
// With a mean of 100 and a standard deviation of 0.01, float32 keeps four digits.
const ILL_CONDITIONED: Tolerance = { output: 2e-3, gradient: 2e-3, floor: FLOOR };

/**
 * Steps that each start from the file's weights and moments, on batches that keep every rectifier's input away from
 * zero. On llvmpipe losses and updates are within 1.0e-5 and the identity loss within 7e-8; PyTorch in float32 is
 * within 1.3e-5 and 1.2e-7. A change of one per cent in a learning rate or a loss weight changes losses or updates by
 * 2e-3 or more.
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

/** Whether the case needs the full precision of float32. */
export const isIllConditioned = ({ name }: GoldenCase): boolean => name === 'instance_norm_large';

const MIXED: Tolerance = { output: 1e-2, gradient: 1e-2, floor: FLOOR, half: true };
// A sum whose terms cancel, such as the gradient of a bias before a normalisation layer, keeps the rounding errors of
// its terms: about 1e-4 of the largest gradient.
const MIXED_DEEP: Tolerance = { ...MIXED, floor: 1 / 32 };
// PyTorch in float64 with only its tensors rounded to f16 differs by up to 0.12, because rectifiers switch; see
// test/golden/round_to_half.py.
const MIXED_NETWORKS: Tolerance = { ...MIXED_DEEP, file: 0.2 };
// The same experiment after one step of the narrowest networks, without given activations, differs by 0.031 in a mean
// of logits around zero, and by 0.046 in the gradient penalty, which is a function of a gradient.
const MIXED_TRAINING: Tolerance = { ...MIXED, columns: { adversarial: 5e-2, gradientPenalty: 0.1 }, file: 1e-2 };
// These steps start from given weights, but not from given activations. On llvmpipe switched rectifiers change the
// updates of the two networks by 0.09 and 0.14.
const MIXED_STEPS: Tolerance = { ...MIXED, output: 0.2 };
// The last batch norm of this identity network in training mode has three rows, which amplifies rounding: the same
// float64 experiment differs by 0.013.
const MIXED_OUTPUT_OF = new Map([['arcface_ir_train', 2e-2]]);
const MIXED_BY_TOLERANCE = new Map([
  [SECOND_ORDER, MIXED_DEEP],
  [NETWORKS, MIXED_NETWORKS],
  [TRAINING, MIXED_TRAINING],
  [RECIPES, MIXED_TRAINING],
  [STEPS, MIXED_STEPS],
]);

/** The tolerance of a case. Errors of PyTorch in float32 are at most a third of each f32 limit. */
export function toleranceOf(golden: GoldenCase, precision: Precision = 'f32'): Tolerance {
  if (golden.op === 'program') return programTolerance(golden, precision);
  if (isIllConditioned(golden)) return ILL_CONDITIONED;
  const full = BY_OP[golden.op] ?? OPS;
  if (precision === 'f32') return full;
  const mixed = MIXED_BY_TOLERANCE.get(full) ?? MIXED;
  return { ...mixed, output: MIXED_OUTPUT_OF.get(golden.name) ?? mixed.output };
}

/** The tolerance of a program, which consists of the limits that the program states. */
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
