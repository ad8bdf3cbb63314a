/** @file How a norm's sums over rows are shared out: the variants of the family. */
import { type Constant, choose, type Gpu, type KernelChoice, type Variant, VisageError } from '@visage/gpu';
import { normBlocks, normRows, normTotalSubgroup, normTotalWorkgroup } from '@visage/kernels';
import { SOFTWARE_SUBGROUP, softwareSubgroups } from '../subgroups.ts';

const FEW_ROWS = 4096; // that one workgroup reads three times in less than the 10 µs which two more launches cost
const FILL_GPU = 1056; // workgroups: eight for each of 132 processors
const MOST_HELD = 8; // values of an invocation: with two images and conversion to f32 they take 64 registers
const MOST_APART = 2048; // rows that a workgroup holds of one channel group where several could lie side by side
const ENOUGH = 128; // workgroups: almost one for each of 132 processors
const ROWS_PER_LANE = 4; // at least, so that the tree behind them is worth its barriers
const WORKGROUP_TURNS = 32; // of loads one after the other, some 10 µs
const SUBGROUP_TURNS = 4096; // of eight vectors on a processor, less than the 60 µs of a launch
const SHORT = 32; // rows that are not worth sharing
const SERIAL = 512; // rows that an invocation adds alone

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

/** What a variant makes of a problem. */
export interface NormPlan {
  /** One launch does it all; a workgroup owns whole planes. */
  readonly resident: boolean;
  /** Values of a plane that each invocation keeps in registers; without it a resident kernel reads them again. */
  readonly held?: number;
  readonly sharing: Sharing;
  /** Pieces that the rows of a sums kernel fall into. */
  readonly chunks: number;
}

export interface NormVariant extends Variant<NormProblem> {
  plan(problem: NormProblem, gpu: Gpu): NormPlan;
}

/** Neighbouring channel groups of a workgroup: 64 bytes of a row where the channels allow it. */
const blockOf = (p: NormProblem): number => [4, 2].find((n) => groupsOf(p) % n === 0) ?? 1;

function byWorkgroup(p: NormProblem, threads: number, block = blockOf(p)): Sharing {
  const lanes = threads / block;
  return {
    parts: [normTotalWorkgroup, normBlocks],
    constants: { WG: threads, LANES: lanes, BLOCK: block },
    enables: [],
    lanes,
    groupsPerWorkgroup: block,
  };
}

function refusal(gpu: Gpu): string | undefined {
  const { limits } = gpu.device;
  if (gpu.adapter.software) return 'workgroup memory is slow on a software adapter';
  if (limits.maxComputeInvocationsPerWorkgroup < 256) return 'needs 256 invocations per workgroup';
  return undefined;
}

/** Threads and channel groups of workgroups that hold whole planes in registers: many groups for long runs of memory, few where that left processors idle. */
function heldSharing(p: NormProblem, gpu: Gpu): Sharing | undefined {
  const { maxComputeInvocationsPerWorkgroup: most, maxComputeWorkgroupStorageSize: bytes } = gpu.device.limits;
  const large = most >= 512 && bytes >= 512 * 32;
  const fitting = [4, 2, 1]
    .filter((block) => groupsOf(p) % block === 0)
    .map((block) => byWorkgroup(p, large && p.rows * block >= 1024 ? 512 : 256, block))
    .filter(({ lanes }) => p.rows <= MOST_HELD * lanes);
  return fitting.find((sharing) => (p.outer * groupsOf(p)) / sharing.groupsPerWorkgroup >= ENOUGH) ?? fitting.at(-1);
}

/**
 * Would workgroups hold long planes of one channel group each, although workgroups of several, which read the planes again, occupy the processors too? Of f16
 * they read 8 bytes of each row, and neighbouring invocations lie whole rows apart. Judged by these bytes, not measured.
 */
const holdsApart = (p: NormProblem, { groupsPerWorkgroup }: Sharing): boolean =>
  p.rows > MOST_APART && groupsPerWorkgroup < blockOf(p) && (p.outer * groupsOf(p)) / blockOf(p) >= ENOUGH;

const unfitting = ({ rows }: NormProblem): string => `${rows} rows do not fit into a workgroup's registers`;

