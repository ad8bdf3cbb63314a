import type { Gpu } from '@visage/gpu';
import { gemmMatrix } from '@visage/kernels';
import type { GemmVariant } from './plan.ts';
import type { GemmProblem } from './problem.ts';
import { unroll } from './unroll.ts';

/** A workgroup's tile and how it is shared out among subgroups. */
export interface MatrixTile {
  readonly bm: number;
  readonly bn: number;
  readonly bk: number;
  /** Subgroups along m and n. */
  readonly warps: readonly [number, number];
  /** TFLOP/s of a machine full of such tiles, and workgroups that one of its processors holds at a time. */
  readonly rate: number;
  readonly resident: number;
}

const SUBGROUP = 32;
const PROCESSORS = 132; // an H100's or H200's; WebGPU does not tell how many a device has
const BANDWIDTH = 3e12; // bytes per second of partial sums, mostly out of the cache
const LAUNCH = 4e-6; // seconds that one more launch costs
const MOST_SPLITS = 32;
const SHORTEST_SPLIT = 128;
const LONGEST_SUM = 16384; // terms in one f32 accumulator; see launch.ts

const TILES: readonly MatrixTile[] = [
  { bm: 128, bn: 128, bk: 16, warps: [2, 2], rate: 230, resident: 2 },
  { bm: 128, bn: 64, bk: 16, warps: [2, 2], rate: 180, resident: 3 },
  { bm: 64, bn: 64, bk: 16, warps: [2, 2], rate: 130, resident: 5 },
  { bm: 128, bn: 16, bk: 32, warps: [4, 1], rate: 50, resident: 6 },
];

/** Seconds that a tile is expected to take for a problem, at the number of splits that serves it best. */
function estimate(tile: MatrixTile, problem: GemmProblem): { readonly splits: number; readonly seconds: number } {
  const { m, n, k, items = 1, unsplit = false } = problem;
  const { bm, bn, bk, rate, resident } = tile;
  const slots = PROCESSORS * resident;
  const step = (2 * bm * bn * bk * slots) / (rate * 1e12);
  const tiles = Math.ceil(m / bm) * Math.ceil(n / bn) * items;
  const steps = Math.ceil(k / bk);
  const fewest = unsplit ? 1 : Math.ceil(k / LONGEST_SUM);
  const most = unsplit ? 1 : Math.max(fewest, Math.min(MOST_SPLITS, Math.floor(k / SHORTEST_SPLIT)));
  let best = { splits: 1, seconds: Number.POSITIVE_INFINITY };
  for (let wanted = fewest; wanted <= most; wanted++) {
    const each = Math.ceil(steps / wanted);
    const splits = Math.ceil(steps / each); // none is empty
    const merge = splits === 1 ? 0 : LAUNCH + (4 * m * n * items * (2 * splits + 1)) / BANDWIDTH;
    const seconds = Math.ceil((tiles * splits) / slots) * (each + 4) * step + merge;
    if (seconds < best.seconds) best = { splits, seconds };
  }
  return best;
}

/** Why the device cannot multiply 16 x 16 matrices of halves into f32 sums, or `true`. */
function hasMatrices({ device }: Gpu): true | string {
  const info = device.adapterInfo as GPUAdapterInfo & {
    readonly subgroupMatrixConfigs?: readonly {
      readonly componentType: string;
      readonly resultComponentType: string;
      readonly M: number;
      readonly N: number;
      readonly K: number;
    }[];
  };
  for (const feature of ['shader-f16', 'subgroups', 'chromium-experimental-subgroup-matrix'])
    if (!device.features.has(feature)) return `needs the feature ${feature}`;
  if (info.subgroupMinSize !== SUBGROUP || info.subgroupMaxSize !== SUBGROUP)
    return `needs subgroups of ${SUBGROUP}, this adapter's have ${info.subgroupMinSize} to ${info.subgroupMaxSize}`;
  const fits = info.subgroupMatrixConfigs?.some(
    ({ componentType, resultComponentType, M, N, K }) =>
      componentType === 'f16' && resultComponentType === 'f32' && M === 16 && N === 16 && K === 16,
  );
  return fits || 'this adapter has no 16x16x16 matrices from f16 to f32';
}

/** The kernel with one tile. */
export function matrixVariant(tile: MatrixTile): GemmVariant {
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

export const MATRIX_FAMILY = TILES.map((tile) => ({ tile, variant: matrixVariant(tile) }));

/** Subgroup matrices, one variant per tile. */
export const MATRIX_VARIANTS: readonly GemmVariant[] = MATRIX_FAMILY.map(({ variant }) => variant);

/** The same, the tile that is expected to serve a problem best first. */
export const matrixVariantsFor = (problem: GemmProblem): readonly GemmVariant[] =>
  MATRIX_FAMILY.map(({ tile, variant }) => ({ variant, ...estimate(tile, problem) }))
    .sort((a, b) => a.seconds - b.seconds)
    .map(({ variant }) => variant);
