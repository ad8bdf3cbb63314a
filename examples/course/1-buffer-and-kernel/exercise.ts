/**
 * @file Exercise of chapter 1.
 *
 * Write a kernel that computes sums of squares: binding 0 holds any number of f32 values x, and binding 1 one f32 for
 * each workgroup. Workgroup g reads the 256 values from 256 · g on and writes the sum of their squares to place g.
 *
 * The number of values need not be a multiple of 256: what lies past `arrayLength(&x)` counts as zero. Every thread
 * must reach every `workgroupBarrier()`, so no thread may return early. Add in a tree, as the kernel `SUMS` of main.ts
 * does. One thread that adds all 256 values would pass the check too, but not your clock.
 *
 *     npm run course -- 1 --exercise
 */

/** The WGSL of the kernel, with an entry point `main` of 256 threads. */
export function sumOfSquares(): string {
  throw new Error('write a kernel that sums squares, 256 values in each workgroup, and return its WGSL');
}
