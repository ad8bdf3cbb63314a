/** @file Sets that `visage dataset` wrote: shards of JPEG files with an index of their faces. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FileError } from '@visage/nn';
import type { DataPerson, DataSet } from './dataSet.ts';

/** What `set.json` says, as far as training needs it. */
interface SetHeader {
  readonly digest: string;
  readonly shards: readonly { readonly file: string; readonly bytes: number }[];
}

/** A growing list of 32-bit numbers: a set of millions of faces takes 12 bytes for each instead of an object. */
class Numbers {
  #values = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const more = new Uint32Array(2 * this.length);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.length++] = value;
  }

  get values(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }
}

/**
 * Opens a set.
 *
 * @throws FileError when `set.json` or `faces.jsonl` is not what `visage dataset` writes.
 */
export async function openSet(folder: string): Promise<DataSet> {
  const { digest, shards } = await readHeader(join(folder, 'set.json'));
  const index = join(folder, 'faces.jsonl');
  const [shardOf, offsets, lengths] = [new Numbers(), new Numbers(), new Numbers()];
  const people = new Map<string, Numbers>();
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(index), crlfDelay: Number.POSITIVE_INFINITY })) {
    line += 1;
    const { person, shard, offset, length } = readFace(text, shards, `${index}, line ${line}`);
    const own = people.get(person) ?? new Numbers();
    people.set(person, own);
    own.push(shardOf.length);
    shardOf.push(shard);
    offsets.push(offset);
    lengths.push(length);
  }
  if (shardOf.length === 0) throw new FileError(index, 'lists no faces');
  const [inShard, at, sizes] = [shardOf.values, offsets.values, lengths.values];
  const named: DataPerson[] = [...people].map(([name, { values }]) => ({ name, faces: values }));
  return {
    folder,
    people: named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    leftOut: [],
    fingerprint: { people: named.length, pictures: shardOf.length, digest },
    place(face) {
      const { file } = shards[inShard[face] as number] as SetHeader['shards'][number];
      const [offset, length] = [at[face] as number, sizes[face] as number];
      return { name: `${file}, byte ${offset}`, file: join(folder, file), offset, length };
    },
  };
}

async function readHeader(path: string): Promise<SetHeader> {
  const refuse = (reason: string): never => {
    throw new FileError(path, reason);
  };
  const text = await readFile(path, 'utf8').catch(({ message }: Error) => refuse(`cannot be read (${message})`));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('is no JSON');
  }
  const { format, version, digest, shards } = (json ?? {}) as Record<string, unknown>;
  if (format !== 'visage-face-set') return refuse('does not describe a set of faces');
  if (version !== 1) return refuse(`is of version ${String(version)}; this Visage reads version 1`);
  if (typeof digest !== 'string' || !Array.isArray(shards)) return refuse('lacks a digest or a list of shards');
  const isShard = (shard: unknown): shard is SetHeader['shards'][number] => {
    const { file, bytes } = (shard ?? {}) as Record<string, unknown>;
    return typeof file === 'string' && /^[\w-]+\.jpgs$/.test(file) && isCount(bytes);
  };
  return shards.every(isShard) ? { digest, shards } : refuse('has a shard without a file name and a length');
}

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;

function readFace(text: string, shards: SetHeader['shards'], place: string) {
  let face: Record<string, unknown>;
  try {
    face = Object(JSON.parse(text));
  } catch {
    throw new FileError(place, 'is no JSON');
  }
  const { person, shard, offset, length } = face;
  const bytes = shards[shard as number]?.bytes;
  if (typeof person !== 'string' || !isCount(offset) || !isCount(length) || bytes === undefined)
    throw new FileError(place, 'lacks a person, a shard, an offset or a length');
  if (offset + length > bytes) throw new FileError(place, `lies behind the end of shard ${shard}`);
  return { person, shard: shard as number, offset, length };
}
