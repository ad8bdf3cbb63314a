import { ArgumentError, OutOfMemoryError, VisageError } from '../core/errors.ts';
import { nextMoment } from '../core/moments.ts';
import { GpuBuffer } from '../memory/buffer.ts';
import type { Gpu } from './gpu.ts';

const SPACING = 256; // bytes; bindings may begin at multiples of it everywhere
const PREFERRED = 256 * 2 ** 20; // bytes of a buffer that holds copies, unless one of them is larger
const USAGE = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST
const FILTERS = ['out-of-memory', 'validation'] as const;

/** Copies on the device of buffers as they were at one moment, until they are disposed. */
export class Snapshot {
  /** The copies, in the order of the buffers. */
  readonly parts: readonly GpuBuffer[];
  readonly #wholes: readonly GpuBuffer[];
  readonly #gpu: Gpu;

  constructor(gpu: Gpu, parts: readonly GpuBuffer[], wholes: readonly GpuBuffer[]) {
    this.#gpu = gpu;
    this.parts = parts;
    this.#wholes = wholes;
  }

  /** Bytes of device memory. They do not count in {@link Gpu.memory}, because they never belong to its pool. */
  get bytes(): number {
    return this.#wholes.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Gives the memory back. Transfers that were issued before stay valid. */
  dispose(): void {
    this.#gpu.flush();
    for (const part of this.parts) part.markReleased();
    for (const whole of this.#wholes) whole.detach()?.destroy();
  }
}

/** A buffer of copies, and what goes into it. */
interface Plan {
  bytes: number;
  readonly from: { readonly at: number; readonly buffer: GpuBuffer; readonly offset: number }[];
}

function planOf(gpu: Gpu, buffers: readonly GpuBuffer[]): Plan[] {
  const most = Math.min(PREFERRED, gpu.device.limits.maxBufferSize);
  const plans: Plan[] = [];
  for (const [at, buffer] of buffers.entries()) {
    const bytes = Math.ceil(buffer.bytes / SPACING) * SPACING;
    let plan = plans.at(-1);
    if (!plan || plan.bytes + bytes > most) {
      plan = { bytes: 0, from: [] };
      plans.push(plan);
    }
    plan.from.push({ at, buffer, offset: plan.bytes });
    plan.bytes = Math.min(plan.bytes + bytes, Math.max(most, buffer.bytes));
  }
  return plans;
}

/**
 * Copies buffers on the device, as they are after everything that was issued before the call, whatever is launched
 * after it. Failed launches that a buffer depends on are thrown when its copy is read.
 *
 * @returns when the device has reported that it had the memory.
 * @throws OutOfMemoryError if it had not; nothing else is affected. ArgumentError if a buffer lies on another device,
 * VisageError while a step is being traced or if a buffer has no memory.
 */
export async function takeSnapshot(gpu: Gpu, buffers: readonly GpuBuffer[]): Promise<Snapshot> {
  for (const buffer of buffers) {
    gpu.checkReadable('takeSnapshot', buffer);
    if ((buffer.home ?? gpu) !== gpu)
      throw new ArgumentError('takeSnapshot', 'buffers', `one on ${buffer.home?.name}`, `all on ${gpu.name}`);
  }
  gpu.flush();
  const plans = planOf(gpu, buffers);
  for (const filter of FILTERS) gpu.device.pushErrorScope(filter);
  const wholes = plans.map(
    ({ bytes }) => new GpuBuffer(bytes, gpu.device.createBuffer({ size: bytes, usage: USAGE }), gpu),
  );
  const reports = FILTERS.map(() => gpu.device.popErrorScope());
  const parts: GpuBuffer[] = new Array(buffers.length);
  const encode = (encoder: GPUCommandEncoder): void => {
    for (const [k, { from }] of plans.entries()) {
      const whole = wholes[k] as GpuBuffer;
      whole.changed(nextMoment());
      for (const { at, buffer, offset } of from) {
        parts[at] = whole.part(offset, buffer.bytes);
        const memory = buffer.resource as GPUBuffer;
        encoder.copyBufferToBuffer(memory, buffer.offset, whole.resource as GPUBuffer, offset, buffer.bytes);
      }
    }
  };
  let refused: VisageError | undefined;
  const settle = (failure?: VisageError): void => {
    refused = failure && gpu.faults.reported(failure);
    for (const [k, { from }] of plans.entries())
      for (const { buffer } of from) if (buffer.failure) (wholes[k] as GpuBuffer).spoil(buffer.failure);
  };
  gpu.stream.submit(encode, settle, (message) => new VisageError(`takeSnapshot: ${message}`));
  const snapshot = new Snapshot(gpu, parts, wholes);
  const { settled } = gpu.stream;
  const heard = await Promise.all(reports).catch(() => []); // a lost device rejects
  await settled;
  gpu.faults.checkLost();
  const problem = heard.find((error) => error !== null);
  if (!problem && !refused) return snapshot;
  const { bytes } = snapshot;
  snapshot.dispose();
  if (!problem) throw refused;
  throw new OutOfMemoryError(
    `takeSnapshot: the device gave no memory for copies of ${(bytes / 2 ** 20).toFixed(1)} MiB (${problem.message}); dispose() what is not needed`,
  );
}
