/** @file Face sets that are read: `openFaceSet`. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { checkInteger, VisageError } from '@visage/gpu';
import { FileError } from '@visage/nn';
import type { TemplateName } from '../../align/templates.ts';
import {
  type FacePlace,
  readFaceLine,
  readFacePlace,
  readSetHeader,
  type SetHeader,
  type StoredFace,
} from '../../sets/face.ts';

/** The files of a set beside its shards. */
export const SET_FILES = { header: 'set.json', faces: 'faces.jsonl', leftOut: 'left-out.jsonl' } as const;

const LONGEST_HEADER = 2 ** 24; // bytes of set.json that are read: a set of 100,000 shards has less

/** A person of a set. */
export interface SetPerson {
  readonly name: string;
  /** The numbers of this person's faces in the set. */
  readonly faces: readonly number[];
}

/**
 * The digest of a set: SHA-256 of the bytes of its `faces.jsonl`, and of the hashes of its shards in hexadecimal, one
 * after the other.
 */
export function setDigest(facesHash: Uint8Array, shards: readonly { readonly sha256: string }[]): string {
  const hash = createHash('sha256').update(facesHash);
  for (const { sha256 } of shards) hash.update(sha256);
  return hash.digest('hex');
}

/**
 * A face set on the disk. In memory are the people and where each face lies (24 bytes a face); bytes of faces are
 * read when they are asked for.
 */
export class FaceSet {
  readonly folder: string;
  /** The side of every face in pixels. */
  readonly size: number;
  /** The template to which the faces are aligned. */
  readonly template: TemplateName;
  /** Identifies the content of the set, wherever it lies. */
  readonly digest: string;
  /** In the order in which they first occur in the list of faces. */
  readonly people: readonly SetPerson[];
  /** How many faces there are; they are numbered from 0. */
  readonly faces: number;
  readonly #header: SetHeader;
  readonly #places: Places;
  readonly #files = new Map<number, Promise<FileHandle>>();

  /** For {@link openFaceSet}. */
  constructor(folder: string, header: SetHeader, people: readonly SetPerson[], places: Places) {
    this.folder = folder;
    this.size = header.size;
    this.template = header.template;
    this.digest = header.digest;
    this.people = people;
    this.faces = header.faces;
    this.#header = header;
    this.#places = places;
  }

  /** Where the JPEG file of a face lies, for workers that read it themselves. */
  place(face: number): { readonly file: string; readonly offset: number; readonly length: number } {
    checkInteger('FaceSet.place', 'face', face, 0, this.faces - 1);
    const { shard, offset, length } = this.#places.at(face);
    return { file: join(this.folder, this.#header.shards[shard]?.file as string), offset, length };
  }

  /**
   * The JPEG file of a face. What it holds is not checked; a broken one shows when it is decoded.
   *
   * @throws FileError if the shard cannot be read, or has become shorter.
   */
  async bytes(face: number): Promise<Uint8Array> {
    const { file, offset, length } = this.place(face);
    const { shard } = this.#places.at(face);
    const bytes = new Uint8Array(length);
    try {
      const handle = await this.#opened(shard, file);
      const { bytesRead } = await handle.read(bytes, 0, length, offset);
      if (bytesRead < length) throw new VisageError(`ends after ${bytesRead} of ${length} bytes of face ${face}`);
      return bytes;
    } catch (cause) {
      throw new FileError(file, `cannot be read (${(cause as Error).message})`);
    }
  }

  #opened(shard: number, file: string): Promise<FileHandle> {
    const there = this.#files.get(shard) ?? open(file);
    this.#files.set(shard, there);
    return there;
  }

  /** All that the set says of its faces, in order. */
  async *records(): AsyncGenerator<StoredFace> {
    const path = join(this.folder, SET_FILES.faces);
    let number = 0;
    for await (const line of linesOf(path)) yield read(path, ++number, () => readFaceLine(line));
  }

  /**
   * Reads every byte and compares it with the hashes of `set.json`.
   *
   * @throws FileError that names the shard that was changed.
   */
  async verify(): Promise<void> {
    for (const { file, sha256 } of this.#header.shards) {
      const hash = createHash('sha256');
      for await (const part of createReadStream(join(this.folder, file))) hash.update(part as Uint8Array);
      if (hash.digest('hex') !== sha256)
        throw new FileError(join(this.folder, file), 'was changed after the set was written; make the set again');
    }
  }

  /** Closes the files. */
  async close(): Promise<void> {
    const files = await Promise.allSettled(this.#files.values());
    this.#files.clear();
    for (const file of files) if (file.status === 'fulfilled') await file.value.close();
  }
}

/** The places of many faces in little memory. */
class Places {
  readonly #shards: Uint32Array;
  readonly #offsets: Float64Array;
  readonly #lengths: Uint32Array;

  constructor(count: number) {
    this.#shards = new Uint32Array(count);
    this.#offsets = new Float64Array(count);
    this.#lengths = new Uint32Array(count);
  }

  at(face: number): FacePlace {
    const [shard, offset] = [this.#shards[face] as number, this.#offsets[face] as number];
    return { shard, offset, length: this.#lengths[face] as number };
  }

  set(face: number, { shard, offset, length }: FacePlace): void {
    this.#shards[face] = shard;
    this.#offsets[face] = offset;
    this.#lengths[face] = length;
  }
}

/** The lines of a text file, one by one. */
export async function* linesOf(path: string, onBytes?: (bytes: Uint8Array) => void): AsyncGenerator<string> {
  const stream = createReadStream(path);
  if (onBytes) stream.on('data', (bytes) => onBytes(bytes as Buffer));
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) yield line;
  } catch (cause) {
    throw new FileError(path, `cannot be read (${(cause as Error).message})`);
  } finally {
    stream.destroy();
  }
}

/** Does `work`; what goes wrong names the file and the line. */
function read<T>(path: string, line: number, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof VisageError) throw new FileError(path, `line ${line} ${cause.message}`);
    throw cause;
  }
}

