/**
 * @file Exercise of chapter 4.
 *
 * The encoder of SimSwap's generator halves its images by convolutions of stride 2: output pixel (r, c) reads the input
 * around (2r, 2c), so y has half as many rows and columns as x. Write the loader of A for the input gradient of such a
 * convolution: the body of `fn loadA(m : u32, k : u32) -> f32` in WGSL.
 *
 * m is a pixel of dx, row-major, HEIGHT x WIDTH pixels, both even. k is a tap and a channel of dy, as in
 * `loaders.inputGradient` of convolution.ts. `left` holds dy, [HEIGHT / 2, WIDTH / 2, TO]. Return the value of dy that
 * met this pixel by this tap, or 0 if there is none: most pixels were read by few taps, and some taps of a pixel lie
 * past the edge.
 *
 *     npm run course -- 4 --exercise
 */

/** The body of loadA. It may use HEIGHT, WIDTH, FROM, TO, `dyOf(tap)` and `dxOf(tap)`. */
export function stridedLoader(): string {
  throw new Error('write the loader of the input gradient at stride 2, and return the body of loadA');
}
