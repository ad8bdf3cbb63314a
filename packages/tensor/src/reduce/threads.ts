/** @file Who adds what where sums over rows are shared out: invocations of a workgroup, and how these add up. */
import { type Constant, Family, type Gpu, type KernelChoice, type Variant } from '@visage/gpu';
import { normBlocks, normRows, normTotalShuffled, normTotalSubgroup, normTotalWorkgroup } from '@visage/kernels';
import { fixedSubgroup, hasSoftwareSubgroups, SOFTWARE_SUBGROUP } from '../core/subgroups.ts';

const PIECES = 8; // of totalWorkgroup.wgsl
const SUMS_BYTES = 32; // two sums of four channels

/** A norm over the middle axis of x seen as [outer, rows, channels]. */
export interface NormProblem {
  readonly outer: number;
  readonly rows: number;
  readonly channels: number;
  readonly eps: number;
}

/** Channels in a register. */
export const widthOf = ({ channels }: Pick<NormProblem, 'channels'>): 1 | 4 => (channels % 4 === 0 ? 4 : 1);
export const groupsOf = (p: Pick<NormProblem, 'channels'>): number => p.channels / widthOf(p);

/** Who adds what: the invocations of a workgroup are `lanes` rows times `block` channel groups, or know nothing of each other. */
export interface Sharing {
  readonly parts: readonly string[];
  readonly constants: Readonly<Record<string, Constant>>;
  readonly enables: readonly string[];
  /** Rows that a workgroup reads at a time; 1 if invocations work alone. */
  readonly lanes: number;
  readonly groupsPerWorkgroup: number;
  /** Why they are shared out so. */
  readonly choice?: KernelChoice;
}

export const ALONE: Sharing = {
  parts: [normRows],
  constants: { WG: 64 },
  enables: [],
  lanes: 1,
  groupsPerWorkgroup: 64,
};

/** Eight invocations that are a subgroup, for adapters that compute on the CPU. */
export const SUBGROUP: Sharing = {
  parts: [normTotalSubgroup, normBlocks],
  constants: { WG: SOFTWARE_SUBGROUP, LANES: SOFTWARE_SUBGROUP, BLOCK: 1 },
  enables: ['subgroups'],
  lanes: SOFTWARE_SUBGROUP,
  groupsPerWorkgroup: 1,
};

/** The invocations of a workgroup, of which every `block`-th adds to the same sums. */
interface Workgroup {
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
    return threads % size === 0 || `${threads} invocations are not whole subgroups of ${size}`;
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
  describe: ({ threads, block }) => `a sum over ${threads} invocations, of which every ${block}th belongs together`,
});

const totalOf = (workgroup: Workgroup, gpu: Gpu): TotalVariant => totalFamily.choose(gpu, workgroup).variant;

/** Has the device workgroups like this, and memory for their sums? */
export function fitsDevice(workgroup: Workgroup, gpu: Gpu): boolean {
  const { maxComputeInvocationsPerWorkgroup: most, maxComputeWorkgroupStorageSize: bytes } = gpu.device.limits;
  return workgroup.threads <= most && totalOf(workgroup, gpu).memory(workgroup, gpu) <= bytes;
}

/** Workgroups of `threads` / `block` rows times `block` channel groups. */
export function byWorkgroup(workgroup: Workgroup, gpu: Gpu): Sharing {
  const { threads, block } = workgroup;
  const total = totalOf(workgroup, gpu);
  const lanes = threads / block;
  return {
    parts: [total.part, normBlocks],
    constants: { WG: threads, LANES: lanes, BLOCK: block, ...total.constants(gpu) },
    enables: total.enables,
    lanes,
    groupsPerWorkgroup: block,
  };
}

/** For kernels in which a workgroup owns a row: the parts that sum over it. */
export function sharedRow(gpu: Gpu): Pick<Sharing, 'parts' | 'constants' | 'enables'> {
  const { parts, constants, enables } = hasSoftwareSubgroups(gpu)
    ? SUBGROUP
    : byWorkgroup({ threads: 64, block: 1 }, gpu);
  return { parts: parts.filter((part) => part !== normBlocks), constants, enables };
}
