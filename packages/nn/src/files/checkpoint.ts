/** @file Checkpoints of a training run: every tensor of its state and a JSON value, in one safetensors file. */
import { ArgumentError, checkOptions, parseJson } from '@visage/gpu';
import type { HostArray, Tensor } from '@visage/tensor';
import { DTYPES, sameShape, showShape } from '@visage/tensor/kernels';
import { fileShape, fromFileOrder } from '../core/layouts.ts';
import { Module } from '../core/module.ts';
import { FileError } from './header.ts';
import { type HostTensor, type SafetensorsFile, writeSafetensors } from './safetensors.ts';
import { DESCRIPTION, describe, moduleToHost, type NetworkDescription } from './weights.ts';

/**
 * The tensors of a run by group: networks and their averages as modules, optimizers and random counters as maps of live tensors
 * (`optimizer.stateDict()`). Entries of the file are called `group/name`.
 */
export type CheckpointGroups = Readonly<Record<string, Module | ReadonlyMap<string, Tensor>>>;

/** What {@link saveCheckpoint} writes beside the tensors. */
export interface CheckpointOptions extends NetworkDescription {
  /** Step, data position, recipe: plain JSON, given back by {@link checkpointState}. */
  readonly state: unknown;
}

/**
 * Bytes of a checkpoint. Modules lie under PyTorch's names and layouts, so that `loadModule(module, file, { prefix: 'generator/' })`
 * takes a single network out of it; other tensors lie as they are.
 *
 * All tensors are of the moment of the call, whatever is launched while they are read: their copies are issued before the first is waited for.
 *
 * @throws ArgumentError when a value is infinite or not a number: no run could go on from it.
 */
export async function saveCheckpoint(groups: CheckpointGroups, options: CheckpointOptions): Promise<Uint8Array> {
  checkOptions('saveCheckpoint', options, { ...DESCRIPTION, state: true });
  const bad = Object.keys(groups).find((group) => group === '' || group.includes('/'));
  if (bad !== undefined) throw new ArgumentError('saveCheckpoint', 'group', `'${bad}'`, 'a name without slashes');
  const reads = Object.entries(groups).map(async ([group, members]) => {
    const host = await (members instanceof Module ? moduleToHost(members) : tensorsToHost(members));
    return [...host].map(([name, tensor]) => [`${group}/${name}`, tensor] as const);
  });
  const tensors = new Map((await Promise.all(reads)).flat());
  for (const [name, { values }] of tensors) checkFinite(name, values);
  return writeSafetensors(tensors, { ...describe(options), state: JSON.stringify(options.state) });
}

async function tensorsToHost(members: ReadonlyMap<string, Tensor>): Promise<Map<string, HostTensor>> {
  const read = async ([name, tensor]: [string, Tensor]) =>
    [name, { shape: tensor.shape, values: await tensor.data() }] as const;
  return new Map(await Promise.all([...members].map(read)));
}

function checkFinite(name: string, values: HostArray): void {
  if (!(values instanceof Float32Array)) return;
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const hint = 'No run could go on from it; go back to an earlier checkpoint';
  throw new ArgumentError('saveCheckpoint', `element ${at} of '${name}'`, String(values[at]), 'a finite number', hint);
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
 * @throws FileError that names the first entry which is missing, or differs in shape or type, or which no group has, or which holds a value that is not
 * finite, or a negative variance, mean of squares or loss scale.
 */
export function restoreCheckpoint(groups: CheckpointGroups, file: SafetensorsFile): void {
  const writes: { tensor: Tensor; values: HostArray }[] = [];
  const known = new Set<string>();
  const take = (name: string, tensor: Tensor, shape: readonly number[]): HostArray => {
    known.add(name);
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
  const stranger = [...file.tensors.keys()].find((name) => !known.has(name));
  if (stranger !== undefined)
    throw new FileError(file.source, `has an entry '${stranger}' that this run does not have`);
  for (const { tensor, values } of writes) tensor.write(values);
}
