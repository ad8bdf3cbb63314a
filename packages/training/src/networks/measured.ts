/** @file Identity networks for measurements: what their weights are does not matter, their size does. */
import { seeded } from '@visage/nn';
import { ArcFace, type IdentityNetwork } from '@visage/simswap';
import { builtInWeights } from './builtIn.ts';
import { loadIdentityNetwork } from './load.ts';

export type MeasuredIdentity = 'built-in' | 'published';

/** The identity network that comes with Visage, or the published architecture with random weights. */
export const measuredIdentity = async (which: MeasuredIdentity): Promise<IdentityNetwork> =>
  which === 'published' ? seeded(1, () => new ArcFace()) : loadIdentityNetwork(builtInWeights('identity'));
