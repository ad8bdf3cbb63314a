import type { Constant, GpuBuffer } from '@visage/gpu';

/** A B whose rows do not run along n. */
export interface Across {
  readonly inner: number;
  /** A copy whose rows do, [K, N], for multiplies that need it. */
  readonly asRows: () => GpuBuffer;
}

/** C[m, n] = Σₖ A[m, k] · B[k, n], with A and B behind loaders. */
export interface GemmProblem {
  /** Shown in profiles: `conv2d`, `matmul`, … */
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Which way the four values of one load of A run. */
  readonly aContiguousAlong: 'k' | 'm';
  /** WGSL of the loader of A, and the constants that it asks for. */
  readonly loaderA: readonly string[];
  /** WGSL of `fn shareStep(step : StepA, lane : u32) -> StepA`'s body, by subgroup operations. Needed unless StepA is a number. */
  readonly shareStep?: string;
  readonly constants?: Readonly<Record<string, Constant>>;
  /** WGSL of `fn rowOfB(k : u32) -> u32`'s body; the identity by default. */
  readonly rowOfB?: string;
  /** WGSL of `fn outRow(m : u32) -> u32`'s body; the identity by default. Then K is never split. */
  readonly outRow?: string;
  /** Products of one shape that one launch computes; the WGSL above tells them apart by `item`. Default 1; needs `outRow`. */
  readonly items?: number;
  readonly a: GpuBuffer;
  readonly b: GpuBuffer;
  /** Set when b is stored across, [K / inner, N, inner]; see kernels/gemm/load/across.wgsl. */
  readonly across?: Across;
  readonly bias?: GpuBuffer;
}
