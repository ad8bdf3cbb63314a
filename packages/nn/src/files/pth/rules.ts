/**
 * @file What a PyTorch file may call: the few functions that rebuild tensors and plain containers, each stated here as
 * data.
 */
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
  'torch._utils._rebuild_parameter': parameter,
  'torch._utils._rebuild_parameter_with_state': parameter, // one that a script has given attributes
  'torch._tensor._rebuild_from_type_v2': (values, source) => ofSubclass(values, source),
  'torch.nn.parameter.Parameter': parameter, // before 0.4
  // What modules of PyTorch before 1.3 kept as `_backend`: a table of functions.
  'torch.nn.backends.thnn._get_thnn_function_backend': () => null,
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
  // NumPy's numbers, as `best_acc` beside a network.
  'numpy.dtype': ([code]) => (typeof code === 'string' ? new PickledObject(new PickledName(NUMPY_TYPE)) : undefined),
  'numpy.core.multiarray.scalar': numpyNumber,
  'numpy._core.multiarray.scalar': numpyNumber,
  // the bytes of that number, which nothing here needs
  '_codecs.encode': ([text]) => (typeof text === 'string' ? null : undefined),
};

const NUMPY_TYPE = 'numpy.dtype';

/**
 * A tensor of a class that derives from PyTorch's: what the function that is named makes of the values, and then
 * attributes that do not matter.
 */
function ofSubclass([rebuild, , values]: readonly unknown[], source: string): unknown {
  const rebuilds = rebuild instanceof PickledName && /^torch\._utils\._rebuild_\w+$/.test(rebuild.name);
  if (!rebuilds || !Object.hasOwn(CALLS, rebuild.name) || !Array.isArray(values)) return undefined;
  return (CALLS[rebuild.name] as Call)(values, source);
}

/** A number that is passed over. */
function numpyNumber([type, bytes]: readonly unknown[]): null | undefined {
  const typed = type instanceof PickledObject && type.type.name === NUMPY_TYPE;
  return typed && (bytes === null || typeof bytes === 'string' || bytes instanceof Uint8Array) ? null : undefined;
}

function parameter([tensor]: readonly unknown[]): PickledTensor | undefined {
  return tensor instanceof PickledTensor ? tensor : undefined;
}

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
      const dtype = storageDType(type);
      return typeof dtype === 'string' ? findStorage(key, dtype, length, view) : dtype;
    },
  };
}
