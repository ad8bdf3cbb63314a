/** @file How a norm's sums over rows are shared among threads: the variants of the family. */
import { Family, type Gpu, type Variant, VisageError } from '@visage/gpu';
import { nearlyAll } from '../core/passes.ts';
import { madeForSoftware, SOFTWARE_SUBGROUP, subgroupsOfEight } from '../core/subgroups.ts';
import {
  ALONE,
  byWorkgroup,
  fitsDevice,
  groupsOf,
  type NormProblem,
  type Sharing,
  SUBGROUP,
  type Workgroup,
} from './threads.ts';

// Planes that one workgroup owns.
/**
 * Rows of a plane that one workgroup reads three times in less than 10 µs, the time of the two launches that it saves.
 */
const FEW_ROWS = 4096;
/** Rows that a thread keeps in registers at most: of an image and a gradient in f16 they take 56 registers. */
const MOST_REGISTER_ROWS = 14;
/** Threads of the largest workgroup that owns planes; registers.wgsl tells what larger ones cost. */
const LARGEST = 512;
/** The size of those workgroups is a multiple of this, so that they are whole subgroups. */
const SUBGROUP_MULTIPLE = 32;

// Planes whose rows fall into chunks.
/** Workgroups for each processor. */
const PER_PROCESSOR = 8;
/** Rows of a chunk for each thread, at least: fewer are not worth the barriers of the sum over the workgroup. */
const LEAST_ROWS_PER_THREAD = 4;
/** Chunks that a thread merges, at most, before fewer channel groups share the workgroup that merges. */
const MERGED_PER_THREAD = 4;

// Plain sums, whose variants may need no chunks.
/** Rows up to which one thread adds a whole sum. */
const SHORT = 32;
/** Rows that a thread adds where threads work alone. */
const SERIAL = 512;
/** Rows that a thread of a workgroup loads one after the other in some 10 µs, the time of a launch. */
const WORKGROUP_LOADS = 32;
/** Loads of a subgroup on a processor of a CPU, eight vectors each, that take less than the 60 µs of a launch. */
const SUBGROUP_LOADS = 4096;

/** How a variant computes a problem. */
export interface NormPlan {
  /** One launch computes statistics and result, or sums and gradient; each workgroup owns whole planes. */
  readonly oneLaunch: boolean;
  /**
   * How many rows of its plane a thread keeps in registers, and how many of them every thread has. Without it, a kernel
   * of one launch reads the plane again for each of its steps.
   */
  readonly registers?: { readonly REGISTER_ROWS: number; readonly FULL_ROWS: number };
  readonly sharing: Sharing;
  /** Chunks that the rows of a plane fall into. */
  readonly chunks: number;
  /** How threads share the merging of the chunks; as `sharing` by default. */
  readonly merging?: Sharing;
}

export interface NormVariant extends Variant<NormProblem> {
  plan(problem: NormProblem, gpu: Gpu): NormPlan;
}

export type NormFamily = Family<NormProblem, NormVariant>;

const describeNorm = ({ outer, rows, channels }: NormProblem): string =>
  `rows of ${outer} x ${rows} x ${channels} (outer, rows, channels)`;

/** How many neighbouring channel groups a workgroup computes: up to `most`, and a divisor of all. */
const blockOf = (p: NormProblem, most: 4 | 16): number =>
  [16, 8, 4, 2].find((n) => n <= most && groupsOf(p) % n === 0) ?? 1;

const large = ({ device }: Gpu): true | string =>
  device.limits.maxComputeInvocationsPerWorkgroup >= 256 || 'needs 256 threads per workgroup';

const fastWorkgroupMemory = ({ adapter }: Gpu): true | string =>
  !adapter.software || 'workgroup memory is slow on a software adapter';

/**
 * The workgroup that keeps whole planes of `block` channel groups in registers, if there is one.
 *
 * It has as many threads as the device allows, so that each has few rows: threads that wait for memory hide its
 * latency.
 */
function registerWorkgroup({ rows }: NormProblem, block: number, gpu: Gpu): Workgroup | undefined {
  const sizes = [2, 4, 7, MOST_REGISTER_ROWS].map((perThread) => ({
    threads: SUBGROUP_MULTIPLE * Math.ceil((Math.ceil(rows / perThread) * block) / SUBGROUP_MULTIPLE),
    block,
  }));
  return sizes.find((each) => each.threads <= LARGEST && fitsDevice(each, gpu));
}

