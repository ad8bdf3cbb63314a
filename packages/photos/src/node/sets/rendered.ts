/** @file Face sets of rendered people, to try with what will later run on photographs. */
import { createHash } from 'node:crypto';
import { type FacePlace, type Level, placesOf, renderFaces } from '@visage/faces';
import { checkInteger, checkOptions, type OptionKeys } from '@visage/gpu';
import { templateOfLevel } from '../../align/templates.ts';
import { eyeDistance, type FivePoints } from '../../core/face.ts';
import type { SetHeader } from '../../sets/face.ts';
import { readCropBytes } from '../../warp/cropBytes.ts';
import { encodeFace } from './encode.ts';
import { FaceSetWriter } from './write.ts';

/** Which faces to write. */
export interface RenderedSetOptions {
  readonly people: number;
  readonly facesPerPerson: number;
  readonly size: number;
  /** Names the endless set of faces. Default 0. */
  readonly seed?: number;
  /** Default `L1`. */
  readonly level?: Level;
  /** Quality of the JPEG files, 1 to 100. Default 95. */
  readonly quality?: number;
  /** Bytes after which a new shard begins. Default 64 MiB. */
  readonly shardBytes?: number;
}

const OPTIONS: OptionKeys<RenderedSetOptions> = {
  people: true,
  facesPerPerson: true,
  size: true,
  seed: true,
  level: true,
  quality: true,
  shardBytes: true,
};

/**
 * Writes a face set of rendered people with the current GPU. Person 3 is called `rendered-0003`. The faces lie as the
 * renderer frames them, see `templateOfLevel`; they have no descriptors.
 *
 * @throws FileError if the folder holds a set already, ArgumentError for a bad option.
 */
export async function writeRenderedSet(folder: string, options: RenderedSetOptions): Promise<SetHeader> {
  checkOptions('writeRenderedSet', options, OPTIONS);
  const { people, facesPerPerson, size, seed = 0, level, quality = 95, shardBytes } = options;
  checkInteger('writeRenderedSet', 'people', people, 1);
  checkInteger('writeRenderedSet', 'facesPerPerson', facesPerPerson, 1);
  checkInteger('writeRenderedSet', 'quality', quality, 1, 100);
  const writer = await FaceSetWriter.create(folder, { size, template: templateOfLevel(level), shardBytes });
  for (let identity = 0; identity < people; identity++) {
    const attributes = Uint32Array.from({ length: facesPerPerson }, (_, k) => identity * facesPerPerson + k);
    const shown = { identities: attributes.map(() => identity), attributes, size, seed, level, samples: 2 };
    const batch = renderFaces(shown);
    const faces = await readCropBytes(batch);
    batch.dispose();
    const places = await placesOf(shown);
    const person = `rendered-${String(identity).padStart(4, '0')}`;
    for (const [k, attribute] of attributes.entries()) {
      const { jpeg, ...measured } = await encodeFace(faces[k] as Uint8Array, size, quality);
      const sourceHash = createHash('sha256').update(jpeg).digest('hex');
      const where = placeOf(places[k] as FacePlace, size);
      await writer.add({ person, source: `${person}/${attribute}`, sourceHash, ...where, ...measured }, jpeg);
    }
  }
  return writer.finish();
}

/** Where the points of a rendered face lie, and how its head is turned. */
function placeOf({ pose, landmarks }: FacePlace, size: number) {
  const { leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner } = landmarks;
  const all = [leftEye, rightEye, noseTip, leftMouthCorner, rightMouthCorner];
  const points = all.map(({ x, y }) => [x, y] as const) as unknown as FivePoints;
  const { yaw, pitch, roll } = pose;
  return {
    box: { x: 0, y: 0, width: size, height: size },
    points,
    transform: { a: 1, b: 0, tx: 0, ty: 0 },
    eyes: eyeDistance({ points }),
    pose: { yaw, pitch, roll: -roll },
  };
}
