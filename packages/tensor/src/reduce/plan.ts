/** @file How a norm's sums over rows are shared out: the variants of the family. */
import { Family, type Gpu, type Variant, VisageError } from '@visage/gpu';
import { nearlyAll } from '../core/processors.ts';
import { madeForSoftware, SOFTWARE_SUBGROUP, subgroupsOfEight } from '../core/subgroups.ts';
import { ALONE, byWorkgroup, fitsDevice, groupsOf, type NormProblem, type Sharing, SUBGROUP } from './threads.ts';

const FEW_ROWS = 4096; // that one workgroup reads three times in less than the 10 µs which two more launches cost
const PER_PROCESSOR = 8; // workgroups
const MOST_HELD = 14; // rows of an invocation: of two f16 images 56 registers
const LARGEST = 512; // invocations of a workgroup that owns planes; held.wgsl says what larger ones cost
const ALIKE = 32; // invocations are a multiple of it: whole subgroups
const ROWS_PER_LANE = 4; // at least, so that the sum over the workgroup is worth its barriers
const WORKGROUP_TURNS = 32; // of loads one after the other, some 10 µs
const SUBGROUP_TURNS = 4096; // of eight vectors on a processor, less than the 60 µs of a launch
const SHORT = 32; // rows that are not worth sharing
const SERIAL = 512; // rows that an invocation adds alone
const MERGE_TURNS = 4; // of chunks, before fewer channel groups share the workgroup that merges them

/** What a variant makes of a problem. */
export interface NormPlan {
  /** One launch does it all; a workgroup owns whole planes. */
  readonly resident: boolean;
  /** Rows of a plane that each invocation keeps in registers, and how many of them are there for all; without it a resident kernel reads them again. */
  readonly held?: { readonly HELD: number; readonly WHOLE: number };
  readonly sharing: Sharing;
  /** Pieces that the rows of a sums kernel fall into. */
  readonly chunks: number;
  /** Who merges them; as `sharing` by default. */
  readonly merging?: Sharing;
}

export interface NormVariant extends Variant<NormProblem> {
  plan(problem: NormProblem, gpu: Gpu): NormPlan;
}

export type NormFamily = Family<NormProblem, NormVariant>;

const describeNorm = ({ outer, rows, channels }: NormProblem): string =>
  `rows of ${outer} x ${rows} x ${channels} (outer, rows, channels)`;

/** Neighbouring channel groups of a workgroup: the most that the channels allow of `most`, 4 or 16. */
const blockOf = (p: NormProblem, most: 4 | 16): number =>
  [16, 8, 4, 2].find((n) => n <= most && groupsOf(p) % n === 0) ?? 1;

const large = ({ device }: Gpu): true | string =>
  device.limits.maxComputeInvocationsPerWorkgroup >= 256 || 'needs 256 invocations per workgroup';

const fastWorkgroupMemory = ({ adapter }: Gpu): true | string =>
  !adapter.software || 'workgroup memory is slow on a software adapter';

/**
 * Workgroups that hold whole planes of `block` channel groups in registers: as few rows for an invocation as the largest workgroup allows, for invocations that wait
 * for memory are what hides its latency.
 */
function holding({ rows }: NormProblem, block: number, gpu: Gpu): { threads: number; block: number } | undefined {
  const sizes = [2, 4, 7, MOST_HELD].map((held) => ({
    threads: ALIKE * Math.ceil((Math.ceil(rows / held) * block) / ALIKE),
    block,
  }));
  return sizes.find((each) => each.threads <= LARGEST && fitsDevice(each, gpu));
}

/**
 * The workgroups that hold planes. Of many channel groups for long runs of memory, of fewer where that left processors idle, but not of one where two could lie side by
 * side: of f16 such a workgroup reads 8 bytes of each row.
 *
 * H200, µs by channel groups 8, 4, 2, 1. 28x28x512, 16 images of f16, gradient: 13.5, 19.0. 4 images, forward: 4.7, 4.7, 6.6. Batch norm of 3136x512, with 2 and 1: forward
 * 8.2, 10.9; gradient 10.9, 13.1.
 */
function heldWorkgroup(p: NormProblem, gpu: Gpu): { threads: number; block: number } | undefined {
  const blocks = groupsOf(p) % 2 === 0 ? [16, 8, 4, 2].filter((block) => groupsOf(p) % block === 0) : [1];
  const fitting = blocks.map((block) => holding(p, block, gpu)).filter((each) => each !== undefined);
  return fitting.find(({ block }) => (p.outer * groupsOf(p)) / block >= nearlyAll(gpu)) ?? fitting.at(-1);
}

const held: NormVariant = {
  name: 'held',
  supports(p, gpu) {
    const enough = large(gpu);
    if (enough !== true) return enough;
    return heldWorkgroup(p, gpu) !== undefined || `${p.rows} rows do not fit into a workgroup's registers`;
  },
  admits: (_, gpu) => fastWorkgroupMemory(gpu),
  plan(p, gpu) {
    const workgroup = heldWorkgroup(p, gpu);
    if (!workgroup) throw new VisageError(`held: no workgroup holds ${describeNorm(p)}, as its supports() says`);
    const sharing = byWorkgroup(workgroup, gpu);
    const turns = p.rows / sharing.lanes;
    return { resident: true, held: { HELD: Math.ceil(turns), WHOLE: Math.floor(turns) }, sharing, chunks: 1 };
  },
};

