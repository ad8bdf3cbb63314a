/** @file The time that a part of a film's swap takes, and what of it each process is busy. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { CodecTime } from '@visage/photos/node';

/** Milliseconds a frame of the processes. */
export interface ThreadTime {
  /**
   * In which the main thread did not wait for events. While results of the GPU are awaited, Dawn asks for them without
   * a pause, which counts as work.
   */
  readonly threadMs: number;
  /** Processor time of the main thread, where Linux tells it. */
  readonly processorMs?: number;
  /** In which the processes that decode and encode were busy; to wait for a lock of a codec counts. */
  readonly decodingMs?: number;
  readonly encodingMs?: number;
  /** Processor time of all threads of all processes, those inside of the codecs and the driver among them. */
  readonly allMs: number;
}

/** Is called when a frame is done. */
export type OnFrame = () => void;

/** What a part did. */
export interface PartResult {
  readonly frames: number;
  readonly codecs?: CodecTime;
}

export type PartWork = (onFrame: OnFrame) => Promise<PartResult>;

/** Milliseconds that the calling thread had a processor so far. */
function processorTime(): number | undefined {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return undefined; // another system than Linux
  }
}

const now = () => ({
  at: performance.now(),
  loop: performance.eventLoopUtilization(),
  processor: processorTime(),
  all: process.cpuUsage(),
});

/** Runs a part of the work and times it, the first frame apart. */
export async function timePart(work: PartWork) {
  const began = performance.now();
  let first: ReturnType<typeof now> | undefined;
  const { frames, codecs } = await work(() => {
    first ??= now();
  });
  if (!first || frames < 2) throw new Error(`timePart: ${frames} frames, expected at least 2`);
  const count = frames - 1;
  const msPerFrame = (performance.now() - first.at) / count;
  const processor = processorTime();
  const { user, system } = process.cpuUsage(first.all);
  return {
    frames,
    firstMs: first.at - began,
    msPerFrame,
    framesPerSecond: 1000 / msPerFrame,
    threadMs: performance.eventLoopUtilization(first.loop).active / count,
    ...(processor !== undefined &&
      first.processor !== undefined && { processorMs: (processor - first.processor) / count }),
    ...(codecs && { decodingMs: codecs.reading / count, encodingMs: codecs.writing / count }),
    allMs: ((user + system) / 1000 + (codecs?.processor ?? 0)) / count,
  };
}
