/** @file Face sets that are written: `FaceSetWriter`. */
import { createHash, type Hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError, checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { FileError } from '@visage/nn';
import { saveFile } from '@visage/nn/node';
import type { TemplateName } from '../../align/templates.ts';
import {
  checkSetForm,
  type FacePlace,
  faceLine,
  type LeftOutFace,
  SET_FORMAT,
  SET_VERSION,
  type SetFace,
  type SetHeader,
  type SetShard,
} from '../../sets/face.ts';
import { SET_FILES, setDigest } from './open.ts';

/** The form of a set. */
export interface FaceSetOptions {
  /** The side of every face in pixels. */
  readonly size: number;
  /** The template to which the faces are aligned. */
  readonly template: TemplateName;
  /** Bytes after which a new shard begins. Default 64 MiB. */
  readonly shardBytes?: number;
}

const OPTIONS: OptionKeys<FaceSetOptions> = { size: true, template: true, shardBytes: true };
const SHARD_BYTES = 2 ** 26;
const KEPT_BYTES = 2 ** 20; // bytes of faces and lines that are kept before they are written

/** A file that grows, and the hash of what it holds. */
class Growing {
  #parts: Uint8Array[] = [];
  #waiting = 0;
  #length = 0;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash('sha256');

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async make(path: string): Promise<Growing> {
    return new Growing(await open(path, 'w'));
  }

  get length(): number {
    return this.#length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#parts.push(bytes);
    this.#length += bytes.length;
    this.#waiting += bytes.length;
    if (this.#waiting >= KEPT_BYTES) await this.#flush();
  }

  async #flush(): Promise<void> {
    const parts = this.#parts;
    this.#parts = [];
    this.#waiting = 0;
    if (parts.length > 0) await this.#file.appendFile(Buffer.concat(parts));
  }

  /** Ends the file on the disk. Returns its hash. */
  async end(): Promise<Uint8Array> {
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
    return this.#hash.digest();
  }

  async abandon(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * Writes a face set: shards of concatenated JPEG files, `faces.jsonl`, `left-out.jsonl`, and at last `set.json`. A
 * folder without `set.json` is no set, so a set that was not finished is never taken for one.
 */
export class FaceSetWriter {
  readonly #folder: string;
  readonly #options: FaceSetOptions;
  readonly #shards: SetShard[] = [];
  readonly #people = new Set<string>();
  readonly #faces: Growing;
  readonly #leftOut: Growing;
  #shard: Growing | undefined;
  #count = 0;

  private constructor(folder: string, options: FaceSetOptions, faces: Growing, leftOut: Growing) {
    this.#folder = folder;
    this.#options = options;
    this.#faces = faces;
    this.#leftOut = leftOut;
  }

  /**
   * Begins a set in a folder, which is made if it is not there. What a writer that was not finished left there is
   * overwritten.
   *
   * @throws FileError if the folder holds a finished set, ArgumentError for a bad option.
   */
  static async create(folder: string, options: FaceSetOptions): Promise<FaceSetWriter> {
    checkOptions('FaceSetWriter.create', options, OPTIONS);
    checkSetForm('FaceSetWriter.create', options.size, options.template);
    if (options.shardBytes !== undefined) checkInteger('FaceSetWriter.create', 'shardBytes', options.shardBytes, 1);
    if (existsSync(join(folder, SET_FILES.header)))
      throw new FileError(folder, 'holds a face set already; remove it first, or choose another folder');
    await mkdir(folder, { recursive: true });
    const faces = await Growing.make(join(folder, SET_FILES.faces));
    return new FaceSetWriter(folder, options, faces, await Growing.make(join(folder, SET_FILES.leftOut)));
  }

  /** Adds a face and its JPEG file. Returns its number. Calls must not overlap. */
  async add(face: SetFace, jpeg: Uint8Array): Promise<number> {
    if (jpeg.length === 0) throw new ArgumentError('FaceSetWriter.add', 'jpeg', '0 bytes', 'a JPEG file');
    const { shardBytes = SHARD_BYTES } = this.#options;
    if (this.#shard && this.#shard.length + jpeg.length > shardBytes) await this.#endShard();
    this.#shard ??= await Growing.make(join(this.#folder, shardName(this.#shards.length)));
    const place: FacePlace = { shard: this.#shards.length, offset: this.#shard.length, length: jpeg.length };
    await this.#shard.append(jpeg);
    await this.#faces.append(Buffer.from(`${faceLine({ ...face, ...place })}\n`));
    this.#people.add(face.person);
    return this.#count++;
  }

  /** Adds a line about a picture or face that is not in the set. */
  async leaveOut(face: LeftOutFace): Promise<void> {
    await this.#leftOut.append(Buffer.from(`${JSON.stringify(face)}\n`));
  }

  async #endShard(): Promise<void> {
    if (!this.#shard) return;
    const bytes = this.#shard.length;
    const sha256 = Buffer.from(await this.#shard.end()).toString('hex');
    this.#shards.push({ file: shardName(this.#shards.length), bytes, sha256 });
    this.#shard = undefined;
  }

  /** Ends the set: afterwards it can be opened. Returns its header. */
  async finish(): Promise<SetHeader> {
    await this.#endShard();
    const digest = setDigest(await this.#faces.end(), this.#shards);
    await this.#leftOut.end();
    const { size, template } = this.#options;
    const [people, faces, shards] = [this.#people.size, this.#count, this.#shards];
    const header: SetHeader = {
      format: SET_FORMAT,
      version: SET_VERSION,
      size,
      template,
      digest,
      people,
      faces,
      shards,
    };
    await saveFile(join(this.#folder, SET_FILES.header), Buffer.from(`${JSON.stringify(header, null, 2)}\n`));
    return header;
  }

  /** Closes the files of a set that will not be finished. */
  async abandon(): Promise<void> {
    for (const file of [this.#shard, this.#faces, this.#leftOut]) await file?.abandon();
  }
}

const shardName = (number: number): string => `faces-${String(number).padStart(5, '0')}.jpgs`;
