import { fileURLToPath } from 'node:url';
import { type WeightsName, weightsUrl } from '@visage/weights';

/** The path of weights that come with Visage. */
export const builtInWeights = (which: WeightsName): string => fileURLToPath(weightsUrl(which));
