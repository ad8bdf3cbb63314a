/** @file Modules to and from safetensors, under the published names and layouts of PyTorch. */
import { checkOneOf, checkOptions, type OptionKeys, parseJson } from '@visage/gpu';
import { sameShape, showShape, sizeOf } from '@visage/tensor/kernels';
import { bounded } from '../core/initialisers.ts';
import { fileShape, fromFileOrder, toFileOrder } from '../core/layouts.ts';
import type { Module } from '../core/module.ts';
import { checkStored, halfWeights } from './half.ts';
import { FileError } from './header.ts';
import {
  type FileTensor,
  type HostTensor,
  readSafetensors,
  type SafetensorsFile,
  writeSafetensors,
} from './safetensors.ts';

/** The network whose values a weight file holds, as its metadata describes it. */
export interface NetworkDescription {
  /** For instance `simswap-generator`. */
  readonly architecture: string;
  /** Whatever rebuilds the network: widths, numbers of blocks, heads. Plain JSON. */
  readonly config: unknown;
}

/** Options of {@link saveModule}. */
export interface SaveOptions extends NetworkDescription {
  /**
   * Element type in the file. `f16` halves the size and rounds; running variances keep f32, since f16 ends at 65504.
   */
  readonly storage?: 'f32' | 'f16';
  /** Further metadata entries. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Options of {@link loadModule}. */
export interface LoadOptions {
  /** The architecture that the module is; a file that names another is refused. */
  readonly architecture?: string;
  /** Entries of the file start with this, for instance `generator/` in a checkpoint; others are left alone. */
  readonly prefix?: string;
  /** What to do with entries that the module does not have. */
  readonly unexpected?: 'error' | 'ignore';
  /** Entries of the module, by the start of their names, that the file may lack; they keep their values. */
  readonly optional?: readonly string[];
}

/** What a {@link NetworkDescription} has. */
export const DESCRIPTION: OptionKeys<NetworkDescription> = { architecture: true, config: true };
const SAVE_OPTIONS: OptionKeys<SaveOptions> = { ...DESCRIPTION, storage: true, metadata: true };
const LOAD_OPTIONS: OptionKeys<LoadOptions> = { architecture: true, prefix: true, unexpected: true, optional: true };

/**
 * Bytes of a safetensors file with the parameters and buffers of `module`, under the names and layouts that PyTorch has
 * for them.
 *
 * @throws VisageError with `storage: 'f16'` for a value that is not finite, or becomes infinite in float16; it names
 * tensor and place.
 */
export async function saveModule(module: Module, options: SaveOptions): Promise<Uint8Array> {
  checkOptions('saveModule', options, SAVE_OPTIONS);
  checkOneOf('saveModule', 'storage', options.storage ?? 'f32', ['f32', 'f16']);
  return writeSafetensors(await moduleToHost(module, options.storage), { ...options.metadata, ...describe(options) });
}

/** The metadata entries that describe a network. */
export const describe = ({ architecture, config }: NetworkDescription): Record<string, string> => ({
  architecture,
  config: JSON.stringify(config),
});

/**
 * The architecture and configuration that a file names, or `undefined` when it names none.
 *
 * @throws FileError when the configuration is not JSON.
 */
export function networkDescription(file: SafetensorsFile): NetworkDescription | undefined {
  const { architecture, config } = file.metadata;
  if (architecture === undefined) return undefined;
  try {
    return { architecture, config: config === undefined ? undefined : parseJson(config) };
  } catch {
    throw new FileError(file.source, 'the network configuration in its metadata is not JSON');
  }
}

/**
 * Builds networks whose sizes a file names, for instance by {@link networkDescription}.
 *
 * @throws FileError, before anything large is allocated, when the file cannot hold the weights of such networks.
 */
export function buildFor<T>(file: SafetensorsFile, build: () => T): T {
  const held = [...file.tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const refuse = () => new FileError(file.source, `names larger networks than the ${held} values in it can fill`);
  return bounded(held, refuse, build);
}

/**
 * Reads the state of a module to the host, in file layout; all of it is of the moment of the call, as the copies are
 * issued before the first is waited for.
 */
export async function moduleToHost(module: Module, storage: 'f32' | 'f16' = 'f32'): Promise<Map<string, HostTensor>> {
  const reads = [...module.state()].map(async ([name, { tensor, layout, kind }]): Promise<[string, HostTensor]> => {
    const values = toFileOrder(await tensor.floats(), tensor.shape, layout);
    const shape = fileShape(tensor.shape, layout);
    if (storage === 'f16' && kind === 'parameter')
      return [name, { shape, values: halfWeights('saveModule', name, shape, values) }];
    if (storage === 'f16') checkStored('saveModule', name, shape, values);
    return [name, { shape, values }];
  });
  return new Map(await Promise.all(reads));
}

/**
 * Writes the values of a file into the parameters and buffers of `module`. Either all are written or, on an error,
 * none.
 *
 * `num_batches_tracked` entries of PyTorch are ignored. f16 and bf16 values are widened.
 *
 * @param file what {@link readSafetensors} gave, or the bytes of a file.
 * @throws FileError that lists missing, unexpected and misshapen entries and says what the file seems to hold; or that
 * names a value which is not finite, or a variance below zero.
 */
export function loadModule(module: Module, file: SafetensorsFile | Uint8Array, options: LoadOptions = {}): void {
  checkOptions('loadModule', options, LOAD_OPTIONS);
  checkOneOf('loadModule', 'unexpected', options.unexpected ?? 'error', ['error', 'ignore']);
  const opened = file instanceof Uint8Array ? readSafetensors(file) : file;
  const named = networkDescription(opened)?.architecture;
  if (options.architecture !== undefined && named !== undefined && named !== options.architecture) {
    throw new FileError(
      opened.source,
      `holds a network of architecture '${named}', expected '${options.architecture}'`,
    );
  }
  const entries = entriesUnder(opened, options.prefix ?? '');
  const held = [...module.state()].filter(
    ([name]) => entries.has(name) || !options.optional?.some((start) => name.startsWith(start)),
  );
  const problems = mismatches(new Map(held), entries, options.unexpected ?? 'error');
  if (problems.length > 0) {
    const expected = options.architecture ? ` of '${options.architecture}'` : '';
    throw new FileError(
      opened.source,
      `is not a weight file${expected} of this size: ${problems.join('; ')}. ${summary(opened, entries)}`,
    );
  }
  const decoded = held.map(([name, { tensor, layout }]) => {
    const values = (entries.get(name) as FileTensor).weights('f32');
    return { tensor, values: fromFileOrder(values, tensor.shape, layout) };
  });
  for (const { tensor, values } of decoded) tensor.write(values);
}

function entriesUnder(file: SafetensorsFile, prefix: string): Map<string, FileTensor> {
  const out = new Map<string, FileTensor>();
  for (const [name, tensor] of file.tensors) {
    if (name.startsWith(prefix) && !name.endsWith('num_batches_tracked')) out.set(name.slice(prefix.length), tensor);
  }
  return out;
}

function mismatches(
  state: ReturnType<Module['state']>,
  entries: ReadonlyMap<string, FileTensor>,
  unexpected: 'error' | 'ignore',
): string[] {
  const missing = [...state.keys()].filter((name) => !entries.has(name));
  const extra = unexpected === 'error' ? [...entries.keys()].filter((name) => !state.has(name)) : [];
  const misshapen: string[] = [];
  for (const [name, { tensor, layout }] of state) {
    const have = entries.get(name);
    const want = fileShape(tensor.shape, layout);
    if (have && !sameShape(have.shape, want))
      misshapen.push(`${name} ${showShape(have.shape)} instead of ${showShape(want)}`);
  }
  return [...list('missing', missing), ...list('unexpected', extra), ...list('misshapen', misshapen)];
}

const LISTED = 4;

function list(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return [`${what} ${names.slice(0, LISTED).join(', ')}${more}`];
}

/** What a file seems to hold, for error messages. */
function summary(file: SafetensorsFile, entries: ReadonlyMap<string, FileTensor>): string {
  const named = file.metadata.architecture;
  if (named !== undefined)
    return `The file calls itself '${named}' with configuration ${file.metadata.config ?? 'unknown'}`;
  const first = [...entries].find(([name]) => name.endsWith('weight'));
  const example = first ? `, the first weight being ${first[0]} ${showShape(first[1].shape)}` : '';
  return `The file names no architecture; it has ${entries.size} entries${example}`;
}
