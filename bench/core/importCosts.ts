/** @file What an import costs: transfers and submissions of the GPU, time of the processor, time for each step. */
import { performance } from 'node:perf_hooks';
import type { Gpu } from '@visage/gpu';
import type { Face, FaceSource, GpuPicture, Picture } from '@visage/photos';

type Pictures = readonly (Picture | GpuPicture)[];

/** Milliseconds or numbers for each picture. */
export type ImportCosts = Readonly<Record<string, number>>;

type WriteBytes = (buffer: GPUBuffer, at: number, data: ArrayBufferView, from?: number, length?: number) => undefined;

const MAP_READ = 0x01;

const nothing = () => ({
  faces: 0,
  'kernels compiled': 0,
  submits: 0,
  readbacks: 0,
  uploads: 0,
  'bytes read': 0,
  'bytes uploaded': 0,
});

/** Counts what goes to a device and comes back from it, and how long its results are waited for. */
export class ImportCounters {
  #counts = nothing();
  #times = { find: 0, describe: 0 };
  #cpu = process.cpuUsage();
  #loop = performance.eventLoopUtilization();
  #began = performance.now();

  constructor({ device }: Gpu) {
    const { queue } = device as { queue: Pick<GPUQueue, 'submit'> & { writeBuffer: WriteBytes } };
    const [submit, write, create] = [
      queue.submit.bind(queue),
      queue.writeBuffer.bind(queue),
      device.createBuffer.bind(device),
    ];
    queue.submit = (commands) => {
      this.#counts.submits++;
      return submit(commands);
    };
    queue.writeBuffer = (buffer, at, data, offset, length) => {
      this.#counts.uploads++;
      this.#counts['bytes uploaded'] += length ?? data.byteLength;
      return write(buffer, at, data, offset, length);
    };
    const [compile, compileAsync] = [
      device.createComputePipeline.bind(device),
      device.createComputePipelineAsync.bind(device),
    ];
    device.createComputePipeline = (descriptor) => {
      this.#counts['kernels compiled']++;
      return compile(descriptor);
    };
    device.createComputePipelineAsync = (descriptor) => {
      this.#counts['kernels compiled']++;
      return compileAsync(descriptor);
    };
    device.createBuffer = (descriptor) => {
      if (descriptor.usage & MAP_READ) {
        this.#counts.readbacks++;
        this.#counts['bytes read'] += descriptor.size;
      }
      return create(descriptor);
    };
  }

  /** A source that is timed. */
  timed(source: FaceSource): FaceSource {
    const during = async <T>(step: 'find' | 'describe', work: Promise<T>): Promise<T> => {
      const began = performance.now();
      return work.finally(() => {
        this.#times[step] += performance.now() - began;
      });
    };
    return {
      batch: source.batch,
      findAll: (pictures: Pictures, options) => during('find', source.findAll(pictures, options)),
      describeAll: (pictures: Pictures, faces: readonly (readonly Pick<Face, 'points'>[])[]) => {
        this.#counts.faces += faces.flat().length;
        return during('describe', source.describeAll(pictures, faces));
      },
    };
  }

  /** Begins to count. */
  begin(): void {
    this.#counts = nothing();
    this.#times = { find: 0, describe: 0 };
    this.#cpu = process.cpuUsage();
    this.#loop = performance.eventLoopUtilization();
    this.#began = performance.now();
  }

  /** What was counted since, for each of `pictures`. */
  costs(pictures: number): ImportCosts {
    const { user, system } = process.cpuUsage(this.#cpu);
    const { active } = performance.eventLoopUtilization(this.#loop);
    const wall = performance.now() - this.#began;
    const all = {
      'ms of wall clock': wall,
      'ms of processors, all threads': (user + system) / 1000,
      'ms of main thread, busy': active,
      'ms from asking for faces to having them': this.#times.find,
      'ms from asking for descriptors to having them': this.#times.describe,
      ...this.#counts,
    };
    return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, value / pictures]));
  }
}

/** Milliseconds of processors that a step takes for each item. */
export async function alone<T>(items: readonly T[], step: (item: T) => Promise<unknown>): Promise<number> {
  for (const item of items.slice(0, 2)) await step(item);
  const began = process.cpuUsage();
  for (const item of items) await step(item);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000 / items.length;
}
