/** @file Weights that come with Visage; the README in the folder of each says what it is. */

/**
 * The names of the weights. For procedural faces, `identity` guides the training of swappers, and `judge` only
 * measures: it has another architecture and was trained on other people. `heads-identity` and `heads-judge` do the same
 * for mesh heads. `heads-swapper` is the generator that was trained on mesh heads with `heads-identity`, and swaps
 * faces of photographs unless another is named. `heads-parsing` says what each pixel of a face shows.
 */
export type WeightsName = 'identity' | 'judge' | 'heads-identity' | 'heads-judge' | 'heads-parsing' | 'heads-swapper';

/** The URL of the weights: of a file in Node, of an HTTP resource in a browser. */
export const weightsUrl = (which: WeightsName): URL => files[which];

// Bundlers find the files only if each URL is written as a literal, so the paths are not computed.
const files: Readonly<Record<WeightsName, URL>> = {
  identity: new URL('./identity/identity.safetensors', import.meta.url),
  judge: new URL('./judge/judge.safetensors', import.meta.url),
  'heads-identity': new URL('./heads-identity/heads-identity.safetensors', import.meta.url),
  'heads-judge': new URL('./heads-judge/heads-judge.safetensors', import.meta.url),
  'heads-parsing': new URL('./heads-parsing/heads-parsing.safetensors', import.meta.url),
  'heads-swapper': new URL('./heads-swapper/heads-swapper.safetensors', import.meta.url),
};

/** The URL of a PNG file of three mesh heads, one above the other: a source, a target and the exact swap. */
export const exampleFacesUrl: URL = new URL('./heads-swapper/example.png', import.meta.url);
