/**
 * @file PyTorch's files before 1.6, and those written with `_use_new_zipfile_serialization=False`: five pickles (a
 * magic number, the protocol, facts of the machine, the data, the keys of the storages), then each storage as a 64-bit
 * count and its elements.
 */
import { FILE_DTYPE_BYTES, FileError, showName } from '../header.ts';
import { Contents, DecodeBudget } from './contents.ts';
import { Cursor } from './cursor.ts';
import { unpickle } from './pickle.ts';
import { type StorageFinder, torchRules } from './rules.ts';
import { Storage } from './tensors.ts';

/** The first pickle: protocol 2, a LONG1 of ten bytes. */
const MAGIC = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const PROTOCOL = 1001;

/** A storage whose elements come behind the pickles that refer to it. */
interface Promised {
  readonly dtype: Storage['dtype'];
  readonly length: number;
  readonly contents: Contents;
  bytes: Uint8Array | undefined;
}

/** Whether these are the first bytes of such a file. */
export const isLegacy = (bytes: Uint8Array): boolean => MAGIC.every((byte, k) => bytes[k] === byte);

/** What such a file holds. */
interface LegacyFile {
  /** What it has pickled, with tensors and objects as records. */
  readonly data: unknown;
  /** Finds the bytes of the storages, which lie behind the pickles; before that, no tensor can be decoded. */
  readStorages(): void;
}

/** Reads the pickles of a file. */
export function readLegacy(bytes: Uint8Array, source: string): LegacyFile {
  const promised = new Map<string, Promised>();
  const cursor = new Cursor(bytes, source, MAGIC.length);
  const rules = torchRules(source, storagePromiser(promised, new DecodeBudget(bytes.length, source)));
  const protocol = unpickle(cursor, rules);
  if (protocol !== PROTOCOL)
    throw new FileError(source, `is of PyTorch's file protocol ${protocol}; only ${PROTOCOL} is read`);
  const machine = unpickle(cursor, rules);
  if (machine instanceof Map && machine.get('little_endian') === false)
    throw new FileError(
      source,
      'was written by a machine with the highest byte first; only little-endian files are read',
    );
  const data = unpickle(cursor, rules);
  const keys = unpickle(cursor, rules);
  return { data, readStorages: () => readStorages(cursor, keys, promised) };
}

function storagePromiser(promised: Map<string, Promised>, budget: DecodeBudget): StorageFinder {
  const { source } = budget;
  return (key, dtype, length, view) => {
    const existing = promised.get(key);
    if (existing && (existing.dtype !== dtype || existing.length !== length))
      throw new FileError(source, `describes the storage ${showName(key)} in two ways`);
    const storage: Promised = existing ?? promise(dtype, length, budget);
    promised.set(key, storage);
    if (view === null || view === undefined) return new Storage(dtype, length, storage.contents);
    // A part of a storage: its own key, then offset and number of elements.
    const [, offset, size] = Array.isArray(view) ? view : [];
    if (!isCount(offset) || !isCount(size) || offset + size > length)
      throw new FileError(source, `takes a part of the storage ${showName(key)} that lies outside of it`);
    return new Storage(dtype, size, storage.contents, offset);
  };
}

function promise(dtype: Storage['dtype'], length: number, budget: DecodeBudget): Promised {
  const contents = new Contents(budget, () => storage.bytes ?? new Uint8Array(0));
  const storage: Promised = { dtype, length, contents, bytes: undefined };
  return storage;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Gives every storage its bytes, in the order of `keys`. */
function readStorages(cursor: Cursor, keys: unknown, promised: ReadonlyMap<string, Promised>): void {
  if (!Array.isArray(keys)) cursor.fail('has no list of its storages');
  for (const key of keys) {
    const storage = promised.get(key);
    if (!storage) cursor.fail(`lists a storage ${showName(String(key))} that no tensor refers to`);
    const length = cursor.u64();
    if (length !== storage.length)
      cursor.fail(`has ${length} elements in storage ${showName(key)}, where a tensor claims ${storage.length}`);
    storage.bytes = cursor.take(length * FILE_DTYPE_BYTES[storage.dtype]);
  }
  const without = [...promised].find(([, { bytes }]) => bytes === undefined);
  if (without) cursor.fail(`lacks the storage ${showName(without[0])} that a tensor refers to`);
}
