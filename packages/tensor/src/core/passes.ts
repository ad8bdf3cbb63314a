/** @file How passes that treat every element alike are shared out among invocations: the variants of the family. */
import { Family, type Gpu, type KernelChoice, linearGrid, type Variant } from '@visage/gpu';

const RESIDENT = 2048; // invocations that a processor of a large GPU runs at a time
const MOST_TURNS = 4;
const [SMALL, LARGE] = [64, 256]; // invocations of a workgroup

/** What a pass makes. */
interface PassProblem {
  /** Vectors, or elements where they do not come in fours. */
  readonly count: number;
  /** Bytes of one of them as the result stores it: the fewer, the more loads an invocation has in flight. Casts go by four f16, whatever their types are. */
  readonly bytes: number;
}

/** Workgroups of WG invocations, each of which takes TURNS vectors that lie WG apart. */
interface Pass {
  readonly constants: { readonly WG: number; readonly TURNS: number };
  readonly grid: [number, number, number];
}

interface PassVariant extends Variant<PassProblem> {
  plan(problem: PassProblem, gpu: Gpu): Pass;
}

const passOf = (count: number, workgroup: number, turns: number): Pass => ({
  constants: { WG: workgroup, TURNS: turns },
  grid: linearGrid(Math.ceil(count / (workgroup * turns))),
});

/**
 * Several loads in flight for each invocation, and few workgroups: an H200 starts about one in a nanosecond, so that workgroups of 64 which move half a kilobyte
 * each would stay below 2 TB/s whatever the memory can do.
 */
const several: PassVariant = {
  name: 'several each',
  admits: (_, { adapter }) => !adapter.software || 'a software adapter runs invocations one after the other',
  plan({ count, bytes }, { profile }) {
    const wanted = Math.min(MOST_TURNS, 32 / bytes, count / (profile.processors * RESIDENT));
    return passOf(count, LARGE, 2 ** Math.max(0, Math.floor(Math.log2(wanted))));
  },
};

const single: PassVariant = {
  name: 'one each',
  plan: ({ count }) => passOf(count, SMALL, 1),
};

/** Invocations of a workgroup, for kernels that share out their elements themselves. */
export const workgroupFor = ({ adapter }: Gpu): number => (adapter.software ? SMALL : LARGE);

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
