import { fileURLToPath } from 'node:url';
import { isHeadLevel, type Level } from '@visage/faces';
import { type WeightsName, weightsUrl } from '@visage/weights';

/** The file path of pretrained weights that ship with Visage. */
export const builtInWeights = (which: WeightsName): string => fileURLToPath(weightsUrl(which));

/** The file path of the identity network that ships for the training of swappers on faces of a level. */
export const builtInIdentity = (level: Level): string =>
  builtInWeights(isHeadLevel(level) ? 'heads-identity' : 'identity');

/** The file path of the judge that ships for measurements of swappers on faces of a level. */
export const builtInJudge = (level: Level): string => builtInWeights(isHeadLevel(level) ? 'heads-judge' : 'judge');
