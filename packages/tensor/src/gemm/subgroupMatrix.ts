/**
 * @file Products of f16 on subgroup matrices (kernels/gemm/matrix.wgsl): its tiles, and which of them is expected to be
 * the fastest.
 */
import type { Gpu } from '@visage/gpu';
import { gemmMatrix } from '@visage/kernels';
import { unroll } from '../core/unroll.ts';
import { type GemmProblem, type GemmVariant, LONGEST_SUM } from './problem.ts';

/** A workgroup's tile of C, its split into subgroups, and how long it takes. */
interface MatrixTile {
  readonly bm: number;
  readonly bn: number;
  readonly bk: number;
  /** Subgroups along m and n. */
  readonly subgroups: readonly [number, number];
  /** Workgroups that a processor runs at a time: its registers and workgroup memory hold no more. */
  readonly occupancy: number;
  /**
   * Microseconds that a workgroup adds for each step along k, on a processor with `occupancy` workgroups or more:
   * others hide its waiting.
   */
  readonly busy: Times;
  /** Microseconds of a step on a processor with fewer workgroups than that: nothing hides its waiting. */
  readonly alone: Times;
}

/**
 * By the axes along which A and B are contiguous: k and n (a convolution), both k (its input gradient), m and n (its
 * weight gradient).
 */
type Times = readonly [forward: number, inputGrad: number, weightGrad: number];

/** Threads of a subgroup on the devices whose matrices these kernels use. */
export const MATRIX_SUBGROUP = 32;
const BANDWIDTH = 3e6; // bytes per microsecond at which partial sums are written, and read again
const LAUNCH = 4; // microseconds that one more launch takes
const FILL_AND_DRAIN = 4; // microseconds before the first product and after the last one of a launch
const COPY_BANDWIDTH = 1.5e6; // bytes per microsecond at which an operand is transposed, read and written
const MERGE_STEP = 0.06; // microseconds for each partial sum that a merge adds in series
const MOST_SPLITS = 256;
const SHORTEST_SPLIT = 128;

/**
 * The tiles, with times measured on an H200 at 1980 MHz (2026-11-22) by 3x3 convolutions at 28x28 with 512 channels, of
 * 1, 4 and 16 images, and their gradients; `estimate` is within 20 % of most of them. A tile of an operand that is
 * contiguous along k takes longer, because it has only bk values, 32 bytes for 16, together in memory. Measured times
 * in a tuning memo go before these estimates.
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
  subgroups: readonly [number, number],
  occupancy: number,
  busy: Times,
  alone: Times = [busy[0] * occupancy, busy[1] * occupancy, busy[2] * occupancy],
): MatrixTile {
  return { bm, bn, bk, subgroups, occupancy, busy, alone };
}

/** How a tile computes a problem the fastest. */
interface Estimate {
  readonly splits: number;
  /** A transposed B is read as it is stored; if false, it is copied into rows first. */
  readonly readsTransposed: boolean;
  /** Microseconds that this is expected to take. */
  readonly time: number;
}

/** The estimates of a problem for GPUs with this number of processors. */
interface Estimates {
  readonly processors: number;
  readonly byTile: ReadonlyMap<MatrixTile, Estimate>;
}

const estimates = new WeakMap<GemmProblem, Estimates>();

/**
 * The estimate of a tile. All tiles of a problem are estimated once: the order, the plan and the reasons for a choice
 * all ask.
 */
function estimateOf(tile: MatrixTile, problem: GemmProblem, { profile: { processors } }: Gpu): Estimate {
  let all = estimates.get(problem);
  if (all?.processors !== processors) {
    all = { processors, byTile: new Map(TILES.map((each) => [each, estimate(each, problem, processors)])) };
    estimates.set(problem, all);
  }
  return all.byTile.get(tile) as Estimate;
}

function estimate(tile: MatrixTile, problem: GemmProblem, processors: number): Estimate {
  const { k, n, batch = 1, transposedB, aContiguousAlong } = problem;
  const estimated = (layout: 0 | 1 | 2) => estimateFor(tile, problem, layout, processors);
  if (aContiguousAlong === 'm') return { ...estimated(2), readsTransposed: true };
  const rows = { ...estimated(0), readsTransposed: false };
  if (!transposedB || transposedB.inner % 8 !== 0) return rows; // the transposed one would be loaded value by value
  const transposed = { ...estimated(1), readsTransposed: true };
  const copy = LAUNCH + (4 * k * n * batch) / COPY_BANDWIDTH;
  return rows.time + copy < transposed.time ? rows : transposed;
}

