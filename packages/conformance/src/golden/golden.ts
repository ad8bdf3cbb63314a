import { parseJson, VisageError } from '@visage/gpu';
import type { SafetensorsFile } from '@visage/nn';
import type { HostArray } from '@visage/tensor';

/** One golden case: the op to compute, and the names of its inputs, parameters and expected results in the file. */
export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly in: readonly string[];
  readonly param: readonly string[];
  readonly out: readonly string[];
  /** Inputs and parameters whose expected gradient `d_<name>` is stored. */
  readonly grad: readonly string[];
}

/** A stored tensor, in PyTorch's layouts: images NCHW, conv weights OIHW, linear weights [out, in]. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: HostArray;
}

/** A golden file: its cases, and its tensors under the names `<case>/<tensor>`. */
export interface GoldenFile {
  readonly cases: readonly GoldenCase[];
  readonly tensors: ReadonlyMap<string, GoldenTensor>;
}

/** Access to the tensors of one case by their short names. */
export class CaseTensors {
  constructor(
    readonly golden: GoldenCase,
    private readonly all: ReadonlyMap<string, GoldenTensor>,
  ) {}

  has(name: string): boolean {
    return this.all.has(`${this.golden.name}/${name}`);
  }

  /** @throws VisageError when the file lacks the tensor. */
  get(name: string): GoldenTensor {
    const found = this.all.get(`${this.golden.name}/${name}`);
    if (!found) throw new VisageError(`golden case ${this.golden.name}: the file has no tensor "${name}"`);
    return found;
  }

  /**
   * The names that start with `prefix`, with the prefix removed; for state dicts that are stored as `G.<parameter>`.
   */
  namesUnder(prefix: string): string[] {
    const start = `${this.golden.name}/${prefix}`;
    return [...this.all.keys()].filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  }
}

/**
 * Reads the cases and tensors of a golden file.
 *
 * @throws VisageError when the safetensors file is not a golden file.
 */
export function goldenFile({ source, metadata, tensors }: SafetensorsFile): GoldenFile {
  // Tensors that float16 represents exactly may be stored in it.
  const decoded = [...tensors].map(
    ([name, x]) => [name, { shape: x.shape, data: x.dtype === 'F16' ? x.floats() : x.host() }] as const,
  );
  try {
    return { cases: parseCases(metadata), tensors: new Map(decoded) };
  } catch (error) {
    throw error instanceof VisageError ? new VisageError(`${source}: ${error.message}`) : error;
  }
}

/**
 * Reads the list of cases out of a file's metadata entry `cases`.
 *
 * @throws VisageError when the file is not a golden file.
 */
function parseCases(metadata: Readonly<Record<string, string>>): GoldenCase[] {
  const text = metadata.cases;
  if (text === undefined) throw new VisageError('not a golden file: its metadata has no entry "cases"');
  let list: unknown;
  try {
    list = parseJson(text);
  } catch {
    throw new VisageError('not a golden file: its metadata entry "cases" is not JSON');
  }
  if (!Array.isArray(list) || !list.every(isCase)) {
    throw new VisageError('not a golden file: "cases" is not a list of {name, op, args, in, param, out, grad}');
  }
  return list;
}

function isCase(value: unknown): value is GoldenCase {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  const isNames = (list: unknown) => Array.isArray(list) && list.every((name) => typeof name === 'string');
  return (
    typeof entry.name === 'string' &&
    typeof entry.op === 'string' &&
    typeof entry.args === 'object' &&
    entry.args !== null &&
    ['in', 'param', 'out', 'grad'].every((key) => isNames(entry[key]))
  );
}
