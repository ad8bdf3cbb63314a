/** @file Assembles files as torch.save would, but with whatever a test wants in them. */

const text = (value: string): number[] => [...new TextEncoder().encode(value)];
const u32 = (value: number): number[] => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
const u64 = (value: number): number[] => [...u32(value >>> 0), ...u32(Math.floor(value / 2 ** 32))];

/** Instructions of a pickle, by the names of Python's pickletools. */
export const op = {
  name: (module: string, name: string) => [0x63, ...text(`${module}\n${name}\n`)],
  text: (value: string) => [0x58, ...u32(text(value).length), ...text(value)],
  /** An integer of up to 53 bits. */
  integer: (value: number) => [0x8a, 8, ...u64(value)],
  none: [0x4e],
  mark: [0x28],
  tuple: [0x74],
  emptyDict: [0x7d],
  setItem: [0x73],
  reduce: [0x52],
  newObject: [0x81],
  build: [0x62],
  persistent: [0x51],
  put: (index: number) => [0x71, index],
  get: (index: number) => [0x68, index],
  proto: [0x80, 2],
  stop: [0x2e],
} as const;

/** A tuple of values. */
export const tuple = (...values: readonly (readonly number[])[]): number[] => [
  ...op.mark,
  ...values.flat(),
  ...op.tuple,
];

/** A dictionary with one member. */
export const dictionary = (key: string, value: readonly number[]): number[] => [
  ...op.emptyDict,
  ...op.text(key),
  ...value,
  ...op.setItem,
];

/** What a tensor is made of; everything may lie. */
export interface TensorClaim {
  readonly type?: string;
  readonly key?: string;
  readonly length?: number;
  readonly offset?: number;
  readonly shape?: readonly number[];
  readonly strides?: readonly number[];
}

/** The instructions that rebuild a tensor. */
export function tensorOf(claim: TensorClaim = {}): number[] {
  const { type = 'FloatStorage', key = '0', length = 4, offset = 0, shape = [4], strides = [1] } = claim;
  const id = tuple(op.text('storage'), op.name('torch', type), op.text(key), op.text('cpu'), op.integer(length));
  const integers = (values: readonly number[]) => tuple(...values.map(op.integer));
  return [
    ...op.name('torch._utils', '_rebuild_tensor_v2'),
    ...tuple([...id, ...op.persistent], op.integer(offset), integers(shape), integers(strides), op.none),
    ...op.reduce,
  ];
}

const pickle = (...instructions: readonly (readonly number[])[]): number[] => [
  ...op.proto,
  ...instructions.flat(),
  ...op.stop,
];

const MAGIC = [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** A file in the legacy format whose data is what the instructions build, with one storage. */
export function legacyFile(
  data: readonly number[],
  { key = '0', count = 4, bytes = 16 }: { key?: string; count?: number; bytes?: number } = {},
): Uint8Array {
  const keys = [0x5d, ...op.text(key), 0x61];
  const pickles = [pickle(op.integer(1001)), pickle(op.emptyDict), pickle(data), pickle(keys)].flat();
  return Uint8Array.from([...MAGIC, ...pickles, ...u64(count), ...new Array<number>(bytes).fill(0)]);
}

/** An entry of {@link zipFile}. */
export interface ZipMember {
  readonly bytes: Uint8Array;
  /** What lies in the archive, where it is packed (deflate). */
  readonly packed?: Uint8Array;
  /** The length that the directory claims. */
  readonly claim?: number;
  /** Keep the directory's sizes and offset in a ZIP64 extra field. */
  readonly wide?: boolean;
  /** The directory points to the entry of this name instead of one of its own. */
  readonly shares?: string;
}

/** A ZIP archive without checksums. */
export function zipFile(members: Readonly<Record<string, ZipMember>>): Uint8Array {
  const out: number[] = [];
  const directory: number[] = [];
  const headers = new Map<string, number>();
  for (const [name, { bytes, packed, claim, wide = false, shares }] of Object.entries(members)) {
    const contents = packed ?? bytes;
    const method = packed ? 8 : 0;
    const own = shares === undefined;
    const header = own ? out.length : (headers.get(shares) as number);
    const [packedLength, length] = [contents.length, claim ?? bytes.length];
    headers.set(name, header);
    const field = (value: number) => (wide ? u32(0xffffffff) : u32(value));
    const extra = wide ? [1, 0, 24, 0, ...u64(length), ...u64(packedLength), ...u64(header)] : [];
    const start = [0, 0, method, 0, 0, 0, 0, 0, ...u32(0)];
    directory.push(0x50, 0x4b, 1, 2, 0, 0, 0, 0, ...start, ...field(packedLength), ...field(length), name.length, 0);
    directory.push(extra.length, 0, ...new Array<number>(10).fill(0), ...field(header), ...text(name), ...extra);
    if (!own) continue;
    out.push(0x50, 0x4b, 3, 4, 0, 0, ...start, ...u32(packedLength), ...u32(length), name.length, 0, 0, 0);
    out.push(...text(name));
    for (const byte of contents) out.push(byte); // there may be more of them than arguments of a call
  }
  const count = Object.keys(members).length;
  const end = [0x50, 0x4b, 5, 6, 0, 0, 0, 0, count, 0, count, 0, ...u32(directory.length), ...u32(out.length), 0, 0];
  return Uint8Array.from([...out, ...directory, ...end]);
}

/** An archive as torch.save writes it, whose data is what the instructions build. */
export const archive = (data: readonly number[], members: Readonly<Record<string, ZipMember>> = {}): Uint8Array =>
  zipFile({
    'archive/data.pkl': { bytes: Uint8Array.from(pickle(data)) },
    'archive/data/0': { bytes: new Uint8Array(16) },
    ...members,
  });
