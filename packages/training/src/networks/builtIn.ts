import { fileURLToPath } from 'node:url';
import { type WeightsName, weightsUrl } from '@visage/weights';

/** The file path of pretrained weights that ship with Visage. */
export const builtInWeights = (which: WeightsName): string => fileURLToPath(weightsUrl(which));
