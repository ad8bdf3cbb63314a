import type { GoldenCase } from './golden.ts';

/** Largest errors that still pass. */
export interface Tolerance {
  readonly output: number;
  readonly gradient: number;
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
  deepfakes: NETWORKS,
  aeinet: NETWORKS,
  hearnet: NETWORKS,
  efficientNetLite0: NETWORKS,
  projectedDiscriminator: NETWORKS,
  trainSimSwap: TRAINING,
  recipes: TRAINING,
};

/** The tolerance of a case. PyTorch in float32 stays at least three times below each. */
export function toleranceOf(golden: GoldenCase): Tolerance {
  if (golden.name === 'instance_norm_large') return ILL_CONDITIONED;
  return BY_OP[golden.op] ?? OPS;
}
