/** @file Counts what a program asks of the device, and the time that its thread spends in those calls. */
import type { Gpu } from '@visage/gpu';

/** What a piece of work asked of the device. */
export interface DeviceUse {
  readonly launches: number;
  readonly submissions: number;
  readonly writes: number;
  readonly bytesUp: number;
  /** Mapped buffers; where uploads go through mapped buffers too, those are among them. */
  readonly reads: number;
  readonly bytesDown: number;
  /** Mapped buffers, and waits for the queue. */
  readonly waits: number;
  readonly newBuffers: number;
  /** Milliseconds that the thread was inside calls of the device, by the name of the method. */
  readonly callMs: Readonly<Record<string, number>>;
}

type Method = (this: unknown, ...values: unknown[]) => unknown;

/** Counts calls by the name of the method while it is installed. */
class Calls {
  readonly #count = new Map<string, number>();
  readonly #ms = new Map<string, number>();
  readonly #bytes = new Map<string, number>();
  readonly #undo: (() => void)[] = [];

  /** Counts the calls of a method; `bytesOf` says how much memory one moves, by its receiver and arguments. */
  watch(prototype: object, name: string, bytesOf: (self: unknown, values: readonly unknown[]) => number = () => 0) {
    const own = Object.getOwnPropertyDescriptor(prototype, name);
    const method = own?.value as Method | undefined;
    if (!own || !method) throw new Error(`deviceCalls: the device has no method ${name}`);
    const calls = this;
    const counted: Method = function (...values) {
      calls.#add(calls.#count, name, 1);
      calls.#add(calls.#bytes, name, bytesOf(this, values));
      const began = performance.now();
      try {
        return method.apply(this, values);
      } finally {
        calls.#add(calls.#ms, name, performance.now() - began);
      }
    };
    Object.defineProperty(prototype, name, { ...own, value: counted });
    this.#undo.push(() => Object.defineProperty(prototype, name, own));
  }

  count = (name: string): number => this.#count.get(name) ?? 0;
  bytes = (name: string): number => this.#bytes.get(name) ?? 0;
  get ms(): Record<string, number> {
    return Object.fromEntries([...this.#ms].sort(([, a], [, b]) => b - a));
  }

  uninstall(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  #add(to: Map<string, number>, name: string, value: number): void {
    to.set(name, (to.get(name) ?? 0) + value);
  }
}

/** Usages of buffers (WebGPU, GPUBufferUsage). */
const [MAP_READ, MAP_WRITE] = [0x01, 0x02];
const prototypeOf = (value: object): object => Object.getPrototypeOf(value) as object;

/** What `copyBufferToBuffer` is asked to copy: with or without offsets. */
function copied(values: readonly unknown[]): {
  readonly from: GPUBuffer;
  readonly to: GPUBuffer;
  readonly bytes: number;
} {
  const from = values[0] as GPUBuffer;
  if (typeof values[1] !== 'number') return { from, to: values[1] as GPUBuffer, bytes: Number(values[2] ?? from.size) };
  return { from, to: values[2] as GPUBuffer, bytes: Number(values[4]) };
}

/** The memory that `writeBuffer` copies: whole views count in bytes, parts of typed arrays in elements. */
function writtenBytes(values: readonly unknown[]): number {
  const [, , data, , size] = values as [unknown, unknown, ArrayBufferView | ArrayBuffer, number?, number?];
  const unit = 'BYTES_PER_ELEMENT' in data ? Number(data.BYTES_PER_ELEMENT) : 1;
  return size === undefined ? data.byteLength : size * unit;
}

/**
 * Runs `work` and counts what it asks of the device. Counting costs about a tenth of a microsecond a call.
 *
 * @throws Error on a device whose methods are no methods of its classes, as those of a made-up one.
 */
export async function countCalls(gpu: Gpu, work: () => Promise<unknown>): Promise<DeviceUse> {
  const { device } = gpu;
  const calls = new Calls();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  const buffer = device.createBuffer({ size: 4, usage: 0x08 });
  const [passes, encoders, buffers] = [prototypeOf(pass), prototypeOf(encoder), prototypeOf(buffer)];
  pass.end();
  encoder.finish();
  buffer.destroy();
  let up = 0; // bytes out of buffers that the host writes to
  try {
    for (const name of ['dispatchWorkgroups', 'setPipeline', 'setBindGroup']) calls.watch(passes, name);
    for (const name of ['beginComputePass', 'finish']) calls.watch(encoders, name);
    calls.watch(encoders, 'copyBufferToBuffer', (_, values) => {
      const { from, to, bytes } = copied(values);
      if (from.usage & MAP_WRITE) up += bytes;
      return to.usage & MAP_READ ? bytes : 0;
    });
    for (const name of ['mapAsync', 'getMappedRange', 'unmap', 'destroy']) calls.watch(buffers, name);
    calls.watch(prototypeOf(device.queue), 'writeBuffer', (_, values) => writtenBytes(values));
    for (const name of ['submit', 'onSubmittedWorkDone']) calls.watch(prototypeOf(device.queue), name);
    for (const name of ['createBuffer', 'createBindGroup', 'createCommandEncoder', 'pushErrorScope', 'popErrorScope'])
      calls.watch(prototypeOf(device), name);
    await work();
  } finally {
    calls.uninstall();
  }
  return {
    launches: calls.count('dispatchWorkgroups'),
    submissions: calls.count('submit'),
    writes: calls.count('writeBuffer'),
    bytesUp: calls.bytes('writeBuffer') + up,
    reads: calls.count('mapAsync'),
    bytesDown: calls.bytes('copyBufferToBuffer'),
    waits: calls.count('mapAsync') + calls.count('onSubmittedWorkDone'),
    newBuffers: calls.count('createBuffer'),
    callMs: calls.ms,
  };
}
