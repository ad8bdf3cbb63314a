import { Family } from '@visage/gpu';
import { gemmBroadcast, gemmBroadcastOuter, gemmDirect, gemmDirectOuter, gemmTiled } from '@visage/kernels';
import { digest } from '../core/metProblems.ts';
import { madeForSoftware, subgroupsOfEight } from '../core/subgroups.ts';
import { unroll } from '../core/unroll.ts';
import { finisher } from './epilogue.ts';
import type { GemmVariant } from './plan.ts';
import type { GemmProblem } from './problem.ts';
import { MATRIX_VARIANTS, matrixVariantsFor } from './subgroupMatrix.ts';

/** A register-tiled workgroup tile of bm x bn, walking k by bk; each invocation owns tm rows and 4 · tq columns. A `large` one wants a tile for every processor. */
function tiled(bm: number, bn: number, bk: number, tm: number, tq: number, large = false): GemmVariant {
  const threads = (bm / tm) * (bn / 4 / tq);
  const bytes = (bk * (bm / 4 + 1) + (bk * bn) / 4) * 16;
  const counts = {
    BK: bk,
    TM: tm,
    TQ: tq,
    QUADS_M: tm / 4,
    SLOTS_A: (bm * bk) / 4 / threads,
    SLOTS_B: (bn * bk) / 4 / threads,
  };
  const unrolled = unroll(gemmTiled, counts);
  return {
    name: `tiled ${bm}x${bn}x${bk}`,
    supports(_, { device: { limits } }) {
      if (threads > limits.maxComputeInvocationsPerWorkgroup) return `needs ${threads} invocations per workgroup`;
      return bytes <= limits.maxComputeWorkgroupStorageSize || `needs ${bytes} bytes of workgroup memory`;
    },
    admits({ m, n, k, items = 1 }, gpu) {
      if (gpu.adapter.software) return 'workgroup memory is slow on a software adapter';
      if (n <= bn / 2 && bn > 16) return `N = ${n} fills at most half of a ${bn}-wide tile`;
      if (m <= bm / 4) return `M = ${m} fills at most a quarter of a ${bm}-high tile`;
      if (k < bk) return `K = ${k} is below one step of ${bk}`;
      const tiles = Math.ceil(m / bm) * Math.ceil(n / bn) * items;
      return !large || tiles >= gpu.profile.processors || `${tiles} such tiles leave processors idle`;
    },
    plan: ({ m, n, aContiguousAlong }, gpu) => ({
      multiply: gpu.adapter.software ? gemmTiled : unrolled, // Mesa takes seconds longer to compile what is written out
      constants: { BM: bm, BN: bn, THREADS: threads, A_BY_K: aContiguousAlong === 'k', ...counts },
      tiles: [Math.ceil(m / bm), Math.ceil(n / bn)],
      kStep: bk,
    }),
  };
}

/** One subgroup of 8 lanes along m that hand the values of B round: for adapters that compute on the CPU. */
const broadcast: GemmVariant = {
  name: 'broadcast',
  supports: (_, gpu) => subgroupsOfEight(gpu),
  admits: (_, gpu) => madeForSoftware(gpu),
  plan({ m, n, aContiguousAlong }) {
    const common = { enables: ['subgroups'], readsAcross: true };
    if (aContiguousAlong === 'm') {
      const quads = n > 4 ? 2 : 1;
      const constants = { QUADS: quads };
      const tiles = [Math.ceil(m / 32), Math.ceil(n / (4 * quads))] as const;
      return { ...common, multiply: gemmBroadcastOuter, constants, tiles, kStep: 8 / quads, shares: true };
    }
    const quads = n > 8 ? 4 : n > 4 ? 2 : 1;
    const rows = quads === 4 ? 1 : 2;
    const tiles = [Math.ceil(m / (8 * rows)), Math.ceil(n / (4 * quads))] as const;
    return { ...common, multiply: gemmBroadcast, constants: { ROWS: rows, QUADS: quads }, tiles, kStep: 4 };
  },
};

/** Rows per invocation and lanes per workgroup of the kernel without workgroup memory. */
const direct: GemmVariant = {
  name: 'direct',
  plan({ m, n, aContiguousAlong }, gpu) {
    const lanes = gpu.adapter.software ? 8 : 64;
    const lanesN = Math.min(lanes, 2 ** Math.ceil(Math.log2(Math.ceil(n / 4))));
    const lanesM = lanes / lanesN;
    // Measured on llvmpipe: 4 and 8 rows reach 8-9 GFLOP/s alike, but 8 take twice as long to compile (0.5 s instead of 0.25 s).
    const rows = gpu.adapter.software || m < 64 ? 4 : 8;
    return {
      multiply: aContiguousAlong === 'k' ? gemmDirect : gemmDirectOuter,
      constants: { ROWS: rows, LANES_N: lanesN, LANES_M: lanesM },
      tiles: [Math.ceil(m / (rows * lanesM)), Math.ceil(n / (4 * lanesN))],
      kStep: 4,
      readsAcross: gpu.adapter.software, // where a load costs the same along any axis
    };
  },
};

/** What tells one product from another: its extents, and by a number the texts and constants of its loaders. */
function describeProduct(problem: GemmProblem): string {
  const { name, m, n, k, items = 1, bias, across, aContiguousAlong, loaderA, constants, rowOfB, outRow } = problem;
  const words = [name, `${m}x${n}x${k}`, items > 1 ? `x${items}` : '', bias ? 'bias' : ''].filter(
    (word) => word !== '',
  );
  const { operands, result, activation, tail } = problem;
  const loaders = JSON.stringify([
    ...[aContiguousAlong, loaderA, constants, rowOfB, outRow, across?.inner],
    ...[operands, result, activation],
    ...(tail ? [finisher(problem, 3).code] : []),
  ]);
  return `${words.join(' ')} #${digest(loaders)}`;
}

const PLAIN: readonly GemmVariant[] = [
  tiled(64, 128, 16, 8, 2, true),
  tiled(64, 64, 16, 8, 1),
  tiled(64, 32, 16, 4, 1),
  tiled(128, 16, 32, 4, 1),
  broadcast,
  direct,
];

/**
 * Every way to multiply. Among the matrix tiles, where they can run, the order depends on the extents of the problem.
 *
 * In f32 on an H100, 3x3 convolution of 16 images of 28x28, 512 to 512 channels, TFLOP/s forward: 64x128x16 with 8x8 per invocation 39.5, 128x128x16 38.0,
 * 64x64x16 with 8x4 37.4, 128x64x16 37.2, 64x64x16 with 8x8 33.8, 128x128x8 32.9. The smaller tile serves small batches. The 16-wide tile is for
 * three-channel images, where it loads coalesced what `direct` gathers.
 */
export const gemmFamily: Family<GemmProblem, GemmVariant> = new Family({
  name: 'gemm',
  variants: [...MATRIX_VARIANTS, ...PLAIN],
  tuned: true,
  describe: describeProduct,
  order: (problem, gpu) =>
    problem.operands === 'f16' && gpu.adapter.matrices
      ? [...matrixVariantsFor(problem, gpu), ...PLAIN]
      : gemmFamily.variants,
});