/**
 * The best of those workgroups over all numbers of channel groups.
 *
 * Many channel groups make long runs of memory, so the largest number is taken that leaves no processor idle. One group
 * alone is taken only where their number is odd: in f16 such a workgroup reads 8 bytes of each row.
 *
 * H200, µs for 8, 4, 2 and 1 channel groups. 28x28x512, 16 images of f16, gradient: 13.5, 19.0. 4 images, forward: 4.7,
 * 4.7, 6.6. Batch norm of 3136x512, with 2 and 1: forward 8.2, 10.9; gradient 10.9, 13.1.
 */
function bestRegisterWorkgroup(p: NormProblem, gpu: Gpu): Workgroup | undefined {
  const blocks = groupsOf(p) % 2 === 0 ? [16, 8, 4, 2].filter((block) => groupsOf(p) % block === 0) : [1];
  const fitting = blocks.map((block) => registerWorkgroup(p, block, gpu)).filter((each) => each !== undefined);
  return fitting.find(({ block }) => (p.outer * groupsOf(p)) / block >= nearlyAll(gpu)) ?? fitting.at(-1);
}

const inRegisters: NormVariant = {
  name: 'in registers',
  supports(p, gpu) {
    const enough = large(gpu);
    if (enough !== true) return enough;
    return bestRegisterWorkgroup(p, gpu) !== undefined || `${p.rows} rows do not fit into a workgroup's registers`;
  },
  admits: (_, gpu) => fastWorkgroupMemory(gpu),
  plan(p, gpu) {
    const workgroup = bestRegisterWorkgroup(p, gpu);
    if (!workgroup)
      throw new VisageError(`norm: no workgroup keeps ${describeNorm(p)} in registers, as its supports() says`);
    const sharing = byWorkgroup(workgroup, gpu);
    const rows = p.rows / sharing.rowsPerWorkgroup;
    const registers = { REGISTER_ROWS: Math.ceil(rows), FULL_ROWS: Math.floor(rows) };
    return { oneLaunch: true, registers, sharing, chunks: 1 };
  },
};

const cached: NormVariant = {
  name: 'cached',
  supports: (_, gpu) => large(gpu),
  admits({ rows }, gpu) {
    const fast = fastWorkgroupMemory(gpu);
    if (fast !== true) return fast;
    return rows <= FEW_ROWS || `${rows} rows are too many for one workgroup to read again`;
  },
  plan(p, gpu) {
    const block = blockOf(p, 4);
    const threads = p.rows >= 512 && fitsDevice({ threads: LARGEST, block }, gpu) ? LARGEST : 256;
    return { oneLaunch: true, sharing: byWorkgroup({ threads, block }, gpu), chunks: 1 };
  },
};

/**
 * A workgroup is one subgroup: it reads eight rows at a time and adds them by subgroup operations, without workgroup
 * memory.
 */
const subgroup: NormVariant = {
  name: 'cached, by subgroup',
  supports: (_, gpu) => subgroupsOfEight(gpu),
  admits: (_, gpu) => madeForSoftware(gpu),
  plan: () => ({ oneLaunch: true, sharing: SUBGROUP, chunks: 1 }),
};

/** Chunks that the rows fall into, enough for all processors. */
function chunksOf(p: NormProblem, { rowsPerWorkgroup, groupsPerWorkgroup }: Sharing, { hardware }: Gpu): number {
  const workgroups = PER_PROCESSOR * hardware.processors;
  const wanted = Math.max(1, Math.floor(workgroups / ((p.outer * groupsOf(p)) / groupsPerWorkgroup)));
  const most = Math.max(1, Math.floor(p.rows / (rowsPerWorkgroup * LEAST_ROWS_PER_THREAD)));
  return Math.min(wanted, most);
}

/**
 * Workgroups of up to `most` neighbouring channel groups: many make long runs of memory; few are better where the
 * kernels that merge the chunks want few.
 */
