/** @file Checkpoints of a training run: every tensor of its state and a JSON value, in one safetensors file. */
import { ArgumentError, checkOptions, parseJson, takeSnapshot } from '@visage/gpu';
import type { HostArray, Tensor } from '@visage/tensor';
import { DTYPES, sameShape, showShape } from '@visage/tensor/kernels';
import { fileShape, fromFileOrder } from '../core/layouts.ts';
import { Module } from '../core/module.ts';
import { CheckpointContent, FILE_DTYPES, type FileOrdered } from './content.ts';
import { FileError } from './header.ts';
import { type FilePlan, planSafetensors, type SafetensorsFile } from './safetensors.ts';
import { DESCRIPTION, describe, type NetworkDescription } from './weights.ts';

/**
 * The tensors of a run by group: networks and their averages as modules, optimizers and random counters as maps of live
 * tensors (`optimizer.stateDict()`). Entries of the file are called `group/name`.
 */
export type CheckpointGroups = Readonly<Record<string, Module | ReadonlyMap<string, Tensor>>>;

/** What {@link snapshotCheckpoint} writes beside the tensors. */
export interface CheckpointOptions extends NetworkDescription {
  /** Step, data position, recipe: plain JSON, given back by {@link checkpointState}. */
  readonly state: unknown;
}

function planOf(op: string, groups: CheckpointGroups, options: CheckpointOptions): FilePlan<FileOrdered> {
  checkOptions(op, options, { ...DESCRIPTION, state: true });
  const bad = Object.keys(groups).find((group) => group === '' || group.includes('/'));
  if (bad !== undefined) throw new ArgumentError(op, 'group', `'${bad}'`, 'a name without slashes');
  const listed: FileOrdered[] = [];
  for (const [group, members] of Object.entries(groups)) {
    const entries =
      members instanceof Module
        ? members.state()
        : new Map([...members].map(([name, tensor]) => [name, { tensor, layout: 'plain' as const }]));
    for (const [name, { tensor, layout }] of entries) {
      const shape = fileShape(tensor.shape, layout);
      listed.push({ name: `${group}/${name}`, dtype: FILE_DTYPES[tensor.dtype], shape, tensor, layout });
    }
  }
  return planSafetensors(listed, { ...describe(options), state: JSON.stringify(options.state) });
}

/**
 * A checkpoint of this moment that is read and written later, while the run goes on: all tensors are copied on the
 * device behind everything that was issued before the call, whatever is launched after it.
 *
 * Modules lie in the file under PyTorch's names and layouts, so that `loadModule(module, file, { prefix: 'generator/'
 * })` takes a single network out of it; other tensors lie as they are.
 *
 * @returns when the device has had the memory for the copies; dispose it.
 * @throws OutOfMemoryError when it had not: use {@link liveCheckpoint} then.
 */
export const snapshotCheckpoint = (groups: CheckpointGroups, options: CheckpointOptions): Promise<CheckpointContent> =>
  snapshotFor('snapshotCheckpoint', groups, options);

/** The snapshot of {@link snapshotCheckpoint}, whose errors name `op`. */
async function snapshotFor(
  op: string,
  groups: CheckpointGroups,
  options: CheckpointOptions,
): Promise<CheckpointContent> {
  const plan = planOf(op, groups, options);
  const [first] = plan.entries;
  if (!first) throw new ArgumentError(op, 'groups', 'empty', 'at least one tensor');
  const buffers = plan.entries.map(({ tensor }) => tensor.tensor.buffer);
  const snapshot = await takeSnapshot(first.tensor.tensor.gpu, buffers);
  return new CheckpointContent(plan, snapshot.parts, () => snapshot.dispose());
}

/**
 * As {@link snapshotCheckpoint}, without copies on the device. Nothing may change the tensors until it has been poured.
 */
export function liveCheckpoint(groups: CheckpointGroups, options: CheckpointOptions): CheckpointContent {
  const plan = planOf('liveCheckpoint', groups, options);
  return new CheckpointContent(
    plan,
    plan.entries.map(({ tensor }) => tensor.tensor.buffer),
    () => {},
  );
}

/**
 * Bytes of a checkpoint, see {@link snapshotCheckpoint}: of the moment of the call, whatever is launched while they are
 * read.
 *
 * @throws ArgumentError when a value is infinite or not a number: no run could go on from it.
 */
export async function saveCheckpoint(groups: CheckpointGroups, options: CheckpointOptions): Promise<Uint8Array> {
  return (await snapshotFor('saveCheckpoint', groups, options)).collect();
}

/**
 * The JSON state that a checkpoint was saved with.
 *
 * @throws FileError when the file is no checkpoint.
 */
export function checkpointState(file: SafetensorsFile): unknown {
  if (file.metadata.state === undefined)
    throw new FileError(file.source, 'is no training checkpoint: its metadata has no state');
  try {
    return parseJson(file.metadata.state);
  } catch {
    throw new FileError(file.source, 'the training state in its metadata is not JSON');
  }
}

/**
 * Writes the tensors of a checkpoint into those of `groups`, bit for bit. Either all are written or, on an error, none.
 *
 * @throws FileError that names the first entry which is missing, or differs in shape or type, or which no group has, or
 * which holds a value that is not finite, or a negative variance, mean of squares or loss scale.
 */
export function restoreCheckpoint(groups: CheckpointGroups, file: SafetensorsFile): void {
  const writes: { tensor: Tensor; values: HostArray }[] = [];
  const expected = new Set<string>();
  const take = (name: string, tensor: Tensor, shape: readonly number[]): HostArray => {
    expected.add(name);
    const entry = file.tensors.get(name);
    if (!entry)
      throw new FileError(file.source, `has no entry '${name}'; it is a checkpoint of another network or recipe`);
    const values = sameShape(entry.shape, shape) ? entry.weights() : undefined;
    if (values instanceof DTYPES[tensor.dtype].host) return values;
    const got = `${entry.dtype}${showShape(entry.shape)}`;
    throw new FileError(file.source, `entry '${name}' is ${got}, the run has ${tensor.dtype}${showShape(shape)}`);
  };
  for (const [group, members] of Object.entries(groups)) {
    if (members instanceof Module) {
      for (const [name, { tensor, layout }] of members.state()) {
        const values = take(`${group}/${name}`, tensor, fileShape(tensor.shape, layout)) as Float32Array;
        writes.push({ tensor, values: fromFileOrder(values, tensor.shape, layout) });
      }
    } else {
      for (const [name, tensor] of members)
        writes.push({ tensor, values: take(`${group}/${name}`, tensor, tensor.shape) });
    }
  }
  const stranger = [...file.tensors.keys()].find((name) => !expected.has(name));
  if (stranger !== undefined)
    throw new FileError(file.source, `has an entry '${stranger}' that this run does not have`);
  for (const { tensor, values } of writes) tensor.write(values);
}
