/** @file How threads share a sum over rows: which rows and channels each one reads, and how a workgroup adds up. */
import { type Constant, Family, type Gpu, type KernelChoice, type Variant } from '@visage/gpu';
import { normBlocks, normRows, normTotalShuffled, normTotalSubgroup, normTotalWorkgroup } from '@visage/kernels';
import { WORKGROUP } from '../core/passes.ts';
import { fixedSubgroup, hasSoftwareSubgroups, SOFTWARE_SUBGROUP } from '../core/subgroups.ts';

const PIECES = 8; // of totalWorkgroup.wgsl
const SUMS_BYTES = 32; // two sums of four channels

/** A norm, or a sum, over the middle axis of x seen as [outer, rows, channels]. */
export interface NormProblem {
  readonly outer: number;
  readonly rows: number;
  readonly channels: number;
  readonly eps: number;
}

/** Channels that a thread reads as one vector. */
export const vectorWidthOf = ({ channels }: Pick<NormProblem, 'channels'>): 1 | 4 => (channels % 4 === 0 ? 4 : 1);

/** Channel groups of a row: vectors of four channels, or channels where their number does not divide by 4. */
export const groupsOf = (p: Pick<NormProblem, 'channels'>): number => p.channels / vectorWidthOf(p);

/** The rows and channel groups that a workgroup reads at a time, and the kernel parts that know them. */
export interface Sharing {
  readonly parts: readonly string[];
  readonly constants: Readonly<Record<string, Constant>>;
  readonly enables: readonly string[];
  /**
   * Rows that a workgroup reads at a time, one for each thread of a channel group; 1 if every thread has sums of its
   * own.
   */
  readonly rowsPerWorkgroup: number;
  /** Channel groups that a workgroup computes. */
  readonly groupsPerWorkgroup: number;
  /** Why the threads share it like this. */
  readonly choice?: KernelChoice;
}

/** Every thread has sums of its own. */
export const ALONE: Sharing = {
  parts: [normRows],
  constants: { WG: WORKGROUP },
  enables: [],
  rowsPerWorkgroup: 1,
  groupsPerWorkgroup: WORKGROUP,
};

/** A workgroup of eight threads that is one subgroup, for adapters that compute on the CPU. */
export const SUBGROUP: Sharing = {
  parts: [normTotalSubgroup, normBlocks],
  constants: { WG: SOFTWARE_SUBGROUP, WORKGROUP_ROWS: SOFTWARE_SUBGROUP, BLOCK: 1 },
  enables: ['subgroups'],
  rowsPerWorkgroup: SOFTWARE_SUBGROUP,
  groupsPerWorkgroup: 1,
};

/** A workgroup of `threads`, over `block` channel groups: every `block`-th thread adds to the same sums. */
export interface Workgroup {
  readonly threads: number;
  readonly block: number;
}

/** A way to add up over a workgroup. */
interface TotalVariant extends Variant<Workgroup> {
  readonly part: string;
  readonly enables: readonly string[];
  constants(gpu: Gpu): Readonly<Record<string, number>>;
  /** Bytes of workgroup memory. */
  memory(workgroup: Workgroup, gpu: Gpu): number;
}

const shuffled: TotalVariant = {
  name: 'shuffled',
  part: normTotalShuffled,
  enables: ['subgroups'],
  supports({ threads }, gpu) {
    const size = fixedSubgroup(gpu);
    if (typeof size === 'string') return size;
    return threads % size === 0 || `${threads} threads are not whole subgroups of ${size}`;
  },
  constants: (gpu) => ({ SUBGROUP: gpu.device.adapterInfo.subgroupMinSize }),
  memory: ({ threads, block }, gpu) =>
    SUMS_BYTES * block * (threads / Math.max(gpu.device.adapterInfo.subgroupMinSize, block) + 1),
};

const columns: TotalVariant = {
  name: 'columns',
  part: normTotalWorkgroup,
  enables: [],
  constants: () => ({}),
  memory: ({ threads, block }) => SUMS_BYTES * (threads + block * PIECES),
};

/** Every way to add up over a workgroup. */
export const totalFamily = new Family<Workgroup, TotalVariant>({
  name: 'total',
  variants: [shuffled, columns],
  describe: ({ threads, block }) => `a sum over ${threads} threads, for ${block} channel groups`,
});

const totalOf = (workgroup: Workgroup, gpu: Gpu): TotalVariant => totalFamily.choose(gpu, workgroup).variant;

/** Whether the device has workgroups like this, and memory for their sums. */
export function fitsDevice(workgroup: Workgroup, gpu: Gpu): boolean {
  const { maxComputeInvocationsPerWorkgroup: most, maxComputeWorkgroupStorageSize: bytes } = gpu.device.limits;
  return workgroup.threads <= most && totalOf(workgroup, gpu).memory(workgroup, gpu) <= bytes;
}

/** Workgroups of `threads` / `block` rows times `block` channel groups. */
export function byWorkgroup(workgroup: Workgroup, gpu: Gpu): Sharing {
  const { threads, block } = workgroup;
  const total = totalOf(workgroup, gpu);
  const rowsPerWorkgroup = threads / block;
  return {
    parts: [total.part, normBlocks],
    constants: { WG: threads, WORKGROUP_ROWS: rowsPerWorkgroup, BLOCK: block, ...total.constants(gpu) },
    enables: total.enables,
    rowsPerWorkgroup,
    groupsPerWorkgroup: block,
  };
}

/** For kernels in which a workgroup owns one row of a matrix: the parts that add up over the workgroup. */
export function sharedRow(gpu: Gpu): Pick<Sharing, 'parts' | 'constants' | 'enables'> {
  const { parts, constants, enables } = hasSoftwareSubgroups(gpu)
    ? SUBGROUP
    : byWorkgroup({ threads: WORKGROUP, block: 1 }, gpu);
  return { parts: parts.filter((part) => part !== normBlocks), constants, enables };
}
