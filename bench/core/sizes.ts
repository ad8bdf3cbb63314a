import type { Gpu } from '@visage/gpu';
import type { Precision } from '@visage/simswap';
import { halfPrecision } from '@visage/tensor';

/** How large the networks and images of a benchmark are. */
export interface Sizes {
  /** Height and width of the images. */
  readonly size: number;
  /** Scales the channels of every network; 1 is the published one. */
  readonly width: number;
  /** Injection blocks of the generator; 9 in the published one. */
  readonly blocks: number;
}

/**
 * The published sizes on a GPU; on a software adapter small ones, so that a run ends (below 96 pixels nothing is left
 * for the second discriminator).
 */
export const sizesFor = ({ adapter }: Gpu): Sizes =>
  adapter.software ? { size: 96, width: 0.125, blocks: 2 } : { size: 224, width: 1, blocks: 9 };

/** The default batches of a benchmark. */
export const batchesFor = ({ adapter }: Gpu): number[] => (adapter.software ? [1] : [1, 4, 16]);

/** Both precisions, where the device computes in f16. */
export const precisionsFor = (gpu: Gpu): Precision[] =>
  halfPrecision(gpu) === true && !gpu.adapter.software ? ['f32', 'mixed'] : ['f32'];
