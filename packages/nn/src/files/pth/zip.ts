/**
 * @file ZIP archives, read without trust: stored and deflated entries, ZIP64, checksums; every offset is checked before
 * it is followed.
 */
import { crc32 } from '../crc32.ts';
import { FileError, showName } from '../header.ts';
import { inflate } from '../inflate.ts';

/** One file of an archive, as the directory lists it. */
export interface ZipEntry {
  readonly name: string;
  /** The bytes as they lie in the archive. */
  readonly packed: Uint8Array;
  readonly deflated: boolean;
  /** Length once unpacked. */
  readonly length: number;
  readonly crc: number;
}

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const [END_BYTES, LOCATOR_64_BYTES, END_64_BYTES, ENTRY_BYTES, LOCAL_BYTES] = [22, 20, 56, 46, 30];
const LONGEST_COMMENT = 0xffff;
const IN_ZIP64 = 0xffffffff; // a field with this value stands in the ZIP64 extra field
const ZIP64_EXTRA = 1;
const DEFLATE = 8;
const LARGEST_INFLATED = 2 ** 32; // no storage of a network is larger
const MOST_INFLATED = 1032; // a deflated byte cannot yield more

/** Whether these are the first bytes of a ZIP archive. */
export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;

/**
 * The entries of an archive by name. Nothing is unpacked yet.
 *
 * @throws FileError when the directory is missing or lies.
 */
export function readZip(bytes: Uint8Array, source: string): Map<string, ZipEntry> {
  const reader = new ZipReader(bytes, source);
  const entries = new Map<string, ZipEntry>();
  let taken = 0;
  for (const entry of reader.entries()) {
    if (entries.has(entry.name)) throw new FileError(source, `lists ${showName(entry.name)} twice`);
    taken += entry.packed.length;
    // Entries that share their bytes could unpack to many times what the file holds.
    if (taken > bytes.length)
      throw new FileError(source, `has entries that overlap, ${showName(entry.name)} among them`);
    entries.set(entry.name, entry);
  }
  return entries;
}

/**
 * The contents of an entry: a view of the archive where it is stored as it is, a copy where it is deflated.
 *
 * @throws FileError when they are not as long as the directory says, or their checksum is another.
 */
export function unzip(entry: ZipEntry, source: string): Uint8Array {
  const { name, packed, length, crc } = entry;
  const contents = entry.deflated ? inflate(packed, length, `${source}: ${showName(name)}`) : packed;
  // Newer PyTorch can be told to leave the checksums out; it then writes zeros.
  if (crc !== 0 && crc32(contents) !== crc)
    throw new FileError(source, `${showName(name)} is damaged: its checksum is not the one in the archive`);
  return contents;
}

class ZipReader {
  readonly #view: DataView;

