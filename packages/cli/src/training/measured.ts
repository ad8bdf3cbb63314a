/** @file Identity networks for measurements: what their weights are does not matter, their size does. */
import { seeded } from '@visage/nn';
import { ArcFace, type IdentityNetwork } from '@visage/simswap';
import { Option } from 'commander';
import { builtInWeights, loadIdentityNetwork } from './weights.ts';

export type MeasuredIdentity = 'built-in' | 'published';

/** `--identity` of commands that measure. */
export const measuredIdentityOption = (): Option =>
  new Option('--identity <which>', 'the identity network that comes with Visage, or one of the published size')
    .choices(['built-in', 'published'] satisfies MeasuredIdentity[])
    .default('built-in');

/** The identity network that comes with Visage, or the published architecture with random weights. */
export const measuredIdentity = async (which: MeasuredIdentity): Promise<IdentityNetwork> =>
  which === 'published' ? seeded(1, () => new ArcFace()) : loadIdentityNetwork(builtInWeights('identity'));
