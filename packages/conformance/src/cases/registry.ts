import type { Preparer } from '../golden/prepared.ts';
import { programCase } from '../programs/program.ts';
import { NETWORK_CASES } from './networks.ts';
import { opCase } from './opCase.ts';
import { OPS } from './ops.ts';
import { OPTIMIZER_CASES } from './optimizers.ts';
import { GRADIENT_PENALTY } from './penalties.ts';
import { DIFF_AUGMENT } from './projected.ts';
import { recipesCase } from './recipes.ts';
import { spectralNormCase } from './spectralNorm.ts';
import { stepsCase } from './steps.ts';
import { trainingCase } from './training.ts';

const CASES: ReadonlyMap<string, Preparer> = new Map([
  ...Object.entries(OPS).map(([name, entry]): [string, Preparer] => [name, opCase(entry)]),
  ['gradientPenalty', opCase(GRADIENT_PENALTY)],
  ...OPTIMIZER_CASES,
  ...NETWORK_CASES,
  ['trainSimSwap', trainingCase],
  ['trainSteps', stepsCase],
  ['spectralNorm', spectralNormCase],
  ['diffAugment', opCase(DIFF_AUGMENT)],
  ['recipes', recipesCase],
  ['program', programCase],
]);

/** The preparation of the cases of an op; `undefined` if Visage does not know the op. */
export const preparerOf = (op: string): Preparer | undefined => CASES.get(op);
