/** @file The launches of an exchange: packing a bucket, averaging it or a part of it, unpacking the means. */
import { f32, type Gpu, type GpuBuffer, linearGrid } from '@visage/gpu';
import {
  castHalfBits,
  exchangeGathered,
  exchangeHalves,
  exchangeMean,
  exchangePack,
  exchangeSlots,
  exchangeUnpack,
  exchangeWords,
} from '@visage/kernels';
import type { Shard } from '@visage/simswap';

const WORKGROUP = 256;
const VECTOR = 16; // bytes of four f32

/** How a bucket is cut into parts, see kernels/exchange/slots.wgsl. */
export interface BucketShape extends Shard {
  /** Bytes of the numbers in f32, a multiple of 16. */
  readonly bytes: number;
  /** Whether they travel in f16. */
  readonly half: boolean;
}

/** Vectors of four numbers in each part; what the last one has too many is zero. */
const partOf = ({ bytes, ranks }: BucketShape): number => Math.ceil(bytes / VECTOR / ranks);

/** Bytes of a part as it travels. */
export const partBytes = (shape: BucketShape): number => partOf(shape) * (shape.half ? VECTOR / 2 : VECTOR);

/** Launches one of the kernels of an exchange with a thread for each of `vectors`. */
function launch(gpu: Gpu, name: string, text: string, shape: BucketShape, vectors: number, buffers: GpuBuffer[]): void {
  const { rank, ranks, bytes, half } = shape;
  const [x, y] = linearGrid(Math.ceil(vectors / WORKGROUP));
  gpu.dispatch({
    program: {
      name: `exchange/${name}`,
      constants: {
        WG: WORKGROUP,
        RANK: rank,
        RANKS: ranks,
        PART: partOf(shape),
        SIZE: bytes / VECTOR,
        SHARE: f32(1 / ranks),
      },
      parts: [...(half ? [castHalfBits, exchangeHalves] : [exchangeWords]), exchangeSlots, text],
    },
    buffers,
    grid: [x, y, 1],
  });
}

/** numbers → sent, the parts of the other ranks first. */
export const packBucket = (gpu: Gpu, shape: BucketShape, numbers: GpuBuffer, sent: GpuBuffer): void =>
  launch(gpu, 'pack', exchangePack, shape, partOf(shape) * shape.ranks, [sent, numbers]);

/** The mean of this rank's part: what was received and the last part of `sent`, in the order of the ranks. */
export const averagePart = (
  gpu: Gpu,
  shape: BucketShape,
  received: GpuBuffer,
  sent: GpuBuffer,
  mean: GpuBuffer,
): void => launch(gpu, 'mean', exchangeMean, shape, partOf(shape), [mean, received, sent]);

/** The means of all parts → numbers. */
export const unpackBucket = (
  gpu: Gpu,
  shape: BucketShape,
  others: GpuBuffer,
  mean: GpuBuffer,
  numbers: GpuBuffer,
): void => launch(gpu, 'unpack', exchangeUnpack, shape, shape.bytes / VECTOR, [numbers, others, mean]);

/** numbers → sent, whole and in their order. */
export const packWhole = (gpu: Gpu, shape: BucketShape, numbers: GpuBuffer, sent: GpuBuffer): void =>
  packBucket(gpu, { ...shape, rank: 0, ranks: 1 }, numbers, sent);

/** The means of the buckets of all ranks → numbers. */
export const averageGathered = (
  gpu: Gpu,
  shape: BucketShape,
  received: GpuBuffer,
  sent: GpuBuffer,
  numbers: GpuBuffer,
): void => launch(gpu, 'gathered', exchangeGathered, shape, shape.bytes / VECTOR, [numbers, received, sent]);
