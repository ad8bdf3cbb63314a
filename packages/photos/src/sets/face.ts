/** @file A face of a face set: what is known of it, and the line of JSON that keeps it. */
import { ArgumentError, parseJson, showValue } from '@visage/gpu';
import { type TemplateName, templates } from '../align/templates.ts';
import type { FivePoints, HeadPose } from '../core/face.ts';
import type { Box, Point, Similarity } from '../core/geometry.ts';
import { Fields } from './fields.ts';

/** What is known of an aligned face of a set. Positions are in pixels of the picture from which it was cut. */
export interface SetFace {
  readonly person: string;
  /** The picture, as a path from the folder that was read, with `/` between its parts. */
  readonly source: string;
  /** SHA-256 of the picture's file, in hexadecimal. */
  readonly sourceHash: string;
  readonly box: Box;
  readonly points: FivePoints;
  /** The detector's confidence, 0 to 1; absent where a list of the data set says where the face is. */
  readonly score?: number;
  /** The face mesh's confidence that this is a face, 0 to 1; absent where a list says where the face is. */
  readonly flag?: number;
  /** Takes points of the picture to points of the crop. */
  readonly transform: Similarity;
  /** Pixels of the picture between the eyes. */
  readonly eyes: number;
  /** The variance of the Laplacian of the crop at 128 pixels. */
  readonly sharpness: number;
  readonly pose: HeadPose;
  /** The perceptual hash of the crop: 16 hexadecimal digits. */
  readonly hash: string;
  /** 128 numbers that are near those of other pictures of the same person. */
  readonly descriptor?: Float32Array;
}

/** Where the bytes of a face lie in a set: `length` bytes at `offset` of a shard. */
export interface FacePlace {
  /** The number of the shard. */
  readonly shard: number;
  readonly offset: number;
  readonly length: number;
}

/** A face of a set, and where its JPEG file lies. */
export interface StoredFace extends SetFace, FacePlace {}

/** What may be left out of a set: a picture, or one of the faces in it. */
export interface LeftOutFace {
  /** The picture, as a path from the folder that was read. */
  readonly source: string;
  /** Which face of the picture, counted from 0 at the left; absent if it is about the whole picture. */
  readonly face?: number;
  /** The person in whose folder the picture lies, if the folder says so. */
  readonly person?: string;
  readonly reason: string;
}

/** What `set.json` says. */
export interface SetHeader {
  readonly format: 'visage-face-set';
  readonly version: 1;
  /** The side of every face in pixels. */
  readonly size: number;
  /** The template to which the faces are aligned. */
  readonly template: TemplateName;
  /** Identifies the content, wherever the set lies: SHA-256 over the list of faces and the hashes of all shards. */
  readonly digest: string;
  readonly people: number;
  readonly faces: number;
  readonly shards: readonly SetShard[];
}

