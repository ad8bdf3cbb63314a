/** @file What a matrix product is, in types: its operands, what is done to its sums, and how a kernel covers it. */
import { ArgumentError, type Constant, type Gpu, type GpuBuffer, type Variant } from '@visage/gpu';
import type { Tensor } from '../core/tensor.ts';
import type { Activation } from '../elementwise/activation.ts';
import { halfOf } from '../elementwise/autocast.ts';

/** The element types of operands and results. Sums are f32 for both. */
export type GemmType = 'f32' | 'f16';

/** The element type of products over x. */
export const gemmType = (x: Tensor): GemmType => (x.dtype === 'f16' ? 'f16' : 'f32');

/**
 * The operands of a product as its kernels take them, both of one type: f16 as soon as one of them is, because the
 * other one then is an f32 master weight, or the gradient of one.
 *
 * @throws ArgumentError if one is f16 and the device has no f16.
 */
export function operandsOf(op: string, a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
  if (a.dtype !== 'f16' && b.dtype !== 'f16') return [a, b];
  if (!a.gpu.device.features.has('shader-f16'))
    throw new ArgumentError(op, 'dtype', 'f16', 'f32', 'This device lacks the feature shader-f16');
  return [halfOf(a), halfOf(b)];
}

/**
 * What a product does to its sums v before it writes them, in the order of the fields: bias, activation, addend, PReLU.
 *
 * Done in the epilogue, or in the merge of a split K, each of them saves a launch that would read and write the whole
 * result again. All but bias and activation need N to be a multiple of 4.
 */
export interface Finish {
  /** v += bias: f32, one value per column. */
  readonly bias?: Tensor;
  readonly activation?: Activation;
  /** v += add: of the shape of the result, or of its last axes, which then repeats. */
  readonly add?: Tensor;
  /**
   * An output: receives v as it is in front of the PReLU, in the type of the result. The gradient of the PReLU needs
   * it.
   */
  readonly preactivation?: Tensor;
  /** v = v > 0 ? v : slope · v, a PReLU: f32, one slope for all columns or one per column. */
  readonly slope?: Tensor;
  /**
   * The PReLU asks for the signs of these values instead of those of v: the gradient of a PReLU whose input they were.
   */
  readonly gatedBy?: Tensor;
  /**
   * Merges the sums of a split K in place of the merge, and gives the result of the whole; `undefined` leaves it to the
   * merge. It is not asked where K is in one piece.
   */
  readonly mergedBy?: (sums: SplitSums) => Tensor | undefined;
}

/** The sums of a split K, which nothing has finished yet. */
export interface SplitSums {
  /** [splits, …C] in f32, to be added in this order. */
  readonly partial: Tensor;
  /** The type in which C would be written. */
  readonly type: GemmType;
  /** What they are to be finished with. */
  readonly finish: Finish;
}

/** The tensors that finishing reads or writes. */
export const tensorsOf = ({ bias, add, preactivation, slope, gatedBy }: Finish): Tensor[] =>
  [bias, add, preactivation, slope, gatedBy].filter((x) => x !== undefined);

/**
 * A matrix B whose rows are not contiguous along n: it is stored [K / inner, N, inner], transposed in blocks of `inner`
 * rows.
 */
export interface TransposedB {
  readonly inner: number;
  /** Makes a copy [K, N] with rows along n, for kernels that cannot read the transposed one. */
  readonly asRows: () => GpuBuffer;
}

/** C[b, m, n] = Σₖ A[b, m, k] · B[b, k, n] for each b of the batch. Loaders say how A and B lie in memory. */
export interface GemmProblem {
  /** Shown in profiles: `conv2d`, `matmul`, … */
  readonly name: string;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /**
   * Products of one shape that one launch computes. WGSL of this problem finds its own in `batchIndex`. Default 1; more
   * need `outRow`.
   */
  readonly batch?: number;
  /** Element type of A and B. Default f32. */
  readonly operands?: GemmType;
  /** Element type of C. Default f32. */
  readonly result?: GemmType;
  /** The axis along which one load of A takes its values. */
  readonly aContiguousAlong: 'k' | 'm';
  /**
   * How many neighbours along that axis are contiguous in memory. Loads take 8, 4 or 1 values, whichever divides it.
   * Default 4.
   */
  readonly runA?: number;
  /** WGSL of the loader of A: of whole vectors if 4 divides `runA`, else the scalar one. */
  readonly loaderA: readonly string[];
  /**
   * Set if A is an image seen through im2col; says whether rows of A are pixels or taps. The kernel on subgroup
   * matrices then computes the address of a pixel once for all channels (kernels/gemm/walk/runs.wgsl, taps.wgsl), not
   * at each load.
   */
  readonly imageWalk?: 'byPixel' | 'byTap';
  /**
   * WGSL, the body of `fn shuffleStep(step : StepA, thread : u32) -> StepA`: the StepA of another thread of the
   * subgroup. Needed where StepA is a struct, which `subgroupShuffle` does not take.
   */
  readonly shuffleStep?: string;
  /** The constants that the loader of A needs. */
  readonly constants?: Readonly<Record<string, Constant>>;
  /**
   * WGSL, the body of `fn rowOfB(k : u32) -> u32`: the stored row of B that belongs to k. Default: k. Within a block of
   * `transposedB.inner` rows it must be contiguous in k.
   */
  readonly rowOfB?: string;
  /** WGSL, the body of `fn outRow(m : u32) -> u32`: the row of the stored C that belongs to m. Default: m. */
  readonly outRow?: string;
  /** Forbids splitting K, because several launches fill C. */
  readonly unsplit?: boolean;
  readonly a: GpuBuffer;
  readonly b: GpuBuffer;
  /** Set if b is stored transposed; see kernels/gemm/load/transposed.wgsl. */
  readonly transposedB?: TransposedB;
  readonly finish?: Finish;
}

/** Terms that one f32 accumulator adds in series at most; longer sums are split for accuracy. */
export const LONGEST_SUM = 8192;

/** How a kernel covers a problem. */
export interface GemmPlan {
  /** WGSL of the multiply. */
  readonly multiply: string;
  readonly constants: Readonly<Record<string, Constant>>;
  /** Tiles along m and n. */
  readonly tiles: readonly [number, number];
  /** K is split in multiples of this. */
  readonly kStep: number;
  /** Pieces that K is split into, if the variant has a better rule than `launch.ts`. */
  readonly splits?: number;
  readonly enables?: readonly string[];
  /** Loads eight f16 at a time, packed into a vec4u as they lie in memory. */
  readonly wide?: boolean;
  /** Reads a transposed B; for other kernels it is copied into rows first. */
  readonly readsTransposed?: boolean;
  /** Reads a transposed B by four values along k, where 4 divides `inner`; `B_BY_N` then tells the kernel. */
  readonly foursAlongK?: boolean;
  /** Calls `shuffleStep` of the problem. */
  readonly shufflesSteps?: boolean;
}

/** A way to multiply. */
export interface GemmVariant extends Variant<GemmProblem> {
  plan(problem: GemmProblem, gpu: Gpu): GemmPlan;
}
