import type { PairKind, Recipe } from '../core/recipe.ts';
import type { ImagePairs } from './data.ts';
import { discriminatorTurn, generatorTurn, type StepParts, type StepResult, trainingStep } from './step.ts';
import { discriminatorLossNames, generatorLossNames, type LossName, lossNames } from './terms.ts';

/** A part of a step that has a batch to itself. */
export interface Turn {
  /** The losses that it yields, in order. */
  readonly losses: readonly LossName[];
  run(parts: StepParts, pairs: ImagePairs, kind: PairKind): Pick<StepResult, 'losses'> & Partial<StepResult>;
}

const TURNS: Readonly<Record<Recipe['turns'], readonly Turn[]>> = {
  together: [{ losses: lossNames, run: trainingStep }],
  alternate: [
    { losses: generatorLossNames, run: generatorTurn },
    { losses: discriminatorLossNames, run: discriminatorTurn },
  ],
};

/** The turns of a step, in order; together they yield every loss once. The first one swaps. */
export const turnsOf = ({ turns }: Recipe): readonly Turn[] => TURNS[turns];