const chunkedBy = (most: 4 | 16): NormVariant => ({
  name: 'chunks by workgroup',
  supports: (_, gpu) => large(gpu),
  admits: (_, gpu) => fastWorkgroupMemory(gpu),
  plan(p, gpu) {
    const sharing = byWorkgroup({ threads: 256, block: blockOf(p, most) }, gpu);
    const chunks = chunksOf(p, sharing, gpu);
    return { oneLaunch: false, sharing, chunks, merging: mergingOf(p, chunks, gpu) };
  },
});

/**
 * The workgroups that merge chunks. They have four channel groups, or fewer where chunks are many, so that each group
 * has more threads. H200, 528 chunks: 4.0 µs by four groups, 3.6 by one.
 */
function mergingOf(p: NormProblem, chunks: number, gpu: Gpu): Sharing {
  const blocks = [4, 2, 1].filter((block) => groupsOf(p) % block === 0);
  const block = blocks.find((each) => chunks <= (MERGED_PER_THREAD * 256) / each) ?? 1;
  return byWorkgroup({ threads: 256, block }, gpu);
}

/**
 * Up to 16 channel groups reach 94 to 104 % of the speed of a copy, gradients 79 to 107 %; up to four reach 53 to 85 %
 * (H200, f16 and f32, 12544 to 802816 rows).
 */
const chunked = chunkedBy(16);
const narrowChunked = chunkedBy(4);

const serial: NormVariant = {
  name: 'chunks',
  // √rows balances the length of the two serial sums.
  plan: ({ rows }) => ({ oneLaunch: false, sharing: ALONE, chunks: Math.ceil(Math.sqrt(rows)) }),
};

const familyOf = (name: string, variants: readonly NormVariant[]): NormFamily =>
  new Family({ name, variants, describe: describeNorm });

/** Every way to compute a norm. */
export const normFamily = familyOf('norm', [inRegisters, cached, subgroup, chunked, serial]);

/** A variant without chunks, for sums whose rows a workgroup or a subgroup reads in about the time of a launch. */
const unchunked = (variant: NormVariant, loads: number): NormVariant => ({
  ...variant,
  name: `${variant.name}, whole`,
  admits(p, gpu) {
    const answer = variant.admits?.(p, gpu) ?? true;
    if (answer !== true) return answer;
    const { rowsPerWorkgroup } = variant.plan(p, gpu).sharing;
    return p.rows <= loads * rowsPerWorkgroup || `more than ${loads} times ${rowsPerWorkgroup} rows`;
  },
  plan: (p, gpu) => ({ ...variant.plan(p, gpu), chunks: 1 }),
});

const chunkedSubgroups: NormVariant = {
  ...subgroup,
  name: 'chunks by subgroup',
  plan: (p, gpu) => ({ ...subgroup.plan(p, gpu), chunks: Math.ceil(p.rows / (SOFTWARE_SUBGROUP * SUBGROUP_LOADS)) }),
};

const fewSerial: NormVariant = {
  ...serial,
  plan: (p, gpu) => ({ ...serial.plan(p, gpu), chunks: Math.ceil(p.rows / SERIAL) }),
};

const perThread: NormVariant = {
  name: 'a thread per sum',
  admits: ({ rows }) => rows <= SHORT || `${rows} rows, more than ${SHORT}`,
  plan: () => ({ oneLaunch: false, sharing: ALONE, chunks: 1 }),
};

/** Every way to compute plain sums over rows. */
export const sumsFamily = familyOf('sums', [
  perThread,
  unchunked(narrowChunked, WORKGROUP_LOADS),
  chunkedSubgroups,
  narrowChunked,
  fewSerial,
]);

/**
 * Ways to compute the sums of squeeze and excitation's gradient, whose launch also makes a pass over all elements and
 * so wants every processor.
 */
export const squeezeSumsFamily = familyOf('squeeze sums', [narrowChunked, serial]);

/** The plan of the variant that takes a problem; its `sharing` carries the choice, which reports show. */
export function planRows(family: NormFamily, p: NormProblem, gpu: Gpu): NormPlan {
  const choice = family.choose(gpu, p);
  const plan = choice.variant.plan(p, gpu);
  return { ...plan, sharing: { ...plan.sharing, choice } };
}
