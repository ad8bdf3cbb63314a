import type { Constant, GpuBuffer } from '@visage/gpu';

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
  readonly constants?: Readonly<Record<string, Constant>>;
  /** WGSL of `fn rowOfB(k : u32) -> u32`'s body; the identity by default. */
  readonly rowOfB?: string;
  /** WGSL of `fn outRow(m : u32) -> u32`'s body; the identity by default. Then K is never split. */
  readonly outRow?: string;
  readonly a: GpuBuffer;
  readonly b: GpuBuffer;
  readonly bias?: GpuBuffer;
}