/** The number of splits that is expected to be the fastest, and its time. */
function estimateFor(
  tile: MatrixTile,
  problem: GemmProblem,
  layout: 0 | 1 | 2,
  processors: number,
): Omit<Estimate, 'readsTransposed'> {
  const { m, n, k, batch = 1, unsplit = false } = problem;
  const { bm, bn, bk, occupancy } = tile;
  const [busy, alone] = [tile.busy[layout], tile.alone[layout]];
  const tiles = Math.ceil(m / bm) * Math.ceil(n / bn) * batch;
  const steps = Math.ceil(k / bk);
  const fewest = unsplit ? 1 : Math.ceil(k / LONGEST_SUM);
  const most = unsplit ? 1 : Math.max(fewest, Math.min(MOST_SPLITS, Math.floor(k / SHORTEST_SPLIT)));
  let best = { splits: 1, time: Number.POSITIVE_INFINITY };
  for (let wanted = fewest; wanted <= most; wanted++) {
    const each = Math.ceil(steps / wanted);
    const splits = Math.ceil(steps / each); // none is empty
    const load = Math.ceil((tiles * splits) / processors); // workgroups of the busiest processor
    const products = each * Math.max(alone * Math.ceil(load / occupancy), busy * load);
    const moved = (4 * m * n * batch * (2 * splits + 0.5)) / BANDWIDTH;
    const merge = splits === 1 ? 0 : LAUNCH + MERGE_STEP * splits + moved;
    const time = FILL_AND_DRAIN + products + merge;
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

/** The kernel with this tile. */
function matrixVariant(tile: MatrixTile): GemmVariant {
  const { bm, bn, bk, subgroups } = tile;
  const [subgroupsM, subgroupsN] = subgroups;
  const threads = subgroupsM * subgroupsN * MATRIX_SUBGROUP;
  // Each row of a staged tile is padded by 16 bytes. Rows run along k or along m (n); the larger of both sizes counts.
  // At the end the same memory takes 16 rows of sums of each subgroup.
  const staged = 2 * 2 * (Math.max(bm * (bk + 8), bk * (bm + 8)) + Math.max(bn * (bk + 8), bk * (bn + 8)));
  const bytes = Math.max(staged, subgroupsM * subgroupsN * 16 * (bn / subgroupsN + 8) * 4);
  const counts = {
    FRAGS_M: bm / 16 / subgroupsM,
    FRAGS_N: bn / 16 / subgroupsN,
    DEPTH: bk / 16,
    STAGES: 2,
    SLOTS_A: Math.ceil((bm * bk) / 8 / threads),
    SLOTS_B: Math.ceil((bn * bk) / 8 / threads),
  };
  const multiply = unroll(gemmMatrix, counts);
  return {
    name: `matrix ${bm}x${bn}x${bk}`,
    supports({ operands }, gpu) {
      if (operands !== 'f16') return 'multiplies f16 only';
      const { limits } = gpu.device;
      if (threads > limits.maxComputeInvocationsPerWorkgroup) return `needs ${threads} threads per workgroup`;
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
      const { splits, readsTransposed } = estimateOf(tile, problem, gpu);
      return {
        multiply,
        constants: {
          BM: bm,
          BN: bn,
          BK: bk,
          SUBGROUPS_M: subgroupsM,
          SUBGROUPS_N: subgroupsN,
          THREADS: threads,
          ...counts,
        },
        tiles: [Math.ceil(problem.m / bm), Math.ceil(problem.n / bn)],
        kStep: bk,
        splits,
        enables: ['subgroups', 'chromium_experimental_subgroup_matrix'],
        wide: true,
        readsTransposed,
      };
    },
  };
}

const FAMILY = TILES.map((tile) => ({ tile, variant: matrixVariant(tile) }));

/** One variant per tile. */
export const MATRIX_VARIANTS: readonly GemmVariant[] = FAMILY.map(({ variant }) => variant);

/** The same variants, the one that is expected to be the fastest for a problem first. */
export const matrixVariantsFor = (problem: GemmProblem, gpu: Gpu): readonly GemmVariant[] =>
  [...FAMILY]
    .sort((a, b) => estimateOf(a.tile, problem, gpu).time - estimateOf(b.tile, problem, gpu).time)
    .map(({ variant }) => variant);
