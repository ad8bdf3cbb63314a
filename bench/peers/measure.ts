/** @file How one engine is timed at one task, in whichever process it runs. */
import { type Gpu, median, WARM_MS } from '@visage/gpu';
import type { Task } from './engine.ts';

/** How long and how often. Plain data: it travels to the peers' processes. */
export interface Pace {
  /** Times per task; the median counts. Fewer if they take too long. */
  readonly repeat: number;
  /**
   * Milliseconds that one time should last: the work is repeated until it does, so that waiting for the device does not
   * count.
   */
  readonly sampleMs: number;
  /** Milliseconds that the device works before times count: a GPU that paused has a low clock. */
  readonly warmMs: number;
  /** No further time is measured after so many milliseconds. */
  readonly enoughMs: number;
}

/** The result of the measurement. */
export interface Measured {
  /** Median milliseconds on the wall clock. */
  readonly ms: number;
  readonly results: readonly Float32Array[];
  /** Errors that WebGPU reported meanwhile. */
  readonly complaint?: string;
}

/** Times are short on a software adapter, whose clock does not change. */
export const paceFor = ({ adapter }: Pick<Gpu, 'adapter'>, repeat: number): Pace =>
  adapter.software
    ? { repeat, sampleMs: 5, warmMs: 0, enoughMs: 5000 }
    : { repeat, sampleMs: 20, warmMs: WARM_MS, enoughMs: 5000 };

const MOST_TOGETHER = 1000;

/** Compiles and warms up the work, times it, and reads the results. */
export async function measure(task: Task, { repeat, sampleMs, warmMs, enoughMs }: Pace): Promise<Measured> {
  const timed = async (times: number): Promise<number> => {
    const start = performance.now();
    await task.run(times);
    return performance.now() - start;
  };
  const begin = performance.now();
  await task.run(1); // compiles
  const compiled = performance.now();
  let together = 1;
  do {
    const ms = await timed(together);
    together = Math.min(MOST_TOGETHER, Math.max(1, Math.round((together * sampleMs) / ms)));
  } while (performance.now() - compiled < warmMs);
  const times: number[] = [];
  do times.push((await timed(together)) / together);
  while (times.length < repeat && performance.now() - begin < enoughMs);
  return { ms: median(times), results: await task.results() };
}
