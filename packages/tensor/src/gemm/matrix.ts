import type { Gpu } from '@visage/gpu';
import { gemmMatrix } from '@visage/kernels';
import { type GemmVariant, PROCESSORS } from './plan.ts';
import type { GemmProblem } from './problem.ts';
import { unroll } from './unroll.ts';

/** A workgroup's tile and how it is shared out among subgroups. */
interface MatrixTile {
  readonly bm: number;
  readonly bn: number;
  readonly bk: number;
  /** Subgroups along m and n. */
  readonly warps: readonly [number, number];
  /** Microseconds of a step of a workgroup that has a processor for itself, and of one among so many that the processor never waits. */
  readonly alone: number;
  readonly among: number;
  /** Workgroups that a processor holds at a time. */
  readonly resident: number;
}

const SUBGROUP = 32;
const BANDWIDTH = 2.5e6; // bytes per microsecond at which partial sums are written, and read again
const LAUNCH = 5; // microseconds of one more launch
const BEGINNING = 4; // microseconds from a launch to its first product, and from the last one to its end
const MOST_SPLITS = 32;
const SHORTEST_SPLIT = 128;
const LONGEST_SUM = 8192; // terms in one f32 accumulator; see launch.ts

/**
 * The tiles, with times read on an H100 at 1980 MHz (2026-11-22; 3x3 convolution at 28x28, 512 to 512 channels, of 1, 4 and 16 images). With them `estimate` is within
 * about 15 % of most times measured; 128x64 fits worst (up to 41 % off), and 128x16, for three-channel images, is a guess. A tuning memo knows better.
 */
const TILES: readonly MatrixTile[] = [
  { bm: 128, bn: 128, bk: 32, warps: [2, 2], alone: 1.36, among: 0.665, resident: 2 },
  { bm: 128, bn: 128, bk: 16, warps: [2, 2], alone: 0.74, among: 0.37, resident: 2 },
  { bm: 128, bn: 64, bk: 16, warps: [2, 2], alone: 0.5, among: 0.3, resident: 4 },
  { bm: 64, bn: 64, bk: 16, warps: [2, 2], alone: 0.447, among: 0.147, resident: 8 },
  { bm: 128, bn: 16, bk: 32, warps: [4, 1], alone: 0.5, among: 0.16, resident: 6 },
];

/** Microseconds that a tile is expected to take for a problem, at the number of splits that serves it best. */
function estimate(tile: MatrixTile, problem: GemmProblem): { readonly splits: number; readonly time: number } {
  const { m, n, k, items = 1, unsplit = false } = problem;
  const { bm, bn, bk, alone, among, resident } = tile;
  const tiles = Math.ceil(m / bm) * Math.ceil(n / bn) * items;
  const steps = Math.ceil(k / bk);
  const fewest = unsplit ? 1 : Math.ceil(k / LONGEST_SUM);
  const most = unsplit ? 1 : Math.max(fewest, Math.min(MOST_SPLITS, Math.floor(k / SHORTEST_SPLIT)));
  let best = { splits: 1, time: Number.POSITIVE_INFINITY };
  for (let wanted = fewest; wanted <= most; wanted++) {
    const each = Math.ceil(steps / wanted);
    const splits = Math.ceil(steps / each); // none is empty
    const load = Math.ceil((tiles * splits) / PROCESSORS); // workgroups of the busiest processor
    const products = each * Math.max(alone * Math.ceil(load / resident), among * load);
    const merge = splits === 1 ? 0 : LAUNCH + (4 * m * n * items * (2 * splits + 0.5)) / BANDWIDTH;
    const time = BEGINNING + products + merge;
    if (time < best.time) best = { splits, time };
  }
  return best;
}

/** Why the device cannot multiply 16 x 16 matrices of halves into f32 sums, or `true`. */
function hasMatrices({ adapter, device }: Gpu): true | string {
  if (!adapter.matrices) return 'this device has no 16x16x16 matrices from f16 to f32';
  const { subgroupMinSize: least, subgroupMaxSize: most } = device.adapterInfo;
  if (least === SUBGROUP && most === SUBGROUP) return true;
  return `needs subgroups of ${SUBGROUP}, this adapter's have ${least} to ${most}`;
}

/** The kernel with one tile. */
function matrixVariant(tile: MatrixTile): GemmVariant {
  const { bm, bn, bk, warps } = tile;
  const [warpsM, warpsN] = warps;
  const threads = warpsM * warpsN * SUBGROUP;
  // A tile row is padded by 16 bytes, whichever way it runs; the larger of both ways counts. Sums leave by 16 rows of each subgroup.
  const staged = 2 * 2 * (Math.max(bm * (bk + 8), bk * (bm + 8)) + Math.max(bn * (bk + 8), bk * (bn + 8)));
  const bytes = Math.max(staged, warpsM * warpsN * 16 * (bn / warpsN + 8) * 4);
  const counts = {
    FRAGS_M: bm / 16 / warpsM,
    FRAGS_N: bn / 16 / warpsN,
    DEPTH: bk / 16,
    SLOTS_A: Math.ceil((bm * bk) / 8 / threads),
    SLOTS_B: Math.ceil((bn * bk) / 8 / threads),
  };
  const multiply = unroll(gemmMatrix, counts);
  return {
    name: `matrix ${bm}x${bn}x${bk}`,
    able(gpu) {
      const { limits } = gpu.device;
      if (threads > limits.maxComputeInvocationsPerWorkgroup) return `needs ${threads} invocations per workgroup`;
      if (bytes > limits.maxComputeWorkgroupStorageSize) return `needs ${bytes} bytes of workgroup memory`;
      return hasMatrices(gpu);
    },
    admits({ operands, n, k }, gpu) {
      if (operands !== 'f16') return 'multiplies f16 only';
      const able = this.able?.(gpu) ?? true;
      if (able !== true) return able;
      if (n <= bn / 4) return `N = ${n} fills at most a quarter of a ${bn}-wide tile`;
      if (k < 16) return `K = ${k} is below one matrix`;
      return true;
    },
    plan(problem) {
      return {
        multiply,
        constants: { BM: bm, BN: bn, BK: bk, WARPS_M: warpsM, WARPS_N: warpsN, THREADS: threads, ...counts },
        tiles: [Math.ceil(problem.m / bm), Math.ceil(problem.n / bn)],
        kStep: bk,
        splits: estimate(tile, problem).splits,
        enables: ['subgroups', 'chromium_experimental_subgroup_matrix'],
        wide: true,
        readsAcross: true,
      };
    },
  };
}

const FAMILY = TILES.map((tile) => ({ tile, variant: matrixVariant(tile) }));

/** Subgroup matrices, one variant per tile. */
export const MATRIX_VARIANTS: readonly GemmVariant[] = FAMILY.map(({ variant }) => variant);

/** The same, the tile that is expected to serve a problem best first. */
export const matrixVariantsFor = (problem: GemmProblem): readonly GemmVariant[] =>
  FAMILY.map(({ tile, variant }) => ({ variant, ...estimate(tile, problem) }))
    .sort((a, b) => a.time - b.time)
    .map(({ variant }) => variant);
