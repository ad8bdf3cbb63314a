/**
 * @file PyTorch's files since 1.6: a ZIP archive with the pickle in `data.pkl` and one entry `data/KEY` per storage.
 */
import { FILE_DTYPE_BYTES, FileError, showName } from '../header.ts';
import { Contents, DecodeBudget } from './contents.ts';
import { Cursor } from './cursor.ts';
import { unpickle } from './pickle.ts';
import { torchRules } from './rules.ts';
import { Storage } from './tensors.ts';
import { readZip, unzip, type ZipEntry } from './zip.ts';

const LARGEST_PICKLE = 64 * 2 ** 20; // a network of a thousand tensors needs 200 KiB
const LARGEST_DEFLATED_PICKLE = 16 * 2 ** 20; // 16 KiB of a file can unpack to so many

/** What a file has pickled, with tensors and objects as records. */
export function readArchive(bytes: Uint8Array, source: string): unknown {
  const entries = readZip(bytes, source);
  const pickle = [...entries.values()].find(({ name }) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) throw new FileError(source, 'is a ZIP archive without data.pkl, so PyTorch did not write it');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  if ([...entries.keys()].some((name) => name.startsWith(`${folder}code/`)))
    throw new FileError(source, 'is a TorchScript program; save the state_dict() of the module instead');
  const most = pickle.deflated ? LARGEST_DEFLATED_PICKLE : LARGEST_PICKLE;
  if (pickle.length > most)
    throw new FileError(source, `has a pickle of ${pickle.length} bytes, more than the limit of ${most}`);
  checkByteOrder(entries.get(`${folder}byteorder`), source);
  const storages = new ArchiveStorages(entries, `${folder}data/`, new DecodeBudget(bytes.length, source));
  const cursor = new Cursor(unzip(pickle, source), source);
  return unpickle(
    cursor,
    torchRules(source, (key, dtype, length) => storages.find(key, dtype, length)),
  );
}

function checkByteOrder(entry: ZipEntry | undefined, source: string): void {
  const order = entry && entry.length < 16 ? new TextDecoder().decode(unzip(entry, source)) : 'little';
  if (order !== 'little') throw new FileError(source, `has byte order ${showName(order)}; only little is read`);
}

/**
 * The storages that a pickle refers to: their sizes are checked at once, their contents unzipped when the first of
 * their tensors is decoded.
 */
class ArchiveStorages {
  readonly #contents = new Map<ZipEntry, Contents>();

  constructor(
    readonly entries: ReadonlyMap<string, ZipEntry>,
    readonly folder: string,
    readonly budget: DecodeBudget,
  ) {}

  find(key: string, dtype: Storage['dtype'], length: number): Storage {
    const { source } = this.budget;
    const entry = this.entries.get(this.folder + key);
    if (!entry) throw new FileError(source, `lacks the storage ${showName(key)} that a tensor refers to`);
    if (entry.length !== length * FILE_DTYPE_BYTES[dtype]) {
      const claim = `${length} elements of ${dtype}`;
      throw new FileError(
        source,
        `has ${entry.length} bytes in storage ${showName(key)}, where a tensor claims ${claim}`,
      );
    }
    const contents = this.#contents.get(entry) ?? new Contents(this.budget, () => this.#unzip(entry));
    this.#contents.set(entry, contents);
    return new Storage(dtype, length, contents);
  }

  #unzip(entry: ZipEntry): Uint8Array {
    if (entry.deflated) this.budget.inflate(entry.length);
    return unzip(entry, this.budget.source);
  }
}
