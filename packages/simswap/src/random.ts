/** @file One seed, several independent sequences: Philox takes a 64-bit key, whose upper half names the purpose. */

/** What random numbers of a training are for. Initial weights use the plain seed, stream 0. */
export const streams = { gradientPenalty: 1, pairs: 2, identityBatches: 3 } as const;

/** The seed of one purpose; `seed` is an unsigned 32-bit integer. */
export const streamSeed = (seed: number, stream: number): number => (seed >>> 0) + stream * 2 ** 32;
