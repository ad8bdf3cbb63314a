/** @file Weights that come with Visage; the README in the folder of each says what it is. */

/**
 * The names of the weights. `identity` guides the training of swappers on procedural faces, `heads-identity` on mesh
 * heads. `judge` only measures procedural faces; it has another architecture and was trained on other people.
 */
export type WeightsName = 'identity' | 'heads-identity' | 'judge';

/** The URL of the weights: of a file in Node, of an HTTP resource in a browser. */
export const weightsUrl = (which: WeightsName): URL => files[which];

// Bundlers find the files only if each URL is written as a literal, so the paths are not computed.
const files: Readonly<Record<WeightsName, URL>> = {
  identity: new URL('./identity/identity.safetensors', import.meta.url),
  'heads-identity': new URL('./heads-identity/heads-identity.safetensors', import.meta.url),
  judge: new URL('./judge/judge.safetensors', import.meta.url),
};