const held: NormVariant = {
  name: 'held',
  admits(p, gpu) {
    const refused = refusal(gpu);
    if (refused !== undefined) return refused;
    const sharing = heldSharing(p, gpu);
    if (!sharing) return unfitting(p);
    return !holdsApart(p, sharing) || `${p.rows} rows would be held one channel group at a time`;
  },
  plan(p, gpu) {
    const sharing = heldSharing(p, gpu);
    if (!sharing) {
      const problem = `a norm of ${p.outer} x ${p.rows} x ${p.channels} (outer, rows, channels)`;
      throw new VisageError(`held cannot compute ${problem}: ${unfitting(p)}`); // withVariant asks nobody
    }
    return { resident: true, held: Math.ceil(p.rows / sharing.lanes), sharing, chunks: 1 };
  },
};

const resident: NormVariant = {
  name: 'resident',
  admits: ({ rows }, gpu) =>
    refusal(gpu) ?? (rows <= FEW_ROWS || `${rows} rows are too many for one workgroup to read again`),
  plan(p, gpu) {
    const { maxComputeInvocationsPerWorkgroup: most, maxComputeWorkgroupStorageSize: bytes } = gpu.device.limits;
    const threads = p.rows >= 512 && most >= 512 && bytes >= 512 * 32 ? 512 : 256;
    return { resident: true, sharing: byWorkgroup(p, threads), chunks: 1 };
  },
};

/** Nothing is shared through memory: eight rows at a time, added by subgroup operations. */
const subgroup: NormVariant = {
  name: 'resident in a subgroup',
  admits: (_, gpu) => softwareSubgroups(gpu),
  plan: () => ({
    resident: true,
    chunks: 1,
    sharing: {
      parts: [normTotalSubgroup, normBlocks],
      constants: { WG: SOFTWARE_SUBGROUP, LANES: SOFTWARE_SUBGROUP, BLOCK: 1 },
      enables: ['subgroups'],
      lanes: SOFTWARE_SUBGROUP,
      groupsPerWorkgroup: 1,
    },
  }),
};

/** For kernels in which a workgroup owns a row: the parts that sum over it. */
export function sharedRow(gpu: Gpu): Pick<Sharing, 'parts' | 'constants' | 'enables'> {
  const threads = softwareSubgroups(gpu) === true ? SOFTWARE_SUBGROUP : 64;
  return {
    parts: [threads === SOFTWARE_SUBGROUP ? normTotalSubgroup : normTotalWorkgroup],
    constants: { WG: threads, LANES: threads, BLOCK: 1 },
    enables: threads === SOFTWARE_SUBGROUP ? ['subgroups'] : [],
  };
}

const chunked: NormVariant = {
  name: 'chunks by workgroup',
  admits: (_, gpu) => refusal(gpu) ?? true,
  plan(p) {
    const sharing = byWorkgroup(p, 256);
    const wanted = Math.ceil(FILL_GPU / ((p.outer * groupsOf(p)) / sharing.groupsPerWorkgroup));
    const most = Math.max(1, Math.floor(p.rows / (sharing.lanes * ROWS_PER_LANE)));
    return { resident: false, sharing, chunks: Math.min(wanted, most) };
  },
};

const serial: NormVariant = {
  name: 'chunks',
  admits: () => true,
  // √rows balances the length of the two serial sums.
  plan: ({ rows }) => ({ resident: false, sharing: ALONE, chunks: Math.ceil(Math.sqrt(rows)) }),
};

/** Every way to share out a norm, most preferred first. */
export const NORM_VARIANTS: readonly NormVariant[] = [held, resident, subgroup, chunked, serial];

/** The same for sums whose rows one workgroup, or subgroup, reads in about the time of a launch: no chunks to merge. */
const short = (variant: NormVariant, turns: number): NormVariant => ({
  name: `${variant.name}, whole`,
  admits(p, gpu) {
    const answer = variant.admits(p, gpu);
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
export const SUMS_VARIANTS: readonly NormVariant[] = [
  perInvocation,
  short(chunked, WORKGROUP_TURNS),
  chunkedSubgroups,
  chunked,
  fewSerial,
];

/** For sums beside a pass over all elements, which wants every processor. */
export const PASS_VARIANTS: readonly NormVariant[] = [chunked, serial];

/** The plan of the variant that takes a problem, with the choice for whoever wants to know. */
export function planRows(family: string, variants: readonly NormVariant[], p: NormProblem, gpu: Gpu): NormPlan {
  const choice = choose(family, variants, p, gpu);
  const plan = choice.variant.plan(p, gpu);
  return { ...plan, sharing: { ...plan.sharing, choice } };
}