/** A file of concatenated JPEG files. */
export interface SetShard {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const SET_FORMAT = 'visage-face-set';
export const SET_VERSION = 1;
/** Smallest and largest side of the faces of a set. */
export const SET_SIZES = [16, 1024] as const;

/** A number with so many digits after the point as make a difference. */
export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

const roundedPoint = ([x, y]: Point): Point => [rounded(x, 2), rounded(y, 2)];

/**
 * A transform in the precision in which a set keeps it: off by less than 0.001 pixels of the crop for 10,000 pixels.
 */
export const roundedTransform = ({ a, b, tx, ty }: Similarity): Similarity => ({
  a: rounded(a, 8),
  b: rounded(b, 8),
  tx: rounded(tx, 4),
  ty: rounded(ty, 4),
});

/** The line of `faces.jsonl` for a face. Boxes, points and transforms are lists; a descriptor is base64 of its f32. */
export function faceLine(face: StoredFace): string {
  const { person, shard, offset, length, source, sourceHash, box, points, score, flag, transform, pose } = face;
  const { a, b, tx, ty } = roundedTransform(transform);
  const { descriptor } = face;
  return JSON.stringify({
    person,
    shard,
    offset,
    length,
    source,
    sourceHash,
    box: [box.x, box.y, box.width, box.height].map((value) => rounded(value, 2)),
    points: points.map(roundedPoint),
    ...(score !== undefined && { score: rounded(score, 4) }),
    ...(flag !== undefined && { flag: rounded(flag, 4) }),
    transform: [a, b, tx, ty],
    eyes: rounded(face.eyes, 2),
    sharpness: rounded(face.sharpness, 2),
    pose: [pose.yaw, pose.pitch, pose.roll].map((angle) => rounded(angle, 1)),
    hash: face.hash,
    ...(descriptor && { descriptor: toBase64(descriptor) }),
  });
}

const toBase64 = (values: Float32Array): string => {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
};

/**
 * Reads a line of `faces.jsonl`.
 *
 * @throws VisageError that begins with `is` or `has` for a line that is none.
 */
export function readFaceLine(line: string): StoredFace {
  const json = new Fields(parseJson(line));
  const [x, y, width, height] = json.numbers('box', 4) as [number, number, number, number];
  const [a, b, tx, ty] = json.numbers('transform', 4) as [number, number, number, number];
  const [yaw, pitch, roll] = json.numbers('pose', 3) as [number, number, number];
  const [score, flag, descriptor] = [json.has('score'), json.has('flag'), json.has('descriptor')];
  return {
    ...placeOf(json),
    source: json.text('source'),
    sourceHash: json.text('sourceHash'),
    box: { x, y, width, height },
    points: json.points('points'),
    ...(score && { score: json.number('score') }),
    ...(flag && { flag: json.number('flag') }),
    transform: { a, b, tx, ty },
    eyes: json.number('eyes'),
    sharpness: json.number('sharpness'),
    pose: { yaw, pitch, roll },
    hash: json.text('hash'),
    ...(descriptor && { descriptor: json.floats('descriptor') }),
  };
}

/**
 * Reads from a line of `faces.jsonl` whose face it is and where it lies.
 *
 * @throws VisageError that begins with `is` or `has` for a line that is none.
 */
export const readFacePlace = (line: string): FacePlace & { readonly person: string } =>
  placeOf(new Fields(parseJson(line)));

const placeOf = (json: Fields): FacePlace & { readonly person: string } => ({
  person: json.text('person'),
  shard: json.integer('shard', 0),
  offset: json.integer('offset', 0),
  length: json.integer('length', 1),
});

/**
 * Reads `set.json`.
 *
 * @throws VisageError that begins with `is` or `has` for what is no face set of this version.
 */
export function readSetHeader(text: string): SetHeader {
  const json = new Fields(parseJson(text));
  if (json.value('format') !== SET_FORMAT) json.fail('format', `'${SET_FORMAT}'`);
  if (json.value('version') !== SET_VERSION) json.fail('version', `${SET_VERSION}, the one that this program reads`);
  const shards = json.value('shards');
  if (!Array.isArray(shards)) json.fail('shards', 'a list');
  const template = json.text('template');
  if (!Object.hasOwn(templates, template)) json.fail('template', Object.keys(templates).join(' or '));
  return {
    format: SET_FORMAT,
    version: SET_VERSION,
    size: json.integer('size', ...SET_SIZES),
    template: template as TemplateName,
    digest: json.hash('digest'),
    people: json.integer('people', 0),
    faces: json.integer('faces', 0),
    shards: (shards as unknown[]).map((shard) => {
      const one = new Fields(shard);
      const file = one.text('file');
      if (!/^[\w-]+\.jpgs$/.test(file)) one.fail('file', 'the name of a file such as faces-00000.jpgs');
      return { file, bytes: one.integer('bytes', 0), sha256: one.hash('sha256') };
    }),
  };
}

/** @throws ArgumentError unless `size` may be the side of the faces of a set and `template` names a template. */
export function checkSetForm(op: string, size: number, template: string): void {
  const [least, most] = SET_SIZES;
  if (!Number.isInteger(size) || size < least || size > most)
    throw new ArgumentError(op, 'size', showValue(size), `an integer from ${least} to ${most}`);
  if (!Object.hasOwn(templates, template))
    throw new ArgumentError(op, 'template', showValue(template), Object.keys(templates).join(' or '));
}
