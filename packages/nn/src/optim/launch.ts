import { type GpuBuffer, linearGrid, packedBytes } from '@visage/gpu';
import { optimUpdate } from '@visage/kernels';
import type { Tensor } from '@visage/tensor';
import { bindingCode } from './bindings.ts';
import { scalarsOf, type Update } from './update.ts';

const WORKGROUP = 256;
const VECTOR = 16; // bytes of a vec4f

/**
 * Tensors of one size that an update treats as one set: those that it changes, those that it reads, and last the
 * gradient, if there is one.
 */
export type UpdateSet = readonly Tensor[];

/** Sets whose tensors, except the gradients, follow one another in memory: an update treats them as one long set. */
type Run = UpdateSet[];

/** What a slot of a launch binds. */
interface Slot {
  /** One for each tensor of a set but the gradient. */
  readonly ranges: readonly GpuBuffer[];
  /** One for each set. */
  readonly gradients: readonly GpuBuffer[];
}

/**
 * Applies an update to sets of tensors.
 *
 * A launch costs more time than most of the sets. So sets that are packed share the bindings of all their tensors
 * except the gradients, and each launch takes as many sets as the device has bindings for.
 */
export function launchInPlace(update: Update, sets: readonly UpdateSet[]): void {
  const first = sets[0]?.[0];
  if (!first) return;
  const bindings = first.gpu.device.limits.maxStorageBuffersPerShaderStage - Object.keys(scalarsOf(update)).length;
  const loose = sets.filter((set) => !isPacked(update, set));
  loose.sort(([a], [b]) => (b as Tensor).size - (a as Tensor).size); // a launch is as long as its longest set
  const divides = ([x]: UpdateSet) => (x as Tensor).size % 4 === 0;
  const groups = [
    { some: sets.filter((set) => isPacked(update, set)), vector: true },
    { some: loose.filter(divides), vector: true },
    { some: loose.filter((set) => !divides(set)), vector: false },
  ];
  for (const { some, vector } of groups)
    for (const runs of sharedOut(update, some, bindings)) launch(update, runs, vector);
}

/** The tensors of a set that are not gradients. */
const stateOf = ({ gradient }: Update, set: UpdateSet): UpdateSet => (gradient ? set.slice(0, -1) : set);

const isPacked = (update: Update, set: UpdateSet): boolean =>
  stateOf(update, set).every(({ buffer }) => buffer !== buffer.whole);

/** Whether each tensor of `set`, except the gradient, lies in memory right behind that of `before`. */
const follows = (update: Update, before: UpdateSet, set: UpdateSet): boolean =>
  stateOf(update, set).every(({ buffer }, k) => {
    const other = (before[k] as Tensor).buffer;
    return buffer.whole === other.whole && buffer.offset === other.offset + packedBytes(other.bytes);
  });

/** Distributes sets, in order, to launches of as many runs as there are bindings for. */
function sharedOut(update: Update, sets: readonly UpdateSet[], bindings: number): Run[][] {
  const launches: Run[][] = [];
  let free = 0;
  for (const set of sets) {
    const runs = launches.at(-1);
    const run = runs?.at(-1);
    const before = run?.at(-1);
    const joined = before && follows(update, before, set) ? run : undefined;
    const needed = joined ? set.length - stateOf(update, set).length : set.length;
    if (!runs || needed > free) {
      launches.push([[set]]);
      free = bindings - set.length;
      continue;
    }
    free -= needed;
    if (joined) joined.push(set);
    else runs.push([set]);
  }
  return launches;
}

function launch(update: Update, runs: readonly Run[], vector: boolean): void {
  const { name, rule, constants } = update;
  const slots = runs.map((run) => slotOf(update, run));
  const [first] = runs.flat() as [UpdateSet];
  const { gpu } = first[0] as Tensor;
  const longest = Math.max(...slots.map(({ ranges }) => (ranges[0] as GpuBuffer).bytes)) / (vector ? VECTOR : 4);
  const [x, y] = linearGrid(Math.ceil(longest / WORKGROUP));
  const gradients = slots.map((slot) => slot.gradients.length);
  gpu.dispatch({
    program: {
      name: `optim/${name}`,
      aliases: { V: vector ? 'vec4f' : 'f32' },
      constants: { WG: WORKGROUP, COUNT: first.length, SPAN: packedBytes(1) / (vector ? VECTOR : 4), ...constants },
      parts: [bindingCode(update, first.length, gradients), rule, optimUpdate],
    },
    buffers: [
      ...slots.flatMap((slot) => [...slot.ranges, ...slot.gradients]),
      ...Object.values(scalarsOf(update)).map(({ buffer }) => buffer),
    ],
    grid: [x, y, slots.length],
  });
}

/**
 * What to bind for a run. Packed tensors are bound as whole vectors of four. The last vector of a gradient may reach
 * past its end, into bytes of another tensor; these are applied to the gap between two packed parameters only.
 */
function slotOf(update: Update, run: Run): Slot {
  const [first, last] = [run[0] as UpdateSet, run.at(-1) as UpdateSet];
  const gradients = update.gradient ? run.map((set) => (set.at(-1) as Tensor).buffer) : [];
  if (!isPacked(update, first)) return { ranges: stateOf(update, first).map(({ buffer }) => buffer), gradients };
  const ranges = stateOf(update, first).map(({ buffer }, k) => {
    const end = (last[k] as Tensor).buffer;
    return buffer.whole.part(buffer.offset, end.offset + packedBytes(end.bytes) - buffer.offset);
  });
  return { ranges, gradients: gradients.map((buffer) => buffer.padded(VECTOR)) };
}
