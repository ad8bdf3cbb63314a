/** @file What a PyTorch file may call: the few functions that rebuild tensors and plain containers, each stated here as data. */
import { FileError } from '../header.ts';
import type { PickleRules } from './pickle.ts';
import { PickledTensor, type Storage, storageDType } from './tensors.ts';
import { PickledName, PickledObject } from './values.ts';

type Call = (values: readonly unknown[], source: string) => unknown;

const listOf = ([items = []]: readonly unknown[]): unknown[] | undefined => (Array.isArray(items) ? items : undefined);

/** Python 2 wrote `__builtin__` and `copy_reg`; protocol 2 keeps these names today. */
const CALLS: Readonly<Record<string, Call>> = {
  'torch._utils._rebuild_tensor': (values, source) => PickledTensor.of(values, source),
  'torch._utils._rebuild_tensor_v2': (values, source) => PickledTensor.of(values, source),
  'torch._utils._rebuild_parameter': ([tensor]) => (tensor instanceof PickledTensor ? tensor : undefined),
  'torch.Size': listOf,
  'torch.device': ([name]) => (typeof name === 'string' ? name : undefined),
  'collections.OrderedDict': (values) => dictionary(values),
  'collections.defaultdict': ([, ...values]) => dictionary(values),
  'builtins.set': (values) => setOf(values),
  '__builtin__.set': (values) => setOf(values),
  'builtins.frozenset': (values) => setOf(values),
  '__builtin__.frozenset': (values) => setOf(values),
  'copyreg._reconstructor': (values) => bareObject(values),
  'copy_reg._reconstructor': (values) => bareObject(values),
};

/** A dictionary of the pairs that are given, if any are. */
function dictionary([pairs = []]: readonly unknown[]): Map<unknown, unknown> | undefined {
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) return undefined;
  return new Map(pairs as [unknown, unknown][]);
}

function setOf(values: readonly unknown[]): Set<unknown> | undefined {
  const items = listOf(values);
  return items && new Set(items);
}

/** An object of a class that derives from `object` alone, as protocols 0 and 1 make it. */
const bareObject = ([type]: readonly unknown[]): PickledObject | undefined =>
  type instanceof PickledName ? new PickledObject(type) : undefined;

/** Finds the storage that a persistent id names. */
export type StorageFinder = (key: string, dtype: Storage['dtype'], length: number, view: unknown) => Storage;

/** The rules for the pickles of one file. */
export function torchRules(source: string, findStorage: StorageFinder): PickleRules {
  return {
    call: (name, values) => (Object.hasOwn(CALLS, name) ? (CALLS[name] as Call)(values, source) : undefined),
    persistent(id) {
      const [kind, type, key, , length, view] = Array.isArray(id) ? id : [];
      // Legacy files of whole modules keep the source text of each class beside its name; the name is enough.
      if (kind === 'module' && type instanceof PickledName) return type;
      if (kind !== 'storage' || typeof key !== 'string' || !Number.isSafeInteger(length) || length < 0)
        throw new FileError(source, 'refers to something that is no storage of a tensor');
      return findStorage(key, storageDType(type, source), length, view);
    },
  };
}
