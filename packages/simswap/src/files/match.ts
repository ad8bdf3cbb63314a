/** @file Which entry of a file is which parameter of a network. */
import { FileError, type FileTensor, type OnnxGraph, type PassedOver, type WeightFile } from '@visage/nn';
import { sameShape, showShape } from '@visage/tensor/kernels';
import type { Entries } from './kinds.ts';

/** How the entries of a file and the parameters of a network correspond. */
export interface Match {
  /** What stands in front of the network's names in the file, such as `module.`. */
  readonly prefix: string;
  /** Parameters that the file has, in the network's order. */
  readonly mapped: ReadonlyMap<string, FileTensor>;
  /** Entries that carry nothing the network needs: counters of batches, norms that the published code never applies, a classifier. */
  readonly ignored: readonly string[];
  /** Entries of the file that lie outside of the prefix. */
  readonly outside: readonly string[];
  readonly missing: readonly string[];
  /** `name [got] instead of [expected]`. */
  readonly misshapen: readonly string[];
  /** Weights for which the network has no place: the file is of another network. */
  readonly unexpected: readonly string[];
  /** Objects beside the network that a PyTorch file holds: nothing in them was read or run. */
  readonly passedOver: readonly PassedOver[];
}

const FLOATING = ['F32', 'F16', 'BF16', 'F64'];

/**
 * The prefix under which most of the names occur, for files that keep a network below other keys.
 *
 * @throws FileError when two networks in the file fit equally well.
 */
export function findPrefix(file: WeightFile, names: Iterable<string>): string {
  const wanted = new Set(names);
  const counts = new Map<string, number>();
  for (const name of file.tensors.keys()) {
    for (let at = 0; ; ) {
      if (wanted.has(name.slice(at))) counts.set(name.slice(0, at), (counts.get(name.slice(0, at)) ?? 0) + 1);
      const dot = name.indexOf('.', at);
      if (dot < 0) break;
      at = dot + 1;
    }
  }
  const most = Math.max(0, ...counts.values());
  const best = [...counts].filter(([, count]) => count === most).map(([prefix]) => prefix);
  if (best.length > 1) {
    const shown = best.map((prefix) => JSON.stringify(prefix.replace(/\.$/, ''))).join(', ');
    throw new FileError(file.source, `holds several networks that fit, under ${shown}; choose one (--prefix)`);
  }
  return best[0] ?? '';
}

/** The entries below a prefix, without it. */
export function entriesBelow(file: WeightFile, prefix: string): Map<string, FileTensor> {
  const below = [...file.tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(below.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

/** Compares the entries of a file below a prefix with what a network needs. */
export function matchEntries(file: WeightFile, prefix: string, graph: OnnxGraph, beyond?: RegExp): Match {
  const entries: Entries = entriesBelow(file, prefix);
  const mapped = new Map<string, FileTensor>();
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const [name, shape] of graph.parameters) {
    const tensor = entries.get(name);
    if (!tensor) missing.push(name);
    else if (!sameShape(tensor.shape, shape))
      misshapen.push(`${name} ${showShape(tensor.shape)} instead of ${showShape(shape)}`);
    else if (!FLOATING.includes(tensor.dtype)) misshapen.push(`${name} of ${tensor.dtype} instead of a float type`);
    else mapped.set(name, tensor);
  }
  const others = [...entries].filter(([name]) => !graph.parameters.has(name));
  const [within, beside] = objectsIn(file, prefix, graph);
  const harmless = ([name, { shape }]: readonly [string, FileTensor]) => shape.length <= 1 || beyond?.test(name);
  return {
    prefix,
    mapped,
    ignored: others.filter(harmless).map(([name]) => name),
    outside: [...file.tensors.keys()].filter((name) => !name.startsWith(prefix)),
    missing,
    misshapen,
    unexpected: [
      ...others.filter((entry) => !harmless(entry)).map(([name, { shape }]) => `${name} ${showShape(shape)}`),
      ...within.map(({ name, type }) => `${name.slice(prefix.length)}, which is no tensor but of ${type}`),
    ],
    passedOver: beside,
  };
}

/**
 * The objects in a file that are no tensors: those within the network, which could be weights in a form that is not read, and those beside it.
 *
 * Without a prefix, the network is what lies below the first parts of its parameters' names.
 */
function objectsIn(
  { passedOver = [] }: WeightFile,
  prefix: string,
  graph: OnnxGraph,
): [within: PassedOver[], beside: PassedOver[]] {
  const head = (name: string): string => name.split('.')[0] as string;
  const heads = new Set([...graph.parameters.keys()].map(head));
  const isWithin = ({ name }: PassedOver) => (prefix === '' ? heads.has(head(name)) : name.startsWith(prefix));
  return [passedOver.filter(isWithin), passedOver.filter((each) => !isWithin(each))];
}

/** How many entries are in the way of an import. */
export const problemCount = ({ missing, misshapen, unexpected }: Match): number =>
  missing.length + misshapen.length + unexpected.length;