async function headerOf(folder: string): Promise<SetHeader> {
  const path = join(folder, SET_FILES.header);
  const status = await stat(path).catch(() => undefined);
  if (!status?.isFile())
    throw new FileError(folder, `is no face set: it has no ${SET_FILES.header}. \`visage dataset\` makes sets`);
  if (status.size > LONGEST_HEADER) throw new FileError(path, `is ${status.size} bytes long, too long for a face set`);
  const text = await readFile(path, 'utf8').catch((cause: Error) => {
    throw new FileError(path, `cannot be read (${cause.message})`);
  });
  try {
    return readSetHeader(text);
  } catch (cause) {
    if (cause instanceof VisageError) throw new FileError(path, cause.message);
    throw cause;
  }
}

/**
 * Opens a face set that `visage dataset` or {@link FaceSetWriter} wrote.
 *
 * Checked are the header, the list of faces against the digest, and that each shard is as long as the header says. The
 * bytes of shards are not; {@link FaceSet.verify} does that.
 *
 * @throws FileError that names the file and says what is wrong with it.
 */
export async function openFaceSet(folder: string): Promise<FaceSet> {
  const header = await headerOf(folder);
  for (const { file, bytes } of header.shards) {
    const status = await stat(join(folder, file)).catch(() => undefined);
    if (!status?.isFile()) throw new FileError(join(folder, file), 'is missing; copy the whole folder of the set');
    if (status.size !== bytes)
      throw new FileError(join(folder, file), `has ${status.size} bytes, expected ${bytes}; copy the set again`);
  }
  const path = join(folder, SET_FILES.faces);
  const places = new Places(header.faces);
  const people = new Map<string, number[]>();
  const hash = createHash('sha256');
  let count = 0;
  for await (const line of linesOf(path, (bytes) => hash.update(bytes))) {
    const { person, ...place } = read(path, count + 1, () => checkedPlace(line, header));
    if (count >= header.faces)
      throw new FileError(path, `has more than the ${header.faces} faces of ${SET_FILES.header}`);
    places.set(count, place);
    const faces = people.get(person);
    if (faces) faces.push(count);
    else people.set(person, [count]);
    count++;
  }
  if (count < header.faces)
    throw new FileError(path, `has ${count} faces, expected ${header.faces}; copy the set again`);
  if (setDigest(hash.digest(), header.shards) !== header.digest)
    throw new FileError(path, `is not the list that belongs to ${SET_FILES.header}; make the set again`);
  const named = Array.from(people, ([name, faces]): SetPerson => ({ name, faces }));
  return new FaceSet(folder, header, named, places);
}

/** The place of a line, which must lie in a shard. */
function checkedPlace(line: string, { shards }: SetHeader): FacePlace & { readonly person: string } {
  const face = readFacePlace(line);
  const shard = shards[face.shard];
  if (!shard) throw new VisageError(`names shard ${face.shard} of ${shards.length}`);
  if (face.offset + face.length > shard.bytes)
    throw new VisageError(`ends at byte ${face.offset + face.length} of ${shard.file}, which has ${shard.bytes}`);
  return face;
}
