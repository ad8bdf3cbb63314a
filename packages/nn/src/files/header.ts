/**
 * @file The header of a safetensors file, read without trust: every number is checked before anything is allocated by
 * it.
 */
import { ArgumentError, FileError, parseJson } from '@visage/gpu';

export { FileError };

/**
 * What `read` makes of something in a file. An argument that it refuses is a fault of the file then, and the error
 * names it.
 */
export function ofFile<T>({ source }: { readonly source: string }, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof ArgumentError ? new FileError(source, error.message) : error;
  }
}

/** Element types that are read; only F32, F16, I32, U32 and U8 are written. */
export type FileDType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U32' | 'U8' | 'BOOL';

export const FILE_DTYPE_BYTES: Readonly<Record<FileDType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U32: 4,
  U8: 1,
  BOOL: 1,
};

/** One tensor as the header lists it; offsets count from the end of the header. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: FileDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data starts in the file. */
  readonly dataStart: number;
}

const MAX_HEADER_BYTES = 8 * 2 ** 20; // networks of this library need under 200 KiB
const MAX_RANK = 16;

/** A name from a file as error messages show it: quoted, escaped, and short. */
export function showName(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}

/**
 * Reads and checks the header: 8 bytes of length (little endian), then JSON of that length.
 *
 * @throws FileError naming the entry that is wrong.
 */
export function readHeader(bytes: Uint8Array, source: string): Header {
  const fail = (problem: string): never => {
    throw new FileError(source, problem);
  };
  if (bytes.length < 8) fail(`is ${bytes.length} bytes long; a safetensors file starts with an 8-byte header length`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MAX_HEADER_BYTES)
    fail(`claims a header of ${length} bytes, more than the limit of ${MAX_HEADER_BYTES}; is it a safetensors file?`);
  const dataStart = 8 + length;
  if (dataStart > bytes.length)
    fail(`claims a header of ${length} bytes but has only ${bytes.length - 8} after the length; it is truncated`);
  const json = parseObject(bytes.subarray(8, dataStart), source);

  const { __metadata__: metadata = {}, ...rest } = json;
  if (!isRecord(metadata)) fail('__metadata__ is not an object of strings');
  for (const [key, value] of Object.entries(metadata as Record<string, unknown>)) {
    if (typeof value !== 'string') fail(`__metadata__ entry ${showName(key)} is not a string`);
  }
  const available = bytes.length - dataStart;
  const entries = Object.entries(rest).map(([name, value]) => readEntry(name, value, available, source));
  checkCoverage(entries, available, source);
  return { entries, metadata: metadata as Record<string, string>, dataStart };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseObject(bytes: Uint8Array, source: string): Record<string, unknown> {
  let text = '';
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = parseJson(text);
  } catch {
    throw new FileError(source, 'the header is not UTF-8 JSON; the file is damaged or not safetensors');
  }
  if (!isRecord(json)) throw new FileError(source, 'the header is not a JSON object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new FileError(source, `the header lists ${showName(twice)} twice`);
  return json;
}

/** The first key that occurs twice in one object of a valid JSON text; `JSON.parse` would take the last silently. */
function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  let latest = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') {
      const start = at++;
      for (; text[at] !== '"'; at++) if (text[at] === '\\') at++;
      latest = text.slice(start, at + 1);
    } else if (character === '{') {
      open.push(new Set());
    } else if (character === '}') {
      open.pop();
    } else if (character === ':') {
      const key = JSON.parse(latest) as string;
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}

function readEntry(name: string, value: unknown, available: number, source: string): HeaderEntry {
  const fail = (problem: string): never => {
    throw new FileError(source, `entry ${showName(name)} ${problem}`);
  };
  if (!isRecord(value)) return fail('is not an object');
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(FILE_DTYPE_BYTES, dtype)) {
    return fail(`has dtype ${showName(String(dtype))}; known are ${Object.keys(FILE_DTYPE_BYTES).join(', ')}`);
  }
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isCount)) {
    return fail(`has a shape that is not a list of at most ${MAX_RANK} non-negative integers`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail('has data_offsets that are not two non-negative integers');
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > available)
    return fail(`spans bytes ${begin} to ${end} of ${available} bytes of data; the file is truncated or damaged`);
  const type = dtype as FileDType;
  const needed = byteCount(shape as number[], FILE_DTYPE_BYTES[type], available);
  if (needed !== end - begin) {
    return fail(
      `has shape [${shape.join(', ')}] of ${dtype}, which is not the ${end - begin} bytes that its offsets span`,
    );
  }
  return { name, dtype: type, shape: shape as number[], begin, end };
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** Bytes of a shape, or infinity past `limit`; never multiplies beyond it. */
function byteCount(shape: readonly number[], bytes: number, limit: number): number {
  if (shape.includes(0)) return 0;
  let product = bytes;
  for (const extent of shape) {
    if (extent > limit / product) return Number.POSITIVE_INFINITY;
    product *= extent;
  }
  return product;
}

/** The entries must cover the data without overlaps, holes or a tail: what no entry names could smuggle anything. */
function checkCoverage(entries: readonly HeaderEntry[], available: number, source: string): void {
  let at = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== at) {
      const what = entry.begin < at ? 'overlaps the entry before it' : `leaves bytes ${at} to ${entry.begin} unused`;
      throw new FileError(source, `entry ${showName(entry.name)} ${what}`);
    }
    at = entry.end;
  }
  if (at !== available) throw new FileError(source, `has ${available - at} bytes behind the last entry`);
}
