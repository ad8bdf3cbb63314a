/** @file What an import costs: transfers and submissions of the GPU, time of the processor, time for each step. */
import { performance } from 'node:perf_hooks';
import type { Gpu } from '@visage/gpu';
import type { Face, FaceSource, GpuPicture, Picture } from '@visage/photos';

type Pictures = readonly (Picture | GpuPicture)[];

/** Milliseconds or numbers for each picture. */
export type ImportCosts = Readonly<Record<string, number>>;

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

  constructor(gpu: Gpu) {
    const { device } = gpu;
    const [read, write] = [gpu.read.bind(gpu), gpu.write.bind(gpu)];
    gpu.read = (buffer) => {
      this.#counts.readbacks++;
      this.#counts['bytes read'] += buffer.bytes;
      return read(buffer);
    };
    gpu.write = (buffer, data) => {
      this.#counts.uploads++;
      this.#counts['bytes uploaded'] += data.byteLength;
      write(buffer, data);
    };
    const submit = device.queue.submit.bind(device.queue);
    device.queue.submit = (commands) => {
      this.#counts.submits++;
      return submit(commands);
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
