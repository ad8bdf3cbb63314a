/** @file The family of multiplies: which kernels can compute a product, and which of them is preferred. */
import { Family } from '@visage/gpu';
import { gemmBroadcast, gemmBroadcastOuter, gemmDirect, gemmDirectOuter, gemmTiled } from '@visage/kernels';
import { digest } from '../core/metProblems.ts';
import { madeForSoftware, subgroupsOfEight } from '../core/subgroups.ts';
import { unroll } from '../core/unroll.ts';
import { finisher } from './epilogue.ts';
import type { GemmProblem, GemmVariant } from './problem.ts';
import { MATRIX_VARIANTS, matrixVariantsFor } from './subgroupMatrix.ts';

/**
 * kernels/gemm/tiled.wgsl with a workgroup's tile of bm x bn, in steps of bk along k; each thread sums tm rows x 4 · tq
 * columns in registers.
 *
 * A `large` tile declines a problem that has fewer tiles than the device has processors.
 */
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
      if (threads > limits.maxComputeInvocationsPerWorkgroup) return `needs ${threads} threads per workgroup`;
      return bytes <= limits.maxComputeWorkgroupStorageSize || `needs ${bytes} bytes of workgroup memory`;
    },
    admits({ m, n, k, batch = 1 }, gpu) {
      if (gpu.adapter.software) return 'workgroup memory is slow on a software adapter';
      if (n <= bn / 2 && bn > 16) return `N = ${n} fills at most half of a ${bn}-wide tile`;
      if (m <= bm / 4) return `M = ${m} fills at most a quarter of a ${bm}-high tile`;
      if (k < bk) return `K = ${k} is below one step of ${bk}`;
      const tiles = Math.ceil(m / bm) * Math.ceil(n / bn) * batch;
      return !large || tiles >= gpu.profile.processors || `${tiles} such tiles leave processors idle`;
    },
    plan: ({ m, n, aContiguousAlong }, gpu) => ({
      multiply: gpu.adapter.software ? gemmTiled : unrolled, // Mesa takes seconds longer to compile unrolled loops
      constants: { BM: bm, BN: bn, THREADS: threads, A_BY_K: aContiguousAlong === 'k', ...counts },
      tiles: [Math.ceil(m / bm), Math.ceil(n / bn)],
      kStep: bk,
    }),
  };
}

/**
 * Rows that a thread of broadcast.wgsl sums. Two take 0.77 times the processor time of one, three 0.74 times and a
 * third longer to compile, four as long as two: their sums leave the registers (llvmpipe, 576 x 64 x 576).
 */
const ROWS = 2;

/**
 * A workgroup is one subgroup of 8 threads along m, which shuffle the values of B among them: for adapters that compute
 * on the CPU.
 */
const broadcast: GemmVariant = {
  name: 'broadcast',
  supports: (_, gpu) => subgroupsOfEight(gpu),
  admits: (_, gpu) => madeForSoftware(gpu),
  plan({ m, n, aContiguousAlong }) {
    const quads = n > 8 ? 4 : n > 4 ? 2 : 1;
    const common = { enables: ['subgroups'], readsTransposed: true, kStep: 4 };
    if (aContiguousAlong === 'm') {
      const constants = { QUADS: quads };
      const tiles = [Math.ceil(m / 32), Math.ceil(n / (4 * quads))] as const;
      return { ...common, multiply: gemmBroadcastOuter, constants, tiles, shufflesSteps: true };
    }
    const tiles = [Math.ceil(m / (8 * ROWS)), Math.ceil(n / (4 * quads))] as const;
    return { ...common, multiply: gemmBroadcast, constants: { ROWS, QUADS: quads }, tiles, foursAlongK: true };
  },
};

/** The kernels without workgroup memory, direct.wgsl and directOuter.wgsl. They compute every problem. */
const direct: GemmVariant = {
  name: 'direct',
  plan({ m, n, aContiguousAlong }, gpu) {
    const threads = gpu.adapter.software ? 8 : 64;
    const threadsN = Math.min(threads, 2 ** Math.ceil(Math.log2(Math.ceil(n / 4))));
    const threadsM = threads / threadsN;
    // Measured on llvmpipe: 4 and 8 rows reach 8-9 GFLOP/s alike, but 8 take twice as long to compile (0.5 s instead of
    // 0.25 s).
    const rows = gpu.adapter.software || m < 64 ? 4 : 8;
    return {
      multiply: aContiguousAlong === 'k' ? gemmDirect : gemmDirectOuter,
      constants: { ROWS: rows, THREADS_N: threadsN, THREADS_M: threadsM },
      tiles: [Math.ceil(m / (rows * threadsM)), Math.ceil(n / (4 * threadsN))],
      kStep: 4,
      readsTransposed: gpu.adapter.software, // where a load costs the same along any axis
    };
  },
};

/**
 * Tells one product from another: its extents, and a hash of the texts and constants of its loaders and of what
 * finishes its sums.
 */
function describeProduct(problem: GemmProblem): string {
  const { name, m, n, k, batch = 1, finish, transposedB } = problem;
  const words = [name, `${m}x${n}x${k}`, batch > 1 ? `x${batch}` : '', finish?.bias ? 'bias' : ''].filter(
    (word) => word !== '',
  );
  const { aContiguousAlong, loaderA, constants, rowOfB, outRow, operands, result } = problem;
  const loaders = JSON.stringify([
    ...[aContiguousAlong, loaderA, constants, rowOfB, outRow, transposedB?.inner],
    ...[operands, result],
    ...(finish ? [finisher(n, finish, 3).code] : []),
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
 * Every way to multiply, most preferred first. For f16 on subgroup matrices the order depends on the extents of the
 * problem.
 *
 * The order of the tiles in f32 was measured on an H100 by the forward 3x3 convolution of 16 images of 28x28 from 512
 * to 512 channels, in TFLOP/s: 64x128x16 with 8x8 sums per thread 39.5, 128x128x16 38.0, 64x64x16 with 8x4 37.4,
 * 128x64x16 37.2, 64x64x16 with 8x8 33.8, 128x128x8 32.9. The smaller tiles serve small batches. The 16-wide tile
 * serves three-channel images: its loads are coalesced, those of `direct` are not.
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
