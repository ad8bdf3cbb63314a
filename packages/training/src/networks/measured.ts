/**
 * @file Identity networks for measurements of speed, where only the size of the network matters and not its weights.
 */
import { seeded } from '@visage/nn';
import { ArcFace, type IdentityNetwork } from '@visage/simswap';
import { builtInWeights } from './builtIn.ts';
import { loadIdentityNetwork } from './load.ts';

/** Which identity network a measurement of speed uses. */
export type MeasuredIdentity = 'built-in' | 'published';

/** The identity network that ships with Visage, or the published architecture with random weights. */
export const measuredIdentity = async (which: MeasuredIdentity): Promise<IdentityNetwork> =>
  which === 'published' ? seeded(1, () => new ArcFace()) : loadIdentityNetwork(builtInWeights('identity'));
