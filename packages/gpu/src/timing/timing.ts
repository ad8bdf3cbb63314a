import type { Gpu } from '../device/gpu.ts';
import type { BoundCommand } from '../launch/commands.ts';
import { stayedBusy, warmUp } from './warm.ts';

/** How to time. */
export interface TimingOptions {
  /** How many spans are measured for each piece of work; their median is the result. Default 7. */
  readonly rounds?: number;
  /**
   * Each span repeats its work until it takes about so many milliseconds, because the clock is too coarse for one short
   * kernel. Default 1.
   */
  readonly spanMs?: number;
  /**
   * For how many milliseconds a device that was idle works before it is measured; see {@link warmUp}. Default 400, on a
   * software adapter 0.
   */
  readonly warmMs?: number;
}

const MOST_REPEATS = 1000;
const WARM_SPAN_MS = 2; // how long a submission takes while the device is warmed up

/**
 * Milliseconds that the device takes for each piece of work, which is a list of bound commands: the median over
 * interleaved spans.
 *
 * In each round every piece runs once, so that a change of the device's clock or load affects all pieces alike. Spans
 * are measured with GPU timestamps or, where the adapter has none, as the time until a submission is done. Every piece
 * must have run before, because the first run compiles.
 *
 * A device that was idle is brought to its full clock first ({@link warmUp}), by the piece with the longest kernels:
 * they keep the device busy while the host encodes the next.
 */
export async function timeInterleaved(
  gpu: Gpu,
  pieces: readonly (readonly BoundCommand[])[],
  { rounds = 7, spanMs = 1, warmMs }: TimingOptions = {},
): Promise<number[]> {
  if (pieces.length === 0) return [];
  await gpu.sync();
  const measure = gpu.device.features.has('timestamp-query') ? timestampSpans : submitSpans;
  const single = pieces.map((commands) => ({ commands, repeats: 1 }));
  let once = await measure(gpu, single);
  const warmer = warmingSpan(single, once);
  if (await warmUp(gpu, () => submit(gpu.device, warmer), warmMs)) once = await measure(gpu, single);
  const spans = pieces.map((commands, k) => ({
    commands,
    repeats: repeatsFor(spanMs, once[k] as number),
  }));
  const all = Array.from({ length: rounds }, () => spans).flat();
  const times = await measure(gpu, all);
  stayedBusy(gpu);
  return pieces.map((_, k) => median(times.filter((_, at) => at % pieces.length === k)));
}

/** The piece with the longest kernels, repeated until it takes {@link WARM_SPAN_MS}. */
function warmingSpan(single: readonly Span[], once: readonly number[]): Span {
  const perKernel = single.map(({ commands }, k) => (once[k] as number) / Math.max(1, commands.length));
  const at = perKernel.indexOf(Math.max(...perKernel));
  return { commands: (single[at] as Span).commands, repeats: repeatsFor(WARM_SPAN_MS, once[at] as number) };
}

const repeatsFor = (spanMs: number, ms: number): number =>
  Math.max(1, Math.min(MOST_REPEATS, Math.ceil(spanMs / Math.max(1e-4, ms))));

/** The median of a list; of a list with an even number of values, the lower of the two in the middle. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] as number;

interface Span {
  readonly commands: readonly BoundCommand[];
  readonly repeats: number;
}

function encode(pass: GPUComputePassEncoder, { commands, repeats }: Span): void {
  for (let k = 0; k < repeats; k++) {
    for (const { command, group } of commands) {
      pass.setPipeline(command.pipeline.handle);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...command.grid);
    }
  }
}

/** Submits a span by itself: a submission with seconds of work would trigger a browser's watchdog. */
function submit(device: GPUDevice, span: Span, timestampWrites?: GPUComputePassTimestampWrites): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass({ timestampWrites });
  encode(pass, span);
  pass.end();
  device.queue.submit([encoder.finish()]);
}

const MOST_SPANS = 2048; // two timestamps each; WebGPU allows 4096 in a query set

/** Milliseconds per repeat of each span, one compute pass with a timestamp at either end for each. */
async function timestampSpans(gpu: Gpu, spans: readonly Span[]): Promise<number[]> {
  if (spans.length > MOST_SPANS) {
    // Both parts are submitted before the first one is read, so that the device is not idle in between.
    const parts = [spans.slice(0, MOST_SPANS), spans.slice(MOST_SPANS)];
    return (await Promise.all(parts.map((part) => timestampSpans(gpu, part)))).flat();
  }
  const { device } = gpu;
  const count = 2 * spans.length;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = device.createBuffer({ size: 8 * count, usage: 0x200 | 0x04 }); // QUERY_RESOLVE | COPY_SRC
  const staging = device.createBuffer({ size: 8 * count, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
  try {
    for (const [k, span] of spans.entries())
      submit(device, span, { querySet, beginningOfPassWriteIndex: 2 * k, endOfPassWriteIndex: 2 * k + 1 });
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 8 * count);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(1);
    const at = new BigUint64Array(staging.getMappedRange());
    return spans.map(({ repeats }, k) => Number((at[2 * k + 1] as bigint) - (at[2 * k] as bigint)) / 1e6 / repeats);
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
}

/** The same without timestamps: the time from a submission until the queue reports that it is done. */
async function submitSpans({ device }: Gpu, spans: readonly Span[]): Promise<number[]> {
  const times: number[] = [];
  for (const span of spans) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encode(pass, span);
    pass.end();
    const commands = encoder.finish();
    const start = performance.now();
    device.queue.submit([commands]);
    await device.queue.onSubmittedWorkDone();
    times.push((performance.now() - start) / span.repeats);
  }
  return times;
}
