import type { Precision } from '@visage/simswap';
import type { GoldenCase } from './golden.ts';

/** Largest errors that still pass. */
export interface Tolerance {
  readonly output: number;
  readonly gradient: number;
  /** Gradients are compared as one vector, and logs as a whole instead of entry by entry. */
  readonly together?: boolean;
}

const OPS: Tolerance = { output: 2e-5, gradient: 2e-4 };
const SECOND_ORDER: Tolerance = { output: 1e-4, gradient: 1e-4 };
const NETWORKS: Tolerance = { output: 1e-4, gradient: 3e-3 };
const TRAINING: Tolerance = { output: 1e-3, gradient: 1e-3 };
// A mean of 100 with a deviation of 0.01 leaves float32 four digits.
const ILL_CONDITIONED: Tolerance = { output: 2e-3, gradient: 2e-3 };

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

const MIXED: Tolerance = { output: 1e-2, gradient: 1e-2 };
// Rounding nothing but the inputs to f16 changes single gradients of these small networks by up to 17 % in float32, because rectifiers switch; and a loss that
// crosses zero has no relative error. Hence whole vectors.
const MIXED_NETWORKS: Tolerance = { output: 1e-2, gradient: 0.2, together: true };
const MIXED_TRAINING: Tolerance = { output: 5e-2, gradient: 5e-2, together: true };
const MIXED_SECOND_ORDER: Tolerance = { output: 1e-2, gradient: 2e-2 };
const MIXED_BY_TOLERANCE = new Map([
  [SECOND_ORDER, MIXED_SECOND_ORDER],
  [NETWORKS, MIXED_NETWORKS],
  [TRAINING, MIXED_TRAINING],
]);

/** The tolerance of a case. PyTorch in float32 stays at least three times below each of f32. */
export function toleranceOf(golden: GoldenCase, precision: Precision = 'f32'): Tolerance {
  if (isIllConditioned(golden)) return ILL_CONDITIONED;
  const full = BY_OP[golden.op] ?? OPS;
  return precision === 'mixed' ? (MIXED_BY_TOLERANCE.get(full) ?? MIXED) : full;
}