const resident: NormVariant = {
  name: 'resident',
  supports: (_, gpu) => large(gpu),
  admits({ rows }, gpu) {
    const fast = fastWorkgroupMemory(gpu);
    if (fast !== true) return fast;
    return rows <= FEW_ROWS || `${rows} rows are too many for one workgroup to read again`;
  },
  plan(p, gpu) {
    const block = blockOf(p, 4);
    const threads = p.rows >= 512 && fitsDevice({ threads: LARGEST, block }, gpu) ? LARGEST : 256;
    return { resident: true, sharing: byWorkgroup({ threads, block }, gpu), chunks: 1 };
  },
};

/** Nothing is shared through memory: eight rows at a time, added by subgroup operations. */
const subgroup: NormVariant = {
  name: 'resident in a subgroup',
  supports: (_, gpu) => subgroupsOfEight(gpu),
  admits: (_, gpu) => madeForSoftware(gpu),
  plan: () => ({ resident: true, sharing: SUBGROUP, chunks: 1 }),
};

/** Pieces that the rows fall into, enough for all processors. */
function piecesOf(p: NormProblem, { lanes, groupsPerWorkgroup }: Sharing, { profile }: Gpu): number {
  const workgroups = PER_PROCESSOR * profile.processors;
  const wanted = Math.max(1, Math.floor(workgroups / ((p.outer * groupsOf(p)) / groupsPerWorkgroup)));
  const most = Math.max(1, Math.floor(p.rows / (lanes * ROWS_PER_LANE)));
  return Math.min(wanted, most);
}

/** Workgroups of up to `most` neighbouring channel groups: many for long runs of memory, few where the pieces are merged by kernels that want few. */
const chunkedBy = (most: 4 | 16): NormVariant => ({
  name: 'chunks by workgroup',
  supports: (_, gpu) => large(gpu),
  admits: (_, gpu) => fastWorkgroupMemory(gpu),
  plan(p, gpu) {
    const sharing = byWorkgroup({ threads: 256, block: blockOf(p, most) }, gpu);
    const chunks = piecesOf(p, sharing, gpu);
    return { resident: false, sharing, chunks, merging: mergingOf(p, chunks, gpu) };
  },
});

/** Workgroups of four channel groups that merge chunks; of fewer, with more invocations for each, where chunks are many. H200, 528 chunks: 4.0 µs by four groups, 3.6 by one. */
function mergingOf(p: NormProblem, chunks: number, gpu: Gpu): Sharing {
  const blocks = [4, 2, 1].filter((block) => groupsOf(p) % block === 0);
  const block = blocks.find((each) => chunks <= (MERGE_TURNS * 256) / each) ?? 1;
  return byWorkgroup({ threads: 256, block }, gpu);
}

/** 94 to 104 % of the copy's speed, gradients 79 to 107 %, where blocks of four reach 53 to 85 % (H200, f16 and f32, 12544 to 802816 rows). */
const chunked = chunkedBy(16);
const narrow = chunkedBy(4);

const serial: NormVariant = {
  name: 'chunks',
  // √rows balances the length of the two serial sums.
  plan: ({ rows }) => ({ resident: false, sharing: ALONE, chunks: Math.ceil(Math.sqrt(rows)) }),
};

const familyOf = (name: string, variants: readonly NormVariant[]): NormFamily =>
  new Family({ name, variants, describe: describeNorm });

/** Every way to share out a norm. */
export const normFamily = familyOf('norm', [held, resident, subgroup, chunked, serial]);

/** The same for sums whose rows one workgroup, or subgroup, reads in about the time of a launch: no chunks to merge. */
const short = (variant: NormVariant, turns: number): NormVariant => ({
  ...variant,
  name: `${variant.name}, whole`,
  admits(p, gpu) {
    const answer = variant.admits?.(p, gpu) ?? true;
    if (answer !== true) return answer;
    const { lanes } = variant.plan(p, gpu).sharing;
    return p.rows <= turns * lanes || `more than ${turns} turns of ${lanes} rows`;
  },
  plan: (p, gpu) => ({ ...variant.plan(p, gpu), chunks: 1 }),
});

const chunkedSubgroups: NormVariant = {
  ...subgroup,
  name: 'chunks by subgroup',
  plan: (p, gpu) => ({ ...subgroup.plan(p, gpu), chunks: Math.ceil(p.rows / (SOFTWARE_SUBGROUP * SUBGROUP_TURNS)) }),
};

const fewSerial: NormVariant = {
  ...serial,
  plan: (p, gpu) => ({ ...serial.plan(p, gpu), chunks: Math.ceil(p.rows / SERIAL) }),
};

const perInvocation: NormVariant = {
  name: 'an invocation per sum',
  admits: ({ rows }) => rows <= SHORT || `${rows} rows, more than ${SHORT}`,
  plan: () => ({ resident: false, sharing: ALONE, chunks: 1 }),
};

/** For sums over rows that nothing is done with in the same launch. */
export const sumsFamily = familyOf('sums', [
  perInvocation,
  short(narrow, WORKGROUP_TURNS),
  chunkedSubgroups,
  narrow,
  fewSerial,
]);

/** For the sums of squeeze and excitation's gradient, beside a pass over all elements, which wants every processor. */
export const squeezeSumsFamily = familyOf('squeeze sums', [narrow, serial]);

/** The plan of the variant that takes a problem, with the choice for whoever wants to know. */
export function planRows(family: NormFamily, p: NormProblem, gpu: Gpu): NormPlan {
  const choice = family.choose(gpu, p);
  const plan = choice.variant.plan(p, gpu);
  return { ...plan, sharing: { ...plan.sharing, choice } };
}
