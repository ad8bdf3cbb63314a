import { type Constant, linearGrid } from '@visage/gpu';
import { optimUpdate } from '@visage/kernels';
import type { Tensor } from '@visage/tensor';

const WORKGROUP = 256;

/** An elementwise change of tensors in place, the same for many sets of tensors. */
export interface Update {
  /** Shown in profiles. */
  readonly name: string;
  /** WGSL of `fn change(v : ptr<function, array<V, COUNT>>)`; see kernels/optim/update.wgsl. */
  readonly rule: string;
  readonly constants?: Readonly<Record<string, Constant>>;
  /** How many tensors of a set change; they come first. */
  readonly written: number;
  /** Small tensors that the rule reads at each run, by their names there. */
  readonly scalars: Readonly<Record<string, Tensor>>;
  /** Nothing changes if the gradients of a scaled loss overflowed. */
  readonly scaling?: Scaling;
  /** Which tensor of a set is a gradient: with `scaling` it is divided by the loss scale. */
  readonly gradient?: number;
}

/** What an update has to know of a loss that was scaled. */
export interface Scaling {
  /** The factor of the loss, f32 [1]; none if the gradients were divided by it already. */
  readonly lossScale?: Tensor;
  /** Not 0 if some gradient is infinite or not a number, u32 [1]. */
  readonly found: Tensor;
}

/** All small tensors that an update reads, by name: no more than its kernel uses. */
function scalarsOf({ scalars, scaling, gradient }: Update): Readonly<Record<string, Tensor>> {
  if (!scaling) return scalars;
  const flag = { ...scalars, found: scaling.found };
  return gradient === undefined || !scaling.lossScale ? flag : { ...flag, loss_scale: scaling.lossScale };
}

/**
 * Applies an update to sets of tensors; those of a set are of one size.
 *
 * As many sets as the device has bindings for share a launch: a small network has a hundred parameters, and a launch costs more than most of them.
 */
export function launchInPlace(update: Update, sets: readonly (readonly Tensor[])[]): void {
  const first = sets[0]?.[0];
  if (!first) return;
  const bindings = first.gpu.device.limits.maxStorageBuffersPerShaderStage - Object.keys(scalarsOf(update)).length;
  const perLaunch = Math.max(1, Math.floor(bindings / (sets[0] as readonly Tensor[]).length));
  for (const vector of [true, false]) {
    const alike = sets.filter(([x]) => ((x as Tensor).size % 4 === 0) === vector);
    alike.sort(([a], [b]) => (b as Tensor).size - (a as Tensor).size); // a launch is as long as its longest set
    for (let k = 0; k < alike.length; k += perLaunch) launch(update, alike.slice(k, k + perLaunch), vector);
  }
}

function launch(update: Update, sets: readonly (readonly Tensor[])[], vector: boolean): void {
  const { name, rule, constants } = update;
  const scalars = Object.values(scalarsOf(update));
  const count = (sets[0] as readonly Tensor[]).length;
  const longest = Math.max(...sets.map(([x]) => (x as Tensor).size)) / (vector ? 4 : 1);
  const [x, y] = linearGrid(Math.ceil(longest / WORKGROUP));
  (sets[0] as readonly Tensor[])[0]?.gpu.dispatch({
    program: {
      name: `optim/${name}`,
      aliases: { V: vector ? 'vec4f' : 'f32' },
      constants: { WG: WORKGROUP, COUNT: count, ...constants },
      parts: [bindingCode(update, sets.length, count), rule, optimUpdate],
    },
    buffers: [...sets.flat(), ...scalars].map((tensor) => tensor.buffer),
    grid: [x, y, sets.length],
  });
}

/** Declares all bindings, and `fn update(slot : u32, i : u32)`, which applies the rule to element i of a set. */
function bindingCode(update: Update, sets: number, count: number): string {
  const { written, scaling, gradient } = update;
  const tensors = Array.from({ length: count }, (_, t) => t);
  const declare = (binding: number, access: string, name: string, type: string) =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${name} : array<${type}>;`;
  const numbers = Array.from({ length: sets }, (_, s) => s);
  const cases = numbers.map((s) => {
    const unscaled = (t: number) => (scaling?.lossScale && t === gradient ? ' / loss_scale[0]' : '');
    const values = tensors.map((t) => `x${s}_${t}[i]${unscaled(t)}`).join(', ');
    const stores = tensors.slice(0, written).map((t) => `x${s}_${t}[i] = v[${t}];`);
    return `    case ${s}u: { if (i < arrayLength(&x${s}_0)) { var v = array<V, COUNT>(${values}); change(&v); ${stores.join(' ')} } }`;
  });
  return [
    ...numbers.flatMap((s) =>
      tensors.map((t) => declare(s * count + t, t < written ? 'read_write' : 'read', `x${s}_${t}`, 'V')),
    ),
    ...Object.entries(scalarsOf(update)).map(([name, { dtype }], k) => declare(sets * count + k, 'read', name, dtype)),
    'fn update(slot : u32, i : u32) {',
    ...(scaling ? ['  if (found[0] != 0u) { return; }'] : []),
    '  switch (slot) {',
    ...cases,
    '    default: {}',
    '  }',
    '}',
  ].join('\n');
}
