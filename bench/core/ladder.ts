/** @file The versions of a matrix product in chapter 2 of the course, beside the best rates of the device. */
import { type Gpu, warmUp } from '@visage/gpu';
import { type Prepared, prepare, type Rung, rungs, supports } from '../../examples/course/2-gemm/ladder.ts';
import { submit, time } from '../../examples/course/device.ts';
import { type Ceilings, measureCeilings } from './ceilings.ts';
import { checkHealth } from './health.ts';

/** One version; without `ms` where the device cannot run it, and `reason` says why. */
export interface LadderRow {
  readonly name: string;
  /** Rows and columns of the result that a workgroup computes. */
  readonly tile: readonly [number, number];
  readonly half: boolean;
  /** Operations for each byte that a workgroup reads from memory. */
  readonly intensity: number;
  readonly ms?: number;
  readonly gflops?: number;
  readonly reason?: string;
}

export interface LadderReport {
  /** Rows and columns of both matrices. */
  readonly side: number;
  readonly ceilings: Ceilings;
  readonly rows: readonly LadderRow[];
}

const MOST_ERROR = 1e-3; // the operands are multiples of 1/8, and their sums exact in f32

/**
 * Times every version on matrices of `side` x `side`, after all have been checked against sums in float64.
 *
 * @throws Error that names a version whose result is wrong, or VisageError for a device that computes nothing.
 */
export async function measureLadder(gpu: Gpu, side: number, repeat: number): Promise<LadderReport> {
  const { device } = gpu;
  const ready = new Map<Rung, Prepared>();
  try {
    for (const rung of rungs) {
      if (supports(rung, device) !== true) continue;
      const prepared = await prepare(device, rung, side);
      ready.set(rung, prepared);
      const error = await prepared.check();
      if (!(error <= MOST_ERROR)) throw new Error(`ladder, ${rung.name}: a value is off by ${error}`);
    }
    const ceilings = await measureCeilings(gpu);
    await warmUp(gpu, () =>
      submit(
        device,
        [...ready.values()].slice(-1).map(({ launch }) => launch),
      ),
    );
    const rows: LadderRow[] = [];
    for (const rung of rungs) {
      const { name, tile, half, intensity } = rung;
      const about = { name, tile, half, intensity };
      const prepared = ready.get(rung);
      if (!prepared) {
        rows.push({ ...about, reason: String(supports(rung, device)) });
        continue;
      }
      const ms = await time(device, prepared.launch, repeat);
      const gflops = (2 * side ** 3) / ms / 1e6;
      checkHealth(`ladder, ${name}`, { gflops });
      rows.push({ ...about, ms, gflops });
    }
    return { side, ceilings, rows };
  } finally {
    for (const prepared of ready.values()) prepared.destroy();
  }
}
