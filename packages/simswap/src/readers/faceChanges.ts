import { ArgumentError, checkOptions, type OptionKeys } from '@visage/gpu';
import { byPath, number, readFields } from '../core/fields.ts';
import { JsonReader } from '../core/json.ts';

/** A random change of a picture. */
export interface Change {
  /** The share of the pictures that are changed. 0 switches the change off. */
  readonly probability: number;
  /** How far at most; each change says in what. */
  readonly strength: number;
}

/**
 * How faces are changed at random before a reader sees them, so that it reads photographs as it reads renderings. The
 * changes are applied in the order in which they stand here, which is that of a camera: what stands before the face,
 * where it lies in the crop, light and lens, and what becomes of the picture afterwards.
 */
export interface FaceChanges {
  /** The share of pictures that are mirrored. */
  readonly flip: number;
  /**
   * Crops that a detector placed. Strength: the standard deviation of each of the detector's five points, as a share of
   * the distance of the eyes. Strong jitter is also for crops of another alignment.
   */
  readonly jitter: Change;
  /** A disc or a bar before the face. Strength: the largest radius, as a share of the side. */
  readonly occlusion: Change;
  /** Brightness, contrast and saturation. Strength: the largest relative change. */
  readonly color: Change;
  /** A Gaussian blur. Strength: the largest standard deviation in pixels. */
  readonly blur: Change;
  /** A small picture that was enlarged. Strength: the largest factor. */
  readonly shrink: Change;
  /** Noise of a sensor. Strength: the largest standard deviation, of values in [0, 1]. */
  readonly noise: Change;
  /** The share of pictures that lose their colour: all channels become the luma of BT.709. */
  readonly grey: number;
  /** A JPEG file. Strength: how far below 100 its quality may fall. */
  readonly jpeg: Change;
}

const OFF: Change = { probability: 0, strength: 0 };

/** Changes that leave every picture alone. */
export const noChanges: FaceChanges = {
  flip: 0,
  jitter: OFF,
  occlusion: OFF,
  color: OFF,
  blur: OFF,
  shrink: { probability: 0, strength: 1 },
  noise: OFF,
  grey: 0,
  jpeg: OFF,
};

/**
 * Changes for networks that are to read photographs. Trained on renderings without them, a network learns the
 * renderer's edges and noise. Blur, noise, colour, JPEG and a warp of the crop are the kinds of changes with which
 * DigiFace-1M (Bae et al. 2023) brought renderings closer to photographs; the others are ours. So are all probabilities
 * and strengths: they are not that paper's, and nobody has searched for better ones. No
 * picture becomes grey: what that does to a network has not been measured yet.
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

const SHARE = number(0, 1);
const change = (low: number, high: number) => ({ probability: SHARE, strength: number(low, high) });

/** The fields of {@link FaceChanges}, with the values that each may have. */
export const faceChangeFields = {
  flip: SHARE,
  jitter: change(0, 1),
  occlusion: change(0, 0.5),
  color: change(0, 1),
  blur: change(0, 8),
  shrink: change(1, 16),
  noise: change(0, 1),
  grey: SHARE,
  jpeg: change(0, 99),
};

/** Changes without a strength. */
const SHARES: ReadonlySet<string> = new Set(['flip', 'grey'] satisfies (keyof FaceChanges)[]);

const CHANGES: OptionKeys<FaceChanges> = {
  flip: true,
  jitter: true,
  occlusion: true,
  color: true,
  blur: true,
  shrink: true,
  noise: true,
  grey: true,
  jpeg: true,
};

/**
 * Checks changes.
 *
 * @throws ArgumentError that names `op`, for a change that there is not, or a probability or strength out of range.
 */
export function checkFaceChanges(op: string, changes: FaceChanges): void {
  checkOptions(op, changes, CHANGES);
  for (const [name, each] of Object.entries(changes))
    if (!SHARES.has(name)) checkOptions(`${op}: ${name}`, each, { probability: true, strength: true });
  readFields(faceChangeFields, new JsonReader(changes, op));
}

/** Whether a change can occur. */
export const occurs = ({ probability }: Change): boolean => probability > 0;

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