  constructor(
    readonly bytes: Uint8Array,
    readonly source: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  *entries(): Generator<ZipEntry> {
    const { count, start, length } = this.#directory();
    if (count * ENTRY_BYTES > length) this.#fail(`claims ${count} entries in a directory of ${length} bytes`);
    let at = start;
    for (let k = 0; k < count; k++) {
      if (at + ENTRY_BYTES > start + length || this.#u32(at) !== DIRECTORY_ENTRY)
        this.#fail(`is damaged: entry ${k} of its directory is none`);
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => this.#u16(at + offset)) as [
        number,
        number,
        number,
      ];
      const extra = at + ENTRY_BYTES + nameLength;
      const next = extra + extraLength + commentLength;
      if (next > start + length) this.#fail(`is damaged: entry ${k} of its directory runs past the end`);
      yield this.#entry(at, nameLength, extra, extraLength);
      at = next;
    }
  }

  /** Where the directory lies, by the record at the end of the archive. */
  #directory(): { count: number; start: number; length: number } {
    const end = this.#findEnd();
    let directory = { count: this.#u16(end + 10), length: this.#u32(end + 12), start: this.#u32(end + 16) };
    const locator = end - LOCATOR_64_BYTES;
    if (locator >= 0 && this.#u32(locator) === LOCATOR_64) {
      const at = this.#u64(locator + 8);
      if (at + END_64_BYTES > locator || this.#u32(at) !== END_64)
        this.#fail('is damaged: its ZIP64 record is missing');
      directory = { count: this.#u64(at + 32), length: this.#u64(at + 40), start: this.#u64(at + 48) };
    }
    if (directory.start + directory.length > end)
      this.#fail(
        `is damaged: its directory claims bytes ${directory.start} to ${directory.start + directory.length} of ${end}`,
      );
    return directory;
  }

  #findEnd(): number {
    const last = this.bytes.length - END_BYTES;
    for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
      if (this.#u32(at) === END && at + END_BYTES + this.#u16(at + 20) === this.bytes.length) return at;
    }
    return this.#fail('is truncated: a ZIP archive without the directory at its end');
  }

  #entry(at: number, nameLength: number, extra: number, extraLength: number): ZipEntry {
    const name = new TextDecoder().decode(this.bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameLength));
    const method = this.#u16(at + 10);
    if (this.#u16(at + 8) & 1) this.#fail(`${showName(name)} is encrypted`);
    if (method !== 0 && method !== DEFLATE)
      this.#fail(`${showName(name)} is packed by method ${method}; known are 0 (stored) and 8 (deflate)`);
    const wide = this.#wideFields(extra, extraLength);
    const size = (offset: number): number => {
      const value = this.#u32(at + offset);
      return value === IN_ZIP64 ? (wide.shift() ?? this.#fail(`${showName(name)} lacks its ZIP64 sizes`)) : value;
    };
    const [length, packedLength, header] = [size(24), size(20), size(42)] as const;
    const packed = this.#contents(name, header, packedLength);
    if (method === 0 && length !== packedLength)
      this.#fail(`${showName(name)} is stored in ${packedLength} bytes and claims ${length}`);
    if (length > packedLength * MOST_INFLATED)
      this.#fail(`${showName(name)} claims ${length} bytes, more than ${packedLength} deflated ones can hold`);
    if (method === DEFLATE && length > LARGEST_INFLATED)
      this.#fail(`${showName(name)} claims ${length} bytes; deflated entries are read up to ${LARGEST_INFLATED}`);
    return { name, packed, deflated: method === DEFLATE, length, crc: this.#u32(at + 16) };
  }

  /** The 64-bit sizes of an entry, in the order of the fields that they stand for. */
  #wideFields(start: number, length: number): number[] {
    for (let at = start; at + 4 <= start + length; ) {
      const [id, bytes] = [this.#u16(at), this.#u16(at + 2)];
      if (id === ZIP64_EXTRA && at + 4 + bytes <= start + length)
        return Array.from({ length: Math.min(3, Math.floor(bytes / 8)) }, (_, k) => this.#u64(at + 4 + 8 * k));
      at += 4 + bytes;
    }
    return [];
  }

  #contents(name: string, header: number, length: number): Uint8Array {
    if (header + LOCAL_BYTES > this.bytes.length || this.#u32(header) !== LOCAL_HEADER)
      this.#fail(`is damaged: there is no ${showName(name)} at byte ${header}`);
    const start = header + LOCAL_BYTES + this.#u16(header + 26) + this.#u16(header + 28);
    if (start + length > this.bytes.length)
      this.#fail(`${showName(name)} spans bytes ${start} to ${start + length} of ${this.bytes.length}`);
    return this.bytes.subarray(start, start + length);
  }

  #u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  #u64(at: number): number {
    const value = this.#u32(at) + this.#u32(at + 4) * 2 ** 32;
    return Number.isSafeInteger(value) ? value : this.#fail(`is damaged: a size of ${value} bytes`);
  }

  #fail(problem: string): never {
    throw new FileError(this.source, problem);
  }
}
