import { ArgumentError } from '@visage/gpu';
import { byPath, checkFields, readFields } from '../core/fields.ts';
import { JsonReader } from '../core/json.ts';
import {
  type Change,
  changeFields,
  idle,
  noPictureChanges,
  type PictureChanges,
  pictureChangeFields,
  shareField,
} from '../core/pictureChanges.ts';

/**
 * How faces are changed at random before a reader sees them, so that it reads photographs as it reads renderings: as
 * any picture is, and as the crops of a detector are. Faces are mirrored and jittered, occluded, recoloured, blurred,
 * shrunk, made noisy, made grey and compressed, in this order: where the face lies in the crop, what stands before it,
 * light and lens, and what becomes of the picture afterwards.
 */
export interface FaceChanges extends PictureChanges {
  /**
   * Crops that a detector placed. Strength: the standard deviation of each of the detector's five points, as a share of
   * the distance of the eyes. Strong jitter is also for crops of another alignment.
   */
  readonly jitter: Change;
  /** A disc or a bar before the face. Strength: the largest radius, as a share of the side. */
  readonly occlusion: Change;
  /** A small picture that was enlarged. Strength: the largest factor. */
  readonly shrink: Change;
  /** Noise of a sensor. Strength: the largest standard deviation, of values in [0, 1]. */
  readonly noise: Change;
  /** The share of pictures that lose their colour: all channels become the luma of BT.709. */
  readonly grey: number;
}

/** Changes that leave every picture alone. */
export const noChanges: FaceChanges = {
  ...noPictureChanges,
  jitter: idle,
  occlusion: idle,
  shrink: { ...idle, strength: 1 },
  noise: idle,
  grey: 0,
};

/**
 * Changes for networks that are to read photographs. Trained on renderings without them, a network learns the
 * renderer's edges and noise. Blur, noise, colour, JPEG and a warp of the crop are the kinds of changes with which
 * DigiFace-1M (Bae et al. 2023) brought renderings closer to photographs; the others are ours. So are all probabilities
 * and strengths: they are not that paper's, and nobody has searched for better ones. No picture becomes grey: what that
 * does to a network has not been measured yet.
 */
export const photographChanges: FaceChanges = {
  flip: 0.5,
  jitter: { probability: 1, strength: 0.07 },
  occlusion: { probability: 0.15, strength: 0.25 },
  color: { probability: 0.8, strength: 0.4 },
  blur: { probability: 0.3, strength: 2 },
  shrink: { probability: 0.25, strength: 4 },
  noise: { probability: 0.3, strength: 0.06 },
  grey: 0,
  jpeg: { probability: 0.5, strength: 70 },
};

/** The fields of {@link FaceChanges}, with the values that each may have. */
const faceChangeFields = {
  ...pictureChangeFields,
  jitter: changeFields(0, 1),
  occlusion: changeFields(0, 0.5),
  shrink: changeFields(1, 16),
  noise: changeFields(0, 1),
  grey: shareField,
};

/**
 * Checks changes of faces.
 *
 * @throws ArgumentError that names `op`, for a change that there is not, or a probability or strength out of range.
 */
export const checkFaceChanges = (op: string, changes: FaceChanges): void => checkFields(op, changes, faceChangeFields);

/** The dotted path of every field of {@link FaceChanges}, such as `jpeg.strength`, with what it may be. */
export const faceChangePaths: ReadonlyMap<string, string> = new Map(
  byPath(faceChangeFields).map(([path, { expected }]) => [path, expected]),
);

/**
 * Reads changes out of JSON, such as that of a checkpoint.
 *
 * @throws ArgumentError for a field that is missing or out of range.
 */
export const readFaceChanges = (json: unknown): FaceChanges =>
  readFields(faceChangeFields, new JsonReader(json, 'changes'));

/**
 * Changes with other numbers in some fields.
 *
 * @param texts values by dotted path, such as `{ 'jpeg.strength': '60' }`.
 * @throws ArgumentError when no field has a path, or a field may not have the value.
 */
export function parseFaceChanges(changes: FaceChanges, texts: Readonly<Record<string, string>>): FaceChanges {
  const fields = new Map(byPath(faceChangeFields));
  let json: Record<string, unknown> = { ...changes };
  for (const [path, text] of Object.entries(texts)) {
    const value = fields.get(path)?.parse(text);
    if (value === undefined)
      throw new ArgumentError('changes', 'field', `'${path}'`, `one of ${[...fields.keys()].join(', ')}`);
    const [name, inner] = path.split('.') as [string, string?];
    json = { ...json, [name]: inner === undefined ? value : { ...(json[name] as object), [inner]: value } };
  }
  return readFaceChanges(json);
}
