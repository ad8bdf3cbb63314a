/** @file How an elementwise pass is spread over threads: the variants of the family, and the sizes of workgroups. */
import { Family, type Gpu, type KernelChoice, linearGrid, type Variant } from '@visage/gpu';

/**
 * Threads of a workgroup, in kernels whose speed does not depend on it. They are whole subgroups on every common GPU.
 */
export const WORKGROUP = 64;

const LARGE_WORKGROUP = 256; // threads
const PROCESSOR_THREADS = 2048; // that a processor of a large GPU runs at a time
const MOST_VECTORS = 4; // of a thread

/**
 * Workgroups that keep almost every processor busy: 97 of 100, which is 128 of the 132 of an H200. Batches and channels
 * often make a power of two of workgroups, and such a launch shall not count as too small for a GPU with a few
 * processors more.
 */
export const nearlyAll = ({ hardware }: Gpu): number => Math.floor(0.97 * hardware.processors);

/** What a pass makes. */
interface PassProblem {
  /** Vectors of four elements, or elements where their number does not divide by 4. */
  readonly count: number;
  /**
   * Bytes of one of them as the result stores it. The fewer they are, the more loads a thread has in flight. Casts
   * count four f16, whatever their types are.
   */
  readonly bytes: number;
}

/** Workgroups of WG threads. Each thread takes VECTORS_PER_THREAD vectors, WG apart from each other. */
interface Pass {
  readonly constants: { readonly WG: number; readonly VECTORS_PER_THREAD: number };
  readonly grid: [number, number, number];
}

interface PassVariant extends Variant<PassProblem> {
  plan(problem: PassProblem, gpu: Gpu): Pass;
}

const passOf = (count: number, workgroup: number, vectors: number): Pass => ({
  constants: { WG: workgroup, VECTORS_PER_THREAD: vectors },
  grid: linearGrid(Math.ceil(count / (workgroup * vectors))),
});

/**
 * Each thread has several loads in flight, so that there are few workgroups. An H200 starts about one workgroup in a
 * nanosecond: workgroups of 64 threads, which move half a kilobyte each, would stay below 2 TB/s whatever the memory
 * can do.
 */
const several: PassVariant = {
  name: 'several each',
  admits: (_, { adapter }) => !adapter.software || 'a software adapter runs threads one after the other',
  plan({ count, bytes }, { hardware }) {
    const wanted = Math.min(MOST_VECTORS, 32 / bytes, count / (hardware.processors * PROCESSOR_THREADS));
    return passOf(count, LARGE_WORKGROUP, 2 ** Math.max(0, Math.floor(Math.log2(wanted))));
  },
};

const single: PassVariant = {
  name: 'one each',
  plan: ({ count }) => passOf(count, WORKGROUP, 1),
};

/** Threads of a workgroup, for kernels that distribute their elements themselves. */
export const workgroupFor = ({ adapter }: Gpu): number => (adapter.software ? WORKGROUP : LARGE_WORKGROUP);

const passes = new Family<PassProblem, PassVariant>({
  name: 'pass',
  variants: [several, single],
  describe: ({ count, bytes }) => `a pass over ${count} vectors of ${bytes} bytes`,
});

/** How a pass that makes `count` vectors of `bytes` each is launched. */
export function planPass(gpu: Gpu, problem: PassProblem): Pass & { readonly choice: KernelChoice } {
  const choice = passes.choose(gpu, problem);
  return { ...choice.variant.plan(problem, gpu), choice };
}
