import type { Gpu } from '@visage/gpu';
import { gemmMatrix } from '@visage/kernels';
import { unroll } from '../core/unroll.ts';
import { type GemmVariant, LONGEST_SUM } from './plan.ts';
import type { GemmProblem } from './problem.ts';

/** A workgroup's tile and how it is shared out among subgroups. */
interface MatrixTile {
  readonly bm: number;
  readonly bn: number;
  readonly bk: number;
  /** Subgroups along m and n. */
  readonly warps: readonly [number, number];
  /** Workgroups that a processor holds at a time. */
  readonly resident: number;
  /** Microseconds of a step of one workgroup among so many that the processor never waits, by the way its operands lie. */
  readonly among: Times;
  /** The same of one that shares the processor with less than `resident` others. */
  readonly alone: Times;
}

/** A and B along k and n (a convolution), both along k (its input gradient), along m and n (its weight gradient). */
type Times = readonly [forward: number, inputGrad: number, weightGrad: number];

/** Invocations of a subgroup on the devices whose matrices these kernels use. */
export const MATRIX_SUBGROUP = 32;
const BANDWIDTH = 3e6; // bytes per microsecond at which partial sums are written, and read again
const LAUNCH = 4; // microseconds of one more launch
const BEGINNING = 4; // microseconds from a launch to its first product, and from the last one to its end
const COPIED = 1.5e6; // bytes per microsecond at which an operand is transposed, read and written
const MERGED = 0.06; // microseconds for each partial sum that a merge adds in series
const MOST_SPLITS = 256;
const SHORTEST_SPLIT = 128;

/**
 * The tiles, with times read on an H200 at 1980 MHz (2026-11-22; 3x3 convolutions at 28x28 with 512 channels, of 1, 4 and 16 images, and their gradients; `estimate`
 * is within 20 % of most). An operand that lies along k is dear: of 16 steps of k only 32 bytes lie together. A tuning memo knows better.
 */
const TILES: readonly MatrixTile[] = [
  tile(128, 128, 16, [2, 2], 2, [0.28, 0.335, 0.262]),
  tile(64, 256, 16, [1, 4], 2, [0.28, 0.5, 0.28]),
  tile(256, 64, 16, [4, 1], 2, [0.49, 0.5, 0.28]),
  tile(128, 64, 16, [2, 2], 4, [0.205, 0.24, 0.155], [0.66, 0.72, 0.4]),
  tile(64, 128, 16, [2, 2], 4, [0.172, 0.235, 0.225], [0.68, 0.93, 0.63]),
  tile(64, 64, 16, [2, 2], 8, [0.117, 0.15, 0.122], [0.35, 0.45, 0.35]),
  tile(128, 16, 32, [4, 1], 4, [0.27, 0.25, 0.305], [0.6, 0.6, 0.6]), // for three-channel images
];

function tile(
  bm: number,
  bn: number,
  bk: number,
  warps: readonly [number, number],
  resident: number,
  among: Times,
  alone: Times = [among[0] * resident, among[1] * resident, among[2] * resident],
): MatrixTile {
  return { bm, bn, bk, warps, resident, among, alone };
}

/** How a tile serves a problem best, and the microseconds that this is expected to take. */
interface Estimate {
  readonly splits: number;
  /** Reads a B that is stored across as it lies; else it is copied into rows first. */
  readonly readsAcross: boolean;
  readonly time: number;
}

/** The estimates of a problem for a GPU of so many processors. */
interface Estimates {
  readonly processors: number;
  readonly byTile: ReadonlyMap<MatrixTile, Estimate>;
}

const estimates = new WeakMap<GemmProblem, Estimates>();

/** Made once for all tiles of a problem: their order asks for it, then the plan of the first one, and whoever wants to know why not another. */
function estimateOf(tile: MatrixTile, problem: GemmProblem, { profile: { processors } }: Gpu): Estimate {
  let all = estimates.get(problem);
  if (all?.processors !== processors) {
    all = { processors, byTile: new Map(TILES.map((each) => [each, estimate(each, problem, processors)])) };
    estimates.set(problem, all);
  }
  return all.byTile.get(tile) as Estimate;
}

function estimate(tile: MatrixTile, problem: GemmProblem, processors: number): Estimate {
  const { k, n, across, aContiguousAlong } = problem;
  const laid = (layout: 0 | 1 | 2) => estimateFor(tile, problem, layout, processors);
  if (aContiguousAlong === 'm') return { ...laid(2), readsAcross: true };
  const rows = { ...laid(0), readsAcross: false };
  if (!across || across.inner % 8 !== 0) return rows; // halves that lie across would be gathered one by one
  const asItLies = { ...laid(1), readsAcross: true };
  const copy = LAUNCH + (4 * k * n * (problem.items ?? 1)) / COPIED;
  return rows.time + copy < asItLies.time ? rows : asItLies;
}

