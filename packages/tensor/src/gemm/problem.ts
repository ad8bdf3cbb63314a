import type { Constant, GpuBuffer } from '@visage/gpu';
import type { Tail } from './epilogue.ts';

/** A B whose rows do not run along n. */
export interface Across {
  readonly inner: number;
  /** A copy whose rows do, [K, N], for multiplies that need it. */
  readonly asRows: () => GpuBuffer;
}

/** The element types that products take and give. Sums are f32 for both. */
export type GemmType = 'f32' | 'f16';

/** C[m, n] = Σₖ A[m, k] · B[k, n], with A and B behind loaders. */
export interface GemmProblem {
  /** Shown in profiles: `conv2d`, `matmul`, … */
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Element type of A and B. Default f32. */
  readonly operands?: GemmType;
  /** Element type of C. Default f32. */
  readonly result?: GemmType;
  /** Which way the values of one load of A run. */
  readonly aContiguousAlong: 'k' | 'm';
  /** How many values of A lie together that way: what divides it is the width of a load. Default 4. */
  readonly runA?: number;
  /** WGSL of the loader of A: the one for whole loads if 4 divides `runA`, else the scalar one. */
  readonly loaderA: readonly string[];
  /** A is an image seen through im2col: are its rows pixels, or taps? Then a multiply may find places for itself (`placeOf`); see kernels/gemm/walk/{runs,taps}.wgsl. */
  readonly imageWalk?: 'byPixel' | 'byTap';
  /** WGSL of `fn shareStep(step : StepA, lane : u32) -> StepA`'s body, by subgroup operations. Needed unless StepA is a number. */
  readonly shareStep?: string;
  /** The constants that the loader of A asks for. */
  readonly constants?: Readonly<Record<string, Constant>>;
  /** WGSL of `fn rowOfB(k : u32) -> u32`'s body; the identity by default. It keeps together what `across.inner` keeps together. */
  readonly rowOfB?: string;
  /** WGSL of `fn outRow(m : u32) -> u32`'s body; the identity by default. */
  readonly outRow?: string;
  /** Products of one shape that one launch computes; the WGSL above tells them apart by `item`. Default 1; needs `outRow`. */
  readonly items?: number;
  /** K is summed in one go, because several launches fill C. */
  readonly unsplit?: boolean;
  readonly a: GpuBuffer;
  readonly b: GpuBuffer;
  /** Set when b is stored across, [K / inner, N, inner]; see kernels/gemm/load/across.wgsl. */
  readonly across?: Across;
  /** f32, one value per column. */
  readonly bias?: GpuBuffer;
  /** WGSL of what the finished sums `v`, with the bias added, are turned into; `V` is their type. Themselves by default. */
  readonly activation?: string;
  /** What follows with other tensors; n then divides by 4. */
  readonly tail?: Tail;
}
