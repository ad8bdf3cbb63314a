/** @file Photographs of rendered people for tests of imports, and a finder that knows where their faces are. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { landmarksOf, philox, renderFaces } from '@visage/faces';
import type { Face, FaceSource, FivePoints, GpuPicture, Picture } from '@visage/photos';
import sharp from 'sharp';

/** A rendered face and where its upper left corner lies in the picture. */
export interface StoredFace {
  readonly identity: number;
  readonly attributes: number;
  readonly x: number;
  readonly y: number;
  readonly side: number;
  /** Degrees by which the finder says that the head is turned to the side. */
  readonly turned?: number;
}

/** A picture that is told from all others by its width, and what it shows. */
export interface StoredPicture {
  readonly width: number;
  readonly faces: readonly StoredFace[];
}

export const HEIGHT = 160;

/** The bytes of a picture: faces on grey. */
export async function encodeStored({ width, faces }: StoredPicture, blur?: number): Promise<Buffer> {
  const parts = [];
  for (const { identity, attributes, side, x, y } of faces) {
    const keys = { identities: Uint32Array.of(identity), attributes: Uint32Array.of(attributes) };
    const batch = renderFaces({ ...keys, size: side, samples: 2, level: 'L0' });
    const input = Buffer.from((await batch.floats()).map((value) => Math.round(255 * value)));
    batch.dispose();
    parts.push({ input, raw: { width: side, height: side, channels: 3 as const }, left: x, top: y });
  }
  const create = { width, height: HEIGHT, channels: 3 as const, background: '#777' };
  const flat = await sharp({ create }).composite(parts).png().toBuffer();
  return (blur === undefined ? sharp(flat) : sharp(flat).blur(blur)).jpeg({ quality: 95 }).toBuffer();
}

/** Writes a picture. */
export async function writeStored(path: string, picture: StoredPicture, blur?: number): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, await encodeStored(picture, blur));
}

/** Where the points of a stored face lie in its picture. */
export function pointsOf({ identity, attributes, x, y, side }: StoredFace): FivePoints {
  const { leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner } = landmarksOf(
    { identity, attributes, level: 'L0' },
    side,
  );
  const all = [leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner];
  return all.map((point) => [x + point.x, y + point.y] as const) as unknown as FivePoints;
}

/** A descriptor: of one identity they are 0.28 apart, of two 1.4. */
function descriptorOf({ identity, attributes }: StoredFace): Float32Array {
  const unit = (seed: number) => {
    const values = Float32Array.from(
      { length: 128 },
      (_, k) => (philox([k, 0, 0, 0], [seed, 7])[0] as number) / 2 ** 32 - 0.5,
    );
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  };
  const [person, noise] = [unit(identity), unit(1000 + attributes)];
  return person.map((value, k) => value + 0.2 * (noise[k] as number));
}

/** Some points of the canonical face mesh. */
const CANONICAL = [
  [33, -4.446, 2.664, 3.173],
  [133, -1.856, 2.585, 3.758],
  [362, 1.856, 2.585, 3.758],
  [263, 4.446, 2.664, 3.173],
  [1, 0, -1.127, 7.476],
  [61, -2.456, -4.343, 4.284],
  [291, 2.456, -4.343, 4.284],
] as const;

/** A mesh whose pose is turned to the side by some degrees. */
function meshOf(turned: number): Float32Array {
  const [cos, sin] = [Math.cos((turned * Math.PI) / 180), Math.sin((turned * Math.PI) / 180)];
  const mesh = new Float32Array(2 * 468);
  for (const [point, x, y, z] of CANONICAL) mesh.set([10 * (cos * x + sin * z), -10 * y], 2 * point);
  return mesh;
}

/** A finder that looks nothing up but the width of a picture. */
export class StoredFinder implements FaceSource {
  readonly #pictures = new Map<number, StoredPicture>();
  readonly #described = new Map<string, StoredFace>();

  constructor(
    pictures: readonly StoredPicture[],
    readonly batch = 4,
  ) {
    for (const picture of pictures) {
      this.#pictures.set(picture.width, picture);
      for (const face of picture.faces) this.#described.set(`${picture.width} ${pointsOf(face)[0]}`, face);
    }
  }

  async findAll(pictures: readonly (Picture | GpuPicture)[]): Promise<Face[][]> {
    return pictures.map((picture) => this.#find(picture));
  }

  async describeAll(
    pictures: readonly (Picture | GpuPicture)[],
    faces: readonly (readonly Pick<Face, 'points'>[])[],
  ): Promise<Float32Array[][]> {
    return pictures.map((picture, k) => this.#describe(picture, faces[k] ?? []));
  }

  #find({ width }: Picture | GpuPicture): Face[] {
    return (this.#pictures.get(width)?.faces ?? []).map((face) => {
      const { x, y, side } = face;
      return {
        box: { x, y, width: side, height: side },
        score: 0.9,
        flag: 0.99,
        points: pointsOf(face),
        mesh: meshOf(face.turned ?? 0),
      };
    });
  }

  #describe({ width }: Picture | GpuPicture, faces: readonly Pick<Face, 'points'>[]): Float32Array[] {
    return faces.map(({ points }) => descriptorOf(this.#described.get(`${width} ${points[0]}`) as StoredFace));
  }
}