/** The number of splits that serves a problem best, and its time. */
function estimateFor(
  tile: MatrixTile,
  problem: GemmProblem,
  layout: 0 | 1 | 2,
  processors: number,
): Omit<Estimate, 'readsAcross'> {
  const { m, n, k, items = 1, unsplit = false } = problem;
  const { bm, bn, bk, resident } = tile;
  const [among, alone] = [tile.among[layout], tile.alone[layout]];
  const tiles = Math.ceil(m / bm) * Math.ceil(n / bn) * items;
  const steps = Math.ceil(k / bk);
  const fewest = unsplit ? 1 : Math.ceil(k / LONGEST_SUM);
  const most = unsplit ? 1 : Math.max(fewest, Math.min(MOST_SPLITS, Math.floor(k / SHORTEST_SPLIT)));
  let best = { splits: 1, time: Number.POSITIVE_INFINITY };
  for (let wanted = fewest; wanted <= most; wanted++) {
    const each = Math.ceil(steps / wanted);
    const splits = Math.ceil(steps / each); // none is empty
    const load = Math.ceil((tiles * splits) / processors); // workgroups of the busiest processor
    const products = each * Math.max(alone * Math.ceil(load / resident), among * load);
    const moved = (4 * m * n * items * (2 * splits + 0.5)) / BANDWIDTH;
    const merge = splits === 1 ? 0 : LAUNCH + MERGED * splits + moved;
    const time = BEGINNING + products + merge;
    if (time < best.time) best = { splits, time };
  }
  return best;
}

/** Why the device cannot multiply 16 x 16 matrices of halves into f32 sums, or `true`. */
export function hasMatrices({ adapter, device }: Gpu): true | string {
  if (!adapter.matrices) return 'this device has no 16x16x16 matrices from f16 to f32';
  const { subgroupMinSize: least, subgroupMaxSize: most } = device.adapterInfo;
  if (least === MATRIX_SUBGROUP && most === MATRIX_SUBGROUP) return true;
  return `needs subgroups of ${MATRIX_SUBGROUP}, this adapter's have ${least} to ${most}`;
}

/** The kernel with one tile. */
function matrixVariant(tile: MatrixTile): GemmVariant {
  const { bm, bn, bk, warps } = tile;
  const [warpsM, warpsN] = warps;
  const threads = warpsM * warpsN * MATRIX_SUBGROUP;
  // A tile row is padded by 16 bytes, whichever way it runs; the larger of both ways counts. Sums leave by 16 rows of each subgroup.
  const staged = 2 * 2 * (Math.max(bm * (bk + 8), bk * (bm + 8)) + Math.max(bn * (bk + 8), bk * (bn + 8)));
  const bytes = Math.max(staged, warpsM * warpsN * 16 * (bn / warpsN + 8) * 4);
  const counts = {
    FRAGS_M: bm / 16 / warpsM,
    FRAGS_N: bn / 16 / warpsN,
    DEPTH: bk / 16,
    TURNS: 2,
    SLOTS_A: Math.ceil((bm * bk) / 8 / threads),
    SLOTS_B: Math.ceil((bn * bk) / 8 / threads),
  };
  const multiply = unroll(gemmMatrix, counts);
  return {
    name: `matrix ${bm}x${bn}x${bk}`,
    supports({ operands }, gpu) {
      if (operands !== 'f16') return 'multiplies f16 only';
      const { limits } = gpu.device;
      if (threads > limits.maxComputeInvocationsPerWorkgroup) return `needs ${threads} invocations per workgroup`;
      if (bytes > limits.maxComputeWorkgroupStorageSize) return `needs ${bytes} bytes of workgroup memory`;
      return hasMatrices(gpu);
    },
    admits({ n, k }) {
      if (bn > 16 && n <= bn / 4) return `N = ${n} fills at most a quarter of a ${bn}-wide tile`;
      if (k < 16) return `K = ${k} is below one matrix`;
      return true;
    },
    slowerThan(problem, chosen, gpu) {
      const other = FAMILY.find(({ variant }) => variant === chosen);
      if (!other) return 'less preferred';
      const [own, its] = [tile, other.tile].map((each) => estimateOf(each, problem, gpu).time.toFixed(1));
      return `estimated ${own} µs, chosen ${its} µs`;
    },
    plan(problem, gpu) {
      const { splits, readsAcross } = estimateOf(tile, problem, gpu);
      return {
        multiply,
        constants: { BM: bm, BN: bn, BK: bk, WARPS_M: warpsM, WARPS_N: warpsN, THREADS: threads, ...counts },
        tiles: [Math.ceil(problem.m / bm), Math.ceil(problem.n / bn)],
        kStep: bk,
        splits,
        enables: ['subgroups', 'chromium_experimental_subgroup_matrix'],
        wide: true,
        readsAcross,
      };
    },
  };
}

const FAMILY = TILES.map((tile) => ({ tile, variant: matrixVariant(tile) }));

/** Subgroup matrices, one variant per tile. */
export const MATRIX_VARIANTS: readonly GemmVariant[] = FAMILY.map(({ variant }) => variant);

/** The same, the tile that is expected to serve a problem best first. */
export const matrixVariantsFor = (problem: GemmProblem, gpu: Gpu): readonly GemmVariant[] =>
  [...FAMILY]
    .sort((a, b) => estimateOf(a.tile, problem, gpu).time - estimateOf(b.tile, problem, gpu).time)
    .map(({ variant }) => variant);
