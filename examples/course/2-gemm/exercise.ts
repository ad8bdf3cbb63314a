/**
 * @file Exercise of chapter 2.
 *
 * Write the kernel of a linear layer: C[m, n] = max(0, bias[n] + Σₖ A[m, k] · B[k, n]). Begin with 3-tile.wgsl, which
 * needs extents that are multiples of 16, and make it work for any M, N and K: what a tile loads past an edge of A or B
 * must count as zero, and what lies past an edge of C must not be stored. All threads must reach every barrier.
 *
 * Bindings: 0 is C, 1 A, 2 B, 3 the bias, N values of f32. M, N and K are `override`s, as in 3-tile.wgsl. The check
 * starts ⌈N / 16⌉ x ⌈M / 16⌉ workgroups.
 *
 *     npm run course -- 2 --exercise
 */

/** The WGSL of the kernel, with an entry point `main` of 16 x 16 threads. */
export function linearRelu(): string {
  throw new Error('write a tiled product with edges, bias and ReLU, and return its WGSL');
}
