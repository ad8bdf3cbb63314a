/** @file Weights that come with Visage; the README in the folder of each says what it is. */

/**
 * `identity` guides the training of swappers; `judge` has another architecture and other people behind it and only
 * measures.
 */
export type WeightsName = 'identity' | 'judge';

/** Where the weights lie: a file in Node, an address in a browser. */
export const weightsUrl = (which: WeightsName): URL => files[which];

// Written out, so that a bundler finds the files.
const files: Readonly<Record<WeightsName, URL>> = {
  identity: new URL('./identity/identity.safetensors', import.meta.url),
  judge: new URL('./judge/judge.safetensors', import.meta.url),
};
